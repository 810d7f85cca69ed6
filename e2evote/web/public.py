"""The log as static resources (C2SP tlog-tiles): checkpoint, tiles, entries, objects, policy; readable from any origin.

What never changes says so, and is served only as far as the newest published checkpoint reaches, so that caches and
mirrors can keep whatever they get. A mirror has the same paths as files.
"""

import gzip
import hashlib
import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from e2evote.board.merkle import inclusion_proof
from e2evote.board.mirror import CHECKPOINT, POLICY
from e2evote.board.notes import Note
from e2evote.board.proof import Proof
from e2evote.board.served import Served
from e2evote.election.streams import code_stream, entry_at
from e2evote.encoding import canonical_json
from e2evote.web.site import Site
from e2evote.web.views import checkpoint_of

TEXT, BYTES = "text/plain; charset=utf-8", "application/octet-stream"
FOR_EVER, FOR_SECONDS = "public, max-age=31536000, immutable", "public, max-age=2"
OPEN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}

_OBJECT = re.compile(r"([0-9a-f]{2})/\1[0-9a-f]{62}", re.ASCII)
_CODE = re.compile(r"[0-9A-F]{64}", re.ASCII)
_INDEX = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


def checkpoint(request: Request) -> Response:
    """Serve the newest published checkpoint."""
    return _served(request, _read(request, CHECKPOINT), TEXT, FOR_SECONDS)


def policy(request: Request) -> Response:
    """Serve the keys of board and witnesses."""
    return _served(request, _read(request, POLICY), TEXT, FOR_SECONDS)


def tile(request: Request) -> Response:
    """Serve a tile of hashes."""
    return _served(request, _read(request, f"tile/{request.path_params['path']}"), BYTES, FOR_EVER)


def entries(request: Request) -> Response:
    """Serve a bundle of entries."""
    data = _read(request, f"tile/entries/{request.path_params['path']}")
    return _served(request, data, BYTES, FOR_EVER, compressed=True)


def stored_object(request: Request) -> Response:
    """Serve a ballot or a file by its SHA-256."""
    path = request.path_params["path"]
    data = _read(request, f"object/{path}") if _OBJECT.fullmatch(path) else None
    return _served(request, data, BYTES, FOR_EVER, compressed=True)


def proof(request: Request) -> Response:
    """Serve the proof that an entry is in the published log (C2SP tlog-proof); its extra data are the entry."""
    site: Site = request.app.state.site
    text = request.path_params["index"]
    index = int(text) if _INDEX.fullmatch(text) else -1
    with site.board.reading() as view:
        note = view.published()
        size = 0 if note is None else checkpoint_of(note).size
        if note is None or not 0 <= index < size:
            return _served(request, None, TEXT, FOR_SECONDS)
        hashes = tuple(inclusion_proof(index, size, view.hash))
        data = Proof(index, hashes, Note.parse(note), view.entry(index)).encode()
    answer = _served(request, data, TEXT, FOR_SECONDS)
    answer.headers["Content-Disposition"] = f'attachment; filename="{index}.tlog-proof"'
    return answer


def lookup(request: Request) -> Response:
    """Say where the entries about a ballot stand, for programs that verify them; 404 where there is no such ballot."""
    site: Site = request.app.state.site
    code = request.path_params["code"]
    if not _CODE.fullmatch(code):
        return _served(request, None, TEXT, FOR_SECONDS)
    places: dict[str, int] = {}
    with site.board.reading() as view:
        for index in view.stream(code_stream(bytes.fromhex(code))):
            places.setdefault(entry_at(view, index).kind, index)  # a second entry of a kind counts for nothing
    found = {"code": code} | {kind: places.get(kind) for kind in ("ballot", "status", "opened")}
    answer = _served(request, canonical_json(found), "application/json", FOR_SECONDS)
    if not places:
        answer.status_code = 404
    return answer


ROUTES = (
    Route("/lookup/{code}", lookup),
    Route("/checkpoint", checkpoint),
    Route("/policy", policy),
    Route("/tile/entries/{path:path}", entries),
    Route("/tile/{path:path}", tile),
    Route("/object/{path:path}", stored_object),
    Route("/proof/{index}.tlog-proof", proof),
)


def unavailable(error: Exception) -> Response:
    """Say that the board cannot be read now."""
    headers = {**OPEN, "Cache-Control": "no-store", "Retry-After": "10"}
    return Response(f"the board cannot be read at the moment: {error}\n", 503, headers, TEXT)


def _read(request: Request, path: str) -> bytes | None:
    site: Site = request.app.state.site
    with site.board.reading() as view:
        return Served(site.board.origin, view, site.board.policy).get(path, 0)


def _served(request: Request, data: bytes | None, kind: str, caching: str, compressed: bool = False) -> Response:
    """Return a resource, compressed where the reader can read that; or that the reader has it, or that nobody does."""
    if data is None:
        return Response("there is no such resource\n", 404, {**OPEN, "Cache-Control": FOR_SECONDS}, TEXT)
    headers = {**OPEN, "Cache-Control": caching}
    tag, coding = hashlib.sha256(data).hexdigest()[:32], ""
    if compressed:
        headers["Vary"] = "Accept-Encoding"
        if _reads_gzip(request.headers.get("accept-encoding", "")):
            tag, coding = f"{tag}-gzip", "gzip"
    headers["ETag"] = f'"{tag}"'
    if _has(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    if coding:
        headers["Content-Encoding"] = coding
        data = gzip.compress(data, compresslevel=6, mtime=0)
    return Response(data, headers=headers, media_type=kind)


def _has(condition: str, tag: str) -> bool:
    """Tell whether a reader says in If-None-Match that it has what has this tag."""
    known = (part.strip().removeprefix("W/") for part in condition.split(","))
    return any(part in ("*", f'"{tag}"') for part in known)


def _reads_gzip(header: str) -> bool:
    """Tell whether Accept-Encoding names gzip, and not with a weight of 0."""
    for part in header.lower().replace(" ", "").split(","):
        name, _, weight = part.partition(";q=")
        if name == "gzip":
            return weight.strip("0.") != "" if weight else True
    return False
