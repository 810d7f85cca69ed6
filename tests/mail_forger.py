"""A mail election for tests, and the forger of its records.

    mail = build_mail()                         # ordinary ballots of one device, pre-encrypted ones of two
    MailForger.of(tmp_path / "record", mail).write()

Some voters were sent two ballots and cast one; what nobody cast is opened. ``MailForger`` is a ``Forger`` that also
holds the pre-encrypted ballots: what is recorded or opened of each is made when it is posted and may be changed.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial, reduce
from pathlib import Path
from typing import Any, Self

from e2evote.elgamal import Ciphertext, encrypt
from e2evote.encryption import SecretBallotNonce
from e2evote.group.elements import SecretScalar
from e2evote.hashing import PRE_ENCRYPTED, pre_encryption_nonce
from e2evote.preencryption.encrypting import Blank, pre_encrypt_ballots
from e2evote.preencryption.recording import open_uncast, record_ballot
from e2evote.record import layout
from e2evote.record.ballot import BallotStatus, EncryptedOption
from e2evote.record.codes import (
    close_device,
    confirmation_code,
    next_chaining_field,
    open_device,
    pre_encrypted_contest_hash,
    selection_hash,
)
from e2evote.record.manifest import Manifest
from e2evote.record.pre_encrypted import (
    CountedBallot,
    PreEncryptedBallot,
    RecordedBallot,
    RecordedContest,
    SelectedVector,
    UncastBallot,
)
from e2evote.record.setup import Election
from e2evote.record.short_codes import short_code
from e2evote.zkp import range as range_proof
from e2evote.zkp.range import RangeProof
from tests.ballot_forger import Prover
from tests.builders import SHARD, TOY, BuiltRecord, build_record
from tests.forger import Forger

MAIL_MANIFEST: dict[str, Any] = {
    "label": "By mail",
    "chaining_modes": [0, 1],
    "maximum_weight": 3,
    "minimum_cell_ballots": 2,
    "hash_trimming": 1,
    "contests": [
        {"label": "board", "selection_limit": 2, "contest_data_blocks": 1,
         "options": [{"label": f"board-{j}"} for j in range(1, 5)]},
        {"label": "delegate", "options": [{"label": "first"}, {"label": "second"}, {"label": "third"}]},
        {"label": "motion", "options": [{"label": "yes"}, {"label": "no"}]},
    ],
    "ballot_styles": [{"label": "member", "contests": [1, 3]}, {"label": "partner", "contests": [2, 3]}],
}  # fmt: skip
"""Two styles that each skip a contest, L = 1 and 2, weights, both chaining modes, Ω_1."""

Choices = Mapping[int, Sequence[int]]
POSTED: Mapping[int, Sequence[tuple[int, int, Choices | None]]] = {
    # device: (style, weight, what the voter chose by contest, or None if the ballot was not cast)
    2: ((1, 1, {1: (2, 4), 3: (1,)}), (1, 1, None), (2, 1, {2: (3,), 3: (2,)}), (2, 1, None), (1, 2, {1: (1,)})),
    3: ((1, 1, {3: (2,)}), (1, 1, None), (1, 1, {1: (3, 4), 3: (1,)})),
}
"""Device 2 is chained, device 3 is not. Of contest 1 one voter chose all, one less than allowed, one nothing."""


def mail_manifest(**changes: object) -> bytes:
    """Return the manifest with top-level fields replaced, or left out where the value is None."""
    fields = {name: value for name, value in (MAIL_MANIFEST | changes).items() if value is not None}
    return json.dumps(fields, ensure_ascii=False).encode()


@dataclass(slots=True)
class Posted:
    """A pre-encrypted ballot, what became of it, and what nobody else knows of it."""

    ballot: PreEncryptedBallot
    nonce: SecretBallotNonce
    choices: Choices | None
    status: str
    recorded: RecordedBallot | None = None
    opened: UncastBallot | None = None

    def change(self, **fields: object) -> None:
        """Change fields of the ballot."""
        self.ballot = self.ballot.model_copy(update=fields)

    def change_contest(self, ind_c: int, **fields: object) -> None:
        """Change fields of a contest as it was printed."""
        contests = self.ballot.contests
        self.change(contests=tuple(c.model_copy(update=fields) if c.index == ind_c else c for c in contests))

    def contest(self, ind_c: int) -> RecordedContest:
        """Return a contest as it was recorded."""
        assert self.recorded is not None
        return next(contest for contest in self.recorded.contests if contest.index == ind_c)

    def record_contest(self, ind_c: int, **fields: object) -> None:
        """Change fields of a contest as it was recorded."""
        assert self.recorded is not None
        contests = (c.model_copy(update=fields) if c.index == ind_c else c for c in self.recorded.contests)
        self.recorded = self.recorded.model_copy(update={"contests": tuple(contests)})


@dataclass(frozen=True, slots=True)
class Vector:
    """Values, nonces and ciphertexts of a vector that a forger makes."""

    values: tuple[int, ...]
    nonces: tuple[SecretScalar, ...]
    ciphertexts: tuple[Ciphertext, ...]


@dataclass(slots=True)
class MailForger(Forger):
    """Everything that goes into the record of a mail election, and every secret."""

    posted: dict[int, list[Posted]] = field(default_factory=dict)
    printed_by: Manifest | None = None
    """The manifest that the printers follow, if it is not the record's."""

    @classmethod
    def of(cls, root: Path, built: BuiltRecord, each: int | None = None) -> Self:
        """Take over an election with ordinary ballots, and post the others: all of ``POSTED``, or a few a device."""
        # zero-argument super() does not find its way into a slotted dataclass
        forger: Self = super(MailForger, cls).of(root, built)
        forger.post_all(each)
        return forger

    def post_all(self, each: int | None = None) -> None:
        """Print all ballots, or a few a device, and record or open each."""
        for device, every in POSTED.items():
            blanks = every[:each]
            opening = open_device(self.election.h_e, device, f"Printer {device}", int(device == 2), pre_encrypted=True)
            self.openings[device] = opening
            made = pre_encrypt_ballots(
                self.printers, opening, [Blank(style, weight) for style, weight, _ in blanks], rng=self.rng,
                clock=lambda: datetime(2026, 12, 1, 8, tzinfo=UTC),
            )  # fmt: skip
            pairs = zip(made, blanks, strict=True)
            self.posted[device] = [
                Posted(ballot, nonce, choices, "uncast" if choices is None else "cast")
                for (ballot, nonce), (_, _, choices) in pairs
            ]
            for post in self.posted[device]:
                self.decide(post)
            self.close_posted(device)

    @property
    def printers(self) -> Election:
        """The election as the printers know it."""
        return replace(self.election, manifest=self.printed_by or self.election.manifest)

    def decide(self, post: Posted) -> None:
        """Record or open a ballot honestly, from its nonce."""
        if post.choices is None:
            post.opened = open_uncast(self.printers, post.ballot, post.nonce)
        else:
            post.recorded = record_ballot(self.printers, post.ballot, post.nonce, post.choices, self.rng)

    def vote_again(self, election: Election | None = None) -> None:
        """Encrypt and post all ballots anew."""
        for device in self.posted:
            del self.openings[device]
        super(MailForger, self).vote_again(election)
        self.post_all()

    def all_posted(self) -> Iterator[Posted]:
        for sequence in self.posted.values():
            yield from sequence

    def post(self, status: str = "cast", nth: int = 0, **wanted: object) -> Posted:
        """Return the nth pre-encrypted ballot with this status and these fields."""

        def fits(post: Posted) -> bool:
            return post.status == status and all(getattr(post.ballot, name) == x for name, x in wanted.items())

        return [post for post in self.all_posted() if fits(post)][nth]

    def counted(self, statuses: set[str]) -> list[CountedBallot]:
        """Return what is added up: ordinary ballots, and those recorded."""
        recorded = [post.recorded for post in self.all_posted() if post.status in statuses]
        ordinary = super(MailForger, self).counted(statuses)
        return [*ordinary, *(ballot for ballot in recorded if ballot is not None)]

    # ------------------------------------------------------------------------------------------- vectors

    def vector(
        self, post: Posted, ind_c: int, j: int, values: Sequence[int] | None = None,
        forge: Callable[[int, Ciphertext], Ciphertext] = lambda _, ciphertext: ciphertext,
        offset: int = 0,
    ) -> Vector:  # fmt: skip
        """Return the j-th vector of a contest; with other values, forged ciphertexts, or nonces that are higher."""
        m, g, K = len(self.election.manifest.contest(ind_c).options), self.g, self.election.K
        values = tuple(values or (int(j == k) for k in range(1, m + 1)))
        h_i, more = post.ballot.h_i, self.group.scalar(offset)
        nonces = tuple(
            pre_encryption_nonce(self.group, h_i, ind_c, j, k, post.nonce.value) + more for k in range(1, m + 1)
        )
        pairs = zip(values, nonces, strict=True)
        made = tuple(forge(k, encrypt(g, K, value, xi)) for k, (value, xi) in enumerate(pairs, 1))
        return Vector(values, nonces, made)

    def print_vectors(self, post: Posted, ind_c: int, replaced: Mapping[int, Vector]) -> None:
        """Print a contest with other vectors in place of some, and the chain behind the ballot."""
        contest = self.election.manifest.contest(ind_c)
        every = range(1, len(contest.options) + contest.limit + 1)
        vectors = [replaced.get(j) or self.vector(post, ind_c, j) for j in every]
        self.print_hashes(post, ind_c, [selection_hash(post.ballot.h_i, vector.ciphertexts) for vector in vectors])

    def print_hashes(self, post: Posted, ind_c: int, psis: Sequence[bytes]) -> None:
        """Print a contest with these selection hashes, and the chain behind the ballot."""
        psis = tuple(sorted(psis))
        chi = pre_encrypted_contest_hash(post.ballot.h_i, ind_c, psis)
        post.change_contest(ind_c, selection_hashes=psis, contest_hash=chi)
        self.rechain_posted(post)

    def select(
        self, post: Posted, ind_c: int, vectors: Sequence[Vector], prover: Prover | None = None,
        total_prover: Prover | None = None,
    ) -> None:  # fmt: skip
        """Record a contest as the product of these vectors, each under its own hash, with proofs for each if L > 1."""
        h_i, limit = post.ballot.h_i, self.election.manifest.contest(ind_c).limit
        selected = [self.selected(post, ind_c, vector, prover if limit > 1 else None) for vector in vectors]
        values = [sum(column) for column in zip(*(vector.values for vector in vectors), strict=True)]
        nonces = [_sum(column) for column in zip(*(vector.nonces for vector in vectors), strict=True)]
        columns = zip(*(vector.ciphertexts for vector in vectors), strict=True)
        ciphertexts = [reduce(Ciphertext.__mul__, column) for column in columns]
        proofs = self.prove_vector(h_i, ind_c, values, nonces, ciphertexts, total_prover)
        total = reduce(Ciphertext.__mul__, ciphertexts)
        challenge = partial(range_proof.limit_challenge, h_i, ind_c, total)
        pairs = zip(ciphertexts, proofs, strict=True)
        post.record_contest(
            ind_c,
            options=tuple(EncryptedOption.model_construct(ciphertext=pair, proof=proof) for pair, proof in pairs),
            proof=(total_prover or self.prove)(sum(values), _sum(nonces), total, limit, challenge),
            selections=tuple(sorted(selected, key=lambda one: one.selection_hash)),
        )

    def selected(
        self, post: Posted, ind_c: int, vector: Vector, prover: Prover | None = None, stated: bytes | None = None
    ) -> SelectedVector:
        """Return a vector as it is recorded, under its own hash or another."""
        h_i, manifest = post.ballot.h_i, self.election.manifest
        psi, proofs = stated or selection_hash(h_i, vector.ciphertexts), None
        if manifest.contest(ind_c).limit > 1:
            proofs = self.prove_vector(h_i, ind_c, vector.values, vector.nonces, vector.ciphertexts, prover)
        code = short_code(manifest.hash_trimming or 1, psi)
        return SelectedVector.model_construct(
            selection_hash=psi, short_code=code, vector=vector.ciphertexts, proofs=proofs
        )

    def prove_vector(
        self, h_i: bytes, ind_c: int, values: Sequence[int], nonces: Sequence[SecretScalar],
        ciphertexts: Sequence[Ciphertext], prover: Prover | None = None,
    ) -> tuple[RangeProof, ...]:  # fmt: skip
        prove = prover or self.prove
        return tuple(
            prove(value, xi, ciphertext, 1, partial(range_proof.selection_challenge, h_i, ind_c, k, ciphertext))
            for k, (value, xi, ciphertext) in enumerate(zip(values, nonces, ciphertexts, strict=True), 1)
        )

    # ------------------------------------------------------------------------------------------- chains

    def recode_posted(self, post: Posted, code: bytes | None = None) -> None:
        """Compute the code anew from contest hashes and chaining field, or set it, also where it is repeated."""
        ballot = post.ballot
        hashes = [contest.contest_hash for contest in ballot.contests]
        code = code or confirmation_code(ballot.h_i, hashes, ballot.chaining_field, PRE_ENCRYPTED)
        post.change(confirmation_code=code)
        if post.recorded is not None:
            post.recorded = post.recorded.model_copy(update={"confirmation_code": code})
        if post.opened is not None:
            post.opened = post.opened.model_copy(update={"confirmation_code": code})

    def rechain_posted(self, post: Posted, behind: bool = False) -> None:
        """Chain a ballot and those behind it, or only these, and close the device."""
        device = post.ballot.device
        sequence, opening = self.posted[device], self.openings[device]
        first = sequence.index(post) + (1 if behind else 0)
        for place in range(first, len(sequence)):
            last_code = sequence[place - 1].ballot.confirmation_code if place else None
            sequence[place].change(chaining_field=next_chaining_field(opening, last_code))
            self.recode_posted(sequence[place])
        self.close_posted(device)

    def close_posted(self, device: int) -> None:
        sequence = self.posted[device]
        code = sequence[-1].ballot.confirmation_code
        self.closings[device] = close_device(self.election.h_e, self.openings[device], len(sequence), code)

    # ------------------------------------------------------------------------------------------- the record

    def write(self, **given: Any) -> None:
        """Write all files but the index."""
        super(MailForger, self).write(**given)
        for device, sequence in self.posted.items():
            (self.root / layout.opening_path(device)).parent.mkdir(parents=True)
            self.put(layout.opening_path(device), self.openings[device])
            self._put_shards(device, layout.ballots_path, [post.ballot for post in sequence])
            recorded = [post.recorded for post in sequence if post.recorded is not None]
            self._put_shards(device, layout.recorded_path, recorded)
            statuses = [
                BallotStatus(confirmation_code=post.ballot.confirmation_code, status=post.status) for post in sequence
            ]
            self.put(layout.statuses_path(device), *statuses)
            self.put(layout.closing_path(device), self.closings[device])
        opened = [post.opened for post in self.all_posted() if post.opened is not None]
        if opened:
            self.put(layout.UNCAST_BALLOTS, *opened)

    def _put_shards(self, device: int, path: Callable[[int, int], str], objects: Sequence[Any]) -> None:
        for first in range(0, len(objects), SHARD):
            self.put(path(device, first // SHARD + 1), *objects[first : first + SHARD])


def build_mail(group_name: str = TOY, manifest: bytes | None = None, ballots: int = 4, spoiled: int = 0) -> BuiltRecord:
    """Hold the part of a mail election that has nothing to do with mail: keys, and some ballots of a booth."""
    with tempfile.TemporaryDirectory() as folder:
        return build_record(
            Path(folder), group_name=group_name, manifest=manifest or mail_manifest(), ballots=ballots, challenged=1,
            spoiled=spoiled, devices=(("Booth", 1),), n=2, k=1, until="ballots",
        )  # fmt: skip


def _sum(nonces: Sequence[SecretScalar]) -> SecretScalar:
    return reduce(lambda x, y: x + y, nonces)
