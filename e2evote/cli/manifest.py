"""``e2evote manifest``: check a manifest, write an example."""

from pathlib import Path

import click

from e2evote.cli.options import ANY_PATH, EXISTING_FILE, read_manifest, write_new
from e2evote.cli.views import show_manifest
from e2evote.examples import NAMES, manifest_bytes
from e2evote.record.manifest import parse_manifest, rehearsal_of
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
@click.argument("file", type=EXISTING_FILE)
@click.option("--out", required=True, type=ANY_PATH, metavar="REHEARSAL", help="Where to write the rehearsal's.")
def rehearse(file: Path, out: Path) -> None:
    """Write the manifest of a rehearsal of the election in FILE.

    Its label and names begin with REHEARSAL, or the word of their language, so that every page, every message and the
    record say what it is. Keys, board and roll are made anew with it: none of them can be used for the election. Put a
    board of its own into it, hold a key ceremony, and go on as with the election itself.

    For example:

        e2evote manifest rehearse manifest.json --out rehearsal.json
    """
    found = parse_manifest(read_manifest(file), str(file))
    made = rehearsal_of(found)
    made.check()
    data = made.model_dump_json(exclude_none=True, exclude_defaults=True, indent=2)
    write_new(out, f"{data}\n".encode())
    click.echo(f"written: {out}")


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
