"""A backup as words: five rows of 24, each the BIP-39 mnemonic of 32 bytes with its own checksum.

The words are for copying by hand and by telephone: they are told apart by their first four letters, which are enough.
They are no wallet of any currency.
"""

from difflib import get_close_matches
from functools import cache

from mnemonic import Mnemonic

from e2evote.errors import ParseError
from guardian_cli.keystore.backup import SIZE, Backup
from guardian_cli.keystore.passphrase import word_list

ROW_BYTES = 32
ROW_WORDS = 24
ROWS = SIZE // ROW_BYTES
_ENOUGH = 4


def to_rows(backup: Backup) -> tuple[tuple[str, ...], ...]:
    """Return the words, row by row."""
    parts = (backup.data[start : start + ROW_BYTES] for start in range(0, SIZE, ROW_BYTES))
    return tuple(tuple(_english().to_mnemonic(part).split()) for part in parts)


def from_words(text: str, where: str) -> Backup:
    """Read the words of a backup; case, line ends, commas, and the numbers printed before words do not matter.

    Raises:
        ParseError: naming the row and the word that is none, the row whose checksum does not fit, or the count.
    """
    # A number stands before a word, with or without a point: nobody has to know which parts of the page count.
    tokens = text.lower().replace(",", " ").split()
    given = [word for word in (token.lstrip("0123456789.۰۱۲۳۴۵۶۷۸۹") for token in tokens) if word]
    words = [_word(word, number, where) for number, word in enumerate(given)]
    if len(words) != ROWS * ROW_WORDS:
        raise ParseError(where, f"a backup has {ROWS} rows of {ROW_WORDS} words, found {len(words)} words")
    data = b"".join(_row(words[row * ROW_WORDS :][:ROW_WORDS], row, where) for row in range(ROWS))
    return Backup.of(data, where)


def _word(given: str, number: int, where: str) -> str:
    words = word_list()
    if given in words:
        return given
    matches = [word for word in words if word.startswith(given)] if len(given) >= _ENOUGH else []
    if len(matches) == 1:
        return matches[0]
    row, place = number // ROW_WORDS + 1, number % ROW_WORDS + 1
    shown = given.encode("ascii", "backslashreplace").decode()[:30]
    close = get_close_matches(given, words, n=3)
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    raise ParseError(where, f"'{shown}' is not in the list of words{hint}", f"row {row}, word {place}")


def _row(words: list[str], row: int, where: str) -> bytes:
    try:
        return bytes(_english().to_entropy(words))
    except ValueError:
        raise ParseError(
            where, "the checksum of this row does not fit; compare its words, and their order", f"row {row + 1}"
        ) from None


@cache
def _english() -> Mnemonic:
    return Mnemonic("english")
