"""A verification that goes on where another ended comes to the same report."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from array import array
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from e2evote.elgamal import Ciphertext
from e2evote.engine import Here
from e2evote.errors import E2EVoteError, ParseError
from e2evote.record.layout import INDEX, Record
from e2evote.verifier import ballots, resume
from e2evote.verifier.chunk import Outcome
from e2evote.verifier.report import Finding, Ledger, Phase, Report
from e2evote.verifier.resume import Saved, StateFile, header
from e2evote.verifier.run import CHECKS, verify_record
from e2evote.verifier.v09_aggregation import Sums
from tests.builders import TOY, BuiltRecord
from tests.cli.conftest import run
from tests.cli.conftest import verify as command
from tests.engine import work
from tests.mutations import BY_NAME
from tests.strategies import TOY_GROUP
from tests.verifier.conftest import Mutants

ROOT = Path(__file__).parents[2]
HEADER = header(bytes(32), "opened", (TOY,), CHECKS)
BROKEN = ["status-extra", "repeated-ballot", "missing-ballot", "opened-out-of-order", "encryption-of-two"]


class Stop(Exception):  # noqa: N818
    """The verification is to end here."""


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ballots, "CHUNK_BALLOTS", 2)


def verify(path: Path, state: Path | None = None, until: Phase = "opened", stop: int = 10**9) -> Report:
    """Verify; end after so many ballots, as if interrupted."""

    def progress(done: int, total: int) -> None:
        if done >= stop:
            raise Stop

    return verify_record(Record.at(path), until, Here(), (TOY,), progress, state, 0.0)


def pair(number: int) -> Ciphertext:
    return Ciphertext(TOY_GROUP.element(number), TOY_GROUP.element(number + 100))


def interrupted(path: Path, state: Path, ballots: int = 5) -> Path:
    with pytest.raises(Stop):
        verify(path, state, stop=ballots)
    assert state.stat().st_mode & 0o777 == 0o600
    return state


@pytest.mark.parametrize("count", [1, 2, 6, 7, 11, 12])
def test_it_goes_on_to_the_same_report(count: int, built: BuiltRecord, tmp_path: Path) -> None:
    state = interrupted(built.path, tmp_path / "state", count)
    assert verify(built.path, state) == verify(built.path)
    assert not state.exists()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", BROKEN)
def test_findings_are_kept_in_order(name: str, mutants: Mutants, tmp_path: Path) -> None:
    path, state = mutants.path(BY_NAME[name]), tmp_path / "state"
    for count in (1, 4, 5, 9):
        interrupted(path, state, count)
    assert verify(path, state) == verify(path)


def test_half_a_chunk_is_not_kept(built: BuiltRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends the verification may come while an outcome is added."""
    state, add = tmp_path / "state", Outcome.add

    def interrupted_add(self: Outcome, other: Outcome) -> None:
        if len(self.id_digests) >= 6:
            self.sums.add(other.sums)
            raise Stop
        add(self, other)

    with monkeypatch.context() as patch:
        patch.setattr(Outcome, "add", interrupted_add)
        with pytest.raises(Stop):
            verify(built.path, state)
    assert verify(built.path, state) == verify(built.path)


def test_the_work_is_not_done_again(built: BuiltRecord, tmp_path: Path) -> None:
    state = interrupted(built.path, tmp_path / "state", 8)
    seen: list[int] = []
    verify_record(Record.at(built.path), "opened", 1, (TOY,), lambda done, _: seen.append(done), state)
    assert seen == [10, 12]


def test_a_state_is_made_at_the_beginning_and_removed_at_the_end(built: BuiltRecord, tmp_path: Path) -> None:
    state = tmp_path / "state"

    def look(done: int, total: int) -> None:
        assert state.read_bytes().startswith(b'{"format":"e2evote-verification-state","version":1,')

    verify_record(Record.at(built.path), "opened", 1, (TOY,), look, state)
    assert not state.exists()
    verify_record(Record.at(built.path), "keys", 1, (TOY,), look, state)
    assert not state.exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from e2evote.engine import Processes
from e2evote.record.layout import INDEX, Record
from e2evote.verifier import ballots
from e2evote.verifier.run import verify_record

def progress(done, total):
    if done >= 6:
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    ballots.CHUNK_BALLOTS = 2
    record, state = map(Path, sys.argv[1:])
    verify_record(Record.at(record), "opened", Processes(2), ("toy-64-256",), progress, state, 0.0)
"""


def test_a_process_that_is_killed(built: BuiltRecord, tmp_path: Path) -> None:
    script, state = tmp_path / "script.py", tmp_path / "state"
    script.write_text(KILLED)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, script, built.path, state], env=environment, cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    seen: list[int] = []
    report = verify_record(Record.at(built.path), "opened", 1, (TOY,), lambda done, _: seen.append(done), state)
    assert seen in ([6, 8, 10, 12], [8, 10, 12])
    assert report == verify(built.path)


# ---------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize("until", ["ballots", "tally", "decryption"])
def test_a_state_of_another_phase_is_refused(until: Phase, built: BuiltRecord, tmp_path: Path) -> None:
    state = interrupted(built.path, tmp_path / "state")
    before = state.read_bytes()
    with pytest.raises(E2EVoteError, match="is the state of another verification: until is 'opened' there and"):
        verify(built.path, state, until)
    assert state.read_bytes() == before


def test_a_state_of_another_record_is_refused(built: BuiltRecord, mutants: Mutants, tmp_path: Path) -> None:
    state = interrupted(built.path, tmp_path / "state")
    before = state.read_bytes()
    with pytest.raises(E2EVoteError, match="is the state of another verification: record is "):
        verify(mutants.path(BY_NAME["missing-ballot"]), state)
    assert state.read_bytes() == before


@pytest.mark.parametrize("name", ["program", "checks", "version"])
def test_a_state_of_another_program_is_refused(name: str, built: BuiltRecord, tmp_path: Path) -> None:
    state = interrupted(built.path, tmp_path / "state")
    first, _, rest = state.read_bytes().partition(b"\n")
    header = json.loads(first)
    header[name] = {"program": "0.0.0", "checks": "00" * 32, "version": 2}[name]
    state.write_bytes(json.dumps(header, separators=(",", ":")).encode() + b"\n" + rest)
    with pytest.raises(E2EVoteError, match=f"is the state of another verification: {name} is"):
        verify(built.path, state)


@pytest.mark.parametrize("digit", "01234567")
@pytest.mark.parametrize("name", ["ballots-000001.ndjson", "open.json"])
def test_a_record_that_changed_under_its_index_is_refused(
    name: str, digit: str, built: BuiltRecord, tmp_path: Path
) -> None:
    """The index is the same, so that the fingerprint is too; X.index alone would speak of now only."""
    path = Path(shutil.copytree(built.path, tmp_path / "record"))
    state = interrupted(path, tmp_path / "state")
    before = state.read_bytes()
    file = path / "devices" / "0001" / name
    text = file.read_text()
    at = text.index('"id_b":"' if "id_b" in text else '"h_di":"') + 8
    file.write_text(text[:at] + ("8" if text[at] == digit else digit) + text[at + 1 :])
    with pytest.raises(E2EVoteError, match="the state is of other ballots than the record has now"):
        verify(path, state)
    assert state.read_bytes() == before


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "another file": lambda data: b"%PDF-1.7\n",
    "header only": lambda data: data.split(b"\n")[0] + b"\n",
    "cut": lambda data: data[:-40],
    "no end": lambda data: data[: data.rindex(b'{"sha256"')],
    "longer": lambda data: data + b"{}\n",
    "a digit": lambda data: data.replace(b'"ids":"', b'"ids":"0', 1).replace(b'","codes":"', b'","codes":"', 1),
    "a count": lambda data: data.replace(b'"chunks":3', b'"chunks":2', 1),
    "a line less": lambda data: b"\n".join(line for line in data.split(b"\n") if not line.startswith(b'{"ids"')),
    "null": lambda data: data.replace(b'"chunks":3', b'"chunks":null', 1),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_state_is_refused(name: str, built: BuiltRecord, tmp_path: Path) -> None:
    state = interrupted(built.path, tmp_path / "state")
    damaged = DAMAGES[name](state.read_bytes())
    assert damaged != state.read_bytes()
    state.write_bytes(damaged)
    error = command(built.path, "--resume", state, code=2).stderr
    assert error.startswith(f"Error: {state}:")
    assert state.read_bytes() == damaged


def resealed(data: bytes, change: Callable[[list[bytes]], object]) -> bytes:
    """Change the lines of a state and make its end fit again."""
    *lines, _ = data.splitlines()
    change(lines)
    body = b"".join(line + b"\n" for line in lines)
    return body + b'{"sha256":"%s"}\n' % hashlib.sha256(body).hexdigest().upper().encode()


def digests(ids: int, codes: int) -> bytes:
    """Return a line with so many bytes of digests."""
    return b'{"ids":"%s","codes":"%s"}' % (b"00" * ids, b"00" * codes)


SEALED: dict[str, tuple[str, Callable[[list[bytes]], object]]] = {
    "of 7 bytes": ("expected 8 bytes for every ballot", lambda lines: lines.append(digests(7, 8))),
    "of 9 bytes": ("expected 8 bytes for every ballot", lambda lines: lines.append(digests(8, 9))),
    "of more ballots": ("expected digests of 6 ballots, found 7 and 7", lambda lines: lines.append(digests(8, 8))),
    "of more identifiers": ("expected digests of 6 ballots, found 7 and 6", lambda lines: lines.append(digests(8, 0))),
    "of more codes": ("expected digests of 6 ballots, found 6 and 7", lambda lines: lines.append(digests(0, 8))),
    "of fewer identifiers": (
        "expected digests of 6 ballots, found 5 and 6",
        lambda lines: lines.__setitem__(-1, digests(40, 48)),
    ),
    "of fewer ballots": ("expected digests of 6 ballots, found 0 and 0", lambda lines: lines.pop()),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_before_anything_is_verified(name: str, built: BuiltRecord, tmp_path: Path) -> None:
    state = interrupted(built.path, tmp_path / "state")
    _, fingerprint = Record.at(built.path).sha256(INDEX)
    ours = header(fingerprint, "opened", (TOY,), CHECKS)
    StateFile(state, ours)
    state.write_bytes(DAMAGES[name](state.read_bytes()))
    with pytest.raises(ParseError, match=str(state)):
        StateFile(state, ours)


@pytest.mark.parametrize("name", SEALED)
def test_a_state_has_digests_of_every_ballot(name: str, built: BuiltRecord, tmp_path: Path) -> None:
    message, change = SEALED[name]
    state = interrupted(built.path, tmp_path / "state")
    state.write_bytes(resealed(state.read_bytes(), change))
    with pytest.raises(ParseError, match=message):
        verify(built.path, state)


def test_what_is_kept_is_what_was_there(tmp_path: Path) -> None:
    """Every number is another one, so that none can stand for another."""
    outcome = Outcome(
        Ledger(Counter({"6.A": 11}), {"6.A": [Finding("is none", 1, 2)]}, Counter({"6.A": 3}), {"7.D"}, {"6.B"}),
        Sums({1: 21}, {1: 22}, {(1, 3): 23}, {(1, 3): [pair(1), pair(2)]}, {(1, 3), (2, 3)}, {(4, 5): 24}),
        Counter(cast=2),
        Counter({3: 31}),
        Counter({3: 32}),
        array("Q", [2**64 - 1, 7]),
        array("Q", [8, 9]),
        bytes(range(32)),
    )
    saved = Saved(bytes(range(32, 64)), 5, bytes(range(64, 96)), outcome)
    file = StateFile(tmp_path / "state", HEADER)
    assert file.load(TOY_GROUP) is None
    file.save(saved)
    assert StateFile(tmp_path / "state", HEADER).load(TOY_GROUP) == saved


def test_a_state_is_due_after_so_many_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(resume, "time", SimpleNamespace(monotonic=lambda: now[0]))
    file = StateFile(tmp_path / "state", HEADER, 10.0)
    due = []
    for now[0] in (100.0, 109.9, 110.0, 120.0):
        due.append(file.due())
    assert due == [False, False, True, True]
    file.save(Saved(bytes(32), 0, bytes(32), Outcome()))
    due.clear()
    for now[0] in (120.0, 129.9, 130.0):
        due.append(file.due())
    assert due == [False, False, True]


def test_places_where_no_state_can_be(built: BuiltRecord, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "no" / "state"):
        assert "a state is a file in a directory that is there" in command(built.path, "--resume", path, code=2).stderr


# ------------------------------------------------------------------------------------------- the command


def test_the_command_goes_on(built: BuiltRecord, tmp_path: Path) -> None:
    state = interrupted(built.path, tmp_path / "state")
    assert command(built.path, "--resume", state).stdout == command(built.path).stdout
    assert not state.exists()


def test_an_interrupt_leaves_a_state(built: BuiltRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "state"
    count = ballots.Reduction.add

    def add(self: ballots.Reduction, *outcome: object) -> None:
        if self.chunks == 2:
            os.kill(os.getpid(), signal.SIGINT)
        count(self, *outcome)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(ballots.Reduction, "add", add)
        error = command(built.path, "--resume", state, code=130).stderr
    assert "keeps how far the verification has come; the same command goes on from there." in error
    assert command(built.path, "--resume", state).stdout == command(built.path).stdout


def test_a_real_interrupt_of_several_processes(built: BuiltRecord, tmp_path: Path) -> None:
    script = "from e2evote.verifier import ballots; ballots.CHUNK_BALLOTS = 1; from e2evote.cli import main; main()"
    arguments = ["verify", built.path, "--insecure-parameters", TOY, "--jobs", "2", "--resume", tmp_path / "state"]
    process = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    with process:
        while not (tmp_path / "state").exists() and process.poll() is None:
            pass
        os.killpg(process.pid, signal.SIGINT)
        assert process.stderr is not None
        error = process.stderr.read()
        assert (process.wait(10), error.count("Traceback")) == (130, 0), error
    assert error.endswith("Error: interrupted; no file is half written\n")
    assert work.gone(children_of_group(process.pid))
    assert command(built.path, "--resume", tmp_path / "state").stdout == command(built.path).stdout


def children_of_group(group: int) -> set[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "-g", str(group)], capture_output=True, text=True, check=False).stdout
    return set(map(int, listed.split()))


def test_the_speed_is_told_on_standard_error(built: BuiltRecord) -> None:
    done = run("verify", built.path, "--jobs", 2, "--insecure-parameters", TOY)
    assert " s on 2 processes; " in done.stderr
    assert "times as fast as one after another" in done.stderr
    assert done.stdout == command(built.path).stdout
    assert command(built.path).stderr == ""


def test_options_of_the_command_that_do_not_fit(built: BuiltRecord) -> None:
    both = run("verify", built.path, "--jobs", 2, "--scheduler", "tcp://127.0.0.1:8786", code=2)
    assert "with --scheduler the cluster says how many there are" in both.stderr
    assert "expected the address of a Dask scheduler" in run("verify", built.path, "--scheduler", "x", code=2).stderr
