"""Lists of a booth's files in a record: what the verifier and the oracle accept, and what both refuse."""

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from e2evote.errors import ParseError
from e2evote.record import layout
from e2evote.record.entries import BallotEntry, EndEntry, Entry, FileEntry
from e2evote.record.layout import Record
from e2evote.verifier.report import PHASES, Phase
from e2evote.verifier.run import verify_record
from tests import oracle
from tests.board_forger import BoardForger
from tests.builders import TOY, BuiltRecord, reindex
from tests.mutations.board import which

FIRST, SECOND, THIRD = (layout.booth_path(number) for number in (1, 2, 3))
SHA256 = hashlib.sha256(b"page").hexdigest().upper()


def listed(*paths: str, **changes: object) -> bytes:
    """Return the list of these files, whatever they are called."""
    files = [{"path": path, "sha256": SHA256} | changes for path in paths]
    return json.dumps({"files": files}, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


LIST = listed("/static/booth/page.js", "/vote/en", "/vote/fa")


@pytest.fixture
def forger(board: BuiltRecord, tmp_path: Path) -> BoardForger:
    root = tmp_path / "record"
    root.mkdir()
    forger = BoardForger.of(root, board)
    forger.write()
    return forger


def after_the_keys(entries: Sequence[Entry]) -> int:
    return which(entries, FileEntry, path=layout.EXTENDED_HASHES) + 1


def announce(
    forger: BoardForger, lists: dict[str, bytes], *, at: Callable[[Sequence[Entry]], int] | None = None
) -> Path:
    """Put lists into the record and onto its board, behind the keys or elsewhere, and return the record."""
    entries = forger.entries()
    place = (at or after_the_keys)(entries)
    for path, data in lists.items():
        file = forger.root / path
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(data)
        entries.insert(place, forger.file(path).model_copy(update={"time": entries[place - 1].time}))
        place += 1
    forger.publish(entries)
    reindex(forger.root)
    return forger.root


def judged(path: Path, until: Phase = "opened") -> tuple[set[str], set[str]]:
    """Return which checks fail, for the verifier and for the oracle."""
    report = verify_record(Record.at(path), until, allow_insecure=(TOY,))
    failed = {check.id for check in report.checks if check.status == "failed"}
    return failed, oracle.verify(path, {TOY}, until).failed


def both(*checks: str) -> tuple[set[str], set[str]]:
    return set(checks), set(checks)


def test_lists_are_part_of_a_valid_record(forger: BoardForger) -> None:
    path = announce(forger, {FIRST: LIST, SECOND: listed("/vote/en")})
    for until in PHASES:
        assert judged(path, until) == both()


@pytest.mark.parametrize("at", [(BallotEntry, 3), (EndEntry, 0)], ids=["among ballots", "last of all"])
def test_a_list_may_come_at_any_time_behind_the_keys(at: tuple[type[Entry], int], forger: BoardForger) -> None:
    assert judged(announce(forger, {FIRST: LIST}, at=lambda entries: which(entries, *at))) == both()


OUT_OF_PLACE: dict[str, tuple[list[str], Callable[[Sequence[Entry]], int]]] = {
    "before the keys": ([FIRST], lambda entries: after_the_keys(entries) - 1),
    "numbered from 0": (["booth/0000.json"], after_the_keys),
    "numbered from 2": ([SECOND], after_the_keys),
    "with a gap": ([FIRST, THIRD], after_the_keys),
    "backwards": ([SECOND, FIRST], after_the_keys),
    "behind the end": ([FIRST], len),
}


@pytest.mark.parametrize("case", OUT_OF_PLACE)
def test_lists_out_of_place(case: str, forger: BoardForger) -> None:
    paths, at = OUT_OF_PLACE[case]
    path = announce(forger, dict.fromkeys(paths, LIST), at=at)
    assert judged(path) == both("X.board-order", *(["X.board-end"] if case == "behind the end" else []))


def test_a_list_that_was_exchanged_dropped_or_never_announced(forger: BoardForger) -> None:
    path = announce(forger, {FIRST: LIST})
    (path / FIRST).write_bytes(listed("/vote/en"))
    reindex(path)
    assert judged(path) == both("X.board-files")
    (path / FIRST).unlink()
    reindex(path)
    assert judged(path) == both("X.board-files")
    (path / FIRST).write_bytes(LIST)
    (path / SECOND).write_bytes(LIST)
    reindex(path)
    assert judged(path) == both("X.board-files")


def test_a_list_that_is_announced_twice(forger: BoardForger) -> None:
    path = announce(forger, {FIRST: LIST})
    entries = forger.entries()
    place = after_the_keys(entries)
    once = forger.file(FIRST).model_copy(update={"time": entries[place - 1].time})
    forger.publish([*entries[:place], once, once, *entries[place:]])
    reindex(path)
    assert judged(path) == both("X.board-files")


def test_without_a_board_there_is_no_list(built: BuiltRecord, tmp_path: Path) -> None:
    path = tmp_path / "record"
    shutil.copytree(built.path, path)
    (path / "booth").mkdir()
    (path / FIRST).write_bytes(LIST)
    reindex(path)
    for until in PHASES:
        assert judged(path, until) == both("X.board-presence")


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"{\n", "not JSON"),
    "no line end": (LIST[:-1], "line feed"),
    "blanks": (LIST.replace(b":[", b": ["), "canonical"),
    "no files": (b'{"files":[]}\n', "files: "),
    "too many files": (listed(*(f"/{number:04}" for number in range(1001))), "files: "),
    "unknown field": (listed("/vote/en", size=3), "files.0.size: "),
    "another field at the top": (LIST.replace(b'{"files', b'{"version":1,"files'), "version: "),
    "no hash": (LIST.replace(b'"sha256"', b'"sha512"', 1), "files.0."),
    "hash in lower case": (LIST.replace(SHA256.encode(), SHA256.lower().encode(), 1), "files.0.sha256: "),
    "hash too short": (LIST.replace(SHA256.encode(), SHA256[2:].encode(), 1), "files.0.sha256: "),
    "not sorted": (listed("/vote/fa", "/vote/en"), "sorted"),
    "twice": (listed("/vote/en", "/vote/en"), "each named once"),
    "fields in another order": (
        b'{"files":[{"sha256":"%s","path":"/vote/en"}]}\n' % SHA256.encode(),
        "canonical",
    ),
    **{
        f"path {path[:20]!a}": (listed(path), "files.0.path: ")
        for path in (
            "", "/", "vote/en", "//vote", "/vote//en", "/vote/", "/vote/../en", "/vote/./en", "/.git/config",
            "/vote?lang=en", "/vote#top", "/v%6Fte", "/vote en", "/vote\n", "/رأی", "http://x/vote", "\\vote",
            "/" + 200 * "a",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("case", UNREADABLE)
def test_lists_that_cannot_be_read(case: str, forger: BoardForger) -> None:
    data, message = UNREADABLE[case]
    path = announce(forger, {FIRST: data})
    with pytest.raises(ParseError, match=f"^{FIRST}") as caught:
        verify_record(Record.at(path), allow_insecure=(TOY,))
    assert message in str(caught.value)
    with pytest.raises(oracle.OracleParseError):
        oracle.verify(path, {TOY})


def test_a_setup_is_judged_without_what_comes_behind_it(forger: BoardForger) -> None:
    path = announce(forger, {FIRST: b"{\n"})
    assert judged(path, "setup") == both()


@pytest.mark.parametrize("path", ["/a", "/vote/en", "/static/booth/vendor/@noble/ed25519.js", "/~x/_y-1.2/Z"])
def test_paths_that_a_list_can_have(path: str, forger: BoardForger) -> None:
    assert judged(announce(forger, {FIRST: listed(path, path + "a" * (200 - len(path)))}), "keys") == both()


@pytest.mark.parametrize("name", ["booth/1.json", "booth/00001.json", "booth/0001.ndjson", "booth/0001", "booth.json"])
def test_files_of_other_names_are_none_of_a_record(name: str, forger: BoardForger) -> None:
    path = announce(forger, {name: LIST})
    with pytest.raises(ParseError, match="the format has no file"):
        verify_record(Record.at(path), allow_insecure=(TOY,))
    assert {"X.index", "X.board-files"} <= oracle.verify(path, {TOY}).failed
