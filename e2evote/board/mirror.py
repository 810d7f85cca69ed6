"""Mirrors: a log copied into a folder, which a plain file server can serve under the same paths, and judged from there.

Nothing is copied that was not proved under a checkpoint which satisfies the policy, and a mirror never goes back: what
it holds is a beginning of what it takes in. The checkpoint is written last, so that at every moment the folder holds
all that its checkpoint covers.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from e2evote.board import policy, tiles
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.notes import MAX_NOTE, Note
from e2evote.board.places import Folder, Place, place_of
from e2evote.board.policy import MAX_POLICY, Policy, Witnessed
from e2evote.board.tree import Tree, object_path
from e2evote.errors import CheckError, StorageError, VerificationError
from e2evote.files import TEMPORARY, write_atomically

CHECKPOINT, POLICY = "checkpoint", "policy"

Named = Callable[[bytes], Iterable[bytes]]
"""Gives the SHA-256 of the objects that an entry names."""
Report = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Source:
    """A log as it is served somewhere, and the policy by which it is believed."""

    place: Place
    policy: Policy

    @classmethod
    def at(cls, name: str | Path, trusted: Policy | None = None) -> "Source":
        """Take a log below a URL or in a folder.

        Args:
            name: the URL or the folder.
            trusted: the policy; without it the log's own word is taken, which proves nothing about its witnesses.

        Raises:
            ParseError, StorageError: there is no such log, or its policy cannot be read.
        """
        place = place_of(name)
        return cls(place, trusted if trusted is not None else read_policy(place))

    def note(self) -> bytes:
        """Return the checkpoint's note, of which nothing is proved.

        Raises:
            StorageError: there is none.
        """
        data = self.place.get(CHECKPOINT, MAX_NOTE)
        if data is None:
            raise StorageError(f"{self.place.name}: there is no checkpoint")
        return data

    def witnessed(self) -> Witnessed:
        """Return the newest checkpoint, which satisfies the policy.

        Raises:
            ParseError, VerificationError: it does not.
            StorageError: there is none.
        """
        return policy.verify(self.note(), self.policy)

    def tree(self, checkpoint: Checkpoint) -> Tree:
        """Return the entries that a checkpoint covers."""
        return Tree(self.place, checkpoint)


def read_policy(place: Place) -> Policy:
    """Return the policy that a log serves of itself.

    Raises:
        ParseError: it is none.
        StorageError: there is none.
    """
    data = place.get(POLICY, MAX_POLICY)
    if data is None:
        raise StorageError(f"{place.name}: there is no policy; give the one that you trust")
    return Policy.parse(data)


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What a mirror holds: the checkpoint, how many entries were new, and objects that were named and not to be had."""

    witnessed: Witnessed
    new: int
    missing: tuple[bytes, ...]


def mirror(source: Source, folder: Path, named: Named, report: Report | None = None) -> Mirrored:
    """Copy what a log has and the folder does not.

    Args:
        source: the log.
        folder: made if missing; a mirror of the same log.
        named: gives the objects that belong to an entry.
        report: takes how many entries were looked at, and how many there are.

    Raises:
        ParseError, VerificationError: what is served does not satisfy the policy, or does not fit.
        CheckError: the folder holds a larger tree, or another.
        StorageError: something cannot be read or written.
    """
    note = source.note()
    witnessed = policy.verify(note, source.policy)
    tree, before = source.tree(witnessed.checkpoint), _before(source, folder)
    since = 0 if before is None else before.size
    if before is not None:
        verify_growth(before, tree, witnessed.checkpoint)
    try:
        for bundle in tiles.bundles(tree.size, since):
            _write(folder / bundle.path, tiles.bundle_bytes(tree.bundle(bundle)))
        for tile in tiles.tiles(tree.size, since):
            _write(folder / tile.path, tiles.tile_bytes(tile, tree.hash))
        missing = _copy_objects(tree, since, folder, named, report)
        os.sync()  # once, for all files: the checkpoint must not be on the disk before what it covers
        write_atomically(folder / POLICY, source.policy.encode())
        write_atomically(folder / CHECKPOINT, note)
    except OSError as error:
        raise StorageError(f"{error.filename or folder}: cannot be written ({error.strerror or error})") from error
    _forget_partial(folder, since, tree.size)
    return Mirrored(witnessed, tree.size - since, missing)


def verify_growth(before: Checkpoint, tree: Tree, now: Checkpoint) -> None:
    """Accept a log that has only grown since an earlier checkpoint.

    Raises:
        CheckError: it is smaller than it was.
        VerificationError: what it had is not what it has; with both checkpoints this is proof against the log.
    """
    if now.size < before.size:
        raise CheckError(f"the log had {before.size} entries and shows {now.size} now")
    if tree.root_at(before.size) != before.root:
        raise VerificationError(f"the log signed two different trees: of {before.size} entries, and of {now.size}")


def verify_mirror(folder: Path, trusted: Policy, named: Named, report: Report | None = None) -> Mirrored:
    """Judge a mirror from its files alone: note, quorum, every tile, every entry, every object.

    Raises:
        ParseError, VerificationError: something does not fit; the text says what.
        StorageError: a file is missing.
        CheckError: an object that an entry names is missing.
    """
    source = Source(Folder(folder), trusted)
    witnessed = source.witnessed()
    tree = source.tree(witnessed.checkpoint)
    for tile in tiles.tiles(tree.size):
        if tree.fetch(tile) != tiles.tile_bytes(tile, tree.hash):
            raise VerificationError(f"{folder / tile.path}: the tile does not fit the checkpoint")
    missing = []
    for index, entry in enumerate(tree.entries(0, tree.size), 1):
        missing += [sha256 for sha256 in named(entry) if tree.object(sha256) is None]
        if report is not None:
            report(index, tree.size)
    if missing:
        raise CheckError(f"{folder}: {len(missing)} objects are missing, the first is {object_path(missing[0])}")
    return Mirrored(witnessed, tree.size, ())


def _before(source: Source, folder: Path) -> Checkpoint | None:
    """Return the checkpoint that the folder holds, None where it is new.

    Raises:
        ParseError, VerificationError: it is not one of this log.
    """
    note = Folder(folder).get(CHECKPOINT, MAX_NOTE)
    return None if note is None else policy.verify_log(Note.parse(note), source.policy)


def _copy_objects(tree: Tree, since: int, folder: Path, named: Named, report: Report | None) -> tuple[bytes, ...]:
    """Copy all objects that the folder lacks, also those that an earlier run could not get.

    What an interrupted run left of an entry from ``since`` on may be half on the disk, so it is read again.
    """
    missing = []
    for index, entry in enumerate(tree.entries(0, tree.size)):
        for sha256 in named(entry):
            path = folder / object_path(sha256)
            if path.is_file() and (index < since or hashlib.sha256(path.read_bytes()).digest() == sha256):
                continue
            try:
                data = tree.object(sha256)
            except VerificationError:
                data = None  # something else under its name is as good as nothing
            if data is None:
                missing.append(sha256)
            else:
                _write(path, data)
        if report is not None:
            report(index + 1, tree.size)
    return tuple(missing)


def _forget_partial(folder: Path, since: int, size: int) -> None:
    """Remove partial tiles and bundles of which the full one is there by now."""
    full = [tile.path for tile in tiles.tiles(size, since) if tile.width == tiles.WIDTH]
    full += [bundle.path for bundle in tiles.bundles(size, since) if bundle.width == tiles.WIDTH]
    for path in full:
        shutil.rmtree(folder / f"{path}.p", ignore_errors=True)


def _write(path: Path, data: bytes) -> None:
    """Write a file whole; that it is on the disk is seen to later."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{TEMPORARY}{path.name}")
    temporary.write_bytes(data)
    temporary.replace(path)
