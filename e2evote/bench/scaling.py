"""How cost grows: with ballots, and with options a contest."""

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from e2evote.bench.archive import GrowingRecord, verify_apart
from e2evote.bench.figures import Figure, Meter, Watch
from e2evote.bench.phases import ENCRYPT, VERIFY, measure
from e2evote.bench.workload import grid
from e2evote.group.elements import Group

RECORD = "EG-1x2"
CONTESTS = 4


def over_ballots(name: str, group: Group, counts: Sequence[int], watch: Watch) -> list[Figure]:
    """Encrypt and verify records of EG-1x2 on disk; verification's bytes are its peak of memory, in a new process."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        record, there = GrowingRecord(Path(folder, "record"), grid(1, 2, 2), group, max(counts)), 0
        for count in counts:
            meter = Meter("ballots", RECORD, name, watch, count)
            written = record.grow(count, partial(watch, f"encrypt and write {count:,} ballots"))
            meter.add(ENCRYPT, count - there, written)
            there = count
            verified, peak = verify_apart(record.root, group.backend.name, partial(watch, f"verify {count:,} ballots"))
            meter.add(VERIFY, count, verified, peak)
            figures += meter.figures
    return figures


def over_options(name: str, group: Group, options: Sequence[int], ballots: int, watch: Watch) -> list[Figure]:
    """Measure EG-4xO for several numbers of options."""
    figures: list[Figure] = []
    for count in options:
        workload = grid(CONTESTS, count, ballots)
        meter = Meter("options", workload.name, name, partial(_of, watch, workload.name), count)
        measure(workload, group, meter)
        figures += meter.figures
    return figures


def _of(watch: Watch, case: str, what: str, done: int, total: int) -> None:
    watch(f"{case}: {what}", done, total)
