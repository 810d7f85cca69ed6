"""A witness over HTTP (C2SP tlog-witness): ``POST /add-checkpoint`` and ``GET /<SHA-256 of the origin>/checkpoint``.

What is judged and kept is in ``e2evote.board``; here it gets a port. If the disk does not keep it, nothing is cosigned.
"""

import hashlib
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from e2evote.board.witness import MAX_REQUEST, PATH, TEXT, add_checkpoint
from e2evote.board.witness_state import FileState
from e2evote.errors import E2EVoteError
from e2evote.web.bodies import TurnedAwayError, body_of
from e2evote.web.security import Secured
from e2evote.web.witness_folder import WitnessFolder

LOG = logging.getLogger("e2evote.web")


def witness_application(root: Path) -> ASGIApp:
    """Return the application of the witness in a folder.

    Raises:
        CheckError, ParseError: the folder is no witness's, or another process has it.
    """
    folder = WitnessFolder.open(root)
    folder.logs()
    state = FileState(folder.state)

    @asynccontextmanager
    async def lifespan(application: Starlette) -> AsyncIterator[None]:  # noqa: ARG001
        with state:
            yield

    routes = [
        Route(f"/{PATH}", partial(_add, folder=folder, state=state), methods=["POST"]),
        Route("/{hash}/checkpoint", partial(_latest, folder=folder, state=state)),
    ]
    return Secured(Starlette(routes=routes, lifespan=lifespan))


async def _add(request: Request, folder: WitnessFolder, state: FileState) -> Response:
    try:
        body = await body_of(request, MAX_REQUEST)
    except TurnedAwayError as refused:
        return PlainTextResponse(f"{refused}\n", refused.status, refused.headers)
    return await run_in_threadpool(_answer, body, folder, state)


def _answer(body: bytes, folder: WitnessFolder, state: FileState) -> Response:
    try:
        answer = add_checkpoint(body, folder.logs(), folder.key, state, lambda: int(time.time()))
    except (E2EVoteError, OSError) as error:
        return _unavailable(error)
    return Response(answer.body, answer.status, {"Content-Type": answer.content_type})


def _latest(request: Request, folder: WitnessFolder, state: FileState) -> Response:
    """Serve the last checkpoint that was cosigned of a log."""
    try:
        known = {hashlib.sha256(log.name.encode()).hexdigest(): log.name for log in folder.logs()}
        origin = known.get(request.path_params["hash"])
        latest = None if origin is None else state.latest(origin)
    except (E2EVoteError, OSError) as error:
        return _unavailable(error)
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=2"}
    if latest is None:
        return Response("no checkpoint of this log has been cosigned here\n", 404, headers, TEXT)
    return Response(latest.note, 200, headers, TEXT)


def _unavailable(error: Exception) -> Response:
    LOG.error("nothing was cosigned: %s", error)
    return PlainTextResponse("the witness cannot read or keep what it has to\n", 503, {"Retry-After": "10"})
