"""``guardian rehearse``: the whole way once before it counts, in a folder of its own."""

import shlex
from pathlib import Path

import click

from e2evote.errors import CheckError
from e2evote.group.parameters import STANDARD_NAME
from e2evote.terminal.screen import say
from guardian_cli.asking import FILE, PATH, folder, passphrase_file
from guardian_cli.status import situation
from guardian_cli.verbs.beginning import init, open_invitation
from guardian_cli.verbs.ceremony import confirm, keygen, receive, share
from guardian_cli.verbs.decrypting import decrypt, open_challenged
from guardian_cli.verbs.keeping import backup
from guardian_cli.verbs.looking import say_situation
from guardian_cli.workspace import CARD, Workspace

REHEARSAL = "rehearsal"
_CEREMONY = {"keygen": keygen, "share": share, "receive": receive, "confirm": confirm, "backup": backup}
_DECRYPTION = {"decrypt": decrypt, "open-challenged": open_challenged}


@click.command()
@folder
@click.option("--invitation", "source", type=FILE, metavar="FILE", help="To begin: the invitation to the rehearsal.")
@click.option("--record", type=PATH, metavar="RECORD", help="To decrypt: the record of the rehearsal.")
@click.option("--yes", is_flag=True, help="Answer yes to every question; else you are asked.")
@passphrase_file
def rehearse(root: Path, source: Path | None, record: Path | None, yes: bool, secret: Path | None) -> None:
    """Rehearse an election with the same guardians: ceremony, backup and decryption, on votes that nobody cast.

    It happens in FOLDER/rehearsal, which has an inbox and an outbox of its own. Each time, it runs the commands that
    can be run now and shows them: they are those of the election. Delete FOLDER/rehearsal afterwards.

    For example:

        guardian rehearse board-election --invitation rehearsal-invitation.json
    """
    workspace, place = Workspace(root), root / REHEARSAL
    if not (place / CARD).is_file():
        _begin(workspace, place, source, secret)
    done = None
    while (verb := _next(place)) and verb != done and (record or verb in _CEREMONY):
        say(f"\n$ guardian {verb} {shlex.quote(str(place))}", style="bold")
        _run(verb, place, record, yes, secret)
        done = verb
    if done is None:
        say_situation(Workspace(place))


def _begin(workspace: Workspace, place: Path, source: Path | None, secret: Path | None) -> None:
    if source is None:
        raise CheckError(
            f"{place}: no rehearsal has begun; '--invitation FILE' says what the administrator sent for it"
        )
    insecure = workspace.group.name if workspace.group.name != STANDARD_NAME else None
    _, invitation = open_invitation(source, insecure)
    if not invitation.rehearsal:
        raise CheckError(f"{source}: this invitation is not to a rehearsal; 'guardian init' answers it")
    if invitation.names != workspace.invitation.names:
        raise CheckError(f"{source}: the rehearsal is not among the guardians of this election")
    say(f"$ guardian init {shlex.quote(str(place))} --invitation {shlex.quote(str(source))}", style="bold")
    context = click.get_current_context()
    context.invoke(init, root=place, source=source, i=workspace.i, earlier=None, insecure=insecure, secret=secret)


def _next(place: Path) -> str | None:
    """Return the verb that comes next, None while others have to act."""
    command = situation(Workspace(place)).next.split()
    return command[1] if command and command[1] in _CEREMONY | _DECRYPTION else None


def _run(verb: str, place: Path, record: Path | None, yes: bool, secret: Path | None) -> None:
    invoke = click.get_current_context().invoke
    match verb:
        case "keygen":
            invoke(keygen, root=place, compared=yes, secret=secret)
        case "backup":
            invoke(backup, root=place, target=None, secret=secret, backup_secret=secret)
        case "decrypt" | "open-challenged":
            answers = {"accept_overrides": False, "yes": yes, "jobs": None}
            invoke(_DECRYPTION[verb], root=place, source=record, secret=secret, **answers)
        case _:
            invoke(_CEREMONY[verb], root=place, secret=secret)
