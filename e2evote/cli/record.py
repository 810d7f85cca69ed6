"""``e2evote record``: show, pack, draw and export a record."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import click

from e2evote.cli.chart import draw
from e2evote.cli.options import ANY_PATH, accepted, check_free, force, insecure_parameters, record_path, write_new
from e2evote.cli.packing import pack_record
from e2evote.cli.summary import summarise
from e2evote.cli.views import show_summary
from e2evote.errors import CheckError
from e2evote.record.layout import Record
from e2evote.terminal.screen import progress


@click.group()
def record() -> None:
    """Show, pack, draw or export a record. Whether to believe it is what 'verify' says."""


@record.command()
@record_path
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for programs.")
@insecure_parameters
def show(record_path: Path, as_json: bool, insecure: str | None) -> None:
    """Show a record at a glance: guardians, devices, ballots, results, fingerprint.

    RECORD is a directory or a zip archive. Nothing is verified.

    For example:

        e2evote record show club/record
    """
    summary = summarise(Record.at(record_path), accepted(insecure))
    if as_json:
        found = {key: value for key, value in asdict(summary).items() if value is not None}
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        show_summary(summary)


@record.command()
@record_path
@click.argument("file", metavar="FILE.zip", type=ANY_PATH)
@force
def pack(record_path: Path, file: Path, force: bool) -> None:
    """Pack a record into one zip archive, the same record always alike.

    Every file is compared with the index first. The archive is a record too: 'e2evote verify FILE.zip' reads it.

    For example:

        e2evote record pack club/record club.zip
    """
    check_free(file, force)
    with progress("Packing") as report:
        pack_record(Record.at(record_path), file, report)
    click.echo(f"written: {file}")


@record.command()
@record_path
@click.option("--out", required=True, type=ANY_PATH, metavar="FILE.svg", help="Where to write the picture.")
@insecure_parameters
@force
def chart(record_path: Path, out: Path, insecure: str | None, force: bool) -> None:
    """Draw the results as a bar chart, an SVG picture for any browser.

    For example:

        e2evote record chart club/record --out results.svg
    """
    check_free(out, force)
    write_chart(Record.at(record_path), out, accepted(insecure), force)
    click.echo(f"written: {out}")


@record.command("export")
@record_path
@click.argument("out", metavar="OUT", type=ANY_PATH)
@click.option("--format", "_format", required=True, type=click.Choice(["egrf"]), help="The format to write.")
@click.option("--encoding", default="json", type=click.Choice(["json", "protobuf"]), help="JSON lines by default.")
def export_record(record_path: Path, out: Path, _format: str, encoding: Literal["json", "protobuf"]) -> None:
    """Write a finished record in the format of another system: EGRF v2, a draft.

    OUT is a new folder. What EGRF cannot express is named, and nothing is written. The manifest stays ours,
    because its bytes are hashed: other readers of EGRF do not understand it.

    For example:

        e2evote record export club/record club-egrf --format egrf
    """
    from e2evote.interop.egrf.export import export

    export(Record.at(record_path), out, encoding)
    click.echo(f"written: {out}")


def write_chart(record: Record, out: Path, insecure: frozenset[str], overwrite: bool = False) -> None:
    """Write the chart of a record's results.

    Raises:
        CheckError: there are no results, or the file exists.
    """
    summary = summarise(record, insecure)
    if summary.results is None or not summary.results.contests:
        raise CheckError("the record has no decrypted tallies; there is nothing to draw")
    write_new(out, draw(summary, summary.results), overwrite)
