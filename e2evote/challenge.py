"""Opening challenged ballots: from the ballot nonce to every selection, with the nonces that prove it.

The nonce comes from the device that encrypted the ballot, or from the guardians through the ballot-nonce ciphertext.
"""

from e2evote import hashed_elgamal
from e2evote.elgamal import Ciphertext, encrypt
from e2evote.encryption import SecretBallotNonce
from e2evote.errors import CheckError, VerificationError
from e2evote.group.computation import Request, evaluate
from e2evote.group.discrete_log import discrete_log
from e2evote.group.elements import Element, SecretScalar
from e2evote.hashed_elgamal import BallotNonceSeal, ContestDataSeal
from e2evote.hashing import contest_data_nonce, selection_nonce
from e2evote.record.ballot import EncryptedBallot, EncryptedContest
from e2evote.record.opened import ChallengedBallot, OpenedContest, OpenedContestData, OpenedOption
from e2evote.record.pre_encrypted import PublishedBallot
from e2evote.record.setup import Election


def nonce_from_factor(ballot: PublishedBallot, beta_b: Element) -> SecretBallotNonce:
    """Return ξ_B from β_B = C_0^ŝ, which the guardians computed together.

    Spec: EG-2.1 §3.3.4, eqs. 35, 36
    """
    return SecretBallotNonce(hashed_elgamal.decrypt(BallotNonceSeal(ballot.h_i), ballot.ballot_nonce, beta_b))


def open_ballot(election: Election, ballot: EncryptedBallot, nonce: SecretBallotNonce) -> ChallengedBallot:
    """Return the ballot opened: every selection and nonce, and contest data where there is some. ξ_B stays out.

    The caller makes sure that the ballot was challenged: whoever has ξ_B can open any ballot.

    Raises:
        VerificationError: the nonce does not fit the ballot; it names contest and option.

    Spec: EG-2.1 §3.6.7, eqs. 109–111
    """
    return ChallengedBallot(
        device=ballot.device,
        position=ballot.position,
        confirmation_code=ballot.confirmation_code,
        contests=tuple(_open_contest(election, ballot, contest, nonce) for contest in ballot.contests),
    )


def _open_contest(
    election: Election, ballot: EncryptedBallot, encrypted: EncryptedContest, nonce: SecretBallotNonce
) -> OpenedContest:
    ind_c, contest = encrypted.index, election.manifest.contest(encrypted.index)
    options = []
    for ind_o, (field, sealed) in enumerate(zip(contest.verifiable_fields, encrypted.options, strict=True), 1):
        xi = selection_nonce(election.group, ballot.h_i, ind_c, ind_o, nonce.value)
        where = f"ballot {ballot.confirmation_code.hex().upper()}, contest {contest.label!r}, option {field.label!r}"
        sigma = _selection(election, sealed.ciphertext, xi, field.limit, where)
        options.append(OpenedOption(index=ind_o, label=field.label, selection=sigma, nonce=xi.reveal()))
    data = _open_data(election, ballot, encrypted, nonce)
    return OpenedContest(index=ind_c, label=contest.label, options=tuple(options), contest_data=data)


def _selection(election: Election, ciphertext: Ciphertext, xi: SecretScalar, limit: int, where: str) -> int:
    """Return σ with K^σ = β·K^−ξ, and re-encrypt to compare."""
    g, K = election.bases.g, election.bases.K
    (mask,) = evaluate(Request([K**xi])).values
    try:
        sigma = discrete_log(election.K, ciphertext.beta / mask, limit)
    except CheckError:
        raise VerificationError(f"{where}: the ballot nonce does not open the ciphertext") from None
    if encrypt(g, K, sigma, xi) != ciphertext:
        raise VerificationError(f"{where}: the ballot nonce does not reproduce the ciphertext")
    return sigma


def _open_data(
    election: Election, ballot: EncryptedBallot, encrypted: EncryptedContest, nonce: SecretBallotNonce
) -> OpenedContestData | None:
    if encrypted.contest_data is None:
        return None
    xi = contest_data_nonce(election.group, ballot.h_i, encrypted.index, nonce.value)
    c_0, beta = evaluate(Request([election.bases.g**xi, election.bases.K_hat**xi])).values
    if c_0 != encrypted.contest_data.c_0:
        raise VerificationError(
            f"ballot {ballot.confirmation_code.hex().upper()}, contest {encrypted.index}: "
            "the ballot nonce does not open the contest data"
        )
    seal = ContestDataSeal(ballot.h_i, encrypted.index)
    data = hashed_elgamal.decrypt(seal, encrypted.contest_data, beta)
    return OpenedContestData(nonce=xi.reveal(), data=data)
