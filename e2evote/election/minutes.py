"""What the minutes of an election state: all that the paper shows, as one canonical object made from the record."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from e2evote.board.policy import verify_log, verify_witnesses
from e2evote.election.officials import Approval, approved
from e2evote.errors import CheckError
from e2evote.record import layout
from e2evote.record.ballot import Timestamp
from e2evote.record.codec import Count, Hash, RecordModel
from e2evote.record.entries import FileEntry, parse_entry
from e2evote.record.exceptions import TallyException
from e2evote.record.layout import Record
from e2evote.record.load import load_checkpoint, load_election, load_guardians
from e2evote.record.manifest import board_policy
from e2evote.record.outcome import Decision, Outcome, outcome_of
from e2evote.record.sums import results_of
from e2evote.record.tally import EncryptedTally, Tally

Languages = Literal["fa", "en", "both"]


class Moments(RecordModel):
    """When the first device opened, the last one closed, and the results came, by the clock of the board."""

    opened: Timestamp
    closed: Timestamp
    counted: Timestamp


class Seen(RecordModel):
    """When a witness cosigned the board's last checkpoint, which has all of these before it."""

    witness: str
    time: Timestamp


class Statement(RecordModel):
    """The minutes, for programs. ``renderer`` says what drew the paper, which the same drew from this alone."""

    format: Literal["e2evote-minutes"] = "e2evote-minutes"
    version: Literal[1] = 1
    languages: Languages
    zone: str
    renderer: str
    fingerprint: Hash
    outcome_hash: Hash
    devices: Count
    guardians: tuple[str, ...]
    moments: Moments | None = None
    witnessed: tuple[Seen, ...] = ()
    decision: Decision
    approvals: tuple[Approval, ...] = ()
    outcome: Outcome


def counted(record: Record, decision: Decision, insecure: frozenset[str] = frozenset()) -> Outcome:
    """Return the outcome of a record with a decision of officials.

    Raises:
        ParseError: a file is missing or not in its form.
        CheckError: there are no results yet, or something does not fit.
    """
    return _outcome(record, decision, (), insecure)


def statement_of(
    record: Record,
    languages: Languages,
    zone: str,
    renderer: str,
    approvals: Sequence[Approval],
    insecure: frozenset[str] = frozenset(),
) -> Statement:
    """Return the statement about a record, which is not verified here.

    Raises:
        ParseError: a file is missing or not in its form.
        CheckError: there are no results, or too few approvals, or something does not fit.
        VerificationError: a signature of an approval, of the board or of a witness does not hold.
    """
    election = load_election(record, insecure)
    decision = approvals[0].decision if approvals else Decision()
    outcome = _outcome(record, decision, approvals, insecure)
    _, fingerprint = record.sha256(layout.INDEX)
    if any(approval.fingerprint != fingerprint for approval in approvals):
        raise CheckError("approvals: officials approved another record")
    return Statement(
        languages=languages,
        zone=zone,
        renderer=renderer,
        fingerprint=fingerprint,
        outcome_hash=outcome.digest,
        devices=len(record.device_indices()),
        guardians=tuple(guardian.name for guardian in load_guardians(record, election)),
        moments=_moments(record) if layout.BOARD_ENTRIES in record else None,
        witnessed=_witnessed(record, election.manifest.board) if election.manifest.board else (),
        decision=decision,
        approvals=tuple(approvals),
        outcome=outcome,
    )


def _outcome(record: Record, decision: Decision, approvals: Sequence[Approval], insecure: frozenset[str]) -> Outcome:
    if layout.TALLIES not in record:
        raise CheckError("the record has no decrypted tallies yet")
    election = load_election(record, insecure)
    results = results_of(
        election.manifest,
        list(record.objects(EncryptedTally, layout.ENCRYPTED_TALLIES, election.group)),
        list(record.objects(Tally, layout.TALLIES, election.group)),
        list(record.objects(TallyException, layout.EXCEPTIONS)),
    )
    if not approvals:
        return outcome_of(election.h_e, election.manifest, results, decision)
    found = approved(election.h_e, election.manifest, results, approvals)
    if found is None:
        raise CheckError(f"{len(approvals)} supervising officials approved, and {election.manifest.approvals} have to")
    return found[0]


def _moments(record: Record) -> Moments | None:
    """Return the times of the entries of devices' openings and closings and of the tallies."""
    opened, closed, tallied = list[str](), list[str](), list[str]()
    for where, line in record.lines(layout.BOARD_ENTRIES):
        entry = parse_entry(line, where)
        if isinstance(entry, FileEntry):
            if entry.path.endswith("/open.json"):
                opened.append(entry.time)
            elif entry.path.endswith("/close.json"):
                closed.append(entry.time)
            elif entry.path == layout.TALLIES:
                tallied.append(entry.time)
    if not (opened and closed and tallied):
        return None
    return Moments(opened=min(opened), closed=max(closed), counted=max(tallied))


def _witnessed(record: Record, board: tuple[str, ...]) -> tuple[Seen, ...]:
    note, _ = load_checkpoint(record)
    policy = board_policy(board)
    verify_log(note, policy)
    times = verify_witnesses(note, policy)
    return tuple(Seen(witness=name, time=_timestamp(times[name])) for name in sorted(times))


def _timestamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
