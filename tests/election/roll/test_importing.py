"""Putting a roll into the database: all or none, or the good rows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2evote.election.people import members, standings
from e2evote.election.people.database import People
from e2evote.election.people.standings import Standing, State
from e2evote.election.roll.importing import import_roll
from e2evote.election.roll.reading import Reading, read_roll
from e2evote.election.roll.summary import Summary, check_roll
from e2evote.errors import CheckError
from e2evote.record.manifest import Manifest, parse_manifest
from tests.builders import manifest_bytes
from tests.election.members import people_with

MANIFEST = parse_manifest(manifest_bytes(), "manifest.json")


def read(*lines: str, manifest: Manifest = MANIFEST) -> Reading:
    style = manifest.ballot_styles[0].label
    text = "\n".join(["member_number,mobile,ballot_style", *(f"{line},{style}" for line in lines)])
    return read_roll(text.encode(), manifest, "members.csv")


GOOD = ("A1,09121111111", "A2,09122222222", "A3,09122222222")


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    with people_with(tmp_path, 0) as made:
        yield made


def names(people: People) -> set[str]:
    with people.reading() as access:
        return {str(found.member_number) for _, found in members.every(access)}


def test_all_or_none_or_the_good_ones(people: People) -> None:
    assert import_roll(people, read(*GOOD, "A4,1")) == 0
    assert names(people) == set()
    assert import_roll(people, read(*GOOD, "A4,1"), partial=True) == 3
    assert names(people) == {"A1", "A2", "A3"}


def test_who_is_in_the_roll_is_refused_with_the_line(people: People) -> None:
    import_roll(people, read(*GOOD))
    again = read("A5,09121111111", "a-2,09121111111")
    assert import_roll(people, again) == 0
    assert [str(problem) for problem in again.problems] == ["line 3, member_number: this member is in the roll already"]
    assert import_roll(people, read("A5,09121111111", "a-2,09121111111"), partial=True) == 1
    assert names(people) == {"A1", "A2", "A3", "A5"}


def test_a_roll_is_replaced_until_somebody_begins_to_vote(people: People) -> None:
    import_roll(people, read(*GOOD))
    assert import_roll(people, read("A2,1"), replace=True) == 0
    assert import_roll(people, read("A2,09121111111"), replace=True) == 1
    assert names(people) == {"A2"}
    with people.writing() as access:
        ((row, _),) = members.every(access)
        standings.write(access, row, Standing(State.NONE, 1))
    with pytest.raises(CheckError, match="begun to vote"):
        import_roll(people, read(*GOOD), replace=True)
    assert names(people) == {"A2"}


def test_a_summary_counts_and_compares_with_the_election(people: People) -> None:
    import_roll(people, read(*GOOD))
    label = MANIFEST.ballot_styles[0].label
    assert check_roll(people, MANIFEST) == Summary(3, {label: 3}, {1: 3}, mobiles=3, emails=0, shared=1)
    heavy = read_roll(f"member_number,email,ballot_style,weight\nB1,a@example.org,{label},5".encode(), MANIFEST, "")
    import_roll(people, heavy)
    with pytest.raises(CheckError, match="the roll has a weight of 5, the election none above 4"):
        check_roll(people, MANIFEST.model_copy(update={"maximum_weight": 4}))
    with pytest.raises(CheckError, match="ballot style 1"):
        check_roll(people, MANIFEST.model_copy(update={"ballot_styles": ()}))
