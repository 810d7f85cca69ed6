"""``e2evote device``: open and close voting devices."""

from pathlib import Path

import click

from e2evote.cli.options import directory
from e2evote.encoding import hex_of
from e2evote.terminal.screen import note
from e2evote.workspace.devices import Device, open_new
from e2evote.workspace.directory import Workspace


@click.group()
def device() -> None:
    """Open and close voting devices."""


@device.command("open")
@directory
@click.option("--info", required=True, metavar="TEXT", help="What the device is called; hashed into every code.")
@click.option("--no-chaining", is_flag=True, help="Do not chain its ballots (if the manifest allows it).")
@click.option("--mail", is_flag=True, help="It makes pre-encrypted ballots only, for votes by mail ('e2evote mail').")
def open_device(directory: Path, info: str, no_chaining: bool, mail: bool) -> None:
    """Open a voting device and print its number.

    For example:

        e2evote device open club --info "Main hall, 01"
    """
    with Workspace(directory).locked() as workspace:
        opened = open_new(workspace, info, chaining=not no_chaining, pre_encrypts=mail)
    click.echo(opened.number)


@device.command("close")
@directory
@click.argument("number", metavar="N", type=click.IntRange(min=1))
def close_device(directory: Path, number: int) -> None:
    """Close device N: publish what became of its ballots and end their chain.

    Every ballot must have been cast, challenged or spoiled, every pre-encrypted one recorded or opened. Have the
    closing hash that is printed written into the minutes: nobody can then drop the last ballots unnoticed.

    For example:

        e2evote device close club 1
    """
    with Workspace(directory).locked() as workspace:
        close(Device(workspace, number))


def close(found: Device) -> None:
    """Close a device and say so."""
    closing = found.close()
    for problem in found.settle():
        note(f"not opened by the device, the guardians have to: {problem}")
    click.echo(f"device {found.number} is closed: {closing.ballots} ballots")
    if closing.closing_hash is not None:
        click.echo(f"closing hash {hex_of(closing.closing_hash)}")
