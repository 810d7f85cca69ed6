"""What is fixed before the first ballot: parameters, hashes, guardians' public keys, joint keys."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Self

from annotated_types import MaxLen, MinLen

from e2evote.encoding import Hex, b
from e2evote.group.elements import Element, Group
from e2evote.group.powers import WINDOW, FixedBase, fixed, window_for
from e2evote.hashing import VERSION, H, Tag, base_hash, extended_base_hash, parameter_base_hash
from e2evote.record.codec import Count, Hash, Index, RecordModel
from e2evote.record.manifest import Contest, Manifest
from e2evote.record.supplemental import field_relations
from e2evote.zkp.schnorr import AggregatedSchnorrProof

HexInteger = Annotated[bytes, Hex()]


class Parameters(RecordModel):
    """p, q, r, g as published, n guardians and quorum k.

    Spec: EG-2.1 §3.1.1, eq. 3
    """

    version: str
    p: HexInteger
    q: HexInteger
    r: HexInteger
    g: HexInteger
    n: Count
    k: Count

    @classmethod
    def of(cls, group: Group, n: int, k: int) -> Self:
        """Return the parameters of an election in this group."""
        l_p = group.l_p
        p, r, g = (b(int(x), l_p) for x in (group.p, group.r, group.generator))
        return cls(version=VERSION, p=p, q=b(int(group.q), 32), r=r, g=g, n=n, k=k)


class Hashes(RecordModel):
    """H_P and H_B."""

    h_p: Hash
    h_b: Hash

    @classmethod
    def of(cls, group: Group, n: int, k: int, manifest: bytes) -> Self:
        """Compute both from the parameters and the bytes of the manifest file."""
        h_p = parameter_base_hash(group, n, k)
        return cls(h_p=h_p, h_b=base_hash(h_p, manifest))


class ExtendedHashes(RecordModel):
    """H_E."""

    h_e: Hash


class GuardianPublicKey(RecordModel):
    """What guardian i publishes: commitments K_{i,j} and K̂_{i,j}, κ_i, and the two proofs."""

    i: Index
    name: Annotated[str, MinLen(1), MaxLen(200)]
    vote_commitments: Annotated[tuple[Element, ...], MinLen(1)]
    data_commitments: Annotated[tuple[Element, ...], MinLen(1)]
    communication_key: Element
    vote_proof: AggregatedSchnorrProof
    data_proof: AggregatedSchnorrProof


class JointKeys(RecordModel):
    """The joint election public keys K and K̂."""

    vote_encryption_key: Element
    data_encryption_key: Element


@dataclass(frozen=True, slots=True)
class FixedBases:
    """g, K and K̂ with tables, which are built when they are first used."""

    g: FixedBase
    K: FixedBase
    K_hat: FixedBase

    @classmethod
    def of(cls, keys: JointKeys, window: int = WINDOW) -> Self:
        """Take the bases from the joint keys; K̂ is used seldom and has smaller tables.

        Args:
            keys: K and K̂.
            window: bits of an exponent looked up at once: ``window_for`` finds it from the number of powers.
        """
        K, K_hat = keys.vote_encryption_key, keys.data_encryption_key
        return cls(fixed(K.group.g, window), fixed(K, window), fixed(K_hat, min(window, 8)))


def window_for_ballots(manifest: Manifest, ballots: int, most: int = 12) -> int:
    """Return the window of tables of g and K, up to ``most``, that pays for so many ballots."""
    return window_for(ballots * sum(map(_powers, manifest.contests)), most)


def _powers(contest: Contest) -> int:
    """Return how many powers of g, and of K, a contest takes: one an encryption and one a branch of a proof."""
    relations = field_relations(contest).values()
    limits = [*(field.limit for field in contest.verifiable_fields), contest.limit, *(each.limit for each in relations)]
    return len(contest.verifiable_fields) + sum(limit + 1 for limit in limits)


@dataclass(frozen=True, slots=True)
class Election:
    """All that encryption, tally and verification need to know of one election; built from checked record objects."""

    group: Group
    n: int
    k: int
    manifest: Manifest
    hashes: Hashes
    keys: JointKeys
    h_e: bytes
    bases: FixedBases = field(compare=False, repr=False)

    @classmethod
    def of(
        cls, group: Group, n: int, k: int, manifest: Manifest, hashes: Hashes, keys: JointKeys, window: int = WINDOW
    ) -> Self:
        """Derive H_E and put the parts together; ``window`` is that of ``FixedBases``."""
        h_e = extended_base_hash(hashes.h_b, keys.vote_encryption_key, keys.data_encryption_key)
        return cls(group, n, k, manifest, hashes, keys, h_e, FixedBases.of(keys, window))

    def expecting(self, ballots: int) -> Self:
        """Return the election with tables that pay for the encryption of so many ballots."""
        return replace(self, bases=FixedBases.of(self.keys, window_for_ballots(self.manifest, ballots)))

    @property
    def K(self) -> Element:  # noqa: N802
        """The vote encryption key."""
        return self.keys.vote_encryption_key

    @property
    def K_hat(self) -> Element:  # noqa: N802
        """The ballot data encryption key."""
        return self.keys.data_encryption_key


def guardian_record_hash(h_b: bytes, keys: JointKeys, guardians: tuple[GuardianPublicKey, ...]) -> bytes:
    """Return H_G = H(H_B; 13, K, K̂, all K_{i,j}, all K̂_{i,j}, κ_1, …, κ_n).

    Spec: EG-2.1 §3.2.2, eq. 27
    """
    votes = [K_ij for guardian in guardians for K_ij in guardian.vote_commitments]
    data = [K_ij for guardian in guardians for K_ij in guardian.data_commitments]
    kappas = [guardian.communication_key for guardian in guardians]
    elements = (keys.vote_encryption_key, keys.data_encryption_key, *votes, *data, *kappas)
    n, k = len(guardians), len(guardians[0].vote_commitments)
    # 13 ‖ K ‖ K̂ ‖ K_{1,0} ‖ … ‖ K̂_{n,k−1} ‖ κ_1 ‖ … ‖ κ_n: 1 + (2 + 2nk + n)·l_p bytes
    length = 1 + (2 + 2 * n * k + n) * keys.vote_encryption_key.group.l_p
    return H(h_b, Tag.GUARDIAN_RECORD, *elements, length=length)
