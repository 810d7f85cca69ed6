"""The inbox: files that somebody dropped there, sorted into the transcripts they belong to.

Everything that lies in the inbox is looked at before anything is kept. What is no file of this election stops the
command with the name of the file, and nothing has changed; whoever put it there takes it away.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from e2evote.encoding import strict_json
from e2evote.errors import CheckError, ParseError
from e2evote.messages.decrypting import DecryptionList, DecryptionPlan, plan_context
from e2evote.messages.envelope import parse_envelope
from e2evote.messages.invitation import IDENTITY, Identity, open_identity
from e2evote.messages.rounds import Collected, collect_identities
from e2evote.messages.transcript import check_none_foreign, read_lines, sort_out
from e2evote.record.codec import dump, parse
from guardian_cli.decryptions import Decryption, decryptions
from guardian_cli.workspace import INBOX, Workspace

Line = tuple[str, bytes]


@dataclass
class Mail:
    """What lies in an inbox, each with where it lies; nothing in it has been judged."""

    messages: list[Line] = field(default_factory=list)
    plans: list[tuple[str, DecryptionPlan]] = field(default_factory=list)


def read_inbox(workspace: Workspace) -> Mail:
    """Read every file of the inbox and of the folders in it; what begins with a point is not looked at.

    Raises:
        ParseError: naming a file that is none of those that guardians exchange.
        CheckError: an invitation to something else.
    """
    mail = Mail()
    for where, data in _lines(workspace.root / INBOX):
        match _format(where, data):
            case "e2evote-guardian-message":
                mail.messages.append((where, data))
            case "e2evote-decryption-plan":
                mail.plans.append((where, parse(DecryptionPlan, data, where)))
            case "e2evote-guardian-invitation":
                if data != dump(workspace.invitation):
                    raise CheckError(f"{where}: another invitation; each has a folder of its own ('guardian init')")
            case "e2evote-decryption-list":
                parse(DecryptionList, data, where)  # 'guardian import-decryptions' is told where it is
            case _:
                raise ParseError(where, "none of the files that guardians exchange; take it out of the inbox")
    return mail


def read_identities(workspace: Workspace) -> Collected[Identity]:
    """Return the identities that have come, and the guardian's own, before people have compared them.

    Raises:
        ParseError, CheckError: as ``read_inbox``; or naming the file that answers another invitation.
        VerificationError: naming the file that is not signed with the key it announces.
    """
    own = workspace.transcript.of(IDENTITY.name)
    lines = read_inbox(workspace).messages
    given = [(where, data) for where, data in lines if parse_envelope(data, where).round == IDENTITY.name]
    for where, data in given:
        open_identity(workspace.invitation, workspace.group, data, where)
    return collect_identities(workspace.invitation, workspace.group, [*own, *(data for _, data in given)])


def take_in(workspace: Workspace) -> list[Decryption]:
    """Keep every message of the inbox in the transcript it belongs to, and return the decryptions with theirs.

    Raises:
        ParseError, CheckError, VerificationError: naming the file that is not of this election or not signed by whom it
            says; nothing has been kept then.
    """
    mail, known = read_inbox(workspace), decryptions(workspace)
    transcripts = {workspace.exchange.context: workspace.transcript}
    transcripts |= {one.exchange.context: one.transcript for one in known}
    found, foreign = sort_out([workspace.exchange, *(one.exchange for one in known)], mail.messages)
    check_none_foreign(_unexplained(workspace, mail, foreign))
    for context, messages in found.items():
        transcripts[context].add(messages)
    return known


def new_plans(workspace: Workspace) -> list[DecryptionPlan]:
    """Return the newest plan of each subject, unless it has been accepted; for whichever guardians it is.

    Raises:
        CheckError: two different plans with one number.
    """
    accepted = {one.plan.attempt: one.plan for one in decryptions(workspace)}
    found: dict[int, DecryptionPlan] = {}
    for where, plan in read_inbox(workspace).plans:
        before = accepted.get(plan.attempt) or found.setdefault(plan.attempt, plan)
        if before != plan:
            raise CheckError(f"{where}: another plan of decryption {plan.attempt} than the one that came before")
    newest = {plan.subject: plan for _, plan in sorted((accepted | found).items())}
    return [plan for plan in newest.values() if plan.attempt not in accepted]


def _unexplained(workspace: Workspace, mail: Mail, foreign: list[Line]) -> Iterator[Line]:
    """Yield what is neither an identity that was compared nor of a plan that lies there and is yet to be accepted."""
    coming = {plan_context(workspace.exchange, plan) for _, plan in mail.plans}
    for where, data in foreign:
        envelope = parse_envelope(data, where)
        if envelope.round == IDENTITY.name and data not in workspace.transcript:
            raise CheckError(
                f"{where}: another signing key of guardian {envelope.sender} than the one that you compared"
            )
        if envelope.round != IDENTITY.name and envelope.context not in coming:
            yield where, data


def _lines(folder: Path) -> Iterator[Line]:
    for path in sorted(folder.rglob("*")):
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        if path.is_symlink() or not path.is_dir():
            yield from read_lines(path)


def _format(where: str, data: bytes) -> object:
    try:
        found = strict_json(data, where)
    except ParseError as error:
        raise ParseError(where, f"{error.problem}; was the file cut off, or has it come here by mistake?") from None
    return found.get("format") if isinstance(found, dict) else None
