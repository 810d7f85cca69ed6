"""An election online, made to be measured: members in a roll, and a ballot for each, encrypted before anybody votes."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from e2evote.bench.boards import begin_election
from e2evote.bench.figures import Watch
from e2evote.bench.workload import Workload
from e2evote.board.log import Board
from e2evote.board.notes import VerifierKey
from e2evote.election.people import members
from e2evote.election.people.database import People
from e2evote.election.people.member import Member
from e2evote.election.signin.gateways.configured import OUTBOX
from e2evote.election.signin.settings import FILE as SIGNIN
from e2evote.election.times import shown_time
from e2evote.encoding import canonical_json, hex_of
from e2evote.encryption import EncryptedLine, encrypt_lines
from e2evote.engine import workers
from e2evote.files import write_atomically
from e2evote.group.elements import Group
from e2evote.web.booth.settings import FILE as BOOTH

WORK_BITS = 8
"""Work of a voter's browser before it signs in: less than elsewhere, for here it is done on the server's machine."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """A member and their ballot: its code, the secret that casts it, and what commits it, as a page sends it."""

    member: int
    code: str
    secret: str = field(repr=False)
    commit: bytes = field(repr=False)

    @property
    def identity(self) -> dict[str, str]:
        """What the voter types to sign in."""
        return {"member_number": str(self.member), "mobile": f"0{_mobile(self.member)}"}

    @property
    def mobile(self) -> str:
        """Where the voter's codes are sent, as messages have it."""
        return f"+98{_mobile(self.member)}"


@dataclass(frozen=True, slots=True)
class BoothElection:
    """The directory of an election, the keys that sign its receipts, and a ballot for each member."""

    directory: Path
    keys: tuple[VerifierKey, ...]
    ballots: tuple[Ballot, ...]

    @property
    def board(self) -> Path:
        """The folder of its board."""
        return self.directory / "board"

    @property
    def outbox(self) -> Path:
        """The folder of the messages that were sent."""
        return self.directory / OUTBOX


def make_election(directory: Path, workload: Workload, group: Group, processes: int, watch: Watch) -> BoothElection:
    """Make an election that ``e2evote serve`` can serve, with a member for each ballot of the workload.

    Args:
        directory: to be made.
        workload: what is voted.
        group: the parameters, on a backend.
        processes: that encrypt.
        watch: told how many ballots are encrypted.
    """
    count = len(workload.ballots)
    watch("the election", 0, count)
    election, opening = begin_election(directory / "board", workload, group)
    write_atomically(directory / BOOTH, canonical_json({"device": opening.device}) + b"\n")
    write_atomically(directory / SIGNIN, canonical_json(_signin()) + b"\n")
    with People.create(directory) as people, people.writing() as access:
        members.add(access, map(_member, range(1, count + 1)))
    ballots: list[Ballot] = []
    for line in encrypt_lines(election, opening, workload.ballots, jobs=workers(processes)):
        ballots.append(_ballot(len(ballots) + 1, line))
        watch("ballots, encrypted before", len(ballots), count)
    with Board.open(directory / "board") as board:
        keys = tuple(log.key for log in board.policy.logs)
    return BoothElection(directory, keys, tuple(ballots))


def _signin() -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "fields": ["member_number", "mobile"],
        "opens": shown_time(now - timedelta(hours=1)),
        "closes": shown_time(now + timedelta(days=1)),
        "channels": {"mobile": {"kind": "outbox"}},
        "limits": {"codes_an_address": 10**6, "wrong_an_address": 10**6},  # here all voters have one address
        "robots": {"work_bits": WORK_BITS},
    }


def _member(number: int) -> Member:
    return Member(str(number), None, "IR", f"Member {number}", f"+98{_mobile(number)}", None, ballot_style=1)


def _mobile(member: int) -> str:
    return f"912{member:07}"


def _ballot(member: int, line: EncryptedLine) -> Ballot:
    content = json.loads(line.line)
    del content["position"]
    cast, challenge = secrets.token_bytes(32), secrets.token_bytes(32)
    commitments = {name: _hash(secret) for name, secret in (("cast", cast), ("challenge", challenge))}
    body = json.dumps({"ballot": content, "commitments": commitments}, separators=(",", ":")).encode()
    return Ballot(member, hex_of(line.confirmation_code), hex_of(cast), body)


def _hash(secret: bytes) -> str:
    return hex_of(hashlib.sha256(secret).digest())
