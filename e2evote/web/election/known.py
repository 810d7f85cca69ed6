"""What the board has of an election's files, read once: what is on a board never changes, it is only added to."""

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from e2evote.board.storage.snapshot import Snapshot
from e2evote.election.kept import ObjectFiles
from e2evote.election.order import device_file, missing_setup
from e2evote.election.ports import Streaming
from e2evote.election.streams import FILES, OnBoard, entry_at
from e2evote.encoding import hex_of
from e2evote.errors import CheckError, ParseError
from e2evote.messages.fingerprint import Fingerprint, fingerprint
from e2evote.record import layout
from e2evote.record.entries import FileEntry
from e2evote.record.exceptions import TallyException
from e2evote.record.layout import Record
from e2evote.record.load import load_election, load_guardians
from e2evote.record.manifest import Manifest, parse_manifest
from e2evote.record.setup import Election, GuardianPublicKey, guardian_record_hash
from e2evote.record.sums import Results, results_of
from e2evote.record.tally import EncryptedTally, Tally
from e2evote.web.views import checkpoint_of

RESULTS = (layout.ENCRYPTED_TALLIES, layout.EXCEPTIONS, layout.TALLIES)
"""Files that results are in."""

Phase = Literal["preparing", "ready", "voting", "closed", "counted", "decrypted", "ended"]
"""How far it is: keys are being made, no device is open yet, one is, all are closed, ballots are added up, results."""


@dataclass(frozen=True, slots=True)
class File:
    """A whole file on the board: its path in the record, its SHA-256, and the index of its entry."""

    path: str
    sha256: bytes
    index: int

    @property
    def name(self) -> str:
        """The name under which it is saved."""
        return self.path.rpartition("/")[2]

    @property
    def digits(self) -> str:
        """Its SHA-256 as ``sha256sum`` prints it."""
        return self.sha256.hex()

    @property
    def address(self) -> str:
        """Where it is served."""
        return f"/object/{self.digits[:2]}/{self.digits}"


@dataclass(frozen=True, slots=True)
class Device:
    """A device that encrypts ballots."""

    number: int
    info: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Keys:
    """What the guardians have made: the election with its keys, theirs, and the fingerprint that they compared."""

    election: Election
    guardians: tuple[GuardianPublicKey, ...]
    fingerprint: Fingerprint

    @property
    def h_e(self) -> str:
        """H_E as digits."""
        return hex_of(self.election.h_e)

    @property
    def h_b(self) -> str:
        """H_B as digits."""
        return hex_of(self.election.hashes.h_b)


@dataclass(frozen=True, slots=True)
class Known:
    """An election's files; ``problems`` are what does not fit, for programmers' eyes."""

    files: Mapping[str, File] = field(default_factory=dict)
    manifest: Manifest | None = None
    keys: Keys | None = None
    devices: Mapping[int, Device] = field(default_factory=dict)
    results: Results | None = None
    problems: tuple[str, ...] = ()

    def files_of(self, paths: Sequence[str]) -> list[File]:
        """Return those of these files that are on the board."""
        return [self.files[path] for path in paths if path in self.files]


@dataclass(frozen=True, slots=True)
class Seen:
    """An election as it stands in one view of its board.

    Args:
        known: its files.
        phase: how far it is.
        missing: the steps to results that are still to be taken, in their order.
        published: how many entries the newest published checkpoint covers.
    """

    known: Known
    phase: Phase
    missing: tuple[str, ...]
    published: int


class Knowing:
    """Reads a board's files when one has been added. Threads may share it."""

    def __init__(self, allow_insecure: Collection[str] = ()) -> None:
        """Take the names of parameter sets besides the standard one that are accepted."""
        self._allowed = frozenset(allow_insecure)
        self._lock = threading.Lock()
        self._count, self._known = 0, Known()

    def see(self, view: Snapshot) -> Seen:
        """Return what stands on the board.

        Raises:
            ParseError, StorageError: the board does not have what it took in.
        """
        count = view.length(FILES)
        with self._lock:
            if count > self._count:
                self._known, self._count = _read(view, self._allowed), count
            known = self._known
        note, before = view.published(), OnBoard(view)
        published = 0 if note is None else checkpoint_of(note).size
        return Seen(known, _phase(before), tuple(_missing(before)), published)


def _phase(before: OnBoard) -> Phase:
    if before.ended:
        return "ended"
    if before.has_file(layout.TALLIES):
        return "decrypted"
    if before.has_file(layout.ENCRYPTED_TALLIES):
        return "counted"
    if before.devices:
        return "voting" if before.open_devices else "closed"
    return "preparing" if missing_setup(before) else "ready"


def _missing(before: OnBoard) -> list[str]:
    steps = {
        "keys": not missing_setup(before),
        "voting": before.devices > 0,
        "close": before.devices > 0 and not before.open_devices,
        "decide": before.devices > 0 and not before.open_devices and not before.undecided,
        "add-up": before.has_file(layout.ENCRYPTED_TALLIES),
        "decrypt": before.has_file(layout.TALLIES),
    }
    return [step for step, done in steps.items() if not done]


def _read(view: Streaming, allowed: frozenset[str]) -> Known:
    found = ((index, entry_at(view, index)) for index in view.stream(FILES))
    files = {each.path: File(each.path, each.sha256, index) for index, each in found if isinstance(each, FileEntry)}
    record = Record(ObjectFiles({path: file.sha256 for path, file in files.items()}, view.object))
    manifest = parse_manifest(record.read(layout.MANIFEST)) if layout.MANIFEST in record else None
    problems: list[str] = []
    keys = results = None
    if not missing_setup(OnBoard(view)):
        try:
            keys = _keys(record, allowed)
            results = _results(record, keys.election) if layout.TALLIES in record else None
        except (CheckError, ParseError) as error:
            problems.append(str(error))
    return Known(files, manifest, keys, _devices(record), results, tuple(problems))


def _keys(record: Record, allowed: frozenset[str]) -> Keys:
    election = load_election(record, allowed)
    guardians = load_guardians(record, election)
    h_g = guardian_record_hash(election.hashes.h_b, election.keys, guardians)
    return Keys(election, guardians, fingerprint("guardian record", h_g))


def _results(record: Record, election: Election) -> Results:
    return results_of(
        election.manifest,
        list(record.objects(EncryptedTally, layout.ENCRYPTED_TALLIES, election.group)),
        list(record.objects(Tally, layout.TALLIES, election.group)),
        list(record.objects(TallyException, layout.EXCEPTIONS)),
    )


def _devices(record: Record) -> Mapping[int, Device]:
    """Return the devices; what is pre-encrypted and mailed is a device as well."""
    opened = sorted(found[0] for found in map(device_file, record.names) if found is not None and found[1] == "open")
    return {
        number: Device(number, record.opening(number).device_info, layout.closing_path(number) in record)
        for number in opened
    }
