"""From a voter's selections to an encrypted ballot and its confirmation code.

``encrypt_ballot`` makes one ballot, ``encrypt_ballots`` a device's sequence with its chain. ``encrypting_unchained``
makes all of a ballot that does not depend on the ballot before it, so that many can be made at once and anywhere.
Every exponentiation uses the tables of g, K and K̂; they do not hide the nonces from an observer of the machine.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from e2evote import elgamal, hashed_elgamal
from e2evote.elgamal import Ciphertext
from e2evote.encoding import hex_of
from e2evote.engine import Workers, workers
from e2evote.group.computation import Computation, compute, together
from e2evote.group.elements import Scalar
from e2evote.group.randomness import SYSTEM, Randomness
from e2evote.hashed_elgamal import BallotNonceSeal, ContestDataSeal, HashedCiphertext
from e2evote.hashing import contest_data_nonce, selection_identifier_hash, selection_nonce
from e2evote.record import contest_data
from e2evote.record.ballot import DeviceOpening, EncryptedBallot, EncryptedContest, EncryptedOption
from e2evote.record.codec import dump
from e2evote.record.codes import confirmation_code, contest_hash, next_chaining_field
from e2evote.record.plaintext import PlaintextBallot, PlaintextContest, encrypted_values, is_overvoted
from e2evote.record.setup import Election
from e2evote.record.supplemental import Relation, field_relations, limit_relation
from e2evote.zkp import range as range_proof
from e2evote.zkp.range import Commitments, RangeProof

Clock = Callable[[], datetime]

BATCH = 8
"""Ballots encrypted side by side, as many as the widest backend has lanes."""


def utc_now() -> datetime:
    """Return the time of this machine's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SecretBallotNonce:
    """ξ_B, which opens the whole ballot. The device forgets it once the ballot is cast."""

    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class UnchainedBallot:
    """A ballot but for its place in the chain: device, position and confirmation code."""

    id_b: bytes
    h_i: bytes
    ballot_style: int
    weight: int
    encrypted_at: str
    contests: tuple[EncryptedContest, ...]
    ballot_nonce: HashedCiphertext
    nonce: "SecretBallotNonce"

    def chained(self, opening: DeviceOpening, position: int, last_code: bytes | None) -> EncryptedBallot:
        """Return the ballot at its place on a device, after the one with ``last_code``."""
        field_b_c = next_chaining_field(opening, last_code)
        return EncryptedBallot(
            id_b=self.id_b,
            h_i=self.h_i,
            device=opening.device,
            position=position,
            ballot_style=self.ballot_style,
            weight=self.weight,
            encrypted_at=self.encrypted_at,
            contests=self.contests,
            ballot_nonce=self.ballot_nonce,
            chaining_field=field_b_c,
            confirmation_code=confirmation_code(self.h_i, (c.contest_hash for c in self.contests), field_b_c),
        )


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
    ballot = compute(encrypting_unchained(election, plaintext, rng, clock))
    return ballot.chained(opening, position, last_code), ballot.nonce


def encrypt_ballots(
    election: Election,
    opening: DeviceOpening,
    plaintexts: Iterable[PlaintextBallot],
    ballots_before: int = 0,
    last_code: bytes | None = None,
    rng: Randomness = SYSTEM,
) -> Iterator[tuple[EncryptedBallot, SecretBallotNonce]]:
    """Encrypt a device's ballots in sequence, each chained to the one before it."""
    position, waiting = ballots_before, iter(plaintexts)
    while batch := list(islice(waiting, BATCH)):
        for ballot in compute(together(encrypting_unchained(election, plaintext, rng) for plaintext in batch)):
            position += 1
            chained = ballot.chained(opening, position, last_code)
            last_code = chained.confirmation_code
            yield chained, ballot.nonce


@dataclass(frozen=True, slots=True)
class EncryptedLine:
    """A ballot as its line in the record, with its code and nonce."""

    line: bytes
    confirmation_code: bytes
    nonce: SecretBallotNonce


def encrypt_lines(
    election: Election,
    opening: DeviceOpening,
    plaintexts: Iterable[PlaintextBallot],
    ballots_before: int = 0,
    last_code: bytes | None = None,
    jobs: int | Workers = 1,
) -> Generator[EncryptedLine, None, None]:
    """Encrypt a device's ballots in sequence, on several processes; only the chain is put together here.

    Raises:
        CheckError: a ballot does not fit the manifest.
    """
    waiting = iter(plaintexts)
    batches = iter(lambda: list(islice(waiting, BATCH)), [])
    numbered = ((ballots_before + BATCH * index + 1, batch) for index, batch in enumerate(batches))
    for drafts in workers(jobs).map(partial(_draft, election, opening), numbered):
        for draft in drafts:
            line = draft.line(opening, last_code)
            last_code = line.confirmation_code
            yield line


@dataclass(frozen=True, slots=True)
class _Draft:
    """A line but for its last two fields, and what they are computed from."""

    beginning: bytes
    h_i: bytes
    contest_hashes: tuple[bytes, ...]
    nonce: SecretBallotNonce

    def line(self, opening: DeviceOpening, last_code: bytes | None) -> EncryptedLine:
        """Return the whole line, its ballot chained to the one before it."""
        field_b_c = next_chaining_field(opening, last_code)
        code = confirmation_code(self.h_i, self.contest_hashes, field_b_c)
        return EncryptedLine(self.beginning + _chain_fields(field_b_c, code), code, self.nonce)


def _draft(election: Election, opening: DeviceOpening, chunk: tuple[int, Sequence[PlaintextBallot]]) -> list[_Draft]:
    first, plaintexts = chunk
    drafts = []
    ballots = compute(together(encrypting_unchained(election, plaintext) for plaintext in plaintexts))
    for position, ballot in enumerate(ballots, first):
        alone = ballot.chained(opening, position, None)
        end = _chain_fields(alone.chaining_field, alone.confirmation_code)
        hashes = tuple(contest.contest_hash for contest in ballot.contests)
        drafts.append(_Draft(dump(alone).removesuffix(end), ballot.h_i, hashes, ballot.nonce))
    return drafts


def _chain_fields(field_b_c: bytes, code: bytes) -> bytes:
    """Return how the line of a ballot ends."""
    return f',"chaining_field":"{hex_of(field_b_c)}","confirmation_code":"{hex_of(code)}"}}'.encode()


def encrypting_unchained(
    election: Election, plaintext: PlaintextBallot, rng: Randomness = SYSTEM, clock: Clock = utc_now
) -> Computation[UnchainedBallot]:
    """Encrypt one ballot but for its place in the chain.

    Raises:
        CheckError: the ballot does not fit the manifest.

    Spec: EG-2.1 §3.3.1–3.3.10
    """
    plaintext.check(election.manifest)
    id_b, xi_b = rng.bytes(32), rng.bytes(32)
    h_i = selection_identifier_hash(election.h_e, id_b)
    marks = {contest.contest: contest for contest in plaintext.contests}
    style = election.manifest.ballot_style(plaintext.ballot_style)
    contests = yield from together(
        _encrypting_contest(election, h_i, ind_c, marks.get(ind_c), xi_b, rng) for ind_c in style.contests
    )
    return UnchainedBallot(
        id_b=id_b,
        h_i=h_i,
        ballot_style=plaintext.ballot_style,
        weight=plaintext.weight,
        encrypted_at=clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        contests=tuple(contests),
        ballot_nonce=(yield from encrypting_nonce(election, h_i, xi_b, rng)),
        nonce=SecretBallotNonce(xi_b),
    )


def _encrypting_contest(
    election: Election, h_i: bytes, ind_c: int, marks: PlaintextContest | None, xi_b: bytes, rng: Randomness
) -> Computation[EncryptedContest]:
    contest = election.manifest.contest(ind_c)
    marked = marks.selections if marks else (0,) * len(contest.options)
    values = encrypted_values(contest, marked)
    group, g, K = election.group, election.bases.g, election.bases.K
    nonces = [selection_nonce(group, h_i, ind_c, ind_o, xi_b) for ind_o in range(1, len(values) + 1)]
    pairs = list(zip(values, nonces, strict=True))
    ciphertexts = yield from together(elgamal.encrypting(g, K, sigma, xi) for sigma, xi in pairs)
    provers = [
        range_proof.proving(
            g, K, sigma, xi, contest.option_limit(ind_o),
            partial(range_proof.selection_challenge, h_i, ind_c, ind_o, ciphertext), rng,
        )
        for ind_o, ((sigma, xi), ciphertext) in enumerate(zip(pairs, ciphertexts, strict=True), 1)
    ]  # fmt: skip

    def proving(relation: Relation, challenge: Callable[[Ciphertext, Commitments], Scalar]) -> Computation[RangeProof]:
        asked = partial(challenge, relation.ciphertext(ciphertexts, election.K))
        value, xi = relation.value(values), relation.nonce(nonces)
        return range_proof.proving(g, K, value, xi, relation.limit, asked, rng)

    provers.append(proving(limit_relation(contest), partial(range_proof.limit_challenge, h_i, ind_c)))
    for ind_o, relation in field_relations(contest).items():
        provers.append(proving(relation, partial(range_proof.relation_challenge, h_i, ind_c, ind_o)))
    found = yield from together(provers)
    proofs, (limit_proof, *relation_proofs) = found[: len(values)], found[len(values) :]
    data = None
    if contest.contest_data_blocks is not None:
        write_ins = (marks.write_ins if marks else None) or {}
        overvote = marked if is_overvoted(contest, marked) else None
        text = contest_data.pack(contest.contest_data_blocks, overvote, write_ins)
        data = yield from _encrypting_data(election, h_i, ind_c, text, xi_b, rng)
    options = zip(ciphertexts, proofs, strict=True)
    return EncryptedContest.model_construct(
        index=ind_c,
        options=tuple(EncryptedOption.model_construct(ciphertext=pair, proof=proof) for pair, proof in options),
        proof=limit_proof,
        relations=tuple(relation_proofs) or None,
        contest_data=data,
        contest_hash=contest_hash(h_i, ind_c, ciphertexts, data),
    )


def encrypting_nonce(election: Election, h_i: bytes, xi_b: bytes, rng: Randomness) -> Computation[HashedCiphertext]:
    """Encrypt ξ_B under K̂ with a nonce of its own.

    Spec: EG-2.1 §3.3.4, eqs. 34, 37
    """
    xi = rng.scalar(election.group)
    return hashed_elgamal.encrypting(BallotNonceSeal(h_i), election.bases.g, election.bases.K_hat, xi_b, xi, rng)


def _encrypting_data(
    election: Election, h_i: bytes, ind_c: int, data: bytes, xi_b: bytes, rng: Randomness
) -> Computation[HashedCiphertext]:
    xi = contest_data_nonce(election.group, h_i, ind_c, xi_b)
    seal = ContestDataSeal(h_i, ind_c)
    return hashed_elgamal.encrypting(seal, election.bases.g, election.bases.K_hat, data, xi, rng)
