"""That a tree has only grown: what has to hold before a checkpoint is signed."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TypeAlias

from e2evote.board import merkle
from e2evote.board.merkle import Frontier, Subtree
from e2evote.board.storage.snapshot import Snapshot
from e2evote.errors import StorageError, VerificationError

_AT_ONCE = 1024
"""Entries whose subtrees are compared together."""

Progress: TypeAlias = Callable[[int, int], None]
"""Told how much of how much is done."""


def ignore(_done: int, _total: int) -> None:
    """Tell nobody."""


def verified_root(log: Snapshot, old_size: int, old_root: bytes, progress: Progress = ignore) -> bytes:
    """Return the root of the whole log, after hashing all entries since ``old_size`` again.

    The stored hashes up to there have to give ``old_root``, every hash stored since has to be that of the entries, and
    the consistency proof from stored hashes has to lead from the old root to the new one.

    Raises:
        StorageError: this is not the tree of ``old_root``, grown; the text says what does not fit.
    """
    if log.size < old_size:
        raise StorageError(f"the log has {log.size} entries, but a checkpoint of {old_size} was signed")
    frontier = Frontier(old_size, log.hash)
    if frontier.root() != old_root:
        raise StorageError(f"the tree of {old_size} entries does not have the root that was signed")
    for start in range(old_size, log.size, _AT_ONCE):
        new: list[Subtree] = []
        for entry in log.entries(start, min(start + _AT_ONCE, log.size)):
            new += frontier.append(merkle.leaf_hash(entry))
        _compare(log, new)
        progress(frontier.size, log.size)
    root = frontier.root()
    try:
        proof = merkle.consistency_proof(old_size, log.size, log.hash)
        merkle.verify_consistency(old_size, old_root, log.size, root, proof)
    except VerificationError as error:
        raise StorageError(f"{error}; the stored hashes are damaged") from None
    return root


def _compare(log: Snapshot, subtrees: Iterable[Subtree]) -> None:
    levels: defaultdict[int, list[Subtree]] = defaultdict(list)
    for subtree in subtrees:
        levels[subtree.level].append(subtree)
    for level, new in levels.items():
        stored = log.hashes(level, new[0].index, new[-1].index + 1)
        for subtree, value in zip(new, stored, strict=True):
            if subtree.hash != value:
                raise StorageError(f"hash {subtree.index} of level {level} is not that of the entries; it is damaged")
