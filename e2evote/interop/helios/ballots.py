"""Ballots: which count, what each says, and the product of their ciphertexts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from e2evote.elgamal import Ciphertext, aggregate
from e2evote.errors import ParseError
from e2evote.group.computation import Computation, Request, compute, together
from e2evote.group.elements import Element, Group
from e2evote.group.powers import FixedBase, NewBase, fixed
from e2evote.interop.helios import proofs
from e2evote.interop.helios.documents import document_hash
from e2evote.interop.helios.values import Answer, Election, Question, Vote, fields, parse_vote, text
from e2evote.verifier.report import Ledger, Place

Json = Any

CHUNK = 16
_CAST = {"cast_at", "voter_uuid", "voter_hash", "vote_hash"}


@dataclass(frozen=True, slots=True)
class Cast:
    """A ballot that counts."""

    voter: str
    vote: Json
    vote_hash: str


@dataclass(frozen=True, slots=True)
class Context:
    """What every ballot is judged by; ``hashes`` are the election's that ballots may name."""

    group: Group
    y: Element
    election: Election
    hashes: frozenset[str]


@dataclass(slots=True)
class Outcome:
    """What a chunk of ballots came to: sums are None where a ballot could not be added."""

    ledger: Ledger = field(default_factory=Ledger)
    ballots: int = 0
    alphas: list[tuple[str, int]] = field(default_factory=list)
    sums: list[Ciphertext] | None = None
    unreduced: int = 0
    whole: bool = True


def counting(ledger: Ledger, ballots: list[Json], announced: list[Json], voters: dict[str, str] | None) -> list[Cast]:
    """Return the ballot of every voter that counts, the last, and check whose they are.

    Args:
        ledger: where findings go.
        ballots: cast ballots, several of a voter where it voted again; those without a vote are none.
        announced: entries that name the ballot that counts of a voter, by its hash.
        voters: the hash of every voter's entry by its identifier, None without a list.
    """
    found: dict[str, list[tuple[datetime, Json]]] = {}
    for ballot in ballots:
        try:
            _gather(found, ballot)
        except ParseError as error:
            voter = ballot.get("voter_uuid") if isinstance(ballot, dict) else None
            ledger.check(
                "HEL.ballot-format", False, str(error), Place(ballot=voter if isinstance(voter, str) else None)
            )
            ledger.skip("HEL.tally", "HEL.factor-proof", "HEL.result")
    last = {voter: _last(ledger, voter, cast) for voter, cast in found.items()}
    for voter, ballot in last.items():
        place = Place(ballot=voter)
        if voters is not None:
            known = ledger.check("HEL.ballot-voter", voter in voters, "the voter is not in the list", place)
            if known:
                same = ballot["voter_hash"] == voters[voter]
                ledger.check("HEL.ballot-voter", same, "voter_hash is not the hash of the voter's entry", place)
    _compare(ledger, last, announced)
    return [Cast(voter, ballot["vote"], ballot["vote_hash"]) for voter, ballot in last.items()]


def _gather(found: dict[str, list[tuple[datetime, Json]]], ballot: Json) -> None:
    cast = fields(ballot, "cast ballot", {"vote", *_CAST})
    if cast["vote"] is None and cast["vote_hash"] is None:
        return
    for key in ("voter_hash", "vote_hash"):
        text(cast[key], key)
    entry = (_time(cast["cast_at"]), ballot)
    of_voter = found.setdefault(text(cast["voter_uuid"], "voter_uuid"), [])
    if entry not in of_voter:
        of_voter.append(entry)


def _time(value: Json) -> datetime:
    try:
        return datetime.fromisoformat(text(value, "cast_at")).replace(tzinfo=None)
    except ValueError as error:
        raise ParseError("cast_at", "expected a date and time") from error


def _last(ledger: Ledger, voter: str, cast: list[tuple[datetime, Json]]) -> Json:
    newest = max(time for time, _ in cast)
    last = [ballot for time, ballot in cast if time == newest]
    ledger.check("HEL.last-ballot", len(last) == 1, f"{len(last)} ballots were cast at {newest}", Place(ballot=voter))
    return last[0]


def _compare(ledger: Ledger, last: dict[str, Json], announced: list[Json]) -> None:
    """Check that of every voter the ballot announced last is the one that counts."""
    named: dict[str, list[tuple[datetime, Json]]] = {}
    for entry in announced:
        try:
            short = fields(entry, "list of ballots", _CAST)
            if short["vote_hash"] is not None:
                named.setdefault(text(short["voter_uuid"], "voter_uuid"), []).append((_time(short["cast_at"]), short))
        except ParseError as error:
            ledger.check("HEL.ballot-format", False, str(error))
    for voter, entries in named.items():
        newest = max(entries, key=lambda entry: entry[0])[1]
        same = voter in last and last[voter]["vote_hash"] == newest["vote_hash"]
        ledger.check("HEL.last-ballot", same, "the ballot that was announced is not there", Place(ballot=voter))
    if named:
        for voter in last.keys() - named.keys():
            ledger.check("HEL.last-ballot", False, "the ballot was not announced", Place(ballot=voter))


def chunks(cast: Sequence[Cast]) -> Iterator[tuple[Cast, ...]]:
    """Cut the ballots."""
    for start in range(0, len(cast), CHUNK):
        yield tuple(cast[start : start + CHUNK])


def verify_chunk(context: Context, cast: Sequence[Cast]) -> Outcome:
    """Verify some ballots, in whatever process this is."""
    outcome = Outcome(ballots=len(cast))
    votes: list[tuple[Cast, Vote]] = []
    for ballot in cast:
        place = Place(ballot=ballot.voter)
        try:
            vote = parse_vote(ballot.vote)
        except ParseError as error:
            outcome.ledger.check("HEL.ballot-format", False, str(error), place)
            outcome.whole = False
            continue
        outcome.ledger.check("HEL.ballot-format", True, "")
        hashed = document_hash(ballot.vote) == ballot.vote_hash
        outcome.ledger.check("HEL.ballot-hash", hashed, "vote_hash is not the hash of the vote", place)
        uuid = vote.election_uuid == context.election.uuid
        outcome.ledger.check("HEL.election-hash", uuid, "the ballot is of another election", place)
        named = vote.election_hash in context.hashes
        outcome.ledger.check("HEL.election-hash", named, "the ballot names another hash of the election", place)
        if _complete(outcome.ledger, context.election.questions, vote, place):
            votes.append((ballot, vote))
        else:
            outcome.whole = False
    g, y = fixed(context.group.g), fixed(context.y)
    members = compute(
        together(
            _verifying_answer(outcome.ledger, g, y, question, answer, Place(ballot=ballot.voter, contest=str(i)))
            for ballot, vote in votes
            for i, (question, answer) in enumerate(zip(context.election.questions, vote.answers, strict=True), 1)
        )
    )
    outcome.whole &= all(members)
    outcome.unreduced = sum(_unreduced(answer, context.group) for _, vote in votes for answer in vote.answers)
    rows = [[choice for answer in vote.answers for choice in answer.choices] for _, vote in votes]
    outcome.alphas = [(ballot.voter, alpha) for (ballot, _), row in zip(votes, rows, strict=True) for alpha, _ in row]
    element = context.group.element
    columns = zip(*rows, strict=True)
    outcome.sums = aggregate([[Ciphertext(element(a), element(b)) for a, b in column] for column in columns]) or None
    return outcome


def _complete(ledger: Ledger, questions: Sequence[Question], vote: Vote, place: Place) -> bool:
    """Check the numbers of answers, choices, proofs and branches."""
    expected = len(questions)
    message = f"{len(vote.answers)} answers; the election has {expected} questions"
    if not ledger.check("HEL.answers", len(vote.answers) == expected, message, place):
        return False
    fine = True
    for i, (question, answer) in enumerate(zip(questions, vote.answers, strict=True), 1):
        branches = None if question.most is None else question.most - question.least + 1
        holds = (
            len(answer.choices) == len(answer.proofs) == question.answers
            and all(len(proof) == 2 for proof in answer.proofs)
            and (None if answer.overall is None else len(answer.overall)) == branches
        )
        message = f"expected {question.answers} choices with a proof of two branches each, and for their sum {branches}"
        fine &= ledger.check("HEL.answers", holds, message, place.within(contest=str(i)))
    return fine


def _verifying_answer(
    ledger: Ledger, g: FixedBase, y: FixedBase, question: Question, answer: Answer, place: Place
) -> Computation[bool]:
    """Check membership and proofs of one question; return whether all is in the group."""
    group = g.element.group
    pairs = [(NewBase(group.element(alpha)), NewBase(group.element(beta))) for alpha, beta in answer.choices]
    places = [place.within(option=str(i)) for i in range(1, len(pairs) + 1)]
    work = [
        proofs.verifying_range(g, y, alpha, beta, branches, 0)
        for (alpha, beta), branches in zip(pairs, answer.proofs, strict=True)
    ]
    if answer.overall is not None:
        (total,) = aggregate([[Ciphertext(alpha.element, beta.element) for alpha, beta in pairs]])
        alpha, beta = NewBase(total.alpha), NewBase(total.beta)
        work.append(proofs.verifying_range(g, y, alpha, beta, answer.overall, question.least))
    inside, done = yield from together([_testing(pairs), together(work)])
    for where, member, proved in zip(places, inside, done, strict=False):
        ledger.check("HEL.membership", member, "α or β is not in the group", where)
        ledger.check("HEL.choice-proof", proved, "the proof that the choice is 0 or 1 does not hold", where)
    if answer.overall is not None:
        ledger.check("HEL.overall-proof", done[-1], "the proof of the sum of the choices does not hold", place)
    return all(inside)


def _testing(pairs: Sequence[tuple[NewBase, NewBase]]) -> Computation[list[bool]]:
    """Test every pair; side by side with the proofs this shares their squarings."""
    members = (yield Request((), [base for pair in pairs for base in pair])).members
    return [alpha and beta for alpha, beta in zip(members[::2], members[1::2], strict=True)]


def _unreduced(answer: Answer, group: Group) -> int:
    """Return the number of branches whose response is q or more: these are the true ones, so they tell the vote."""
    branches = [branch for proof in (*answer.proofs, answer.overall or ()) for branch in proof]
    return sum(branch.r >= group.q for branch in branches)
