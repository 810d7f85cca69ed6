"""The program ``e2evote``: one command group a noun, a file each; what they share lies in files without commands."""

import click

from e2evote import __version__
from e2evote.cli.ballot import ballot
from e2evote.cli.bench import bench
from e2evote.cli.demo import demo
from e2evote.cli.device import device
from e2evote.cli.election import election
from e2evote.cli.manifest import manifest
from e2evote.cli.record import record
from e2evote.cli.tally import tally
from e2evote.cli.terminal import Program
from e2evote.cli.verify import verify


@click.group(cls=Program)
@click.version_option(__version__, message="e2evote %(version)s")
@click.option("--traceback", is_flag=True, help="Show where an unexpected error arose, for a report about it.")
def main(traceback: bool) -> None:
    """Hold end-to-end verifiable elections, and verify the records of others.

    To see a whole election, run 'e2evote demo'. To judge a record that somebody published, run 'e2evote verify RECORD'.
    """


for command in (manifest, election, device, ballot, tally, record, verify, demo, bench):
    main.add_command(command)
