"""Memory does not grow with the number of ballots, but for the digests that uniqueness needs."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import build_record, manifest_bytes

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
from pathlib import Path
from e2evote.record.layout import Record
from e2evote.verifier.run import verify_record
record, *state = map(Path, sys.argv[1:])
report = verify_record(Record.at(record), "ballots", 1, ("toy-64-256",), None, state[0] if state else None, 0.5)
assert report.valid, report
# not getrusage: its peak is at least that of the process which started this one
print(next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")))
"""
CONTEST = {"label": "motion", "options": [{"label": "yes"}]}
SMALL = {
    "contests": [CONTEST],
    "ballot_styles": [{"label": "all", "contests": [1]}],
    "tally_cells": [{"label": "all", "ballot_styles": [1]}],
}


def peak(path: Path, *options: Path) -> int:
    """Return the most memory that a process took which verified a record, in KiB."""
    command = [sys.executable, "-c", SCRIPT, path, *options]
    return int(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.split()[1])


@pytest.fixture(scope="module")
def sizes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Records of 1,000 and of 10,000 small ballots."""
    folder = tmp_path_factory.mktemp("sizes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.builders.SHARD", 1000)
        for count in (1_000, 10_000):
            build_record(folder / str(count), manifest=manifest_bytes(**SMALL), until="ballots", ballots=count)
    return folder / "1000", folder / "10000"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell the peak of memory")
@pytest.mark.parametrize("resumable", [False, True], ids=["plain", "resumable"])
def test_ten_times_the_ballots_take_no_more_memory(resumable: bool, sizes: tuple[Path, Path], tmp_path: Path) -> None:
    few, many = (peak(path, *([tmp_path / "state"] if resumable else [])) for path in sizes)
    assert many < 1.2 * few
    assert (many - few) * 1024 < 100 * 9_000 + 2**22  # what the allocator keeps, and tables that more ballots pay for
