"""After voting: adding up, decrypting, opening. Nothing is decrypted but of an approved record."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import islice, tee
from typing import TypeVar

from e2evote.approval import ApprovedRecord, BallotStatement, approve
from e2evote.challenge import nonce_from_factor, open_ballot
from e2evote.cli.devices import Device, code_of, devices
from e2evote.cli.hands import side_by_side
from e2evote.cli.workspace import Workspace
from e2evote.decryption.results import opened_contest_data, tallies_of
from e2evote.decryption.rounds import decrypt
from e2evote.decryption.statements import Statement
from e2evote.engine import Workers
from e2evote.errors import CheckError
from e2evote.group.elements import Element
from e2evote.record import layout
from e2evote.record.exceptions import Override
from e2evote.record.opened import ChallengedBallot, DecryptedContestData
from e2evote.record.tally import EncryptedTally
from e2evote.secret_sharing import SecretKeyShares
from e2evote.tally import Accumulation, accumulate_lines
from e2evote.terminal.screen import note, progress
from e2evote.zkp.equality import EqualityProof

BATCH = 8
"""Ciphertexts decrypted in one go, between two reports."""

Decrypted = tuple[Element, EqualityProof]
T = TypeVar("T")


def check_devices_closed(workspace: Workspace) -> list[Device]:
    """Return the devices of an election that is ready to be added up.

    Raises:
        CheckError: a device is open, there is none, or it has been done.
    """
    workspace.check_voting()
    everything = devices(workspace)
    if not everything:
        raise CheckError("no device has been opened; there is nothing to add up")
    for device in everything:
        if not device.closed:
            raise CheckError(f"device {device.number} is still open; 'e2evote device close' ends it")
    return everything


def accumulate_cast(workspace: Workspace, jobs: int) -> tuple[EncryptedTally, ...]:
    """Multiply the cast ballots and publish the encrypted tallies; whoever decrypts verifies both.

    Raises:
        CheckError: a device is open, there is none, or it has been done.
    """
    everything = check_devices_closed(workspace)
    decisions = [device.decisions() for device in everything]
    cast = (
        (where, line)
        for device, decided in zip(everything, decisions, strict=True)
        for where, line in device.record.ballot_lines(device.number)
        if decided[code_of(where, line)] == "cast"
    )
    expected = sum(status == "cast" for decided in decisions for status in decided.values())
    total = Accumulation()
    with (
        side_by_side(jobs, expected, 400) as hands,
        progress("Adding up") as report,
        closing(accumulate_lines(workspace.election, cast, hands)) as sums,
    ):
        for total in sums:
            report(total.ballots.total(), expected)
    encrypted = total.tallies(workspace.election)
    workspace.writer.write_lines(layout.ENCRYPTED_TALLIES, encrypted)
    return encrypted


class Decryption:
    """What the chosen guardians do together, their secrets in this process."""

    def __init__(self, workspace: Workspace, guardians: Sequence[int]) -> None:
        """Read the guardians' secrets.

        Raises:
            CheckError: they are not a quorum of different guardians.
            ParseError: a guardian's file is missing.
        """
        self.workspace, self.election, self.publics = workspace, workspace.election, workspace.guardians
        self.shares: list[SecretKeyShares] = [workspace.shares(i) for i in guardians]
        decrypt(self.election, self.publics, self.shares, ())  # of nothing, which checks the quorum

    def run(self, jobs: int, contest_data: bool = False, overrides: Sequence[Override] = ()) -> None:
        """Approve the record; then decrypt and publish what may be decrypted and is not published yet.

        Raises:
            CheckError: nothing is left to do, the record is not valid, an override does not fit, or data may not be
                read.
        """
        record = self.workspace.record
        if layout.ENCRYPTED_TALLIES not in record:
            raise CheckError("the ballots have not been added up; 'e2evote tally accumulate' does it")
        if contest_data and not self.election.manifest.cast_contest_data_may_be_decrypted:
            raise CheckError("the manifest does not allow contest data of cast ballots to be decrypted")
        with_data, with_tallies = contest_data and layout.CONTEST_DATA not in record, layout.TALLIES not in record
        if not (with_tallies or with_data or any(self._unopened().values())):
            raise CheckError("everything has been decrypted already; nothing was overwritten")
        if overrides and not with_tallies:
            raise CheckError("the tallies have been decrypted already; an override comes too late")
        with progress("Verifying") as report:
            approved = approve(record, jobs, self.workspace.accepted, report, overrides)
        data = approved.contest_data_statements() if with_data else iter(())
        if with_tallies:
            self._decrypt_tallies(approved, jobs)
        self._open_challenged(approved)
        if with_data:
            self._decrypt_contest_data(approved, data, jobs)

    def _decrypt(self, statements: Sequence[Statement]) -> tuple[Decrypted, ...]:
        return decrypt(self.election, self.publics, self.shares, statements)

    def _decrypt_all(self, statements: Iterable[Statement], hands: Workers) -> Generator[Decrypted, None, None]:
        """Decrypt in batches, on several processes."""
        function = partial(decrypt, self.election, self.publics, self.shares)
        for batch in hands.map(function, batches(statements, BATCH)):
            yield from batch

    def _decrypt_tallies(self, approved: ApprovedRecord, jobs: int) -> None:
        """Decrypt the tallies, and publish them behind whatever was decided about them."""
        exceptions = approved.exceptions(share.i for share in self.shares)
        if layout.EXCEPTIONS in self.workspace.record and not exceptions:
            raise CheckError(
                f"{self.workspace.published / layout.EXCEPTIONS}: an interrupted run left exceptions, and now there "
                "are none; give the same --override as then"
            )
        statements, results = approved.tally_statements(), list[Decrypted]()
        if statements:
            with side_by_side(jobs, len(statements), 20) as hands, progress("Decrypting tallies") as report:
                for result in self._decrypt_all(statements, hands):
                    results.append(result)
                    report(len(results), len(statements))
        if exceptions:
            self.workspace.writer.write_lines(layout.EXCEPTIONS, exceptions, replace=True)
        published = tallies_of(self.election, approved.cells, results)
        self.workspace.writer.write_lines(layout.TALLIES, published)

    def _unopened(self) -> dict[int, set[bytes]]:
        """Return the challenged ballots that are not in the record yet, by device."""
        record = self.workspace.record
        published = record.objects(ChallengedBallot, layout.CHALLENGED_BALLOTS, self.election.group)
        known = {ballot.confirmation_code for ballot in published}
        return {device.number: _challenged(device) - known for device in devices(self.workspace)}

    def _open_challenged(self, approved: ApprovedRecord) -> None:
        """Open challenged ballots whose devices have not, and publish all."""
        every: list[ChallengedBallot] = []
        for device in devices(self.workspace):
            challenged, opened = _challenged(device), device.opened()
            if missing := challenged - opened.keys():
                with progress("Opening challenged ballots") as report:
                    for ballot, statement in approved.ballot_nonce_statements(missing):
                        ((factor, _),) = self._decrypt([statement])
                        code = ballot.confirmation_code
                        opened[code] = open_ballot(self.election, ballot, nonce_from_factor(ballot, factor))
                        device.keep_opened(opened)
                        report(len(opened), len(challenged))
            every += (opened[code] for code in device.codes() if code in challenged)
        if every and any(self._unopened().values()):
            self.workspace.writer.write_lines(layout.CHALLENGED_BALLOTS, every, replace=True)

    def _decrypt_contest_data(self, approved: ApprovedRecord, data: Iterator[BallotStatement], jobs: int) -> None:
        """Decrypt the contest data of cast ballots, and publish all of it: to leave some out would be to choose."""
        entries: list[DecryptedContestData] = []
        expected = sum(ruling.ballots for ruling in approved.data_rulings if ruling.refusal is None)
        with side_by_side(jobs, expected, 20) as hands, progress("Decrypting contest data") as report:
            asked, stated = tee(data)
            results = self._decrypt_all((statement for _, statement in stated), hands)
            for (ballot, statement), (factor, proof) in zip(asked, results, strict=True):
                entries.append(opened_contest_data(ballot, statement, factor, proof))
                report(len(entries), expected)
        if entries:
            self.workspace.writer.write_lines(layout.CONTEST_DATA, entries)
        for ruling in approved.data_rulings:
            if ruling.refusal is not None:
                note(ruling.refusal)


def batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut values into lists of at most ``size``."""
    iterator = iter(values)
    while batch := list(islice(iterator, size)):
        yield batch


def _challenged(device: Device) -> set[bytes]:
    return {code for code, status in device.decisions().items() if status == "challenged"}
