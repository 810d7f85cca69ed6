"""``guardian keygen``, ``share``, ``receive``, ``confirm``: the key ceremony."""

from pathlib import Path

import click

from e2evote.errors import CheckError
from e2evote.messages.fingerprint import fingerprint
from e2evote.messages.invitation import Identity
from e2evote.messages.rounds import Collected
from e2evote.terminal.screen import say
from guardian_cli import ceremony
from guardian_cli.asking import folder, passphrase_file, require, show_fingerprint
from guardian_cli.inbox import read_identities
from guardian_cli.verbs.looking import say_situation
from guardian_cli.verbs.opening import opened_vault
from guardian_cli.workspace import Workspace

compared = click.option(
    "--compared", is_flag=True, help="You have compared the fingerprints with the others; else you are asked."
)


@click.command()
@folder
@compared
@passphrase_file
def keygen(root: Path, compared: bool, secret: Path | None) -> None:
    """Compare fingerprints, then make your part of the election's key.

    Read the fingerprints to each other by telephone or in a meeting, not by what carries the files: who can change
    files could otherwise take a guardian's place.

    For example:

        guardian keygen board-election
    """
    workspace = Workspace(root)
    identities = None if workspace.compared else _compare(workspace, compared)
    with opened_vault(workspace, secret) as vault:
        if identities:
            ceremony.pin_signing_keys(workspace, identities)
        path = ceremony.keygen(workspace, vault)
    context = fingerprint("ceremony", workspace.exchange.context)
    show_fingerprint("Fingerprint of the ceremony, the same for all guardians", context)
    _say_handed_over(workspace, path)


@click.command()
@folder
@passphrase_file
def share(root: Path, secret: Path | None) -> None:
    """Verify everybody's public key, and encrypt a share of your secret to each other guardian.

    For example:

        guardian share board-election
    """
    workspace = Workspace(root)
    with opened_vault(workspace, secret) as vault:
        path = ceremony.share(workspace, vault)
    _say_handed_over(workspace, path)


@click.command()
@folder
@passphrase_file
def receive(root: Path, secret: Path | None) -> None:
    """Verify the shares that the others sent you, and keep their sum: your share of the election's key.

    For example:

        guardian receive board-election
    """
    workspace = Workspace(root)
    with opened_vault(workspace, secret) as vault:
        ceremony.receive(workspace, vault)
    say(f"All shares for you are right: {workspace.ceremony.n - 1} were verified.")
    say_situation(workspace)


@click.command()
@folder
@passphrase_file
def confirm(root: Path, secret: Path | None) -> None:
    """Confirm the guardian record; when everybody has, finish the ceremony.

    It is needed twice: first it writes your confirmation, and when all confirmations have come it makes your key ready.

    For example:

        guardian confirm board-election
    """
    workspace = Workspace(root)
    with opened_vault(workspace, secret) as vault:
        path, h_g = ceremony.confirm(workspace, vault)
        if not ceremony.confirmations_of(workspace).only_waits:
            ceremony.complete(workspace, vault)
    what = "Fingerprint of the guardian record, the same for all guardians"
    show_fingerprint(what, fingerprint("guardian record", h_g))
    _say_handed_over(workspace, path)


def _compare(workspace: Workspace, compared: bool) -> Collected[Identity]:
    """Show whose signing keys have come, and return them only if people have compared them.

    Raises:
        CheckError: one is missing or there are two of one guardian; or they have not been compared.
    """
    identities = read_identities(workspace)
    for first, second in identities.contradictions:
        one, other = (" ".join(fingerprint("signing key", m.payload.signing_key).words) for m in (first, second))
        raise CheckError(
            f"there are two signing keys of guardian {first.sender}, {first.payload.name}: ask which fingerprint is "
            f"right, and take the file with the other out of the inbox.\n    {one}\n    {other}"
        )
    if not identities.is_complete:
        raise CheckError("; ".join(identities.report()))
    invitation = workspace.invitation.hash(workspace.group)
    say("Every fingerprint stands here three times: in words, digits and Persian digits. Read out one of the three.")
    show_fingerprint("Invitation", fingerprint("invitation", invitation))
    for identity in identities.payloads:
        yours = " (you)" if identity.i == workspace.i else ""
        found = fingerprint("signing key", identity.signing_key)
        show_fingerprint(f"Guardian {identity.i}, {identity.name}{yours}", found)
    require("Have you compared all of these with their owners, by voice?", compared, "--compared")
    return identities


def _say_handed_over(workspace: Workspace, path: Path | None) -> None:
    if path is not None:
        say(f"To hand over to all other guardians: {path}")
    say_situation(workspace)
