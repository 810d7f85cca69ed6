"""``e2evote official``: keys of those who approve results and sign minutes."""

from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from e2evote.cli.options import ANY_PATH, EXISTING_FILE, Command, check_free
from e2evote.election.officials import LARGEST, new_key, open_key
from e2evote.encoding import hex_of
from e2evote.errors import CheckError
from e2evote.files import write_new
from e2evote.record.codec import dump


@click.group()
def official() -> None:
    """Make the keys of officials, whom the manifest names."""


def key_option(command: Command) -> Command:
    """Add --key and --passphrase-file: an official's key, and what opens it."""
    command = passphrase_option(command)
    return click.option("--key", "key_file", type=EXISTING_FILE, required=True, metavar="FILE",
                        help="The official's key file.")(command)  # fmt: skip


def passphrase_option(command: Command) -> Command:
    """Add --passphrase-file, for machines; people are asked."""
    text = "Read the passphrase from this file, which nobody else may read; else you are asked."
    return click.option("--passphrase-file", "secret", type=EXISTING_FILE, metavar="FILE", help=text)(command)


@official.command()
@click.argument("file", metavar="FILE", type=ANY_PATH)
@passphrase_option
def new(file: Path, secret: Path | None) -> None:
    """Make an official's key: FILE is sealed by a passphrase, and the public key is printed for the manifest.

    For example:

        e2evote official new supervisor.key
    """
    check_free(file)
    made = new_key(_passphrase(secret, confirm=True))
    write_new(file, dump(made) + b"\n", 0o600)
    click.echo(hex_of(made.key))


def opened(key_file: Path, secret: Path | None) -> Ed25519PrivateKey:
    """Return the key in a file.

    Raises:
        ParseError: it is no key file.
        CheckError: the passphrase is wrong, or others can read its file.
    """
    if key_file.stat().st_size > LARGEST:
        raise CheckError(f"{key_file}: too large for a key file")
    return open_key(key_file.read_bytes(), _passphrase(secret), key_file.name)


def _passphrase(secret: Path | None, confirm: bool = False) -> str:
    if secret is None:
        return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True))
    if secret.stat().st_mode & 0o077:
        raise CheckError(f"{secret}: others can read it; 'chmod 600 {secret}' changes that")
    try:
        return secret.read_text("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise CheckError(f"{secret}: not a text in UTF-8") from None
