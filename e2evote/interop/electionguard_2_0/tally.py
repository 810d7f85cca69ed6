"""The encrypted tally: boxes 8 and 10 of ElectionGuard 2.0.0."""

from collections.abc import Mapping, Sequence

from e2evote.errors import ParseError
from e2evote.interop.electionguard_2_0.arithmetic import Ciphertext
from e2evote.interop.electionguard_2_0.ballots import Known
from e2evote.interop.electionguard_2_0.checks import AGGREGATION
from e2evote.interop.electionguard_2_0.reading import named
from e2evote.interop.electionguard_2_0.setup import Election
from e2evote.interop.electionguard_2_0.values import distinct, integer, text
from e2evote.interop.family import Judgement
from e2evote.interop.fields import items, record
from e2evote.verifier.report import Place

TALLY = "encrypted_tally.json"
Totals = Mapping[tuple[str, str], Ciphertext]
"""Totals by contest and option."""


def verify_tally(
    judgement: Judgement, election: Election, ballots: Sequence[Known | None], computed: Totals
) -> Totals | None:
    """Verify the tally against the ballots and return its totals, None where it cannot be read."""
    ledger = judgement.ledger
    try:
        totals, cast, counts = _read_tally(election, judgement.record.json(TALLY))
    except ParseError as error:
        ledger.check("EG20.tally-format", False, f"{TALLY}: {error}")
        return None
    ledger.check("EG20.tally-format", True, "")
    read = [ballot for ballot in ballots if ballot is not None]
    voted = [ballot for ballot in read if ballot.state == "CAST"]
    holds = {ballot.name for ballot in voted} == set(cast) and len(read) == len(ballots)
    ledger.check("EG20.tally-ballots", holds, "cast_ballot_ids are not the ids of the ballots that were cast")
    for name, count in counts.items():
        expected = sum(name in election.manifest.styles[ballot.style] for ballot in voted)
        message = f"ballot_count is {count}; {expected} ballots were cast"
        ledger.check("EG20.tally-ballots", count == expected, message, Place(contest=name))
    if len(read) < len(ballots):
        ledger.skip("EG20.aggregation")
    arithmetic = election.arithmetic
    # where no ballot was cast the totals are Enc(0, nonce): nothing to compare, and they decrypt to 0
    for key, total in totals.items():
        product = computed.get(key)
        if product is not None:
            holds = (total.pad, total.data) == (product.pad, product.data)
            place = Place(contest=key[0], option=key[1])
            ledger.check("EG20.aggregation", holds, "the total is not the product of the ballots cast", place)
        elif (total.pad, total.data) != (arithmetic.group.one, arithmetic.group.one):
            judgement.remark(f"contest {ascii(key[0])[:40]}: no ballot was cast, its totals are encryptions made up")
    ledger.complete(AGGREGATION)
    return totals


def _read_tally(
    election: Election, value: object
) -> tuple[dict[tuple[str, str], Ciphertext], list[str], dict[str, int]]:
    known = ("tally_id", "contests", "cast_ballot_ids", "election_id")
    fields = record(value, "tally", known)
    arithmetic = election.arithmetic
    text(fields["tally_id"], "tally_id")
    if arithmetic.octets(fields["election_id"], "election_id", 32) != election.base:
        raise ParseError("election_id", "of another election")
    cast = [text(entry, "cast_ballot_ids") for entry in items(fields["cast_ballot_ids"], "cast_ballot_ids")]
    distinct(cast, "cast_ballot_ids")
    entries = items(fields["contests"], "contests")
    contests = election.manifest.contests
    if len(entries) != len(contests):
        raise ParseError("contests", f"{len(entries)} contests; the manifest has {len(contests)}")
    totals: dict[tuple[str, str], Ciphertext] = {}
    counts = {}
    for entry, contest in zip(entries, contests.values(), strict=True):
        parts = record(entry, "contest", ("contest_id", "sequence_order", "selections"), ("ballot_count",))
        named(parts, contest.name, contest.index, "contest_id")
        # egk-ec writes 0 where it was not asked to count
        if parts.get("ballot_count") not in (None, 0):
            counts[contest.name] = integer(parts["ballot_count"], "ballot_count")
        options = items(parts["selections"], "selections")
        if len(options) != len(contest.options):
            raise ParseError("selections", f"{len(options)} options; the manifest has {len(contest.options)}")
        for option, (name, index) in zip(options, contest.options.items(), strict=True):
            found = record(option, "selection", ("selection_id", "sequence_order", "encrypted_vote"))
            named(found, name, index, "selection_id")
            totals[contest.name, name] = arithmetic.ciphertext(found["encrypted_vote"], "encrypted_vote")
    return totals, cast, counts
