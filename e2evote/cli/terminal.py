"""What the commands share on the terminal: tables, progress, text that cannot play tricks, and how errors end.

Results go to standard output; progress, notes and errors to standard error.
"""

import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from e2evote.errors import E2EVoteError

Report = Callable[[int, int], None]
"""Takes how much is done and how much there is."""

INTERRUPTED, UNEXPECTED = 130, 3
"""Exit codes beside 0, 1 (a record is invalid) and 2 (bad input or usage)."""

_STEERING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x061C, 0x200E, 0x200F}


class Failure(click.ClickException):
    """An error that ends the program with one line on standard error."""

    def __init__(self, message: str, exit_code: int = 2) -> None:
        """Take the line and the exit code."""
        super().__init__(printable(message))
        self.exit_code = exit_code  # type: ignore[misc]  # declared as a class variable, read from the instance


class Program(click.Group):
    """The root of all commands, where errors turn into messages."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what it raises ends as ``Error: …`` and an exit code, never as a traceback."""
        try:
            return super().invoke(ctx)
        except E2EVoteError as error:
            raise Failure(str(error)) from None
        except KeyboardInterrupt:
            raise Failure("interrupted; no file is half written", INTERRUPTED) from None
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except OSError as error:
            raise Failure(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from None
        except Exception as error:
            if ctx.params.get("traceback"):
                raise
            message = (
                f"unexpected {type(error).__name__}: {error}; 'e2evote --traceback …' shows where. Please report it."
            )
            raise Failure(message, UNEXPECTED) from None


def printable(text: str) -> str:
    """Return the text without characters that steer a terminal or the direction of writing; line ends stay."""
    return "".join("\ufffd" if _steers(character) else character for character in text)


def _steers(character: str) -> bool:
    return character != "\n" and (unicodedata.category(character) in ("Cc", "Cs") or ord(character) in _STEERING)


def screen() -> Console:
    """Return standard output, on which nothing foreign is taken as markup."""
    return Console(markup=False, highlight=False, emoji=False)


def say(text: str, style: str | None = None) -> None:
    """Print text for people; the terminal breaks long lines, so that what was on one line is copied as one."""
    screen().print(printable(text), style=style, soft_wrap=True)


def say_row(text: str, style: str | None = None) -> None:
    """Print one line of a list, cut to the width of the terminal if it is one."""
    out = screen()
    if out.is_terminal:
        out.print(printable(text), style=style, no_wrap=True, overflow="ellipsis")
    else:
        out.print(printable(text), soft_wrap=True)


def note(text: str) -> None:
    """Tell people something on standard error."""
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
    """Show a bar on standard error while the block runs, if that is a terminal."""
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
