"""Box 16: selection hashes, contest hashes and confirmation codes of pre-encrypted ballots.

Its chains are looked at in ``chains``. In 16.B, l is the contest's index in the manifest, as it is in eq. 115.
"""

from collections.abc import Sequence
from itertools import pairwise

from e2evote.elgamal import Ciphertext
from e2evote.hashing import PRE_ENCRYPTED
from e2evote.record.codes import confirmation_code, pre_encrypted_contest_hash, selection_hash
from e2evote.record.pre_encrypted import PreEncryptedBallot
from e2evote.verifier.report import Check, Ledger, Place

CHECKS = (
    Check("16.A", "every selection hash of a published or opened vector is correct", "ballots"),
    Check("16.B", "every contest hash of a pre-encrypted ballot is that of its selection hashes, ascending", "ballots"),
    Check("16.C", "every confirmation code of a pre-encrypted ballot is correct", "ballots"),
    Check("16.D", "the information hash of every device that pre-encrypts is correct", "ballots"),
    Check(
        "16.E", "without chaining, every chaining field of a pre-encrypted ballot holds the device's hash", "ballots"
    ),
    Check("16.F", "with chaining, every chaining field of a pre-encrypted ballot holds the code before it", "ballots"),
    Check("16.G", "every chain of pre-encrypted ballots starts from H_0", "ballots"),
    Check("16.H", "every chain of pre-encrypted ballots is closed over its last code", "ballots"),
)


def verify_ballot(ledger: Ledger, ballot: PreEncryptedBallot, place: Place) -> None:
    """Check the contest hashes and the confirmation code.

    Spec: EG-2.1 §4.5, box 16
    """
    hashes = []
    for contest in ballot.contests:
        psis = contest.selection_hashes
        ascending = all(psi < following for psi, following in pairwise(psis))
        chi = pre_encrypted_contest_hash(ballot.h_i, contest.index, psis)
        there, message = place.within(str(contest.index)), "the contest hash is wrong, or not of ascending hashes"
        ledger.check("16.B", ascending and chi == contest.contest_hash, message, there)
        hashes.append(chi)
    code = confirmation_code(ballot.h_i, hashes, ballot.chaining_field, PRE_ENCRYPTED)
    ledger.check("16.C", code == ballot.confirmation_code, "the confirmation code is wrong", place)


def verify_vector(ledger: Ledger, h_i: bytes, vector: Sequence[Ciphertext], stated: bytes, place: Place) -> bytes:
    """Check the selection hash that is stated of a vector, and return the vector's own.

    Spec: EG-2.1 §4.5, box 16
    """
    psi = selection_hash(h_i, vector)
    ledger.check("16.A", psi == stated, "the selection hash is not that of the vector", place)
    return psi
