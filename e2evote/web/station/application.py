"""The application of a station: on this machine alone, for requests of its own pages alone."""

import logging
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from e2evote.election.stations.folder import StationFolder
from e2evote.election.stations.link import Link
from e2evote.election.stations.machine import Machine
from e2evote.errors import E2EVoteError
from e2evote.messages.signing import SecretSigningKey
from e2evote.web import assets
from e2evote.web.bodies import TurnedAwayError
from e2evote.web.security import Secured
from e2evote.web.station import ballot, officials
from e2evote.web.station.kiosk import Kiosk, render
from e2evote.web.station.printing import Printer

LOG = logging.getLogger("e2evote.web")
HOSTS = ("127.0.0.1", "localhost", "[::1]")
AGAIN = 30.0
"""Seconds after which a station that is cut off tries to reach the server again."""


def station_application(
    root: Path, clock: Callable[[], datetime], offline: bool = False, printer: Sequence[str] = ()
) -> ASGIApp:
    """Return the application of a station's folder, which the caller holds.

    Args:
        root: the folder.
        clock: tells the time.
        offline: do not look for the server.
        printer: a command that prints what it reads.

    Raises:
        CheckError, ParseError, StorageError, VerificationError: a file is missing, or was changed.
    """
    folder = StationFolder(root)
    grant, link = folder.grant, None
    if grant.url and not offline:
        key = SecretSigningKey.of(folder.keys().signing)
        link = Link(grant.url, grant.station.device, grant.h_e, key, lambda: clock().timestamp())
    kiosk = Kiosk(Machine(folder, clock, link), Printer(root, printer))

    @asynccontextmanager
    async def lifespan(application: Starlette) -> AsyncIterator[None]:  # noqa: ARG001
        ending = threading.Event()
        if link is not None:
            threading.Thread(target=_send_now_and_then, args=(kiosk, ending), name="sending", daemon=True).start()
        yield
        ending.set()
        with kiosk.lock:
            await run_in_threadpool(kiosk.machine.shut)

    handlers = {E2EVoteError: _refused, TurnedAwayError: _turned_away}
    application = Starlette(
        routes=[*officials.ROUTES, *ballot.ROUTES, *assets.ROUTES], lifespan=lifespan, exception_handlers=handlers
    )
    application.state.kiosk = kiosk
    return Secured(OwnPages(application))


class OwnPages:
    """An application that answers this machine's browser only, and forms only of its own pages."""

    def __init__(self, application: ASGIApp) -> None:
        """Take the application."""
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or turn away."""
        if scope["type"] == "http" and not _is_own(Request(scope)):
            await PlainTextResponse("not from a page of this station\n", 403)(scope, receive, send)
            return
        await self.application(scope, receive, send)


def _is_own(request: Request) -> bool:
    host = request.headers.get("host", "")
    if host.rpartition(":")[0] not in HOSTS and host not in HOSTS:
        return False
    if request.method in ("GET", "HEAD"):
        return True
    site = request.headers.get("sec-fetch-site")
    if site is not None:  # pages that send no referrer send the origin "null" with forms
        return site == "same-origin"
    return request.headers.get("origin") == f"http://{host}"


def _refused(request: Request, error: Exception) -> Response:
    LOG.error("%s: %s", request.url.path, error)
    return render(request, "station/trouble.html", 409, problem=str(error))


def _turned_away(request: Request, error: Exception) -> Response:  # noqa: ARG001
    status = error.status if isinstance(error, TurnedAwayError) else 400
    return PlainTextResponse(f"{error}\n", status)


def _send_now_and_then(kiosk: Kiosk, ending: threading.Event) -> None:
    while not ending.wait(AGAIN):
        with kiosk.lock, suppress(E2EVoteError):
            if kiosk.machine.sender.problem or kiosk.machine.sender.waiting:
                kiosk.machine.send()
