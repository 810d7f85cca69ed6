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
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from e2evote.cli.booth_demo import BOOTH, make, signin_settings
from e2evote.cli.workspace import Workspace
from e2evote.election.people.key import SecretPeopleKey
from e2evote.election.signin import robots
from e2evote.election.signin.gateways.configured import OUTBOX
from e2evote.election.signin.gateways.outbox import Outbox
from e2evote.encoding import hex_of
from e2evote.encryption import encrypt_ballots
from e2evote.examples import members_csv
from e2evote.record.ballot import EncryptedBallot
from e2evote.record.codec import dump, parse
from e2evote.record.plaintext import PlaintextBallot
from e2evote.record.setup import Election
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


def opening_of(directory: Path) -> Any:
    """The opening of the booth's device, from the board."""
    from e2evote.board.log import Board
    from e2evote.election.kept import opening_of as on_board

    with Board.open(directory / "board") as board, board.reading() as view:
        return on_board(view, 1)


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


@dataclass
class Voter:
    """A browser without pages: one connection, its cookies, the calls of the interface."""

    url: str
    directory: Path
    language: str = "en"
    cookies: dict[str, str] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        """Send a request as it is given, with the cookies that there are."""
        if self._connection is None:
            parts = urlsplit(self.url)
            self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)
        sent = dict(headers or {})
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            self._connection.request(method, path, body, sent)
            answer = self._connection.getresponse()
        except (http.client.HTTPException, OSError):  # the server had closed a connection that was kept
            self._connection.close()
            self._connection = None
            raise
        content = answer.read()
        for line in answer.headers.get_all("Set-Cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
            if not self.cookies[name]:
                del self.cookies[name]
        return Answer(answer.status, answer.headers, content)

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
        for _ in range(500):
            texts = messages(self.directory, member)
            if len(texts) >= sent:
                return code_in(texts[0])
            self.call("turn")
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

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
