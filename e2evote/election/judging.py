"""What comes onto a board behind the keys, judged by the checks of the record verifier: there is one judgement.

Whatever is accepted here passes ``e2evote verify`` later, as far as a ballot and the ballots before it decide that.
"""

from collections.abc import Collection
from dataclasses import dataclass

from e2evote.errors import CheckError, VerificationError
from e2evote.group.computation import compute
from e2evote.record.ballot import BallotStatus, DeviceClosing, DeviceOpening, EncryptedBallot, Status
from e2evote.record.codec import parse
from e2evote.record.layout import Record
from e2evote.record.opened import ChallengedBallot
from e2evote.record.pre_encrypted import PublishedBallot, RecordedBallot, UncastBallot
from e2evote.verifier import (
    chains,
    pre_encrypted,
    v01_parameters,
    v02_guardian_keys,
    v03_joint_keys,
    v04_extended_base_hash,
    v13_challenged_ballots,
    v14_challenged_contents,
    v18_uncast_ballots,
    v19_uncast_contents,
)
from e2evote.verifier.chunk import verifying_ballot
from e2evote.verifier.context import Context
from e2evote.verifier.report import Ledger, Place

Opened = ChallengedBallot | UncastBallot


def context_of(record: Record, allow_insecure: Collection[str] = ()) -> Context:
    """Return what ballots are verified against, from a record that has its keys.

    Args:
        record: its files of phases ``setup`` and ``keys`` are read.
        allow_insecure: names of parameter sets besides the standard one that are accepted.

    Raises:
        ParseError: a file is missing or cannot be parsed.
        VerificationError: a check of boxes 1 to 4 fails.
    """
    ledger = Ledger()
    setup = v01_parameters.verify(ledger, record, allow_insecure)
    require(ledger)
    if setup is None:
        raise CheckError("the parameters are those of no known set")
    guardians = v02_guardian_keys.verify(ledger, record, setup)
    keys = v03_joint_keys.verify(ledger, record, setup, guardians)
    h_e = v04_extended_base_hash.verify(ledger, record, setup, keys)
    require(ledger)
    return Context.of(setup, keys, h_e)


def require(ledger: Ledger) -> None:
    """Accept a ledger without findings.

    Raises:
        VerificationError: naming the first check that failed, or that could not be computed.
    """
    for check, findings in ledger.findings.items():
        raise VerificationError(f"{check}: {findings[0]}")
    for check in sorted(ledger.skipped):
        raise VerificationError(f"{check} could not be computed")


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges single ballots and devices of one election. It can be carried to another process."""

    context: Context

    def verify_ballot(self, ballot: PublishedBallot) -> None:
        """Accept a ballot by everything that can be said of it alone.

        Raises:
            VerificationError: naming the check and the finding.
        """
        ledger, place = Ledger(), _place(ballot)
        if isinstance(ballot, EncryptedBallot):
            compute(verifying_ballot(ledger, self.context, ballot, place))
        else:
            compute(pre_encrypted.verifying_ballot(ledger, self.context, ballot, None, None, place))
        require(ledger)

    def verify_status(self, ballot: PublishedBallot, status: Status) -> None:
        """Accept a status that such a ballot can have.

        Raises:
            VerificationError: it cannot.
        """
        ledger = Ledger()
        entry = BallotStatus(confirmation_code=ballot.confirmation_code, status=status)
        chains.verify_status(ledger, ballot, entry, _place(ballot))
        require(ledger)

    def verify_recorded(self, ballot: PublishedBallot, recorded: RecordedBallot) -> None:
        """Accept what was recorded of a cast pre-encrypted ballot.

        Raises:
            VerificationError: naming the check and the finding; also of a ballot that is not pre-encrypted.
        """
        if isinstance(ballot, EncryptedBallot):
            raise VerificationError("X.recorded-complete: only pre-encrypted ballots are recorded")
        ledger, place = Ledger(), _place(ballot)
        told, known = (recorded.device, recorded.position), (ballot.device, ballot.position)
        ledger.check("X.recorded-complete", told == known, "recorded as another ballot", place)
        cast = BallotStatus(confirmation_code=ballot.confirmation_code, status="cast")
        compute(pre_encrypted.verifying_ballot(ledger, self.context, ballot, cast, recorded, place))
        require(ledger)

    def verify_opened(self, ballot: PublishedBallot, opened: Opened) -> None:
        """Accept a challenged or uncast ballot, opened.

        Raises:
            VerificationError: naming the check and the finding; also of the wrong kind.
        """
        ledger, place = Ledger(), _place(ballot)
        told, known = (opened.device, opened.position), (ballot.device, ballot.position)
        ledger.check("X.challenged-complete", told == known, "opened as another ballot", place)
        if isinstance(ballot, EncryptedBallot) and isinstance(opened, ChallengedBallot):
            v13_challenged_ballots.verify_ballot(ledger, self.context, ballot, opened, place)
            v14_challenged_contents.verify_ballot(ledger, self.context, ballot, opened, place)
        elif not isinstance(ballot, EncryptedBallot) and isinstance(opened, UncastBallot):
            v18_uncast_ballots.verify_ballot(ledger, self.context, ballot, opened, place)
            v19_uncast_contents.verify_ballot(ledger, self.context, ballot, opened, place)
        else:
            raise VerificationError("X.challenged-complete: opened as a ballot of the other kind")
        require(ledger)

    def parse_opened(self, line: bytes, where: str, opening: DeviceOpening) -> Opened:
        """Return the opened ballot in a line, of the kind that the device's ballots are opened as.

        Raises:
            ParseError: naming the field.
        """
        kind: type[Opened] = UncastBallot if opening.pre_encrypted else ChallengedBallot
        return parse(kind, line, where, self.context.group)

    def verify_opening(self, opening: DeviceOpening) -> None:
        """Accept the opening of a device.

        Raises:
            VerificationError: naming the check and the finding.
        """
        ledger = Ledger()
        chains.verify_opening(ledger, self.context, opening)
        require(ledger)

    def verify_closing(
        self, opening: DeviceOpening, closing: DeviceClosing, ballots: int, last_code: bytes | None
    ) -> None:
        """Accept the closing of a device that has so many ballots.

        Raises:
            VerificationError: naming the check and the finding.
        """
        ledger = Ledger()
        chains.verify_closing(ledger, self.context, opening, closing, ballots, last_code)
        require(ledger)


def _place(ballot: PublishedBallot) -> Place:
    return Place(ballot.device, ballot.position, ballot.confirmation_code.hex().upper())
