"""``e2evote report``: what checkers of challenged ballots have reported, and whether it holds."""

import json
from pathlib import Path
from typing import Any

import click

from e2evote.board.folder import SETTINGS
from e2evote.cli.options import accepted, directory, insecure_parameters
from e2evote.election.report_check import Judgement, ReportCheck
from e2evote.election.reports import FOLDER, KeptReport, Reports
from e2evote.encoding import hex_of
from e2evote.errors import CheckError
from e2evote.record.codec import dump
from e2evote.terminal.program import printable
from e2evote.terminal.screen import note, progress, row, say, screen, table

_BOARD = "board"


@click.group()
def report() -> None:
    """Read and judge what checkers of challenged ballots have reported.

    DIR is an election's directory, or a board's folder that is served by itself.
    """


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
number_option = click.option("--number", type=click.IntRange(min=1), metavar="N", help="Only this report.")


@report.command("list")
@directory
@as_json
def list_reports(directory: Path, as_json: bool) -> None:
    """List the reports. They are claims: 'e2evote report check' says which hold.

    For example:

        e2evote report list club
    """
    found = list(_reports(directory).all())
    if as_json:
        click.echo(json.dumps([_summary(kept) for kept in found], ensure_ascii=False))
    elif found:
        shown = table("number", "time", "finding", "ballot")
        for kept in found:
            row(shown, str(kept.number), kept.time, kept.report.finding, hex_of(kept.report.confirmation_code)[:16])
        screen().print(shown)
    else:
        note("there are no reports")


@report.command()
@directory
@click.argument("number", type=click.IntRange(min=1))
def show(directory: Path, number: int) -> None:
    """Print report NUMBER as it is kept, JSON. It can hold the nonce of a ballot: do not pass it on carelessly.

    For example:

        e2evote report show club 1
    """
    click.echo(printable(dump(_reports(directory).get(number)).decode()))


@report.command()
@directory
@number_option
@insecure_parameters
@as_json
def check(directory: Path, number: int | None, insecure: str | None, as_json: bool) -> None:
    """Compute the reports again from what the board has, and say which hold.

    'confirmed': it is so, whoever sent it. 'refuted': it is not so. 'undecided': it cannot be computed.

    For example:

        e2evote report check club
    """
    from e2evote.board.log import Board

    reports = _reports(directory)
    found = list(reports.all()) if number is None else [reports.get(number)]
    judged: list[tuple[KeptReport, Judgement]] = []
    with Board.open(_board(directory)) as board, board.reading() as view, progress("Checking") as told:
        judge = ReportCheck(view, board.policy, accepted(insecure))
        for kept in found:
            judged.append((kept, judge.judge(kept.report)))
            told(len(judged), len(found))
    if as_json:
        click.echo(json.dumps([_as_json(*one) for one in judged], ensure_ascii=False))
        return
    for kept, judgement in judged:
        say(f"{kept.number} {kept.report.finding}: {judgement.verdict}: {judgement.reason}")
        for line in judgement.contents:
            say(f"    {line}")


def _reports(directory: Path) -> Reports:
    if not directory.is_dir():
        raise CheckError(f"{directory}: no such directory")
    return Reports(directory / FOLDER)


def _board(directory: Path) -> Path:
    return directory if (directory / SETTINGS).is_file() else directory / _BOARD


def _summary(kept: KeptReport) -> dict[str, Any]:
    code = hex_of(kept.report.confirmation_code)
    return {"number": kept.number, "time": kept.time, "finding": kept.report.finding, "confirmation_code": code}


def _as_json(kept: KeptReport, judgement: Judgement) -> dict[str, Any]:
    judged = {"verdict": judgement.verdict, "reason": judgement.reason, "contents": list(judgement.contents)}
    return _summary(kept) | judged
