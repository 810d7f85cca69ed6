"""What the program asks its user, and how fingerprints are shown for reading aloud."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from e2evote.errors import CheckError
from e2evote.messages.fingerprint import Fingerprint
from e2evote.terminal.screen import say
from guardian_cli.keystore.folder import read_private
from guardian_cli.keystore.passphrase import SecretPassphrase, suggestion

Command = TypeVar("Command", bound=Callable[..., Any])

_LONGEST = 4096
PATH = click.Path(path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


def folder(command: Command) -> Command:
    """Add the argument FOLDER, the guardian's folder; by default the one the program was started in."""
    return click.argument("root", metavar="[FOLDER]", type=PATH, default=Path())(command)


def passphrase_file(command: Command) -> Command:
    """Add --passphrase-file, for machines; people are asked."""
    text = "Read the passphrase from this file, which nobody else may read; else you are asked."
    return click.option("--passphrase-file", "secret", type=FILE, metavar="FILE", help=text)(command)


def known_passphrase(source: Path | None, what: str = "Your passphrase") -> SecretPassphrase:
    """Ask for a passphrase that exists, or read it from a file.

    Raises:
        CheckError: there is nobody to ask, or others can read the file.
    """
    return SecretPassphrase.of(_read(source) if source else _prompt(what))


def new_passphrase(source: Path | None, what: str) -> SecretPassphrase:
    """Ask for a new passphrase, twice; a weak one is refused with what would make it better, and asked for again.

    Raises:
        CheckError: there is nobody to ask, or the file's is weak.
    """
    if source:
        return SecretPassphrase.chosen(_read(source))
    _require_terminal("a passphrase")
    say(f"Choose a passphrase for {what}. Nobody can reset it, and nothing shows while you type.")
    say(f"Six words by chance, for example: {suggestion()}")
    while True:
        try:
            return SecretPassphrase.chosen(_prompt("New passphrase", confirm=True))
        except CheckError as error:
            say(f"{error}.")


def require(question: str, given: bool, option: str) -> None:
    """Go on only if the user says yes, or has said so with an option.

    Raises:
        CheckError: the answer is no, or there is nobody to ask.
    """
    if given:
        return
    if not sys.stdin.isatty():
        raise CheckError(f"{question} There is nobody to ask here: {option} says yes")
    if not click.confirm(question, default=False):
        raise CheckError("stopped; nothing was done")


def show_fingerprint(what: str, fingerprint: Fingerprint) -> None:
    """Show a fingerprint in words, and in digits for those who read no English."""
    say(what, style="bold")
    words = fingerprint.words
    for first in range(0, len(words), 6):
        say("    " + "  ".join(words[first : first + 6]))
    say("    " + " ".join(fingerprint.digits))
    say("    " + " ".join(fingerprint.persian_digits))


def _read(path: Path) -> str:
    return read_private(path, _LONGEST).decode(errors="replace").removesuffix("\n")


def _prompt(text: str, confirm: bool = False) -> str:
    _require_terminal("the passphrase")
    again = "The same again" if confirm else False
    return str(click.prompt(text, hide_input=True, confirmation_prompt=again, err=True))


def _require_terminal(what: str) -> None:
    if not sys.stdin.isatty():
        raise CheckError(f"there is nobody to ask for {what}; '--passphrase-file FILE' says where it is")
