"""The log: appending, signing checkpoints, publishing those that enough witnesses have cosigned.

An entry is durable when ``writing()`` has ended without an error. A checkpoint is signed under the writer's lock, after
all entries since the last one have been hashed again and the tree has been shown to be that of the last checkpoint,
grown; it is stored, and noted in the folder, before anybody sees it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import insert

from e2evote.board import checkpoint as checkpoints
from e2evote.board import merkle, notes
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.folder import MERGE_DELAY, Folder, Settings, Signed, new_folder
from e2evote.board.growth import verified_root
from e2evote.board.notes import KeyKind, Note, SigningKey
from e2evote.board.storage import revision
from e2evote.board.storage.database import Database, translated
from e2evote.board.storage.schema import LOG
from e2evote.board.storage.snapshot import Snapshot, StoredCheckpoint
from e2evote.board.storage.writing import Writing
from e2evote.errors import CheckError, ParseError, StorageError, VerificationError

__all__ = ["Board", "Snapshot", "Writing"]


class Board:
    """A log, open in this process: its folder and its database. Threads may share it."""

    def __init__(self, folder: Folder, database: Database) -> None:
        """Take both; ``open`` and ``create`` do so."""
        self._folder, self._database = folder, database
        self._seen: Signed | None = None
        self._refused = False
        self.origin, self.merge_delay = folder.settings.origin, folder.settings.merge_delay

    @classmethod
    def create(
        cls,
        folder: Path,
        name: str,
        witnesses: str = "quorum none\n",
        merge_delay: int = MERGE_DELAY,
        database: str | None = None,
    ) -> "Board":
        """Make a log: its key, its policy, its database.

        Args:
            folder: to be made; an empty one may be there.
            name: the log's origin, best a URL without a scheme.
            witnesses: the lines of a tlog-policy but the log's own.
            merge_delay: seconds until an entry has to be in a published checkpoint.
            database: the URL of an empty PostgreSQL database; without one, a file in the folder.

        Raises:
            CheckError: something is there already, or an argument is not what it has to be.
            ParseError: the name is none, or the policy no policy.
            StorageError: disk or database do not take it.
        """
        key = SigningKey.generate(name, KeyKind.ED25519)
        settings = Settings(key.verifier, merge_delay, database)
        policy = f"log {key.verifier}\n{witnesses}"
        with new_folder(folder, key, settings, policy) as unfinished:
            new = Database.at(Folder(unfinished).database, create=True)
            try:
                _make_tables(new, settings)
            finally:
                new.close()
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> "Board":
        """Open a log.

        Raises:
            CheckError: the folder is none, or the database has other tables or belongs to another log.
            ParseError: a file in the folder is damaged.
            StorageError: the database cannot be read.
        """
        found = Folder(folder)
        database = Database.at(found.database)
        revision.check(database, folder)
        board = cls(found, database)
        with board.reading() as snapshot:
            if (snapshot.origin, snapshot.vkey) != (found.settings.origin, str(found.settings.vkey)):
                raise CheckError(f"{database.where}: this is the database of another log, {snapshot.vkey}")
        return board

    def close(self) -> None:
        """Close the connections to the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Board({self.origin!r}, {str(self._folder.root)!r})"

    @contextmanager
    def reading(self) -> Iterator[Snapshot]:
        """Give one consistent view of what is committed.

        Raises:
            StorageError: it cannot be read.
        """
        with self._database.transaction() as connection:
            yield Snapshot(connection, self._database.where)

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Wait for the writer's lock and give what appends; all is durable when the block has ended without an error.

        Raises:
            StorageError: nothing was written, and the text says why. Where the connection was lost while committing, it
                may have been written all the same.
        """
        with self._database.transaction(writing=True) as connection:
            writing = Writing(connection, self._database.where)
            self._require_grown(writing)
            yield writing
            writing.flush()

    def checkpoint(self) -> bytes | None:
        """Return a signed checkpoint of all entries that are committed, None while there are none.

        It is stored before this returns. Where nothing is new it is the one that was signed before.

        Raises:
            StorageError: the tree is not the one signed last, grown, or it cannot be read or stored; the text says so.
        """
        with self._database.transaction(writing=True) as connection:
            writing = Writing(connection, self._database.where)
            root = self._grown_root(writing)
            newest = writing.newest_checkpoint()
            if newest is not None and newest.size == writing.size:
                return newest.note
            if writing.size == 0:
                return None
            note = checkpoints.sign(Checkpoint(self.origin, writing.size, root), self._folder.key).encode()
            writing.add_checkpoint(StoredCheckpoint(writing.size, root, note))
            self._folder.note_signed(Signed(writing.size, root))
        return note

    def sign_note(self, text: str) -> Note:
        """Sign a text that is no checkpoint, such as a receipt.

        Raises:
            CheckError: it could be read as a checkpoint.
            ParseError: it is not a text that a note may have.
        """
        try:
            Checkpoint.parse(text)
        except ParseError:
            return notes.sign(text, self._folder.key)
        raise CheckError("this text is a checkpoint; those are signed when the tree has been verified only")

    # ----------------------------------------------------------------------------------- never two different trees

    def _require_grown(self, writing: Writing) -> None:
        """Refuse to append to a database that is behind what was signed, or whose tree was found to be another."""
        signed = self._folder.signed()
        if writing.size < signed.size:
            raise self._behind(writing.size, signed)
        if self._refused:
            self._grown_root(writing)
        elif signed != self._seen:
            self._require_root(writing, signed)
        self._seen = signed

    def _grown_root(self, log: Snapshot) -> bytes:
        """Return the root of the whole log, after showing that it has grown from everything signed last."""
        self._refused = True
        known = [self._folder.signed()]
        newest = log.newest_checkpoint()
        if newest is not None:
            known.append(self._verified(newest))
        for signed in known:
            if log.size < signed.size:
                raise self._behind(log.size, signed)
            self._require_root(log, signed)
        last = max(known, key=lambda signed: signed.size)
        root = verified_root(log, last.size, last.root)
        self._refused = False
        return root

    def _require_root(self, log: Snapshot, signed: Signed) -> None:
        if merkle.root(signed.size, log.hash) != signed.root:
            raise StorageError(
                f"{self._database.where}: the tree of {signed.size} entries does not have the root that was signed; "
                "the database is damaged, or is not the one that was signed"
            )

    def _behind(self, size: int, signed: Signed) -> StorageError:
        return StorageError(
            f"{self._database.where}: there are {size} entries, but a checkpoint of {signed.size} was signed; this is "
            "an old copy, and to go on with it would rewrite the log"
        )

    def _verified(self, stored: StoredCheckpoint) -> Signed:
        """Return what a stored checkpoint says, if the log has signed just that."""
        try:
            found = checkpoints.verify(Note.parse(stored.note), [self._folder.settings.vkey])
        except (ParseError, VerificationError) as error:
            raise self._damaged_checkpoint(stored, str(error)) from None
        if found != Checkpoint(self.origin, stored.size, stored.root):
            raise self._damaged_checkpoint(stored, "its note says something else")
        return Signed(stored.size, stored.root)

    def _damaged_checkpoint(self, stored: StoredCheckpoint, problem: str) -> StorageError:
        return StorageError(f"{self._database.where}: the stored checkpoint of size {stored.size}: {problem}")


def _make_tables(database: Database, settings: Settings) -> None:
    if revision.revision_of(database) is not None:
        raise CheckError(f"{database.where}: there is a board in this database already")
    with database.transaction(writing=True) as connection, translated(database.where):
        revision.upgrade(connection)
        connection.execute(insert(LOG).values(id=1, origin=settings.origin, vkey=str(settings.vkey), size=0))
