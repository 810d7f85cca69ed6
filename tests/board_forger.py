"""An election with a bulletin board for tests, and the forger of its records, who holds the keys of everybody.

    board = build_board()                       # a mail election whose manifest names a board and three witnesses
    BoardForger.of(tmp_path / "record", board).write()

Everything is a function of the code: keys and voters' secrets are hashes of names.
"""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from e2evote.board import checkpoint, cosignature
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.merkle import Frontier, leaf_hash
from e2evote.board.notes import KeyKind, Note, Signature, SigningKey
from e2evote.record import layout
from e2evote.record.codec import RecordModel, dump
from e2evote.record.entries import (
    BallotEntry,
    EndEntry,
    Entry,
    FileEntry,
    OpenedEntry,
    RecordedEntry,
    StatusEntry,
    commitment,
)
from tests.ballot_forger import Vote
from tests.builders import TOY, BuiltRecord
from tests.mail_forger import MailForger, Posted, build_mail, mail_manifest

ORIGIN = "vote.example/board"
START = datetime(2026, 12, 1, 8, tzinfo=UTC)
SETUP = (layout.MANIFEST, layout.PARAMETERS, layout.HASHES)
KEYS = (layout.JOINT_KEYS, layout.EXTENDED_HASHES)
ALL = ("w1", "w2")
"""The witnesses that cosign, two of three."""


def signing_key(name: str, kind: KeyKind = KeyKind.ED25519, seed: str = "") -> SigningKey:
    """Return the key of this name; with another seed another key."""
    secret = hashlib.sha256(f"{seed}{name}".encode()).digest()
    return SigningKey(name, kind, Ed25519PrivateKey.from_private_bytes(secret))


LOG = signing_key(ORIGIN)
WITNESSES = {name: signing_key(f"{name}.example", KeyKind.COSIGNATURE) for name in ("w1", "w2", "w3")}


def policy_lines(quorum: str = "two") -> list[str]:
    """Return the policy of a manifest: a log, three witnesses, and a quorum that is their group of two or another."""
    witnesses = [f"witness {name} {key.verifier}" for name, key in WITNESSES.items()]
    return [f"log {LOG.verifier}", *witnesses, f"group two 2 {' '.join(WITNESSES)}", f"quorum {quorum}"]


def board_manifest(**changes: object) -> bytes:
    """Return the manifest with top-level fields replaced, or left out where the value is None."""
    return mail_manifest(**{"board": policy_lines()} | changes)


def build_board(group_name: str = TOY) -> BuiltRecord:
    """Hold the part of the election that has nothing to do with mail and board."""
    return build_mail(group_name, board_manifest(), ballots=6, spoiled=1)


def secret(code: bytes, purpose: str) -> bytes:
    """Return the secret with which a voter's page decides about its ballot."""
    return hashlib.sha256(code + purpose.encode()).digest()


def digest(value: RecordModel) -> bytes:
    """Return the hash of a line."""
    return hashlib.sha256(dump(value)).digest()


def decided(entry: StatusEntry | BallotEntry, status: str, by: str | None = None) -> StatusEntry:
    """Return the status of a ballot, with the secret for one status or another, or none."""
    code = entry.confirmation_code
    return StatusEntry(
        time=entry.time, confirmation_code=code, status=status, secret=secret(code, by) if by else None
    )  # fmt: skip


@dataclass(slots=True)
class BoardForger(MailForger):
    """Everything that goes into the record of an election with a board, and every key."""

    def write(self, **given: Any) -> None:
        """Write all files but the index anew, the board's too."""
        shutil.rmtree(self.root)
        self.root.mkdir()
        # zero-argument super() does not find its way into a slotted dataclass
        super(BoardForger, self).write(**given)
        self.publish(self.entries())

    # ------------------------------------------------------------------------------------------- entries

    def entries(self) -> list[Entry]:
        """Return what a board has of the record that is written: an entry a second, devices taking turns."""
        made = enumerate(self._entries())
        return [entry.model_copy(update={"time": _time(second)}) for second, entry in made]

    def _entries(self) -> Iterator[Entry]:
        devices = sorted({**self.votes, **self.posted})
        guardians = map(layout.guardian_path, self.guardians)
        yield from map(self.file, (*SETUP, *guardians, *KEYS, *map(layout.opening_path, devices)))
        for position in range(max(map(len, self._of_devices()))):
            for sequence in self._of_devices():
                for one in sequence[position : position + 1]:
                    yield self._ballot(one)
                    if isinstance(one, Vote):
                        yield self._status(one)
        yield from map(self.file, map(layout.closing_path, devices))
        for post in self.all_posted():
            yield self._status(post)
            if post.recorded is not None:
                yield RecordedEntry(
                    time=_time(), confirmation_code=post.ballot.confirmation_code, sha256=digest(post.recorded)
                )
        late = (layout.ENCRYPTED_TALLIES, layout.EXCEPTIONS, layout.TALLIES, layout.CONTEST_DATA)
        yield from (self.file(name) for name in late if (self.root / name).exists())
        for opened in (*self.opened(), *(post.opened for post in self.all_posted() if post.opened is not None)):
            yield OpenedEntry(time=_time(), confirmation_code=opened.confirmation_code, sha256=digest(opened))
        yield EndEntry(time=_time())

    def _of_devices(self) -> list[Sequence[Vote | Posted]]:
        return [*self.votes.values(), *self.posted.values()]

    def file(self, name: str) -> FileEntry:
        """Return the entry of a file as it is now."""
        return FileEntry(time=_time(), path=name, sha256=hashlib.sha256((self.root / name).read_bytes()).digest())

    def _ballot(self, one: Vote | Posted) -> BallotEntry:
        ballot = one.ballot
        code = ballot.confirmation_code
        pair = [commitment(secret(code, purpose)) for purpose in ("cast", "challenged")]
        to_cast, to_challenge = pair if has_commitments(one) else (None, None)
        return BallotEntry(
            time=_time(), device=ballot.device, position=ballot.position, confirmation_code=code,
            sha256=digest(ballot), cast_commitment=to_cast, challenge_commitment=to_challenge,
        )  # fmt: skip

    def _status(self, one: Vote | Posted) -> StatusEntry:
        code, shown = one.ballot.confirmation_code, has_commitments(one) and one.status in ("cast", "challenged")
        shows = secret(code, one.status) if shown else None
        return StatusEntry(time=_time(), confirmation_code=code, status=one.status, secret=shows)

    # ------------------------------------------------------------------------------------------- checkpoint

    def publish(self, entries: Sequence[Entry], note: Note | None = None) -> None:
        """Write the board's files: these entries, and their checkpoint or another note."""
        folder = (self.root / layout.BOARD_ENTRIES).parent
        folder.mkdir(exist_ok=True)
        self.put(layout.BOARD_ENTRIES, *entries)
        (self.root / layout.BOARD_CHECKPOINT).write_bytes((note or self.checkpoint(entries)).encode())

    def checkpoint(
        self, entries: Sequence[Entry], witnesses: Sequence[str] = ALL, log: SigningKey = LOG, root: bytes | None = None
    ) -> Note:
        """Return the checkpoint of these entries, signed and cosigned, on request with another root."""
        tree = Frontier()
        for entry in entries:
            tree.append(leaf_hash(dump(entry)))
        note = checkpoint.sign(Checkpoint(log.name, len(entries), root or tree.root()), log)
        return note.adding(*(cosigned(note, WITNESSES[name]) for name in witnesses))


def has_commitments(one: Vote | Posted) -> bool:
    """Tell whether a voter's page made the ballot: all on paper and the first at the booth were made otherwise."""
    return isinstance(one, Vote) and one.ballot.position > 1


def cosigned(note: Note, key: SigningKey, seconds: int = 0) -> Signature:
    """Return a cosignature, made some time after the election."""
    return cosignature.cosign(note, key, int((START + timedelta(days=1, seconds=seconds)).timestamp()))


def _time(second: int = 0) -> str:
    return (START + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")
