"""What polling stations hand in: requests, the list, lines of a chain, minutes."""

import hashlib

from e2evote.election.stations.grant import Request
from e2evote.election.stations.inventory import Official, Stations
from e2evote.election.stations.inventory import Station as Listed
from e2evote.election.stations.journal import check_line
from e2evote.election.stations.minutes import MINUTES_DOMAIN, Minutes, SignedMinutes, read_minutes, signatures
from e2evote.encoding import canonical_json, hex_of
from e2evote.errors import ParseError
from e2evote.messages.signing import SecretSigningKey
from e2evote.record.ballot import DeviceClosing
from e2evote.record.codec import dump, parse

_KINDS = {b'{"format":"e2evote-station-request/': Request, b'{"format":"e2evote-stations/': Stations}
_KEYS = [SecretSigningKey.of(bytes([number]) * 32) for number in range(1, 4)]


def station(data: bytes) -> None:
    """A file of a station, by how it begins; what is accepted, written again, is the same."""
    for beginning, kind in _KINDS.items():
        if data.startswith(beginning):
            assert dump(parse(kind, data, "file")) == data
            return
    if data.startswith(b'{"entry":'):
        check_line(data + b"\n", bytes(32), "chain")
    elif data.startswith(b'{"format":"e2evote-station-minutes/'):
        assert dump(read_minutes(data, "minutes")) == data
    else:
        raise ParseError("file", "expected a file of a station")


def station_seeds() -> list[bytes]:
    """Return one of each, with keys that everybody knows."""
    own, *others = _KEYS
    names = [("Maryam", "opener"), ("Reza", "operator")]
    officials = tuple(
        Official(name=name, role=role, key=key.public)  # type: ignore[arg-type]
        for (name, role), key in zip(names, others, strict=True)
    )
    request = Request(name="Hall", serial="SN-1", key=own.public, sealing=bytes(range(32)), officials=officials)
    listed = Listed(device=2, name="Hall", serial="SN-1", key=own.public, sealing=bytes(range(32)), officials=officials)
    stations = Stations(h_e=bytes(32), stations=(listed,))
    entry = canonical_json({"kind": "returned"})
    line = b'{"entry":' + entry + b',"hash":"' + hex_of(hashlib.sha256(bytes(32) + entry).digest()).encode() + b'"}'
    minutes = Minutes(
        h_e=bytes(32), device=2, name="Hall", serial="SN-1", key=own.public, opened="2026-12-01T04:30:00Z",
        closed="2026-12-01T14:30:00Z", listed=3, authorised=2, cast=1, challenged=1, spoiled=0, unused=1, ballots=2,
        first_code=bytes(32), last_code=bytes(range(32)), closing=DeviceClosing(ballots=2), journal=bytes(32),
        officials=officials,
    )  # fmt: skip
    station_signature, official_signatures = signatures(MINUTES_DOMAIN, minutes, own, others)
    signed = SignedMinutes(minutes=minutes, station=station_signature, officials=official_signatures)
    return [dump(signed), dump(request), dump(stations), line]
