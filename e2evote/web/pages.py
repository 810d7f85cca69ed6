"""What people read: the board's front page, the page of a ballot, and the search for one by its confirmation code."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from e2evote.web.codes import LENGTH, grouped, rows, sought
from e2evote.web.rendering import Page
from e2evote.web.site import Site
from e2evote.web.views import ballot_view, checkpoint_view, codes_beginning

CHOICES = 20
"""Ballots that a search names at most."""


def page_of(request: Request) -> Page:
    """Return what all pages of the board begin with."""
    site: Site = request.app.state.site
    return Page(request, site.title, site.board.origin, site.zone, site.paths)


def front(request: Request) -> Response:
    """Show the board."""
    site, page = request.app.state.site, page_of(request)
    with site.board.reading() as view:
        site.learn(view)
        note = view.published()
    shown = None if note is None else checkpoint_view(note, site.board.policy)
    return page.render("front.html", checkpoint=shown)


def search(request: Request) -> Response:
    """Lead to the ballot whose code begins as somebody typed it."""
    site, page = request.app.state.site, page_of(request)
    text = request.query_params.get("q", "")
    beginning = sought(text)
    if beginning is None:
        problem = page.gettext("Enter at least 8 digits of the code: 0 to 9 and A to F.") if text else None
        return page.render("invalid.html", 400 if text else 200, query=text, problem=problem)
    with site.board.reading() as view:
        site.learn(view)
        found = codes_beginning(view, beginning, CHOICES + 1)
    if not found:
        return page.render("absent.html", 404, query=beginning)
    if len(found) == 1:
        return RedirectResponse(page.here(f"/ballot/{found[0]}"), 303)
    return page.render("choices.html", choices=found[:CHOICES], more=len(found) > CHOICES, query=beginning)


def ballot(request: Request) -> Response:
    """Show a ballot."""
    site, page = request.app.state.site, page_of(request)
    code = sought(request.path_params["code"])
    if code is None or len(code) < LENGTH:
        raise HTTPException(404)
    if code != request.path_params["code"]:
        return RedirectResponse(page.here(f"/ballot/{code}"), 308)
    with site.board.reading() as view:
        site.learn(view)
        shown = ballot_view(view, site.board.policy, code)
    if shown is None:
        return page.render("absent.html", 404, query=code)
    return page.render("ballot.html", ballot=shown, short=grouped(code)[:9], rows=rows(code), qr=site.qr_code(code))


def failure(request: Request, error: Exception) -> Response:
    """Say that there is no such page, or that a request was none that a browser sends."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    page = page_of(request)
    if status == 404:
        heading = page.gettext("There is no such page")
        explanation = page.gettext("The address is incomplete or mistyped. To find a ballot, use the search.")
    else:
        heading = page.gettext("This did not work")
        explanation = page.gettext("The board does not answer requests of this kind.")
    answer = page.render("failure.html", status, heading=heading, explanation=explanation)
    answer.headers.update((isinstance(error, HTTPException) and error.headers) or {})
    return answer


def unavailable(request: Request) -> Response:
    """Say that the board cannot be read now; why is in the server's log."""
    page = page_of(request)
    heading = page.gettext("The board cannot be read at the moment")
    explanation = page.gettext("Nothing that is on it is lost. Please try again in a few minutes.")
    answer = page.render("failure.html", 503, heading=heading, explanation=explanation)
    answer.headers["Retry-After"] = "10"
    return answer
