"""What the pages show, gathered from one view of the board: a ballot with its entries, and the newest checkpoint."""

from dataclasses import dataclass
from datetime import UTC, datetime

from e2evote.board.checkpoint import Checkpoint
from e2evote.board.lines import to_base64
from e2evote.board.notes import Note
from e2evote.board.policy import Policy
from e2evote.board.storage.snapshot import Snapshot
from e2evote.election.streams import code_stream
from e2evote.encoding import hex_of
from e2evote.errors import StorageError
from e2evote.record.entries import BallotEntry, StatusEntry, parse_entry


@dataclass(frozen=True, slots=True)
class Step:
    """One entry about a ballot.

    ``published`` says that a published checkpoint covers it; ``official`` is when the witnesses that the policy asks for
    had confirmed the first one that does.
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
    """A ballot and all that the board says of it."""

    code: str
    device: int
    position: int
    sha256: str
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
    steps = tuple(_step(view, policy, index) for index in indices)
    return BallotView(code, first.device, first.position, hex_of(first.sha256), steps)


def _step(view: Snapshot, policy: Policy, index: int) -> Step:
    line = view.entry(index)
    entry = parse_entry(line, f"entry {index}")
    status = entry.status if isinstance(entry, StatusEntry) else ""
    note = view.published_over(index)
    official = None if note is None else official_time(policy, Note.parse(note))
    return Step(index, entry.kind, status, _moment(entry.time), line.decode(), note is not None, official)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


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
