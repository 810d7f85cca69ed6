"""Box 6: every encrypted selection is in the group and is proved to lie in 0…R.

The box asks this of cast ballots; here every ballot must pass, since an honest device makes no other.
"""

from functools import partial

from e2evote.group.powers import SquaringChain
from e2evote.record.ballot import EncryptedBallot, EncryptedContest
from e2evote.verifier.context import Context
from e2evote.verifier.range_proofs import verify_range
from e2evote.verifier.report import Check, Ledger, Place
from e2evote.zkp.range import selection_challenge

CHECKS = (
    Check("6.A", "α and β of every selection are in the group", "ballots"),
    Check("6.B", "every challenge of a selection's proof is in Z_q", "ballots"),
    Check("6.C", "every response of a selection's proof is in Z_q", "ballots"),
    Check("6.D", "the challenges of every selection's proof add up to the hash", "ballots"),
    Check("X.proof-length", "every range proof has exactly R + 1 (or L + 1) challenges and responses", "ballots"),
)


def verify_contest(
    ledger: Ledger, context: Context, ballot: EncryptedBallot, contest: EncryptedContest, place: Place
) -> bool:
    """Check every selection of a contest; return whether all ciphertexts are in the group.

    Spec: EG-2.1 §3.3.7, box 6
    """
    manifest_contest = context.manifest.contest(contest.index)
    members = True
    for ind_o, option in enumerate(contest.options, 1):
        if ind_o > len(manifest_contest.options):
            ledger.skip("6.A", "6.B", "6.C", "6.D")
            return False
        there = place.within(option=manifest_contest.options[ind_o - 1].label)
        alpha, beta = SquaringChain(option.ciphertext.alpha), SquaringChain(option.ciphertext.beta)
        is_member = alpha.is_member() and beta.is_member()
        members &= ledger.check("6.A", is_member, "α or β is not a member of the group", there)
        limit = manifest_contest.option_limit(ind_o)
        challenge = partial(selection_challenge, ballot.h_i, contest.index, ind_o, option.ciphertext)
        verify_range(ledger, context, "6", alpha, beta, option.proof, limit, challenge, there)
    return members
