"""From a file of plaintext ballots to encrypted ballots in the record, resumable at every shard.

The file stands for all that one device encrypts: lines may be added to its end, never changed. A shard is written
whole or not at all, after the nonces of its ballots and a note of how far the file will then be encrypted, so that an
interruption at any moment leaves a record that the same command continues.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice, tee
from pathlib import Path

from e2evote.encryption import EncryptedLine, encrypt_lines
from e2evote.errors import CheckError, ParseError
from e2evote.record import layout
from e2evote.record.codec import parse
from e2evote.record.layout import LINE_LIMIT
from e2evote.record.manifest import Manifest
from e2evote.record.plaintext import PlaintextBallot
from e2evote.terminal.screen import Report
from e2evote.workspace import private
from e2evote.workspace.devices import Device
from e2evote.workspace.hands import side_by_side
from e2evote.workspace.private import Checkpoint, EncryptionState, SecretNonceEntry

SHARD_BALLOTS = 100
"""Ballots in a shard, the unit that is written at once."""


@dataclass(frozen=True, slots=True)
class Input:
    """A file of plaintext ballots, read line by line."""

    path: Path
    manifest: Manifest

    def lines(self) -> Iterator[tuple[str, bytes]]:
        """Yield (file and line number, line without its end).

        Raises:
            ParseError: a blank or over-long line.
        """
        with self.path.open("rb") as file:
            number = 0
            while line := file.readline(LINE_LIMIT + 1):
                number += 1
                where = f"{self.path}:{number}"
                if len(line) > LINE_LIMIT:
                    raise ParseError(where, f"a line of more than {LINE_LIMIT} bytes")
                if not line.strip():
                    raise ParseError(where, "a blank line; expected one ballot")
                yield where, line.rstrip(b"\r\n")

    def ballot(self, where: str, line: bytes) -> PlaintextBallot:
        """Return the ballot in a line.

        Raises:
            ParseError: it is not in its form.
            CheckError: it does not fit the manifest; both name file, line and field.
        """
        ballot = parse(PlaintextBallot, line, where, canonical=False)
        try:
            ballot.check(self.manifest)
        except CheckError as error:
            raise CheckError(f"{where}: {error}") from None
        return ballot

    def check(self) -> int:
        """Accept the whole file and return how many ballots it has.

        Raises:
            ParseError, CheckError: as ``ballot``.
        """
        count = 0
        for where, line in self.lines():
            self.ballot(where, line)
            count += 1
        return count


def encrypt_file(device: Device, path: Path, report: Report, jobs: int) -> tuple[int, int]:
    """Encrypt the lines of a file that are not encrypted yet; return how many were before, and how many are now.

    Args:
        device: an open device; the caller has locked its directory.
        path: the file; every line of it is checked before the first is encrypted.
        report: takes the number of ballots encrypted and the number in the file.
        jobs: processes at most.

    Raises:
        ParseError, CheckError: naming file, line and field; or the file does not begin with what was encrypted before.
    """
    device.workspace.check_voting()
    device.check_open()
    if device.pre_encrypts:
        raise CheckError(f"device {device.number} makes pre-encrypted ballots; 'e2evote mail make' does it")
    source = Input(path, device.workspace.election.manifest)
    total, (before, last_code) = source.check(), device.last()
    run = _Run(device, source, total, before, report)
    lines = source.lines()
    run.skip(line for _, line in islice(lines, before))
    lines, ahead = tee(lines)
    plaintexts = (source.ballot(where, line) for where, line in ahead)
    election = device.workspace.election.expecting(total - before)
    with (
        side_by_side(jobs, total - before, 50) as hands,
        closing(encrypt_lines(election, device.opening, plaintexts, before, last_code, hands)) as encrypted,
    ):
        while shard := list(islice(lines, SHARD_BALLOTS)):
            run.encrypt(shard, encrypted)
    return before, run.done


@dataclass(slots=True)
class _Run:
    """One run over the file: how far it is, and the SHA-256 over the lines so far."""

    device: Device
    source: Input
    total: int
    done: int
    report: Report
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(ballots=self.done, sha256=self.digest.digest())

    def skip(self, lines: Iterable[bytes]) -> None:
        """Compare the lines that should be encrypted already with the note of what was."""
        found = 0
        for line in lines:
            self.digest.update(line + b"\n")
            found += 1
        if self.done:
            noted = private.read_object(EncryptionState, self.device.state_path).checkpoints
            if found < self.done or self.checkpoint() not in noted:
                raise CheckError(
                    f"{self.source.path} does not begin with the {self.done} ballots that device {self.device.number} "
                    "has encrypted; give the same file again, with further ballots at its end"
                )
        self.report(self.done, self.total)

    def encrypt(self, shard: list[tuple[str, bytes]], encrypted: Iterator[EncryptedLine]) -> None:
        """Encrypt one shard and write it: nonces, note, ballots."""
        before = self.checkpoint()
        lines, nonces = [], []
        for _, line in shard:
            ballot = next(encrypted)
            lines.append(ballot.line)
            nonces.append(SecretNonceEntry(confirmation_code=ballot.confirmation_code, nonce=ballot.nonce.value))
            self.digest.update(line + b"\n")
            self.report(self.done + len(lines), self.total)
        self.done = self.done + len(lines)
        number = len(self.device.record.ballot_shards(self.device.number)) + 1
        private.make_directory(self.device.folder)
        private.write_lines(self.device.nonces_path(number), nonces)
        private.write_object(self.device.state_path, EncryptionState(checkpoints=(before, self.checkpoint())))
        data = b"".join(line + b"\n" for line in lines)
        self.device.workspace.writer.write_bytes(layout.ballots_path(self.device.number, number), data)
