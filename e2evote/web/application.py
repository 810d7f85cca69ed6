"""The application of a board: pages, static resources, submission, and what runs beside them."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, closing
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from e2evote.board.committer import Committer
from e2evote.board.log import Board
from e2evote.election.acceptance import Acceptance, Submission
from e2evote.election.reports import FOLDER as REPORTS
from e2evote.errors import E2EVoteError
from e2evote.web import pages, public, submission
from e2evote.web.checker.reporting import report_routes
from e2evote.web.publishing import Publishing
from e2evote.web.security import Secured
from e2evote.web.site import Settings, Site
from e2evote.web.token import submission_token
from e2evote.web.verification import Verification
from e2evote.web.witness_client import WitnessClient

LOG = logging.getLogger("e2evote.web")
WAITING = 64
"""Ballots that may wait for their proofs to be verified, in each process that serves."""

_STYLE = (Path(__file__).parent / "static" / "board.css").read_bytes()


def board_application(settings: Settings) -> ASGIApp:
    """Return the application of the board in a folder.

    Raises:
        CheckError, ParseError, StorageError: the board cannot be opened.
    """
    token = submission_token(settings.folder)
    board = Board.open(settings.folder)

    @asynccontextmanager
    async def lifespan(application: Starlette) -> AsyncIterator[None]:
        with ExitStack() as stack:
            site = await run_in_threadpool(_begin, settings, board, token, stack)
            application.state.site = site
            yield
            await run_in_threadpool(stack.close)

    routes = [
        Route("/", pages.front),
        Route("/search", pages.search),
        Route("/ballot/{code}", pages.ballot),
        Route("/static/board.css", _style),
        Route("/submit/ballot", submission.submit_ballot, methods=["POST"]),
        Route("/submit/status", submission.submit_status, methods=["POST"]),
        *public.ROUTES,
        *report_routes(settings.folder / REPORTS),
    ]
    handlers = {HTTPException: pages.failure, E2EVoteError: _unavailable}
    application = Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers)
    application.router.redirect_slashes = False
    return Secured(application)


def _begin(settings: Settings, board: Board, token: str, stack: ExitStack) -> Site:
    """Start what runs beside the requests; the stack ends it, the last first."""
    stack.enter_context(closing(board))
    acceptance = Acceptance.of(board, settings.allow_insecure)
    verification = None
    if settings.processes:
        verification = Verification[Submission](partial(_verifier, settings), settings.processes, WAITING)
        stack.callback(verification.close)
    witnesses = stack.enter_context(closing(WitnessClient()))
    stack.enter_context(closing(Publishing(lambda: board.publish(witnesses.ask, witnesses.problem), settings.interval)))
    committer = stack.enter_context(Committer(board))
    return Site(settings, board, acceptance, committer, verification, token)


def _verifier(settings: Settings) -> Callable[[Submission], None]:
    """Return what verifies ballots, in a process of its own."""
    return Acceptance.of(Board.open(settings.folder), settings.allow_insecure).verify_ballot


def _style(request: Request) -> Response:  # noqa: ARG001
    return Response(_STYLE, headers={"Cache-Control": "public, max-age=3600"}, media_type="text/css")


def _unavailable(request: Request, error: Exception) -> Response:
    LOG.error("%s cannot be served: %s", request.url.path, error)
    if request.scope.get("endpoint") in {route.endpoint for route in public.ROUTES}:
        return public.unavailable(error)
    return pages.unavailable(request)
