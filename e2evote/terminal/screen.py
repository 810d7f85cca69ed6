"""What the commands share on the terminal: text, tables, progress.

Results go to standard output; progress, notes and errors to standard error.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, Protocol

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from e2evote.terminal.program import folded, printable

Report = Callable[[int, int], None]
"""Takes how much is done and how much there is."""


def screen() -> Console:
    """Return standard output, on which nothing foreign is taken as markup."""
    return Console(markup=False, highlight=False, emoji=False)


def say(text: str, style: str | None = None) -> None:
    """Print text for people; on a terminal lines are broken between words, commands and paths stay whole."""
    out = screen()
    shown = folded(printable(text), out.width) if out.is_terminal else printable(text)
    out.print(shown, style=style, soft_wrap=True)


def say_row(text: str, style: str | None = None) -> None:
    """Print one line of a list, cut to the width of the terminal if it is one."""
    out = screen()
    if out.is_terminal:
        out.print(printable(text), style=style, no_wrap=True, overflow="ellipsis")
    else:
        out.print(printable(text), soft_wrap=True)


class Listener(Protocol):
    """Somebody who is told what would otherwise be shown on standard error: a page that shows it instead."""

    def progress(self, what: str, done: int, total: int) -> None:
        """Take how much of something is done."""

    def note(self, text: str) -> None:
        """Take a note for people."""


_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def told(listener: Listener) -> Iterator[None]:
    """Tell the listener of progress and notes in the block, instead of standard error."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def note(text: str) -> None:
    """Tell people something on standard error, or whoever listens."""
    if (listener := _listener.get()) is not None:
        listener.note(printable(text))
    else:
        click.echo(printable(text), err=True)


def table(*columns: str, title: str | None = None, right: tuple[str, ...] = ()) -> Table:
    """Return an empty table; columns named in ``right`` hold numbers."""
    result = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), title_justify="left", title_style="bold")
    for column in columns:
        result.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return result


def row(target: Table, *cells: object, style: str | None = None) -> None:
    """Add a row of anything that has a text."""
    target.add_row(*(printable(str(cell)) for cell in cells), style=style)


@contextmanager
def progress(what: str) -> Iterator[Report]:
    """Show a bar on standard error while the block runs, if that is a terminal; or tell whoever listens."""
    if (listener := _listener.get()) is not None:
        yield partial(listener.progress, what)
        return
    columns: tuple[Any, ...] = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True, markup=False, highlight=False)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
