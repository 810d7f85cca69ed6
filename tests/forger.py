"""The corrupt authority of the tests: it knows every secret of an election and writes whatever record it likes.

``Forger(root, built)`` starts from an honest record. Change what it holds (``votes``, ``openings``, ``guardians``, …),
re-make what depends on the change (``seal``, ``recode``, ``rechain``, ``hold``) or leave it, then ``write``: tallies,
decryptions and opened ballots are made anew from what is held then, each with the proof that an honest one would have.
So a defect can stand alone: everything behind it is consistent. Nothing here asks whether it may.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from e2evote import hashed_elgamal
from e2evote.elgamal import Ciphertext
from e2evote.errors import CheckError, VerificationError
from e2evote.group.discrete_log import discrete_log
from e2evote.group.elements import Element, Scalar
from e2evote.hashed_elgamal import BallotNonceSeal, ContestDataSeal, HashedCiphertext, Seal
from e2evote.hashing import contest_data_nonce, selection_nonce
from e2evote.record import layout
from e2evote.record.ballot import BallotStatus, EncryptedContest
from e2evote.record.codec import RecordModel, dump
from e2evote.record.opened import ChallengedBallot, DecryptedContestData, OpenedContest, OpenedContestData, OpenedOption
from e2evote.record.pre_encrypted import CountedBallot
from e2evote.record.setup import Election, ExtendedHashes, Parameters
from e2evote.record.tally import EncryptedTally, EncryptedTallyContest, Tally, TallyContest, TallyOption
from e2evote.zkp.equality import EqualityProof, contest_data_challenge, tally_challenge
from tests.ballot_forger import BallotForger, Vote
from tests.builders import SHARD

Merge = Mapping[tuple[int, int], tuple[int, ...]]
"""By cell and contest the cells that are merged into it."""

HIGHEST = 5000
"""No total of a test is higher."""


@dataclass(slots=True)
class Forger(BallotForger):
    """Makes the rest of the record from the ballots, and writes it."""

    # ------------------------------------------------------------------------------------------- tallies

    def aggregate(self, counted: Iterable[str] = ("cast",)) -> list[EncryptedTally]:
        """Add up the ballots with these statuses, contest by contest as they stand on the ballots."""
        manifest, one = self.election.manifest, Ciphertext(self.group.one, self.group.one)
        cells = []
        for number, cell in enumerate(manifest.cells, 1):
            ballots = [ballot for ballot in self.counted(set(counted)) if self.cell(ballot) == number]
            contests = []
            for ind_c in manifest.cell_contests(cell):
                row = [one] * len(manifest.contest(ind_c).verifiable_fields)
                for ballot in ballots:
                    W = self.group.scalar(ballot.weight)
                    for contest in (contest for contest in ballot.contests if contest.index == ind_c):
                        for j, option in enumerate(contest.options[: len(row)]):
                            row[j] = row[j] * option.ciphertext**W
                voters = sum(any(contest.index == ind_c for contest in ballot.contests) for ballot in ballots)
                contests.append(EncryptedTallyContest(index=ind_c, ballots=voters, options=tuple(row)))
            count, weight = len(ballots), sum(ballot.weight for ballot in ballots)
            fields = {"cell": number, "label": cell.label, "ballots": count, "weight": weight}
            cells.append(EncryptedTally.model_construct(**fields, contests=tuple(contests)))
        return cells

    def counted(self, statuses: set[str]) -> list[CountedBallot]:
        """Return the ballots with these statuses."""
        return [vote.ballot for vote in self.all_votes() if vote.status in statuses]

    def cell(self, ballot: CountedBallot) -> int | None:
        """Return the cell of a ballot, None if its style does not exist."""
        styles = len(self.election.manifest.ballot_styles)
        return self.election.manifest.cell_of(ballot.ballot_style) if ballot.ballot_style <= styles else None

    def decrypt(self, cells: Sequence[EncryptedTally], every: bool = False, merge: Merge | None = None) -> list[Tally]:
        """Decrypt all contests that reach the minimum in their cell, or every one; merge nothing but what is given.

        What is merged stays in its own cell too.
        """
        manifest, merge = self.election.manifest, merge or {}
        least = 0 if every else manifest.minimum_cell_ballots
        cells = [self.merged(cell, cells, merge) for cell in cells]
        return [
            Tally(
                cell=cell.cell,
                label=cell.label,
                contests=tuple(
                    TallyContest(
                        index=contest.index,
                        label=manifest.contest(contest.index).label,
                        merged=merge.get((cell.cell, contest.index)),
                        options=tuple(self.decrypt_option(contest, j) for j in range(1, len(contest.options) + 1)),
                    )
                    for contest in cell.contests
                    if contest.ballots >= least
                ),
            )
            for cell in cells
            if any(contest.ballots >= least for contest in cell.contests)
        ]

    def merged(self, cell: EncryptedTally, cells: Sequence[EncryptedTally], merge: Merge) -> EncryptedTally:
        """Return a cell with the ballots and ciphertexts of others added, contest by contest."""
        contests = {(other.cell, contest.index): contest for other in cells for contest in other.contests}
        sums = []
        for contest in cell.contests:
            parts = [contest, *(contests[i, contest.index] for i in merge.get((cell.cell, contest.index), ()))]
            row = contest.options
            for part in parts[1:]:
                row = tuple(total * more for total, more in zip(row, part.options, strict=True))
            ballots = sum(part.ballots for part in parts)
            sums.append(contest.model_copy(update={"ballots": ballots, "options": row}))
        return cell.model_copy(update={"contests": tuple(sums)})

    def decrypt_option(self, contest: EncryptedTallyContest, ind_o: int) -> TallyOption:
        total = contest.options[ind_o - 1]
        M = total.alpha**self.s
        T = total.beta / M
        try:
            t = discrete_log(self.election.K, T, HIGHEST)
        except CheckError:
            t = 0
        label = self.election.manifest.contest(contest.index).verifiable_fields[ind_o - 1].label
        proof = self.prove_decryption(contest.index, ind_o, total, M)
        return TallyOption(index=ind_o, label=label, tally=t, encoded_tally=T, proof=proof)

    def prove_decryption(
        self, ind_c: int, ind_o: int, total: Ciphertext, M: Element, s: Scalar | None = None, even: bool = False
    ) -> EqualityProof:
        """Prove M = A^s; with another ``s`` or another M the proof does not hold."""
        while True:
            u = self.rng.scalar(self.group)
            a, b_ = self.g**u, total.alpha**u
            c = tally_challenge(self.election.h_e, ind_c, ind_o, total, a, b_, M)
            if not even or c.value % 2 == 0:
                return EqualityProof(c, (u - c * (s or self.s)).reveal())

    # ------------------------------------------------------------------------------------------- opened

    def open(self, vote: Vote) -> ChallengedBallot:
        """Open a ballot, whatever it holds and whatever its status."""
        ballot = vote.ballot
        contests = tuple(self._open_contest(vote, contest) for contest in ballot.contests)
        return ChallengedBallot(
            device=ballot.device,
            position=ballot.position,
            confirmation_code=ballot.confirmation_code,
            contests=contests,
        )

    def _open_contest(self, vote: Vote, contest: EncryptedContest) -> OpenedContest:
        known, K = self.election.manifest.contest(contest.index), self.election.K
        options = []
        for j, (option, sealed) in enumerate(zip(known.verifiable_fields, contest.options, strict=True), 1):
            xi = selection_nonce(self.group, vote.ballot.h_i, contest.index, j, vote.nonce.value)
            sigma = discrete_log(K, sealed.ciphertext.beta / K**xi, HIGHEST)
            options.append(OpenedOption(index=j, label=option.label, selection=sigma, nonce=xi.reveal()))
        data = None
        if contest.contest_data is not None:
            xi = contest_data_nonce(self.group, vote.ballot.h_i, contest.index, vote.nonce.value)
            data = OpenedContestData(nonce=xi.reveal(), data=self.read_data(vote, contest.index, xi))
        return OpenedContest(index=contest.index, label=known.label, options=tuple(options), contest_data=data)

    def read_data(self, vote: Vote, ind_c: int, xi: Scalar | None = None) -> bytes:
        """Decrypt contest data: with ξ, the ballot's own if none is given, α and β are made from it."""
        sealed = vote.contest(ind_c).contest_data
        xi = xi or contest_data_nonce(self.group, vote.ballot.h_i, ind_c, vote.nonce.value)
        made = HashedCiphertext(self.g**xi, sealed.c_1, sealed.c_2)
        return _decrypted(ContestDataSeal(vote.ballot.h_i, ind_c), made, self.election.K_hat**xi)

    def decrypt_data(self, vote: Vote, ind_c: int, minus: bool = False) -> DecryptedContestData:
        """Decrypt contest data with the guardians' proof, on request for −β and an even challenge."""
        ballot, sealed = vote.ballot, vote.contest(ind_c).contest_data
        beta = sealed.c_0**self.s_hat
        beta = self.minus(beta) if minus else beta
        while True:
            u = self.rng.scalar(self.group)
            c = contest_data_challenge(
                ballot.h_i, ind_c, sealed.c_0, sealed.c_1, bytes(sealed.c_2), self.g**u, sealed.c_0**u, beta
            )
            if not minus or c.value % 2 == 0:
                break
        return DecryptedContestData(
            device=ballot.device,
            position=ballot.position,
            confirmation_code=ballot.confirmation_code,
            index=ind_c,
            factor=beta,
            proof=EqualityProof(c, (u - c * self.s_hat).reveal()),
            data=_decrypted(ContestDataSeal(ballot.h_i, ind_c), sealed, beta),
        )

    def opened(self) -> list[ChallengedBallot]:
        return [self.open(vote) for vote in self.all_votes() if vote.status == "challenged"]

    def contest_data(self) -> list[DecryptedContestData]:
        allowed = self.election.manifest.cast_contest_data_may_be_decrypted
        votes = [vote for vote in self.all_votes() if vote.status == "cast" and vote not in self.keep_sealed]
        fields = [(vote, c.index) for vote in votes for c in vote.ballot.contests if c.contest_data is not None]
        return [self.decrypt_data(vote, ind_c) for vote, ind_c in fields] if allowed else []

    # ------------------------------------------------------------------------------------------- the record

    def write(
        self,
        *,
        encrypted: Sequence[EncryptedTally] | None = None,
        tallies: Sequence[Tally] | None = None,
        opened: Sequence[ChallengedBallot] | None = None,
        contest_data: Sequence[DecryptedContestData] | None = None,
    ) -> None:
        """Write all files but the index; what is not handed in is made from what is held."""
        election = self.election
        (self.root / "guardians").mkdir(parents=True)
        (self.root / layout.MANIFEST).write_bytes(self.manifest_bytes)
        self.put(layout.PARAMETERS, Parameters.of(election.group, election.n, election.k))
        self.put(layout.HASHES, election.hashes)
        for number, public in self.guardians.items():
            self.put(layout.guardian_path(number), public)
        self.put(layout.JOINT_KEYS, election.keys)
        self.put(layout.EXTENDED_HASHES, ExtendedHashes(h_e=self.h_e or election.h_e))
        for device, sequence in self.votes.items():
            self._write_device(device, sequence)
        encrypted = self.aggregate() if encrypted is None else encrypted
        self.put(layout.ENCRYPTED_TALLIES, *encrypted)
        self.put(layout.TALLIES, *(self.decrypt(encrypted) if tallies is None else tallies))
        opened = self.opened() if opened is None else opened
        if opened:
            self.put(layout.CHALLENGED_BALLOTS, *opened)
        contest_data = self.contest_data() if contest_data is None else contest_data
        if contest_data:
            self.put(layout.CONTEST_DATA, *contest_data)

    def _write_device(self, device: int, sequence: Sequence[Vote]) -> None:
        (self.root / layout.opening_path(device)).parent.mkdir(parents=True)
        self.put(layout.opening_path(device), self.openings[device])
        for first in range(0, len(sequence), SHARD):
            shard = [vote.ballot for vote in sequence[first : first + SHARD]]
            self.put(layout.ballots_path(device, first // SHARD + 1), *shard)
        codes = [(vote.ballot.confirmation_code, vote.status) for vote in sequence]
        statuses = [BallotStatus(confirmation_code=code, status=status) for code, status in codes]
        self.put(layout.statuses_path(device), *statuses)
        self.put(layout.closing_path(device), self.closings[device])

    def put(self, name: str, *objects: RecordModel) -> None:
        """Write a file of these objects."""
        (self.root / name).write_bytes(b"".join(dump(value) + b"\n" for value in objects))

    def edit(self, name: str, change: Callable[[Any], object]) -> None:
        """Change the JSON of a file with one object in place."""
        path = self.root / name
        value = json.loads(path.read_bytes())
        change(value)
        path.write_bytes(_json(value))

    def edit_lines(self, name: str, change: Callable[[list[Any]], object]) -> None:
        """Change the list of a file's lines in place."""
        path = self.root / name
        lines = [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]
        change(lines)
        path.write_bytes(b"".join(map(_json, lines)))

    def with_h_e(self, h_e: bytes) -> Election:
        """Return the election with another H_E."""
        return replace(self.election, h_e=h_e)

    def nonce_seal(self, vote: Vote) -> BallotNonceSeal:
        return BallotNonceSeal(vote.ballot.h_i)


def _decrypted(seal: Seal, sealed: HashedCiphertext, beta: Element) -> bytes:
    """Decrypt whole blocks; of anything else claim that it held zeros."""
    try:
        return hashed_elgamal.decrypt(seal, sealed, beta)
    except VerificationError:
        return bytes(len(sealed.c_1))


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
