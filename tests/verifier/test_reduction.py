"""However the ballots are handed out, every chunk counts exactly once, and the report is the same."""

import multiprocessing
import os
import shutil
import signal
import zipfile
from array import array
from collections import Counter
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from e2evote.engine import Here, Processes
from e2evote.errors import E2EVoteError, ParseError
from e2evote.record.layout import Record
from e2evote.record.places import Directory
from e2evote.verifier import ballots
from e2evote.verifier.chunk import Outcome
from e2evote.verifier.cutting import Ended, Opened
from e2evote.verifier.reduction import Cut, Extent, Reduction
from e2evote.verifier.report import Report
from e2evote.verifier.run import verify_record
from tests.builders import TOY, BuiltRecord, build_record
from tests.mutations import BY_NAME, MUTATIONS
from tests.verifier.conftest import Mutants


@dataclass
class Unfaithful(Here):
    """Does the work here, and does something else besides: with chunks before, or with results after."""

    apart: bool = False
    before: Callable[[list[Any]], object] = len
    after: Callable[[list[Any]], object] = len
    count: int = 1
    busy: float = 0.0

    def map(self, function: Callable[[Any], Any], chunks: Iterable[Any]) -> Generator[Any, None, None]:
        taken = list(chunks)
        self.before(taken)
        results = list(map(function, taken))
        self.after(results)
        yield from results


def verify(path: Path, workers: Here | Processes) -> Report:
    return verify_record(Record.at(path), "opened", workers, (TOY,))


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ballots, "CHUNK_BALLOTS", 2)


SPREAD = sorted(mutation.name for mutation in MUTATIONS)[::12]


@pytest.mark.parametrize("name", [*SPREAD, "status-extra", "repeated-ballot", "opened-out-of-order"])
def test_references_give_the_same_report(name: str, mutants: Mutants) -> None:
    path = mutants.path(BY_NAME[name])
    assert verify(path, Unfaithful(apart=True)) == verify(path, Here())


@pytest.mark.parametrize("name", ["status-extra", "ballot-moved-in-its-chain"])
def test_processes_and_archives_give_the_same_report(name: str, mutants: Mutants, tmp_path: Path) -> None:
    path = mutants.path(BY_NAME[name])
    whole = verify(path, Here())
    assert verify(path, Processes(2)) == whole
    with zipfile.ZipFile(tmp_path / "record.zip", "w") as archive:
        for file in sorted(path.rglob("*")):
            archive.write(file, file.relative_to(path))
    assert verify(tmp_path / "record.zip", Processes(2)) == whole


def test_the_death_of_a_process_changes_nothing(built: BuiltRecord) -> None:
    seen: list[int] = []

    def progress(done: int, total: int) -> None:
        if not seen:
            victim = multiprocessing.active_children()[0].pid
            assert victim is not None
            os.kill(victim, signal.SIGKILL)
        seen.append(done)

    record = Record.at(built.path)
    report = verify_record(record, "opened", Processes(2), (TOY,), progress)
    assert report == verify_record(record, allow_insecure=(TOY,))
    assert seen == [2, 4, 6, 8, 10, 12]


FAULTS: dict[str, Callable[[list[Any]], object]] = {
    "twice": lambda results: results.insert(3, results[2]),
    "again at the end": lambda results: results.append(results[0]),
    "missing": lambda results: results.pop(2),
    "the last missing": lambda results: results.pop(),
    "out of order": lambda results: results.reverse(),
    "of another chunk": lambda results: results.__setitem__(1, (results[1][0], results[2][1])),
    "of fewer ballots": lambda results: results[1][1].id_digests.pop(),
    "of more ballots": lambda results: results[1][1].statuses.update(cast=1),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_chunk_that_does_not_count_exactly_once_is_an_error(fault: str, tmp_path: Path) -> None:
    built = build_record(tmp_path / "record", ballots=11)  # chunks of two and of one
    with pytest.raises(E2EVoteError, match="the verification went wrong: "):
        verify(built.path, Unfaithful(after=FAULTS[fault]))


def outcome(ballots: int) -> Outcome:
    digests = array("Q", range(ballots))
    return Outcome(statuses=Counter(cast=ballots), id_digests=digests, code_digests=digests)


NEXT = Extent(2, 1, 3, 2)
WRONG: dict[str, tuple[Extent, Extent, Outcome]] = {
    "of fewer ballots than were cut": (NEXT, Extent(2, 1, 3, 1), outcome(1)),
    "with fewer ballots than it says": (NEXT, NEXT, outcome(1)),
    "with more ballots than it says": (NEXT, NEXT, outcome(3)),
    "of another device": (NEXT, Extent(2, 2, 3, 2), outcome(2)),
    "cut again": (Extent(1, 1, 1, 2), Extent(1, 1, 1, 2), outcome(2)),
    "one too far": (Extent(3, 1, 3, 2), Extent(3, 1, 3, 2), outcome(2)),
    "with a gap before it": (Extent(2, 1, 4, 2), Extent(2, 1, 4, 2), outcome(2)),
    "with a ballot again": (Extent(2, 1, 2, 2), Extent(2, 1, 2, 2), outcome(2)),
}


def one_chunk() -> Reduction:
    """Return what there is after a first chunk of two ballots."""
    reduction = Reduction(lambda total, device: None, lambda total, device, ballots: None, b"")
    reduction.note(Opened(1))
    reduction.note(Cut(Extent(1, 1, 1, 2), b"digest"))
    reduction.add(Extent(1, 1, 1, 2), outcome(2))
    assert (reduction.chunks, reduction.position, reduction.digest) == (1, 2, b"digest")
    return reduction


@pytest.mark.parametrize("name", WRONG)
def test_a_chunk_that_is_not_the_next(name: str) -> None:
    cut, extent, found = WRONG[name]
    reduction = one_chunk()
    reduction.note(Cut(cut, b""))
    with pytest.raises(E2EVoteError, match="the verification went wrong: "):
        reduction.add(extent, found)


@pytest.mark.parametrize("ballots", [1, 3])
def test_a_device_of_another_number_of_ballots(ballots: int) -> None:
    reduction = one_chunk()
    reduction.note(Ended(1, ballots))
    with pytest.raises(E2EVoteError, match=f"of the {ballots} ballots of device 1 2 were verified"):
        reduction.finish()


# ------------------------------------------------------------------------------------ files that change meanwhile


@pytest.fixture
def copy(built: BuiltRecord, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built.path, tmp_path / "record"))


def replace(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))


@pytest.mark.parametrize("change", [b" ", b"!", b"#", b"$"])
@pytest.mark.parametrize("name", ["ballots-000001.ndjson", "statuses.ndjson"])
def test_a_file_that_changes_between_cutting_and_reading(name: str, change: bytes, copy: Path) -> None:
    path = copy / "devices" / "0001" / name
    hands = Unfaithful(apart=True, before=lambda _: replace(path, b'"', change))
    with pytest.raises(ParseError, match=rf"^devices/0001/{name}: the file changed while .* another file"):
        verify(copy, hands)


def test_a_file_that_is_gone_when_it_is_read(copy: Path) -> None:
    path = copy / "devices" / "0002" / "statuses.ndjson"
    with pytest.raises(ParseError, match=r"devices/0002/statuses.ndjson: cannot be read by a worker"):
        verify(copy, Unfaithful(apart=True, before=lambda _: path.unlink()))


CHANGES = {
    "devices/0001/ballots-000001.ndjson": (b'"weight":1', b'"weight":2'),
    "hashes.json": (b'"h_b":"', b'"h_b":" '),
    "index.json": (b'"version":1', b'"version":2'),
}


class Shifting(Directory):
    """A directory in which a file is another one from its second reading on."""

    def __init__(self, root: Path, name: str) -> None:
        super().__init__(root)
        self.name, self.reads = name, 0

    def open(self, name: str) -> Any:
        if name == self.name:
            self.reads += 1
            if self.reads == 2:
                replace(self.root / name, *CHANGES[name])
        return super().open(name)


@pytest.mark.parametrize("name", CHANGES)
def test_a_file_that_changes_between_two_readings(name: str, copy: Path) -> None:
    with pytest.raises(ParseError, match=rf"{name}: the file changed while the record was being read"):
        verify_record(Record(Shifting(copy, name)), allow_insecure=(TOY,))


def test_a_worker_that_sees_another_folder_says_so(copy: Path, tmp_path: Path) -> None:
    class Elsewhere(Directory):
        def read_range(self, name: str, start: int, stop: int) -> bytes:
            return Directory(tmp_path / "nowhere").read_range(name, start, stop)

    with pytest.raises(ParseError, match=r"ballots-000001.ndjson: cannot be read by a worker"):
        verify_record(Record(Elsewhere(copy)), "opened", Unfaithful(apart=True), (TOY,))


@pytest.mark.parametrize("version", ["0.0.0", "9.9.9"])
def test_a_worker_of_another_version_says_so(version: str, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other(_: object) -> None:
        monkeypatch.setattr(ballots, "__version__", version)

    with pytest.raises(
        E2EVoteError, match=rf"a worker runs e2evote {version}, and this is .*: use the same everywhere"
    ):
        verify(copy, Unfaithful(before=other))
