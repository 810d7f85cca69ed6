"""The checker's file: page, words, script and style in one, with an election's keys and its board's policy inside.

The same bytes for the same election and release. Script and style are the same in all elections; the page's own policy
allows them by their hashes, and nothing else.
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markupsafe import Markup

from e2evote import __version__
from e2evote.encoding import canonical_json
from e2evote.web.checker.bundle import bundle
from e2evote.web.checker.texts import texts
from e2evote.web.languages import languages
from e2evote.web.rendering import environment

_STATIC = Path(__file__).parents[1] / "static" / "checker"


@dataclass(frozen=True, slots=True)
class CheckerPage:
    """The file, and the Content-Security-Policy that it is served with."""

    html: bytes
    policy: str


def checker_page(election_json: bytes) -> CheckerPage:
    """Return the checker of an election, from its ``election.json``, canonical JSON."""
    script, style = _script(), _style()
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        "connect-src 'self' https: http:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; "
        "trusted-types 'none'"
    )
    words = {
        tag: {
            "tag": tag,
            "name": language.name,
            "direction": language.direction,
            "texts": texts(language.translations.gettext),
        }
        for tag, language in languages().items()
    }
    version = f"e2evote {__version__}, {hashlib.sha256(script.encode()).hexdigest()[:16].upper()}"
    html = (
        environment("en")
        .get_template("checker/checker.html")
        .render(
            policy=policy,
            style=Markup(style),  # noqa: S704  (our own file; the policy has its hash)
            script=Markup(script),  # noqa: S704
            languages=words,
            election=_inside_script(election_json),
            page=_inside_script(canonical_json({"version": version, "languages": words})),
        )
    )
    return CheckerPage(html.encode(), f"{policy}; frame-ancestors 'none'")


def _inside_script(data: bytes) -> Markup:
    """Return JSON that does not end the element that it stands in."""
    return Markup(data.decode().replace("<", "\\u003c"))  # noqa: S704


@cache
def _script() -> str:
    return "\n" + bundle(_STATIC / "main.js")


@cache
def _style() -> str:
    return "\n" + (_STATIC / "checker.css").read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
