"""``e2evote demo``: a whole election with invented votes, by the same steps as the other commands."""

import shlex
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from e2evote.cli.ballot import encrypt_with_bar, show_challenged
from e2evote.cli.device import close
from e2evote.cli.election import show_created
from e2evote.cli.options import ANY_PATH, accepted, cores, insecure_parameters, write_new, write_new_lines
from e2evote.cli.record import write_chart
from e2evote.cli.summary import contest_results
from e2evote.cli.tally import add_up
from e2evote.cli.verify import INVALID, verify_with_bar
from e2evote.cli.views import show_manifest, show_report, show_results
from e2evote.encoding import hex_of
from e2evote.errors import CheckError
from e2evote.examples import manifest_bytes
from e2evote.examples.generator import plaintext_ballots
from e2evote.group.parameters import STANDARD_NAME
from e2evote.record.codec import dump
from e2evote.record.manifest import Manifest, parse_manifest
from e2evote.terminal.program import Failure
from e2evote.terminal.screen import say
from e2evote.workspace import devices
from e2evote.workspace.counting import Decryption
from e2evote.workspace.directory import Workspace, create

EXAMPLE = "association"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of the demonstration."""

    out: Path
    ballots: int
    challenged: int
    guardians: int
    quorum: int
    missing: int
    seed: int
    parameters: str

    @property
    def available(self) -> tuple[int, ...]:
        """The guardians who decrypt: guardians 2, 4, … are the first to be missing, then 1, 3, …."""
        order = [*range(2, self.guardians + 1, 2), *range(1, self.guardians + 1, 2)]
        return tuple(sorted(order[self.missing :]))

    def check(self, manifest: Manifest) -> None:
        """Accept numbers that lead to a result.

        Raises:
            CheckError: they do not.
        """
        cast, least = self.ballots - self.challenged, manifest.minimum_cell_ballots
        if cast < least:
            raise CheckError(f"{cast} ballots would be cast; fewer than {least} are never decrypted")
        if not 1 <= self.quorum <= self.guardians - self.missing:
            left = max(self.guardians - self.missing, 0)
            raise CheckError(f"{left} of {self.guardians} guardians would be there; the quorum is {self.quorum}")


class Narrator:
    """Numbers the steps and says how long each took."""

    def __init__(self) -> None:
        """Start the clock."""
        self.number = 0
        self.begun = self.since = time.monotonic()

    def step(self, heading: str, text: str = "") -> None:
        """Begin a step."""
        self.finish()
        self.number += 1
        say(f"\n{self.number}. {heading}", "bold")
        if text:
            say(text, "dim")

    def finish(self) -> None:
        """End the step under way."""
        now = time.monotonic()
        if self.number:
            say(f"   {now - self.since:.1f} s", "dim")
        self.since = now


@click.command()
@click.option("--out", type=ANY_PATH, metavar="DIR", help="Directory to make; by default build/demo-<date>-<time>.")
@click.option("--ballots", type=click.IntRange(min=1), default=60, show_default=True, help="Ballots encrypted in all.")
@click.option("--challenged", type=click.IntRange(min=0), default=6, show_default=True, help="How many are challenged.")
@click.option("--guardians", type=click.IntRange(1, 100), default=5, show_default=True, help="How many guardians.")
@click.option("--quorum", type=click.IntRange(min=1), default=3, show_default=True, help="How many can decrypt.")
@click.option(
    "--missing", type=click.IntRange(min=0), default=2, show_default=True, help="How many do not come to decrypt."
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="For the invented votes; secrets are always fresh."
)
@insecure_parameters
def demo(
    out: Path | None,
    ballots: int,
    challenged: int,
    guardians: int,
    quorum: int,
    missing: int,
    seed: int,
    insecure: str | None,
) -> None:
    """Run a whole election with invented votes.

    It elects the organs of an association with 24, 9 and 6 candidates, on 4096-bit parameters, in about a minute:
    manifest, keys, encryption, challenges, decryption by a quorum, verification, results.

    For example:

        e2evote demo --out /tmp/demo --ballots 30 --challenged 3
    """
    place = out or Path("build", f"demo-{datetime.now().astimezone():%Y%m%d-%H%M%S}")
    run(Plan(place, ballots, challenged, guardians, quorum, missing, seed, insecure or STANDARD_NAME))


def run(plan: Plan) -> None:
    """Run the election.

    Raises:
        E2EVoteError: a step failed.
    """
    tell, data = Narrator(), manifest_bytes(EXAMPLE)
    manifest = parse_manifest(data)
    plan.check(manifest)
    tell.step("The manifest", "What is voted on, fixed before anything else and hashed into every proof.")
    show_manifest(manifest)
    tell.step("The key ceremony", "The guardians make a key together; no one of them holds it.")
    workspace = create(plan.out, data, plan.guardians, plan.quorum, plan.parameters)
    show_created(workspace)
    with workspace.locked():
        vote(plan, workspace, tell)
        count(plan, workspace, tell)
    verify_and_show(plan, workspace, tell)


def vote(plan: Plan, workspace: Workspace, tell: Narrator) -> None:
    """Open a device, encrypt, challenge, cast, close."""
    tell.step("A voting device is opened, and ballots are encrypted", "Each voter gets a confirmation code.")
    device = devices.open_new(workspace, "Main hall, 01")
    source = plan.out / "votes.ndjson"
    votes = plaintext_ballots(workspace.election.manifest, plan.ballots, plan.seed)
    write_new(source, b"".join(dump(ballot) + b"\n" for ballot in votes))
    encrypt_with_bar(device, source, cores())
    codes = [hex_of(code) for code in device.codes()]
    write_new_lines(plan.out / "codes.txt", codes)
    click.echo(f"{len(codes)} ballots; their codes are in {plan.out / 'codes.txt'}, the first is\n{codes[0]}")
    if plan.challenged:
        tell.step(
            f"{plan.challenged} voters challenge", "Their ballots are opened and not counted, which tests the device."
        )
        chosen = codes[:: len(codes) // plan.challenged][: plan.challenged]
        show_challenged(workspace, (chosen[0],))
        for code in chosen[1:]:
            devices.decide(devices.find(workspace, [code]), "challenged")
        click.echo(f"… and {len(chosen) - 1} more, later in 'challenged_ballots.ndjson' of the record.")
    tell.step("The others cast, and the device is closed")
    devices.decide(devices.undecided(workspace), "cast")
    close(device)


def count(plan: Plan, workspace: Workspace, tell: Narrator) -> None:
    """Add up and decrypt."""
    tell.step("The cast ballots are added up", "Still encrypted: no cast ballot is ever decrypted, only sums.")
    add_up(workspace, cores())
    there = plan.available
    absent = [i for i in range(1, plan.guardians + 1) if i not in there]
    without = f"{_listed(absent)} did not come. " if absent else ""
    heading = f"Guardians {_listed(there)} verify everything and decrypt the sums"
    tell.step(heading, f"{without}Any {plan.quorum} of {plan.guardians} are enough.")
    Decryption(workspace, there).run(cores())


def verify_and_show(plan: Plan, workspace: Workspace, tell: Narrator) -> None:
    """Verify the record as anybody can, and show what came out."""
    tell.step(f"Anybody verifies the record, here on {cores()} cores")
    insecure = accepted(None if plan.parameters == STANDARD_NAME else plan.parameters)
    report = verify_with_bar(workspace.published, "opened", cores(), insecure)
    show_report(report, failed_only=True)
    tell.step("The results")
    show_results(contest_results(workspace.record, workspace.election))
    write_chart(workspace.record, plan.out / "results.svg", insecure)
    tell.finish()
    say(f"\nAll of it took {time.monotonic() - tell.begun:.0f} s.", "bold")
    show_next(plan, workspace)
    if not report.valid:
        raise Failure("the record is not valid, which should not happen; please report it", INVALID)


def show_next(plan: Plan, workspace: Workspace) -> None:
    """Say where everything is and what to try."""
    record, broken = shlex.quote(str(workspace.published)), shlex.quote(str(plan.out / "broken"))
    accept = "" if plan.parameters == STANDARD_NAME else f" --insecure-parameters {plan.parameters}"
    e2evote = program()
    click.echo(f"""
record   {workspace.published}
chart    {plan.out / "results.svg"}

What to try next:
  {e2evote} record show {record}{accept}
  {e2evote} verify {record}{accept}

Add a 1 in front of the first candidate's votes, and verify again:
  cp -r {record} {broken}
  sed '1s/"tally":/"tally":1/' {record}/tallies.ndjson > {broken}/tallies.ndjson
  {e2evote} verify {broken}{accept}""")


def program() -> str:
    """Return what to type to run this program again: its name, or its path where a shell would not find the name."""
    return "e2evote" if shutil.which("e2evote") else shlex.quote(sys.argv[0])


def _listed(numbers: Sequence[int]) -> str:
    *first, last = map(str, numbers)
    return f"{', '.join(first)} and {last}" if first else last
