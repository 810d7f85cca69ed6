"""Tiles (C2SP tlog-tiles): how a log's hashes and entries are served as files that never change.

A tile holds up to 256 hashes of one level of the tree; its level counts in steps of eight, so that each hash of a tile
stands for a full tile of the level below. A bundle holds the entries whose hashes are in the tile of level 0 with the
same index. The rightmost tile and bundle may be partial.

``TileHashes`` reads hashes from tiles that anybody may have served, and believes none that does not lead to a root
which the caller trusts.

Narrower than the specification: an index is below 2^55, as it is in trees of less than 2^63 leaves.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from e2evote.board.merkle import HASH_SIZE, SIZE_LIMIT, Hashes, leaf_hash, node_hash, root
from e2evote.errors import CheckError, ParseError, VerificationError

HEIGHT = 8
"""Levels of the tree from one level of tiles to the next."""
WIDTH = 1 << HEIGHT
"""Hashes of a full tile, and entries of a full bundle."""
MAX_LEVEL = 63
MAX_ENTRY = 0xFFFF
"""Bytes of an entry: its length is written in two bytes."""

_INDEX_LIMIT = SIZE_LIMIT >> HEIGHT
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Bundle:
    """The place of an entry bundle: entries from 256·index on, ``width`` of them.

    Raises:
        CheckError: there is no such place.
    """

    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        _check_place(self.index, self.width)

    @property
    def tile(self) -> "Tile":
        """The tile with the hashes of these entries."""
        return Tile(0, self.index, self.width)

    @property
    def path(self) -> str:
        """Where it is served, such as ``tile/entries/x001/234.p/112``."""
        return f"tile/entries/{_index_path(self.index, self.width)}"


@dataclass(frozen=True, slots=True)
class Tile:
    """The place of a tile: complete subtrees (8·level, 256·index) and the ``width`` − 1 to the right of it.

    Raises:
        CheckError: there is no such place.
    """

    level: int
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if not 0 <= self.level <= MAX_LEVEL:
            raise CheckError(f"a tile's level is from 0 to {MAX_LEVEL}, not {self.level}")
        _check_place(self.index, self.width)

    @property
    def path(self) -> str:
        """Where it is served, such as ``tile/0/x001/234.p/112``."""
        return f"tile/{self.level}/{_index_path(self.index, self.width)}"

    def is_within(self, size: int) -> bool:
        """Tell whether a tree of this size has all hashes of the tile; of a larger tree it may hold the first ones."""
        return self.index * WIDTH + self.width <= size >> HEIGHT * self.level


def parse_path(path: str) -> Tile | Bundle:
    """Return the tile or bundle that is served at a path, which begins with ``tile/``.

    Raises:
        ParseError: no path of either, in its one canonical form.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        raise ParseError("path", "expected tile/LEVEL/INDEX or tile/entries/INDEX, with .p/WIDTH where it is partial")
    index, width = int(match["index"].replace("x", "").replace("/", "")), int(match["width"] or WIDTH)
    try:
        found = Bundle(index, width) if match["level"] == "entries" else Tile(int(match["level"]), index, width)
    except CheckError as error:
        raise ParseError("path", str(error)) from None
    if found.path != path:
        raise ParseError("path", f"the canonical path is {found.path}")
    return found


def tiles(size: int, since: int = 0) -> Iterator[Tile]:
    """Yield the tiles of a tree that one of size ``since`` does not have: what to publish when a log has grown.

    Raises:
        CheckError: not 0 ≤ since ≤ size < 2^63.
    """
    _check_growth(size, since)
    level = 0
    while size >> HEIGHT * level:
        for index, width in _places(size >> HEIGHT * level, since >> HEIGHT * level):
            yield Tile(level, index, width)
        level += 1


def bundles(size: int, since: int = 0) -> Iterator[Bundle]:
    """Yield the entry bundles of a log that one of size ``since`` does not have.

    Raises:
        CheckError: not 0 ≤ since ≤ size < 2^63.
    """
    _check_growth(size, since)
    for index, width in _places(size, since):
        yield Bundle(index, width)


def tile_bytes(tile: Tile, hashes: Hashes) -> bytes:
    """Return what is served as the tile, 32 bytes a hash; the tree has to have these hashes."""
    first = tile.index * WIDTH
    return b"".join(hashes(HEIGHT * tile.level, first + i) for i in range(tile.width))


def parse_tile(data: bytes, tile: Tile) -> tuple[bytes, ...]:
    """Return the hashes of a tile.

    Raises:
        ParseError: they are not as many as its place says.
    """
    if len(data) != tile.width * HASH_SIZE:
        raise ParseError(tile.path, f"expected {tile.width * HASH_SIZE} bytes, found {len(data)}")
    return tuple(data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE))


def bundle_bytes(entries: Sequence[bytes]) -> bytes:
    """Return what is served as a bundle: each entry behind its length in two bytes, big-endian.

    Raises:
        CheckError: not from 1 to 256 entries, or one has more than 65,535 bytes.
    """
    if not 1 <= len(entries) <= WIDTH:
        raise CheckError(f"a bundle has from 1 to {WIDTH} entries, not {len(entries)}")
    for entry in entries:
        check_entry(entry)
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def check_entry(entry: bytes) -> None:
    """Accept an entry that fits into a bundle.

    Raises:
        CheckError: it has more than 65,535 bytes.
    """
    if len(entry) > MAX_ENTRY:
        raise CheckError(f"an entry has at most {MAX_ENTRY} bytes, not {len(entry)}")


def parse_bundle(data: bytes, bundle: Bundle) -> tuple[bytes, ...]:
    """Return the entries of a bundle; they are not yet verified.

    Raises:
        ParseError: they are not as many as its place says, or one is cut off.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data) and len(entries) < bundle.width:
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise ParseError(bundle.path, f"entry {len(entries)} is cut off")
        entries.append(data[at + 2 : end])
        at = end
    if len(entries) < bundle.width or at < len(data):
        raise ParseError(bundle.path, f"expected {bundle.width} entries and nothing behind them")
    return tuple(entries)


def verify_bundle(bundle: Bundle, entries: Sequence[bytes], hashes: Hashes) -> None:
    """Accept the entries of a bundle if they are those of the tree; ``hashes`` are believed, as ``TileHashes`` can be.

    Raises:
        VerificationError: their number is another, or an entry is not the tree's.
    """
    if len(entries) != bundle.width:
        raise VerificationError(f"{bundle.path}: {len(entries)} entries instead of {bundle.width}")
    for number, entry in enumerate(entries, bundle.index * WIDTH):
        if leaf_hash(entry) != hashes(0, number):
            raise VerificationError(f"{bundle.path}: entry {number} is not that of the tree")


Fetch: TypeAlias = Callable[[Tile], bytes]
"""Gets a tile's bytes from wherever; for a partial tile that is gone, the first hashes of the full one do as well."""

_KEPT_TILES = 256


class TileHashes:
    """The hashes of a tree whose size and root are trusted, from tiles that need not be; a ``Hashes``.

    The partial tiles, of which each level has at most one, are fetched first: their hashes, all of them, make up the
    root. Any full tile then has to hash to what the tile above it says, up to a partial one. Verified tiles are kept,
    the latest 256.
    """

    def __init__(self, size: int, root: bytes, fetch: Fetch) -> None:
        """Trust a size and root, as of a checkpoint that has been verified; nothing is fetched yet."""
        self._size, self._root, self._fetch = size, root, fetch
        self._edge: dict[int, tuple[bytes, ...]] | None = None
        self._kept: dict[Tile, tuple[bytes, ...]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree.

        Raises:
            CheckError: the tree has no such subtree.
            ParseError: a tile that was fetched has another length.
            VerificationError: a tile that was fetched is not one of the tree with this root.
        """
        if level < 0 or not 0 <= index < self._size >> level:
            raise CheckError(f"a tree of {self._size} leaves has no complete subtree {index} of level {level}")
        inner = level % HEIGHT
        first = index << inner
        hashes = self._tile(level // HEIGHT, first >> HEIGHT)
        return _top(hashes[first % WIDTH : (first % WIDTH) + (1 << inner)])

    def _tile(self, level: int, index: int) -> tuple[bytes, ...]:
        """Return the verified hashes of the tile of this tree at a place."""
        if self._edge is None:
            self._edge = self._verified_edge()
        if index == self._size >> HEIGHT * (level + 1):  # behind the last full one
            return self._edge[level]
        tile = Tile(level, index)
        if tile not in self._kept:
            hashes = parse_tile(self._fetch(tile), tile)
            if _top(hashes) != self(HEIGHT * (level + 1), index):
                raise VerificationError(f"{tile.path}: it is not the tile of the tree with the trusted root")
            while len(self._kept) >= _KEPT_TILES:
                del self._kept[next(iter(self._kept))]
            self._kept[tile] = hashes
        return self._kept[tile]

    def _verified_edge(self) -> dict[int, tuple[bytes, ...]]:
        """Return the hashes of the partial tiles by level; together they make up the root."""
        edge: dict[int, tuple[bytes, ...]] = {}
        for level in range(MAX_LEVEL + 1):
            if width := (self._size >> HEIGHT * level) % WIDTH:
                tile = Tile(level, self._size >> HEIGHT * (level + 1), width)
                edge[level] = parse_tile(self._fetch(tile), tile)

        def hashes(level: int, index: int) -> bytes:
            first = (index << level % HEIGHT) % WIDTH
            return _top(edge[level // HEIGHT][first : first + (1 << level % HEIGHT)])

        if root(self._size, hashes) != self._root:
            raise VerificationError("tiles: the partial tiles do not lead to the trusted root")
        return edge


def _top(hashes: Sequence[bytes]) -> bytes:
    """Return the hash above 2^k hashes."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]


def _places(count: int, since: int) -> Iterator[tuple[int, int]]:
    """Yield index and width of what holds the first ``count`` items, without what holds the first ``since`` alike."""
    if count > since:
        yield from ((index, WIDTH) for index in range(since // WIDTH, count // WIDTH))
        if count % WIDTH:
            yield count // WIDTH, count % WIDTH


def _check_growth(size: int, since: int) -> None:
    if not 0 <= since <= size < SIZE_LIMIT:
        raise CheckError(f"no tree of {size} leaves has grown from one of {since}")


def _check_place(index: int, width: int) -> None:
    if not 0 <= index < _INDEX_LIMIT or not 1 <= width <= WIDTH:
        raise CheckError(f"no tile or bundle has the index {index} and the width {width}")


def _index_path(index: int, width: int) -> str:
    digits = str(index).zfill(-(-len(str(index)) // 3) * 3)
    *upper, last = (digits[at : at + 3] for at in range(0, len(digits), 3))
    return "".join(f"x{part}/" for part in upper) + last + (f".p/{width}" if width < WIDTH else "")
