"""Ballots against the board: every line about a ballot is the one that an entry has the hash of.

Lines that belong to no ballot of the record are no matter of this file: other checks find each of them
(``X.status-complete``, ``X.recorded-complete``, ``X.challenged-complete``, ``X.uncast-complete``).
"""

import hashlib
import re
from collections.abc import Iterator

from e2evote.encoding import hex_of
from e2evote.record.ballot import BallotStatus
from e2evote.record.codec import parse
from e2evote.verifier.board_entries import Entered, Posted
from e2evote.verifier.chunk import Chunk, Item, Line
from e2evote.verifier.cutting import Step
from e2evote.verifier.report import Check, Ledger, Place

_UNOPENED = (
    Check("X.board-ballots", "the ballots of the record are exactly those on the board, in order", "ballots"),
    Check("X.board-statuses", "every ballot has exactly the status that it has on the board", "ballots"),
    Check("X.board-recorded", "what was recorded of cast ballots is exactly what the board has", "ballots"),
)
_OPENED = (Check("X.board-opened", "ballots are opened exactly as the board has it", "opened"),)
CHECKS = (*_UNOPENED, *_OPENED)

_CODE = re.compile(rb'"confirmation_code":"([0-9A-F]{64})"\}')


class Comparison:
    """Compares ballots with what the board has of them, device by device, as they pass.

    This is done where chunks are cut, in order and whole, also where a verification goes on from a state.
    """

    def __init__(self, entered: Entered, with_opened: bool) -> None:
        """Take what the board has."""
        self._ballots, self._with_opened, self._ledger = entered.ballots, with_opened, Ledger()

    def passing(self, steps: Iterator[Step]) -> Iterator[Step]:
        """Yield every step, once its ballots are compared."""
        for step in steps:
            if isinstance(step, Chunk):
                for position, item in enumerate(step.items, step.first):
                    self._compare(step.device, position, item)
            yield step

    def end(self) -> Ledger:
        """Return what was found, and what is on the board only; every ballot must have passed."""
        for code, posted in self._ballots.items():
            if not posted.seen:
                place = Place(posted.device, posted.position, hex_of(code))
                self._check("X.board-ballots", False, "the ballot is on the board, and not in the record", place)
                self._verify_rest(posted, Item(Line("", b""), None, (), (), ()), code, place)
        self._ledger.complete(_UNOPENED)
        if self._with_opened:
            self._ledger.complete(_OPENED)
        return self._ledger

    def _check(self, check_id: str, holds: bool, message: str, place: Place) -> None:
        self._ledger.check(check_id, holds, message, place)

    def _compare(self, device: int, position: int, item: Item[Line]) -> None:
        line = item.ballot.data
        match = _CODE.fullmatch(line, max(len(line) - 87, 0))
        code = bytes.fromhex(match[1].decode()) if match else b""
        posted, place = self._ballots.get(code), Place(device, position, hex_of(code) or None)
        stands_here = posted is not None and (posted.device, posted.position) == (device, position)
        self._check("X.board-ballots", stands_here, "no such ballot is on the board at this position", place)
        if posted is not None:
            same = hashlib.sha256(line).digest() == posted.sha256
            self._check("X.board-ballots", same, "the ballot is another than on the board", place)
            posted.seen = True
        self._verify_rest(posted, item, code, place)

    def _verify_rest(self, posted: Posted | None, item: Item[Line], code: bytes, place: Place) -> None:
        on_board = posted.status if posted is not None else None
        status = parse(BallotStatus, item.status.data, item.status.where) if item.status is not None else None
        here = (status.confirmation_code, status.status) if status is not None else None
        message = f"on the board the ballot is {on_board or 'undecided'}"
        self._check("X.board-statuses", here == (None if on_board is None else (code, on_board)), message, place)
        later = posted.later if posted is not None else None
        if later is not None or item.recorded or item.opened:
            recorded, opened = (later, None) if on_board == "cast" else (None, later)
            self._verify_lines("X.board-recorded", recorded, item.recorded, "was recorded", place)
            if self._with_opened:
                self._verify_lines("X.board-opened", opened, item.opened, "is opened", place)

    def _verify_lines(
        self, check_id: str, sha256: bytes | None, lines: tuple[Line, ...], what: str, place: Place
    ) -> None:
        expected = [] if sha256 is None else [sha256]
        same = [hashlib.sha256(line.data).digest() for line in lines] == expected
        if expected or lines:
            self._check(check_id, same, f"on the board it {what} otherwise, or not", place)
