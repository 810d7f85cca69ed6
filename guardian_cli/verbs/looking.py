"""``guardian status`` and ``guardian complain``: where things stand, and who is missing."""

import json
from pathlib import Path

import click

from e2evote.errors import CheckError
from e2evote.messages.complaints import Absence, Complaint
from e2evote.terminal.screen import say
from guardian_cli.asking import folder, passphrase_file
from guardian_cli.complaining import complain as write_complaints
from guardian_cli.complaining import told
from guardian_cli.decryptions import decryptions
from guardian_cli.status import FOLDER, situation
from guardian_cli.verbs.opening import opened_vault
from guardian_cli.workspace import Workspace


@click.command()
@folder
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
def status(root: Path, as_json: bool) -> None:
    """Say what is done, what is missing from whom, and the next command.

    It needs no passphrase and changes nothing.

    For example:

        guardian status board-election
    """
    workspace = Workspace(root)
    found = situation(workspace)
    if as_json:
        texts = {"guardian": workspace.i, "name": workspace.name, "election": workspace.manifest.label}
        fields = {
            "done": found.done,
            "missing": found.missing,
            "next": found.next.replace(FOLDER, ""),
            "hint": found.hint,
        }
        click.echo(json.dumps(texts | fields | {"complaints": found.complaints}, ensure_ascii=False))
        return
    say(f"Guardian {workspace.i}, {workspace.name}, in election {workspace.manifest.label!r}")
    for line in found.complaints:
        say(line)
    say_situation(workspace)


def say_situation(workspace: Workspace) -> None:
    """Say what comes next, at the end of a command."""
    if workspace.invitation.rehearsal:
        say("REHEARSAL: nothing in it counts.", style="bold")
    say(situation(Workspace(workspace.root)).sentence(workspace.root))


@click.command()
@folder
@passphrase_file
def complain(root: Path, secret: Path | None) -> None:
    """Write down, signed, which guardians' messages are missing now.

    Absence cannot be proved, only stated. What is wrong in messages, the other commands complain about themselves.

    For example:

        guardian complain board-election
    """
    workspace = Workspace(root)
    found = situation(workspace)
    waiting = found.waiting
    if waiting is None:
        raise CheckError("no message of another guardian is missing now; there is nothing to complain about")
    if not workspace.compared:
        raise CheckError(
            "before the signing keys are compared nobody can complain; tell the administrator who is missing"
        )
    with opened_vault(workspace, secret) as vault:
        under_way = {one.exchange.context: (one.exchange, one.transcript) for one in decryptions(workspace)}
        exchange, transcript = under_way.get(found.context, (workspace.exchange, workspace.transcript))
        absent = [
            Complaint(accused=i, equation="nothing came",
                      grounds=Absence(kind="absence", round=waiting.round, recipient=recipient))
            for i, recipient in waiting.missing
        ]  # fmt: skip
        path = write_complaints(workspace, vault, exchange, transcript, absent)
    for complaint in absent:
        say(told(workspace, complaint))
    say(f"To hand over: {path}")
