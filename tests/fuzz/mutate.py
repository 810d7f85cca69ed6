"""How JSON is mutated: as a tree, so that most of what comes out gets past the parser of JSON; bytes now and then.

Data are lines. A line that is JSON changes in one place or a few, in texts that are JSON themselves too; lines are
also doubled, taken out, and exchanged.
"""

import json
import random
from collections.abc import Callable
from copy import deepcopy
from typing import Any

Bytewise = Callable[[bytes, int], bytes]
"""The engine's own mutation: bytes, the longest result."""

NUMBERS = (-1, 0, 1, 2, 3, 4, 9, 255, 256, 1000, 1001, *(2**n - 1 for n in (31, 32, 53, 63, 64)),
           2**31, 2**32, 2**53, 2**63, 2**64, 10**30)  # fmt: skip
TEXTS = ("", " ", "\0", "\n", "0", "-1", "null", "a" * 300, "\u200c", "\u202e", "\ufeff", "é", "é", "𝟙", "../x", "{}",
         "[]", "NO_LIMIT", "CONTEST_LIMIT", "0000-00-00", "9999-12-31", "0001-01-01T00:00:00Z",
         "9999-12-31T23:59:59Z", "2026-12-01T24:00:00Z", "cast", "challenged", "spoiled", "tallies")  # fmt: skip
VALUES = (*NUMBERS, *TEXTS, [], {}, [[]], True, False, None, 0.0, 1.5)


def mutated(data: bytes, longest: int, seed: int, bytewise: Bytewise) -> bytes:
    """Return other data of at most that length; the same arguments give the same."""
    rng = random.Random(seed)
    if rng.random() < 0.15:
        return bytewise(data, longest)
    lines = data.split(b"\n")
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        _change_lines(rng, lines) if rng.random() < 0.1 else _change_line(rng, lines)
    result = b"\n".join(lines)
    return result if len(result) <= longest else bytewise(data, longest)


def _change_lines(rng: random.Random, lines: list[bytes]) -> None:
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(4):
        case 0:
            lines.insert(other, lines[at])
        case 1 if len(lines) > 1:
            del lines[at]
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case _:
            lines[at] = lines[other]


def _change_line(rng: random.Random, lines: list[bytes]) -> None:
    at = rng.randrange(len(lines))
    try:
        tree = json.loads(lines[at])
    except (ValueError, RecursionError):
        lines[at] = _change_text(rng, lines[at].decode("latin-1")).encode("latin-1", "replace")
        return
    changed = _change(rng, tree)
    lines[at] = json.dumps(changed, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _change(rng: random.Random, tree: Any) -> Any:
    """Return a tree with one place changed."""
    top = [tree]
    places = list(_places(top))
    node, key = rng.choice(places)
    value, roll = node[key], rng.random()
    if isinstance(value, str) and value[:1] in ("{", "[") and roll < 0.8:
        node[key] = _within(rng, value)
    elif roll < 0.3:
        node[key] = rng.choice(VALUES)
    elif roll < 0.6:
        node[key] = _like(rng, value)
    elif roll < 0.75:
        other, from_key = rng.choice(places)
        node[key] = deepcopy(other[from_key])
    elif isinstance(node, list):
        node.insert(rng.randrange(len(node) + 1), value) if rng.random() < 0.5 or node is top else node.pop(key)
    elif rng.random() < 0.5:
        del node[key]
    else:
        node[rng.choice((*(k for n, k in places if isinstance(n, dict)), *TEXTS))] = value
    return top[0] if top else None


def _places(node: Any) -> Any:
    """Yield (container, key) of every value."""
    for key in list(node) if isinstance(node, dict) else range(len(node)):
        yield node, key
        if isinstance(node[key], dict | list):
            yield from _places(node[key])


def _within(rng: random.Random, text: str) -> str:
    try:
        return json.dumps(_change(rng, json.loads(text)), ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return _change_text(rng, text)


def _like(rng: random.Random, value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return rng.choice((value + 1, value - 1, -value, value * 2, value ^ 1 << rng.randrange(8)))
        case str():
            return _change_text(rng, value)
        case list():
            return [*value, *value] if rng.random() < 0.5 else value[::-1]
        case dict():
            return dict(reversed(value.items()))
    return rng.choice(VALUES)


def _change_text(rng: random.Random, text: str) -> str:
    at, digits = rng.randrange(len(text) + 1), "0123456789ABCDEF"
    match rng.randrange(7):
        case 0 if text:
            return text[: at - 1] + rng.choice(digits) + text[at:] if at else rng.choice(digits) + text[1:]
        case 1:
            return text[:at]
        case 2:
            return text[:at] + text[at + 2 :]
        case 3:
            return text + text[at:]
        case 4:
            return rng.choice("0F") * len(text)
        case 5:
            return text[:at] + rng.choice(TEXTS) + text[at:]
    return rng.choice(TEXTS)
