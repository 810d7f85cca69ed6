"""Pages from templates: one set of templates for all languages, without script, cookies and inline styles."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from e2evote.web.codes import grouped
from e2evote.web.languages import Language, choose, languages
from e2evote.web.names import named, plain

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Paths:
    """Where on this server the front pages of the election and of its board are."""

    election: str = "/election"
    board: str = "/"


@cache
def environment(tag: str) -> Environment:
    """Return the templates in a language."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(languages()[tag].translations, newstyle=True)  # type: ignore[attr-defined]
    return made


class Named(Protocol):
    """What has a label, and names by language or none."""

    @property
    def label(self) -> str:
        """Its label."""

    @property
    def name(self) -> Mapping[str, str] | None:
        """Its names."""


class Page:
    """One answer to a reader: the language, and how to render in it."""

    def __init__(
        self,
        request: Request,
        title: Callable[[str], str],
        origin: str,
        zone: ZoneInfo,
        paths: Paths = Paths(),
    ) -> None:
        """Take what all pages show.

        Args:
            request: what is answered.
            title: gives what the board is called in a language, by its tag.
            origin: of its log.
            zone: for times.
            paths: for links to front pages.
        """
        self.request, self.title, self.origin, self.zone, self.paths = request, title, origin, zone, paths
        asked = request.query_params.get("lang")
        self.language = choose(asked, request.headers.get("accept-language", ""))
        self.asked = asked == self.language.tag
        self.gettext = self.language.translations.gettext

    @property
    def root(self) -> str:
        """The path under which the board is served, without a slash at its end."""
        return str(self.request.scope.get("root_path", "")).rstrip("/")

    def here(self, path: str) -> str:
        """Return a link to a page, in the language that was asked for."""
        return f"{self.root}{path}" + (f"?lang={self.language.tag}" if self.asked else "")

    def in_language(self, other: Language) -> str:
        """Return a link to this page in another language."""
        query = [(key, value) for key, value in self.request.query_params.multi_items() if key != "lang"]
        return "?" + urlencode([*query, ("lang", other.tag)])

    def named(self, thing: Named) -> str:
        """Return what something is called in the reader's language, else in another, else its label."""
        return named(thing.name, thing.label, self.language.tag)

    def _places(self) -> list[tuple[str, str]]:
        """Return the pages that every page leads to."""
        return [
            (self.paths.election, self.gettext("Election")),
            ("/results", self.gettext("Results")),
            ("/guardians", self.gettext("Guardians")),
            (self.paths.board, self.gettext("Board")),
            ("/record", self.gettext("Record")),
            ("/honesty", self.gettext("What could go wrong")),
        ]

    def render(self, template: str, status: int = 200, **content: object) -> HTMLResponse:
        """Return a page of this template."""
        fixed: Mapping[str, object] = {
            "language": self.language,
            "languages": languages().values(),
            "title": self.title(self.language.tag),
            "origin": self.origin,
            "static": self.root,
            "asked": self.asked,
            "problem": None,
            "here": self.here,
            "in_language": self.in_language,
            "number": self.language.number,
            "day": self.language.day,
            "duration": self.language.duration,
            "named": self.named,
            "plain": plain,
            "paths": self.paths,
            "places": self._places(),
            "path_here": str(self.request.scope["path"]).removeprefix(self.root),
            "time": lambda moment: self.language.time(moment, self.zone),
            "iso": _iso,
            "grouped": grouped,
        }
        text = environment(self.language.tag).get_template(template).render({**fixed, **content})
        headers = {"Content-Language": self.language.tag, "Vary": "Accept-Language"}
        return HTMLResponse(text, status, headers)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
