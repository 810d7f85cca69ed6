"""Box 8: contest hashes and confirmation codes; and that every device is complete, closed and decided.

The chains, which boxes 8 and 16 describe alike, are looked at in ``chains``.
"""

from e2evote.record.ballot import EncryptedBallot
from e2evote.record.codes import confirmation_code, contest_hash
from e2evote.verifier.report import Check, Ledger, Place

CHECKS = (
    Check("8.A", "every contest hash is correct", "ballots"),
    Check("8.B", "every confirmation code is correct", "ballots"),
    Check("8.C", "every device's information hash is correct", "ballots"),
    Check("8.D", "without chaining, every chaining field holds the device's hash", "ballots"),
    Check("8.E", "with chaining, every chaining field holds the code before it", "ballots"),
    Check("8.F", "every chain starts from H_0", "ballots"),
    Check("8.G", "every chain is closed over its last code", "ballots"),
    Check("X.device-mode", "every device works as the manifest allows", "ballots"),
    Check("X.device-order", "devices and the ballots on them are numbered from 1 without gaps", "ballots"),
    Check("X.chain-closed", "every device is closed, with the number of its ballots", "ballots"),
    Check("X.status-complete", "every ballot has one status of its kind, in order", "ballots"),
)


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
