"""The archive: files named by their SHA-256, and the chain of events that refers to them.

Belenios specification 3.3, §4.4. It is a tar file (``.bel``), alone or in a folder, or a folder of its members.
"""

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from e2evote.encoding import strict_json
from e2evote.errors import ParseError
from e2evote.interop.belenios.checks import SETUP
from e2evote.interop.fields import integer, record, text
from e2evote.interop.foreign import Foreign
from e2evote.verifier.report import Ledger

HEADER = "BELENIOS"
_NAME = re.compile(r"([0-9a-f]{64})\.(data|event)\.json", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
TYPES = ("Setup", "Ballot", "EndBallots", "EncryptedTally", "Shuffle", "EndShuffles", "PartialDecryption", "Result")
_REPEATED = {"Ballot", "Shuffle", "PartialDecryption"}
_BARE = {"EndBallots", "EndShuffles"}
_NEEDS = {
    "Ballot": "Setup",
    "EndBallots": "Setup",
    "EncryptedTally": "EndBallots",
    "Shuffle": "EncryptedTally",
    "EndShuffles": "EncryptedTally",
    "PartialDecryption": "EncryptedTally",
    "Result": "PartialDecryption",
}
_SETUP = ("election", "trustees", "credentials")


def archive_in(record: Foreign) -> Foreign | None:
    """Return the archive's members: of the record itself, or of the one ``.bel`` file in it."""
    if HEADER in record:
        return record
    found = [name for name in record.names if name.endswith(".bel")]
    return record.within(found[0]) if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Event:
    """One event with its hash."""

    hash: str
    parent: str | None
    height: int
    type: str
    payload: str | None


@dataclass(frozen=True, slots=True)
class Board:
    """What the archive holds: files by hash, and what the events refer to, in order."""

    files: Foreign
    data: frozenset[str]
    setup: dict[str, str]
    events: tuple[Event, ...]
    shares: tuple[tuple[int | None, str | None], ...] = ()
    tally: dict[str, Any] = field(default_factory=dict)

    def payloads(self, kind: str) -> list[str]:
        """Return the payloads of the events of a type, in order."""
        return [event.payload for event in self.events if event.type == kind and event.payload is not None]

    def has(self, kind: str) -> bool:
        """Tell whether an event of the type is there."""
        return any(event.type == kind for event in self.events)

    def read(self, digest: str) -> bytes:
        """Return the file of that hash.

        Raises:
            ParseError: it is missing or too large.
        """
        return self.files.read(f"{digest}.data.json")

    def json(self, digest: str) -> Any:  # noqa: ANN401  (JSON is any of its types)
        """Return the file of that hash as JSON.

        Raises:
            ParseError: it is missing, or not JSON.
        """
        return strict_json(self.read(digest), f"{digest[:16]}….data.json")


def read_board(ledger: Ledger, archive: Foreign) -> Board:
    """Read header and chain, and check both.

    Raises:
        ParseError: another version, or nothing that says what election this is.
    """
    _check_header(archive)
    names = [name for name in sorted(archive.names) if name != HEADER]
    matches = {name: _NAME.fullmatch(name) for name in names}
    for name, match in matches.items():
        digest = hashlib.sha256(archive.read(name)).hexdigest()
        named = match is not None and match[1] == digest
        ledger.check("BEL.hashes", named, f"{ascii(name)[:80]}: its SHA-256 is {digest}")
    data = frozenset(match[1] for match in matches.values() if match is not None and match[2] == "data")
    events = _events(ledger, archive, [m[1] for m in matches.values() if m is not None and m[2] == "event"])
    _check_order(ledger, events)
    first = next((event.payload for event in events if event.type == "Setup" and event.payload is not None), None)
    if first is None:
        raise ParseError(archive.where, "there is no Setup event that says which election this is")
    value = record(archive.json(f"{first}.data.json"), "setup", _SETUP, ("credentials_certificate",))
    setup = {name: _hash(value[name], f"setup.{name}") for name in value}
    board = Board(archive, data, setup, events)
    shares = tuple(_share(ledger, board, digest) for digest in board.payloads("PartialDecryption"))
    board = replace(board, shares=shares, tally=_tally(ledger, board))
    _check_references(ledger, board)
    ledger.complete(SETUP)
    return board


def _check_header(archive: Foreign) -> None:
    header = record(archive.json(HEADER), HEADER, ("version", "timestamp"))
    if not isinstance(header["timestamp"], str | int):
        raise ParseError(HEADER, "neither a number nor a string", "timestamp")
    check_version(header["version"], HEADER)


def check_version(value: object, where: str) -> None:
    """Check that this is version 1, in an archive's header or an election.

    Raises:
        ParseError: it is another.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value != 1:
        raise ParseError(
            where, f"{ascii(value)[:40]}: only version 1, of Belenios 1.17 to 3.3, can be verified", "version"
        )


def _events(ledger: Ledger, archive: Foreign, hashes: list[str]) -> tuple[Event, ...]:
    """Return the events by height, and check how each follows the one before."""
    events = []
    for digest in hashes:
        name = f"{digest}.event.json"
        try:
            events.append(_event(digest, archive.json(name)))
        except ParseError as error:
            ledger.check("BEL.chain", False, str(error))
    events.sort(key=lambda event: (event.height, event.hash))
    for height, event in enumerate(events):
        parent = events[height - 1].hash if height else None
        message = f"event {event.hash[:16]}… of height {event.height} does not follow the event of height {height - 1}"
        ledger.check("BEL.chain", (event.height, event.parent) == (height, parent), message)
    return tuple(events)


def _event(digest: str, value: object) -> Event:
    where = f"{digest[:16]}….event.json"
    event = record(value, where, ("height", "type"), ("parent", "payload"))
    hashes = [_hash(event[name], f"{where}.{name}") if name in event else None for name in ("parent", "payload")]
    kind = text(event["type"], f"{where}.type")
    if kind not in TYPES:
        raise ParseError(where, f"unknown type {ascii(kind)[:40]}")
    return Event(digest, hashes[0], integer(event["height"], f"{where}.height"), kind, hashes[1])


def _check_order(ledger: Ledger, events: tuple[Event, ...]) -> None:
    check = partial(ledger.check, "BEL.order")
    seen: set[str] = set()
    last = ""
    for event in events:
        kind = event.type
        forward = not last or TYPES.index(kind) > TYPES.index(last) or (kind == last and kind in _REPEATED)
        in_order = forward and (kind == "Setup" if not last else _NEEDS.get(kind) in seen)
        check(in_order, f"event {event.height} is {kind}, after {last or 'nothing'}")
        check((event.payload is None) == (kind in _BARE), f"event {event.height}, {kind}: a payload too many or none")
        seen.add(kind)
        last = kind


def _tally(ledger: Ledger, board: Board) -> dict[str, Any]:
    """Return the fields of the tally's size, or nothing where they cannot be read."""
    payloads = board.payloads("EncryptedTally")
    if not payloads:
        return {}
    try:
        where = "sized_encrypted_tally"
        value = record(board.json(payloads[0]), where, ("num_tallied", "total_weight", "encrypted_tally"))
        _hash(value["encrypted_tally"], where)
    except ParseError as error:
        ledger.check("BEL.tally-format", False, str(error))
        return {}
    return value


def _owned(board: Board, digest: str) -> tuple[int, str]:
    """Return owner and payload of what a trustee made."""
    value = record(board.json(digest), "owned", ("owner", "payload"))
    return integer(value["owner"], "owned.owner"), _hash(value["payload"], "owned.payload")


def _share(ledger: Ledger, board: Board, digest: str) -> tuple[int | None, str | None]:
    """Return owner and payload of a partial decryption; neither where they cannot be read."""
    try:
        return _owned(board, digest)
    except ParseError as error:
        ledger.check("BEL.decryption-format", False, str(error))
        return None, None


def _check_references(ledger: Ledger, board: Board) -> None:
    wanted = {event.payload for event in board.events if event.payload is not None} | set(board.setup.values())
    wanted |= {payload for _, payload in board.shares if payload is not None}
    if board.tally:
        wanted.add(board.tally["encrypted_tally"])
    for digest in board.payloads("Shuffle"):
        with suppress(ParseError):  # shuffles are not verified, as the report says elsewhere
            wanted.add(_owned(board, digest)[1])
    for digest in sorted(wanted):
        ledger.check("BEL.references", digest in board.data, f"{digest}.data.json is missing")
    for digest in sorted(board.data):
        ledger.check("BEL.references", digest in wanted, f"nothing refers to {digest}.data.json")
    strange = [name for name in board.files.names if name != HEADER and _NAME.fullmatch(name) is None]
    for name in sorted(strange):
        ledger.check("BEL.references", False, f"{ascii(name)[:80]} is no file of an archive")


def _hash(value: object, where: str) -> str:
    if not isinstance(value, str) or _HASH.fullmatch(value) is None:
        raise ParseError(where, "expected a SHA-256 in hex")
    return value
