"""``e2evote booth demo``: an election online with invented members, ready to be tried, by the steps of an organiser."""

import csv
import io
import json
import shlex
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from e2evote.board.log import Board
from e2evote.cli.demo import program
from e2evote.cli.serve import Listening, serve_election
from e2evote.election.people.database import People
from e2evote.election.roll.importing import import_roll
from e2evote.election.roll.reading import read_roll
from e2evote.election.signin.settings import FILE as SIGNIN
from e2evote.election.times import shown_time
from e2evote.encoding import canonical_json
from e2evote.errors import CheckError
from e2evote.examples import manifest_bytes, members_csv
from e2evote.files import write_atomically
from e2evote.group.parameters import STANDARD_NAME
from e2evote.record.manifest import parse_manifest
from e2evote.terminal.screen import say
from e2evote.web.booth.opening import BOARD, init_booth, publish_booth
from e2evote.workspace.directory import Workspace, create

EXAMPLE, ORIGIN = "online", "booth.example/2026"
GUARDIANS, QUORUM = 3, 2
MEMBERS = "members.csv"
_SHOWN = 3

BOOTH: dict[str, Any] = {
    "zone": "Asia/Tehran",
    "kept_order": [4, 5],
    "conditions": [{"contest": 5, "depends_on": 4, "options": [1]}],
    "support": {
        "text": {
            "en": "This is a demonstration; nobody answers here.",
            "fa": "این یک نمونه است؛ اینجا کسی پاسخ نمی‌دهد.",
        },
        "phone": "+98 28 0000 0000",
    },
    "inspectors": {
        "en": "Tell the inspectors of the assembly, and show them the evidence.",
        "fa": "به بازرسان مجمع بگویید و شواهد را به آنان نشان دهید.",
    },
}
"""Fields of ``booth.json`` for the example's contests."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What is asked of the demonstration; ``out`` is named by the time unless it is given."""

    out: Path | None = None
    hours: int = 24
    parameters: str = STANDARD_NAME

    @property
    def place(self) -> Path:
        """The directory to make."""
        return self.out or Path("build", f"booth-{datetime.now().astimezone():%Y%m%d-%H%M%S}")


def run(demo: Demo, port: int) -> None:
    """Make the election, serve it, and say at the end how to count.

    Raises:
        E2EVoteError: a step failed.
    """
    place = demo.place
    say("An election is made: board, keys of three guardians, a device, a roll …", "dim")
    workspace = make(place, demo.parameters, signin_settings(demo.hours))
    say(f"It is in {place}. Its guardians' keys are there too, so it is for trying things only.\n")
    say("Vote at /vote on the address below; the codes that would be sent are at /outbox, the board is at /board.")
    say("Some members who may vote (all of them are in members.csv there):")
    for row in list(csv.DictReader(io.StringIO(members_csv().decode())))[:_SHOWN]:
        say(f"  licence number {row['member_number']}   national ID {row['national_id']}")
    serve_election(place, place / BOARD, Listening("127.0.0.1", port))
    show_counting(workspace)


def signin_settings(hours: float = 24, begun: float = 1) -> dict[str, Any]:
    """Return ``signin.json`` of an election that has been open for some hours and will be for some."""
    now = datetime.now(UTC)
    return {
        "fields": ["member_number", "national_id"],
        "opens": shown_time(now - timedelta(hours=begun)),
        "closes": shown_time(now + timedelta(hours=hours)),
        "channels": {"mobile": {"kind": "outbox"}, "email": {"kind": "outbox"}},
    }


def make(
    place: Path,
    parameters: str,
    signin: dict[str, Any],
    booth: dict[str, Any] = BOOTH,
    manifest: bytes | None = None,
    members: bytes | None = None,
) -> Workspace:
    """Make an election's directory whose booth can be opened.

    Args:
        place: the directory to make.
        parameters: name of the parameter set.
        signin: the content of ``signin.json``.
        booth: fields of ``booth.json`` besides the device.
        manifest: a manifest without a board; by default the example's.
        members: the file of the roll; by default the example's.

    Raises:
        CheckError: the directory is in use, or something does not fit.
    """
    fields = json.loads(manifest or manifest_bytes(EXAMPLE))
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{place.name}-", dir=place.parent) as temporary:
        board = Path(temporary) / BOARD
        with Board.create(board, ORIGIN, "quorum none\n") as made:
            fields["board"] = made.policy.encode().decode().splitlines()
        data = json.dumps(fields, ensure_ascii=False, indent=1).encode()
        workspace = create(place, data, GUARDIANS, QUORUM, parameters)
        shutil.move(board, place / BOARD)
    write_atomically(place / SIGNIN, canonical_json(signin) + b"\n")
    with workspace.locked():
        init_booth(workspace, place / BOARD, "Web, 01", booth)
        publish_booth(workspace, place / BOARD)
    _import(workspace, members or members_csv())
    return workspace


def _import(workspace: Workspace, data: bytes) -> None:
    path = workspace.root / MEMBERS
    write_atomically(path, data, mode=0o600)
    reading = read_roll(data, parse_manifest(workspace.record.read("manifest.json")), str(path))
    with People.create(workspace.root, rehearsal=workspace.election.manifest.rehearsal) as people:
        import_roll(people, reading)
    if reading.problems:
        raise CheckError(f"{path}: {reading.problems[0]}")


def show_counting(workspace: Workspace) -> None:
    """Say how the election is ended and counted."""
    e2evote, place = program(), shlex.quote(str(workspace.root))
    insecure = "".join(f" --insecure-parameters {name}" for name in workspace.accepted)
    publish = f"{e2evote} board publish {place}/{BOARD} {place}/record{insecure}"
    fetch = f"{e2evote} board fetch {place}/{BOARD} {place}"
    click.echo(f"""
It goes on with
  {e2evote} serve {place}

To count, first end voting:
  {e2evote} board spoil-rest {place}/{BOARD} 1{insecure}
  {e2evote} board close-device {place}/{BOARD} 1{insecure}
  {fetch}
add up, under everybody's eyes:
  {e2evote} tally accumulate {place}
  {publish}
  {fetch}
decrypt with two of the three guardians, and publish:
  {e2evote} tally decrypt {place} --guardian 1 --guardian 3
  {publish}
  {e2evote} board end {place}/{BOARD}
  {fetch}
and verify as anybody can:
  {e2evote} verify {place}/record{insecure}""")
