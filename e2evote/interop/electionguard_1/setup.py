"""Constants, context and guardians: reading them, and the checks of the steps setup and keys."""

from dataclasses import dataclass

from e2evote.errors import CheckError
from e2evote.group.computation import Computation, Request, compute, products, together
from e2evote.group.elements import Element, Group, Scalar
from e2evote.group.powers import FixedBase, NewBase, fixed
from e2evote.interop.electionguard_1.manifest import Manifest
from e2evote.interop.electionguard_1.values import Node, hash_of, hexed
from e2evote.interop.family import check
from e2evote.interop.groups import integer_group
from e2evote.verifier.report import Ledger

SETUP = (
    check("EG1.parameters", "p and q are primes, r is their cofactor, and g generates the group of order q", "setup"),
    check("EG1.manifest", "the manifest names everything once and refers to nothing that it does not have", "setup"),
    check("EG1.manifest-hash", "the context has the hash of the manifest", "setup"),
    check("EG1.base-hash", "the base hash is that of parameters, guardians, quorum and manifest", "setup"),
    check("EG1.extended-base-hash", "the extended base hash is that of base hash and commitments", "setup"),
)
KEYS = (
    check("EG1.guardian-format", "the records of all guardians can be read", "keys"),
    check("EG1.guardians", "there are n guardians in order, with quorum-many commitments, the key first", "keys"),
    check("EG1.guardian-members", "all commitments of guardians are in the group", "keys"),
    check("EG1.guardian-proof", "each guardian knows the coefficients: Schnorr proofs hold", "keys"),
    check("EG1.commitment-hash", "the context has the hash of all commitments", "keys"),
    check("EG1.joint-key", "the joint key is the product of the guardians' keys", "keys"),
)
MOST_GUARDIANS, SMALLEST_Q = 256, 16


@dataclass(frozen=True, slots=True)
class Context:
    """The context as it was published."""

    group: Group
    n: int
    quorum: int
    key: Element
    commitment_hash: Scalar
    manifest_hash: Scalar
    base_hash: Scalar
    extended: Scalar

    @property
    def g(self) -> FixedBase:
        """The generator, with tables."""
        return fixed(self.group.g)

    @property
    def k(self) -> FixedBase:
        """The joint key, with tables."""
        return fixed(self.key)


@dataclass(frozen=True, slots=True)
class Schnorr:
    """A proof of knowledge of a coefficient."""

    key: Element
    commitment: Element
    challenge: Scalar
    response: Scalar


@dataclass(frozen=True, slots=True)
class Guardian:
    """A guardian's published record."""

    id: str
    order: int
    key: Element
    commitments: tuple[Element, ...]
    proofs: tuple[Schnorr, ...]


def read_group(root: Node, ledger: Ledger) -> Group:
    """Return the group; constants stand in decimal (0.95) or hex.

    Raises:
        ParseError: they cannot be read or make no group.
    """
    data = root.fields("large_prime small_prime cofactor generator")

    def number(node: Node) -> int:
        return node.integer(1, 1 << 8192) if type(node.value) is int else node.number()

    p, q, r, g = (number(data[key]) for key in ("large_prime", "small_prime", "cofactor", "generator"))
    if q.bit_length() < SMALLEST_Q:
        raise root.wrong(f"q has {q.bit_length()} bits; expected at least {SMALLEST_Q}")
    try:
        group = integer_group(p, q, g)
    except CheckError as error:
        raise root.wrong(str(error)) from error
    ledger.check("EG1.parameters", int(group.r) == r, "the cofactor is not (p − 1)/q")
    return group


def read_context(root: Node, group: Group) -> Context:
    """Read the context."""
    data = root.fields(
        "number_of_guardians quorum elgamal_public_key commitment_hash manifest_hash crypto_base_hash "
        "crypto_extended_base_hash",
        "extended_data configuration",
    )
    n = data["number_of_guardians"].integer(1, MOST_GUARDIANS)
    hashes = ("commitment_hash", "manifest_hash", "crypto_base_hash", "crypto_extended_base_hash")
    return Context(
        group,
        n,
        data["quorum"].integer(1, n),
        data["elgamal_public_key"].element(group),
        *(data[key].scalar(group) for key in hashes),
    )


def read_guardian(root: Node, group: Group) -> Guardian:
    """Read a guardian's record."""
    data = root.fields("guardian_id sequence_order election_public_key election_commitments election_proofs")
    proofs = []
    for node in data["election_proofs"].items():
        proof = node.fields("public_key commitment challenge response", "usage name")
        key, commitment = proof["public_key"].element(group), proof["commitment"].element(group)
        proofs.append(Schnorr(key, commitment, proof["challenge"].scalar(group), proof["response"].scalar(group)))
    return Guardian(
        data["guardian_id"].text(),
        data["sequence_order"].integer(1, MOST_GUARDIANS),
        data["election_public_key"].element(group),
        tuple(node.element(group) for node in data["election_commitments"].items()),
        tuple(proofs),
    )


def verify_setup(ledger: Ledger, context: Context, manifest: Manifest) -> None:
    """Check hashes and the manifest."""
    group = context.group
    ledger.check("EG1.manifest", not manifest.faults, "; ".join(manifest.faults[:3]))
    same = manifest.hash == context.manifest_hash
    ledger.check("EG1.manifest-hash", same, "the manifest's hash is another one")
    base = hash_of(group, hexed(group.p), hexed(group.q), group.g, context.n, context.quorum, context.manifest_hash)
    ledger.check("EG1.base-hash", base == context.base_hash, "the base hash is another one")
    extended = hash_of(group, context.base_hash, context.commitment_hash)
    ledger.check("EG1.extended-base-hash", extended == context.extended, "the extended base hash is another one")
    ledger.complete(SETUP)


def verify_keys(ledger: Ledger, context: Context, guardians: list[Guardian]) -> None:
    """Check the guardians' records, given in their order."""
    orders = [guardian.order for guardian in guardians]
    message = f"guardians {orders[:20]} instead of 1 to {context.n}"
    ledger.check("EG1.guardians", orders == list(range(1, context.n + 1)), message)
    ids = {guardian.id for guardian in guardians}
    ledger.check("EG1.guardians", len(ids) == len(guardians), "two guardians have the same id")
    for guardian in guardians:
        shape = len(guardian.commitments) == len(guardian.proofs) == context.quorum
        first = guardian.commitments[:1] == (guardian.key,)
        message = f"guardian {guardian.id} has other commitments than the quorum and the key ask for"
        ledger.check("EG1.guardians", shape and first, message)
    results = compute(together([_proving(context, guardian) for guardian in guardians]))
    for guardian, (members, proofs) in zip(guardians, results, strict=True):
        for index, member in enumerate(members):
            ledger.check("EG1.guardian-members", member, f"guardian {guardian.id}, commitment {index}")
        for index, holds in enumerate(proofs):
            ledger.check("EG1.guardian-proof", holds, f"guardian {guardian.id}, proof {index}")
    commitments = [commitment for guardian in guardians for commitment in guardian.commitments]
    same = hash_of(context.group, commitments) == context.commitment_hash
    ledger.check("EG1.commitment-hash", same, "the commitment hash is another one")
    joint = products([[guardian.key for guardian in guardians]])[0] if guardians else context.group.one
    ledger.check("EG1.joint-key", joint == context.key, "the joint key is another one")
    ledger.complete(KEYS)


def _proving(context: Context, guardian: Guardian) -> Computation[tuple[list[bool], list[bool]]]:
    """Return of each commitment whether it is in the group, and of each proof whether it holds."""
    bases = [NewBase(commitment) for commitment in guardian.commitments]
    pairs = list(zip(bases, guardian.proofs, strict=False))
    values = [context.g**proof.response for _, proof in pairs] + [base**proof.challenge for base, proof in pairs]
    response = yield Request(values, bases)
    holds = []
    for index, (base, proof) in enumerate(pairs):
        challenge = hash_of(context.group, proof.key, proof.commitment)
        left, right = response.values[index], proof.commitment * response.values[len(pairs) + index]
        holds.append(proof.key == base.element and challenge == proof.challenge and left == right)
    return list(response.members), holds
