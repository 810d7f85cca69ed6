"""``e2evote minutes``: the election on paper, signed, and held against the record."""

import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from e2evote.cli.official import key_option, opened
from e2evote.cli.options import (
    ANY_PATH,
    EXISTING_FILE,
    accepted,
    check_free,
    directory,
    force,
    insecure_parameters,
    jobs,
    record_path,
    write_new,
)
from e2evote.cli.verify import INVALID, verify_with_bar
from e2evote.election.minutes import Languages, statement_of
from e2evote.election.officials import FOLDER, read_approvals
from e2evote.encoding import hex_of
from e2evote.errors import CheckError, E2EVoteError, ParseError
from e2evote.files import write_atomically
from e2evote.record.layout import Record
from e2evote.web.minutes import signed
from e2evote.workspace.directory import Workspace


@click.group()
def minutes() -> None:
    """Write, sign and check the minutes of an election, a PDF."""


@minutes.command()
@directory
@click.option("--lang", "languages", type=click.Choice(["fa", "en", "both"]), default="both", show_default=True)
@click.option("--zone", default="UTC", show_default=True, metavar="ZONE", help="Time zone, such as Asia/Tehran.")
@click.option("--out", required=True, type=ANY_PATH, metavar="FILE.pdf", help="Where to write the minutes.")
@force
def make(directory: Path, languages: Languages, zone: str, out: Path, force: bool) -> None:
    """Write the minutes of the election in DIR, once its record is verified and its results are approved.

    For example:

        e2evote minutes make club --lang both --zone Asia/Tehran --out minutes.pdf
    """
    paper = _paper()
    check_free(out, force)
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise CheckError(f"there is no time zone {zone!r}") from None
    workspace = Workspace(directory)
    workspace.require_valid("opened")
    manifest, approvals = workspace.election.manifest, read_approvals(directory / FOLDER)
    if manifest.officials is not None and not approvals:
        raise CheckError("the results are not approved yet; see 'e2evote results approve'")
    statement = statement_of(workspace.record, languages, zone, paper.renderer(), approvals, workspace.accepted)
    write_new(out, signed.with_statement(paper.draw(statement, manifest), statement), force)
    click.echo(f"written: {out}")


@minutes.command()
@click.argument("file", metavar="FILE.pdf", type=EXISTING_FILE)
@click.argument("directory", metavar="DIR", type=ANY_PATH)
@key_option
def sign(file: Path, directory: Path, key_file: Path, secret: Path | None) -> None:
    """Sign the minutes as an official of the election in DIR, once they are checked; the file gets longer.

    For example:

        e2evote minutes sign minutes.pdf club --key supervisor.key
    """
    _paper()
    from e2evote.web.minutes.checking import verify_minutes

    workspace, data = Workspace(directory), _read(file)
    workspace.require_valid("opened")
    verify_minutes(signed.take_apart(data, file.name), workspace.record, workspace.accepted)
    key = opened(key_file, secret)
    write_atomically(file, signed.sign(data, workspace.election.manifest, key, datetime.now(UTC)))
    click.echo(f"signed: {file}")


@minutes.command()
@click.argument("file", metavar="FILE.pdf", type=EXISTING_FILE)
@record_path
@click.option("--partly-signed", is_flag=True, help="Accept that officials of the manifest have not signed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for programs.")
@jobs
@insecure_parameters
@click.pass_context
def check(
    ctx: click.Context,
    file: Path,
    record_path: Path,
    partly_signed: bool,
    as_json: bool,
    jobs: int,
    insecure: str | None,
) -> None:
    """Tell whether minutes say what a record proves.

    The record is verified, the minutes are drawn again from it, and every byte is compared.

    Exit code: 0 they do, 1 they do not, 2 it cannot be said.

    For example:

        e2evote minutes check minutes.pdf club/record
    """
    _paper()
    from e2evote.web.minutes.checking import OtherRendererError, verify_minutes

    found = signed.take_apart(_read(file), file.name)
    report = verify_with_bar(record_path, "opened", jobs, accepted(insecure))
    told: dict[str, object] = {"valid": False, "record_valid": report.valid}
    problem: str | None = None if report.valid else "the record is not valid; see 'e2evote verify'"
    if problem is None:
        try:
            checked = verify_minutes(found, Record.at(record_path), accepted(insecure))
        except OtherRendererError:
            raise
        except E2EVoteError as error:
            problem = str(error)
        else:
            told["signed"] = [{"official": official.label, "time": time} for official, time in checked.signed]
            told["unsigned"] = [official.label for official in checked.unsigned]
            told["fingerprint"] = hex_of(checked.statement.fingerprint)
            if checked.unsigned and not partly_signed:
                problem = "not signed by " + ", ".join(official.label for official in checked.unsigned)
    told |= {"valid": problem is None} | ({} if problem is None else {"problem": problem})
    _tell(told, as_json)
    if problem is not None:
        ctx.exit(INVALID)


def _tell(told: dict[str, object], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    elif told["valid"]:
        click.echo(f"These minutes say what the record proves. Record {told['fingerprint']}")
        for each in told["signed"] if isinstance(told["signed"], list) else ():
            click.echo(f"signed by {each['official']} at {each['time']}")
    else:
        click.echo(f"These minutes are NOT to be believed: {told['problem']}")


def _read(file: Path) -> bytes:
    if file.stat().st_size > signed.LARGEST:
        raise ParseError(file.name, "larger than minutes are")
    return file.read_bytes()


def _paper() -> ModuleType:
    """Return what draws.

    Raises:
        CheckError: Pango is missing on this system.
    """
    try:
        from e2evote.web.minutes import paper
    except OSError as error:
        raise CheckError(f"the system lacks Pango, which sets the text of minutes: {error}") from None
    return paper
