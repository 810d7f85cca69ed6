"""The election: group, public key and questions. Belenios specification 3.3, §4.9 and §4.10."""

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from e2evote.errors import ParseError
from e2evote.interop.belenios.archive import check_version
from e2evote.interop.belenios.arithmetic import Arithmetic, group_named
from e2evote.interop.fields import integer, items, record, text

_ELECTION = ("version", "description", "name", "group", "public_key", "questions", "uuid")
_OPTIONAL = ("administrator", "credential_authority", "language")


@dataclass(frozen=True, slots=True)
class Question:
    """A homomorphic question, of so many answers, or one of another kind, which is not verified."""

    kind: str
    answers: int = 0
    blank: bool = False
    least: int = 0
    most: int = 0

    @property
    def homomorphic(self) -> bool:
        """Tell whether its answers are added up under encryption."""
        return self.kind == "Homomorphic"

    @property
    def choices(self) -> int:
        """Ciphertexts of an answer: one for each answer, and first one for a blank vote where that is allowed."""
        return self.answers + self.blank


@dataclass(frozen=True, slots=True)
class Election:
    """What ballots and decryptions are verified against; ``fingerprint`` is φ, which every challenge starts with."""

    uuid: str
    arithmetic: Arithmetic
    key: Any
    questions: tuple[Question, ...]
    fingerprint: str


def read_election(data: bytes, value: object) -> Election:
    """Read an election.

    Args:
        data: its file, for the fingerprint.
        value: the file's JSON.

    Raises:
        ParseError: not of the format, or of another version.
        CheckError: it gives numbers that are no group.
    """
    where = "the election"
    fields = record(value, where, _ELECTION, _OPTIONAL)
    check_version(fields["version"], where)
    for name in ("description", "name"):
        text(fields[name], f"{where}: {name}")
    arithmetic = group_named(text(fields["group"], f"{where}: group"))
    key = arithmetic.read(fields["public_key"], f"{where}: public_key")
    asked = items(fields["questions"], f"{where}: questions")
    if not asked:
        raise ParseError(where, "no questions", "questions")
    questions = tuple(_question(question, f"{where}: question {number}") for number, question in enumerate(asked, 1))
    return Election(text(fields["uuid"], f"{where}: uuid"), arithmetic, key, questions, fingerprint(data))


def fingerprint(data: bytes) -> str:
    """Return SHA-256 in base64 without padding, as the election's φ, the signed hash and the ballot tracker are."""
    return b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def _question(value: object, where: str) -> Question:
    if isinstance(value, dict) and "type" in value:
        outer = record(value, where, ("type", "value"), ("extra",))
        kind = text(outer["type"], f"{where}.type")
        if kind != "Homomorphic":
            return Question(kind)
        value = outer["value"]
    fields = record(value, where, ("answers", "min", "max", "question"), ("blank",))
    answers = [text(answer, f"{where}.answers") for answer in items(fields["answers"], f"{where}.answers")]
    blank = fields.get("blank", False)
    if not isinstance(blank, bool):
        raise ParseError(where, "expected true or false", "blank")
    least, most = (integer(fields[name], f"{where}.{name}") for name in ("min", "max"))
    if least > most:
        raise ParseError(where, "min is above max", "min")
    text(fields["question"], f"{where}.question")
    return Question("Homomorphic", len(answers), blank, least, most)
