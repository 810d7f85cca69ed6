"""Confirmation codes as people write and read them."""

import re
import unicodedata

SHORTEST = 8
"""Digits that a search needs at least."""
LENGTH = 64
GROUP = 4
"""Digits that are shown without a blank between them."""
GROUPS_A_ROW = 4

_SEPARATING = {"Zs", "Zl", "Zp", "Cf", "Cc", "Pd", "Pc"}
"""Blanks, line ends, marks of direction, hyphens, underscores; points and colons are such as well."""
_SOUGHT = re.compile(rf"[0-9A-F]{{{SHORTEST},{LENGTH}}}")


def sought(text: str) -> str | None:
    """Return the code, or the beginning of one, that somebody typed; None if it is none.

    Groups, blanks and lower case are as good, and so are Persian, Arabic and other digits.
    """
    digits = "".join(_digit(character) for character in text if not _separates(character))
    return digits if _SOUGHT.fullmatch(digits) else None


def _separates(character: str) -> bool:
    return character in ".:," or unicodedata.category(character) in _SEPARATING


def _digit(character: str) -> str:
    value = unicodedata.digit(character, None)
    return unicodedata.normalize("NFKC", character).upper() if value is None else str(value)


def grouped(code: str) -> str:
    """Return a code in groups, as people compare it."""
    return " ".join(code[first : first + GROUP] for first in range(0, len(code), GROUP))


def rows(code: str) -> list[str]:
    """Return a code in groups, as many on a line as a narrow screen holds."""
    step = GROUP * GROUPS_A_ROW
    return [grouped(code[first : first + step]) for first in range(0, len(code), step)]
