"""From JSON to what is computed with, in the spellings of 0.95 ({"data": hex}) and 1.0 and later (hex)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gmpy2 import mpz

from e2evote.errors import CheckError, ParseError
from e2evote.group.elements import Element, Group, Scalar
from e2evote.interop.foreign import Foreign
from e2evote.interop.groups import integer_group

MANY = 10_000
"""Entries of a list, or members of an object: more are not read."""

_HEX = re.compile(r"(?:[0-9A-F]{2})+")


def member(value: Any, name: str, where: str) -> Any:  # noqa: ANN401
    """Return a field of an object.

    Raises:
        ParseError: no object, or no such field.
    """
    if not isinstance(value, dict):
        raise ParseError(where, "expected an object")
    if name not in value:
        raise ParseError(where, "the field is missing", name)
    return value[name]


def text(value: Any, name: str, where: str) -> str:  # noqa: ANN401
    """Return a string field.

    Raises:
        ParseError: another kind of value.
    """
    found = member(value, name, where)
    if not isinstance(found, str):
        raise ParseError(where, "expected a string", name)
    return found


def whole(value: Any, name: str, where: str) -> int:  # noqa: ANN401
    """Return a field that is a whole number.

    Raises:
        ParseError: another kind of value.
    """
    found = member(value, name, where)
    if type(found) is not int or not 0 <= found < 2**64:
        raise ParseError(where, "expected a whole number", name)
    return found


def listed(value: Any, name: str, where: str) -> list[Any]:  # noqa: ANN401
    """Return a field that is a list.

    Raises:
        ParseError: another kind of value, or too long.
    """
    found = member(value, name, where)
    if not isinstance(found, list) or len(found) > MANY:
        raise ParseError(where, f"expected a list of at most {MANY} entries", name)
    return found


def by_id(value: Any, name: str, where: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Yield the members of a field whose keys are the ``object_id`` of what they hold.

    Raises:
        ParseError: another kind of value, or a key is not the identifier.
    """
    found = member(value, name, where)
    if not isinstance(found, dict) or len(found) > MANY:
        raise ParseError(where, f"expected an object with at most {MANY} members", name)
    for key, inside in found.items():
        if text(inside, "object_id", f"{where} {key}") != key:
            raise ParseError(where, "is called by another identifier than its own", key[:100])
        yield key, inside


def number(value: Any, where: str) -> int:  # noqa: ANN401
    """Return a number in hex, in either spelling.

    Raises:
        ParseError: another form, or more digits than are needed.
    """
    if isinstance(value, dict) and value.keys() == {"data"}:
        value = value["data"]
    if not isinstance(value, str) or len(value) > 4096 or not _HEX.fullmatch(value):
        raise ParseError(where, "expected upper-case hex with an even number of digits")
    if value.startswith("00") and value != "00":
        raise ParseError(where, "expected hex without leading zeros")
    return int(value, 16)


def element(value: Any, name: str, group: Group, where: str) -> Element:  # noqa: ANN401
    """Return a field that is an element, whose membership is not tested.

    Raises:
        ParseError: another form.
    """
    return group.element(number(member(value, name, where), f"{where} {name}"))


def scalar(value: Any, name: str, group: Group, where: str) -> Scalar:  # noqa: ANN401
    """Return a field that is a number below q.

    Raises:
        ParseError: another form, or q and more.
    """
    found = number(member(value, name, where), f"{where} {name}")
    if found >= group.q:
        raise ParseError(where, "expected a number below q", name)
    return Scalar(mpz(found), group)


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """(α, β), here called pad and data."""

    alpha: Element
    beta: Element

    def __mul__(self, other: "Ciphertext") -> "Ciphertext":
        """Return the product, which encrypts the sum."""
        return Ciphertext(self.alpha * other.alpha, self.beta * other.beta)


def ciphertext(value: Any, name: str, group: Group, where: str) -> Ciphertext:  # noqa: ANN401
    """Return a field that is a ciphertext.

    Raises:
        ParseError: another form.
    """
    found, place = member(value, name, where), f"{where} {name}"
    return Ciphertext(element(found, "pad", group, place), element(found, "data", group, place))


def read_group(record: Foreign, name: str) -> Group:
    """Return the group of the constants, which are in decimal, or in hex.

    Raises:
        ParseError: they are missing or in another form.
        CheckError: they are none.
    """
    found = record.json(name)
    p, q, r, g = (_constant(found, part, name) for part in ("large_prime", "small_prime", "cofactor", "generator"))
    group = integer_group(p, q, g)
    if group.r != r:
        raise CheckError("the cofactor is not (p − 1)/q")
    return group


def _constant(value: Any, name: str, where: str) -> int:  # noqa: ANN401
    found = member(value, name, where)
    if type(found) is int and 0 < found < 2**8192:
        return found
    return number(found, f"{where} {name}")


@dataclass(frozen=True, slots=True)
class Context:
    """What the context says, and the group."""

    group: Group
    n: int
    k: int
    K: Element
    commitment_hash: Scalar
    manifest_hash: Scalar
    base_hash: Scalar
    extended_hash: Scalar


def read_context(record: Foreign, name: str, group: Group) -> Context:
    """Return the context.

    Raises:
        ParseError: it is missing or in another form.
    """
    found = record.json(name)
    n, k = whole(found, "number_of_guardians", name), whole(found, "quorum", name)
    if not 1 <= k <= n <= 1000:
        raise ParseError(name, "expected 1 ≤ quorum ≤ guardians ≤ 1000", "quorum")
    hashes = ("commitment_hash", "manifest_hash", "crypto_base_hash", "crypto_extended_base_hash")
    key = element(found, "elgamal_public_key", group, name)
    return Context(group, n, k, key, *(scalar(found, one, group, name) for one in hashes))
