"""What further processes are worth, by the clock on the wall: the phases of one election that can be shared out.

Where Dask is installed, a cluster on this computer, with a thread a worker, verifies as well; it is given no secrets.
"""

import logging
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from e2evote.bench.archive import GrowingRecord
from e2evote.bench.backends import verify
from e2evote.bench.figures import Figure, Meter, Stopwatch, Time, Watch
from e2evote.bench.phases import ACCUMULATE, DECRYPT, ENCRYPT, QUORUM, VERIFY, check_tallies
from e2evote.bench.workload import Workload
from e2evote.decryption.results import tallies
from e2evote.decryption.rounds import decrypt
from e2evote.decryption.statements import Statement, tally_statements
from e2evote.encryption import encrypt_lines
from e2evote.engine import Cluster, Workers, workers
from e2evote.errors import E2EVoteError
from e2evote.group.elements import Group
from e2evote.record.layout import Record
from e2evote.record.tally import EncryptedTally
from e2evote.tally import accumulate_lines

BATCH = 8
"""Tallies decrypted at once."""


class Shared:
    """An election on disk, and its phases, each on any workers."""

    def __init__(self, root: Path, workload: Workload, group: Group, watch: Watch) -> None:
        """Hold the ceremony and encrypt."""
        growing = GrowingRecord(root, workload, group)
        growing.grow(len(workload.ballots), partial(watch, "encrypt and write"))
        self.workload, self.prepared, self.watch = workload, growing.prepared, watch
        self.backend, self.record, self.encrypted = group.backend.name, Record.at(root), tuple[EncryptedTally, ...]()
        self.counts = {
            ENCRYPT: len(workload.ballots),
            VERIFY: len(workload.ballots),
            ACCUMULATE: len(workload.ballots) * sum(len(contest.options) for contest in workload.manifest.contests),
            DECRYPT: len(workload.tallies()),
        }

    def encrypt(self, hands: Workers) -> None:
        """Encrypt all ballots as lines of a record."""
        prepared = self.prepared
        lines = encrypt_lines(prepared.election, prepared.opening, self.workload.ballots, jobs=hands)
        deque(lines, maxlen=0)

    def verify(self, hands: Workers) -> None:
        """Verify the record up to its ballots."""
        if not verify(self.record, self.backend, hands, partial(self.watch, f"{VERIFY}, {hands.count} at once")).valid:
            raise E2EVoteError("the benchmark's own record does not verify")

    def accumulate(self, hands: Workers) -> None:
        """Add all ballots up."""
        *_, total = accumulate_lines(self.prepared.election, self.record.ballot_lines(1), hands)
        self.encrypted = total.tallies(self.prepared.election)

    def decrypt(self, hands: Workers) -> None:
        """Decrypt the tallies, which must be right."""
        election, guardians = self.prepared.election, self.prepared.record.guardians
        statements: Sequence[Statement] = tally_statements(election, self.encrypted)
        batches = [statements[first : first + BATCH] for first in range(0, len(statements), BATCH)]
        work = partial(decrypt, election, guardians, self.prepared.shares[:QUORUM])
        results = [result for batch in hands.map(work, batches) for result in batch]
        check_tallies(self.workload, tallies(election, self.encrypted, results))


def over_cores(
    name: str, group: Group, workload: Workload, processes: Sequence[int], repeats: int, watch: Watch
) -> list[Figure]:
    """Measure each phase with several numbers of processes in turn; figures are medians.

    Raises:
        E2EVoteError: the record does not verify, or a tally is wrong.
    """
    times: dict[tuple[str, str, int], list[Time]] = {}

    def measure(what: str, way: str, count: int, work: Callable[[], None]) -> None:
        watch(f"{what}, {count} {way}", 0, 1)
        timer = Stopwatch()
        work()
        timer.lap()
        times.setdefault((what, way, count), []).append(timer.wall)

    with tempfile.TemporaryDirectory() as folder:
        election = Shared(Path(folder, "record"), workload, group, watch)
        phases = {
            ENCRYPT: election.encrypt,
            VERIFY: election.verify,
            ACCUMULATE: election.accumulate,
            DECRYPT: election.decrypt,
        }
        for _ in range(repeats):
            for what, phase in phases.items():
                for count in processes:
                    measure(what, "processes", count, partial(phase, workers(count)))
        for count in processes if has_dask() else ():
            with local_cluster(count) as cluster:
                for _ in range(repeats):
                    measure(VERIFY, "Dask workers", count, partial(election.verify, cluster))
    figures: list[Figure] = []
    for (what, way, count), found in times.items():
        meter = Meter("cores", workload.name, name, watch, count)
        median = sorted(found, key=lambda time: time.seconds)[repeats // 2]
        meter.add(f"{what}, {way}", election.counts[what], median)
        figures += meter.figures
    return figures


def has_dask() -> bool:
    """Tell whether the extra ``distributed`` is installed."""
    return find_spec("distributed") is not None


@contextmanager
def local_cluster(count: int) -> Iterator[Workers]:
    """Start a Dask cluster of so many workers with a thread each on this computer."""
    distributed: Any = import_module("distributed")
    with distributed.LocalCluster(
        n_workers=count, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL
    ) as cluster:
        yield Cluster(cluster.scheduler_address)
