"""How the commands open the vault."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from e2evote.terminal.screen import say
from guardian_cli.asking import known_passphrase
from guardian_cli.keystore.sealed import WrongPassphraseError
from guardian_cli.keystore.vault import Vault
from guardian_cli.workspace import Workspace

_TIMES = 3


@contextmanager
def opened_vault(workspace: Workspace, secret: Path | None) -> Iterator[Vault]:
    """Open the vault with the passphrase in a file, or ask for it, three times if need be.

    Raises:
        E2EVoteError: as ``Workspace.vault``.
    """
    with ExitStack() as opened:
        yield _opened(opened, workspace, secret, _TIMES)


def _opened(opened: ExitStack, workspace: Workspace, secret: Path | None, times: int) -> Vault:
    try:
        return opened.enter_context(workspace.vault(known_passphrase(secret)))
    except WrongPassphraseError as error:
        if secret is not None or times == 1 or not sys.stdin.isatty():
            raise
        say(f"{error}.")
    return _opened(opened, workspace, secret, times - 1)
