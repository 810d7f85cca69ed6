"""Bytes of messages as values of the core; a number outside Z_q stays as it is, for the check that names it."""

from typing import Any

from gmpy2 import mpz

from e2evote.elgamal import Ciphertext
from e2evote.errors import CheckError
from e2evote.group.elements import Element, Scalar
from e2evote.group.parameters import STANDARD
from e2evote.hashed_elgamal import HashedCiphertext
from e2evote.zkp.range import RangeProof
from e2evote.zkp.schnorr import SchnorrProof

GROUP = STANDARD
"""The only group of the format."""

Message = Any
"""A message of protobuf."""


def elements(raw: bytes) -> tuple[Element, ...]:
    """Return elements of 512 bytes each.

    Raises:
        E2EVoteError: a value that is not under p.
    """
    return tuple(GROUP.element(int.from_bytes(raw[i : i + 512], "big")) for i in range(0, len(raw), 512))


def element(raw: bytes) -> Element:
    """Return one element.

    Raises:
        E2EVoteError: not one, or a value that is not under p.
    """
    if len(raw) != 512:
        raise CheckError("a message that holds a group element is missing")
    (found,) = elements(raw)
    return found


def scalars(raw: bytes) -> tuple[Scalar, ...]:
    """Return numbers of 32 bytes each, in Z_q or not."""
    return tuple(Scalar(mpz(int.from_bytes(raw[i : i + 32], "big")), GROUP) for i in range(0, len(raw), 32))


def ranges(raw: bytes) -> RangeProof:
    """Return a range proof: c_0 ‖ v_0 ‖ c_1 ‖ … in order."""
    numbers = scalars(raw)
    return RangeProof(numbers[::2], numbers[1::2])


def sealed(message: Message) -> HashedCiphertext:
    """Return C_0, C_1, C_2."""
    return HashedCiphertext(element(message.c0), bytes(message.c1), SchnorrProof(*scalars(message.c2)))


def ciphertext(message: Message) -> Ciphertext:
    """Return (α, β)."""
    return Ciphertext(element(message.alpha), element(message.beta))


def vector(raw: bytes) -> tuple[Ciphertext, ...]:
    """Return ciphertexts, α ‖ β each."""
    values = elements(raw)
    return tuple(Ciphertext(*values[i : i + 2]) for i in range(0, len(values), 2))
