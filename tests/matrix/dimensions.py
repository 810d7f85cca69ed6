"""The dimensions of the matrix: in what elections differ, and rows in which every two values of two of them meet."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, product
from random import Random

Levels = Mapping[str, str]
"""One value of every dimension."""

Pair = tuple[tuple[str, str], tuple[str, str]]
"""A value of one dimension, and a value of another."""

DIMENSIONS: Mapping[str, Sequence[str]] = {
    "guardians": ("one", "one of many", "most", "all of many"),
    "styles": ("alike", "overlapping", "disjoint"),
    "cells": ("one", "each", "merged", "chain"),
    "limits": ("one", "several", "no limit", "scores", "contest limit", "capped"),
    "fields": ("none", "one", "every"),
    "data": ("none", "closed", "open"),
    "weights": ("none", "equal", "mixed"),
    "minimum": ("1", "2", "3", "out of reach"),
    "chaining": ("no", "simple", "both"),
    "devices": ("one", "several", "idle"),
    "mail": ("none", "some"),
    "turnout": ("nobody", "few", "more"),
    "opening": ("devices", "guardians"),
    "quorum": ("exact", "everybody"),
    "overrides": ("none", "any"),
}
"""What each value means is said where it is made use of: tests/matrix/plans.py."""


def every_pair() -> set[Pair]:
    """Return all pairs of values of two dimensions."""
    return {
        ((one, x), (other, y))
        for (one, xs), (other, ys) in combinations(DIMENSIONS.items(), 2)
        for x, y in product(xs, ys)
    }


def pairs_of(levels: Levels) -> set[Pair]:
    """Return the pairs of values that meet in an election."""
    return set(combinations(((name, levels[name]) for name in DIMENSIONS), 2))


def covering_rows() -> list[Levels]:
    """Return rows in which every pair of values occurs, always the same ones; one more as long as pairs are missing."""
    rng, missing, rows = Random(1), every_pair(), list[Levels]()
    while missing:
        rows.append(_row(rng, missing))
        missing -= pairs_of(rows[-1])
    return rows


def _row(rng: Random, missing: Iterable[Pair]) -> Levels:
    """Return a row with a missing pair, filled up value by value with what meets most of the missing ones."""
    left = set(missing)
    row = dict(rng.choice(sorted(left)))
    for name in rng.sample(sorted(DIMENSIONS.keys() - row.keys()), len(DIMENSIONS) - len(row)):
        order = rng.sample(DIMENSIONS[name], len(DIMENSIONS[name]))
        row[name] = max(order, key=lambda value: sum(_meets(pair, row, name, value) for pair in left))
    return {name: row[name] for name in DIMENSIONS}


def _meets(pair: Pair, row: Levels, name: str, value: str) -> bool:
    (one, x), (other, y) = pair
    return ((one, x) == (name, value) and row.get(other) == y) or ((other, y) == (name, value) and row.get(one) == x)
