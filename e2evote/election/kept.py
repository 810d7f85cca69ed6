"""What a board keeps of an election, read back from it; and whether a file that is to come fits what is kept."""

import hashlib
import io
from collections.abc import Callable, Collection, Mapping
from typing import IO

from e2evote.board.policy import Policy
from e2evote.election.judging import Judge, context_of
from e2evote.election.order import device_file, missing_setup
from e2evote.election.ports import Streaming
from e2evote.election.streams import OnBoard, device_stream, file_of, files_of, link_stream, newest
from e2evote.errors import CheckError, StorageError
from e2evote.record import layout
from e2evote.record.ballot import NO_CHAINING, DeviceClosing, DeviceOpening
from e2evote.record.booth import BoothFiles
from e2evote.record.codec import RecordModel, parse
from e2evote.record.entries import BallotEntry
from e2evote.record.exceptions import TallyException
from e2evote.record.layout import Record
from e2evote.record.load import load_parameters
from e2evote.record.manifest import board_policy, parse_manifest
from e2evote.record.opened import DecryptedContestData
from e2evote.record.setup import ExtendedHashes, GuardianPublicKey, Hashes, JointKeys, Parameters
from e2evote.record.tally import EncryptedTally, Tally


class ObjectFiles:
    """The whole files of a record on a board, as ``layout.Files``."""

    def __init__(self, files: Mapping[str, bytes], get: Callable[[bytes], bytes | None]) -> None:
        """Take SHA-256 by path, and what returns an object by its SHA-256."""
        self._files, self._get = files, get

    def names(self) -> list[str]:
        """Return every file name, sorted."""
        return sorted(self._files)

    def open(self, name: str) -> IO[bytes]:
        """Open a file.

        Raises:
            OSError: its object is missing, or another.
        """
        data = self._get(self._files[name])
        if data is None or hashlib.sha256(data).digest() != self._files[name]:
            raise OSError("the object that the board's entry names is not there")
        return io.BytesIO(data)


def judge_of(view: Streaming, allow_insecure: Collection[str]) -> Judge:
    """Return what judges ballots and devices, once the board has the election's keys.

    Raises:
        CheckError: a file is still missing.
        ParseError, VerificationError: the keys do not verify.
    """
    missing = missing_setup(OnBoard(view))
    if missing:
        raise CheckError(f"the board does not have the election's keys yet: {missing[0]} is missing")
    return Judge(context_of(Record(ObjectFiles(files_of(view), view.object)), allow_insecure))


def opening_of(view: Streaming, device: int) -> DeviceOpening:
    """Return the opening of a device.

    Raises:
        CheckError: there is no such device.
    """
    path = layout.opening_path(device)
    data = file_of(view, path)
    if data is None:
        raise CheckError(f"there is no device {device}")
    return parse(DeviceOpening, data.removesuffix(b"\n"), path)


def last_code(view: Streaming, opening: DeviceOpening) -> bytes | None:
    """Return the code that the next ballot of a chained device is chained to; None before its first ballot."""
    count = view.length(device_stream(opening.device))
    if opening.chaining_mode == NO_CHAINING or not count:
        return None
    last = newest(view, link_stream(opening.device, count))
    if not isinstance(last, BallotEntry):
        raise StorageError(f"ballot {count} of device {opening.device} is not where it should be")
    return last.confirmation_code


_ALONE: dict[str, type[RecordModel]] = {
    layout.PARAMETERS: Parameters,
    layout.HASHES: Hashes,
    layout.JOINT_KEYS: JointKeys,
    layout.EXTENDED_HASHES: ExtendedHashes,
}
_WITHOUT_ELEMENTS = (Parameters, Hashes, ExtendedHashes, DeviceOpening, DeviceClosing, BoothFiles)
"""What can be read without knowing how wide numbers modulo p are."""
_LINES: dict[str, type[RecordModel]] = {
    layout.ENCRYPTED_TALLIES: EncryptedTally,
    layout.TALLIES: Tally,
    layout.EXCEPTIONS: TallyException,
    layout.CONTEST_DATA: DecryptedContestData,
}


def parse_file(view: Streaming, path: str, data: bytes, allow_insecure: frozenset[str]) -> None:
    """Accept the form of a whole file: what has not its form would make the record unreadable for good.

    Raises:
        ParseError: it has not.
        CheckError: its numbers have the width of parameters that are not there yet, or are not accepted.
    """
    sha256 = hashlib.sha256(data).digest()
    record = Record(ObjectFiles({path: sha256}, {sha256: data}.get))
    kind = _ALONE.get(path) or _kind_of(path)
    if kind is None and path not in _LINES:
        return
    group = None
    if kind not in _WITHOUT_ELEMENTS:
        if file_of(view, layout.PARAMETERS) is None:
            raise CheckError(f"{layout.PARAMETERS} comes before {path}")
        group, _, _ = load_parameters(Record(ObjectFiles(files_of(view), view.object)), allow_insecure)
    if kind is not None:
        record.object(kind, path, group)
    else:
        for _ in record.objects(_LINES[path], path, group):
            pass


def _kind_of(path: str) -> type[RecordModel] | None:
    """Return what fills a file of which there can be several, None of another file."""
    if path.startswith("guardians/"):
        return GuardianPublicKey
    if layout.booth_number(path) is not None:
        return BoothFiles
    device = device_file(path)
    if device is None:
        return None
    return DeviceOpening if device[1] == "open" else DeviceClosing


def check_manifest(data: bytes, policy: Policy) -> None:
    """Accept a manifest that keeps its rules and names the board with this policy.

    Raises:
        ParseError, CheckError: it does not.
    """
    manifest = parse_manifest(data, layout.MANIFEST)
    manifest.check()
    if manifest.board is None:
        raise CheckError(f"{layout.MANIFEST}: it has no field 'board', so nobody could tell whose board this is")
    if board_policy(manifest.board) != policy:
        raise CheckError(f"{layout.MANIFEST}: the field 'board' is not this board's policy")


def verify_device_file(view: Streaming, judge: Judge, path: str, data: bytes) -> None:
    """Accept a device's opening, or its closing over the ballots that the board has.

    Raises:
        ParseError: it is not in its form.
        CheckError: it is another device's, or there is no such device.
        VerificationError: naming the check and the finding.
    """
    found = device_file(path)
    if found is None:
        raise CheckError(f"{path} is no device's file")
    device, what = found
    if what == "close":
        opening = opening_of(view, device)
        closing = parse(DeviceClosing, data.removesuffix(b"\n"), path)
        judge.verify_closing(opening, closing, view.length(device_stream(device)), last_code(view, opening))
        return
    opening = parse(DeviceOpening, data.removesuffix(b"\n"), path)
    if opening.device != device:
        raise CheckError(f"{path}: it is the opening of device {opening.device}")
    judge.verify_opening(opening)
