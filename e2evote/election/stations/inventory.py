"""What the election knows of its stations: ``DIR/stations.json``, public, and the hand-over log of their devices.

A station is one machine with one chain. Its Ed25519 key is in its device's information, and so hashed into every
confirmation code; the list pins it again, beside the keys of its officials. The log (``DIR/inventory.ndjson``) says
whose hands each device went through, with the numbers of its seals; it is only added to, and every line is bound to
those before it.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import MaxLen, MinLen
from pydantic import StringConstraints, model_validator

from e2evote.ed25519 import check_signing_key
from e2evote.election.stations.journal import Entry, Journal
from e2evote.election.times import shown_time
from e2evote.encoding import hex_of
from e2evote.errors import CheckError, ParseError
from e2evote.files import write_atomically
from e2evote.record.codec import Hash, Index, RecordModel, dump, parse
from e2evote.record.manifest import Manifest

FILE, LOG = "stations.json", "inventory.ndjson"
SERVED = "/vote/stations.json"
"""Where the list is served, as one of the booth's files, whose hashes are on the board."""
_LIMIT = 2**24

Name = Annotated[
    str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$")
]
Role = Literal["opener", "operator"]
State = Literal["active", "lost", "replaced"]
Happening = Literal["registered", "handed-over", "sealed", "unsealed", "lost", "found", "replaced", "retired"]


class Official(RecordModel):
    """Somebody who serves at a station, and the key that signs for them there."""

    name: Name
    role: Role
    key: Hash


class Station(RecordModel):
    """A station: its device on the board, its machine, its keys, and the tally cell that it serves, if it is one's."""

    device: Index
    name: Name
    serial: Name
    key: Hash
    sealing: Hash
    cell: Name | None = None
    state: State = "active"
    officials: Annotated[tuple[Official, ...], MaxLen(100)] = ()

    @property
    def info(self) -> str:
        """What the device is called on the board: S_device."""
        return device_info(self.name, self.serial, self.key)


class Stations(RecordModel):
    """The whole list."""

    format: Literal["e2evote-stations/v1"] = "e2evote-stations/v1"
    h_e: Hash
    stations: Annotated[tuple[Station, ...], MinLen(1), MaxLen(10_000)]

    @model_validator(mode="after")
    def _check(self) -> "Stations":
        devices = [station.device for station in self.stations]
        if devices != sorted(set(devices)):
            raise ValueError("stations: expected ascending device numbers, each once")
        for field in ("key", "sealing"):
            keys = [getattr(station, field) for station in self.stations]
            if len(set(keys)) < len(keys):
                raise ValueError(f"stations: two stations have the same {field}")
        names = [station.name for station in self.stations if station.state == "active"]
        if len(set(names)) < len(names):
            raise ValueError("stations: two active stations have the same name")
        return self

    def of(self, device: int) -> Station:
        """Return a station that is served.

        Raises:
            CheckError: there is no such station, or its device was lost or replaced.
        """
        found = next((station for station in self.stations if station.device == device), None)
        if found is None:
            raise CheckError(f"device {device} is no station of this election")
        if found.state != "active":
            raise CheckError(f"device {device} was reported as {found.state}; nothing of it is taken any more")
        return found

    def named(self, name: str) -> Station:
        """Return the active station with a name, or the one with this device's number.

        Raises:
            CheckError: there is none.
        """
        for station in self.stations:
            if station.state == "active" and name in (station.name, str(station.device)):
                return station
        known = ", ".join(station.name for station in self.stations if station.state == "active")
        raise CheckError(f"there is no station {name!a}; the election has {known or 'none'}")

    def with_station(self, station: Station) -> "Stations":
        """Return the list with a station added, or replaced by its device's number."""
        others = [each for each in self.stations if each.device != station.device]
        every = tuple(sorted([*others, station], key=lambda each: each.device))
        return Stations(h_e=self.h_e, stations=every)


def device_info(name: str, serial: str, key: bytes) -> str:
    """Return S_device of a station: its key is in it, so that every confirmation code is bound to the key."""
    return f"station {name}; serial {serial}; key {hex_of(key)}"


def read_stations(directory: Path) -> Stations | None:
    """Return the list of an election's directory, None where there are no stations.

    Raises:
        ParseError: it is not in its form.
    """
    path = directory / FILE
    if not path.is_file():
        return None
    if path.stat().st_size > _LIMIT:
        raise ParseError(str(path), f"larger than {_LIMIT} bytes")
    return parse(Stations, path.read_bytes().removesuffix(b"\n"), str(path))


def write_stations(directory: Path, stations: Stations) -> None:
    """Write the list."""
    for station in stations.stations:
        check_signing_key(station.key, f"station {station.name}")
        for official in station.officials:
            check_signing_key(official.key, f"{official.name} of station {station.name}")
    write_atomically(directory / FILE, dump(stations) + b"\n")


def styles_at(manifest: Manifest, cell: str | None) -> tuple[int, ...]:
    """Return the ballot styles that a station serves: those of its tally cell, or all.

    Raises:
        CheckError: the manifest has no such cell.
    """
    if cell is None:
        return tuple(range(1, len(manifest.ballot_styles) + 1))
    found = next((each for each in manifest.cells if each.label == cell), None)
    if found is None:
        raise CheckError(f"the manifest has no tally cell {cell!a}")
    return found.ballot_styles


def style_at(manifest: Manifest, cell: str | None, style: int) -> int | None:
    """Return the ballot style that somebody with ``style`` on the roll votes with at a station of a cell.

    It is their own where the station serves it, or else the one of its cell that has the same contests; None where
    there is none, or more than one.
    """
    served = styles_at(manifest, cell)
    if style in served:
        return style
    contests = manifest.ballot_style(style).contests
    same = [each for each in served if manifest.ballot_style(each).contests == contests]
    return same[0] if len(same) == 1 else None


def log_handover(
    directory: Path, serial: str, event: Happening, now: datetime, *, giver: str = "", taker: str = "",
    seals: tuple[str, ...] = (), note: str = "",
) -> Entry:  # fmt: skip
    """Add a line to the hand-over log, and return it.

    Args:
        directory: the election's.
        serial: of the device.
        event: what happened.
        now: when.
        giver: who had it.
        taker: who has it now.
        seals: numbers of the seals on it.
        note: what else there is to say.

    Raises:
        ParseError, CheckError, StorageError: the log was changed, or cannot be written.
    """
    entry: Entry = {"time": shown_time(now), "serial": serial, "event": event}
    entry |= {name: text for name, text in (("from", giver), ("to", taker), ("note", note)) if text}
    if seals:
        entry["seals"] = list(seals)
    for text in (serial, giver, taker, note, *seals):
        if len(text) > 200 or not text.isprintable():
            raise CheckError(f"{text[:50]!a}: expected at most 200 printable characters")
    journal = Journal(directory / LOG)
    try:
        journal.append(entry)
    finally:
        journal.close()
    return entry


def read_log(directory: Path) -> list[Entry]:
    """Return the hand-over log.

    Raises:
        ParseError, CheckError, StorageError: it was changed, or cannot be read.
    """
    if not (directory / LOG).is_file():
        return []
    journal = Journal(directory / LOG)
    try:
        return list(journal.entries())
    finally:
        journal.close()
