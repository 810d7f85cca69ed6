"""``e2evote verify``: judge a record from its files alone."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from e2evote.cli.options import ANY_PATH, accepted, check_free, force, insecure_parameters, jobs, record_path, write_new
from e2evote.cli.terminal import progress
from e2evote.cli.views import show_report
from e2evote.record.layout import Record
from e2evote.verifier.report import PHASES, Phase, Report
from e2evote.verifier.run import verify_record

INVALID = 1
"""Exit code where the record could be read and a check did not pass."""


@click.command()
@record_path
@click.option(
    "--json", "json_file", type=ANY_PATH, metavar="FILE", help="Also write the report as JSON ('-': only that, here)."
)
@click.option("--until", type=click.Choice(PHASES), default=PHASES[-1], show_default=True, metavar="PHASE",
              help=f"Last phase to look at, for a record under way: {', '.join(PHASES)}.")  # fmt: skip
@jobs
@insecure_parameters
@force
@click.pass_context
def verify(
    ctx: click.Context,
    record_path: Path,
    json_file: Path | None,
    until: Phase,
    jobs: int,
    insecure: str | None,
    force: bool,
) -> None:
    """Verify an election record from its files alone.

    RECORD is a directory or a zip archive. Failed checks are listed with what failed and where. Compare the fingerprint
    with that of others: it says that you looked at the same record.

    Exit code: 0 the record is valid, 1 it is not, 2 it could not be read.

    For example:

        e2evote verify club/record --json report.json
    """
    to_file = json_file is not None and str(json_file) != "-"
    if json_file is not None and to_file:
        check_free(json_file, force)
    report = verify_with_bar(record_path, until, jobs, accepted(insecure))
    data = json.dumps(as_json(report), ensure_ascii=False, indent=2) + "\n"
    if json_file is not None and to_file:
        write_new(json_file, data.encode(), force)
    if json_file is None or to_file:
        show_report(report)
    else:
        click.echo(data, nl=False)
    if not report.valid:
        ctx.exit(INVALID)


def verify_with_bar(path: Path, until: Phase, jobs: int, insecure: frozenset[str]) -> Report:
    """Verify a record, with a bar."""
    with progress("Verifying ballots") as bar:
        return verify_record(Record.at(path), until, jobs, insecure, bar)


def as_json(report: Report) -> dict[str, Any]:
    """Return a report as JSON objects; what a finding does not have is left out."""
    checks = []
    for check in report.checks:
        findings = [
            {key: value for key, value in asdict(finding).items() if value is not None} for finding in check.findings
        ]
        checks.append({**asdict(check), "findings": findings})
    return {
        "valid": report.valid,
        "until": report.until,
        "parameters": report.parameters,
        "fingerprint": report.fingerprint,
        "counts": dict(report.counts),
        "checks": checks,
    }
