"""The equations of Helios: responses are r = w + x·c, challenges SHA-1 over commitments alone, in decimal."""

import hashlib
from collections.abc import Sequence

from e2evote.group.computation import Computation, Request
from e2evote.group.elements import Element, Group, Scalar
from e2evote.group.powers import FixedBase, NewBase, Product
from e2evote.interop.helios.reading import Proof


def challenge(group: Group, *commitments: Element) -> Scalar:
    """Return SHA-1(A, B, …) mod q.

    Helios: ``EG_disjunctive_challenge_generator``, ``EG_fiatshamir_challenge_generator``, ``DLog_challenge_generator``
    """
    joined = ",".join(str(element.value) for element in commitments).encode()
    return group.scalar(int.from_bytes(hashlib.sha1(joined, usedforsecurity=False).digest(), "big"))


def negative(c: Scalar) -> Scalar:
    """Return −c mod q."""
    return c.group.scalar(-int(c.value))


def proves_one_of(
    g: FixedBase, y: FixedBase, alpha: NewBase, beta: NewBase, first: int, proofs: Sequence[Proof]
) -> Computation[bool]:
    """Tell whether (α, β) is proved to encrypt one of first, first + 1, …, one for each proof.

    For each value m: A = g^r·α^−c, B = y^r·(β/g^m)^−c; and Σc = SHA-1(A_0, B_0, A_1, B_1, …). Challenges are not bound
    to the ciphertext. Membership of α and β is not tested here.
    """
    group = g.element.group
    asked: list[Product] = []
    for m, proof in enumerate(proofs, first):
        c, r = proof.challenge, proof.response
        asked += [g**r * alpha ** negative(c), y**r * beta ** negative(c) * g ** (c * group.scalar(m))]
    computed = (yield Request(asked)).values
    stated = [element for proof in proofs for element in (proof.A, proof.B)]
    total = group.scalar(sum(int(proof.challenge.value) for proof in proofs))
    known = [element for element in stated if element is not None]
    return list(computed) == stated and challenge(group, *known) == total


def proves_key(g: FixedBase, y: Element, proof: Proof) -> Computation[bool]:
    """Tell whether knowledge of the exponent of y is proved: A = g^r·y^−c, c = SHA-1(A)."""
    (commitment,) = (yield Request([g**proof.response * NewBase(y) ** negative(proof.challenge)])).values
    expected = challenge(y.group, proof.A)
    return proof.B is None and commitment == proof.A and expected == proof.challenge


def proves_decryption(
    g: FixedBase, y: FixedBase, alpha: NewBase, factor: NewBase, proof: Proof
) -> Computation[tuple[bool, bool]]:
    """Tell whether a decryption factor is in the group, and proved to be α^x for y = g^x.

    A = g^r·y^−c, B = α^r·factor^−c, c = SHA-1(A, B).
    """
    c, r = negative(proof.challenge), proof.response
    answer = yield Request([g**r * y**c, alpha**r * factor**c], [factor])
    if proof.B is None:
        return answer.members[0], False
    expected = challenge(g.element.group, proof.A, proof.B)
    holds = list(answer.values) == [proof.A, proof.B] and expected == proof.challenge
    return answer.members[0], holds
