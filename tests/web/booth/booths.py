"""An election online on the toy group, made in about a second, its server, and voters who use its interface.

directory = make_booth(tmp_path / "club")         # board, keys, device, roll, outbox; voting is open
with BoothServer(directory) as server:            # a process; server.url, server.get("/vote/en")
    voter = Voter(server.url, directory)          # one cookie jar
    voter.sign_in(1)                              # member 1 of members(): question, code from the outbox, session
    receipt = voter.vote(ballots(directory, 1)[0])
"""

import csv
import http.client
import io
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.testclient import TestClient

from e2evote.board.log import Board
from e2evote.challenge import open_ballot
from e2evote.cli.booth_demo import BOOTH, make, signin_settings
from e2evote.election import kept
from e2evote.election.people.key import SecretPeopleKey
from e2evote.election.signin import robots
from e2evote.election.signin.gateways.configured import OUTBOX
from e2evote.election.signin.gateways.outbox import Outbox
from e2evote.encoding import hex_of
from e2evote.encryption import SecretBallotNonce, encrypt_ballots
from e2evote.examples import members_csv
from e2evote.record.ballot import DeviceOpening, EncryptedBallot
from e2evote.record.codec import dump, parse
from e2evote.record.plaintext import PlaintextBallot
from e2evote.record.setup import Election
from e2evote.web.booth.application import election_application
from e2evote.web.booth.booth import Plan
from e2evote.web.site import Settings
from e2evote.workspace.directory import Workspace
from tests.builders import TOY, generated_ballots
from tests.web.servers import PATIENCE, Server

JSON = {"Content-Type": "application/json", "X-E2EVote": "1"}
LIMITS = {"codes_a_person": 1000, "ballots_a_person": 1000}


def make_booth(
    directory: Path,
    group: str = TOY,
    hours: float = 24,
    begun: float = 1,
    limits: dict[str, int] | None = None,
    booth: dict[str, Any] | None = None,
    manifest: bytes | None = None,
    members: bytes | None = None,
    work_bits: int = 4,
) -> Path:
    """Make an election whose booth is open for some hours, and return its directory.

    Args:
        directory: to be made.
        group: the parameter set.
        hours: until voting is over; negative: it is over.
        begun: hours since it began; negative: it has not yet.
        limits: of ``signin.json``, such as ``{"code_seconds": 30}``.
        booth: fields of ``booth.json``; by default those of the example.
        manifest: another manifest, without a board.
        members: another file of the roll.
        work_bits: work for the browser.
    """
    signin = signin_settings(hours, begun)
    signin |= {"limits": LIMITS | (limits or {}), "robots": {"work_bits": work_bits}}
    make(directory, group, signin, BOOTH if booth is None else booth, manifest, members)
    return directory


def members() -> list[dict[str, str]]:
    """The example's members: member_number, national_id, name, mobile, email."""
    return list(csv.DictReader(io.StringIO(members_csv().decode())))


def newest_message(directory: Path) -> dict[str, str]:
    """The newest message of the outbox: channel, to, subject, text."""
    return Outbox(directory / OUTBOX).messages(1)[0]


def messages(directory: Path, member: dict[str, str]) -> list[str]:
    """The texts that were sent to a member, the newest first."""
    places = {f"+98{member['mobile'].removeprefix('0')}", member["email"]}
    return [message["text"] for message in Outbox(directory / OUTBOX).messages() if message["to"] in places]


def code_in(text: str) -> str:
    """The one-time code in a message: the last word of its second line that is a number."""
    line = text.splitlines()[1]
    return next(word for word in reversed(line.split()) if word.isascii() and word.isdecimal())


def position_in(receipt: str) -> int:
    """The position that the board gave a ballot, from the receipt of its entry."""
    position: int = json.loads(receipt.splitlines()[4])["position"]
    return position


class BoothServer(Server):
    """``e2evote serve`` of an election's directory."""

    GROUP = ("serve",)

    def __init__(self, directory: Path, *arguments: object, port: int = 0, jobs: int = 1) -> None:
        """Start it, and wait until it answers."""
        super().__init__(directory, "--jobs", jobs, *arguments, port=port)

    @property
    def url(self) -> str:
        """Its origin."""
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class Encrypted:
    """A ballot as a page makes it: its JSON without position, its code, its nonce, its two secrets."""

    content: dict[str, Any]
    code: str
    nonce: str
    cast: bytes
    challenge: bytes
    plaintext: PlaintextBallot

    @property
    def commit(self) -> dict[str, Any]:
        """The body that commits it."""
        hashes = {"cast": self.cast, "challenge": self.challenge}
        return {
            "ballot": self.content,
            "commitments": {name: hex_of(sha256(secret).digest()) for name, secret in hashes.items()},
        }

    def opened(self, position: int, election: Election) -> dict[str, Any]:
        """The ballot, opened."""
        nonce = SecretBallotNonce(bytes.fromhex(self.nonce))
        found: dict[str, Any] = json.loads(dump(open_ballot(election, self.positioned(position, election), nonce)))
        return found

    def positioned(self, position: int, election: Election) -> EncryptedBallot:
        """The ballot as the board has it."""
        fields = {**self.content, "position": position}
        ordered = {name: fields[name] for name in EncryptedBallot.model_fields if name in fields}
        return parse(EncryptedBallot, json.dumps(ordered).encode(), "ballot", election.group, canonical=False)


def plaintexts(directory: Path, seed: int = 1) -> Iterator[PlaintextBallot]:
    """Plausible votes."""
    return generated_ballots(Workspace(directory).election.manifest, seed)


def ballots(directory: Path, count: int, seed: int = 1) -> list[Encrypted]:
    """Ballots for the booth's device, encrypted by the library."""
    return encrypted(directory, list(islice(plaintexts(directory, seed), count)))


def encrypted(directory: Path, votes: list[PlaintextBallot]) -> list[Encrypted]:
    """These votes, encrypted for the booth's device."""
    election = Workspace(directory).election
    opening = opening_of(directory)
    made = []
    for vote, (ballot, nonce) in zip(votes, encrypt_ballots(election, opening, votes), strict=True):
        content = json.loads(dump(ballot))
        del content["position"]
        secret = secrets.token_bytes(32), secrets.token_bytes(32)
        code = hex_of(ballot.confirmation_code)
        made.append(Encrypted(content, code, hex_of(nonce.value), *secret, vote))
    return made


def opening_of(directory: Path) -> DeviceOpening:
    """The opening of the booth's device, from the board."""
    with Board.open(directory / "board") as board, board.reading() as view:
        return kept.opening_of(view, 1)


@dataclass
class Answer:
    """What the server said."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """Its content."""
        return json.loads(self.body)


class Wire:
    """A connection to a server, kept as browsers do."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)

    def ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """Send a request and return the answer."""
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        except (http.client.HTTPException, OSError):
            self._connection.close()  # the next request opens another
            raise

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class Inside:
    """An application in this process, without a network between."""

    def __init__(self, client: TestClient) -> None:
        self._client = client

    def ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """Send a request and return the answer; cookies are the voter's business."""
        self._client.cookies.clear()
        answer = self._client.request(method, path, content=body, headers=headers, follow_redirects=False)
        self._client.cookies.clear()
        found = http.client.HTTPMessage()
        for name, value in answer.headers.multi_items():
            found[name] = value
        return Answer(answer.status_code, found, answer.content)

    def close(self) -> None:
        """Leave the application as it is."""


@dataclass
class Clock:
    """A clock that is moved by hand; it begins now."""

    ahead: float = 0

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)


@contextmanager
def inside(directory: Path, clock: Clock, **plan: Any) -> Iterator[TestClient]:
    """The application of an election's directory in this process, which verifies no proofs."""
    settings = Settings(directory / "board", processes=0, interval=0.05, allow_insecure=frozenset({TOY}))
    application = election_application(settings, Plan(directory, **({"outbox": True} | plan)), clock)
    with TestClient(application, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000)) as client:
        yield client


@dataclass
class Voter:
    """A browser without pages: its cookies, and the calls of the interface.

    ``where`` is a server's origin, or an application in this process.
    """

    where: str | TestClient
    directory: Path
    language: str = "en"
    cookies: dict[str, str] = field(default_factory=dict)
    number: int = 0

    def __post_init__(self) -> None:
        self._wire: Wire | Inside = Wire(self.where) if isinstance(self.where, str) else Inside(self.where)

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        """Send a request as it is given, with the cookies that there are."""
        sent = dict(headers or {})
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self._wire.ask(method, path, body, sent)
        for line in answer.headers.get_all("Set-Cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
            if not self.cookies[name]:
                del self.cookies[name]
        return answer

    def call(self, name: str, body: dict[str, Any] | None = None, **headers: str) -> Answer:
        """Call the interface as the page does."""
        path = f"/vote/api/{name}?lang={self.language}"
        if name == "turn":
            return self.ask("GET", path, headers=headers)
        return self.ask("POST", path, json.dumps(body or {}).encode(), JSON | headers)

    def done(self, name: str, body: dict[str, Any] | None = None) -> Any:
        """Call it, and expect no refusal."""
        answer = self.call(name, body)
        assert answer.status == 200, (name, answer.status, answer.body[:500])
        return answer.json

    def robots_answer(self) -> dict[str, str]:
        """The right answer to a new question, by knowing the key and doing the work."""
        asked = self.done("question")
        key = SecretPeopleKey.read(self.directory / "private" / "people.key")
        head = robots._head(key, asked["token"])
        assert head is not None
        right = str(robots._result(*robots._drawn(key, head)))
        work = next(n for n in range(2**22) if robots.work_done(asked["token"], str(n)) >= asked["work_bits"])
        return {"token": asked["token"], "text": right, "work": str(work)}

    def ask_for_code(self, number: int) -> dict[str, Any]:
        """Say that one is member ``number``, from 1, and return what the page is told."""
        member = members()[number - 1]
        fields = {"member_number": member["member_number"], "national_id": member["national_id"]}
        found: dict[str, Any] = self.done("sign-in", {"fields": fields, "answer": self.robots_answer()})
        return found

    def read_code(self, number: int, sent: int) -> str:
        """The code in the newest message to a member, once so many were sent to them."""
        member = members()[number - 1]
        for _ in range(500):  # the courier takes its time
            texts = messages(self.directory, member)
            if len(texts) >= sent:
                return code_in(texts[0])
            time.sleep(0.01)
        raise AssertionError("no message came")

    def sign_in(self, number: int) -> dict[str, Any]:
        """Sign in as member ``number``, from 1, and return what ``enter`` answers."""
        before = len(messages(self.directory, members()[number - 1]))
        sent = self.ask_for_code(number)
        found: dict[str, Any] = self.done("enter", {"token": sent["token"], "code": self.read_code(number, before + 1)})
        assert found["session"], found
        self.number = number
        return found

    def commit(self, ballot: Encrypted) -> str:
        """Begin, and put a ballot onto the board; return the receipt."""
        self.done("begin")
        return str(self.done("commit", ballot.commit)["receipt"])

    def casting_code(self, ballot: Encrypted) -> dict[str, str]:
        """Ask for a code to cast, and return the body that casts."""
        before = len(messages(self.directory, members()[self.number - 1]))
        sent = self.done("code", {"confirmation_code": ballot.code})
        code = self.read_code(self.number, before + 1)
        secret = hex_of(ballot.cast)
        return {"confirmation_code": ballot.code, "secret": secret, "token": sent["token"], "code": code}

    def cast(self, ballot: Encrypted) -> str:
        """Cast a ballot that is on the board; return the receipt."""
        return str(self.done("cast", self.casting_code(ballot))["receipt"])

    def challenge(self, ballot: Encrypted) -> str:
        """Challenge a ballot that is on the board; return the receipt."""
        body = {"confirmation_code": ballot.code, "secret": hex_of(ballot.challenge)}
        return str(self.done("challenge", body)["receipt"])

    def vote(self, ballot: Encrypted) -> str:
        """Commit and cast; return the receipt of the casting."""
        self.commit(ballot)
        return self.cast(ballot)

    def refused(self, name: str, body: dict[str, Any] | None = None, **headers: str) -> str:
        """Call it, expect a refusal as every one is, and return its reason."""
        answer = self.call(name, body, **headers)
        assert 400 <= answer.status < 500, (name, answer.status, answer.body[:500])
        told = answer.json
        assert set(told) - {"detail"} == {"error", "message", "wait", "field", "now"}
        assert told["message"]
        return str(told["error"])

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()
