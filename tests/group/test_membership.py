"""Membership of many numbers at once: right for each, by whatever backend, and never batched where the proof fails."""

from types import SimpleNamespace

import gmpy2
import pytest
from gmpy2 import mpz
from hypothesis import given
from hypothesis import strategies as st

from e2evote.group.backends import available, membership
from e2evote.group.computation import are_members
from e2evote.group.elements import Element, Group
from e2evote.group.parameters import STANDARD, group_named
from tests.strategies import GROUPS, SMALL_GROUPS, numbers_mod_p

TOY = group_named("toy-64-256")
BATCHED = [group_named("toy-48-192"), TOY]


def outsiders(group: Group) -> dict[str, int]:
    """Return a number of every kind that is no member: of order 2 or s, products with them, and out of range."""
    p, q, s = group.p, group.q, (group.p - 1) // (2 * group.q)
    of_order_s = next(y for x in range(2, 100) if (y := gmpy2.powmod(x, 2 * q, p)) != 1)
    member = (group.g ** group.scalar(99)).value
    assert gmpy2.powmod(of_order_s, s, p) == 1
    assert gmpy2.jacobi(of_order_s, p) == 1
    return {
        "of order 2": p - 1,
        "member times −1": p - member,
        "of order s": of_order_s,
        "member times order s": of_order_s * member % p,
        "of order 2s": p - of_order_s,
        "0": mpz(0),
        "p": p,
        "member + p": p + member,
    }


def test_which_groups_allow_batches() -> None:
    allowed = {group.name for group in (*GROUPS, *BATCHED) if membership.allows_batches(group.p, group.q)}
    assert allowed == {"standard-4096", "reduced-3072", "toy-48-192", "toy-64-256"}
    assert not membership.allows_batches(mpz(59183), mpz(127))
    # p ≡ 1 mod 4, a composite cofactor, and a q that does not divide
    assert not membership.allows_batches(mpz(13), mpz(3))
    assert not membership.allows_batches(TOY.p, TOY.q + 2)
    assert not membership.allows_batches(TOY.p, mpz(3))


def prime(above: int) -> mpz:
    return gmpy2.next_prime(mpz(above))


@pytest.mark.parametrize(
    ("q", "s", "rest", "allowed"),
    [
        (prime(2**160), prime(2**128), 0, True),
        (prime(2**64), prime(2**192), 0, True),
        (prime(2**160), prime(2**127), 0, False),
        (prime(2**160), prime(2**64) * prime(2**65), 0, False),
        (prime(2**160), prime(2**160), 0, False),
        (prime(2**160), prime(2**128), 4, False),
    ],
    ids=["s below q", "s above q", "s of 128 bits", "s composite", "s = q", "no cofactor"],
)
def test_what_batches_rest_on(q: mpz, s: mpz, rest: int, allowed: bool) -> None:
    """p − 1 = 2·q·s with s another prime than q, and longer than the exponents."""
    assert membership.allows_batches(2 * q * s + 1 + rest, q) == allowed


@pytest.mark.parametrize(
    ("group", "members", "others", "powers"),
    [
        (TOY, 4, [], 4),
        (TOY, 5, [], 1),
        (TOY, 40, [], 1),
        (TOY, 5, ["of order 2", "0"], 1),
        (TOY, 7, ["of order s"], 1 + 4 + 4),
        (TOY, 11, ["of order s"], 1 + 1 + 1 + 3 + 3),
        (SMALL_GROUPS[0], 6, [], 6),
    ],
)
def test_a_batch_costs_one_power(
    group: Group, members: int, others: list[str], powers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few are tested one by one, and where batches prove nothing all are; the halves of a batch are batches again."""
    numbers = [(group.g ** group.scalar(3**i)).value for i in range(members)]
    numbers += [outsiders(group)[kind] for kind in others]
    raised = []

    def powmod(x: mpz, e: mpz, p: mpz) -> mpz:
        raised.append(x)
        return gmpy2.powmod(x, e, p)

    counting = SimpleNamespace(powmod=powmod, jacobi=gmpy2.jacobi, is_prime=gmpy2.is_prime)
    monkeypatch.setattr(membership, "gmpy2", counting)
    assert membership.members(group.p, group.q, numbers) == [True] * members + [False] * len(others)
    assert len(raised) == powers


@pytest.mark.parametrize("group", BATCHED, ids=lambda group: group.name)
@pytest.mark.parametrize("kind", outsiders(TOY))
@pytest.mark.parametrize("size", [1, 2, 4, 5, 6, 40])
def test_one_outsider_among_members_is_named(group: Group, kind: str, size: int) -> None:
    """Spec: EG-2.1 §3.3.7, box 6"""
    for place in {0, size // 2, size - 1}:
        elements = [group.g ** group.scalar(3**i) for i in range(size)]
        elements[place] = group.element(outsiders(group)[kind])
        assert are_members(elements) == [i != place for i in range(size)]


@pytest.mark.parametrize("group", BATCHED, ids=lambda group: group.name)
def test_outsiders_that_cancel_each_other(group: Group) -> None:
    """x and x⁻¹ of order s: a product without random exponents would be 1."""
    x = group.element(outsiders(group)["of order s"])
    elements = [group.g ** group.scalar(i) for i in range(10)] + [x, group.one / x] * 3
    assert are_members(elements) == [True] * 10 + [False] * 6


@pytest.mark.parametrize("name", available(STANDARD.p, STANDARD.q))
def test_standard_members_and_outsiders(name: str) -> None:
    group = STANDARD.on(name)
    wrong = [group.element(x) for x in outsiders(group).values()]
    members_ = [group.g ** group.scalar(7**i) for i in range(9)]
    assert are_members([*members_, *wrong, group.one]) == [True] * 9 + [False] * len(wrong) + [True]
    assert are_members([]) == ()


@pytest.mark.parametrize("group", [*SMALL_GROUPS, *BATCHED], ids=lambda group: group.name)
@given(st.data())
def test_many_at_once_are_each_alone(group: Group, data: st.DataObject) -> None:
    elements: list[Element] = data.draw(st.lists(numbers_mod_p(group), max_size=12))
    assert list(are_members(elements)) == [x.is_member() for x in elements]


@given(st.data())
def test_product_of_powers(data: st.DataObject) -> None:
    p = TOY.p
    pairs = data.draw(
        st.lists(st.tuples(st.integers(0, int(p) - 1).map(mpz), st.integers(0, 2**128 - 1).map(mpz)), max_size=40)
    )
    expected = mpz(1)
    for x, e in pairs:
        expected = expected * gmpy2.powmod(x, e, p) % p
    assert membership.product_of_powers(p, [x for x, _ in pairs], [e for _, e in pairs]) == expected
