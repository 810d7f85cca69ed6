"""Values of ElectionGuard 1.x: its hash, and strict reading of its JSON."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from gmpy2 import mpz

from e2evote.errors import ParseError
from e2evote.group.elements import Element, Group, Scalar

Hashable: TypeAlias = "Element | Scalar | str | int | Sequence[Hashable] | None"

MOST_ITEMS = 100_000
"""Entries that one list or object may have."""
_HEX = re.compile(r"(?:00|(?:0[1-9A-F]|[1-9A-F][0-9A-F])(?:[0-9A-F]{2})*)\Z")
_LONGEST = 2048


def hexed(value: int | mpz) -> str:
    """Return upper-case hex with an even number of digits and no other padding."""
    digits = f"{int(value):X}"
    return "0" * (len(digits) % 2) + digits


def hash_of(group: Group, *items: Hashable) -> Scalar:
    """Return SHA-256 over ``|item|item|…`` mod q.

    EG-1.0 §3.1.2: numbers of the group in hex, others in decimal, nothing and an empty list as ``null``, a list hashed.
    """
    text = "|" + "".join(f"{_text(group, item)}|" for item in items)
    return group.scalar(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big"))


def _text(group: Group, item: Hashable) -> str:
    if isinstance(item, (Element, Scalar)):
        return hexed(item.value)
    if isinstance(item, str):
        return item
    if isinstance(item, int):
        return str(item)
    return hexed(hash_of(group, *item).value) if item else "null"


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a JSON file and where it stands; each method is one shape it may have, or raises ParseError."""

    value: Any
    file: str
    path: str = ""

    def wrong(self, problem: str) -> ParseError:
        """Return the error for this place."""
        return ParseError(self.file, problem, self.path)

    def fields(self, required: str, optional: str = "") -> "dict[str, Node]":
        """Return an object's fields: all that are required, and of the optional ones those that are there."""
        found = self.entries()
        needed, known = set(required.split()), set(required.split()) | set(optional.split())
        if missing := sorted(needed - found.keys()):
            raise self.wrong(f"{missing[0]} is missing")
        if unknown := sorted(found.keys() - known):
            raise self.wrong(f"{ascii(unknown[0])[:60]} is not a field that is known here")
        return found

    def entries(self) -> "dict[str, Node]":
        """Return the entries of an object."""
        if not isinstance(self.value, dict) or len(self.value) > MOST_ITEMS:
            raise self.wrong("expected an object")
        return {key: self._at(key, value) for key, value in self.value.items()}

    def items(self) -> "list[Node]":
        """Return the items of a list."""
        if not isinstance(self.value, list) or len(self.value) > MOST_ITEMS:
            raise self.wrong("expected a list")
        return [self._at(str(index), value) for index, value in enumerate(self.value)]

    def _at(self, key: str, value: Any) -> "Node":  # noqa: ANN401
        return Node(value, self.file, f"{self.path}.{key}" if self.path else key)

    @property
    def absent(self) -> bool:
        """Tell whether it is null."""
        return self.value is None

    def text(self) -> str:
        """Return a string."""
        if not isinstance(self.value, str):
            raise self.wrong("expected a string")
        return self.value

    def integer(self, low: int, high: int) -> int:
        """Return an integer in low…high."""
        if type(self.value) is not int or not low <= self.value <= high:
            raise self.wrong(f"expected an integer from {low} to {high}")
        return self.value

    def boolean(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            raise self.wrong("expected true or false")
        return self.value

    def number(self) -> int:
        """Return a number in canonical hex, alone or as ``{"data": hex}``."""
        value = self.value
        if isinstance(value, dict) and value.keys() == {"data"}:
            value = value["data"]
        if not isinstance(value, str) or len(value) > _LONGEST or not _HEX.match(value):
            raise self.wrong("expected a number in upper-case hex, of an even number of digits and not padded")
        return int(value, 16)

    def element(self, group: Group) -> Element:
        """Return a number in 1…p − 1; membership is not tested."""
        value = self.number()
        if not 0 < value < group.p:
            raise self.wrong("not between 1 and p − 1")
        return group.element(value)

    def scalar(self, group: Group) -> Scalar:
        """Return a number in 0…q − 1."""
        value = self.number()
        if value >= group.q:
            raise self.wrong("not less than q")
        return group.scalar(value)
