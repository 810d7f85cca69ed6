"""From an election with keys to a booth that can be opened: what ``e2evote booth`` does and checks."""

from collections.abc import Iterator
from pathlib import Path

from e2evote.board.log import Board
from e2evote.election.acceptance import Acceptance
from e2evote.election.booth_files import check_files, publish_files
from e2evote.election.people import members
from e2evote.election.people.database import People
from e2evote.election.publishing import Publisher, open_new_device
from e2evote.election.roll.summary import check_roll
from e2evote.election.signin.gateways.configured import gateways_of
from e2evote.election.signin.settings import Settings
from e2evote.election.signin.texts import LANGUAGES
from e2evote.encoding import canonical_json
from e2evote.errors import CheckError
from e2evote.files import write_atomically
from e2evote.record.ballot import NO_CHAINING
from e2evote.record.codec import parse
from e2evote.record.manifest import Manifest, Texts
from e2evote.web.booth.booth import Plan, Prepared, prepare
from e2evote.web.booth.settings import FILE, BoothSettings
from e2evote.workspace.boards import now, sign_checkpoint
from e2evote.workspace.directory import Workspace
from e2evote.workspace.hands import side_by_side

BOARD = "board"
"""The folder of an election's board in its directory, unless another is named."""


def board_of(directory: Path, board: Path | None) -> Path:
    """Return the folder of an election's board."""
    return directory / BOARD if board is None else board


def init_booth(workspace: Workspace, board: Path, info: str, settings: dict[str, object]) -> int:
    """Bring the election onto its board, open a device for voters' pages, write ``booth.json``; return the device.

    Args:
        workspace: the election, locked.
        board: the folder of its board.
        info: what the device is called.
        settings: fields of ``booth.json`` beside the device.

    Raises:
        ParseError: a field is not in its form.
        CheckError: there are settings already, they do not fit, the record is not the board's, or the manifest does not
            allow it.
        StorageError: the board does not take it.
    """
    path = workspace.root / FILE
    if path.exists():
        raise CheckError(f"{path} exists already; nothing was overwritten. 'e2evote booth check' judges it")
    _settings(path, 1, settings).check(workspace.election.manifest)  # before anything is on the board
    if NO_CHAINING not in workspace.election.manifest.chaining_modes:
        raise CheckError("the manifest does not allow devices without chaining: chaining_modes needs a 0")
    with Board.open(board) as kept:
        acceptance = Acceptance.of(kept, workspace.accepted)
        with side_by_side(1) as hands:
            Publisher(kept, acceptance, workspace.record, now).publish(hands)
        device = open_new_device(kept, acceptance, info, NO_CHAINING, now)
        sign_checkpoint(kept)
    made = _settings(path, device, settings).model_dump_json(exclude_none=True, indent=2)
    write_atomically(path, f"{made}\n".encode())
    return device


def _settings(path: Path, device: int, fields: dict[str, object]) -> BoothSettings:
    return parse(BoothSettings, canonical_json({"device": device, **fields}), str(path), canonical=False)


def prepared_booth(workspace: Workspace, board: Path, plan: Plan) -> Prepared:
    """Read the settings of a booth, and compare them with each other, the board, and the roll.

    Raises:
        ParseError, CheckError: naming file, field and what is wrong.
        StorageError, VerificationError: the board cannot be read, or has what it should never have taken in.
    """
    with Board.open(board) as kept:
        found = prepare(plan, kept, workspace.accepted)
        if not found.closed:
            _check_files(kept, found)
    gateways_of(found.signin, workspace.root)
    with People.open(workspace.root) as people:
        people.require(workspace.election.manifest.rehearsal)
        if not check_roll(people, workspace.election.manifest).members:
            raise CheckError(f"{workspace.root}: the roll is empty; 'e2evote roll import' fills it")
    return found


def _check_files(kept: Board, found: Prepared) -> None:
    try:
        check_files(kept, found.contents)
    except CheckError as error:
        raise CheckError(
            f"{error}; 'e2evote booth publish {found.plan.directory}' publishes the list of them"
        ) from None


def publish_booth(workspace: Workspace, board: Path) -> str | None:
    """Publish the list of the booth's files; return its path, None where the board's newest list is the same.

    Raises:
        ParseError, CheckError: a setting is not in its form, or does not fit.
        StorageError: the board does not take it.
    """
    with Board.open(board) as kept:
        found = prepare(Plan(workspace.root), kept, workspace.accepted)
        path = publish_files(kept, Acceptance.of(kept, workspace.accepted), found.contents, now())
        sign_checkpoint(kept)
    return path


def left_out(directory: Path, settings: Settings) -> int:
    """Return how many members lack a field to sign in with, or a place where a code can be sent."""
    with People.open(directory) as people, people.reading() as access:
        return sum(
            not (
                all(getattr(member, field) is not None for field in settings.fields)
                and any(getattr(member, channel) is not None for channel in settings.channels)
            )
            for _, member in members.every(access)
        )


def untranslated(manifest: Manifest) -> Iterator[str]:
    """Yield what has no name in a language of the pages; voters see another language or the label there."""
    yield from _missing("the election", manifest.name)
    for contest in manifest.contests:
        yield from _missing(f"contest {contest.label!r}", contest.name)
        for option in contest.options:
            yield from _missing(f"option {option.label!r}", option.name)


def _missing(what: str, names: Texts | None) -> Iterator[str]:
    missing = [language for language in LANGUAGES if language not in (names or {})]
    if missing:
        yield f"{what} has no name in {' and '.join(missing)}"
