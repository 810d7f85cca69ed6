"""A guardian on its own machine, for tests: it keeps its own secrets and is given bytes only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from e2evote.decryption.rounds import SecretDecryptionState, commit, respond, reveal
from e2evote.decryption.statements import Statement
from e2evote.group.elements import Group
from e2evote.key_ceremony import SecretGuardianKeys, confirm, encrypt_shares, generate_keys, publish, receive_shares
from e2evote.messages.decrypting import DecryptionPlan, decryption_exchange, statements_hash
from e2evote.messages.envelope import Exchange, Message, write
from e2evote.messages.invitation import Invitation, ceremony_exchange, parse_invitation, write_identity
from e2evote.messages.rounds import (
    COMMITMENTS,
    CONFIRMATION,
    PUBLIC_KEY,
    RESPONSES,
    REVEALS,
    SHARE,
    Confirmation,
    collect,
    collect_identities,
)
from e2evote.messages.signing import SecretSigningKey
from e2evote.record.codec import dump, parse
from e2evote.record.setup import Election
from e2evote.secret_sharing import SecretKeyShares
from tests.builders import manifest_bytes
from tests.deterministic import DeterministicRandomness
from tests.strategies import TOY_GROUP

NAMES = ("نسرین", "Bahram", "گلناز ۳")


def invitation(
    group: Group = TOY_GROUP, k: int = 2, attempt: int = 1, names: Sequence[str] = NAMES, rehearsal: bool = False
) -> Invitation:
    return Invitation.of(group, k, names, manifest_bytes(), attempt, rehearsal)


def plan_for(
    election: Election, statements: Sequence[Statement], available: Sequence[int], **changes: object
) -> DecryptionPlan:
    """Return the plan of whoever leads a decryption of tallies."""
    fields = {
        "h_e": election.h_e,
        "attempt": 1,
        "begun": "2026-12-01T12:00:00Z",
        "subject": "tallies",
        "record": b"\x0a" * 32,
        "pinned": b"\x0b" * 32,
        "statements": statements_hash(election, statements),
        "available": tuple(available),
    }
    return DecryptionPlan(**fields | changes)


@dataclass
class Machine:
    """One guardian's computer: the invitation, its keys, and the messages it was given."""

    i: int
    group: Group
    invitation: Invitation
    key: SecretSigningKey
    rng: DeterministicRandomness
    exchange: Exchange | None = None
    secret: SecretGuardianKeys | None = None
    keys_seen: list[bytes] = field(default_factory=list)
    shares: SecretKeyShares | None = None
    state: SecretDecryptionState | None = None
    plan_exchange: Exchange | None = None
    commitments_seen: list[bytes] = field(default_factory=list)

    @classmethod
    def unpack(cls, i: int, group: Group, invitation: bytes) -> "Machine":
        rng = DeterministicRandomness(f"machine {i}")
        return cls(i, group, parse_invitation(invitation, group), SecretSigningKey.of(rng.bytes(32)), rng)

    def identity(self) -> bytes:
        return write_identity(self.invitation, self.group, self.i, self.key)

    def public_key(self, identities: Sequence[bytes]) -> bytes:
        signing_keys = {p.i: p.signing_key for p in self.identities(identities).payloads}
        self.exchange = ceremony_exchange(self.invitation, self.group, signing_keys)
        name = self.invitation.names[self.i - 1]
        self.secret, public = generate_keys(self.ceremony, self.i, name, self.rng)
        return write(self.exchange, PUBLIC_KEY, self.key, self.i, public)

    def identities(self, received: Sequence[bytes]) -> object:
        return collect_identities(self.invitation, self.group, received)

    def shares_out(self, keys: Sequence[bytes]) -> list[bytes]:
        self.keys_seen = list(keys)
        collected = collect(self.exchange, PUBLIC_KEY, keys)
        shares = encrypt_shares(self.ceremony, self.secret, collected.payloads, self.rng)
        return [write(self.exchange, SHARE, self.key, self.i, s, s.recipient, collected.seen) for s in shares]

    def confirmation(self, shares: Sequence[bytes]) -> bytes:
        keys = collect(self.exchange, PUBLIC_KEY, self.keys_seen)
        given = collect(self.exchange, SHARE, shares, keys.seen, self.i)
        self.shares = receive_shares(self.ceremony, self.secret, keys.payloads, given.payloads)
        record = publish(self.ceremony, keys.payloads)
        confirm(self.ceremony, self.secret, self.shares, keys.payloads, record)
        return write(self.exchange, CONFIRMATION, self.key, self.i, Confirmation(h_g=record.h_g), seen=keys.seen)

    def commitments(self, election: Election, statements: Sequence[Statement], plan: bytes) -> bytes:
        agreed = parse(DecryptionPlan, plan, "plan")
        self.plan_exchange = decryption_exchange(self.exchange, election, statements, agreed)
        self.state, payload = commit(election, self.shares, statements, agreed.available, self.rng)
        return write(self.plan_exchange, COMMITMENTS, self.key, self.i, payload)

    def reveals(self, commitments: Sequence[bytes]) -> bytes:
        self.commitments_seen = list(commitments)
        collected = collect(self.plan_exchange, COMMITMENTS, commitments)
        payload = reveal(self.state, collected.payloads)
        return write(self.plan_exchange, REVEALS, self.key, self.i, payload, seen=collected.seen)

    def responses(self, election: Election, reveals: Sequence[bytes]) -> bytes:
        commitments = collect(self.plan_exchange, COMMITMENTS, self.commitments_seen)
        collected = collect(self.plan_exchange, REVEALS, reveals, commitments.seen)
        payload = respond(election, self.shares, self.state, commitments.payloads, collected.payloads)
        return write(self.plan_exchange, RESPONSES, self.key, self.i, payload, seen=collected.seen)

    @property
    def ceremony(self) -> object:
        return self.invitation.ceremony(self.group)


@dataclass
class Held:
    """A ceremony that went well: the machines and every message of it."""

    machines: Mapping[int, Machine]
    identities: list[bytes]
    keys: list[bytes]
    shares: list[bytes]
    confirmations: list[bytes]

    @property
    def exchange(self) -> Exchange:
        return self.machines[1].exchange

    def share(self, sender: int, recipient: int) -> bytes:
        opened = collect(self.exchange, SHARE, self.shares, self.seen).messages
        return next(m.data for m in opened if (m.sender, m.envelope.recipient) == (sender, recipient))

    @property
    def seen(self) -> bytes:
        return collect(self.exchange, PUBLIC_KEY, self.keys).seen

    def opened_key(self, i: int) -> Message:
        return collect(self.exchange, PUBLIC_KEY, self.keys).messages[i - 1]


def hold_by_mail(group: Group = TOY_GROUP) -> Held:
    """Three guardians, quorum 2; nothing but bytes goes between the machines."""
    sent = dump(invitation(group))
    machines = {i: Machine.unpack(i, group, sent) for i in (1, 2, 3)}
    identities = [m.identity() for m in machines.values()]
    keys = [m.public_key(identities[::-1]) for m in machines.values()]
    shares = [share for m in machines.values() for share in m.shares_out(keys[::-1])]
    confirmations = [m.confirmation(shares[::-1]) for m in machines.values()]
    return Held(machines, identities, keys, shares, confirmations)
