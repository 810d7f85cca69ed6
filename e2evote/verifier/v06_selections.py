"""Box 6: every encrypted selection is in the group and is proved to lie in 0…R.

The box asks this of cast ballots; here every ballot must pass, since an honest device makes no other. Of pre-encrypted
ballots also every encryption in a selected vector must (§4.5); where L = 1 these are the contest's own.
"""

from functools import partial

from e2evote.elgamal import Ciphertext
from e2evote.group.computation import Computation, Request, together
from e2evote.group.powers import NewBase
from e2evote.record.ballot import ProvedContest
from e2evote.record.pre_encrypted import SelectedVector
from e2evote.verifier.context import Context
from e2evote.verifier.range_proofs import verifying_range
from e2evote.verifier.report import Check, Ledger, Place
from e2evote.zkp.range import RangeProof, selection_challenge

CHECKS = (
    Check("6.A", "α and β of every selection are in the group", "ballots"),
    Check("6.B", "every challenge of a selection's proof is in Z_q", "ballots"),
    Check("6.C", "every response of a selection's proof is in Z_q", "ballots"),
    Check("6.D", "the challenges of every selection's proof add up to the hash", "ballots"),
    Check("X.proof-length", "every range proof has exactly R + 1 (or L + 1) challenges and responses", "ballots"),
)


def verifying_contest(
    ledger: Ledger, context: Context, h_i: bytes, contest: ProvedContest, place: Place
) -> Computation[bool]:
    """Check every selection of a contest; return whether all ciphertexts are in the group.

    Spec: EG-2.1 §3.3.7, box 6
    """
    labels = [field.label for field in context.manifest.contest(contest.index).verifiable_fields]
    if len(contest.options) > len(labels):
        ledger.skip("6.A", "6.B", "6.C", "6.D")
    members = yield from together(
        _verifying_selection(
            ledger, context, h_i, contest.index, ind_o, option.ciphertext, option.proof, place.within(option=label)
        )
        for ind_o, (option, label) in enumerate(zip(contest.options, labels, strict=False), 1)
    )
    return all(members) and len(contest.options) <= len(labels)


def verifying_vector(
    ledger: Ledger, context: Context, h_i: bytes, ind_c: int, selected: SelectedVector, place: Place
) -> Computation[None]:
    """Check every encryption of a selected vector that carries proofs.

    Spec: EG-2.1 §4.5; §3.3.7, box 6
    """
    labels = [option.label for option in context.manifest.contest(ind_c).options]
    entries = enumerate(zip(selected.vector, selected.proofs or (), labels, strict=False), 1)
    yield from together(
        _verifying_selection(ledger, context, h_i, ind_c, k, ciphertext, proof, place.within(option=label))
        for k, (ciphertext, proof, label) in entries
    )


def _verifying_selection(
    ledger: Ledger,
    context: Context,
    h_i: bytes,
    ind_c: int,
    ind_o: int,
    ciphertext: Ciphertext,
    proof: RangeProof,
    place: Place,
) -> Computation[bool]:
    alpha, beta = NewBase(ciphertext.alpha), NewBase(ciphertext.beta)
    limit = context.manifest.contest(ind_c).option_limit(ind_o)
    challenge = partial(selection_challenge, h_i, ind_c, ind_o, ciphertext)
    is_member, _ = yield from together(
        [
            _verifying_members(ledger, alpha, beta, place),
            verifying_range(ledger, context, "6", alpha, beta, proof, limit, challenge, place),
        ]
    )
    return is_member


def _verifying_members(ledger: Ledger, alpha: NewBase, beta: NewBase, place: Place) -> Computation[bool]:
    is_member = all((yield Request((), (alpha, beta))).members)
    return ledger.check("6.A", is_member, "α or β is not a member of the group", place)
