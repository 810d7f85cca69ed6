"""The group of order q in Z_p^*: elements, exponents, and their operators.

``Element`` and ``Scalar`` hold the number as it was given: a parsed value may lie outside its range until it has been
tested (``Element.is_member``, ``Scalar.in_range``). Every operation reduces. Exponents that nobody may learn are
``SecretScalar``: it stays secret through arithmetic, prints as nothing, and ends with ``reveal``.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Self

import gmpy2
from gmpy2 import mpz

from e2evote.encoding import hex_json_schema, parse_hex, plain_schema
from e2evote.group import backends
from e2evote.group.backends.protocol import Backend

L_Q = 32
"""Bytes of an encoded element of Z_q, for every parameter set."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Parameters p, q, g with p = q·r + 1, and the arithmetic used for batches; equal if the name is equal.

    Groups come from ``e2evote.group.parameters`` only; without a backend of their own they take the machine's best.

    Spec: EG-2.1 §3.1.1, eq. 3
    """

    name: str
    p: mpz
    q: mpz
    r: mpz
    generator: mpz
    backend: Backend = field(default=None)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        """Take the best backend where none was given."""
        if self.backend is None:
            object.__setattr__(self, "backend", backends.backend(self.p, self.q))

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process with the name of the backend, which a machine without it replaces by its best."""
        return _arrived, (self.name, self.p, self.q, self.r, self.generator, self.backend.name)

    def on(self, backend: str) -> "Group":
        """Return the same group with another backend.

        Raises:
            CheckError: this machine has no such backend for p.
        """
        return replace(self, backend=backends.backend(self.p, self.q, backend))

    @property
    def g(self) -> "Element":
        """The generator g = 2^r mod p, of order q."""
        return Element(self.generator, self)

    @property
    def l_p(self) -> int:
        """Bytes of an encoded element of Z_p."""
        return (self.p.bit_length() + 7) // 8

    @property
    def one(self) -> "Element":
        """The neutral element."""
        return Element(mpz(1), self)

    def element(self, value: int | mpz) -> "Element":
        """Wrap a number; membership is not tested."""
        return Element(mpz(value), self)

    def scalar(self, value: int | mpz) -> "Scalar":
        """Return value mod q as a public exponent."""
        return Scalar(mpz(value) % self.q, self)

    def secret(self, value: int | mpz) -> "SecretScalar":
        """Return value mod q as a secret exponent."""
        return SecretScalar(mpz(value) % self.q, self)

    def __eq__(self, other: object) -> bool:
        """Compare by name."""
        return isinstance(other, Group) and self.name == other.name

    def __hash__(self) -> int:
        """Hash the name."""
        return hash(self.name)

    def __repr__(self) -> str:
        """Name the group."""
        return f"Group({self.name!r})"


@dataclass(frozen=True, slots=True)
class Element:
    """A number meant as an element of the group; l_p bytes when encoded."""

    value: mpz
    group: Group

    def __mul__(self, other: "Element") -> "Element":
        """Return the product mod p."""
        return Element(self.value * other.value % self.group.p, self.group)

    def __truediv__(self, other: "Element") -> "Element":
        """Return self · other⁻¹ mod p; ZeroDivisionError if other is not invertible."""
        return Element(gmpy2.divm(self.value, other.value, self.group.p), self.group)

    def __pow__(self, exponent: "Scalar") -> "Element":
        """Return the power mod p; a ``SecretScalar`` is raised by GMP's side-channel-quiet routine."""
        power = gmpy2.powmod_sec if isinstance(exponent, SecretScalar) and exponent.value > 0 else gmpy2.powmod
        return Element(power(self.value, exponent.value, self.group.p), self.group)

    def is_member(self) -> bool:
        """Tell whether 0 ≤ x < p and x^q mod p = 1.

        Spec: EG-2.1 §3.2.2, box 2
        """
        return 0 < self.value < self.group.p and gmpy2.powmod(self.value, self.group.q, self.group.p) == 1

    def __bytes__(self) -> bytes:
        """Encode in l_p bytes."""
        return self.value.to_bytes(self.group.l_p, "big")

    def __repr__(self) -> str:
        """Show the first digits."""
        return f"Element({bytes(self).hex().upper()[:16]}…)"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> dict[str, Any]:
        """Read and write fixed-width hex; the group comes with the parse context."""

        def validate(value: object, info: Any) -> "Element":  # noqa: ANN401
            if isinstance(value, Element):
                return value
            group = _group_of(info)
            return Element(mpz.from_bytes(parse_hex(value, group.l_p), "big"), group)

        return plain_schema(validate, lambda element: bytes(element).hex().upper(), info=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: object, handler: object) -> dict[str, Any]:
        """Describe an element of the standard parameters."""
        return hex_json_schema(1024)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number meant as an element of Z_q; 32 bytes when encoded."""

    value: mpz
    group: Group

    def _like(self, other: "Scalar", value: mpz) -> Self:
        kind = SecretScalar if isinstance(other, SecretScalar) else type(self)
        return kind(value % self.group.q, self.group)  # type: ignore[return-value]

    def __add__(self, other: "Scalar") -> Self:
        """Return the sum mod q; secret if either is."""
        return self._like(other, self.value + other.value)

    def __sub__(self, other: "Scalar") -> Self:
        """Return the difference mod q; secret if either is."""
        return self._like(other, self.value - other.value)

    def __mul__(self, other: "Scalar") -> Self:
        """Return the product mod q; secret if either is."""
        return self._like(other, self.value * other.value)

    def in_range(self) -> bool:
        """Tell whether the number lies in Z_q, 0 ≤ x < q."""
        return 0 <= self.value < self.group.q

    def __bytes__(self) -> bytes:
        """Encode in 32 bytes."""
        return self.value.to_bytes(L_Q, "big")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> dict[str, Any]:
        """Read and write 64 hex digits; the group comes with the parse context."""

        def validate(value: object, info: Any) -> "Scalar":  # noqa: ANN401
            if isinstance(value, Scalar):
                if type(value) is not cls:  # a secret must be revealed before anything public holds it
                    raise ValueError(f"expected a {cls.__name__}, found a {type(value).__name__}")
                return value
            group = _group_of(info)
            return cls(mpz.from_bytes(parse_hex(value, L_Q), "big"), group)

        return plain_schema(validate, lambda scalar: bytes(scalar).hex().upper(), info=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: object, handler: object) -> dict[str, Any]:
        """Describe 64 hex digits."""
        return hex_json_schema(64)


@dataclass(frozen=True, slots=True, repr=False)
class SecretScalar(Scalar):
    """An exponent that nobody may learn."""

    def reveal(self) -> Scalar:
        """Return the same number as a public scalar: the one way out, for responses and released nonces."""
        return Scalar(self.value, self.group)

    def __repr__(self) -> str:
        """Show nothing."""
        return "SecretScalar(…)"


def _arrived(name: str, p: mpz, q: mpz, r: mpz, generator: mpz, backend: str) -> Group:
    group = Group(name, p, q, r, generator)
    return group.on(backend) if backend in backends.available(p, q) else group


def _group_of(info: Any) -> Group:  # noqa: ANN401
    if not isinstance(info.context, dict) or not isinstance(info.context.get("group"), Group):
        raise TypeError("group elements are parsed through e2evote.record.codec only")
    return info.context["group"]  # type: ignore[no-any-return]
