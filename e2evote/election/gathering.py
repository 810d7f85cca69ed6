"""Collecting what a board shows about a receipt; ``adjudication`` judges it."""

from e2evote.board.checkpoint import Checkpoint
from e2evote.board.mirror import Source
from e2evote.board.notes import Note
from e2evote.board.policy import verify_log
from e2evote.board.tree import Tree
from e2evote.election.adjudication import Evidence, Leaf
from e2evote.errors import E2EVoteError


def gather(source: Source, index: int) -> tuple[Evidence, str]:
    """Return the board's newest checkpoint with what it shows there, and why that is not more ("" where it is all).

    Shown are the entry with this index, and the last one where the log is too small to have it.

    Raises:
        StorageError: there is no checkpoint, or the board cannot be reached.
    """
    note = source.note()
    try:
        checkpoint = verify_log(Note.parse(note), source.policy)
        if checkpoint.size == 0:
            return Evidence(note), ""
        wanted = index if index < checkpoint.size else checkpoint.size - 1
        return Evidence(note, (_leaf(source.tree(checkpoint), wanted, checkpoint),)), ""
    except E2EVoteError as error:
        return Evidence(note), str(error)


def _leaf(tree: Tree, index: int, checkpoint: Checkpoint) -> Leaf:
    if not 0 <= index < checkpoint.size:
        raise E2EVoteError(f"there is no entry {index}")
    return Leaf(index, tree.entry(index), tuple(tree.inclusion(index)))
