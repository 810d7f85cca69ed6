"""Fingerprints that people read to each other: twelve words, or eight groups of five digits, of the same hash.

Each form has at least 132 bits: nobody finds another key or record with the fingerprint of a given one. That is enough
because it is never the only bond: the full 256-bit hashes are under the signatures of all guardians.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from mnemonic import Mnemonic

from e2evote.hashing import VERSION_KEY, H, OwnTag

Kind = Literal["signing key", "invitation", "ceremony", "guardian record", "decryption"]
"""What may have a fingerprint: two kinds never share one."""

WORDS, DIGIT_GROUPS, DIGITS = 12, 8, 5
_BITS = 11
_PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A hash in forms for the voice; equal if and only if all of them are."""

    value: bytes

    @property
    def words(self) -> tuple[str, ...]:
        """Twelve English words, 132 bits: the first bits of the hash, 11 a word."""
        number = int.from_bytes(self.value, "big") >> (256 - WORDS * _BITS)
        return tuple(_words()[number >> _BITS * place & 2**_BITS - 1] for place in reversed(range(WORDS)))

    @property
    def digits(self) -> tuple[str, ...]:
        """Eight groups of five digits, 132 bits and a little more: the hash mod 10^40."""
        text = str(int.from_bytes(self.value, "big") % 10 ** (DIGIT_GROUPS * DIGITS)).zfill(DIGIT_GROUPS * DIGITS)
        return tuple(text[first : first + DIGITS] for first in range(0, len(text), DIGITS))

    @property
    def persian_digits(self) -> tuple[str, ...]:
        """The same groups in Persian digits."""
        return tuple(group.translate(_PERSIAN) for group in self.digits)


def fingerprint(kind: Kind, data: bytes) -> Fingerprint:
    """Return the fingerprint of a 32-byte key or hash.

    Args:
        kind: what it is.
        data: a signing key, ``Invitation.hash``, the context of an exchange, or H_G.
    """
    label = kind.encode().ljust(32, b"\0")
    # E7 ‖ kind(32) ‖ data(32): 65 bytes
    return Fingerprint(H(VERSION_KEY, OwnTag.FINGERPRINT, label, data, length=65))


@cache
def _words() -> tuple[str, ...]:
    return tuple(Mnemonic("english").wordlist)
