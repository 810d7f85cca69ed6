"""Putting the members of a file into the people's database: all or none, unless the good ones alone are asked for."""

from e2evote.election.people import members, standings
from e2evote.election.people.database import People
from e2evote.election.people.members import Report
from e2evote.election.people.standings import Standing
from e2evote.election.roll.reading import Reading
from e2evote.errors import CheckError


def import_roll(
    people: People,
    reading: Reading,
    partial: bool = False,
    replace: bool = False,
    report: Report = lambda *_: None,
) -> int:
    """Add the members that were read, in one transaction, and return how many; none if a row is refused.

    Rows whose identifier is in the roll already are refused, and noted in the reading.

    Args:
        people: the database.
        reading: what the file holds.
        partial: import the good rows although others are refused.
        replace: take out everybody who is in the roll, before; not once somebody has begun to vote.
        report: is told how far it is.

    Raises:
        CheckError: it is too late to replace the roll.
        StorageError: the database does not take them.
    """
    with people.writing() as access:
        if replace and any(standing != Standing() for _, standing in standings.every(access)):
            raise CheckError("somebody in the roll has begun to vote; it cannot be replaced any more")
        if not replace:
            _refuse_existing(reading, members.existing(access, reading.members.values()))
        if reading.problems and not partial:
            return 0
        if replace:
            members.clear(access)
        members.add(access, reading.members.values(), report)
        return len(reading.members)


def _refuse_existing(reading: Reading, existing: set[tuple[str, str]]) -> None:
    for line, member in list(reading.members.items()):
        for field, value in member.identifiers.items():
            if (field, value) in existing:
                reading.refuse(line, field, "this member is in the roll already")
