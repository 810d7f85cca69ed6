"""``e2evote booth``: from an election with keys to a booth that voters can enter."""

from pathlib import Path

import click

from e2evote.cli.booth_demo import Demo, run
from e2evote.cli.options import ANY_PATH, directory, insecure_parameters
from e2evote.errors import CheckError
from e2evote.group.parameters import STANDARD_NAME
from e2evote.terminal.screen import note, say
from e2evote.web.booth.booth import Plan
from e2evote.web.booth.opening import board_of, init_booth, left_out, prepared_booth, publish_booth, untranslated
from e2evote.web.booth.settings import origin_of
from e2evote.workspace.directory import Workspace

_SHOWN = 10


@click.group()
def booth() -> None:
    """Prepare a voting booth: the page on which voters vote with their own devices."""


board_option = click.option("--board", type=ANY_PATH, metavar="BOARD", help="The board's folder; by default DIR/board.")


@booth.command()
@directory
@board_option
@click.option("--info", default="Web, 01", show_default=True, metavar="TEXT", help="What the device is called.")
@click.option("--url", default="", metavar="URL", help="Where voters find it, such as https://vote.example.org.")
@click.option("--time-zone", "zone", default="UTC", show_default=True, metavar="ZONE", help="Time zone of the pages.")
def init(directory: Path, board: Path | None, info: str, url: str, zone: str) -> None:
    """Bring the election in DIR onto its board, open a device for voters' pages, and write DIR/booth.json.

    The keys must be there. What else the page shows, such as whom to ask for help and which questions depend on others,
    is added to booth.json by hand (docs/formats/booth.md); 'e2evote booth check' then judges everything.

    For example:

        e2evote booth init club --url https://vote.example.org --time-zone Asia/Tehran
    """
    settings: dict[str, object] = {"url": origin_of(url), "zone": zone}
    with Workspace(directory).locked() as workspace:
        device = init_booth(workspace, board_of(directory, board), info, settings)
    say(f"device {device} is open for voters' pages; written: {directory / 'booth.json'}")
    say(f"next: {directory / 'signin.json'}, 'e2evote booth publish {directory}', 'e2evote roll import {directory} …'")


@booth.command()
@directory
@board_option
def publish(directory: Path, board: Path | None) -> None:
    """Publish the hashes of all files of the booth on the board, so that everybody can compare what they get.

    Run it before voting opens, and again when booth.json, signin.json or the program have changed: the booth is not
    served with other files than the board lists. While people vote, monitors raise an alarm for a new list.

    For example:

        e2evote booth publish club
    """
    with Workspace(directory).locked() as workspace:
        path = publish_booth(workspace, board_of(directory, board))
    say("the board has this list already" if path is None else f"published as {path}")


@booth.command()
@directory
@board_option
def check(directory: Path, board: Path | None) -> None:
    """Check all that a booth needs: booth.json, signin.json, the roll, the board, the device, names in all languages.

    For example:

        e2evote booth check club
    """
    workspace = Workspace(directory)
    found = prepared_booth(workspace, board_of(directory, board), Plan(directory))
    if found.closed:
        raise CheckError(f"device {found.settings.device} is closed; it takes no more ballots")
    missing = list(untranslated(workspace.election.manifest))
    for problem in missing[:_SHOWN]:
        note(f"{problem}; voters read another one there")
    if len(missing) > _SHOWN:
        note(f"and {len(missing) - _SHOWN} more have no name in a language")
    if lacking := left_out(directory, found.signin):
        raise CheckError(f"{lacking} members lack a field to sign in with, or a place where a code can be sent")
    say(f"device {found.settings.device} of {workspace.election.manifest.label!r} is ready for voters' pages")
    say(f"voting opens {found.signin.opens} and closes {found.signin.closes}; 'e2evote serve {directory}' serves it")


@booth.command()
@click.option("--out", type=ANY_PATH, metavar="DIR", help="Directory to make; by default build/booth-<date>-<time>.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, metavar="PORT",
              help="Port to listen on; 0 takes a free one.")  # fmt: skip
@click.option("--hours", type=click.IntRange(1, 168), default=24, show_default=True, metavar="N",
              help="How long voting is open.")  # fmt: skip
@insecure_parameters
def demo(out: Path | None, port: int, hours: int, insecure: str | None) -> None:
    """Begin an election with twenty invented members, and serve its booth on this machine until Ctrl-C.

    Codes appear on a page, since nothing is sent. Afterwards it says how to count.

    For example:

        e2evote booth demo --port 8080
    """
    run(Demo(out, hours, insecure or STANDARD_NAME), port)
