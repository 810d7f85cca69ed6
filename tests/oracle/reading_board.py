"""The entries of the bulletin board, and the lists of a booth's files, read strictly.

Docs: docs/formats/board.md, "Entries"; docs/formats/record.md, "Files of a booth"
"""

import string
from typing import Any

from .record import Entry
from .strict_json import check_time, count, hex_bytes, items, json_file, json_lines, members, refuse, text

LAYOUTS = {
    "file": "kind time path sha256",
    "ballot": "kind time device position confirmation_code sha256 cast_commitment? challenge_commitment?",
    "status": "kind time confirmation_code status secret?",
    "recorded": "kind time confirmation_code sha256",
    "opened": "kind time confirmation_code sha256",
    "end": "kind time",
}
HASHES = ("confirmation_code", "sha256", "cast_commitment", "challenge_commitment", "secret")
STATUSES = ("cast", "challenged", "spoiled", "uncast")


def read_entries(content: bytes, where: str) -> list[Entry]:
    """All entries; a line that is too long for an entry is none."""
    if any(len(line) >= 2**16 for line in content.split(b"\n")):
        refuse(where, "an entry of 64 KiB or more")
    return [_entry(*line) for line in json_lines(content, where, may_be_empty=False)]


def _entry(value: Any, where: str) -> Entry:
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in LAYOUTS:
        refuse(where, "no kind of entry")
    fields = dict(members(value, LAYOUTS[kind], where))
    check_time(fields["time"], f"{where} time")
    for name in HASHES:
        if name in fields:
            fields[name] = hex_bytes(fields[name], f"{where} {name}", 32)
    for name in ("device", "position"):
        if name in fields and count(fields[name], f"{where} {name}") == 0:
            refuse(f"{where} {name}", "counted from 1")
    if "path" in fields and not 1 <= len(text(fields["path"], where)) <= 200:
        refuse(f"{where} path", "1 to 200 characters are expected")
    if "status" in fields and fields["status"] not in STATUSES:
        refuse(f"{where} status", "none of " + ", ".join(STATUSES))
    return Entry(where=where, **fields)


MARKS = set(string.ascii_letters + string.digits + "_~@.-")


def read_booth_files(content: bytes, where: str) -> None:
    """Which files a booth serves; nothing is made of it but that it has its form."""
    listed = items(members(json_file(content, where), "files", where)["files"], where)
    if not 1 <= len(listed) <= 1000:
        refuse(where, "1 to 1000 files are expected")
    before = ""
    for value, place in listed:
        fields = members(value, "path sha256", place)
        hex_bytes(fields["sha256"], place, 32)
        path = text(fields["path"], place)
        root, *segments = path.split("/")
        if root or not segments or len(path) > 200 or not all(map(_is_segment, segments)):
            refuse(place, "no path of a booth's file")
        if path <= before:
            refuse(place, "not behind the path before it")
        before = path


def _is_segment(segment: str) -> bool:
    return segment[:1] not in ("", ".") and MARKS.issuperset(segment)
