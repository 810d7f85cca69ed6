"""What all pages of a station share: the machine, who is signed in, what the voter has marked, how a page is made."""

import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import segno
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from e2evote.election.stations.chain import Chained
from e2evote.election.stations.identity import station_fields
from e2evote.election.stations.inventory import Official, Role
from e2evote.election.stations.machine import Machine
from e2evote.encoding import hex_of
from e2evote.errors import CheckError
from e2evote.record.opened import ChallengedBallot
from e2evote.web.bodies import body_of
from e2evote.web.booth.published import names_of
from e2evote.web.codes import grouped, rows
from e2evote.web.languages import Language, choose, languages
from e2evote.web.names import named, plain
from e2evote.web.rendering import environment
from e2evote.web.station.marking import Marking
from e2evote.web.station.printing import Printer

COOKIE, LANGUAGE = "station", "language"
IDLE = 30 * 60
"""Seconds without a page after which an official is signed out."""
WRONG, PAUSE = 5, 60
"""Wrong PINs of a name after which it has to wait, and for how many seconds."""
FORM_LIMIT = 2**16

Form = Mapping[str, list[str]]


@dataclass(slots=True)
class Shown:
    """What the voter's screen shows of a ballot that is not theirs to change any more."""

    ballot: Chained
    opened: ChallengedBallot | None = None
    nonce: bytes = field(default=b"", repr=False)


@dataclass(slots=True)
class Session:
    """An official at the screen."""

    official: Official
    until: float


@dataclass(slots=True)
class Kiosk:
    """One station that is served; ``lock`` is held by whatever changes something."""

    machine: Machine
    printer: Printer
    sessions: dict[str, Session] = field(default_factory=dict, repr=False)
    wrong: dict[str, tuple[int, float]] = field(default_factory=dict, repr=False)
    marking: Marking | None = field(default=None, repr=False)
    shown: Shown | None = field(default=None, repr=False)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def sign_in(self, name: str, pin: str) -> str:
        """Return the token of a session.

        Raises:
            CheckError: the name or the PIN is wrong, or there were too many wrong ones.
        """
        official, _ = self._judged(name, pin)
        token = secrets.token_urlsafe(32)
        self.sessions = {token: Session(official, time.monotonic() + IDLE)}
        return token

    def require_pins(self, signing: list[tuple[str, str]]) -> None:
        """Accept names with their PINs.

        Raises:
            CheckError: one is wrong.
        """
        for name, pin in signing:
            self._judged(name, pin)

    def official(self, request: Request) -> Official | None:
        """Return who is signed in."""
        session = self.sessions.get(request.cookies.get(COOKIE, ""))
        if session is None or session.until < time.monotonic():
            return None
        session.until = time.monotonic() + IDLE
        return session.official

    def may(self, request: Request, role: Role | None = None) -> bool:
        """Tell whether somebody is signed in, in a role."""
        official = self.official(request)
        return official is not None and role in (None, official.role)

    def begun(self) -> Marking | None:
        """Return the ballot that is being filled in, for the permit that there is; None where there is none."""
        permit = self.machine.permit
        if permit is None or (self.marking is not None and self.marking.since != permit.since):
            self.marking = None
        return self.marking

    def begin(self) -> Marking:
        """Begin to fill in the ballot that is released.

        Raises:
            CheckError: none is.
        """
        permit, grant = self.machine.permit, self.machine.grant
        if permit is None:
            raise CheckError("no ballot is released")
        manifest = self.machine.election.manifest
        self.shown = None
        self.marking = Marking(manifest, permit.ballot_style, grant.conditions, grant.kept_order, permit.since)
        return self.marking

    def _judged(self, name: str, pin: str) -> tuple[Official, Any]:
        count, until = self.wrong.get(name, (0, 0.0))
        now = time.monotonic()
        if count >= WRONG and now < until:
            raise CheckError("too many wrong PINs; wait a minute")
        try:
            found = self.machine.officials().signing(name, pin)
        except CheckError:
            self.wrong[name[:100]] = (count % WRONG + 1 if now >= until else count + 1, now + PAUSE)
            raise
        self.wrong.pop(name, None)
        return found


def kiosk_of(request: Request) -> Kiosk:
    """Return the station that a request is for."""
    found: Kiosk = request.app.state.kiosk
    return found


async def form_of(request: Request) -> Form:
    """Return the fields of a form.

    Raises:
        TurnedAwayError: it is too large.
    """
    data = await body_of(request, FORM_LIMIT)
    return parse_qs(data.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=2000)


def one(form: Form, name: str) -> str:
    """Return a field, empty where it is missing."""
    return form.get(name, [""])[0]


def language_of(request: Request) -> Language:
    """Return the language of a page: asked for, chosen before, or the browser's."""
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE)
    return choose(asked, request.headers.get("accept-language", ""))


def go(path: str) -> Response:
    """Lead to a page, after a form was taken."""
    return RedirectResponse(path, 303)


def render(request: Request, template: str, status: int = 200, **content: object) -> Response:
    """Return a page."""
    kiosk, language = kiosk_of(request), language_of(request)
    machine, zone = kiosk.machine, ZoneInfo(kiosk.machine.grant.zone)
    names = names_of(machine.election.manifest)
    fixed: dict[str, object] = {
        "language": language,
        "languages": languages().values(),
        "title": names[language.tag],  # type: ignore[index]  # the languages of pages and of names are the same
        "station": machine.grant.station,
        "machine": machine,
        "manifest": machine.election.manifest,
        "official": kiosk.official(request),
        "problem": None,
        "fields": station_fields(machine.grant.fields),
        "number": language.number,
        "named": lambda thing: named(thing.name, thing.label, language.tag),
        "plain": plain,
        "grouped": grouped,
        "rows": rows,
        "hex": hex_of,
        "time": lambda text: language.time(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC), zone),
        "qr": lambda text: segno.make(text, error="m", micro=False).svg_data_uri(scale=4, border=2),
    }
    text = environment(language.tag).get_template(template).render({**fixed, **content})
    response = HTMLResponse(text, status, {"Content-Language": language.tag})
    if request.query_params.get("lang") in languages():
        response.set_cookie(LANGUAGE, language.tag, httponly=True, samesite="strict")
    return response
