"""H and what is derived with it; the values themselves are in tests/vectors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote import hashing
from e2evote.hashing import H, H_q, OwnTag, Tag, kdf
from tests.strategies import TOY_GROUP
from tests.vectors.recorder import recorded

KEY = bytes(range(32))


def test_message_is_the_tag_and_the_parts() -> None:
    """Integers in 4 bytes, elements in l_p, scalars in 32, bytes as they are.

    Spec: EG-2.1 §5.1–5.4
    """
    with recorded() as calls:
        H(KEY, Tag.DEVICE, b"ab", 7, TOY_GROUP.g, TOY_GROUP.scalar(9), length=1 + 2 + 4 + 32 + 32)
    message = b"\x2aab" + bytes((0, 0, 0, 7)) + bytes(TOY_GROUP.g) + bytes(31) + b"\x09"
    assert [(call.key, call.message) for call in calls] == [(KEY, message)]


@pytest.mark.parametrize(
    ("key", "parts", "length"),
    [
        (KEY, (b"ab",), 2),
        (KEY, (b"ab",), 4),
        (KEY[:31], (b"ab",), 3),
        (KEY + b"\0", (b"ab",), 3),
        (KEY, (-1,), 5),
        (KEY, (2**31,), 5),
    ],
)
def test_a_wrong_length_is_a_bug(key: bytes, parts: tuple[bytes | int, ...], length: int) -> None:
    with pytest.raises(AssertionError):
        H(key, Tag.DEVICE, *parts, length=length)


def test_own_tags_stay() -> None:
    """Whatever was made with a tag is lost with it: keys, fingerprints, invitations."""
    names = "share_opening invitation roster decryption statement message seen fingerprint key_check field_relation"
    assert {tag.name.lower(): tag.value for tag in OwnTag} == {name: 0xE0 + i for i, name in enumerate(names.split())}


def test_the_largest_small_integer() -> None:
    with recorded() as calls:
        H(KEY, Tag.DEVICE, 0, 2**31 - 1, length=9)
    assert calls[0].message == b"\x2a" + bytes(4) + b"\x7f\xff\xff\xff"


@given(st.binary(max_size=20))
def test_h_q_is_h_mod_q(data: bytes) -> None:
    """Spec: EG-2.1 §5.4, eqs. 131, 132"""
    plain = int.from_bytes(H(KEY, Tag.DEVICE, data, length=1 + len(data)), "big")
    found = H_q(TOY_GROUP, KEY, Tag.DEVICE, data, length=1 + len(data))
    assert found == TOY_GROUP.scalar(plain)
    assert found.in_range()


def test_kdf_message() -> None:
    """Spec: EG-2.1 §3.2.2, eqs. 17, 18"""
    with recorded() as calls:
        kdf(KEY, b"\x01", b"label", b"context", b"\x02\x00", message_length=16)
    assert calls[0].message == b"\x01label\x00context\x02\x00"
    with pytest.raises(AssertionError, match="16 bytes hashed, 17 expected"):
        kdf(KEY, b"\x01", b"label", b"context", b"\x02\x00", message_length=17)
    with pytest.raises(AssertionError, match="16 bytes hashed, 15 expected"):
        kdf(KEY, b"\x01", b"label", b"context", b"\x02\x00", message_length=15)
    for key in (KEY[:31], KEY + b"\0"):
        with pytest.raises(AssertionError, match=f"key of {len(key)}"):
            kdf(key, b"\x01", b"label", b"context", b"\x02\x00", message_length=16)


def test_nonces_differ_by_contest_option_ballot_and_identifier() -> None:
    """Spec: EG-2.1 §3.3.3, eq. 33; §3.3.10, eq. 64"""
    nonces = [
        hashing.selection_nonce(TOY_GROUP, h_i, ind_c, ind_o, xi_b).value
        for h_i in (KEY, bytes(32))
        for ind_c in (1, 2, 12)
        for ind_o in (1, 2, 21)
        for xi_b in (KEY, bytes(32))
    ]
    nonces += [hashing.contest_data_nonce(TOY_GROUP, KEY, ind_c, KEY).value for ind_c in (1, 2)]
    assert len(set(nonces)) == len(nonces)
