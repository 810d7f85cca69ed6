"""The log alone: how many entries a second are acknowledged, each durable, and how long one waits for it.

Submitters are threads of one process; each hands in an entry and waits until it is acknowledged before it hands in the
next. An entry is what a ballot's is: about 450 bytes, appended after looking whether its code is new, at the next
position of its device. Times are by the clock on the wall. SQLite's file is in the folder for temporary files.
"""

import json
import secrets
import tempfile
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import quantiles

from e2evote.bench.figures import Figure, Meter, Stopwatch, Time, Watch
from e2evote.board.committer import Committer
from e2evote.board.log import Board, Writing
from e2evote.errors import E2EVoteError

APPEND, MEDIAN, SLOWEST, SIGN, AUDIT = (
    "acknowledge an entry",
    "wait, median",
    "wait, 99 %",
    "sign, each new entry",
    "recompute, each entry",
)


def over_submitters(entries: int, submitters: Sequence[int], url: str | None, watch: Watch) -> list[Figure]:
    """Measure with several numbers of submitters, on SQLite and on the PostgreSQL database behind the URL, if any.

    Raises:
        E2EVoteError: an entry that was acknowledged is not there, or the database is not empty.
    """
    figures: list[Figure] = []
    for database in (None, url)[: 1 if url is None else 2]:
        name = "sqlite" if database is None else "postgresql"
        with (
            tempfile.TemporaryDirectory() as folder,
            Board.create(Path(folder, "board"), "bench.example/log", database=database) as board,
        ):
            for count in submitters:
                figures += _measure(board, name, entries, count, watch)
    return figures


def _measure(board: Board, name: str, entries: int, submitters: int, watch: Watch) -> list[Figure]:
    each = max(1, min(entries // submitters, 200))
    count = each * submitters
    meter = Meter("log", "log", name, watch, submitters)
    watch(f"{name}, {submitters} at once", 0, count)
    with board.reading() as snapshot:
        before = snapshot.size
    waits: list[float] = []
    timer = Stopwatch()
    with Committer(board) as committer:
        threads = [threading.Thread(target=_submit, args=(committer, each, waits)) for _ in range(submitters)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    timer.lap()
    with board.reading() as snapshot:
        if len(waits) != count or snapshot.size != before + count:
            raise E2EVoteError(f"{count} entries were handed in, {snapshot.size - before} are there")
    meter.add(APPEND, count, timer.wall)
    percentiles = quantiles(waits, n=100)
    pm = timer.wall.pm / timer.wall.seconds
    for what, seconds in ((MEDIAN, percentiles[49]), (SLOWEST, percentiles[98])):
        meter.add(what, 1, Time(seconds, seconds * pm))
    meter.once(SIGN, count, board.checkpoint)
    meter.once(AUDIT, before + count, board.audit)
    return meter.figures


def _submit(committer: Committer, count: int, waits: list[float]) -> None:
    for _ in range(count):
        code = secrets.token_hex(32).upper()
        start = time.perf_counter()
        committer.submit(partial(_append, code), new=[f"code/{code}"]).result()
        waits.append(time.perf_counter() - start)


def _append(code: str, writing: Writing) -> int:
    if writing.length(f"code/{code}"):
        raise E2EVoteError("this code is there already")
    entry = {
        "kind": "ballot",
        "time": "2026-01-01T00:00:00Z",
        "device": 1,
        "position": writing.length("device/1") + 1,
        "confirmation_code": code,
        "sha256": code,
        "cast_commitment": code,
        "challenge_commitment": code,
    }
    return writing.append(json.dumps(entry, separators=(",", ":")).encode(), [f"code/{code}", "device/1"])
