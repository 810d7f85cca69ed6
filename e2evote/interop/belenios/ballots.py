"""Ballots: signature, membership and proofs, in chunks. Belenios specification 3.3, §4.11 to §4.17."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from itertools import islice
from operator import mul
from typing import Any

from e2evote.engine import Workers
from e2evote.errors import ParseError
from e2evote.interop.belenios.answers import Answer, Ballot, read_ballot
from e2evote.interop.belenios.archive import Board
from e2evote.interop.belenios.arithmetic import Arithmetic, Proof
from e2evote.interop.belenios.checks import BALLOTS
from e2evote.interop.belenios.election import Election, Question
from e2evote.interop.family import Progress
from e2evote.verifier.report import Ledger, Place

CHUNK = 16
Item = tuple[int, str, bytes | None]
"""Position in the ballot box from 1, hash, and the ballot if it is there."""


@dataclass(slots=True)
class Outcome:
    """What verifying a chunk found: findings, and the credential of every ballot, None where it cannot be read."""

    ledger: Ledger = field(default_factory=Ledger)
    credentials: list[str | None] = field(default_factory=list)


def verify_ballots(
    ledger: Ledger,
    board: Board,
    election: Election,
    weights: dict[str, int] | None,
    workers: Workers,
    progress: Progress | None,
) -> dict[str, str] | None:
    """Verify all ballots and return the hash of the last one of every credential, in the order of the tally.

    None is returned where a ballot's credential cannot be read.
    """
    hashes = board.payloads("Ballot")
    seen: set[str] = set()
    for position, digest in enumerate(hashes, 1):
        fresh = digest not in seen
        ledger.check("BEL.ballot-unique", fresh, "this ballot was there before", Place(position=position))
        seen.add(digest)
    last: dict[str, str] = {}
    unread = False
    position = 0
    for outcome in workers.map(partial(verify_chunk, election), _chunks(board, hashes)):
        ledger.add(outcome.ledger)
        for credential in outcome.credentials:
            digest = hashes[position]
            position += 1
            if credential is None:
                unread = True
                continue
            if weights is not None:
                place = Place(position=position, ballot=tracker(digest))
                ledger.check("BEL.credential", credential in weights, "the credential is not on the list", place)
            last.pop(credential, None)
            last[credential] = digest
        if progress is not None:
            progress(position, len(hashes))
    if weights is None:
        ledger.skip("BEL.credential")
    ledger.complete(BALLOTS)
    return None if unread else last


def tracker(digest: str) -> str:
    """Return the ballot tracker of a hash."""
    return b64encode(bytes.fromhex(digest)).decode().rstrip("=")


def _chunks(board: Board, hashes: list[str]) -> Iterator[list[Item]]:
    ballots = iter([*enumerate(hashes, 1)])
    while chunk := list(islice(ballots, CHUNK)):
        yield [(position, digest, board.read(digest) if digest in board.data else None) for position, digest in chunk]


def verify_chunk(election: Election, chunk: list[Item]) -> Outcome:
    """Verify some ballots in whatever process this is."""
    outcome = Outcome()
    for position, digest, data in chunk:
        place = Place(position=position, ballot=tracker(digest))
        try:
            if data is None:
                raise ParseError("ballot", "the file is missing")
            ballot = read_ballot(election, data, "ballot")
        except ParseError as error:
            outcome.ledger.check("BEL.ballot-format", False, str(error), place)
            outcome.credentials.append(None)
            continue
        outcome.ledger.check("BEL.ballot-format", True, "")
        _verify_ballot(outcome.ledger, election, ballot, place)
        outcome.credentials.append(ballot.credential)
    return outcome


def _verify_ballot(ledger: Ledger, election: Election, ballot: Ballot, place: Place) -> None:
    arithmetic = election.arithmetic
    named = (ballot.uuid, ballot.fingerprint) == (election.uuid, election.fingerprint)
    ledger.check("BEL.ballot-election", named, "the ballot is for another election", place)
    signed = ballot.signed == ballot.hash and arithmetic.knows(ballot.key, ballot.signature, f"sig|{ballot.signed}|")
    ledger.check("BEL.signature", signed, "the signature does not hold", place)
    statement = f"{election.fingerprint}|{ballot.credential}"
    equations = Equations(arithmetic, election.key)
    for number, (question, answer) in enumerate(zip(election.questions, ballot.answers, strict=True), 1):
        if answer is not None:
            _pose(equations, question, answer, statement, place.within(f"{number}"))
    equations.solve(ledger)


def _pose(equations: "Equations", question: Question, answer: Answer, statement: str, place: Place) -> None:
    """Pose what must hold of an answer."""
    bases = []
    for number, (choice, proofs) in enumerate(zip(answer.choices, answer.individual, strict=True), 1):
        alpha, beta = equations.pair(choice.alpha, choice.beta, place.within(option=f"{number}"))
        bases.append((alpha, beta))
        equations.pose(
            "BEL.individual",
            "the proof that the choice is 0 or 1 does not hold",
            place.within(option=f"{number}"),
            f"prove|{statement}|{choice.text}|",
            [(alpha, beta, m, proof) for m, proof in enumerate(proofs)],
        )
    whole = f"{statement}|{','.join(choice.text for choice in answer.choices)}"
    summed = answer.choices[1:] if question.blank else answer.choices
    arithmetic = equations.arithmetic
    alpha_sum = reduce(mul, (choice.alpha for choice in summed), arithmetic.one)
    beta_sum = reduce(mul, (choice.beta for choice in summed), arithmetic.one)
    alpha, beta = arithmetic.new(alpha_sum), arithmetic.new(beta_sum)
    counts = range(question.least, question.most + 1)
    overall = "the proof that the choices are within the limits does not hold"
    if not question.blank:
        prefix = f"prove|{whole}|{arithmetic.write(alpha_sum)},{arithmetic.write(beta_sum)}|"
        cases = [(alpha, beta, m, proof) for m, proof in zip(counts, answer.overall, strict=True)]
        equations.pose("BEL.overall", overall, place, prefix, cases)
        return
    cases = [(*bases[0], 1, answer.overall[0])]
    cases += [(alpha, beta, m, proof) for m, proof in zip(counts, answer.overall[1:], strict=True)]
    equations.pose("BEL.overall", overall, place, f"bproof1|{whole}|", cases)
    cases = [(*bases[0], 0, answer.blank[0]), (alpha, beta, 0, answer.blank[1])]
    message = "the proof that the vote is not blank together with choices does not hold"
    equations.pose("BEL.blank", message, place, f"bproof0|{whole}|", cases)


Case = tuple[Any, Any, int, Proof]
"""Bases of α and β, the number m that is claimed to be encrypted, and the proof."""


@dataclass(slots=True)
class Equations:
    """Disjunctive proofs posed one by one and computed together."""

    arithmetic: Arithmetic
    key: Any
    values: list[Any] = field(default_factory=list)
    members: list[Any] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    posed: list[tuple[str, str, Place, str, int, Any]] = field(default_factory=list)

    def pair(self, alpha: Any, beta: Any, place: Place) -> tuple[Any, Any]:  # noqa: ANN401  (members)
        """Return bases of α and β, which are tested for membership."""
        bases = self.arithmetic.new(alpha), self.arithmetic.new(beta)
        self.members += bases
        self.places += (place, place)
        return bases

    def pose(self, check: str, message: str, place: Place, prefix: str, cases: Sequence[Case]) -> None:
        """Pose a proof that one of the cases is true: Σ challenges = H(prefix ‖ A_0, B_0, …) mod q.

        A = g^v · α^c and B = y^v · (β/g^m)^c.
        """
        arithmetic = self.arithmetic
        g, y = arithmetic.fixed(arithmetic.g), arithmetic.fixed(self.key)
        for alpha, beta, m, proof in cases:
            c, v = arithmetic.scalar(proof.challenge), arithmetic.scalar(proof.response)
            self.values.append(g**v * alpha**c)
            b = y**v * beta**c
            self.values.append(b * g ** arithmetic.scalar(-m * proof.challenge) if m else b)
        total = sum(proof.challenge for *_, proof in cases) % arithmetic.q
        self.posed.append((check, message, place, prefix, len(cases), total))

    def solve(self, ledger: Ledger) -> None:
        """Compute everything and write down what holds."""
        values, members = self.arithmetic.evaluate(self.values, self.members)
        for place, member in zip(self.places, members, strict=True):
            ledger.check("BEL.membership", member, "α or β is not in the group", place)
        start = 0
        for check, message, place, prefix, count, total in self.posed:
            commitments = values[start : start + 2 * count]
            start += 2 * count
            ledger.check(check, total == self.arithmetic.challenge(prefix, commitments), message, place)
