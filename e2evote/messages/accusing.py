"""From what a guardian received to the complaints that it should sign: those that ``adjudicate`` will find right."""

from collections.abc import Iterator

from e2evote.decryption.rounds import (
    DecryptionCommitments,
    DecryptionResponses,
    DecryptionReveals,
    answers_hold,
    combined,
)
from e2evote.errors import E2EVoteError, VerificationError
from e2evote.group.randomness import SYSTEM, Randomness
from e2evote.key_ceremony import EncryptedShare, SecretGuardianKeys, decrypt_share, publish, verify_encrypted_share
from e2evote.messages.complaints import (
    Absence,
    Complaint,
    Grounds,
    InvalidMessage,
    TwoFaces,
    WrongConfirmation,
    WrongDecryption,
    WrongShare,
    open_share,
)
from e2evote.messages.envelope import Message, open_envelope
from e2evote.messages.evidence import Case, CeremonyCase, DecryptionCase, Hearing, SettledError
from e2evote.messages.rounds import Collected, Confirmation
from e2evote.record.codec import RecordModel
from e2evote.record.setup import GuardianPublicKey


def complaints_about(case: Case, collected: Collected[RecordModel]) -> tuple[Complaint, ...]:
    """Return a complaint about everything in a round that can be judged by itself, and about what is missing.

    What was refused because nobody of the exchange signed it is nobody's fault.
    """
    return tuple(_complaints_about(case, collected))


def _complaints_about(case: Case, collected: Collected[RecordModel]) -> Iterator[Complaint]:
    for first, second in collected.contradictions:
        grounds = TwoFaces(kind="two faces", first=first.data.decode(), second=second.data.decode())
        yield _complaint(first.sender, "two different messages", grounds)
    for data in (*(m.data for m in collected.messages), *(refusal.data for refusal in collected.refused)):
        try:
            envelope = open_envelope(case.exchange, data)
        except E2EVoteError:
            continue
        try:
            Hearing(case, 0, envelope.sender).sound_message(envelope)
        except SettledError as settled:
            invalid = InvalidMessage(kind="invalid message", message=data.decode())
            yield _complaint(envelope.sender, settled.why, invalid)
    for sender, recipient in collected.missing:
        absence = Absence(kind="absence", round=collected.round, recipient=recipient)
        yield _complaint(sender, "nothing came", absence)


def complaint_about_share(
    case: CeremonyCase,
    secret: SecretGuardianKeys,
    keys: Collected[GuardianPublicKey],
    share: Message[EncryptedShare],
    rng: Randomness = SYSTEM,
) -> Complaint:
    """Return the complaint about a share that ``receive_shares`` refused.

    The share must answer these keys, as those do that ``collect`` accepts.

    Raises:
        CheckError: the share is for another guardian.
    """
    try:
        opening = open_share(case.ceremony, case.exchange, secret, share.payload, rng)
    except VerificationError as error:
        return _complaint(share.sender, str(error), InvalidMessage(kind="invalid message", message=share.data.decode()))
    texts = tuple(message.data.decode() for message in keys.messages)
    grounds = WrongShare(kind="wrong share", public_keys=texts, share=share.data.decode(), opening=opening)
    return _complaint(share.sender, "eqs. 24, 28, 29", grounds)


def complaints_about_shares(
    case: CeremonyCase,
    secret: SecretGuardianKeys,
    keys: Collected[GuardianPublicKey],
    shares: Collected[EncryptedShare],
    rng: Randomness = SYSTEM,
) -> tuple[Complaint, ...]:
    """Return a complaint about every share of a round that this guardian cannot receive; the others stay closed.

    Spec: EG-2.1 §3.2.2, eqs. 24, 28, 29
    """
    senders = {public.i: public for public in keys.payloads}
    kappa, found = senders[secret.i].communication_key, []
    for message in shares.messages:
        share = message.payload
        try:
            verify_encrypted_share(case.ceremony, share)
            decrypt_share(case.ceremony, senders[share.sender], kappa, share, share.ciphertext.c_0**secret.zeta)
        except VerificationError:
            found.append(complaint_about_share(case, secret, keys, message, rng))
    return tuple(found)


def complaints_about_confirmations(
    case: CeremonyCase, keys: Collected[GuardianPublicKey], confirmations: Collected[Confirmation]
) -> tuple[Complaint, ...]:
    """Return a complaint about every confirmation that has seen these keys, and confirms something else.

    Raises:
        VerificationError: the keys make no guardian record.

    Spec: EG-2.1 §3.2.2, eq. 27
    """
    h_g, texts = publish(case.ceremony, keys.payloads).h_g, tuple(message.data.decode() for message in keys.messages)
    return tuple(
        _complaint(
            message.sender,
            "eq. 27",
            WrongConfirmation(kind="wrong confirmation", public_keys=texts, confirmation=message.data.decode()),
        )
        for message in confirmations.messages
        if message.payload.h_g != h_g
    )


def complaints_about_decryption(
    case: DecryptionCase,
    commitments: Collected[DecryptionCommitments],
    reveals: Collected[DecryptionReveals],
    responses: Collected[DecryptionResponses] | None = None,
) -> tuple[Complaint, ...]:
    """Return a complaint about every guardian whose part or response is wrong, with the first statement where it is.

    Args:
        case: the decryption.
        commitments: complete, with nothing in it that ``complaints_about`` finds.
        reveals: likewise.
        responses: likewise, if there are any yet.

    Spec: EG-2.1 §3.6.5, eqs. 94, 95
    """
    U, found = sorted(case.exchange.signing_keys), []
    texts = tuple(message.data.decode() for message in commitments.messages)
    for committed, revealed in zip(commitments.payloads, reveals.messages, strict=True):
        values = zip(case.statements, committed.hashes, revealed.payload.partials, strict=True)
        for number, (statement, d, part) in enumerate(values, 1):
            if statement.commitment_hash(committed.i, U, part) != d:
                grounds = WrongDecryption(
                    kind="wrong decryption", statement=number, commitments=texts, reveals=(revealed.data.decode(),)
                )
                found.append(_complaint(committed.i, "eqs. 88, 99", grounds))
                break
    if found or responses is None:
        return tuple(found)
    joint = combined(case.election, case.statements, U, commitments.payloads, reveals.payloads)
    for answered, revealed in zip(responses.messages, reveals.messages, strict=True):
        i = answered.sender
        answers = zip(case.statements, joint, revealed.payload.partials, answered.payload.responses, strict=True)
        for number, (statement, (_, c), part, v) in enumerate(answers, 1):
            if not answers_hold(case.election, case.guardians, statement, i, U, c, part, v):
                grounds = WrongDecryption(
                    kind="wrong decryption",
                    statement=number,
                    commitments=texts,
                    reveals=tuple(message.data.decode() for message in reveals.messages),
                    response=answered.data.decode(),
                )
                found.append(_complaint(i, "eqs. 94, 95", grounds))
                break
    return tuple(found)


def _complaint(accused: int, equation: str, grounds: Grounds) -> Complaint:
    return Complaint(accused=accused, equation=equation[:200], grounds=grounds)
