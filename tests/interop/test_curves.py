"""Points of Ed25519 and P-256: published vectors, the group's laws, and encodings that are refused.

Vectors: RFC 8032 §7.1 (public keys of secret keys), the multiples of P-256's base point that NIST published with
its routines for the curves (k = 1, 2, 3, 112233445566778899 and order − 1), and the eight points of small order.
"""

import hashlib
import pickle
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.errors import E2EVoteError, ParseError
from e2evote.interop import curves
from e2evote.interop.curves import CURVES, ED25519, P256, Curve, Point

RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    ),
]
NIST = [
    (
        1,
        "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296",
        "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5",
    ),
    (
        2,
        "7CF27B188D034F7E8A52380304B51AC3C08969E277F21B35A60B48FC47669978",
        "07775510DB8ED040293D9AC69F7430DBBA7DADE63CE982299E04B79D227873D1",
    ),
    (
        3,
        "5ECBE4D1A6330A44C8F7EF951D4BF165E6C6B721EFADA985FB41661BC6E7FD6C",
        "8734640C4998FF7E374B06CE1A64A2ECD82AB036384FB83D9A79B127A27D5032",
    ),
    (
        112233445566778899,
        "339150844EC15234807FE862A86BE77977DBFB3AE3D96F4C22795513AEAAB82F",
        "B1C14DDFDC8EC1B2583F51E85A5EB3A155840F2034730E9B5ADA38B674336A21",
    ),
    (
        int(P256.q) - 1,
        "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296",
        "B01CBD1C01E58065711814B583F061E9D431CCA994CEA1313449BF97C840AE0A",
    ),
]
SMALL_ORDER = [  # of order 2, 4, 4, 8, 8, 8, 8; the eighth is the neutral element
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]
exponents = st.integers(0, 2**260)


@pytest.mark.parametrize(("secret", "public"), RFC_8032)
def test_public_keys_of_rfc_8032(secret: str, public: str) -> None:
    digest = bytearray(hashlib.sha512(bytes.fromhex(secret)).digest()[:32])
    digest[0] &= 248
    digest[31] = digest[31] & 127 | 64
    point = ED25519.g ** ED25519.scalar(int.from_bytes(digest, "little"))
    assert bytes(point).hex() == public
    assert ED25519.parse(bytes.fromhex(public)) == point
    assert point.is_member()


@pytest.mark.parametrize(("k", "x", "y"), NIST)
def test_multiples_of_the_base_point_of_p256(k: int, x: str, y: str) -> None:
    point = P256.g ** P256.scalar(k)
    assert point.xy == (int(x, 16), int(y, 16))
    assert P256.parse(bytes.fromhex("04" + x + y)) == point
    assert P256.parse(bytes(point)) == point
    assert point.uncompressed().hex().upper() == "04" + x + y


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_base_point_has_order_q(curve: Curve) -> None:
    assert curve.g ** curves.Number(curve.q) == curve.one
    assert curve.g != curve.one
    assert curve.g ** curve.scalar(0) == curve.one == curve.g / curve.g
    assert curve.one.is_member()
    assert curve.parse(bytes(curve.one)) == curve.one
    assert pickle.loads(pickle.dumps(curve)) is curve


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
@given(a=exponents, b=exponents)
def test_laws_of_the_group(curve: Curve, a: int, b: int) -> None:
    x, y = curve.g ** curve.scalar(a), curve.g ** curve.scalar(b)
    assert x * y == y * x == curve.g ** curve.scalar(a + b)
    assert x / y == curve.g ** curve.scalar(a - b)
    assert x ** curve.scalar(b) == curve.g ** curve.scalar(a * b)
    assert x * curve.one == x
    assert curve.parse(bytes(x)) == x == curve.parse(x.uncompressed())
    assert pickle.loads(pickle.dumps(x)) == x
    assert hash(x) == hash(y * (x / y))


@pytest.mark.parametrize("text", SMALL_ORDER)
def test_points_of_small_and_mixed_order_are_no_members(text: str) -> None:
    small = ED25519.parse(bytes.fromhex(text))
    assert not small.is_member()
    assert small ** curves.Number(curves.mpz(8)) == ED25519.one
    mixed = ED25519.parse(bytes(ED25519.g ** ED25519.scalar(5) * small))
    assert not mixed.is_member()


@pytest.mark.parametrize(
    "text",
    [
        "01" + "00" * 30 + "80",  # x = 0 with a sign
        "ec" + "ff" * 31,
        "ee" + "ff" * 30 + "7f",  # y = p + 1
        "ed" + "ff" * 30 + "7f",  # y = p
        "02" + "00" * 31,  # no x for this y
        "58" + "66" * 30,
        "58" + "66" * 32,
        "",
    ],
)
def test_what_is_no_canonical_encoding_on_ed25519_is_refused(text: str) -> None:
    with pytest.raises(ParseError, match="Ed25519"):
        ED25519.parse(bytes.fromhex(text))


FIELD = f"{int(P256.field):064x}"
X, Y = NIST[0][1:]


@pytest.mark.parametrize(
    "text",
    [
        "04" + X + NIST[1][2],  # not on the curve
        "04" + FIELD + Y,
        "04" + "00" * 64,  # this library's own sign for the neutral element, not SEC 1's
        "02" + FIELD,
        "02" + f"{int(P256.field) + 5:064x}",  # x = 5 is on the curve
        "02" + "00" * 31 + "04",  # no y for this x
        "05" + X,
        "07" + X + Y,  # the hybrid form
        "02" + X + Y,
        "04" + X,
        "0000",
        X,
        "",
    ],
)
def test_what_is_no_encoding_of_sec_1_is_refused(text: str) -> None:
    with pytest.raises(ParseError, match="P-256"):
        P256.parse(bytes.fromhex(text))


@given(data=st.binary(min_size=32, max_size=32))
def test_every_point_of_ed25519_has_one_encoding(data: bytes) -> None:
    try:
        point = ED25519.parse(data)
    except ParseError:
        return
    assert bytes(point) == data
    assert ED25519.point(*point.xy) == point


def test_points_outside_the_curve_and_of_another_curve() -> None:
    with pytest.raises(ParseError, match="here: not a point of Ed25519"):
        ED25519.point(3, 4, "here")
    with pytest.raises(ParseError, match="coordinate"):
        ED25519.point(0, int(ED25519.field) + 1)
    assert ED25519.one != P256.one
    assert ED25519.g != 1


def test_without_the_library_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "Crypto.PublicKey", None)
    curves._library.cache_clear()
    try:
        with pytest.raises(E2EVoteError, match=r"pycryptodome.*e2evote\[interop\]"):
            _ = ED25519.g
    finally:
        curves._library.cache_clear()


def test_a_point_shows_its_curve() -> None:
    assert repr(ED25519.g) == "Point(Ed25519, 5866666666666666…)"
    assert isinstance(ED25519.g, Point)
