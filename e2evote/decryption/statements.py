"""What guardians decrypt: a tally (A, B) under the vote key, contest data or a ballot nonce under the data key.

The functions here believe the counts and statuses that they are handed. Guardians take statements from a record that
``e2evote.approval.approve`` verified.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from e2evote import hashed_elgamal
from e2evote.decryption.cells import CellSums, decryptable_cells
from e2evote.elgamal import Ciphertext
from e2evote.errors import CheckError, VerificationError
from e2evote.group.elements import Element, Scalar, SecretScalar
from e2evote.group.powers import FixedBase
from e2evote.hashed_elgamal import BallotNonceSeal, ContestDataSeal, HashedCiphertext
from e2evote.hashing import H, Part, Tag, selection_identifier_hash
from e2evote.record.ballot import EncryptedBallot, Status
from e2evote.record.codec import RecordModel
from e2evote.record.pre_encrypted import PreEncryptedBallot
from e2evote.record.setup import Election, GuardianPublicKey
from e2evote.record.tally import EncryptedTally
from e2evote.secret_sharing import SecretKeyShares
from e2evote.zkp import equality


class Partial(RecordModel):
    """(a_i, b_i) and M_i, one guardian's part for one statement."""

    a: Element
    b: Element
    m: Element


class Statement(Protocol):
    """A ciphertext to be decrypted: base^s is wanted, s the secret key."""

    @property
    def name(self) -> str:
        """What it is, for messages."""

    @property
    def base(self) -> Element:
        """A or C_0."""

    def secret(self, shares: SecretKeyShares) -> SecretScalar:
        """Return the guardian's share of the key in question."""

    def commitments(self, public: GuardianPublicKey) -> Sequence[Element]:
        """Return the guardian's published commitments for the key in question."""

    def public_key(self, election: Election) -> FixedBase:
        """Return the joint key in question."""

    def commitment_hash(self, i: int, available: Sequence[int], opened: "Partial") -> bytes:
        """Return d_i."""

    def challenge(self, a: Element, b: Element, M: Element) -> Scalar:
        """Return c."""


@dataclass(frozen=True, slots=True)
class TallyStatement:
    """(A, B) of one option in one cell, with what is merged into it."""

    h_e: bytes
    ind_c: int
    ind_o: int
    total: Ciphertext

    @property
    def name(self) -> str:
        """Contest and option."""
        return f"tally of contest {self.ind_c}, option {self.ind_o}"

    @property
    def base(self) -> Element:
        """A."""
        return self.total.alpha

    def secret(self, shares: SecretKeyShares) -> SecretScalar:
        """Return z_i."""
        return shares.z

    def commitments(self, public: GuardianPublicKey) -> Sequence[Element]:
        """Return K_{i,j}."""
        return public.vote_commitments

    def public_key(self, election: Election) -> FixedBase:
        """Return K."""
        return election.bases.K

    def commitment_hash(self, i: int, available: Sequence[int], opened: "Partial") -> bytes:
        """Return d_i = H(H_E; 30, ind_c, ind_o, i, A, B, a_i, b_i, M_i, U), U ascending.

        Spec: EG-2.1 §3.6.5, eq. 88
        """
        # 30 ‖ ind_c(4) ‖ ind_o(4) ‖ i(4) ‖ A ‖ B ‖ a_i ‖ b_i ‖ M_i ‖ #U(4) ‖ U: 2577 + 4·#U bytes
        elements = (self.total.alpha, self.total.beta, opened.a, opened.b, opened.m)
        length = 17 + 5 * opened.a.group.l_p + 4 * len(available)
        parts: tuple[Part, ...] = (self.ind_c, self.ind_o, i, *elements, len(available), *sorted(available))
        return H(self.h_e, Tag.TALLY_COMMITMENT, *parts, length=length)

    def challenge(self, a: Element, b: Element, M: Element) -> Scalar:
        """Return c (90)."""
        return equality.tally_challenge(self.h_e, self.ind_c, self.ind_o, self.total, a, b, M)


@dataclass(frozen=True, slots=True)
class DataStatement:
    """(C_0, C_1, C_2) under the data key: contest data, or with contest index 0 a ballot nonce.

    The specification publishes no proof for ballot nonces; guardians prove them to each other by the equations of
    contest data under the index that no contest has, so that a wrong share names its guardian.
    """

    h_i: bytes
    ind_c: int
    ciphertext: HashedCiphertext

    @property
    def name(self) -> str:
        """Contest data or ballot nonce."""
        return f"contest data of contest {self.ind_c}" if self.ind_c else "ballot nonce"

    @property
    def base(self) -> Element:
        """C_0."""
        return self.ciphertext.c_0

    def secret(self, shares: SecretKeyShares) -> SecretScalar:
        """Return ẑ_i."""
        return shares.z_hat

    def commitments(self, public: GuardianPublicKey) -> Sequence[Element]:
        """Return K̂_{i,j}."""
        return public.data_commitments

    def public_key(self, election: Election) -> FixedBase:
        """Return K̂."""
        return election.bases.K_hat

    def commitment_hash(self, i: int, available: Sequence[int], opened: "Partial") -> bytes:
        """Return d_i = H(H_I; 32, ind_c, i, C_0, C_1, C_2, a_i, b_i, m_i, U), U ascending.

        Spec: EG-2.1 §3.6.6, eq. 99
        """
        c_1 = self.ciphertext.c_1
        # 32 ‖ ind_c(4) ‖ i(4) ‖ C_0 ‖ C_1(32·b) ‖ C_2(64) ‖ a_i ‖ b_i ‖ m_i ‖ #U(4) ‖ U: 2125 + 32·b + 4·#U bytes
        length = 77 + 4 * opened.a.group.l_p + len(c_1) + 4 * len(available)
        sealed = (self.ciphertext.c_0, c_1, bytes(self.ciphertext.c_2))
        parts: tuple[Part, ...] = (
            self.ind_c,
            i,
            *sealed,
            opened.a,
            opened.b,
            opened.m,
            len(available),
            *sorted(available),
        )
        return H(self.h_i, Tag.CONTEST_DATA_COMMITMENT, *parts, length=length)

    def challenge(self, a: Element, b: Element, M: Element) -> Scalar:
        """Return c (101)."""
        c = self.ciphertext
        return equality.contest_data_challenge(self.h_i, self.ind_c, c.c_0, c.c_1, bytes(c.c_2), a, b, M)


def statements_of(election: Election, cells: Sequence[CellSums]) -> tuple[TallyStatement, ...]:
    """Return what is to be decrypted for the tallies of these cells, in order."""
    return tuple(
        TallyStatement(election.h_e, contest.index, ind_o, total)
        for cell in cells
        for contest in cell.contests
        for ind_o, total in enumerate(contest.options, 1)
    )


def tally_statements(election: Election, encrypted: Sequence[EncryptedTally]) -> tuple[TallyStatement, ...]:
    """Return what is to be decrypted for the tallies, in order, of everything that may be decrypted.

    Raises:
        CheckError: as ``decryptable_cells``.
    """
    return statements_of(election, decryptable_cells(election, encrypted))


def ballot_nonce_statement(
    election: Election, ballot: EncryptedBallot | PreEncryptedBallot, status: Status
) -> DataStatement:
    """Return the ballot nonce of a challenged ballot, or of a pre-encrypted one that was not cast, as a statement.

    Raises:
        CheckError: the ballot was neither challenged nor left uncast.
        VerificationError: its nonce ciphertext does not hold.

    Spec: EG-2.1 §3.6.7, eqs. 107, 108
    """
    if status not in ("challenged", "uncast"):
        raise CheckError(f"ballot {_code(ballot)} is {status}; only challenged ballots are opened, and uncast ones")
    _verify_identifier(election, ballot)
    hashed_elgamal.verify(BallotNonceSeal(ballot.h_i), election.group.g, ballot.ballot_nonce)
    return DataStatement(ballot.h_i, 0, ballot.ballot_nonce)


def contest_data_statement(election: Election, ballot: EncryptedBallot, status: Status, ind_c: int) -> DataStatement:
    """Return the contest data of a cast ballot as a statement.

    Raises:
        CheckError: the manifest does not allow it, the ballot is not cast, or there is no such data.
        VerificationError: the ciphertext does not hold.

    Spec: EG-2.1 §3.6.6
    """
    if not election.manifest.cast_contest_data_may_be_decrypted:
        raise CheckError("the manifest does not allow contest data of cast ballots to be decrypted")
    if status != "cast":
        raise CheckError(f"ballot {_code(ballot)} is {status}; its contest data is not for the guardians to decrypt")
    data = next((contest.contest_data for contest in ballot.contests if contest.index == ind_c), None)
    if data is None:
        raise CheckError(f"ballot {_code(ballot)} has no contest data in contest {ind_c}")
    _verify_identifier(election, ballot)
    hashed_elgamal.verify(ContestDataSeal(ballot.h_i, ind_c), election.group.g, data)
    return DataStatement(ballot.h_i, ind_c, data)


def _verify_identifier(election: Election, ballot: EncryptedBallot | PreEncryptedBallot) -> None:
    """Refuse a ballot of another election under the same guardians' keys."""
    if ballot.h_i != selection_identifier_hash(election.h_e, ballot.id_b):
        raise VerificationError(f"ballot {_code(ballot)} is not of this election: H_I is not H(H_E; 20, id_B)")


def _code(ballot: EncryptedBallot | PreEncryptedBallot) -> str:
    return ballot.confirmation_code.hex().upper()
