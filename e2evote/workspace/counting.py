"""After voting: adding up, decrypting, opening. Nothing is decrypted but of an approved record."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import islice, tee
from typing import TypeVar

from e2evote.approval import ApprovedRecord, BallotStatement, approve
from e2evote.decryption.rounds import decrypt
from e2evote.decryption.statements import Statement
from e2evote.engine import Workers
from e2evote.errors import CheckError
from e2evote.record import layout
from e2evote.record.ballot import EncryptedBallot
from e2evote.record.exceptions import Override
from e2evote.record.tally import EncryptedTally
from e2evote.secret_sharing import SecretKeyShares
from e2evote.tally import Accumulation, accumulate_lines
from e2evote.terminal.screen import Report, progress
from e2evote.workspace.devices import Device, code_of, devices
from e2evote.workspace.directory import Workspace
from e2evote.workspace.hands import side_by_side
from e2evote.workspace.publishing import (
    Decrypted,
    check_added_up,
    exceptions_of,
    not_opened,
    open_with,
    publish_challenged,
    publish_contest_data,
    publish_tallies,
    unpublished,
)

BATCH = 8
"""Ciphertexts decrypted in one go, between two reports."""

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
        for where, line in _counted_lines(device)
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


def _counted_lines(device: Device) -> Iterator[tuple[str, bytes]]:
    """Yield the lines of which cast ballots are added up: of pre-encrypted ones what was recorded."""
    record = device.record
    shards = record.recorded_shards(device.number) if device.pre_encrypts else record.ballot_shards(device.number)
    return (line for name in shards for line in record.lines(name))


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
        check_added_up(self.workspace)
        record = self.workspace.record
        if contest_data and not self.election.manifest.cast_contest_data_may_be_decrypted:
            raise CheckError("the manifest does not allow contest data of cast ballots to be decrypted")
        with_data, with_tallies = contest_data and layout.CONTEST_DATA not in record, layout.TALLIES not in record
        if not (with_tallies or with_data or unpublished(self.workspace)):
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

    def _decrypt_all(self, statements: Iterable[Statement], hands: Workers) -> Generator[Decrypted, None, None]:
        """Decrypt in batches, on several processes."""
        function = partial(decrypt, self.election, self.publics, self.shares)
        for batch in hands.map(function, batches(statements, BATCH)):
            yield from batch

    def _decrypt_tallies(self, approved: ApprovedRecord, jobs: int) -> None:
        exceptions = exceptions_of(self.workspace, approved, (share.i for share in self.shares))
        statements, results = approved.tally_statements(), list[Decrypted]()
        if statements:
            with side_by_side(jobs, len(statements), 20) as hands, progress("Decrypting tallies") as report:
                for result in self._decrypt_all(statements, hands):
                    results.append(result)
                    report(len(results), len(statements))
        publish_tallies(self.workspace, approved, exceptions, results)

    def _open_challenged(self, approved: ApprovedRecord) -> None:
        """Open challenged ballots whose devices have not, and publish all."""
        if missing := not_opened(self.workspace):
            with progress("Opening challenged ballots") as report:
                for done, (ballot, statement) in enumerate(approved.ballot_nonce_statements(missing), 1):
                    ((factor, _),) = decrypt(self.election, self.publics, self.shares, [statement])
                    open_with(self.workspace, ballot, factor)
                    report(done, len(missing))
        publish_challenged(self.workspace)

    def _decrypt_contest_data(
        self, approved: ApprovedRecord, data: Iterator[BallotStatement[EncryptedBallot]], jobs: int
    ) -> None:
        expected = sum(ruling.ballots for ruling in approved.data_rulings if ruling.refusal is None)
        with side_by_side(jobs, expected, 20) as hands, progress("Decrypting contest data") as report:
            asked, stated = tee(data)
            results = self._decrypt_all((statement for _, statement in stated), hands)
            publish_contest_data(self.workspace, approved, counted(zip(asked, results, strict=True), report, expected))


def counted(values: Iterable[T], report: Report, total: int) -> Iterator[T]:
    """Yield the values and report each."""
    for done, value in enumerate(values, 1):
        yield value
        report(done, total)


def batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut values into lists of at most ``size``."""
    iterator = iter(values)
    while batch := list(islice(iterator, size)):
        yield batch
