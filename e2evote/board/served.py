"""A board's database as a place: the same paths that its server has, without a server."""

from e2evote.board import tiles
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.mirror import CHECKPOINT, POLICY
from e2evote.board.notes import Note
from e2evote.board.policy import Policy
from e2evote.board.storage.snapshot import Snapshot
from e2evote.board.tiles import Bundle, Tile
from e2evote.errors import ParseError

_OBJECT = "object/"


class Served:
    """One view of a board as it would be served."""

    def __init__(self, name: str, view: Snapshot, policy: Policy) -> None:
        """Take what to call it, the view, which must stay open, and the board's policy."""
        self.name, self._view, self._policy = name, view, policy
        self._note = view.published()
        self._size = 0 if self._note is None else Checkpoint.parse(Note.parse(self._note).text).size

    def get(self, path: str, limit: int) -> bytes | None:  # noqa: ARG002  (a board's files keep the limits)
        """Return a file, None where there is none.

        Raises:
            StorageError: the database cannot be read.
        """
        if path == CHECKPOINT:
            return self._note
        if path == POLICY:
            return self._policy.encode()
        if path.startswith(_OBJECT):
            return self._view.object(bytes.fromhex(path.rpartition("/")[2]))
        try:
            place = tiles.parse_path(path)
        except ParseError:
            return None
        return self._tile(place) if isinstance(place, Tile) else self._bundle(place)

    def _tile(self, tile: Tile) -> bytes | None:
        if not tile.is_within(self._size):
            return None
        first = tile.index * tiles.WIDTH
        return b"".join(self._view.hashes(tiles.HEIGHT * tile.level, first, first + tile.width))

    def _bundle(self, bundle: Bundle) -> bytes | None:
        if not bundle.tile.is_within(self._size):
            return None
        first = bundle.index * tiles.WIDTH
        return tiles.bundle_bytes(list(self._view.entries(first, first + bundle.width)))
