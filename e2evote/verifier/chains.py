"""The part that boxes 8 and 16 share: devices, their chains, and what became of each ballot."""

from typing import NamedTuple

from e2evote.hashing import device_hash
from e2evote.record.ballot import NO_CHAINING, SIMPLE_CHAINING, BallotStatus, DeviceClosing, DeviceOpening
from e2evote.record.codes import chain_close, chain_start, chaining_field, tags_of
from e2evote.record.pre_encrypted import PreEncryptedBallot, PublishedBallot
from e2evote.verifier.context import Context
from e2evote.verifier.report import Ledger, Place


class Letters(NamedTuple):
    """The ids under which a box lists its checks of devices."""

    information: str
    unchained: str
    chained: str
    start: str
    close: str


BOX_8 = Letters("8.C", "8.D", "8.E", "8.F", "8.G")
BOX_16 = Letters("16.D", "16.E", "16.F", "16.G", "16.H")


def letters_of(opening: DeviceOpening) -> Letters:
    """Return the ids for a device, by what it makes."""
    return BOX_16 if opening.pre_encrypted else BOX_8


def verify_opening(ledger: Ledger, context: Context, opening: DeviceOpening) -> None:
    """Check S_device's hash, the mode, H_0, and whether the device may pre-encrypt.

    Spec: EG-2.1 §3.4.4, box 8; §4.5, box 16
    """
    place, letters, tags = Place(opening.device), letters_of(opening), tags_of(opening)
    h_di = device_hash(context.h_e, opening.device_info, tags)
    ledger.check(letters.information, opening.h_di == h_di, "H_DI is not the hash of S_device", place)
    allowed = opening.chaining_mode in context.manifest.chaining_modes
    ledger.check("X.device-mode", allowed, f"chaining mode {opening.chaining_mode} is not in the manifest", place)
    trimmed = not opening.pre_encrypted or context.manifest.hash_trimming is not None
    ledger.check("X.device-mode", trimmed, "the manifest names no hash-trimming function", place)
    if opening.chaining_mode == SIMPLE_CHAINING:
        h_0 = chain_start(context.h_e, opening.h_di, tags)
        ledger.check(letters.start, opening.h_0 == h_0, "H_0 is not the hash of B_C,0", place)
    else:
        ledger.check("X.device-mode", opening.h_0 is None, "a device without chaining has no H_0", place)


def verify_chaining(
    ledger: Ledger, opening: DeviceOpening, ballot: PublishedBallot, previous: bytes | None, place: Place
) -> None:
    """Check B_C against the code of the ballot before it, None for the first on the device.

    Spec: EG-2.1 §3.4.4, box 8; §4.5, box 16
    """
    letters = letters_of(opening)
    if opening.chaining_mode == NO_CHAINING:
        fits = ballot.chaining_field == chaining_field(NO_CHAINING, opening.h_di)
        ledger.check(letters.unchained, fits, "the chaining field is not 00000000 ‖ H_DI", place)
        return
    expected = chaining_field(SIMPLE_CHAINING, previous or opening.h_0 or b"")
    fits = ballot.chaining_field == expected
    ledger.check(letters.chained, fits, "the chaining field does not hold the code of the ballot before", place)


def verify_position(ledger: Ledger, ballot: PublishedBallot, device: int, position: int, place: Place) -> None:
    """Check that the ballot says where it stands."""
    fits = (ballot.device, ballot.position) == (device, position)
    message = f"the ballot calls itself number {ballot.position} of device {ballot.device}"
    ledger.check("X.device-order", fits, message, place)


def verify_status(ledger: Ledger, ballot: PublishedBallot, status: BallotStatus | None, place: Place) -> None:
    """Check that the status at the ballot's position is the ballot's own, and one that such a ballot can have."""
    if ledger.check("X.status-complete", status is not None, "the ballot has no status", place):
        same = status is not None and status.confirmation_code == ballot.confirmation_code
        ledger.check("X.status-complete", same, "the status at this position is another ballot's", place)
    if status is not None:
        known = ("cast", "uncast") if isinstance(ballot, PreEncryptedBallot) else ("cast", "challenged", "spoiled")
        ledger.check("X.status-complete", status.status in known, f"such a ballot cannot be {status.status}", place)


def verify_closing(
    ledger: Ledger,
    context: Context,
    opening: DeviceOpening,
    closing: DeviceClosing | None,
    ballots: int,
    last_code: bytes | None,
) -> None:
    """Check that the device is closed over exactly the ballots there are.

    Spec: EG-2.1 §3.4.4, box 8; §4.5, box 16
    """
    place = Place(opening.device)
    if closing is None:
        ledger.check("X.chain-closed", False, "the device is not closed", place)
        ledger.skip(letters_of(opening).close)
        return
    counted = f"the device closed over {closing.ballots} ballots; there are {ballots}"
    ledger.check("X.chain-closed", closing.ballots == ballots, counted, place)
    if opening.chaining_mode == NO_CHAINING:
        bare = closing.chaining_field is None and closing.closing_hash is None
        ledger.check("X.chain-closed", bare, "a device without chaining has no closing hash", place)
        return
    expected = chain_close(context.h_e, opening.h_di, last_code or opening.h_0 or bytes(32), tags_of(opening))
    fits = (closing.chaining_field, closing.closing_hash) == expected
    ledger.check(letters_of(opening).close, fits, "the closing field or hash does not follow from the last code", place)
