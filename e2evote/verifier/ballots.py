"""One streaming pass over all ballots: boxes 5 to 8 and 12 to 19, and the sums for box 9.

This process cuts the lines into chunks, which any process can verify. What ties ballots together (chains, uniqueness,
sums) is put together here.
"""

import contextlib
import hashlib
import secrets
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import TypeVar

from e2evote import __version__
from e2evote.engine import Workers
from e2evote.errors import CheckError
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.record.places import Ranged
from e2evote.verifier import chains, v05_identifiers, v12_contest_data
from e2evote.verifier.board_ballots import Comparison
from e2evote.verifier.board_entries import Entered
from e2evote.verifier.chunk import BALLOT_CHECKS, OPENED_CHECKS, Chunk, Line, Outcome, verify_chunk
from e2evote.verifier.context import Context
from e2evote.verifier.cutting import Cutter, Entries, Speaking, Step
from e2evote.verifier.reduction import Cut, Extent, Reduction
from e2evote.verifier.references import Reference, read_back, refer
from e2evote.verifier.report import Place
from e2evote.verifier.resume import Saved, StateFile

R = TypeVar("R")

CHUNK_BALLOTS, CHUNK_BYTES = 32, 2**20


def verify(
    record: Record,
    context: Context,
    with_opened: bool,
    workers: Workers,
    progress: Callable[[int, int], None] | None = None,
    state: StateFile | None = None,
    entered: Entered | None = None,
) -> Outcome:
    """Run the pass and return everything it found; ``entered`` is what a bulletin board has of the ballots.

    Raises:
        ParseError: a file that cannot be parsed, or changed meanwhile.
        CheckError: the state is of other ballots.
        E2EVoteError: workers failed, or did not do exactly what they were given.
    """
    saved = state.load(context.group) if state is not None else None
    key = secrets.token_bytes(32) if saved is None else saved.key
    devices = record.device_indices()
    openings = {device: record.opening(device) for device in devices}
    expected = sum(closing.ballots for device in devices if (closing := record.closing(device)) is not None)

    def opened(total: Outcome, device: int) -> None:
        opening = openings[device]
        chains.verify_opening(total.ledger, context, opening)
        message = f"the opening is that of device {opening.device}"
        total.ledger.check("X.device-order", opening.device == device, message, Place(device))

    def ended(total: Outcome, device: int, ballots: int) -> None:
        closing = record.closing(device)
        chains.verify_closing(total.ledger, context, openings[device], closing, ballots, total.last_code)

    reduction = Reduction(opened, ended, _digest_of_files(record))
    in_order = devices == list(range(1, len(devices) + 1))
    message = f"devices {devices[:20]} instead of 1 to {len(devices)}"
    reduction.total.ledger.check("X.device-order", in_order, message)
    speaking = _speaking(record, context, with_opened)
    cutter = Cutter(record, openings, speaking, CHUNK_BALLOTS, CHUNK_BYTES)

    # What travels is read again where it arrives; only an archive has no parts that could be read.
    files = record.files if workers.apart and isinstance(record.files, Ranged) else None
    run = partial(_verify, __version__, context, key, with_opened)
    board = Comparison(entered, with_opened) if entered is not None else None
    steps = cutter.steps() if board is None else board.passing(cutter.steps())
    chunks = _handed_out(steps, reduction, saved, state is not None)
    if files is None:
        results = workers.map(run, chunks)
    else:
        results = workers.map(partial(_read_and_verify, files, run), map(refer, chunks))
    if state is not None and saved is None:
        state.save(_saved(key, reduction))
    with contextlib.closing(_reduced(results, reduction, key, saved, state)) as counts:
        for done in counts:
            if progress is not None:
                progress(done, max(expected, done))

    total = reduction.total
    v05_identifiers.verify_unique(total.ledger, record, context, key, total.id_digests, total.code_digests)
    total.ledger.add(speaking.end())
    if board is not None:
        total.ledger.add(board.end())
    total.ledger.complete(BALLOT_CHECKS)
    if with_opened:
        v12_contest_data.verify_complete(total.ledger, context, total.with_data, total.data_opened)
        total.ledger.complete(OPENED_CHECKS)
    return total


def _speaking(record: Record, context: Context, with_opened: bool) -> Speaking:
    def opened(name: str) -> list[str]:
        return [name] if with_opened else []

    recorded = [name for device in record.device_indices() for name in record.recorded_shards(device)]
    return Speaking(
        challenged=Entries(record, opened(layout.CHALLENGED_BALLOTS), 1, "X.challenged-complete"),
        data=Entries(record, opened(layout.CONTEST_DATA), len(context.manifest.contests), "X.contest-data-target"),
        recorded=Entries(record, recorded, 1, "X.recorded-complete"),
        uncast=Entries(record, opened(layout.UNCAST_BALLOTS), 1, "X.uncast-complete"),
    )


def _reduced(
    results: Generator[tuple[Extent, Outcome], None, None],
    reduction: Reduction,
    key: bytes,
    saved: Saved | None,
    state: StateFile | None,
) -> Generator[int, None, None]:
    """Add the results up and yield after each how many ballots are in; the state is written now and then, and at need.

    Raises:
        whatever working on the chunks raises.
        E2EVoteError: a chunk came twice, at the wrong place, or not at all.
    """
    whole = True
    try:
        with contextlib.closing(results):
            for extent, outcome in results:
                whole = False
                reduction.add(extent, outcome)
                whole = True
                yield len(reduction.total.id_digests)
                if state is not None and state.due():
                    state.save(_saved(key, reduction))
    except BaseException:
        if state is not None and whole and reduction.chunks >= (0 if saved is None else saved.chunks):
            with contextlib.suppress(OSError):  # what ended the verification matters more
                state.save(_saved(key, reduction))
        raise
    reduction.finish()


def _verify(
    version: str, context: Context, key: bytes, with_opened: bool, chunk: Chunk[Line]
) -> tuple[Extent, Outcome]:
    """Verify a chunk in whatever process this is.

    Raises:
        ParseError: a line that cannot be parsed.
        CheckError: another version of the program runs here.
    """
    if version != __version__:
        raise CheckError(f"a worker runs e2evote {__version__}, and this is {version}: use the same everywhere")
    return Extent.of(chunk), verify_chunk(context, key, with_opened, chunk)


def _read_and_verify(files: Ranged, verify: Callable[[Chunk[Line]], R], reference: Reference) -> R:
    """Read a chunk's lines, and verify them.

    Raises:
        ParseError: they are not those that were cut, or cannot be parsed.
        CheckError: another version of the program runs here.
    """
    return verify(read_back(files, reference))


def _handed_out(
    steps: Iterator[Step], reduction: Reduction, saved: Saved | None, digested: bool
) -> Iterator[Chunk[Line]]:
    """Yield the chunks that are still to be verified, and have every step noted.

    Chunks that were done before are cut all the same, to see that they are the same.
    """
    skip, digest = 0 if saved is None else saved.chunks, reduction.digest
    number = 0
    for step in steps:
        if not isinstance(step, Chunk):
            if number >= skip:
                reduction.note(step)
            continue
        number = step.number
        if digested:
            digest = _digest(digest, step)
        if number > skip:
            reduction.note(Cut(Extent.of(step), digest))
            yield step
        elif saved is not None and number == skip:
            if digest != saved.digest:
                break
            reduction.total, reduction.chunks, reduction.digest = saved.outcome, saved.chunks, digest
            reduction.position = step.first + len(step.items) - 1
    if reduction.chunks < skip:
        raise CheckError("the state is of other ballots than the record has now; the record changed in between")


def _digest(before: bytes, chunk: Chunk[Line]) -> bytes:
    """Return what stands for these and all chunks before."""
    digest = hashlib.sha256(before)

    def update(line: Line) -> None:
        digest.update(b"%d:%s," % (len(line.data), line.data))

    chunk.map(update)
    return digest.digest()


def _digest_of_files(record: Record) -> bytes:
    """Return what stands for all files of the record, as they were when the index was checked."""
    digest = hashlib.sha256()
    for name in sorted(record.digests):
        digest.update(name.encode() + b"\n" + record.digests[name])
    return digest.digest()


def _saved(key: bytes, reduction: Reduction) -> Saved:
    return Saved(key, reduction.chunks, reduction.digest, reduction.total)
