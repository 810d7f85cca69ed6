"""The election's side of polling stations: opening their devices, assigning voters, merging what they bring."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2evote.board.committer import Committer
from e2evote.board.log import Board
from e2evote.cli.boards import read_small
from e2evote.ed25519 import verify_signature
from e2evote.election.acceptance import Acceptance
from e2evote.election.order import SETUP
from e2evote.election.people import members
from e2evote.election.people.database import People
from e2evote.election.publishing import close_open_device, open_new_device, spoil_rest
from e2evote.election.roll.text import identifier_of
from e2evote.election.signin.box import BoardBox
from e2evote.election.signin.courier import Courier
from e2evote.election.signin.desk import Desk
from e2evote.election.signin.settings import read_settings
from e2evote.election.signin.voting import Voting
from e2evote.election.stations.grant import Grant, Listed, Request, VoterList, seal_list
from e2evote.election.stations.intake import is_closed, parse_closing
from e2evote.election.stations.inventory import (
    FILE,
    Happening,
    Official,
    Station,
    Stations,
    device_info,
    log_handover,
    read_log,
    read_stations,
    styles_at,
    write_stations,
)
from e2evote.election.streams import OnBoard
from e2evote.encoding import canonical_json, hex_of, parse_hex, strict_json
from e2evote.errors import CheckError, ParseError
from e2evote.record import layout
from e2evote.record.ballot import SIMPLE_CHAINING, DeviceOpening
from e2evote.record.codec import parse
from e2evote.terminal.screen import Report
from e2evote.web.booth.settings import read_booth
from e2evote.web.stations.office import Office
from e2evote.workspace.boards import now, sign_checkpoint
from e2evote.workspace.directory import Workspace

BUNDLE = "e2evote-station-bundle/v1"
BUNDLE_DOMAIN = b"e2evote-station-bundle/v1\n"
_LIMIT = 2**30


@dataclass(frozen=True, slots=True)
class Side:
    """The election's side, open for writing."""

    workspace: Workspace
    board: Board
    people: People
    office: Office

    @property
    def acceptance(self) -> Acceptance:
        """What judges what stations bring."""
        return self.office.acceptance

    def stations(self) -> Stations:
        """Return the list.

        Raises:
            CheckError: there are no stations.
        """
        return self.office.stations()


@contextmanager
def election_side(workspace: Workspace, board: Path) -> Iterator[Side]:
    """Open the board, the people's database and what decides about both; sign a checkpoint at the end.

    Raises:
        CheckError, ParseError, StorageError: something is missing, or not as it should be.
    """
    settings = read_settings(workspace.root)
    with ExitStack() as stack:
        kept = stack.enter_context(Board.open(board))
        people = stack.enter_context(People.open(workspace.root))
        acceptance = Acceptance.of(kept, workspace.accepted)
        committer = stack.enter_context(Committer(kept))
        courier = stack.enter_context(Courier({}))
        voting = Voting(Desk(people, settings, courier, now, {}), BoardBox(acceptance, committer, now))

        def write(function: Callable[[Any], Any]) -> Any:  # noqa: ANN401
            return committer.submit(function).result()

        office = Office.at(workspace.root, people, settings, voting, acceptance, None, write, now)
        yield Side(workspace, kept, people, office)
        sign_checkpoint(kept)


def read_request(path: Path) -> Request:
    """Return what a station asks with.

    Raises:
        ParseError, CheckError: it is not in its form, or too large.
    """
    return parse(Request, read_small(path, 2**20).removesuffix(b"\n"), str(path))


def add_station(side: Side, request: Request, cell: str | None) -> Station:
    """Open a device for a station, or take in its officials where it has one already.

    Raises:
        CheckError: the name or a key is another station's, there is no such cell, or the manifest does not allow it.
    """
    workspace, before = side.workspace, read_stations(side.workspace.root)
    known = None if before is None else next((one for one in before.stations if one.key == request.key), None)
    if known is not None and before is not None:
        before.of(known.device)
        if (known.name, known.serial, known.sealing) != (request.name, request.serial, request.sealing):
            raise CheckError(f"device {known.device} has this key under another name or serial number")
        kept = {official.key: official for official in (*known.officials, *request.officials)}
        station = known.model_copy(update={"officials": tuple(kept.values())})
        write_stations(workspace.root, before.with_station(station))
        return station
    styles_at(workspace.election.manifest, cell)
    if SIMPLE_CHAINING not in workspace.election.manifest.chaining_modes:
        raise CheckError("the manifest does not allow devices with a chain: chaining_modes needs a 1")
    if before is not None and any(one.state == "active" and one.name == request.name for one in before.stations):
        raise CheckError(f"there is a station {request.name!a} already")
    read_log(workspace.root)  # one that was changed is noticed before anything is opened
    info = device_info(request.name, request.serial, request.key)
    device = _opened_before(side, info)
    if device is None:
        device = open_new_device(side.board, side.acceptance, info, SIMPLE_CHAINING, now)
    station = Station(
        device=device, name=request.name, serial=request.serial, key=request.key, sealing=request.sealing, cell=cell,
        officials=request.officials,
    )  # fmt: skip
    first = Stations(h_e=side.office.h_e, stations=(station,))
    write_stations(workspace.root, first if before is None else before.with_station(station))
    log_handover(workspace.root, station.serial, "registered", now(), taker=station.name)
    return station


def _opened_before(side: Side, info: str) -> int | None:
    """Return the device that an interrupted command has opened for a station, None where there is none."""
    with side.board.reading() as view:
        count = OnBoard(view).devices
    return next((each for each in range(1, count + 1) if side.acceptance.opening(each).device_info == info), None)


def grant_of(side: Side, station: Station, url: str) -> Grant:
    """Return what a station needs to work."""
    record, signin, booth = side.workspace.record, read_settings(side.workspace.root), read_booth(side.workspace.root)
    names = [*SETUP, *(layout.guardian_path(i) for i in record.guardian_indices())]
    opening: DeviceOpening = side.acceptance.opening(station.device)
    return Grant(
        station=station, opening=opening, h_e=side.office.h_e,
        files={name: record.read(name).decode() for name in sorted(names)},
        insecure=tuple(sorted(side.workspace.accepted)), url=url, fields=signin.fields, country=signin.country,
        opens=signin.opens, closes=signin.closes, zone=booth.zone, kept_order=booth.kept_order,
        conditions=booth.conditions,
    )  # fmt: skip


def wanted_rows(side: Side, numbers: list[str], style: int | None) -> list[bytes]:
    """Return the rows of members by member number or national ID, or all of a ballot style.

    Raises:
        CheckError: somebody is not in the roll; nothing was changed.
    """
    with side.people.reading() as access:
        every = [(row, member) for row, member in members.every(access)]
    if style is not None:
        return [row for row, member in every if member.ballot_style == style]
    by_number = {value: row for row, member in every for value in member.identifiers.values()}
    rows = []
    for line, text in enumerate(numbers, 1):
        row = by_number.get(identifier_of(text.strip()))
        if row is None:
            raise CheckError(f"line {line}: nobody in the roll has this number; nobody was assigned")
        rows.append(row)
    return rows


def sealed_list(side: Side, station: Station) -> bytes:
    """Return the list of a station, sealed to it."""
    found = tuple(Listed.of(member, granted) for member, granted in side.office.permits.listed(station))
    made = VoterList(h_e=side.office.h_e, device=station.device, count=len(found), voters=found)
    return seal_list(made, station.sealing)


def signed_bundle(device: int, content: dict[str, Any], sign: Callable[[bytes], bytes]) -> bytes:
    """Return the file that a station without a network brings."""
    body = canonical_json(content)
    head = {"format": BUNDLE, "device": device, "signature": hex_of(sign(BUNDLE_DOMAIN + body))}
    return canonical_json({**head, "bundle": content}) + b"\n"


def merge_bundle(side: Side, data: bytes, where: str, report: Report) -> tuple[Station, int]:
    """Take in what a station brings, each entry once; the same again does no harm.

    Args:
        side: the election's side.
        data: the file.
        where: its name.
        report: takes entries done, and all of them.

    Raises:
        ParseError, CheckError, VerificationError: it is not in its form, not signed by the station, its chain was cut
            or forked, or something in it does not hold. What came before that stays.
    """
    found = strict_json(data, where)
    if not isinstance(found, dict) or found.keys() != {"format", "device", "signature", "bundle"}:
        raise ParseError(where, "expected an object with format, device, signature and bundle")
    if found["format"] != BUNDLE or not isinstance(found["device"], int) or not isinstance(found["bundle"], dict):
        raise ParseError(where, f"expected format {BUNDLE}, a device's number and an object")
    station, content = side.office.station(found["device"]), found["bundle"]
    try:
        signature = parse_hex(found["signature"], 64)
        codes, used, returned = (
            [parse_hex(text, size) for text in content.get(name, [])]
            for name, size in (("codes", 32), ("used", None), ("returned", None))
        )
    except (ValueError, TypeError) as error:
        raise ParseError(where, str(error)) from None
    verify_signature(station.key, signature, BUNDLE_DOMAIN + canonical_json(content), f"station {station.name}")
    intake, permits = side.office.intake, side.office.permits
    intake.compare(station, len(codes), codes)
    entries = content.get("entries")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ParseError(where, "expected a list of objects", "entries")
    for done, entry in enumerate(entries, 1):
        intake.take(station, entry)
        report(done, len(entries))
    permits.settle(station, used, returned, lambda: intake.numbers(station.device))
    released = 0
    if "closing" in content:
        intake.close(station, parse_closing(content["closing"]))
        released = permits.release(station.device, lambda: intake.numbers(station.device))
    return station, released


def lose_station(side: Side, name: str, state: str, voted: list[str], note: str) -> tuple[Station, int]:
    """Take nothing of a station any more, spoil its undecided ballots, close its device, and release whom it held.

    The same again tries to release once more.

    Args:
        side: the election's side.
        name: of the station, or its device's number.
        state: ``lost`` or ``replaced``.
        voted: numbers of members who have voted there and were not reported.
        note: for the hand-over log.

    Raises:
        CheckError: there is no such station, or it cannot be said whom to release.
    """
    stations = side.stations()
    gone = [one for one in stations.stations if one.state != "active" and name in (one.name, str(one.device))]
    station = gone[-1] if gone else stations.named(name)
    rows = wanted_rows(side, voted, None)
    if not gone:
        write_stations(side.workspace.root, stations.with_station(station.model_copy(update={"state": state})))
        event: Happening = "replaced" if state == "replaced" else "lost"
        log_handover(side.workspace.root, station.serial, event, now(), note=note)
    with side.board.reading() as view:
        closed = is_closed(view, station.device)
    if not closed:
        spoil_rest(side.board, side.acceptance, station.device, now)
        close_open_device(side.board, side.acceptance, station.device, now)
    permits, intake = side.office.permits, side.office.intake
    return station, permits.release(station.device, lambda: intake.numbers(station.device), rows)


def shown_official(official: Official) -> str:
    """Return an official as one line."""
    return f"{official.name} ({official.role}), key {hex_of(official.key)[:16]}"


def stations_json(directory: Path) -> str:
    """Return the list as JSON for programs, an empty one where there is none."""
    found = read_stations(directory)
    return json.dumps([] if found is None else json.loads((directory / FILE).read_bytes())["stations"])
