"""A voting device in an election's directory: opening it, what became of its ballots, closing it.

A decision about a ballot is made once. It is written down first; then a challenged ballot is opened with the nonce that
its device kept, and the nonce is forgotten. An interrupted command is caught up with by the next one (``settle``).
Pre-encrypted ballots are cast by recording them (``mailing``) or opened as uncast; the rest is the same.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack
from heapq import merge
from itertools import islice
from pathlib import Path

from e2evote.challenge import open_ballot
from e2evote.encoding import hex_of
from e2evote.encryption import SecretBallotNonce
from e2evote.errors import CheckError, VerificationError
from e2evote.preencryption.recording import open_uncast
from e2evote.record import layout
from e2evote.record.ballot import NO_CHAINING, SIMPLE_CHAINING, BallotStatus, DeviceClosing, DeviceOpening, Status
from e2evote.record.codes import close_device, open_device
from e2evote.record.layout import Record
from e2evote.record.opened import ChallengedBallot
from e2evote.record.pre_encrypted import PreEncryptedBallot, PublishedBallot, UncastBallot, parse_published
from e2evote.record.setup import Election
from e2evote.workspace import private
from e2evote.workspace.directory import Workspace
from e2evote.workspace.private import SecretNonceEntry

Opened = ChallengedBallot | UncastBallot

SHARD_BALLOTS = 100
"""Pre-encrypted ballots in a shard, as printed or as recorded."""

PREFIX_LENGTH = 8
"""Fewest digits by which a confirmation code may be called."""

_POSITION = re.compile(rb'\{"device":[1-9][0-9]*,"position":([1-9][0-9]*),')
_CODE = re.compile(rb'"confirmation_code":"([0-9A-F]{64})"\}')


def code_of(where: str, line: bytes) -> bytes:
    """Return the confirmation code at the end of a ballot's line, without reading all of the ballot.

    Raises:
        CheckError: there is none.
    """
    match = _CODE.fullmatch(line[-87:])
    if not match:
        raise CheckError(f"{where}: the line does not end with a confirmation code")
    return bytes.fromhex(match[1].decode())


def position_of(line: bytes) -> int:
    """Return the position of a recorded ballot from its line.

    Raises:
        CheckError: the line does not begin with one.
    """
    match = _POSITION.match(line)
    if not match:
        raise CheckError("a recorded ballot does not begin with its device and position")
    return int(match[1])


def is_opened(status: Status | None) -> bool:
    """Tell whether ballots of this status are opened."""
    return status in ("challenged", "uncast")


def open_published(election: Election, ballot: PublishedBallot, nonce: SecretBallotNonce) -> Opened:
    """Return a challenged or uncast ballot, opened.

    Raises:
        VerificationError: the nonce does not fit the ballot.

    Spec: EG-2.1 §3.6.7; §4.3
    """
    if isinstance(ballot, PreEncryptedBallot):
        return open_uncast(election, ballot, nonce)
    return open_ballot(election, ballot, nonce)


class Device:
    """One device of an election."""

    def __init__(self, workspace: Workspace, number: int) -> None:
        """Take a device that has been opened.

        Raises:
            CheckError: there is no such device.
        """
        if layout.opening_path(number) not in workspace.record:
            raise CheckError(f"there is no device {number} in {workspace.root}")
        self.workspace, self.number = workspace, number
        self.folder = workspace.private / "devices" / f"{number:04}"

    @property
    def record(self) -> Record:
        """The record as it now is."""
        return self.workspace.record

    @property
    def opening(self) -> DeviceOpening:
        """The published opening."""
        return self.record.opening(self.number)

    @property
    def pre_encrypts(self) -> bool:
        """Tell whether its ballots are pre-encrypted."""
        return self.opening.pre_encrypted is not None

    @property
    def closed(self) -> bool:
        """Tell whether the device takes no more ballots."""
        return layout.closing_path(self.number) in self.record

    @property
    def state_path(self) -> Path:
        """Where the state of the encryption is kept."""
        return self.folder / "state.json"

    def nonces_path(self, shard: int) -> Path:
        """Return where the nonces of a shard's undecided ballots are kept."""
        return self.folder / f"nonces-{shard:06}.ndjson"

    @property
    def recorded_paths(self) -> list[Path]:
        """Where what was recorded of its ballots is kept until it closes, a file a run, by position in each."""
        return sorted(self.folder.glob("recorded-*.ndjson"))

    def check_open(self) -> None:
        """Accept a device that is not closed.

        Raises:
            CheckError: it is closed.
        """
        if self.closed:
            raise CheckError(f"device {self.number} is closed")

    def codes(self) -> Iterator[bytes]:
        """Yield the confirmation codes of all ballots, in order."""
        return (code_of(where, line) for where, line in self.record.ballot_lines(self.number))

    def last(self) -> tuple[int, bytes | None]:
        """Return the position and confirmation code of the last ballot; 0 and None where there is none."""
        newest = deque(enumerate(self.codes(), 1), maxlen=1)
        return newest[0] if newest else (0, None)

    def decisions(self) -> dict[bytes, Status]:
        """Return what has been decided so far; the record has it in the order of ballots, so only once all is."""
        if self.closed:
            decided = list(self.record.statuses(self.number))
        else:
            decided = private.read_lines(BallotStatus, self.folder / "decisions.ndjson")
        return {entry.confirmation_code: entry.status for entry in decided}

    def opened(self) -> dict[bytes, Opened]:
        """Return the challenged or uncast ballots opened so far."""
        kind: type[ChallengedBallot | UncastBallot] = UncastBallot if self.pre_encrypts else ChallengedBallot
        found = private.read_lines(kind, self.folder / "opened.ndjson", self.workspace.election.group)
        return {ballot.confirmation_code: ballot for ballot in found}

    def keep_opened(self, ballots: dict[bytes, Opened]) -> None:
        """Keep opened ballots, by position."""
        ordered = sorted(ballots.values(), key=lambda ballot: ballot.position)
        private.write_lines(self.folder / "opened.ndjson", ordered)

    def check_undecided(self, codes: Iterable[bytes]) -> None:
        """Accept ballots about which can be decided.

        Raises:
            CheckError: the device is closed, or a ballot is decided.
        """
        self.check_open()
        decisions = self.decisions()
        for code in codes:
            if code in decisions:
                raise CheckError(f"ballot {hex_of(code)} is {decisions[code]} already; a decision is final")

    def check_status(self, status: Status) -> None:
        """Accept a decision that can be made about ballots of this device.

        Raises:
            CheckError: it cannot.
        """
        if self.pre_encrypts and status in ("challenged", "spoiled"):
            raise CheckError(
                f"device {self.number} makes pre-encrypted ballots; 'e2evote mail record' casts them, 'e2evote mail "
                "uncast' opens those that nobody cast"
            )
        if not self.pre_encrypts and status == "uncast":
            raise CheckError(
                f"device {self.number} makes no pre-encrypted ballots; they are cast, challenged or spoiled"
            )

    def decide(self, codes: Sequence[bytes], status: Status) -> list[str]:
        """Decide about ballots of this device, once, and return why opened ballots did not open.

        Raises:
            CheckError: the device is closed, a ballot is decided, or such ballots are not decided about so.
        """
        self.check_status(status)
        self.check_undecided(codes)
        decisions = self.decisions() | dict.fromkeys(codes, status)
        entries = (BallotStatus(confirmation_code=code, status=decision) for code, decision in decisions.items())
        private.write_lines(private.make_directory(self.folder) / "decisions.ndjson", entries)
        return self.settle()

    def settle(self) -> list[str]:
        """Open challenged and uncast ballots whose nonces are here, then forget the nonces of all decided ballots.

        Returns:
            Why ballots did not open. Their nonces are kept; the guardians can open them.
        """
        record, decisions = self.record, self.decisions()
        failures: list[str] = []
        for shard, name in enumerate(record.ballot_shards(self.number), 1):
            entries = private.read_lines(SecretNonceEntry, self.nonces_path(shard))
            decided = {
                entry.confirmation_code: entry.nonce for entry in entries if entry.confirmation_code in decisions
            }
            if decided:
                to_open = {code: nonce for code, nonce in decided.items() if is_opened(decisions[code])}
                failed = self._open(record, name, to_open)
                forgotten = decided.keys() - failed.keys()
                kept = [entry for entry in entries if entry.confirmation_code not in forgotten]
                private.write_lines(self.nonces_path(shard), kept)
                failures += failed.values()
        return failures

    def _open(self, record: Record, shard: str, nonces: dict[bytes, bytes]) -> dict[bytes, str]:
        """Open and keep ballots of a shard; return what went wrong, by code."""
        opened, failed = self.opened() if nonces else {}, {}
        for ballot in self.ballots(record, shard, nonces.keys() - opened.keys()):
            code = ballot.confirmation_code
            try:
                opened[code] = open_published(self.workspace.election, ballot, SecretBallotNonce(nonces[code]))
            except VerificationError as error:
                failed[code] = str(error)
        if nonces:
            self.keep_opened(opened)
        return failed

    def ballots(self, record: Record, shard: str, wanted: AbstractSet[bytes]) -> Iterator[PublishedBallot]:
        """Yield the ballots of a shard with these codes, in order."""
        if wanted:
            for where, line in record.lines(shard):
                if code_of(where, line) in wanted:
                    yield parse_published(line, where, self.workspace.election.group, self.opening)

    def close(self) -> DeviceClosing:
        """Publish what became of every ballot, end the chain, and forget what was kept for encrypting.

        Raises:
            CheckError: the device is closed, or a ballot is undecided.
        """
        self.check_open()
        codes, decisions = list(self.codes()), self.decisions()
        undecided = [code for code in codes if code not in decisions]
        if undecided:
            raise CheckError(
                f"device {self.number}: {len(undecided)} of {len(codes)} ballots are undecided, the first is "
                f"{hex_of(undecided[0])}; "
                + (
                    "record what was cast, 'mail uncast --rest' opens the others"
                    if self.pre_encrypts
                    else "cast, challenge or spoil them first"
                )
            )
        self.settle()
        self._publish_recorded({code for code, status in decisions.items() if status == "cast"})
        statuses = [BallotStatus(confirmation_code=code, status=decisions[code]) for code in codes]
        closing = close_device(self.workspace.election.h_e, self.opening, len(codes), codes[-1] if codes else None)
        self.workspace.writer.write_lines(layout.statuses_path(self.number), statuses, replace=True)
        self.state_path.unlink(missing_ok=True)
        self.workspace.writer.write(layout.closing_path(self.number), closing)
        for path in self.recorded_paths:
            path.unlink()
        return closing

    def _publish_recorded(self, cast: AbstractSet[bytes]) -> None:
        """Publish what was recorded of cast ballots, by position: the order in which it came in tells about voters.

        An interrupted run may have left what was never decided; beside an opened ballot it would show a vote.
        """
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("rb")) for path in self.recorded_paths]
            lines = (line for line in merge(*files, key=position_of) if code_of("recorded", line[:-1]) in cast)
            shards = iter(lambda: b"".join(islice(lines, SHARD_BALLOTS)), b"")
            for shard, data in enumerate(shards, 1):
                self.workspace.writer.write_bytes(layout.recorded_path(self.number, shard), data, replace=True)


def devices(workspace: Workspace) -> list[Device]:
    """Return all devices."""
    return [Device(workspace, number) for number in workspace.record.device_indices()]


def open_new(workspace: Workspace, device_info: str, chaining: bool = True, pre_encrypts: bool = False) -> Device:
    """Open the next device.

    Raises:
        CheckError: voting is over, the manifest forbids the chaining mode or names no hash-trimming function, the text
            is empty or used already, or the keys that ballots would be encrypted to are not those of the guardians.
    """
    workspace.check_voting()
    if pre_encrypts and workspace.election.manifest.hash_trimming is None:
        raise CheckError("the manifest has no hash_trimming, so there are no pre-encrypted ballots in this election")
    mode, allowed = SIMPLE_CHAINING if chaining else NO_CHAINING, workspace.election.manifest.chaining_modes
    if mode not in allowed:
        hint = "leave out --no-chaining" if mode == NO_CHAINING else "add --no-chaining"
        raise CheckError(f"the manifest does not allow chaining mode {mode}; {hint}")
    if not device_info.strip() or any(0xD800 <= ord(character) < 0xE000 for character in device_info):
        raise CheckError("the device's information must be a text that is not empty")
    if any(device_info == device.opening.device_info for device in devices(workspace)):
        raise CheckError(f"there is a device {device_info!r} already; each one needs its own name")
    workspace.require_valid("keys")
    number = max(workspace.record.device_indices(), default=0) + 1
    opening = open_device(workspace.election.h_e, number, device_info, mode, pre_encrypts)
    private.make_directory(workspace.private / "devices" / f"{number:04}")
    workspace.writer.write(layout.opening_path(number), opening)
    return Device(workspace, number)


def find(workspace: Workspace, prefixes: Sequence[str]) -> list[tuple[Device, bytes]]:
    """Return the ballots with these confirmation codes, or beginnings of them.

    Raises:
        CheckError: a beginning is too short, unknown, fits several ballots, or names one twice.
    """
    known = [(device, code, hex_of(code)) for device in devices(workspace) for code in device.codes()]
    found: list[tuple[Device, bytes]] = []
    for prefix in prefixes:
        if len(prefix) < PREFIX_LENGTH or not re.fullmatch(r"[0-9A-Fa-f]+", prefix):
            raise CheckError(f"{prefix!r} is not a confirmation code; give at least its first {PREFIX_LENGTH} digits")
        matches = [(device, code) for device, code, digits in known if digits.startswith(prefix.upper())]
        if len(matches) != 1:
            raise CheckError(f"{len(matches) or 'no'} ballots have a confirmation code that begins with {prefix}")
        if matches[0][1] in (code for _, code in found):
            raise CheckError(f"ballot {hex_of(matches[0][1])} is named twice")
        found += matches
    return found


def decide(ballots: Sequence[tuple[Device, bytes]], status: Status) -> list[str]:
    """Decide about ballots of any devices, all of them or none; return why challenged ballots did not open.

    Raises:
        CheckError: a device is closed, or a ballot is decided.
    """
    by_device = {device.number: device for device, _ in ballots}
    codes = {number: [code for device, code in ballots if device.number == number] for number in by_device}
    for number, device in by_device.items():
        device.check_status(status)
        device.check_undecided(codes[number])
    return [problem for number, device in by_device.items() for problem in device.decide(codes[number], status)]


def undecided(workspace: Workspace, pre_encrypted: bool = False) -> list[tuple[Device, bytes]]:
    """Return all ordinary ballots about which nobody has decided, or all pre-encrypted ones."""
    found = []
    for device in devices(workspace):
        if not device.closed and device.pre_encrypts == pre_encrypted:
            decisions = device.decisions()
            found += [(device, code) for code in device.codes() if code not in decisions]
    return found
