"""``e2evote verify``: judge a record from its files alone."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from e2evote.cli.options import (
    ANY_PATH,
    accepted,
    check_free,
    force,
    insecure_parameters,
    jobs,
    record_place,
    write_new,
)
from e2evote.cli.views import show_report
from e2evote.engine import Cluster, Workers, workers
from e2evote.group.backends import NAMES
from e2evote.group.parameters import group_named
from e2evote.interop.family import Family
from e2evote.interop.foreign import Foreign
from e2evote.interop.registry import NAMES as FAMILY_NAMES
from e2evote.interop.registry import family_named, recognised
from e2evote.record.layout import Record
from e2evote.terminal.screen import note, progress
from e2evote.verifier.report import NATIVE, PHASES, Phase, Report
from e2evote.verifier.resume import SECONDS
from e2evote.verifier.run import verify_record
from e2evote.workspace.hands import side_by_side

INVALID = 1
"""Exit code where the record could be read and a check did not pass."""
_KINDS = {"ifma": "AVX-512, eight lanes", "crypto_mb": "Intel's library, eight lanes", "gmpy2": "GMP"}


@click.command()
@record_place
@click.option("--family", "named", type=click.Choice(FAMILY_NAMES), metavar="NAME",
              help="Whose record it is, if that is not to be recognised.")  # fmt: skip
@click.option(
    "--json", "json_file", type=ANY_PATH, metavar="FILE", help="Also write the report as JSON ('-': only that, here)."
)
@click.option("--until", type=click.Choice(PHASES), default=PHASES[-1], show_default=True, metavar="PHASE",
              help=f"Last phase to look at, for a record under way: {', '.join(PHASES)}.")  # fmt: skip
@jobs
@click.option("--scheduler", metavar="URL", help="Verify the ballots on the Dask cluster of this scheduler "
              "(tcp://host:port), which is trusted like this computer.")  # fmt: skip
@click.option("--resume", "state", type=ANY_PATH, metavar="STATE", help="Keep in this file how far the verification "
              "has come, go on from there if the file exists, and remove it at the end. It is trusted: who can change "
              "it decides the verdict.")  # fmt: skip
@click.option("--backend", type=click.Choice(NAMES), metavar="NAME", help="What computes; by default the best that "
              f"this computer has of {', '.join(NAMES)}. The verdict is the same with each.")  # fmt: skip
@insecure_parameters
@force
@click.pass_context
def verify(
    ctx: click.Context,
    record_path: Path | str,
    named: str | None,
    json_file: Path | None,
    until: Phase,
    jobs: int,
    scheduler: str | None,
    state: Path | None,
    backend: str | None,
    insecure: str | None,
    force: bool,
) -> None:
    """Verify an election record from its files alone, also one of another system.

    RECORD is a directory, an archive, or the URL of a directory. Failed checks are listed with what failed and where.
    Compare the fingerprint with that of others: it says that you looked at the same record.

    Exit code: 0 the record is valid, 1 it is not, 2 it could not be read.

    For example:

        e2evote verify club/record --json report.json
    """
    to_file = json_file is not None and str(json_file) != "-"
    if json_file is not None and to_file:
        check_free(json_file, force)
    if scheduler is not None and ctx.get_parameter_source("jobs") is not ParameterSource.DEFAULT:
        raise click.UsageError("--jobs is about processes here; with --scheduler the cluster says how many there are.")
    hands = workers(jobs) if scheduler is None else Cluster(scheduler)
    try:
        with side_by_side(hands):
            family = _family(record_path, named)
            if family is None:
                report = verify_with_bar(record_path, until, hands, accepted(insecure), state, backend)
            else:
                _only_native(ctx, family)
                report = _verify_foreign(record_path, family, hands)
    except KeyboardInterrupt:
        if state is not None and state.exists():
            note(f"{state} keeps how far the verification has come; the same command goes on from there.")
        raise
    used = _backend_of(report, backend)
    data = json.dumps(as_json(report) | {"backend": used}, ensure_ascii=False, indent=2) + "\n"
    if json_file is not None and to_file:
        write_new(json_file, data.encode(), force)
    if json_file is None or to_file:
        show_report(report, arithmetic=None if used is None else f"{used} ({_KINDS[used]})")
    else:
        click.echo(data, nl=False)
    if not report.valid:
        ctx.exit(INVALID)


def verify_with_bar(
    path: Path | str,
    until: Phase,
    jobs: int | Workers,
    insecure: frozenset[str],
    state: Path | None = None,
    backend: str | None = None,
) -> Report:
    """Verify a record, with a bar."""
    with _quiet(), progress("Verifying ballots") as bar:
        return verify_record(Record.at(path), until, jobs, insecure, bar, state, SECONDS, backend)


def _family(place: Path | str, named: str | None) -> Family | None:
    """Return the family of a record of another system, None for one of this library."""
    if named == NATIVE:
        return None
    if isinstance(place, str):
        if named is not None:
            raise click.UsageError("records of other systems are read from files here, not from a URL.")
        return None
    return recognised(place) if named is None else family_named(named)


def _only_native(ctx: click.Context, family: Family) -> None:
    """Refuse what only this library's own records have."""
    for name in ("until", "scheduler", "state", "backend", "insecure"):
        if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT:
            option = next(param.opts[0] for param in ctx.command.params if param.name == name)
            raise click.UsageError(f"{option} is for records of {NATIVE}; this is one of {family.name}.")


def _verify_foreign(path: Path | str, family: Family, hands: Workers) -> Report:
    """Verify another system's record, with a bar."""
    with _quiet(), progress("Verifying ballots") as bar:
        return family.verify(Foreign.at(Path(path)), hands, bar)


def _backend_of(report: Report, asked: str | None) -> str | None:
    """Return the backend that computed, None where nothing was computed or a family chose for itself."""
    if report.parameters == "unknown" or report.family != NATIVE:
        return None
    group = group_named(report.parameters)
    return (group if asked is None else group.on(asked)).backend.name


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep libraries from logging on the terminal: what matters is in the error that they raise as well."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


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
        "family": report.family,
        "until": report.until,
        "parameters": report.parameters,
        "fingerprint": report.fingerprint,
        "counts": dict(report.counts),
        "steps": dict(report.steps),
        "strength": [asdict(note) for note in report.strength],
        "remarks": list(report.remarks),
        "checks": checks,
    }
