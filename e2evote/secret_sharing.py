"""Shamir's secret sharing over Z_q with public commitments, and Lagrange interpolation at 0."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import gmpy2

from e2evote.errors import CheckError
from e2evote.group.elements import Element, Group, Scalar, SecretScalar
from e2evote.group.randomness import Randomness


@dataclass(frozen=True, slots=True)
class SecretPolynomial:
    """P(x) = a_0 + a_1·x + … + a_{k−1}·x^{k−1}, coefficients in Z_q."""

    coefficients: tuple[SecretScalar, ...]

    @classmethod
    def random(cls, group: Group, k: int, rng: Randomness) -> "SecretPolynomial":
        """Choose k uniform coefficients.

        Spec: EG-2.1 §3.2.2, eq. 7
        """
        return cls(tuple(rng.scalar(group) for _ in range(k)))

    def at(self, index: int) -> SecretScalar:
        """Return P(index) for a guardian's index ≥ 1; P(0) is the secret itself and nobody's share.

        Raises:
            CheckError: the index is below 1.
        """
        if index < 1:
            raise CheckError(f"a share is for a guardian index from 1 on, not {index}")
        group = self.coefficients[0].group
        x = group.scalar(index)
        return reduce(lambda value, a: value * x + a, reversed(self.coefficients), group.secret(0))

    def commitments(self) -> tuple[Element, ...]:
        """Return K_j = g^(a_j) for every coefficient.

        Spec: EG-2.1 §3.2.2, eq. 8
        """
        g = self.coefficients[0].group.g
        return tuple(g**a for a in self.coefficients)


@dataclass(frozen=True, slots=True)
class SecretKeyShares:
    """What guardian i keeps after the ceremony: z_i = P(i) and ẑ_i = P̂(i)."""

    i: int
    z: SecretScalar
    z_hat: SecretScalar


def product(group: Group, elements: Iterable[Element]) -> Element:
    """Return the product of the elements, 1 if there are none."""
    return reduce(lambda x, y: x * y, elements, group.one)


def committed_share(commitments: Sequence[Element], index: int) -> Element:
    """Return g^P(ℓ) = Π_j K_j^(ℓ^j), what everybody knows of guardian ℓ's share.

    Spec: EG-2.1 §3.2.2, eq. 14
    """
    group = commitments[0].group
    return product(group, (K_j ** group.scalar(index**j) for j, K_j in enumerate(commitments)))


def lagrange_coefficient(group: Group, i: int, available: Iterable[int]) -> Scalar:
    """Return w_i = Π_{ℓ ∈ U∖{i}} ℓ/(ℓ − i) mod q for the available guardians U.

    Raises:
        CheckError: i is not in U.

    Spec: EG-2.1 §3.6.4, eq. 85
    """
    others = set(available)
    if i not in others:
        raise CheckError(f"guardian {i} is not among the available guardians {sorted(others)}")
    others.remove(i)
    numerator = reduce(lambda x, y: x * y, others, 1)
    denominator = reduce(lambda x, y: x * y, (ell - i for ell in others), 1)
    return Scalar(gmpy2.divm(numerator, denominator, group.q), group)
