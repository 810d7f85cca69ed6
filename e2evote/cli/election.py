"""``e2evote election``: begin an election."""

from pathlib import Path

import click

from e2evote.cli.options import EXISTING_FILE, directory, insecure_parameters, read_manifest
from e2evote.group.parameters import STANDARD_NAME
from e2evote.terminal.program import printable
from e2evote.workspace.directory import Workspace, create

WARNING = """\
This ceremony ran in one process: whoever ran it, or can read DIR/private, knows every secret and can read every vote.
Use it for rehearsals and demonstrations."""


@click.group()
def election() -> None:
    """Begin an election."""


@election.command("create")
@directory
@click.option("--manifest", required=True, type=EXISTING_FILE, metavar="FILE", help="The manifest; kept byte by byte.")
@click.option(
    "--guardians", required=True, type=click.IntRange(1, 1000), metavar="N", help="How many guardians there are."
)
@click.option(
    "--quorum", required=True, type=click.IntRange(1, 1000), metavar="K", help="How many of them can decrypt."
)
@insecure_parameters
def create_election(directory: Path, manifest: Path, guardians: int, quorum: int, insecure: str | None) -> None:
    """Hold a key ceremony in this process and make the directory DIR.

    DIR/record is the election record, for everybody. DIR/private holds the secrets of all guardians: whoever runs this
    knows them all. It is for rehearsals and demonstrations; 'e2evote ceremony invite' begins an election whose
    guardians keep their secrets on their own machines.

    For example:

        e2evote election create club --manifest m.json --guardians 5 --quorum 3
    """
    workspace = create(directory, read_manifest(manifest), guardians, quorum, insecure or STANDARD_NAME)
    show_created(workspace)


def show_created(workspace: Workspace) -> None:
    """Say what was made and what it is not good for."""
    election = workspace.election
    click.echo(
        printable(
            f"Election {election.manifest.label!r}: {election.n} guardians, any {election.k} of them can decrypt."
        )
    )
    click.echo(f"record:  {workspace.published}\nsecrets: {workspace.private}")
    click.echo(WARNING)
