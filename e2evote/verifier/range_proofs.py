"""The part that boxes 6 and 7 share: one range proof, sub-check by sub-check."""

from collections.abc import Callable

from e2evote.group.computation import Computation, Request
from e2evote.group.elements import Scalar
from e2evote.group.powers import NewBase
from e2evote.verifier.context import Context
from e2evote.verifier.report import Ledger, Place
from e2evote.zkp.range import Commitments, RangeProof


def verifying_range(
    ledger: Ledger,
    context: Context,
    box: str,
    alpha: NewBase,
    beta: NewBase,
    proof: RangeProof,
    limit: int,
    challenge: Callable[[Commitments], Scalar],
    place: Place,
) -> Computation[bool]:
    """Check length, ranges (B, C) and the sum of challenges (D) of one proof; return whether the sum is right.

    Spec: EG-2.1 §3.3.7, box 6; §3.3.8, box 7
    """
    ledger.check(f"{box}.B", all(c.in_range() for c in proof.challenges), "a challenge is not in Z_q", place)
    ledger.check(f"{box}.C", all(v.in_range() for v in proof.responses), "a response is not in Z_q", place)
    lengths = f"{len(proof.challenges)} challenges and {len(proof.responses)} responses, not {limit + 1}"
    if not ledger.check("X.proof-length", proof.has_length(limit), lengths, place):
        ledger.skip(f"{box}.D")
        return False
    commitments = yield Request(proof.commitments(context.bases.g, context.bases.K, alpha, beta))
    fits = challenge(commitments.values) == proof.challenge_sum()
    return ledger.check(f"{box}.D", fits, "the challenges do not add up to the hash", place)
