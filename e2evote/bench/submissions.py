"""A board's server: ballots a second that it accepts from several clients, and how long one waits for a receipt.

The server is a process of its own, as ``e2evote board serve`` starts it; clients are threads of this one, on the same
machine. A ballot is accepted when its receipt has come: it is durable then. Half of the ballots are sent without, half
with verification of their proofs before they are accepted. Times are by the clock on the wall.
"""

import http.client
import json
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import quantiles

from e2evote.bench.archive import GrowingRecord
from e2evote.bench.figures import Figure, Meter, Stopwatch, Time, Watch
from e2evote.bench.phases import Prepared
from e2evote.bench.workload import Workload
from e2evote.board.log import Board
from e2evote.election.acceptance import Acceptance
from e2evote.election.publishing import Publisher, open_new_device
from e2evote.encoding import canonical_json
from e2evote.encryption import encrypt_ballots
from e2evote.engine.workers import Here
from e2evote.errors import E2EVoteError
from e2evote.group.elements import Group
from e2evote.group.parameters import INSECURE_NAMES
from e2evote.record.ballot import NO_CHAINING
from e2evote.record.codec import dump
from e2evote.record.layout import Directory, Record
from e2evote.web.application import board_application
from e2evote.web.serving import listen, serve
from e2evote.web.site import Settings
from e2evote.web.token import submission_token

ACCEPT, MEDIAN, SLOW, SLOWEST = "accept a ballot", "wait, median", "wait, 95 %", "wait, 99 %"
CLIENTS = 8
_PATIENCE = 120
"""Seconds in which the server has to begin."""


def over_proofs(workload: Workload, group: Group, processes: int, url: str | None, watch: Watch) -> list[Figure]:
    """Measure without and with verification, on SQLite and on the PostgreSQL database behind the URL, if any.

    Args:
        workload: its ballots are encrypted here first, and sent once.
        group: of the ballots.
        processes: that verify proofs.
        url: of an empty database.
        watch: told how far it is.

    Raises:
        E2EVoteError: a ballot was refused, or one that was accepted is not there.
    """
    figures: list[Figure] = []
    for database in (None, url)[: 1 if url is None else 2]:
        name = "sqlite" if database is None else "postgresql"
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary, "board")
            watch(f"{name}: ballots", 0, len(workload.ballots))
            bodies = _prepare(folder, workload, group, database)
            half = len(bodies) // 2
            for proofs, hands, part in (("unverified", 0, bodies[:half]), ("verified", processes, bodies[half:])):
                meter = Meter("submission", f"{workload.name}, {proofs}", name, watch, CLIENTS)
                settings = Settings(folder, processes=hands, allow_insecure=frozenset({*INSECURE_NAMES}))
                _measure(meter, settings, part)
                figures += meter.figures
            _check(folder, len(bodies))
    return figures


def _prepare(folder: Path, workload: Workload, group: Group, database: str | None) -> list[bytes]:
    """Make a board with an election whose device is open, and return what submits each of its ballots."""
    clock = partial(datetime.now, UTC)
    with Board.create(folder, "bench.example/board", database=database) as board:
        lines = board.policy.encode().decode().splitlines()
        fields = json.loads(workload.manifest_bytes) | {"chaining_modes": [0, 1], "board": lines}
        election = replace(workload, manifest_bytes=canonical_json(fields))
        record = GrowingRecord(folder.parent / "record", election, group)
        acceptance = Acceptance.of(board, frozenset(INSECURE_NAMES))
        Publisher(board, acceptance, Record(Directory(record.root)), clock).publish(Here())
        device = open_new_device(board, acceptance, "bench", NO_CHAINING, clock)
        opening = acceptance.opening(device)
    prepared: Prepared = record.prepared
    ballots = encrypt_ballots(prepared.election, opening, workload.ballots)
    return [b'{"ballot":' + dump(ballot) + b"}" for ballot, _ in ballots]


def _measure(meter: Meter, settings: Settings, bodies: Sequence[bytes]) -> None:
    """Send all from several clients at once; the first of each client is not counted, for the server is cold."""
    waits: list[float] = []
    shares = [bodies[start::CLIENTS] for start in range(CLIENTS)]
    with served(settings) as port:
        token = submission_token(settings.folder)
        warm = [threading.Thread(target=_submit, args=(port, token, share[:1], [])) for share in shares]
        clients = [threading.Thread(target=_submit, args=(port, token, share[1:], waits)) for share in shares]
        _run(warm)
        timer = Stopwatch()
        _run(clients)
        timer.lap()
    count = len(bodies) - sum(map(bool, shares))
    if len(waits) != count:
        raise E2EVoteError(f"{count} ballots were sent, {len(waits)} accepted")
    meter.add(ACCEPT, count, timer.wall)
    percentiles, pm = quantiles(waits, n=100), timer.wall.pm / timer.wall.seconds
    for what, percent in ((MEDIAN, 50), (SLOW, 95), (SLOWEST, 99)):
        seconds = percentiles[percent - 1]
        meter.add(what, 1, Time(seconds, seconds * pm))


def _run(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _submit(port: int, token: str, bodies: Sequence[bytes], waits: list[float]) -> None:
    """Submit ballots one after the other, each again while the server has too much to do."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for body in bodies:
        start, status = time.perf_counter(), 503
        while status == 503:
            connection.request("POST", "/submit/ballot", body, headers)
            answer = connection.getresponse()
            status, _ = answer.status, answer.read()
        if status == 200:
            waits.append(time.perf_counter() - start)
    connection.close()


@contextmanager
def served(settings: Settings) -> Iterator[int]:
    """Serve a board in a process of its own while the block runs, and give its port.

    Raises:
        E2EVoteError: it does not begin.
    """
    with listen("127.0.0.1", 0) as listening:
        process = multiprocessing.get_context("spawn").Process(
            target=serve, args=(partial(board_application, settings), listening)
        )
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


def _check(folder: Path, ballots: int) -> None:
    with Board.open(folder) as board, board.reading() as view:
        if view.length("ballots") != ballots:
            raise E2EVoteError(f"{ballots} ballots were accepted, {view.length('ballots')} are on the board")
