"""The page that voters vote in: its HTML in one language, and the content policy that goes with exactly this HTML.

Both follow from the files of this package, so that the hash of what is served can be published. Every script is named
with its hash: the import map covers modules, whoever imports them; the map itself is inline, and its hash is in the
policy.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from e2evote.web.languages import languages
from e2evote.web.rendering import environment

_STATIC = Path(__file__).parent.parent / "static"
_BOOTH = _STATIC / "booth"
_STYLES = (_STATIC / "fonts.css", _STATIC / "board.css", _BOOTH / "booth.css")
_SUPPORT, _ENTRY = _BOOTH / "support.js", _BOOTH / "page" / "main.js"
_LOCALES = {"en": "en-GB", "fa": "fa-IR-u-ca-persian-nu-arabext"}
"""How browsers write numbers and dates; a language that is not here writes them as they know it."""


@dataclass(frozen=True, slots=True)
class BoothPage:
    """What is served: the page, and its Content-Security-Policy."""

    html: bytes
    policy: str


@dataclass(frozen=True, slots=True)
class Resource:
    """A static file, by its address, and the hash that a browser compares (Subresource Integrity)."""

    address: str
    integrity: str


def booth_page(tag: str, names: Mapping[str, str]) -> BoothPage:
    """Return the page in a language; the same arguments give the same bytes.

    Args:
        tag: of the language.
        names: what the election is called, by language.
    """
    # a script element ends at the first "</", which no path has
    import_map = json.dumps({"integrity": {module.address: module.integrity for module in _modules()}})
    html = (
        environment(tag)
        .get_template("booth/page.html")
        .render(
            language=languages()[tag],
            languages=languages().values(),
            locale=_LOCALES.get(tag, tag),
            title=names.get(tag) or next(iter(names.values())),
            styles=[_resource(path) for path in _STYLES],
            support=_resource(_SUPPORT),
            entry=_resource(_ENTRY),
            import_map=Markup(import_map),  # noqa: S704
        )
    )
    return BoothPage(html.encode(), _policy(import_map))


def _modules() -> list[Resource]:
    return [_resource(path) for path in sorted(_BOOTH.rglob("*.js")) if path != _SUPPORT]


def _resource(path: Path) -> Resource:
    return Resource(f"/static/{path.relative_to(_STATIC).as_posix()}", _integrity(path.read_bytes()))


def _policy(import_map: str) -> str:
    return (
        f"default-src 'none'; script-src 'self' '{_integrity(import_map.encode())}'; connect-src 'self'; "
        "style-src 'self'; img-src 'self' data: blob:; font-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'"
    )


def _integrity(data: bytes) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(data).digest()).decode()
