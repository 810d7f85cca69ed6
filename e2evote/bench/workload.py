"""What is voted: EG-CxO, C contests of O options with one vote each, and the example of an association."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice

from e2evote.encoding import canonical_json
from e2evote.examples import manifest_bytes
from e2evote.examples.generator import plaintext_ballots
from e2evote.record.manifest import Manifest, parse_manifest
from e2evote.record.plaintext import PlaintextBallot, PlaintextContest, is_overvoted

Tallies = Counter[tuple[int, int]]
"""Votes by contest and option, both counted from 1."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A manifest and ballots for it; ``warm_up`` of them are not measured."""

    name: str
    manifest_bytes: bytes
    ballots: tuple[PlaintextBallot, ...]
    warm_up: tuple[PlaintextBallot, ...]

    @property
    def manifest(self) -> Manifest:
        """The manifest."""
        return parse_manifest(self.manifest_bytes)

    def tallies(self) -> Tallies:
        """Return what the measured ballots add up to; overvoted contests count nothing."""
        manifest = self.manifest
        contests = enumerate(manifest.contests, 1)
        found = Tallies({(i, j): 0 for i, contest in contests for j in range(1, len(contest.options) + 1)})
        for ballot in self.ballots:
            for marks in ballot.contests:
                if not is_overvoted(manifest.contest(marks.contest), marks.selections):
                    for ind_o, mark in enumerate(marks.selections, 1):
                        found[marks.contest, ind_o] += mark * ballot.weight
        return found


def grid_manifest(contests: int, options: int, limit: int = 1) -> bytes:
    """Return the manifest of EG-CxO; with another limit, every option and contest takes that many votes.

    Its votes are nobody's, so any number of ballots is decrypted.
    """
    rows = [{"label": f"option-{j}", "selection_limit": limit} for j in range(1, options + 1)]
    body = [{"label": f"contest-{i}", "selection_limit": limit, "options": rows} for i in range(1, contests + 1)]
    style = {"label": "all", "contests": list(range(1, contests + 1))}
    fields = {"label": f"EG-{contests}x{options}", "minimum_cell_ballots": 1}
    return canonical_json(fields | {"contests": body, "ballot_styles": [style]})


def grid_ballot(contests: int, options: int, choice: int, votes: int = 1) -> PlaintextBallot:
    """Return a ballot with its votes for one option in every contest, counted from 0."""
    marks = tuple(votes * int(j == choice) for j in range(options))
    return PlaintextBallot(
        ballot_style=1,
        contests=tuple(PlaintextContest(contest=i, selections=marks) for i in range(1, contests + 1)),
    )


def grid(contests: int, options: int, ballots: int, warm_up: int = 1) -> Workload:
    """Return EG-CxO with ballots of which the i-th votes for option i mod O in every contest."""
    some = tuple(grid_ballot(contests, options, i % options) for i in range(max(ballots, warm_up)))
    return Workload(f"EG-{contests}x{options}", grid_manifest(contests, options), some[:ballots], some[:warm_up])


def association(ballots: int, warm_up: int = 1) -> Workload:
    """Return the example with 24, 9 and 6 candidates for 7, 3 and 1 seats, and invented votes."""
    data = manifest_bytes("association")
    votes = plaintext_ballots(parse_manifest(data), ballots + warm_up, seed=1)
    return Workload("association", data, tuple(islice(votes, ballots)), tuple(votes))
