"""The files of a record, of a directory or of an archive, and their index.

Docs: docs/formats/record.md
"""

import os
import re
import stat
import struct
import zipfile
import zlib
from pathlib import Path

from .record import IndexEntry
from .strict_json import TOTAL, OracleParseError, count, hex_bytes, items, json_file, members, refuse, text

FORMAT = "e2evote-record"
FORMAT_VERSION = 1

PATH = re.compile(r"[a-z0-9_.-]+(/[a-z0-9_.-]+)*")
LAYOUT = re.compile(
    r"index\.json|manifest\.json|parameters\.json|hashes\.json|hashes_ext\.json|joint_election_public_key\.json"
    r"|guardians/guardian_[1-9][0-9]{0,9}\.public_key\.json"
    r"|devices/([0-9]{4}|[1-9][0-9]{4,8})"
    r"/(open\.json|(ballots|recorded)-([0-9]{6}|[1-9][0-9]{6,8})\.ndjson|statuses\.ndjson|close\.json)"
    r"|encrypted_tallies\.ndjson|exceptions\.ndjson|tallies\.ndjson|challenged_ballots\.ndjson|contest_data\.ndjson"
    r"|uncast_ballots\.ndjson|board/checkpoint|board/entries\.ndjson|booth/([0-9]{4}|[1-9][0-9]{4,8})\.json"
)

BOOTH = re.compile(r"booth/([0-9]{4}|[1-9][0-9]{4,8})\.json")


def files_of_directory(root: Path) -> dict[str, bytes]:
    files = {}
    for folder, folders, names in os.walk(root):
        for name in [*folders, *names]:
            found = Path(folder, name)
            mode = found.lstat().st_mode
            path = found.relative_to(root).as_posix()
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                refuse(path, "neither a file nor a directory")
            if stat.S_ISREG(mode):
                files[_checked_path(path)] = found.read_bytes()
    return files


def files_of_archive(path: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if stat.S_ISLNK(entry.external_attr >> 16):
                    refuse(entry.filename, "a symbolic link")
                if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    refuse(entry.filename, "neither stored nor deflated")
                if entry.is_dir():
                    continue
                if entry.filename in files:
                    refuse(entry.filename, "twice in the archive")
                files[_checked_path(entry.filename)] = archive.read(entry)
    except OracleParseError:
        raise
    except (OSError, RuntimeError, ValueError, EOFError, struct.error, zlib.error, zipfile.BadZipFile) as error:
        refuse(str(path), f"neither a directory nor a zip archive: {error}")
    return files


def _checked_path(path: str) -> str:
    if not PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        refuse(path, "no path of a record")
    return path


def read_index(content: bytes) -> list[IndexEntry]:
    where = "index.json"
    top = members(json_file(content, where), "format version files", where)
    if top["format"] != FORMAT or count(top["version"], f"{where} version") != FORMAT_VERSION:
        refuse(where, "another format or version")
    entries = []
    for raw, place in items(top["files"], f"{where} files"):
        entry = members(raw, "path size sha256", place)
        path, size = text(entry["path"], place), count(entry["size"], place, TOTAL)
        entries.append(IndexEntry(path, size, hex_bytes(entry["sha256"], place, 32)))
    return entries
