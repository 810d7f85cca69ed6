"""Plausible plaintext ballots for any manifest, from a seed.

Test data for rehearsals, demonstrations and measurements: some options are more popular than others, voters leave marks
unused, cast null votes, mark too much now and then, write in names, and carry weights where the manifest has them. The
same manifest, count and seed give the same ballots. Nothing here is cryptographic; encryption is left to others.
"""

import random
from collections.abc import Iterator
from typing import Final

from e2evote.record.manifest import Contest, Manifest
from e2evote.record.plaintext import PlaintextBallot, PlaintextContest

NULL_VOTE_RATE: Final = 0.05
OVERVOTE_RATE: Final = 0.02
FULL_VOTE_RATE: Final = 0.6

WRITE_IN_NAMES: Final = (
    "فرزانه کوه‌نوردیان",
    "حشمت‌الله گردوکاران",
    "مهرانگیز نرگس‌زاری",
    "شاپور ارغوان‌زاده",
    "بتول آسمان‌دوست",
    "نعمت‌الله تاکستانی‌نژاد",
)
"""Invented, as everybody in the examples is."""

Popularity = dict[int, tuple[int, ...]]
"""By contest index: one positive number an option; an option twice as popular has twice the number."""


def plaintext_ballots(manifest: Manifest, count: int, seed: int) -> Iterator[PlaintextBallot]:
    """Yield ``count`` ballots for ``manifest``, of all its ballot styles mixed."""
    # random is fine here: these votes are made up and protect nobody, and a seed has to reproduce them. Nonces and
    # keys never come from it.
    rng = random.Random(seed)
    popularity = {i: _popularity(contest, rng) for i, contest in enumerate(manifest.contests, 1)}
    for _ in range(count):
        yield _ballot(manifest, popularity, rng)


def _popularity(contest: Contest, rng: random.Random) -> tuple[int, ...]:
    """Popularity falls as 1, 1/2, 1/3, … in a random order of the options; writing a name in is never a favourite."""
    ranks = list(range(1, len(contest.options) + 1))
    rng.shuffle(ranks)
    ranks = [2 * len(ranks) if option.write_in else rank for option, rank in zip(contest.options, ranks, strict=True)]
    return tuple(1000 // rank + 1 for rank in ranks)


def _ballot(manifest: Manifest, popularity: Popularity, rng: random.Random) -> PlaintextBallot:
    ind_s = rng.randint(1, len(manifest.ballot_styles))
    weight = _weight(manifest.maximum_weight, rng)
    contests = (
        _contest(ind_c, manifest.contest(ind_c), popularity[ind_c], rng)
        for ind_c in manifest.ballot_style(ind_s).contests
    )
    return PlaintextBallot(ballot_style=ind_s, weight=weight, contests=tuple(c for c in contests if c is not None))


def _weight(maximum: int, rng: random.Random) -> int:
    """A weight from 1 to ``maximum``, mostly small: uniform up to the maximum, its half, its quarter, … or 1."""
    return rng.randint(1, maximum >> rng.randrange(maximum.bit_length()))


def _contest(ind_c: int, contest: Contest, popularity: tuple[int, ...], rng: random.Random) -> PlaintextContest | None:
    """One contest of a ballot; None where the voter skipped it, which is a null vote as all zeros are."""
    total = _total(contest, rng)
    if total == 0 and rng.random() < 0.5:
        return None
    selections = _selections(contest, total, popularity, rng)
    write_ins = {
        ind_o: rng.choice(WRITE_IN_NAMES)
        for ind_o, (option, selection) in enumerate(zip(contest.options, selections, strict=True), 1)
        if option.write_in and selection
    }
    return PlaintextContest(contest=ind_c, selections=selections, write_ins=write_ins or None)


def _total(contest: Contest, rng: random.Random) -> int:
    """How much the voter marks in all: 0 for a null vote, more than the limit for an overvote where marks allow it."""
    limit, room = contest.limit, sum(contest.option_limits)
    kind = rng.random()
    if kind < NULL_VOTE_RATE:
        return 0
    if kind < NULL_VOTE_RATE + OVERVOTE_RATE and room > limit:
        return rng.randint(limit + 1, min(limit + 2, room))
    return limit if rng.random() < FULL_VOTE_RATE else rng.randint(1, limit)


def _selections(contest: Contest, total: int, popularity: tuple[int, ...], rng: random.Random) -> tuple[int, ...]:
    """Hand out ``total`` marks by popularity, never more to an option than its own limit."""
    limits = contest.option_limits
    selections = [0] * len(limits)
    while (left := total - sum(selections)) > 0:
        open_options = [i for i, limit in enumerate(limits) if selections[i] < limit]
        i = rng.choices(open_options, [popularity[i] for i in open_options])[0]
        selections[i] += rng.randint(1, min(limits[i] - selections[i], left))
    return tuple(selections)
