"""An election with five members, whose codes go to a list, and whose time stands still until it is moved."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from e2evote.election.people.database import People
from e2evote.election.signin import robots
from e2evote.election.signin.courier import Courier
from e2evote.election.signin.desk import Desk, Order, Sent
from e2evote.election.signin.gateways.message import GatewayError, Message
from e2evote.election.signin.robots import Answer, Question
from e2evote.election.signin.service import SignIn
from e2evote.election.signin.settings import Settings
from e2evote.election.signin.voting import Fate, Offered, Voting
from e2evote.errors import CheckError, StorageError
from e2evote.record.codec import parse
from tests.board.conftest import postgres_database as postgres_database
from tests.election.members import member, people_with

SETTINGS = b"""{
  "fields": ["member_number", "national_id"],
  "opens": "2026-12-01T04:30:00Z", "closes": "2026-12-01T14:30:00Z",
  "channels": {"mobile": {"kind": "outbox"}, "email": {"kind": "outbox"}},
  "robots": {"work_bits": 4}
}"""

NOON = datetime(2026, 12, 1, 8, 30, tzinfo=UTC).timestamp()
ORDER = Order("en", "192.0.2.1")


@dataclass
class Time:
    """A clock that is moved by hand."""

    now: float = NOON

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)


@dataclass
class Received:
    """A gateway that keeps what it is given."""

    messages: list[Message] = field(default_factory=list)
    broken: bool = False

    def send(self, message: Message) -> None:
        if self.broken:
            raise GatewayError("the provider is away")
        self.messages.append(message)


@dataclass
class Box:
    """A board in memory that can fail: before it has accepted, after, or so that it accepts later (``be_late``)."""

    fates: dict[bytes, Fate] = field(default_factory=dict)
    fail: str = ""
    late: list[Callable[[], object]] = field(default_factory=list)

    def fate(self, code: bytes) -> Fate:
        return self.fates.get(code, Fate.ABSENT)

    def spoil(self, code: bytes) -> None:
        self.decide(code, Fate.SPOILED)()

    def put(self, code: bytes) -> Callable[[], str]:
        return lambda: self._do(lambda: self.fates.setdefault(code, Fate.UNDECIDED))

    def decide(self, code: bytes, fate: Fate) -> Callable[[], str]:
        def change() -> None:
            if self.fate(code) not in (Fate.UNDECIDED, fate):
                raise CheckError(f"the ballot is {self.fate(code)}")
            self.fates[code] = fate

        return lambda: self._do(change)

    def be_late(self) -> None:
        """Do now what seemed lost."""
        waiting, self.late = self.late, []
        for change in waiting:
            with suppress(CheckError):
                change()

    def _do(self, change: Callable[[], object]) -> str:
        if self.fail == "late":
            self.late.append(change)
        if self.fail in ("", "after"):
            change()
        if self.fail:
            raise StorageError("the board's disk is full")
        return "receipt"


@dataclass
class Hall:
    """Everything, and the steps that most tests take."""

    directory: Path
    people: People
    time: Time
    received: Received
    courier: Courier
    desk: Desk
    signin: SignIn
    voting: Voting
    box: Box

    def fields(self, number: int) -> dict[str, str]:
        found = member(number)
        return {"member_number": str(found.member_number), "national_id": str(found.national_id)}

    def begin(self, number: int, order: Order = ORDER) -> Sent:
        return self.signin.begin(self.fields(number), answer(self), order)

    def newest_code(self) -> str:
        self.settle()
        return self.received.messages[-1].code

    def settle(self) -> None:
        """Wait until everything that was posted is sent."""
        self.courier._threads.submit(lambda: None).result()

    def sign_in(self, number: int = 1) -> str:
        sent = self.begin(number)
        return self.signin.enter(sent.token, self.newest_code(), "192.0.2.1")

    def commit(self, token: str, code: bytes) -> None:
        self.voting.begin(token)
        self.voting.commit(token, Offered(code, 1, 1), self.box.put(code))

    def cast(self, token: str, code: bytes) -> str:
        sent = self.voting.send_code(token, code, ORDER)
        typed = self.newest_code()
        return self.voting.cast(token, sent.token, typed, code, "192.0.2.1", self.box.decide(code, Fate.CAST))


def answer(hall: Hall) -> Answer:
    """The right answer of a new question."""
    return solve(hall.people, hall.signin.question())


def solve(people: People, question: Question) -> Answer:
    """The right answer, by knowing the key and doing the work."""
    head = robots._head(people.key, question.token)
    assert head is not None
    right = str(robots._result(*robots._drawn(people.key, head)))
    work = next(n for n in range(2**20) if robots.work_done(question.token, str(n)) >= question.work_bits)
    return Answer(question.token, right, str(work))


def hall_at(directory: Path, people: People, settings: Settings, threads: int = 1) -> Hall:
    """A hall over a database."""
    time, received, box = Time(), Received(), Box()
    courier = Courier({"mobile": received, "email": received}, threads)
    desk = Desk(people, settings, courier, time, {"en": "Club election", "fa": "انتخابات باشگاه"})
    return Hall(directory, people, time, received, courier, desk, SignIn(desk), Voting(desk, box), box)


@pytest.fixture(scope="session")
def settings() -> Settings:
    return parse(Settings, SETTINGS, "signin.json", canonical=False)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a database of five members, to be copied."""
    directory = tmp_path_factory.mktemp("made")
    people_with(directory).close()
    return directory


@pytest.fixture
def hall(tmp_path: Path, made: Path, settings: Settings) -> Iterator[Hall]:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    with People.open(tmp_path) as people:
        found = hall_at(tmp_path, people, settings)
        yield found
        found.courier.close()


@pytest.fixture
def server_hall(tmp_path: Path, postgres_database: str, settings: Settings) -> Iterator[Hall]:
    """The same on a database server."""
    with people_with(tmp_path, database=postgres_database) as people:
        found = hall_at(tmp_path, people, settings)
        yield found
        found.courier.close()
