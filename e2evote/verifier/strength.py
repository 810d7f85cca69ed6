"""What even a valid record does not prove: properties that are no errors and that an observer must know."""

from e2evote.group.parameters import STANDARD_NAME
from e2evote.verifier.context import Setup
from e2evote.verifier.report import StrengthNote


def strength_notes(setup: Setup) -> tuple[StrengthNote, ...]:
    """Return the notes of a record of ours."""
    n, k, name = setup.parameters.n, setup.parameters.k, setup.group.name
    notes = []
    if name != STANDARD_NAME:
        notes.append(
            StrengthNote("weak-parameters", f"the parameters {name} are for tests; what they hide is no secret")
        )
    if setup.manifest.rehearsal:
        notes.append(StrengthNote("rehearsal", "a rehearsal, and no election: its votes are for practice"))
    if n == 1:
        notes.append(StrengthNote("single-trustee", "one guardian alone can decrypt every ballot"))
    elif k == n:
        notes.append(StrengthNote("n-of-n-trustees", f"all {n} guardians are needed: without one nothing is decrypted"))
    if setup.manifest.board is None:
        notes.append(
            StrengthNote("no-board", "no signed bulletin board: readers may have been shown different records")
        )
    notes.append(StrengthNote("no-eligibility", "the record does not show that who voted was entitled to"))
    return tuple(notes)
