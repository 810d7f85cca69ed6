"""What the election takes in of a station's chain: each entry once, in order, on the station's own device.

Whatever is sent again is found where it stands. A chain that is another one than the board has of the device, longer or
shorter, is refused: it was cut, or two machines have it.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from e2evote.election.acceptance import Acceptance, Accepted, Submission
from e2evote.election.kept import last_code
from e2evote.election.ports import Appending, Streaming
from e2evote.election.stations.inventory import Station, styles_at
from e2evote.election.stations.journal import Entry
from e2evote.election.stations.permits import OnBoard as Numbers
from e2evote.election.streams import OnBoard, device_stream, entry_at, file_of
from e2evote.encoding import canonical_json, hex_of, parse_hex
from e2evote.errors import CheckError, ParseError
from e2evote.record import layout
from e2evote.record.ballot import DeviceClosing
from e2evote.record.codec import dump, parse
from e2evote.record.codes import close_device
from e2evote.record.entries import BallotEntry

Write = Callable[[Callable[[Appending], Any]], Any]
"""Runs a function under the board's lock, and returns its result when that is durable."""


@dataclass(slots=True)
class _Seen:
    """What was read of a device's ballots so far: how many, the cast ones, and those that were not decided."""

    ballots: int = 0
    cast: int = 0
    undecided: set[bytes] = field(default_factory=set)


class Intake:
    """Takes in the chains of an election's stations."""

    def __init__(self, acceptance: Acceptance, write: Write, clock: Callable[[], datetime]) -> None:
        """Take what judges entries, what writes them, and the board's clock."""
        self._acceptance, self._write, self._clock = acceptance, write, clock
        self._seen: dict[int, _Seen] = {}
        self._counting = threading.Lock()

    def submission(self, station: Station, entry: Entry) -> Submission:
        """Return the ballot of an entry, whose proofs are still to be verified.

        Raises:
            ParseError: it is not in its form.
            CheckError: it is of another device, or has a style that the station does not serve.
        """
        if entry.keys() != {"kind", "ballot", "commitments"} or not isinstance(entry["commitments"], dict):
            raise ParseError("entry", "expected a ballot with commitments")
        pair = entry["commitments"]
        if pair.keys() != {"cast", "challenge"}:
            raise ParseError("entry", "expected cast and challenge", "commitments")
        commitments = _hash(pair, "cast"), _hash(pair, "challenge")
        found = self._acceptance.check_ballot(canonical_json(entry["ballot"]), commitments)
        if found.ballot.device != station.device:
            raise CheckError(f"the ballot is of device {found.ballot.device}, not of {station.device}")
        if found.ballot.ballot_style not in styles_at(self._acceptance.judge.context.manifest, station.cell):
            raise CheckError(f"station {station.name} does not serve ballot style {found.ballot.ballot_style}")
        return found

    def verify(self, submission: Submission) -> None:
        """Accept the proofs of a ballot.

        Raises:
            VerificationError: naming the check and the finding.
        """
        self._acceptance.verify_ballot(submission)

    def put(self, submission: Submission) -> None:
        """Take in a ballot that was verified.

        Raises:
            CheckError: the board has another ballot at its place, or it is not chained to the one before.
        """
        accept = self._acceptance.accept_ballot
        self._write(lambda writing: accept(writing, submission, self._clock()))

    def status(self, station: Station, entry: Entry) -> None:
        """Take in what became of a ballot.

        Raises:
            ParseError, CheckError: it is not in its form, or cannot come next.
        """
        code, status = _hash(entry, "confirmation_code"), entry.get("status")
        self._require_own(station, code)
        acceptance = self._acceptance
        if status == "spoiled" and entry.keys() == {"kind", "confirmation_code", "status"}:
            self._write(lambda writing: acceptance.spoil(writing, code, self._clock()))
        elif status in ("cast", "challenged"):
            secret = _hash(entry, "secret")
            self._write(lambda writing: acceptance.decide(writing, code, status, secret, self._clock()))
        else:
            raise ParseError("entry", "expected cast or challenged with a secret, or spoiled without", "status")

    def opened(self, station: Station, entry: Entry) -> None:
        """Take in a challenged ballot, opened.

        Raises:
            ParseError, CheckError, VerificationError: it is not in its form, cannot come next, or does not hold.
        """
        line, accept = canonical_json(entry.get("opened")), self._acceptance.open_ballot
        opened = entry.get("opened")
        self._require_own(station, _hash(opened if isinstance(opened, dict) else {}, "confirmation_code"))
        self._acceptance.check_opened(line)
        self._write(lambda writing: accept(writing, line, self._clock()))

    def take(self, station: Station, entry: Entry) -> None:
        """Take in an entry of a chain, a ballot with its proofs verified here.

        Raises:
            ParseError, CheckError, VerificationError: it is not in its form, cannot come next, or does not hold.
        """
        match entry.get("kind"):
            case "ballot":
                submission = self.submission(station, entry)
                self.verify(submission)
                self.put(submission)
            case "status":
                self.status(station, entry)
            case "opened":
                self.opened(station, entry)
            case _:
                raise ParseError("entry", "expected a ballot, a status or an opened ballot", "kind")

    def compare(self, station: Station, ballots: int, codes: Sequence[bytes]) -> int:
        """Accept a station whose chain has all that the board has of its device, and return how many ballots that is.

        Args:
            station: the station.
            ballots: how many ballots its chain has.
            codes: their confirmation codes, or the last of them, oldest first.

        Raises:
            CheckError: its chain was cut or forked.
        """
        with self._acceptance.reading() as view:
            count = view.length(device_stream(station.device))
            code = last_code(view, self._acceptance.opening(station.device))
        if count > ballots:
            raise CheckError(
                f"the board has {count} ballots of device {station.device}, the station's chain {ballots}: it was cut"
            )
        told = codes[count - ballots - 1] if count and ballots - count < len(codes) else None
        if count and told is not None and told != code:
            raise CheckError(f"ballot {count} of device {station.device} is another on the board: the chain was forked")
        return count

    def numbers(self, device: int) -> Numbers:
        """Return how many ballots of a device are cast, and not decided; only what is new is read."""
        with self._counting, self._acceptance.reading() as view:
            seen = self._seen.setdefault(device, _Seen())
            indices, before = view.stream(device_stream(device)), OnBoard(view)
            for index in indices[seen.ballots :]:
                entry = entry_at(view, index)
                if isinstance(entry, BallotEntry):
                    seen.undecided.add(entry.confirmation_code)
            seen.ballots = len(indices)
            for code in list(seen.undecided):
                ballot = before.ballot(code)
                if ballot is not None and ballot.status is not None:
                    seen.undecided.discard(code)
                    seen.cast += ballot.status == "cast"
            return Numbers(seen.cast, len(seen.undecided))

    def close(self, station: Station, closing: DeviceClosing) -> None:
        """End a station's chain; the same again does no harm.

        Raises:
            CheckError: the board has other ballots than the closing says, or one is not decided.
        """
        opening, acceptance = self._acceptance.opening(station.device), self._acceptance
        h_e, data = acceptance.judge.context.h_e, dump(closing) + b"\n"
        undecided = self.numbers(station.device).undecided
        if undecided:
            raise CheckError(f"{undecided} ballots of device {station.device} are not decided")

        def write(writing: Appending) -> Accepted:
            count = writing.length(device_stream(station.device))
            expected = close_device(h_e, opening, count, last_code(writing, opening))
            if closing != expected:
                raise CheckError(f"the station's closing is not that of the {count} ballots on the board")
            return acceptance.publish_file(writing, layout.closing_path(station.device), data, self._clock())

        self._write(write)

    def _require_own(self, station: Station, code: bytes) -> None:
        with self._acceptance.reading() as view:
            known = OnBoard(view).ballot(code)
        if known is None or known.device != station.device:
            raise CheckError(f"there is no ballot {hex_of(code)} of device {station.device}")


def parse_closing(value: object) -> DeviceClosing:
    """Return a closing that a station has sent.

    Raises:
        ParseError: it is not in its form.
    """
    return parse(DeviceClosing, canonical_json(value), "closing")


def is_closed(view: Streaming, device: int) -> bool:
    """Tell whether a device takes no more ballots."""
    return file_of(view, layout.closing_path(device)) is not None


def _hash(value: dict[str, Any], name: str) -> bytes:
    try:
        return parse_hex(value.get(name), 32)
    except ValueError as error:
        raise ParseError("entry", str(error), name) from None
