"""Names that others have given, as pages show them."""

import unicodedata
from collections.abc import Mapping

_STEERING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}


def plain(text: str) -> str:
    """Return a text in one line, without characters that turn the direction of writing: it reads as it is stored."""
    return "".join(" " if character in "\r\n\t" else character for character in text if not _steers(character))


def named(names: Mapping[str, str] | None, label: str, tag: str) -> str:
    """Return a name in a language, else in the first language it has, else the label."""
    found = names or {}
    return plain(found.get(tag) or next(iter(found.values()), label))


def _steers(character: str) -> bool:
    control = unicodedata.category(character) in ("Cc", "Cs") and character not in "\r\n\t"
    return control or ord(character) in _STEERING
