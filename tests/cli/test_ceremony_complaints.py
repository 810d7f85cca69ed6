"""What is wrong with messages of a key ceremony, and complaints: the administrator names who it was."""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from e2evote.key_ceremony import generate_keys
from e2evote.messages.accusing import complaints_about_shares
from e2evote.messages.complaints import COMPLAINT, Complaint, InvalidMessage
from e2evote.messages.envelope import parse_envelope, write
from e2evote.messages.evidence import CeremonyCase
from e2evote.messages.rounds import CONFIRMATION, PUBLIC_KEY, SHARE, Confirmation, collect
from tests.builders import TOY
from tests.cli import by_mail
from tests.cli.by_mail import absence, came, lines, resigned, unsigned
from tests.cli.conftest import contents, run
from tests.deterministic import DeterministicRandomness
from tests.messages.guardians import NAMES, Held, hold_by_mail
from tests.messages.test_ceremony_complaints import share_of


def altered_key(held: Held) -> bytes:
    """Return another public key of guardian 2, rightly signed."""
    machine = held.machines[2]
    _, public = generate_keys(machine.ceremony, 2, NAMES[1], DeterministicRandomness("altered"))
    return write(held.exchange, PUBLIC_KEY, machine.key, 2, public)


def wrong_key(held: Held) -> bytes:
    """Return guardian 2's public key with a proof that does not hold."""
    other = held.opened_key(1).payload.data_proof
    public = held.opened_key(2).payload.model_copy(update={"data_proof": other})
    return write(held.exchange, PUBLIC_KEY, held.machines[2].key, 2, public)


def wrong(root: Path, code: int = 1) -> list[dict]:
    return json.loads(run("ceremony", "status", root, "--json", code=code).stdout)["wrong"]


def test_a_wrong_public_key(invited: Path, held: Held):
    shown = came(invited, *held.identities, wrong_key(held), held.keys[0], held.keys[2], code=1)
    assert "WRONG: guardian 2 (Bahram): invalid message: guardian 2: " in shown
    assert "pk_data" in shown
    assert "--attempt 2" in shown
    assert lines(invited / "ceremony" / "outbox" / "evidence.ndjson") == [wrong_key(held)]
    assert [fault["guardian"] for fault in wrong(invited)] == [2]
    before = contents(invited)
    assert "has ended" in run("ceremony", "publish", invited, code=2).stderr
    assert contents(invited) == before


def test_two_faces(keyed: Path, held: Held):
    shown = came(keyed, altered_key(held), code=1)
    assert "WRONG: guardian 2 (Bahram): two faces: two different messages" in shown
    assert sorted(lines(keyed / "ceremony" / "outbox" / "evidence.ndjson")) == sorted([held.keys[1], altered_key(held)])


def test_two_faces_after_the_publication_do_not_undo_it(confirmed: Path, held: Held):
    run("ceremony", "publish", confirmed)
    assert "two faces" in came(confirmed, altered_key(held), code=1)
    run("device", "open", confirmed, "--info", "A")


def test_a_confirmation_of_something_else(keyed: Path, held: Held):
    false = write(held.exchange, CONFIRMATION, held.machines[3].key, 3, Confirmation(h_g=bytes(32)), seen=held.seen)
    shown = came(keyed, *held.shares, *held.confirmations[:2], false, code=1)
    assert "WRONG: guardian 3 (گلناز ۳): wrong confirmation: eq. 27" in shown
    assert lines(keyed / "ceremony" / "outbox" / "evidence.ndjson") == [false]


def test_an_answer_to_other_messages_is_nobodys_proved_fault(keyed: Path, held: Held):
    other = write(held.exchange, CONFIRMATION, held.machines[3].key, 3, Confirmation(h_g=bytes(32)), seen=b"\1" * 32)
    came(keyed, *held.shares, other, code=1)
    assert wrong(keyed) == [
        {"guardian": 0, "what": "guardian 3: confirmation: it answers other messages than those received here",
         "final": True}
    ]  # fmt: skip


def test_signed_nonsense(keyed: Path, held: Held):
    sender = parse_envelope(held.shares[0], "x").sender
    came(keyed, resigned(held, held.shares[0], payload="{}"), *held.shares[1:], code=1)
    assert [fault["guardian"] for fault in wrong(keyed)] == [sender]


# ----------------------------------------------------------------------------------------------- complaints


@dataclass
class Accused:
    """Guardian 1 has sent guardian 2 a wrong share: the ceremony, its shares, and the complaints."""

    held: Held
    shares: list[bytes]
    complaints: list[bytes]


@pytest.fixture(scope="module")
def case() -> Accused:
    held = hold_by_mail()
    bad = write(held.exchange, SHARE, held.machines[1].key, 1, share_of(held, 1, 2, bytes(64)), 2, held.seen)
    shares = [bad if share == held.share(1, 2) else share for share in held.shares]
    keys = collect(held.exchange, PUBLIC_KEY, held.keys)
    given, machine = collect(held.exchange, SHARE, shares, held.seen, 2), held.machines[2]
    known = CeremonyCase(held.exchange, machine.ceremony)
    found = complaints_about_shares(known, machine.secret, keys, given, machine.rng)
    return Accused(held, shares, [write(held.exchange, COMPLAINT, machine.key, 2, complaint) for complaint in found])


@pytest.fixture
def accused(invited: Path, case: Accused) -> Path:
    came(invited, *case.held.identities, *case.held.keys, *case.shares)
    return invited


def adjudicate(path: Path, root: Path, *options: object, code: int = 0) -> str:
    judged = ("ceremony", "adjudicate", path, "--ceremony", root, "--insecure-parameters", TOY, "--jobs", 1)
    return run(*judged, *options, code=code).output


def test_a_complaint_ends_the_attempt(accused: Path, case: Accused):
    shown = came(accused, *case.complaints, code=1)
    assert "guardian 2 (Bahram) complains about guardian 1 (نسرین): wrong share (eqs. 24, 28, 29)" in shown
    assert "Guilty: the accused, guardian 1 (نسرین)" in shown
    assert "eq. 28" in shown
    assert lines(accused / "ceremony" / "outbox" / "evidence.ndjson") == case.complaints
    assert [fault["guardian"] for fault in wrong(accused)] == [1]
    assert "has ended" in run("ceremony", "publish", accused, code=2).stderr


def test_anybody_can_judge(accused: Path, case: Accused, tmp_path: Path):
    path = by_mail.write(tmp_path / "complaints.ndjson", case.complaints)
    copies = [accused / "ceremony", accused / "ceremony" / "outbox"]
    for number, copy in enumerate(copies):
        shutil.copytree(copy, tmp_path / f"copy-{number}")
    shown = {adjudicate(path, root) for root in (accused, *copies, tmp_path / "copy-0", tmp_path / "copy-1")}
    assert len(shown) == 1
    (verdict,) = json.loads(adjudicate(path, accused, "--json"))
    assert verdict["why"] in next(iter(shown))
    assert {key: verdict[key] for key in ("complainer", "accused", "guilty", "guardian", "kind", "attempt")} == {
        "complainer": 2, "accused": 1, "guilty": "accused", "guardian": 1, "kind": "wrong share", "attempt": 1
    }  # fmt: skip


def test_a_false_complaint_finds_its_author(accused: Path, case: Accused, tmp_path: Path):
    held = case.held
    grounds = InvalidMessage(kind="invalid message", message=held.keys[0].decode())
    false = write(
        held.exchange, COMPLAINT, held.machines[3].key, 3, Complaint(accused=1, equation="2.C", grounds=grounds)
    )
    path = by_mail.write(tmp_path / "complaints.ndjson", [*case.complaints, false, absence(held)])
    verdicts = json.loads(adjudicate(path, accused, "--json"))
    assert [(verdict["guilty"], verdict["guardian"]) for verdict in verdicts] == [
        ("accused", 1), ("complainer", 3), ("nobody", 0)
    ]  # fmt: skip
    assert "Guilty: who complained, guardian 3" in adjudicate(path, accused)
    assert "Guilty: nobody: absence cannot be proved" in adjudicate(path, accused)


def test_what_is_no_complaint(accused: Path, case: Accused, tmp_path: Path):
    held = case.held
    other = absence(held, replace(held.exchange, context=bytes(32)))
    for messages, problem in (
        ([b"noise"], "not JSON"),
        ([held.keys[0]], "not of round 'complaint'"),
        ([other], "neither about this ceremony nor"),
        ([*case.complaints, unsigned(held.keys[0])], "complaints.ndjson:2: guardian 1: the signature does not hold"),
    ):
        shown = adjudicate(by_mail.write(tmp_path / "complaints.ndjson", messages), accused, code=2)
        assert problem in shown
        assert "Guilty" not in shown


def test_what_is_no_ceremony_to_judge_in(accused: Path, case: Accused, tmp_path: Path):
    path = by_mail.write(tmp_path / "all.ndjson", case.complaints)
    (tmp_path / "copy").mkdir()
    assert "expected one invitation.json" in adjudicate(path, tmp_path / "copy", code=2)
    shutil.copy(accused / "ceremony" / "invitation.json", tmp_path / "copy")
    assert "nothing from guardian 1" in adjudicate(path, tmp_path / "copy", code=2)
    judged = ("ceremony", "adjudicate", path, "--ceremony", accused)
    assert "accepted only if asked for by name" in run(*judged, code=2).stderr
    assert "given together" in run(*judged, "--plan", path, code=2).stderr


def test_absence_is_noted_and_ends_nothing(confirmed: Path, held: Held):
    shown = came(confirmed, absence(held))
    assert "note: guardian 3 (گلناز ۳) complains about guardian 1 (نسرین): absence (nothing came)" in shown
    run("ceremony", "publish", confirmed)


def test_a_signed_complaint_that_is_none(confirmed: Path, held: Held):
    nonsense = resigned(held, absence(held), payload="{}")
    assert "a complaint that cannot be judged" in came(confirmed, nonsense, code=1)


def test_a_complaint_about_nobody(confirmed: Path, held: Held):
    grounds = InvalidMessage(kind="invalid message", message="{}")
    hostile = Complaint(accused=7, equation="\u202e\x1b[2J", grounds=grounds)
    shown = came(confirmed, write(held.exchange, COMPLAINT, held.machines[3].key, 3, hostile), code=1)
    assert "guardian 3 (گلناز ۳) complains about guardian 7: invalid message" in shown
    assert "Guilty: who complained, guardian 3 (گلناز ۳): guardian 7 does not take part" in shown
    assert not {"\u202e", "\x1b"} & set(shown)
