"""``e2evote board``: looking at a board from outside, or from a copy of it: mirror, verify, export, judge, monitor."""

import json
import time
from collections.abc import Iterable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import click

from e2evote.board.folder import SETTINGS
from e2evote.board.mirror import Source, verify_mirror
from e2evote.board.mirror import mirror as copy_board
from e2evote.board.policy import Policy
from e2evote.cli.board_views import judgement_as_json, show_board, show_judgement, summary_of
from e2evote.cli.boards import board_place, fetch_note, opened_source, policy_file, read_small, read_trusted
from e2evote.cli.options import ANY_PATH, EXISTING_FILE, check_free, write_new
from e2evote.election.adjudication import Evidence, Judgement, Verdict
from e2evote.election.adjudication import adjudicate as judge
from e2evote.election.alarms import Rules
from e2evote.election.booth_watch import BROWSERS, BoothWatch
from e2evote.election.export import export as write_record
from e2evote.election.export import standing_of
from e2evote.election.gathering import gather
from e2evote.election.monitor import Monitor, State
from e2evote.election.objects import named
from e2evote.election.receipts import verify_receipt
from e2evote.election.times import shown_time
from e2evote.election.voters_receipt import LIMIT, receipt_of
from e2evote.errors import CheckError, E2EVoteError, StorageError
from e2evote.record.codec import dump
from e2evote.terminal.screen import note, progress, say
from e2evote.workspace.boards import now
from e2evote.workspace.directory import drafted

PLAUSIBLE = Rules()
ALARMED, UNREAD = 1, 2
VERDICTS: dict[Verdict, int] = {
    "included": 0,
    "promise broken by the board": 1,
    "receipt not genuine": 4,
    "not yet decidable": 5,
}
"""Exit codes; 2 and 3 are those of errors."""


@click.command()
@board_place
@policy_file
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for programs.")
def status(place: str, policy_path: Path | None, as_json: bool) -> None:
    """Show what stands on a board: files, devices, ballots by status, and who has cosigned.

    BOARD is a URL, the folder of a mirror, or the folder of a board that is kept here.

    For example:

        e2evote board status https://board.example/club
    """
    with opened_source(place, read_trusted(policy_path)) as source:
        witnessed = source.witnessed()
        found = standing_of(source.tree(witnessed.checkpoint))
        summary = summary_of(source.policy, witnessed, found)
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    else:
        show_board(summary)


@click.command()
@board_place
@click.argument("out", metavar="RECORD", type=ANY_PATH)
@policy_file
def export(place: str, out: Path, policy_path: Path | None) -> None:
    """Write the election record as the board has it, at any time; 'e2evote verify' judges it as far as it goes.

    BOARD is a URL, the folder of a mirror, or the folder of a board that is kept here; the record is the same, byte for
    byte, wherever it comes from. It goes up to the newest published checkpoint.

    For example:

        e2evote board export board record

        e2evote verify record
    """
    with opened_source(place, read_trusted(policy_path)) as source, drafted(out) as draft:
        data = source.note()
        checkpoint = source.witnessed().checkpoint
        with progress("Writing files") as report:
            write_record(source.tree(checkpoint), data, checkpoint.size, draft, report)
    click.echo(f"record: {out} ({checkpoint.size} entries)")


@click.command()
@board_place
@click.argument("folder", metavar="FOLDER", type=ANY_PATH)
@policy_file
def mirror(place: str, folder: Path, policy_path: Path | None) -> None:
    """Copy a board into FOLDER, or what is new since the last time.

    Any web server can serve the folder under the same paths. Nothing is taken over that is not proved under a
    checkpoint which satisfies the policy. Exit code: 1 if objects are missing that entries name.

    For example:

        e2evote board mirror https://board.example/club mirror --policy manifest.json
    """
    with opened_source(place, read_trusted(policy_path)) as source, progress("Mirroring") as report:
        found = copy_board(source, folder, named, report)
    click.echo(f"{found.witnessed.checkpoint.size} entries, {found.new} of them new")
    if found.missing:
        note(f"{len(found.missing)} objects are missing; the next run asks for them again")
        raise SystemExit(ALARMED)


@click.command()
@click.argument("folder", metavar="FOLDER", type=ANY_PATH)
@policy_file
def verify(folder: Path, policy_path: Path | None) -> None:
    """Verify a whole mirror from its files alone.

    Every entry must hash into the tiles and these into the checkpoint, which the board must have signed and the
    policy's quorum cosigned; every object that an entry names must be there. Whether it is a valid election says
    'e2evote verify' of the record that 'board export' writes.

    For example:

        e2evote board verify mirror --policy manifest.json
    """
    if (folder / SETTINGS).is_file():
        raise CheckError(
            f"{folder} is the folder of a board that is kept here; 'e2evote board audit {folder}' judges it"
        )
    with opened_source(str(folder), read_trusted(policy_path)) as source, progress("Verifying entries") as report:
        size = verify_mirror(folder, source.policy, named, report).witnessed.checkpoint.size
    click.echo(f"{size} entries, and everything fits")


@click.command()
@click.argument("receipt", type=EXISTING_FILE, metavar="RECEIPT")
@click.option(
    "--board", "place", required=True, metavar="BOARD", help="A URL, the folder of a mirror, or a board's own."
)
@policy_file
@click.option("--checkpoint", "others", multiple=True, metavar="FILE|URL", help="A checkpoint that somebody else has: "
              "a witness, a monitor, another voter. Can be given several times.")  # fmt: skip
@click.option("--proof", "proof_file", type=ANY_PATH, metavar="FILE", help="Write the proof that the entry is included "
              "(C2SP tlog-proof).")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for programs.")
@click.pass_context
def adjudicate(
    ctx: click.Context,
    receipt: Path,
    place: str,
    policy_path: Path | None,
    others: tuple[str, ...],
    proof_file: Path | None,
    as_json: bool,
) -> None:
    """Say who is right about RECEIPT: its holder, or the board. Anybody comes to the same verdict.

    'included': the board shows the entry. 'promise broken by the board': it signed another entry in its place, or its
    final checkpoint, or one that a witness cosigned after the deadline, lacks it. 'not yet decidable', and why.
    'receipt not genuine': this board did not sign it. RECEIPT may be the file that a voter saved after casting.

    Exit code: 0 included, 1 promise broken, 4 not genuine, 5 not yet decidable, 2 something could not be read.

    For example:

        e2evote board adjudicate receipt.txt --board https://board.example/club --policy manifest.json
    """
    if proof_file is not None:
        check_free(proof_file)
    data = receipt_of(read_small(receipt, LIMIT), str(receipt))
    with opened_source(place, read_trusted(policy_path)) as source:
        found = judged(source, data, others)
    if found.proof is not None and proof_file is not None:
        write_new(proof_file, found.proof.encode())
    if as_json:
        click.echo(json.dumps(judgement_as_json(found), ensure_ascii=False, indent=2))
    else:
        show_judgement(found)
    ctx.exit(VERDICTS[found.verdict])


def judged(source: Source, receipt: bytes, others: Iterable[str]) -> Judgement:
    """Judge a receipt by what a board shows and by what others have."""
    try:
        promise = verify_receipt(receipt, [log.key for log in source.policy.logs])
    except E2EVoteError:
        return judge(receipt, source.policy, ())
    evidence, problem = gather(source, promise.index)
    found = judge(receipt, source.policy, [evidence, *(Evidence(fetch_note(name)) for name in others)])
    return replace(found, unusable=(*found.unusable, problem)) if problem else found


@click.command()
@board_place
@click.option("--state", "folder", required=True, type=ANY_PATH, metavar="FOLDER", help="For checkpoints, a mirror, "
              "alarms and evidence.")  # fmt: skip
@policy_file
@click.option("--also", multiple=True, metavar="FILE|URL", help="A checkpoint that somebody else was shown. "
              "May be repeated.")  # fmt: skip
@click.option("--follow", is_flag=True, help="Go on looking until interrupted.")
@click.option("--interval", type=click.FloatRange(min=0.1), default=60.0, show_default=True, metavar="SECONDS",
              help="Between looks.")  # fmt: skip
@click.option("--skew", type=click.IntRange(min=1), default=PLAUSIBLE.skew, show_default=True, metavar="SECONDS",
              help="Allowed between entries' times and witnesses'.")  # fmt: skip
@click.option("--stale", type=click.IntRange(min=1), default=PLAUSIBLE.stale, show_default=True, metavar="SECONDS",
              help="Allowed age of the newest cosignature.")  # fmt: skip
@click.option("--burst-window", type=click.IntRange(min=60), default=PLAUSIBLE.window, show_default=True,
              metavar="SECONDS", help="The length of the end of voting.")  # fmt: skip
@click.option("--burst-factor", type=click.FloatRange(min=1), default=PLAUSIBLE.factor, show_default=True, metavar="F",
              help="How many times the busiest window before is too much for the end.")  # fmt: skip
@click.option("--booth", metavar="URL", help="Where voters vote: its files are held against the board's list.")
@click.option("--user-agent", "agents", multiple=True, metavar="TEXT", help="Asks the booth so, in place of "
              "common browsers. May be repeated.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print alarms as JSON, one a line.")
@click.pass_context
def monitor(
    ctx: click.Context,
    place: str,
    folder: Path,
    policy_path: Path | None,
    also: tuple[str, ...],
    follow: bool,
    interval: float,
    skew: int,
    stale: int,
    burst_window: int,
    burst_factor: float,
    booth: str | None,
    agents: tuple[str, ...],
    as_json: bool,
) -> None:
    """Follow a board: once, for cron, or with --follow for as long as it runs.

    It compares every checkpoint with all that it saw before, mirrors what is new, and looks for what an honest board
    does not do (docs/guides/watching-a-board.md). Alarms are printed once and appended to FOLDER/alarms.ndjson.

    Exit code: 1 if there are or were alarms, 2 if board or booth could not be read.

    For example:

        e2evote board monitor https://board.example --state watch --policy FILE
    """
    rules, of_booth = (
        Rules(skew=skew, stale=stale, window=burst_window, factor=burst_factor),
        booth_watch(booth, agents),
    )
    trusted = read_trusted(policy_path)
    with opened_source(place, trusted) as source:
        state = State(folder, source.policy)
    watching = Monitor(state, rules, of_booth)
    unread = look(watching, place, state.policy, also, as_json)
    while follow:
        time.sleep(interval)
        try:
            look(watching, place, state.policy, also, as_json)
        except StorageError as error:
            note(f"{shown_time(now())} {error}")
    ctx.exit(ALARMED if state.alarms() else UNREAD if unread else 0)


def booth_watch(url: str | None, agents: tuple[str, ...]) -> BoothWatch | None:
    """Return what watches the booth at a URL.

    Raises:
        ParseError: it is no booth's address.
        E2EVoteError: urllib3 is not installed.
    """
    if url is None:
        if agents:
            raise click.UsageError("--user-agent needs --booth.")
        return None
    if not all(agent.isascii() and agent.isprintable() and agent.strip() for agent in agents):
        raise click.UsageError("--user-agent must be a line of ASCII characters.")
    if find_spec("urllib3") is None:
        raise E2EVoteError("--booth needs urllib3, which is not installed: pip install 'e2evote[board]'")
    from e2evote.election.booth_site import Site

    return BoothWatch(Site(url), agents or BROWSERS)


def look(watching: Monitor, place: str, trusted: Policy, also: Iterable[str], as_json: bool) -> bool:
    """Look once, print what is new, and tell whether something could not be read."""
    others = [(name, fetch_note(name)) for name in also]
    with opened_source(place, trusted) as source, progress("Reading entries") as report:
        run = watching.look(source, int(time.time()), others, report)
    for alarm in run.alarms:
        if as_json:
            click.echo(dump(alarm).decode())
        else:
            say(f"ALARM {alarm.kind}: {alarm.message}", "bold red")
            for name in alarm.evidence:
                say(f"  evidence: {name}")
    for problem in run.unread:
        note(f"{shown_time(now())} {problem}")
    note(f"{shown_time(now())} {run.size} entries, {run.new} new, {len(run.alarms)} new alarms")
    return bool(run.unread)
