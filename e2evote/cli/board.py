"""``e2evote board``: the group; its commands lie in the files beside it."""

import click

from e2evote.cli import board_serving


@click.group()
def board() -> None:
    """Keep a bulletin board, bring an election onto it, watch it, judge disputes."""


for command in (
    board_serving.serve,
    board_serving.witness,
):
    board.add_command(command)
