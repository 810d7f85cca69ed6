"""The groups of 2.0.0 records, how their elements are written and hashed, and proofs over either kind of group."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import digest  # noqa: TID251  (hashes of version 2.0.0)
from typing import Any

from e2evote.errors import ParseError
from e2evote.group.computation import Request, evaluate
from e2evote.group.elements import Element, Group
from e2evote.group.powers import NewBase, fixed
from e2evote.interop.curves import Curve
from e2evote.interop.electionguard_2_0.values import canonical_base64, hexadecimal
from e2evote.interop.fields import record
from e2evote.verifier.report import Ledger, Place

NEUTRAL = b"\xff" * 33
"""What egk-ec writes for the neutral element of P-256."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A challenge and a response, both in Z_q."""

    challenge: int
    response: int


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """α and β; that they are members is not tested."""

    pad: Any
    data: Any


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A group, and whether bytes are written in base64 (egk-ec) or hex (electionguard-kotlin-multiplatform).

    Hashes become numbers mod q as they are, or ``expanded`` first: on P-256 by egk-ec since May 2024.
    """

    group: Group | Curve
    base64: bool
    expanded: bool = False

    @property
    def q(self) -> int:
        """The order."""
        return int(self.group.q)

    def octets(self, value: object, where: str, length: int | None = None) -> bytes:
        """Read bytes, of that length if one is given.

        Raises:
            ParseError: another spelling, or another length.
        """
        data = canonical_base64(value, where) if self.base64 else hexadecimal(value, where)
        if length is not None and len(data) != length:
            raise ParseError(where, f"{len(data)} bytes; expected {length}")
        return data

    def element(self, value: object, where: str) -> Any:  # noqa: ANN401  (an Element or a Point)
        """Read an element from its one form; that it is a member is not tested.

        Raises:
            ParseError: another form, or a number that is not below p.
        """
        if isinstance(self.group, Curve):
            data = self.octets(value, where, 33)
            return self.group.one if data == NEUTRAL else self.group.parse(data, where)
        number = int.from_bytes(self.octets(value, where, self.group.l_p), "big")
        if number >= self.group.p:
            raise ParseError(where, "the number is not below p")
        return self.group.element(number)

    def scalar(self, value: object, where: str) -> int:
        """Read a number of Z_q.

        Raises:
            ParseError: another form, or not below q.
        """
        number = int.from_bytes(self.octets(value, where, 32), "big")
        if number >= self.q:
            raise ParseError(where, "the number is not below q")
        return number

    def proof(self, value: object, where: str) -> Proof:
        """Read a proof.

        Raises:
            ParseError: other fields, or a number that is not in Z_q.
        """
        fields = record(value, where, ("challenge", "response"))
        return Proof(*(self.scalar(fields[name], f"{where}.{name}") for name in ("challenge", "response")))

    def ciphertext(self, value: object, where: str) -> Ciphertext:
        """Read a ciphertext.

        Raises:
            ParseError: other fields, or what is not written as an element.
        """
        fields = record(value, where, ("pad", "data"))
        return Ciphertext(*(self.element(fields[name], f"{where}.{name}") for name in ("pad", "data")))

    def encode(self, part: Any) -> bytes:  # noqa: ANN401  (bytes, small int, element)
        """Return what is hashed for a part: raw bytes, 4 bytes of a small number, an element."""
        if isinstance(part, bytes):
            return part
        if isinstance(part, int):
            return part.to_bytes(4, "big")
        if isinstance(self.group, Curve) and part == self.group.one:
            return NEUTRAL
        return bytes(part)

    def hash(self, key: bytes, tag: int, *parts: Any) -> bytes:  # noqa: ANN401
        """Return H(key; tag, parts) = HMAC-SHA-256."""
        return mac_of(key, bytes([tag]) + b"".join(map(self.encode, parts)))

    def hash_q(self, key: bytes, tag: int, *parts: Any) -> int:  # noqa: ANN401
        """Return the hash as a number mod q."""
        found = self.hash(key, tag, *parts)
        return int.from_bytes(expand(found) if self.expanded else found, "big") % self.q

    def fixed(self, member: Any) -> Any:  # noqa: ANN401
        """Return a base that is used often."""
        return fixed(member) if isinstance(member, Element) else member

    def new(self, member: Any) -> Any:  # noqa: ANN401
        """Return a base that is used once or twice."""
        return NewBase(member) if isinstance(member, Element) else member

    def power(self, base: Any, exponent: int) -> Any:  # noqa: ANN401
        """Return base^exponent."""
        return base ** self.group.scalar(exponent)

    def evaluate(self, values: Sequence[Any], members: Sequence[Any]) -> tuple[Sequence[Any], Sequence[bool]]:
        """Return the values of products, and of every base from ``new`` whether it is in the group."""
        if isinstance(self.group, Curve):
            return values, [member.is_member() for member in members]
        response = evaluate(Request(values, members))
        return response.values, response.members

    def product(self, factors: Sequence[Any]) -> Any:  # noqa: ANN401
        """Return the product of elements, the neutral element for none."""
        result = self.group.one
        for factor in factors:
            result = result * factor
        return result


def mac_of(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SHA-256."""
    return digest(key, message, "sha256")


def expand(message: bytes) -> bytes:
    """Return the 48 bytes of hash_to_field for P-256 (RFC 9380 §5.3.1); egk-ec's tag is that of RFC 9380's examples."""
    domain = b"QUUX-V01-CS02-with-P256_XMD:SHA-256_SSWU_RO_"
    domain += bytes([len(domain)])
    first = sha256(bytes(64) + message + (48).to_bytes(2, "big") + b"\0" + domain).digest()
    one = sha256(first + b"\1" + domain).digest()
    two = sha256(bytes(x ^ y for x, y in zip(first, one, strict=True)) + b"\2" + domain).digest()
    return (one + two)[:48]


@dataclass(slots=True)
class Equations:
    """What must hold, posed one by one and computed together."""

    arithmetic: Arithmetic
    values: list[Any] = field(default_factory=list)
    members: list[Any] = field(default_factory=list)
    tests: list[tuple[str, str, Place]] = field(default_factory=list)
    posed: list[tuple[str, str, Place, int, Any]] = field(default_factory=list)

    def member(self, check: str, element: Any, what: str, place: Place) -> Any:  # noqa: ANN401
        """Pose that an element is in the group, and return it as a base."""
        base = self.arithmetic.new(element)
        self.members.append(base)
        self.tests.append((check, f"{what} is not in the group", place))
        return base

    def pose(self, check: str, message: str, place: Place, values: Sequence[Any], holds: Any) -> None:  # noqa: ANN401
        """Pose that ``holds(values)`` is true of the values computed."""
        self.values += values
        self.posed.append((check, message, place, len(values), holds))

    def solve(self, ledger: Ledger) -> None:
        """Compute everything and write down what holds."""
        values, members = self.arithmetic.evaluate(self.values, self.members)
        for (check, message, place), member in zip(self.tests, members, strict=True):
            ledger.check(check, member, message, place)
        start = 0
        for check, message, place, count, holds in self.posed:
            ledger.check(check, holds(values[start : start + count]), message, place)
            start += count
