"""Records of elections with a bulletin board: in an archive, at a URL, interrupted, under way, and unreadable ones."""

import hashlib
import json
import shutil
import tracemalloc
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from e2evote.engine import Here
from e2evote.errors import ParseError
from e2evote.record import layout
from e2evote.record.codec import dump
from e2evote.record.entries import BallotEntry, Entry, FileEntry, StatusEntry, commitment, parse_entry
from e2evote.record.layout import Record
from e2evote.verifier import ballots
from e2evote.verifier.board_entries import Entered
from e2evote.verifier.report import PHASES, Ledger, Phase, Report
from e2evote.verifier.run import verify_record
from tests import oracle
from tests.board_forger import BoardForger, board_manifest, policy_lines
from tests.builders import TOY, BuiltRecord, reindex
from tests.cli.conftest import run
from tests.conformance.valid import BOARD_VARIANTS, board_without_witnesses
from tests.mutations.board import which

BOARD, ENTRIES = layout.BOARD_CHECKPOINT, layout.BOARD_ENTRIES


class Stop(Exception):  # noqa: N818
    """The verification is to end here."""


@pytest.fixture
def forger(board: BuiltRecord, tmp_path: Path) -> BoardForger:
    root = tmp_path / "record"
    root.mkdir()
    forger = BoardForger.of(root, board)
    forger.write()
    reindex(root)
    return forger


@pytest.fixture
def record(forger: BoardForger) -> Path:
    return forger.root


def verify(path: Path | str, until: Phase = "opened") -> Report:
    return verify_record(Record.at(path), until, allow_insecure=(TOY,))


def judged(path: Path, until: Phase = "opened") -> tuple[bool, bool]:
    """Return what the verifier and what the oracle say."""
    return verify(path, until).valid, oracle.verify(path, {TOY}, until).passed


def failed(path: Path, until: Phase = "opened") -> set[str]:
    return {check.id for check in verify(path, until).checks if check.status == "failed"}


def test_archive_and_phases(record: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "record.zip", "w") as archive:
        for path in sorted(record.rglob("*")):
            archive.write(path, path.relative_to(record).as_posix())
    assert verify(tmp_path / "record.zip") == verify(record)
    assert oracle.verify(tmp_path / "record.zip", {TOY}).passed
    for until in PHASES:
        assert judged(record, until) == (True, True)


@pytest.mark.skipif(find_spec("fsspec") is None, reason="fsspec is not installed (extra 'distributed')")
def test_at_a_url(record: Path) -> None:
    assert verify(f"file://{record}") == verify(record)


@pytest.mark.parametrize("count", [1, 6, 13])
def test_interrupted(count: int, forger: BoardForger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a ballot was changed behind the board, in front of where it goes on."""
    forger.edit_lines(layout.ballots_path(1, 1), lambda lines: lines[0].update(encrypted_at="2026-12-01T23:00:00Z"))
    reindex(forger.root)
    monkeypatch.setattr(ballots, "CHUNK_BALLOTS", 2)

    def stop(done: int, total: int) -> None:
        if done >= count:
            raise Stop

    state = tmp_path / "state"
    with pytest.raises(Stop):
        verify_record(Record.at(forger.root), "opened", Here(), (TOY,), stop, state, 0.0)
    assert state.exists()
    report = verify_record(Record.at(forger.root), "opened", Here(), (TOY,), None, state, 0.0)
    assert report == verify(forger.root)
    (finding,) = next(check.findings for check in report.checks if check.id == "X.board-ballots")
    assert (finding.device, finding.position) == (1, 1)


@pytest.mark.parametrize("change", BOARD_VARIANTS, ids=lambda change: change.__name__)
def test_unusual_boards_that_are_valid(change: Callable[[BoardForger], None], forger: BoardForger) -> None:
    change(forger)
    reindex(forger.root)
    assert judged(forger.root) == (True, True)
    remark = "the board has no witnesses, so whoever has its key could have made another one"
    assert (remark in verify(forger.root).remarks) == (change is board_without_witnesses)


def test_without_witnesses_a_board_is_its_own_witness(forger: BoardForger) -> None:
    """Who holds its key drops the last ballot, closes the device again and signs: nothing in the record shows it."""
    forger.hold(manifest=board_manifest(board=policy_lines("none")))
    del forger.votes[1][-1]
    forger.close(1)
    forger.write()
    entries = forger.entries()
    forger.publish(entries, forger.checkpoint(entries, ()))
    reindex(forger.root)
    assert judged(forger.root) == (True, True)
    assert any("no witnesses" in remark for remark in verify(forger.root).remarks)


# ------------------------------------------------------------------------------------------------- under way


def cut(forger: BoardForger, stop: Callable[[Entry], bool]) -> None:
    """Make the record that was taken from the board before the first entry of a kind."""
    entries = forger.entries()
    kept = entries[: next(place for place, entry in enumerate(entries) if stop(entry))]
    paths = {entry.path for entry in kept if isinstance(entry, FileEntry)}
    posted = any(isinstance(entry, BallotEntry) for entry in kept)
    for path in sorted(path for path in forger.root.rglob("*") if path.is_file()):
        name = path.relative_to(forger.root).as_posix()
        if not (name in paths or (posted and layout.is_ballots_path(name))):
            path.unlink()
    forger.publish(kept)
    reindex(forger.root)


STOPS: dict[Phase, Callable[[Entry], bool]] = {
    "setup": lambda entry: isinstance(entry, FileEntry) and entry.path.startswith("guardians/"),
    "keys": lambda entry: isinstance(entry, FileEntry) and entry.path.startswith("devices/"),
    "ballots": lambda entry: isinstance(entry, FileEntry) and entry.path == layout.ENCRYPTED_TALLIES,
    "tally": lambda entry: isinstance(entry, FileEntry) and entry.path == layout.TALLIES,
    "decryption": lambda entry: entry.kind == "opened",
}


@pytest.mark.parametrize("reached", STOPS)
def test_a_record_under_way_is_judged_as_far_as_it_goes(reached: Phase, forger: BoardForger) -> None:
    cut(forger, STOPS[reached])
    last = "ballots" if reached == "keys" else reached
    for until in PHASES[: PHASES.index(last) + 1]:
        assert judged(forger.root, until) == (True, True), until
    if reached != "setup":
        entries = forger.root / ENTRIES
        entries.write_bytes(entries.read_bytes().replace(b"parameters.json", b"Parameters.json"))
        reindex(forger.root)
        assert judged(forger.root, "setup") == (False, False)


def test_a_record_without_ballots_needs_no_board_yet(forger: BoardForger) -> None:
    shutil.rmtree(forger.root / "board")
    reindex(forger.root)
    assert judged(forger.root, "setup") == judged(forger.root, "keys") == (True, True)
    assert failed(forger.root, "ballots") == {"X.board-presence"}


@pytest.mark.parametrize("name", [BOARD, ENTRIES])
def test_half_a_board_is_wrong_in_every_phase(name: str, forger: BoardForger) -> None:
    (forger.root / name).unlink()
    reindex(forger.root)
    for until in PHASES:
        assert judged(forger.root, until) == (False, False)


def test_a_finished_record_of_a_board_under_way(forger: BoardForger) -> None:
    """The end is asked of a finished record only."""
    forger.publish(forger.entries()[:-1])
    reindex(forger.root)
    assert judged(forger.root, "decryption") == (True, True)
    assert failed(forger.root) == {"X.board-end"}


# ------------------------------------------------------------------------------------------------- unreadable


def _text(entry: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(data.split(b"\n")[20], entry)


UNREADABLE: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "kind unknown": (ENTRIES, lambda data: data.replace(b'"end"', b'"over"'), "begins with the kind"),
    "kind not first": (ENTRIES, _text(b'{"time":"2026-12-01T09:00:00Z","kind":"end"}'), "begins with the kind"),
    "no object": (ENTRIES, _text(b"[]"), "begins with the kind"),
    "no JSON": (ENTRIES, _text(b"{"), "not JSON"),
    "entry too long": (ENTRIES, _text(b'{"kind":"end","x":"' + b"x" * 2**16 + b'"}'), "longer than 65535 bytes"),
    "unknown field": (ENTRIES, _text(b'{"kind":"end","time":"2026-12-01T09:00:00Z","x":1}'), "x: "),
    "blank in an entry": (ENTRIES, lambda data: data.replace(b'"end",', b'"end", '), "canonical"),
    "path too long": (ENTRIES, lambda data: data.replace(b"parameters", b"p" * 200), "path: "),
    "secret too short": (ENTRIES, lambda data: data.replace(b'"secret":"', b'"secret":"AB'), "secret: "),
    "time that does not exist": (ENTRIES, lambda data: data.replace(b"-12-01", b"-13-01", 1), "time: "),
    "position 0": (ENTRIES, lambda data: data.replace(b'"position":1', b'"position":0'), "position: "),
    "no entries": (ENTRIES, lambda _: b"", "the file is empty"),
    "no line end": (ENTRIES, lambda data: data[:-1], "line feed"),
    "no note": (BOARD, lambda _: b"{}\n", "expected a text, an empty line"),
    "a note and no checkpoint": (BOARD, lambda data: b"x" + data[data.index(b"\n\n") - 2 :], "three lines"),
    "extension line": (BOARD, lambda data: data.replace(b"\n\n", b"\nmore\n\n"), "three lines"),
    "root too short": (BOARD, lambda data: data.replace(data.split(b"\n")[2], b"AAAA"), "root"),
    "size with a zero": (BOARD, lambda data: data.replace(b"\n53\n", b"\n053\n"), "size"),
    "signature that is not base64": (BOARD, lambda data: data.replace(b"=\n", b"-\n", 1), "base64"),
    "carriage return": (BOARD, lambda data: data.replace(b"\n", b"\r\n"), "expected a text, an empty line"),
    "not UTF-8": (BOARD, lambda data: data + b"\xff", "not UTF-8"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_is_named(case: str, record: Path) -> None:
    name, change, message = UNREADABLE[case]
    data = (record / name).read_bytes()
    assert change(data) != data
    (record / name).write_bytes(change(data))
    reindex(record)
    with pytest.raises(ParseError, match=f"^{name}") as caught:
        verify(record)
    assert message in str(caught.value)
    with pytest.raises(oracle.OracleParseError):
        oracle.verify(record, {TOY})


def test_what_is_shown(forger: BoardForger, tmp_path: Path) -> None:
    shown = run("record", "show", forger.root, "--insecure-parameters", TOY).stdout
    assert "vote.example/board, 53 entries" in shown
    as_json = json.loads(run("record", "show", forger.root, "--json", "--insecure-parameters", TOY).stdout)
    assert as_json["board"] == {"origin": "vote.example/board", "entries": 53}
    checked = run("manifest", "check", forger.root / layout.MANIFEST).stdout
    assert "The bulletin board is vote.example/board; 3 witnesses, the quorum is 'two'." in checked
    (tmp_path / "manifest.json").write_bytes(board_manifest(board=policy_lines("none")))
    checked = run("manifest", "check", tmp_path / "manifest.json").stdout
    assert "3 witnesses, none of them has to cosign." in checked


def test_findings_name_ballot_and_line(forger: BoardForger) -> None:
    entries = forger.entries()
    place = which(entries, StatusEntry, 1, status="cast")
    entries[place] = entries[place].model_copy(update={"secret": bytes(32)})
    forger.publish(entries)
    reindex(forger.root)
    (finding,) = next(check.findings for check in verify(forger.root).checks if check.id == "X.board-secrets")
    assert finding.message == f"{ENTRIES}:{place + 1}: not by the secret it takes"
    assert finding.ballot == entries[place].confirmation_code.hex().upper()


# ------------------------------------------------------------------------------------------------- memory


def test_what_is_kept_of_a_ballot() -> None:
    """Some 300 bytes, once it has its status (docs/performance.md)."""
    few, many = (_kept(count) for count in (2_000, 10_000))
    assert 200 < (many - few) / 8_000 < 400


def _kept(ballots: int) -> int:
    """Return the bytes that are in use after the entries of so many ballots."""
    tracemalloc.start()
    entered, time = Entered(Ledger()), "2026-12-01T09:00:00Z"
    for number in range(ballots):
        code = hashlib.sha256(b"%d" % number).digest()
        secrets = [hashlib.sha256(code + purpose).digest() for purpose in (b"cast", b"challenge")]
        pair = dict(zip(("cast_commitment", "challenge_commitment"), map(commitment, secrets), strict=True))
        of_ballot = {"time": time, "confirmation_code": code}
        posted = BallotEntry(device=1, position=number + 1, sha256=hashlib.sha256(code).digest(), **of_ballot, **pair)
        for entry in (posted, StatusEntry(status="cast", secret=secrets[0], **of_ballot)):
            entered.take("entries", parse_entry(dump(entry), "entries"))
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(entered.ballots) == ballots
    return kept
