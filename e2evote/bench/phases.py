"""One election in memory, phase by phase, in one thread; its ballots must verify and its tallies be right."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from e2evote.bench.backends import build_tables, verify_ballots
from e2evote.bench.figures import Meter, Time
from e2evote.bench.workload import Tallies, Workload
from e2evote.decryption.results import tallies
from e2evote.decryption.rounds import decrypt
from e2evote.decryption.statements import tally_statements
from e2evote.encryption import encrypt_ballots
from e2evote.errors import E2EVoteError
from e2evote.group.elements import Group
from e2evote.key_ceremony import Ceremony, GuardianRecord, hold
from e2evote.record.ballot import DeviceOpening, EncryptedBallot
from e2evote.record.codec import dump, parse
from e2evote.record.codes import open_device
from e2evote.record.plaintext import PlaintextBallot
from e2evote.record.setup import Election
from e2evote.record.tally import Tally
from e2evote.secret_sharing import SecretKeyShares
from e2evote.tally import accumulate
from e2evote.verifier.context import Context

GUARDIANS, QUORUM = 3, 2

CEREMONY, TABLES = "ceremony", "tables of g, K and K̂"
ENCRYPT, WRITE, PARSE, VERIFY = "encrypt a ballot", "write a ballot as JSON", "parse a ballot", "verify a ballot"
ACCUMULATE, DECRYPT = "accumulate a selection", "decrypt a tally"
PER_BALLOT = (ENCRYPT, WRITE, PARSE, VERIFY, ACCUMULATE)

ELECTION = 100
TYPICAL = 1_000
"""Ballots of the election that tables are made for."""
END_TO_END = f"end to end, {ELECTION} ballots"


@dataclass(frozen=True, slots=True)
class Prepared:
    """An election with its keys and one device, and the guardians' secrets."""

    election: Election
    record: GuardianRecord
    shares: tuple[SecretKeyShares, ...]
    opening: DeviceOpening

    @classmethod
    def of(cls, workload: Workload, group: Group, ballots: int | None = None) -> "Prepared":
        """Hold the ceremony and open a device, with tables for so many ballots, by default those of an election."""
        ceremony = Ceremony.of(group, GUARDIANS, QUORUM, workload.manifest_bytes)
        record, shares = hold(ceremony)
        election = Election.of(group, GUARDIANS, QUORUM, workload.manifest, ceremony.hashes, record.keys)
        election = election.expecting(ballots or TYPICAL)
        return cls(election, record, shares, open_device(election.h_e, 1, "bench", 1))

    @property
    def context(self) -> Context:
        """What the verifier needs to judge a ballot."""
        election, record = self.election, self.record
        return Context(
            election.group, election.manifest, election.n, election.k, record.keys, election.h_e, election.bases
        )

    def encrypt(
        self, plaintexts: Sequence[PlaintextBallot], before: int = 0, last: bytes | None = None
    ) -> list[EncryptedBallot]:
        """Encrypt ballots in sequence, after ``before`` others of which the last has that code."""
        made = encrypt_ballots(self.election, self.opening, plaintexts, before, last)
        return [ballot for ballot, _ in made]

    def verify(self, ballots: Sequence[EncryptedBallot]) -> None:
        """Verify ballots.

        Raises:
            E2EVoteError: one does not verify.
        """
        findings = verify_ballots(self.context, ballots).findings
        if findings:
            raise E2EVoteError(f"the benchmark's own ballots do not verify: {sorted(findings)}")


def measure(workload: Workload, group: Group, meter: Meter) -> Prepared:
    """Measure every phase of an election, and return it.

    Raises:
        E2EVoteError: a ballot does not verify, or a tally is not that of the plaintexts.
    """
    n = len(workload.ballots)
    prepared = meter.once(CEREMONY, 1, lambda: Prepared.of(workload, group))
    election = prepared.election
    tables = meter.once(TABLES, 1, lambda: build_tables(election.bases))
    meter.takes(sum(len(table.buffer) for table in tables))
    prepared.verify(prepared.encrypt(workload.warm_up))
    made = list(chain.from_iterable(meter.each(ENCRYPT, workload.ballots, prepared.encrypt)))
    lines = list(chain.from_iterable(meter.each(WRITE, made, lambda part: [dump(ballot) for ballot in part])))
    meter.takes(sum(map(len, lines)) // n)
    ballots = list(
        chain.from_iterable(
            meter.each(PARSE, lines, lambda part: [parse(EncryptedBallot, line, "bench", group) for line in part])
        )
    )
    meter.each(VERIFY, ballots, prepared.verify)
    selections = sum(len(contest.options) for ballot in ballots for contest in ballot.contests)
    encrypted = meter.once(ACCUMULATE, selections, lambda: accumulate(election, ballots))
    statements = tally_statements(election, encrypted)
    found = meter.once(
        DECRYPT,
        len(statements),
        lambda: tallies(
            election,
            encrypted,
            decrypt(election, prepared.record.guardians, prepared.shares[:QUORUM], statements),
        ),
    )
    check_tallies(workload, found)
    _add_end_to_end(meter, n)
    return prepared


def check_tallies(workload: Workload, found: Sequence[Tally]) -> None:
    """Accept the tallies of the plaintexts.

    Raises:
        E2EVoteError: they are others.
    """
    counted: Tallies = Counter()
    for cell in found:
        for contest in cell.contests:
            counted.update({(contest.index, option.index): option.tally for option in contest.options})
    if counted != workload.tallies():
        raise E2EVoteError("the benchmark's tallies are not those of its plaintext ballots")


def _add_end_to_end(meter: Meter, n: int) -> None:
    """Add the sum of all phases as an election of 100 ballots needs them; what was measured is n ballots."""
    total = Time()
    for figure in meter.figures:
        times = figure.count * (ELECTION / n if figure.what in PER_BALLOT else 1)
        total += Time(times * figure.milliseconds / 1000, times * figure.pm)
    meter.add(END_TO_END, 1, total)
