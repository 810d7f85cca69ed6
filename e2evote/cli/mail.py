"""``e2evote mail``: ballots that are encrypted before anybody votes, for elections by mail."""

from pathlib import Path
from typing import get_args

import click

from e2evote.cli.options import ANY_PATH, EXISTING_FILE, check_free, directory, force, jobs
from e2evote.encoding import hex_of
from e2evote.errors import CheckError
from e2evote.files import replacing
from e2evote.preencryption import paper
from e2evote.preencryption.encrypting import Blank
from e2evote.record.manifest import Manifest
from e2evote.terminal.screen import note, progress
from e2evote.workspace import devices, mailing
from e2evote.workspace.devices import Device
from e2evote.workspace.directory import Workspace
from e2evote.workspace.mailing import ReturnedBallot, SelectedCodes


@click.group()
def mail() -> None:
    """Make, print, record and open pre-encrypted ballots, for votes by mail.

    Such a ballot has a short code beside every option. The published record shows the codes of what was counted, and
    opens every ballot that nobody cast. 'e2evote device open --mail' opens a device for them.
    """


number = click.option("--device", "number", required=True, type=click.IntRange(min=1), metavar="N",
                      help="The device's number.")  # fmt: skip


@mail.command()
@directory
@number
@click.option("--style", required=True, metavar="LABEL", help="The ballot style.")
@click.option("--ballots", "count", required=True, type=click.IntRange(min=1), metavar="COUNT", help="How many.")
@click.option("--weight", type=click.IntRange(min=1), default=1, show_default=True, help="The weight of each of them.")
@jobs
def make(directory: Path, number: int, style: str, count: int, weight: int, jobs: int) -> None:
    """Make ballots of one style. They are published at once, sealed; print them with 'e2evote mail print'.

    Make more than there are voters: send some two, of which they return one, and open ballots that nobody was sent.
    That tests the printing.

    For example:

        e2evote mail make club --device 1 --style member --ballots 500
    """
    with Workspace(directory).locked() as workspace:
        blank = Blank(_style(workspace.election.manifest, style), weight)
        with progress("Making ballots") as report:
            first, last = mailing.make(Device(workspace, number), blank, count, report, jobs)
    click.echo(f"ballots {first} to {last} of device {number}")


@mail.command("print")
@directory
@number
@click.option("--output", required=True, type=ANY_PATH, metavar="FILE", help="The HTML file to write.")
@click.option("--language", type=click.Choice(get_args(paper.Language)), default="en", show_default=True,
              help="The language of the captions, and of names where the manifest has them.")  # fmt: skip
@click.option("--from", "first", type=click.IntRange(min=1), default=1, metavar="P", help="First ballot.  [default: 1]")
@click.option("--to", "last", type=click.IntRange(min=1), metavar="P", help="Last ballot.  [default: the newest]")
@jobs
@force
def print_ballots(
    directory: Path, number: int, output: Path, language: paper.Language, first: int, last: int | None, jobs: int,
    force: bool,
) -> None:  # fmt: skip
    """Write ballots as an HTML file to print, one a page, each with a stub for the voter to keep.

    The file tells what every short code stands for. Whoever keeps it can read the votes of its ballots: print it on a
    machine that you trust, and destroy it.

    For example:

        e2evote mail print club --device 1 --language fa --output ballots.html
    """
    check_free(output, force)
    with Workspace(directory).locked() as workspace, progress("Printing ballots") as report:
        sheets = mailing.sheets(Device(workspace, number), first, last, report, jobs)
        with replacing(output, 0o600) as file:
            file.writelines(piece.encode() for piece in paper.pages(workspace.election.manifest, sheets, language))
    note(f"{output}: whoever reads it can read the votes; destroy it after printing")


@mail.command()
@directory
@number
@click.argument("code", required=False)
@click.option("--select", "selections", type=(int, str), multiple=True, metavar="CONTEST CODES",
              help="Short codes chosen in a contest, such as: 1 A3,07")  # fmt: skip
@click.option("--input", "source", type=EXISTING_FILE, metavar="FILE", help="Many ballots, one JSON object a line.")
@jobs
def record(
    directory: Path, number: int, code: str | None, selections: tuple[tuple[int, str], ...], source: Path | None,
    jobs: int,
) -> None:  # fmt: skip
    """Record returned ballots as cast: the one with the confirmation code CODE, or those in FILE.

    Contests are given by number, as in the manifest; one that is left out is a null vote. Of the null codes any or none
    may be given. Nothing of FILE is recorded if a line of it cannot be. The decision is final.

    A line is {"confirmation_code":"5811FB94","contests":[CONTEST,...]} with a CONTEST such as
    {"contest":1,"short_codes":["A3","07"]}

    For example:

        e2evote mail record club --device 1 5811FB94 --select 1 A3,07

        e2evote mail record club --device 1 --input returned.ndjson
    """
    if (code is None) == (source is None) or (selections and code is None):
        raise click.UsageError("give either a confirmation code with --select, or --input")
    with Workspace(directory).locked() as workspace:
        device = Device(workspace, number)
        mailing.check_printer(device)
        if source is not None:
            returned = mailing.read_returned(device, source)
        else:
            contests = tuple(_selected(contest, text) for contest, text in selections)
            entry = ReturnedBallot(confirmation_code=code or "", contests=contests)
            returned = [mailing.found(device, {hex_of(c): c for c in device.codes()}, "ballot", entry)]
        with progress("Recording ballots") as report:
            count = mailing.record(device, returned, report, jobs)
    click.echo(f"{count} ballots cast")


@mail.command()
@directory
@click.argument("codes", nargs=-1, metavar="[CODE...]")
@click.option("--rest", is_flag=True, help="Open all pre-encrypted ballots that are not recorded.")
def uncast(directory: Path, codes: tuple[str, ...], rest: bool) -> None:
    """Open ballots that nobody cast: everybody can see what each of their codes stood for. They are not counted.

    This tests the device that made them. The decision is final: a ballot that comes back later is not counted. A code
    may be shortened to 8 or more of its first digits.

    For example:

        e2evote mail uncast club --rest
    """
    if rest == bool(codes):
        raise click.UsageError("give either confirmation codes or --rest")
    with Workspace(directory).locked() as workspace:
        found = devices.find(workspace, codes) if codes else devices.undecided(workspace, pre_encrypted=True)
        for problem in devices.decide(found, "uncast"):
            note(f"not opened by the device, the guardians have to: {problem}")
    click.echo(f"{len(found)} ballots uncast")


def _style(manifest: Manifest, label: str) -> int:
    labels = [style.label for style in manifest.ballot_styles]
    if label not in labels:
        raise CheckError(f"there is no ballot style {label!r}; there are {', '.join(map(repr, labels))}")
    return labels.index(label) + 1


def _selected(contest: int, text: str) -> SelectedCodes:
    try:
        codes = tuple(part.strip().upper() for part in text.split(",") if part.strip())
        return SelectedCodes(contest=contest, short_codes=codes)
    except ValueError:
        raise CheckError(f"contest {contest}: {text!r} are no short codes") from None
