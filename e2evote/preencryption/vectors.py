"""All selection vectors of a ballot, from its nonce: what the encrypting and the recording tool begin with."""

from collections.abc import Sequence
from dataclasses import dataclass

from e2evote import elgamal
from e2evote.elgamal import Ciphertext
from e2evote.encryption import SecretBallotNonce
from e2evote.errors import CheckError, VerificationError
from e2evote.group.computation import Computation, compute, together
from e2evote.group.elements import SecretScalar
from e2evote.hashing import pre_encryption_nonce
from e2evote.record.codes import pre_encrypted_contest_hash, selection_hash
from e2evote.record.manifest import Contest
from e2evote.record.pre_encrypted import PreEncryptedBallot, PreEncryptedContest
from e2evote.record.setup import Election
from e2evote.record.short_codes import short_code


@dataclass(frozen=True, slots=True)
class SelectionVector:
    """Ψ of an option, or a null vector: m encryptions with their nonces, ψ and the short code Ω(ψ)."""

    ciphertexts: tuple[Ciphertext, ...]
    nonces: tuple[SecretScalar, ...]
    selection_hash: bytes
    short_code: str


@dataclass(frozen=True, slots=True)
class ContestVectors:
    """The vectors of a contest: one an option, j = 1…m, and L null vectors, j = m+1…m+L."""

    index: int
    contest: Contest
    options: tuple[SelectionVector, ...]
    null_vectors: tuple[SelectionVector, ...]

    @property
    def all(self) -> tuple[SelectionVector, ...]:
        """Every vector, by j."""
        return self.options + self.null_vectors

    def has_unique_codes(self) -> bool:
        """Tell whether no two vectors share a short code.

        Spec: EG-2.1 §4.1.5
        """
        return len({vector.short_code for vector in self.all}) == len(self.all)

    def hashed(self, h_i: bytes) -> PreEncryptedContest:
        """Return the contest as it is published: ψ sorted, so that their order says nothing of the votes."""
        psis = tuple(sorted(vector.selection_hash for vector in self.all))
        chi = pre_encrypted_contest_hash(h_i, self.index, psis)
        return PreEncryptedContest.model_construct(index=self.index, selection_hashes=psis, contest_hash=chi)


def check_style(election: Election, ind_s: int) -> None:
    """Accept a ballot style that can be pre-encrypted.

    Raises:
        CheckError: it cannot, or there is none of this number.
    """
    problem = election.manifest.why_not_pre_encrypted(ind_s)
    if problem is not None:
        raise CheckError(problem)


def generating_contest(election: Election, h_i: bytes, ind_c: int, xi_b: bytes) -> Computation[ContestVectors]:
    """Encrypt every vector of a contest: in the j-th, δ_{j,k} at every place k, with the nonce ξ_{i,j,k}.

    Spec: EG-2.1 §4.1, eq. 112; §4.1.1, eqs. 113, 114; §4.2.1, eq. 121
    """
    contest = election.manifest.contest(ind_c)
    m, g, K = len(contest.options), election.bases.g, election.bases.K
    places = [(j, k) for j in range(1, m + contest.limit + 1) for k in range(1, m + 1)]
    nonces = [pre_encryption_nonce(election.group, h_i, ind_c, j, k, xi_b) for j, k in places]
    ciphertexts = yield from together(
        elgamal.encrypting(g, K, int(j == k), xi) for (j, k), xi in zip(places, nonces, strict=True)
    )
    rows = [slice(start, start + m) for start in range(0, len(places), m)]
    vectors = tuple(_vector(election, h_i, ciphertexts[row], nonces[row]) for row in rows)
    return ContestVectors(ind_c, contest, vectors[:m], vectors[m:])


def regenerate(election: Election, ballot: PreEncryptedBallot, nonce: SecretBallotNonce) -> tuple[ContestVectors, ...]:
    """Return all vectors of a ballot from its nonce.

    Raises:
        CheckError: its style cannot be pre-encrypted.
        VerificationError: the nonce is not that of the ballot.

    Spec: EG-2.1 §4.3
    """
    check_style(election, ballot.ballot_style)
    contests = compute(
        together(generating_contest(election, ballot.h_i, contest.index, nonce.value) for contest in ballot.contests)
    )
    for found, published in zip(contests, ballot.contests, strict=True):
        if found.hashed(ballot.h_i) != published:
            code = ballot.confirmation_code.hex().upper()
            raise VerificationError(f"ballot {code}, contest {found.contest.label!r}: the nonce does not reproduce it")
    return tuple(contests)


def _vector(
    election: Election, h_i: bytes, ciphertexts: Sequence[Ciphertext], nonces: Sequence[SecretScalar]
) -> SelectionVector:
    psi, omega = selection_hash(h_i, ciphertexts), election.manifest.hash_trimming
    if omega is None:
        raise CheckError("the manifest names no hash-trimming function")
    return SelectionVector(tuple(ciphertexts), tuple(nonces), psi, short_code(omega, psi))
