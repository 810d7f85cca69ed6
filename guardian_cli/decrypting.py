"""The guardian's part in a decryption: look at the record, then commit, reveal, respond.

Nothing is answered before ``accept`` has verified the record and held the plan against it. From then on, the set of
ballots is pinned: in the vault, for every decryption of this election, and in the decryption's own folder.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from e2evote.approval import ApprovedRecord
from e2evote.decryption.rounds import (
    DecryptionCommitments,
    DecryptionResponses,
    DecryptionReveals,
    combine,
)
from e2evote.decryption.statements import Statement
from e2evote.errors import CheckError, VerificationError
from e2evote.messages.accusing import complaints_about_decryption
from e2evote.messages.decrypting import DecryptionPlan, decryption_exchange, plan_context
from e2evote.messages.envelope import NOTHING, P, Round, write
from e2evote.messages.rounds import COMMITMENTS, RESPONSES, REVEALS, Collected, collect
from e2evote.messages.signing import SecretSigningKey
from e2evote.record.codec import RecordModel
from guardian_cli.complaining import accuse, require
from guardian_cli.decryptions import Decryption, accept_plan, decryptions
from guardian_cli.keystore.journal import Journal
from guardian_cli.keystore.vault import Vault
from guardian_cli.workspace import Workspace


def check_plan(workspace: Workspace, plan: DecryptionPlan, approved: ApprovedRecord) -> Sequence[Statement]:
    """Return what is decrypted, if the plan asks for exactly what the record allows.

    Raises:
        CheckError: the record is of other keys, other ballots were pinned, other statements are asked for, or this
            guardian is not asked.
    """
    if approved.election.h_e != workspace.election.h_e:
        raise CheckError("the record is of another election than this folder (H_E)")
    if approved.guardians != workspace.guardian_record.guardians:
        raise CheckError("the record has other public keys of guardians than those that were confirmed in the ceremony")
    check_asked(workspace, plan)
    if plan.pinned != approved.pinned:
        raise CheckError("the decryption plan is for other ballots or statuses than those of the record at hand")
    statements = approved.statements(plan.subject, plan.codes)
    decryption_exchange(workspace.exchange, workspace.election, statements, plan)
    return statements


def check_asked(workspace: Workspace, plan: DecryptionPlan) -> None:
    """Accept a plan that asks this guardian.

    Raises:
        CheckError: it asks others.
    """
    if workspace.i not in plan.available:
        raise CheckError(
            f"decryption {plan.attempt} is for guardians {', '.join(map(str, plan.available))}, not for you"
        )


def check(workspace: Workspace, vault: Vault, plan: DecryptionPlan, approved: ApprovedRecord) -> Sequence[Statement]:
    """Return what would be decrypted, if this guardian may answer.

    Raises:
        CheckError: as ``check_plan``; or other ballots of this election were decrypted before; or the folder was
            restored and may have answered already.
    """
    statements = check_plan(workspace, plan, approved)
    Journal(vault).check_new(plan_context(workspace.exchange, plan), datetime.fromisoformat(plan.begun))
    vault.check_memory(approved)
    return statements


def accept(workspace: Workspace, vault: Vault, plan: DecryptionPlan, approved: ApprovedRecord) -> Decryption:
    """Pin the record's ballots and accept the plan; earlier attempts at the same that were not answered are given up.

    Raises:
        CheckError: as ``check``.
    """
    statements, journal = check(workspace, vault, plan, approved), Journal(vault)
    vault.accept(approved, plan_context(workspace.exchange, plan))
    under_way = {view.session for view in journal.sessions() if view.state in ("committed", "revealed")}
    for earlier in decryptions(workspace):
        if earlier.plan.subject == plan.subject and earlier.exchange.context in under_way:
            journal.abandon(earlier.exchange.context)
    return accept_plan(workspace, plan, statements)


def commit(decryption: Decryption, vault: Vault) -> Path:
    """Round 1: hashes of the partial decryptions and of the proofs' commitments.

    Raises:
        CheckError: the record was not verified for this decryption.
    """
    vault.check_accepted(decryption.exchange.context)
    if not _own(decryption, COMMITMENTS):
        _say(decryption, vault, COMMITMENTS, Journal(vault).commit(decryption.session))
    return _hand_over(decryption, COMMITMENTS)


def reveal(decryption: Decryption, vault: Vault) -> Path:
    """Round 2: what was hashed, when everybody's hashes are here.

    Raises:
        CheckError: naming whose are missing, or others were answered before.
        MisconductError: a message is wrong.
    """
    if not _own(decryption, REVEALS):
        commitments = _require(decryption, vault, commitments_of(decryption))
        payload = Journal(vault).reveal(decryption.session, commitments.payloads)
        _say(decryption, vault, REVEALS, payload, commitments.seen)
    return _hand_over(decryption, REVEALS)


def respond(decryption: Decryption, vault: Vault) -> Path:
    """Round 3: the responses, when everything that was revealed has been compared with its hash.

    Raises:
        CheckError: naming what is missing from whom, or others were answered before.
        MisconductError: a message is wrong.
    """
    if not _own(decryption, RESPONSES):
        commitments = _require(decryption, vault, commitments_of(decryption))
        reveals = _require(decryption, vault, reveals_of(decryption))
        _accuse(decryption, vault, commitments, reveals)
        payload = Journal(vault).respond(decryption.session, commitments.payloads, reveals.payloads)
        _say(decryption, vault, RESPONSES, payload, reveals.seen)
    return _hand_over(decryption, RESPONSES)


def verify_responses(decryption: Decryption, vault: Vault) -> None:
    """After the last round: put the proofs together, and complain if one fails.

    Raises:
        CheckError: naming what is missing from whom.
        MisconductError: a response is wrong.
    """
    commitments = _require(decryption, vault, commitments_of(decryption))
    reveals = _require(decryption, vault, reveals_of(decryption))
    responses = _require(decryption, vault, responses_of(decryption))
    case = decryption.case
    try:
        given = commitments.payloads, reveals.payloads, responses.payloads
        combine(case.election, case.guardians, case.statements, *given)
    except VerificationError:
        _accuse(decryption, vault, commitments, reveals, responses)
        raise


def commitments_of(decryption: Decryption) -> Collected[DecryptionCommitments]:
    """Return what has arrived of round 1."""
    return collect(decryption.exchange, COMMITMENTS, decryption.transcript.of(COMMITMENTS.name))


def reveals_of(decryption: Decryption) -> Collected[DecryptionReveals]:
    """Return what has arrived of round 2, in answer to round 1 as it is here."""
    seen = commitments_of(decryption).seen
    return collect(decryption.exchange, REVEALS, decryption.transcript.of(REVEALS.name), seen)


def responses_of(decryption: Decryption) -> Collected[DecryptionResponses]:
    """Return what has arrived of round 3, in answer to round 2 as it is here."""
    seen = reveals_of(decryption).seen
    return collect(decryption.exchange, RESPONSES, decryption.transcript.of(RESPONSES.name), seen)


def _require(decryption: Decryption, vault: Vault, collected: Collected[P]) -> Collected[P]:
    return require(decryption.workspace, vault, decryption.case, decryption.transcript, collected)


def _accuse(
    decryption: Decryption,
    vault: Vault,
    commitments: Collected[DecryptionCommitments],
    reveals: Collected[DecryptionReveals],
    responses: Collected[DecryptionResponses] | None = None,
) -> None:
    complaints = complaints_about_decryption(decryption.case, commitments, reveals, responses)
    accuse(decryption.workspace, vault, decryption.exchange, decryption.transcript, complaints)


def _own(decryption: Decryption, round_: Round[RecordModel]) -> list[bytes]:
    return decryption.transcript.of(round_.name, decryption.workspace.i)


def _say(
    decryption: Decryption, vault: Vault, round_: Round[RecordModel], payload: RecordModel, seen: bytes = NOTHING
) -> None:
    key, i = SecretSigningKey(vault.identity), decryption.workspace.i
    decryption.transcript.add([write(decryption.exchange, round_, key, i, payload, seen=seen)])


def _hand_over(decryption: Decryption, round_: Round[RecordModel]) -> Path:
    number = {COMMITMENTS.name: 1, REVEALS.name: 2, RESPONSES.name: 3}[round_.name]
    name = f"decryption-{decryption.plan.attempt}-{number}-{round_.name}"
    return decryption.workspace.hand_over(name, _own(decryption, round_))
