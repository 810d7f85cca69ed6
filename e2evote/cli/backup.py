"""``e2evote backup``: keep an election from being lost, also while people vote."""

from pathlib import Path

import click

from e2evote.cli.options import ANY_PATH, EXISTING_FILE, check_free, directory, force
from e2evote.terminal.screen import say
from e2evote.workspace.backup import Kept, back_up, put_back

data_option = click.option("--data", type=ANY_PATH, required=True, metavar="FILE", help="The archive of all but keys.")
keys_option = click.option("--keys", type=ANY_PATH, required=True, metavar="FILE", help="The archive of the keys.")


@click.group()
def backup() -> None:
    """Back an election up, also while people vote, and put it back."""


@backup.command()
@directory
@data_option
@keys_option
@force
def make(directory: Path, data: Path, keys: Path, force: bool) -> None:
    """Write the election in DIR into two archives, also while it is being served.

    Every vote that was acknowledged before is in them. Keep them apart: whoever has both knows the roll and who has
    voted, and for ballots that were undecided just then whose they are. Neither holds guardians' secrets, unless the
    ceremony ran in one process.

    For example:

        e2evote backup make club --data /media/a/club.tar --keys /media/b/club-keys.tar
    """
    for path in (data, keys):
        check_free(path, force)
    say(_told(back_up(directory, data, keys), f"written: {data} and {keys}"))


@backup.command()
@click.argument("directory", metavar="DIR", type=ANY_PATH)
@click.option("--data", type=EXISTING_FILE, required=True, metavar="FILE", help="The archive of all but keys.")
@click.option("--keys", type=EXISTING_FILE, required=True, metavar="FILE", help="The archive of the keys.")
def restore(directory: Path, data: Path, keys: Path) -> None:
    """Make the new folder DIR from both archives.

    Stop the old server first and for ever: two servers with one key sign two histories, and monitors show that to
    everybody. What was acknowledged after the backup is not in it; a mirror of the board may have it. Witnesses refuse
    to cosign a board that is shorter than they have seen it.

    For example:

        e2evote backup restore club-again --data club.tar --keys club-keys.tar
    """
    say(_told(put_back(directory, data, keys), f"put back: {directory}"))


def _told(kept: Kept, what: str) -> str:
    board = "no board" if kept.entries is None else f"a board of {kept.entries} entries"
    return f"{what}; {kept.files} files, {board}"
