"""Signing in through HTTP: every refusal there is, and what strangers learn."""

import json
import re
import shutil
import time
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from e2evote.election.people.schema import SESSIONS
from e2evote.election.signin.gateways.configured import OUTBOX
from e2evote.election.signin.gateways.outbox import Outbox
from e2evote.web.booth import application
from tests.web.booth.booths import Clock, Encrypted, Voter, inside, make_booth, members, messages
from tests.web.booth.conftest import NewVoter


def fields(number: int) -> dict[str, str]:
    member = members()[number - 1]
    return {"member_number": member["member_number"], "national_id": member["national_id"]}


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"


def test_a_member_signs_in_and_out(voter: NewVoter) -> None:
    somebody = voter(0)
    assert somebody.done("turn")["error"] == "no-session"
    sent = somebody.ask_for_code(1)
    assert sent["channel"] == "mobile"
    assert sent["masks"] == {"mobile": "09****01", "email": "m****@e****.org"}
    assert sent["expires"] - sent["now"] in (119, 120)
    code = somebody.read_code(1, 1)
    entered = somebody.done("enter", {"token": sent["token"], "code": "".join(chr(0x6F0 + int(d)) for d in code)})
    assert entered["name"] == members()[0]["name"]
    assert [entered[name] for name in ("session", "voted", "undecided", "ballot_ends")] == [True, False, False, 0]
    assert (entered["ballot_style"], entered["weight"], entered["challenges_left"]) == (1, 1, 5)
    assert {**somebody.done("turn"), "now": 0} == {**entered, "now": 0}
    somebody.done("sign-out")
    assert somebody.cookies == {}
    assert somebody.done("turn")["session"] is False


def test_wrong_codes(voter: NewVoter) -> None:
    somebody = voter(0)
    sent = somebody.ask_for_code(1)
    code = somebody.read_code(1, 1)
    for _ in range(4):
        assert somebody.refused("enter", {"token": sent["token"], "code": wrong(code)}) == "wrong-code"
    assert somebody.cookies == {}
    assert somebody.done("enter", {"token": sent["token"], "code": code})["session"]
    assert somebody.refused("enter", {"token": sent["token"], "code": code}) == "no-asking"


def test_too_many_wrong_codes(voter: NewVoter) -> None:
    somebody = voter(0)
    sent = somebody.ask_for_code(1)
    code = somebody.read_code(1, 1)
    for _ in range(5):
        somebody.refused("enter", {"token": sent["token"], "code": wrong(code)})
    assert somebody.refused("enter", {"token": sent["token"], "code": code}) in ("too-many-wrong", "no-asking")


def test_an_expired_code_and_a_resend(voter: NewVoter, clock: Clock) -> None:
    somebody = voter(0)
    sent = somebody.ask_for_code(1)
    first = somebody.read_code(1, 1)
    clock.ahead += 60
    again = somebody.done("resend", {"token": sent["token"], "channel": "email"})
    assert (again["token"], again["channel"]) == (sent["token"], "email")
    second = somebody.read_code(1, 2)
    clock.ahead += 61
    assert somebody.refused("enter", {"token": sent["token"], "code": first}) == "expired-code"
    assert somebody.done("enter", {"token": sent["token"], "code": second})["session"]


def test_an_earlier_code_stays_good_after_a_resend(voter: NewVoter) -> None:
    somebody = voter(0)
    sent = somebody.ask_for_code(1)
    first = somebody.read_code(1, 1)
    somebody.done("resend", {"token": sent["token"]})
    somebody.read_code(1, 2)
    assert somebody.done("enter", {"token": sent["token"], "code": first})["session"]


def test_an_attempt_ends(voter: NewVoter, clock: Clock) -> None:
    somebody = voter(0)
    sent = somebody.ask_for_code(1)
    clock.ahead += 901
    assert somebody.refused("resend", {"token": sent["token"]}) == "no-asking"
    assert somebody.refused("resend", {"token": "none"}) == "no-asking"
    assert somebody.refused("enter", {"token": sent["token"], "code": "1"}) == "no-asking"


def test_no_more_codes_for_an_attempt(voter: NewVoter) -> None:
    somebody = voter(0)
    sent = somebody.ask_for_code(1)
    for _ in range(4):
        somebody.done("resend", {"token": sent["token"]})
    assert somebody.refused("resend", {"token": sent["token"]}) == "too-many-codes"


def test_a_second_device_ends_the_first(voter: NewVoter) -> None:
    first, second = voter(1), voter(1)
    told = first.done("turn")
    assert (told["session"], told["error"]) == (False, "elsewhere")
    for call in ("begin", "commit", "open"):
        assert first.refused(call) == "elsewhere"
    assert second.done("turn")["session"]


def test_a_session_ends(voter: NewVoter, clock: Clock) -> None:
    somebody = voter(1)
    clock.ahead += 3601
    assert somebody.done("turn")["error"] == "no-session"
    assert somebody.refused("begin") == "no-session"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": "100"}, "robot"),
        ({"work": "0"}, "robot"),
        ({"token": "AAAA"}, "robot"),
        ({"token": "é" * 200}, "robot"),
    ],
)
def test_robots(voter: NewVoter, change: dict[str, str], reason: str) -> None:
    somebody = voter(0)
    right = somebody.robots_answer()
    while right["work"] == "0":  # one token in sixteen needs no more
        right = somebody.robots_answer()
    assert somebody.refused("sign-in", {"fields": fields(1), "answer": right | change}) == reason


def test_an_answer_is_good_once(voter: NewVoter) -> None:
    somebody = voter(0)
    body = {"fields": fields(1), "answer": somebody.robots_answer()}
    somebody.done("sign-in", body)
    assert somebody.refused("sign-in", body) == "robot"


def test_a_malformed_field_is_named(voter: NewVoter) -> None:
    somebody = voter(0)
    somebody.language = "fa"
    answer = somebody.call("sign-in", {"fields": fields(1) | {"member_number": ""}, "answer": somebody.robots_answer()})
    assert (answer.status, answer.json["error"], answer.json["field"]) == (422, "malformed", "member_number")
    assert answer.json["message"].startswith("این خانه درست پر نشده است")


def test_a_stranger_is_treated_as_a_member(voter: NewVoter, directory: Path) -> None:
    somebody = voter(0)
    unknown = {"member_number": "9999999999", "national_id": members()[0]["national_id"]}
    told = []
    for _ in range(2):
        sent = somebody.done("sign-in", {"fields": unknown, "answer": somebody.robots_answer()})
        assert somebody.refused("enter", {"token": sent["token"], "code": "000000"}) == "wrong-code"
        told.append(sent["masks"])
    assert told[0] == told[1]
    assert re.fullmatch(r"09\*{4}\d\d", told[0]["mobile"])
    somebody.sign_in(2)  # whose message came behind theirs, had there been one
    assert [message["to"] for message in Outbox(directory / OUTBOX).messages()] == ["+989120000002"]


def test_a_person_and_an_address_have_limits(tmp_path: Path, clock: Clock) -> None:
    directory = make_booth(tmp_path / "club", limits={"codes_a_person": 2, "wrong_an_address": 1})
    with inside(directory, clock) as client:
        somebody = Voter(client, directory)
        for _ in range(2):
            sent = somebody.ask_for_code(1)
        answer = somebody.call("sign-in", {"fields": fields(1), "answer": somebody.robots_answer()})
        assert (answer.status, answer.json["error"]) == (429, "too-often")
        assert 0 < answer.json["wait"] <= 3600
        assert answer.headers["Retry-After"] == str(answer.json["wait"])
        code = somebody.read_code(1, 2)
        assert somebody.refused("enter", {"token": sent["token"], "code": wrong(code)}) == "wrong-code"
        assert somebody.refused("enter", {"token": sent["token"], "code": code}) == "too-often"


@pytest.mark.parametrize(("hours", "begun", "reason"), [(24.0, -2.0, "not-open"), (-1.0, 3.0, "closed")])
def test_before_and_after_voting(tmp_path: Path, clock: Clock, hours: float, begun: float, reason: str) -> None:
    directory = make_booth(tmp_path / "club", hours=hours, begun=begun)
    with inside(directory, clock) as client:
        somebody = Voter(client, directory)
        answer = somebody.call("sign-in", {"fields": fields(1), "answer": somebody.robots_answer()})
        assert (answer.status, answer.json["error"]) == (403, reason)
        assert answer.json["wait"] in (range(7100, 7201) if reason == "not-open" else [0])
        assert somebody.refused("resend", {"token": "x"}) == reason
        assert somebody.refused("enter", {"token": "x", "code": "1"}) == reason
        for path in ("/vote/en", "/vote/election.json", "/board"):
            assert somebody.ask("GET", path).status == 200


def test_voting_closes_while_somebody_is_in(voter: NewVoter, clock: Clock) -> None:
    somebody = voter(1)
    somebody.done("begin")
    clock.ahead += 24 * 3600
    for call in ("begin", "sign-in"):
        body = {"fields": fields(1), "answer": {"token": "", "text": "", "work": ""}} if call == "sign-in" else {}
        assert somebody.refused(call, body) == "closed"


def test_what_is_told_is_in_the_language_that_is_asked_for(client: TestClient, directory: Path) -> None:
    somebody = Voter(client, directory)
    for header, start in (("fa", "این"), ("en", "This"), ("de", "This")):
        answer = somebody.ask("POST", "/vote/api/begin", b"{}", {"Accept-Language": header})
        assert answer.json["message"].startswith(start)


def test_messages_are_in_the_voters_language(voter: NewVoter, directory: Path) -> None:
    somebody = voter(0)
    somebody.language = "fa"
    somebody.sign_in(3)
    (text,) = messages(directory, members()[2])
    assert "رمز ورود شما" in text
    assert somebody.done("turn")["name"] == members()[2]["name"]


def test_the_outbox_is_a_page_for_this_machine(directory: Path, clock: Clock) -> None:
    with inside(directory, clock) as client:
        somebody = Voter(client, directory)
        assert "Nothing has been sent yet" in somebody.ask("GET", "/outbox").body.decode()
        somebody.sign_in(1)
        page = somebody.ask("GET", "/outbox?lang=fa").body.decode()
        assert messages(directory, members()[0])[0].splitlines()[1] in page
        stranger = TestClient(client.app, client=("192.0.2.1", 1))
        assert stranger.get("/outbox").status_code == 404
    with inside(directory, clock, outbox=False) as client:
        assert client.get("/outbox").status_code == 404


def test_what_is_over_is_forgotten(directory: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "TIDY", 0.02)
    with inside(directory, clock) as client:
        people = client.app.application.state.booth.desk.people  # type: ignore[attr-defined]
        Voter(client, directory).sign_in(1)

        def rows() -> int:
            with people.reading() as access:
                return len(access.connection.execute(select(SESSIONS)).all())

        assert rows() == 1
        clock.ahead += 3601
        until = time.monotonic() + 30
        while rows() and time.monotonic() < until:
            time.sleep(0.02)
        assert rows() == 0


def test_a_roll_that_was_put_back_stops_voting(
    directory: Path, clock: Clock, ready: list[Encrypted], caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever voted since could vote again: then nobody can."""
    shutil.copytree(directory / "people", directory / "older")
    with inside(directory, clock) as client:
        Voter(client, directory).sign_in(1)
        somebody = Voter(client, directory)
        somebody.sign_in(2)
        somebody.vote(ready[0])
    shutil.rmtree(directory / "people")
    (directory / "older").rename(directory / "people")
    with inside(directory, clock) as client:
        somebody = Voter(client, directory)
        for call in ("turn", "question", "begin"):
            answer = somebody.call(call)
            assert (answer.status, answer.json["error"], answer.json["wait"]) == (503, "unavailable", 5)
            assert "cast" not in json.dumps(answer.json).replace("Nothing is lost", "")
        assert somebody.ask("GET", "/board").status == 200
    assert "nobody can vote: the board has 1 cast ballots, the roll 0 members who have voted" in caplog.text
