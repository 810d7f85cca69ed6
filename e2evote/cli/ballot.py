"""``e2evote ballot``: encrypt, and decide what becomes of ballots."""

import json
from itertools import islice
from pathlib import Path

import click

from e2evote.cli.options import ANY_PATH, EXISTING_FILE, check_free, directory, force, jobs, write_new_lines
from e2evote.cli.views import show_opened
from e2evote.encoding import hex_of
from e2evote.errors import CheckError
from e2evote.record.ballot import Status
from e2evote.record.opened import ChallengedBallot
from e2evote.terminal.program import Failure
from e2evote.terminal.screen import note, progress
from e2evote.workspace import devices
from e2evote.workspace.devices import Device
from e2evote.workspace.directory import Workspace
from e2evote.workspace.encrypting import encrypt_file


@click.group()
def ballot() -> None:
    """Encrypt ballots; cast, challenge or spoil them."""


@ballot.command()
@directory
@click.option("--device", "number", required=True, type=click.IntRange(min=1), metavar="N", help="The device's number.")
@click.option(
    "--input", "source", required=True, type=EXISTING_FILE, metavar="FILE", help="Votes, one JSON object a line."
)
@click.option("--output", type=ANY_PATH, metavar="FILE", help="Write the codes of all its ballots there instead.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a ballot: device, position, confirmation_code.")
@jobs
@force
def encrypt(
    directory: Path, number: int, source: Path, output: Path | None, as_json: bool, jobs: int, force: bool
) -> None:
    """Encrypt the votes in FILE on a device and print their confirmation codes.

    FILE is all that the device encrypts, everything in it is checked first. What is encrypted already is skipped: the
    same command continues an interrupted run, and votes are added at the end of FILE. It holds votes in plain: protect
    it, and destroy it afterwards.

    A line is, for example, {"ballot_style":1,"contests":[{"contest":1,"selections":[0,1,0]}]}

    For example:

        e2evote ballot encrypt club --device 1 --input votes.ndjson
    """
    if output is not None:
        check_free(output, force)
    with Workspace(directory).locked() as workspace:
        device = Device(workspace, number)
        before, now = encrypt_with_bar(device, source, jobs)
    lines = (_code_line(number, position, code, as_json) for position, code in enumerate(device.codes(), 1))
    if output is not None:
        write_new_lines(output, lines, force)
    else:
        for line in islice(lines, before, None):
            click.echo(line)
    note(f"{now - before} ballots encrypted; device {number} has {now}")


def encrypt_with_bar(device: Device, source: Path, jobs: int) -> tuple[int, int]:
    """Encrypt what is new in a file, with a bar; return how many ballots the device had before, and has now."""
    with progress("Encrypting ballots") as report:
        return encrypt_file(device, source, report, jobs)


def _code_line(device: int, position: int, code: bytes, as_json: bool) -> str:
    if as_json:
        return json.dumps({"device": device, "position": position, "confirmation_code": hex_of(code)})
    return hex_of(code)


@ballot.command()
@directory
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
def challenge(directory: Path, codes: tuple[str, ...]) -> None:
    """Challenge ballots: open them and show what was encrypted. They are not counted.

    This tests the device. The decision is final. A code may be shortened to 8 or more of its first digits.

    For example:

        e2evote ballot challenge club 5811FB94
    """
    with Workspace(directory).locked() as workspace:
        show_challenged(workspace, codes)


def show_challenged(workspace: Workspace, codes: tuple[str, ...]) -> None:
    """Decide to challenge, and print what the ballots hold."""
    found = devices.find(workspace, codes)
    problems = devices.decide(found, "challenged")
    for device, code in found:
        opened = device.opened()
        if isinstance(ballot := opened.get(code), ChallengedBallot):
            show_opened(workspace.election.manifest, ballot)
        elif not problems:
            note(f"ballot {hex_of(code)}: its device cannot open it any more; the guardians can, after voting")
    if problems:
        raise Failure("the decision stands, but the device does not open: " + "; ".join(problems))


@ballot.command()
@directory
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
def spoil(directory: Path, codes: tuple[str, ...]) -> None:
    """Spoil ballots: they are neither counted nor opened.

    For ballots that voters left without casting them. The decision is final. A code may be shortened to 8 or more of
    its first digits.

    For example:

        e2evote ballot spoil club 5811FB94
    """
    _decide(directory, codes, "spoiled")


@ballot.command()
@directory
@click.argument("codes", nargs=-1, metavar="[CODE...]")
@click.option("--rest", is_flag=True, help="Cast all ballots about which nobody has decided.")
def cast(directory: Path, codes: tuple[str, ...], rest: bool) -> None:
    """Cast ballots: they are counted, and nobody can open them any more.

    The decision is final, and the device forgets how it encrypted them. A code may be shortened to 8 or more of its
    first digits.

    For example:

        e2evote ballot cast club 5811FB94 0C5E2D61

        e2evote ballot cast club --rest
    """
    if rest == bool(codes):
        raise click.UsageError("give either confirmation codes or --rest")
    _decide(directory, codes, "cast")


def _decide(directory: Path, codes: tuple[str, ...], status: Status) -> None:
    with Workspace(directory).locked() as workspace:
        found = devices.find(workspace, codes) if codes else devices.undecided(workspace)
        for device in {device.number: device for device, _ in found}.values():
            if device.pre_encrypts:
                raise CheckError(f"device {device.number} makes pre-encrypted ballots; see 'e2evote mail'")
        for problem in devices.decide(found, status):
            note(problem)
    click.echo(f"{len(found)} ballots {status}")
