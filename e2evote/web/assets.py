"""The files that pages load: style sheets and the font, as they are in ``static``."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

STATIC = Path(__file__).parent / "static"
KINDS = {".css": "text/css; charset=utf-8", ".txt": "text/plain; charset=utf-8", ".woff2": "font/woff2"}
FILES = ("board.css", "election.css", "station.css", "fonts.css", "fonts/vazirmatn.woff2", "fonts/OFL.txt")


def _serve(name: str) -> Callable[[Request], Response]:
    """Return what answers with one file; it is read once."""
    data, kind = (STATIC / name).read_bytes(), KINDS[Path(name).suffix]
    headers = {"Cache-Control": "public, max-age=3600", "ETag": f'"{hashlib.sha256(data).hexdigest()[:32]}"'}

    def answer(request: Request) -> Response:
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(data, headers=headers, media_type=kind)

    return answer


ROUTES = tuple(Route(f"/static/{name}", _serve(name)) for name in FILES)
