"""Putting together what the chunks came to, so that each counts exactly once and in its place.

What is wrong here is wrong with the verification, not with the record: it is an error, never a finding.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from e2evote.errors import E2EVoteError
from e2evote.verifier.chunk import Chunk, Line, Outcome
from e2evote.verifier.cutting import Ended, Found, Opened


@dataclass(frozen=True, slots=True)
class Extent:
    """Which chunk this is, and which of a device's ballots are in it."""

    number: int
    device: int
    first: int
    count: int

    @classmethod
    def of(cls, chunk: Chunk[Line]) -> "Extent":
        """Return the extent of a chunk."""
        return cls(chunk.number, chunk.device, chunk.first, len(chunk.items))


@dataclass(frozen=True, slots=True)
class Cut:
    """A chunk was cut; ``digest`` stands for all chunks up to this one."""

    extent: Extent
    digest: bytes


@dataclass(slots=True)
class Reduction:
    """The outcome so far, and the steps whose turn has not come.

    Args:
        opened: judges the beginning of a device.
        ended: judges the end of a device with so many ballots.
        digest: stands for the chunks that are in, of which there are ``chunks``.
        position: how many ballots of the present device are in.
    """

    opened: Callable[[Outcome, int], None]
    ended: Callable[[Outcome, int, int], None]
    digest: bytes
    total: Outcome = field(default_factory=Outcome)
    chunks: int = 0
    position: int = 0
    steps: deque[Opened | Found | Cut | Ended] = field(default_factory=deque)

    def note(self, step: Opened | Found | Cut | Ended) -> None:
        """Take note of what the cutter met; its turn comes when the chunks before are in."""
        self.steps.append(step)

    def add(self, extent: Extent, outcome: Outcome) -> None:
        """Add the outcome of the next chunk, after everything that the cutter met before it.

        Raises:
            E2EVoteError: it is not the next one, or not about the ballots that were cut.
        """
        cut = self._next_cut()
        if cut is None or cut.extent != extent or (extent.number, extent.first) != (self.chunks + 1, self.position + 1):
            expected = "no more chunk" if cut is None else f"{cut.extent}"
            raise E2EVoteError(f"the verification went wrong: {extent} came where {expected} was due")
        counts = {len(outcome.id_digests), len(outcome.code_digests), outcome.statuses.total()}
        if counts != {extent.count}:
            raise E2EVoteError(f"the verification went wrong: {extent} came with {sorted(counts)} ballots")
        self.total.add(outcome)
        self.chunks, self.position, self.digest = extent.number, self.position + extent.count, cut.digest

    def finish(self) -> None:
        """Take what came after the last chunk.

        Raises:
            E2EVoteError: a chunk is missing.
        """
        if (cut := self._next_cut()) is not None:
            raise E2EVoteError(f"the verification went wrong: {cut.extent} never came")

    def _next_cut(self) -> Cut | None:
        """Take steps up to the next chunk and return it."""
        while self.steps:
            step = self.steps.popleft()
            if isinstance(step, Cut):
                return step
            if isinstance(step, Found):
                self.total.ledger.add(step.ledger)
            elif isinstance(step, Opened):
                self.position, self.total.last_code = 0, None
                self.opened(self.total, step.device)
            else:
                if step.ballots != self.position:
                    raise E2EVoteError(
                        f"the verification went wrong: of the {step.ballots} ballots of device {step.device} "
                        f"{self.position} were verified"
                    )
                self.ended(self.total, step.device, self.position)
        return None
