"""A published record in memory, its setup complete, to be changed and written as JSON lines or protobuf."""

import base64
import copy
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from google.protobuf import json_format

from e2evote.engine import workers
from e2evote.interop.egrf.family import EgrfFamily, _rebuild, _structure
from e2evote.interop.egrf.reading import canonical, read
from e2evote.interop.egrf.roots import contents
from e2evote.interop.egrf.schema import RecordItem, SegmentHeader
from e2evote.interop.family import Judgement
from e2evote.interop.foreign import Foreign
from e2evote.verifier.report import Report

NAMES = ("regular-chained", "pre-encrypted")
Lines = list[Any]


@dataclass
class Memory:
    """Files held in memory."""

    content: dict[str, bytes]

    def names(self) -> list[str]:
        return sorted(self.content)

    def open(self, name: str) -> IO[bytes]:
        return io.BytesIO(self.content[name])


@dataclass
class Golden:
    """Every file's lines, the first of each its header."""

    lines: dict[str, Lines] = field(default_factory=dict, repr=False)

    @classmethod
    def at(cls, folder: Path) -> "Golden":
        """Load a record, and put the two files of the setup back that were not published."""
        golden, record = cls(), Foreign.at(folder)
        for path in sorted(folder.rglob("*.jsonl")):
            stem = str(path.relative_to(folder).with_suffix(""))
            golden.lines[stem] = [json.loads(line) for line in path.read_bytes().splitlines() if line]
        items = read(record)
        _rebuild(Judgement("-", record), items)
        for section, stem in ((1, "setup/header"), (2, "setup/parameters")):
            header = SegmentHeader(magic="EGRF", format_major=2, section_type=section)
            messages = (header, *items.sections[section, b""])
            golden.lines[stem] = [json_format.MessageToDict(message) for message in messages]
        return golden

    def copy(self) -> "Golden":
        return Golden(copy.deepcopy(self.lines))

    def file(self, start: str) -> Lines:
        """Return the lines of the first file whose name begins so."""
        return self.lines[min(stem for stem in self.lines if stem.startswith(start))]

    def json(self) -> dict[str, bytes]:
        return {
            f"{stem}.jsonl": b"".join(json.dumps(line).encode() + b"\n" for line in lines)
            for stem, lines in self.lines.items()
        }

    def binary(self) -> dict[str, bytes]:
        return {f"{stem}.binpb": b"".join(map(framed, _messages(lines))) for stem, lines in self.lines.items()}

    def rerooted(self) -> "Golden":
        """Return a copy whose table of contents claims what is there now."""
        record = Foreign("record", Memory(self.json()))
        items = read(record)
        _structure(Judgement("-", record), items)  # which adds the sections that are claimed to be empty
        entries = contents(items)
        changed = self.copy()
        changed.lines["toc"][1:] = [json_format.MessageToDict(entry) for entry in entries]
        return changed


def _messages(lines: Lines) -> Iterator[bytes]:
    for number, line in enumerate(lines):
        yield canonical(json_format.ParseDict(line, RecordItem() if number else SegmentHeader()))


def framed(frame: bytes) -> bytes:
    return varint(len(frame)) + frame


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def verified(files: dict[str, bytes]) -> Report:
    return EgrfFamily().verify(Foreign("record", Memory(files)), workers(1), None)


def flip(text: str, offset: int = -1) -> str:
    """Change the lowest bit of one byte."""
    raw = bytearray(base64.b64decode(text))
    raw[offset] ^= 1
    return base64.b64encode(raw).decode()
