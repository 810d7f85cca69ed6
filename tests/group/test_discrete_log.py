"""Tallies are found again, within their bounds and only there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.errors import CheckError
from e2evote.group import discrete_log as module
from e2evote.group.discrete_log import DiscreteLog, discrete_log
from e2evote.group.parameters import group_named
from tests.strategies import SMALL_GROUPS, TOY_GROUP


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_discrete_log(t: int, bound: int) -> None:
    """Spec: EG-2.1 §3.6.5, box 10"""
    base = TOY_GROUP.g ** TOY_GROUP.scalar(12345)
    if t <= bound:
        assert discrete_log(base, base ** TOY_GROUP.scalar(t), bound) == t
    else:
        with pytest.raises(CheckError, match=f"between 0 and {bound}"):
            discrete_log(base, base ** TOY_GROUP.scalar(t), bound)


@pytest.mark.parametrize("bound", [0, 1, 2, 3, 4, 8, 9, 10, 99, 100, 101])
def test_discrete_log_at_the_bound(bound: int) -> None:
    g = TOY_GROUP.g
    for t in range(bound + 1):
        assert discrete_log(g, g ** TOY_GROUP.scalar(t), bound) == t
    for t in (-1, bound + 1):
        with pytest.raises(CheckError):
            discrete_log(g, g ** TOY_GROUP.scalar(t), bound)


def test_discrete_log_of_a_million() -> None:
    g = TOY_GROUP.g
    assert discrete_log(g, g ** TOY_GROUP.scalar(999_983), 10**6) == 999_983


def test_several_values_of_one_table() -> None:
    g = TOY_GROUP.g
    lookup = DiscreteLog(g, 1000)
    for t in (0, 1, 31, 32, 33, 999, 1000):
        assert lookup.of(g ** TOY_GROUP.scalar(t), 1000) == lookup.of(g ** TOY_GROUP.scalar(t), t) == t
        with pytest.raises(CheckError, match=f"between 0 and {t}"):
            lookup.of(g ** TOY_GROUP.scalar(t + 1), t)


def test_a_larger_bound_than_the_table_takes_more_giant_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_STEPS", 7)
    for t in (0, 6, 7, 8, 4999, 5000):
        assert discrete_log(TOY_GROUP.g, TOY_GROUP.g ** TOY_GROUP.scalar(t), 5000) == t


def test_equal_digests_are_not_taken_for_equal_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a digest of two bits nearly every value matches one in the table."""
    monkeypatch.setattr(module, "_digest", lambda power: int(power.value & 3))
    group = SMALL_GROUPS[0]
    with pytest.raises(CheckError):
        discrete_log(group.g, group.g ** group.scalar(100), 20)


@pytest.mark.parametrize("name", ["toy-7-16", "toy-16-32", "toy-16-48", "toy-24-64"])
def test_every_tally_in_groups_of_at_most_64_bits(name: str) -> None:
    """The whole number stands for itself there."""
    group = group_named(name)
    table = DiscreteLog(group.g, 120)
    assert [table.of(group.g ** group.scalar(t), 120) for t in range(121)] == list(range(121))
