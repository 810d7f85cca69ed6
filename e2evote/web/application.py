"""The application of a board: pages, static resources, submission, and what runs beside them."""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager, closing
from functools import partial

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from e2evote.board.committer import Committer
from e2evote.board.log import Board
from e2evote.election.acceptance import Acceptance, Submission
from e2evote.election.reports import FOLDER as REPORTS
from e2evote.errors import E2EVoteError
from e2evote.web import assets, pages, public, submission
from e2evote.web.checker.reporting import report_routes
from e2evote.web.election import feeds
from e2evote.web.election import pages as election_pages
from e2evote.web.publishing import Publishing
from e2evote.web.rendering import Paths
from e2evote.web.security import Secured
from e2evote.web.site import Settings, Site
from e2evote.web.token import submission_token
from e2evote.web.verification import Verification
from e2evote.web.witness_client import WitnessClient

LOG = logging.getLogger("e2evote.web")
WAITING = 64
"""Ballots that may wait for their proofs to be verified, in each process that serves."""


Begin = Callable[[Starlette, Site, ExitStack], None]
"""Starts what an application has besides its board; the stack ends it before the board."""


def board_application(settings: Settings) -> ASGIApp:
    """Return the application of the board in a folder.

    Raises:
        CheckError, ParseError, StorageError: the board cannot be opened.
    """
    paths = Paths()
    fronts = [Route(paths.board, pages.front), Route(paths.election, election_pages.front)]
    return application_of(settings, [*fronts, *report_routes(settings.folder / REPORTS)])


def application_of(settings: Settings, routes: Sequence[BaseRoute], begin: Begin = lambda *_: None) -> ASGIApp:
    """Return the application of a board with some routes besides its own.

    Args:
        settings: how the board is served.
        routes: those that are looked at first.
        begin: called, in a thread, when the board is open.

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
            await run_in_threadpool(begin, application, site, stack)
            yield
            await run_in_threadpool(stack.close)

    every = [
        *routes,
        Route("/search", pages.search),
        Route("/ballot/{code}", pages.ballot),
        Route("/submit/ballot", submission.submit_ballot, methods=["POST"]),
        Route("/submit/status", submission.submit_status, methods=["POST"]),
        *assets.ROUTES,
        *election_pages.ROUTES,
        *feeds.ROUTES,
        *public.ROUTES,
    ]
    handlers = {HTTPException: pages.failure, E2EVoteError: _unavailable}
    application = Starlette(routes=every, lifespan=lifespan, exception_handlers=handlers)
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


def _unavailable(request: Request, error: Exception) -> Response:
    LOG.error("%s cannot be served: %s", request.url.path, error)
    if request.scope.get("endpoint") in {route.endpoint for route in (*public.ROUTES, *feeds.ROUTES)}:
        return public.unavailable(error)
    return pages.unavailable(request)
