"""Fingerprints: the same hash in words and digits, of the width that was promised."""

import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st
from mnemonic import Mnemonic

from e2evote.messages.fingerprint import Fingerprint, fingerprint

WORDS = "".join(f"{word}\n" for word in Mnemonic("english").wordlist).encode()


def test_word_list_is_that_of_bip_39() -> None:
    assert hashlib.sha256(WORDS).hexdigest() == "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"
    words = WORDS.decode().split()
    assert len(set(words)) == len({word[:4] for word in words}) == 2048


@given(st.binary(min_size=32, max_size=32))
def test_forms(value: bytes) -> None:
    found, listed = Fingerprint(value), WORDS.decode().split()
    bits = "".join(f"{listed.index(word):011b}" for word in found.words)
    assert bits == f"{int.from_bytes(value, 'big'):0256b}"[:132]
    assert int("".join(found.digits)) == int.from_bytes(value, "big") % 10**40
    assert [len(group) for group in found.digits] == [5] * 8
    assert [int(group) for group in found.persian_digits] == [int(group) for group in found.digits]
    assert all("۰" <= digit <= "۹" for group in found.persian_digits for digit in group)


def test_known_answer() -> None:
    """The message by hand: E7 ‖ kind, padded ‖ data, under ver."""
    message = b"\xe7" + b"signing key" + bytes(21) + bytes(range(32))
    found = fingerprint("signing key", bytes(range(32)))
    assert found.value == hmac.digest(b"v2.1.0" + bytes(26), message, "sha256")
    assert Fingerprint(bytes(32)).words == ("abandon",) * 12
    assert Fingerprint(b"\xff" * 32).words == ("zoo",) * 12
    assert Fingerprint(bytes(31) + b"\7").persian_digits[-1] == "۰۰۰۰۷"


def test_kinds_differ() -> None:
    kinds = ("signing key", "invitation", "ceremony", "guardian record", "decryption")
    assert len({fingerprint(kind, bytes(32)) for kind in kinds}) == 5
