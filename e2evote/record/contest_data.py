"""What contest data holds: overvoted marks and write-in texts, in a fixed number of 32-byte blocks."""

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
    while text is None:
        longest = max(texts, key=lambda ind_o: len(texts[ind_o].encode()), default=None)
        if longest is None:
            text = _content(None, {}, False)
            break
        texts[longest] = texts[longest][:-1]
        texts = {ind_o: kept for ind_o, kept in texts.items() if kept}
        shorter = _content(None, texts, True)
        text = shorter if len(shorter) <= size else None
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


def _content(overvote: Sequence[int] | None, write_ins: Mapping[str, str], cut: bool) -> bytes:
    value: dict[str, object] = {}
    if overvote is not None:
        value["overvote"] = list(overvote)
    if write_ins:
        value["write_ins"] = dict(write_ins)
    if cut:
        value["cut"] = True
    return canonical_json(value)
