"""Setup and keys: the hashes that everything depends on, and the guardians' commitments with their proofs."""

from dataclasses import dataclass

from e2evote.errors import ParseError
from e2evote.group.computation import Computation, Request, are_members, compute
from e2evote.group.elements import Element, Scalar
from e2evote.group.powers import NewBase, fixed
from e2evote.interop.electionguard_1.hashing import H
from e2evote.interop.electionguard_1.manifest import ManifestDescription
from e2evote.interop.electionguard_1.reading import Context, element, listed, number, scalar, text, whole
from e2evote.interop.family import Judgement, check
from e2evote.interop.foreign import Foreign
from e2evote.verifier.report import Place

SETUP = (
    check("EG1.parameters", "p and q are primes, and g generates a group of order q", "setup"),
    check("EG1.manifest-hash", "the manifest's hash is that of the manifest", "setup"),
    check("EG1.base-hash", "the base hash is that of parameters, guardians and manifest", "setup"),
)
CHECKS = (
    check("EG1.guardian-format", "there is every guardian, in its form, with k commitments and proofs", "keys"),
    check("EG1.guardian-key", "every commitment is in the group, and the first is the guardian's key", "keys"),
    check("EG1.guardian-proof", "every guardian proves to know the secrets of its commitments", "keys"),
    check("EG1.commitment-hash", "the hash of the commitments is that of all guardians' commitments", "keys"),
    check("EG1.joint-key", "the joint key is the product of the guardians' keys", "keys"),
    check("EG1.extended-hash", "the extended base hash is that of base hash and commitments", "keys"),
)


@dataclass(frozen=True, slots=True)
class Guardian:
    """A guardian: identifier, place from 1, and commitments, of which the first is the key."""

    id: str
    order: int
    commitments: tuple[Element, ...]


def verify_setup(judgement: Judgement, context: Context, manifest: ManifestDescription) -> None:
    """Compare the hashes of the setup."""
    group, ledger = context.group, judgement.ledger
    ledger.check("EG1.parameters", True, "")
    ledger.check("EG1.manifest-hash", manifest.hash == context.manifest_hash, "the manifest has another hash")
    p, q, g = group.element(group.p), Scalar(group.q, group), group.g
    base = H(group, p, q, g, context.n, context.k, context.manifest_hash)
    ledger.check("EG1.base-hash", base == context.base_hash, "the base hash is another")
    ledger.complete(SETUP)


def verify_keys(judgement: Judgement, record: Foreign, names: list[str], context: Context) -> dict[str, Guardian]:
    """Verify the guardians, and return them by their identifiers."""
    ledger, group = judgement.ledger, context.group
    found: dict[str, Guardian] = {}
    for name in names:
        place = Place(ballot=name.rsplit("/", 1)[-1])
        try:
            guardian = _verify_guardian(judgement, record, name, context, place)
        except ParseError as error:
            ledger.check("EG1.guardian-format", False, str(error), place)
            continue
        orders = {one.order for one in found.values()}
        new = guardian.id not in found and guardian.order not in orders and 1 <= guardian.order <= context.n
        ledger.check("EG1.guardian-format", new, "the guardian's place is another's, or there is none such", place)
        found[guardian.id] = guardian
    ledger.check("EG1.guardian-format", len(found) == context.n, f"{len(found)} guardians instead of {context.n}")
    ordered = sorted(found.values(), key=lambda one: one.order)
    hashed = H(group, [commitment for guardian in ordered for commitment in guardian.commitments])
    ledger.check("EG1.commitment-hash", hashed == context.commitment_hash, "the hash is another")
    joint = group.one
    for guardian in ordered:
        joint = joint * guardian.commitments[0]
    ledger.check("EG1.joint-key", joint == context.K, "the product of the keys is another")
    extended = H(group, context.base_hash, context.commitment_hash)
    ledger.check("EG1.extended-hash", extended == context.extended_hash, "the hash is another")
    ledger.complete(CHECKS)
    return found


def _verify_guardian(judgement: Judgement, record: Foreign, name: str, context: Context, place: Place) -> Guardian:
    group, content = context.group, record.json(name)
    commitments = tuple(
        group.element(number(one, f"{name} commitment")) for one in listed(content, "election_commitments", name)
    )
    proofs = listed(content, "election_proofs", name)
    if not len(commitments) == len(proofs) == context.k:
        raise ParseError(name, f"expected {context.k} commitments and proofs", "election_commitments")
    key = element(content, "election_public_key", group, name)
    members = all(are_members(commitments)) and commitments[0] == key
    judgement.ledger.check("EG1.guardian-key", members, "not in the group, or another key", place)
    for j, proof in enumerate(proofs):
        stated = element(proof, "public_key", group, name)
        h = element(proof, "commitment", group, name)
        c, u = (scalar(proof, part, group, name) for part in ("challenge", "response"))
        holds = stated == commitments[j] and compute(_proved(stated, h, c, u))
        judgement.ledger.check("EG1.guardian-proof", holds, f"the proof of commitment {j} does not hold", place)
    return Guardian(text(content, "guardian_id", name), whole(content, "sequence_order", name), commitments)


def _proved(key: Element, h: Element, c: Scalar, u: Scalar) -> Computation[bool]:
    """Tell whether h = g^u·K^−c and c = H(K, h)."""
    group = key.group
    (commitment,) = (yield Request([fixed(group.g) ** u * NewBase(key) ** group.scalar(-int(c.value))])).values
    return commitment == h and H(group, key, h) == c


def lagrange(group_q: int, order: int, others: list[int]) -> int:
    """Return Π l / (l − i) over the others, mod q: the coefficient of the guardian at place i."""
    result = 1
    for other in others:
        result = result * other * pow(other - order, -1, group_q) % group_q
    return result
