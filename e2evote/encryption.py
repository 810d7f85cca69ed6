"""From a voter's selections to an encrypted ballot and its confirmation code.

``encrypt_ballot`` makes one ballot, ``encrypt_ballots`` a device's sequence with its chain. Every exponentiation uses
the tables of g, K and K̂, which are built once a process; they do not hide the nonces from an observer of the machine.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial, reduce

from e2evote import elgamal, hashed_elgamal
from e2evote.elgamal import Ciphertext
from e2evote.group.elements import SecretScalar
from e2evote.group.powers import fixed
from e2evote.group.randomness import SYSTEM, Randomness
from e2evote.hashed_elgamal import BallotNonceSeal, ContestDataSeal, HashedCiphertext
from e2evote.hashing import contest_data_nonce, selection_identifier_hash, selection_nonce
from e2evote.record import contest_data
from e2evote.record.ballot import DeviceOpening, EncryptedBallot, EncryptedContest, EncryptedOption
from e2evote.record.codes import confirmation_code, contest_hash, next_chaining_field
from e2evote.record.plaintext import PlaintextBallot, PlaintextContest, is_overvoted
from e2evote.record.setup import Election
from e2evote.zkp import range as range_proof

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time of this machine's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SecretBallotNonce:
    """ξ_B, which opens the whole ballot. The device forgets it once the ballot is cast."""

    value: bytes = field(repr=False)


def encrypt_ballot(
    election: Election,
    opening: DeviceOpening,
    plaintext: PlaintextBallot,
    position: int = 1,
    last_code: bytes | None = None,
    rng: Randomness = SYSTEM,
    clock: Clock = utc_now,
) -> tuple[EncryptedBallot, SecretBallotNonce]:
    """Encrypt one ballot on a device.

    Args:
        election: the election, from its checked record.
        opening: the device.
        plaintext: the voter's marks; overvoted contests are encrypted as zeros, the marks kept in contest data.
        position: the ballot's number on the device, from 1.
        last_code: H_C of the ballot before it, None for the first.
        rng: source of every secret.
        clock: time of encryption.

    Raises:
        CheckError: the ballot does not fit the manifest.

    Spec: EG-2.1 §3.3.1–3.4.2
    """
    plaintext.check(election.manifest)
    id_b, xi_b = rng.bytes(32), rng.bytes(32)
    h_i = selection_identifier_hash(election.h_e, id_b)
    marks = {contest.contest: contest for contest in plaintext.contests}
    style = election.manifest.ballot_style(plaintext.ballot_style)
    contests = tuple(_encrypt_contest(election, h_i, ind_c, marks.get(ind_c), xi_b, rng) for ind_c in style.contests)
    field_b_c = next_chaining_field(opening, last_code)
    ballot = EncryptedBallot(
        id_b=id_b,
        h_i=h_i,
        device=opening.device,
        position=position,
        ballot_style=plaintext.ballot_style,
        weight=plaintext.weight,
        encrypted_at=clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        contests=contests,
        ballot_nonce=_encrypt_nonce(election, h_i, xi_b, rng),
        chaining_field=field_b_c,
        confirmation_code=confirmation_code(h_i, (contest.contest_hash for contest in contests), field_b_c),
    )
    return ballot, SecretBallotNonce(xi_b)


def encrypt_ballots(
    election: Election,
    opening: DeviceOpening,
    plaintexts: Iterable[PlaintextBallot],
    ballots_before: int = 0,
    last_code: bytes | None = None,
    rng: Randomness = SYSTEM,
) -> Iterator[tuple[EncryptedBallot, SecretBallotNonce]]:
    """Encrypt a device's ballots in sequence, each chained to the one before it."""
    for position, plaintext in enumerate(plaintexts, ballots_before + 1):
        ballot, nonce = encrypt_ballot(election, opening, plaintext, position, last_code, rng)
        last_code = ballot.confirmation_code
        yield ballot, nonce


def _encrypt_contest(
    election: Election, h_i: bytes, ind_c: int, marks: PlaintextContest | None, xi_b: bytes, rng: Randomness
) -> EncryptedContest:
    contest = election.manifest.contest(ind_c)
    marked = marks.selections if marks else (0,) * len(contest.options)
    overvoted = is_overvoted(contest, marked)
    values = (0,) * len(contest.options) if overvoted else marked
    group, g, K = election.group, fixed(election.group.g), fixed(election.K)
    nonces = [selection_nonce(group, h_i, ind_c, ind_o, xi_b) for ind_o in range(1, len(values) + 1)]
    ciphertexts = [elgamal.encrypt(g, K, sigma, xi) for sigma, xi in zip(values, nonces, strict=True)]
    options = []
    for ind_o, (sigma, xi, ciphertext) in enumerate(zip(values, nonces, ciphertexts, strict=True), 1):
        challenge = partial(range_proof.selection_challenge, h_i, ind_c, ind_o, ciphertext)
        proof = range_proof.prove(g, K, sigma, xi, contest.option_limit(ind_o), challenge, rng)
        options.append(EncryptedOption.model_construct(ciphertext=ciphertext, proof=proof))
    data = None
    if contest.contest_data_blocks is not None:
        write_ins = (marks.write_ins if marks else None) or {}
        text = contest_data.pack(contest.contest_data_blocks, marked if overvoted else None, write_ins)
        data = _encrypt_data(election, h_i, ind_c, text, xi_b, rng)
    # (ᾱ, β̄) encrypts ℓ with the nonce Σ ξ
    total: Ciphertext = reduce(lambda x, y: x * y, ciphertexts)
    xi_total: SecretScalar = reduce(lambda x, y: x + y, nonces)
    challenge = partial(range_proof.limit_challenge, h_i, ind_c, total)
    return EncryptedContest.model_construct(
        index=ind_c,
        options=tuple(options),
        proof=range_proof.prove(g, K, sum(values), xi_total, contest.limit, challenge, rng),
        contest_data=data,
        contest_hash=contest_hash(h_i, ind_c, ciphertexts, data),
    )


def _encrypt_nonce(election: Election, h_i: bytes, xi_b: bytes, rng: Randomness) -> HashedCiphertext:
    """Encrypt ξ_B under K̂ with a nonce of its own.

    Spec: EG-2.1 §3.3.4, eqs. 34, 37
    """
    g, K_hat = fixed(election.group.g), fixed(election.K_hat)
    return hashed_elgamal.encrypt(BallotNonceSeal(h_i), g, K_hat, xi_b, rng.scalar(election.group), rng)


def _encrypt_data(
    election: Election, h_i: bytes, ind_c: int, data: bytes, xi_b: bytes, rng: Randomness
) -> HashedCiphertext:
    g, K_hat = fixed(election.group.g), fixed(election.K_hat)
    xi = contest_data_nonce(election.group, h_i, ind_c, xi_b)
    return hashed_elgamal.encrypt(ContestDataSeal(h_i, ind_c), g, K_hat, data, xi, rng)
