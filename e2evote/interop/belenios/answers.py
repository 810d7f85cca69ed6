"""Ballots and encrypted answers as they are read. Belenios specification 3.3, §4.11 and §4.17."""

from dataclasses import dataclass
from typing import Any

from e2evote.encoding import strict_json
from e2evote.errors import ParseError
from e2evote.interop.belenios.arithmetic import Arithmetic, Proof, compact
from e2evote.interop.belenios.election import Election, Question, fingerprint
from e2evote.interop.fields import items, record, text


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """α and β, and both as they are hashed."""

    alpha: Any
    beta: Any
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a homomorphic question: choices, a proof for each, and one or two for all."""

    choices: tuple[Ciphertext, ...]
    individual: tuple[tuple[Proof, ...], ...]
    overall: tuple[Proof, ...]
    blank: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class Ballot:
    """A ballot; answers to questions of other kinds are None. ``hash`` is what the signature ought to sign."""

    uuid: str
    fingerprint: str
    credential: str
    key: Any
    answers: tuple[Answer | None, ...]
    hash: str
    signed: str
    signature: Proof


def read_ballot(election: Election, data: bytes, where: str) -> Ballot:
    """Read a ballot.

    Raises:
        ParseError: not of the format, not canonical, or not with an answer to every question.
    """
    value = strict_json(data, where)
    if compact(value).encode() != data:
        raise ParseError(where, "not canonical JSON")
    names = ("election_uuid", "election_hash", "credential", "answers", "signature")
    fields = _ordered(value, where, names)
    signature = _ordered(fields["signature"], f"{where}.signature", ("hash", "proof"))
    arithmetic = election.arithmetic
    answers = items(fields["answers"], f"{where}.answers", len(election.questions))
    return Ballot(
        text(fields["election_uuid"], f"{where}.election_uuid"),
        text(fields["election_hash"], f"{where}.election_hash"),
        text(fields["credential"], f"{where}.credential"),
        arithmetic.read(fields["credential"], f"{where}.credential"),
        tuple(
            _answer(arithmetic, question, answer, f"{where}.answers[{number}]") if question.homomorphic else None
            for number, (question, answer) in enumerate(zip(election.questions, answers, strict=True), 1)
        ),
        fingerprint(compact({name: fields[name] for name in names[:-1]}).encode()),
        text(signature["hash"], f"{where}.signature.hash"),
        arithmetic.proof(signature["proof"], f"{where}.signature.proof"),
    )


def read_choices(election: Election, data: bytes) -> list[list[tuple[Any, Any]] | None]:
    """Return α and β of every choice of a ballot that was read before, by question."""
    read = election.arithmetic.read
    answers = strict_json(data, "ballot")["answers"]
    return [
        [(read(choice["alpha"], "alpha"), read(choice["beta"], "beta")) for choice in answer["choices"]]
        if question.homomorphic
        else None
        for question, answer in zip(election.questions, answers, strict=True)
    ]


def read_ciphertext(arithmetic: Arithmetic, value: object, where: str) -> Ciphertext:
    """Read a ciphertext.

    Raises:
        ParseError: not of the format.
    """
    fields = _ordered(value, where, ("alpha", "beta"))
    alpha, beta = (arithmetic.read(fields[name], f"{where}.{name}") for name in fields)
    return Ciphertext(alpha, beta, f"{fields['alpha']},{fields['beta']}")


def _answer(arithmetic: Arithmetic, question: Question, value: object, where: str) -> Answer:
    names = ("choices", "individual_proofs", "overall_proof")
    fields = _ordered(value, where, (*names, "blank_proof") if question.blank else names)
    choices = items(fields["choices"], f"{where}.choices", question.choices)
    individual = items(fields["individual_proofs"], f"{where}.individual_proofs", question.choices)
    disjuncts = question.most - question.least + 1 + question.blank
    return Answer(
        tuple(read_ciphertext(arithmetic, choice, f"{where}.choices") for choice in choices),
        tuple(_proofs(arithmetic, proofs, f"{where}.individual_proofs", 2) for proofs in individual),
        _proofs(arithmetic, fields["overall_proof"], f"{where}.overall_proof", disjuncts),
        _proofs(arithmetic, fields["blank_proof"], f"{where}.blank_proof", 2) if question.blank else (),
    )


def _proofs(arithmetic: Arithmetic, value: object, where: str, count: int) -> tuple[Proof, ...]:
    return tuple(arithmetic.proof(proof, where) for proof in items(value, where, count))


def _ordered(value: object, where: str, names: tuple[str, ...]) -> dict[str, Any]:
    fields = record(value, where, names)
    if tuple(fields) != names:
        raise ParseError(where, "the fields are not in their order")
    return fields
