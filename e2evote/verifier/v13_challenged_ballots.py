"""Box 13: a challenged ballot, opened, re-encrypts to exactly what the voter was given a code for.

The box as written never compares g^ξ with C_0, so that contest data could be forged; it is compared here.
"""

from e2evote import hashed_elgamal
from e2evote.elgamal import encrypting
from e2evote.errors import VerificationError
from e2evote.group.computation import Request, compute, evaluate, together
from e2evote.hashed_elgamal import ContestDataSeal, HashedCiphertext
from e2evote.record.ballot import EncryptedBallot, EncryptedContest
from e2evote.record.codes import confirmation_code, contest_hash
from e2evote.record.opened import ChallengedBallot, OpenedContest, OpenedContestData
from e2evote.verifier.context import Context
from e2evote.verifier.report import Check, Ledger, Place

CHECKS = (
    Check("13.A", "contest data of challenged ballots is correctly decrypted", "opened"),
    Check("13.B", "re-encrypting a challenged ballot gives its confirmation code", "opened"),
    Check("X.challenged-nonce", "every released nonce is in Z_q and fits its ciphertext", "opened"),
    Check("X.challenged-data-nonce", "every released contest data nonce is in Z_q and fits its ciphertext", "opened"),
    Check(
        "X.challenged-complete", "exactly the challenged ballots are opened, once each, in full and in order", "opened"
    ),
)


def verify_ballot(
    ledger: Ledger, context: Context, ballot: EncryptedBallot, opened: ChallengedBallot, place: Place
) -> None:
    """Re-encrypt one opened ballot and compare.

    Spec: EG-2.1 §3.6.7, box 13
    """
    same = opened.confirmation_code == ballot.confirmation_code
    ledger.check("X.challenged-complete", same, "the opened ballot carries another code", place)
    indices = [contest.index for contest in opened.contests]
    in_order = indices == sorted(set(indices))
    ledger.check("X.challenged-complete", in_order, "contests are doubled or out of order", place)
    contests = {contest.index: contest for contest in opened.contests}
    # The hash of a contest that was not opened enters as published; box 14 reports that it is missing.
    hashes = []
    for contest in ballot.contests:
        revealed = contests.get(contest.index)
        if revealed is None:
            hashes.append(contest.contest_hash)
            continue
        there = place.within(revealed.label)
        hashes.append(_reencrypted_hash(ledger, context, ballot, contest, revealed, there))
        _verify_data(ledger, context, ballot, contest.contest_data, revealed, there)
    code = confirmation_code(ballot.h_i, hashes, ballot.chaining_field)
    ledger.check("13.B", code == ballot.confirmation_code, "re-encryption gives another confirmation code", place)


def _reencrypted_hash(
    ledger: Ledger,
    context: Context,
    ballot: EncryptedBallot,
    contest: EncryptedContest,
    revealed: OpenedContest,
    place: Place,
) -> bytes:
    # Options are re-encrypted by their place; an index that says another place would show another vote.
    indices = [option.index for option in revealed.options]
    in_order = indices == list(range(1, len(contest.options) + 1))
    message = f"options {indices} instead of 1 to {len(contest.options)}"
    ledger.check("X.challenged-complete", in_order, message, place)
    g, K = context.bases.g, context.bases.K
    ciphertexts = compute(together(encrypting(g, K, option.selection, option.nonce) for option in revealed.options))
    for option, sealed, again in zip(revealed.options, contest.options, ciphertexts, strict=False):
        fits = option.nonce.in_range() and again.alpha == sealed.ciphertext.alpha
        ledger.check(
            "X.challenged-nonce", fits, "the nonce is not that of the ciphertext", place.within(option=option.label)
        )
    return contest_hash(ballot.h_i, contest.index, ciphertexts, contest.contest_data)


def _verify_data(
    ledger: Ledger,
    context: Context,
    ballot: EncryptedBallot,
    sealed: HashedCiphertext | None,
    revealed: OpenedContest,
    place: Place,
) -> None:
    opened: OpenedContestData | None = revealed.contest_data
    both = (sealed is None) == (opened is None)
    ledger.check("X.challenged-complete", both, "contest data is opened where there is none, or not opened", place)
    if sealed is None or opened is None:
        return
    alpha, beta = evaluate(Request([context.bases.g**opened.nonce, context.bases.K_hat**opened.nonce])).values
    fits = opened.nonce.in_range() and alpha == sealed.c_0
    ledger.check("X.challenged-data-nonce", fits, "the nonce is not that of the contest data", place)
    try:
        seal = ContestDataSeal(ballot.h_i, revealed.index)
        plain = hashed_elgamal.decrypt(seal, HashedCiphertext(alpha, sealed.c_1, sealed.c_2), beta)
    except VerificationError:
        plain = b""
    ledger.check("13.A", plain == opened.data, "the contest data does not decrypt to what is shown", place)
