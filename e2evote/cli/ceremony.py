"""``e2evote ceremony``: a key ceremony of guardians on their own machines, for whoever administers the election."""

import json
from pathlib import Path

import click

from e2evote.cli.adjudicating import adjudicate_file
from e2evote.cli.ceremony_view import (
    fingerprints,
    look,
    next_step,
    show,
    show_checks,
    show_record_fingerprint,
    status_json,
)
from e2evote.cli.options import (
    ANY_PATH,
    EXISTING,
    EXISTING_FILE,
    accepted,
    directory,
    insecure_parameters,
    jobs,
    read_manifest,
)
from e2evote.cli.rehearsal import rehearse
from e2evote.cli.rounds_view import show_fingerprint, show_written
from e2evote.cli.verify import INVALID
from e2evote.errors import CheckError
from e2evote.group.parameters import STANDARD_NAME, group_named
from e2evote.messages.fingerprint import fingerprint
from e2evote.messages.invitation import Invitation
from e2evote.messages.key_check import KEY_CHECK
from e2evote.terminal.program import printable
from e2evote.terminal.screen import progress, say
from e2evote.workspace import ceremonies
from e2evote.workspace.ceremonies import CeremonyFolder, take_messages, update_outbox
from e2evote.workspace.directory import Workspace

INDEX = click.IntRange(1, 2**31 - 1)


@click.group()
def ceremony() -> None:
    """Hold a key ceremony with guardians on their own machines.

    You carry, check and publish what guardians sign, and learn no secret.
    """


@ceremony.command()
@directory
@click.option("--manifest", required=True, type=EXISTING_FILE, metavar="FILE", help="The manifest; kept byte by byte.")
@click.option("--guardian", "names", required=True, multiple=True, metavar="NAME",
              help="A guardian's name, once for each; the first is guardian 1.")  # fmt: skip
@click.option(
    "--quorum", required=True, type=click.IntRange(1, 1000), metavar="K", help="How many of them can decrypt."
)
@click.option("--attempt", type=INDEX, default=1, metavar="N", help="The next number, if a ceremony has failed before.")
@click.option("--rehearsal", is_flag=True, help="Say in everything that is signed that it is a rehearsal.")
@insecure_parameters
def invite(
    directory: Path,
    manifest: Path,
    names: tuple[str, ...],
    quorum: int,
    attempt: int,
    rehearsal: bool,
    insecure: str | None,
) -> None:
    """Invite guardians to a key ceremony, and make the election's directory DIR.

    For example:

        e2evote ceremony invite club --manifest m.json --guardian Nasrin --guardian Bahram --guardian Golnaz --quorum 2
    """
    for name in names:
        if not 1 <= len(name) <= 200 or name != name.strip() or name != printable(name).replace("\n", ""):
            raise CheckError(f"--guardian {name!r}: expected a name of 1 to 200 characters without blanks around it")
    group = group_named(insecure or STANDARD_NAME)
    invitation = Invitation.of(group, quorum, names, read_manifest(manifest), attempt, rehearsal)
    made = ceremonies.invite(directory, invitation)
    show_fingerprint("Fingerprint of the invitation", fingerprint("invitation", invitation.hash(group)))
    say(f"Give {made.outbox / '0-invitation.json'} to every guardian, and read them the fingerprint.")
    say(f"Each answers with a file: 'e2evote ceremony collect {directory} FILE …'.")


@ceremony.command()
@directory
@click.argument("files", metavar="FILE...", type=EXISTING, nargs=-1, required=True)
@click.pass_context
def collect(ctx: click.Context, directory: Path, files: tuple[Path, ...]) -> None:
    """Take what guardians sent, and say what is missing.

    FILE is a file or a directory, such as a USB stick. Everything is checked first: if a file is none of this ceremony,
    or not signed by whom it says, nothing is kept. What has to go to every guardian is put into DIR/ceremony/outbox.

    Exit code: 0, or 1 if a guardian's message is wrong or a guardian complains.

    For example:

        e2evote ceremony collect club stick/outbox
    """
    with CeremonyFolder(directory).locked() as found:
        new = take_messages(found, files)
        say(f"{new} new messages")
        standing = look(found)
        written = update_outbox(found, standing)
        show(found, standing)
        show_written(written)
    say(next_step(found, standing))
    if standing.ended:
        ctx.exit(INVALID)


@ceremony.command()
@directory
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def status(ctx: click.Context, directory: Path, as_json: bool) -> None:
    """Say who has sent what, what is missing, and what comes next.

    Exit code: 0, or 1 if a guardian's message is wrong or a guardian complains.

    For example:

        e2evote ceremony status club
    """
    found = CeremonyFolder(directory)
    standing = look(found)
    if as_json:
        click.echo(json.dumps(status_json(found, standing), ensure_ascii=False, indent=2))
    else:
        show(found, standing)
        for what, value in fingerprints(found, standing).items():
            show_fingerprint(what, value)
        if found.published:
            show_checks(found)
        say(next_step(found, standing))
    if standing.ended:
        ctx.exit(INVALID)


@ceremony.command()
@directory
def publish(directory: Path) -> None:
    """Begin the election's record with the keys that all guardians have confirmed.

    Everything is verified again. Then 'e2evote device open', 'ballot' and 'tally accumulate' work on DIR; the secrets
    stay with the guardians, who decrypt by 'e2evote decryption'.

    For example:

        e2evote ceremony publish club
    """
    with CeremonyFolder(directory).locked() as found, progress("Verifying messages") as report:
        workspace = ceremonies.publish(found, report)
    election = workspace.election
    say(f"Election {election.manifest.label!r}: {election.n} guardians, any {election.k} of them can decrypt.")
    say(f"record: {workspace.published}")
    show_record_fingerprint(found)


@ceremony.command("check-keys")
@directory
@click.argument("files", metavar="[FILE]...", type=EXISTING, nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def check_keys(ctx: click.Context, directory: Path, files: tuple[Path, ...], as_json: bool) -> None:
    """Verify that guardians still have their secrets, and say who has shown it when.

    FILE is what a guardian wrote with 'guardian check-key', or a directory. No ciphertext is touched.

    Exit code: 0, or 1 if fewer guardians than the quorum have shown it.

    For example:

        e2evote ceremony check-keys club stick/outbox
    """
    Workspace(directory)  # the ceremony has to be over
    with CeremonyFolder(directory).locked() as found:
        if files:
            take_messages(found, files, [KEY_CHECK.name])
        enough = show_checks(found, as_json)
    if not enough:
        ctx.exit(INVALID)


@ceremony.command()
@click.argument("complaints", metavar="COMPLAINT", type=EXISTING_FILE)
@click.option("--ceremony", "folder", required=True, type=ANY_PATH, metavar="DIR",
              help="The election's directory, or a copy of its ceremony/ or of ceremony/outbox/.")  # fmt: skip
@click.option("--plan", type=EXISTING_FILE, metavar="FILE", help="The plan, of a decryption that is not in DIR.")
@click.option("--record", type=ANY_PATH, metavar="RECORD", help="With --plan: the record that was to be decrypted.")
@click.option("--json", "as_json", is_flag=True, help="An array of verdicts.")
@insecure_parameters
@jobs
def adjudicate(
    complaints: Path,
    folder: Path,
    plan: Path | None,
    record: Path | None,
    as_json: bool,
    insecure: str | None,
    jobs: int,
) -> None:
    """Judge signed complaints: who was wrong, and why.

    Anybody can do this and comes to the same verdict; no secret is needed. COMPLAINT is a file with one complaint a
    line.

    For example:

        e2evote ceremony adjudicate complaints.ndjson --ceremony club
    """
    if (plan is None) != (record is None):
        raise click.UsageError("--plan and --record are given together.")
    asked = None if plan is None or record is None else (plan, record)
    adjudicate_file(complaints, folder, asked, accepted(insecure), jobs, as_json)


ceremony.add_command(rehearse)
