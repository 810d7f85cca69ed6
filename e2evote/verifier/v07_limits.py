"""Box 7: no contest holds more votes than its limit L. Every ballot must pass, not only cast ones."""

from functools import partial

from e2evote.group.computation import Computation
from e2evote.group.powers import NewBase
from e2evote.record.ballot import ProvedContest
from e2evote.record.supplemental import limit_relation
from e2evote.verifier.context import Context
from e2evote.verifier.range_proofs import verifying_range
from e2evote.verifier.report import Check, Ledger, Place
from e2evote.zkp.range import limit_challenge

CHECKS = (
    Check("7.A", "every α and β that a contest adds up is in the group", "ballots", "selection rule"),
    Check("7.B", "every challenge of a contest's proof is in Z_q", "ballots", "selection rule"),
    Check("7.C", "every response of a contest's proof is in Z_q", "ballots", "selection rule"),
    Check("7.D", "the challenges of every contest's proof add up to the hash", "ballots", "selection rule"),
)


def verifying_contest(
    ledger: Ledger, context: Context, h_i: bytes, contest: ProvedContest, members: bool, place: Place
) -> Computation[None]:
    """Check the limit proof; ``members`` is what box 6 found of the contest's ciphertexts, each tested by itself.

    Spec: EG-2.1 §3.3.8, box 7
    """
    ledger.check("7.A", members, "a ciphertext of the contest is not a member of the group", place)
    relation = limit_relation(context.manifest.contest(contest.index))
    total = relation.ciphertext(contest.ciphertexts, context.bases.K.element)
    alpha, beta = NewBase(total.alpha), NewBase(total.beta)
    challenge = partial(limit_challenge, h_i, contest.index, total)
    yield from verifying_range(ledger, context, "7", alpha, beta, contest.proof, relation.limit, challenge, place)
