"""Fast powers are powers: tables, shared squarings, discrete logarithms."""

import gmpy2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.group.computation import Request, evaluate
from e2evote.group.elements import Element, Group, Scalar
from e2evote.group.powers import FixedBase, NewBase, Product, fixed, window_for
from tests.strategies import GROUPS, SMALL_GROUPS, TOY_GROUP, exponents, members, numbers_mod_p

by_name = pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
small = pytest.mark.parametrize("group", SMALL_GROUPS, ids=lambda group: group.name)


def power(base: Element, exponent: int) -> Element:
    return Element(gmpy2.powmod(base.value, exponent, base.group.p), base.group)


def value(product: Product) -> Element:
    return evaluate(Request([product])).values[0]


def is_member(x: Element) -> bool:
    return evaluate(Request((), (NewBase(x),))).members[0]


def edges(group: Group) -> list[Scalar]:
    """Return 0, 1, 2, q − 1, one with many zero digits, and q itself, which a parsed number may be."""
    q = group.q
    reduced = [group.scalar(x) for x in (0, 1, 2, q - 1, q // 2, 1 << (q.bit_length() - 1), 0x8000)]
    return [*reduced, Scalar(q, group), Scalar(q + 1, group)]


@by_name
@pytest.mark.parametrize("window", [1, 4, 7])
def test_fixed_base_at_the_edges(group: Group, window: int) -> None:
    table = FixedBase(group.g, window)
    for exponent in edges(group):
        assert value(table**exponent) == power(group.g, int(exponent.value % group.q))


@by_name
def test_tables_of_a_number_out_of_range(group: Group) -> None:
    """A joint key in a broken record may be 0, p or more: its powers are canonical all the same."""
    p = int(group.p)
    for number in (0, p, p + 1, p + 2):
        table = FixedBase(group.element(number), 3)
        for exponent in (0, 1, 2, 9):
            expected = power(group.element(number), exponent)
            assert value(table ** group.scalar(exponent)) == expected, (number, exponent)


@by_name
def test_new_base_at_the_edges(group: Group) -> None:
    base, asked = NewBase(group.g), edges(group)
    together = evaluate(Request([base**exponent for exponent in asked], (base,)))
    assert together.values == [power(group.g, int(exponent.value)) for exponent in asked]
    assert together.members == [True]
    for exponent in asked:
        assert value(base**exponent) == power(group.g, int(exponent.value))


@small
@given(st.data())
def test_fast_powers_of_members(group: Group, data: st.DataObject) -> None:
    base, exponent = data.draw(members(group)), data.draw(exponents(group))
    expected = power(base, int(exponent.value))
    assert value(FixedBase(base, 3) ** exponent) == value(NewBase(base) ** exponent) == base**exponent == expected


@small
@given(st.data())
def test_fast_powers_of_any_number(group: Group, data: st.DataObject) -> None:
    """A verifier raises numbers before it knows whether they are members; the exponents are below q."""
    base, exponent = data.draw(numbers_mod_p(group)), data.draw(exponents(group))
    expected = power(base, int(exponent.value))
    assert value(FixedBase(base, 3) ** exponent) == value(NewBase(base) ** exponent) == expected


@small
@given(st.data())
def test_products_of_powers(group: Group, data: st.DataObject) -> None:
    """Products of any number of bases of either kind, asked for at once, with membership beside them."""
    bases = [data.draw(numbers_mod_p(group)) for _ in range(4)]
    kinds = [FixedBase(bases[0], 2), FixedBase(bases[1], 3), NewBase(bases[2]), NewBase(bases[3])]
    chosen = [
        data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=6)) for _ in range(data.draw(st.integers(1, 4)))
    ]
    products, expected = [], []
    for picks in chosen:
        product, result = Product(), group.one
        for pick in picks:
            exponent = data.draw(exponents(group))
            product, result = product * kinds[pick] ** exponent, result * power(bases[pick], int(exponent.value))
        products.append(product)
        expected.append(result)
    response = evaluate(Request([group.g, *products], kinds[2:]))
    assert response.values == [group.g, *expected]
    assert response.members == [base.is_member() for base in bases[2:]]


@small
@given(st.data())
def test_membership_by_the_chain(group: Group, data: st.DataObject) -> None:
    """Spec: EG-2.1 §3.3.7, box 6"""
    x = data.draw(numbers_mod_p(group))
    base = NewBase(x)
    with_powers = evaluate(Request([base ** group.scalar(5)] * 2, (base,))).members
    assert is_member(x) == x.is_member() == with_powers[0]


@by_name
def test_membership_of_special_numbers(group: Group) -> None:
    """Spec: EG-2.1 §3.3.7, box 6"""
    p, g = int(group.p), int(group.g.value)
    expected = {0: False, 1: True, p - 1: False, p: False, p + 1: False, p + g: False, p - g: False, g: True}
    for number, member in expected.items():
        x = group.element(number)
        base = NewBase(x)
        beside = evaluate(Request([base ** group.scalar(2), base ** group.scalar(3)], (base,))).members[0]
        assert (is_member(x), beside, x.is_member()) == (member, member, member), number


def test_membership_in_the_smallest_group_one_by_one() -> None:
    group = SMALL_GROUPS[0]
    members_ = {int((group.g ** group.scalar(i)).value) for i in range(int(group.q))}
    assert {x for x in range(int(group.p)) if group.element(x).is_member()} == members_
    bases = [NewBase(group.element(x)) for x in sorted(members_ | set(range(0, int(group.p), 13)))]
    tested = evaluate(Request([base ** group.scalar(1) for base in bases], bases)).members
    assert {int(base.element.value) for base, member in zip(bases, tested, strict=True) if member} == members_


def test_standard_powers_once_more() -> None:
    """Window positions and digits of the tables that are really used, against GMP."""
    group, table = GROUPS[-1], fixed(GROUPS[-1].g)
    exponents_ = [group.scalar(3**i) for i in (1, 17, 150, 161, 1000)]
    expected = [power(group.g, int(exponent.value)) for exponent in exponents_]
    assert evaluate(Request([table**exponent for exponent in exponents_])).values == expected
    base = NewBase(group.g)
    assert evaluate(Request([base**exponent for exponent in exponents_])).values == expected


def test_tables_are_built_once() -> None:
    assert fixed(TOY_GROUP.g) is fixed(TOY_GROUP.element(int(TOY_GROUP.generator)))


def test_window_for_few_and_many_powers() -> None:
    assert [window_for(n) for n in (0, 100, 10_000, 10**7)] == [4, 5, 10, 12]
