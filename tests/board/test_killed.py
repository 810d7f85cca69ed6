"""Two server processes at a time are killed again and again: what was acknowledged is there, once, in one tree."""

import base64
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from e2evote.board import checkpoint as checkpoints
from e2evote.board import merkle
from e2evote.board.log import Board
from e2evote.board.notes import Note
from tests.board.keys import ORIGIN


class Killed:
    """What processes have acknowledged before they were killed."""

    def __init__(self, board: Board, folder: Path) -> None:
        self.board, self.folder = board, folder
        self.entries: dict[str, int] = {}
        self.signed: set[bytes] = set()

    def round(self, name: str, seconds: float) -> None:
        """Let two processes run, until some time after the first has acknowledged something, and kill both."""
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.board.appender", str(self.folder), f"{name}/{number}"],
                stdout=subprocess.PIPE,
                cwd=Path(__file__).parents[2],
            )
            for number in range(2)
        ]
        first = processes[0].stdout
        assert first is not None
        said = first.readline()
        time.sleep(seconds)
        for process in processes:
            process.kill()
        for process in processes:
            said += process.communicate()[0]
        for line in said.splitlines(keepends=True):
            if line.endswith(b"\n"):  # the last may have been cut off
                self.take(line.decode().split())

    def take(self, line: list[str]) -> None:
        """Remember what was said."""
        if line[0] == "entry":
            assert line[2] not in self.entries
            self.entries[line[2]] = int(line[1])
        else:
            self.signed.add(base64.b64decode(line[1]))

    def check(self) -> None:
        """Accept the log: everything acknowledged is in it, nothing twice, and every checkpoint is of this tree."""
        self.board.audit()
        with self.board.reading() as snapshot:
            found = [entry.decode() for entry in snapshot.entries(0, snapshot.size)]
            assert len(set(found)) == len(found)
            assert all(found[index] == text for text, index in self.entries.items())
            assert snapshot.stream("all") == list(range(len(found)))
            stored = {kept.note for kept in snapshot.checkpoints()}
            assert self.signed <= stored
            for note in self.signed:
                signed = checkpoints.verify(Note.parse(note), [log.key for log in self.board.policy.logs])
                assert signed.root == merkle.root(signed.size, snapshot.hash)


def killed_often(folder: Path, database: str | None, rounds: int) -> None:
    """Kill in so many rounds; the log grows over all of them."""
    with Board.create(folder, ORIGIN, database=database) as board:
        killed = Killed(board, folder)
        moments = random.Random(rounds)
        for number in range(rounds):
            killed.round(str(number), moments.uniform(0, 0.3))
            killed.check()
        assert len(killed.entries) >= rounds
        assert killed.signed
        with board.writing() as writing:
            writing.append(b"goes on", ["all"])
        assert board.checkpoint() is not None


def test_killed_processes_lose_nothing(tmp_path: Path, database: str | None) -> None:
    killed_often(tmp_path / "board", database, 2)


@pytest.mark.slow
def test_processes_that_are_killed_a_hundred_times_lose_nothing(tmp_path: Path, database: str | None) -> None:
    killed_often(tmp_path / "board", database, 100)
