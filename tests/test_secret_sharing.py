"""Any k of n shares give the secret; fewer, or a share for 0, do not."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.errors import CheckError
from e2evote.group.elements import Group, SecretScalar
from e2evote.secret_sharing import SecretPolynomial, committed_share, lagrange_coefficient, product
from tests.deterministic import DeterministicRandomness
from tests.strategies import GROUPS, TOY_GROUP


def interpolate(group: Group, shares: dict[int, SecretScalar]) -> SecretScalar:
    result = group.secret(0)
    for i, share in shares.items():
        result = result + share * lagrange_coefficient(group, i, shares)
    return result


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_every_subset_of_k_shares_gives_the_secret(k: int, rng: DeterministicRandomness) -> None:
    """Spec: EG-2.1 §3.6.4, eq. 85"""
    n, polynomial = 5, SecretPolynomial.random(TOY_GROUP, k, rng)
    shares = {i: polynomial.at(i) for i in range(1, n + 1)}
    for size in range(1, n + 1):
        for subset in combinations(shares, size):
            found = interpolate(TOY_GROUP, {i: shares[i] for i in subset})
            assert (found == polynomial.coefficients[0]) == (size >= k), subset


@given(st.integers(0, 2**32), st.integers(1, 5), st.integers(1, 2**31 - 1))
def test_commitments_show_every_share(seed: int, k: int, index: int) -> None:
    """Spec: EG-2.1 §3.2.2, eqs. 8, 14"""
    polynomial = SecretPolynomial.random(TOY_GROUP, k, DeterministicRandomness(seed))
    assert TOY_GROUP.g ** polynomial.at(index) == committed_share(polynomial.commitments(), index)


@given(st.integers(0, 2**32), st.integers(1, 5))
def test_horner_is_the_polynomial(seed: int, k: int) -> None:
    """Spec: EG-2.1 §3.2.2, eq. 7"""
    polynomial = SecretPolynomial.random(TOY_GROUP, k, DeterministicRandomness(seed))
    q, numbers = int(TOY_GROUP.q), [int(a.value) for a in polynomial.coefficients]
    for x in (1, 2, 77):
        assert polynomial.at(x).value == sum(a * x**j for j, a in enumerate(numbers)) % q


@pytest.mark.parametrize("index", [0, -1])
def test_no_share_for_an_index_below_1(index: int, rng: DeterministicRandomness) -> None:
    with pytest.raises(CheckError, match="index from 1 on"):
        SecretPolynomial.random(TOY_GROUP, 2, rng).at(index)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_lagrange_coefficient_of_one_alone_is_1(group: Group) -> None:
    """Spec: EG-2.1 §3.6.4, eq. 85"""
    assert lagrange_coefficient(group, 3, [3]) == group.scalar(1)


def test_lagrange_coefficient_of_somebody_absent() -> None:
    with pytest.raises(CheckError, match="guardian 2 is not among"):
        lagrange_coefficient(TOY_GROUP, 2, [1, 3])


def test_lagrange_coefficients_are_the_known_ones() -> None:
    """For {1, 2, 3}: 3, −3, 1.

    Spec: EG-2.1 §3.6.4, eq. 85
    """
    found = [lagrange_coefficient(TOY_GROUP, i, (1, 2, 3)) for i in (1, 2, 3)]
    assert found == [TOY_GROUP.scalar(3), TOY_GROUP.scalar(-3), TOY_GROUP.scalar(1)]


def test_product_of_nothing_is_1() -> None:
    assert product(TOY_GROUP, ()) == TOY_GROUP.one


def test_a_polynomial_prints_no_coefficient(rng: DeterministicRandomness) -> None:
    polynomial = SecretPolynomial.random(TOY_GROUP, 2, rng)
    assert not any(str(int(a.value)) in repr(polynomial) for a in polynomial.coefficients)
