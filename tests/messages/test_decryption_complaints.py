"""Complaints about a decryption: wrong values name their sender, and nobody is framed by another's two faces."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from e2evote.decryption.rounds import DecryptionResponses, DecryptionReveals
from e2evote.messages.adjudication import Verdict, adjudicate
from e2evote.messages.complaints import (
    COMPLAINT,
    Absence,
    Complaint,
    Grounds,
    InvalidMessage,
    TwoFaces,
    WrongDecryption,
    WrongShare,
    open_share,
)
from e2evote.messages.envelope import open_message, parse_envelope, seen_hash, write
from e2evote.messages.evidence import DecryptionCase
from e2evote.messages.rounds import COMMITMENTS, RESPONSES, REVEALS, SHARE, collect
from tests.messages.conftest import Decrypted
from tests.messages.guardians import Held
from tests.strategies import TOY_GROUP

Judge = Callable[..., Verdict]


@pytest.fixture
def judge(held: Held, decrypted: Decrypted) -> Judge:
    """Guardian 3 complains about guardian 1."""

    def judged(grounds: Grounds, accused: int = 1) -> Verdict:
        complaint = Complaint(accused=accused, equation="eqs. 94, 95", grounds=grounds)
        data = write(decrypted.exchange, COMPLAINT, held.machines[3].key, 3, complaint)
        guardians = decrypted.record.guardians
        return adjudicate(DecryptionCase(decrypted.exchange, decrypted.election, guardians, decrypted.statements), data)

    return judged


@pytest.fixture
def wrong(decrypted: Decrypted) -> Callable[..., WrongDecryption]:
    """Evidence of a decryption, with some of it changed."""

    def made(statement: int = 2, response: bytes | None = None, **changed: list[bytes]) -> WrongDecryption:
        commitments, reveals = (changed.get(n, getattr(decrypted, n)) for n in ("commitments", "reveals"))
        return WrongDecryption(
            kind="wrong decryption",
            statement=statement,
            commitments=tuple(data.decode() for data in commitments),
            reveals=tuple(data.decode() for data in reveals),
            response=response and response.decode(),
        )

    return made


def opened(decrypted: Decrypted) -> tuple[DecryptionReveals, DecryptionResponses, bytes, bytes]:
    first = collect(decrypted.exchange, COMMITMENTS, decrypted.commitments)
    second = collect(decrypted.exchange, REVEALS, decrypted.reveals, first.seen)
    third = collect(decrypted.exchange, RESPONSES, decrypted.responses, second.seen)
    return second.payloads[0], third.payloads[0], first.seen, second.seen


def test_good_messages(judge: Judge, wrong: Callable, decrypted: Decrypted) -> None:
    for statement in (1, 2, 3):
        for response in (None, decrypted.responses[0]):
            verdict = judge(wrong(statement, response))
            assert (verdict.guilty, verdict.guardian) == ("complainer", 3)
    for data in (decrypted.commitments[0], decrypted.reveals[0], decrypted.responses[0]):
        assert judge(InvalidMessage(kind="invalid message", message=data.decode())).guilty == "complainer"
    assert judge(wrong(response=decrypted.responses[1]), accused=3).guilty == "complainer"


def test_wrong_response(judge: Judge, wrong: Callable, held: Held, decrypted: Decrypted) -> None:
    """Spec: EG-2.1 §3.6.5, eqs. 94, 95"""
    _, payload, _, seen = opened(decrypted)
    v = list(payload.responses)
    v[1] += TOY_GROUP.scalar(1)
    changed = payload.model_copy(update={"responses": tuple(v)})
    data = write(decrypted.exchange, RESPONSES, held.machines[1].key, 1, changed, seen=seen)
    verdict = judge(wrong(response=data))
    assert (verdict.guilty, verdict.guardian, "eqs. 94, 95" in verdict.why) == ("accused", 1, True)
    assert judge(wrong(1, data)).guilty == "complainer", "the other statements are answered right"
    v[1] = replace(v[1], value=v[1].value - 1 + TOY_GROUP.q)
    outside = write(
        decrypted.exchange,
        RESPONSES,
        held.machines[1].key,
        1,
        payload.model_copy(update={"responses": tuple(v)}),
        seen=seen,
    )
    assert "not in Z_q" in judge(wrong(response=outside)).why
    assert judge(InvalidMessage(kind="invalid message", message=outside.decode())).guilty == "accused"


def test_response_to_something_else(judge: Judge, wrong: Callable, held: Held, decrypted: Decrypted) -> None:
    """Guardian 3 showed guardian 1 other messages: an honest response does not fit those, and nobody is guilty."""
    _, payload, _, _ = opened(decrypted)
    seen = seen_hash(decrypted.exchange, [])
    data = write(decrypted.exchange, RESPONSES, held.machines[1].key, 1, payload, seen=seen)
    verdict = judge(wrong(response=data))
    assert (verdict.guilty, verdict.guardian) == ("nobody", 0)


def test_wrong_part(judge: Judge, wrong: Callable, held: Held, decrypted: Decrypted) -> None:
    """Spec: EG-2.1 §3.6.5, eq. 88"""
    payload, _, seen, _ = opened(decrypted)
    parts = list(payload.partials)
    parts[1] = parts[1].model_copy(update={"m": parts[1].m * TOY_GROUP.g})
    writing = (decrypted.exchange, REVEALS, held.machines[1].key, 1)
    data = write(*writing, payload.model_copy(update={"partials": tuple(parts)}), seen=seen)
    verdict = judge(wrong(reveals=[data]))
    assert (verdict.guilty, "not what was committed to" in verdict.why) == ("accused", True)
    assert judge(wrong(1, reveals=[data])).guilty == "complainer"
    assert judge(wrong(reveals=[data, decrypted.reveals[1]], response=decrypted.responses[1]), 3).guilty == "nobody"
    short = write(*writing, payload.model_copy(update={"partials": tuple(parts[:2])}), seen=seen)
    assert "2 values for 3 statements" in judge(wrong(reveals=[short])).why
    assert judge(InvalidMessage(kind="invalid message", message=short.decode())).guilty == "accused"
    other = write(*writing, payload, seen=b"\1" * 32)
    assert judge(wrong(reveals=[other])).guilty == "nobody"


def test_part_outside_the_group(judge: Judge, wrong: Callable, held: Held, decrypted: Decrypted) -> None:
    """Guardian 1 commits to p − M and reveals it."""
    payload, _, _, _ = opened(decrypted)
    parts = list(payload.partials)
    parts[1] = parts[1].model_copy(update={"m": TOY_GROUP.element(TOY_GROUP.p - parts[1].m.value)})
    committed = collect(decrypted.exchange, COMMITMENTS, decrypted.commitments).payloads[0]
    d = [s.commitment_hash(1, (1, 3), part) for s, part in zip(decrypted.statements, parts, strict=True)]
    key = held.machines[1].key
    lie = write(decrypted.exchange, COMMITMENTS, key, 1, committed.model_copy(update={"hashes": tuple(d)}))
    commitments = [lie, decrypted.commitments[1]]
    seen = seen_hash(decrypted.exchange, [parse_envelope(data, "x") for data in commitments])
    data = write(decrypted.exchange, REVEALS, key, 1, payload.model_copy(update={"partials": tuple(parts)}), seen=seen)
    verdict = judge(wrong(commitments=commitments, reveals=[data]))
    assert (verdict.guilty, "not a member" in verdict.why) == ("accused", True)
    verdict = judge(InvalidMessage(kind="invalid message", message=data.decode()))
    assert (verdict.guilty, "not a member" in verdict.why) == ("accused", True)
    faces = TwoFaces(kind="two faces", first=lie.decode(), second=decrypted.commitments[0].decode())
    assert judge(faces).guilty == "accused"
    few = write(decrypted.exchange, COMMITMENTS, key, 1, committed.model_copy(update={"hashes": tuple(d[:1])}))
    assert judge(InvalidMessage(kind="invalid message", message=few.decode())).guilty == "accused"


def test_evidence_that_is_none(judge: Judge, wrong: Callable, held: Held, decrypted: Decrypted) -> None:
    first, second = decrypted.reveals
    for grounds in (
        wrong(4),
        wrong(commitments=decrypted.commitments[:1]),
        wrong(commitments=decrypted.reveals),
        wrong(reveals=[second]),
        wrong(reveals=decrypted.responses),
        wrong(reveals=[first], response=decrypted.responses[0]),
        wrong(reveals=[first, second, second], response=decrypted.responses[0]),
        wrong(response=decrypted.responses[1]),
        wrong(response=decrypted.commitments[0]),
        wrong(response=held.keys[0]),
    ):
        assert judge(grounds).guilty == "complainer"


def test_stopping_after_commitments_is_recorded(judge: Judge, decrypted: Decrypted) -> None:
    verdict = judge(Absence(kind="absence", round="responses", recipient=0))
    assert (verdict.guilty, verdict.guardian, "recorded" in verdict.why) == ("nobody", 0, True)
    found = collect(decrypted.exchange, RESPONSES, decrypted.responses[1:], opened(decrypted)[3])
    assert found.missing == ((1, 0),)


def test_there_are_no_shares_in_a_decryption(judge: Judge, decrypted: Decrypted, held: Held) -> None:

    machine = held.machines[3]
    share = open_message(held.exchange, SHARE, held.share(1, 3)).payload
    opening = open_share(machine.ceremony, held.exchange, machine.secret, share)
    grounds = WrongShare(kind="wrong share", public_keys=(), share=held.share(1, 3).decode(), opening=opening)
    assert judge(grounds).guilty == "complainer"


def test_ceremony_messages_are_no_evidence_here(judge: Judge, held: Held) -> None:
    assert judge(InvalidMessage(kind="invalid message", message=held.keys[0].decode())).guilty == "complainer"
