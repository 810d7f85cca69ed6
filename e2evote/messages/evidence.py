"""Evidence: signed messages inside a complaint, opened again, and what is wrong with one by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from e2evote.decryption.rounds import DecryptionCommitments, DecryptionResponses, DecryptionReveals
from e2evote.decryption.statements import Statement
from e2evote.errors import CheckError, E2EVoteError, VerificationError
from e2evote.group.computation import are_members
from e2evote.key_ceremony import Ceremony, EncryptedShare, verify_encrypted_share, verify_public_key
from e2evote.messages.envelope import Envelope, Exchange, P, Round, check_address, open_envelope, read_payload
from e2evote.messages.rounds import ROUNDS
from e2evote.record.codec import RecordModel
from e2evote.record.setup import Election, GuardianPublicKey

Party = Literal["accused", "complainer", "nobody"]
"""Who can be found guilty."""


@dataclass(frozen=True, slots=True)
class CeremonyCase:
    """What everybody knows of a ceremony."""

    exchange: Exchange
    ceremony: Ceremony


@dataclass(frozen=True, slots=True)
class DecryptionCase:
    """What everybody knows of a decryption: the statements are those of the plan."""

    exchange: Exchange
    election: Election
    guardians: Sequence[GuardianPublicKey]
    statements: Sequence[Statement]


Case: TypeAlias = CeremonyCase | DecryptionCase


@dataclass(frozen=True, slots=True)
class Hearing:
    """A case with the two guardians concerned."""

    case: Case
    complainer: int
    accused: int

    def party(self, i: int) -> Party:
        """Return what guardian i is here; anybody else's fault is nobody's in this complaint."""
        return "accused" if i == self.accused else "complainer" if i == self.complainer else "nobody"

    def signed(self, text: str) -> Envelope:
        """Open a piece of evidence, whose signature and exchange the complainer has vouched for by signing.

        Raises:
            SettledError: against the complainer.
        """
        try:
            return open_envelope(self.case.exchange, text.encode(), "evidence")
        except (E2EVoteError, UnicodeError) as error:
            raise SettledError("complainer", f"the evidence is no signed message of this exchange: {error}") from None

    def of_round(self, round_: Round[RecordModel], text: str) -> Envelope:
        """Open evidence of a certain round.

        Raises:
            SettledError: against the complainer.
        """
        envelope = self.signed(text)
        if envelope.round != round_.name:
            raise SettledError("complainer", f"the evidence is of round {envelope.round!r}, not {round_.name!r}")
        return envelope

    def one_each(self, round_: Round[RecordModel], texts: Sequence[str]) -> Mapping[int, Envelope]:
        """Open one message of each guardian.

        Raises:
            SettledError: against the complainer.
        """
        envelopes = [self.of_round(round_, text) for text in texts]
        found = {envelope.sender: envelope for envelope in envelopes}
        if len(found) != len(envelopes) or found.keys() != self.case.exchange.signing_keys.keys():
            raise SettledError("complainer", f"the evidence needs one message {round_.name!r} of each guardian")
        return found

    def payload(self, round_: Round[P], envelope: Envelope) -> P:
        """Return the payload.

        Raises:
            SettledError: against the signer, if it is a party: its form is wrong.
        """
        try:
            check_address(self.case.exchange, round_, envelope)
            return read_payload(self.case.exchange, round_, envelope)
        except E2EVoteError as error:
            raise SettledError(self.party(envelope.sender), str(error)) from None

    def sound(self, round_: Round[P], envelope: Envelope) -> P:
        """Return the payload of a message with which nothing is wrong by itself.

        Raises:
            SettledError: against the signer, if it is a party.
        """
        payload = self.payload(round_, envelope)
        try:
            verify_payload(self.case, payload)
        except (CheckError, VerificationError) as error:
            raise SettledError(self.party(envelope.sender), str(error)) from None
        return payload

    def sound_message(self, envelope: Envelope) -> None:
        """Accept a message of any round with which nothing is wrong by itself.

        Raises:
            SettledError: against the signer, if it is a party.
        """
        self.sound(ROUNDS[envelope.round], envelope)


class SettledError(E2EVoteError):
    """A hearing has come to its end before the last question."""

    def __init__(self, party: Party, why: str) -> None:
        """Say against whom, and why."""
        self.party, self.why = party, why
        super().__init__(f"{party}: {why}")


def verify_payload(case: Case, payload: RecordModel) -> None:
    """Accept what a message says as far as it can be judged by itself.

    Raises:
        CheckError: another number of values than there are statements.
        VerificationError: a proof that does not hold, a value that is not in the group or in Z_q.

    Spec: EG-2.1 §3.2.2, box 2
    """
    match case, payload:
        case CeremonyCase(_, ceremony), GuardianPublicKey():
            verify_public_key(ceremony, payload)
        case CeremonyCase(_, ceremony), EncryptedShare():
            verify_encrypted_share(ceremony, payload)
        case DecryptionCase(statements=statements), DecryptionCommitments(i=i, hashes=hashes):
            check_count(i, hashes, statements)
        case DecryptionCase(statements=statements), DecryptionReveals(i=i, partials=partials):
            check_count(i, partials, statements)
            if not all(are_members([x for part in partials for x in (part.a, part.b, part.m)])):
                raise VerificationError(f"guardian {i}: a value is not a member of the group")
        case DecryptionCase(statements=statements), DecryptionResponses(i=i, responses=responses):
            check_count(i, responses, statements)
            if not all(v.in_range() for v in responses):
                raise VerificationError(f"guardian {i}: a response is not in Z_q")
        case _:
            pass


def check_count(i: int, values: Sequence[object], statements: Sequence[Statement]) -> None:
    """Accept one value for each statement.

    Raises:
        CheckError: otherwise.
    """
    if len(values) != len(statements):
        raise CheckError(f"guardian {i}: {len(values)} values for {len(statements)} statements")
