"""A record as one zip archive: the files of its index, compared with it, in its order, without dates or owners."""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from e2evote.errors import CheckError
from e2evote.record import layout
from e2evote.record.layout import IndexEntry, Record
from e2evote.terminal.screen import Report

_EPOCH = (1980, 1, 1, 0, 0, 0)


def pack_record(record: Record, target: Path, report: Report) -> None:
    """Write the archive; the same record gives the same bytes (with the same compression library).

    Raises:
        ParseError: the index is not in its form, or a file cannot be read.
        CheckError: a file differs from the index.
    """
    entries = record.index().files
    unlisted = record.names - {entry.path for entry in entries} - {layout.INDEX}
    if unlisted:
        raise CheckError(f"{min(unlisted)!a}: the file is not in the index of the record")
    total, done = sum(entry.size for entry in entries), 0

    def count(size: int) -> None:
        nonlocal done
        done += size
        report(done, total)

    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.absolute().parent)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                archive.writestr(_info(layout.INDEX, 0), record.read(layout.INDEX), compresslevel=6)
                for entry in entries:
                    _copy(record, entry, archive, count)
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _copy(record: Record, entry: IndexEntry, archive: zipfile.ZipFile, count: Callable[[int], None]) -> None:
    digest, size = hashlib.sha256(), 0
    with archive.open(_info(entry.path, entry.size), "w") as sink:
        for piece in record.pieces(entry.path, entry.size + 1):
            digest.update(piece)
            size += len(piece)
            sink.write(piece)
            count(len(piece))
    if (size, digest.digest()) != (entry.size, entry.sha256):
        raise CheckError(f"{entry.path}: the file differs from the index of the record")


def _info(name: str, size: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type, info.create_system, info.external_attr, info.file_size = (
        zipfile.ZIP_DEFLATED,
        3,
        0o644 << 16,
        size,
    )
    return info
