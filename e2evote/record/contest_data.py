"""What contest data holds: overvoted marks and write-in texts, in a fixed number of 32-byte blocks."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from e2evote.encoding import b, canonical_json, strict_json
from e2evote.errors import ParseError


def pack(blocks: int, overvote: Sequence[int] | None, write_ins: Mapping[int, str]) -> bytes:
    """Return D_Λ = b(len, 4) ‖ JSON ‖ zeros, exactly 32·blocks bytes; what does not fit is cut and marked so.

    Spec: EG-2.1 §3.3.10, eq. 63
    """
    size, texts = 32 * blocks - 4, {str(ind_o): text for ind_o, text in sorted(write_ins.items())}
    candidates = (_content(marks, texts, cut) for marks, cut in ((overvote, False), (None, overvote is not None)))
    text = next((t for t in candidates if len(t) <= size), None)
    if text is None:
        # the longest cut that fits, the same for every text; without any text the content has 12 bytes
        fitting = bisect_right(range(size + 1), size, key=lambda limit: len(_content(None, _cut(texts, limit), True)))
        text = _content(None, _cut(texts, fitting - 1), True)
    return (b(len(text), 4) + text).ljust(size + 4, b"\0")


def unpack(data: bytes) -> dict[str, Any]:
    """Return the object in a contest data field.

    Raises:
        ParseError: length, padding or text is not as ``pack`` writes it.
    """
    length = int.from_bytes(data[:4], "big")
    if len(data) < 4 or length > len(data) - 4 or any(data[4 + length :]):
        raise ParseError("contest data", "length or padding is wrong")
    value = strict_json(data[4 : 4 + length], "contest data")
    if not isinstance(value, dict):
        raise ParseError("contest data", "expected a JSON object")
    return value


def _cut(texts: Mapping[str, str], limit: int) -> dict[str, str]:
    """Return the texts, each cut to at most ``limit`` bytes at a character boundary, empty ones left out."""
    cut = {ind_o: text[:limit].encode()[:limit].decode(errors="ignore") for ind_o, text in texts.items()}
    return {ind_o: text for ind_o, text in cut.items() if text}


def _content(overvote: Sequence[int] | None, write_ins: Mapping[str, str], cut: bool) -> bytes:
    value: dict[str, object] = {}
    if overvote is not None:
        value["overvote"] = list(overvote)
    if write_ins:
        value["write_ins"] = dict(write_ins)
    if cut:
        value["cut"] = True
    return canonical_json(value)
