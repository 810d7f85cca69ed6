"""Box 8: contest hashes, confirmation codes and chains; and that every device is complete, closed and decided."""

from e2evote.hashing import device_hash
from e2evote.record.ballot import (
    NO_CHAINING,
    SIMPLE_CHAINING,
    BallotStatus,
    DeviceClosing,
    DeviceOpening,
    EncryptedBallot,
)
from e2evote.record.codes import chain_close, chain_start, chaining_field, confirmation_code, contest_hash
from e2evote.verifier.context import Context
from e2evote.verifier.report import Check, Ledger, Place

CHECKS = (
    Check("8.A", "every contest hash is correct", "ballots"),
    Check("8.B", "every confirmation code is correct", "ballots"),
    Check("8.C", "every device's information hash is correct", "ballots"),
    Check("8.D", "without chaining, every chaining field holds the device's hash", "ballots"),
    Check("8.E", "with chaining, every chaining field holds the code before it", "ballots"),
    Check("8.F", "every chain starts from H_0", "ballots"),
    Check("8.G", "every chain is closed over its last code", "ballots"),
    Check("X.device-mode", "every device uses a chaining mode that the manifest allows", "ballots"),
    Check("X.device-order", "devices and the ballots on them are numbered from 1 without gaps", "ballots"),
    Check("X.chain-closed", "every device is closed, with the number of its ballots", "ballots"),
    Check("X.status-complete", "every ballot has one status, in order", "ballots"),
)


def verify_opening(ledger: Ledger, context: Context, opening: DeviceOpening) -> None:
    """Check S_device's hash, the mode, and H_0.

    Spec: EG-2.1 §3.4.4, box 8
    """
    place = Place(opening.device)
    h_di = device_hash(context.h_e, opening.device_info)
    ledger.check("8.C", opening.h_di == h_di, "H_DI is not H(H_E; 2A, S_device)", place)
    allowed = opening.chaining_mode in context.manifest.chaining_modes
    ledger.check("X.device-mode", allowed, f"chaining mode {opening.chaining_mode} is not in the manifest", place)
    if opening.chaining_mode == SIMPLE_CHAINING:
        h_0 = chain_start(context.h_e, opening.h_di)
        ledger.check("8.F", opening.h_0 == h_0, "H_0 is not H(H_E; 29, B_C,0)", place)
    else:
        ledger.check("X.device-mode", opening.h_0 is None, "a device without chaining has no H_0", place)


def verify_ballot(ledger: Ledger, ballot: EncryptedBallot, place: Place) -> None:
    """Check the contest hashes and the confirmation code.

    Spec: EG-2.1 §3.4.4, box 8
    """
    hashes = []
    for contest in ballot.contests:
        chi = contest_hash(ballot.h_i, contest.index, contest.ciphertexts, contest.contest_data)
        ledger.check("8.A", chi == contest.contest_hash, "the contest hash is wrong", place.within(str(contest.index)))
        hashes.append(chi)
    code = confirmation_code(ballot.h_i, hashes, ballot.chaining_field)
    ledger.check("8.B", code == ballot.confirmation_code, "the confirmation code is wrong", place)


def verify_chaining(
    ledger: Ledger, opening: DeviceOpening, ballot: EncryptedBallot, previous: bytes | None, place: Place
) -> None:
    """Check B_C against the code of the ballot before it, None for the first on the device.

    Spec: EG-2.1 §3.4.4, box 8
    """
    if opening.chaining_mode == NO_CHAINING:
        fits = ballot.chaining_field == chaining_field(NO_CHAINING, opening.h_di)
        ledger.check("8.D", fits, "the chaining field is not 00000000 ‖ H_DI", place)
        return
    expected = chaining_field(SIMPLE_CHAINING, previous or opening.h_0 or b"")
    fits = ballot.chaining_field == expected
    ledger.check("8.E", fits, "the chaining field does not hold the code of the ballot before", place)


def verify_position(ledger: Ledger, ballot: EncryptedBallot, device: int, position: int, place: Place) -> None:
    """Check that the ballot says where it stands."""
    fits = (ballot.device, ballot.position) == (device, position)
    message = f"the ballot calls itself number {ballot.position} of device {ballot.device}"
    ledger.check("X.device-order", fits, message, place)


def verify_status(ledger: Ledger, ballot: EncryptedBallot, status: BallotStatus | None, place: Place) -> None:
    """Check that the status at the ballot's position is the ballot's own."""
    if ledger.check("X.status-complete", status is not None, "the ballot has no status", place):
        same = status is not None and status.confirmation_code == ballot.confirmation_code
        ledger.check("X.status-complete", same, "the status at this position is another ballot's", place)


def verify_closing(
    ledger: Ledger,
    context: Context,
    opening: DeviceOpening,
    closing: DeviceClosing | None,
    ballots: int,
    last_code: bytes | None,
) -> None:
    """Check that the device is closed over exactly the ballots there are.

    Spec: EG-2.1 §3.4.4, box 8
    """
    place = Place(opening.device)
    if closing is None:
        ledger.check("X.chain-closed", False, "the device is not closed", place)
        ledger.skip("8.G")
        return
    counted = f"the device closed over {closing.ballots} ballots; there are {ballots}"
    ledger.check("X.chain-closed", closing.ballots == ballots, counted, place)
    if opening.chaining_mode == NO_CHAINING:
        bare = closing.chaining_field is None and closing.closing_hash is None
        ledger.check("X.chain-closed", bare, "a device without chaining has no closing hash", place)
        return
    expected = chain_close(context.h_e, opening.h_di, last_code or opening.h_0 or bytes(32))
    fits = (closing.chaining_field, closing.closing_hash) == expected
    ledger.check("8.G", fits, "the closing field or hash does not follow from the last code", place)
