"""Challenged ballots on a board that is served, with their nonces, honest ones and others, for tests of the checker."""

import hashlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import uvicorn
from playwright.sync_api import Page, expect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from e2evote.board.log import Board
from e2evote.election.kept import ObjectFiles, opening_of
from e2evote.election.report_check import Judgement, ReportCheck
from e2evote.election.reports import FOLDER, KeptReport, Reports
from e2evote.election.streams import files_of, streams_of
from e2evote.election.times import shown_time
from e2evote.encoding import b, canonical_json, hex_of
from e2evote.encryption import encrypt_ballot
from e2evote.record.ballot import EncryptedBallot, Status
from e2evote.record.codec import dump, parse
from e2evote.record.codes import confirmation_code, contest_hash
from e2evote.record.entries import BallotEntry, StatusEntry, commitment
from e2evote.record.layout import Record
from e2evote.record.load import load_election
from e2evote.record.plaintext import PlaintextBallot
from e2evote.record.setup import Election
from e2evote.web.checker.page import checker_page
from tests.builders import DEFAULT_MANIFEST, TOY
from tests.deterministic import DeterministicRandomness
from tests.web.elections import NAME, VotingBoard, nobody

TIME = "2026-12-01T09:30:00Z"
CONTESTS = [
    {"label": "board", "name": {"en": "Board of directors", "fa": "هیئت مدیره"}, "selection_limit": 2,
     "contest_data_blocks": 4, "supplemental_fields": ["overvote_indicator"], "options": [
        {"label": "b1", "name": {"en": "Zahra Kazemi", "fa": "زهرا کاظمی"}},
        {"label": "b2", "name": {"en": "Ali Rezaei", "fa": "علی رضایی"}},
        {"label": "b3", "name": {"en": "Maryam Ahmadi", "fa": "مریم احمدی"}},
        {"label": "b4", "name": {"en": "Somebody else", "fa": "کسی دیگر"}, "write_in": True}]},
    {"label": "scores", "name": {"en": "Scores", "fa": "امتیازها"}, "selection_limit": 4, "options": [
        {"label": "s1", "name": {"en": "The garden", "fa": "باغ"}, "selection_limit": 3},
        {"label": "s2", "name": {"en": "The library", "fa": "کتابخانه"}, "selection_limit": 3}]},
    {"label": "motion", "name": {"en": "Change of the statutes", "fa": "تغییر اساسنامه"},
     "options": [
        {"label": "yes", "name": {"en": "Yes", "fa": "آری"}}, {"label": "no", "name": {"en": "No", "fa": "نه"}}]},
]  # fmt: skip
STYLES = [{"label": "member", "name": {"en": "Member", "fa": "عضو"}, "contests": [1, 2, 3]}]
MANIFEST = {"contests": CONTESTS, "ballot_styles": STYLES, "tally_cells": None, "maximum_weight": 5}
assert MANIFEST.keys() <= DEFAULT_MANIFEST.keys()


def now() -> str:
    return shown_time(datetime.now(UTC))


def ballot_of(**marks: object) -> PlaintextBallot:
    """Marks in the three contests; by default Zahra Kazemi, a text, three and one points, and no."""
    fields = {"board": [1, 0, 0, 1], "scores": [3, 1], "motion": [0, 1], "text": "شهرزاد نیک‌خواه"} | marks
    contests = [
        {"contest": 1, "selections": fields["board"]},
        {"contest": 2, "selections": fields["scores"]},
        {"contest": 3, "selections": fields["motion"]},
    ]
    if fields["text"]:
        contests[0]["write_ins"] = {"4": fields["text"]}
    return PlaintextBallot.model_validate_json(json.dumps({"ballot_style": 1, "weight": 2, "contests": contests}))


@dataclass(frozen=True, slots=True)
class Made:
    """A ballot on the board, and its nonce."""

    ballot: EncryptedBallot
    nonce: bytes
    index: int

    @property
    def code(self) -> str:
        return hex_of(self.ballot.confirmation_code)

    @property
    def text(self) -> str:
        """What the QR code has."""
        return f"E2E1:{self.code}:{hex_of(self.nonce)}"


@dataclass
class CheckedElection:
    """An election on a board, to which ballots are added."""

    voting: VotingBoard
    election: Election = field(init=False)
    made: int = 0

    def __post_init__(self) -> None:
        with self._board() as board, board.reading() as view:
            record = Record(ObjectFiles(files_of(view), view.object))
            self.election = load_election(record, frozenset({TOY}))
            self.policy = board.policy.encode().decode()
            self.opening = opening_of(view, 1)

    def _board(self) -> Board:
        return Board.open(self.voting.folder)

    def encrypt(self, plaintext: PlaintextBallot) -> tuple[EncryptedBallot, bytes]:
        self.made += 1
        rng = DeterministicRandomness(f"checker {self.made}")
        clock = lambda: datetime.fromisoformat(TIME)  # noqa: E731
        ballot, nonce = encrypt_ballot(self.election, self.opening, plaintext, self.made, None, rng, clock)
        return ballot, nonce.value

    def challenged(self, plaintext: PlaintextBallot | None = None) -> Made:
        """An honest ballot that was challenged."""
        return self.put(*self.encrypt(plaintext or ballot_of()), status="challenged")

    def put(
        self,
        ballot: EncryptedBallot,
        nonce: bytes,
        status: Status | None,
        code: bytes | None = None,
        publish: bool = True,
        challenge: bytes | None = None,
        shown: bytes | None = None,
    ) -> Made:
        """Write a ballot onto the board as it is, as a dishonest server can; under another code if that is given.

        ``challenge`` is the secret that its page has committed to, ``shown`` the one of the status.
        """
        hashes = None if challenge is None else (bytes(32), commitment(challenge))
        code = code or ballot.confirmation_code
        with self._board() as board:
            with board.writing() as writing:
                entry = BallotEntry(
                    time=now(), device=1, position=ballot.position, confirmation_code=code,
                    sha256=writing.put(dump(ballot)), cast_commitment=hashes and hashes[0],
                    challenge_commitment=hashes and hashes[1],
                )  # fmt: skip
                index = writing.append(dump(entry), streams_of(entry))
                if status is not None:
                    decided = StatusEntry(time=now(), confirmation_code=code, status=status, secret=shown)
                    writing.append(dump(decided), streams_of(decided))
            if publish:
                board.publish(nobody)
        return Made(ballot.model_copy(update={"confirmation_code": code}), nonce, index)

    def put_bytes(self, data: bytes, ballot: EncryptedBallot, nonce: bytes) -> Made:
        """Write something that is no ballot in the place of one that was challenged."""
        code = hashlib.sha256(data).digest()
        with self._board() as board:
            with board.writing() as writing:
                sha256, place = writing.put(data), ballot.position
                entry = BallotEntry(time=now(), device=1, position=place, confirmation_code=code, sha256=sha256)
                index = writing.append(dump(entry), streams_of(entry))
                decided = StatusEntry(time=now(), confirmation_code=code, status="challenged")
                writing.append(dump(decided), streams_of(decided))
            board.publish(nobody)
        return Made(ballot.model_copy(update={"confirmation_code": code}), nonce, index)

    def set_status(self, code: bytes, status: Status) -> None:
        with self._board() as board:
            with board.writing() as writing:
                decided = StatusEntry(time=now(), confirmation_code=code, status=status)
                writing.append(dump(decided), streams_of(decided))
            board.publish(nobody)

    def changed(self, ballot: EncryptedBallot, **fields: object) -> EncryptedBallot:
        """The ballot with fields of its first contest replaced, and hashes and code computed anew."""
        first = ballot.contests[0].model_copy(update=fields)
        digest = contest_hash(ballot.h_i, first.index, first.ciphertexts, first.contest_data)
        contests = (first.model_copy(update={"contest_hash": digest}), *ballot.contests[1:])
        code = confirmation_code(ballot.h_i, (contest.contest_hash for contest in contests), ballot.chaining_field)
        made = ballot.model_copy(update={"contests": contests, "confirmation_code": code})
        return parse(EncryptedBallot, dump(made), "ballot", self.election.group)

    def election_json(self, url: str = "", policy: str | None = None) -> bytes:
        """What a page needs of the election."""
        group, keys = self.election.group, self.election.keys
        numbers = {"p": group.p, "q": group.q, "g": group.g.value}
        parameters = {name: hex_of(b(int(x), group.l_p)) for name, x in numbers.items()}
        with self._board() as board, board.reading() as view:
            manifest = Record(ObjectFiles(files_of(view), view.object)).read("manifest.json")
        public = {
            "names": NAME, "opens": TIME, "closes": TIME, "zone": "Asia/Tehran", "fields": [], "country": "IR",
            "manifest": json.loads(manifest), "parameters": parameters if group.name == TOY else None,
            "h_e": hex_of(self.election.h_e), "K": hex_of(bytes(keys.vote_encryption_key)),
            "K_hat": hex_of(bytes(keys.data_encryption_key)),
            "device": {"device": 1, "h_di": hex_of(self.opening.h_di)},
            "board": {"policy": policy or self.policy, "url": url},
        }  # fmt: skip
        return canonical_json(public)


class WithChecker:
    """A board's application with the checker beside it; ``answers`` replaces what it says to single paths."""

    def __init__(self, board: ASGIApp, html: bytes, policy: str) -> None:
        self.board, self.html, self.policy = board, html, policy
        self.answers: dict[str, Response] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path")
        if path == "/vote/checker.html":
            headers = {"Content-Security-Policy": self.policy, "X-Content-Type-Options": "nosniff"}
            await Response(self.html, headers=headers, media_type="text/html")(scope, receive, send)
        elif path in self.answers:
            await self.answers[path](scope, receive, send)
        else:
            await self.board(scope, receive, send)


@contextmanager
def listening(application: ASGIApp) -> Iterator[str]:
    """Serve an application in a thread of this process; yields its URL."""
    with socket.create_server(("127.0.0.1", 0)) as at:
        server = uvicorn.Server(uvicorn.Config(application, log_level="warning", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [at]}, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{at.getsockname()[1]}"
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield url
        server.should_exit = True
        thread.join(20)


@contextmanager
def plain_server(folder: Path) -> Iterator[str]:
    """Serve files from an origin that knows nothing of boards."""
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def copyfile(self, *arguments: object) -> None:
        with suppress(ConnectionError):
            super().copyfile(*arguments)  # type: ignore[arg-type]


PATH = "/vote/checker.html"


@dataclass
class Served:
    """A board with the checker beside it, and where."""

    election: CheckedElection
    application: WithChecker
    url: str

    def use(self, policy: str | None = None) -> None:
        """Serve a checker that pins this policy, by default the board's own, and forget answers that were replaced."""
        page = checker_page(self.election.election_json(policy=policy))
        self.application.html, self.application.policy = page.html, page.policy
        self.application.answers.clear()

    @property
    def reports(self) -> Reports:
        return Reports(self.election.voting.folder / FOLDER)

    def judged(self, kept: KeptReport) -> Judgement:
        with Board.open(self.election.voting.folder) as board, board.reading() as view:
            return ReportCheck(view, board.policy, frozenset({TOY})).judge(kept.report)


_BEFORE = re.compile("^(Check a challenged ballot|The ballot is being checked)$")


def enter(page: Page, made: Made | None = None, text: str = "") -> None:
    """Paste what a QR code holds into the page's first field, and start the check."""
    page.locator("#code").fill(made.text if made else text)


def heading(page: Page) -> str:
    """The heading of the screen behind the check."""
    expect(page.locator("h1")).not_to_have_text(_BEFORE, timeout=30_000)
    return page.locator("h1").inner_text()
