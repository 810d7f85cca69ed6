"""The journal: what this guardian has answered, so that a decryption nonce never answers two challenges.

A session is one decryption that guardians were asked for. Its file goes through three states, each written whole and
synced before the message that belongs to it is handed out:

1. ``committed``: nonces, commitments and what will be revealed. Then the commitments may leave.
2. ``revealed``: also which commitments of all guardians were accepted. They fix the challenge. Then the values leave.
3. ``answered``: the response and what it answers; the nonces are gone with the same write. Then the response leaves.

A command that is repeated with the same inputs hands out the same message, byte for byte; with others it is refused.
A command that is killed before its write has handed out nothing; after it, the next one hands out what was written.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from e2evote.decryption import rounds
from e2evote.decryption.rounds import (
    DecryptionCommitments,
    DecryptionResponses,
    DecryptionReveals,
    SecretDecryptionState,
)
from e2evote.decryption.statements import Partial, Statement
from e2evote.encoding import b, hex_of, parse_hex
from e2evote.errors import CheckError, ParseError
from e2evote.group.elements import SecretScalar
from e2evote.record.ballot import Timestamp
from e2evote.record.codec import Hash, Index, RecordModel, dump, parse
from e2evote.record.setup import Election
from e2evote.secret_sharing import SecretKeyShares
from guardian_cli.keystore.folder import make_private, read_private
from guardian_cli.keystore.sealed import Binding, from_bytes, seal, to_bytes, unseal
from guardian_cli.keystore.vault import SESSIONS, Vault, timestamp

State = Literal["committed", "revealed", "answered", "abandoned"]

_SUFFIX = ".sealed.json"
_LIMIT = 2**30


@dataclass(frozen=True, slots=True)
class Session:
    """A decryption that guardians were asked for; the caller has checked the request and verified the record."""

    id: bytes
    begun: datetime
    election: Election
    statements: tuple[Statement, ...]
    available: tuple[int, ...]

    def __post_init__(self) -> None:
        """Put U in order and refuse an id that is none."""
        if len(self.id) != 32:
            raise CheckError("the id of a session has 32 bytes")
        object.__setattr__(self, "available", tuple(sorted(self.available)))

    def digest(self) -> bytes:
        """Return the SHA-256 of what is asked: id, time, U, and each statement with all it is bound to."""
        one = self.election.group.one
        empty = Partial(a=one, b=one, m=one)  # the statement's own hash, of no guardian's values
        digest = hashlib.sha256(self.id + timestamp(self.begun).encode() + b(len(self.available), 4))
        for statement in self.statements:
            digest.update(statement.commitment_hash(0, self.available, empty))
        return digest.digest()


class SecretSession(RecordModel):
    """The file of a session."""

    session: Hash
    begun: Timestamp
    request: Hash
    state: State
    available: tuple[Index, ...]
    commitments: DecryptionCommitments
    reveals: Annotated[DecryptionReveals, Field(repr=False)]
    nonces: Annotated[tuple[SecretScalar, ...] | None, Field(repr=False)] = None
    accepted: Hash | None = None
    answered: Hash | None = None
    responses: DecryptionResponses | None = None

    def check(self, where: str) -> None:
        """Accept an entry that has exactly what belongs to its state.

        Raises:
            ParseError: naming what does not fit.
        """
        parts = {"nonces": self.nonces, "accepted": self.accepted, "answered": self.answered}
        present = {name for name, part in (parts | {"responses": self.responses}).items() if part is not None}
        expected: dict[State, set[str]] = {
            "committed": {"nonces"},
            "revealed": {"nonces", "accepted"},
            "answered": {"accepted", "answered", "responses"},
            "abandoned": present - {"nonces", "answered", "responses"},
        }
        if present != expected[self.state]:
            raise ParseError(where, f"a session that is {self.state} has not {', '.join(sorted(present))}", "state")


class SessionView(NamedTuple):
    """A session as a list shows it."""

    session: bytes
    begun: str
    state: State


class Journal:
    """The sessions of an open vault."""

    def __init__(self, vault: Vault) -> None:
        """Take the sessions of this vault."""
        self._vault = vault
        self._folder = vault.folder / SESSIONS

    def commit(self, session: Session) -> DecryptionCommitments:
        """Round 1: choose nonces, keep them, and only then hand out the commitments; or hand out those of before.

        Raises:
            CheckError: the session has another request, was abandoned, or began before the vault was restored.
        """
        entry = self._find(session.id)
        if entry is None:
            self.check_new(session.id, session.begun)
            shares, rng = self._shares_for(session), self._vault.means.rng
            state, commitments = rounds.commit(session.election, shares, session.statements, session.available, rng)
            entry = SecretSession(
                session=session.id,
                begun=timestamp(session.begun),
                request=session.digest(),
                state="committed",
                available=session.available,
                commitments=commitments,
                reveals=state.reveals,
                nonces=tuple(state.take_nonces()),
            )
            self._write(entry)
        self._check_same(entry, session)
        return entry.commitments

    def reveal(self, session: Session, commitments: Sequence[DecryptionCommitments]) -> DecryptionReveals:
        """Round 2: hold on to everybody's commitments, then hand out what was committed to.

        Raises:
            CheckError: round 1 did not take place here, a message is missing, or others were accepted before.
            VerificationError: this guardian's own commitments were replaced.
        """
        entry = self._known(session)
        rounds.reveal(_state(entry, session), commitments)
        accepted = _digest(commitments)
        if entry.state == "committed":
            entry = entry.model_copy(update={"state": "revealed", "accepted": accepted})
            self._write(entry)
        _check_accepted(entry, accepted)
        return entry.reveals

    def respond(
        self,
        session: Session,
        commitments: Sequence[DecryptionCommitments],
        reveals: Sequence[DecryptionReveals],
    ) -> DecryptionResponses:
        """Round 3: write down the response, let go of the nonces, and only then hand it out; or that of before.

        Raises:
            CheckError: round 2 did not take place here, or the nonces have answered other messages.
            VerificationError: naming the guardian whose values do not fit; the nonces are kept.
        """
        entry = self._known(session)
        if entry.state == "committed":
            raise CheckError(f"session {_short(session.id)}: reveal first (round 2)")
        _check_accepted(entry, _digest(commitments))
        answered = _digest((*commitments, *reveals))
        if entry.responses is None:
            shares, state = self._shares_for(session), _state(entry, session)
            responses = rounds.respond(session.election, shares, state, commitments, reveals)
            changes = {"state": "answered", "answered": answered, "responses": responses, "nonces": None}
            entry = entry.model_copy(update=changes)
            self._write(entry)
        if entry.responses is None or entry.answered != answered:
            raise CheckError(f"session {_short(session.id)}: it has answered other messages; the nonces are gone")
        return entry.responses

    def abandon(self, id: bytes) -> None:
        """Let go of the nonces of a session that will not be answered; its id is used up.

        Raises:
            CheckError: there is no such session, or it has been answered.
        """
        entry = self._find(id)
        if entry is None or entry.state == "answered":
            raise CheckError(f"session {_short(id)}: {'it has been answered' if entry else 'it is not known here'}")
        self._write(entry.model_copy(update={"state": "abandoned", "nonces": None}))

    def sessions(self) -> tuple[SessionView, ...]:
        """Return all sessions, oldest first.

        Raises:
            ParseError: a file is none of the journal's.
        """
        paths = sorted(self._folder.glob(f"*{_SUFFIX}"))
        entries = [self._find(_id_of(path)) for path in paths]
        views = [SessionView(entry.session, entry.begun, entry.state) for entry in entries if entry is not None]
        return tuple(sorted(views, key=lambda view: (view.begun, view.session)))

    def check_new(self, id: bytes, begun: datetime) -> None:
        """Accept a session that a restored vault cannot have taken part in before.

        Raises:
            CheckError: otherwise, or nobody has told the vault which sessions there were.
        """
        mark = self._vault.restoration
        if mark is None:
            return
        if mark.decryptions is None:
            raise CheckError(
                f"the vault was restored at {mark.at}: import the published list of decryptions before anything else"
            )
        if timestamp(begun) <= mark.at or id in mark.decryptions:
            raise CheckError(
                f"session {_short(id)}: it began before the vault was restored at {mark.at}; "
                "this guardian takes part in new sessions only"
            )

    def _known(self, session: Session) -> SecretSession:
        entry = self._find(session.id)
        if entry is None:
            raise CheckError(f"session {_short(session.id)}: round 1 did not take place with this vault")
        self._check_same(entry, session)
        return entry

    def _check_same(self, entry: SecretSession, session: Session) -> None:
        if entry.state == "abandoned":
            raise CheckError(f"session {_short(session.id)}: it was abandoned; a new one needs a new id")
        if entry.request != session.digest():
            raise CheckError(f"session {_short(session.id)}: something else was asked under this id before")

    def _shares_for(self, session: Session) -> SecretKeyShares:
        if self._vault.h_e != session.election.h_e:
            raise CheckError(f"session {_short(session.id)}: this vault's shares are not confirmed for its election")
        return self._vault.shares

    def _find(self, id: bytes) -> SecretSession | None:
        path = self._path(id)
        if not path.exists():
            return None
        owner, where = self._vault.owner, str(path)
        data = unseal(from_bytes(read_private(path, _LIMIT), where), self._vault.session_key, self._binding(), where)
        entry = parse(SecretSession, data, f"{path} (decrypted)", owner.group)
        entry.check(where)
        if entry.session != id:
            raise ParseError(where, "the file of another session lies under this name", "session")
        return entry

    def _write(self, entry: SecretSession) -> None:
        make_private(self._folder)
        vault, means = self._vault, self._vault.means
        sealed = seal(dump(entry), vault.session_key, self._binding(), means.argon2, means.rng)
        vault.write(self._path(entry.session), to_bytes(sealed))

    def _path(self, id: bytes) -> Path:
        return self._folder / f"{hex_of(id)}{_SUFFIX}"

    def _binding(self) -> Binding:
        owner = self._vault.owner
        return Binding(purpose="decryption session", election=owner.h_b, guardian=owner.i)


def _state(entry: SecretSession, session: Session) -> SecretDecryptionState:
    nonces = None if entry.nonces is None else list(entry.nonces)
    i = entry.commitments.i
    return SecretDecryptionState(i, entry.available, session.statements, entry.commitments, entry.reveals, nonces)


def _check_accepted(entry: SecretSession, accepted: bytes) -> None:
    if entry.accepted != accepted:
        raise CheckError(
            f"session {_short(entry.session)}: other commitments were accepted before; start a new session"
        )


def _digest(messages: Sequence[DecryptionCommitments | DecryptionReveals]) -> bytes:
    """Return the SHA-256 over messages, one a line, by kind and guardian: the order they came in does not matter."""
    lines = sorted((type(message).__name__, message.i, dump(message)) for message in messages)
    return hashlib.sha256(b"".join(line + b"\n" for _, _, line in lines)).digest()


def _id_of(path: Path) -> bytes:
    try:
        return parse_hex(path.name.removesuffix(_SUFFIX), 32)
    except ValueError as error:
        raise ParseError(str(path), f"the name is not a session's id: {error}") from None


def _short(id: bytes) -> str:
    return hex_of(id)[:16] + "…"
