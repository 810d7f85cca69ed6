"""A server process that is killed while it casts a ballot: before the board has taken the status in, or after.

Called with the directory, the moment, and what the voter's page would send.
"""

import os
import signal
import sys
from pathlib import Path

from e2evote.board.committer import Committer
from e2evote.board.log import Board
from e2evote.election.acceptance import Acceptance, Accepted
from e2evote.election.people.database import People
from e2evote.election.signin.box import BoardBox
from e2evote.election.signin.settings import Settings
from e2evote.election.signin.voting import Voting
from e2evote.record.codec import parse
from tests.builders import TOY
from tests.election.signin.conftest import SETTINGS, Time, hall_at


def main(directory: Path, when: str, token: str, asked: str, typed: str, code: bytes, secret: bytes) -> None:
    """Cast, and be killed on the way."""
    with (
        People.open(directory) as people,
        Board.open(directory / "board") as board,
        Committer(board) as committer,
    ):
        acceptance, clock = Acceptance.of(board, frozenset({TOY})), Time()
        hall = hall_at(directory, people, parse(Settings, SETTINGS, "settings", canonical=False))

        def submit() -> Accepted:
            if when == "after":
                committer.submit(lambda writing: acceptance.decide(writing, code, "cast", secret, clock())).result()
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError("still alive")

        Voting(hall.desk, BoardBox(acceptance, committer, clock)).cast(token, asked, typed, code, "a", submit)


if __name__ == "__main__":
    where, moment, *texts, shown_code, shown_secret = sys.argv[1:]
    main(Path(where), moment, *texts, bytes.fromhex(shown_code), bytes.fromhex(shown_secret))  # type: ignore[call-arg, arg-type]
