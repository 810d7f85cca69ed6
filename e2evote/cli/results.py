"""``e2evote results``: who is elected, approved by officials, and announced."""

from datetime import UTC, datetime
from pathlib import Path

import click

from e2evote.cli.official import key_option, opened
from e2evote.cli.options import EXISTING_FILE, Command, directory
from e2evote.election.minutes import counted
from e2evote.election.officials import FOLDER, LARGEST, approval_file, approve, official_of, read_approvals
from e2evote.encoding import hex_of
from e2evote.errors import CheckError
from e2evote.files import write_new
from e2evote.record import layout
from e2evote.record.codec import dump, parse
from e2evote.record.outcome import Decision, Outcome
from e2evote.workspace.directory import Workspace


@click.group()
def results() -> None:
    """Show, approve and announce who is elected, by the manifest's rules."""


def decision_option(command: Command) -> Command:
    """Add --decision."""
    text = "JSON of what officials add: draws of lots, the number of those entitled (docs/formats/results.md)."
    return click.option("--decision", "decision_file", type=EXISTING_FILE, metavar="FILE", help=text)(command)


@results.command()
@directory
@decision_option
@click.option("--json", "as_json", is_flag=True, help="Print the canonical JSON, whose SHA-256 is approved.")
def show(directory: Path, decision_file: Path | None, as_json: bool) -> None:
    """Show the outcome of the election in DIR, approved or not. Nothing is verified.

    For example:

        e2evote results show club
    """
    workspace = Workspace(directory)
    outcome = counted(workspace.record, _decision(workspace, decision_file), workspace.accepted)
    if as_json:
        click.echo(dump(outcome).decode())
        return
    for line in _lines(outcome):
        click.echo(line)


@results.command("approve")
@directory
@key_option
@decision_option
def approve_results(directory: Path, key_file: Path, secret: Path | None, decision_file: Path | None) -> None:
    """Approve the outcome, as a supervising official, once the whole record is verified.

    Without --decision the draws of those who approved before are taken over; look at 'results show' first.

    For example:

        e2evote results approve club --key supervisor.key
    """
    workspace = Workspace(directory)
    workspace.require_valid("opened")
    decision = _decision(workspace, decision_file)
    outcome = counted(workspace.record, decision, workspace.accepted)
    key = opened(key_file, secret)
    manifest, folder = workspace.election.manifest, directory / FOLDER
    index, official = official_of(manifest, key)
    before = read_approvals(folder)
    if any(each.official == index for each in before):
        raise CheckError(f"{official.label} has approved already")
    _, fingerprint = workspace.record.sha256(layout.INDEX)
    approval = approve(manifest, key, fingerprint, outcome, decision, datetime.now(UTC))
    mine = (approval.decision, approval.outcome, approval.fingerprint)
    if any((each.decision, each.outcome, each.fingerprint) != mine for each in before):
        raise CheckError("another official approved another outcome or record; nothing was written")
    path = approval_file(folder, approval)
    write_new(path, dump(approval) + b"\n")
    click.echo(f"approved by {official.label}: outcome {hex_of(outcome.digest)}")
    click.echo(f"{len(before) + 1} of {manifest.approvals or 1} approvals; written: {path}")


@results.command()
@directory
@click.option("--lang", "language", type=click.Choice(["fa", "en"]), default="fa", show_default=True)
def text(directory: Path, language: str) -> None:
    """Print a short message that announces the approved results, for SMS.

    For example:

        e2evote results text club --lang fa
    """
    from e2evote.web.announcement import announcement

    workspace = Workspace(directory)
    approvals = read_approvals(directory / FOLDER)
    click.echo(announcement(workspace.record, approvals, language, workspace.accepted))


def _decision(workspace: Workspace, file: Path | None) -> Decision:
    if file is None:
        before = read_approvals(workspace.root / FOLDER)
        return before[0].decision if before else Decision()
    if file.stat().st_size > LARGEST:
        raise CheckError(f"{file}: too large for a decision")
    return parse(Decision, file.read_bytes(), file.name, canonical=False)


def _lines(outcome: Outcome) -> list[str]:
    lines = [f"{outcome.label}: {outcome.ballots} ballots counted"]
    if outcome.quorum is not None:
        reached = {None: "not known", True: "reached", False: "not reached"}[outcome.quorum.reached]
        lines.append(f"quorum: {reached} (counted {outcome.quorum.counted}, needed {outcome.quorum.needed})")
    for contest in outcome.contests:
        lines.append(f"\n{contest.label}: {contest.ballots} ballots")
        shown = ((f"  {each.place:>3}  {each.votes:>8}  {each.label}", each.result) for each in contest.candidates)
        lines += [line if result is None else f"{line}  {result}" for line, result in shown]
        lines += [f"  tie: {tie.options} with {tie.votes} votes, {tie.resolved}" for tie in contest.ties]
        lines += [f"  seats that nobody had enough votes for: {contest.vacant}"] if contest.vacant else []
    if outcome.undrawn:
        lines.append(f"\nlots are still to be drawn: {', '.join(outcome.undrawn)}")
    return [*lines, f"\noutcome {hex_of(outcome.digest)}"]
