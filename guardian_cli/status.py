"""Where a guardian stands: what is done, what is missing from whom, and the next command.

Only public messages are looked at, those of the inbox included; nothing is written and no passphrase is needed.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from e2evote.errors import E2EVoteError
from e2evote.messages.complaints import COMPLAINT, Absence
from e2evote.messages.envelope import Exchange, open_message
from e2evote.messages.invitation import IDENTITY
from e2evote.messages.rounds import COMMITMENTS, CONFIRMATION, PUBLIC_KEY, RESPONSES, REVEALS, SHARE, Collected, collect
from e2evote.messages.transcript import Transcript
from e2evote.record.codec import RecordModel
from guardian_cli.ceremony import confirmations_of
from guardian_cli.complaining import told
from guardian_cli.decrypting import commitments_of, responses_of, reveals_of
from guardian_cli.decryptions import Decryption
from guardian_cli.inbox import new_plans, read_identities, take_in
from guardian_cli.workspace import INBOX, Workspace

FOLDER = " FOLDER"
"""Stands in commands for the folder, if it has to be named."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What to tell a guardian; ``next`` is a command, or empty while others have to act.

    ``waiting`` is what has come of the round in which messages are missing, ``context`` the exchange it belongs to.
    """

    done: str
    missing: tuple[str, ...] = ()
    next: str = ""
    hint: str = ""
    waiting: Collected[RecordModel] | None = None
    context: bytes = b""
    complaints: tuple[str, ...] = ()

    def sentence(self, root: Path) -> str:
        """Say it in one sentence, with the command for this folder."""
        missing = f" missing: {', '.join(self.missing)};" if self.missing else ""
        waiting = f"put their files into {root / INBOX}" if self.missing else "there is nothing to do now"
        folder = "" if root == Path() else f" {shlex.quote(str(root))}"
        then = f"now '{self.next.replace(FOLDER, folder)}'" if self.next else waiting
        hint = f" ({self.hint.replace(FOLDER, folder)})" if self.hint else ""
        return f"{self.done};{missing} {then}{hint}."


def situation(workspace: Workspace) -> Situation:
    """Look at a folder as it is, with what lies in its inbox.

    Raises:
        ParseError, CheckError, VerificationError: naming a file of the inbox that does not belong there.
    """
    looked_at = workspace.read_only()
    if looked_at.retired or not (looked_at.has_vault and looked_at.compared):
        return _before_comparing(looked_at)
    under_way = take_in(looked_at)
    complaints = _complaints(looked_at, looked_at.exchange, looked_at.transcript)
    ended = any(is_proved for is_proved, _ in complaints)
    for one in under_way:
        complaints += _complaints(looked_at, one.exchange, one.transcript)
    found = _after_comparing(looked_at, under_way, ended)
    return replace(found, complaints=tuple(text for _, text in complaints))


def _complaints(workspace: Workspace, exchange: Exchange, transcript: Transcript) -> list[tuple[bool, str]]:
    """Return who complains about whom in an exchange, each with whether it is about more than absence."""
    found = []
    for data in transcript.of(COMPLAINT.name):
        try:
            message = open_message(exchange, COMPLAINT, data)
        except E2EVoteError as error:
            found.append((False, f"A complaint that is none: {error}"))
            continue
        is_proved = not isinstance(message.payload.grounds, Absence)
        found.append((is_proved, f"Guardian {message.sender} complains. {told(workspace, message.payload)}"))
    return found


def _before_comparing(workspace: Workspace) -> Situation:
    if workspace.retired:
        return Situation("You have retired, and the secrets of this election are gone from this folder")
    if not (workspace.has_vault and workspace.transcript.of(IDENTITY.name, workspace.i)):
        then = "guardian restore FOLDER" if workspace.notes.restored else "guardian init FOLDER"
        return Situation("The folder is not complete", next=then, hint="the same command as before")
    identities = read_identities(workspace)
    if identities.is_complete:
        hint = "first compare all fingerprints with the others, by voice"
        return Situation(
            "The names and signing keys of all guardians are here", next="guardian keygen FOLDER", hint=hint
        )
    for first, _ in identities.contradictions:
        done = f"There are two signing keys of guardian {first.sender} ({first.payload.name}), and one is not theirs"
        return Situation(done, next="guardian keygen FOLDER", hint="it shows both")
    return _waiting(workspace, "Your name and signing key are in the outbox", identities)


def _after_comparing(workspace: Workspace, under_way: Sequence[Decryption], ended: bool) -> Situation:
    if not workspace.notes.confirmed:
        if ended:
            done = "There is a complaint, and this attempt at the ceremony has ended"
            return Situation(done, hint="the administrator invites anew")
        return _in_ceremony(workspace)
    if workspace.notes.restored and not workspace.notes.imported:
        done = "The folder was restored from a backup"
        return Situation(
            done, next="guardian import-decryptions FOLDER --list FILE", hint="the administrator has the list"
        )
    found = _after_ceremony(workspace, under_way)
    if workspace.notes.backed_up:
        return found
    if found.next or found.missing:
        return replace(found, hint="there is no backup of your key yet; 'guardian backup FOLDER' writes one")
    return Situation("The key ceremony is over and your key is ready", next="guardian backup FOLDER")


def _in_ceremony(workspace: Workspace) -> Situation:
    said, i = workspace.transcript.of, workspace.i
    if not said(PUBLIC_KEY.name, i):
        return Situation("You have compared the signing keys", next="guardian keygen FOLDER")
    keys = workspace.public_keys
    if keys.only_waits:
        return _waiting(workspace, "Your public key is in the outbox", keys)
    if not keys.is_complete or (workspace.ceremony.n > 1 and not said(SHARE.name, i)):
        return Situation("The public keys of all guardians are here", next="guardian share FOLDER")
    shares = collect(workspace.exchange, SHARE, said(SHARE.name, recipient=i), keys.seen, i)
    if shares.only_waits:
        return _waiting(workspace, "Your shares for the others are in the outbox", shares)
    if not (workspace.notes.received and shares.is_complete):
        return Situation("The others' shares for you are here", next="guardian receive FOLDER")
    if not said(CONFIRMATION.name, i):
        return Situation("You have received all shares", next="guardian confirm FOLDER")
    confirmations = confirmations_of(workspace)
    if confirmations.only_waits:
        return _waiting(workspace, "Your confirmation is in the outbox", confirmations)
    return Situation("All guardians have confirmed", next="guardian confirm FOLDER")


def _after_ceremony(workspace: Workspace, under_way: Sequence[Decryption]) -> Situation:
    new = new_plans(workspace)
    for plan in (plan for plan in new if workspace.i in plan.available):
        asked = f"Decryption {plan.attempt} is asked for ({plan.subject})"
        return Situation(asked, next=f"{_verb(plan.subject)} --record RECORD")
    done = Situation("Your key is ready, and nothing is asked of you")
    newest = {one.plan.subject: one for one in under_way}
    given_up = {plan.subject for plan in new}  # by a later plan, for others
    situations = [_in_decryption(workspace, one) for subject, one in newest.items() if subject not in given_up]
    return next((one for one in situations if one.next or one.missing), (done, *situations)[-1])


def _in_decryption(workspace: Workspace, decryption: Decryption) -> Situation:
    plan, said, i = decryption.plan, decryption.transcript.of, workspace.i
    which, verb = f"decryption {plan.attempt} ({plan.subject})", _verb(plan.subject)
    if not said(COMMITMENTS.name, i):
        return Situation(f"You have accepted {which}", next=verb)
    for own, collected, done in (
        (REVEALS, commitments_of(decryption), "Your commitments"),
        (RESPONSES, reveals_of(decryption), "Your reveals"),
    ):
        if collected.only_waits:
            return _waiting(workspace, f"{done} for {which} are in the outbox", collected, decryption.exchange.context)
        if not (collected.is_complete and said(own.name, i)):
            return Situation(f"Everybody's {collected.round} for {which} are here", next=verb)
    responses = responses_of(decryption)
    if responses.only_waits:
        done = f"Your responses for {which} are in the outbox"
        return _waiting(workspace, done, responses, decryption.exchange.context)
    return Situation(f"All messages of {which} are here", hint=f"'{verb}' verifies them once more")


def _verb(subject: str) -> str:
    return "guardian open-challenged FOLDER" if subject == "challenged ballots" else "guardian decrypt FOLDER"


def _waiting(workspace: Workspace, done: str, collected: Collected[RecordModel], context: bytes = b"") -> Situation:
    names = workspace.invitation.names
    senders = sorted({sender for sender, _ in collected.missing})
    missing = tuple(f"{collected.round} of guardian {i} ({names[i - 1]})" for i in senders)
    return Situation(done, missing, waiting=collected, context=context)
