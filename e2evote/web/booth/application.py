"""The application of an election: the board, the public pages, and the booth."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from threading import Event, Thread

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from e2evote.board.log import Board
from e2evote.election.reports import FOLDER as REPORTS
from e2evote.errors import E2EVoteError
from e2evote.web import pages
from e2evote.web.application import application_of
from e2evote.web.booth import api, outbox
from e2evote.web.booth.booth import Booth, Plan, prepare, utc_now
from e2evote.web.booth.files import file_routes
from e2evote.web.checker.reporting import report_routes
from e2evote.web.election import pages as election_pages
from e2evote.web.languages import choose
from e2evote.web.rendering import Paths
from e2evote.web.site import Settings, Site
from e2evote.web.stations import api as stations

LOG = logging.getLogger("e2evote.web")

TIDY = 600.0
"""Seconds between two times that what is over is forgotten."""


def election_application(settings: Settings, plan: Plan, clock: Callable[[], datetime] = utc_now) -> ASGIApp:
    """Return the application of an election's directory.

    Args:
        settings: how its board is served.
        plan: how its booth is served.
        clock: tells the time; tests move it.

    Raises:
        CheckError, ParseError, StorageError, VerificationError: a setting does not fit, or something cannot be opened.
    """
    with Board.open(settings.folder) as board:
        prepared = prepare(plan, board, settings.allow_insecure)

    def begin(application: Starlette, site: Site, stack: ExitStack) -> None:
        booth = Booth.begin(prepared, site, stack, clock)
        application.state.booth, site.paths, site.booth = booth, paths, booth.told()
        application.state.office = booth.office()
        tidying = Event()
        stack.callback(tidying.set)
        Thread(target=_tidy, args=(booth, tidying), name="tidying", daemon=True).start()
        post = Thread(target=booth.postman.stay, args=(plan.directory, tidying), name="postman")
        stack.callback(post.join)
        stack.callback(tidying.set)
        post.start()

    paths = Paths(election="/", board="/board")
    routes: list[BaseRoute] = [
        Route(paths.election, election_pages.front),
        Route(paths.board, pages.front),
        Route("/vote", _choose_language),
        *file_routes(prepared.files),
        *api.ROUTES,
        *stations.ROUTES,
        *report_routes(settings.folder / REPORTS, prepared.door.known_address),
        *(outbox.ROUTES if plan.outbox else []),
    ]
    return application_of(settings, routes, begin)


def _choose_language(request: Request) -> Response:
    """Lead to the booth's page in the reader's language."""
    language = choose(request.query_params.get("lang"), request.headers.get("accept-language", ""))
    return RedirectResponse(f"/vote/{language.tag}", 303, {"Vary": "Accept-Language"})


def _tidy(booth: Booth, closing: Event) -> None:
    """Forget sessions, codes and counters that are over, until the server ends."""
    while not closing.wait(TIDY):
        try:
            booth.signin.forget()
        except E2EVoteError as error:
            LOG.error("what is over could not be forgotten: %s", error)
