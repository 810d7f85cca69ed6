"""``e2evote station``: polling stations, the election's side and the station's own."""

import json
import shlex
from functools import partial
from pathlib import Path

import click

from e2evote.cli import station_inventory
from e2evote.cli.board_serving import port
from e2evote.cli.boards import read_small
from e2evote.cli.options import ANY_PATH, EXISTING_FILE, check_free, directory, force, record_path, write_new
from e2evote.cli.stations import (
    add_station,
    election_side,
    grant_of,
    lose_station,
    merge_bundle,
    read_request,
    sealed_list,
    shown_official,
    signed_bundle,
    stations_json,
    wanted_rows,
)
from e2evote.election.stations.folder import StationFolder
from e2evote.election.stations.grant import Grant
from e2evote.election.stations.inventory import Role, Stations, read_stations
from e2evote.election.stations.machine import Machine
from e2evote.election.stations.minutes import LIMIT, differences, read_minutes
from e2evote.election.stations.officials import Officials
from e2evote.encoding import hex_of
from e2evote.errors import CheckError
from e2evote.record.codec import dump, parse
from e2evote.record.layout import Record
from e2evote.terminal.screen import note, progress, row, say, screen, table
from e2evote.web.booth.opening import board_of
from e2evote.workspace.boards import now
from e2evote.workspace.directory import Workspace

_GRANT_LIMIT = 2**26
_SHOWN = 20


@click.group()
def station() -> None:
    """Run polling stations: devices on which voters vote before officials, each with a chain of its own."""


station_folder = click.argument("folder", metavar="STATION_DIR", type=ANY_PATH)
name_argument = click.argument("name", metavar="STATION")
board_option = click.option("--board", type=ANY_PATH, metavar="BOARD", help="The board's folder; by default DIR/board.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


# ------------------------------------------------------------------------------------------------ on the station


@station.command()
@station_folder
@click.option("--name", required=True, metavar="TEXT", help="What the station is called; hashed into every code.")
@click.option("--serial", required=True, metavar="TEXT", help="The machine's serial number.")
def init(folder: Path, name: str, serial: str) -> None:
    """Make a station's folder on its own machine, with new keys; STATION_DIR/request.json goes to the election.

    For example:

        e2evote station init hall --name "Main hall" --serial SN-4711
    """
    made = StationFolder.create(folder, name, serial)
    say(f"key {hex_of(made.request.key)}")
    say(f"next: 'e2evote station operator add {folder} NAME', then {folder / 'request.json'} goes to the election")


@station.group()
def operator() -> None:
    """Say who serves at a station."""


@operator.command("add")
@station_folder
@name_argument
@click.option("--role", type=click.Choice(["opener", "operator"]), default="operator", show_default=True,
              help="An opener is one of the two who open and close.")  # fmt: skip
def add_operator(folder: Path, name: str, role: Role) -> None:
    """Give an official a PIN for the station; it is shown once, and opens the key that signs for them.

    The request names their keys: have the election take it in (again) with 'e2evote station add'.

    For example:

        e2evote station operator add hall "Maryam Ahmadi" --role opener
    """
    found = StationFolder(folder)
    with found.held():
        officials, pin = Officials.read(found.private).with_new(name, role)
        officials.write(found.private)
        found.add_officials(tuple(official.public for official in officials.officials))
    click.echo(f"{name}: PIN {pin}")


@station.command()
@station_folder
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=EXISTING_FILE)
def load(folder: Path, files: tuple[Path, ...]) -> None:
    """Take what the election gave: the grant, and lists of voters.

    For example:

        e2evote station load hall grant.json voters.list
    """
    found = StationFolder(folder)
    with found.held():
        for path in files:
            data = read_small(path, _GRANT_LIMIT)
            if data.startswith(b'{"format":"e2evote-station-grant/v1"'):
                grant = parse(Grant, data.removesuffix(b"\n"), str(path))
                found.accept(grant)
                say(f"device {grant.station.device} of the election {hex_of(grant.h_e)}")
                continue
            machine = Machine(found, now)
            try:
                say(f"{machine.load_list(data)} voters are new on the list; it has {len(machine.roll)}")
            finally:
                machine.shut()


@station.command()
@station_folder
@port(8100)
@click.option("--offline", is_flag=True, help="Do not look for the election's server.")
@click.option("--print", "printer", default="", metavar="COMMAND", help="A command that prints what it reads, such as "
              "'lp -d receipts'.")  # fmt: skip
def serve(folder: Path, port: int, offline: bool, printer: str) -> None:
    """Serve the station's pages on this machine: / for officials, /ballot for the voter.

    A process that is killed loses no ballot whose code was shown, and releases no second ballot for a permit: start it
    again, and it goes on.

    For example:

        e2evote station serve hall --print "lp -d receipts"
    """
    from e2evote.web.serving import listen
    from e2evote.web.serving import serve as serving
    from e2evote.web.station.application import station_application

    found = StationFolder(folder)
    with found.held(), listen("127.0.0.1", port) as socket:
        make = partial(station_application, folder, now, offline, tuple(shlex.split(printer)))
        made = make()  # what is wrong is said here, not in the server
        say(f"http://127.0.0.1:{socket.getsockname()[1]}")
        serving(lambda: made, socket)


@station.command()
@station_folder
@click.argument("output", metavar="FILE", type=ANY_PATH)
@force
def bundle(folder: Path, output: Path, force: bool) -> None:
    """Write all that a station without a network brings to the election: its chain, and which permits were used.

    For example:

        e2evote station bundle hall hall.bundle
    """
    check_free(output, force)
    found = StationFolder(folder)
    with found.held():
        machine = Machine(found, now)
        try:
            content = machine.bundle()
            write_new(output, signed_bundle(machine.grant.station.device, content, machine.sign), force)
        finally:
            machine.shut()
    say(f"{len(content['codes'])} ballots; 'e2evote station merge DIR {output}' takes them in")


@station.command()
@station_folder
@as_json
def status(folder: Path, as_json: bool) -> None:
    """Say what a station has done, and check its chain.

    For example:

        e2evote station status hall
    """
    found = StationFolder(folder)
    with found.held():
        machine = Machine(found, now)
        try:
            counts, last = machine.chain.counts()._asdict(), machine.chain.last
            told = {
                "station": machine.grant.station.name,
                "device": machine.grant.station.device,
                "open": machine.chain.is_open,
                "closed": machine.chain.closing is not None,
                "listed": len(machine.roll),
                **counts,
                "ballots": len(machine.chain.ballots),
                "last_code": hex_of(last.code) if last is not None else "",
                "journal": hex_of(machine.chain.journal.head),
            }
        finally:
            machine.shut()
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for key, value in told.items():
        say(f"{key}: {value}")


# --------------------------------------------------------------------------------------------- on the election's side


@station.command()
@directory
@click.argument("request", metavar="REQUEST", type=EXISTING_FILE)
@click.option("--out", "output", required=True, type=ANY_PATH, metavar="FILE", help="Where to write the grant.")
@click.option("--cell", metavar="LABEL", help="The tally cell whose ballot styles the station serves; by default all.")
@click.option(
    "--url", default="", metavar="URL", help="Where the station finds 'e2evote serve'; none: it is merged by file."
)
@board_option
@force
def add(
    directory: Path, request: Path, output: Path, cell: str | None, url: str, board: Path | None, force: bool
) -> None:
    """Open a device for the station that asks with REQUEST, and write what it needs. The same again adds officials.

    The list of stations is one of the booth's files: run 'e2evote booth publish DIR' afterwards, before it is served.

    For example:

        e2evote station add club request.json --out grant.json --url https://vote.example.org
    """
    check_free(output, force)
    with Workspace(directory).locked() as workspace, election_side(workspace, board_of(directory, board)) as side:
        made = add_station(side, read_request(request), cell)
        write_new(output, dump(grant_of(side, made, url)) + b"\n", force)
    click.echo(made.device)
    note(f"next: 'e2evote booth publish {directory}', and {output} goes to the station")


@station.command("list")
@directory
@as_json
def list_stations(directory: Path, as_json: bool) -> None:
    """List the stations of an election, with their keys and officials.

    For example:

        e2evote station list club
    """
    if as_json:
        click.echo(stations_json(directory))
        return
    found = read_stations(directory)
    result = table("device", "station", "serial", "cell", "state", "key", right=("device",))
    for one in () if found is None else found.stations:
        row(result, one.device, one.name, one.serial, one.cell or "", one.state, hex_of(one.key)[:16])
        for official in one.officials:
            row(result, "", shown_official(official), "", "", "", "")
    screen().print(result)


@station.command()
@directory
@name_argument
@click.argument("file", metavar="[FILE]", required=False, type=EXISTING_FILE)
@click.option("--style", "style_label", metavar="LABEL", help="Everybody with this ballot style, instead of a file.")
@click.option("--out", "output", type=ANY_PATH, metavar="LIST", help="Write the station's list, sealed to it.")
@board_option
@force
def assign(
    directory: Path, name: str, file: Path | None, style_label: str | None, output: Path | None, board: Path | None,
    force: bool,
) -> None:  # fmt: skip
    """Assign voters to a station, so that it can serve them without a network.

    FILE has a member number or national ID a line. From then on nobody else serves them, not the booth and no other
    station, until the station is closed and merged. Who has voted, is voting or is assigned elsewhere is told and left
    out. The station fetches its list, or gets LIST.

    For example:

        e2evote station assign club "Main hall" hall.txt --out hall.list
    """
    if (file is None) == (style_label is None):
        raise click.UsageError("give either FILE or --style")
    if output is not None:
        check_free(output, force)
    with Workspace(directory).locked() as workspace, election_side(workspace, board_of(directory, board)) as side:
        found, manifest = side.stations().named(name), workspace.election.manifest
        labels = {each.label: index for index, each in enumerate(manifest.ballot_styles, 1)}
        if style_label is not None and style_label not in labels:
            raise CheckError(f"the manifest has no ballot style {style_label!a}")
        lines = [] if file is None else read_small(file, 2**26).decode("utf-8-sig").splitlines()
        style = None if style_label is None else labels[style_label]
        wanted = wanted_rows(side, [line for line in lines if line.strip()], style)
        refused = side.office.permits.assign(found, wanted)
        for _, why in refused[:_SHOWN]:
            note(f"one was not assigned: {why}")
        if output is not None:
            write_new(output, sealed_list(side, found), force)
    say(f"{len(wanted) - len(refused)} assigned to {found.name}, {len(refused)} not")


@station.command()
@directory
@click.argument("file", metavar="BUNDLE", type=EXISTING_FILE)
@board_option
def merge(directory: Path, file: Path, board: Path | None) -> None:
    """Take in what a station without a network brings: its ballots onto the board, each once, and who has voted.

    The same bundle, or a later one of the same station, may be merged again. A chain that was cut or forked is refused.

    For example:

        e2evote station merge club hall.bundle
    """
    with (
        Workspace(directory).locked() as workspace,
        election_side(workspace, board_of(directory, board)) as side,
        progress("Merging") as report,
    ):
        found, released = merge_bundle(side, read_small(file, 2**30), str(file), report)
        numbers = side.office.intake.numbers(found.device)
    say(f"{found.name}: {numbers.cast} cast ballots on the board, {released} voters released")


@station.command()
@directory
@name_argument
@click.option("--replaced", is_flag=True, help="The machine is there, and another takes its place.")
@click.option("--note", "text", default="", metavar="TEXT", help="What happened, for the hand-over log.")
@click.option("--voted", multiple=True, metavar="NUMBER",
              help="A member, by number or ID, who voted there and was not reported. May be repeated.")  # fmt: skip
@board_option
def lost(directory: Path, name: str, replaced: bool, text: str, voted: tuple[str, ...], board: Path | None) -> None:
    """Take nothing of a station any more, close its device, and release the voters whom it holds.

    Ballots that are in its machine alone are never counted, so their voters may vote again elsewhere. A new machine is
    another station: 'e2evote station init' on it.

    If the board has ballots whose voters were not reported before the machine was lost, nobody is released: say who
    they were, from the officials' list of persons, by --voted, and run it again.

    For example:

        e2evote station lost club "Main hall" --note "stolen on the way"
    """
    with Workspace(directory).locked() as workspace, election_side(workspace, board_of(directory, board)) as side:
        state = "replaced" if replaced else "lost"
        found, released = lose_station(side, name, state, list(voted), text)
    say(f"device {found.device} is closed; {released} voters released")


@station.command()
@directory
@click.argument("code", metavar="CODE")
@board_option
def inquire(directory: Path, code: str, board: Path | None) -> None:
    """Say whether an inquiry code was given out by this election. It fails if not.

    For example:

        e2evote station inquire club 123456789012
    """
    digits = "".join(character for character in code if not character.isspace())
    with election_side(Workspace(directory), board_of(directory, board)) as side:
        if not side.office.permits.was_issued(digits):
            raise CheckError("this election has not given out this inquiry code")
    say("this election has given out this inquiry code")


@station.command()
@click.argument("minutes", metavar="MINUTES", type=EXISTING_FILE)
@record_path
@click.option("--stations", "listed", type=EXISTING_FILE, metavar="FILE", help="The list of stations, to compare keys.")
def check(minutes: Path, record_path: Path, listed: Path | None) -> None:
    """Compare a station's minutes with an election record: signatures, keys, numbers, codes, the end of the chain.

    The record itself is judged by 'e2evote verify'.

    For example:

        e2evote station check minutes.json club/record --stations club/stations.json
    """
    found = read_minutes(read_small(minutes, LIMIT), str(minutes)).minutes
    stations = None
    if listed is not None:
        stations = parse(Stations, read_small(listed, _GRANT_LIMIT).removesuffix(b"\n"), str(listed))
    problems = differences(found, Record.at(record_path), stations)
    if problems:
        raise CheckError("; ".join(problems))
    signers = " and ".join(official.name for official in found.officials)
    say(
        f"the minutes of {found.name} say what the record says: {found.cast} cast, {found.challenged} challenged and "
        f"{found.spoiled} spoiled ballots; signed by {signers}"
    )


station.add_command(station_inventory.inventory)
