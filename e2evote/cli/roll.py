"""``e2evote roll``: who may vote."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from e2evote.cli.options import EXISTING_FILE, directory
from e2evote.election.people import members, standings
from e2evote.election.people.database import People, exists
from e2evote.election.people.standings import State
from e2evote.election.roll.fields import read_country
from e2evote.election.roll.importing import import_roll
from e2evote.election.roll.reading import FILE_LIMIT, Reading, read_roll
from e2evote.election.roll.summary import Summary, check_roll, summarise
from e2evote.errors import CheckError
from e2evote.record.layout import MANIFEST
from e2evote.record.manifest import Manifest, parse_manifest
from e2evote.terminal.screen import note, progress, row, say, screen, table
from e2evote.workspace.directory import Workspace

_SHOWN = 50
"""More problems than these are only counted on the terminal; --json has them all."""


@click.group()
def roll() -> None:
    """Say who may vote."""


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


@roll.command("import")
@directory
@click.argument("file", metavar="FILE.csv", type=EXISTING_FILE)
@click.option("--partial", is_flag=True, help="Import the good rows although others are refused.")
@click.option("--replace", is_flag=True, help="Take out everybody who is in the roll, before; not once voting began.")
@click.option("--dry-run", is_flag=True, help="Read the file and explain its rows, but import nothing.")
@click.option("--country", default="IR", metavar="XX", help="Whose national IDs and mobile numbers these are. [IR]")
@click.option("--database", metavar="URL", help="A postgresql:// database to make, instead of a file.")
@as_json
def import_members(
    directory: Path,
    file: Path,
    partial: bool,
    replace: bool,
    dry_run: bool,
    country: str,
    database: str | None,
    as_json: bool,
) -> None:
    """Put the members in FILE.csv into the electoral roll of the election in DIR.

    Every row that cannot be taken is explained, and then none is imported. The first line names the columns:
    member_number, national_id, nationality, name, mobile, email, ballot_style, weight, or their Persian names. The roll
    is kept apart from the board and the record, encrypted under DIR/private/people.key.

    For example:

        e2evote roll import club members.csv
    """
    manifest = _manifest(directory)
    reading = _read(file, manifest, read_country(country))
    imported = 0
    if not dry_run:
        with _opened(directory, database, manifest.rehearsal) as people, progress("Importing") as report:
            imported = import_roll(people, reading, partial, replace, report)
    if as_json:
        click.echo(json.dumps(_told(reading, imported), ensure_ascii=False))
    else:
        _show(file, reading, imported, dry_run)
    if reading.problems and not partial:
        raise CheckError(f"{file}: {reading.refused} rows are refused, so nothing was imported")


@roll.command()
@directory
def upgrade(directory: Path) -> None:
    """Bring a roll that an older version made up to date; stop the server first, and back it up.

    For example:

        e2evote roll upgrade club
    """
    say("brought up to date" if People.upgrade(directory) else "nothing to do: the roll is up to date")


@roll.command()
@directory
@click.option("--members", "everybody", is_flag=True, help="List the members too, with all that is known of them.")
@as_json
def show(directory: Path, everybody: bool, as_json: bool) -> None:
    """Say how many members there are, by ballot style and weight, and how many have voted.

    For example:

        e2evote roll show club
    """
    manifest = _manifest(directory)
    with progress("Reading"), People.open(directory) as people, people.reading() as access:
        found = sorted(members.every(access), key=lambda pair: pair[1].name)
        voted = {place for place, standing in standings.every(access) if standing.state is State.VOTED}
    summary = summarise((member for _, member in found), manifest)
    if as_json:
        told = [member.fields() | {"voted": place in voted} for place, member in found]
        listed = {"list": told} if everybody else {}
        click.echo(json.dumps(asdict(summary) | {"voted": len(voted)} | listed, ensure_ascii=False))
        return
    _show_summary(summary)
    say(f"{len(voted)} have voted")
    if everybody:
        columns = ("member number", "national ID", "name", "mobile", "e-mail", "ballot style", "weight", "voted")
        result = table(*columns, right=("weight",))
        for place, member in found:
            numbers = (member.member_number or "", member.national_id or "")
            places = (member.mobile or "", member.email or "")
            style = manifest.ballot_style(member.ballot_style).label
            row(result, *numbers, member.name, *places, style, member.weight, "yes" if place in voted else "")
        screen().print(result)


@roll.command()
@directory
@as_json
def check(directory: Path, as_json: bool) -> None:
    """Read every row of the roll, and compare it with the manifest.

    Fails if a row was changed, was written with another key, is not found by its identifiers, or has a ballot style or
    weight that the election does not have.

    For example:

        e2evote roll check club
    """
    with progress("Checking"), People.open(directory) as people:
        summary = check_roll(people, _manifest(directory))
    if as_json:
        click.echo(json.dumps(asdict(summary), ensure_ascii=False))
    else:
        say(f"{summary.members} members; every row can be read and fits the election")
        _warn(summary)


def _manifest(directory: Path) -> Manifest:
    path = Workspace(directory).published / MANIFEST
    return parse_manifest(path.read_bytes(), str(path))


def _opened(directory: Path, database: str | None, rehearsal: bool) -> People:
    if not exists(directory):
        return People.create(directory, database, rehearsal)
    if database is not None:
        raise CheckError(f"{directory}: there is a people's database already; leave --database out")
    people = People.open(directory)
    people.require(rehearsal)
    return people


def _read(file: Path, manifest: Manifest, country: str) -> Reading:
    if file.stat().st_size > FILE_LIMIT:
        raise CheckError(f"{file}: larger than {FILE_LIMIT} bytes")
    with progress("Reading") as report:
        return read_roll(file.read_bytes(), manifest, str(file), country, report)


def _told(reading: Reading, imported: int) -> dict[str, object]:
    problems = [asdict(problem) for problem in reading.problems]
    return {"imported": imported, "good": len(reading.members), "refused": reading.refused, "problems": problems}


def _show(file: Path, reading: Reading, imported: int, dry_run: bool) -> None:
    for problem in reading.problems[:_SHOWN]:
        say(f"{file}: {problem}")
    if len(reading.problems) > _SHOWN:
        say(f"{file}: and {len(reading.problems) - _SHOWN} more; --json has them all")
    if imported:
        say(f"{imported} members imported")
    elif dry_run:
        say(f"{len(reading.members)} rows are good, {reading.refused} refused; nothing was imported")


def _show_summary(summary: Summary) -> None:
    say(f"{summary.members} members, {summary.mobiles} with a mobile number, {summary.emails} with an e-mail address")
    result = table("ballot style", "members", right=("members",))
    for label, count in summary.styles.items():
        row(result, label, count)
    screen().print(result)
    if list(summary.weights) != [1]:
        weights = table("weight", "members", right=("weight", "members"))
        for weight, count in summary.weights.items():
            row(weights, weight, count)
        screen().print(weights)
    _warn(summary)


def _warn(summary: Summary) -> None:
    if summary.shared:
        note(f"{summary.shared} mobile numbers or e-mail addresses belong to several members each")
