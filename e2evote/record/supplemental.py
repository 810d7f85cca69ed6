"""What is proved of a contest as a whole: that it keeps its limit, and that supplemental fields say what they should.

Each such relation is linear in the values of the contest's verifiable fields, so that the ciphertexts themselves make
an encryption of it, and a range proof of that encryption proves it (docs/formats/record.md, "Supplemental fields").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, mul

from e2evote.elgamal import Ciphertext
from e2evote.group.elements import Element, SecretScalar
from e2evote.record.manifest import Contest


@dataclass(frozen=True, slots=True)
class Relation:
    """0 ≤ Σ coefficient·value − constant ≤ limit, over the verifiable fields of a contest in order."""

    coefficients: tuple[int, ...]
    constant: int
    limit: int

    def value(self, values: Sequence[int]) -> int:
        """Return Σ coefficient·value − constant."""
        return sum(n * value for n, value in zip(self.coefficients, values, strict=False)) - self.constant

    def nonce(self, nonces: Sequence[SecretScalar]) -> SecretScalar:
        """Return Σ coefficient·ξ, with which ``ciphertext`` is an encryption of ``value``."""
        weighted = zip(self.coefficients, nonces, strict=True)
        return reduce(add, (xi if n == 1 else xi * xi.group.scalar(n) for n, xi in weighted if n))

    def ciphertext(self, ciphertexts: Sequence[Ciphertext], K: Element) -> Ciphertext:
        """Return (Π α^coefficient, Π β^coefficient · K^−constant), an encryption of ``value``.

        Raises:
            ZeroDivisionError: a ciphertext with a negative coefficient is not in the group.

        Spec: EG-2.1 §3.3.8, box 7; §3.3.9
        """
        pairs = list(zip(self.coefficients, ciphertexts, strict=False))
        total = reduce(mul, (_power(ciphertext, n) for n, ciphertext in pairs if n > 0))
        for n, ciphertext in pairs:
            if n < 0:
                divisor = _power(ciphertext, -n)
                total = Ciphertext(total.alpha / divisor.alpha, total.beta / divisor.beta)
        if self.constant:
            total = Ciphertext(total.alpha, total.beta / K ** K.group.scalar(self.constant))
        return total


def limit_relation(contest: Contest) -> Relation:
    """Return 0 ≤ Σ ≤ L, Σ the votes; with an overvote indicator 0 ≤ Σ + L·indicator ≤ L.

    Spec: EG-2.1 §3.3.8; §3.3.9
    """
    return Relation(_used(contest), 0, contest.limit)


def field_relations(contest: Contest) -> dict[int, Relation]:
    """Return by index ind_o what is proved of each supplemental field, but for the overvote indicator.

    S = Σ + L·overvote_indicator is what the limit relation is about, and lies in 0…L.

    Spec: EG-2.1 §3.3.9
    """
    L, relations = contest.limit, dict[int, Relation]()
    for ind_o, name in enumerate(contest.supplemental_fields, len(contest.options) + 1):
        if name == "undervote_difference":  # S + difference = L
            relations[ind_o] = Relation(_with(_used(contest), ind_o, 1), L, 0)
        elif name == "undervote_indicator":  # (0, L), (1, 0), …, (1, L−1), no other pair, give L…2L
            relations[ind_o] = Relation(_with(_used(contest), ind_o, L + 1), L, L)
        elif name == "null_vote_indicator":  # (0, 1), …, (0, L), (1, 0), no other pair, give 1…L+1
            relations[ind_o] = Relation(_with(_used(contest), ind_o, L + 1), 1, L)
        elif name == "write_in_count":  # Σ over write-in options − count = 0
            relations[ind_o] = Relation(_with(_write_ins(contest), ind_o, -1), 0, 0)
    return relations


def _used(contest: Contest) -> tuple[int, ...]:
    """Return the coefficients of S."""
    fields = (contest.limit if name == "overvote_indicator" else 0 for name in contest.supplemental_fields)
    return (*(1 for _ in contest.options), *fields)


def _write_ins(contest: Contest) -> tuple[int, ...]:
    return (*(int(option.write_in) for option in contest.options), *(0 for _ in contest.supplemental_fields))


def _with(coefficients: tuple[int, ...], ind_o: int, coefficient: int) -> tuple[int, ...]:
    return (*coefficients[: ind_o - 1], coefficient, *coefficients[ind_o:])


def _power(ciphertext: Ciphertext, n: int) -> Ciphertext:
    return ciphertext if n == 1 else ciphertext ** ciphertext.alpha.group.scalar(n)
