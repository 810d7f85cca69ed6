"""Arguments and options that several commands have in common."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from e2evote.errors import CheckError
from e2evote.files import replacing, write_atomically
from e2evote.group.parameters import INSECURE_NAMES
from e2evote.record.layout import OBJECT_LIMIT

Command = TypeVar("Command", bound=Callable[..., Any])

EXISTING_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
EXISTING = click.Path(exists=True, readable=True, path_type=Path)
ANY_PATH = click.Path(path_type=Path)


def cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def directory(command: Command) -> Command:
    """Add the argument DIR, an election's directory."""
    return click.argument("directory", metavar="DIR", type=ANY_PATH)(command)


def record_path(command: Command) -> Command:
    """Add the argument RECORD, a directory or zip archive."""
    return click.argument("record_path", metavar="RECORD", type=ANY_PATH)(command)


def record_place(command: Command) -> Command:
    """Add the argument RECORD, a directory, zip archive or URL."""

    def place(ctx: click.Context, param: click.Parameter, value: str) -> Path | str:  # noqa: ARG001
        return value if "://" in value else Path(value)

    return click.argument("record_path", metavar="RECORD", callback=place)(command)


def jobs(command: Command) -> Command:
    """Add --jobs."""
    text = "Processes to work in; by default one a core."
    return click.option("--jobs", type=click.IntRange(min=1), default=cores, metavar="N", help=text)(command)


def insecure_parameters(command: Command) -> Command:
    """Add --insecure-parameters."""
    text = f"Accept parameters that prove nothing, for tests: {', '.join(INSECURE_NAMES)}."
    choice = click.Choice(INSECURE_NAMES)
    return click.option("--insecure-parameters", "insecure", type=choice, metavar="NAME", help=text)(command)


def read_manifest(path: Path) -> bytes:
    """Return the bytes of a manifest that a person named.

    Raises:
        CheckError: it is no plain file, or larger than a record may hold.
    """
    if not path.is_file():
        raise CheckError(f"{path}: not a plain file")
    if path.stat().st_size > OBJECT_LIMIT:
        raise CheckError(f"{path}: larger than {OBJECT_LIMIT} bytes")
    return path.read_bytes()


def force(command: Command) -> Command:
    """Add --force."""
    return click.option("--force", is_flag=True, help="Replace an output file that exists.")(command)


def accepted(insecure: str | None) -> frozenset[str]:
    """Return the insecure parameter sets that were asked for."""
    return frozenset() if insecure is None else frozenset({insecure})


def check_free(path: Path, overwrite: bool = False) -> None:
    """Accept a file name that can be written.

    Raises:
        CheckError: there is something of that name, or no such directory.
    """
    if path.is_dir() or (path.exists() and not overwrite):
        raise CheckError(f"{path} exists already; nothing was overwritten")
    if not path.absolute().parent.is_dir():
        raise CheckError(f"{path}: there is no directory {path.parent}")


def write_new(path: Path, data: bytes, overwrite: bool = False) -> None:
    """Write a file as a whole.

    Raises:
        CheckError: there is something of that name.
    """
    check_free(path, overwrite)
    write_atomically(path, data)


def write_new_lines(path: Path, lines: Iterable[str], overwrite: bool = False) -> None:
    """Write a file of lines as a whole; they are taken one by one, and one that fails leaves no file.

    Raises:
        CheckError: there is something of that name.
        whatever ``lines`` raises.
    """
    check_free(path, overwrite)
    with replacing(path) as file:
        file.writelines(f"{line}\n".encode() for line in lines)
