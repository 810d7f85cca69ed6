"""Who is elected: what the manifest's rules and the officials' draws make of the counted votes. Nothing is judged here.

Everybody computes the same outcome from the same record and the same ``Decision``; its hash is what officials approve.
"""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Annotated, Literal

from annotated_types import MinLen
from pydantic import StringConstraints

from e2evote.errors import CheckError
from e2evote.record.codec import Count, Hash, Index, RecordModel, Total, dump
from e2evote.record.manifest import Contest, Manifest
from e2evote.record.sums import ContestSums, Results

Words = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Place = Literal["elected", "alternate", "tied"]
_ORDER: dict[Place | None, int] = {"elected": 0, "alternate": 1, "tied": 2, None: 3}


class Draw(RecordModel):
    """How the ties of a contest were drawn: the order of the lots, or a public seed that gives it; and whence."""

    contest: Index
    order: Annotated[tuple[Index, ...], MinLen(2)] | None = None
    seed: Words | None = None
    source: Words


class Decision(RecordModel):
    """What officials add to the record: how many are entitled, stated by them and not proved, and the draws."""

    entitled: Index | None = None
    draws: tuple[Draw, ...] = ()


class Candidate(RecordModel):
    """An option: its place by votes, shared where they are equal, and what it comes to: its rank among the same."""

    index: Index
    label: str
    votes: Total
    place: Index
    result: Place | None = None
    rank: Index | None = None


class Tie(RecordModel):
    """Options with equal votes of which not all can have the same seat: what it decides, and what resolved it."""

    options: tuple[Index, ...]
    votes: Total
    decides: Literal["seats", "alternates"]
    resolved: Literal["lots", "order", "unresolved"]
    draw: Draw | None = None


class Station(RecordModel):
    """A sum that the guardians decrypted: a cell with those merged into it, and the votes by option."""

    cell: Index
    label: str
    merged: tuple[str, ...] = ()
    ballots: Total
    votes: tuple[Total, ...]


class ContestOutcome(RecordModel):
    """A contest; ``base`` is what a threshold is a share of; ``withheld`` are cells whose ballots were not counted."""

    index: Index
    label: str
    ballots: Total
    base: Total
    seats: Index | None = None
    vacant: Count | None = None
    candidates: tuple[Candidate, ...]
    ties: tuple[Tie, ...] = ()
    stations: tuple[Station, ...]
    withheld: tuple[str, ...] = ()


class QuorumOutcome(RecordModel):
    """Participation against what is needed; ``reached`` is left out while nobody said how many are entitled."""

    of: Literal["ballots", "weight"]
    counted: Total
    needed: Total | None = None
    entitled: Index | None = None
    stated_by: Literal["manifest", "officials"] | None = None
    reached: bool | None = None


class Outcome(RecordModel):
    """All contests of an election."""

    format: Literal["e2evote-outcome"] = "e2evote-outcome"
    version: Literal[1] = 1
    h_e: Hash
    label: str
    ballots: Total
    weight: Total
    quorum: QuorumOutcome | None = None
    contests: tuple[ContestOutcome, ...]

    @property
    def digest(self) -> bytes:
        """SHA-256 of its canonical JSON."""
        return hashlib.sha256(dump(self)).digest()

    @property
    def undrawn(self) -> tuple[str, ...]:
        """Labels of contests whose ties wait for the lots that the manifest orders."""
        waiting = (c for c in self.contests if any(t.resolved == "lots" and t.draw is None for t in c.ties))
        return tuple(contest.label for contest in waiting)


def outcome_of(h_e: bytes, manifest: Manifest, results: Results, decision: Decision) -> Outcome:
    """Return the outcome.

    Raises:
        CheckError: a draw is of no such contest, of one whose ties are not drawn, or not of exactly the tied options.
    """
    draws = {draw.contest: draw for draw in decision.draws}
    if [draw.contest for draw in decision.draws] != sorted(draws):
        raise CheckError("draws: one a contest, in the order of contests")
    if any((draw.order is None) == (draw.seed is None) for draw in decision.draws):
        raise CheckError("draws: each has an order or a seed, not both")
    contests = tuple(_contest(h_e, manifest, results, sums, draws.pop(sums.result.index, None))
                     for sums in results.contests)  # fmt: skip
    if draws:
        raise CheckError(f"draws: contest {min(draws)} has no counted votes")
    quorum = _quorum(manifest, results, decision)
    return Outcome(h_e=h_e, label=manifest.label, ballots=results.ballots, weight=sum(results.weights),
                   quorum=quorum, contests=contests)  # fmt: skip


def _contest(h_e: bytes, manifest: Manifest, results: Results, sums: ContestSums, draw: Draw | None) -> ContestOutcome:
    index, rules = sums.result.index, manifest.contest(sums.result.index)
    base = sums.ballots
    if manifest.maximum_weight > 1:
        base = sum(results.weights[cell - 1] for each in sums.sums for cell in (each.cell, *each.merged))
    votes = {option.index: option.votes for option in sums.result.options}
    groups = _groups(rules, votes, base)
    tied = {ind_o for tie in _ties(h_e, index, rules, groups, votes, None) for ind_o in tie.options}
    if draw is not None and (rules.ties != "lots" or not tied):
        raise CheckError(f"draws: contest {rules.label!r} has no tie that lots decide")
    if draw is not None and draw.order is not None and sorted(draw.order) != sorted(tied):
        raise CheckError(f"draws: the order for contest {rules.label!r} must have exactly the options {sorted(tied)}")
    ties = tuple(_ties(h_e, index, rules, groups, votes, draw))
    placed = _placed(rules, groups, ties)
    candidates = sorted(
        (
            Candidate(index=option.index, label=option.label, votes=option.votes, place=place,
                      result=placed.get(option.index, (None, None))[0], rank=placed.get(option.index, (None, None))[1])
            for place, option in sums.placed
        ),
        key=lambda each: (each.place, _ORDER[each.result], each.rank or 0),
    )  # fmt: skip
    return ContestOutcome(
        index=index, label=rules.label, ballots=sums.ballots, base=base, seats=rules.seats,
        vacant=None if rules.seats is None else max(0, rules.seats - sum(map(len, groups))),
        candidates=tuple(candidates),
        ties=ties, stations=tuple(
            Station(cell=each.cell, label=manifest.cells[each.cell - 1].label, ballots=each.ballots, votes=each.votes,
                    merged=tuple(manifest.cells[cell - 1].label for cell in each.merged))
            for each in sums.sums
        ),
        withheld=tuple(manifest.cells[cell - 1].label for cell, of in results.withheld.items() if index in of),
    )  # fmt: skip


def _groups(rules: Contest, votes: dict[int, int], base: int) -> list[tuple[int, ...]]:
    """Return the options that may have a seat, most votes first, those with equal votes together.

    An option without votes has none, and nor has one for write-ins, which is nobody.
    """
    least = 1
    if rules.threshold == "majority":
        least = base // 2 + 1
    elif rules.threshold is not None:
        least = max(1, -(-base * rules.threshold // 100))
    fit = [ind_o for ind_o, option in enumerate(rules.options, 1) if votes[ind_o] >= least and not option.write_in]
    ranked = sorted(fit, key=lambda ind_o: -votes[ind_o])
    return [tuple(each) for _, each in groupby(ranked, key=votes.__getitem__)]


def _ties(
    h_e: bytes, index: int, rules: Contest, groups: Sequence[tuple[int, ...]], votes: dict[int, int], draw: Draw | None
) -> Iterator[Tie]:
    """Yield the groups whose order matters: there are seats for some of them only, or they are alternates."""
    before, seats = 0, rules.seats or 0
    resolved = rules.ties or "unresolved"
    for group in groups:
        after = before + len(group)
        if rules.seats is not None and len(group) > 1 and before < seats + (rules.alternates or 0) and after > seats:
            options = _drawn(h_e, index, group, draw) if draw is not None else group
            decides: Literal["seats", "alternates"] = "seats" if before < seats else "alternates"
            yield Tie(options=options, votes=votes[group[0]], decides=decides, resolved=resolved, draw=draw)
        before = after


def _drawn(h_e: bytes, index: int, group: tuple[int, ...], draw: Draw) -> tuple[int, ...]:
    """Return tied options in the order of the draw."""
    if draw.order is not None:
        return tuple(ind_o for ind_o in draw.order if ind_o in group)
    return lots(h_e, index, group, draw.seed or "")


def lots(h_e: bytes, contest: int, options: Sequence[int], seed: str) -> tuple[int, ...]:
    """Return options in the order that a public seed gives them: ascending by a hash that has all of these.

    SHA-256("e2evote lots v1" ‖ H_E ‖ contest, 4 bytes ‖ option, 4 bytes ‖ seed in UTF-8).
    """

    def lot(ind_o: int) -> bytes:
        numbers = contest.to_bytes(4, "big") + ind_o.to_bytes(4, "big")
        return hashlib.sha256(b"e2evote lots v1" + h_e + numbers + seed.encode()).digest()

    return tuple(sorted(options, key=lot))


def _placed(
    rules: Contest, groups: Sequence[tuple[int, ...]], ties: Sequence[Tie]
) -> dict[int, tuple[Place, int | None]]:
    """Return who is elected, an alternate, or tied, with the rank among the same."""
    placed: dict[int, tuple[Place, int | None]] = {}
    seats, by_group = rules.seats or 0, {frozenset(tie.options): tie for tie in ties}
    position = 0
    for group in groups:
        tie = by_group.get(frozenset(group))
        open_still = tie is not None and (tie.resolved == "unresolved" or (tie.resolved == "lots" and tie.draw is None))
        for ind_o in group if tie is None else tie.options:
            position += 1
            if open_still:
                placed[ind_o] = "tied", None
            elif position <= seats:
                placed[ind_o] = "elected", position
            elif position <= seats + (rules.alternates or 0):
                placed[ind_o] = "alternate", position - seats
    return placed


def _quorum(manifest: Manifest, results: Results, decision: Decision) -> QuorumOutcome | None:
    rule = manifest.quorum
    if (rule is None or rule.percent is None or rule.entitled is not None) and decision.entitled is not None:
        raise CheckError("the number of those entitled is not asked of officials by this manifest")
    if rule is None:
        return None
    counted = results.ballots if rule.of == "ballots" else sum(results.weights)
    entitled = rule.entitled or decision.entitled
    stated: Literal["manifest", "officials"] | None = None
    if entitled is not None:
        stated = "manifest" if rule.entitled is not None else "officials"
    needed = rule.at_least
    if rule.percent is not None and entitled is not None:
        needed = -(-entitled * rule.percent // 100)
    reached = None if needed is None else counted >= needed
    return QuorumOutcome(of=rule.of, counted=counted, needed=needed, entitled=entitled, stated_by=stated,
                         reached=reached)  # fmt: skip
