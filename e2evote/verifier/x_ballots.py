"""What the boxes leave open about single ballots: shape, weight, and the proofs of their hashed ciphertexts."""

from e2evote import hashed_elgamal
from e2evote.errors import VerificationError
from e2evote.group.computation import Computation, together
from e2evote.hashed_elgamal import BallotNonceSeal, ContestDataSeal, HashedCiphertext, Seal
from e2evote.record.ballot import EncryptedBallot, EncryptedContest, ProvedContest
from e2evote.record.pre_encrypted import PublishedBallot
from e2evote.verifier.context import Context
from e2evote.verifier.report import Check, Ledger, Place

CHECKS = (
    Check("X.ballot-style", "every ballot has a style of the manifest", "ballots"),
    Check("X.ballot-contests", "every ballot has exactly the contests of its style, each once, in order", "ballots"),
    Check("X.ballot-options", "every contest on a ballot has exactly the options of the manifest", "ballots"),
    Check("X.weight", "every weight is between 1 and the manifest's maximum", "ballots"),
    Check(
        "X.nonce-proof", "every ballot nonce's ciphertext is 32 bytes, in the group, and its nonce proved", "ballots"
    ),
    Check(
        "X.contest-data-presence", "contest data is there, in its length, exactly where the manifest says", "ballots"
    ),
    Check("X.contest-data-proof", "every contest data ciphertext is in the group, and its nonce proved", "ballots"),
)


def verify_style(ledger: Ledger, context: Context, ballot: PublishedBallot, place: Place) -> bool:
    """Check style, contests and weight; return whether a ballot with these can be counted.

    Spec: EG-2.1 §3.1.3
    """
    manifest = context.manifest
    allowed = 1 <= ballot.weight <= manifest.maximum_weight
    allowed = ledger.check("X.weight", allowed, f"weight {ballot.weight} is not 1 to {manifest.maximum_weight}", place)
    exists = ballot.ballot_style <= len(manifest.ballot_styles)
    if not ledger.check("X.ballot-style", exists, f"there is no ballot style {ballot.ballot_style}", place):
        ledger.skip("X.ballot-contests")
        return False
    expected = manifest.ballot_style(ballot.ballot_style).contests
    found = tuple(contest.index for contest in ballot.contests)
    message = f"contests {list(found)} instead of {list(expected)}"
    return ledger.check("X.ballot-contests", found == expected, message, place) and allowed


def verify_options(ledger: Ledger, context: Context, contest: ProvedContest, place: Place) -> bool:
    """Check the number of options of a contest that the manifest has, and return whether it is right.

    Spec: EG-2.1 §3.1.3
    """
    options = len(context.manifest.contest(contest.index).verifiable_fields)
    message = f"{len(contest.options)} options instead of {options}"
    return ledger.check("X.ballot-options", len(contest.options) == options, message, place)


def verify_shape(ledger: Ledger, context: Context, ballot: EncryptedBallot, place: Place) -> bool:
    """Check style, contests, options and weight; return whether the ballot can be counted.

    Spec: EG-2.1 §3.1.3
    """
    countable, manifest = verify_style(ledger, context, ballot, place), context.manifest
    for contest in ballot.contests:
        if contest.index > len(manifest.contests):
            ledger.skip("X.ballot-options", "X.contest-data-presence")
            continue
        there = place.within(manifest.contest(contest.index).label)
        countable &= verify_options(ledger, context, contest, there)
        _verify_presence(ledger, context, contest, there)
    return countable


def verifying_nonce(ledger: Ledger, context: Context, ballot: PublishedBallot, place: Place) -> Computation[None]:
    """Check the ballot nonce's ciphertext: its length and its proof.

    Spec: EG-2.1 §3.6.7
    """
    seal = BallotNonceSeal(ballot.h_i)
    yield from _verifying_proof(ledger, context, "X.nonce-proof", seal, ballot.ballot_nonce, place)


def verifying_ciphertexts(ledger: Ledger, context: Context, ballot: EncryptedBallot, place: Place) -> Computation[None]:
    """Check the proofs of the ballot nonce's and every contest data's ciphertext.

    Spec: EG-2.1 §3.6.7
    """
    proofs = [verifying_nonce(ledger, context, ballot, place)]
    for contest in ballot.contests:
        if contest.contest_data is not None:
            seal, there = ContestDataSeal(ballot.h_i, contest.index), place.within(str(contest.index))
            proofs.append(_verifying_proof(ledger, context, "X.contest-data-proof", seal, contest.contest_data, there))
    yield from together(proofs)


def _verify_presence(ledger: Ledger, context: Context, contest: EncryptedContest, place: Place) -> None:
    blocks = context.manifest.contest(contest.index).contest_data_blocks
    expected = None if blocks is None else 32 * blocks
    found = None if contest.contest_data is None else len(contest.contest_data.c_1)
    message = f"contest data of {found or 'no'} bytes instead of {expected or 'no'} bytes"
    ledger.check("X.contest-data-presence", found == expected, message, place)


def _verifying_proof(
    ledger: Ledger, context: Context, check_id: str, seal: Seal, ciphertext: HashedCiphertext, place: Place
) -> Computation[None]:
    try:
        yield from hashed_elgamal.verifying(seal, context.bases.g, ciphertext)
    except VerificationError as error:
        ledger.check(check_id, False, str(error), place)
    else:
        ledger.check(check_id, True, "", place)
