"""Passphrases: one spelling for what people type on different keyboards, and a floor under their strength.

Persian text has two sets of letters and three of digits that look alike, and characters that do not show at all. Which
of them a keyboard sends depends on the machine; a passphrase chosen on one must open the file on another.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Self

from mnemonic import Mnemonic

from e2evote.errors import CheckError
from e2evote.group.randomness import SYSTEM, Randomness

_FOLDED = {
    ord("ي"): "ی",  # Arabic yeh
    ord("ى"): "ی",  # alef maksura, sent for yeh by some keyboards
    ord("ك"): "ک",  # Arabic kaf
    ord("ـ"): None,  # tatweel only stretches a word
} | {first + value: str(value) for first in (0x0660, 0x06F0) for value in range(10)}

_LONGEST = 1000
_LETTERS = 12
_DIGITS = 20
_SUGGESTED_WORDS = 6


@dataclass(frozen=True, slots=True, repr=False)
class SecretPassphrase:
    """A passphrase in its one spelling; ``of`` for one that exists, ``chosen`` for a new one."""

    data: bytes

    @classmethod
    def of(cls, text: str) -> Self:
        """Normalise what was typed.

        Raises:
            CheckError: it is empty, absurdly long, or holds a character that no keyboard should send.
        """
        return cls(normalised(text).encode())

    @classmethod
    def chosen(cls, text: str) -> Self:
        """Normalise a new passphrase and refuse a weak one.

        Raises:
            CheckError: saying what would make it better.
        """
        check_strength(normalised(text))
        return cls.of(text)

    def __repr__(self) -> str:
        """Show nothing."""
        return "SecretPassphrase(…)"


def normalised(text: str) -> str:
    """Return the one spelling: NFKC, Persian letters, ASCII digits, nothing invisible, single spaces.

    Case and all other letters are kept as they are.

    Raises:
        CheckError: it is empty, absurdly long, or holds a character that no keyboard should send.
    """
    if len(text) > _LONGEST:
        raise CheckError(f"the passphrase has more than {_LONGEST} characters")
    spaced = " ".join(text.split())
    # Cf: zero-width non-joiner, marks of direction. Whether somebody typed them cannot be seen.
    shown = "".join(c for c in unicodedata.normalize("NFKC", spaced) if unicodedata.category(c) != "Cf")
    result = unicodedata.normalize("NFKC", " ".join(shown.translate(_FOLDED).split()))
    if not result:
        raise CheckError("the passphrase is empty")
    for position, character in enumerate(result, 1):
        # Cn: what Unicode has not assigned yet may be normalised differently by a later version.
        if unicodedata.category(character) in {"Cc", "Cn", "Co", "Cs"}:
            raise CheckError(f"the passphrase has a control character or an unknown one at position {position}")
    return result


def check_strength(text: str) -> None:
    """Refuse what is guessed first: short ones, short ones repeated, runs such as 12345 and aaaa.

    No kinds of characters are demanded: a few words by chance are better than P@ssw0rd.

    Raises:
        CheckError: saying how many characters count, how many are needed, and an easier way.
    """
    counted = _unpredictable(_repeated_part(text))
    least = _DIGITS if text.replace(" ", "").isdigit() else _LETTERS
    if counted < least:
        kind = "digits" if least == _DIGITS else "characters"
        raise CheckError(
            f"the passphrase is too easy to guess: {counted} {kind} count, repetitions and runs like 1234 left out; "
            f"{least} are needed. Four or more words that have nothing to do with each other do well"
        )


def suggestion(rng: Randomness = SYSTEM) -> str:
    """Return six words of 2048 each by chance, 66 bits."""
    words = word_list()
    return " ".join(words[int.from_bytes(rng.bytes(2), "big") % len(words)] for _ in range(_SUGGESTED_WORDS))


@cache
def word_list() -> tuple[str, ...]:
    """Return the 2048 English words of BIP-39."""
    return tuple(Mnemonic("english").wordlist)


def _repeated_part(text: str) -> str:
    """Return the shortest beginning that the text is a repetition of, or all of it."""
    return text[: (text + text).index(text, 1)]


def _unpredictable(text: str) -> int:
    """Count the characters that are neither equal nor next (in Unicode) to the one before."""
    return sum(1 for before, c in zip(" " + text, text, strict=False) if abs(ord(c) - ord(before)) > 1)
