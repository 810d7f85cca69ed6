"""What is wrong with messages of a decryption, and complaints: the administrator names who it was."""

import json
import shutil
from pathlib import Path

import pytest

from e2evote.decryption.rounds import DecryptionCommitments
from e2evote.messages.accusing import complaints_about_decryption
from e2evote.messages.complaints import COMPLAINT
from e2evote.messages.envelope import parse_envelope, write
from e2evote.messages.evidence import DecryptionCase
from e2evote.messages.rounds import COMMITMENTS, RESPONSES, REVEALS, collect
from e2evote.record.codec import dump
from e2evote.record.layout import Record
from e2evote.record.load import load_election, load_guardians
from tests.builders import TOY
from tests.cli import by_mail
from tests.cli.by_mail import Asked, absence, lines, outbox, plan, publish, resigned, status
from tests.cli.conftest import Finished, contents, run
from tests.messages.guardians import Held


@pytest.fixture
def answered(root: Path, held: Held) -> tuple[Asked, list[bytes], list[bytes], list[bytes]]:
    plan(root)
    asked = Asked(root, held)
    return asked, *asked.rounds()


def wrong_response(asked: Asked, message: bytes) -> bytes:
    """Return a response that does not fit in the second statement."""
    payload = json.loads(parse_envelope(message, "x").payload)
    first, second, *others = payload["responses"]
    payload["responses"] = [first, first, *others] if first != second else [second, "00" * 32, *others]
    return resigned(asked.held, message, payload=json.dumps(payload, separators=(",", ":")))


def signed_complaints(asked: Asked, *rounds: list[bytes]) -> list[bytes]:
    """Return what guardian 3 complains of."""
    machine = asked.machines[1]
    record = Record.at(asked.root / "record")
    election = load_election(record, frozenset({TOY}))
    case = DecryptionCase(machine.plan_exchange, election, load_guardians(record, election), machine.state.statements)
    first = collect(case.exchange, COMMITMENTS, rounds[0])
    second = collect(case.exchange, REVEALS, rounds[1], first.seen)
    third = collect(case.exchange, RESPONSES, rounds[2], second.seen)
    found = complaints_about_decryption(case, first, second, third)
    return [write(case.exchange, COMPLAINT, machine.key, 3, complaint) for complaint in found]


def test_a_wrong_response(answered: tuple):
    asked, commitments, reveals, responses = answered
    bad = wrong_response(asked, responses[0])
    shown = asked.collect(*commitments, *reveals, bad, responses[1], code=1).output
    assert "WRONG: guardian 1 (نسرین): wrong decryption: eqs. 94, 95" in shown
    assert lines(outbox(asked.root, "decryption-1-evidence.ndjson")) == [bad]
    before = contents(asked.root)
    assert "wrong decryption: eqs. 94, 95" in publish(asked.root, 1, code=1)
    assert "no decryption is ready" in publish(asked.root, code=2)
    assert contents(asked.root) == before
    (one,) = status(asked.root, code=1)
    assert (one["state"], [fault["guardian"] for fault in one["wrong"]]) == ("ended", [1])
    assert "with other guardians" in one["next"]
    plan(asked.root, guardians=(2, 3))
    Asked(asked.root, asked.held, 2).answer()
    publish(asked.root)


def adjudicate(path: Path, folder: Path, *options: object, code: int = 0) -> str:
    judged = ("ceremony", "adjudicate", path, "--ceremony", folder, "--insecure-parameters", TOY, "--jobs", 1)
    return run(*judged, *options, code=code).output


def test_anybody_can_judge(answered: tuple, finished: Finished, tmp_path: Path):
    asked, commitments, reveals, responses = answered
    given = [wrong_response(asked, responses[0]), responses[1]]
    path = by_mail.write(tmp_path / "complaints.ndjson", signed_complaints(asked, commitments, reveals, given))
    (verdict,) = json.loads(adjudicate(path, asked.root, "--json"))
    assert (verdict["guilty"], verdict["guardian"], verdict["kind"]) == ("accused", 1, "wrong decryption")
    shutil.copytree(asked.root / "ceremony", tmp_path / "copy")
    elsewhere = (path, tmp_path / "copy", "--plan", outbox(asked.root, "decryption-1-0-plan.json"), "--record")
    assert json.loads(adjudicate(*elsewhere, asked.root / "record", "--json")) == [verdict]
    assert "other ballots or statuses" in adjudicate(*elsewhere, finished.record, code=2)
    assert "--plan and --record say" in adjudicate(path, tmp_path / "copy", code=2)
    shown = asked.collect(*commitments, *reveals, *given, *lines(path), code=1).output
    assert "guardian 3 (گلناز ۳) complains about guardian 1 (نسرین): wrong decryption" in shown
    plan(asked.root, guardians=(2, 3))
    other = (path, tmp_path / "copy", "--plan", outbox(asked.root, "decryption-2-0-plan.json"), "--record")
    assert "nor about the decryption of" in adjudicate(*other, asked.root / "record", code=2)


def test_a_reveal_that_was_not_committed_to(answered: tuple):
    asked, commitments, reveals, _ = answered
    payload = json.loads(parse_envelope(reveals[0], "x").payload)
    payload["partials"][0], payload["partials"][1] = payload["partials"][1], payload["partials"][0]
    bad = resigned(asked.held, reveals[0], payload=json.dumps(payload, separators=(",", ":")))
    shown = asked.collect(*commitments, bad, reveals[1], code=1).output
    assert "WRONG: guardian 1 (نسرین): wrong decryption: eqs. 88, 99" in shown


def test_two_faces(answered: tuple):
    asked, commitments, *_ = answered
    hashes = DecryptionCommitments(i=1, hashes=(bytes(32),) * len(asked.machines[0].state.statements))
    other = write(asked.machines[0].plan_exchange, COMMITMENTS, asked.machines[0].key, 1, hashes)
    shown = asked.collect(*commitments, other, code=1).output
    assert "WRONG: guardian 1 (نسرین): two faces" in shown
    assert sorted(lines(outbox(asked.root, "decryption-1-evidence.ndjson"))) == sorted([commitments[0], other])


def test_too_few_values(answered: tuple):
    asked, commitments, *_ = answered
    short = DecryptionCommitments(i=1, hashes=(bytes(32),))
    bad = resigned(asked.held, commitments[0], payload=dump(short).decode())
    assert "invalid message: guardian 1: 1 values for" in asked.collect(bad, commitments[1], code=1).output


def test_absence_is_noted_and_ends_nothing(answered: tuple):
    asked, *rounds = answered
    missing = absence(asked.held, asked.machines[1].plan_exchange)
    assert "note: guardian 3" in asked.collect(rounds[0][1], missing).output
    for messages in rounds:
        asked.collect(*messages)
    publish(asked.root)
