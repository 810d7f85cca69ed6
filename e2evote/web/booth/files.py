"""Everything that a voter's browser is given before it votes: the same bytes for everybody, served from memory.

``booth_files`` is the whole list, by path; the hashes of these files are what anybody compares with what they got.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from e2evote.election.stations.inventory import SERVED, Stations
from e2evote.record.codec import dump
from e2evote.web.booth.page import booth_page
from e2evote.web.checker.page import checker_page
from e2evote.web.languages import languages

STATIC = Path(__file__).parents[1] / "static"
FOLDER = "booth"
"""The folder of static files that are the booth's."""

KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
"""What is served, and as what; other files in the folder are not."""

_NOT_SERVED = {"package.json"}


@dataclass(frozen=True, slots=True)
class BoothFile:
    """A file as it is served; ``policy`` is its own content policy, empty: that of all pages."""

    data: bytes
    kind: str
    policy: str = ""

    @property
    def tag(self) -> str:
        """Its ETag."""
        return f'"{hashlib.sha256(self.data).hexdigest()[:32]}"'


def booth_files(
    election_json: bytes, names: Mapping[str, str], stations: Stations | None = None
) -> dict[str, BoothFile]:
    """Return every file of the booth by its path on the server, such as ``/vote/en``.

    Args:
        election_json: ``/vote/election.json``.
        names: what the election is called, by language.
        stations: the list of polling stations, if there are any.
    """
    found = {"/vote/election.json": BoothFile(election_json, KINDS[".json"])}
    for tag in languages():
        page = booth_page(tag, names)
        found[f"/vote/{tag}"] = BoothFile(page.html, KINDS[".html"], page.policy)
    if stations is not None:
        found[SERVED] = BoothFile(dump(stations) + b"\n", KINDS[".json"])
    checker = checker_page(election_json)
    found["/vote/checker.html"] = BoothFile(checker.html, KINDS[".html"], checker.policy)
    for path in sorted((STATIC / FOLDER).rglob("*")):
        if path.is_file() and path.suffix in KINDS and path.name not in _NOT_SERVED:
            found[f"/static/{path.relative_to(STATIC).as_posix()}"] = BoothFile(path.read_bytes(), KINDS[path.suffix])
    return dict(sorted(found.items()))


def file_routes(files: Mapping[str, BoothFile]) -> list[Route]:
    """Return a route for every file; there is no other way to a file of the disk."""
    return [Route(path, _serving(file)) for path, file in files.items()]


def _serving(file: BoothFile) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        headers = {"Cache-Control": "no-cache", "ETag": file.tag}
        if file.policy:
            headers["Content-Security-Policy"] = file.policy
        if file.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(file.data, headers={**headers, "Content-Type": file.kind})

    return serve
