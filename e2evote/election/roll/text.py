"""One spelling of what people type in Persian, Arabic or Latin script.

Keyboards and spreadsheets write the same name and the same number in several ways: digits of three scripts, Arabic yeh
and kaf for the Persian letters, stretched lines, half-spaces that were typed twice. Identifiers are compared after
``identifier_of``, names are shown after ``normal_text``.
"""

import re
import unicodedata

_LETTERS = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ـ": None})
"""Arabic yeh and alef maksura, Arabic kaf, the stretching line."""
_DIGITS = str.maketrans({chr(zero + n): str(n) for zero in (0x6F0, 0x660) for n in range(10)})
_HALF_SPACE = "\u200c"
_INVISIBLE = re.compile("[\u200b\u200d-\u200f\u061c\u202a-\u202e\u2060-\u2069\ufeff]")
"""What steers direction or cannot be seen; names need none of it but the half-space."""
_BETWEEN = re.compile(rf"[\s\-‐-―{_HALF_SPACE}]")
"""What people put between the digits of a number."""


def normal_text(text: str) -> str:
    """Return a text in normal form C with Persian letters, single blanks, and half-spaces between letters only."""
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).translate(_LETTERS)
    text = re.sub(rf"[{_HALF_SPACE}\s]*\s[{_HALF_SPACE}\s]*", " ", text)
    text = re.sub(f"{_HALF_SPACE}+", _HALF_SPACE, text)
    return text.strip(_HALF_SPACE + " ")


def latin_digits(text: str) -> str:
    """Return the text with Persian and Arabic digits as 0 to 9."""
    return text.translate(_DIGITS)


def identifier_of(text: str) -> str:
    """Return an identifier as it is compared: digits as 0 to 9, upper case, no blanks, hyphens or hidden characters."""
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).translate(_LETTERS)
    return _BETWEEN.sub("", latin_digits(plain)).upper()
