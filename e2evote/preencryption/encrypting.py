"""The ballot encrypting tool: ballots that carry a code for every choice, before anybody has chosen.

What it hands out is the published ballot and its nonce ξ_B, from which the recording tool makes everything again:
the codes for printing, what was cast, or the ballot opened. Whoever has the nonce of a recorded ballot knows the vote.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from functools import partial
from itertools import islice

from e2evote.encryption import BATCH, Clock, SecretBallotNonce, encrypting_nonce, utc_now
from e2evote.engine import Workers, workers
from e2evote.errors import CheckError
from e2evote.group.computation import Computation, compute, together
from e2evote.group.powers import window_for
from e2evote.group.randomness import SYSTEM, Randomness
from e2evote.hashed_elgamal import HashedCiphertext
from e2evote.hashing import selection_identifier_hash
from e2evote.preencryption.vectors import check_style, generating_contest
from e2evote.record.ballot import DeviceOpening
from e2evote.record.codes import confirmation_code, next_chaining_field, tags_of
from e2evote.record.pre_encrypted import PreEncryptedBallot, PreEncryptedContest
from e2evote.record.setup import Election, FixedBases
from e2evote.record.short_codes import chance_of_unique_codes

LEAST_CHANCE = 0.01
"""A ballot style is refused if fewer of its ballots than this have short codes without a collision."""

NewBallot = tuple[PreEncryptedBallot, SecretBallotNonce]


@dataclass(frozen=True, slots=True)
class Blank:
    """What is asked for: a ballot style, and the weight of the ballots."""

    ballot_style: int
    weight: int = 1

    def check(self, election: Election) -> None:
        """Accept what can be pre-encrypted.

        Raises:
            CheckError: there is no such style, it cannot be pre-encrypted, its short codes would collide nearly
                always, or the weight is not allowed.
        """
        check_style(election, self.ballot_style)
        manifest = election.manifest
        if not 1 <= self.weight <= manifest.maximum_weight:
            raise CheckError(f"weight {self.weight} is not between 1 and {manifest.maximum_weight}")
        chance = 1.0
        for contest in (manifest.contest(ind_c) for ind_c in manifest.ballot_style(self.ballot_style).contests):
            chance *= float(chance_of_unique_codes(manifest.hash_trimming or 0, len(contest.options) + contest.limit))
        if chance < LEAST_CHANCE:
            raise CheckError(
                f"ballot style {manifest.ballot_style(self.ballot_style).label!r} needs so many short codes that fewer "
                "than one ballot in a hundred would have no code twice; with hash_trimming 2 they have four digits"
            )


@dataclass(frozen=True, slots=True)
class UnchainedPreEncryption:
    """A pre-encrypted ballot but for its place in the chain."""

    id_b: bytes
    h_i: bytes
    blank: Blank
    encrypted_at: str
    contests: tuple[PreEncryptedContest, ...]
    ballot_nonce: HashedCiphertext
    nonce: SecretBallotNonce

    def chained(self, opening: DeviceOpening, position: int, last_code: bytes | None) -> PreEncryptedBallot:
        """Return the ballot at its place on a device, after the one with ``last_code``."""
        field_b_c = next_chaining_field(opening, last_code)
        hashes = (contest.contest_hash for contest in self.contests)
        return PreEncryptedBallot(
            id_b=self.id_b,
            h_i=self.h_i,
            device=opening.device,
            position=position,
            ballot_style=self.blank.ballot_style,
            weight=self.blank.weight,
            encrypted_at=self.encrypted_at,
            contests=self.contests,
            ballot_nonce=self.ballot_nonce,
            chaining_field=field_b_c,
            confirmation_code=confirmation_code(self.h_i, hashes, field_b_c, tags_of(opening)),
        )


def expecting(election: Election, ballots: int) -> Election:
    """Return the election with tables that pay for the pre-encryption of so many ballots."""
    contests = [(len(contest.options), contest.limit) for contest in election.manifest.contests]
    powers = ballots * sum((m + L) * m for m, L in contests)
    return replace(election, bases=FixedBases.of(election.keys, window_for(powers, 12)))


def pre_encrypting(
    election: Election, blank: Blank, rng: Randomness = SYSTEM, clock: Clock = utc_now
) -> Computation[UnchainedPreEncryption]:
    """Pre-encrypt one ballot but for its place in the chain, with new id_B and ξ_B until no contest has a code twice.

    The caller has checked the blank.

    Spec: EG-2.1 §4.1.5; §4.2; §4.2.2
    """
    style = election.manifest.ballot_style(blank.ballot_style)
    while True:
        id_b, xi_b = rng.bytes(32), rng.bytes(32)
        h_i = selection_identifier_hash(election.h_e, id_b)
        contests = yield from together(generating_contest(election, h_i, ind_c, xi_b) for ind_c in style.contests)
        if all(contest.has_unique_codes() for contest in contests):
            break
    return UnchainedPreEncryption(
        id_b=id_b,
        h_i=h_i,
        blank=blank,
        encrypted_at=clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        contests=tuple(contest.hashed(h_i) for contest in contests),
        ballot_nonce=(yield from encrypting_nonce(election, h_i, xi_b, rng)),
        nonce=SecretBallotNonce(xi_b),
    )


def pre_encrypt_ballots(
    election: Election,
    opening: DeviceOpening,
    blanks: Iterable[Blank],
    ballots_before: int = 0,
    last_code: bytes | None = None,
    jobs: int | Workers = 1,
    rng: Randomness = SYSTEM,
    clock: Clock = utc_now,
) -> Generator[NewBallot, None, None]:
    """Yield a device's ballots in sequence, each chained to the one before it, with their nonces.

    Args:
        election: the election, from its checked record.
        opening: the device, which makes pre-encrypted ballots only.
        blanks: what is asked for, ballot by ballot.
        ballots_before: ballots that the device has made before.
        last_code: H_C of the last of them, None if there is none.
        jobs: where the ballots are encrypted; only the chain is put together here.
        rng: source of every secret.
        clock: time of encryption.

    Raises:
        CheckError: a blank cannot be pre-encrypted, or the device makes ordinary ballots.

    Spec: EG-2.1 §4.2
    """
    if not opening.pre_encrypted:
        raise CheckError(f"device {opening.device} makes no pre-encrypted ballots; another device has to be opened")
    waiting, position = iter(blanks), ballots_before
    batches = iter(lambda: list(islice(waiting, BATCH)), [])
    make: Callable[[Sequence[Blank]], list[UnchainedPreEncryption]] = partial(_pre_encrypt, election, rng, clock)
    for unchained in workers(jobs).map(make, batches):
        for ballot in unchained:
            position += 1
            chained = ballot.chained(opening, position, last_code)
            last_code = chained.confirmation_code
            yield chained, ballot.nonce


def _pre_encrypt(
    election: Election, rng: Randomness, clock: Clock, blanks: Sequence[Blank]
) -> list[UnchainedPreEncryption]:
    for blank in set(blanks):
        blank.check(election)
    return compute(together(pre_encrypting(election, blank, rng, clock) for blank in blanks))
