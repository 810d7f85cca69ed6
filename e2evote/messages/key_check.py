"""The key check: a guardian shows that it still has its shares of the secret keys, and touches no ciphertext."""

from collections.abc import Sequence
from functools import partial

from e2evote.errors import CheckError, VerificationError
from e2evote.group.elements import Element, Scalar
from e2evote.group.randomness import SYSTEM, Randomness
from e2evote.hashing import H_q, OwnTag, Part
from e2evote.messages.envelope import Exchange, Round
from e2evote.record.ballot import Timestamp
from e2evote.record.codec import Index, RecordModel
from e2evote.record.setup import Election, GuardianPublicKey
from e2evote.secret_sharing import SecretKeyShares, committed_share, product
from e2evote.zkp import schnorr
from e2evote.zkp.schnorr import AggregatedSchnorrProof


class KeyCheck(RecordModel):
    """Knowledge of z_i and ẑ_i at a time that guardian i states."""

    i: Index
    at: Timestamp
    proof: AggregatedSchnorrProof


KEY_CHECK = Round("key check", KeyCheck, repeatable=True)
"""Once the ceremony is over, as often as somebody asks."""


def public_shares(guardians: Sequence[GuardianPublicKey], i: int) -> tuple[Element, Element]:
    """Return (g^(z_i), g^(ẑ_i)), which everybody can compute from the commitments of all guardians.

    Spec: EG-2.1 §3.2.2, eqs. 28, 29
    """
    group = guardians[0].communication_key.group
    votes = product(group, (committed_share(public.vote_commitments, i) for public in guardians))
    data = product(group, (committed_share(public.data_commitments, i) for public in guardians))
    return votes, data


def verify_own_shares(guardians: Sequence[GuardianPublicKey], shares: SecretKeyShares) -> None:
    """Accept a guardian's own secret.

    Raises:
        VerificationError: it does not belong to the published commitments.
    """
    g = shares.z.group.g
    if (g**shares.z, g**shares.z_hat) != public_shares(guardians, shares.i):
        raise VerificationError(f"guardian {shares.i}: the secret does not belong to the published keys")


def prove_possession(
    ceremony: Exchange,
    election: Election,
    guardians: Sequence[GuardianPublicKey],
    shares: SecretKeyShares,
    at: str,
    rng: Randomness = SYSTEM,
) -> KeyCheck:
    """Prove knowledge of z_i and ẑ_i.

    Raises:
        VerificationError: they are not those of the published commitments: the secret is damaged.
    """
    verify_own_shares(guardians, shares)
    g, publics = election.group.g, public_shares(guardians, shares.i)
    challenge = partial(_challenge, ceremony, election, shares.i, at, publics)
    return KeyCheck(i=shares.i, at=at, proof=schnorr.prove_all(g, (shares.z, shares.z_hat), challenge, rng))


def verify_possession(
    ceremony: Exchange, election: Election, guardians: Sequence[GuardianPublicKey], check: KeyCheck
) -> None:
    """Accept a guardian's proof.

    Raises:
        CheckError: there is no such guardian.
        VerificationError: the proof does not hold.
    """
    if not 1 <= check.i <= election.n:
        raise CheckError(f"guardian {check.i}: there is no such guardian")
    publics, proof, who = public_shares(guardians, check.i), check.proof, f"guardian {check.i}: key check"
    if len(proof.responses) != len(publics) or not all(v.in_range() for v in (proof.challenge, *proof.responses)):
        raise VerificationError(f"{who}: expected a challenge and two responses in Z_q")
    commitments = proof.commitments(election.group.g, publics)
    if _challenge(ceremony, election, check.i, check.at, publics, commitments) != proof.challenge:
        raise VerificationError(f"{who}: the challenge does not match; the guardian has not shown that it has its key")


def _challenge(
    ceremony: Exchange, election: Election, i: int, at: str, publics: Sequence[Element], commitments: Sequence[Element]
) -> Scalar:
    """Return c = H_q(H_E; E8, "key_check", ceremony, i, at, g^(z_i), g^(ẑ_i), h_0, h_1)."""
    parts: tuple[Part, ...] = (b"key_check", ceremony.context, i, at.encode(), *publics, *commitments)
    # E8 ‖ label(9) ‖ ceremony(32) ‖ i(4) ‖ at(20) ‖ 4 elements: 2114 bytes
    return H_q(election.group, election.h_e, OwnTag.KEY_CHECK, *parts, length=66 + 4 * election.group.l_p)
