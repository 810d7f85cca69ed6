"""Box 15: what is tallied of a pre-encrypted ballot is the product of the vectors that its voter selected.

The box asks this where L > 1. Where L = 1 no other box ties the two together, so it is asked there too.
"""

from e2evote.elgamal import aggregate
from e2evote.record.pre_encrypted import RecordedContest
from e2evote.verifier.report import Check, Ledger, Place

CHECKS = (Check("15.A", "every recorded contest is the product of its selected vectors", "ballots"),)


def verify_contest(ledger: Ledger, contest: RecordedContest, place: Place) -> None:
    """Multiply the selected vectors of a contest and compare.

    Spec: EG-2.1 §4.5, box 15
    """
    vectors, found = [selected.vector for selected in contest.selections], [o.ciphertext for o in contest.options]
    if any(len(vector) != len(found) for vector in vectors):
        ledger.skip("15.A")
        return
    product = aggregate(list(zip(*vectors, strict=True))) if len(vectors) > 1 else list(vectors[0])
    ledger.check("15.A", found == product, "the contest is not the product of the selected vectors", place)
