"""Pages from templates: one set of templates for all languages, without script, cookies and inline styles."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from e2evote.web.codes import grouped
from e2evote.web.languages import Language, choose, languages

TEMPLATES = Path(__file__).parent / "templates"


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


class Page:
    """One answer to a reader: the language, and how to render in it."""

    def __init__(self, request: Request, title: Callable[[str], str], origin: str, zone: ZoneInfo) -> None:
        """Take what all pages show.

        Args:
            request: what is answered.
            title: gives what the board is called in a language, by its tag.
            origin: of its log.
            zone: for times.
        """
        self.request, self.title, self.origin, self.zone = request, title, origin, zone
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
            "time": lambda moment: self.language.time(moment, self.zone),
            "iso": _iso,
            "grouped": grouped,
        }
        text = environment(self.language.tag).get_template(template).render({**fixed, **content})
        headers = {"Content-Language": self.language.tag, "Vary": "Accept-Language"}
        return HTMLResponse(text, status, headers)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
