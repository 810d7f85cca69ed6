"""What supplemental fields hold, and that their relations leave no other value: all of it for small contests."""

from collections.abc import Iterator
from itertools import combinations_with_replacement, product

import pytest

from e2evote.errors import ParseError
from e2evote.record.manifest import Contest, SupplementalField, parse_manifest
from e2evote.record.plaintext import encrypted_values, is_overvoted
from e2evote.record.supplemental import field_relations, limit_relation
from tests.builders import ALL_FIELDS, SUPPLEMENTAL, manifest_bytes


def contest(
    limits: tuple[int, ...], limit: int, fields: tuple[SupplementalField, ...] = ALL_FIELDS, write_ins: int = 1
) -> Contest:
    """Return a contest whose last options are write-ins."""
    first = len(limits) - write_ins
    options = [
        {"label": f"{j}", "selection_limit": R, "write_in": j >= first} for j, R in enumerate(limits)
    ]  # fmt: skip
    found = {"label": "x", "selection_limit": limit, "options": options, "supplemental_fields": fields}
    manifest = manifest_bytes(contests=[found | {"contest_data_blocks": 1}])
    return parse_manifest(manifest).contest(1)


CONTESTS = [
    contest(limits, L)
    for size in (1, 2, 3)
    for limits in combinations_with_replacement((1, 2, 3), size)
    for L in range(1, sum(limits) + 1)
]
WITHOUT_OVERVOTES = [contest(limits, L, ALL_FIELDS[1:]) for limits, L in (((1,), 1), ((1, 1), 2), ((2, 3), 4))]


def holds(known: Contest, values: tuple[int, ...]) -> bool:
    """Tell whether the limit and every relation hold, and every value is in its range: boxes 6 and 7 and relations."""
    relations = [limit_relation(known), *field_relations(known).values()]
    in_range = all(0 <= v <= field.limit for v, field in zip(values, known.verifiable_fields, strict=True))
    return in_range and all(0 <= relation.value(values) <= relation.limit for relation in relations)


def possible(known: Contest) -> Iterator[tuple[int, ...]]:
    """Yield every combination of values in their ranges."""
    return product(*(range(field.limit + 1) for field in known.verifiable_fields))


@pytest.mark.parametrize("known", [*CONTESTS, *WITHOUT_OVERVOTES], ids=lambda c: f"{c.option_limits}-{c.limit}")
def test_every_voter_fits(known: Contest) -> None:
    """Spec: EG-2.1 §3.3.9"""
    for marks in product(*(range(R + 2) for R in known.option_limits)):
        assert holds(known, encrypted_values(known, marks))


@pytest.mark.parametrize("known", [c for c in [*CONTESTS, *WITHOUT_OVERVOTES] if len(c.options) < 3])
def test_no_other_values_fit(known: Contest) -> None:
    """Whatever passes is what some voter's marks come to.

    Spec: EG-2.1 §3.3.9
    """
    honest = {encrypted_values(known, marks) for marks in product(*(range(R + 2) for R in known.option_limits))}
    assert {values for values in possible(known) if holds(known, values)} == honest


@pytest.mark.parametrize(
    ("marks", "fields", "expected"),
    [
        # overvote, undervote, difference, null vote, write-ins; L = 3, R = 1 and 2, the last a write-in
        ((0, 0), ALL_FIELDS, (0, 1, 3, 1, 0)),
        ((1, 0), ALL_FIELDS, (0, 1, 2, 0, 0)),
        ((0, 2), ALL_FIELDS, (0, 1, 1, 0, 2)),
        ((1, 2), ALL_FIELDS, (0, 0, 0, 0, 2)),
        ((0, 3), ALL_FIELDS, (1, 0, 0, 0, 0)),  # more than R, not more than L
        ((9, 9), ALL_FIELDS, (1, 0, 0, 0, 0)),
        ((9, 9), ALL_FIELDS[1:], (1, 3, 1, 0)),
        ((9, 9), ("null_vote_indicator", "overvote_indicator"), (0, 1)),
        ((9, 9), (), ()),
    ],
)
def test_what_marks_come_to(
    marks: tuple[int, ...], fields: tuple[SupplementalField, ...], expected: tuple[int, ...]
) -> None:
    known = contest((1, 2), 3, fields)
    votes = (0, 0) if is_overvoted(known, marks) else marks
    assert encrypted_values(known, marks) == (*votes, *expected)


def test_indicators_that_linear_bounds_let_pass() -> None:
    """An undervote or a null vote that is not indicated: ranges and Σ + L·indicator ≤ L allow both.

    Spec: EG-2.1 §3.3.9
    """
    known = contest((1, 1), 2, ("undervote_indicator", "null_vote_indicator"))
    assert holds(known, (1, 0, 1, 0))
    assert not holds(known, (1, 0, 0, 0))
    assert holds(known, (0, 0, 1, 1))
    assert not holds(known, (0, 0, 1, 0))


def test_fields_stand_behind_the_options() -> None:
    """Spec: EG-2.1 §3.1.3"""
    board, scores, motion = parse_manifest(manifest_bytes(contests=SUPPLEMENTAL)).contests
    assert [field.label for field in board.verifiable_fields[4:]] == list(ALL_FIELDS)
    assert [field.limit for field in board.verifiable_fields] == [1, 1, 1, 1, 1, 1, 2, 1, 1]
    assert [field.limit for field in scores.verifiable_fields] == [3, 3, 1, 4, 1]
    assert [motion.option_limit(ind_o) for ind_o in range(1, 5)] == [1, 1, 1, 1]
    assert list(field_relations(board)) == [6, 7, 8, 9]
    assert list(field_relations(motion)) == [3]


def test_limit_of_write_ins() -> None:
    assert contest((1, 1, 1), 1, ("write_in_count",), write_ins=2).option_limit(4) == 1
    assert contest((1, 2, 3), 6, ("write_in_count",), write_ins=2).option_limit(4) == 5


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        (["write_in_count"], "write_in_count needs a write-in option"),
        (["overvote_indicator", "overvote_indicator"], "label 'overvote_indicator' is used twice"),
        (["null_vote_indicator"], "label 'null_vote_indicator' is used twice"),
    ],
)
def test_rules_of_the_manifest(fields: list[str], problem: str) -> None:
    options = [{"label": "yes"}, {"label": "null_vote_indicator"}]
    motion = {"label": "motion", "options": options, "supplemental_fields": fields}
    contests = [*SUPPLEMENTAL[:2], motion]
    (found,) = parse_manifest(manifest_bytes(contests=contests)).problems()
    assert problem in found


@pytest.mark.parametrize("fields", [["undervotes"], "overvote_indicator", [1], {"overvote_indicator": True}])
def test_unknown_fields(fields: object) -> None:
    motion = SUPPLEMENTAL[2] | {"supplemental_fields": fields}
    with pytest.raises(ParseError, match="supplemental_fields"):
        parse_manifest(manifest_bytes(contests=[*SUPPLEMENTAL[:2], motion]))
