"""Sealed bytes come back with the right passphrase only, and what is wrong is said rightly."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.errors import CheckError, E2EVoteError, ParseError, VerificationError
from e2evote.record.codec import dump
from guardian_cli.keystore.passphrase import SecretPassphrase
from guardian_cli.keystore.sealed import (
    STANDARD,
    Binding,
    SecretKey,
    WrongPassphraseError,
    from_bytes,
    seal,
    sealed_of,
    to_bytes,
    unseal,
)
from tests.deterministic import DeterministicRandomness
from tests.guardian_cli.conftest import PASSPHRASE, WEAK

BINDING = Binding(purpose="guardian vault", election=bytes(32), guardian=1)
DOCUMENTATION = Path(__file__).parents[2] / "docs/formats/guardian-secrets.md"
FILE = to_bytes(seal(b"secret", PASSPHRASE, BINDING, WEAK, DeterministicRandomness(1)))


def opened(data: bytes, passphrase: SecretPassphrase = PASSPHRASE, binding: Binding = BINDING) -> bytes:
    return unseal(from_bytes(data, "file"), passphrase, binding, "file")


@given(st.binary(max_size=300), st.text("abc یک۱", min_size=1).filter(str.strip))
def test_round_trip(data: bytes, text: str) -> None:
    passphrase = SecretPassphrase.of(text)
    assert opened(to_bytes(seal(data, passphrase, BINDING, WEAK)), passphrase) == data


@given(st.binary(max_size=300))
def test_round_trip_with_a_key(data: bytes) -> None:
    key = SecretKey.random()
    sealed = seal(data, key, BINDING, WEAK)
    assert sealed.header.argon2 is None
    assert unseal(from_bytes(to_bytes(sealed), ""), key, BINDING, "") == data
    with pytest.raises(WrongPassphraseError, match="another vault"):
        unseal(sealed, SecretKey.random(), BINDING, "file")
    with pytest.raises(ParseError, match="sealed by a passphrase"):
        unseal(sealed, PASSPHRASE, BINDING, "file")


def test_the_example_of_the_documentation() -> None:
    """Frozen: a file of today opens with every later version."""
    (example,) = re.findall(r'^{"header".*}$', DOCUMENTATION.read_text(encoding="utf-8"), re.MULTILINE)
    assert example.encode() + b"\n" == FILE
    assert opened(FILE) == b"secret"


def test_every_sealing_is_fresh() -> None:
    first, second = (seal(b"secret", PASSPHRASE, BINDING, WEAK) for _ in range(2))
    assert first.header.salt != second.header.salt
    assert first.header.check != second.header.check
    assert first.ciphertext[:6] != second.ciphertext[:6]


def test_the_standard_cost() -> None:
    sealed = seal(b"secret", PASSPHRASE, BINDING, STANDARD)
    assert opened(to_bytes(sealed)) == b"secret"


def test_wrong_passphrase() -> None:
    with pytest.raises(WrongPassphraseError, match="passphrase is wrong"):
        opened(FILE, SecretPassphrase.of("another one"))


@pytest.mark.parametrize("position", range(0, len(FILE) * 8, 13))
def test_a_flipped_bit_is_damage_and_never_a_wrong_passphrase(position: int) -> None:
    damaged = bytearray(FILE)
    damaged[position // 8] ^= 1 << position % 8
    with pytest.raises(ParseError, match="file"):
        opened(bytes(damaged))


@pytest.mark.parametrize("size", [0, 1, 100, len(FILE) - 20, len(FILE) - 1])
def test_cut_off(size: int) -> None:
    with pytest.raises(ParseError, match=r"cut off|not JSON"):
        opened(FILE[:size])


@pytest.mark.parametrize("position", range(0, 22 * 8, 7))
def test_a_change_with_a_new_checksum_is_found(position: int) -> None:
    """Somebody changed the file on purpose: it is not called a wrong passphrase."""
    sealed = from_bytes(FILE, "file")
    ciphertext = bytearray(sealed.ciphertext)
    ciphertext[position // 8] ^= 1 << position % 8
    with pytest.raises(VerificationError, match="changed after it was sealed"):
        unseal(sealed_of(sealed.header, bytes(ciphertext)), PASSPHRASE, BINDING, "file")


@pytest.mark.parametrize(
    ("binding", "wrong"),
    [
        (BINDING.model_copy(update={"purpose": "decryption session"}), "expected a decryption session"),
        (BINDING.model_copy(update={"election": bytes(31) + b"x"}), "another election"),
        (BINDING.model_copy(update={"guardian": 2}), "guardian 1's; expected guardian 2's"),
    ],
)
def test_another_file(binding: Binding, wrong: str) -> None:
    with pytest.raises(CheckError, match=wrong):
        opened(FILE, binding=binding)
    sealed = from_bytes(FILE, "file")
    claimed = sealed_of(sealed.header.model_copy(update={"binding": binding}), sealed.ciphertext)
    with pytest.raises(VerificationError, match="changed"):
        unseal(claimed, PASSPHRASE, binding, "file")


@pytest.mark.parametrize(
    "change",
    [{"memory_log2": 21}, {"memory_log2": 4}, {"iterations": 0}, {"iterations": 17}, {"lanes": 5}, {"lanes": 0}],
)
def test_absurd_costs_are_refused_before_they_are_paid(change: dict[str, int]) -> None:
    sealed = from_bytes(FILE, "file")
    header = sealed.header.model_copy(update={"argon2": WEAK.model_copy(update=change)})
    with pytest.raises(ParseError, match="argon2"):
        opened(dump(sealed_of(header, sealed.ciphertext)) + b"\n")


def test_nothing_is_shown() -> None:
    assert repr(SecretKey(b"k" * 32)) == "SecretKey(…)"
    with pytest.raises(E2EVoteError) as error:
        opened(FILE, SecretPassphrase.of("visible"))
    assert "visible" not in str(error.value)
