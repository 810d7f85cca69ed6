"""What the pages show, gathered from one view of the board: a ballot with its entries, and the newest checkpoint."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from e2evote.board import policy as policies
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.lines import to_base64
from e2evote.board.notes import Note
from e2evote.board.policy import Group, Policy
from e2evote.board.storage.snapshot import Snapshot
from e2evote.election.streams import code_stream, file_stream
from e2evote.errors import ParseError, StorageError, VerificationError
from e2evote.record import layout
from e2evote.record.entries import BallotEntry, FileEntry, StatusEntry, parse_entry
from e2evote.record.manifest import parse_manifest


@dataclass(frozen=True, slots=True)
class Step:
    """One entry about a ballot.

    ``published`` says that a published checkpoint covers it; ``official`` is when the witnesses that the policy asks
    for had confirmed the first one that does.
    """

    index: int
    kind: str
    status: str
    time: datetime
    line: str
    published: bool
    official: datetime | None


@dataclass(frozen=True, slots=True)
class BallotView:
    """A ballot and all that the board says of it; ``object`` is the path of the encrypted ballot."""

    code: str
    device: int
    position: int
    object: str
    steps: tuple[Step, ...]

    @property
    def state(self) -> str:
        """The ballot's status, ``received`` before it has one."""
        return next((step.status for step in self.steps if step.status), "received")

    @property
    def confirmed(self) -> bool:
        """Whether published checkpoints cover all of it."""
        return all(step.published for step in self.steps)


def ballot_view(view: Snapshot, policy: Policy, code: str) -> BallotView | None:
    """Return the ballot with a confirmation code, None where there is none.

    Raises:
        StorageError: what is stored is not what a board stores.
    """
    indices = view.stream(code_stream(bytes.fromhex(code)))
    if not indices:
        return None
    first = parse_entry(view.entry(indices[0]), f"entry {indices[0]}")
    if not isinstance(first, BallotEntry):
        raise StorageError(f"the first entry about ballot {code} is not the ballot's")
    digits = first.sha256.hex()
    steps = tuple(_step(view, policy, index) for index in indices)
    return BallotView(code, first.device, first.position, f"/object/{digits[:2]}/{digits}", steps)


def codes_beginning(view: Snapshot, beginning: str, limit: int) -> list[str]:
    """Return the codes of ballots that begin with these digits, in order, at most so many."""
    prefix = "code/"
    return [name.removeprefix(prefix) for name in view.names(prefix + beginning, limit)]


def election_names(view: Snapshot) -> Mapping[str, str]:
    """Return what the election is called, by language; nothing while the board has no manifest."""
    for index in view.stream(file_stream(layout.MANIFEST)):
        entry = parse_entry(view.entry(index), f"entry {index}")
        data = view.object(entry.sha256) if isinstance(entry, FileEntry) else None
        if data is not None:
            return parse_manifest(data, layout.MANIFEST).name or {}
    return {}


def _step(view: Snapshot, policy: Policy, index: int) -> Step:
    line = view.entry(index)
    entry = parse_entry(line, f"entry {index}")
    status = entry.status if isinstance(entry, StatusEntry) else ""
    note = view.published_over(index)
    official = None if note is None else official_time(note, policy)
    time = datetime.fromisoformat(entry.time)
    return Step(index, entry.kind, status, time, line.decode(), note is not None, official)


def official_time(note: bytes, policy: Policy) -> datetime | None:
    """Return when the last of those witnesses had cosigned whom the quorum needed; None where it needs none.

    Raises:
        StorageError: a checkpoint that was published does not satisfy the policy.
    """
    times = dict(_witnessed(note, policy).times)
    for member in policy.members:
        if isinstance(member, Group):
            known = sorted(times[name] for name in member.members if name in times)
            if len(known) >= member.threshold:
                times[member.name] = known[member.threshold - 1]
    return None if policy.quorum is None else _moment(times[policy.quorum])


def _witnessed(note: bytes, policy: Policy) -> policies.Witnessed:
    try:
        return policies.verify(note, policy)
    except (ParseError, VerificationError) as error:
        raise StorageError(f"the published checkpoint does not satisfy the board's policy: {error}") from None


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(min(seconds, 253402300799), UTC)  # the last second of the year 9999


@dataclass(frozen=True, slots=True)
class WitnessView:
    """A witness of the policy, and when it cosigned the newest checkpoint."""

    name: str
    time: datetime | None


@dataclass(frozen=True, slots=True)
class CheckpointView:
    """The newest published checkpoint."""

    size: int
    root: str
    witnesses: tuple[WitnessView, ...]


def checkpoint_of(note: bytes) -> Checkpoint:
    """Return what a published note, which the board's storage has verified, says."""
    return Checkpoint.parse(Note.parse(note).text)


def checkpoint_view(note: bytes, policy: Policy) -> CheckpointView:
    """Return what is shown of a published checkpoint.

    Raises:
        StorageError: it does not satisfy the policy.
    """
    witnessed = _witnessed(note, policy)
    times = {name: _moment(time) for name, time in witnessed.times.items()}
    witnesses = tuple(WitnessView(witness.key.name, times.get(name)) for name, witness in policy.witnesses.items())
    return CheckpointView(witnessed.checkpoint.size, to_base64(witnessed.checkpoint.root), witnesses)
