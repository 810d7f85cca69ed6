"""A board in memory as a folder that a plain file server could serve."""

from pathlib import Path

from e2evote.board import tiles
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.notes import Note
from e2evote.board.tree import object_path
from tests.election.log_in_memory import MemoryBoard, MemoryView


def serve(board: MemoryBoard, folder: Path, note: Note | None = None, view: MemoryView | None = None) -> Path:
    """Write all that a checkpoint covers, by default one of all entries, cosigned."""
    note = note or board.checkpoint(times=[1_800_000_000])
    view = view or board.view
    size = Checkpoint.parse(note.text).size
    for tile in tiles.tiles(size):
        _write(folder / tile.path, tiles.tile_bytes(tile, view.hash))
    for bundle in tiles.bundles(size):
        first = bundle.index * tiles.WIDTH
        entries = list(view.entries(first, first + bundle.width))
        _write(folder / bundle.path, tiles.bundle_bytes(entries))
    for sha256, data in view.objects.items():
        _write(folder / object_path(sha256), data)
    _write(folder / "policy", board.policy.encode())
    _write(folder / "checkpoint", note.encode())
    return folder


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
