"""Decryptions that guardians on their own machines were asked for: plans, what they pinned, what was said.

```
DIR/decryption/<nnnn>/plan.json            what is asked of whom; every plan has a number of its own
DIR/decryption/<nnnn>/statements.ndjson    what the plan pins, one ciphertext a line
DIR/decryption/<nnnn>/messages.ndjson      every authentic message that came
DIR/decryption/outbox/…                    what to give to the guardians
```
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from e2evote.approval import ApprovedRecord
from e2evote.decryption.rounds import DecryptionCommitments, DecryptionResponses, DecryptionReveals
from e2evote.files import write_atomically
from e2evote.messages.accusing import complaints_about_decryption
from e2evote.messages.complaints import COMPLAINT
from e2evote.messages.decrypting import (
    DecryptionList,
    DecryptionPlan,
    StoredStatement,
    Subject,
    decryption_exchange,
    plan_exchange,
    statements_hash,
)
from e2evote.messages.envelope import Exchange, RoundName
from e2evote.messages.evidence import DecryptionCase
from e2evote.messages.rounds import COMMITMENTS, RESPONSES, REVEALS, Collected, collect
from e2evote.messages.transcript import Transcript, read_lines
from e2evote.record.codec import RecordModel, dump, parse
from e2evote.record.exceptions import Override
from e2evote.terminal.screen import Report
from e2evote.workspace.ceremonies import CeremonyFolder
from e2evote.workspace.directory import Workspace
from e2evote.workspace.intake import read_messages, read_plan, take_in
from e2evote.workspace.standing import (
    Fault,
    Standing,
    as_faults,
    faults_complained_of,
    faults_in,
    write_bundles,
    write_changed,
)

DECRYPTION, PLAN, STATEMENTS, MESSAGES, OUTBOX = (
    "decryption",
    "plan.json",
    "statements.ndjson",
    "messages.ndjson",
    "outbox",
)
ROUNDS = (COMMITMENTS, REVEALS, RESPONSES)
EXPECTED: tuple[RoundName, ...] = tuple(round_.name for round_ in (*ROUNDS, COMPLAINT))


@dataclass(frozen=True)
class PlannedDecryption:
    """A decryption that was asked for, in the directory of its election."""

    workspace: Workspace
    ceremony: Exchange
    folder: Path

    @cached_property
    def plan(self) -> DecryptionPlan:
        """What is asked."""
        return read_plan(self.folder / PLAN)

    @property
    def number(self) -> int:
        """The number of the plan."""
        return self.plan.attempt

    @cached_property
    def exchange(self) -> Exchange:
        """What its messages are bound to."""
        return plan_exchange(self.ceremony, self.plan)

    @cached_property
    def transcript(self) -> Transcript:
        """Its messages."""
        return Transcript(self.folder / MESSAGES)

    @property
    def case(self) -> DecryptionCase:
        """What everybody knows of it, with the statements as they were when the record was approved.

        Raises:
            ParseError, CheckError: they were changed since.
        """
        election, lines = self.workspace.election, read_lines(self.folder / STATEMENTS)
        found = [parse(StoredStatement, data, where, election.group).statement(where) for where, data in lines]
        exchange = decryption_exchange(self.ceremony, election, found, self.plan)
        return DecryptionCase(exchange, election, self.workspace.guardians, found)

    @property
    def commitments(self) -> Collected[DecryptionCommitments]:
        """What has come of round 1."""
        return collect(self.exchange, COMMITMENTS, self.transcript.of(COMMITMENTS.name))

    @property
    def reveals(self) -> Collected[DecryptionReveals]:
        """What has come of round 2, in answer to round 1 as it is here."""
        return collect(self.exchange, REVEALS, self.transcript.of(REVEALS.name), self.commitments.seen)

    @property
    def responses(self) -> Collected[DecryptionResponses]:
        """What has come of round 3, in answer to round 2 as it is here."""
        return collect(self.exchange, RESPONSES, self.transcript.of(RESPONSES.name), self.reveals.seen)

    def standing(self, report: Report) -> Standing:
        """Look at everything that came, round by round as long as nothing is missing or wrong.

        Args:
            report: called after each round.
        """
        case = self.case
        rounds, faults = self._look(case, report)
        return Standing(case.exchange, rounds, (*faults, *faults_complained_of(case, self.transcript)))

    def _look(self, case: DecryptionCase, report: Report) -> tuple[tuple[Collected[RecordModel], ...], list[Fault]]:
        commitments = self.commitments
        faults = faults_in(case, commitments)
        report(1, 3)
        if faults or not commitments.is_complete:
            return (commitments,), faults
        reveals = self.reveals
        faults = faults_in(case, reveals)
        if not faults and reveals.is_complete:
            faults = as_faults(complaints_about_decryption(case, commitments, reveals))
        report(2, 3)
        if faults or not reveals.is_complete:
            return (commitments, reveals), faults
        responses = self.responses
        faults = faults_in(case, responses)
        if not faults and responses.is_complete:
            faults = as_faults(complaints_about_decryption(case, commitments, reveals, responses))
        report(3, 3)
        return (commitments, reveals, responses), faults


def planned(workspace: Workspace, ceremony: Exchange) -> list[PlannedDecryption]:
    """Return the decryptions that were asked for, by number."""
    found = [path.parent for path in (workspace.root / DECRYPTION).glob(f"[0-9]*/{PLAN}")]
    return [PlannedDecryption(workspace, ceremony, path) for path in sorted(found, key=lambda path: int(path.name))]


def make_plan(
    workspace: Workspace,
    ceremony: Exchange,
    approved: ApprovedRecord,
    subject: Subject,
    codes: Sequence[bytes],
    overrides: Sequence[Override],
    available: Sequence[int],
) -> PlannedDecryption:
    """Ask the guardians U for what the record allows, under the next number, and keep what is pinned.

    Raises:
        CheckError: there is nothing to decrypt, or U is no quorum of different guardians.
    """
    statements = approved.statements(subject, codes)
    number = max((one.number for one in planned(workspace, ceremony)), default=0) + 1
    plan = DecryptionPlan(
        h_e=approved.election.h_e,
        attempt=number,
        begun=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        subject=subject,
        record=approved.fingerprint,
        pinned=approved.pinned,
        statements=statements_hash(approved.election, statements),
        codes=tuple(codes),
        overrides=tuple(overrides),
        available=tuple(sorted(available)),
    )
    decryption_exchange(ceremony, approved.election, statements, plan)
    folder = workspace.root / DECRYPTION / f"{number:04}"
    write_atomically(folder / STATEMENTS, b"".join(dump(StoredStatement.of(one)) + b"\n" for one in statements))
    write_atomically(folder / PLAN, dump(plan) + b"\n")  # last: with it the plan is made
    return PlannedDecryption(workspace, ceremony, folder)


def take_messages(
    ceremony: CeremonyFolder, decryptions: Sequence[PlannedDecryption], paths: Sequence[Path]
) -> tuple[set[int], int]:
    """Keep what came, all of it or nothing.

    Returns:
        The numbers of the plans that messages are about, and how many messages were new.

    Raises:
        ParseError, CheckError, VerificationError: naming the file that belongs to none of the plans, or is not signed
            by whom it says.
    """
    lines = read_messages(paths, lambda data: _is_known(ceremony, decryptions, data))
    contexts = ceremony.exchange.context, ceremony.invitation.hash(ceremony.group)
    ceremonial = dict.fromkeys(contexts, ceremony.transcript)
    found = take_in([(one.exchange, one.transcript) for one in decryptions], EXPECTED, lines, ceremonial)
    new = sum(one.transcript.add(found[one.exchange.context]) for one in decryptions)
    return {one.number for one in decryptions if any(data in one.transcript for _, data in lines)}, new


def _is_known(ceremony: CeremonyFolder, decryptions: Sequence[PlannedDecryption], data: bytes) -> bool:
    """Tell whether something is a copy of the invitation, a plan or a list of plans, of now or earlier."""
    plans = [one.plan for one in decryptions]
    earlier = (DecryptionList(h_e=plan.h_e, plans=tuple(plans[:n])) for n, plan in enumerate(plans, 1))
    return data in {dump(ceremony.invitation), *map(dump, plans), *map(dump, earlier)}


def update_outbox(
    workspace: Workspace,
    decryptions: Sequence[PlannedDecryption],
    looked_at: Sequence[tuple[PlannedDecryption, Standing]] = (),
) -> list[Path]:
    """Write the files for the guardians that can be written now, and return those that are new."""
    outbox, written = workspace.root / DECRYPTION / OUTBOX, []
    everything = DecryptionList(h_e=workspace.election.h_e, plans=tuple(one.plan for one in decryptions))
    files = {f"decryption-{one.number}-0-{PLAN}": one.plan for one in decryptions} | {"decryptions.json": everything}
    for name, content in files.items():
        if write_changed(outbox / name, dump(content) + b"\n"):
            written.append(outbox / name)
    for one, standing in looked_at:
        names = [round_.name for round_ in ROUNDS]
        written += write_bundles(outbox, f"decryption-{one.number}-", names, standing)
    return written
