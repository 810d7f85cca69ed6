"""``e2evote board``: the group; its commands lie in the files beside it."""

import click

from e2evote.cli import board_keeping, board_serving, board_storage, board_watching


@click.group()
def board() -> None:
    """Keep a bulletin board, bring an election onto it, watch it, judge disputes."""


for command in (
    board_keeping.create,
    board_keeping.publish,
    board_keeping.open_device,
    board_keeping.close_device,
    board_keeping.spoil_rest,
    board_keeping.fetch,
    board_keeping.end,
    board_watching.status,
    board_watching.export,
    board_watching.mirror,
    board_watching.verify,
    board_watching.adjudicate,
    board_watching.monitor,
    board_storage.audit,
    board_storage.upgrade,
    board_serving.serve,
    board_serving.witness,
):
    board.add_command(command)
