"""The documents as values: every number canonical and bounded, every list of a known length, no unknown keys."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from e2evote.errors import ParseError

Json = Any

QUESTIONS, ANSWERS = 100, 500
"""Questions of an election and answers of a question that are looked at."""
_DIGITS = re.compile(r"0|[1-9][0-9]{0,2499}")
_ELECTION = {"uuid", "questions", "name", "short_name", "description", "voters_hash", "openreg", "frozen_at",
             "public_key", "cast_url", "use_voter_aliases", "voting_starts_at", "voting_ends_at",
             "use_advanced_audit_features",
             "#", "a", "datatype"}  # fmt: skip
_QUESTION = {
    "answer_urls",
    "answers",
    "choice_type",
    "max",
    "min",
    "question",
    "result_type",
    "short_name",
    "tally_type",
}


@dataclass(frozen=True, slots=True)
class Key:
    """p, q, g and y of a public key."""

    p: int
    q: int
    g: int
    y: int


@dataclass(frozen=True, slots=True)
class Question:
    """How many answers there are to choose from, and how many may be chosen; ``most`` None for any number."""

    answers: int
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Election:
    """What the verification needs of the election's document."""

    uuid: str
    key: Key
    questions: tuple[Question, ...]
    open: bool
    aliases: bool
    voters_hash: str | None


@dataclass(frozen=True, slots=True)
class Proof:
    """A, B, challenge and response of one branch."""

    a: int
    b: int
    c: int
    r: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Ciphertexts (α, β) of one question's choices, the proof of each, and that of their sum."""

    choices: tuple[tuple[int, int], ...]
    proofs: tuple[tuple[Proof, ...], ...]
    overall: tuple[Proof, ...] | None


@dataclass(frozen=True, slots=True)
class Vote:
    """A ballot's content."""

    election_uuid: str
    election_hash: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Trustee:
    """A trustee's key with its proof of knowledge (commitment, challenge, response)."""

    uuid: str
    key: Key
    key_hash: str | None
    pok: tuple[int, int, int]


def number(value: Json, where: str) -> int:
    """Return a number written as a decimal string, without leading zeros.

    Raises:
        ParseError: anything else, or more than 2500 digits.
    """
    if not isinstance(value, str) or not _DIGITS.fullmatch(value):
        raise ParseError(where, "expected a decimal number as a string")
    return int(value)


def fields(value: Json, where: str, needed: set[str], allowed: set[str] | None = None) -> Mapping[str, Json]:
    """Return an object that has what is needed and nothing that is not allowed; ``a`` and ``#`` name datatypes.

    Raises:
        ParseError: no object, a key missing, an unknown key.
    """
    if not isinstance(value, dict):
        raise ParseError(where, "expected an object")
    missing, unknown = needed - value.keys(), value.keys() - needed - (allowed or set()) - {"a", "#"}
    if missing:
        raise ParseError(where, "missing", min(missing))
    if unknown:
        raise ParseError(where, "unknown", ascii(min(unknown))[:100])
    return value


def listed(value: Json, where: str, most: int) -> list[Json]:
    """Return a list of at most so many.

    Raises:
        ParseError: no list, or a longer one.
    """
    if not isinstance(value, list) or len(value) > most:
        raise ParseError(where, f"expected a list of at most {most}")
    return value


def text(value: Json, where: str) -> str:
    """Return a string of 1 to 500 characters.

    Raises:
        ParseError: anything else.
    """
    if not isinstance(value, str) or not 0 < len(value) <= 500:
        raise ParseError(where, "expected a string of 1 to 500 characters")
    return value


def parse_election(value: Json) -> Election:
    """Read the election's document.

    Raises:
        ParseError: it is no frozen election with homomorphic questions.
    """
    found = fields(value, "election", {"uuid", "questions", "public_key"}, _ELECTION)
    for key in ("openreg", "use_voter_aliases"):
        if found.get(key) not in (True, False, None):
            raise ParseError("election", "expected true or false", key)
    if found["public_key"] is None or found["questions"] is None:
        raise ParseError("election", "the election was not frozen: it has no public key or no questions")
    questions = listed(found["questions"], "election.questions", QUESTIONS)
    if not questions:
        raise ParseError("election.questions", "there is no question")
    hashed = found.get("voters_hash")
    return Election(
        text(found["uuid"], "election.uuid"),
        parse_key(found["public_key"], "election.public_key"),
        tuple(_question(question, f"election.questions[{i}]") for i, question in enumerate(questions)),
        bool(found.get("openreg")),
        bool(found.get("use_voter_aliases")),
        None if hashed is None else text(hashed, "election.voters_hash"),
    )


def _question(value: Json, where: str) -> Question:
    found = fields(value, where, {"answers"}, _QUESTION)
    if found.get("tally_type", "homomorphic") != "homomorphic" or found.get("choice_type", "approval") != "approval":
        raise ParseError(where, "only homomorphic questions of the type approval are known")
    answers = listed(found["answers"], f"{where}.answers", ANSWERS)
    least, most = found.get("min", 0), found.get("max")
    least = 0 if least is None else least
    for bound in (least, 0 if most is None else most):
        if isinstance(bound, bool) or not isinstance(bound, int) or not 0 <= bound <= ANSWERS:
            raise ParseError(where, f"expected min and max from 0 to {ANSWERS}")
    if not answers or (most is not None and most < least):
        raise ParseError(where, "no answers, or max is less than min")
    return Question(len(answers), least, most)


def parse_key(value: Json, where: str) -> Key:
    """Read a public key.

    Raises:
        ParseError: not four numbers.
    """
    found = fields(value, where, {"p", "q", "g", "y"})
    return Key(*(number(found[name], f"{where}.{name}") for name in ("p", "q", "g", "y")))


def parse_vote(value: Json) -> Vote:
    """Read a ballot's content.

    Raises:
        ParseError: anything unusual.
    """
    found = fields(value, "vote", {"answers", "election_hash", "election_uuid"})
    answers = listed(found["answers"], "vote.answers", QUESTIONS)
    return Vote(
        text(found["election_uuid"], "vote.election_uuid"),
        text(found["election_hash"], "vote.election_hash"),
        tuple(_answer(answer, f"vote.answers[{i}]") for i, answer in enumerate(answers)),
    )


def _answer(value: Json, where: str) -> Answer:
    found = fields(value, where, {"choices", "individual_proofs"}, {"overall_proof"})
    choices = listed(found["choices"], f"{where}.choices", ANSWERS)
    proofs = listed(found["individual_proofs"], f"{where}.individual_proofs", ANSWERS)
    overall = found.get("overall_proof")
    return Answer(
        tuple(ciphertext(choice, f"{where}.choices[{i}]") for i, choice in enumerate(choices)),
        tuple(_branches(proof, f"{where}.individual_proofs[{i}]", 2) for i, proof in enumerate(proofs)),
        None if overall is None else _branches(overall, f"{where}.overall_proof", ANSWERS + 1),
    )


def ciphertext(value: Json, where: str) -> tuple[int, int]:
    """Read (α, β).

    Raises:
        ParseError: not two numbers.
    """
    found = fields(value, where, {"alpha", "beta"})
    return number(found["alpha"], f"{where}.alpha"), number(found["beta"], f"{where}.beta")


def _branches(value: Json, where: str, most: int) -> tuple[Proof, ...]:
    return tuple(parse_proof(branch, f"{where}[{i}]") for i, branch in enumerate(listed(value, where, most)))


def parse_proof(value: Json, where: str) -> Proof:
    """Read one branch.

    Raises:
        ParseError: not its four numbers.
    """
    found = fields(value, where, {"commitment", "challenge", "response"})
    commitment = fields(found["commitment"], f"{where}.commitment", {"A", "B"})
    return Proof(
        number(commitment["A"], f"{where}.commitment.A"),
        number(commitment["B"], f"{where}.commitment.B"),
        number(found["challenge"], f"{where}.challenge"),
        number(found["response"], f"{where}.response"),
    )


def parse_trustee(value: Json, where: str) -> Trustee:
    """Read a trustee's key and its proof.

    Raises:
        ParseError: anything unusual.
    """
    others = {"email", "public_key_hash", "decryption_factors", "decryption_proofs", "name"}
    found = fields(value, where, {"uuid", "public_key", "pok"}, others)
    pok = fields(found["pok"], f"{where}.pok", {"commitment", "challenge", "response"})
    numbers = [number(pok[name], f"{where}.pok.{name}") for name in ("commitment", "challenge", "response")]
    hashed = found.get("public_key_hash")
    return Trustee(
        text(found["uuid"], f"{where}.uuid"),
        parse_key(found["public_key"], f"{where}.public_key"),
        None if hashed is None else text(hashed, f"{where}.public_key_hash"),
        (numbers[0], numbers[1], numbers[2]),
    )
