"""What hypothesis draws: parameter sets, exponents with their edges, members, and numbers that are none."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from e2evote.group.elements import Element, Group, Scalar
from e2evote.group.parameters import group_named
from tests.builders import TOY

TOY_GROUP = group_named(TOY)
GROUPS = [group_named(name) for name in ("toy-7-16", "toy-16-32", "toy-32-128", TOY, "reduced-3072", "standard-4096")]
SMALL_GROUPS = GROUPS[:4]


def numbers_below(limit: int) -> SearchStrategy[int]:
    """Return numbers 0 ≤ x < limit with both ends more often than chance would have it."""
    return st.one_of(st.sampled_from([0, 1, 2, limit - 2, limit - 1]), st.integers(0, limit - 1))


def exponents(group: Group) -> SearchStrategy[Scalar]:
    """Return public exponents, 0, 1 and q − 1 among them."""
    return numbers_below(int(group.q)).map(group.scalar)


def members(group: Group) -> SearchStrategy[Element]:
    """Return elements of the group of order q, 1 among them."""
    return exponents(group).map(lambda x: group.g**x)


def numbers_mod_p(group: Group) -> SearchStrategy[Element]:
    """Return members, their negatives, and any numbers below p."""
    p = int(group.p)
    return st.one_of(
        members(group),
        members(group).map(lambda x: group.element(p - int(x.value))),
        numbers_below(p).map(group.element),
    )
