"""The key ceremony: n guardians make a joint key of which any k can decrypt and fewer learn nothing.

Each round is a function of a guardian's own secret and the messages received, so that it runs in one process or on
n machines alike:

1. ``generate_keys``: secret polynomials and public key, published;
2. ``encrypt_shares``: one encrypted share for every other guardian;
3. ``receive_shares``: verify and add up what the others sent, giving the long-term secret;
4. ``publish``: the administrator's preliminary guardian record;
5. ``confirm``: every guardian compares it with its own view. Any failure ends the ceremony; it starts anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from e2evote import hashed_elgamal
from e2evote.errors import CheckError, VerificationError
from e2evote.group.computation import Computation, Request, compute, together
from e2evote.group.elements import L_Q, Element, Group, Scalar, SecretScalar
from e2evote.group.powers import NewBase
from e2evote.group.randomness import SYSTEM, Randomness
from e2evote.hashed_elgamal import HashedCiphertext, ShareSeal
from e2evote.record.codec import Hash, Index, RecordModel
from e2evote.record.setup import GuardianPublicKey, Hashes, JointKeys, guardian_record_hash
from e2evote.secret_sharing import SecretKeyShares, SecretPolynomial, committed_share, product
from e2evote.zkp import schnorr


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What all guardians agree on beforehand."""

    group: Group
    n: int
    k: int
    hashes: Hashes

    def __post_init__(self) -> None:
        """Refuse an impossible quorum."""
        if not 1 <= self.k <= self.n:
            raise CheckError(
                f"the quorum must lie between 1 and the number of guardians; got n = {self.n}, k = {self.k}"
            )

    @classmethod
    def of(cls, group: Group, n: int, k: int, manifest: bytes) -> "Ceremony":
        """Prepare a ceremony for the manifest with these bytes."""
        return cls(group, n, k, Hashes.of(group, n, k, manifest))


@dataclass(frozen=True, slots=True)
class SecretGuardianKeys:
    """What guardian i keeps during the ceremony: P_i, P̂_i and ζ_i."""

    i: int
    vote: SecretPolynomial
    data: SecretPolynomial
    zeta: SecretScalar


class EncryptedShare(RecordModel):
    """P_i(ℓ) and P̂_i(ℓ), encrypted by guardian i for guardian ℓ."""

    sender: Index
    recipient: Index
    ciphertext: HashedCiphertext


class GuardianRecord(RecordModel):
    """The guardian record, preliminary until all guardians have confirmed it."""

    guardians: tuple[GuardianPublicKey, ...]
    keys: JointKeys
    h_g: Hash


def generate_keys(
    ceremony: Ceremony, i: int, name: str = "", rng: Randomness = SYSTEM
) -> tuple[SecretGuardianKeys, GuardianPublicKey]:
    """Round 1: choose both polynomials and ζ_i; publish commitments, κ_i and two proofs with independent nonces.

    Raises:
        CheckError: i is not between 1 and n.

    Spec: EG-2.1 §3.2.2, eqs. 7–13
    """
    if not 1 <= i <= ceremony.n:
        raise CheckError(f"guardian index {i} is not between 1 and {ceremony.n}")
    group, g = ceremony.group, ceremony.group.g
    vote, data = (SecretPolynomial.random(group, ceremony.k, rng) for _ in range(2))
    zeta = rng.scalar(group)
    kappa = g**zeta
    proofs, commitments = [], []
    for label, polynomial in ((b"pk_vote", vote), (b"pk_data", data)):
        published = polynomial.commitments()
        challenge = partial(schnorr.guardian_challenge, ceremony.hashes.h_p, label, i, (*published, kappa))
        proofs.append(schnorr.prove_all(g, (*polynomial.coefficients, zeta), challenge, rng))
        commitments.append(published)
    public = GuardianPublicKey(
        i=i,
        name=name or f"Guardian {i}",
        vote_commitments=commitments[0],
        data_commitments=commitments[1],
        communication_key=kappa,
        vote_proof=proofs[0],
        data_proof=proofs[1],
    )
    return SecretGuardianKeys(i, vote, data, zeta), public


def verify_public_key(ceremony: Ceremony, public: GuardianPublicKey) -> None:
    """Accept a guardian's public key: exactly k commitments each, all members, both proofs.

    Raises:
        VerificationError: naming the guardian and what is wrong.

    Spec: EG-2.1 §3.2.2, box 2
    """
    verify_public_keys(ceremony, [public])


def verify_public_keys(ceremony: Ceremony, publics: Sequence[GuardianPublicKey]) -> None:
    """Accept the public keys of several guardians.

    Raises:
        VerificationError: naming the guardian and what is wrong.

    Spec: EG-2.1 §3.2.2, box 2
    """
    g = NewBase(ceremony.group.g)
    compute(together(_verifying_public_key(ceremony, g, public) for public in publics))


def _verifying_public_key(ceremony: Ceremony, g: NewBase, public: GuardianPublicKey) -> Computation[None]:
    who, k = f"guardian {public.i}", ceremony.k
    if not 1 <= public.i <= ceremony.n:
        raise VerificationError(f"{who}: the index is not between 1 and {ceremony.n}")
    kappa = NewBase(public.communication_key)
    for label, published, proof in (
        (b"pk_vote", public.vote_commitments, public.vote_proof),
        (b"pk_data", public.data_commitments, public.data_proof),
    ):
        what, bases = label.decode(), (*map(NewBase, published), kappa)
        if len(published) != k or len(proof.responses) != k + 1:
            raise VerificationError(f"{who}: {what} needs exactly {k} commitments and {k + 1} responses")
        response = yield Request(proof.commitments(g, bases), bases)
        if not all(response.members):
            raise VerificationError(f"{who}: a commitment of {what} is not a member of the group (2.A)")
        if not all(v.in_range() for v in proof.responses):
            raise VerificationError(f"{who}: a response of {what} is not in Z_q (2.B)")
        publics = (*published, public.communication_key)
        c = schnorr.guardian_challenge(ceremony.hashes.h_p, label, public.i, publics, response.values)
        if c != proof.challenge:
            raise VerificationError(f"{who}: the challenge of {what} does not match (2.C)")


def encrypt_shares(
    ceremony: Ceremony, secret: SecretGuardianKeys, publics: Sequence[GuardianPublicKey], rng: Randomness = SYSTEM
) -> tuple[EncryptedShare, ...]:
    """Round 2: verify everybody's public key and encrypt to each other guardian ℓ the shares P_i(ℓ), P̂_i(ℓ).

    Raises:
        CheckError: not exactly one public key of each guardian.
        VerificationError: a public key that does not hold, or one under this guardian's index that is not its own.

    Spec: EG-2.1 §3.2.2, eqs. 15–22
    """
    check_all_guardians(ceremony, publics)
    _verify_own_key(secret, publics)
    verify_public_keys(ceremony, publics)
    return tuple(_encrypt_share(ceremony, secret, public, rng) for public in publics if public.i != secret.i)


def receive_shares(
    ceremony: Ceremony,
    secret: SecretGuardianKeys,
    publics: Sequence[GuardianPublicKey],
    shares: Sequence[EncryptedShare],
) -> SecretKeyShares:
    """Round 3: decrypt and verify the share of every other guardian and add them up to z_i and ẑ_i.

    Raises:
        CheckError: not exactly one share from each other guardian, or a share for somebody else.
        VerificationError: naming the guardian whose share fails and the equation; or the public key under this
            guardian's index is not its own.

    Spec: EG-2.1 §3.2.1, eq. 6; §3.2.2, eq. 24; §3.6.3, eq. 83
    """
    check_all_guardians(ceremony, publics)
    _verify_own_key(secret, publics)
    verify_public_keys(ceremony, publics)
    others = [public for public in sorted(publics, key=lambda public: public.i) if public.i != secret.i]
    if any(share.recipient != secret.i for share in shares):
        raise CheckError(f"guardian {secret.i}: a share for another guardian was handed in")
    if sorted(share.sender for share in shares) != [public.i for public in others]:
        raise CheckError(f"guardian {secret.i}: exactly one share from each other guardian is needed")
    z, z_hat = secret.vote.at(secret.i), secret.data.at(secret.i)
    kappa = ceremony.group.g**secret.zeta
    for public, share in zip(others, sorted(shares, key=lambda share: share.sender), strict=True):
        verify_encrypted_share(ceremony, share)
        beta = share.ciphertext.c_0**secret.zeta
        vote, data = decrypt_share(ceremony, public, kappa, share, beta)
        z, z_hat = z + vote, z_hat + data
    return SecretKeyShares(secret.i, z, z_hat)


def publish(ceremony: Ceremony, publics: Sequence[GuardianPublicKey]) -> GuardianRecord:
    """Round 4: verify all public keys and put together the preliminary guardian record with K, K̂ and H_G.

    Raises:
        CheckError: not exactly one public key of each guardian.
        VerificationError: a public key that does not hold, or a joint key that is 1.

    Spec: EG-2.1 §3.2.2, eqs. 25, 26
    """
    check_all_guardians(ceremony, publics)
    verify_public_keys(ceremony, publics)
    guardians = tuple(sorted(publics, key=lambda public: public.i))
    K = product(ceremony.group, (public.vote_commitments[0] for public in guardians))
    K_hat = product(ceremony.group, (public.data_commitments[0] for public in guardians))
    if ceremony.group.one in (K, K_hat):
        raise VerificationError("a joint key is 1; the ceremony must start anew")
    keys = JointKeys(vote_encryption_key=K, data_encryption_key=K_hat)
    return GuardianRecord(
        guardians=guardians, keys=keys, h_g=guardian_record_hash(ceremony.hashes.h_b, keys, guardians)
    )


def confirm(
    ceremony: Ceremony,
    secret: SecretGuardianKeys,
    shares: SecretKeyShares,
    own_view: Sequence[GuardianPublicKey],
    preliminary: GuardianRecord,
) -> None:
    """Round 5: accept the preliminary guardian record if it is what this guardian saw and has shares of.

    Raises:
        VerificationError: the record differs from the guardian's own view, its key is not the guardian's own, or the
            shares of round 3 do not belong to it.

    Spec: EG-2.1 §3.2.2, eq. 27, boxes 2, 3
    """
    if publish(ceremony, own_view) != preliminary:
        raise VerificationError(
            "the preliminary guardian record differs from what this guardian received (H_G, eq. 27)"
        )
    _verify_own_key(secret, preliminary.guardians)
    votes = product(ceremony.group, (committed_share(p.vote_commitments, shares.i) for p in preliminary.guardians))
    data = product(ceremony.group, (committed_share(p.data_commitments, shares.i) for p in preliminary.guardians))
    if shares.i != secret.i or (ceremony.group.g**shares.z, ceremony.group.g**shares.z_hat) != (votes, data):
        raise VerificationError(f"guardian {secret.i}: its shares do not belong to this guardian record")


def hold(ceremony: Ceremony, rng: Randomness = SYSTEM) -> tuple[GuardianRecord, tuple[SecretKeyShares, ...]]:
    """Hold a whole ceremony in this process, for tests and rehearsals: whoever runs it knows every secret."""
    guardians = [generate_keys(ceremony, i, rng=rng) for i in range(1, ceremony.n + 1)]
    publics = [public for _, public in guardians]
    sent = [share for secret, _ in guardians for share in encrypt_shares(ceremony, secret, publics, rng)]
    shares = tuple(
        receive_shares(ceremony, secret, publics, [share for share in sent if share.recipient == secret.i])
        for secret, _ in guardians
    )
    record = publish(ceremony, publics)
    for (secret, _), share in zip(guardians, shares, strict=True):
        confirm(ceremony, secret, share, publics, record)
    return record, shares


def check_all_guardians(ceremony: Ceremony, publics: Sequence[GuardianPublicKey]) -> None:
    """Accept exactly one public key of each guardian 1…n.

    Raises:
        CheckError: otherwise.
    """
    found = sorted(public.i for public in publics)
    if found != list(range(1, ceremony.n + 1)):
        raise CheckError(f"exactly one public key of each guardian 1 to {ceremony.n} is needed; got {found}")


def _verify_own_key(secret: SecretGuardianKeys, publics: Sequence[GuardianPublicKey]) -> None:
    """Refuse a public key that somebody else put under this guardian's index."""
    own = next(public for public in publics if public.i == secret.i)
    commitments = secret.vote.commitments(), secret.data.commitments()
    kappa = secret.zeta.group.g**secret.zeta
    if (own.vote_commitments, own.data_commitments, own.communication_key) != (*commitments, kappa):
        raise VerificationError(f"guardian {secret.i}: the public key handed in under its index is not its own")


def _encrypt_share(
    ceremony: Ceremony, secret: SecretGuardianKeys, recipient: GuardianPublicKey, rng: Randomness
) -> EncryptedShare:
    ell, kappa = recipient.i, recipient.communication_key
    seal = ShareSeal(ceremony.hashes.h_p, secret.i, ell, kappa)
    shares = bytes(secret.vote.at(ell)) + bytes(secret.data.at(ell))
    xi = rng.scalar(ceremony.group)
    ciphertext = hashed_elgamal.encrypt(seal, ceremony.group.g, kappa, shares, xi, rng)
    return EncryptedShare(sender=secret.i, recipient=ell, ciphertext=ciphertext)


def verify_encrypted_share(ceremony: Ceremony, share: EncryptedShare) -> None:
    """Accept the form and the proof of an encrypted share, which anybody can check.

    Raises:
        VerificationError: naming the sender and the equation.

    Spec: EG-2.1 §3.2.2, eq. 22
    """
    who = f"guardian {share.sender}"
    if len(share.ciphertext.c_1) != 2 * L_Q:
        raise VerificationError(f"{who}: the encrypted share is not {2 * L_Q} bytes long")
    # the proof does not depend on κ_ℓ, which only the mask needs
    seal = ShareSeal(ceremony.hashes.h_p, share.sender, share.recipient, ceremony.group.one)
    try:
        hashed_elgamal.verify(seal, ceremony.group.g, share.ciphertext)
    except VerificationError as error:
        raise VerificationError(f"{who}: the encrypted share's proof does not hold (eq. 22): {error}") from None


def decrypt_share(
    ceremony: Ceremony, sender: GuardianPublicKey, kappa: Element, share: EncryptedShare, beta: Element
) -> tuple[SecretScalar, SecretScalar]:
    """Decrypt an encrypted share that was verified, and verify P_i(ℓ), P̂_i(ℓ) against the sender's commitments.

    Args:
        ceremony: the ceremony.
        sender: the public key of the guardian who sent it.
        kappa: κ_ℓ, the recipient's communication key.
        share: what was sent.
        beta: C_0^(ζ_ℓ).

    Raises:
        VerificationError: naming the sender and the equation.

    Spec: EG-2.1 §3.2.2, eqs. 23, 28, 29
    """
    group, ell = ceremony.group, share.recipient
    seal = ShareSeal(ceremony.hashes.h_p, sender.i, ell, kappa)
    plain = hashed_elgamal.decrypt(seal, share.ciphertext, beta)
    opened = []
    for half, commitments, equation in (
        (plain[:L_Q], sender.vote_commitments, 28),
        (plain[L_Q:], sender.data_commitments, 29),
    ):
        value = int.from_bytes(half, "big")
        if value >= group.q or not _fits(group.secret(value), commitments, ell):
            raise VerificationError(
                f"guardian {sender.i}: the share for guardian {ell} does not fit the commitments (eq. {equation})"
            )
        opened.append(group.secret(value))
    return opened[0], opened[1]


def _fits(share: Scalar, commitments: Sequence[Element], ell: int) -> bool:
    return share.group.g**share == committed_share(commitments, ell)
