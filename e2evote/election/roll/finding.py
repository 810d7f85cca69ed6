"""Finding one member by what a person types."""

from e2evote.election.people import members
from e2evote.election.people.database import Access
from e2evote.election.people.member import IDENTIFIERS
from e2evote.election.roll.fields import read_identifier
from e2evote.errors import CheckError


def row_of(access: Access, identifier: str) -> bytes:
    """Return the row of the member with this member number or national ID.

    Raises:
        CheckError: nobody in the roll has it.
    """
    value = read_identifier(identifier)
    for field in IDENTIFIERS:
        found = members.look_up(access, {field: value})
        if found.known:
            return found.subject
    raise CheckError("nobody in the roll has this identifier")
