"""Groups of points on elliptic curves, for records that use them; written like the groups of integers.

``Point`` has the operators of ``e2evote.group.elements.Element``: the group is written as multiplication, whatever
curves call it. A parsed point lies on its curve; on Ed25519 it may still lie outside the subgroup of order q until it
has been tested (``Point.is_member``). The arithmetic is pycryptodome's, which the extra ``interop`` installs.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from gmpy2 import mpz

from e2evote.errors import E2EVoteError, ParseError


class Exponent(Protocol):
    """A number mod q, as ``Scalar``."""

    @property
    def value(self) -> mpz:
        """The number."""


@dataclass(frozen=True, slots=True)
class Number:
    """An exponent of a curve's points, 0 ≤ value < q where ``Curve.scalar`` made it."""

    value: mpz


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve and the subgroup of prime order q that its base point g generates.

    A curve does arithmetic only where pycryptodome is installed.
    """

    name: str
    field: mpz
    q: mpz
    base: tuple[int, int]
    neutral: tuple[int, int]
    cofactor: int

    @property
    def g(self) -> "Point":
        """The base point."""
        return self.point(*self.base)

    @property
    def one(self) -> "Point":
        """The neutral element."""
        return self.point(*self.neutral)

    def scalar(self, value: int | mpz) -> Number:
        """Return value mod q."""
        return Number(mpz(value) % self.q)

    def point(self, x: int, y: int, where: str = "a point") -> "Point":
        """Return the point of these affine coordinates; the neutral element of P-256 has no such, and is (0, 0) here.

        Raises:
            ParseError: a coordinate is not in 0…field−1, or the point is not on the curve.
            E2EVoteError: pycryptodome is not installed.
        """
        if not (0 <= x < self.field and 0 <= y < self.field):
            raise ParseError(where, f"a coordinate is not below the modulus of {self.name}")
        try:
            return Point(_library().ecc.EccPoint(x, y, self.name), self)
        except ValueError as error:
            raise ParseError(where, f"not a point of {self.name}") from error

    def parse(self, data: bytes, where: str = "a point") -> "Point":
        """Read the canonical encoding of a point: RFC 8032 §5.1.3 for Ed25519, SEC 1 §2.3.4 for P-256.

        SEC 1 has two encodings of every point but the neutral one, compressed and not; both are read.

        Raises:
            ParseError: not the encoding of a point of the curve, or not the canonical one.
            E2EVoteError: pycryptodome is not installed.
        """
        point = _edwards(self, data, where) if self.cofactor > 1 else _weierstrass(self, data, where)
        if data not in (bytes(point), point.uncompressed()):
            raise ParseError(where, f"not the canonical encoding of a point of {self.name}")
        return point

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process as a name."""
        return _curve_named, (self.name,)


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """A point on a curve; encoded as the curve's compressed form."""

    value: Any
    group: Curve

    def __mul__(self, other: "Point") -> "Point":
        """Return what curves call the sum."""
        return Point(self.value + other.value, self.group)

    def __truediv__(self, other: "Point") -> "Point":
        """Return what curves call the difference."""
        return Point(self.value + -other.value, self.group)

    def __pow__(self, exponent: Exponent) -> "Point":
        """Return what curves call the multiple; exponents are public here."""
        return Point(self.value * int(exponent.value), self.group)

    def __eq__(self, other: object) -> bool:
        """Compare points of one curve."""
        return isinstance(other, Point) and self.group is other.group and bool(self.value == other.value)

    def __hash__(self) -> int:
        """Hash the encoding."""
        return hash(bytes(self))

    def is_member(self) -> bool:
        """Tell whether the point lies in the subgroup of order q; the neutral element does."""
        return self.group.cofactor == 1 or self ** Number(self.group.q) == self.group.one

    @property
    def xy(self) -> tuple[int, int]:
        """The affine coordinates."""
        x, y = self.value.xy
        return int(x), int(y)

    def __bytes__(self) -> bytes:
        """Encode in the compressed form: 32 bytes for Ed25519; 33 for P-256, but one for its neutral element."""
        x, y = self.xy
        if self.group.cofactor > 1:
            return (y | (x & 1) << 255).to_bytes(32, "little")
        return b"\0" if (x, y) == self.group.neutral else bytes([2 + y % 2]) + x.to_bytes(32, "big")

    def uncompressed(self) -> bytes:
        """Encode a point of P-256 in SEC 1's uncompressed form, 65 bytes; others have the one form only."""
        x, y = self.xy
        if self.group.cofactor > 1 or (x, y) == self.group.neutral:
            return bytes(self)
        return b"\4" + x.to_bytes(32, "big") + y.to_bytes(32, "big")

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process as coordinates."""
        return _arrived, (self.group.name, *self.xy)

    def __repr__(self) -> str:
        """Show the first digits."""
        return f"Point({self.group.name}, {bytes(self).hex()[:16]}…)"


ED25519 = Curve(
    "Ed25519",
    mpz(2) ** 255 - 19,
    mpz(2) ** 252 + 27742317777372353535851937790883648493,
    (
        15112221349535400772501151409588531511454012693041857206046113283949847762202,
        46316835694926478169428394003475163141307993866256225615783033603165251855960,
    ),
    (0, 1),
    8,
)
"""The twisted Edwards curve of RFC 8032."""

P256 = Curve(
    "P-256",
    mpz(2) ** 256 - mpz(2) ** 224 + mpz(2) ** 192 + mpz(2) ** 96 - 1,
    mpz(0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551),
    (
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
    (0, 0),
    1,
)
"""The curve of FIPS 186-4, D.1.2.3."""

CURVES = (ED25519, P256)


def _edwards(curve: Curve, data: bytes, where: str) -> Point:
    if len(data) != 32:
        raise ParseError(where, f"{len(data)} bytes; expected the 32 of a point of {curve.name}")
    try:
        return Point(_library().eddsa.import_public_key(data).pointQ, curve)
    except ValueError as error:
        raise ParseError(where, f"not the encoding of a point of {curve.name}") from error


def _weierstrass(curve: Curve, data: bytes, where: str) -> Point:
    if data == b"\0":
        return curve.one
    if len(data) == 65 and data[0] == 4:
        point = curve.point(int.from_bytes(data[1:33], "big"), int.from_bytes(data[33:], "big"), where)
    elif len(data) == 33 and data[0] in (2, 3):
        try:
            point = Point(_library().ecc.import_key(data, curve_name=curve.name).pointQ, curve)
        except ValueError as error:
            raise ParseError(where, f"not the encoding of a point of {curve.name}") from error
    else:
        raise ParseError(where, f"neither the compressed nor the uncompressed form of a point of {curve.name}")
    return point


def _curve_named(name: str) -> Curve:
    return next(curve for curve in CURVES if curve.name == name)


def _arrived(name: str, x: int, y: int) -> Point:
    return _curve_named(name).point(x, y)


@dataclass(frozen=True, slots=True)
class _Library:
    """The two modules of pycryptodome that know points."""

    ecc: Any
    eddsa: Any


@cache
def _library() -> _Library:
    try:
        from Crypto.PublicKey import ECC
        from Crypto.Signature import eddsa
    except ImportError as error:
        missing = "points of elliptic curves need pycryptodome, which is not installed"
        raise E2EVoteError(f"{missing}: pip install 'e2evote[interop]'") from error
    return _Library(ECC, eddsa)
