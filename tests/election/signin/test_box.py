"""The same steps on a real board: its folder, its committer, ballots of a toy election with commitments."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from e2evote.board.committer import Committer
from e2evote.board.log import Board
from e2evote.election.acceptance import Acceptance, Accepted, Submission
from e2evote.election.signin.box import BoardBox
from e2evote.election.signin.refusals import Reason
from e2evote.election.signin.voting import Fate, Offered, Reconciled, Voting
from e2evote.encryption import encrypt_ballot
from e2evote.errors import CheckError
from e2evote.record import layout
from e2evote.record.ballot import Status
from e2evote.record.codec import dump
from e2evote.record.codes import open_device
from e2evote.record.entries import commitment
from tests.builders import TOY, patterned_ballots
from tests.election.held import build, publish
from tests.election.signin.conftest import ORDER, Hall
from tests.election.signin.test_signing_in import refusal

ROOT = Path(__file__).resolve().parents[3]

CAST, CHALLENGE = b"c" * 32, b"h" * 32


@dataclass
class Booth:
    """A hall whose ballot box is a board."""

    hall: Hall
    acceptance: Acceptance
    committer: Committer
    box: BoardBox
    submissions: list[Submission]

    def offered(self, number: int) -> Offered:
        ballot = self.submissions[number].ballot
        return Offered(ballot.confirmation_code, 1, 1)

    def commit(self, token: str, number: int) -> Accepted:
        submission = self.submissions[number]

        def submit() -> Accepted:
            return self.committer.submit(
                lambda writing: self.acceptance.accept_ballot(writing, submission, self.hall.time())
            ).result()

        self.hall.voting.begin(token)
        return self.hall.voting.commit(token, self.offered(number), submit)

    def decide(self, number: int, status: Status, secret: bytes) -> Accepted:
        code = self.offered(number).code
        return self.committer.submit(
            lambda writing: self.acceptance.decide(writing, code, status, secret, self.hall.time())
        ).result()

    def cast(self, token: str, number: int, secret: bytes = CAST) -> Accepted:
        code = self.offered(number).code
        sent = self.hall.voting.send_code(token, code, ORDER)
        typed = self.hall.newest_code()
        return self.hall.voting.cast(token, sent.token, typed, code, "a", lambda: self.decide(number, "cast", secret))


@pytest.fixture
def booth(hall: Hall, tmp_path: Path) -> Iterator[Booth]:
    with Board.create(tmp_path / "board", "club.example") as board, Committer(board) as committer:
        built = build(tmp_path / "record", board.policy, until="keys")
        publish(board, built.path)  # type: ignore[arg-type]
        acceptance = Acceptance.of(board, frozenset({TOY}))
        opening = open_device(built.election.h_e, 1, "Web", 0)
        with board.writing() as writing:
            acceptance.publish_file(writing, layout.opening_path(1), dump(opening) + b"\n", datetime.now(UTC))
        plaintexts = patterned_ballots()
        ballots = [encrypt_ballot(built.election, opening, next(plaintexts))[0] for _ in range(3)]
        commitments = commitment(CAST), commitment(CHALLENGE)
        submissions = [acceptance.check_ballot(dump(ballot), commitments) for ballot in ballots]
        box = BoardBox(acceptance, committer, hall.time)
        hall.voting = Voting(hall.desk, box)
        yield Booth(hall, acceptance, committer, box, submissions)


def test_a_challenge_a_ballot_left_and_a_vote(booth: Booth) -> None:
    hall, token = booth.hall, booth.hall.sign_in()
    first = booth.offered(0).code
    assert booth.box.fate(first) is Fate.ABSENT
    booth.commit(token, 0)
    assert booth.box.fate(first) is Fate.UNDECIDED
    hall.voting.challenge(token, first, lambda: booth.decide(0, "challenged", CHALLENGE))
    assert booth.box.fate(first) is Fate.CHALLENGED
    booth.commit(token, 1)
    with pytest.raises(CheckError):
        booth.cast(token, 1, secret=CHALLENGE)
    token = hall.sign_in()
    booth.commit(token, 2)
    assert booth.box.fate(booth.offered(1).code) is Fate.SPOILED
    accepted = booth.cast(token, 2)
    assert not accepted.again
    assert hall.voting.reconcile() == Reconciled(voted=1, undecided=0)
    with pytest.raises(CheckError):
        booth.decide(1, "cast", CAST)
    assert refusal(hall.voting.begin, hall.sign_in()).reason is Reason.HAS_VOTED


def test_counts_that_differ_are_noticed(booth: Booth) -> None:
    """As after a people's database that was put back: the board has a vote of nobody."""
    token = booth.hall.sign_in()
    booth.commit(token, 0)
    booth.cast(token, 0)
    found = booth.hall.voting.reconcile()
    found.check(cast=1)
    with pytest.raises(CheckError, match="the board has 2 cast ballots, the roll 1 members who have voted"):
        found.check(cast=2)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_server_that_is_killed_while_casting(booth: Booth, tmp_path: Path, when: str) -> None:
    hall, token, code = booth.hall, booth.hall.sign_in(), booth.offered(0).code
    booth.commit(token, 0)
    sent = hall.voting.send_code(token, code, ORDER)
    values = (tmp_path, when, token, sent.token, hall.newest_code(), code.hex(), CAST.hex())
    arguments = [sys.executable, "-m", "tests.election.signin.casting_and_dying", *map(str, values)]
    died = subprocess.run(arguments, cwd=ROOT, capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    if when == "after":
        assert booth.box.fate(code) is Fate.CAST
        assert hall.voting.reconcile() == Reconciled(voted=1, undecided=0)
    else:
        assert hall.voting.reconcile() == Reconciled(voted=0, undecided=1)
    again = hall.voting.cast(token, sent.token, "no code", code, "a", lambda: booth.decide(0, "cast", CAST))
    assert again.again is (when == "after")
    hall.voting.reconcile().check(cast=1)
    assert refusal(hall.voting.begin, hall.sign_in()).reason is Reason.HAS_VOTED
