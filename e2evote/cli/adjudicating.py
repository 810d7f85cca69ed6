"""Judging complaints, for whoever has the messages: the administrator, a guardian, or anybody."""

import json
from collections.abc import Collection
from pathlib import Path

import click

from e2evote.approval import approve
from e2evote.errors import CheckError
from e2evote.messages.decrypting import decryption_exchange, plan_context
from e2evote.messages.envelope import Exchange, parse_envelope
from e2evote.messages.evidence import Case, CeremonyCase, DecryptionCase
from e2evote.messages.invitation import read_invitation
from e2evote.messages.rounds import collect_identities, exchange_of
from e2evote.messages.transcript import read_lines
from e2evote.record.layout import Record
from e2evote.terminal.screen import progress, say
from e2evote.workspace.decryptions import planned
from e2evote.workspace.directory import CEREMONY, Workspace
from e2evote.workspace.intake import read_plan
from e2evote.workspace.standing import Judged, judge, sentence

Source = tuple[Path, Path]
"""A plan, and the record that it is about."""


def adjudicate_file(
    path: Path, root: Path, source: Source | None, accepted: Collection[str], jobs: int, as_json: bool
) -> None:
    """Judge every complaint in a file and print the verdicts.

    Args:
        path: the file.
        root: an election's directory, or one with an invitation and messages.
        source: of a decryption that the directory does not have.
        accepted: insecure parameter sets that are accepted.
        jobs: processes to verify the record in.
        as_json: print for programs.

    Raises:
        E2EVoteError: what is no complaint of this ceremony or one of its decryptions; nothing is printed then.
    """
    ceremony = ceremony_at(root, accepted)
    lines, cases = list(read_lines(path)), dict[bytes, Case]({ceremony.exchange.context: ceremony})
    for context in {parse_envelope(data, where).context for where, data in lines} - cases.keys():
        cases[context] = _decryption_at(root, ceremony.exchange, context, source, accepted, jobs)
    judged = []
    with progress("Judging") as report:
        for where, data in lines:
            case = cases[parse_envelope(data, where).context]
            judged.append((case.exchange, judge(case, data, where)))
            report(len(judged), len(lines))
    if as_json:
        click.echo(json.dumps([_as_json(exchange, one) for exchange, one in judged], ensure_ascii=False, indent=2))
        return
    for exchange, one in judged:
        say(sentence(exchange, one))


def ceremony_at(root: Path, accepted: Collection[str]) -> CeremonyCase:
    """Return the ceremony whose invitation and identities lie in a directory.

    Raises:
        ParseError: a file is not what its name says.
        CheckError: there is not one invitation, or an identity is missing.
    """
    folder = root / CEREMONY if (root / CEREMONY).is_dir() else root
    invitations = sorted(folder.glob("*invitation.json"))
    if len(invitations) != 1:
        raise CheckError(f"{folder}: expected one invitation.json, and the messages of the ceremony beside it")
    ((where, data),) = read_lines(invitations[0])
    group, invitation = read_invitation(data, where, accepted)
    messages = [line for path in sorted(folder.glob("*.ndjson")) for line in read_lines(path)]
    introduced = [data for where, data in messages if parse_envelope(data, where).round == "identity"]
    exchange = exchange_of(invitation, group, collect_identities(invitation, group, introduced))
    return CeremonyCase(exchange, invitation.ceremony(group))


def _decryption_at(
    root: Path, ceremony: Exchange, context: bytes, source: Source | None, accepted: Collection[str], jobs: int
) -> DecryptionCase:
    """Return the decryption that a complaint is about.

    Raises:
        CheckError: there is none, or the record does not fit the plan.
    """
    if source is None:
        if (root / CEREMONY).is_dir() and (root / "record").is_dir():
            for one in planned(Workspace(root), ceremony):
                if one.exchange.context == context:
                    return one.case
        raise CheckError(
            "a complaint is neither about this ceremony nor about a decryption in its election's directory; "
            "--plan and --record say where another decryption is"
        )
    plan, record = read_plan(source[0]), Record.at(source[1])
    if plan_context(ceremony, plan) != context:
        raise CheckError(f"a complaint is neither about this ceremony nor about the decryption of {source[0]}")
    with progress("Verifying") as report:
        approved = approve(record, jobs, accepted, report, plan.overrides)
    if approved.pinned != plan.pinned:
        raise CheckError(f"{source[1]}: the record has other ballots or statuses than those that the plan is for")
    statements = approved.statements(plan.subject, plan.codes)
    exchange = decryption_exchange(ceremony, approved.election, statements, plan)
    return DecryptionCase(exchange, approved.election, approved.guardians, statements)


def _as_json(exchange: Exchange, judged: Judged) -> dict[str, object]:
    complaint, verdict = judged.complaint, judged.verdict
    return {
        "complainer": judged.complainer,
        "accused": complaint.accused,
        "kind": complaint.grounds.kind,
        "equation": complaint.equation,
        "attempt": exchange.attempt,
        "guilty": verdict.guilty,
        "guardian": verdict.guardian,
        "why": verdict.why,
    }
