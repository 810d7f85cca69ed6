"""``e2evote board``: making a board, bringing an election onto it, ending it."""

from pathlib import Path

import click

from e2evote.board.log import Board
from e2evote.cli.board_views import manifest_field
from e2evote.cli.boards import (
    board_folder,
    opened_source,
    policy_file,
    read_trusted,
)
from e2evote.cli.options import EXISTING_FILE, accepted, directory, insecure_parameters, jobs, record_path
from e2evote.election.acceptance import Acceptance
from e2evote.election.export import bring
from e2evote.election.publishing import Publisher, close_open_device, open_new_device
from e2evote.election.publishing import spoil_rest as spoil
from e2evote.record.ballot import NO_CHAINING, SIMPLE_CHAINING
from e2evote.record.layout import Record
from e2evote.terminal.screen import note, progress
from e2evote.workspace.boards import now, sign_checkpoint
from e2evote.workspace.directory import Workspace
from e2evote.workspace.hands import side_by_side


@click.command()
@board_folder
@click.option(
    "--origin", required=True, metavar="NAME", help="What the board is called, best a URL without 'https://'."
)
@click.option("--witnesses", type=EXISTING_FILE, metavar="FILE", help="Witnesses, groups and the quorum, as lines of a "
              "tlog-policy; without it nobody witnesses.")  # fmt: skip
@click.option("--merge-delay", type=click.IntRange(min=1), default=60, show_default=True, metavar="SECONDS",
              help="After how long an accepted entry is in a published checkpoint; receipts promise it.")  # fmt: skip
@click.option("--database", metavar="URL", help="An empty PostgreSQL database; without it, a file in the folder.")
def create(folder: Path, origin: str, witnesses: Path | None, merge_delay: int, database: str | None) -> None:
    """Make a board: its key, its policy, its database.

    What is printed belongs into the election's manifest, before the key ceremony: it says whose board this is, and
    which witnesses have to cosign. BOARD/private holds the signing key; whoever has it can sign a false board.

    For example:

        e2evote board create board --origin club.example/2026 --witnesses witnesses.txt
    """
    lines = witnesses.read_text("utf-8") if witnesses is not None else "quorum none\n"
    with Board.create(folder, origin, lines, merge_delay, database) as made:
        click.echo(manifest_field(made.policy))
        if made.policy.quorum is None:
            note("nobody witnesses this board: it can show different people different things unnoticed")


@click.command()
@board_folder
@record_path
@jobs
@insecure_parameters
def publish(folder: Path, record_path: Path, jobs: int, insecure: str | None) -> None:
    """Bring whatever of RECORD is not on the board yet onto it, in the order that is allowed.

    Run it again whenever the record has grown: after the key ceremony, while devices encrypt, when they close, after
    the tally. What is on the board never changes; a record that differs from it is refused. Ballots are verified
    before they are taken in.

    For example:

        e2evote board publish board club/record
    """
    with Board.open(folder) as kept:
        acceptance = Acceptance.of(kept, accepted(insecure))
        publisher = Publisher(kept, acceptance, Record.at(record_path), now)
        with side_by_side(jobs) as hands, progress("Publishing ballots") as report:
            new = publisher.publish(hands, report)
        sign_checkpoint(kept)
    click.echo(", ".join(f"{count} {kind}" for kind, count in new.items()) or "nothing is new")


@click.command()
@board_folder
@directory
@policy_file
def fetch(folder: Path, directory: Path, policy_path: Path | None) -> None:
    """Bring into the election's directory DIR what the board has and its record lacks.

    That are the ballots of closed devices that sent them to the board, and the board's newest published checkpoint with
    all entries: without these, the record is not valid from the ballots on. Run it when all devices are closed, after
    the tally, and at the end, each time after 'board publish'.

    For example:

        e2evote board fetch board club
    """
    with Workspace(directory).locked() as workspace, opened_source(str(folder), read_trusted(policy_path)) as source:
        data, checkpoint = source.note(), source.witnessed().checkpoint
        new = bring(source.tree(checkpoint), data, checkpoint.size, workspace.writer)
    click.echo(f"{len(new)} files are new; the record has {checkpoint.size} entries of the board")


@click.command("open-device")
@board_folder
@click.option("--info", required=True, metavar="TEXT", help="What the device is called; hashed into every code.")
@click.option("--chaining", is_flag=True, help="Chain its ballots; each must then be made behind the one before.")
@insecure_parameters
def open_device(folder: Path, info: str, chaining: bool, insecure: str | None) -> None:
    """Open a device whose ballots are sent to the board, and print its number.

    For voters' own pages. A device with a directory of its own is opened by 'e2evote device open' instead.

    For example:

        e2evote board open-device board --info "Web, 01"
    """
    with Board.open(folder) as kept:
        mode = SIMPLE_CHAINING if chaining else NO_CHAINING
        number = open_new_device(kept, Acceptance.of(kept, accepted(insecure)), info, mode, now)
        sign_checkpoint(kept)
    click.echo(number)


@click.command("close-device")
@board_folder
@click.argument("number", metavar="N", type=click.IntRange(min=1))
@insecure_parameters
def close_device(folder: Path, number: int, insecure: str | None) -> None:
    """Close device N over the ballots that the board has of it; it takes no more.

    For example:

        e2evote board close-device board 3
    """
    with Board.open(folder) as kept:
        closing = close_open_device(kept, Acceptance.of(kept, accepted(insecure)), number, now)
        sign_checkpoint(kept)
    click.echo(f"device {number} is closed: {closing.ballots} ballots")


@click.command("spoil-rest")
@board_folder
@click.argument("number", metavar="N", type=click.IntRange(min=1))
@insecure_parameters
def spoil_rest(folder: Path, number: int, insecure: str | None) -> None:
    """Spoil all ballots of device N that were neither cast nor challenged, when voting is over.

    For a device whose ballots were sent to the board: their voters left without a decision. A spoiled ballot is neither
    counted nor opened, and needs no secret. Ballots of a device with a directory of its own are decided there.

    For example:

        e2evote board spoil-rest board 3
    """
    with Board.open(folder) as kept:
        spoiled = spoil(kept, Acceptance.of(kept, accepted(insecure)), number, now)
        sign_checkpoint(kept)
    click.echo(f"{spoiled} ballots spoiled")


@click.command()
@board_folder
def end(folder: Path) -> None:
    """End the election on its board: nothing can be added any more.

    Results must be there, and every challenged or uncast ballot opened. The checkpoint that is signed then is the final
    one: whoever holds a receipt for something that it lacks can prove that the board broke its promise.

    For example:

        e2evote board end board
    """
    with Board.open(folder) as kept:
        with kept.writing() as writing:
            found = Acceptance.of(kept).end(writing, now())
        sign_checkpoint(kept)
    click.echo(f"the election ended with {found.index + 1} entries")
