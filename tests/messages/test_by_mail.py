"""Ceremony and decryption between machines that know nothing but bytes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.errors import CheckError, ParseError
from e2evote.group.elements import Group
from e2evote.group.parameters import STANDARD
from e2evote.messages.decrypting import decryption_exchange
from e2evote.messages.envelope import ALL, seen_hash, write
from e2evote.messages.invitation import (
    Invitation,
    ceremony_exchange,
    parse_invitation,
    read_invitation,
    write_identity,
)
from e2evote.messages.rounds import (
    COMMITMENTS,
    CONFIRMATION,
    PUBLIC_KEY,
    RESPONSES,
    SHARE,
    Confirmation,
    collect,
    collect_identities,
)
from e2evote.messages.signing import SecretSigningKey
from e2evote.record.codec import dump
from e2evote.secret_sharing import lagrange_coefficient, product
from tests.builders import manifest_bytes
from tests.messages.conftest import Decrypted
from tests.messages.guardians import NAMES, Held, invitation, plan_for
from tests.strategies import TOY_GROUP


def test_ceremony(held: Held) -> None:
    assert_one_key(held, TOY_GROUP)


def test_ceremony_on_the_standard_parameters(held_standard: Held, standard: Group) -> None:
    assert_one_key(held_standard, standard)


def assert_one_key(held: Held, group: Group) -> None:
    confirmed = collect(held.exchange, CONFIRMATION, held.confirmations, held.seen)
    assert confirmed.is_complete
    assert len({p.h_g for p in confirmed.payloads}) == 1
    assert {m.exchange.context for m in held.machines.values()} == {held.exchange.context}
    weighted = (held.machines[i].shares.z * lagrange_coefficient(group, i, (2, 3)) for i in (2, 3))
    keys = collect(held.exchange, PUBLIC_KEY, held.keys).payloads
    assert [key.name for key in keys] == list(NAMES)
    assert product(group, (group.g**w for w in weighted)) == product(group, (k.vote_commitments[0] for k in keys))


def test_decryption(decrypted: Decrypted, held: Held) -> None:
    weighted = (held.machines[i].shares.z * lagrange_coefficient(TOY_GROUP, i, (1, 2)) for i in (1, 2))
    secret = sum(weighted, TOY_GROUP.secret(0))
    for statement, (M, _) in zip(decrypted.statements, decrypted.results, strict=True):
        assert statement.base**secret == M


def test_what_is_missing_is_named(held: Held) -> None:
    found = collect(held.exchange, PUBLIC_KEY, held.keys[1:])
    assert (found.missing, found.is_complete) == (((1, ALL),), False)
    with pytest.raises(CheckError, match="public key: nothing from guardian 1"):
        _ = found.payloads
    shares = [s for s in held.shares if s != held.share(3, 2)]
    missing = collect(held.exchange, SHARE, shares, held.seen)
    assert missing.missing == ((3, 2),)
    assert missing.report() == ("share: nothing from guardian 3 for 2",)
    assert collect(held.exchange, SHARE, held.shares, held.seen).is_complete
    invited = held.machines[1].invitation
    assert collect_identities(invited, TOY_GROUP, held.identities[:2]).missing == ((3, ALL),)


def test_a_round_that_only_waits(held: Held) -> None:
    """Nothing is wrong but what has not come yet."""
    key = held.opened_key(2).payload
    proof = replace(key.vote_proof, challenge=key.data_proof.challenge)
    second = write(held.exchange, PUBLIC_KEY, held.machines[2].key, 2, key.model_copy(update={"vote_proof": proof}))
    for received, waits in (
        ([], True),
        (held.keys[:2], True),
        (held.keys, False),
        ([held.keys[0], b"noise"], False),
        ([held.keys[1], second], False),
    ):
        assert collect(held.exchange, PUBLIC_KEY, received).only_waits == waits


def test_copies_are_harmless_and_noise_is_kept(held: Held) -> None:
    found = collect(held.exchange, PUBLIC_KEY, [b"noise", *held.keys, *held.keys, held.identities[0]])
    assert found.is_complete
    assert [r.data for r in found.refused] == [b"noise", held.identities[0]]
    assert "JSON" in found.report()[0]


def test_two_faces_are_not_accepted(held: Held) -> None:
    machine, key = held.machines[2], held.opened_key(2).payload
    proof = replace(key.vote_proof, challenge=key.data_proof.challenge)
    second = write(held.exchange, PUBLIC_KEY, machine.key, 2, key.model_copy(update={"vote_proof": proof}))
    found = collect(held.exchange, PUBLIC_KEY, [*held.keys, second])
    assert (found.missing, [m.sender for m in found.messages], found.is_complete) == ((), [1, 3], False)
    assert [m.data for m in found.contradictions[0]] == [held.keys[1], second]
    with pytest.raises(CheckError, match="two different messages of guardian 2"):
        _ = found.payloads
    assert collect(held.exchange, SHARE, held.shares, found.seen).messages == ()


def test_answers_to_other_messages_are_refused(held: Held) -> None:
    other = seen_hash(held.exchange, [])
    payload = Confirmation(h_g=bytes(32))
    wrong = write(held.exchange, CONFIRMATION, held.machines[1].key, 1, payload, seen=other)
    found = collect(held.exchange, CONFIRMATION, [wrong, *held.confirmations[1:]], held.seen)
    assert found.missing == ((1, ALL),)
    assert "answers other messages" in found.refused[0].why
    with pytest.raises(CheckError, match="must say which messages it answers"):
        write(held.exchange, CONFIRMATION, held.machines[1].key, 1, payload)
    with pytest.raises(CheckError, match="does not say which messages it answers"):
        write(held.exchange, PUBLIC_KEY, held.machines[1].key, 1, held.opened_key(1).payload, seen=other)


def test_invitations() -> None:
    sent = invitation()
    assert parse_invitation(dump(sent), TOY_GROUP) == sent
    changed = [
        invitation(k=3),
        invitation(attempt=2),
        invitation(rehearsal=True),
        invitation(names=("a", "bc", "d")),
        invitation(names=("ab", "c", "d")),
        Invitation.of(TOY_GROUP, 2, NAMES, manifest_bytes(label="another")),
    ]
    assert len({i.hash(TOY_GROUP) for i in (sent, *changed)}) == 7
    with pytest.raises(CheckError, match="parameters are not those of standard-4096"):
        parse_invitation(dump(sent))
    with pytest.raises(CheckError, match="different names"):
        invitation(names=("a", "a", "b"))
    with pytest.raises(CheckError, match="quorum"):
        invitation(k=4)
    with pytest.raises(ParseError):
        Invitation.of(TOY_GROUP, 2, NAMES, b"{}")


def test_parameters_that_prove_nothing_are_asked_for_by_name() -> None:
    toy = dump(invitation())
    for allowed in ((), ("toy-32-128",)):
        with pytest.raises(CheckError, match=f"mail: the parameter set {TOY_GROUP.name} proves nothing"):
            read_invitation(toy, "mail", allowed)
    assert read_invitation(toy, "mail", (TOY_GROUP.name,)) == (TOY_GROUP, invitation())
    real = invitation(STANDARD)
    assert read_invitation(dump(real), "mail") == (STANDARD, real)
    sent = invitation().parameters
    for changes, why in (
        ({"p": STANDARD.p.to_bytes(512, "big")[::-1]}, "prime of no known parameter set"),
        ({"g": bytes(len(sent.g) - 1) + b"\1"}, f"differ from the set {TOY_GROUP.name}"),
        ({"version": "v2.0.0"}, "differ from"),
    ):
        changed = invitation().model_copy(update={"parameters": sent.model_copy(update=changes)})
        with pytest.raises(CheckError, match=why):
            read_invitation(dump(changed), "mail", (TOY_GROUP.name,))
    for data in (b"{}", toy + b"\n", toy[:-1]):
        with pytest.raises(ParseError, match="mail"):
            read_invitation(data, "mail", (TOY_GROUP.name,))
    with pytest.raises(CheckError, match="different names"):
        read_invitation(toy.replace(b'"n":3', b'"n":2'), "mail", (TOY_GROUP.name,))


def test_a_rehearsal_is_not_the_ceremony(held: Held) -> None:
    """With the same names, keys and manifest: nothing that was signed in one is of use in the other."""
    rehearsal = invitation(rehearsal=True)
    assert parse_invitation(dump(rehearsal), TOY_GROUP).rehearsal
    keys = {i: machine.key.public for i, machine in held.machines.items()}
    exchange = ceremony_exchange(rehearsal, TOY_GROUP, keys)
    assert exchange.context != held.exchange.context
    assert [r.why for r in collect(exchange, PUBLIC_KEY, held.keys).refused] == [
        "message: a message of another election, ceremony or decryption"
    ] * 3
    assert len(collect_identities(rehearsal, TOY_GROUP, held.identities).refused) == 3


@given(st.lists(st.text(min_size=1, max_size=200), min_size=1, max_size=4, unique=True), st.integers(1, 2**31 - 1))
def test_any_names(names: list[str], attempt: int) -> None:
    """Names that people type come back as they were, in the invitation and in every identity."""
    sent = invitation(k=1, attempt=attempt, names=names)
    assert parse_invitation(dump(sent), TOY_GROUP) == sent
    keys = [SecretSigningKey.of(bytes([i]) * 32) for i in range(len(names))]
    answers = [write_identity(sent, TOY_GROUP, i, key) for i, key in enumerate(keys, 1)]
    found = collect_identities(sent, TOY_GROUP, answers[::-1]).payloads
    assert [(p.name, p.signing_key) for p in found] == [(n, k.public) for n, k in zip(names, keys, strict=True)]


def test_invitations_that_are_none() -> None:
    good = dump(invitation())
    for data in (
        good[:-1],
        good.replace(b'"attempt":1', b'"attempt":0'),
        good.replace(b'"attempt":1', b'"attempt":1,"attempt":1'),
        good.replace(b'"attempt":1', b'"attempt": 1'),
        good.replace(b'"names":["', b'"names":["\\ud800'),
        good.replace(b'"version":1', b'"version":2'),
        good.replace(b'"rehearsal":false', b'"rehearsal":0'),
        good.replace(b'"rehearsal":false,', b""),
    ):
        with pytest.raises(ParseError):
            parse_invitation(data, TOY_GROUP)
    with pytest.raises(ParseError):
        Invitation.of(TOY_GROUP, 2, NAMES, b"\xff")
    with pytest.raises(CheckError, match="different names"):
        parse_invitation(good.replace(b'"n":3', b'"n":2'), TOY_GROUP)


def test_identities(held: Held) -> None:
    sent, key = held.machines[1].invitation, held.machines[1].key
    with pytest.raises(CheckError, match="not between 1 and 3"):
        write_identity(sent, TOY_GROUP, 4, key)
    taken = write_identity(sent, TOY_GROUP, 2, key)
    both = collect_identities(sent, TOY_GROUP, [*held.identities, taken])
    assert [m.sender for m, _ in both.contradictions] == [2]
    keys = {i: m.key.public for i, m in held.machines.items()}
    for wrong in ({**keys, 2: keys[1]}, {1: keys[1]}, {**keys, 4: bytes(32)}, {**keys, 3: bytes(32)}):
        with pytest.raises(CheckError, match="signing key"):
            ceremony_exchange(sent, TOY_GROUP, wrong)
    other = {**keys, 3: SecretSigningKey.generate().public}
    assert ceremony_exchange(sent, TOY_GROUP, other).context != held.exchange.context
    again = write_identity(invitation(attempt=2), TOY_GROUP, 1, key)
    assert "attempt 2, not of attempt 1" in collect_identities(sent, TOY_GROUP, [again]).refused[0].why
    found = collect_identities(
        sent, TOY_GROUP, [held.keys[0], held.identities[0].replace(b'"sender":1', b'"sender":9')]
    )
    assert "not of round 'identity'" in found.refused[0].why
    assert "guardian 9 is not invited" in found.refused[1].why
    forged = held.identities[0].replace(key.public.hex().upper().encode(), keys[2].hex().upper().encode())
    assert "signature does not hold" in collect_identities(sent, TOY_GROUP, [forged]).refused[0].why


def test_plans(decrypted: Decrypted, held: Held) -> None:
    election, statements = decrypted.election, decrypted.statements
    for plan, statements_at_hand, why in (
        (plan_for(election, statements[:2], (1, 3)), statements, "other statements"),
        (plan_for(election, statements[::-1], (1, 3)), statements, "other statements"),
        (decrypted.plan.model_copy(update={"h_e": bytes(32)}), statements, "another election"),
        (plan_for(election, statements, (1,)), statements, "at least 2"),
        (plan_for(election, statements, (1, 4)), statements, "at least 2"),
        (plan_for(election, statements, (1, 1, 2)), statements, "at least 2"),
        (plan_for(election, statements, (3, 1)), statements, "ascending"),
    ):
        with pytest.raises(CheckError, match=why):
            decryption_exchange(held.exchange, election, statements_at_hand, plan)
    with pytest.raises(CheckError, match="nothing to decrypt"):
        plan_for(election, [], (1, 3))
    for other in (
        plan_for(election, statements, (1, 2, 3)),
        plan_for(election, statements, (1, 3), attempt=2),
    ):
        exchange = decryption_exchange(held.exchange, election, statements, other)
        found = collect(exchange, COMMITMENTS, decrypted.commitments)
        assert (len(found.refused), found.messages) == (2, ())
    assert "not of round 'responses'" in collect(decrypted.exchange, RESPONSES, decrypted.reveals).refused[0].why
