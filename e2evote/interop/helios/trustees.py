"""Trustees: their keys, and what they decrypt with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from e2evote.elgamal import Ciphertext
from e2evote.errors import ParseError
from e2evote.group.computation import Request, compute, evaluate, together
from e2evote.group.elements import Element, Group
from e2evote.group.powers import NewBase, fixed
from e2evote.interop.family import Judgement
from e2evote.interop.helios import checks, proofs
from e2evote.interop.helios.documents import document_hash
from e2evote.interop.helios.values import Election, Proof, Trustee, fields, listed, number, parse_proof, parse_trustee
from e2evote.verifier.report import Place

Json = Any

MOST = 100
"""Trustees that are looked at."""


@dataclass(frozen=True, slots=True)
class Factors:
    """What one trustee gives for every answer of every question, in order."""

    trustee: Trustee
    factors: tuple[int, ...]
    proofs: tuple[Proof, ...]


def verify_keys(judgement: Judgement, group: Group, election: Election, entries: Json) -> list[Trustee] | None:
    """Check all keys; return the trustees in order, or None where one cannot be read.

    Raises:
        ParseError: the document is no list, or empty.
    """
    ledger = judgement.ledger
    if not listed(entries, "trustees", MOST):
        raise ParseError("trustees", "there is no trustee")
    trustees: list[Trustee] = []
    for i, entry in enumerate(entries):
        try:
            trustee = parse_trustee(entry, f"trustees[{i}]")
        except ParseError as error:
            ledger.check("HEL.trustee-format", False, str(error))
            continue
        once = all(trustee.uuid != other.uuid for other in trustees)
        ledger.check("HEL.trustee-format", once, f"trustee {trustee.uuid} is there twice")
        trustees.append(trustee)
        if trustee.key_hash is not None:
            hashed = trustee.key_hash == document_hash(entry["public_key"])
            ledger.check("HEL.trustee-hash", hashed, f"public_key_hash of trustee {trustee.uuid} is another")
    ys = [NewBase(group.element(trustee.key.y)) for trustee in trustees]
    members = evaluate(Request((), ys)).members if ys else ()
    g = fixed(group.g)
    known = compute(together(proofs.verifying_knowledge(g, y, t.pok) for y, t in zip(ys, trustees, strict=True)))
    for trustee, member, proved in zip(trustees, members, known, strict=True):
        same = (trustee.key.p, trustee.key.q, trustee.key.g) == (election.key.p, election.key.q, election.key.g)
        own = sum(trustee.key.y == other.key.y for other in trustees) == 1
        holds = same and member and trustee.key.y != 1 and own
        ledger.check(
            "HEL.trustee-key", holds, f"key of trustee {trustee.uuid}: another group, no member, or not its own"
        )
        ledger.check("HEL.trustee-proof", proved, f"the proof of knowledge of trustee {trustee.uuid} does not hold")
    whole = len(trustees) == len(entries)
    if whole:
        product = reduce(lambda x, y: x * y, (y.element for y in ys))
        message = "the product of the trustees' keys is not the election's key"
        ledger.check("HEL.election-key", int(product.value) == election.key.y, message)
    else:
        ledger.skip("HEL.election-key", *(known.id for known in (*checks.DECRYPTION, *checks.RESULT)))
    ledger.complete(checks.KEYS)
    return trustees if whole else None


def read_factors(
    judgement: Judgement, election: Election, trustees: Sequence[Trustee], entries: Json
) -> list[Factors] | None:
    """Return every trustee's factors with their proofs, or None where some are missing or cannot be read."""
    found = []
    for trustee, entry in zip(trustees, entries, strict=True):
        try:
            found.append(_factors(election, trustee, entry))
        except ParseError as error:
            judgement.ledger.check("HEL.factor-format", False, f"trustee {trustee.uuid}: {error}")
        else:
            judgement.ledger.check("HEL.factor-format", True, "")
    return found if len(found) == len(trustees) else None


def _factors(election: Election, trustee: Trustee, entry: Json) -> Factors:
    given = fields(entry, "trustee", {"decryption_factors", "decryption_proofs"}, set(entry))
    rows = {name: _rows(election, given[name], name) for name in ("decryption_factors", "decryption_proofs")}
    factors = tuple(number(factor, "decryption_factors") for factor in rows["decryption_factors"])
    proved = tuple(parse_proof(proof, "decryption_proofs") for proof in rows["decryption_proofs"])
    return Factors(trustee, factors, proved)


def _rows(election: Election, value: Json, where: str) -> list[Json]:
    """Return one entry for every answer of every question.

    Raises:
        ParseError: another number of them.
    """
    rows = [
        listed(row, where, question.answers)
        for row, question in zip(listed(value, where, 1 << 10), election.questions, strict=False)
    ]
    if [len(row) for row in rows] != [question.answers for question in election.questions] or len(value) != len(rows):
        raise ParseError(where, "expected one for every answer of every question")
    return [entry for row in rows for entry in row]


def verify_factors(
    judgement: Judgement, group: Group, tally: Sequence[Ciphertext], factors: Sequence[Factors], names: Sequence[Place]
) -> list[Element] | None:
    """Check factors and proofs; return g^t for every answer, or None where a factor is no member."""
    g = fixed(group.g)
    whole = True
    for given in factors:
        y, bases = NewBase(group.element(given.trustee.key.y)), [NewBase(group.element(f)) for f in given.factors]
        members = evaluate(Request((), bases)).members
        alphas = [NewBase(cell.alpha) for cell in tally]
        held = compute(
            together(
                proofs.verifying_factor(g, y, alpha, base, proof)
                for alpha, base, proof in zip(alphas, bases, given.proofs, strict=True)
            )
        )
        who = f"of trustee {given.trustee.uuid}"
        for place, member, proved in zip(names, members, held, strict=True):
            judgement.ledger.check("HEL.factor-membership", member, f"the factor {who} is not in the group", place)
            judgement.ledger.check("HEL.factor-proof", proved, f"the proof {who} does not hold", place)
            whole &= member
    if not whole:
        return None
    columns = zip(*(given.factors for given in factors), strict=True)
    return [
        cell.beta / reduce(lambda x, y: x * y, map(group.element, column))
        for cell, column in zip(tally, columns, strict=True)
    ]
