"""``e2evote tally``: add up the cast ballots, and decrypt the sums."""

from pathlib import Path
from typing import get_args

import click

from e2evote.cli.options import directory, jobs
from e2evote.cli.summary import contest_results
from e2evote.cli.views import show_results
from e2evote.record.exceptions import Override, Rule
from e2evote.terminal.program import printable
from e2evote.workspace.counting import Decryption, accumulate_cast, check_devices_closed
from e2evote.workspace.directory import Workspace


@click.group()
def tally() -> None:
    """Add up the cast ballots, and decrypt the sums."""


@tally.command()
@directory
@jobs
def accumulate(directory: Path, jobs: int) -> None:
    """Add up the cast ballots without decrypting them.

    All devices must be closed. The record is verified first; nothing is done with one that is not valid.

    For example:

        e2evote tally accumulate club
    """
    with Workspace(directory).locked() as workspace:
        check_devices_closed(workspace)
        workspace.require_valid("ballots", jobs)
        add_up(workspace, jobs)


def add_up(workspace: Workspace, jobs: int) -> None:
    """Add up the cast ballots and say how many there are."""
    for cell in accumulate_cast(workspace, jobs):
        click.echo(printable(f"tally cell {cell.label!r}: {cell.ballots} ballots, weight {cell.weight}"))


@tally.command()
@directory
@click.option("--guardian", "guardians", type=click.IntRange(min=1), multiple=True, required=True, metavar="I",
              help="A guardian who takes part; give a quorum of them.")  # fmt: skip
@click.option("--override", "overrides", type=(str, str, click.Choice(get_args(Rule)), str), multiple=True,
              metavar="CELL CONTEST RULE REASON", help="Decrypt a contest of a tally cell although it breaks the rule "
              "'minimum' (too few cast ballots) or 'weight' (too few of one weight); the record tells it.")  # fmt: skip
@click.option("--contest-data", is_flag=True, help="Also decrypt write-ins and overvotes, if the manifest allows it.")
@jobs
def decrypt(
    directory: Path,
    guardians: tuple[int, ...],
    overrides: tuple[tuple[str, str, Rule, str], ...],
    contest_data: bool,
    jobs: int,
) -> None:
    """Decrypt the sums with a quorum of guardians and print the results.

    The record is verified first, as every guardian should. Challenged ballots that their device could not open are
    opened by the guardians.

    For example:

        e2evote tally decrypt club --guardian 1 --guardian 3 --guardian 5
    """
    with Workspace(directory).locked() as workspace:
        Decryption(workspace, guardians).run(jobs, contest_data, [Override(*override) for override in overrides])
        show_results(contest_results(workspace.record, workspace.election))
