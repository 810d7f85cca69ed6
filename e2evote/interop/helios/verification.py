"""The verification of a Helios election, step by step."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from e2evote.elgamal import Ciphertext
from e2evote.engine import Workers
from e2evote.errors import CheckError, ParseError
from e2evote.group.elements import Element, Group
from e2evote.interop.family import Judgement, Progress
from e2evote.interop.foreign import Foreign
from e2evote.interop.groups import integer_group
from e2evote.interop.helios import ballots, checks, documents, trustees
from e2evote.interop.helios.documents import Documents, document_hash
from e2evote.interop.helios.values import Election, Trustee, ciphertext, fields, listed, parse_election, text
from e2evote.verifier.report import Place, Report

Json = Any

DRIFTED: Mapping[str, str] = {
    # The election of 2010 among helios-server's fixtures: its document changed after the voter saw it.
    "6myV+hWzApFctajuDz2sgmrWvr8QZfgt/Y6Af0vRo3M": "wGPQnqnzBpmLeg8ZB/G0rgaamGvKVFgpT4/2FC71eas",
}
"""Hashes of documents that are known to have changed, and the hash that the ballots of that election name."""


class Helios:
    """The legacy JSON of Helios."""

    name = "helios"
    title = "Helios, legacy JSON"

    def recognises(self, record: Foreign) -> bool:
        """Tell from the documents' names, or the beginning of the one file there is."""
        return documents.recognised(record)

    def verify(self, record: Foreign, workers: Workers, progress: Progress | None) -> Report:
        """Verify the record whole.

        Raises:
            ParseError: the election, or the list of trustees, cannot be read.
        """
        return verify(record, workers, progress)


def verify(record: Foreign, workers: Workers, progress: Progress | None) -> Report:
    """Verify an election whole.

    Raises:
        ParseError: the election, or the list of trustees, cannot be read.
    """
    found = documents.read(record)
    election = parse_election(found.election)
    judgement = Judgement("helios", record)
    for remark in found.remarks:
        judgement.remark(remark)
    _notes(judgement, election, found)
    group = _group(judgement, election)
    if group is None:
        return judgement.report(checks.ALL)
    known = trustees.verify_keys(judgement, group, election, found.trustees)
    judgement.counts["trustees"] = len(found.trustees)
    voters = _voters(judgement, election, found.voters)
    tally = _ballots(judgement, election, group, found, voters, workers, progress)
    places = _places(election)
    if tally is None:
        return judgement.report(checks.ALL)
    _tally(judgement, election, tally, found.tally, places)
    if known is not None:
        _decrypt(judgement, election, group, tally, known, found, places)
    return judgement.report(checks.ALL)


def _notes(judgement: Judgement, election: Election, found: Documents) -> None:
    judgement.note("sha-1", "challenges are SHA-1")
    judgement.note("weak-fiat-shamir", "a challenge covers only the commitments, not what is proved: whoever chooses "
                   "the statement after the challenge can prove what is not so")  # fmt: skip
    if isinstance(found.trustees, list) and len(found.trustees) == 1:
        judgement.note("single-trustee", "one trustee alone can decrypt every ballot")
    else:
        judgement.note("n-of-n-trustees", "all trustees were needed to decrypt; no threshold")
    if found.with_secrets:
        judgement.note("published-secrets", "the record holds a trustee's secret key: its readers can decrypt ballots")
    if election.aliases:
        judgement.note("aliases", "voters are aliases: only the server knows whom they stand for")
    judgement.note(
        "no-eligibility", "ballots are not signed by voters: the server could cast for those who did not vote"
    )
    judgement.note("no-chain", "nothing orders the ballots or ties them together")
    judgement.note("no-board", "nobody signed or witnessed the documents: others may have been shown other ones")
    judgement.note("no-membership-at-casting", "the server did not test ciphertexts for membership when they were cast "
                   "(before August 2026); it was tested here")  # fmt: skip


def _group(judgement: Judgement, election: Election) -> Group | None:
    """Return the election's group, or None after a finding."""
    key, group = election.key, None
    try:
        group = integer_group(key.p, key.q, key.g)
    except CheckError as error:
        judgement.ledger.check("HEL.parameters", False, str(error))
    else:
        judgement.ledger.check("HEL.parameters", True, "")
        judgement.parameters = group.name
        bits = key.p.bit_length()
        if bits < 2048 or key.q.bit_length() < 224:
            judgement.note("weak-parameters", f"p has {bits} and q {key.q.bit_length()} bits: too few for an election")
        elif bits < 3072:
            judgement.note(
                "parameters-2048", f"p has {bits} bits, which is less than what is advised for years to come"
            )
    judgement.ledger.complete(checks.SETUP)
    return group


def _voters(judgement: Judgement, election: Election, entries: list[Json] | None) -> dict[str, str] | None:
    """Return the hash of every voter's entry by its identifier; None without a list."""
    ledger = judgement.ledger
    if entries is None:
        judgement.remark("the list of voters is missing, so whose ballots count was not checked")
        ledger.skip("HEL.voters", "HEL.voters-hash", "HEL.ballot-voter")
        return None
    judgement.counts["voters"] = len(entries)
    hashes: dict[str, str] = {}
    for i, entry in enumerate(entries):
        try:
            uuid = _voter(election, entry, f"voters[{i}]")
        except ParseError as error:
            ledger.check("HEL.voters", False, str(error))
            continue
        ledger.check("HEL.voters", uuid not in hashes, f"voter {uuid} is in the list twice")
        hashes[uuid] = document_hash(entry)
    if election.voters_hash is not None:
        same = election.voters_hash == document_hash(entries)
        ledger.check("HEL.voters-hash", same, "voters_hash is not the hash of the list")
    ledger.complete(checks.VOTERS)
    return hashes


def _voter(election: Election, entry: Json, where: str) -> str:
    found = fields(
        entry, where, {"uuid", "election_uuid"}, {"name", "alias", "voter_type", "voter_id_hash", "voter_id"}
    )
    if found["election_uuid"] != election.uuid:
        raise ParseError(where, "a voter of another election")
    return text(found["uuid"], f"{where}.uuid")


def _ballots(
    judgement: Judgement,
    election: Election,
    group: Group,
    found: Documents,
    voters: dict[str, str] | None,
    workers: Workers,
    progress: Progress | None,
) -> list[Ciphertext] | None:
    """Verify all ballots; return the product of those that count, None where one could not be added."""
    ledger = judgement.ledger
    cast = ballots.counting(ledger, found.ballots, found.announced, voters)
    own = document_hash(found.election)
    if own in DRIFTED:
        judgement.remark("the election's document is not the one whose hash the ballots name; this is known of this "
                         "published election, and both hashes are the known ones")  # fmt: skip
    context = ballots.Context(group, group.element(election.key.y), election, frozenset({DRIFTED.get(own, own)}))
    seen: dict[int, str] = {}
    total: list[Ciphertext] | None = None
    whole, done, unreduced = "HEL.tally" not in ledger.skipped, 0, 0
    for outcome in workers.map(partial(ballots.verify_chunk, context), ballots.chunks(cast)):
        ledger.add(outcome.ledger)
        whole &= outcome.whole
        for voter, alpha in outcome.alphas:
            other = seen.get(alpha)
            ledger.check("HEL.unique-ciphertexts", other is None, f"α as on the ballot of {other}", Place(ballot=voter))
            seen[alpha] = voter
        if outcome.sums is not None:
            total = outcome.sums if total is None else [x * y for x, y in zip(total, outcome.sums, strict=True)]
        done += outcome.ballots
        unreduced += outcome.unreduced
        if progress is not None:
            progress(done, len(cast))
    ledger.complete((*checks.CAST, *checks.RULE))
    judgement.counts["ballots"] = len(cast)
    if unreduced:
        judgement.remark(f"{unreduced} responses are q or more, below 2q, as booths of 2010 wrote them: accepted")
        judgement.note("unreduced-responses", "responses that were not reduced mod q stand in the true branches of "
                       "proofs: everybody can read votes off them")  # fmt: skip
    judgement.counts["questions"] = len(election.questions)
    if not whole:
        ledger.skip(*(known.id for known in (*checks.SUM, *checks.DECRYPTION, *checks.RESULT)))
        return None
    if total is None:
        one = Ciphertext(group.one, group.one)
        total = [one for question in election.questions for _ in range(question.answers)]
    return total


def _places(election: Election) -> list[Place]:
    return [
        Place(contest=str(i), option=str(j))
        for i, question in enumerate(election.questions, 1)
        for j in range(1, question.answers + 1)
    ]


def _tally(
    judgement: Judgement, election: Election, tally: Sequence[Ciphertext], given: Json, places: Sequence[Place]
) -> None:
    """Compare the encrypted tally, which the server keeps and does not always publish."""
    ledger = judgement.ledger
    if given is not None:
        try:
            document = fields(given, "tally", {"tally"}, {"num_tallied"})
            cells = [ciphertext(cell, "tally") for row in listed(document["tally"], "tally", 1 << 10)
                     for cell in listed(row, "tally", 1 << 10)]  # fmt: skip
            rows = [len(row) for row in document["tally"]]
            if rows != [question.answers for question in election.questions]:
                raise ParseError("tally", "expected one ciphertext for every answer of every question")
            count = document.get("num_tallied", judgement.counts["ballots"])
            ledger.check("HEL.tally", count == judgement.counts["ballots"], f"num_tallied is {count!r:.50}")
            for cell, product, place in zip(cells, tally, places, strict=True):
                same = cell == (int(product.alpha.value), int(product.beta.value))
                ledger.check("HEL.tally", same, "the ciphertext is not the product", place)
        except ParseError as error:
            ledger.check("HEL.tally", False, str(error))
    else:
        judgement.remark("the encrypted tally was not published; decryption is checked against the product made here")
    ledger.complete(checks.SUM)


def _decrypt(
    judgement: Judgement,
    election: Election,
    group: Group,
    tally: Sequence[Ciphertext],
    known: Sequence[Trustee],
    found: Documents,
    places: Sequence[Place],
) -> None:
    """Check the decryption and the result."""
    ledger = judgement.ledger
    factors = trustees.read_factors(judgement, election, known, found.trustees)
    powers = None if factors is None else trustees.verify_factors(judgement, group, tally, factors, places)
    if factors is None:
        ledger.skip("HEL.factor-membership", "HEL.factor-proof")
    ledger.complete(checks.DECRYPTION)
    if powers is None or found.result is None:
        if found.result is None:
            judgement.remark("there is no result")
        ledger.skip("HEL.result")
        return
    _result(judgement, election, group, powers, found.result, places)
    ledger.complete(checks.RESULT)


def _result(
    judgement: Judgement,
    election: Election,
    group: Group,
    powers: Sequence[Element],
    result: Json,
    places: Sequence[Place],
) -> None:
    """Check that every count t, from 0 to the number of ballots, is the one with g^t."""
    ledger = judgement.ledger
    shape = [question.answers for question in election.questions]
    lists = isinstance(result, list) and all(isinstance(row, list) for row in result)
    if not ledger.check(
        "HEL.result", lists and [len(row) for row in result] == shape, "not one count for every answer"
    ):
        return
    counts = [count for row in result for count in row]
    for count, power, place in zip(counts, powers, places, strict=True):
        in_range = isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= judgement.counts["ballots"]
        same = in_range and group.g ** group.scalar(count) == power
        ledger.check("HEL.result", same, f"{count!r:.50} is not what the tally decrypts to", place)
