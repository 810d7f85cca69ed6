"""The rounds by name, and what has arrived of one: complete, or what is missing from whom."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Generic

from e2evote.decryption.rounds import DecryptionCommitments, DecryptionResponses, DecryptionReveals
from e2evote.errors import CheckError, E2EVoteError
from e2evote.group.elements import Group
from e2evote.key_ceremony import EncryptedShare
from e2evote.messages.complaints import COMPLAINT
from e2evote.messages.envelope import (
    ALL,
    NOTHING,
    Exchange,
    Message,
    P,
    P_co,
    Round,
    RoundName,
    open_message,
    seen_hash,
)
from e2evote.messages.invitation import IDENTITY, Identity, Invitation, ceremony_exchange, open_identity
from e2evote.messages.key_check import KEY_CHECK
from e2evote.record.codec import Hash, RecordModel
from e2evote.record.setup import GuardianPublicKey


class Confirmation(RecordModel):
    """The preliminary guardian record is what this guardian received and has shares of."""

    h_g: Hash


PUBLIC_KEY = Round("public key", GuardianPublicKey)
SHARE = Round("share", EncryptedShare, addressed=True, answers=True)
CONFIRMATION = Round("confirmation", Confirmation, answers=True)
COMMITMENTS = Round("commitments", DecryptionCommitments)
REVEALS = Round("reveals", DecryptionReveals, answers=True)
RESPONSES = Round("responses", DecryptionResponses, answers=True)

ROUNDS: dict[RoundName, Round[RecordModel]] = {
    round_.name: round_
    for round_ in (IDENTITY, PUBLIC_KEY, SHARE, CONFIRMATION, COMMITMENTS, REVEALS, RESPONSES, COMPLAINT, KEY_CHECK)
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Bytes that are no message of the round, kept as they came, and why."""

    data: bytes
    why: str


@dataclass(frozen=True, slots=True)
class Collected(Generic[P_co]):
    """What has arrived of a round.

    Args:
        round: its name.
        messages: accepted, by sender and recipient.
        missing: (sender, recipient) of what has not arrived.
        refused: what was no message of the round.
        contradictions: two different signed messages where one may be; neither is accepted.
        seen: what messages that answer these have to say they have seen.
    """

    round: RoundName
    messages: tuple[Message[P_co], ...]
    missing: tuple[tuple[int, int], ...]
    refused: tuple[Refusal, ...]
    contradictions: tuple[tuple[Message[P_co], Message[P_co]], ...]
    seen: bytes

    @property
    def is_complete(self) -> bool:
        """Whether there is exactly one message wherever one is needed."""
        return not (self.missing or self.contradictions)

    @property
    def only_waits(self) -> bool:
        """Whether messages are missing, and nothing else is wrong."""
        return bool(self.missing) and not (self.refused or self.contradictions)

    @property
    def payloads(self) -> tuple[P_co, ...]:
        """What was said, for the next step.

        Raises:
            CheckError: the round is not complete; the text names what is missing from whom.
        """
        if not self.is_complete:
            raise CheckError("; ".join(self.report()))
        return tuple(message.payload for message in self.messages)

    def report(self) -> tuple[str, ...]:
        """Say in sentences what stands in the way, and what was refused."""
        return (
            *(f"{self.round}: nothing from guardian {i}{f' for {ell}' if ell else ''}" for i, ell in self.missing),
            *(f"{self.round}: two different messages of guardian {m.sender}" for m, _ in self.contradictions),
            *(f"{self.round}: refused: {refusal.why}" for refusal in self.refused),
        )


def collect(
    exchange: Exchange,
    round_: Round[P],
    received: Iterable[bytes],
    seen: bytes = NOTHING,
    recipient: int | None = None,
) -> Collected[P]:
    """Open what has arrived of a round, in any order, copies included.

    Args:
        exchange: what it belongs to.
        round_: the round; all guardians of the exchange take part.
        received: the files that came.
        seen: ``Collected.seen`` of the messages that this round answers.
        recipient: of messages to single guardians, only those for this one.
    """
    guardians = exchange.signing_keys
    recipients = [ell for ell in guardians if recipient in (None, ell)] if round_.addressed else [ALL]
    expected = [(i, ell) for i in guardians for ell in recipients if i != ell]
    return _collected(exchange, round_, partial(open_message, exchange, round_), received, expected, seen)


def collect_identities(invitation: Invitation, group: Group, received: Iterable[bytes]) -> Collected[Identity]:
    """Open the answers to an invitation; then people compare the fingerprints of the signing keys."""
    expected = [(i, ALL) for i in range(1, len(invitation.names) + 1)]
    exchange = Exchange(group, invitation.hash(group), invitation.attempt, {}, {})
    return _collected(exchange, IDENTITY, partial(open_identity, invitation, group), received, expected, NOTHING)


def exchange_of(invitation: Invitation, group: Group, identities: Collected[Identity]) -> Exchange:
    """Return the exchange of a ceremony whose identities came.

    Raises:
        CheckError: one is missing, or there are two of a guardian.
    """
    keys = {identity.i: identity.signing_key for identity in identities.payloads}
    return ceremony_exchange(invitation, group, keys)


def _collected(
    exchange: Exchange,
    round_: Round[P],
    opened: Callable[[bytes], Message[P]],
    received: Iterable[bytes],
    expected: Iterable[tuple[int, int]],
    seen: bytes,
) -> Collected[P]:
    first: dict[tuple[int, int], Message[P]] = {}
    other: dict[tuple[int, int], Message[P]] = {}
    refused, slots = [], sorted(expected)
    for data in received:
        try:
            message = opened(data)
            slot = (message.sender, message.envelope.recipient)
            if slot not in slots:
                raise CheckError(f"guardian {slot[0]}: {round_.name}: this is for guardian {slot[1]}")
        except E2EVoteError as error:
            refused.append(Refusal(data, str(error)))
            continue
        if first.setdefault(slot, message).envelope.digest != message.envelope.digest:
            other.setdefault(slot, message)
    accepted = []
    for slot in slots:
        if slot in first and slot not in other:
            if first[slot].envelope.seen == seen:
                accepted.append(first[slot])
                continue
            why = f"guardian {slot[0]}: {round_.name}: it answers other messages than those received here"
            refused.append(Refusal(first.pop(slot).data, why))
    return Collected(
        round=round_.name,
        messages=tuple(accepted),
        missing=tuple(slot for slot in slots if slot not in first),
        refused=tuple(refused),
        contradictions=tuple((first[slot], message) for slot, message in sorted(other.items())),
        seen=seen_hash(exchange, (message.envelope for message in accepted)),
    )
