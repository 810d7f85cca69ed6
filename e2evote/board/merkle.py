"""The Merkle tree of RFC 6962 §2.1 with SHA-256: roots, proofs, and what to store when the tree grows.

Hashes are 32 bytes. A complete subtree has the coordinates (level, index): its leaves are those from index·2^level up
to, not including, (index + 1)·2^level. Whoever stores the tree hands in a function from coordinates to hashes, and
stores what ``completed`` returns for each new leaf; nothing stored ever changes. Everything reads O(log n) hashes.

Roots and proofs are made from hashes that are believed; ``verify_…`` believes only the roots that it is given.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

from e2evote.errors import CheckError, VerificationError

HASH_SIZE = 32
SIZE_LIMIT = 1 << 63
"""Trees have fewer leaves than this."""

EMPTY_ROOT = hashlib.sha256().digest()
"""The root of the tree without leaves."""

Hashes: TypeAlias = Callable[[int, int], bytes]
"""Gives the hash of the complete subtree with these coordinates: level, 0 for leaves, and index."""


@dataclass(frozen=True, slots=True)
class Subtree:
    """A complete subtree."""

    level: int
    index: int
    hash: bytes


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry: SHA-256(00 ‖ entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees: SHA-256(01 ‖ left ‖ right), 65 bytes hashed."""
    return hashlib.sha256(b"\x01" + left + right).digest()


# ------------------------------------------------------------------------------------------------ from a stored tree


def root(size: int, hashes: Hashes) -> bytes:
    """Return the root of the tree of the first ``size`` leaves.

    Raises:
        CheckError: the size is negative or not below 2^63.
    """
    _check_size(size)
    return _head(0, size, hashes) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, hashes: Hashes) -> list[bytes]:
    """Return PATH(index, D[size]) of RFC 6962 §2.1.1: from the leaf's sibling up to the root's child.

    Raises:
        CheckError: not 0 ≤ index < size < 2^63.
    """
    _check_size(size)
    if not 0 <= index < size:
        raise CheckError(f"leaf {index} is not in a tree of {size} leaves")
    return _path(index, 0, size, hashes)


def consistency_proof(old: int, new: int, hashes: Hashes) -> list[bytes]:
    """Return PROOF(old, D[new]) of RFC 6962 §2.1.2; it is empty where old is 0 or new.

    Raises:
        CheckError: not 0 ≤ old ≤ new < 2^63.
    """
    _check_size(new)
    if not 0 <= old <= new:
        raise CheckError(f"a tree of {new} leaves cannot have grown from one of {old}")
    return _subproof(old, 0, new, True, hashes) if old else []


def completed(size: int, leaf: bytes, hashes: Hashes) -> list[Subtree]:
    """Return the subtrees that a leaf completes as number ``size`` (from 0), itself first: what is to be stored.

    Raises:
        CheckError: the tree is full, or the leaf's hash is not 32 bytes.
    """
    _check_size(size + 1)
    _check_hash(leaf)
    new = [Subtree(0, size, leaf)]
    while (right := new[-1]).index & 1:  # a right child completes its parent
        left = hashes(right.level, right.index - 1)
        new.append(Subtree(right.level + 1, right.index >> 1, node_hash(left, right.hash)))
    return new


class Frontier:
    """The right edge of a growing tree: all that its root and its next leaf need, in O(log n) memory.

    For whoever reads all entries in order, or appends many at once.
    """

    def __init__(self, size: int = 0, hashes: Hashes | None = None) -> None:
        """Begin with the empty tree, or with the first ``size`` leaves of a stored one.

        Raises:
            CheckError: the size is out of range.
        """
        _check_size(size)
        self.size = 0
        self._peaks: list[bytes] = []
        if size:
            if hashes is None:
                raise CheckError(f"a tree of {size} leaves cannot be continued without its hashes")
            self.size = size
            self._peaks = [hashes(level, index) for level, index in _complete(0, size)]

    def append(self, leaf: bytes) -> list[Subtree]:
        """Add a leaf's hash and return the subtrees that it completes, as ``completed`` does.

        Raises:
            CheckError: the tree is full, or the leaf's hash is not 32 bytes.
        """
        siblings = reversed(self._peaks)
        new = completed(self.size, leaf, lambda _level, _index: next(siblings))
        del self._peaks[len(self._peaks) - (len(new) - 1) :]
        self._peaks.append(new[-1].hash)
        self.size += 1
        return new

    def root(self) -> bytes:
        """Return the root of all leaves so far."""
        return _fold(self._peaks) if self._peaks else EMPTY_ROOT


def _check_size(size: int) -> None:
    if not 0 <= size < SIZE_LIMIT:
        raise CheckError(f"a tree has from 0 to 2^63 − 1 leaves, not {size}")


def _check_hash(value: bytes) -> None:
    if len(value) != HASH_SIZE:
        raise CheckError(f"a hash has {HASH_SIZE} bytes, not {len(value)}")


def _split(n: int) -> int:
    """Return the largest power of two below n ≥ 2."""
    return 1 << ((n - 1).bit_length() - 1)


def _complete(low: int, high: int) -> list[tuple[int, int]]:
    """Return the coordinates of the largest complete subtrees that make up D[low:high], from left to right.

    ``low`` is a multiple of a power of two that is not below high − low, as it is for each subtree of RFC 6962.
    """
    found = []
    while low < high:
        level = (high - low).bit_length() - 1
        found.append((level, low >> level))
        low += 1 << level
    return found


def _fold(peaks: Sequence[bytes]) -> bytes:
    """Return the root above complete subtrees: the smallest, at the right, are joined first."""
    return reduce(lambda right, left: node_hash(left, right), reversed(peaks))


def _head(low: int, high: int, hashes: Hashes) -> bytes:
    """Return MTH(D[low:high])."""
    return _fold([hashes(level, index) for level, index in _complete(low, high)])


def _path(index: int, low: int, high: int, hashes: Hashes) -> list[bytes]:
    """Return PATH(index − low, D[low:high])."""
    if high - low == 1:
        return []
    middle = low + _split(high - low)
    if index < middle:
        return [*_path(index, low, middle, hashes), _head(middle, high, hashes)]
    return [*_path(index, middle, high, hashes), _head(low, middle, hashes)]


def _subproof(old: int, low: int, high: int, known: bool, hashes: Hashes) -> list[bytes]:
    """Return SUBPROOF(old − low, D[low:high], known)."""
    if old == high:
        return [] if known else [_head(low, high, hashes)]
    middle = low + _split(high - low)
    if old <= middle:
        return [*_subproof(old, low, middle, known, hashes), _head(middle, high, hashes)]
    return [*_subproof(old, middle, high, False, hashes), _head(low, middle, hashes)]


# -------------------------------------------------------------------------------------------------------- verifying


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Accept that the leaf with this hash is number ``index`` of the tree with this size and root.

    The algorithm is that of RFC 9162 §2.1.3.2.

    Raises:
        VerificationError: the proof does not show it, or an input is out of range.
    """
    if not 0 <= index < size < SIZE_LIMIT:
        raise VerificationError(f"inclusion proof: leaf {index} is not in a tree of {size} leaves")
    _verify_hashes("inclusion proof", leaf, root, *proof)
    node, last, value = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise VerificationError("inclusion proof: more hashes than the tree is high")
        if node & 1 or node == last:
            value = node_hash(sibling, value)
            node, last = _past_missing_siblings(node, last)
        else:
            value = node_hash(value, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise VerificationError("inclusion proof: fewer hashes than the tree is high")
    if value != root:
        raise VerificationError(f"inclusion proof: leaf {index} with this hash is not under the root")


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Accept that the new tree begins with all leaves of the old one.

    The algorithm is that of RFC 9162 §2.1.4.2. Nothing needs to be shown of the empty tree and of equal sizes: there
    the proof is empty, and the roots have to be the empty tree's, or equal.

    Raises:
        VerificationError: the proof does not show it, or an input is out of range.
    """
    if not 0 <= old_size <= new_size < SIZE_LIMIT:
        raise VerificationError(f"consistency proof: no tree of {new_size} leaves has grown from one of {old_size}")
    _verify_hashes("consistency proof", old_root, new_root, *proof)
    for size, root_of_size in ((old_size, old_root), (new_size, new_root)):
        if size == 0 and root_of_size != EMPTY_ROOT:
            raise VerificationError("consistency proof: a tree without leaves has another root")
    if old_size in (0, new_size):
        if proof:
            raise VerificationError("consistency proof: there is nothing to prove, yet it has hashes")
        if old_size == new_size and old_root != new_root:
            raise VerificationError(f"consistency proof: two different roots of {new_size} leaves")
        return
    _verify_growth(old_size, old_root, new_size, new_root, proof)


def _verify_growth(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Verify a consistency proof for 0 < old_size < new_size."""
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    if node and not proof:
        raise VerificationError("consistency proof: fewer hashes than the tree is high")
    # The proof begins with the largest subtree in which the old tree ends; if that is the old tree, it is left out.
    first, *others = proof if node else (old_root, *proof)
    old_value = new_value = first
    for sibling in others:
        if last == 0:
            raise VerificationError("consistency proof: more hashes than the tree is high")
        if node & 1 or node == last:
            old_value, new_value = node_hash(sibling, old_value), node_hash(sibling, new_value)
            node, last = _past_missing_siblings(node, last)
        else:
            new_value = node_hash(new_value, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise VerificationError("consistency proof: fewer hashes than the tree is high")
    if old_value != old_root:
        raise VerificationError("consistency proof: it does not lead to the old root")
    if new_value != new_root:
        raise VerificationError("consistency proof: it does not lead to the new root")


def _past_missing_siblings(node: int, last: int) -> tuple[int, int]:
    """Pass the levels on which the last node has no sibling and moves up unchanged."""
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last


def _verify_hashes(what: str, *values: bytes) -> None:
    if any(len(value) != HASH_SIZE for value in values):
        raise VerificationError(f"{what}: a hash does not have {HASH_SIZE} bytes")
