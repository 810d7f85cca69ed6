"""Box 12: contest data of cast ballots is what the guardians' proof says; and opening it was allowed.

The box as written accepts −β where the challenge is even; β is therefore tested for membership.
"""

from collections.abc import Mapping

from e2evote import hashed_elgamal
from e2evote.errors import VerificationError
from e2evote.group.computation import Request, evaluate
from e2evote.group.powers import NewBase
from e2evote.hashed_elgamal import ContestDataSeal
from e2evote.record.ballot import BallotStatus, EncryptedBallot
from e2evote.record.opened import DecryptedContestData
from e2evote.verifier.context import Context
from e2evote.verifier.report import Check, Ledger, Place
from e2evote.zkp.equality import contest_data_challenge

CHECKS = (
    Check("12.A", "every response of a contest data proof is in Z_q", "opened"),
    Check("12.B", "the challenge of every contest data proof is correct", "opened"),
    Check("12.C", "decrypted contest data follows from its factor", "opened"),
    Check("X.contest-data-factor", "every decryption factor β is in the group", "opened"),
    Check(
        "X.contest-data-allowed",
        "contest data of cast ballots is decrypted only where the manifest allows it",
        "opened",
    ),
    Check(
        "X.contest-data-target", "every decrypted contest data belongs to a contest of a cast ballot, once", "opened"
    ),
    Check("X.contest-data-complete", "where contest data is decrypted, it is for every cast ballot with it", "opened"),
)


def verify_ballot(
    ledger: Ledger,
    context: Context,
    ballot: EncryptedBallot,
    status: BallotStatus | None,
    entries: tuple[DecryptedContestData, ...],
    place: Place,
) -> None:
    """Check the decrypted contest data of one ballot.

    Spec: EG-2.1 §3.6.6, box 12
    """
    indices = [entry.index for entry in entries]
    once = indices == sorted(set(indices))
    ledger.check("X.contest-data-target", once, "contests are doubled or out of order", place)
    for entry in entries:
        there = place.within(str(entry.index))
        allowed = context.manifest.cast_contest_data_may_be_decrypted
        ledger.check("X.contest-data-allowed", allowed, "the manifest does not allow it", there)
        data = next((contest.contest_data for contest in ballot.contests if contest.index == entry.index), None)
        cast = status is not None and status.status == "cast" and entry.confirmation_code == ballot.confirmation_code
        fits = cast and data is not None
        message = "there is no cast ballot with contest data in this contest and with this code"
        if ledger.check("X.contest-data-target", fits, message, there) and data is not None:
            _verify_entry(ledger, context, ballot, data, entry, there)
        else:
            ledger.skip("12.A", "12.B", "12.C")


def verify_complete(ledger: Ledger, context: Context, with_data: Mapping[int, int], opened: Mapping[int, int]) -> None:
    """Check that of every contest whose data was opened, all was: nobody may pick the write-ins that are told."""
    for ind_c in sorted(opened):
        known = ind_c <= len(context.manifest.contests)
        place = Place(contest=context.manifest.contest(ind_c).label if known else str(ind_c))
        message = f"data of {opened[ind_c]} cast ballots is opened, {with_data.get(ind_c, 0)} have it"
        ledger.check("X.contest-data-complete", opened[ind_c] == with_data.get(ind_c, 0), message, place)


def _verify_entry(
    ledger: Ledger,
    context: Context,
    ballot: EncryptedBallot,
    data: hashed_elgamal.HashedCiphertext,
    entry: DecryptedContestData,
    place: Place,
) -> None:
    beta, proof = entry.factor, entry.proof
    ledger.check("12.A", proof.response.in_range(), "the response is not in Z_q", place)
    base = NewBase(beta)
    commitments = proof.commitments(context.bases.g, context.bases.K_hat, NewBase(data.c_0), base)
    response = evaluate(Request(commitments, (base,)))
    ledger.check("X.contest-data-factor", response.members[0], "β is not a member of the group", place)
    a, b = response.values
    c = contest_data_challenge(ballot.h_i, entry.index, data.c_0, data.c_1, bytes(data.c_2), a, b, beta)
    ledger.check("12.B", c == proof.challenge, "the challenge does not match", place)
    try:
        plain = hashed_elgamal.decrypt(ContestDataSeal(ballot.h_i, entry.index), data, beta)
    except VerificationError:
        plain = b""
    ledger.check("12.C", plain == entry.data, "the data does not follow from the factor", place)
