"""What even a valid Belenios record does not prove: strength notes, each true of the record at hand."""

from collections.abc import Sequence

from e2evote.interop.belenios.archive import Board
from e2evote.interop.belenios.arithmetic import Arithmetic, is_standard
from e2evote.interop.belenios.trustees import Group
from e2evote.interop.curves import Curve
from e2evote.interop.family import Judgement

FULL_STRENGTH = 3072
"""Bits of p from which a subgroup of integers has the strength of the other parts, 128 bits."""


def note_group(judgement: Judgement, arithmetic: Arithmetic) -> None:
    """Say what is to be known about the group."""
    group = arithmetic.group
    if not isinstance(group, Curve):
        bits = group.p.bit_length()
        if bits < 2048 or group.q.bit_length() < 224:
            judgement.note("weak-parameters", f"p has {bits} bits, q {group.q.bit_length()}: this can be broken")
        elif bits < FULL_STRENGTH:
            judgement.note("parameters-2048", f"p has {bits} bits: about 112 bits of strength, not 128")
    if not is_standard(arithmetic):
        text = "the group is none that Belenios names: nothing says how its numbers were chosen"
        judgement.note("parameters-not-standard", text)


def note_trustees(judgement: Judgement, groups: Sequence[Group]) -> None:
    """Say who can decrypt, and who must."""
    single = sum(1 for group in groups if not group.members)
    trustees = sum(len(group.keys) for group in groups)
    needed = sum(group.threshold for group in groups)
    if needed == 1:
        judgement.note("single-trustee", "one trustee alone can decrypt every ballot")
    elif needed == trustees:
        judgement.note(
            "n-of-n-trustees", f"all {trustees} trustees are needed: one lost key, and nothing can be counted"
        )
    elif single:
        text = f"of {trustees} trustees {single} cannot be replaced: one lost key of these, and nothing can be counted"
        judgement.note("mandatory-trustees", text)
    members = [member for group in groups for member in group.members]
    if any(member.context is None or member.signature is None or member.key.signature is None for member in members):
        text = "trustees of the threshold did not sign what they took part in, as Belenios has made them since 3.0"
        judgement.note("unbound-key-generation", text)


def note_record(judgement: Judgement, board: Board, weighted: bool) -> None:
    """Say what the archive and the protocol do not show."""
    judgement.note(
        "no-board", "the chain of events is neither signed nor witnessed: who keeps it can show others another"
    )
    if weighted:
        judgement.note(
            "public-weights", "every ballot shows its weight: a weight that only one voter has names the voter"
        )
    if "credentials_certificate" not in board.setup:
        text = "nothing shows who made the list of credentials: no credential authority signed it"
        judgement.note("unsigned-credentials", text)
    if board.has("PartialDecryption"):
        text = (
            "challenges of decryption proofs omit ciphertext and factor: a trustee can give a wrong factor with a "
            "proof that holds, so that nothing can be counted"
        )
        judgement.note("weak-fiat-shamir", text)
