"""Whole elections whose manifest names a board, for tests: what ``tests.builders`` writes, brought onto a board."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from e2evote.board.policy import Policy
from e2evote.election.acceptance import Acceptance
from e2evote.election.publishing import Publisher
from e2evote.engine import workers
from e2evote.record.layout import Record
from tests.builders import TOY, BuiltRecord, build_record, manifest_bytes
from tests.election.log_in_memory import MemoryBoard

START = datetime(2026, 12, 1, 9, tzinfo=UTC)


class Clock:
    """A board's clock that goes on by a second whenever it is looked at."""

    def __init__(self, time: datetime = START) -> None:
        self.time = time

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


def manifest_of(policy: Policy, **changes: object) -> bytes:
    """Return the default manifest with the board of this policy."""
    return manifest_bytes(board=policy.encode().decode().splitlines(), **changes)


def build(path: Path, policy: Policy, **options: object) -> BuiltRecord:
    """Hold an election of this board on paper only: its record is in a directory."""
    return build_record(path, manifest=manifest_of(policy), **options)  # type: ignore[arg-type]


def acceptance_of(board: MemoryBoard) -> Acceptance:
    """Return what takes in entries of toy elections."""
    return Acceptance.of(board, frozenset({TOY}))


def publish(board: MemoryBoard, record: Path, clock: Callable[[], datetime] | None = None) -> dict[str, int]:
    """Bring a record onto a board."""
    publisher = Publisher(board, acceptance_of(board), Record.at(record), clock or Clock())
    return dict(publisher.publish(workers(1)))


def entries_of(board: MemoryBoard) -> list[dict[str, object]]:
    """Return the entries as plain objects."""
    return [json.loads(entry) for entry in board.view.log]
