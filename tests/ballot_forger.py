"""The first half of the forger (tests/forger.py): keys, ballots, codes and chains."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial, reduce
from pathlib import Path
from typing import Self

import gmpy2

from e2evote import elgamal, hashed_elgamal
from e2evote.elgamal import Ciphertext
from e2evote.encoding import b
from e2evote.encryption import SecretBallotNonce, encrypt_ballot
from e2evote.group.elements import Element, Group, Scalar, SecretScalar
from e2evote.hashed_elgamal import ContestDataSeal, HashedCiphertext, Seal
from e2evote.hashing import H, Tag, base_hash, contest_data_nonce, kdf, selection_nonce
from e2evote.key_ceremony import SecretGuardianKeys
from e2evote.record.ballot import DeviceClosing, DeviceOpening, EncryptedBallot, EncryptedContest, EncryptedOption
from e2evote.record.codes import close_device, confirmation_code, contest_hash, next_chaining_field, open_device
from e2evote.record.manifest import parse_manifest
from e2evote.record.plaintext import PlaintextBallot
from e2evote.record.setup import Election, GuardianPublicKey, Hashes, JointKeys
from e2evote.record.supplemental import field_relations, limit_relation
from e2evote.secret_sharing import SecretPolynomial, lagrange_coefficient, product
from e2evote.zkp import range as range_proof
from e2evote.zkp import schnorr
from e2evote.zkp.range import Commitments, RangeProof
from e2evote.zkp.schnorr import SchnorrProof
from tests.builders import BuiltRecord
from tests.deterministic import DeterministicRandomness

Challenge = Callable[[Commitments], Scalar]
Prover = Callable[[int, SecretScalar, Ciphertext, int, Challenge], RangeProof]
"""From value, nonce, ciphertext, limit and challenge to a proof."""


@dataclass(slots=True)
class Vote:
    """A ballot as it will lie in the record, its status, and what nobody else knows of it."""

    ballot: EncryptedBallot
    nonce: SecretBallotNonce
    plaintext: PlaintextBallot
    status: str

    def change(self, **fields: object) -> None:
        """Change fields of the ballot."""
        self.ballot = self.ballot.model_copy(update=fields)

    def contest(self, ind_c: int) -> EncryptedContest:
        return next(contest for contest in self.ballot.contests if contest.index == ind_c)

    def change_contest(self, ind_c: int, **fields: object) -> None:
        """Change fields of a contest; see ``BallotForger.seal`` for its hash."""
        contests = self.ballot.contests
        self.change(contests=tuple(c.model_copy(update=fields) if c.index == ind_c else c for c in contests))

    def change_option(self, ind_c: int, ind_o: int, **fields: object) -> None:
        """Change fields of an option."""
        options = list(self.contest(ind_c).options)
        options[ind_o - 1] = options[ind_o - 1].model_copy(update=fields)
        self.change_contest(ind_c, options=tuple(options))


@dataclass(frozen=True, slots=True)
class OtherKeys(ContestDataSeal):
    """Contest data under keys that are derived otherwise: with blocks counted from 0, or the length in bytes."""

    first: int = 0
    bits: int = 8

    def mask(self, alpha: Element, beta: Element, size: int) -> bytes:
        h = H(self.h_i, Tag.CONTEST_DATA_KEY, self.ind_c, alpha, beta, length=5 + 2 * alpha.group.l_p)
        context, length = b"contest_data" + b(self.ind_c, 4), b(self.bits * size, 4)
        counters = range(self.first, self.first + size // 32)
        return b"".join(kdf(h, b(t, 4), b"data_enc_keys", context, length, message_length=38) for t in counters)


@dataclass(slots=True)
class BallotForger:
    """Everything that goes into a record, and every secret."""

    root: Path
    election: Election
    manifest_bytes: bytes
    guardians: dict[int, GuardianPublicKey]
    s: SecretScalar
    s_hat: SecretScalar
    openings: dict[int, DeviceOpening]
    closings: dict[int, DeviceClosing]
    votes: dict[int, list[Vote]]
    rng: DeterministicRandomness = field(default_factory=lambda: DeterministicRandomness("forger"))
    h_e: bytes | None = None
    keep_sealed: list[Vote] = field(default_factory=list)
    """Cast ballots whose contest data is not decrypted."""

    @classmethod
    def of(cls, root: Path, built: BuiltRecord) -> Self:
        """Take over an honest election; the record goes to ``root``."""
        shares, group = built.shares[: built.election.k], built.election.group
        weights = [lagrange_coefficient(group, share.i, [other.i for other in shares]) for share in shares]
        s = reduce(lambda x, y: x + y, (w * share.z for w, share in zip(weights, shares, strict=True)))
        s_hat = reduce(lambda x, y: x + y, (w * share.z_hat for w, share in zip(weights, shares, strict=True)))
        votes: dict[int, list[Vote]] = {device: [] for device in built.openings}
        for code, ballot in built.ballots.items():
            votes[ballot.device].append(Vote(ballot, built.nonces[code], built.plaintexts[code], built.statuses[code]))
        guardians = {public.i: public for public in built.guardian_record.guardians}
        openings, closings = dict(built.openings), dict(built.closings)
        return cls(root, built.election, built.manifest_bytes, guardians, s, s_hat, openings, closings, votes)

    # ------------------------------------------------------------------------------------------- short names

    @property
    def group(self) -> Group:
        return self.election.group

    @property
    def g(self) -> Element:
        return self.election.group.g

    def minus(self, x: Element) -> Element:
        """Return −x mod p, which is outside the group."""
        return self.group.element(self.group.p - x.value)

    def another_part(self) -> Element:
        """Return a square of large order that is outside the group: its order divides (p − 1)/2q."""
        return self.group.element(gmpy2.powmod(3, 2 * self.group.q, self.group.p))

    def plus_q(self, x: Scalar) -> Scalar:
        """Return the same exponent outside Z_q, or some other where that has no room."""
        return Scalar(outside_z_q(x.value, self.group), self.group)

    def plus_one(self, x: Scalar) -> Scalar:
        return x + self.group.scalar(1)

    def all_votes(self) -> Iterator[Vote]:
        for sequence in self.votes.values():
            yield from sequence

    def pick(self, status: str = "cast", nth: int = 0, **wanted: object) -> Vote:
        """Return the nth vote with this status whose ballot has these fields (``device``, ``ballot_style``, …)."""

        def fits(vote: Vote) -> bool:
            return vote.status == status and all(getattr(vote.ballot, name) == x for name, x in wanted.items())

        return [vote for vote in self.all_votes() if fits(vote)][nth]

    # ------------------------------------------------------------------------------------------- codes and chains

    def seal(self, vote: Vote) -> None:
        """Compute the contest hashes and the code anew; nothing behind the ballot in its chain."""
        h_i = vote.ballot.h_i
        hashed = []
        for contest in vote.ballot.contests:
            chi = contest_hash(h_i, contest.index, [o.ciphertext for o in contest.options], contest.contest_data)
            hashed.append(contest.model_copy(update={"contest_hash": chi}))
        vote.change(contests=tuple(hashed))
        self.recode(vote)

    def recode(self, vote: Vote) -> None:
        """Compute the code anew from the contest hashes and the chaining field that the ballot states."""
        ballot = vote.ballot
        hashes = [contest.contest_hash for contest in ballot.contests]
        vote.change(confirmation_code=confirmation_code(ballot.h_i, hashes, ballot.chaining_field))

    def rechain(self, device: int, start: int = 1) -> None:
        """Number the ballots of a device anew, chain those from position ``start`` on, and close the device."""
        opening, sequence = self.openings[device], self.votes[device]
        for position, vote in enumerate(sequence, 1):
            vote.change(device=device, position=position)
            if position >= start:
                last_code = sequence[position - 2].ballot.confirmation_code if position > 1 else None
                vote.change(chaining_field=next_chaining_field(opening, last_code))
                self.recode(vote)
        self.close(device)

    def close(self, device: int) -> None:
        sequence = self.votes[device]
        last_code = sequence[-1].ballot.confirmation_code if sequence else None
        self.closings[device] = close_device(self.election.h_e, self.openings[device], len(sequence), last_code)

    def reseal(self, vote: Vote) -> None:
        """Compute hashes and code of a ballot anew, and the chain behind it."""
        self.seal(vote)
        sequence = self.votes[vote.ballot.device]
        self.rechain(vote.ballot.device, sequence.index(vote) + 2)

    # ------------------------------------------------------------------------------------------- encryption

    def prove(self, value: int, xi: SecretScalar, _: Ciphertext, limit: int, challenge: Challenge) -> RangeProof:
        """Prove honestly; a value above the limit is proved for a limit that it keeps, and the proof cut to length."""
        proof = range_proof.prove(self.g, self.election.K, value, xi, max(limit, value), challenge, self.rng)
        return RangeProof(proof.challenges[: limit + 1], proof.responses[: limit + 1])

    def prove_evenly(
        self, value: int, xi: SecretScalar, ciphertext: Ciphertext, limit: int, challenge: Challenge
    ) -> RangeProof:
        """Prove with even challenges only, so that a factor −1 in α or β is not noticed."""
        while True:
            proof = self.prove(value, xi, ciphertext, limit, challenge)
            if all(c.value % 2 == 0 for c in proof.challenges):
                return proof

    def encrypt_contest(
        self,
        vote: Vote,
        ind_c: int,
        values: Sequence[int],
        prover: Prover | None = None,
        limit_prover: Prover | None = None,
        forge: Callable[[int, Ciphertext], Ciphertext] = lambda _, ciphertext: ciphertext,
    ) -> None:
        """Encrypt other values in a contest, one a verifiable field, under the ballot's own nonces, and prove them.

        ``forge`` may change the ciphertext of an option after encryption and before the proofs. Contest hash, code and
        chain are left to ``reseal``.
        """
        ballot, contest, K = vote.ballot, self.election.manifest.contest(ind_c), self.election.K
        nonces = [
            selection_nonce(self.group, ballot.h_i, ind_c, j, vote.nonce.value) for j in range(1, len(values) + 1)
        ]
        pairs = zip(values, nonces, strict=True)
        ciphertexts = [forge(j, elgamal.encrypt(self.g, K, sigma, xi)) for j, (sigma, xi) in enumerate(pairs, 1)]
        options = []
        for j, (sigma, xi, ciphertext) in enumerate(zip(values, nonces, ciphertexts, strict=True), 1):
            challenge = partial(range_proof.selection_challenge, ballot.h_i, ind_c, j, ciphertext)
            proof = (prover or self.prove)(sigma, xi, ciphertext, contest.option_limit(j), challenge)
            options.append(EncryptedOption.model_construct(ciphertext=ciphertext, proof=proof))
        relation = limit_relation(contest)
        total = relation.ciphertext(ciphertexts, K)
        challenge = partial(range_proof.limit_challenge, ballot.h_i, ind_c, total)
        value, xi_total = relation.value(values), relation.nonce(nonces)
        proof = (limit_prover or prover or self.prove)(value, xi_total, total, contest.limit, challenge)
        relations = tuple(
            self.prove_relation(vote, ind_c, ind_o, values, ciphertexts) for ind_o in field_relations(contest)
        )
        vote.change_contest(ind_c, options=tuple(options), proof=proof, relations=relations or None)

    def prove_relation(
        self, vote: Vote, ind_c: int, ind_o: int, values: Sequence[int], ciphertexts: Sequence[Ciphertext]
    ) -> RangeProof:
        """Prove what a supplemental field says; of a value outside its range, the last branch."""
        relation = field_relations(self.election.manifest.contest(ind_c))[ind_o]
        h_i = vote.ballot.h_i
        nonces = [selection_nonce(self.group, h_i, ind_c, j, vote.nonce.value) for j in range(1, len(values) + 1)]
        total = relation.ciphertext(ciphertexts, self.election.K)
        challenge = partial(range_proof.relation_challenge, h_i, ind_c, ind_o, total)
        value = relation.value(values) % int(self.group.q)
        value, xi = min(value, relation.limit), relation.nonce(nonces)
        return range_proof.prove(self.g, self.election.K, value, xi, relation.limit, challenge, self.rng)

    def encrypt_data(self, vote: Vote, ind_c: int, data: bytes, seal: Seal | None = None) -> None:
        """Encrypt other contest data under the ballot's own nonce."""
        xi = contest_data_nonce(self.group, vote.ballot.h_i, ind_c, vote.nonce.value)
        seal = seal or ContestDataSeal(vote.ballot.h_i, ind_c)
        sealed = hashed_elgamal.encrypt(seal, self.g, self.election.K_hat, data, xi, self.rng)
        vote.change_contest(ind_c, contest_data=sealed)

    def sign(self, seal: Seal, c_0: Element, c_1: bytes, xi: SecretScalar, even: bool = False) -> HashedCiphertext:
        """Return a hashed ciphertext with a Schnorr proof of ξ, on request with an even challenge."""
        while True:
            proof = schnorr.prove(self.g, xi, partial(seal.challenge, c_0, c_1), self.rng)
            if not even or proof.challenge.value % 2 == 0:
                return HashedCiphertext(c_0, c_1, proof)

    def sign_zero(self, seal: Seal, c_1: bytes) -> HashedCiphertext:
        """Return a hashed ciphertext with C_0 = 0, whose Schnorr proof anybody can make: a = g^v·0^c = 0."""
        zero = self.group.element(0)
        return HashedCiphertext(zero, c_1, SchnorrProof(seal.challenge(zero, c_1, zero), self.group.scalar(1)))

    def vote_again(self, election: Election | None = None) -> None:
        """Encrypt all ballots anew for the election that is held now, or for another."""
        election = election or self.election
        for device, sequence in self.votes.items():
            old = self.openings[device]
            opening = open_device(election.h_e, device, old.device_info, old.chaining_mode)
            self.openings[device], last_code = opening, None
            for position, vote in enumerate(sequence, 1):
                vote.ballot, vote.nonce = self.encrypt(vote.plaintext, opening, position, last_code, election=election)
                last_code = vote.ballot.confirmation_code
            self.close(device)

    def encrypt(
        self,
        plaintext: PlaintextBallot,
        opening: DeviceOpening,
        position: int,
        last_code: bytes | None,
        *,
        election: Election | None = None,
        id_b: bytes | None = None,
    ) -> tuple[EncryptedBallot, SecretBallotNonce]:
        """Encrypt one ballot, honestly but for its id_B where one is given."""
        rng = self.rng if id_b is None else _FirstBytes(id_b, self.rng)
        time = datetime(2026, 12, 1, 9, position % 60, tzinfo=UTC)
        return encrypt_ballot(election or self.election, opening, plaintext, position, last_code, rng, lambda: time)

    def encrypt_again(self, vote: Vote, *, election: Election | None = None, id_b: bytes | None = None) -> None:
        """Encrypt one ballot anew in its place, and the chain behind it."""
        device, position = vote.ballot.device, vote.ballot.position
        sequence = self.votes[device]
        last_code = sequence[position - 2].ballot.confirmation_code if position > 1 else None
        vote.ballot, vote.nonce = self.encrypt(
            vote.plaintext, self.openings[device], position, last_code, election=election, id_b=id_b
        )
        self.rechain(device, position + 1)

    # ------------------------------------------------------------------------------------------- keys

    def secret_keys(self, i: int, k: int, group: Group | None = None) -> SecretGuardianKeys:
        """Return secrets of a guardian: k coefficients each."""
        group = group or self.group
        vote, data = (SecretPolynomial.random(group, k, self.rng) for _ in range(2))
        return SecretGuardianKeys(i, vote, data, self.rng.scalar(group))

    def public_key(self, secret: SecretGuardianKeys, h_p: bytes | None = None) -> GuardianPublicKey:
        """Return the guardian's public key with both proofs, whatever the number of its coefficients."""
        h_p, group = h_p or self.election.hashes.h_p, secret.zeta.group
        kappa = group.g**secret.zeta
        commitments, proofs = [], []
        for label, polynomial in ((b"pk_vote", secret.vote), (b"pk_data", secret.data)):
            published = polynomial.commitments()
            challenge = partial(schnorr.guardian_challenge, h_p, label, secret.i, (*published, kappa))
            proofs.append(schnorr.prove_all(group.g, (*polynomial.coefficients, secret.zeta), challenge, self.rng))
            commitments.append(published)
        return GuardianPublicKey(
            i=secret.i,
            name=f"Guardian {secret.i}",
            vote_commitments=commitments[0],
            data_commitments=commitments[1],
            communication_key=kappa,
            vote_proof=proofs[0],
            data_proof=proofs[1],
        )

    def hold(
        self,
        *,
        manifest: bytes | None = None,
        group: Group | None = None,
        n: int | None = None,
        k: int | None = None,
        secrets: dict[int, SecretGuardianKeys] | None = None,
        h_p: bytes | None = None,
    ) -> None:
        """Hold the whole election anew with other parameters, another manifest or other guardians (file number: keys).

        K and K̂ are the products over the guardians there are. ``h_p`` takes the place of H_P everywhere.
        """
        group, n, k = group or self.group, n or self.election.n, k or self.election.k
        self.manifest_bytes = manifest or self.manifest_bytes
        hashes = Hashes.of(group, n, k, self.manifest_bytes)
        if h_p is not None:
            hashes = Hashes(h_p=h_p, h_b=base_hash(h_p, self.manifest_bytes))
        secrets = secrets or {i: self.secret_keys(i, k, group) for i in range(1, n + 1)}
        self.guardians = {number: self.public_key(secret, hashes.h_p) for number, secret in secrets.items()}
        self.s = reduce(lambda x, y: x + y, (secret.vote.coefficients[0] for secret in secrets.values()))
        self.s_hat = reduce(lambda x, y: x + y, (secret.data.coefficients[0] for secret in secrets.values()))
        vote = product(group, (public.vote_commitments[0] for public in self.guardians.values()))
        data = product(group, (public.data_commitments[0] for public in self.guardians.values()))
        keys = JointKeys(vote_encryption_key=vote, data_encryption_key=data)
        self.election = Election.of(group, n, k, parse_manifest(self.manifest_bytes), hashes, keys)
        self.vote_again()

    def replace_keys(self, *, s: SecretScalar | None = None, s_hat: SecretScalar | None = None) -> None:
        """Put joint keys into the record that are not those of the guardians, and hold the election with them."""
        self.s, self.s_hat, old = s or self.s, s_hat or self.s_hat, self.election
        keys = JointKeys(vote_encryption_key=self.g**self.s, data_encryption_key=self.g**self.s_hat)
        self.election = Election.of(old.group, old.n, old.k, old.manifest, old.hashes, keys)
        self.vote_again()


def outside_z_q(x: int, group: Group) -> int:
    """Return x + q where 32 bytes hold it.

    They do wherever q is short, and for x < 189 where q is that of the standard parameters. A larger x has no such
    double there; q itself or a number just above stands for it.
    """
    room = (1 << 256) - int(group.q)
    return int(group.q) + int(x) % room


class _FirstBytes:
    """Randomness whose first bytes are given."""

    def __init__(self, first: bytes, rng: DeterministicRandomness) -> None:
        self._first: bytes | None = first
        self._rng = rng

    def bytes(self, n: int) -> bytes:
        first, self._first = self._first, None
        return first if first is not None else self._rng.bytes(n)

    def scalar(self, group: Group) -> SecretScalar:
        return self._rng.scalar(group)
