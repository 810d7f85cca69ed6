"""Elements and exponents: the laws of the group, membership, encodings, secrecy."""

import pickle
from types import SimpleNamespace

import gmpy2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from e2evote.encoding import b
from e2evote.group import elements
from e2evote.group.elements import Element, Group, Scalar, SecretScalar
from tests.strategies import GROUPS, SMALL_GROUPS, TOY_GROUP, exponents, members, numbers_mod_p

by_name = pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)


@pytest.mark.parametrize("group", SMALL_GROUPS, ids=lambda group: group.name)
@given(st.data())
def test_group_laws(group: Group, data: st.DataObject) -> None:
    x, y, z = (data.draw(members(group)) for _ in range(3))
    a, c = (data.draw(exponents(group)) for _ in range(2))
    assert (x * y) * z == x * (y * z)
    assert x * y == y * x
    assert x * group.one == x
    assert x / x == group.one
    assert (x / y) * y == x
    assert x ** (a + c) == x**a * x**c
    assert (x**a) ** c == x ** (a * c)
    assert (x * y) ** a == x**a * y**a
    assert x ** (a - c) * x**c == x**a
    assert x ** group.scalar(0) == group.one
    assert all(element.is_member() for element in (x, x * y, x / y, x**a))


@by_name
def test_exponents_wrap_at_q(group: Group) -> None:
    assert group.g ** group.scalar(int(group.q)) == group.one
    assert group.g ** group.scalar(-1) == group.one / group.g
    assert group.scalar(int(group.q) + 5) == group.scalar(5)


@by_name
def test_generator_has_order_q(group: Group) -> None:
    """Spec: EG-2.1 §3.1.1, eq. 3"""
    assert group.g.is_member()
    assert group.g != group.one


@by_name
def test_numbers_that_are_no_members(group: Group) -> None:
    """0, −x for a member x, p and more: no members. 1 is one, being g^0.

    Spec: EG-2.1 §3.3.7, box 6
    """
    p = int(group.p)
    assert group.one.is_member()
    for value in (0, p - 1, p, p + 1, p + int(group.g.value), p - int(group.g.value)):
        assert not group.element(value).is_member(), value


@pytest.mark.parametrize("group", SMALL_GROUPS, ids=lambda group: group.name)
@given(st.data())
def test_membership_is_x_to_the_q(group: Group, data: st.DataObject) -> None:
    x = data.draw(numbers_mod_p(group))
    assert x.is_member() == (0 < x.value < group.p and pow(int(x.value), int(group.q), int(group.p)) == 1)


@by_name
def test_numbers_in_z_q(group: Group) -> None:
    q = int(group.q)
    for value, inside in ((-1, False), (0, True), (1, True), (q - 1, True), (q, False), (q + 1, False)):
        assert Scalar(gmpy2.mpz(value), group).in_range() == inside, value


def test_secret_exponents_are_raised_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    """GMP's routine that does not depend on the exponent takes all of them but 0, which it refuses."""
    quiet: list[int] = []
    exponents = (0, 1, 2, int(TOY_GROUP.q) - 1)
    expected = [pow(int(TOY_GROUP.g.value), exponent, int(TOY_GROUP.p)) for exponent in exponents]

    def powmod_sec(x: gmpy2.mpz, exponent: gmpy2.mpz, p: gmpy2.mpz) -> gmpy2.mpz:
        quiet.append(int(exponent))
        return gmpy2.powmod_sec(x, exponent, p)

    monkeypatch.setattr(elements, "gmpy2", SimpleNamespace(powmod=gmpy2.powmod, powmod_sec=powmod_sec))
    assert [(TOY_GROUP.g ** TOY_GROUP.secret(exponent)).value for exponent in exponents] == expected
    assert quiet == list(exponents[1:])
    assert [(TOY_GROUP.g ** TOY_GROUP.scalar(exponent)).value for exponent in exponents] == expected
    assert quiet == list(exponents[1:])


@pytest.mark.parametrize("kind", [Element, Scalar])
@pytest.mark.parametrize("context", [None, {}, {"group": "toy-64-256"}])
def test_numbers_are_not_parsed_without_their_group(kind: type, context: dict[str, str] | None) -> None:
    with pytest.raises(TypeError, match=r"parsed through e2evote\.record\.codec only"):
        TypeAdapter(kind).validate_python("00" * 32, context=context)
    assert TypeAdapter(kind).validate_python("00" * 31 + "07", context={"group": TOY_GROUP}).value == 7


@given(st.data())
def test_secret_and_public_powers_agree(data: st.DataObject) -> None:
    x, a = data.draw(members(TOY_GROUP)), data.draw(exponents(TOY_GROUP))
    assert x ** TOY_GROUP.secret(int(a.value)) == x**a


@given(st.data())
def test_encoding_is_fixed_width_big_endian(data: st.DataObject) -> None:
    """Spec: EG-2.1 §5.1, eq. 123; §5.1.1, eq. 124; §5.1.2, eq. 127"""
    x, a = data.draw(numbers_mod_p(TOY_GROUP)), data.draw(exponents(TOY_GROUP))
    assert bytes(x) == b(int(x.value), 32)
    assert bytes(a) == b(int(a.value), 32)


@by_name
def test_encoded_lengths(group: Group) -> None:
    assert len(bytes(group.one)) == len(bytes(group.element(int(group.p) - 1))) == group.l_p
    assert len(bytes(group.scalar(1))) == 32


def test_standard_lengths() -> None:
    """Spec: EG-2.1 §5.1.1"""
    assert {group.name: group.l_p for group in GROUPS[-2:]} == {"reduced-3072": 384, "standard-4096": 512}


def test_secrecy_survives_arithmetic_and_ends_with_reveal() -> None:
    secret, public = TOY_GROUP.secret(5), TOY_GROUP.scalar(7)
    results = [secret + public, public + secret, secret - public, public - secret, secret * public, public * secret]
    assert all(isinstance(result, SecretScalar) for result in results)
    assert type(secret.reveal()) is Scalar
    assert secret.reveal() == TOY_GROUP.scalar(5)


def test_secrets_print_as_nothing() -> None:
    secret = TOY_GROUP.secret(123456789)
    assert "123456789" not in f"{secret!r} {secret} {secret:}"


@by_name
def test_pickles(group: Group) -> None:
    copy = pickle.loads(pickle.dumps(group.g))
    assert copy == group.g
    assert copy.group == group


def test_division_by_zero_is_an_error() -> None:
    with pytest.raises(ZeroDivisionError):
        TOY_GROUP.one / TOY_GROUP.element(0)


def test_groups_are_equal_by_name() -> None:
    copy = Group(TOY_GROUP.name, TOY_GROUP.p, TOY_GROUP.q, TOY_GROUP.r, TOY_GROUP.generator)
    assert copy == TOY_GROUP
    assert hash(copy) == hash(TOY_GROUP)
    assert all((one == other) == (one is other) for one in GROUPS for other in GROUPS)
    assert all(repr(group) == f"Group('{group.name}')" for group in GROUPS)
