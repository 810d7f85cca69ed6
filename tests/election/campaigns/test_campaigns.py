"""Messages to many: each once, also over crashes; reminders to some of those who have not voted, and to nobody else."""

import json
import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread

import pytest

from e2evote.election.campaigns.postman import Postman
from e2evote.election.campaigns.texts import SUBJECTS, TEXTS, written
from e2evote.election.campaigns.writing import PAUSE, write
from e2evote.election.people import deliveries, members, standings
from e2evote.election.people.database import FILE, FOLDER, People
from e2evote.election.people.deliveries import Campaign, State
from e2evote.election.people.standings import Standing
from e2evote.election.people.standings import State as Voted
from e2evote.election.signin.gateways.message import GatewayError, Message
from e2evote.election.signin.gateways.outbox import Outbox
from e2evote.election.signin.settings import Settings
from e2evote.errors import CheckError, StorageError
from e2evote.record.codec import parse
from tests.election.members import member, people_with
from tests.election.signin.conftest import SETTINGS

MEMBERS = 40
INVITATION = Campaign("invitation", "fa", 1_800_000_000, "انتخابات", "برای رأی دادن: https://vote.example.org/")


@dataclass
class Given:
    """A gateway that keeps what it is given, and refuses some."""

    messages: list[Message] = field(default_factory=list)
    refused: dict[str, GatewayError] = field(default_factory=dict)

    def send(self, message: Message) -> None:
        if message.to in self.refused:
            raise self.refused[message.to]
        self.messages.append(message)

    @property
    def to(self) -> Counter[str]:
        return Counter(message.to for message in self.messages)


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    with people_with(tmp_path, MEMBERS) as people:
        yield people


@pytest.fixture
def settings() -> Settings:
    return parse(Settings, SETTINGS, "signin.json", canonical=False)


def written_down(people: People, settings: Settings, campaign: Campaign, share: int = 100) -> bytes:
    with people.writing() as access:
        return write(access, settings, campaign, share)


def counted(people: People, row: bytes) -> Counter[State]:
    with people.reading() as access:
        return deliveries.counts(access, row)


def have_vote(people: People, numbers: range, state: Voted = Voted.VOTED) -> None:
    with people.writing() as access:
        for number in numbers:
            found = members.look_up(access, {"member_number": f"M{number}"})
            code = bytes(32) if state is Voted.CASTING else None
            standings.write(access, found.subject, Standing(state, code=code))


def test_everybody_is_invited_once(people: People, settings: Settings, tmp_path: Path) -> None:
    row, given = written_down(people, settings, INVITATION), Given()
    postman = Postman(people, {"mobile": given, "email": Given()})
    progress: list[tuple[int, int]] = []
    with postman.on_duty(tmp_path):
        assert postman.send_all(lambda done, total: progress.append((done, total))) == MEMBERS
        assert postman.send_all(lambda *_: None) == 0
    assert given.to == Counter(f"+98912{number:07}" for number in range(1, MEMBERS + 1))
    assert {(message.text, message.subject) for message in given.messages} == {(INVITATION.text, INVITATION.subject)}
    assert counted(people, row) == {State.SENT: MEMBERS}
    assert progress[-1] == (MEMBERS, MEMBERS)


def test_who_has_no_mobile_gets_an_email_and_who_has_neither_nothing(settings: Settings, tmp_path: Path) -> None:
    with People.create(tmp_path) as people:
        with people.writing() as access:
            members.add(access, [member(1), member(2, mobile=None), member(3, mobile=None, email=None)])
        written_down(people, settings, INVITATION)
        mobile, email = Given(), Given()
        Postman(people, {"mobile": mobile, "email": email}).send_all(lambda *_: None)
    assert (list(mobile.to), list(email.to)) == (["+989120000001"], ["member2@example.org"])


def test_reminders_go_to_those_who_have_not_voted(people: People, settings: Settings) -> None:
    have_vote(people, range(1, 11))
    have_vote(people, range(11, 13), Voted.CASTING)
    reminder = replace(INVITATION, kind="reminder")
    row, given = written_down(people, settings, reminder), Given()
    assert counted(people, row) == {State.WAITING: MEMBERS - 12}
    have_vote(people, range(13, 16))  # after it was written, before it is sent
    Postman(people, {"mobile": given}).send_all(lambda *_: None)
    assert set(given.to) == {f"+98912{number:07}" for number in range(16, MEMBERS + 1)}
    assert counted(people, row) == {State.SENT: MEMBERS - 15, State.LEFT_OUT: 3}


def test_who_gets_no_reminder_may_not_have_voted(people: People, settings: Settings) -> None:
    have_vote(people, range(1, 11))
    reached = []
    for number in range(12):
        reminder = replace(INVITATION, kind="reminder", made=INVITATION.made + number * PAUSE)
        given = Given()
        written_down(people, settings, reminder, share=80)
        Postman(people, {"mobile": given}).send_all(lambda *_: None)
        reached.append(set(given.to))
    silent = [MEMBERS - 10 - len(numbers) for numbers in reached]
    assert sum(1 for count in silent if count) >= 10, "a reminder that reaches all tells who has voted"
    assert len(set(map(frozenset, reached))) > 6, "the same are left out each time"
    assert set().union(*reached) == {f"+98912{number:07}" for number in range(11, MEMBERS + 1)}


def test_what_is_refused(people: People, settings: Settings) -> None:
    written_down(people, settings, INVITATION)
    with pytest.raises(CheckError, match="less than 6 hours ago"):
        written_down(people, settings, replace(INVITATION, made=INVITATION.made + PAUSE - 1))
    written_down(people, settings, replace(INVITATION, made=INVITATION.made + PAUSE))
    with pytest.raises(CheckError, match="no kind 'advert'"):
        written_down(people, settings, replace(INVITATION, kind="advert"))
    with pytest.raises(CheckError, match="from 1 to 100"):
        written_down(people, settings, replace(INVITATION, kind="reminder"), share=0)
    have_vote(people, range(1, MEMBERS + 1))
    with pytest.raises(CheckError, match="nobody to write to"):
        written_down(people, settings, replace(INVITATION, kind="reminder"))


@pytest.mark.parametrize(("place", "carried"), [("{text}", True), ("{code}", False)])
def test_a_gateway_that_carries_codes_alone_gets_no_campaign(place: str, carried: bool, people: People) -> None:
    http = {"kind": "http", "url": "https://sms.example.org/send",
            "body": {"format": "json", "fields": {"to": "{mobile}", "message": {"parts": [place]}}}}  # fmt: skip
    given = json.loads(SETTINGS) | {"channels": {"mobile": http, "email": {"kind": "outbox"}}}
    settings = parse(Settings, json.dumps(given).encode(), "signin.json", canonical=False)
    if carried:
        assert counted(people, written_down(people, settings, INVITATION)) == {State.WAITING: MEMBERS}
        return
    with pytest.raises(CheckError, match=r"gateway of mobile has no place for \{text\}"):
        written_down(people, settings, INVITATION)


def test_a_refusal_and_a_lost_answer_are_told_apart_and_sent_again_on_request(
    people: People, settings: Settings
) -> None:
    row = written_down(people, settings, INVITATION)
    refused = {"+989120000001": GatewayError("no"), "+989120000002": GatewayError("timeout", uncertain=True)}
    given = Given(refused=refused)
    postman = Postman(people, {"mobile": given})
    postman.send_all(lambda *_: None)
    assert counted(people, row) == {State.SENT: MEMBERS - 2, State.FAILED: 1, State.UNCERTAIN: 1}
    given.refused = {}
    with people.writing() as access:
        assert deliveries.send_again(access, row, [State.FAILED]) == 1
    postman.send_all(lambda *_: None)
    assert counted(people, row) == {State.SENT: MEMBERS - 1, State.UNCERTAIN: 1}
    assert given.to["+989120000001"] == 1
    assert max(given.to.values()) == 1


def test_one_process_sends(people: People, tmp_path: Path) -> None:
    postman = Postman(people, {})
    with (
        postman.on_duty(tmp_path),
        pytest.raises(CheckError, match="another process is sending"),
        postman.on_duty(tmp_path),
    ):
        pass


def test_a_server_sends_what_comes_to_wait(people: People, settings: Settings, tmp_path: Path) -> None:
    given, closing = Given(), Event()
    thread = Thread(target=Postman(people, {"mobile": given}).stay, args=(tmp_path, closing))
    thread.start()
    try:
        row = written_down(people, settings, INVITATION)
        for _ in range(200):
            if counted(people, row)[State.SENT] == MEMBERS:
                break
            closing.wait(0.05)
    finally:
        closing.set()
        thread.join()
    assert set(given.to.values()) == {1}
    assert len(given.to) == MEMBERS


class _Deadly:
    """A gateway that hands over, and has its process killed by the twelfth message."""

    def __init__(self, folder: Path) -> None:
        self._outbox = Outbox(folder)

    def send(self, message: Message) -> None:
        self._outbox.send(message)
        if len(self._outbox.messages()) >= 12:
            os.kill(os.getpid(), signal.SIGKILL)


def _send_and_die(directory: Path) -> None:
    with People.open(directory) as people:
        postman = Postman(people, {"mobile": _Deadly(directory / "outbox")})
        with postman.on_duty(directory):
            postman.send_all(lambda *_: None)


def test_a_process_that_is_killed_sends_nothing_twice(people: People, settings: Settings, tmp_path: Path) -> None:
    row = written_down(people, settings, INVITATION)
    process = multiprocessing.get_context("spawn").Process(target=_send_and_die, args=(tmp_path,))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    postman = Postman(people, {"mobile": Outbox(tmp_path / "outbox")})
    with postman.on_duty(tmp_path):
        postman.send_all(lambda *_: None)
    sent = Counter(message["to"] for message in Outbox(tmp_path / "outbox").messages())
    states = counted(people, row)
    assert max(sent.values()) == 1
    assert states[State.SENT] + states[State.UNCERTAIN] == MEMBERS
    assert 0 < states[State.UNCERTAIN] <= 8
    assert states[State.SENT] <= len(sent) <= MEMBERS


def test_the_database_alone_does_not_tell_who_is_written_to(people: People, settings: Settings, tmp_path: Path) -> None:
    written_down(people, settings, INVITATION)
    with people.writing() as access:
        rows = access.connection.exec_driver_sql("SELECT delivery, place FROM deliveries").all()
        known = {row for row, _ in members.every(access)}
    assert not {row for row, _ in rows} & known
    assert len({len(place) for _, place in rows}) == 1
    data = b"".join(path.read_bytes() for path in (tmp_path / FOLDER).glob(f"{FILE}*"))
    assert b"example.org" not in data
    assert not any(b"+98912" in part for part in (data,))


def test_a_changed_row_is_noticed(people: People, settings: Settings) -> None:
    written_down(people, settings, INVITATION)
    with people.writing() as access:
        access.connection.exec_driver_sql("UPDATE deliveries SET place = (SELECT max(place) FROM deliveries)")
    with pytest.raises(StorageError, match="deliveries is damaged"):
        Postman(people, {"mobile": Given()}).send_some()


def test_what_was_written_to_one_member(people: People, settings: Settings) -> None:
    row = written_down(people, settings, INVITATION)
    with people.reading() as access:
        found = members.look_up(access, {"member_number": "M3"})
        ((delivery, state),) = deliveries.of_member(access, found.subject)
        assert list(deliveries.of_member(access, bytes(32))) == []
    assert (delivery.campaign, delivery.member, delivery.channel, state) == (
        row,
        found.subject,
        "mobile",
        State.WAITING,
    )


@pytest.mark.parametrize("language", ["en", "fa"])
def test_texts_of_every_kind(language: str) -> None:
    values = {"election": "کانون", "opens": "۱", "closes": "۲", "link": "https://vote.example.org/"}
    for kind in ("invitation", "reminder"):
        text = written(TEXTS[language][kind], values)
        assert "https://vote.example.org/" in text
        assert len(text) < 300
        assert "{" not in written(SUBJECTS[language][kind], values)
    assert json.dumps(TEXTS)


@pytest.mark.parametrize(
    "text", ["{name}", "{", "{0}", "", "   ", "x" * 1001, "a\x07", "\u202eabc", "{election.__class__}", "{election!q}"]
)
def test_texts_that_are_refused(text: str) -> None:
    with pytest.raises(CheckError):
        written(text, {"election": "E", "opens": "o", "closes": "c", "link": "l"})
