"""What all requests to a board's server share, and how it is served."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import segno

from e2evote.board.committer import Committer
from e2evote.board.log import Board
from e2evote.board.storage.snapshot import Snapshot
from e2evote.election.acceptance import Acceptance, Submission
from e2evote.web.election.booth import Booth
from e2evote.web.election.known import Knowing
from e2evote.web.election.turnout import Counting
from e2evote.web.names import named
from e2evote.web.rendering import Paths
from e2evote.web.verification import Verification
from e2evote.web.views import election_names


@dataclass(frozen=True, slots=True)
class Settings:
    """How a board is served. It can be carried to another process.

    Args:
        folder: the board's.
        url: where the public finds it, without a slash at its end; empty where that is not known here.
        zone: the time zone of the pages.
        processes: that verify proofs before a ballot is accepted, for each process that serves; 0 verify none.
        interval: seconds between two checkpoints, where there is something new.
        allow_insecure: names of parameter sets that prove nothing, for tests.
        approvals: the folder of the officials' approvals of results; None where there is none.
    """

    folder: Path
    url: str = ""
    zone: str = "UTC"
    processes: int = 1
    interval: float = 1.0
    allow_insecure: frozenset[str] = frozenset()
    approvals: Path | None = None


@dataclass(slots=True)
class Site:
    """A board that is being served, and with it the election's pages, and a voting booth or none."""

    settings: Settings
    board: Board
    acceptance: Acceptance
    committer: Committer
    verification: Verification[Submission] | None
    token: str = field(repr=False)
    names: Mapping[str, str] = field(default_factory=dict)
    paths: Paths = field(default_factory=Paths)
    booth: Booth | None = None
    knowing: Knowing = field(init=False)
    counting: Counting = field(default_factory=Counting)

    def __post_init__(self) -> None:
        """Begin to read the election's files."""
        self.knowing = Knowing(self.settings.allow_insecure)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the pages."""
        return ZoneInfo(self.settings.zone)

    def learn(self, view: Snapshot) -> None:
        """Look what the election is called, once the board has its manifest."""
        self.names = self.names or election_names(view)

    def title(self, tag: str) -> str:
        """Return the election's name in a language, or in another one it has; the board's origin while it has none."""
        return named(self.names, self.board.origin, tag)

    def qr_code(self, code: str) -> str:
        """Return a picture of ``qr_text``, as a data URI."""
        return segno.make(self.qr_text(code), error="m", micro=False).svg_data_uri(scale=4, border=2)

    def qr_text(self, code: str) -> str:
        """Return what leads another device to a ballot: its page's address, or its code where that is not known."""
        return f"{self.settings.url}/ballot/{code}" if self.settings.url else code
