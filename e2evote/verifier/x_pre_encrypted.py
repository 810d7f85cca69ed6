"""What the boxes leave open about pre-encrypted ballots: whole, with different codes, and cast as they were printed."""

from itertools import pairwise

from e2evote.record.ballot import BallotStatus
from e2evote.record.pre_encrypted import PreEncryptedBallot, PreEncryptedContest, RecordedBallot, RecordedContest
from e2evote.record.short_codes import short_code
from e2evote.verifier.context import Context
from e2evote.verifier.report import Check, Ledger, Place

CHECKS = (
    Check(
        "X.selection-hashes", "every pre-encrypted contest has a hash for each option and each null vector", "ballots"
    ),
    Check("X.short-codes-unique", "no contest of a pre-encrypted ballot has a short code twice", "ballots"),
    Check(
        "X.recorded-complete", "exactly the cast pre-encrypted ballots are recorded, as they were printed", "ballots"
    ),
    Check(
        "X.recorded-vectors",
        "every recorded contest has exactly L different vectors of the ballot, ascending, proved where L > 1",
        "ballots",
    ),
)


def verify_ballot(ledger: Ledger, context: Context, ballot: PreEncryptedBallot, place: Place) -> None:
    """Check that the ballot may be pre-encrypted and every contest has m + L hashes with different codes.

    Spec: EG-2.1 §4.1; §4.1.5
    """
    manifest = context.manifest
    if ballot.ballot_style <= len(manifest.ballot_styles) and manifest.hash_trimming is not None:
        problem = manifest.why_not_pre_encrypted(ballot.ballot_style)
        ledger.check("X.ballot-style", problem is None, problem or "", place)
    for contest in ballot.contests:
        if contest.index > len(manifest.contests):
            ledger.skip("X.selection-hashes", "X.short-codes-unique")
        else:
            _verify_hashes(ledger, context, contest, place.within(manifest.contest(contest.index).label))


def verify_recorded(
    ledger: Ledger,
    ballot: PreEncryptedBallot,
    status: BallotStatus | None,
    recorded: RecordedBallot | None,
    place: Place,
) -> bool:
    """Check that a ballot is recorded if it was cast, and as what it was printed; return whether it can be counted.

    Spec: EG-2.1 §4.4
    """
    cast = status is not None and status.status == "cast"
    message = "the ballot was cast and is not recorded" if cast else "the ballot was not cast and is recorded"
    fits = ledger.check("X.recorded-complete", cast == (recorded is not None), message, place)
    if recorded is None:
        return False
    told = recorded.confirmation_code, recorded.ballot_style, recorded.weight
    same = told == (ballot.confirmation_code, ballot.ballot_style, ballot.weight)
    fits &= ledger.check("X.recorded-complete", same, "recorded with another code, style or weight", place)
    found, expected = ([contest.index for contest in x.contests] for x in (recorded, ballot))
    return fits & ledger.check("X.recorded-complete", found == expected, f"contests {found}, not {expected}", place)


def verify_vectors(
    ledger: Ledger, context: Context, published: PreEncryptedContest, contest: RecordedContest, place: Place
) -> None:
    """Check number, order and lengths of the selected vectors, that they are the ballot's, and that they are proved.

    Spec: EG-2.1 §4.4; §4.5
    """
    known = context.manifest.contest(contest.index)
    m, L, selections = len(known.options), known.limit, contest.selections
    psis = [selected.selection_hash for selected in selections]
    problems = {
        f"{len(selections)} selected vectors instead of {L}": len(selections) == L,
        "the selected vectors are not in ascending order": all(psi < following for psi, following in pairwise(psis)),
        "a selected vector is not one of the ballot's": set(psis) <= set(published.selection_hashes),
        f"a selected vector has not {m} encryptions": all(len(selected.vector) == m for selected in selections),
        "selected vectors carry a proof for each encryption where L > 1, and none elsewhere": all(
            len(selected.proofs or ()) == (m if L > 1 else 0) for selected in selections
        ),
    }
    for message, holds in problems.items():
        ledger.check("X.recorded-vectors", holds, message, place)


def _verify_hashes(ledger: Ledger, context: Context, contest: PreEncryptedContest, place: Place) -> None:
    known, psis = context.manifest.contest(contest.index), contest.selection_hashes
    expected = len(known.options) + known.limit
    message = f"{len(psis)} selection hashes instead of {expected}"
    ledger.check("X.selection-hashes", len(psis) == expected, message, place)
    omega = context.manifest.hash_trimming
    if omega is None:
        ledger.skip("X.short-codes-unique")
        return
    codes = [short_code(omega, psi) for psi in psis]
    ledger.check("X.short-codes-unique", len(set(codes)) == len(codes), "a short code occurs twice", place)
