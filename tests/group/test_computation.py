"""Computations side by side do what each does alone."""

from collections.abc import Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.errors import VerificationError
from e2evote.group.computation import Computation, Request, Response, are_members, compute, products, together
from e2evote.group.elements import Element
from e2evote.group.powers import FixedBase, NewBase
from tests.strategies import TOY_GROUP

g = TOY_GROUP.g
G = FixedBase(g, 4)


def tower(x: int, height: int) -> Computation[list[Element]]:
    """Ask one request after another, of different sizes."""
    found: list[Element] = []
    for step in range(height):
        base = NewBase(g ** TOY_GROUP.scalar(x + step))
        exponents = [TOY_GROUP.scalar(x * step + j) for j in range(step + 1)]
        response = yield Request([G**e * base**e for e in exponents], [base] * (step % 2))
        assert all(response.members)
        found += response.values
    return found


def expected(x: int, height: int) -> list[Element]:
    return [g ** TOY_GROUP.scalar((x * step + j) * (1 + x + step)) for step in range(height) for j in range(step + 1)]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 4)), max_size=6))
def test_together_is_one_after_another(towers: list[tuple[int, int]]) -> None:
    assert compute(together(tower(*each) for each in towers)) == [expected(*each) for each in towers]
    assert [compute(tower(*each)) for each in towers] == [expected(*each) for each in towers]


def test_together_within_together() -> None:
    nested = together([together([tower(1, 2), tower(2, 3)]), together([tower(3, 1)]), together([])])
    assert compute(nested) == [[expected(1, 2), expected(2, 3)], [expected(3, 1)], []]


def test_requests_meet_in_one_batch() -> None:
    """Every round is one request, whatever the number of computations."""
    rounds = []
    several = together([tower(1, 3), tower(2, 1), tower(3, 2)])
    request = next(several)
    for _ in range(2):
        rounds.append(len(request.values))
        request = several.send(Response([g] * len(request.values), [True] * len(request.members)))
    assert [*rounds, len(request.values)] == [3, 4, 3]


def test_a_refusal_ends_all() -> None:
    def refused() -> Generator[Request, Response, None]:
        yield Request([G ** TOY_GROUP.scalar(1)])
        raise VerificationError("no")

    with pytest.raises(VerificationError, match="no"):
        compute(together([tower(1, 3), refused()]))


def test_elements_are_returned_as_they_are() -> None:
    def asks() -> Computation[list[Element]]:
        response = yield Request([g, G ** TOY_GROUP.scalar(2), TOY_GROUP.one])
        return list(response.values)

    assert compute(asks()) == [g, g * g, TOY_GROUP.one]


def test_products_of_columns() -> None:
    columns = [[g], [g, g * g], [TOY_GROUP.element(int(TOY_GROUP.p) + 3), g]]
    assert products(columns) == [g, g * g * g, TOY_GROUP.element(3) * g]
    assert products([]) == []


def test_products_of_one_column_and_of_one_element() -> None:
    powers = [g ** TOY_GROUP.scalar(exponent) for exponent in (2, 3, 5)]
    assert products([powers]) == [g ** TOY_GROUP.scalar(10)]
    assert products([powers[:1], powers[1:2]]) == powers[:2]


def test_members_are_told_from_numbers_that_are_none() -> None:
    """Powers are those of the number mod p; a number outside 0…p−1 is no member all the same."""
    p, x = int(TOY_GROUP.p), int(g.value)
    special = {0: False, 1: True, x: True, p - x: False, p - 1: False, p: False, p + 1: False, p + x: False, -x: False}
    elements = [TOY_GROUP.element(value) for value in special]
    assert list(are_members(elements)) == list(special.values())
    for element, expected in zip(elements, special.values(), strict=True):
        assert list(are_members([element])) == [expected]
        base = NewBase(element)
        (response,) = [compute(asked(base))]
        assert list(response.members) == [expected]
        assert response.values == [TOY_GROUP.element(pow(int(element.value), 3, p))]


def asked(base: NewBase) -> Computation[Response]:
    """Ask for a power and for membership at once."""
    response = yield Request([base ** TOY_GROUP.scalar(3)], [base])
    return response
