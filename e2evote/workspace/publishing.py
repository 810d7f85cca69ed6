"""From what guardians decrypted to the record, whether their secrets were in this process or on their own machines."""

from collections.abc import Iterable, Sequence

from e2evote.approval import ApprovedRecord, BallotStatement
from e2evote.challenge import nonce_from_factor
from e2evote.decryption.results import opened_contest_data, tallies_of
from e2evote.errors import CheckError
from e2evote.group.elements import Element
from e2evote.record import layout
from e2evote.record.ballot import EncryptedBallot
from e2evote.record.exceptions import TallyException
from e2evote.record.opened import ChallengedBallot
from e2evote.record.pre_encrypted import PublishedBallot, UncastBallot
from e2evote.terminal.screen import note
from e2evote.workspace.devices import Device, Opened, devices, is_opened, open_published
from e2evote.workspace.directory import Workspace
from e2evote.zkp.equality import EqualityProof

Decrypted = tuple[Element, EqualityProof]


def check_added_up(workspace: Workspace) -> None:
    """Accept an election that is ready to be decrypted.

    Raises:
        CheckError: its ballots have not been added up.
    """
    if layout.ENCRYPTED_TALLIES not in workspace.record:
        raise CheckError("the ballots have not been added up; 'e2evote tally accumulate' does it")


def exceptions_of(
    workspace: Workspace, approved: ApprovedRecord, guardians: Iterable[int]
) -> tuple[TallyException, ...]:
    """Return what the record will say of rules and overrides.

    Raises:
        CheckError: an interrupted run published others.
    """
    exceptions = approved.exceptions(guardians)
    if layout.EXCEPTIONS in workspace.record and not exceptions:
        raise CheckError(
            f"{workspace.published / layout.EXCEPTIONS}: an interrupted run left exceptions, and now there "
            "are none; give the same --override as then"
        )
    return exceptions


def publish_tallies(
    workspace: Workspace,
    approved: ApprovedRecord,
    exceptions: Sequence[TallyException],
    results: Sequence[Decrypted],
) -> None:
    """Publish the tallies, behind whatever was decided about them.

    Args:
        workspace: the election.
        approved: its record.
        exceptions: ``exceptions_of`` the guardians who decrypted.
        results: of ``approved.tally_statements()``.
    """
    if exceptions:
        workspace.writer.write_lines(layout.EXCEPTIONS, exceptions, replace=True)
    workspace.writer.write_lines(layout.TALLIES, tallies_of(approved.election, approved.cells, results))


def publish_contest_data(
    workspace: Workspace,
    approved: ApprovedRecord,
    decrypted: Iterable[tuple[BallotStatement[EncryptedBallot], Decrypted]],
) -> None:
    """Publish the contest data of all cast ballots that may be read: to leave some out would be to choose."""
    entries = [opened_contest_data(asked.ballot, asked.statement, *result) for asked, result in decrypted]
    if entries:
        workspace.writer.write_lines(layout.CONTEST_DATA, entries)
    for ruling in approved.data_rulings:
        if ruling.refusal is not None:
            note(ruling.refusal)


def not_opened(workspace: Workspace) -> list[bytes]:
    """Return the codes of challenged and uncast ballots that their devices have not opened, by device and position."""
    found: list[bytes] = []
    for device in devices(workspace):
        opened = device.opened()
        found += (code for code in _to_open(device) if code not in opened)
    return found


def open_with(workspace: Workspace, ballot: PublishedBallot, factor: Element) -> None:
    """Open a challenged or uncast ballot with β_B and keep it; its publication waits for the others.

    Raises:
        VerificationError: the nonce does not fit the ballot.

    Spec: EG-2.1 §3.6.7
    """
    device = Device(workspace, ballot.device)
    opened = device.opened()
    opened[ballot.confirmation_code] = open_published(workspace.election, ballot, nonce_from_factor(ballot, factor))
    device.keep_opened(opened)


def unpublished(workspace: Workspace) -> bool:
    """Tell whether a challenged or uncast ballot is not in the record yet, opened."""
    record, group = workspace.record, workspace.election.group
    known = {ballot.confirmation_code for ballot in record.objects(ChallengedBallot, layout.CHALLENGED_BALLOTS, group)}
    known |= {ballot.confirmation_code for ballot in record.objects(UncastBallot, layout.UNCAST_BALLOTS, group)}
    return any(code not in known for device in devices(workspace) for code in _to_open(device))


def publish_challenged(workspace: Workspace) -> None:
    """Publish all challenged and uncast ballots, opened, unless the record has them; each has to be open."""
    if not unpublished(workspace):
        return
    every: list[Opened] = []
    for device in devices(workspace):
        opened = device.opened()
        every += (opened[code] for code in _to_open(device))
    for name, kind in ((layout.CHALLENGED_BALLOTS, ChallengedBallot), (layout.UNCAST_BALLOTS, UncastBallot)):
        if lines := [ballot for ballot in every if isinstance(ballot, kind)]:
            workspace.writer.write_lines(name, lines, replace=True)


def _to_open(device: Device) -> list[bytes]:
    decisions = device.decisions()
    return [code for code in device.codes() if is_opened(decisions.get(code))]
