"""Encryption to the base K: what goes in comes out, products add, powers weigh."""

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from e2evote.elgamal import Ciphertext, encrypt
from e2evote.group.discrete_log import discrete_log
from e2evote.group.powers import FixedBase
from tests.strategies import TOY_GROUP, exponents

g = TOY_GROUP.g
values = st.integers(0, 200)


def decrypt(secret_key: object, ciphertext: Ciphertext, bound: int) -> int:
    K = g**secret_key
    return discrete_log(K, ciphertext.beta / ciphertext.alpha**secret_key, bound)


@given(values, exponents(TOY_GROUP).filter(lambda s: s.value > 0), exponents(TOY_GROUP))
def test_decrypt_undoes_encrypt(sigma: int, s: object, xi: object) -> None:
    """Spec: EG-2.1 §3.3.1, eq. 31"""
    assert decrypt(s, encrypt(g, g**s, sigma, xi), 200) == sigma


@given(st.lists(st.tuples(values, exponents(TOY_GROUP), st.integers(1, 9)), min_size=1, max_size=6))
def test_products_of_powers_are_weighted_sums(ballots: list[tuple]) -> None:
    """Spec: EG-2.1 §3.5, eqs. 79, 80"""
    s = TOY_GROUP.scalar(987654321)
    K = g**s
    weighted = [encrypt(g, K, sigma, xi) ** TOY_GROUP.scalar(weight) for sigma, xi, weight in ballots]
    total = reduce(lambda x, y: x * y, weighted)
    assert decrypt(s, total, 200 * 9 * 6) == sum(sigma * weight for sigma, _, weight in ballots)


@given(values, exponents(TOY_GROUP))
def test_tables_encrypt_alike(sigma: int, xi: object) -> None:
    K = g ** TOY_GROUP.scalar(5)
    assert encrypt(FixedBase(g, 4), FixedBase(K, 4), sigma, xi) == encrypt(g, K, sigma, xi)


@given(values, exponents(TOY_GROUP))
def test_the_nonce_opens(sigma: int, xi: object) -> None:
    """Spec: EG-2.1 §3.6.7"""
    K = g ** TOY_GROUP.scalar(5)
    assert discrete_log(K, encrypt(g, K, sigma, xi).beta / K**xi, 200) == sigma
