"""Key checks that came: who has shown when that its secret is still there."""

from dataclasses import dataclass

from e2evote.errors import E2EVoteError
from e2evote.messages.envelope import open_message
from e2evote.messages.key_check import KEY_CHECK, verify_possession
from e2evote.workspace.ceremonies import CeremonyFolder
from e2evote.workspace.directory import Workspace


@dataclass(frozen=True, slots=True)
class KeyChecks:
    """The newest time of each guardian whose proof holds, and what is wrong with other proofs."""

    newest: dict[int, str]
    wrong: tuple[str, ...]


def newest_checks(ceremony: CeremonyFolder) -> KeyChecks:
    """Verify the key checks that came.

    Raises:
        CheckError: the ceremony is not over.
    """
    workspace, exchange = Workspace(ceremony.root), ceremony.exchange
    newest: dict[int, str] = {}
    wrong = []
    for data in ceremony.transcript.of(KEY_CHECK.name):
        try:
            check = open_message(exchange, KEY_CHECK, data, "key check").payload
            verify_possession(exchange, workspace.election, workspace.guardians, check)
            newest[check.i] = max(check.at, newest.get(check.i, ""))
        except E2EVoteError as error:
            wrong.append(str(error))
    return KeyChecks(dict(sorted(newest.items())), tuple(wrong))
