"""Trees for tests: a plain store of hashes, and RFC 6962 §2.1 word by word as the oracle."""

from collections.abc import Sequence
from hashlib import sha256

from e2evote.board.merkle import Hashes, completed, leaf_hash


class Tree:
    """Every complete subtree in a dictionary; counts what is read."""

    def __init__(self, entries: Sequence[bytes] = ()) -> None:
        self.stored: dict[tuple[int, int], bytes] = {}
        self.entries: list[bytes] = []
        self.reads = 0
        for entry in entries:
            self.append(entry)

    def append(self, entry: bytes) -> None:
        for subtree in completed(len(self.entries), leaf_hash(entry), self.hashes):
            self.stored[subtree.level, subtree.index] = subtree.hash
        self.entries.append(entry)

    def hashes(self, level: int, index: int) -> bytes:
        self.reads += 1
        return self.stored[level, index]


def entries_of(size: int) -> list[bytes]:
    """Return so many different entries."""
    return [f"entry {number}".encode() for number in range(size)]


def mth(entries: Sequence[bytes]) -> bytes:
    """MTH(D[n]) of the RFC."""
    n = len(entries)
    if n == 0:
        return sha256(b"").digest()
    if n == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = largest_power(n)
    return sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


def path(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n]) of the RFC."""
    n = len(entries)
    if n == 1:
        return []
    k = largest_power(n)
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def subproof(m: int, entries: Sequence[bytes], b: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b) of the RFC; PROOF(m, D[n]) is SUBPROOF(m, D[n], true)."""
    n = len(entries)
    if m == n:
        return [] if b else [mth(entries)]
    k = largest_power(n)
    if m <= k:
        return [*subproof(m, entries[:k], b), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], False), mth(entries[:k])]


def largest_power(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def virtual(seed: bytes = b"") -> Hashes:
    """Return hashes of a tree that nobody could store, all alike on a level: for sizes near 2^63."""
    levels = [leaf_hash(seed)]
    while len(levels) < 64:
        levels.append(sha256(b"\x01" + levels[-1] + levels[-1]).digest())
    return lambda level, _index: levels[level]
