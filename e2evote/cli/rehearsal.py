"""``e2evote ceremony rehearse``: the administrator's part of a rehearsal, each time what can be done now."""

import shlex
from pathlib import Path

import click

from e2evote.cli import main
from e2evote.cli.ceremony_view import look
from e2evote.cli.decryption_view import look as look_at_decryption
from e2evote.cli.decryption_view import state
from e2evote.cli.options import EXISTING, directory, write_new
from e2evote.examples import manifest_bytes
from e2evote.examples.generator import plaintext_ballots
from e2evote.group.parameters import STANDARD_NAME
from e2evote.record.codec import dump
from e2evote.terminal.screen import say
from e2evote.workspace.ceremonies import INVITATION, ROUNDS, CeremonyFolder
from e2evote.workspace.decryptions import planned
from e2evote.workspace.directory import CEREMONY, Workspace

REHEARSAL, EXAMPLE = "rehearsal", "rehearsal"
BALLOTS = 24


@click.command()
@directory
@click.argument("files", metavar="[FILE]...", type=EXISTING, nargs=-1)
@click.option("--guardian", "guardians", type=click.IntRange(min=1), multiple=True, metavar="I",
              help="A guardian who takes part in the decryption; by default everybody.")  # fmt: skip
def rehearse(directory: Path, files: tuple[Path, ...], guardians: tuple[int, ...]) -> None:
    """Rehearse with the same guardians, in DIR/rehearsal: ceremony, invented votes, decryption.

    Each time, it takes the FILEs that guardians sent, runs the commands that can be run now, and shows them: they are
    those of the election. Guardians use 'guardian rehearse'. Delete DIR/rehearsal afterwards.

    For example:

        e2evote ceremony rehearse club

        e2evote ceremony rehearse club stick/rehearsal/outbox
    """
    place = directory / REHEARSAL
    if not place.exists():
        _invite(CeremonyFolder(directory), place)
    elif not (place / "record").exists():
        _run("ceremony", "collect", place, *(files or (place / CEREMONY / "outbox",)))
        if look(CeremonyFolder(place)).complete(len(ROUNDS)):
            _run("ceremony", "publish", place)
            _vote(place)
            _plan(place, guardians)
    else:
        _run("decryption", "collect", place, *(files or (place / "decryption" / "outbox",)))
        _publish(place)


def _invite(ceremony: CeremonyFolder, place: Path) -> None:
    """Invite the guardians of the election to a ceremony of the same kind."""
    invitation, manifest = ceremony.invitation, ceremony.root / CEREMONY / "rehearsal-manifest.json"
    write_new(manifest, manifest_bytes(EXAMPLE), overwrite=True)
    about = (
        "--quorum",
        invitation.parameters.k,
        "--manifest",
        manifest,
        "--rehearsal",
        *_insecure(ceremony.group.name),
    )
    names = [part for name in invitation.names for part in ("--guardian", name)]
    _run("ceremony", "invite", place, *about, *names)
    say(
        f"Guardians answer it with 'guardian rehearse FOLDER --invitation 0-{INVITATION}'; then the same command again."
    )


def _vote(place: Path) -> None:
    """Encrypt, cast and add up invented votes; repeated after an interruption, it goes on."""
    workspace, votes = Workspace(place), place / "votes.ndjson"
    invented = plaintext_ballots(workspace.election.manifest, BALLOTS, seed=1)
    write_new(votes, b"".join(dump(ballot) + b"\n" for ballot in invented), overwrite=True)
    _run("device", "open", place, "--info", "Rehearsal")
    _run("ballot", "encrypt", place, "--device", 1, "--input", votes, "--output", place / "codes.txt", "--force")
    _run("ballot", "cast", place, "--rest")
    _run("device", "close", place, 1)
    _run("tally", "accumulate", place)


def _plan(place: Path, guardians: tuple[int, ...]) -> None:
    everybody = guardians or range(1, Workspace(place).election.n + 1)
    _run("decryption", "plan", place, *(part for i in everybody for part in ("--guardian", i)))
    _run("record", "pack", place / "record", place / "record.zip", "--force")
    say(f"Give {place / 'record.zip'} to the guardians too: 'guardian rehearse FOLDER --record record.zip'.")


def _publish(place: Path) -> None:
    """Publish the result as soon as it can be, and verify it."""
    workspace, ceremony = Workspace(place), CeremonyFolder(place)
    if any(state(one, look_at_decryption(one)) == "ready" for one in planned(workspace, ceremony.exchange)):
        _run("decryption", "publish", place)
        _run("verify", place / "record", *_insecure(ceremony.group.name))
        say("The rehearsal is over.", style="bold")


def _insecure(parameters: str) -> tuple[str, ...]:
    return () if parameters == STANDARD_NAME else ("--insecure-parameters", parameters)


def _run(*arguments: object) -> None:
    """Show a command and run it; where it fails, the rehearsal ends."""
    texts = [str(argument) for argument in arguments]
    say(f"\n$ e2evote {shlex.join(texts)}", style="bold")
    code = main.main(texts, prog_name="e2evote", standalone_mode=False)
    if code:
        click.get_current_context().exit(code)
