"""Helios's proofs. The challenge is SHA-1 over the commitments in decimal with commas between, and nothing else."""

import hashlib
from collections.abc import Sequence

from e2evote.group.computation import Computation, Request
from e2evote.group.elements import Group
from e2evote.group.powers import FixedBase, NewBase
from e2evote.interop.helios.values import Proof


def challenge(group: Group, commitments: Sequence[int]) -> int:
    """Return SHA-1 of the numbers, mod q."""
    digest = hashlib.sha1(",".join(map(str, commitments)).encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest, "big") % int(group.q)


def in_range(group: Group, proof: Proof) -> bool:
    """Tell whether commitments and challenge are reduced, no commitment is 0, and the response is below 2q.

    Booths of 2010 added w and the reduced r·c and did not reduce the sum.
    """
    return 0 < proof.a < group.p and 0 < proof.b < group.p and proof.c < group.q and proof.r < 2 * group.q


def verifying_range(
    g: FixedBase, y: FixedBase, alpha: NewBase, beta: NewBase, branches: Sequence[Proof], least: int
) -> Computation[bool]:
    """Tell whether (α, β) is proved to encrypt one of least, least + 1, …: one branch for each.

    Branch m: g^r = A·α^c and y^r = B·(β/g^m)^c, asked as A = g^r·α^(−c) and B = y^r·g^(mc)·β^(−c). Membership of α
    and β is the caller's; it makes A and B members.
    """
    group = g.element.group
    scalar = group.scalar
    if not all(in_range(group, branch) for branch in branches):
        return False
    values = []
    for m, branch in enumerate(branches, least):
        values.append(g ** scalar(branch.r) * alpha ** scalar(-branch.c))
        values.append(y ** scalar(branch.r) * g ** scalar(m * branch.c) * beta ** scalar(-branch.c))
    found = (yield Request(values)).values
    commitments = [number for branch in branches for number in (branch.a, branch.b)]
    hashed = challenge(group, commitments)
    return [int(value.value) for value in found] == commitments and (
        sum(branch.c for branch in branches) % int(group.q) == hashed
    )


def verifying_factor(g: FixedBase, y: NewBase, alpha: NewBase, factor: NewBase, proof: Proof) -> Computation[bool]:
    """Tell whether log_g y = log_α of the factor: g^r = A·y^c and α^r = B·factor^c."""
    group = g.element.group
    if not in_range(group, proof):
        return False
    r, minus_c = group.scalar(proof.r), group.scalar(-proof.c)
    found = (yield Request([g**r * y**minus_c, alpha**r * factor**minus_c])).values
    expected = [proof.a, proof.b]
    return [int(value.value) for value in found] == expected and proof.c == challenge(group, expected)


def verifying_knowledge(g: FixedBase, y: NewBase, pok: tuple[int, int, int]) -> Computation[bool]:
    """Tell whether the secret key of y is known: g^r = commitment·y^c."""
    group = g.element.group
    commitment, c, r = pok
    if not (0 < commitment < group.p and c < group.q and r < group.q):
        return False
    (found,) = (yield Request([g ** group.scalar(r) * y ** group.scalar(-c)])).values
    return int(found.value) == commitment and c == challenge(group, [commitment])
