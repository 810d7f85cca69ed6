"""The root command: finds the others only when they are asked for, and turns what they raise into messages.

Light on imports, so that the program starts fast and Ctrl-C is noticed from the beginning.
"""

import io
import re
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import IO, Any

import click

from e2evote.errors import E2EVoteError

INTERRUPTED, UNEXPECTED = 130, 3
"""Exit codes beside 0, 1 (a record is invalid) and 2 (bad input or usage)."""

_QUOTED = re.compile(r"(?<!\w)'[^'\n]*'")
_STEERING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x061C, 0x200E, 0x200F}


class Failure(click.ClickException):
    """An error that ends the program with one line on standard error."""

    def __init__(self, message: str, exit_code: int = 2) -> None:
        """Take the line and the exit code."""
        super().__init__(printable(message))
        self.exit_code = exit_code  # type: ignore[misc]  # declared as a class variable, read from the instance

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line; on a terminal it is broken between words."""
        file = file or sys.stderr
        shown = f"Error: {self.format_message()}"
        click.echo(folded(shown, shutil.get_terminal_size().columns) if file.isatty() else shown, file=file)


class Program(click.Group):
    """A group whose commands are imported from modules of the same package by name."""

    def __init__(
        self,
        *args: Any,  # noqa: ANN401
        modules: Mapping[str, str],
        exit_codes: Mapping[type[E2EVoteError], int] = MappingProxyType({}),
        extras: Mapping[str, str] = MappingProxyType({}),
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        """Take command names with the modules that define them under the same name, '_' for '-'.

        Args:
            args: as ``click.Group``.
            modules: of each command.
            exit_codes: of errors that end with another code than 2.
            extras: of commands that need packages which are not installed with the program: what installs them.
            kwargs: as ``click.Group``.
        """
        super().__init__(*args, **kwargs)
        self.modules, self.exit_codes, self.extras = modules, exit_codes, extras

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order given."""
        return list(self.modules)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if name not in self.modules:
            return None
        try:
            command = getattr(import_module(self.modules[name]), name.replace("-", "_"))
        except ModuleNotFoundError as error:
            if name not in self.extras:
                raise
            return _not_installed(name, self.extras[name], error.name)
        return command if isinstance(command, click.Command) else None

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what it raises ends as ``Error: …`` and an exit code, never as a traceback."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")  # a terminal without UTF-8 is no reason to fail
        try:
            return super().invoke(ctx)
        except E2EVoteError as error:
            raise Failure(str(error), self.exit_codes.get(type(error), 2)) from None
        except KeyboardInterrupt:
            raise Failure("interrupted; no file is half written", INTERRUPTED) from None
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except OSError as error:
            raise Failure(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from None
        except Exception as error:
            if ctx.params.get("traceback"):
                raise
            what = f"unexpected {type(error).__name__}: {error}"
            shown = f"'{ctx.command_path} --traceback …' shows where"
            raise Failure(f"{what}; {shown}. Please report it.", UNEXPECTED) from None


def _not_installed(name: str, extra: str, package: str | None) -> click.Command:
    """Return a command that says what has to be installed before there is one, whatever it is asked."""
    advice = f"Not installed: pip install '{extra}'"

    def tell() -> None:
        raise Failure(f"'{name}' needs the package {package}, which is not installed: pip install '{extra}'")

    settings: dict[str, Any] = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
    return click.Command(name, callback=tell, context_settings=settings, short_help=advice)


def printable(text: str) -> str:
    """Return the text without characters that steer a terminal or the direction of writing; line ends stay."""
    return "".join("\ufffd" if _steers(character) else character for character in text)


def folded(text: str, width: int) -> str:
    """Break lines between words, but none within a command in quotes or a path: these are copied as one."""
    whole = _QUOTED.sub(lambda quoted: quoted[0].replace(" ", "\0"), text)
    lines = (_fold(line, width) if len(line) > width else line for line in whole.split("\n"))
    return "\n".join(lines).replace("\0", " ")


def _fold(line: str, width: int) -> str:
    return textwrap.fill(
        line, width, break_long_words=False, break_on_hyphens=False, replace_whitespace=False, expand_tabs=False
    )


def _steers(character: str) -> bool:
    return character != "\n" and (unicodedata.category(character) in ("Cc", "Cs") or ord(character) in _STEERING)
