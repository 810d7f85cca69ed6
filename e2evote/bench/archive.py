"""A record on disk that grows, and its verification in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from e2evote.bench.figures import Stopwatch, Time
from e2evote.bench.phases import GUARDIANS, QUORUM, Prepared
from e2evote.bench.workload import Workload
from e2evote.errors import E2EVoteError
from e2evote.group.elements import Group
from e2evote.record import layout
from e2evote.record.ballot import BallotStatus
from e2evote.record.codes import close_device
from e2evote.record.setup import ExtendedHashes, Parameters
from e2evote.record.writer import RecordWriter

SHARD = 100
"""Ballots encrypted and written at once."""

Progress = Callable[[int, int], None]


class GrowingRecord:
    """A record of one device, finished up to its ballots at every size."""

    def __init__(self, root: Path, workload: Workload, group: Group, most: int | None = None) -> None:
        """Hold the ceremony and write everything before the first ballot.

        Args:
            root: the directory to make.
            workload: the election; its ballots are repeated.
            group: the group, on a backend.
            most: ballots there will be in the end; by default, those of the workload.
        """
        self.root, self.workload = root, workload
        self.prepared = Prepared.of(workload, group, most)
        self._codes: list[bytes] = []
        self._writer = RecordWriter(root)
        election, record = self.prepared.election, self.prepared.record
        self._writer.write_bytes(layout.MANIFEST, workload.manifest_bytes)
        self._writer.write(layout.PARAMETERS, Parameters.of(group, GUARDIANS, QUORUM))
        self._writer.write(layout.HASHES, election.hashes)
        for guardian in record.guardians:
            self._writer.write(layout.guardian_path(guardian.i), guardian)
        self._writer.write(layout.JOINT_KEYS, record.keys)
        self._writer.write(layout.EXTENDED_HASHES, ExtendedHashes(h_e=election.h_e))
        self._writer.write(layout.opening_path(1), self.prepared.opening)

    def grow(self, count: int, progress: Progress) -> Time:
        """Bring the record to a number of ballots, shard by shard, and return how long those added took."""
        election, opening = self.prepared.election, self.prepared.opening
        timer = Stopwatch()
        while (done := len(self._codes)) < count:
            progress(done, count)
            choices = self.workload.ballots
            plaintexts = [choices[i % len(choices)] for i in range(done, min(done + SHARD, count))]
            ballots = self.prepared.encrypt(plaintexts, done, self._codes[-1] if self._codes else None)
            shard = len(self._writer.record.ballot_shards(1)) + 1
            self._writer.write_lines(layout.ballots_path(1, shard), ballots)
            self._codes += (ballot.confirmation_code for ballot in ballots)
            timer.lap()
        statuses = (BallotStatus(confirmation_code=code, status="cast") for code in self._codes)
        self._writer.write_lines(layout.statuses_path(1), statuses, replace=True)
        closing = close_device(election.h_e, opening, len(self._codes), self._codes[-1])
        self._writer.write(layout.closing_path(1), closing, replace=True)
        return timer.processor


def verify_apart(root: Path, backend: str, progress: Progress) -> tuple[Time, int]:
    """Verify a record up to its ballots in a process of its own; return what it took, and its peak of memory.

    Raises:
        E2EVoteError: it is not valid.
    """
    command = [sys.executable, "-m", "e2evote.bench.child", str(root), backend]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        for line in process.stdout or ():
            said = json.loads(line)
            if "done" not in said:
                return Time(said["seconds"], said["pm"]), said["peak"]
            progress(said["done"], said["total"])
    raise E2EVoteError(f"the benchmark's own record could not be verified; exit code {process.returncode}")
