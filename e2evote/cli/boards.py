"""What the commands of ``e2evote board`` have in common: opening boards, mirrors and policies that people name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from e2evote.board.folder import SETTINGS
from e2evote.board.log import Board
from e2evote.board.mirror import Source, read_policy
from e2evote.board.notes import MAX_NOTE
from e2evote.board.places import Folder as PlainFolder
from e2evote.board.places import Place, Web, place_of
from e2evote.board.policy import Policy
from e2evote.board.served import Served
from e2evote.cli.options import ANY_PATH, EXISTING_FILE, Command
from e2evote.errors import CheckError, StorageError
from e2evote.record.layout import OBJECT_LIMIT
from e2evote.record.manifest import board_policy, parse_manifest
from e2evote.terminal.screen import note


def board_folder(command: Command) -> Command:
    """Add the argument BOARD, the folder of a board that is kept here."""
    return click.argument("folder", metavar="BOARD", type=ANY_PATH)(command)


def board_place(command: Command) -> Command:
    """Add the argument BOARD, a URL, a mirror's folder, or a board's own."""
    return click.argument("place", metavar="BOARD")(command)


def policy_file(command: Command) -> Command:
    """Add --policy."""
    text = (
        "The policy that you trust: the board's key and its witnesses; or the manifest that names them. Without it the "
        "board's own word is taken."
    )
    return click.option("--policy", "policy_path", type=EXISTING_FILE, metavar="FILE", help=text)(command)


def read_trusted(path: Path | None) -> Policy | None:
    """Return the policy in a file, which may be a manifest.

    Raises:
        ParseError: it is neither.
        CheckError: a manifest that names no board.
    """
    if path is None:
        return None
    data = read_small(path, OBJECT_LIMIT)
    if not data.lstrip().startswith(b"{"):
        return Policy.parse(data)
    manifest = parse_manifest(data, str(path))
    manifest.check()
    if manifest.board is None:
        raise CheckError(f"{path}: this manifest names no board")
    return board_policy(manifest.board)


@contextmanager
def opened_source(name: str, trusted: Policy | None) -> Iterator[Source]:
    """Open a board where somebody serves it, as a mirror, or as the database that it is kept in.

    Raises:
        StorageError, ParseError, CheckError: there is none, or it cannot be read.
    """
    if "://" not in name and (Path(name) / SETTINGS).is_file():
        with Board.open(Path(name)) as board, board.reading() as view:
            yield Source(Served(name, view, board.policy), trusted or board.policy)
        return
    place = place_of(name)
    if trusted is None:
        note(f"{name}: its own policy is taken; with --policy you say whom you trust")
    yield Source(place, trusted or read_policy(place))


def fetch_note(name: str) -> bytes:
    """Return the checkpoint in a file, in a mirror's folder, or at a URL.

    Raises:
        StorageError: there is none.
    """
    if "://" in name:
        base, _, path = name.rpartition("/")
        place: Place = Web(base)
    else:
        found = Path(name) / "checkpoint" if Path(name).is_dir() else Path(name)
        place, path = PlainFolder(found.parent), found.name
    data = place.get(path, MAX_NOTE)
    if data is None:
        raise StorageError(f"{name}: there is no checkpoint")
    return data


def read_small(path: Path, limit: int = MAX_NOTE) -> bytes:
    """Return the content of a file that cannot be long.

    Raises:
        CheckError: it is.
    """
    if path.stat().st_size > limit:
        raise CheckError(f"{path}: larger than {limit} bytes")
    return path.read_bytes()
