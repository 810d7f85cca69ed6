"""From a decryption whose messages are all here to what the record publishes of it."""

from e2evote.approval import ApprovedRecord, approve
from e2evote.decryption.rounds import combine
from e2evote.errors import CheckError
from e2evote.messages.decrypting import DecryptionPlan, Subject, decryption_exchange
from e2evote.record import layout
from e2evote.record.opened import ChallengedBallot
from e2evote.terminal.screen import progress
from e2evote.workspace.decryptions import PlannedDecryption
from e2evote.workspace.directory import Workspace
from e2evote.workspace.publishing import (
    Decrypted,
    exceptions_of,
    not_opened,
    open_with,
    publish_challenged,
    publish_contest_data,
    publish_tallies,
)


def is_published(workspace: Workspace, subject: Subject, codes: tuple[bytes, ...]) -> bool:
    """Tell whether the record has what a plan asks for."""
    record = workspace.record
    match subject:
        case "tallies":
            return layout.TALLIES in record
        case "contest data":
            return layout.CONTEST_DATA in record
        case "challenged ballots":
            opened = record.objects(ChallengedBallot, layout.CHALLENGED_BALLOTS, workspace.election.group)
            return set(codes) <= {ballot.confirmation_code for ballot in opened}


def publish(decryption: PlannedDecryption, jobs: int) -> None:
    """Approve the record again, put the proofs together, and publish; an interrupted call is repeated.

    Challenged ballots are published as soon as all of them are open, whoever opened them.

    Raises:
        CheckError: the record is published, not valid, or has other ballots than those of the plan; a message is
            missing.
        VerificationError: a proof fails; the text names the guardian.

    Spec: EG-2.1 §3.6.5, eq. 93; §3.6.6, eq. 103
    """
    workspace, plan = decryption.workspace, decryption.plan
    if is_published(workspace, plan.subject, plan.codes):
        raise CheckError(f"the record has the {plan.subject} already; nothing was overwritten")
    payloads = decryption.commitments.payloads, decryption.reveals.payloads, decryption.responses.payloads
    with progress("Verifying") as report:
        approved = approve(workspace.record, jobs, workspace.accepted, report, plan.overrides)
    if approved.pinned != plan.pinned:
        raise CheckError(f"decryption {plan.attempt} was planned for other ballots or statuses than the record has now")
    statements = approved.statements(plan.subject, plan.codes)
    decryption_exchange(decryption.ceremony, approved.election, statements, plan)
    with progress("Putting the guardians' parts together"):
        results = combine(approved.election, approved.guardians, statements, *payloads)
    _write(workspace, plan, approved, results)


def _write(
    workspace: Workspace, plan: DecryptionPlan, approved: ApprovedRecord, results: tuple[Decrypted, ...]
) -> None:
    """Write the results; what the plan asked for comes last, for with it the plan is done."""
    exceptions = exceptions_of(workspace, approved, plan.available) if plan.subject == "tallies" else ()
    if plan.subject == "challenged ballots":
        asked = approved.ballot_nonce_statements(plan.codes)
        for (ballot, _), (factor, _) in zip(asked, results, strict=True):
            open_with(workspace, ballot, factor)
    if not not_opened(workspace):
        publish_challenged(workspace)
    if plan.subject == "tallies":
        publish_tallies(workspace, approved, exceptions, results)
    if plan.subject == "contest data":
        publish_contest_data(workspace, approved, zip(approved.contest_data_statements(), results, strict=True))
