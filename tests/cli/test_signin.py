"""``e2evote signin``: what an organiser checks before, and looks at afterwards."""

import json
from pathlib import Path

import pytest

from e2evote.election.people import members, trail
from e2evote.election.people.database import People
from e2evote.election.people.trail import Event
from e2evote.election.signin.gateways.configured import OUTBOX
from e2evote.election.signin.gateways.outbox import Outbox
from e2evote.election.signin.settings import FILE
from tests.cli.running import run
from tests.election.members import member, people_with

SETTINGS = {
    "fields": ["member_number", "national_id"],
    "opens": "2026-12-01T04:30:00Z",
    "closes": "2026-12-01T14:30:00Z",
    "channels": {"mobile": {"kind": "outbox"}},
}


@pytest.fixture
def club(tmp_path: Path) -> Path:
    """As much of an election's directory as is needed for signing in."""
    people_with(tmp_path, 2).close()
    (tmp_path / FILE).write_text(json.dumps(SETTINGS))
    return tmp_path


def test_a_check_says_whom_codes_reach_and_sends_a_test(club: Path) -> None:
    result = run("signin", "check", club, "--send-to", "۰۹۱۲ ۱۲۳ ۴۵۶۷")
    assert "voting opens 2026-12-01T04:30:00Z and closes 2026-12-01T14:30:00Z; 2 members" in result.stdout
    assert "mobile: outbox, for 2 members" in result.stdout
    assert "an outbox is for development" in result.stderr
    assert [message["to"] for message in Outbox(club / OUTBOX).messages()] == ["+989121234567"]


def test_what_cannot_work_is_an_error(club: Path) -> None:
    elsewhere = run("signin", "check", club, "--send-to", "a@example.org", code=2)
    assert "signin.json has no channel email" in elsewhere.stderr
    assert "not a telephone number" in run("signin", "check", club, "--send-to", "x", code=2).stderr
    (club / FILE).write_text(json.dumps(SETTINGS | {"channels": {"email": {"kind": "outbox"}}}))
    with People.open(club) as people, people.writing() as access:
        members.add(access, [member(3, email=None), member(4, national_id=None)])
    assert "2 members lack a field to sign in with" in run("signin", "check", club, code=2).stderr
    (club / FILE).unlink()
    assert "signin.json: the file is missing" in run("signin", "check", club, code=2).stderr


def test_the_trail_is_shown_by_the_hour(club: Path) -> None:
    with People.open(club) as people, people.writing() as access:
        subject = members.look_up(access, {"member_number": "M1"}).subject
        trail.note(access, Event("sign-in code by mobile", subject, "192.0.2.1"), 1_796_113_800)
        trail.note(access, Event("sign-in code asked for by a stranger", b"\x00" * 32, "192.0.2.2"), 1_796_113_800)
    found = json.loads(run("signin", "trail", club, "--json").stdout)
    assert {(line["who"], line["hour"]) for line in found} == {
        ("M1", "2026-12-01 08:00 UTC"),
        ("a stranger", "2026-12-01 08:00 UTC"),
    }
    only = run("signin", "trail", club, "--member", "m-۱").stdout
    assert "192.0.2.1" in only
    assert "192.0.2.2" not in only
    assert "nobody in the roll has this identifier" in run("signin", "trail", club, "--member", "M9", code=2).stderr
