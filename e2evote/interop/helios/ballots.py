"""What is checked of every ballot, in chunks that can go to any process."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from e2evote.errors import ParseError
from e2evote.group.computation import Computation, Request, compute, together
from e2evote.group.elements import Element
from e2evote.group.powers import FixedBase, NewBase, fixed, window_for
from e2evote.interop.family import check
from e2evote.interop.helios.proofs import proves_one_of
from e2evote.interop.helios.reading import Answer, ElectionDocument, Question, Vote, hash_of, parse_vote
from e2evote.verifier.report import Ledger, Place

CHECKS = (
    check("HEL.ballot-format", "every ballot answers each question, with each choice and its proofs", "ballots"),
    check("HEL.ballot-election", "every ballot is of this election: its hash and its identifier", "ballots"),
    check("HEL.vote-hash", "the published hash of every ballot is that of its content", "ballots"),
    check("HEL.membership", "every α and β is in the group", "ballots"),
    check("HEL.choice-proof", "every choice is proved to be 0 or 1", "ballots"),
)
LIMITS = (
    check("HEL.limit-proof", "the choices of a question are proved to be as many as it allows", "selection rule"),
)

CHUNK = 8
UNREDUCED = "some responses are not below q, as browsers of old left them; each could be written in several ways"


@dataclass(frozen=True, slots=True)
class Cast:
    """A ballot as it was published: what to call it, its content, its hash, and who cast it when."""

    where: str
    vote: Any
    vote_hash: str
    voter: str
    cast_at: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some ballots, and what is needed to judge them; ``hash``: the one that ballots name, None where none is known."""

    election: ElectionDocument
    hash: str | None
    ballots: tuple[Cast, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found of a chunk: of each ballot its vote, None where it is no good."""

    ledger: Ledger
    votes: tuple[Vote | None, ...]


def judge(chunk: Chunk) -> Judged:
    """Verify every ballot of a chunk."""
    ledger, election = Ledger(), chunk.election
    window = window_for(chunk.total * sum(8 * question.answers for question in election.questions), most=10)
    g, y = (fixed(element, window) for element in (election.public_key.group.g, election.public_key.y))
    votes = [_parsed(ledger, chunk, cast) for cast in chunk.ballots]
    places = [_place(cast) for cast in chunk.ballots]
    running = [
        _judging(ledger, election, g, y, vote, place)
        for vote, place in zip(votes, places, strict=True)
        if vote is not None
    ]
    good = iter(compute(together(running)))
    return Judged(ledger, tuple(vote if vote is not None and next(good) else None for vote in votes))


def _place(cast: Cast) -> Place:
    return Place(ballot=cast.vote_hash or cast.where)


def _parsed(ledger: Ledger, chunk: Chunk, cast: Cast) -> Vote | None:
    place = _place(cast)
    ledger.check("HEL.vote-hash", hash_of(cast.vote) == cast.vote_hash, "the hash is another", place)
    try:
        vote = parse_vote(cast.vote, chunk.election, cast.where)
    except ParseError as error:
        ledger.check("HEL.ballot-format", False, str(error), place)
        return None
    ledger.check("HEL.ballot-format", True, "", place)
    if not all(
        proof.reduced for answer in vote.answers for part in (*answer.individual, answer.overall) for proof in part
    ):
        ledger.remarks.append(UNREDUCED)
    same = vote.election_uuid == chunk.election.uuid and (chunk.hash is None or vote.election_hash == chunk.hash)
    ledger.check("HEL.ballot-election", same, "the ballot names another election", place)
    return vote


def _judging(
    ledger: Ledger, election: ElectionDocument, g: FixedBase, y: FixedBase, vote: Vote, place: Place
) -> Computation[bool]:
    good = True
    for index, (question, answer) in enumerate(zip(election.questions, vote.answers, strict=True), 1):
        within = place.within(contest=str(index))
        good &= yield from _judging_answer(ledger, g, y, question, answer, within)
    return good


def _judging_answer(
    ledger: Ledger, g: FixedBase, y: FixedBase, question: Question, answer: Answer, place: Place
) -> Computation[bool]:
    bases = [(NewBase(choice.alpha), NewBase(choice.beta)) for choice in answer.choices]
    members = (yield Request((), [base for pair in bases for base in pair])).members
    proofs = [
        proves_one_of(g, y, alpha, beta, 0, proof)
        for (alpha, beta), proof in zip(bases, answer.individual, strict=True)
    ]
    held = yield from together(proofs)
    good = True
    for index, holds in enumerate(held):
        within = place.within(option=str(index + 1))
        good &= ledger.check(
            "HEL.membership", all(members[2 * index : 2 * index + 2]), "α or β is not in the group", within
        )
        good &= ledger.check("HEL.choice-proof", holds, "the proof of 0 or 1 does not hold", within)
    if question.most is None:
        return good
    alpha, beta = (_product(column) for column in _columns(answer))
    holds = yield from proves_one_of(g, y, NewBase(alpha), NewBase(beta), question.least, answer.overall)
    return good & ledger.check("HEL.limit-proof", holds, "the proof of the number of choices does not hold", place)


def _columns(answer: Answer) -> Iterator[list[Element]]:
    yield [choice.alpha for choice in answer.choices]
    yield [choice.beta for choice in answer.choices]


def _product(elements: list[Element]) -> Element:
    result = elements[0].group.one
    for element in elements:
        result = result * element
    return result
