"""``guardian init``: answer an invitation."""

import sys
from pathlib import Path

import click

from e2evote.errors import CheckError, ParseError
from e2evote.group.elements import Group
from e2evote.group.parameters import INSECURE_NAMES
from e2evote.messages.fingerprint import fingerprint
from e2evote.messages.invitation import Invitation, read_invitation
from e2evote.messages.signing import SecretSigningKey
from e2evote.messages.transcript import read_lines
from e2evote.terminal.screen import say
from guardian_cli.asking import FILE, PATH, known_passphrase, new_passphrase, passphrase_file, show_fingerprint
from guardian_cli.ceremony import introduce
from guardian_cli.keystore.vault import FILE as VAULT
from guardian_cli.keystore.vault import Vault, created
from guardian_cli.verbs.looking import say_situation
from guardian_cli.workspace import Workspace, make_workspace, means_for


@click.command()
@click.argument("root", metavar="FOLDER", type=PATH)
@click.option("--invitation", "source", type=FILE, required=True, metavar="FILE", help="What the administrator sent.")
@click.option("--guardian", "i", type=click.IntRange(min=1), metavar="I", help="Which of the guardians you are.")
@click.option("--same-key-as", "earlier", type=PATH, metavar="OLD",
              help="Take signing key and passphrase along from the folder of an earlier attempt.")  # fmt: skip
@click.option("--insecure-parameters", "insecure", type=click.Choice(INSECURE_NAMES), metavar="NAME",
              help=f"Accept parameters that prove nothing, for tests: {', '.join(INSECURE_NAMES)}.")  # fmt: skip
@passphrase_file
def init(
    root: Path, source: Path, i: int | None, earlier: Path | None, insecure: str | None, secret: Path | None
) -> None:
    """Answer an invitation: make FOLDER with your signing key.

    Each invitation has a folder of its own. FOLDER should lie on a disk that is yours alone.

    For example:

        guardian init board-election --invitation invitation.json
    """
    group, invitation = open_invitation(source, insecure)
    i = i or _choose(invitation)
    if i > len(invitation.names):
        raise CheckError(f"there are {len(invitation.names)} guardians in this invitation; you cannot be number {i}")
    complete = (root / VAULT).is_file()
    passphrase = known_passphrase(secret) if complete or earlier else new_passphrase(secret, "your key")
    identity = None
    if earlier:
        with Workspace(earlier).vault(passphrase) as before:
            identity = before.identity
    workspace = make_workspace(root, invitation, i, group.name)
    if complete:
        with workspace.vault(passphrase) as vault:
            _introduce(workspace, vault)
    else:
        with created(root, workspace.owner, passphrase, means_for(group.name), identity) as vault:
            _introduce(workspace, vault)
    say_situation(workspace)


def open_invitation(source: Path, insecure: str | None) -> tuple[Group, Invitation]:
    """Read an invitation.

    Raises:
        ParseError: it is none.
        CheckError: it does not hold, or its parameters are not accepted.
    """
    return read_invitation(only_line(source), str(source), frozenset() if insecure is None else frozenset({insecure}))


def only_line(source: Path) -> bytes:
    """Return the line of a file that is one object.

    Raises:
        ParseError: it has more.
    """
    lines = list(read_lines(source))
    if len(lines) != 1:
        raise ParseError(str(source), f"{len(lines)} lines; expected one object")
    return lines[0][1]


def _choose(invitation: Invitation) -> int:
    if not sys.stdin.isatty():
        raise CheckError("which guardian are you? '--guardian I' says it")
    for i, name in enumerate(invitation.names, 1):
        say(f"{i:4}  {name}")
    number = click.IntRange(1, len(invitation.names))
    return int(click.prompt("Which of these are you?", prompt_suffix=" ", type=number))


def _introduce(workspace: Workspace, vault: Vault) -> None:
    invitation, ceremony = workspace.invitation, workspace.ceremony
    path = introduce(workspace, vault)
    say(f"Election {workspace.manifest.label!r}, attempt {invitation.attempt}: you are guardian {workspace.i} of "
        f"{ceremony.n}, {workspace.name}; any {ceremony.k} can decrypt.")  # fmt: skip
    own = SecretSigningKey(vault.identity).public
    show_fingerprint("Fingerprint of the invitation", fingerprint("invitation", invitation.hash(workspace.group)))
    show_fingerprint("Fingerprint of your signing key", fingerprint("signing key", own))
    say(f"To hand over to all other guardians: {path}")
