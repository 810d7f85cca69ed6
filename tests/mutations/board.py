"""Broken records of an election with a bulletin board.

Unless the defect is in the checkpoint, board and witnesses have signed what the record has: witnesses do not look into
entries. Where the record was changed afterwards, the board is that of the honest one.
"""

# Importing a theme registers its records.
# isort: off
from tests.mutations import board_checkpoint, board_order, board_contents  # noqa: F401
from tests.mutations.board_registry import BOARD_ONLY, REGISTERED, BoardMutation, which
# isort: on

__all__ = ["BOARD_MUTATIONS", "BOARD_ONLY", "BoardMutation", "which"]

BOARD_MUTATIONS: tuple[BoardMutation, ...] = tuple(REGISTERED)
"""All of them."""
