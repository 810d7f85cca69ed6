"""Pre-encrypted ballots of a device: making them, printing them, recording what was cast.

What is recorded is kept apart until the device closes, one file a run. It is written first and decided then, all of a
run or nothing; a file whose ballots were never decided about is left over from an interrupted run and is dropped.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice, repeat
from pathlib import Path

from e2evote.encoding import hex_of
from e2evote.encryption import SecretBallotNonce
from e2evote.errors import CheckError, VerificationError
from e2evote.files import replacing
from e2evote.preencryption.encrypting import Blank, NewBallot, expecting, pre_encrypt_ballots
from e2evote.preencryption.paper import Sheet
from e2evote.preencryption.recording import Choices, choices_of_codes, printed_codes, record_ballot
from e2evote.record import layout
from e2evote.record.codec import Index, RecordModel, dump, parse
from e2evote.record.layout import LINE_LIMIT
from e2evote.record.pre_encrypted import PreEncryptedBallot
from e2evote.record.setup import Election
from e2evote.record.short_codes import ShortCode
from e2evote.terminal.screen import Report
from e2evote.workspace import devices, private
from e2evote.workspace.devices import PREFIX_LENGTH, Device, code_of
from e2evote.workspace.hands import side_by_side
from e2evote.workspace.private import SecretNonceEntry

Secret = tuple[PreEncryptedBallot, SecretBallotNonce]


class SelectedCodes(RecordModel):
    """The short codes that a voter chose in one contest."""

    contest: Index
    short_codes: tuple[ShortCode, ...]


class ReturnedBallot(RecordModel):
    """A line of a file of returned ballots: the confirmation code or its beginning, and the short codes chosen."""

    confirmation_code: str
    contests: tuple[SelectedCodes, ...]


@dataclass(frozen=True, slots=True)
class Returned:
    """A returned ballot, found, and where it was read."""

    where: str
    code: bytes
    selections: Mapping[int, tuple[str, ...]]


def check_printer(device: Device) -> None:
    """Accept an open device that makes pre-encrypted ballots.

    Raises:
        CheckError: it is closed, or makes ordinary ballots.
    """
    device.workspace.check_voting()
    device.check_open()
    if not device.pre_encrypts:
        raise CheckError(f"device {device.number} makes ordinary ballots; 'e2evote device open --mail' opens another")


def make(device: Device, blank: Blank, count: int, report: Report, jobs: int) -> tuple[int, int]:
    """Make ballots, write them shard by shard, and return their first and last position.

    Raises:
        CheckError: the device cannot, or the style cannot be pre-encrypted.
    """
    check_printer(device)
    election = expecting(device.workspace.election, count)
    blank.check(election)
    before, last_code = device.last()
    done = 0
    with (
        side_by_side(jobs, count, 50) as hands,
        closing(pre_encrypt_ballots(election, device.opening, repeat(blank, count), before, last_code, hands)) as made,
    ):
        while shard := list(islice(made, devices.SHARD_BALLOTS)):
            _write_shard(device, shard)
            done += len(shard)
            report(done, count)
    return before + 1, before + done


def _write_shard(device: Device, made: Iterable[NewBallot]) -> None:
    """Write the nonces first: a ballot without its nonce could be neither printed nor opened."""
    made = list(made)
    number = len(device.record.ballot_shards(device.number)) + 1
    nonces = [SecretNonceEntry(confirmation_code=b.confirmation_code, nonce=nonce.value) for b, nonce in made]
    private.write_lines(private.make_directory(device.folder) / device.nonces_path(number).name, nonces)
    data = b"".join(dump(ballot) + b"\n" for ballot, _ in made)
    device.workspace.writer.write_bytes(layout.ballots_path(device.number, number), data)


def sheets(device: Device, first: int, last: int | None, report: Report, jobs: int) -> Iterator[Sheet]:
    """Yield the ballots in a range of positions as they are printed.

    Raises:
        CheckError: there are no such ballots, or one is decided, so that its codes are forgotten.
    """
    check_printer(device)
    codes = list(device.codes())
    last = len(codes) if last is None else last
    wanted = codes[first - 1 : last]
    if not 1 <= first <= last <= len(codes):
        raise CheckError(f"device {device.number} has no ballots {first} to {last}; it has {len(codes)}")
    device.check_undecided(wanted)
    function = partial(_sheets, device.workspace.election)
    with side_by_side(jobs, len(wanted), 50) as hands, closing(hands.map(function, _batches(device, wanted))) as done:
        count = 0
        for batch in done:
            for sheet in batch:
                count += 1
                report(count, len(wanted))
                yield sheet


def _sheets(election: Election, batch: list[Secret]) -> list[Sheet]:
    return [
        Sheet(b.device, b.position, b.ballot_style, b.confirmation_code, printed_codes(election, b, nonce))
        for b, nonce in batch
    ]


def _batches(device: Device, codes: Iterable[bytes], size: int = 8) -> Iterator[list[Secret]]:
    """Yield ballots with their nonces, in the order of the device.

    Raises:
        CheckError: a nonce is not there.
    """
    wanted, record = set(codes), device.record
    for shard, name in enumerate(record.ballot_shards(device.number), 1):
        entries = private.read_lines(SecretNonceEntry, device.nonces_path(shard))
        nonces = {entry.confirmation_code: SecretBallotNonce(entry.nonce) for entry in entries}
        found = device.ballots(record, name, wanted)
        while batch := list(islice(found, size)):
            for ballot in batch:
                if ballot.confirmation_code not in nonces:
                    raise CheckError(f"ballot {hex_of(ballot.confirmation_code)}: its nonce is not here any more")
            yield [(b, nonces[b.confirmation_code]) for b in batch if isinstance(b, PreEncryptedBallot)]


def read_returned(device: Device, path: Path) -> list[Returned]:
    """Return the ballots in a file of returned ballots, each found on the device.

    Raises:
        ParseError: a line that is not in its form.
        CheckError: a ballot that the device does not have, has twice, or that was decided about; a contest twice.
    """
    known = {hex_of(code): code for code in device.codes()}
    returned = []
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(LINE_LIMIT + 1), b""), 1):
            where = f"{path}:{number}"
            entry = parse(ReturnedBallot, line.rstrip(b"\r\n"), where, canonical=False)
            returned.append(found(device, known, where, entry))
    return returned


def found(device: Device, known: Mapping[str, bytes], where: str, entry: ReturnedBallot) -> Returned:
    """Return the ballot that an entry names.

    Args:
        device: the device.
        known: its confirmation codes by their digits.
        where: where the entry was read.
        entry: the entry.

    Raises:
        CheckError: the device has no such ballot, or several; or a contest is named twice.
    """
    prefix = entry.confirmation_code.upper()
    if len(prefix) < PREFIX_LENGTH:
        raise CheckError(f"{where}: give at least {PREFIX_LENGTH} digits of the confirmation code")
    matches = [known[prefix]] if prefix in known else [c for digits, c in known.items() if digits.startswith(prefix)]
    if len(matches) != 1:
        raise CheckError(f"{where}: {len(matches) or 'no'} ballots of device {device.number} begin with {prefix}")
    selections = {selected.contest: selected.short_codes for selected in entry.contests}
    if len(selections) < len(entry.contests):
        raise CheckError(f"{where}: a contest is named twice")
    return Returned(where, matches[0], selections)


def record(device: Device, returned: Iterable[Returned], report: Report, jobs: int) -> int:
    """Record returned ballots as cast, all of them or none, and return how many they are.

    Raises:
        CheckError: a ballot is named twice or decided about already, or a short code, contest or number of selections
            is not possible; naming the line.
    """
    check_printer(device)
    _drop_unfinished(device)
    decisions, by_code = device.decisions(), dict[bytes, Returned]()
    for entry in returned:
        if entry.code in by_code:
            raise CheckError(f"{entry.where}: ballot {hex_of(entry.code)} is named twice")
        if entry.code in decisions:
            status = decisions[entry.code]
            raise CheckError(f"{entry.where}: ballot {hex_of(entry.code)} is {status} already; a decision is final")
        by_code[entry.code] = entry
    if not by_code:
        return 0
    function, count = partial(_record, device.workspace.election), 0
    batches = ([(ballot, nonce, by_code[ballot.confirmation_code]) for ballot, nonce in batch]
               for batch in _batches(device, by_code))  # fmt: skip
    path = device.folder / f"recorded-{len(device.recorded_paths) + 1:06}.ndjson"
    with (
        side_by_side(jobs, len(by_code), 20) as hands,
        closing(hands.map(function, batches)) as recorded,
        replacing(path, 0o600) as file,
    ):
        for lines in recorded:
            file.writelines(lines)
            count += len(lines)
            report(count, len(by_code))
    device.decide(list(by_code), "cast")
    return count


def _record(election: Election, batch: list[tuple[PreEncryptedBallot, SecretBallotNonce, Returned]]) -> list[bytes]:
    """Return what is recorded of some ballots, as lines."""
    recorded = (record_ballot(election, b, nonce, _choices(election, b, nonce, entry)) for b, nonce, entry in batch)
    return [dump(ballot) + b"\n" for ballot in recorded]


def _choices(election: Election, ballot: PreEncryptedBallot, nonce: SecretBallotNonce, entry: Returned) -> Choices:
    try:
        return choices_of_codes(election, ballot, nonce, entry.selections)
    except (CheckError, VerificationError) as error:
        raise CheckError(f"{entry.where}: ballot {hex_of(ballot.confirmation_code)[:16]}…: {error}") from None


def _drop_unfinished(device: Device) -> None:
    decisions = device.decisions()
    for path in device.recorded_paths:
        codes = [code_of(str(path), line) for line in path.read_bytes().splitlines()]
        if not all(code in decisions for code in codes):
            path.unlink()
