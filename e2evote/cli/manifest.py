"""``e2evote manifest``: check a manifest, write an example."""

from pathlib import Path

import click

from e2evote.cli.options import ANY_PATH, EXISTING_FILE, read_manifest, write_new
from e2evote.cli.views import show_manifest
from e2evote.examples import NAMES, manifest_bytes
from e2evote.record.manifest import parse_manifest
from e2evote.terminal.program import Failure
from e2evote.terminal.screen import note


@click.group()
def manifest() -> None:
    """Check a manifest, or write an example to begin with."""


@manifest.command()
@click.argument("file", type=EXISTING_FILE)
def check(file: Path) -> None:
    """Check a manifest and show its contests with their limits.

    Every broken rule is listed; the exit code is then 2.

    For example:

        e2evote manifest check manifest.json
    """
    found = parse_manifest(read_manifest(file), str(file))
    problems = list(found.problems())
    if problems:
        raise Failure(f"{file}: {len(problems)} problems\n" + "\n".join(f"  {problem}" for problem in problems))
    show_manifest(found)
    if found.maximum_weight > 1:
        note(
            "Weights: a total of few different weights can show who voted what (1 + 2 + 4 adds up in one way only), "
            "however many ballots there are. Weigh in round and common numbers."
        )


@manifest.command()
@click.argument("name", type=click.Choice(NAMES))
@click.option("--out", required=True, type=ANY_PATH, metavar="FILE", help="Where to write it.")
def example(name: str, out: Path) -> None:
    """Write an example manifest with invented people.

    "association" elects the organs of a professional association; "stakeholders" is a general assembly with weighted
    votes, two ballot styles and a write-in option; "online" is for voters' own devices.

    For example:

        e2evote manifest example association --out manifest.json
    """
    write_new(out, manifest_bytes(name))
    click.echo(f"written: {out}")
