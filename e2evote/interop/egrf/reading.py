"""From files to items: JSON lines and protobuf, each in its one canonical form, by section."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from google.protobuf import json_format
from google.protobuf.message import DecodeError

from e2evote.encoding import strict_json
from e2evote.errors import ParseError
from e2evote.interop.egrf.schema import SECTIONS, WIDTHS, RecordItem, SegmentHeader
from e2evote.interop.foreign import Foreign
from e2evote.verifier.report import NOWHERE, Place

FRAME = 64 << 20
FILES = {
    "setup/header": 1,
    "setup/parameters": 2,
    "setup/manifest": 3,
    "setup/guardians": 4,
    "setup/election_keys": 5,
    "device_attestations": 258,
    "aggregated/encrypted_tally": 513,
    "aggregated/contest_data_requests": 514,
    "final/decrypted_tally": 769,
    "toc": 65534,
}
FOLDERS = {
    "final/challenged_ballot_decryptions": 770,
    "final/contest_data_decryptions": 771,
    "final/uncast_nonce_releases": 772,
}
_KINDS = {"regular": 1, "pre-encrypting": 2}
_CHECKS = {
    4: "2.D",
    257: "X.format",
    258: "R.attestation",
    513: "9.0",
    514: "12.R",
    769: "11.A",
    770: "14.A",
    771: "12.B",
    772: "X.uncast-complete",
    65534: "R.root",
    65535: "R.signature",
}
"""The check that an unreadable item of a section fails; without one of the others nothing can be verified."""
_IGNORED = ("setup/manifest.json", "meta.json")
_MEMBERS = {
    **{section: {section} for section in range(1, 6)},
    257: {10, 11, 12, 13, 14, 16},
    258: {15},
    513: {20, 21},
    514: {22},
    769: {30},
    770: {31},
    771: {32},
    772: {33},
    65534: {50},
    65535: {44},
}
"""Numbers of the items that may stand in a section."""

Section = tuple[int, bytes]
"""Type and key."""


class Damage(NamedTuple):
    """Something that could not be read, the check that it fails, and where it is."""

    check: str
    message: str
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Items:
    """Everything stored: items by section, and the signatures; ``extension`` is the encoding.

    Unreadable items are left out, on a device an item without content keeps the place.
    """

    extension: str
    sections: dict[Section, list[Any]] = field(default_factory=dict)
    signatures: list[Any] = field(default_factory=list)
    damages: list[Damage] = field(default_factory=list)

    def of(self, section: int) -> list[Any]:
        """Return the members of a section's items, an empty list where it is missing."""
        return [getattr(item, item.WhichOneof("item")) for item in self.sections.get((section, b""), [])]

    def devices(self) -> list[tuple[bytes, list[Any]]]:
        """Return key and items of every device, in the order of keys."""
        found = sorted(self.sections.items(), key=_key)
        return [(key, items) for (kind, key), items in found if kind == 257 and items]


def _key(entry: tuple[Section, Any]) -> Section:
    return entry[0]


def place_of(record: Foreign) -> tuple[str, str] | None:
    """Return the folder that a record lies in, and the encoding of its files; None where there is not exactly one."""
    found = [
        (name.removesuffix(f"setup/guardians.{ending}"), ending)
        for name in sorted(record.names)
        for ending in ("jsonl", "binpb")
        if name == f"setup/guardians.{ending}" or name.endswith(f"/setup/guardians.{ending}")
    ]
    return found[0] if len(found) == 1 else None


def read(record: Foreign) -> Items:
    """Read all files.

    Raises:
        ParseError: header, parameters, manifest or keys of the election cannot be read.
    """
    folder, extension = place_of(record) or ("", "jsonl")
    items = Items(extension)
    for path in sorted(record.names):
        name = path.removeprefix(folder)
        if name in _IGNORED or name.startswith("derived/"):
            continue
        try:
            section, number = _section_of(name, items.extension)
        except ParseError as error:
            items.damages.append(Damage("R.structure", str(error)))
        else:
            _read_segment(items, record.read(path), name, section, number)
    return items


def _read_segment(items: Items, data: bytes, name: str, section: Section, number: int | None) -> None:
    """Add what one file holds; what cannot be read of it is a damage.

    Raises:
        ParseError: nothing could be verified without it.
    """
    found = items.signatures if section[0] == 65535 else items.sections.setdefault(section, [])
    first = 0 if section[0] == 65535 else len(found)
    for ordinal, result in enumerate(_messages(data, name, items.extension), -1):
        try:
            if isinstance(result, ParseError):
                raise result
            if ordinal < 0:
                stated = (result.magic, result.format_major, result.section_type, result.key, result.first_ordinal)
                if stated != ("EGRF", 2, *section, first) or (number is not None and (number == 0) != (first == 0)):
                    raise ParseError(name, "the segment's header does not agree with the file's place")
                continue
            kind = result.WhichOneof("item")
            if result.DESCRIPTOR.fields_by_name[kind].number not in _MEMBERS[section[0]]:
                raise ParseError(name, f"an item {kind} does not belong here")
            found.append(result)
        except ParseError as error:
            if section[0] not in _CHECKS:
                raise
            place = NOWHERE
            if section[0] == 257:
                place = Place(position=first + ordinal if first + ordinal > 0 else None)
                if ordinal >= 0:
                    found.append(RecordItem())
            items.damages.append(Damage(_CHECKS[section[0]], str(error), place))


def _section_of(name: str, extension: str) -> tuple[Section, int | None]:
    stem, dot, ending = name.rpartition(".")
    if not dot or ending != extension:
        raise ParseError(ascii(name), f"a file outside the layout, or not .{extension} like the others")
    if stem in FILES:
        return (FILES[stem], b""), None
    folder, _, last = stem.rpartition("/")
    if folder == "signatures":
        return (65535, b""), None
    if len(last) == 8 and last.isascii() and last.isdigit():
        if folder in FOLDERS:
            return (FOLDERS[folder], b""), int(last)
        kind, _, digits = folder.removeprefix("devices/").rpartition("-")
        if folder.startswith("devices/") and kind in _KINDS and len(digits) == 64 and set(digits) <= set(_HEX):
            return (257, bytes([_KINDS[kind]]) + bytes.fromhex(digits)), int(last)
    raise ParseError(ascii(name), "a file outside the layout of EGRF v2")


_HEX = "0123456789abcdef"


def _messages(data: bytes, name: str, extension: str) -> Iterator[Any]:
    """Yield the header and the items, or in the place of each the error that it has."""
    frames = _lines(data) if extension == "jsonl" else _frames(data, name)
    kind = SegmentHeader
    try:
        for number, frame in enumerate(frames, 1):
            yield _message(frame, kind, f"{name}:{number}", extension)
            kind = RecordItem
    except ParseError as error:
        yield error
    if not data:
        yield ParseError(name, "the file is empty")


def _message(frame: bytes, kind: Any, where: str, extension: str) -> Any:  # noqa: ANN401  (protobuf's own)
    try:
        message = _from_json(frame, kind(), where) if extension == "jsonl" else _from_binary(frame, kind(), where)
        check_item(message, where)
        if kind is RecordItem and message.WhichOneof("item") is None:
            raise ParseError(where, "an item without content")
    except ParseError as error:
        return error
    return message


def _lines(data: bytes) -> Iterator[bytes]:
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    if len(lines) == 2 and not lines[1].removesuffix(b"\r"):  # a section without items, as it is published
        lines.pop()
    yield from (line.removesuffix(b"\r") for line in lines)


def _frames(data: bytes, name: str) -> Iterator[bytes]:
    place = 0
    while place < len(data):
        length, start, byte = 0, place, 128
        for shift in range(0, 35, 7):
            if place >= len(data):
                raise ParseError(name, f"the length at byte {start} is cut off")
            byte, place = data[place], place + 1
            length |= (byte & 127) << shift
            if byte < 128:
                break
        if byte >= 128 or (byte == 0 and place - start > 1) or not 0 < length <= min(FRAME, len(data) - place):
            raise ParseError(name, f"the length at byte {start} is not minimal or not that of a message")
        yield data[place : place + length]
        place += length


def _from_json(line: bytes, message: Any, where: str) -> Any:  # noqa: ANN401  (protobuf's own)
    value = strict_json(line, where)
    try:
        json_format.ParseDict(value, message)
        again = json_format.MessageToDict(message)
    except (json_format.Error, ValueError, TypeError, RecursionError) as error:
        raise ParseError(where, f"not a message of EGRF v2 ({error})") from error
    if json.dumps(again, sort_keys=True) != json.dumps(value, sort_keys=True):
        raise ParseError(where, "not the one written form of this message")
    return message


def _from_binary(frame: bytes, message: Any, where: str) -> Any:  # noqa: ANN401  (protobuf's own)
    try:
        message.ParseFromString(frame)
    except (DecodeError, ValueError) as error:
        raise ParseError(where, f"not a message of EGRF v2 ({error})") from error
    message.DiscardUnknownFields()
    if canonical(message) != frame:
        raise ParseError(where, "not the canonical encoding of this message, or fields that v2.0 does not have")
    return message


def canonical(message: Any) -> bytes:  # noqa: ANN401  (protobuf's own)
    """Return the canonical bytes, which are hashed."""
    return bytes(message.SerializeToString(deterministic=True))


def check_item(message: Any, where: str) -> None:  # noqa: ANN401  (protobuf's own)
    """Check widths, bounds and enumerations.

    Raises:
        ParseError: naming the field.
    """
    name = message.DESCRIPTOR.name
    if name == "Timestamp":
        if not 0 <= message.seconds <= 253402300799 or not 0 <= message.nanos < 10**9 or message.nanos % 10**6:
            raise ParseError(where, "a time is not one of whole milliseconds from 1970 to 9999")
        return
    for known in message.DESCRIPTOR.fields:
        value, there = getattr(message, known.name), f"{where}: {name}.{known.name}"
        width = WIDTHS.get((name, known.name))
        if width is not None and (value or not width.omittable):
            fits = len(value) % width.size == 0 if width.multiple and value else len(value) == width.size
            if not fits:
                raise ParseError(there, f"{len(value)} bytes; expected {width}")
        if known.enum_type is not None and (not value or value not in known.enum_type.values_by_number):
            raise ParseError(there, "not a value that may stand here")
        if known.type in (known.TYPE_UINT32, known.TYPE_UINT64):
            limit = 31 if known.type == known.TYPE_UINT32 else 63
            if value >> limit:
                raise ParseError(there, f"not under 2^{limit}")
        if known.message_type is not None:
            single = [value] if not known.is_repeated and message.HasField(known.name) else []
            inner = list(value) if known.is_repeated else single
            for part in inner:
                check_item(part, there)


def section_name(section: Section) -> str:
    """Return a section's name for people."""
    return SECTIONS[section[0]].lower() + (f" {section[1].hex()[:10]}…" if section[1] else "")
