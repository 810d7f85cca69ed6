"""The side of the election's server that stations speak to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from e2evote.board.storage.writing import Writing
from e2evote.election.acceptance import Acceptance, Submission
from e2evote.election.people.database import People
from e2evote.election.signin.settings import Settings
from e2evote.election.stations.intake import Intake
from e2evote.election.stations.inventory import Station, Stations, read_stations
from e2evote.election.stations.permits import Permits, Stepping
from e2evote.errors import CheckError
from e2evote.web.verification import Verification


@dataclass(slots=True)
class Office:
    """What the calls of stations share. The list is read anew for each call: stations are added while it is served."""

    directory: Path
    people: People
    acceptance: Acceptance
    verification: Verification[Submission] | None
    permits: Permits
    intake: Intake
    clock: Callable[[], datetime]

    @classmethod
    def at(
        cls,
        directory: Path,
        people: People,
        settings: Settings,
        voting: Stepping,
        acceptance: Acceptance,
        verification: Verification[Submission] | None,
        write: Callable[[Callable[[Writing], Any]], Any],
        clock: Callable[[], datetime],
    ) -> "Office":
        """Take what an election's server has."""
        permits = Permits(people, voting, settings, acceptance.judge.context.manifest, clock)
        return cls(directory, people, acceptance, verification, permits, Intake(acceptance, write, clock), clock)

    @property
    def h_e(self) -> bytes:
        """The election."""
        return self.acceptance.judge.context.h_e

    def stations(self) -> Stations:
        """Return the list.

        Raises:
            CheckError: there are no stations.
        """
        found = read_stations(self.directory)
        if found is None:
            raise CheckError("this election has no stations")
        return found

    def station(self, device: int) -> Station:
        """Return a station that is served.

        Raises:
            CheckError: there is none, or it was reported as lost.
        """
        return self.stations().of(device)
