"""When a message is wrong: the complaint is signed and kept, and the command ends by saying how to go on."""

from collections.abc import Sequence
from pathlib import Path

from e2evote.errors import CheckError, E2EVoteError
from e2evote.messages.accusing import complaints_about
from e2evote.messages.complaints import COMPLAINT, Absence, Complaint
from e2evote.messages.envelope import Exchange, P, open_message, write
from e2evote.messages.evidence import Case
from e2evote.messages.rounds import Collected
from e2evote.messages.signing import SecretSigningKey
from e2evote.messages.transcript import Transcript
from guardian_cli.keystore.vault import Vault
from guardian_cli.workspace import Workspace


class MisconductError(E2EVoteError):
    """Somebody's message is wrong, and a complaint about it lies in the outbox."""

    def __init__(self, said: Sequence[str], path: Path) -> None:
        """Say what is wrong, and where the complaint is."""
        self.path = path
        super().__init__(
            "\n".join(said) + f"\nThe complaint with the evidence: {path}\nHand it to the administrator and to "
            "all guardians; 'e2evote ceremony adjudicate' tells anybody who was wrong. This attempt ends here."
        )


def complain(
    workspace: Workspace, vault: Vault, exchange: Exchange, transcript: Transcript, complaints: Sequence[Complaint]
) -> Path:
    """Sign the complaints that have not been made yet, keep them, put all into the outbox, and return the file."""
    key, before = SecretSigningKey(vault.identity), own_complaints(workspace, exchange, transcript)
    made = {(complaint.accused, complaint.grounds.kind) for complaint in before}
    new = [complaint for complaint in complaints if (complaint.accused, complaint.grounds.kind) not in made]
    transcript.add(write(exchange, COMPLAINT, key, workspace.i, complaint) for complaint in new)
    context = exchange.context.hex()[:8]
    return workspace.hand_over(f"complaints-{context}", transcript.of(COMPLAINT.name, workspace.i))


def own_complaints(workspace: Workspace, exchange: Exchange, transcript: Transcript) -> list[Complaint]:
    """Return what this guardian has complained about in an exchange."""
    messages = transcript.of(COMPLAINT.name, workspace.i)
    return [open_message(exchange, COMPLAINT, data).payload for data in messages]


def accuse(
    workspace: Workspace, vault: Vault, exchange: Exchange, transcript: Transcript, complaints: Sequence[Complaint]
) -> None:
    """End the command with a complaint if there is any but of absence.

    Raises:
        MisconductError: saying which guardian, which equation, and where the complaint is.
        CheckError: the same, and that the evidence is too large for a complaint.
    """
    proved = [complaint for complaint in complaints if not isinstance(complaint.grounds, Absence)]
    if not proved:
        return
    said = [told(workspace, complaint) for complaint in proved]
    try:
        path = complain(workspace, vault, exchange, transcript, proved)
    except CheckError as error:
        raise CheckError("\n".join((*said, f"The evidence cannot be kept as a complaint: {error}"))) from None
    raise MisconductError(said, path)


def require(
    workspace: Workspace, vault: Vault, case: Case, transcript: Transcript, collected: Collected[P]
) -> Collected[P]:
    """Accept a complete round of sound messages.

    Raises:
        MisconductError: a message is wrong by itself, or somebody signed two.
        CheckError: naming what is missing from whom.
    """
    accuse(workspace, vault, case.exchange, transcript, complaints_about(case, collected))
    if not collected.is_complete:
        raise CheckError("; ".join(collected.report()) + "; 'guardian status' says what to do")
    return collected


def told(workspace: Workspace, complaint: Complaint) -> str:
    """Return a complaint as a sentence."""
    name = workspace.exchange.names.get(complaint.accused, "nobody")
    return f"Guardian {complaint.accused} ({name}): {complaint.grounds.kind}: {complaint.equation}"
