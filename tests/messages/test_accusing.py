"""Complaints as an honest guardian makes them: all of them are found right."""

from dataclasses import replace

import pytest

from e2evote.decryption.rounds import combine
from e2evote.errors import CheckError, VerificationError
from e2evote.key_ceremony import receive_shares
from e2evote.messages import accusing
from e2evote.messages.accusing import (
    complaint_about_share,
    complaints_about,
    complaints_about_confirmations,
    complaints_about_decryption,
    complaints_about_shares,
)
from e2evote.messages.adjudication import adjudicate
from e2evote.messages.complaints import COMPLAINT, Complaint
from e2evote.messages.envelope import Exchange, write
from e2evote.messages.evidence import Case, CeremonyCase, DecryptionCase
from e2evote.messages.rounds import (
    COMMITMENTS,
    CONFIRMATION,
    PUBLIC_KEY,
    RESPONSES,
    REVEALS,
    SHARE,
    Collected,
    Confirmation,
    collect,
)
from tests.messages.conftest import Decrypted
from tests.messages.guardians import Held
from tests.messages.test_ceremony_complaints import resigned, share_of
from tests.strategies import TOY_GROUP


def verdicts(held: Held, case: Case, *complaints: Complaint) -> list[tuple[str, int]]:
    signed = (write(case.exchange, COMPLAINT, held.machines[3].key, 3, complaint) for complaint in complaints)
    return [(verdict.guilty, verdict.guardian) for verdict in (adjudicate(case, data) for data in signed)]


def ceremony_case(held: Held) -> CeremonyCase:
    return CeremonyCase(held.exchange, held.machines[3].ceremony)


def test_nothing_to_complain_about(held: Held, decrypted: Decrypted) -> None:
    case = ceremony_case(held)
    keys = collect(held.exchange, PUBLIC_KEY, [b"noise", held.identities[0], *held.keys])
    assert complaints_about(case, keys) == ()
    assert complaints_about(case, collect(held.exchange, SHARE, held.shares, keys.seen)) == ()
    assert complaints_about_decryption(*rounds_of(decrypted)) == ()


def test_round_with_everything_wrong(held: Held) -> None:
    public, key = held.opened_key(1).payload, held.machines[1].key
    proof = replace(public.vote_proof, challenge=public.data_proof.challenge)
    wrong = write(held.exchange, PUBLIC_KEY, key, 1, public.model_copy(update={"vote_proof": proof}))
    nonsense = resigned(held, 2, held.keys[1], payload="{}")
    found = collect(held.exchange, PUBLIC_KEY, [wrong, nonsense])
    made = complaints_about(ceremony_case(held), found)
    assert [c.grounds.kind for c in made] == ["invalid message", "invalid message", "absence", "absence"]
    assert verdicts(held, ceremony_case(held), *made) == [("accused", 1), ("accused", 2), ("nobody", 0), ("nobody", 0)]
    twice = complaints_about(ceremony_case(held), collect(held.exchange, PUBLIC_KEY, [*held.keys, wrong]))
    assert [c.grounds.kind for c in twice] == ["two faces"]
    assert verdicts(held, ceremony_case(held), *twice) == [("accused", 1)]


def test_answers_to_something_else_are_not_complained_about(held: Held) -> None:
    found = collect(held.exchange, SHARE, held.shares, bytes([1]) * 32, 3)
    assert len(found.missing) == 2
    assert {c.grounds.kind for c in complaints_about(ceremony_case(held), found)} == {"absence"}


@pytest.mark.parametrize("proved", [True, False])
def test_share(held: Held, proved: bool) -> None:
    machine, case, share = held.machines[3], ceremony_case(held), share_of(held, 1, 3, bytes(64))
    if not proved:
        share = share.model_copy(update={"ciphertext": replace(share.ciphertext, c_1=bytes(64))})
    data = write(held.exchange, SHARE, held.machines[1].key, 1, share, 3, held.seen)
    keys = collect(held.exchange, PUBLIC_KEY, held.keys)
    shares = collect(held.exchange, SHARE, [data, held.share(2, 3)], keys.seen, 3)
    with pytest.raises(VerificationError, match="guardian 1"):
        receive_shares(case.ceremony, machine.secret, keys.payloads, shares.payloads)
    complaint = complaint_about_share(case, machine.secret, keys, shares.messages[0])
    assert verdicts(held, case, complaint) == [("accused", 1)]
    honest = complaint_about_share(case, machine.secret, keys, shares.messages[1])
    assert verdicts(held, case, honest) == [("complainer", 3)]


def received_by_3(held: Held, *wrong: int) -> tuple[Collected, Collected]:
    """Collect the public keys and the shares for guardian 3, of which these senders' are wrong."""
    keys = collect(held.exchange, PUBLIC_KEY, held.keys)
    shares = [
        write(held.exchange, SHARE, held.machines[i].key, i, share_of(held, i, 3, bytes(64)), 3, keys.seen)
        if i in wrong
        else held.share(i, 3)
        for i in (1, 2)
    ]
    return keys, collect(held.exchange, SHARE, shares, keys.seen, 3)


def test_honest_shares_stay_closed(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    """An opened share is no secret any more: only those that are wrong are opened."""
    opened = []
    original = accusing.open_share

    def counted(*given: object) -> object:
        opened.append(given[3].sender)
        return original(*given)

    monkeypatch.setattr(accusing, "open_share", counted)
    case, secret = ceremony_case(held), held.machines[3].secret
    assert complaints_about_shares(case, secret, *received_by_3(held)) == ()
    assert opened == []
    made = complaints_about_shares(case, secret, *received_by_3(held, 2))
    assert opened == [2]
    assert verdicts(held, case, *made) == [("accused", 2)]
    made = complaints_about_shares(case, secret, *received_by_3(held, 1, 2))
    assert opened == [2, 1, 2]
    assert verdicts(held, case, *made) == [("accused", 1), ("accused", 2)]


def test_share_without_a_proof_stays_closed(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its maker may not know the power that an opening would show; the message itself is the evidence."""
    case, machine = ceremony_case(held), held.machines[3]
    share = share_of(held, 1, 3)
    share = share.model_copy(update={"ciphertext": replace(share.ciphertext, c_1=bytes(64))})
    data = write(held.exchange, SHARE, held.machines[1].key, 1, share, 3, held.seen)
    keys, _ = received_by_3(held)
    shares = collect(held.exchange, SHARE, [data, held.share(2, 3)], keys.seen, 3)
    (complaint,) = complaints_about_shares(case, machine.secret, keys, shares)
    assert complaint.grounds.kind == "invalid message"
    assert verdicts(held, case, complaint) == [("accused", 1)]


def test_confirmations(held: Held) -> None:
    case, keys = ceremony_case(held), collect(held.exchange, PUBLIC_KEY, held.keys)
    good = collect(held.exchange, CONFIRMATION, held.confirmations, keys.seen)
    assert complaints_about_confirmations(case, keys, good) == ()
    key = held.machines[1].key
    wrong = write(held.exchange, CONFIRMATION, key, 1, Confirmation(h_g=bytes(32)), seen=keys.seen)
    found = collect(held.exchange, CONFIRMATION, [wrong, *held.confirmations[1:]], keys.seen)
    made = complaints_about_confirmations(case, keys, found)
    assert verdicts(held, case, *made) == [("accused", 1)]
    other_view = write(held.exchange, CONFIRMATION, key, 1, Confirmation(h_g=bytes(32)), seen=bytes([1]) * 32)
    found = collect(held.exchange, CONFIRMATION, [other_view, *held.confirmations[1:]], keys.seen)
    assert complaints_about_confirmations(case, keys, found) == (), "it says that it has seen other keys"
    with pytest.raises(CheckError, match="nothing from guardian 1"):
        complaints_about_confirmations(case, collect(held.exchange, PUBLIC_KEY, held.keys[1:]), good)


def test_confirmations_of_keys_that_make_no_record(held: Held) -> None:
    public = held.opened_key(1).payload
    proof = replace(public.vote_proof, challenge=public.data_proof.challenge)
    changed = public.model_copy(update={"vote_proof": proof})
    wrong = write(held.exchange, PUBLIC_KEY, held.machines[1].key, 1, changed)
    keys = collect(held.exchange, PUBLIC_KEY, [wrong, *held.keys[1:]])
    good = collect(held.exchange, CONFIRMATION, held.confirmations, held.seen)
    with pytest.raises(VerificationError, match="guardian 1"):
        complaints_about_confirmations(ceremony_case(held), keys, good)


def rounds_of(decrypted: Decrypted, **changed: bytes) -> tuple[DecryptionCase, Collected, Collected, Collected]:
    """Collect the rounds with the message of guardian 1 changed in one of them."""
    exchange: Exchange = decrypted.exchange
    case = DecryptionCase(exchange, decrypted.election, decrypted.record.guardians, decrypted.statements)
    found, seen = [], bytes(32)
    for round_ in (COMMITMENTS, REVEALS, RESPONSES):
        first, second = getattr(decrypted, round_.name)
        found.append(collect(exchange, round_, [changed.get(round_.name, first), second], seen))
        seen = found[-1].seen
    return case, *found


def test_decryption(held: Held, decrypted: Decrypted) -> None:
    key = held.machines[1].key
    _, first, second, third = rounds_of(decrypted)
    v = list(third.payloads[0].responses)
    v[2] += TOY_GROUP.scalar(1)
    payload = third.payloads[0].model_copy(update={"responses": tuple(v)})
    wrong = write(decrypted.exchange, RESPONSES, key, 1, payload, seen=second.seen)
    case, *collected = rounds_of(decrypted, responses=wrong)
    payloads = [c.payloads for c in collected]
    with pytest.raises(VerificationError, match="guardian 1 sent a wrong"):
        combine(decrypted.election, decrypted.record.guardians, decrypted.statements, *payloads)
    made = complaints_about_decryption(case, *collected)
    assert [c.grounds.statement for c in made] == [3]
    assert verdicts(held, case, *made) == [("accused", 1)]
    parts = second.payloads[0].partials
    swapped = second.payloads[0].model_copy(update={"partials": (parts[0], parts[2], parts[1])})
    wrong = write(decrypted.exchange, REVEALS, key, 1, swapped, seen=first.seen)
    case, *collected = rounds_of(decrypted, reveals=wrong)
    made = complaints_about_decryption(case, *collected[:2])
    assert [c.grounds.statement for c in made] == [2]
    assert verdicts(held, case, *made) == [("accused", 1)]
