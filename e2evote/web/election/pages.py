"""What answers for the public pages of an election, and for programs that follow it."""

from datetime import UTC, date, datetime

import segno
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from e2evote.record import layout
from e2evote.record.manifest import Contest
from e2evote.record.sums import ContestSums
from e2evote.web.codes import rows
from e2evote.web.election.booth import Booth
from e2evote.web.election.chart import Bar, chart
from e2evote.web.election.known import RESULTS, Phase, Seen
from e2evote.web.election.publication import publication
from e2evote.web.languages import Language
from e2evote.web.names import named
from e2evote.web.pages import page_of
from e2evote.web.rendering import Page
from e2evote.web.site import Site


def front(request: Request) -> Response:
    """Show what the election is about, how far it is, and how many have voted."""
    site, page, seen = _see(request)
    with site.board.reading() as view:
        turnout = site.counting.turnout(view)
    booth, now = site.booth, datetime.now(UTC)
    manifest = seen.known.manifest
    return page.render(
        "election/front.html",
        seen=seen,
        date=None if manifest is None or manifest.date is None else date.fromisoformat(manifest.date),
        turnout=turnout,
        booth=booth,
        time_of=None if booth is None else _time_of(booth, now, seen.phase),
        now=now,
        support=None if booth is None else named(booth.support.text, "", page.language.tag),
        limit_words=limit_words,
    )


def guardians(request: Request) -> Response:
    """Show who holds the key in parts, and what to compare."""
    _, page, seen = _see(request)
    files, keys = seen.known.files, seen.known.keys
    made = () if keys is None else keys.guardians
    return page.render(
        "election/guardians.html",
        seen=seen,
        keys=keys,
        rows=rows,
        own=[(each, files[layout.guardian_path(each.i)]) for each in made],
        joint=files.get(layout.JOINT_KEYS),
        picture=None if keys is None else segno.make(keys.h_e, error="m", micro=False).svg_data_uri(scale=4, border=2),
    )


def results(request: Request) -> Response:
    """Show the results with their proofs, or what is still missing."""
    site, page, seen = _see(request)
    public, about = publication(site, seen.known), page.gettext("The table has the same figures.")
    found = None if public.waiting else seen.known.results
    contests = {each.index: each for each in public.outcome.contests} if public.outcome else {}
    pictures = {each.result.index: _picture(each, page.language, about) for each in (found.contests if found else ())}
    return page.render(
        "election/results.html",
        seen=seen,
        manifest=seen.known.manifest,
        found=found,
        public=public,
        outcomes=contests,
        moment=lambda text: page.language.time(datetime.fromisoformat(text), page.zone),
        pictures=pictures,
        files=seen.known.files_of(RESULTS),
        url=site.settings.url,
    )


def record(request: Request) -> Response:
    """Show how anybody gets the whole record and verifies it."""
    site, page, seen = _see(request)
    files = sorted(seen.known.files.values(), key=lambda file: file.index)
    return page.render("election/record.html", seen=seen, files=files, url=site.settings.url)


def honesty(request: Request) -> Response:
    """Say what a dishonest server could still do, and how that is caught."""
    site, page, seen = _see(request)
    return page.render("election/honesty.html", seen=seen, booth=site.booth)


ROUTES = (
    Route("/guardians", guardians),
    Route("/results", results),
    Route("/record", record),
    Route("/honesty", honesty),
)
"""All but the front page, whose address is ``Site.paths.election``."""


def limit_words(contest: Contest) -> tuple[str, int, int]:
    """Return how many votes a contest takes: what kind of limit it has, its limit, and the most for one option."""
    most = max(contest.option_limits)
    if most > 1:
        return "votes", contest.limit, most
    if contest.limit == 1:
        return "one", 1, 1
    return ("any" if contest.limit == len(contest.options) else "some"), contest.limit, 1


def _see(request: Request) -> tuple[Site, Page, Seen]:
    site: Site = request.app.state.site
    with site.board.reading() as view:
        site.learn(view)
        return site, page_of(request), site.knowing.see(view)


def _time_of(booth: Booth, now: datetime, phase: Phase) -> str:
    """Return whether voting comes, runs, or is over: by the clock, and by what has been closed before its time."""
    if now < booth.opens:
        return "before"
    return "voting" if now < booth.closes and phase in ("ready", "voting") else "after"


def _picture(sums: ContestSums, language: Language, about: str) -> str:
    names = {option.index: named(option.name, option.label, language.tag) for option in sums.result.options}
    bars = [Bar(names[option.index], option.votes, language.number(option.votes)) for _, option in sums.placed]
    title = named(sums.result.name, sums.result.label, language.tag)
    return chart(f"chart-{sums.result.index}", title, about, bars, language.direction)
