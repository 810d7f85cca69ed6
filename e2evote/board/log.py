"""The log: appending, signing checkpoints, publishing those that enough witnesses have cosigned.

An entry is durable when ``writing()`` has ended without an error. A checkpoint is signed under the writer's lock, after
all entries since the last one have been hashed again and the tree has been shown to be that of the last checkpoint,
grown; it is stored, and noted in the folder, before anybody sees it.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from e2evote.board import checkpoint as checkpoints
from e2evote.board import cosignature, merkle, notes
from e2evote.board import policy as policies
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.folder import MERGE_DELAY, Folder, Settings, Signed, new_folder
from e2evote.board.notes import KeyKind, Note, Signatures, SigningKey
from e2evote.board.policy import Policy
from e2evote.board.publishing import Ask, Problem, cosignatures
from e2evote.board.storage import revision
from e2evote.board.storage.audit import Audit
from e2evote.board.storage.database import Database
from e2evote.board.storage.growth import Progress, ignore, verified_root
from e2evote.board.storage.snapshot import Snapshot, StoredCheckpoint
from e2evote.board.storage.writing import Writing
from e2evote.errors import CheckError, ParseError, StorageError, VerificationError

__all__ = ["Board", "Snapshot", "Writing"]


def _ignore(_witness: str, _problem: str) -> None:
    pass


class Board:
    """A log, open in this process: its folder and its database. Threads may share it, forked processes not."""

    def __init__(self, folder: Folder, database: Database) -> None:
        """Take both; ``open`` and ``create`` do so."""
        self._folder, self._database = folder, database
        self._seen: Signed | None = None
        self._refused = False
        self.origin, self.merge_delay, self.policy = folder.settings.origin, folder.settings.merge_delay, folder.policy

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
        policy = Policy.parse(f"log {key.verifier}\n{witnesses}".encode())
        with new_folder(folder, key, settings, policy) as unfinished:
            new = Database.at(Folder(unfinished).database, create=True)
            try:
                revision.create(new, settings.origin, str(settings.vkey))
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
        board = cls(found, database)
        try:
            revision.check(database, folder)
            with board.reading() as snapshot:
                if (snapshot.origin, snapshot.vkey) != (board.origin, str(found.settings.vkey)):
                    raise CheckError(f"{database.where}: this is the database of another log, {snapshot.vkey}")
        except BaseException:
            board.close()
            raise
        return board

    @staticmethod
    def upgrade(folder: Path) -> None:
        """Bring a log's database to the tables of this version; servers have to be stopped before.

        Raises:
            CheckError: the folder is none, or the database has no tables of a log, or those of a newer version.
            ParseError: a file in the folder is damaged.
            StorageError: the database does not take it; then nothing has changed.
        """
        database = Database.at(Folder(folder).database)
        try:
            revision.upgrade(database)
        finally:
            database.close()

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

    def publish(self, ask: Ask, problem: Problem = _ignore) -> bytes | None:
        """Have witnesses cosign a checkpoint of all entries; return the newest that satisfies the policy, if one does.

        A checkpoint is published as soon as its quorum has cosigned it. One that lacks cosignatures stays as it is; the
        next call asks for a newer one.

        Args:
            ask: takes a request to a witness.
            problem: is told of a witness that has not cosigned, and why.

        Raises:
            StorageError: as of ``checkpoint``; or a cosignature could not be stored.
        """
        signed = self.checkpoint()
        if signed is not None:
            note = Note.parse(signed)
            size = Checkpoint.parse(note.text).size
            known = self._add_cosignatures(size, ())
            missing = [witness for witness in self.policy.witnesses.values() if witness.name not in known]
            for new in cosignatures(note, missing, self._prove, ask, problem):
                self._add_cosignatures(size, new)
        with self.reading() as snapshot:
            return snapshot.published()

    def audit(self, progress: Progress = ignore) -> None:
        """Recompute everything that the database holds, and accept it if all of it follows from the entries.

        Args:
            progress: is told of entries done, and of how many.

        Raises:
            StorageError: naming the first thing that does not.
        """
        with self._database.transaction() as connection:
            whole = Audit(connection, self._database.where)
            whole.run(progress)
            self._require_root(whole, self._folder.signed())

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

    def _prove(self, old: int, new: int) -> list[bytes]:
        with self.reading() as snapshot:
            return merkle.consistency_proof(old, new, snapshot.hash)

    def _add_cosignatures(self, size: int, new: Signatures) -> Collection[str]:
        """Store cosignatures of a checkpoint, published where they are enough, and return which witnesses' it has."""
        with self._database.transaction(writing=True) as connection:
            writing = Writing(connection, self._database.where)
            before = writing.cosigned(size)
            note = Note.parse(before or writing.checkpoint(size).note).adding(*new)
            try:
                times = cosignature.verify(note, [witness.key for witness in self.policy.witnesses.values()])
            except VerificationError as error:
                raise StorageError(f"{self._database.where}: the cosigned checkpoint of size {size}: {error}") from None
            if note.encode() != before:
                writing.replace_cosigned(size, note.encode(), self._is_enough(note))
        return {name for name, witness in self.policy.witnesses.items() if witness.key in times}

    def _is_enough(self, note: Note) -> bool:
        try:
            policies.verify(note.encode(), self.policy)
        except VerificationError:
            return False
        return True

    # ----------------------------------------------------------------------------------- never two different trees

    def _require_grown(self, writing: Writing) -> None:
        """Refuse to append to a database that is behind what was signed, or whose tree was found to be another."""
        signed = self._folder.signed()
        if self._refused:
            self._grown_root(writing)
        elif signed != self._seen:
            self._require_root(writing, signed)
        elif writing.size < signed.size:
            raise self._behind(writing.size, signed)
        self._seen = signed

    def _grown_root(self, log: Snapshot) -> bytes:
        """Return the root of the whole log, after showing that it has grown from everything signed last."""
        self._refused = True
        known = [self._folder.signed()]
        if newest := log.newest_checkpoint():
            known.append(Signed(newest.size, newest.root))
        for signed in known:
            self._require_root(log, signed)
        last = max(known, key=lambda signed: signed.size)
        root = verified_root(log, last.size, last.root)
        self._refused = False
        return root

    def _require_root(self, log: Snapshot, signed: Signed) -> None:
        if log.size < signed.size:
            raise self._behind(log.size, signed)
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
