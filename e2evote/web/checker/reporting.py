"""Taking in reports of checks that failed: ``POST /report``, from a checker on whatever origin.

Answered with the number and the time when the report is on the disk. Anybody may send one, so that few are taken in
from one address, and not too many in all.
"""

import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from e2evote.election.reports import REPORT_LIMIT, Reports, parse_report
from e2evote.errors import CheckError, E2EVoteError, ParseError
from e2evote.web.bodies import TurnedAwayError, body_of

WINDOW = 3600
"""Seconds over which reports are counted, in each process that serves."""
EACH, TOGETHER = 20, 500
"""Reports from one address, and from all, in that time."""
ADDRESSES = 10_000
"""Addresses that are remembered."""

_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "600",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def address_of(request: Request) -> str:
    """Return where a request comes from; nothing where that is this machine, and so a proxy for everybody."""
    host = request.client.host if request.client else ""
    return "" if host.startswith("127.") or host == "::1" else host


def report_routes(folder: Path, address: Callable[[Request], str] = address_of) -> list[Route]:
    """Return the route that takes in reports and keeps them in a folder.

    Args:
        folder: of the reports; it need not be there.
        address: tells addresses apart; those of whom it knows nothing are limited together only.
    """
    reports, rates = Reports(folder), Rates(time.monotonic)

    async def take(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=HTTPStatus.NO_CONTENT, headers=_HEADERS)
        return await _taken(request, reports, rates, address(request))

    return [Route("/report", take, methods=["POST", "OPTIONS"])]


async def _taken(request: Request, reports: Reports, rates: "Rates", address: str) -> Response:
    try:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise TurnedAwayError(415, "expected Content-Type: application/json")
        rates.require(address)  # before anything is read
        report = parse_report(await body_of(request, REPORT_LIMIT))
        rates.require(address)  # and again: others of this address may have come since
        rates.count(address)
        kept = await run_in_threadpool(reports.add, report, datetime.now(UTC))
    except TurnedAwayError as refused:
        return _answer(refused.status, {"error": str(refused)}, refused.headers)
    except ParseError as error:
        return _answer(HTTPStatus.BAD_REQUEST, {"error": str(error)})
    except CheckError as error:
        return _answer(HTTPStatus.INSUFFICIENT_STORAGE, {"error": str(error)})
    except E2EVoteError:
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, {"error": "it cannot be kept now"}, {"Retry-After": "30"})
    return _answer(HTTPStatus.CREATED, {"number": kept.number, "time": kept.time})


def _answer(status: int, body: dict[str, object], headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(body, status, {**_HEADERS, "Cache-Control": "no-store", **(headers or {})})


class Rates:
    """How many reports came lately, by address and in all."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Take what tells seconds."""
        self._clock = clock
        self._all: deque[float] = deque()
        self._by: dict[str, deque[float]] = {}

    def require(self, address: str) -> None:
        """Accept one more report from an address.

        Raises:
            TurnedAwayError: there were too many.
        """
        now = self._clock()
        own = self._by.get(address, deque()) if address else deque()
        for times, most in ((own, EACH), (self._all, TOGETHER)):
            while times and times[0] <= now - WINDOW:
                times.popleft()
            if len(times) >= most:
                wait = str(int(times[0] + WINDOW - now) + 1)
                raise TurnedAwayError(429, "too many reports; come again later", **{"Retry-After": wait})

    def count(self, address: str) -> None:
        """Note that a report has come; of too many addresses those of longest ago are forgotten."""
        now = self._clock()
        self._all.append(now)
        if not address:
            return
        times = self._by.pop(address, deque())
        times.append(now)
        self._by[address] = times
        if len(self._by) > ADDRESSES:
            del self._by[next(iter(self._by))]
