"""A log as somebody serves it, believed only as far as the root of a checkpoint proves it.

Hashes come from ``tiles.TileHashes``; entries are compared with the hashes of their leaves, objects with their names.
Who hands out something else is noticed before it is used.
"""

import hashlib
from collections.abc import Iterator

from e2evote.board import merkle, tiles
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.places import Place
from e2evote.board.tiles import Bundle, Tile, TileHashes
from e2evote.errors import CheckError, ParseError, StorageError, VerificationError

OBJECT_LIMIT = 2**26
"""Bytes of the largest object that is read."""

_BUNDLE_LIMIT = tiles.WIDTH * (2 + tiles.MAX_ENTRY)
_KEPT_BUNDLES = 16


def object_path(sha256: bytes) -> str:
    """Return where an object is served."""
    digits = sha256.hex()
    return f"object/{digits[:2]}/{digits}"


class Tree:
    """The entries that a checkpoint covers, and the hashes over them."""

    def __init__(self, place: Place, checkpoint: Checkpoint) -> None:
        """Take where the log is served, and a checkpoint that the caller believes."""
        self.place, self.size = place, checkpoint.size
        self._hashes = TileHashes(checkpoint.size, checkpoint.root, self.fetch)
        self._bundles: dict[int, tuple[bytes, ...]] = {}

    def hash(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree: ``merkle.Hashes``.

        Raises:
            VerificationError: what is served is not under the root.
            StorageError: it is missing or cannot be read.
            CheckError: there is no such subtree.
        """
        try:
            return self._hashes(level, index)
        except ParseError as error:
            raise VerificationError(f"{self.place.name}: {error}") from None
        except VerificationError as error:
            raise VerificationError(
                f"{self.place.name}: the tree that is served does not fit its checkpoint ({error})"
            ) from None

    def entry(self, index: int) -> bytes:
        """Return an entry; errors as of ``hash``."""
        if not 0 <= index < self.size:
            raise CheckError(f"there is no entry {index}: the log has {self.size}")
        return self._bundle(index // tiles.WIDTH)[index % tiles.WIDTH]

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the entries from start to before stop; errors as of ``hash``."""
        if not 0 <= start <= stop <= self.size:
            raise CheckError(f"there are no entries {start} to {stop}: the log has {self.size}")
        for index in range(start // tiles.WIDTH, -(-stop // tiles.WIDTH)):
            first = index * tiles.WIDTH
            yield from self._bundle(index)[max(start - first, 0) : stop - first]

    def inclusion(self, index: int) -> list[bytes]:
        """Return the proof that an entry is under the root; errors as of ``hash``."""
        return merkle.inclusion_proof(index, self.size, self.hash)

    def root_at(self, size: int) -> bytes:
        """Return the root that the tree had when it was smaller; errors as of ``hash``."""
        if not 0 <= size <= self.size:
            raise CheckError(f"a log of {self.size} entries has grown from none of {size}")
        return merkle.root(size, self.hash)

    def object(self, sha256: bytes) -> bytes | None:
        """Return the object with this hash, None where it is not served.

        Raises:
            VerificationError: something else is served under its name.
            StorageError: it cannot be read.
        """
        data = self.place.get(object_path(sha256), OBJECT_LIMIT)
        if data is not None and hashlib.sha256(data).digest() != sha256:
            raise VerificationError(f"{self.place.name}: {object_path(sha256)} is not what its name says")
        return data

    def fetch(self, tile: Tile) -> bytes:
        """Return what is served as a tile, of which nothing is proved.

        Raises:
            StorageError: it is missing or cannot be read.
        """
        data = self._read(tile.path, Tile(tile.level, tile.index).path, tiles.WIDTH * merkle.HASH_SIZE)
        return data[: tile.width * merkle.HASH_SIZE]

    def bundle(self, bundle: Bundle) -> tuple[bytes, ...]:
        """Return the entries of a bundle of this tree, read anew; errors as of ``hash``."""
        full = Bundle(bundle.index)
        data = self.place.get(bundle.path, _BUNDLE_LIMIT)
        try:
            if data is not None:
                entries = tiles.parse_bundle(data, bundle)
            else:
                entries = tiles.parse_bundle(self._read(full.path, full.path, _BUNDLE_LIMIT), full)[: bundle.width]
            tiles.verify_bundle(bundle, entries, self.hash)
        except (ParseError, VerificationError) as error:
            raise VerificationError(f"{self.place.name}: {error}") from None
        return entries

    def _bundle(self, index: int) -> tuple[bytes, ...]:
        if index not in self._bundles:
            width = min(self.size - index * tiles.WIDTH, tiles.WIDTH)
            while len(self._bundles) >= _KEPT_BUNDLES:
                del self._bundles[next(iter(self._bundles))]
            self._bundles[index] = self.bundle(Bundle(index, width))
        return self._bundles[index]

    def _read(self, path: str, full: str, limit: int) -> bytes:
        """Return a partial file, or the full one that took its place."""
        data = self.place.get(path, limit)
        if data is None and path != full:
            data = self.place.get(full, limit)
        if data is None:
            raise StorageError(f"{self.place.name}: {path} is missing")
        return data
