"""``e2evote decryption``: a decryption by guardians on their own machines, for whoever administers the election."""

import json
from pathlib import Path
from typing import get_args

import click

from e2evote.approval import approve
from e2evote.cli.decryption_view import look, next_step, show, show_asked, show_published, state, status_json
from e2evote.cli.options import EXISTING, directory, jobs
from e2evote.cli.rounds_view import show_written
from e2evote.cli.verify import INVALID
from e2evote.errors import CheckError
from e2evote.messages.decrypting import Subject
from e2evote.record.exceptions import Override, Rule
from e2evote.terminal.screen import progress, say
from e2evote.workspace import finishing
from e2evote.workspace.ceremonies import CeremonyFolder
from e2evote.workspace.decryptions import PlannedDecryption, make_plan, planned, take_messages, update_outbox
from e2evote.workspace.directory import Workspace
from e2evote.workspace.publishing import check_added_up, not_opened

SUBJECTS: dict[str, Subject] = {
    "tallies": "tallies",
    "challenged": "challenged ballots",
    "contest-data": "contest data",
}


@click.group()
def decryption() -> None:
    """Decrypt with guardians on their own machines.

    You plan, carry, check and publish; the guardians verify the record themselves, and you learn no secret.
    """


@decryption.command()
@directory
@click.option("--guardian", "guardians", type=click.IntRange(min=1), multiple=True, required=True, metavar="I",
              help="A guardian who takes part; give a quorum of them.")  # fmt: skip
@click.option("--subject", type=click.Choice(list(SUBJECTS)), default="tallies", show_default=True,
              help="The sums; challenged ballots that no device could open; write-ins and overvotes.")  # fmt: skip
@click.option("--override", "overrides", type=(str, str, click.Choice(get_args(Rule)), str), multiple=True,
              metavar="CELL CONTEST RULE REASON", help="Decrypt a contest of a tally cell although it breaks the rule "
              "'minimum' (too few cast ballots) or 'weight' (too few of one weight); the record tells it.")  # fmt: skip
@jobs
def plan(
    directory: Path,
    guardians: tuple[int, ...],
    subject: str,
    overrides: tuple[tuple[str, str, Rule, str], ...],
    jobs: int,
) -> None:
    """Verify the record and ask guardians to decrypt what it allows.

    The plan pins the ballots and the guardians who take part. If one of them cannot go on, make another plan.

    For example:

        e2evote decryption plan club --guardian 1 --guardian 3
    """
    asked = SUBJECTS[subject]
    if overrides and asked != "tallies":
        raise click.UsageError("--override is about tallies.")
    with Workspace(directory).locked() as workspace:
        ceremony, election = CeremonyFolder(directory), workspace.election
        if not election.k <= len(guardians) == len(set(guardians)) or max(guardians) > election.n:
            raise CheckError(f"--guardian: at least {election.k} different guardians of 1 to {election.n} are needed")
        check_added_up(workspace)
        codes = not_opened(workspace) if asked == "challenged ballots" else []
        if asked == "challenged ballots" and not codes:
            raise CheckError("there is nothing to decrypt: no challenged ballot is left that its device has not opened")
        if asked != "challenged ballots" and finishing.is_published(workspace, asked, ()):
            raise CheckError(f"the record has the {asked} already; nothing was overwritten")
        with progress("Verifying") as report:
            exceptions = [Override(*override) for override in overrides]
            approved = approve(workspace.record, jobs, workspace.accepted, report, exceptions)
        show_asked(asked, approved, codes)
        made = make_plan(workspace, ceremony.exchange, approved, asked, codes, exceptions, guardians)
        update_outbox(workspace, planned(workspace, ceremony.exchange))
    say(f"Decryption {made.number} is planned. {next_step(made, look(made))}")


@decryption.command()
@directory
@click.argument("files", metavar="FILE...", type=EXISTING, nargs=-1, required=True)
@click.pass_context
def collect(ctx: click.Context, directory: Path, files: tuple[Path, ...]) -> None:
    """Take what guardians sent, and say what is missing.

    FILE is a file or a directory, such as a USB stick. Everything is checked first: if a file belongs to none of the
    plans, or is not signed by whom it says, nothing is kept. What has to go to the guardians is put into
    DIR/decryption/outbox.

    Exit code: 0, or 1 if a guardian's message is wrong or a guardian complains.

    For example:

        e2evote decryption collect club stick/outbox
    """
    with Workspace(directory).locked() as workspace:
        ceremony = CeremonyFolder(directory)
        every = planned(workspace, ceremony.exchange)
        concerned, new = take_messages(ceremony, every, files)
        say(f"{new} new messages")
        shown = [(one, look(one)) for one in every if one.number in concerned]
        written = update_outbox(workspace, every, shown)
    for one, standing in shown:
        show(one, standing)
    show_written(written)
    for one, standing in shown:
        say(next_step(one, standing))
    if any(standing.ended for _, standing in shown):
        ctx.exit(INVALID)


@decryption.command()
@directory
@click.option("--json", "as_json", is_flag=True, help="An array of plans.")
@click.pass_context
def status(ctx: click.Context, directory: Path, as_json: bool) -> None:
    """Say of every plan who has sent what, what is missing, and what comes next.

    Exit code: 0, or 1 if in the newest plan a guardian's message is wrong or a guardian complains.

    For example:

        e2evote decryption status club
    """
    workspace, ceremony = Workspace(directory), CeremonyFolder(directory)
    found = [(one, look(one)) for one in planned(workspace, ceremony.exchange)]
    if as_json:
        told = [status_json(one, standing) for one, standing in found]
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        for one, standing in found:
            show(one, standing)
            say(next_step(one, standing))
        if not found:
            say(f"Nothing has been planned yet: 'e2evote decryption plan {directory} --guardian …' begins.")
    if found and found[-1][1].ended:
        ctx.exit(INVALID)


@decryption.command()
@directory
@click.argument("number", metavar="[N]", type=click.IntRange(min=1), required=False)
@jobs
@click.pass_context
def publish(ctx: click.Context, directory: Path, number: int | None, jobs: int) -> None:
    """Put together what the guardians decrypted, verify it, and publish it in the record.

    N is the number of the plan; it can be left out if only one is ready.

    Exit code: 0, or 1 if a guardian's message is wrong.

    For example:

        e2evote decryption publish club
    """
    with Workspace(directory).locked() as workspace:
        every = planned(workspace, CeremonyFolder(directory).exchange)
        one = _chosen(every, number)
        standing = look(one)
        if standing.ended:
            show(one, standing)
            say(next_step(one, standing))
            ctx.exit(INVALID)
        finishing.publish(one, jobs)
        show_published(one)


def _chosen(every: list[PlannedDecryption], number: int | None) -> PlannedDecryption:
    """Return the plan of this number, or the one that is ready.

    Raises:
        CheckError: there is none, or there are several.
    """
    if number is not None:
        found = [one for one in every if one.number == number]
        if not found:
            raise CheckError(f"there is no decryption {number}")
        return found[0]
    ready = [one for one in every if state(one, look(one)) == "ready"]
    if len(ready) != 1:
        numbers = ", ".join(str(one.number) for one in ready)
        raise CheckError(
            f"decryptions {numbers} are ready; say which" if ready else "no decryption is ready to be published"
        )
    return ready[0]
