"""An election on a board, made to be measured, and its server as a process of its own."""

import http.client
import json
import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from e2evote.bench.archive import GrowingRecord
from e2evote.bench.workload import Workload
from e2evote.board.log import Board
from e2evote.election.acceptance import Acceptance
from e2evote.election.publishing import Publisher, open_new_device
from e2evote.encoding import canonical_json
from e2evote.engine.workers import Here
from e2evote.errors import E2EVoteError
from e2evote.group.elements import Group
from e2evote.group.parameters import INSECURE_NAMES
from e2evote.record.ballot import NO_CHAINING, DeviceOpening
from e2evote.record.layout import Directory, Record
from e2evote.record.setup import Election
from e2evote.web.serving import listen, serve

_PATIENCE = 120
"""Seconds in which the server has to begin."""


def begin_election(
    folder: Path, workload: Workload, group: Group, database: str | None = None
) -> tuple[Election, DeviceOpening]:
    """Make a board in a folder, with an election that has its keys and a device whose ballots are not chained."""
    clock = partial(datetime.now, UTC)
    with Board.create(folder, "bench.example/board", database=database) as board:
        lines = board.policy.encode().decode().splitlines()
        fields = json.loads(workload.manifest_bytes) | {"chaining_modes": [0, 1], "board": lines}
        election = replace(workload, manifest_bytes=canonical_json(fields))
        record = GrowingRecord(folder.parent / "record", election, group)
        acceptance = Acceptance.of(board, frozenset(INSECURE_NAMES))
        Publisher(board, acceptance, Record(Directory(record.root)), clock).publish(Here())
        device = open_new_device(board, acceptance, "bench", NO_CHAINING, clock)
        return record.prepared.election, acceptance.opening(device)


@contextmanager
def served(application: Callable[[], Any]) -> Iterator[int]:
    """Serve an application in a process of its own while the block runs, and give its port.

    Args:
        application: makes it; it can be carried to another process.

    Raises:
        E2EVoteError: it does not begin.
    """
    with listen("127.0.0.1", 0) as listening:
        process = multiprocessing.get_context("spawn").Process(target=serve, args=(application, listening))
        process.start()
        port = int(listening.getsockname()[1])
    try:
        _wait(port, process.is_alive)
        yield port
    finally:
        process.terminate()
        process.join()


def _wait(port: int, alive: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and alive():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
        try:
            connection.request("GET", "/policy")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    raise E2EVoteError("the benchmark's server does not begin")
