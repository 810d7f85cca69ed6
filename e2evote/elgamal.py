"""Exponential ElGamal to the base K: keys, ciphertexts, and their homomorphism."""

from collections.abc import Sequence
from dataclasses import dataclass

from e2evote.group.computation import Computation, Request, compute, products
from e2evote.group.elements import Element, Scalar
from e2evote.group.powers import Base, V


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """(α, β) = (g^ξ, K^(σ+ξ)), or the aggregate (A, B)."""

    __pydantic_config__ = {"extra": "forbid", "strict": True}  # noqa: RUF012

    alpha: Element
    beta: Element

    def __mul__(self, other: "Ciphertext") -> "Ciphertext":
        """Add the plaintexts.

        Spec: EG-2.1 §3.5, eq. 79
        """
        return Ciphertext(self.alpha * other.alpha, self.beta * other.beta)

    def __pow__(self, weight: Scalar) -> "Ciphertext":
        """Multiply the plaintext by a weight.

        Spec: EG-2.1 §3.5, eq. 80
        """
        return Ciphertext(self.alpha**weight, self.beta**weight)


def aggregate(columns: Sequence[Sequence[Ciphertext]]) -> list[Ciphertext]:
    """Return the product of every column of at least one ciphertext: the encryption of its sum.

    Spec: EG-2.1 §3.5, eq. 79
    """
    alphas = products([[ciphertext.alpha for ciphertext in column] for column in columns])
    betas = products([[ciphertext.beta for ciphertext in column] for column in columns])
    return [Ciphertext(A, B) for A, B in zip(alphas, betas, strict=True)]


def encrypt(g: Base[V], K: Base[V], sigma: int, xi: Scalar) -> Ciphertext:
    """Return Enc(σ, ξ) = (g^ξ, K^(σ+ξ)).

    Spec: EG-2.1 §3.3.1, eq. 31
    """
    return compute(encrypting(g, K, sigma, xi))


def encrypting(g: Base[V], K: Base[V], sigma: int, xi: Scalar) -> Computation[Ciphertext]:
    """Do what ``encrypt`` does, as a computation."""
    alpha, beta = (yield Request([g**xi, K ** (xi + xi.group.scalar(sigma))])).values
    return Ciphertext(alpha, beta)
