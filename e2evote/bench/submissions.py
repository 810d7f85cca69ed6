"""A board's server: ballots a second that it accepts from several clients, and how long one waits for a receipt.

The server is a process of its own, as ``e2evote board serve`` starts it; clients are threads of this one, on the same
machine. A ballot is accepted when its receipt has come: it is durable then. Half of the ballots are sent without, half
with verification of their proofs before they are accepted. Times are by the clock on the wall.
"""

import http.client
import tempfile
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import quantiles

from e2evote.bench.boards import begin_election, served
from e2evote.bench.figures import Figure, Meter, Stopwatch, Time, Watch
from e2evote.bench.workload import Workload
from e2evote.board.log import Board
from e2evote.encryption import encrypt_ballots
from e2evote.errors import E2EVoteError
from e2evote.group.elements import Group
from e2evote.group.parameters import INSECURE_NAMES
from e2evote.record.codec import dump
from e2evote.web.application import board_application
from e2evote.web.site import Settings
from e2evote.web.token import submission_token

ACCEPT, MEDIAN, SLOW, SLOWEST = "accept a ballot", "wait, median", "wait, 95 %", "wait, 99 %"
CLIENTS = 8


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
    election, opening = begin_election(folder, workload, group, database)
    ballots = encrypt_ballots(election, opening, workload.ballots)
    return [b'{"ballot":' + dump(ballot) + b"}" for ballot, _ in ballots]


def _measure(meter: Meter, settings: Settings, bodies: Sequence[bytes]) -> None:
    """Send all from several clients at once; the first of each client is not counted, for the server is cold."""
    waits: list[float] = []
    shares = [bodies[start::CLIENTS] for start in range(CLIENTS)]
    with served(partial(board_application, settings)) as port:
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


def _check(folder: Path, ballots: int) -> None:
    with Board.open(folder) as board, board.reading() as view:
        if view.length("ballots") != ballots:
            raise E2EVoteError(f"{ballots} ballots were accepted, {view.length('ballots')} are on the board")
