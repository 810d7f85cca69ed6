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

from e2evote.board import tiles
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.merkle import inclusion_proof
from e2evote.board.notes import Note
from e2evote.board.proof import Proof
from e2evote.board.storage.snapshot import Snapshot
from e2evote.board.tiles import Bundle, Tile
from e2evote.errors import ParseError, StorageError
from e2evote.web.site import Site

TEXT, BYTES = "text/plain; charset=utf-8", "application/octet-stream"
FOR_EVER, FOR_SECONDS = "public, max-age=31536000, immutable", "public, max-age=2"
OPEN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}

_OBJECT = re.compile(r"([0-9a-f]{2})/(\1[0-9a-f]{62})", re.ASCII)
_INDEX = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


def checkpoint(request: Request) -> Response:
    """Serve the newest published checkpoint."""
    site: Site = request.app.state.site
    with site.board.reading() as view:
        note = view.published()
    return _absent() if note is None else _served(request, note, TEXT, FOR_SECONDS)


def tile(request: Request) -> Response:
    """Serve a tile of hashes, or a bundle of entries."""
    site: Site = request.app.state.site
    try:
        place = tiles.parse_path(f"tile/{request.path_params['path']}")
    except ParseError:
        return _absent()
    with site.board.reading() as view:
        if not _tile_of(place).is_within(_published_size(view)):
            return _absent()
        if isinstance(place, Tile):
            first = place.index * tiles.WIDTH
            data = b"".join(view.hashes(tiles.HEIGHT * place.level, first, first + place.width))
            return _served(request, data, BYTES, FOR_EVER)
        first = place.index * tiles.WIDTH
        data = tiles.bundle_bytes(list(view.entries(first, first + place.width)))
    return _served(request, data, BYTES, FOR_EVER, compressed=True)


def stored_object(request: Request) -> Response:
    """Serve a ballot or a file by its SHA-256."""
    site: Site = request.app.state.site
    match = _OBJECT.fullmatch(request.path_params["path"])
    if match is None:
        return _absent()
    with site.board.reading() as view:
        data = view.object(bytes.fromhex(match[2]))
    return _absent() if data is None else _served(request, data, BYTES, FOR_EVER, compressed=True)


def policy(request: Request) -> Response:
    """Serve the keys of board and witnesses."""
    site: Site = request.app.state.site
    return _served(request, site.board.policy.encode(), TEXT, FOR_SECONDS)


def proof(request: Request) -> Response:
    """Serve the proof that an entry is in the newest published checkpoint (C2SP tlog-proof); the entry is its extra data."""
    site: Site = request.app.state.site
    text = request.path_params["index"]
    if not _INDEX.fullmatch(text):
        return _absent()
    index = int(text)
    with site.board.reading() as view:
        note, size = view.published(), _published_size(view)
        if note is None or index >= size:
            return _absent()
        path = tuple(inclusion_proof(index, size, view.hash))
        data = Proof(index, path, Note.parse(note), view.entry(index)).encode()
    answer = _served(request, data, TEXT, FOR_SECONDS)
    answer.headers["Content-Disposition"] = f'attachment; filename="{index}.tlog-proof"'
    return answer


ROUTES = (
    Route("/checkpoint", checkpoint),
    Route("/tile/{path:path}", tile),
    Route("/object/{path:path}", stored_object),
    Route("/policy", policy),
    Route("/proof/{index}.tlog-proof", proof),
)


def unavailable(error: StorageError) -> Response:
    """Say that the board cannot be read now."""
    headers = {**OPEN, "Cache-Control": "no-store", "Retry-After": "10"}
    return Response(f"the board cannot be read at the moment: {error}\n", 503, headers, TEXT)


def _tile_of(place: Tile | Bundle) -> Tile:
    return place.tile if isinstance(place, Bundle) else place


def _published_size(view: Snapshot) -> int:
    note = view.published()
    return 0 if note is None else Checkpoint.parse(Note.parse(note).text).size


def _absent() -> Response:
    return Response("there is no such resource\n", 404, {**OPEN, "Cache-Control": FOR_SECONDS}, TEXT)


def _served(request: Request, data: bytes, kind: str, caching: str, compressed: bool = False) -> Response:
    """Return a resource, compressed where that helps and the reader can read it, or say that the reader has it."""
    headers = {**OPEN, "Cache-Control": caching}
    tag = hashlib.sha256(data).hexdigest()[:32]
    if compressed:
        headers["Vary"] = "Accept-Encoding"
        if _reads_gzip(request.headers.get("accept-encoding", "")):
            headers["Content-Encoding"], tag = "gzip", f"{tag}-gzip"
            data = gzip.compress(data, compresslevel=6, mtime=0)
    headers["ETag"] = f'"{tag}"'
    if _has(request.headers.get("if-none-match", ""), tag):
        headers.pop("Content-Encoding", None)
        return Response(status_code=304, headers=headers)
    return Response(data, headers=headers, media_type=kind)


def _has(condition: str, tag: str) -> bool:
    """Tell whether a reader says in If-None-Match that it has what has this tag."""
    known = (part.strip().removeprefix("W/") for part in condition.split(","))
    return any(part in ("*", f'"{tag}"') for part in known)


def _reads_gzip(header: str) -> bool:
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
