"""From JSON to what is computed with. Numbers are decimal strings without leading zeros, in their ranges."""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from e2evote.errors import CheckError, ParseError
from e2evote.group.elements import Element, Group, Scalar
from e2evote.interop.groups import integer_group

MAXIMUM = 1000
"""Questions of an election, answers of a question, and votes of one: more are not read."""
_DIGITS = 2500


@dataclass(frozen=True, slots=True)
class Question:
    """A question: how many answers, how many of them may be chosen (``most``: None, as many as one likes)."""

    answers: int
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key y in its group."""

    group: Group
    y: Element


@dataclass(frozen=True, slots=True)
class Proof:
    """Commitment (A, B), challenge and response; of a single power B is None.

    ``reduced``: the response is below q. Old booths in browsers left some above.
    """

    A: Element
    B: Element | None
    challenge: Scalar
    response: Scalar
    reduced: bool


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """(α, β)."""

    alpha: Element
    beta: Element


@dataclass(frozen=True, slots=True)
class Answer:
    """The encrypted choices of one question, and the proofs; ``overall`` is empty where any number may be chosen."""

    choices: tuple[Ciphertext, ...]
    individual: tuple[tuple[Proof, ...], ...]
    overall: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class Vote:
    """A ballot as it was cast."""

    election_hash: str
    election_uuid: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class ElectionDocument:
    """The election as the server publishes it."""

    uuid: str
    name: str
    public_key: PublicKey
    questions: tuple[Question, ...]
    hash: str
    aliases: bool
    open_registration: bool


def hash_of(content: Any) -> str:  # noqa: ANN401
    """Return the server's hash of a document: base64, without padding, of SHA-256 of its JSON with sorted keys.

    Helios: ``utils.to_json`` and ``hash_b64``.
    """
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()
    return base64.b64encode(digest).decode().rstrip("=")


def member(value: Any, name: str, where: str) -> Any:  # noqa: ANN401
    """Return a field of an object.

    Raises:
        ParseError: no object, or no such field.
    """
    if not isinstance(value, dict):
        raise ParseError(where, "expected an object")
    if name not in value:
        raise ParseError(where, "the field is missing", name)
    return value[name]


def only(value: Any, names: str, where: str) -> None:  # noqa: ANN401
    """Accept an object with these fields alone.

    Raises:
        ParseError: another one.
    """
    expected = set(names.split())
    if not isinstance(value, dict) or value.keys() - expected:
        strange = sorted(value.keys() - expected)[:1] if isinstance(value, dict) else []
        raise ParseError(where, f"expected an object with the fields {names}", "".join(strange)[:100])


def entries(value: Any, where: str, most: int = MAXIMUM) -> list[Any]:  # noqa: ANN401
    """Return an array.

    Raises:
        ParseError: none, or too long a one.
    """
    if not isinstance(value, list) or len(value) > most:
        raise ParseError(where, f"expected an array of at most {most} entries")
    return value


def number(value: Any, where: str, field: str) -> int:  # noqa: ANN401
    """Return a number that is written in decimal, in one way only.

    Raises:
        ParseError: another form.
    """
    digits = isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= _DIGITS
    if not digits or (value != "0" and value.startswith("0")):
        raise ParseError(where, "expected a string of decimal digits without leading zeros", field)
    return int(value)


def text(value: Any, where: str, field: str) -> str:  # noqa: ANN401
    """Return a string.

    Raises:
        ParseError: none.
    """
    if not isinstance(value, str):
        raise ParseError(where, "expected a string", field)
    return value


def parse_election(content: Any, where: str) -> ElectionDocument:  # noqa: ANN401
    """Parse the election.

    Raises:
        ParseError: a field is missing or in another form.
        CheckError: the key's group is none.
    """
    questions = tuple(
        _question(one, f"{where} question {index}")
        for index, one in enumerate(entries(member(content, "questions", where), f"{where} questions"), 1)
    )
    if not questions:
        raise ParseError(where, "there are no questions", "questions")
    kind = content.get("election_type")
    if kind not in (None, "election", "referendum") or content.get("use_threshold") not in (None, False):
        raise ParseError(where, "only elections with a homomorphic tally by all trustees are known", "election_type")
    return ElectionDocument(
        text(member(content, "uuid", where), where, "uuid"),
        text(content.get("name", ""), where, "name"),
        parse_key(member(content, "public_key", where), f"{where} public_key"),
        questions,
        hash_of(content),
        bool(content.get("use_voter_aliases")),
        bool(content.get("openreg")),
    )


def _question(content: Any, where: str) -> Question:  # noqa: ANN401
    if member(content, "tally_type", where) != "homomorphic" or content.get("choice_type", "approval") != "approval":
        raise ParseError(where, "only questions with approval and a homomorphic tally are known", "tally_type")
    answers = len(entries(member(content, "answers", where), f"{where} answers"))
    least, most = content.get("min", 0), content.get("max")
    least = 0 if least is None else least
    for name, value in (("min", least), ("max", 0 if most is None else most)):
        if type(value) is not int or not 0 <= value <= MAXIMUM:
            raise ParseError(where, f"expected a number from 0 to {MAXIMUM}", name)
    if not answers or (most is not None and least > most):
        raise ParseError(where, "expected answers, and a minimum that is not above the maximum", "min")
    return Question(answers, least, most)


def parse_key(content: Any, where: str) -> PublicKey:  # noqa: ANN401
    """Parse a public key; whether y is in the group is for a check to say.

    Raises:
        ParseError: a field is missing or in another form.
        CheckError: p, q and g are no group.
    """
    only(content, "y p g q", where)
    p, q, g, y = (number(member(content, name, where), where, name) for name in ("p", "q", "g", "y"))
    try:
        group = integer_group(p, q, g)
    except CheckError as error:
        raise CheckError(f"{where}: {error}") from None
    return PublicKey(group, group.element(y))


def parse_vote(content: Any, election: ElectionDocument, where: str) -> Vote:  # noqa: ANN401
    """Parse a ballot; it has as many answers, choices and proofs as the questions ask for.

    Raises:
        ParseError: naming the field.
    """
    only(content, "answers election_hash election_uuid", where)
    answers = entries(member(content, "answers", where), f"{where} answers")
    if len(answers) != len(election.questions):
        raise ParseError(where, f"{len(answers)} answers instead of {len(election.questions)}", "answers")
    group = election.public_key.group
    return Vote(
        text(member(content, "election_hash", where), where, "election_hash"),
        text(member(content, "election_uuid", where), where, "election_uuid"),
        tuple(
            _answer(one, question, group, f"{where} answer {index}")
            for index, (one, question) in enumerate(zip(answers, election.questions, strict=True), 1)
        ),
    )


def _answer(content: Any, question: Question, group: Group, where: str) -> Answer:  # noqa: ANN401
    only(content, "choices individual_proofs overall_proof", where)
    choices = entries(member(content, "choices", where), f"{where} choices")
    proofs = entries(member(content, "individual_proofs", where), f"{where} individual_proofs")
    for name, found in (("choices", choices), ("individual_proofs", proofs)):
        if len(found) != question.answers:
            raise ParseError(where, f"{len(found)} entries instead of {question.answers}", name)
    overall = member(content, "overall_proof", where)
    if question.most is None and overall is not None:
        raise ParseError(where, "the question needs no such proof", "overall_proof")
    sums = 0 if question.most is None else question.most - question.least + 1
    return Answer(
        tuple(parse_ciphertext(one, group, f"{where} choice {index}") for index, one in enumerate(choices, 1)),
        tuple(_disjunction(one, 2, group, f"{where} proof {index}") for index, one in enumerate(proofs, 1)),
        _disjunction(overall, sums, group, f"{where} overall_proof") if sums else (),
    )


def parse_ciphertext(content: Any, group: Group, where: str) -> Ciphertext:  # noqa: ANN401
    """Parse a ciphertext, whose membership is not tested yet.

    Raises:
        ParseError: naming the field.
    """
    only(content, "alpha beta", where)
    return Ciphertext(*(group.element(number(member(content, name, where), where, name)) for name in ("alpha", "beta")))


def _disjunction(content: Any, length: int, group: Group, where: str) -> tuple[Proof, ...]:  # noqa: ANN401
    found = entries(content, where)
    if len(found) != length:
        raise ParseError(where, f"{len(found)} proofs instead of {length}")
    return tuple(parse_proof(one, group, f"{where} part {index}") for index, one in enumerate(found))


def parse_proof(content: Any, group: Group, where: str) -> Proof:  # noqa: ANN401
    """Parse a proof with one commitment or a pair of them.

    Raises:
        ParseError: naming the field, also where the challenge is not below q, or the response not below p.
    """
    only(content, "commitment challenge response", where)
    commitment = member(content, "commitment", where)
    if isinstance(commitment, dict):
        only(commitment, "A B", where)
        first = group.element(number(member(commitment, "A", where), where, "A"))
        second = group.element(number(member(commitment, "B", where), where, "B"))
    else:
        first, second = group.element(number(commitment, where, "commitment")), None
    challenge, response = (number(member(content, name, where), where, name) for name in ("challenge", "response"))
    if challenge >= group.q:
        raise ParseError(where, "expected a number below q", "challenge")
    if response >= group.p:
        raise ParseError(where, "expected a number below p", "response")
    return Proof(first, second, group.scalar(challenge), group.scalar(response), response < group.q)
