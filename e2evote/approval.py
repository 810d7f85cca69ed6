"""A record is approved before it is decrypted: what guardians may decrypt comes from a verified record only.

``approve`` verifies the record itself, boxes 1 to 9, and rules on every contest of every tally cell. Statements come
from the ``ApprovedRecord`` that it returns; there is no other way to make one. ``DecryptionMemory`` holds a guardian to
the set of ballots that it decrypted first.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import InitVar, dataclass
from types import MappingProxyType
from typing import Generic, Literal, NamedTuple, Never, Self, TypeVar, final

from e2evote.decryption.cells import CellSums, cell_sums
from e2evote.decryption.statements import (
    DataStatement,
    Statement,
    TallyStatement,
    ballot_nonce_statement,
    contest_data_statement,
    statements_of,
)
from e2evote.engine import Workers
from e2evote.errors import CheckError
from e2evote.messages.decrypting import Subject
from e2evote.record import layout
from e2evote.record.ballot import EncryptedBallot, Status
from e2evote.record.codec import Hash, RecordModel, dump
from e2evote.record.exceptions import Override, Rule, TallyException
from e2evote.record.layout import Record
from e2evote.record.load import load_election, load_guardians
from e2evote.record.pre_encrypted import PublishedBallot, parse_published
from e2evote.record.setup import Election, GuardianPublicKey
from e2evote.record.tally import EncryptedTally
from e2evote.verifier.run import Progress, verify_and_sum
from e2evote.verifier.secrecy import Secrecy

B = TypeVar("B", bound=PublishedBallot)

_TOKEN = object()
"""What only ``approve`` hands to the constructor."""


@dataclass(frozen=True, slots=True)
class ContestRuling:
    """Whether a contest that so many cast ballots have may be decrypted in a cell; by rule why not, and overrides.

    ``merged`` are the cells, number to label, that are too small by themselves: their ballots are among these. They
    have no ruling of their own about this contest.
    """

    cell: int
    cell_label: str
    contest: int
    contest_label: str
    ballots: int
    merged: Mapping[int, str]
    broken: Mapping[Rule, str]
    overridden: Mapping[Rule, str]

    @property
    def allowed(self) -> bool:
        """Tell whether no rule is left that forbids it."""
        return self.broken.keys() <= self.overridden.keys()


@dataclass(frozen=True, slots=True)
class DataRuling:
    """Whether the contest data of cast ballots may be decrypted in a contest; ``refusal`` says why not."""

    contest: int
    contest_label: str
    ballots: int
    refusal: str | None


class BallotStatement(NamedTuple, Generic[B]):
    """What is to be decrypted of one ballot."""

    ballot: B
    statement: DataStatement


@final
@dataclass(frozen=True, slots=True)
class ApprovedRecord:
    """A record that ``approve`` verified, and all that may be decrypted of it.

    ``pinned`` stands for its ballots and statuses, ``fingerprint`` for all of it (docs/formats/record.md).
    """

    election: Election
    guardians: tuple[GuardianPublicKey, ...]
    fingerprint: bytes
    pinned: bytes
    rulings: tuple[ContestRuling, ...]
    data_rulings: tuple[DataRuling, ...]
    encrypted: tuple[EncryptedTally, ...]
    record: Record
    token: InitVar[object]

    def __post_init__(self, token: object) -> None:
        if token is not _TOKEN:
            raise CheckError("an approved record comes from approve(), which verifies it, and from nowhere else")

    def __reduce__(self) -> Never:
        raise CheckError("an approved record is not carried to another process; approve the record there")

    @property
    def cells(self) -> tuple[CellSums, ...]:
        """The sums that may be decrypted, by tally cell; cells without any are left out."""
        allowed = (ruling for ruling in self.rulings if ruling.allowed)
        return cell_sums(self.encrypted, {(each.cell, each.contest): (each.cell, *each.merged) for each in allowed})

    def tally_statements(self) -> tuple[TallyStatement, ...]:
        """Return what is to be decrypted for the tallies, in the order of ``cells``; nothing where all is forbidden.

        Spec: EG-2.1 §3.6.1
        """
        return statements_of(self.election, self.cells)

    def ballot_nonce_statements(
        self, codes: Collection[bytes] | None = None
    ) -> Iterator[BallotStatement[PublishedBallot]]:
        """Return the ballot nonces of challenged and uncast ballots, by device and position.

        Args:
            codes: confirmation codes of the ballots to open; all that were challenged or left uncast by default.

        Raises:
            CheckError: one of them is not that of such a ballot.
            ParseError: while it is gone through: the record changed after it was approved.

        Spec: EG-2.1 §3.6.7
        """
        statuses = {code: s for device in self.record.device_indices() for code, s in self._statuses(device).items()}
        challenged = {code for code, status in statuses.items() if status in ("challenged", "uncast")}
        wanted = challenged if codes is None else set(codes)
        for code in sorted(wanted - challenged):
            found = f"ballot {code.hex().upper()} is {statuses.get(code, 'not in the record')}"
            raise CheckError(f"{found}; only challenged ballots are opened, and uncast ones")
        return (
            BallotStatement(ballot, ballot_nonce_statement(self.election, ballot, status))
            for ballot, status in self._ballots()
            if ballot.confirmation_code in wanted
        )

    def contest_data_statements(self) -> Iterator[BallotStatement[EncryptedBallot]]:
        """Return the contest data of all cast ballots, in every contest in which that may be decrypted.

        Raises:
            CheckError: there is contest data, and none of it may be decrypted.
            ParseError: while it is gone through: the record changed after it was approved.

        Spec: EG-2.1 §3.6.6
        """
        allowed = {ruling.contest for ruling in self.data_rulings if ruling.refusal is None}
        if self.data_rulings and not allowed:
            raise CheckError("; ".join(ruling.refusal for ruling in self.data_rulings if ruling.refusal is not None))
        return (
            BallotStatement(ballot, contest_data_statement(self.election, ballot, status, contest.index))
            for ballot, status in self._ballots()
            if isinstance(ballot, EncryptedBallot) and status == "cast"
            for contest in ballot.contests
            if contest.index in allowed
        )

    def statements(self, subject: Subject, codes: Collection[bytes] = ()) -> tuple[Statement, ...]:
        """Return what a decryption plan asks for.

        Args:
            subject: what it is about.
            codes: confirmation codes, where it is about challenged ballots.

        Raises:
            CheckError: the record forbids it, or a code is not that of a challenged ballot.
        """
        match subject:
            case "tallies":
                return self.tally_statements()
            case "challenged ballots":
                return tuple(statement for _, statement in self.ballot_nonce_statements(codes))
            case "contest data":
                return tuple(statement for _, statement in self.contest_data_statements())

    def exceptions(self, guardians: Iterable[int]) -> tuple[TallyException, ...]:
        """Return what the record has to say of these guardians' decryption: overrides, and what rare weights withhold.

        Raises:
            CheckError: they are not a quorum of different guardians.
        """
        indices = tuple(sorted(guardians))
        known = len(set(indices)) == len(indices) and all(1 <= i <= self.election.n for i in indices)
        if not known or len(indices) < self.election.k:
            raise CheckError(f"at least {self.election.k} different guardians of 1 to {self.election.n} are needed")
        return tuple(entry for ruling in self.rulings for entry in _exceptions(ruling, indices))

    def _statuses(self, device: int) -> dict[bytes, Status]:
        return {entry.confirmation_code: entry.status for entry in self.record.statuses(device)}

    def _ballots(self) -> Iterator[tuple[PublishedBallot, Status]]:
        """Yield every ballot with its status; a file is compared with what was verified before any of it is used."""
        for device in self.record.device_indices():
            statuses, opening = self._statuses(device), self.record.opening(device)
            for name in self.record.ballot_shards(device):
                for where, line in list(self.record.lines(name)):
                    ballot = parse_published(line, where, self.election.group, opening)
                    yield ballot, statuses[ballot.confirmation_code]


def approve(
    record: Record,
    jobs: int | Workers = 1,
    allow_insecure: Collection[str] = (),
    progress: Progress | None = None,
    overrides: Sequence[Override] = (),
) -> ApprovedRecord:
    """Verify a record up to its encrypted tallies and rule on what may be decrypted of it.

    Args:
        record: the record, all devices closed and all ballots decided and added up.
        jobs: number of processes for the ballots, or other workers.
        allow_insecure: names of parameter sets besides the standard one that are accepted.
        progress: called as ballots are verified.
        overrides: rules that are to be broken, each for one contest of one cell.

    Raises:
        ParseError: a file is missing or cannot be parsed, or changed meanwhile.
        CheckError: the record is not valid, or an override does not fit it.
        E2EVoteError: workers failed.

    Spec: EG-2.1 §3.6.1
    """
    report, sums = verify_and_sum(record, "tally", jobs, allow_insecure, progress)
    report.require_valid()
    election = load_election(record, frozenset(allow_insecure))
    secrecy = Secrecy(election.manifest, sums)
    return ApprovedRecord(
        election=election,
        guardians=load_guardians(record, election),
        fingerprint=bytes.fromhex(report.fingerprint),
        pinned=pinned_digest(record),
        rulings=_rule(secrecy, overrides),
        data_rulings=_rule_on_data(secrecy),
        encrypted=tuple(record.objects(EncryptedTally, layout.ENCRYPTED_TALLIES, election.group)),
        record=record,
        token=_TOKEN,
    )


def pinned_digest(record: Record) -> bytes:
    """Return what stands for the ballots and statuses of a record: SHA-256 of their entries in the index, as lines.

    Raises:
        ParseError: the index cannot be parsed.
    """
    digest = hashlib.sha256()
    for entry in record.index().files:
        if layout.is_ballots_path(entry.path):
            digest.update(dump(entry) + b"\n")
    return digest.digest()


class Answered(RecordModel):
    """That ballots of an election were decrypted: H_E, which ballots, and the record they were in at the time."""

    h_e: Hash
    pinned: Hash
    fingerprint: Hash


class DecryptionMemory(RecordModel):
    """What a guardian decrypted before, one set of ballots an election; stored by whoever runs the guardian.

    Two sums over sets that differ in one ballot show that ballot, so nobody is answered about a second set. A guardian
    stores ``remembering(approved)`` before its first message goes out.
    """

    format: Literal["e2evote-decryption-memory"] = "e2evote-decryption-memory"
    version: Literal[1] = 1
    answered: tuple[Answered, ...] = ()

    def check(self, approved: ApprovedRecord) -> None:
        """Accept an election that is new, or the same set of ballots as before.

        Raises:
            CheckError: other ballots or statuses of this election were decrypted before.
        """
        for before in self.answered:
            if before.h_e == approved.election.h_e and before.pinned != approved.pinned:
                raise CheckError(
                    f"other ballots of this election were decrypted before: {_short(before.pinned)}, in the record "
                    f"{_short(before.fingerprint)}; this is {_short(approved.pinned)}. Two sums that differ in a "
                    "ballot show it; the same record as before is needed"
                )

    def remembering(self, approved: ApprovedRecord) -> Self:
        """Return the memory with this record in it.

        Raises:
            CheckError: as ``check``.
        """
        self.check(approved)
        h_e = approved.election.h_e
        if any(before.h_e == h_e for before in self.answered):
            return self
        entry = Answered(h_e=h_e, pinned=approved.pinned, fingerprint=approved.fingerprint)
        return self.model_copy(update={"answered": (*self.answered, entry)})


def _rule(secrecy: Secrecy, overrides: Sequence[Override]) -> tuple[ContestRuling, ...]:
    manifest = secrecy.manifest
    reasons = {(override.cell, override.contest, override.rule): override.reason for override in overrides}
    if len(reasons) < len(overrides):
        raise CheckError("overrides: a rule of a contest in a cell is overridden twice")
    rulings = []
    for (index, ind_c), cells in secrecy.together.items():
        if not cells:
            continue
        cell, label = manifest.cells[index - 1].label, manifest.contest(ind_c).label
        broken = secrecy.broken_rules(cells, ind_c)
        overridden = {rule: reasons.pop((cell, label, rule)) for rule in broken if (cell, label, rule) in reasons}
        ruling = ContestRuling(
            cell=index,
            cell_label=cell,
            contest=ind_c,
            contest_label=label,
            ballots=secrecy.voters(cells, ind_c),
            merged=MappingProxyType({each: manifest.cells[each - 1].label for each in cells if each != index}),
            broken=MappingProxyType(broken),
            overridden=MappingProxyType(overridden),
        )
        _check_overridden(ruling)
        rulings.append(ruling)
    for cell, label, rule in reasons:
        raise CheckError(
            f"override of {rule!r} for contest {label!r} of tally cell {cell!r}: there is no such contest in the cell, "
            "or it keeps this rule, or it is merged into another cell"
        )
    return tuple(rulings)


def _check_overridden(ruling: ContestRuling) -> None:
    """Refuse overrides that would come to nothing, or could not be published."""
    if not ruling.overridden:
        return
    where = f"override for contest {ruling.contest_label!r} of tally cell {ruling.cell_label!r}"
    if not ruling.ballots:
        raise CheckError(f"{where}: no cast ballot has it, so there is nothing to decrypt")
    for rule in sorted(ruling.broken.keys() - ruling.overridden.keys()):
        raise CheckError(f"{where}: it also breaks {rule!r} ({ruling.broken[rule]})")
    for reason in ruling.overridden.values():
        if not 1 <= len(reason) <= 1000 or reason != reason.strip():
            raise CheckError(f"{where}: expected a reason of 1 to 1000 characters without blanks around it")


def _rule_on_data(secrecy: Secrecy) -> tuple[DataRuling, ...]:
    manifest = secrecy.manifest
    every = range(1, len(manifest.ballot_styles) + 1)
    rulings = []
    for ind_c, contest in enumerate(manifest.contests, 1):
        if contest.contest_data_blocks is None:
            continue
        weights, refusal = secrecy.weights(every, ind_c), None
        if not manifest.cast_contest_data_may_be_decrypted:
            refusal = "the manifest does not allow contest data of cast ballots to be decrypted"
        elif len(weights) > 1:
            refusal = (
                f"contest data of contest {contest.label!r} is not decrypted: weights of cast ballots differ "
                f"({', '.join(map(str, sorted(weights)[:5]))}{', …' if len(weights) > 5 else ''}), which would show "
                "whose it is"
            )
        rulings.append(DataRuling(ind_c, contest.label, weights.total(), refusal))
    return tuple(rulings)


def _exceptions(ruling: ContestRuling, guardians: tuple[int, ...]) -> Iterator[TallyException]:
    """Yield the entries of one contest, by rule; what is below the minimum is withheld without one."""
    for rule in sorted(ruling.broken):
        if ruling.allowed:
            reason = ruling.overridden[rule]
            yield TallyException(cell=ruling.cell, contest=ruling.contest, rule=rule, action="decrypted",
                                 reason=reason, guardians=guardians)  # fmt: skip
        elif rule == "weight" and "minimum" not in ruling.broken:
            reason = ruling.broken[rule]
            yield TallyException(cell=ruling.cell, contest=ruling.contest, rule=rule, action="withheld",
                                 reason=reason, guardians=guardians)  # fmt: skip


def _short(digest: bytes) -> str:
    return digest.hex().upper()[:16] + "…"
