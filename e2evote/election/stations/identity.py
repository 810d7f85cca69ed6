"""Who somebody says they are: the identifying fields that an official types, in the spelling of the roll."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from e2evote.election.people.member import IDENTIFIERS
from e2evote.election.roll.fields import read_identifier, read_national_id
from e2evote.election.stations.refusals import Answer, NoPermitError
from e2evote.errors import CheckError


def station_fields(fields: Sequence[str]) -> tuple[str, ...]:
    """Return which of the fields that voters sign in with are typed at a station: no place where codes are sent."""
    return tuple(field for field in fields if field in IDENTIFIERS)


def read_identity(typed: Mapping[str, str], fields: Sequence[str], country: str) -> dict[str, str]:
    """Return what was typed, as the roll spells it.

    Raises:
        NoPermitError: a field is missing or malformed.
    """
    found: dict[str, str] = {}
    for field in station_fields(fields):
        text = typed.get(field, "")
        try:
            if len(text) > 200:
                raise CheckError("too long")
            found[field] = read_identifier(text)
        except CheckError:
            raise NoPermitError(Answer.MALFORMED, field) from None
        if field == "national_id":
            with suppress(CheckError):  # else it is that of another country
                found[field] = read_national_id(found[field], country)
    return found
