"""``e2evote board``: the care of a board's database."""

from pathlib import Path

import click

from e2evote.board.log import Board
from e2evote.cli.options import ANY_PATH
from e2evote.terminal.screen import progress


@click.command()
@click.argument("folder", metavar="BOARD", type=ANY_PATH)
def audit(folder: Path) -> None:
    """Recompute all that a board's database holds from its entries.

    Run it before a server starts on a database that was copied, restored, or on a disk that has failed: it also finds
    rows that are gone. Servers may go on meanwhile.

    For example:

        e2evote board audit board
    """
    with Board.open(folder) as kept:
        with progress("Recomputing") as report:
            kept.audit(report)
        with kept.reading() as snapshot:
            click.echo(f"{snapshot.size} entries: all that the database holds follows from them")


@click.command()
@click.argument("folder", metavar="BOARD", type=ANY_PATH)
def upgrade(folder: Path) -> None:
    """Bring a board's database to the tables of this version, after an update of e2evote.

    Stop the servers that use it first, and keep a copy.

    For example:

        e2evote board upgrade board
    """
    Board.upgrade(folder)
    click.echo("the database has the tables of this version")
