"""A roll of invented members, and a database about them."""

from pathlib import Path

from e2evote.election.people import members
from e2evote.election.people.database import People
from e2evote.election.people.member import Member


def member(number: int, **changes: object) -> Member:
    """An invented member."""
    fields = {
        "member_number": f"M{number}",
        "national_id": national_id(number),
        "nationality": "IR",
        "name": f"عضو شمارهٔ {number}",
        "mobile": f"+98912{number:07}",
        "email": f"member{number}@example.org",
        "ballot_style": 1,
    }
    return Member(**(fields | changes))  # type: ignore[arg-type]


def national_id(number: int) -> str:
    """An ID whose check digit is right."""
    nine = f"{number:09}"
    rest = sum(int(digit) * (10 - place) for place, digit in enumerate(nine)) % 11
    return nine + str(rest if rest < 2 else 11 - rest)


def people_with(directory: Path, count: int = 5, database: str | None = None) -> People:
    """A database with members 1 to ``count``."""
    people = People.create(directory, database)
    with people.writing() as access:
        members.add(access, [member(number) for number in range(1, count + 1)])
    return people
