"""``guardian decrypt`` and ``guardian open-challenged``: the rounds of a decryption, each when it can be done."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import click

from e2evote.approval import ApprovedRecord, approve
from e2evote.decryption.statements import Statement
from e2evote.errors import CheckError
from e2evote.group.parameters import STANDARD_NAME
from e2evote.messages.decrypting import DecryptionPlan, Subject
from e2evote.record.layout import Record
from e2evote.terminal.screen import progress, row, say, screen, table
from guardian_cli import decrypting
from guardian_cli.asking import PATH, folder, passphrase_file, require
from guardian_cli.decryptions import Decryption
from guardian_cli.inbox import new_plans, take_in
from guardian_cli.keystore.vault import Vault
from guardian_cli.verbs.looking import say_situation
from guardian_cli.verbs.opening import opened_vault
from guardian_cli.workspace import Workspace


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        passphrase_file,
        click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes to verify in; by default one."),
        click.option("--yes", is_flag=True, help="You agree to what is shown; else you are asked."),
        click.option("--accept-overrides", is_flag=True,
                     help="Agree that rules are broken as the plan says; the record publishes it."),
        click.option("--record", "source", type=PATH, metavar="RECORD",
                     help="The election record, a directory or zip archive; needed in the first round."),
        folder,
    ):  # fmt: skip
        command = option(command)
    return command


@click.command()
@_options
def decrypt(
    root: Path, source: Path | None, accept_overrides: bool, yes: bool, jobs: int | None, secret: Path | None
) -> None:
    """Take part in decrypting the tallies, or the contest data that the manifest allows.

    The first time, it verifies the record itself, shows what would be decrypted, and asks. Call it again whenever
    'guardian status' says so: the rounds are commit, reveal and respond.

    For example:

        guardian decrypt board-election --record record.zip
    """
    _take_part(root, ("tallies", "contest data"), source, accept_overrides, yes, jobs or 1, secret)


@click.command("open-challenged")
@_options
def open_challenged(
    root: Path, source: Path | None, accept_overrides: bool, yes: bool, jobs: int | None, secret: Path | None
) -> None:
    """Take part in opening ballots that voters challenged, in the same rounds as 'guardian decrypt'.

    A ballot that was cast is never opened.

    For example:

        guardian open-challenged board-election --record record.zip
    """
    _take_part(root, ("challenged ballots",), source, accept_overrides, yes, jobs or 1, secret)


def _take_part(
    root: Path,
    subjects: tuple[Subject, ...],
    source: Path | None,
    accept_overrides: bool,
    yes: bool,
    jobs: int,
    secret: Path | None,
) -> None:
    workspace = Workspace(root)
    with opened_vault(workspace, secret) as vault:
        if vault.h_e is None:
            raise CheckError("the key ceremony is not over; 'guardian status' says what is missing")
        known = take_in(workspace)
        plans = [plan for plan in new_plans(workspace) if plan.subject in subjects]
        for plan in (plan for plan in plans if workspace.i in plan.available):
            approved = _approve(workspace, plan, source, jobs)
            _show(workspace, plan, approved, decrypting.check(workspace, vault, plan, approved))
            _consent(plan, accept_overrides, yes)
            decrypting.accept(workspace, vault, plan, approved)
            known = take_in(workspace)
        accepted = {one.plan: one for one in known if one.plan.subject in subjects}
        if not accepted:
            for plan in plans:
                decrypting.check_asked(workspace, plan)
            raise CheckError(f"no plan to decrypt {' or '.join(subjects)} has come; it belongs into the inbox")
        paths = [_answer(accepted[plan], vault) for plan in _newest(accepted)]
    for path in paths:
        say(f"To hand over to all guardians of this decryption: {path}")
    say_situation(workspace)


def _newest(plans: Iterable[DecryptionPlan]) -> list[DecryptionPlan]:
    """Return the last plan of each subject: a new one takes the place of those before it."""
    return list({plan.subject: plan for plan in plans}.values())


def _approve(workspace: Workspace, plan: DecryptionPlan, source: Path | None, jobs: int) -> ApprovedRecord:
    if source is None:
        raise CheckError(f"decryption {plan.attempt} is new here: '--record RECORD' says where the election record is")
    with progress("Verifying the record") as report:
        accepted = frozenset({workspace.group.name} - {STANDARD_NAME})
        return approve(Record.at(source), jobs, accepted, report, plan.overrides)


def _show(
    workspace: Workspace, plan: DecryptionPlan, approved: ApprovedRecord, statements: Sequence[Statement]
) -> None:
    say(f"The record is valid (boxes 1 to 9). Fingerprint: {approved.fingerprint.hex().upper()}")
    with_guardians = ", ".join(f"{i} ({workspace.invitation.names[i - 1]})" for i in plan.available)
    say(f"Decryption {plan.attempt}, with guardians {with_guardians}: {plan.subject}, {len(statements)} ciphertexts.")
    match plan.subject:
        case "tallies":
            _show_tallies(approved)
        case "challenged ballots":
            for code in plan.codes:
                say(f"    {code.hex().upper()}")
        case "contest data":
            for ruling in approved.data_rulings:
                say(f"    {ruling.contest_label}: {ruling.refusal or f'{ruling.ballots} cast ballots'}")


def _consent(plan: DecryptionPlan, accept_overrides: bool, yes: bool) -> None:
    """Go on only if the guardian agrees to what was shown.

    Raises:
        CheckError: it does not, or rules would be broken and it has not said that they may be.
    """
    if plan.overrides and not accept_overrides:
        told = "; ".join(f"{one.cell}, {one.contest}: {one.rule} ({one.reason})" for one in plan.overrides)
        raise CheckError(f"the plan breaks rules that protect voters: {told}. '--accept-overrides' agrees to that")
    require("Do you agree to decrypt this?", yes, "--yes")


def _show_tallies(approved: ApprovedRecord) -> None:
    shown = table("tally cell", "contest", "cast ballots", "decrypted", right=("cast ballots",))
    for ruling in approved.rulings:
        why = "; ".join(ruling.broken.values())
        overridden = "; ".join(f"against a rule: {reason}" for reason in ruling.overridden.values())
        verdict = (overridden or "yes") if ruling.allowed else f"no: {why}"
        added = f" (with {', '.join(ruling.merged.values())})" if ruling.merged else ""
        row(shown, ruling.cell_label + added, ruling.contest_label, ruling.ballots, verdict)
    screen().print(shown)


def _answer(decryption: Decryption, vault: Vault) -> Path:
    """Do every round that can be done now, and return the file of the last.

    Raises:
        CheckError: naming whose messages are missing for the next.
        MisconductError: somebody's message is wrong.
    """
    path = decrypting.commit(decryption, vault)
    for collected, step in (
        (decrypting.commitments_of, decrypting.reveal),
        (decrypting.reveals_of, decrypting.respond),
    ):
        if collected(decryption).only_waits:
            return path
        path = step(decryption, vault)
    if not decrypting.responses_of(decryption).only_waits:
        decrypting.verify_responses(decryption, vault)
        say("All responses hold; the administrator can publish the result.")
    return path
