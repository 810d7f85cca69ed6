"""``e2evote bench``: what an election costs on this machine."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import reduce
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from e2evote.bench.backends import groups
from e2evote.bench.figures import Figure, Report, Watch
from e2evote.bench.plan import FULL, ON_DATABASES, ON_EVERY_BACKEND, PARTS, QUICK, Plan
from e2evote.bench.tables import Rows, tables
from e2evote.cli.options import ANY_PATH, EXISTING_FILE, check_free, write_new
from e2evote.errors import CheckError
from e2evote.terminal.screen import note


@click.command()
@click.argument("parts", nargs=-1, metavar="[PART]...", type=click.Choice([*PARTS]))
@click.option("--quick", is_flag=True, help="Without EG-12x4, and less of everything.")
@click.option("--backend", "backends", multiple=True, metavar="NAME", help="Only on this backend; may be repeated.")
@click.option(
    "--saved",
    multiple=True,
    type=EXISTING_FILE,
    metavar="FILE",
    help="Show figures saved by --json as well; may be repeated. Without PART nothing is measured then.",
)
@click.option(
    "--json", "json_file", type=ANY_PATH, metavar="FILE", help="Also write the figures as JSON ('-': only that, here)."
)
@click.option(
    "--database",
    "databases",
    multiple=True,
    metavar="URL",
    help="Of 'log' and 'submission': also on this empty PostgreSQL database; may be repeated, one for each of them.",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="Of 'booth': voters that come a second; by default 0.7 times as many as a rush of them gets through.",
)
@click.option(
    "--jobs", type=click.IntRange(min=1), metavar="N", help="Of 'booth': processes that verify; by default 2."
)
@click.option("--plot", type=ANY_PATH, metavar="FILE", help="Also draw the figures, as SVG; needs matplotlib.")
def bench(
    parts: tuple[str, ...],
    quick: bool,
    backends: tuple[str, ...],
    saved: tuple[Path, ...],
    json_file: Path | None,
    databases: tuple[str, ...],
    rate: float | None,
    jobs: int | None,
    plot: Path | None,
) -> None:
    """Measure what an election costs at 4096 bits.

    \b
    PART is one or more of
      workload    every phase of EG-12x4 and EG-5x4, 12 or 5 contests of 4 options (the default)
      example     the same for the example election of an association
      ballots     verification's time and memory as a record grows
      cores       what a second process is worth
      options     cost as contests get more options
      log         entries a second that the board's log acknowledges
      submission  ballots a second that a board's server accepts, with and without their proofs
      booth       votes a second that a booth's server takes from 200 voters at once, and how long they wait

    The unit is pm, the time of one modular power (4096-bit modulus, 256-bit exponent) in the same process: seconds
    drift with the machine, ratios hold. All of it takes ten minutes to an hour, --quick some minutes.

    For example:

        e2evote bench --quick
    """  # noqa: D301  (\b keeps lines as they are)
    for path in (json_file, plot):
        if path is not None and str(path) != "-":
            check_free(path, overwrite=True)
    reports = [Report.load(path) for path in saved]
    if parts or not saved:
        plan = replace(QUICK if quick else FULL, rate=rate, verifying=jobs)
        reports.insert(0, Report.of(measure(parts or ("workload",), plan, backends, databases)))
    report = reduce(Report.beside, reports)
    if json_file is None or str(json_file) != "-":
        show(report)
    else:
        click.echo(report.dump(), nl=False)
    if json_file is not None and str(json_file) != "-":
        write_new(json_file, report.dump().encode(), overwrite=True)
    if plot is not None:
        from e2evote.bench.plot import draw

        write_new(plot, draw(report.figures), overwrite=True)


def measure(parts: Sequence[str], plan: Plan, backends: Sequence[str], databases: Sequence[str] = ()) -> list[Figure]:
    """Measure the parts on the backends named, or on those that are here.

    Raises:
        CheckError: no such backend here.
    """
    here, figures, waiting = groups(), list[Figure](), iter(databases)
    for name in backends:
        if name not in here:
            raise CheckError(f"no backend {name!r} on this machine; there is {', '.join(here)}")
    for part in dict.fromkeys(parts):
        names = backends or (tuple(here) if part in ON_EVERY_BACKEND else tuple(here)[:1])
        if part in ON_DATABASES:
            plan = replace(plan, database=next(waiting, None))
        for name in names:
            with watching(f"{part}, {name}") as watch:
                figures += PARTS[part](plan, name, here[name], watch)
    return figures


def show(report: Report) -> None:
    """Print tables, in Markdown."""
    unit = report.about.get("pm_milliseconds")
    if unit is not None:
        about = (f"{key} {report.about[key]}" for key in ("e2evote", "python", "gmp") if key in report.about)
        click.echo(f"{report.about.get('processor')}; {', '.join(about)}; 1 pm was {unit} ms at the end")
    for title, rows in tables(report.figures):
        click.echo(f"\n{title}\n\n{_markdown(rows)}")


def _markdown(rows: Rows) -> str:
    heading, *body = rows
    table = Table(box=box.MARKDOWN)
    for index, column in enumerate(heading):
        table.add_column(column, justify="right" if index else "left", no_wrap=True)
    for row in body:
        table.add_row(*row)
    console = Console(width=240, markup=False, highlight=False, color_system=None)
    with console.capture() as printed:
        console.print(table)
    return printed.get().strip()


@contextmanager
def watching(title: str) -> Iterator[Watch]:
    """Show on standard error what is being measured and how far it is, a bar if that is a terminal."""
    if not sys.stderr.isatty():
        note(f"measuring {title}")
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True, markup=False, highlight=False)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(title, total=None)
        yield lambda what, done, total: bar.update(task, description=f"{title}: {what}", completed=done, total=total)
