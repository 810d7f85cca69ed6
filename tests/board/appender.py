"""A server process to be killed: appends from several threads, signs, and says on standard output what is acknowledged.

``python -m tests.board.appender FOLDER NAME`` writes lines: ``entry INDEX TEXT`` and ``checkpoint BASE64``.
"""

import base64
import os
import sys
import threading
from itertools import count
from pathlib import Path

from e2evote.board.committer import Committer
from e2evote.board.log import Board, Writing
from e2evote.errors import CheckError

THREADS = 4


def say(line: str) -> None:
    """Write a line in one piece."""
    os.write(1, f"{line}\n".encode())


def append(committer: Committer, name: str) -> None:
    """Append one entry after another; each is in a stream of its own, and in one for all."""
    for number in count():
        text = f"{name}/{number}"

        def once(writing: Writing, text: str = text) -> int:
            if writing.length(text):
                raise CheckError("it is there already")
            return writing.append(text.encode(), ["all", text])

        say(f"entry {committer.submit(once).result()} {text}")


def main(folder: Path, name: str) -> None:
    """Run until killed."""
    with Board.open(folder) as board, Committer(board) as committer:
        for thread in range(THREADS):
            threading.Thread(target=append, args=(committer, f"{name}/{thread}"), daemon=True).start()
        while True:
            if signed := board.checkpoint():
                say(f"checkpoint {base64.b64encode(signed).decode()}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
