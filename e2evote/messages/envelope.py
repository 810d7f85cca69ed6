"""The envelope of every message: from a typed payload to signed bytes, and back through every check.

An ``Exchange`` is one attempt at one task (a ceremony, a decryption) with the signing keys of its guardians. In it,
every guardian writes at most one message in each *slot*: round, sender, recipient. Copies of a message are therefore
harmless, and two different messages in one slot prove that their sender lied to somebody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from e2evote.ed25519 import verify_signature
from e2evote.encoding import b
from e2evote.errors import CheckError
from e2evote.group.elements import Group
from e2evote.hashing import H, OwnTag
from e2evote.messages.signing import SecretSigningKey, Signature
from e2evote.record.codec import Count, Hash, Index, RecordModel, dump, parse

RoundName = Literal[
    "identity", "public key", "share", "confirmation", "commitments", "reveals", "responses", "complaint", "key check"
]
"""The rounds: four of the ceremony, three of a decryption, complaints about either, and proofs of possession."""
ALL = 0
"""The recipient of what everybody may read."""
NOTHING = bytes(32)
"""``seen`` of a message that answers no others."""

_LABEL = b"e2evote guardian message v1".ljust(32, b"\0")


class Envelope(RecordModel):
    """A signed message; ``payload`` is canonical JSON as a text, so that it is judged apart from its envelope."""

    format: Literal["e2evote-guardian-message"]
    version: Literal[1]
    context: Hash
    attempt: Index
    round: RoundName
    sender: Index
    recipient: Count
    seen: Hash
    payload: str
    signature: Signature

    def signed_bytes(self) -> bytes:
        """Return what is signed: all fields but the signature, in fixed widths."""
        payload = self.payload.encode()
        # label(32) ‖ context(32) ‖ attempt(4) ‖ round(32) ‖ sender(4) ‖ recipient(4) ‖ seen(32) ‖ len(8) ‖ payload
        head = _LABEL + self.context + b(self.attempt, 4) + self.round.encode().ljust(32, b"\0")
        return head + b(self.sender, 4) + b(self.recipient, 4) + self.seen + b(len(payload), 8) + payload

    @property
    def digest(self) -> bytes:
        """The hash of what is signed: the message without the signature, of which there may be several."""
        data = self.signed_bytes()
        # E5 ‖ signed bytes
        return H(self.context, OwnTag.MESSAGE, data, length=1 + len(data))

    @property
    def slot(self) -> tuple[bytes, int, str, int, int]:
        """Where only one message of this sender may be."""
        return self.context, self.attempt, self.round, self.sender, self.recipient


P = TypeVar("P", bound=RecordModel)
P_co = TypeVar("P_co", bound=RecordModel, covariant=True)


@dataclass(frozen=True, slots=True)
class Round(Generic[P_co]):
    """A round and the type of its payload.

    Args:
        name: what it is called.
        kind: the type of its payload.
        addressed: a message is for one guardian, not for all.
        answers: a message says by ``seen`` what its sender had received before.
        repeatable: a guardian may write more than one.
    """

    name: RoundName
    kind: type[P_co]
    addressed: bool = False
    answers: bool = False
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """One attempt at one task: its hash, and the guardians' signing keys by index."""

    group: Group
    context: bytes
    attempt: int
    signing_keys: Mapping[int, bytes]
    names: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Message(Generic[P_co]):
    """A message whose signature and payload were accepted, with the bytes that prove it to others."""

    data: bytes
    envelope: Envelope
    payload: P_co

    @property
    def sender(self) -> int:
        """The guardian who signed it."""
        return self.envelope.sender


def write(
    exchange: Exchange,
    round_: Round[P],
    key: SecretSigningKey,
    sender: int,
    payload: P,
    recipient: int = ALL,
    seen: bytes = NOTHING,
) -> bytes:
    """Return the signed bytes of a message.

    Args:
        exchange: what it belongs to.
        round_: its round.
        key: the sender's signing key.
        sender: the guardian who writes.
        payload: what is said.
        recipient: a guardian, or ``ALL``.
        seen: ``seen_hash`` of the messages that it answers.

    Raises:
        CheckError: the payload or the recipient is not what the round has, or the exchange knows the sender by another
            signing key: then the others were shown a false one.
    """
    if exchange.signing_keys.get(sender) != key.public:
        raise CheckError(f"guardian {sender}: its signing key is not the one that this exchange has for it")
    envelope = Envelope(
        format="e2evote-guardian-message",
        version=1,
        context=exchange.context,
        attempt=exchange.attempt,
        round=round_.name,
        sender=sender,
        recipient=recipient,
        seen=seen,
        payload=dump(payload).decode(),
        signature=bytes(64),
    )
    check_address(exchange, round_, envelope)
    check_payload(exchange, envelope, payload)
    return dump(envelope.model_copy(update={"signature": key.sign(envelope.signed_bytes())}))


def open_message(exchange: Exchange, round_: Round[P], data: bytes, where: str = "message") -> Message[P]:
    """Go from bytes to a message of this exchange and round that its sender signed.

    Raises:
        ParseError: the bytes or the payload are not in the one accepted form.
        CheckError: it is of another ceremony, attempt or round, or by nobody who takes part; the payload speaks for
            another guardian.
        VerificationError: the signature does not hold.
    """
    envelope = open_envelope(exchange, data, where)
    if envelope.round != round_.name:
        raise CheckError(f"{where}: a message of round {envelope.round!r}, not of round {round_.name!r}")
    check_address(exchange, round_, envelope)
    return Message(data, envelope, read_payload(exchange, round_, envelope))


def open_envelope(exchange: Exchange, data: bytes, where: str = "message") -> Envelope:
    """Go from bytes to an envelope of this exchange that its sender signed; the payload is not read.

    Raises:
        ParseError: the bytes are not in the one accepted form.
        CheckError: it is of another ceremony or attempt, or by nobody who takes part.
        VerificationError: the signature does not hold.
    """
    envelope = parse_envelope(data, where)
    if envelope.attempt != exchange.attempt:
        raise CheckError(f"{where}: a message of attempt {envelope.attempt}, not of attempt {exchange.attempt}")
    if envelope.context != exchange.context:
        raise CheckError(f"{where}: a message of another election, ceremony or decryption")
    if envelope.sender not in exchange.signing_keys:
        raise CheckError(f"{where}: guardian {envelope.sender} does not take part")
    who = f"{where}: guardian {envelope.sender}"
    verify_signature(exchange.signing_keys[envelope.sender], envelope.signature, envelope.signed_bytes(), who)
    return envelope


def parse_envelope(data: bytes, where: str) -> Envelope:
    """Return the envelope that the bytes are; its signature is not verified.

    Raises:
        ParseError: not in the one accepted form.
    """
    return parse(Envelope, data, where)


def read_payload(exchange: Exchange, round_: Round[P], envelope: Envelope) -> P:
    """Return the payload; failures here are the signer's own, whoever carried the message.

    Raises:
        ParseError: not the one accepted form of the round's payload.
        CheckError: it speaks for another guardian than the envelope.
    """
    where = f"guardian {envelope.sender}: {round_.name}"
    payload = parse(round_.kind, envelope.payload.encode(), where, exchange.group)
    check_payload(exchange, envelope, payload)
    return payload


def check_payload(exchange: Exchange, envelope: Envelope, payload: RecordModel) -> None:
    """Accept a payload whose guardian, recipient and name are those of the envelope and the invitation.

    Raises:
        CheckError: otherwise.
    """
    where, fields = f"guardian {envelope.sender}: {envelope.round}", dict(payload)
    for field, expected in (
        ("i", envelope.sender),
        ("sender", envelope.sender),
        ("recipient", envelope.recipient),
        ("name", exchange.names.get(envelope.sender)),
    ):
        if fields.get(field, expected) != expected:
            raise CheckError(f"{where}: the field {field} is {fields[field]!r}, not {expected!r}")


def seen_hash(exchange: Exchange, envelopes: Iterable[Envelope]) -> bytes:
    """Return what a message says that it answers: the hash of these messages, in whatever order they came."""
    digests = [envelope.digest for envelope in sorted(envelopes, key=lambda e: (e.sender, e.recipient))]
    # E6 ‖ count(4) ‖ digest(32) each
    return H(exchange.context, OwnTag.SEEN, len(digests), *digests, length=5 + 32 * len(digests))


def check_address(exchange: Exchange, round_: Round[RecordModel], envelope: Envelope) -> None:
    """Accept a recipient and a ``seen`` such as the round has.

    Raises:
        CheckError: otherwise.
    """
    who = f"guardian {envelope.sender}: {round_.name}"
    others = exchange.signing_keys.keys() - {envelope.sender}
    if envelope.recipient not in others if round_.addressed else envelope.recipient != ALL:
        what = "another guardian" if round_.addressed else f"all ({ALL})"
        raise CheckError(f"{who}: is for {what}, not for {envelope.recipient}")
    if (envelope.seen == NOTHING) == round_.answers:
        raise CheckError(f"{who}: {'must' if round_.answers else 'does not'} say which messages it answers")
