"""The token that whoever submits has to show: a file of the board that only its owner reads.

It stands in for the sign-in of voters and stations, which is not the board's business. Who has it can submit ballots
and statuses, each of which must still be right; nobody can cast a ballot for another with it where voters' pages
committed to secrets.
"""

import secrets
from pathlib import Path

from e2evote.errors import CheckError
from e2evote.files import write_atomically

TOKEN = "private/submission.token"  # noqa: S105  (a file's name)
_BYTES = 32


def submission_token(folder: Path) -> str:
    """Return the token of the board in a folder; the first time it is made.

    Raises:
        CheckError: others can read the file, or it has no token.
    """
    path = folder / TOKEN
    if not path.exists():
        write_atomically(path, f"{secrets.token_urlsafe(_BYTES)}\n".encode(), mode=0o600)
    if path.stat().st_mode & 0o077:
        raise CheckError(f"{path}: others can read this file; delete it, and a new one is made at the next start")
    token = path.read_bytes().decode("ascii", "replace").strip()
    if len(token) < _BYTES:
        raise CheckError(f"{path}: there is no token in it; delete it, and a new one is made at the next start")
    return token
