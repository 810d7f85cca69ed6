"""From the counted ballots to the result: product, trustees' factors with proofs, and the numbers they leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from e2evote.errors import CheckError, ParseError
from e2evote.group.computation import compute, together
from e2evote.group.elements import Element
from e2evote.group.powers import NewBase, fixed
from e2evote.interop.family import Judgement, check
from e2evote.interop.helios.proofs import proves_decryption, proves_key
from e2evote.interop.helios.reading import (
    Ciphertext,
    ElectionDocument,
    Proof,
    PublicKey,
    Vote,
    entries,
    hash_of,
    member,
    number,
    parse_ciphertext,
    parse_key,
    parse_proof,
    text,
)
from e2evote.verifier.report import Place

KEYS = (
    check("HEL.trustee-format", "every trustee is in its form", "keys"),
    check("HEL.trustee-key", "every trustee's key is in the election's group", "keys"),
    check("HEL.trustee-hash", "the published hash of every trustee's key is that of the key", "keys"),
    check("HEL.trustee-proof", "every trustee proves to know the secret of its key", "keys"),
    check("HEL.joint-key", "the election's key is the product of the trustees' keys", "keys"),
)
AGGREGATION = (check("HEL.tally", "the published sums are those of the counted ballots", "aggregation"),)
DECRYPTION = (
    check("HEL.factor-format", "every trustee has a factor and a proof for each answer", "decryption"),
    check("HEL.factor-membership", "every decryption factor is in the group", "decryption"),
    check("HEL.decryption-proof", "every decryption factor is proved to be the trustee's", "decryption"),
)
RESULT = (check("HEL.result", "the published numbers are what the factors decrypt", "result"),)

Sums = tuple[tuple[Ciphertext, ...], ...]


@dataclass(frozen=True, slots=True)
class Trustee:
    """A trustee, and what it published after the vote, None before."""

    name: str
    key: PublicKey
    pok: Proof
    factors: Any
    proofs: Any


def verify_keys(judgement: Judgement, election: ElectionDocument, documents: Sequence[Any] | None) -> list[Trustee]:
    """Verify the trustees' keys."""
    ledger, group = judgement.ledger, election.public_key.group
    found = []
    for index, content in enumerate(documents or (), 1):
        place = Place(contest=None, option=None, ballot=f"trustee {index}")
        try:
            trustee = _trustee(content, f"trustee {index}")
        except (ParseError, CheckError) as error:
            ledger.check("HEL.trustee-format", False, str(error), place)
            continue
        ledger.check("HEL.trustee-format", True, "", place)
        y = trustee.key.y
        same = trustee.key.group == group and y.is_member()
        ledger.check("HEL.trustee-key", same, "the key is in another group, or in none", place)
        stated = content.get("public_key_hash")
        ledger.check("HEL.trustee-hash", stated == hash_of(content["public_key"]), "the hash is another", place)
        if same:
            holds = compute(proves_key(fixed(group.g), y, trustee.pok))
            ledger.check("HEL.trustee-proof", holds, "the proof does not hold", place)
            found.append(trustee)
    joint = group.one
    for trustee in found:
        joint = joint * trustee.key.y
    known = documents is not None and len(found) == len(documents) > 0
    ledger.check(
        "HEL.joint-key", known and joint == election.public_key.y, "the product is another, or a key is missing"
    )
    ledger.complete(KEYS)
    return found


def add_up(election: ElectionDocument, votes: Sequence[Vote]) -> Sums:
    """Return the product of the ballots' ciphertexts, for every answer of every question."""
    one = election.public_key.group.one
    return tuple(
        tuple(_multiply([vote.answers[q].choices[a] for vote in votes], one) for a in range(question.answers))
        for q, question in enumerate(election.questions)
    )


def _multiply(ciphertexts: Sequence[Ciphertext], one: Element) -> Ciphertext:
    alpha = beta = one
    for ciphertext in ciphertexts:
        alpha, beta = alpha * ciphertext.alpha, beta * ciphertext.beta
    return Ciphertext(alpha, beta)


def verify_tally(judgement: Judgement, election: ElectionDocument, sums: Sums, ballots: int, document: Any) -> None:  # noqa: ANN401
    """Compare the sums that the server published, where it did."""
    ledger, group = judgement.ledger, election.public_key.group
    if document is not None:
        try:
            published = [
                [parse_ciphertext(one, group, "encrypted tally") for one in entries(row, "encrypted tally")]
                for row in entries(member(document, "tally", "encrypted tally"), "encrypted tally")
            ]
            same = published == [list(row) for row in sums]
            ledger.check("HEL.tally", same, "a sum is another")
            counted = document.get("num_tallied")
            ledger.check("HEL.tally", counted == ballots, f"{counted} ballots instead of {ballots}")
        except ParseError as error:
            ledger.check("HEL.tally", False, str(error))
    ledger.complete(AGGREGATION)


def verify_result(
    judgement: Judgement,
    election: ElectionDocument,
    trustees: Sequence[Trustee],
    sums: Sums,
    ballots: int,
    result: Any,  # noqa: ANN401
) -> None:
    """Verify what the trustees published after the vote, and the numbers."""
    ledger = judgement.ledger
    if result is None or not trustees or all(trustee.factors is None for trustee in trustees):
        judgement.remark("there is no result yet: the trustees' factors or the numbers are missing")
        return
    factors = [_factors(judgement, election, trustee, sums, index) for index, trustee in enumerate(trustees, 1)]
    ledger.complete(DECRYPTION)
    whole = [one for one in factors if one is not None]
    if len(whole) < len(trustees):
        return
    try:
        numbers = _numbers(result, election, ballots)
    except ParseError as error:
        ledger.check("HEL.result", False, str(error))
        ledger.complete(RESULT)
        return
    g = election.public_key.group.g
    for q, row in enumerate(sums):
        for a, total in enumerate(row):
            opened = g ** g.group.scalar(numbers[q][a])
            for one in whole:
                opened = opened * one[q][a]
            place = Place(contest=str(q + 1), option=str(a + 1))
            ledger.check("HEL.result", opened == total.beta, f"{numbers[q][a]} is not what was decrypted", place)
    ledger.complete(RESULT)


def _numbers(result: Any, election: ElectionDocument, ballots: int) -> list[list[int]]:  # noqa: ANN401
    rows = entries(result["result"] if isinstance(result, dict) and result.keys() == {"result"} else result, "result")
    if [len(entries(row, "result")) for row in rows] != [question.answers for question in election.questions]:
        raise ParseError("result", "expected a number for every answer of every question")
    for row in rows:
        if not all(type(value) is int and 0 <= value <= ballots for value in row):
            raise ParseError("result", f"expected numbers from 0 to {ballots}")
    return rows


def _factors(
    judgement: Judgement, election: ElectionDocument, trustee: Trustee, sums: Sums, index: int
) -> list[list[Element]] | None:
    """Verify a trustee's factors, and return them; None where one is missing."""
    ledger, group, where = judgement.ledger, election.public_key.group, f"trustee {index}"
    try:
        factors = [
            [group.element(number(one, where, "decryption_factors")) for one in entries(row, where)]
            for row in entries(trustee.factors, where)
        ]
        proofs = [
            [parse_proof(one, group, where) for one in entries(row, where)] for row in entries(trustee.proofs, where)
        ]
        shape = [len(row) for row in sums]
        if [len(row) for row in factors] != shape or [len(row) for row in proofs] != shape:
            raise ParseError(where, "expected a factor and a proof for every answer of every question")
    except ParseError as error:
        ledger.check("HEL.factor-format", False, str(error))
        return None
    ledger.check("HEL.factor-format", True, "")
    g, y = fixed(group.g), fixed(trustee.key.y)
    cells = [(q, a) for q, row in enumerate(sums) for a in range(len(row))]
    running = [
        proves_decryption(g, y, NewBase(sums[q][a].alpha), NewBase(factors[q][a]), proofs[q][a]) for q, a in cells
    ]
    for (q, a), (is_member, holds) in zip(cells, compute(together(running)), strict=True):
        place = Place(contest=str(q + 1), option=str(a + 1))
        ledger.check("HEL.factor-membership", is_member, f"{where}: the factor is not in the group", place)
        ledger.check("HEL.decryption-proof", holds, f"{where}: the proof does not hold", place)
    return factors


def _trustee(content: Any, where: str) -> Trustee:  # noqa: ANN401
    key = parse_key(member(content, "public_key", where), f"{where} public_key")
    pok = parse_proof(member(content, "pok", where), key.group, f"{where} pok")
    name = text(content.get("uuid", where), where, "uuid")
    return Trustee(name, key, pok, content.get("decryption_factors"), content.get("decryption_proofs"))
