"""The database about people: what it gives away, and to whom; what it notices."""

import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import update

from e2evote.election.people import codes, members, sessions, standings, trail
from e2evote.election.people.database import FILE, FOLDER, KEY, People
from e2evote.election.people.key import SecretPeopleKey
from e2evote.election.people.schema import MEMBERS, METADATA, STANDINGS
from e2evote.election.people.standings import Standing, State
from e2evote.election.people.trail import Event
from e2evote.errors import CheckError, ParseError, StorageError
from tests.board.conftest import drop, new_database
from tests.election.members import member, people_with

CODE = bytes(range(32))


@pytest.fixture(params=["sqlite", "postgresql"])
def people(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[People]:
    """A database of five members, on each kind of database."""
    url = None if request.param == "sqlite" else new_database()
    with people_with(tmp_path, 5, url) as made:
        yield made
    if url is not None:
        drop(url)


def rows_of(people: People) -> dict[str, list[tuple[object, ...]]]:
    with people.reading() as access:
        tables = METADATA.sorted_tables
        return {table.name: [tuple(row) for row in access.connection.execute(table.select())] for table in tables}


def test_a_database_is_opened_with_its_key(people: People, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / KEY).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / FOLDER).stat().st_mode) == 0o700
    with People.open(tmp_path) as again, again.reading() as access:
        assert members.count(access) == 5
        assert sorted(found.name for _, found in members.every(access)) == [member(n).name for n in range(1, 6)]
    with pytest.raises(CheckError, match="there is a people's database already"):
        People.create(tmp_path)


def test_lookups(people: People) -> None:
    with people.reading() as access:
        found = members.look_up(access, {"national_id": str(member(2).national_id), "mobile": str(member(2).mobile)})
        assert found.known
        assert found.member == member(2)
        assert members.resolve(access, found.subject) == found
        assert members.get(access, found.subject) == member(2)
        stranger = members.look_up(access, {"national_id": str(member(2).national_id), "mobile": "+989120000003"})
        assert not stranger.known
        assert members.resolve(access, stranger.subject) == stranger
        assert members.get(access, stranger.subject) is None
        with pytest.raises(CheckError, match="needs one of the fields"):
            members.look_up(access, {"mobile": str(member(2).mobile)})


def test_nobody_is_in_the_roll_twice(people: People) -> None:
    for changes in ({"member_number": "N1"}, {"national_id": None}):
        with people.writing() as access, pytest.raises(CheckError, match="in the roll already"):
            members.add(access, [member(1, **changes)])


def test_an_empty_roll_lets_nobody_in(tmp_path: Path) -> None:
    empty = pytest.raises(CheckError, match="the electoral roll is empty")
    with people_with(tmp_path, 0) as people, people.reading() as access, empty:
        members.look_up(access, {"member_number": "M1"})


def test_what_a_block_wrote_is_forgotten_if_it_raises(people: People) -> None:
    before = rows_of(people)
    with suppress(ZeroDivisionError), people.writing() as access:
        members.add(access, [member(6)])
        _ = 1 / 0
    assert rows_of(people) == before


# ------------------------------------------------------------------------------------ what the database alone tells


def use(people: People) -> list[str]:
    """Let a voter do everything that leaves something; return what must not be found."""
    with people.writing() as access:
        subject = members.look_up(access, {"member_number": "M1"}).subject
        token = sessions.begin(access, subject, 2000)
        asked, asking = codes.ask(access, subject, bytes(32), 2000)
        assert codes.find(access, asked, bytes(32), 1000) == asking
        assert codes.find(access, asked, bytes(32), 2000) is None
        code = codes.issue(access, asking, 8, 2000)
        trail.note(access, Event("sign-in code by mobile", subject, "192.0.2.77"), 1000)
        standings.write(access, subject, Standing(State.CASTING, 2, CODE))
    return [token, asked, code, "192.0.2.77", "sign-in code", CODE.decode("latin-1")]


def test_the_files_hold_nothing_in_clear(tmp_path: Path) -> None:
    with people_with(tmp_path) as people:
        secret = use(people)
        secret += [str(value) for value in member(1).fields().values() if len(str(value)) > 2]
        data = b"".join(path.read_bytes() for path in (tmp_path / FOLDER).iterdir())
    assert len(data) > 10_000
    assert [text for text in secret if text.encode() in data or text.encode("latin-1", "ignore") in data] == []
    assert "secret" not in repr(people.key).lower().replace("secretpeoplekey", "")


def test_who_has_voted_cannot_be_told_from_the_database_alone(people: People) -> None:
    """Everybody's row has the same length before and after, and nothing else is left of a vote."""
    before = rows_of(people)
    with people.writing() as access:
        subject = members.look_up(access, {"member_number": "M1"}).subject
        standings.write(access, subject, Standing(State.BOUND, 0, CODE))
        standings.write(access, subject, Standing(State.VOTED, 0))
    after = rows_of(people)
    assert {len(row[1]) for row in after["standings"]} == {len(row[1]) for row in before["standings"]}  # type: ignore[arg-type]
    del before["standings"], after["standings"]
    assert before == after


def test_a_code_is_gone_from_the_key_holders_view_once_the_voter_has_voted(people: People) -> None:
    with people.writing() as access:
        subject = members.look_up(access, {"member_number": "M1"}).subject
        standings.write(access, subject, Standing(State.VOTED, 3, CODE))
        assert standings.read(access, subject) == Standing(State.VOTED, 3, None)


def test_sqlite_writes_a_standing_over_the_one_before(tmp_path: Path) -> None:
    """Where a row lies in its page does not follow from when it was written: the page differs in that row alone."""
    with people_with(tmp_path, 40) as people:
        pass
    before = (tmp_path / FOLDER / FILE).read_bytes()
    with People.open(tmp_path) as people, people.writing() as access:
        subject = members.look_up(access, {"member_number": "M1"}).subject
        row = access.connection.execute(STANDINGS.select().where(STANDINGS.c.member == subject)).one()
        standings.write(access, subject, Standing(State.VOTED))
    after = (tmp_path / FOLDER / FILE).read_bytes()
    assert len(after) == len(before)
    place = before.index(row.standing)
    changed = {at for at, (old, new) in enumerate(zip(before, after, strict=True)) if old != new}
    # Beside the row: the counters of changes in the file's first hundred bytes.
    assert {at for at in changed if at >= 100} <= set(range(place, place + len(row.standing)))


def test_rows_lie_in_the_order_of_their_hashes(tmp_path: Path) -> None:
    with people_with(tmp_path, 30) as people, people.reading() as access:
        sql = access.connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'members'").scalar()
        assert "WITHOUT ROWID" in str(sql)
        found = [row[0] for row in access.connection.exec_driver_sql("SELECT member FROM members")]
    assert found == sorted(found)


# ------------------------------------------------------------------------------------------------- what is noticed


def test_another_key_is_refused(tmp_path: Path) -> None:
    people_with(tmp_path).close()
    (tmp_path / KEY).unlink()
    SecretPeopleKey.create(tmp_path / KEY)
    with pytest.raises(CheckError, match="this is not the key of"):
        People.open(tmp_path)


def test_a_row_in_the_place_of_another_is_refused(people: People) -> None:
    with people.writing() as access:
        first, second = access.connection.execute(MEMBERS.select().limit(2)).all()
        moved = update(MEMBERS).where(MEMBERS.c.member == first.member).values(person=second.person)
        access.connection.execute(moved)
    with people.reading() as access, pytest.raises(StorageError, match="a row of members is damaged"):
        list(members.every(access))


def test_a_lost_identifier_is_noticed(people: People) -> None:
    with people.writing() as access:
        access.connection.exec_driver_sql("DELETE FROM identifiers")
    with people.reading() as access, pytest.raises(StorageError, match="not found by an identifier"):
        list(members.every(access))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "not JSON"),
        ("[]", "expected an object"),
        ('{"format": "e2evote-people-key/v2", "secret": ""}', "expected an object"),
        ('{"format": "e2evote-people-key/v1", "secret": "00"}', "expected 64 upper-case hex digits"),
        ('{"format": "e2evote-people-key/v1", "secret": 5}', "expected 64 upper-case hex digits"),
    ],
)
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: str, expected: str) -> None:
    people_with(tmp_path, 0).close()
    (tmp_path / KEY).write_text(content)
    with pytest.raises(ParseError, match=expected):
        People.open(tmp_path)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    people_with(tmp_path, 0).close()
    (tmp_path / KEY).chmod(0o640)
    with pytest.raises(CheckError, match="others can read this file"):
        People.open(tmp_path)
    (tmp_path / KEY).unlink()
    with pytest.raises(ParseError, match="the file is missing"):
        People.open(tmp_path)


@pytest.mark.parametrize("content", ["[]", '{"database": 5}', '{"database": "postgresql://h/d", "x": 1}'])
def test_settings_of_a_server_that_are_none(tmp_path: Path, content: str) -> None:
    people_with(tmp_path, 0).close()
    (tmp_path / FOLDER / "people.json").write_text(content)
    with pytest.raises(ParseError, match="expected an object with the field database"):
        People.open(tmp_path)


def test_a_directory_without_a_database(tmp_path: Path) -> None:
    with pytest.raises(CheckError, match=r"there is no people's database; 'e2evote roll import' makes one"):
        People.open(tmp_path)


def test_a_database_of_another_kind_is_refused(tmp_path: Path) -> None:
    people_with(tmp_path, 0).close()
    (tmp_path / FOLDER / FILE).write_bytes(b"")
    with pytest.raises(CheckError, match="there are no tables of people"):
        People.open(tmp_path)
    (tmp_path / FOLDER / FILE).write_bytes(b"no database" * 1000)
    with pytest.raises(StorageError, match="not a database"):
        People.open(tmp_path)


def test_a_database_of_another_version_is_refused(tmp_path: Path) -> None:
    with people_with(tmp_path, 0) as people, people.writing() as access:
        access.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(CheckError, match="its tables are of revision 9999, expected 0002"):
        People.open(tmp_path)


def test_a_creation_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("e2evote.election.people.database._make_tables", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        People.create(tmp_path)
    monkeypatch.undo()
    people_with(tmp_path, 1).close()
    shutil.rmtree(tmp_path / FOLDER)
    with pytest.raises(CheckError, match="exists already; without it the people's database cannot be read"):
        People.create(tmp_path)


def test_the_tables_are_those_of_the_migrations(people: People) -> None:
    """What Alembic made is what the code describes."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with people.reading() as access:
        assert compare_metadata(MigrationContext.configure(access.connection), METADATA) == []
