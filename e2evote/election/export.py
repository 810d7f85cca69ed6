"""The election record as a board has it: whole files from objects, the others put together from single entries.

Reading takes the entries once and keeps what ``order.Standing`` keeps; ballots are then read one by one. From the same
entries the same record is made, byte for byte, whether they come from the board itself or from a mirror of it.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

from e2evote.election.order import Ballot, Standing
from e2evote.election.ports import Readable
from e2evote.encoding import hex_of
from e2evote.errors import CheckError
from e2evote.record import layout
from e2evote.record.ballot import BallotStatus
from e2evote.record.codec import dump
from e2evote.record.entries import parse_entry
from e2evote.record.writer import RecordWriter

SHARD_BALLOTS = 100
"""Ballots in a shard of an exported record."""

Pieces: TypeAlias = Callable[[], Iterator[bytes]]
Report: TypeAlias = Callable[[int, int], None]


def standing_of(view: Readable, size: int | None = None) -> Standing:
    """Return what stands on a board after its first entries.

    Raises:
        ParseError: an entry is none of an election; nothing can be said of such a board.
    """
    standing = Standing()
    for index, data in enumerate(view.entries(0, view.size if size is None else size)):
        standing.add(parse_entry(data, f"entry {index}"))
    return standing


def export(view: Readable, checkpoint: bytes, size: int, folder: Path, report: Report | None = None) -> None:
    """Write the record of a board's first ``size`` entries into an empty folder.

    Args:
        view: the board, or a mirror whose hashes were verified.
        checkpoint: the note of a checkpoint of exactly these entries.
        size: how many they are.
        folder: made if missing; it stays half filled where something fails, so make it a draft.
        report: takes the number of files written, and of all.

    Raises:
        ParseError: an entry is none of an election.
        CheckError: an object is missing, or is not what its entry says.
    """
    files = _files(view, standing_of(view, size), checkpoint, size)
    writer = RecordWriter(folder)
    with writer.together():
        for done, name in enumerate(sorted(files), 1):
            writer.write_pieces(name, files[name]())
            if report is not None:
                report(done, len(files))


def bring(view: Readable, checkpoint: bytes, size: int, writer: RecordWriter) -> list[str]:
    """Bring into a growing record what its board has and it lacks; return the paths that are new.

    These are whole files, closed devices that sent their ballots to the board themselves, and always the checkpoint
    with its entries. Devices whose ballots the record has already are left as they are.

    Args:
        view: the board, or a mirror whose hashes were verified.
        checkpoint: the note of a checkpoint of exactly these entries.
        size: how many they are.
        writer: of the record.

    Raises:
        ParseError: an entry is none of an election.
        CheckError: an object is missing, or a file of the record is another than the board's.
    """
    standing, record = standing_of(view, size), writer.record
    for path, sha256 in standing.files.items():
        if path in record and record.sha256(path)[1] != sha256:
            raise CheckError(f"{path}: the board has another file of this name")
    sent = {device for device in standing.closed if not record.ballot_shards(device)}
    new = [path for path in standing.files if path not in record]
    new += [
        path for path in _made_files(view, standing) if path not in record and layout.device_of(path) in (None, *sent)
    ]
    files = _files(view, standing, checkpoint, size)
    with writer.together():
        for path in new:
            writer.write_pieces(path, files[path]())
        for path in (layout.BOARD_CHECKPOINT, layout.BOARD_ENTRIES):
            writer.write_pieces(path, files[path](), replace=True)
    return new


def _files(view: Readable, standing: Standing, checkpoint: bytes, size: int) -> dict[str, Pieces]:
    return {
        **_whole_files(view, standing),
        **_made_files(view, standing),
        layout.BOARD_CHECKPOINT: lambda: iter([checkpoint]),
        layout.BOARD_ENTRIES: lambda: (entry + b"\n" for entry in view.entries(0, size)),
    }


def _whole_files(view: Readable, standing: Standing) -> dict[str, Pieces]:
    def piece(sha256: bytes, name: str) -> Iterator[bytes]:
        yield object_of(view, sha256, name)

    return {path: partial(piece, sha256, path) for path, sha256 in standing.files.items()}


def _made_files(view: Readable, standing: Standing) -> dict[str, Pieces]:
    files: dict[str, Pieces] = {}
    for device, ballots in standing.by_device.items():
        lines = [ballot.sha256 for ballot in ballots]
        files |= _sharded(view, lines, partial(layout.ballots_path, device))
        recorded = [ballot.recorded for ballot in ballots if ballot.recorded is not None]
        files |= _sharded(view, recorded, partial(layout.recorded_path, device))
        decided = [ballot for ballot in ballots if ballot.status is not None]
        if decided:
            files[layout.statuses_path(device)] = partial(_statuses, decided)
    for name, status in ((layout.CHALLENGED_BALLOTS, "challenged"), (layout.UNCAST_BALLOTS, "uncast")):
        opened = [
            ballot.opened
            for _, ballots in sorted(standing.by_device.items())
            for ballot in ballots
            if ballot.status == status and ballot.opened is not None
        ]
        if opened:
            files[name] = partial(_lines, view, opened, name)
    return files


def _sharded(view: Readable, lines: Sequence[bytes], path: Callable[[int], str]) -> dict[str, Pieces]:
    starts = range(0, len(lines), SHARD_BALLOTS)
    shards = {path(shard): lines[start : start + SHARD_BALLOTS] for shard, start in enumerate(starts, 1)}
    return {name: partial(_lines, view, shard, name) for name, shard in shards.items()}


def _lines(view: Readable, hashes: Iterable[bytes], name: str) -> Iterator[bytes]:
    for sha256 in hashes:
        yield object_of(view, sha256, name) + b"\n"


def _statuses(ballots: Sequence[Ballot]) -> Iterator[bytes]:
    for ballot in ballots:
        if ballot.status is not None:
            yield dump(BallotStatus(confirmation_code=ballot.code, status=ballot.status)) + b"\n"


def object_of(view: Readable, sha256: bytes, name: str) -> bytes:
    """Return an object that an entry names.

    Raises:
        CheckError: it is missing, or another.
    """
    data = view.object(sha256)
    if data is None:
        raise CheckError(f"{name}: the object {hex_of(sha256)[:16]}… is missing on the board")
    if hashlib.sha256(data).digest() != sha256:
        raise CheckError(f"{name}: the object {hex_of(sha256)[:16]}… is not what its name says")
    return data
