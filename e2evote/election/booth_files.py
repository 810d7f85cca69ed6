"""The list of a booth's files on its board: made of what is served, published, and compared with what is served.

Everybody can then hold the files that they got against the list, and an update of the booth's programs is seen by all.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from e2evote.election.acceptance import Acceptance
from e2evote.election.ports import KeptBoard, Streaming
from e2evote.election.publishing import WritableBoard
from e2evote.election.streams import BOOTH, OnBoard, file_of, newest
from e2evote.errors import CheckError
from e2evote.record import layout
from e2evote.record.booth import MOST_FILES, BoothFile, BoothFiles, is_served_path
from e2evote.record.codec import dump, parse
from e2evote.record.entries import FileEntry

FILE_LIMIT = 16 * 2**20
"""Bytes of the largest file of a booth; nobody who watches one reads more."""
_NAMED = 10
"""Files that a message names."""


def list_of(files: Mapping[str, bytes]) -> BoothFiles:
    """Return the list of files that are served.

    Args:
        files: contents by path, as a browser asks for it and gets it: behind redirections, without compression.

    Raises:
        CheckError: there is none, too many, too large a one, or a path that has more than one spelling.
    """
    if not 1 <= len(files) <= MOST_FILES:
        raise CheckError(f"a booth has 1 to {MOST_FILES} files, not {len(files)}")
    for path, data in files.items():
        if not is_served_path(path):
            raise CheckError(f"{path!a} cannot be the path of a booth's file")
        if len(data) > FILE_LIMIT:
            raise CheckError(f"{path}: a booth's file has at most {FILE_LIMIT} bytes, not {len(data)}")
    return BoothFiles(
        files=tuple(BoothFile(path=path, sha256=hashlib.sha256(files[path]).digest()) for path in sorted(files))
    )


def newest_list(view: Streaming) -> tuple[str, BoothFiles] | None:
    """Return path and content of the newest list on a board, None where there is none.

    Raises:
        StorageError: its entry is there and it is not.
    """
    entry = newest(view, BOOTH)
    data = file_of(view, entry.path) if isinstance(entry, FileEntry) else None
    if not isinstance(entry, FileEntry) or data is None:
        return None
    return entry.path, parse(BoothFiles, data.removesuffix(b"\n"), entry.path)


def publish_files(
    board: WritableBoard, acceptance: Acceptance, files: Mapping[str, bytes], now: datetime
) -> str | None:
    """Publish the list of a booth's files and return its path, None where the newest list on the board is the same.

    A checkpoint has to be signed afterwards, as after everything that is appended.

    Args:
        board: the board.
        acceptance: its election.
        files: contents by path, as for ``list_of``.
        now: the board's clock.

    Raises:
        CheckError: no such files can be listed, the keys are not on the board yet, or the election is over.
        StorageError: the board does not take it.
    """
    wanted = list_of(files)
    with board.writing() as writing:
        found = newest_list(writing)
        if found is not None and found[1] == wanted:
            return None
        path = layout.booth_path(OnBoard(writing).booth_lists + 1)
        acceptance.publish_file(writing, path, dump(wanted) + b"\n", now)
    return path


def check_files(board: KeptBoard, files: Mapping[str, bytes]) -> None:
    """Accept files that are exactly those of the newest list on the board.

    Args:
        board: the board.
        files: contents by path, as for ``list_of``.

    Raises:
        CheckError: there is no list, or naming the files that differ.
        StorageError: the board cannot be read.
    """
    served = list_of(files)
    with board.reading() as view:
        found = newest_list(view)
    if found is None:
        raise CheckError("the board has no list of the booth's files yet")
    path, listed = found
    problems = differences(listed, served)
    if problems:
        more = f", and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
        raise CheckError(
            f"the booth's files are not those of {path} on the board: {', '.join(problems[:_NAMED])}{more}"
        )


def differences(before: BoothFiles, after: BoothFiles) -> list[str]:
    """Return in words which files are other ones after than before, by path."""
    old, new = ({file.path: file.sha256 for file in files.files} for files in (before, after))
    kinds = {path: _kind(old.get(path), new.get(path)) for path in sorted(old.keys() | new.keys())}
    return [f"{path} {kind}" for path, kind in kinds.items() if kind]


def in_words(found: Sequence[str]) -> str:
    """Return differences as part of a sentence, the first of them where there are many."""
    more = f", and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"{', '.join(found[:_NAMED])}{more}" if found else "no file is another"


def _kind(old: bytes | None, new: bytes | None) -> str:
    if old is None:
        return "is new"
    if new is None:
        return "is missing"
    return "" if old == new else "is another"
