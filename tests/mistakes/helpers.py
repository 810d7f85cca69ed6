"""What the tests of several themes use."""

import dataclasses
from collections.abc import Sequence

from e2evote.decryption.rounds import (
    DecryptionCommitments,
    DecryptionResponses,
    DecryptionReveals,
    SecretDecryptionState,
    combine,
    commit,
    respond,
)
from e2evote.decryption.statements import Statement, tally_statements
from e2evote.encryption import encrypt_ballot
from e2evote.group.elements import Element
from e2evote.key_ceremony import Ceremony, EncryptedShare, SecretGuardianKeys
from e2evote.record.ballot import EncryptedBallot
from e2evote.record.codes import open_device
from e2evote.record.plaintext import PlaintextBallot, PlaintextContest
from e2evote.record.setup import Election, GuardianPublicKey
from e2evote.record.tally import Tally
from e2evote.secret_sharing import SecretKeyShares
from tests.builders import BuiltRecord
from tests.deterministic import DeterministicRandomness

H32 = bytes(range(32))


def plain(
    style: int, weight: int = 1, write_ins: dict[int, str] | None = None, **marks: tuple[int, ...]
) -> PlaintextBallot:
    """Return a ballot; marks are given as c1=(…), c2=(…) by contest."""
    contests = (
        PlaintextContest(contest=int(name[1:]), selections=given, write_ins=write_ins if name == "c1" else None)
        for name, given in marks.items()
    )
    return PlaintextBallot(ballot_style=style, weight=weight, contests=tuple(contests))


def encrypted(election: Election, ballot: PlaintextBallot, seed: int = 0) -> EncryptedBallot:
    opening = open_device(election.h_e, 1, "Booth A", 1)
    return encrypt_ballot(election, opening, ballot, rng=DeterministicRandomness(seed))[0]


@dataclasses.dataclass
class Guardians:
    """A ceremony after round 2."""

    ceremony: Ceremony
    secrets: list[SecretGuardianKeys]
    publics: list[GuardianPublicKey]
    shares: list[EncryptedShare]

    def received(self, i: int) -> list[EncryptedShare]:
        return [share for share in self.shares if share.recipient == i]


def counted(found: Sequence[Tally]) -> dict[tuple[int, int, int], int]:
    """Return t by cell, contest and option."""
    return {
        (cell.cell, contest.index, option.index): option.tally
        for cell in found
        for contest in cell.contests
        for option in contest.options
    }


def expected_counts(built: BuiltRecord) -> dict[tuple[int, int, int], int]:
    """Return the same from the plaintexts of the cast ballots, overvotes left out."""
    manifest, counts = built.election.manifest, {}
    for index, cell in enumerate(manifest.cells, 1):
        for ind_c in manifest.cell_contests(cell):
            counts |= {(index, ind_c, ind_o): 0 for ind_o in range(1, len(manifest.contest(ind_c).options) + 1)}
    for ballot in built.of_status("cast"):
        given = built.plaintexts[ballot.confirmation_code]
        for marks in given.contests:
            contest = manifest.contest(marks.contest)
            over = sum(marks.selections) > contest.limit
            over |= any(s > r for s, r in zip(marks.selections, contest.option_limits, strict=True))
            for ind_o, mark in enumerate(marks.selections, 1):
                counts[manifest.cell_of(given.ballot_style), marks.contest, ind_o] += 0 if over else mark * given.weight
    return counts


@dataclasses.dataclass
class Session:
    """A decryption by the available guardians before the others' values are looked at; a test may change messages."""

    election: Election
    publics: Sequence[GuardianPublicKey]
    shares: dict[int, SecretKeyShares]
    statements: Sequence[Statement]
    states: dict[int, SecretDecryptionState]
    commitments: dict[int, DecryptionCommitments]
    reveals: dict[int, DecryptionReveals]

    def respond(self, i: int) -> DecryptionResponses:
        commitments, reveals = list(self.commitments.values()), list(self.reveals.values())
        return respond(self.election, self.shares[i], self.states[i], commitments, reveals)

    def combine(self, responses: Sequence[DecryptionResponses]) -> object:
        commitments, reveals = list(self.commitments.values()), list(self.reveals.values())
        return combine(self.election, self.publics, self.statements, commitments, reveals, responses)

    def lie(self, i: int, index: int = 0, **fields: Element) -> None:
        """Let guardian i commit to and reveal other values in one statement."""
        honest = self.reveals[i].partials
        part = honest[index].model_copy(update=fields)
        partials = (*honest[:index], part, *honest[index + 1 :])
        self.reveals[i] = DecryptionReveals(i=i, partials=partials)
        available = sorted(self.shares)
        hashes = (s.commitment_hash(i, available, p) for s, p in zip(self.statements, partials, strict=True))
        self.commitments[i] = DecryptionCommitments(i=i, hashes=tuple(hashes))
        self.states[i].commitments, self.states[i].reveals = self.commitments[i], self.reveals[i]
        self.forget()

    def forget(self) -> None:
        """Let the other guardians see the changed hashes as the first ones."""
        for state in self.states.values():
            state.accepted = None


def session(built: BuiltRecord, statements: Sequence[Statement], available: Sequence[int] = (1, 3)) -> Session:
    shares = {share.i: share for share in built.shares if share.i in available}
    rounds = {
        i: commit(built.election, share, statements, available, DeterministicRandomness(i))
        for i, share in shares.items()
    }
    commitments = {i: message for i, (_, message) in rounds.items()}
    reveals = {i: state.reveals for i, (state, _) in rounds.items()}
    states = {i: state for i, (state, _) in rounds.items()}
    publics = built.guardian_record.guardians
    return Session(built.election, publics, shares, statements, states, commitments, reveals)


def tally_of(built: BuiltRecord) -> Sequence[Statement]:
    return tally_statements(built.election, built.encrypted_tallies)[:3]
