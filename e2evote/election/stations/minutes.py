"""The minutes of a station: what it did, signed by its own key and by the officials who closed it.

The station's key is in its device's information, so that the record alone says whose signature it has to be; the
officials' keys are under that signature, and in the election's list of stations.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from annotated_types import MaxLen, MinLen

from e2evote.ed25519 import check_signing_key, verify_signature
from e2evote.election.stations.chain import Counts
from e2evote.election.stations.inventory import Name, Official, Stations, device_info
from e2evote.errors import CheckError
from e2evote.messages.signing import SecretSigningKey, Signature
from e2evote.record import layout
from e2evote.record.ballot import DeviceClosing, Timestamp
from e2evote.record.codec import Count, Hash, Index, RecordModel, dump, parse
from e2evote.record.layout import Record
from e2evote.record.setup import ExtendedHashes

OPENING_DOMAIN, MINUTES_DOMAIN = b"e2evote-station-opening/v1\n", b"e2evote-station-minutes/v1\n"
LIMIT = 2**20


class OpeningRecord(RecordModel):
    """The record of the opening, a zero report: no ballot is in the chain."""

    h_e: Hash
    device: Index
    name: Name
    serial: Name
    key: Hash
    time: Timestamp
    ballots: Literal[0] = 0
    listed: Count
    officials: Annotated[tuple[Official, ...], MinLen(2), MaxLen(2)]


class Minutes(RecordModel):
    """What the station did. Counts are of permits and ballots; ``journal`` is the last hash of the chain's file."""

    h_e: Hash
    device: Index
    name: Name
    serial: Name
    key: Hash
    opened: Timestamp
    closed: Timestamp
    listed: Count
    authorised: Count
    cast: Count
    challenged: Count
    spoiled: Count
    unused: Count
    ballots: Count
    first_code: Hash | None = None
    last_code: Hash | None = None
    closing: DeviceClosing
    journal: Hash
    officials: Annotated[tuple[Official, ...], MinLen(2), MaxLen(2)]

    @property
    def counts(self) -> Counts:
        """The five numbers."""
        return Counts(self.authorised, self.cast, self.challenged, self.spoiled, self.unused)


class SignedMinutes(RecordModel):
    """The file: minutes, the station's signature, and the officials' in their order."""

    format: Literal["e2evote-station-minutes/v1"] = "e2evote-station-minutes/v1"
    minutes: Minutes
    station: Signature
    officials: Annotated[tuple[Signature, ...], MinLen(2), MaxLen(2)]


def signatures(
    domain: bytes, content: RecordModel, station: SecretSigningKey, officials: Iterable[SecretSigningKey]
) -> tuple[bytes, tuple[bytes, ...]]:
    """Return the station's signature and the officials'."""
    data = domain + dump(content)
    return station.sign(data), tuple(key.sign(data) for key in officials)


def read_minutes(data: bytes, where: str) -> SignedMinutes:
    """Read minutes whose signatures hold.

    Raises:
        ParseError: it is not in its form.
        CheckError: the numbers do not fit each other.
        VerificationError: a signature does not hold.
    """
    found = parse(SignedMinutes, data.removesuffix(b"\n"), where)
    minutes, signed = found.minutes, MINUTES_DOMAIN + dump(found.minutes)
    check_signing_key(minutes.key, "the station")
    verify_signature(minutes.key, found.station, signed, "the station")
    for official, signature in zip(minutes.officials, found.officials, strict=True):
        check_signing_key(official.key, official.name)
        verify_signature(official.key, signature, signed, official.name)
    first, second = minutes.officials
    if first.key == second.key or first.name == second.name:
        raise CheckError(f"{where}: both signatures are of one official")
    if minutes.authorised != minutes.cast + minutes.unused:
        raise CheckError(f"{where}: every permit is used by a cast ballot or returned; the numbers do not say so")
    if minutes.ballots != minutes.cast + minutes.challenged + minutes.spoiled:
        raise CheckError(f"{where}: every ballot is cast, challenged or spoiled; the numbers do not say so")
    if minutes.closing.ballots != minutes.ballots:
        raise CheckError(f"{where}: the chain was closed over another number of ballots")
    return found


def differences(minutes: Minutes, record: Record, stations: Stations | None = None) -> list[str]:
    """Return in words where minutes and a record do not agree.

    Args:
        minutes: of ``read_minutes``.
        record: an election record, which is verified by others.
        stations: the election's list, to compare keys with.

    Raises:
        ParseError: the record cannot be read.
    """
    found: list[str] = []

    def same(what: str, minute: object, recorded: object) -> None:
        if minute != recorded:
            found.append(f"{what}: the minutes say {_shown(minute)}, the record {_shown(recorded)}")

    same("election", minutes.h_e, record.object(ExtendedHashes, layout.EXTENDED_HASHES).h_e)
    if layout.opening_path(minutes.device) not in record:
        return [*found, f"the record has no device {minutes.device}"]
    info = record.opening(minutes.device).device_info
    same("device", device_info(minutes.name, minutes.serial, minutes.key), info)
    if layout.closing_path(minutes.device) not in record:
        return [*found, f"device {minutes.device} is not closed in the record"]
    closing = record.object(DeviceClosing, layout.closing_path(minutes.device))
    same("ballots", minutes.ballots, closing.ballots)
    same("closing hash", minutes.closing.closing_hash, closing.closing_hash)
    same("closing", minutes.closing, closing)
    statuses = list(record.statuses(minutes.device))
    for status in ("cast", "challenged", "spoiled"):
        same(status, getattr(minutes, status), sum(entry.status == status for entry in statuses))
    ends = (statuses[0].confirmation_code, statuses[-1].confirmation_code) if statuses else (None, None)
    same("first code", minutes.first_code, ends[0])
    same("last code", minutes.last_code, ends[1])
    if stations is not None:
        found += _unpinned(minutes, stations)
    return found


def _unpinned(minutes: Minutes, stations: Stations) -> list[str]:
    if stations.h_e != minutes.h_e:
        return ["the list of stations is of another election"]
    station = next((each for each in stations.stations if each.device == minutes.device), None)
    if station is None or station.key != minutes.key:
        return ["the station's key is not the one in the list of stations"]
    known = {(official.name, official.key) for official in station.officials}
    return [
        f"the key of {official.name} is not in the list of stations"
        for official in minutes.officials
        if (official.name, official.key) not in known
    ]


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex().upper()
    return "nothing" if value is None else str(value)
