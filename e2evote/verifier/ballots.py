"""One streaming pass over all ballots: boxes 5 to 8 and 12 to 14, and the sums for box 9.

The main process cuts the lines into chunks, which can go to any process. What ties ballots together (chains,
uniqueness, sums) is put together here.
"""

import re
import secrets
from collections.abc import Callable, Iterator
from functools import partial
from itertools import zip_longest

from e2evote.engine import map_chunks
from e2evote.errors import ParseError
from e2evote.record import layout
from e2evote.record.ballot import DeviceOpening
from e2evote.record.layout import Record
from e2evote.verifier import v05_identifiers, v08_codes, v12_contest_data
from e2evote.verifier.chunk import BALLOT_CHECKS, OPENED_CHECKS, Chunk, Item, Line, Outcome, verify_chunk
from e2evote.verifier.context import Context
from e2evote.verifier.report import Ledger, Place

CHUNK_BALLOTS, CHUNK_BYTES = 32, 2**20


def verify(
    record: Record, context: Context, with_opened: bool, jobs: int, progress: Callable[[int, int], None] | None
) -> Outcome:
    """Run the pass and return everything it found.

    Raises:
        ParseError: a file that cannot be parsed.
    """
    total, key = Outcome(), secrets.token_bytes(32)
    devices = record.device_indices()
    in_order = devices == list(range(1, len(devices) + 1))
    total.ledger.check("X.device-order", in_order, f"devices {devices[:20]} instead of 1 to {len(devices)}")
    openings = {device: record.opening(device) for device in devices}
    expected = sum(closing.ballots for device in devices if (closing := record.closing(device)) is not None)
    opened = _Entries(record, layout.CHALLENGED_BALLOTS if with_opened else None, 1)
    data = _Entries(record, layout.CONTEST_DATA if with_opened else None, len(context.manifest.contests))
    run = partial(verify_chunk, context, key, with_opened)
    for device in devices:
        v08_codes.verify_opening(total.ledger, context, openings[device])
        named = openings[device].device == device
        total.ledger.check(
            "X.device-order", named, f"the opening is that of device {openings[device].device}", Place(device)
        )
        chunks = _chunks(total.ledger, record, device, openings[device], opened, data)
        ballots, total.last_code = len(total.id_digests), None
        for outcome in map_chunks(run, chunks, jobs):
            total.add(outcome)
            if progress is not None:
                progress(len(total.id_digests), max(expected, len(total.id_digests)))
        ballots = len(total.id_digests) - ballots
        closing = record.closing(device)
        v08_codes.verify_closing(total.ledger, context, openings[device], closing, ballots, total.last_code)
    v05_identifiers.verify_unique(total.ledger, record, context, key, total.id_digests, total.code_digests)
    total.ledger.complete(BALLOT_CHECKS)
    if with_opened:
        for check_id, entries in (("X.challenged-complete", opened), ("X.contest-data-target", data)):
            for where in entries.unmatched():
                total.ledger.check(check_id, False, f"{where}: no such ballot, doubled, or out of order")
        v12_contest_data.verify_complete(total.ledger, context, total.with_data, total.data_opened)
        total.ledger.complete(OPENED_CHECKS)
    return total


def _chunks(
    ledger: Ledger, record: Record, device: int, opening: DeviceOpening, opened: "_Entries", data: "_Entries"
) -> Iterator[Chunk]:
    """Cut a device's ballots into chunks, each line with the lines that speak of it."""
    path = layout.statuses_path(device)
    statuses: Iterator[Line] = record.lines(path) if path in record else iter(())
    items: list[Item] = []
    before, first, size = None, 1, 0
    for position, (ballot, status) in enumerate(zip_longest(record.ballot_lines(device), statuses), 1):
        if ballot is None:
            ledger.check("X.status-complete", False, f"{status[0]}: a status without a ballot", Place(device))
            continue
        items.append(Item(ballot, status, opened.of(device, position), data.of(device, position)))
        size += len(ballot[1])
        if len(items) >= CHUNK_BALLOTS or size >= CHUNK_BYTES:
            yield Chunk(opening, first, before, tuple(items))
            before, first, items, size = ballot, position + 1, [], 0
    if items:
        yield Chunk(opening, first, before, tuple(items))


class _Entries:
    """Lines that name a device and a position, ascending, read alongside the ballots; ``most`` may speak of one."""

    _KEY = re.compile(rb'\{"device":([1-9][0-9]{0,9}),"position":([1-9][0-9]{0,9}),')

    def __init__(self, record: Record, name: str | None, most: int) -> None:
        self._most = most
        self._lines = record.lines(name) if name is not None and name in record else iter(())
        self._unmatched: list[str] = []
        self._key: tuple[int, int] | None = None
        self._next: Line = ("", b"")
        self._advance()

    def of(self, device: int, position: int) -> tuple[Line, ...]:
        """Return the lines for this ballot; lines passed over on the way, or too many, match no ballot."""
        found: list[Line] = []
        while self._key is not None and self._key <= (device, position):
            if self._key == (device, position) and len(found) < self._most:
                found.append(self._next)
            else:
                self._unmatched.append(self._next[0])
            self._advance()
        return tuple(found)

    def unmatched(self) -> list[str]:
        """Return where the lines stand that matched no ballot, reading to the end."""
        while self._key is not None:
            self._unmatched.append(self._next[0])
            self._advance()
        return self._unmatched

    def _advance(self) -> None:
        following = next(self._lines, None)
        if following is None:
            self._key = None
            return
        match = self._KEY.match(following[1])
        if match is None:
            raise ParseError(following[0], "expected an object that begins with device and position")
        self._key, self._next = (int(match[1]), int(match[2])), following
