"""The end: what is secret is deleted, what was said stays."""

import shutil

from guardian_cli.keystore.folder import delete_private
from guardian_cli.keystore.vault import FILE, SESSIONS
from guardian_cli.workspace import Workspace


def delete_vault(workspace: Workspace) -> None:
    """Delete the key; without it nobody can read the sessions."""
    workspace.note(retired=True)
    delete_private(workspace.root / FILE)


def delete_sessions(workspace: Workspace) -> None:
    """Delete what is left of the decryptions, also after a crash."""
    shutil.rmtree(workspace.root / SESSIONS, ignore_errors=True)
