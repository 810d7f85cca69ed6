"""What a board takes in of an election: ballots, what becomes of them, files of the record, the end.

Judging a ballot comes in three steps, of which only the last needs the board's lock: ``check_ballot`` (form and plain
rules), ``verify_ballot`` (proofs, in whatever process), ``accept_ballot`` (what depends on the entries before it).
Every other entry has one step. What is sent again gets the entry that is there; nothing is ever given twice.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from e2evote.board.policy import Policy
from e2evote.election.judging import Judge
from e2evote.election.kept import check_manifest, judge_of, last_code, opening_of, parse_file, verify_device_file
from e2evote.election.order import Ballot, broken_rule, device_file
from e2evote.election.ports import Appending, KeptBoard, Streaming
from e2evote.election.streams import (
    OnBoard,
    code_stream,
    device_stream,
    entry_at,
    file_stream,
    identifier_stream,
    link_stream,
    streams_of,
)
from e2evote.election.times import shown_time
from e2evote.encoding import hex_of, strict_json
from e2evote.errors import CheckError, ParseError, StorageError
from e2evote.record import layout
from e2evote.record.ballot import NO_CHAINING, SIMPLE_CHAINING, DeviceOpening, Status
from e2evote.record.codec import dump, parse
from e2evote.record.codes import next_chaining_field
from e2evote.record.entries import (
    BallotEntry,
    EndEntry,
    Entry,
    FileEntry,
    OpenedEntry,
    RecordedEntry,
    StatusEntry,
)
from e2evote.record.pre_encrypted import PublishedBallot, RecordedBallot, parse_published

BALLOT_LIMIT = 4 * 2**20
"""Bytes of the largest ballot that is looked at."""

_OPENED_HEAD = re.compile(
    rb'\{"device":[1-9][0-9]{0,9},"position":[1-9][0-9]{0,9},"confirmation_code":"([0-9A-F]{64})",'
)
_HEAD = re.compile(rb'\{"id_b":"[0-9A-F]{64}","h_i":"[0-9A-F]{64}","device":([1-9][0-9]{0,9}),')

Commitments = tuple[bytes, bytes]
"""SHA-256 of the secret that casts a ballot and of the one that challenges it."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """An entry of the board and where it stands; ``again`` says that it was there before."""

    index: int
    entry: bytes
    again: bool


@dataclass(frozen=True, slots=True)
class Submission:
    """A ballot that has its form and keeps the rules that need no cryptography."""

    ballot: PublishedBallot
    opening: DeviceOpening
    commitments: Commitments | None


@dataclass
class Acceptance:
    """One election on one board, known from the board's own objects.

    ``reading`` opens a view of the board. What never changes again, keys and openings of devices, is kept.
    """

    reading: Callable[[], AbstractContextManager[Streaming]]
    policy: Policy
    allow_insecure: frozenset[str] = frozenset()
    _judge: Judge | None = field(default=None, init=False, repr=False)
    _openings: dict[int, DeviceOpening] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, board: KeptBoard, allow_insecure: frozenset[str] = frozenset()) -> "Acceptance":
        """Take the election of a board; it may have no entry yet.

        Args:
            board: the board.
            allow_insecure: names of parameter sets besides the standard one that are accepted.
        """
        return cls(board.reading, board.policy, allow_insecure)

    @property
    def judge(self) -> Judge:
        """What judges ballots and devices; it can be carried to another process.

        Raises:
            CheckError: the board does not have the election's keys yet.
            ParseError, VerificationError: it has what it should never have taken in.
        """
        if self._judge is None:
            with self.reading() as view:
                self._judge = judge_of(view, self.allow_insecure)
        return self._judge

    def opening(self, device: int) -> DeviceOpening:
        """Return the opening of a device.

        Raises:
            CheckError: there is no such device.
        """
        if device not in self._openings:
            with self.reading() as view:
                self._openings[device] = opening_of(view, device)
        return self._openings[device]

    # ------------------------------------------------------------------------------------------------- ballots

    def check_ballot(self, data: bytes, commitments: Commitments | None) -> Submission:
        """Accept the form of a ballot, and the rules that neither need cryptography nor other ballots.

        Args:
            data: its canonical JSON, without a line feed.
            commitments: of its cast and its challenge secret, 32 bytes each; None where nobody holds such secrets.

        Raises:
            ParseError: it is not in its form; the text names the field.
            CheckError: there is no such device, or the ballot is not one of it.
        """
        where = "ballot"
        if len(data) > BALLOT_LIMIT:
            raise ParseError(where, f"larger than {BALLOT_LIMIT} bytes")
        head = _HEAD.match(data)
        if head is None:
            strict_json(data, where)
            raise ParseError(where, "expected an object that begins with id_b, h_i and device")
        opening = self.opening(int(head[1]))
        ballot = parse_published(data, where, self.judge.context.group, opening)
        if commitments is not None and (commitments[0] == commitments[1] or {*map(len, commitments)} != {32}):
            raise CheckError("expected two different commitments of 32 bytes")
        if commitments is not None and opening.pre_encrypted:
            raise CheckError("a pre-encrypted ballot has no commitments: no voter's page made it")
        if opening.chaining_mode == NO_CHAINING and ballot.chaining_field != next_chaining_field(opening, None):
            raise CheckError(f"the chaining field is not that of device {opening.device}")
        return Submission(ballot, opening, commitments)

    def verify_ballot(self, submission: Submission) -> None:
        """Accept the proofs of a ballot, and all else that can be said of it alone.

        Raises:
            VerificationError: naming the check and the finding.
        """
        self.judge.verify_ballot(submission.ballot)

    def accept_ballot(self, writing: Appending, submission: Submission, now: datetime) -> Accepted:
        """Take in a ballot that was checked and verified, or find it where it was taken in before.

        On a device without chaining it gets the next position; on a chained one it must have it, and the code of the
        ballot before.

        Raises:
            CheckError: it cannot come next, or another ballot has its code or identifier.
        """
        ballot, code = submission.ballot, submission.ballot.confirmation_code
        before = OnBoard(writing)
        known = before.ballot(code)
        if known is not None:
            return self._known_ballot(writing, submission, known)
        if writing.length(identifier_stream(ballot.id_b)):
            raise CheckError(f"ballot {hex_of(code)}: another ballot has the same id_b")
        position = writing.length(device_stream(ballot.device)) + 1
        if submission.opening.chaining_mode == NO_CHAINING:
            ballot = ballot.model_copy(update={"position": position})
        else:
            _check_link(writing, submission.opening, ballot, position)
        line = dump(ballot)
        cast, challenge = submission.commitments or (None, None)
        entry = BallotEntry(
            time=_time(before, now),
            device=ballot.device,
            position=ballot.position,
            confirmation_code=code,
            sha256=hashlib.sha256(line).digest(),
            cast_commitment=cast,
            challenge_commitment=challenge,
        )
        streams = [identifier_stream(ballot.id_b)]
        if submission.opening.chaining_mode == SIMPLE_CHAINING:
            streams.append(link_stream(ballot.device, ballot.position))
        return _append(writing, before, entry, line, streams)

    def decide(self, writing: Appending, code: bytes, status: Status, secret: bytes | None, now: datetime) -> Accepted:
        """Take in what becomes of a ballot, once.

        Args:
            writing: the writer's view.
            code: the ballot's confirmation code.
            status: what becomes of it; a ballot with commitments is not spoiled here, see ``spoil``.
            secret: the 32 bytes that the ballot's entry committed to for this status, where it did.
            now: the board's clock.

        Raises:
            CheckError: no such ballot, another status, not the secret, or too late.
        """
        before = OnBoard(writing)
        known = before.ballot(code)
        if secret is not None and len(secret) != 32:
            raise CheckError("a secret has 32 bytes")
        if known is not None and known.status == status:
            return _again(writing, code, StatusEntry)
        entry = StatusEntry(time=_time(before, now), confirmation_code=code, status=status, secret=secret)
        if known is not None:
            allowed = self._allowed(writing, known)
            if status not in allowed:
                raise CheckError(f"ballot {hex_of(code)} can be {' or '.join(allowed)}, not {status}")
        return _append(writing, before, entry)

    def spoil(self, writing: Appending, code: bytes, now: datetime) -> Accepted:
        """Spoil a ballot that its voter left, with commitments or without; for whoever runs the board, nobody else.

        Raises:
            CheckError: no such ballot, another status, a pre-encrypted ballot, or too late.
        """
        before = OnBoard(writing)
        known = before.ballot(code)
        if known is not None and known.status == "spoiled":
            return _again(writing, code, StatusEntry)
        if known is not None and known.commitments is None:
            return self.decide(writing, code, "spoiled", None, now)
        return _append(writing, before, StatusEntry(time=_time(before, now), confirmation_code=code, status="spoiled"))

    def record_recorded(self, writing: Appending, line: bytes, now: datetime) -> Accepted:
        """Take in what was recorded of a cast pre-encrypted ballot, with its proofs.

        Raises:
            ParseError, CheckError, VerificationError: it is not in its form, cannot come next, or does not hold.
        """
        recorded = parse(RecordedBallot, line, "recorded ballot", self.judge.context.group)
        code, sha256 = recorded.confirmation_code, hashlib.sha256(line).digest()
        before = OnBoard(writing)
        known = before.ballot(code)
        if known is not None and known.recorded == sha256:
            return _again(writing, code, RecordedEntry)
        entry = RecordedEntry(time=_time(before, now), confirmation_code=code, sha256=sha256)
        _check_order(before, entry)
        self.judge.verify_recorded(self._ballot(writing, code), recorded)
        return _append(writing, before, entry, line)

    def check_opened(self, line: bytes) -> None:
        """Accept a challenged or an uncast ballot, opened, as ``open_ballot`` would, without the writer's lock.

        Raises:
            ParseError, CheckError, VerificationError: as ``open_ballot``.
        """
        with self.reading() as view:
            self._verified_opened(view, line, datetime.now(UTC))

    def open_ballot(self, writing: Appending, line: bytes, now: datetime) -> Accepted:
        """Take in a challenged or an uncast ballot, opened, after encrypting it again.

        Raises:
            ParseError, CheckError, VerificationError: it is not in its form, cannot come next, or does not hold.
        """
        entry = self._verified_opened(writing, line, now)
        if entry is None:
            return _again(writing, _code_of_opened(line), OpenedEntry)
        return _append(writing, OnBoard(writing), entry, line)

    def _verified_opened(self, view: Streaming, line: bytes, now: datetime) -> OpenedEntry | None:
        """Return the entry of an opened ballot, None where the board has the same."""
        code, sha256 = _code_of_opened(line), hashlib.sha256(line).digest()
        before = OnBoard(view)
        known = before.ballot(code)
        if known is not None and known.opened == sha256:
            return None
        entry = OpenedEntry(time=_time(before, now), confirmation_code=code, sha256=sha256)
        _check_order(before, entry)
        ballot = self._ballot(view, code)
        opened = self.judge.parse_opened(line, "opened ballot", self.opening(ballot.device))
        self.judge.verify_opened(ballot, opened)
        return entry

    # --------------------------------------------------------------------------------------------------- files

    def publish_file(self, writing: Appending, path: str, data: bytes, now: datetime) -> Accepted:
        """Take in a whole file of the record.

        The manifest must name this board; keys must verify before a device opens; a device's opening and closing must
        fit what stands here. What is in the files behind them is for whoever verifies the record.

        Raises:
            ParseError: it is not in its form.
            CheckError: another file of this path is here, or it cannot come next.
            VerificationError: it does not hold.
        """
        sha256 = hashlib.sha256(data).digest()
        if len(data) > layout.OBJECT_LIMIT:
            raise CheckError(f"{path}: larger than {layout.OBJECT_LIMIT} bytes")
        known = writing.stream(file_stream(path))
        if known:
            found = entry_at(writing, known[0])
            if not isinstance(found, FileEntry) or found.sha256 != sha256:
                raise CheckError(f"{path}: the board has another file of this name, and what it has never changes")
            return Accepted(known[0], writing.entry(known[0]), True)
        before = OnBoard(writing)
        entry = FileEntry(time=_time(before, now), path=path, sha256=sha256)
        _check_order(before, entry)
        parse_file(writing, path, data, self.allow_insecure)
        if path == layout.MANIFEST:
            check_manifest(data, self.policy)
        elif device_file(path) is not None:
            # the judge is not kept: what this writing has appended may be rolled back
            verify_device_file(writing, self._judge or judge_of(writing, self.allow_insecure), path, data)
        return _append(writing, before, entry, data)

    def end(self, writing: Appending, now: datetime) -> Accepted:
        """Take in the end of the election; nothing follows.

        Raises:
            CheckError: results are missing, or a ballot must still be opened.
        """
        before = OnBoard(writing)
        if before.ended:
            return Accepted(writing.size - 1, writing.entry(writing.size - 1), True)
        if before.unopened:
            raise CheckError(f"{before.unopened} ballots must still be opened")
        return _append(writing, before, EndEntry(time=_time(before, now)))

    def _allowed(self, view: Streaming, ballot: Ballot) -> tuple[Status, ...]:
        """Return what can be decided about a ballot, by its voter or by whoever serves the voter."""
        if ballot.commitments is not None:
            return ("cast", "challenged")
        opening = self._openings.get(ballot.device) or opening_of(view, ballot.device)
        return ("cast", "uncast") if opening.pre_encrypted else ("cast", "challenged", "spoiled")

    def _ballot(self, view: Streaming, code: bytes) -> PublishedBallot:
        known = OnBoard(view).ballot(code)
        line = None if known is None else view.object(known.sha256)
        if known is None or line is None:
            raise StorageError(f"ballot {hex_of(code)} is not where its entry says")
        return parse_published(line, "ballot", self.judge.context.group, self.opening(known.device))

    def _known_ballot(self, view: Streaming, submission: Submission, known: Ballot) -> Accepted:
        ballot = submission.ballot
        if submission.opening.chaining_mode == NO_CHAINING:
            ballot = ballot.model_copy(update={"position": known.position})
        same = hashlib.sha256(dump(ballot)).digest() == known.sha256
        if not same or known.commitments != submission.commitments:
            raise CheckError(f"the board has another ballot with the code {hex_of(known.code)}")
        return Accepted(known.index, view.entry(known.index), True)


def _append(
    writing: Appending, before: OnBoard, entry: Entry, data: bytes | None = None, streams: Sequence[str] = ()
) -> Accepted:
    _check_order(before, entry)
    if data is not None:
        writing.put(data)
    line = dump(entry)
    return Accepted(writing.append(line, [*streams_of(entry), *streams]), line, False)


def _check_order(before: OnBoard, entry: Entry) -> None:
    problem = broken_rule(before, entry)
    if problem is not None:
        raise CheckError(problem.message)


def _again(view: Streaming, code: bytes, kind: type[Entry]) -> Accepted:
    """Return the entry of this kind about a ballot, which is there."""
    index = next(index for index in view.stream(code_stream(code)) if isinstance(entry_at(view, index), kind))
    return Accepted(index, view.entry(index), True)


def _code_of_opened(line: bytes) -> bytes:
    match = _OPENED_HEAD.match(line)
    if match is None:
        raise ParseError("opened ballot", "expected an object that begins with device, position and code")
    return bytes.fromhex(match[1].decode())


def _time(before: OnBoard, now: datetime) -> str:
    """Return the time of the next entry; where the clock was put back, time stands still rather than go back too."""
    shown = shown_time(now)
    return shown if before.last is None else max(shown, before.last.time)


def _check_link(view: Streaming, opening: DeviceOpening, ballot: PublishedBallot, position: int) -> None:
    expected = next_chaining_field(opening, last_code(view, opening))
    if ballot.position != position or ballot.chaining_field != expected:
        raise CheckError(
            f"ballot {hex_of(ballot.confirmation_code)} calls itself number {ballot.position} of device "
            f"{opening.device}; the next is {position}, chained to the ballot before"
        )
