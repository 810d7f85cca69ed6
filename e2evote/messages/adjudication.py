"""Who was wrong: from a signed complaint and public values to a verdict that everybody reaches alike.

A complaint whose evidence holds finds the accused guilty, one that its own evidence refutes finds the complainer
guilty, and nobody is guilty where the evidence leaves an honest explanation. Nothing is believed because somebody says
it: without the signature that proves it, a message is nobody's.
"""

from collections.abc import Iterable, Mapping

from e2evote.decryption.rounds import DecryptionCommitments, DecryptionReveals, answers_hold, combined
from e2evote.decryption.statements import Partial
from e2evote.errors import VerificationError
from e2evote.group.computation import are_members
from e2evote.key_ceremony import decrypt_share, publish
from e2evote.messages.complaints import (
    COMPLAINT,
    Absence,
    InvalidMessage,
    TwoFaces,
    WrongConfirmation,
    WrongDecryption,
    WrongShare,
    verify_opening,
)
from e2evote.messages.envelope import Envelope, open_message, seen_hash
from e2evote.messages.evidence import Case, CeremonyCase, DecryptionCase, Hearing, Party, SettledError
from e2evote.messages.rounds import COMMITMENTS, CONFIRMATION, PUBLIC_KEY, RESPONSES, REVEALS, ROUNDS, SHARE
from e2evote.record.codec import Count, RecordModel

_OTHER_VIEW = "it answers other messages than those in evidence; look for a guardian who signed two"


class Verdict(RecordModel):
    """Who is guilty, which guardian that is (0 if nobody), and why."""

    guilty: Party
    guardian: Count
    why: str


def adjudicate(case: Case, data: bytes) -> Verdict:
    """Judge a signed complaint.

    Raises:
        ParseError: it is no message in the one accepted form, or its payload no complaint.
        CheckError: it is of another exchange, or no complaint; nothing is proved of anybody.
        VerificationError: its signature does not hold.

    Spec: EG-2.1 §3.2.2, eqs. 22–24; §3.6.5, eqs. 94, 95
    """
    message = open_message(case.exchange, COMPLAINT, data, "complaint")
    accused, grounds = message.payload.accused, message.payload.grounds
    hearing = Hearing(case, message.sender, accused)
    try:
        if accused not in case.exchange.signing_keys:
            raise SettledError("complainer", f"guardian {accused} does not take part")
        match case, grounds:
            case _, TwoFaces():
                _two_faces(hearing, grounds)
            case _, InvalidMessage():
                _invalid_message(hearing, grounds)
            case _, Absence():
                raise SettledError("nobody", "absence cannot be proved; it is recorded")
            case CeremonyCase(), WrongShare():
                _wrong_share(hearing, case, grounds)
            case CeremonyCase(), WrongConfirmation():
                _wrong_confirmation(hearing, case, grounds)
            case DecryptionCase(), WrongDecryption():
                _wrong_decryption(hearing, case, grounds)
            case _:
                raise SettledError("complainer", f"there is no {grounds.kind} in this exchange")
    except SettledError as settled:
        guardian = {"accused": accused, "complainer": message.sender, "nobody": 0}[settled.party]
        return Verdict(guilty=settled.party, guardian=guardian, why=settled.why)
    why = f"{grounds.kind}: what guardian {accused} sent holds"
    return Verdict(guilty="complainer", guardian=message.sender, why=why)


def _two_faces(hearing: Hearing, grounds: TwoFaces) -> None:
    first, second = hearing.signed(grounds.first), hearing.signed(grounds.second)
    _by_accused(hearing, first)
    if first.slot != second.slot:
        raise SettledError("complainer", "the two messages do not stand in each other's place")
    if ROUNDS[first.round].repeatable:
        raise SettledError("complainer", f"a guardian may write more than one message of round {first.round!r}")
    if first.digest != second.digest:
        why = f"guardian {hearing.accused} signed two different messages of round {first.round!r}"
        raise SettledError("accused", why)


def _invalid_message(hearing: Hearing, grounds: InvalidMessage) -> None:
    envelope = hearing.signed(grounds.message)
    _by_accused(hearing, envelope)
    hearing.sound_message(envelope)


def _wrong_share(hearing: Hearing, case: CeremonyCase, grounds: WrongShare) -> None:
    """Decrypt the share with the opened β.

    Spec: EG-2.1 §3.2.2, eqs. 23, 24, 28, 29
    """
    keys, envelope = hearing.one_each(PUBLIC_KEY, grounds.public_keys), hearing.of_round(SHARE, grounds.share)
    _by_accused(hearing, envelope)
    if envelope.recipient != hearing.complainer:
        raise SettledError("complainer", f"the share is for guardian {envelope.recipient}")
    share = hearing.sound(SHARE, envelope)
    accused = hearing.sound(PUBLIC_KEY, keys[hearing.accused])
    own = hearing.sound(PUBLIC_KEY, keys[hearing.complainer])
    _check_seen(hearing, envelope, keys.values())
    try:
        verify_opening(case.ceremony, case.exchange, own.communication_key, share, grounds.opening)
    except VerificationError as error:
        raise SettledError("complainer", str(error)) from None
    try:
        decrypt_share(case.ceremony, accused, own.communication_key, share, grounds.opening.beta)
    except VerificationError as error:
        raise SettledError("accused", str(error)) from None


def _wrong_confirmation(hearing: Hearing, case: CeremonyCase, grounds: WrongConfirmation) -> None:
    keys = hearing.one_each(PUBLIC_KEY, grounds.public_keys)
    envelope = hearing.of_round(CONFIRMATION, grounds.confirmation)
    _by_accused(hearing, envelope)
    confirmation = hearing.sound(CONFIRMATION, envelope)
    publics = [hearing.sound(PUBLIC_KEY, key) for key in keys.values()]
    _check_seen(hearing, envelope, keys.values())
    try:
        record = publish(case.ceremony, publics)
    except VerificationError as error:
        raise SettledError("accused", f"guardian {hearing.accused} confirmed what cannot be: {error}") from None
    if confirmation.h_g != record.h_g:
        raise SettledError("accused", f"guardian {hearing.accused}: H_G is not that of the keys it has seen (eq. 27)")


def _wrong_decryption(hearing: Hearing, case: DecryptionCase, grounds: WrongDecryption) -> None:
    """Compare the accused's part with its commitment, and its response with its part.

    Spec: EG-2.1 §3.6.5, eqs. 94, 95
    """
    i, U, index = hearing.accused, sorted(case.exchange.signing_keys), grounds.statement - 1
    if index >= len(case.statements):
        raise SettledError("complainer", f"there are {len(case.statements)} statements")
    statement = case.statements[index]
    committed = hearing.one_each(COMMITMENTS, grounds.commitments)
    revealed = {e.sender: e for e in (hearing.of_round(REVEALS, text) for text in grounds.reveals)}
    if i not in revealed:
        raise SettledError("complainer", f"the evidence needs the reveals of guardian {i}")
    opened = {i: _revealed(hearing, case, committed, revealed[i], index)}
    if grounds.response is None:
        return
    if len(grounds.reveals) != len(U) or sorted(revealed) != U:
        raise SettledError("complainer", "the evidence needs the reveals of every available guardian, once")
    response = hearing.of_round(RESPONSES, grounds.response)
    _by_accused(hearing, response)
    responses = hearing.sound(RESPONSES, response).responses
    _check_seen(hearing, response, revealed.values())
    for j in U:
        opened[j] = opened.get(j) or _revealed(hearing, case, committed, revealed[j], index)
    parts = [DecryptionReveals(i=j, partials=(opened[j][1],)) for j in U]
    hashes = [DecryptionCommitments(i=j, hashes=(opened[j][0],)) for j in U]
    ((_, c),) = combined(case.election, [statement], U, hashes, parts)
    if not answers_hold(case.election, case.guardians, statement, i, U, c, opened[i][1], responses[index]):
        raise SettledError("accused", f"guardian {i}: {statement.name}: the response does not fit (eqs. 94, 95)")


def _revealed(
    hearing: Hearing, case: DecryptionCase, committed: Mapping[int, Envelope], reveal: Envelope, index: int
) -> tuple[bytes, Partial]:
    """Return d_i of a statement and what was revealed of it, if they belong together.

    Spec: EG-2.1 §3.6.5, eq. 88; §3.6.6, eq. 99
    """
    i, statement = reveal.sender, case.statements[index]
    hashes = hearing.sound(COMMITMENTS, committed[i]).hashes
    partials = hearing.payload(REVEALS, reveal).partials
    _check_seen(hearing, reveal, committed.values())
    why = f"guardian {i}: {statement.name}: "
    if len(partials) != len(case.statements):
        raise SettledError(
            hearing.party(i), f"guardian {i}: {len(partials)} values for {len(case.statements)} statements"
        )
    part = partials[index]
    if statement.commitment_hash(i, sorted(case.exchange.signing_keys), part) != hashes[index]:
        raise SettledError(hearing.party(i), why + "what was revealed is not what was committed to")
    if not all(are_members([part.a, part.b, part.m])):
        raise SettledError(hearing.party(i), why + "a value is not a member of the group")
    return hashes[index], part


def _by_accused(hearing: Hearing, envelope: Envelope) -> None:
    if envelope.sender != hearing.accused:
        raise SettledError("complainer", f"the message is of guardian {envelope.sender}, not of the accused")


def _check_seen(hearing: Hearing, answer: Envelope, answered: Iterable[Envelope]) -> None:
    if answer.seen != seen_hash(hearing.case.exchange, answered):
        raise SettledError("nobody", f"guardian {answer.sender}: {answer.round}: {_OTHER_VIEW}")
