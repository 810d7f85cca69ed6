"""What is no message: changed bytes, other elections, rounds and senders, JSON that says two things."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.ed25519 import check_signing_key, verify_signature
from e2evote.errors import CheckError, E2EVoteError, ParseError, VerificationError
from e2evote.messages.envelope import ALL, NOTHING, Envelope, Exchange, Round, open_message, parse_envelope, write
from e2evote.messages.invitation import IDENTITY, write_identity
from e2evote.messages.rounds import CONFIRMATION, PUBLIC_KEY, ROUNDS, SHARE, Confirmation
from e2evote.messages.signing import SecretSigningKey
from e2evote.record.codec import dump, parse
from tests.messages.guardians import Held, invitation
from tests.strategies import TOY_GROUP

KEYS = {i: SecretSigningKey.of(bytes([i]) * 32) for i in (1, 2, 3)}
EXCHANGE = Exchange(TOY_GROUP, b"\7" * 32, 1, {i: k.public for i, k in KEYS.items()}, {1: "a", 2: "b", 3: "c"})
SEEN = b"\5" * 32
GOOD = write(EXCHANGE, CONFIRMATION, KEYS[2], 2, Confirmation(h_g=b"\3" * 32), seen=SEEN)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32), st.sampled_from([1, 2, 3]))
def test_round_trip(h_g: bytes, context: bytes, sender: int) -> None:
    exchange = replace(EXCHANGE, context=context)
    data = write(exchange, CONFIRMATION, KEYS[sender], sender, Confirmation(h_g=h_g), seen=SEEN)
    message = open_message(exchange, CONFIRMATION, data)
    assert (message.data, message.sender, message.payload.h_g) == (data, sender, h_g)
    assert parse(Envelope, dump(message.envelope), "x") == message.envelope


def test_signed_bytes_are_as_documented() -> None:
    payload = b'{"h_g":"' + b"03" * 32 + b'"}'
    expected = (
        b"e2evote guardian message v1" + bytes(5) + b"\7" * 32 + b"\0\0\0\1" + b"confirmation" + bytes(20)
        + b"\0\0\0\2" + bytes(4) + SEEN + len(payload).to_bytes(8, "big") + payload
    )  # fmt: skip
    assert parse_envelope(GOOD, "x").signed_bytes() == expected
    verify_signature(KEYS[2].public, parse_envelope(GOOD, "x").signature, expected, "x")


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_every_changed_byte_is_refused(position: int, change: int) -> None:
    data = bytearray(GOOD)
    data[position] ^= change
    with pytest.raises(E2EVoteError):
        open_message(EXCHANGE, CONFIRMATION, bytes(data))


@given(st.integers(0, len(GOOD) - 1))
def test_truncated(size: int) -> None:
    with pytest.raises(ParseError):
        open_message(EXCHANGE, CONFIRMATION, GOOD[:size])


@given(st.binary(max_size=200))
def test_noise(data: bytes) -> None:
    with pytest.raises(ParseError):
        open_message(EXCHANGE, CONFIRMATION, data)


@pytest.mark.parametrize(
    ("changes", "error", "why"),
    [
        ({"attempt": 2}, CheckError, "attempt 2, not of attempt 1"),
        ({"context": "00" * 32}, CheckError, "another election"),
        ({"round": "reveals"}, VerificationError, "signature does not hold"),
        ({"sender": 1}, VerificationError, "guardian 1: the signature does not hold"),
        ({"sender": 4}, CheckError, "guardian 4 does not take part"),
        ({"sender": 0}, ParseError, "sender"),
        ({"recipient": 1}, VerificationError, "signature"),
        ({"seen": "00" * 32}, VerificationError, "signature"),
        ({"payload": '{"h_g":"' + "04" * 32 + '"}'}, VerificationError, "signature"),
        ({"signature": "00" * 64}, VerificationError, "signature"),
        ({"signature": "00" * 63}, ParseError, "signature"),
        ({"version": 2}, ParseError, "version"),
        ({"version": "1"}, ParseError, "version"),
        ({"format": "other"}, ParseError, "format"),
        ({"round": "vote"}, ParseError, "round"),
        ({"more": 1}, ParseError, "more"),
        ({"payload": {"h_g": "03" * 32}}, ParseError, "payload"),
    ],
)
def test_changed_fields(changes: dict[str, object], error: type[E2EVoteError], why: str) -> None:
    data = json.dumps(json.loads(GOOD) | changes, separators=(",", ":"), ensure_ascii=False).encode()
    with pytest.raises(error, match=why):
        open_message(EXCHANGE, CONFIRMATION, data)


def test_json_that_says_two_things() -> None:
    for data, why in (
        (GOOD.replace(b'"sender":2', b'"sender":1,"sender":2'), "twice"),
        (GOOD.replace(b'"sender":2', b'"sender": 2'), "canonical"),
        (GOOD.replace(b'"confirmation"', b'"con\\u0066irmation"'), "canonical"),
        (GOOD + b"\n", "canonical"),
        (GOOD.replace(b'"payload":"', b'"payload":"\\ud800'), "message"),
        (b"\xef\xbb\xbf" + GOOD, "message"),
    ):
        with pytest.raises(ParseError, match=why):
            open_message(EXCHANGE, CONFIRMATION, data)


def signed(payload: str, round_: Round = CONFIRMATION, sender: int = 2, recipient: int = ALL) -> bytes:
    """Sign anything, as a hostile guardian can."""
    envelope = parse_envelope(GOOD, "x").model_copy(
        update={
            "payload": payload,
            "round": round_.name,
            "sender": sender,
            "recipient": recipient,
            "seen": SEEN if round_.answers else NOTHING,
        }
    )
    return dump(envelope.model_copy(update={"signature": KEYS[sender].sign(envelope.signed_bytes())}))


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "[]",
        '{"h_g":"00"}',
        '{"h_g":"' + "03" * 32 + '","h_g":"' + "03" * 32 + '"}',
        '{ "h_g":"' + "03" * 32 + '"}',
        '{"h_g":"' + "ab" * 32 + '"}',
    ],
)
def test_signed_nonsense(payload: str) -> None:
    with pytest.raises(ParseError, match="guardian 2: confirmation"):
        open_message(EXCHANGE, CONFIRMATION, signed(payload))


def test_wrong_round_and_recipient(held: Held) -> None:
    with pytest.raises(CheckError, match="of round 'confirmation', not of round 'public key'"):
        open_message(EXCHANGE, PUBLIC_KEY, GOOD)
    with pytest.raises(CheckError, match="is for all"):
        open_message(EXCHANGE, CONFIRMATION, signed('{"h_g":"' + "03" * 32 + '"}', recipient=1))
    for recipient in (0, 2, 4):
        with pytest.raises(CheckError, match="another guardian"):
            open_message(EXCHANGE, SHARE, signed("{}", SHARE, recipient=recipient))


def test_payload_for_somebody_else(held: Held) -> None:
    key, other = held.machines[2].key, held.opened_key(1).payload
    with pytest.raises(CheckError, match="guardian 2: public key: the field i is 1, not 2"):
        write(held.exchange, PUBLIC_KEY, key, 2, other)
    with pytest.raises(CheckError, match="field name"):
        write(held.exchange, PUBLIC_KEY, key, 2, other.model_copy(update={"i": 2}))
    share = open_message(held.exchange, SHARE, held.share(1, 3)).payload
    with pytest.raises(CheckError, match="field recipient is 3, not 1"):
        write(held.exchange, SHARE, key, 2, share.model_copy(update={"sender": 2}), 1, SEEN)


def test_nobody_signs_where_another_key_has_its_place(held: Held) -> None:
    with pytest.raises(CheckError, match="guardian 2: its signing key is not the one"):
        write(EXCHANGE, CONFIRMATION, KEYS[1], 2, Confirmation(h_g=bytes(32)), seen=SEEN)
    with pytest.raises(CheckError, match="guardian 4"):
        write(EXCHANGE, CONFIRMATION, KEYS[1], 4, Confirmation(h_g=bytes(32)), seen=SEEN)


def test_messages_of_another_ceremony(held: Held) -> None:
    other = replace(held.exchange, context=bytes(32))
    for round_, data in ((PUBLIC_KEY, held.keys[0]), (SHARE, held.shares[0]), (CONFIRMATION, held.confirmations[0])):
        open_message(held.exchange, round_, data)
        with pytest.raises(CheckError, match="another election, ceremony or decryption"):
            open_message(other, round_, data)
        with pytest.raises(CheckError, match="attempt 1, not of attempt 2"):
            open_message(replace(other, attempt=2), round_, data)
    identity = write_identity(invitation(), TOY_GROUP, 1, held.machines[1].key)
    with pytest.raises(CheckError, match="another election"):
        open_message(held.exchange, IDENTITY, identity)


def test_rounds_have_their_names() -> None:
    assert all(name == round_.name and len(name) <= 32 for name, round_ in ROUNDS.items())
    assert len(ROUNDS) == 9


def test_keys_of_small_order() -> None:
    p = 2**255 - 19
    y8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
    square = (y8 * y8 - 1) * pow(-121665 * pow(121666, -1, p) * y8 * y8 + 1, -1, p) % p
    x = pow(square, (p + 3) // 8, p)
    x = x if x * x % p == square else x * pow(2, (p - 1) // 4, p) % p
    assert x * x % p == square, "y8 is the coordinate of a point"
    d = -121665 * pow(121666, -1, p) % p
    doubled = (y8 * y8 + x * x) * pow(1 - d * x * x * y8 * y8, -1, p) % p
    assert doubled == 0, "of order 8: twice the point has order 4"
    for y in (0, 1, p - 1, y8, p - y8, p, p + 1, p + 2):
        for sign in (0, 1 << 255):
            with pytest.raises(CheckError, match="signing key"):
                check_signing_key((y | sign).to_bytes(32, "little"), "guardian 1")
    check_signing_key(KEYS[1].public, "guardian 1")
    with pytest.raises(CheckError):
        check_signing_key(b"short", "guardian 1")


def test_secret_key_shows_nothing() -> None:
    assert repr(KEYS[1]) == "SecretSigningKey(…)"
    assert SecretSigningKey.of(KEYS[1].seed).public == KEYS[1].public
    with pytest.raises(VerificationError):
        verify_signature(b"\xff" * 32, bytes(64), b"", "guardian 1")
