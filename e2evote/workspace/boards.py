"""Signing what is new on the election's own board."""

from datetime import UTC, datetime

from e2evote.board.log import Board
from e2evote.board.policy import Witness
from e2evote.board.witness import Answer
from e2evote.errors import E2EVoteError
from e2evote.terminal.screen import note


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def sign_checkpoint(board: Board) -> None:
    """Sign what is new, and say whether it is published; witnesses are asked by whoever serves the board."""
    if board.policy.quorum is not None:
        board.checkpoint()
        note("signed; 'e2evote board serve' has the witnesses cosign it, and publishes it then")
    else:
        board.publish(_ask_nobody)


def _ask_nobody(witness: Witness, _body: bytes) -> Answer:
    raise E2EVoteError(f"{witness.name} is not asked here")
