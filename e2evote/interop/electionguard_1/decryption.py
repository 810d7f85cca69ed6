"""Decryption of the tally and of spoiled ballots: every guardian's share, direct or recovered by the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from e2evote.errors import ParseError
from e2evote.group.computation import Computation, Request, compute, together
from e2evote.group.elements import Element, Scalar
from e2evote.group.powers import FixedBase, NewBase, fixed
from e2evote.interop.electionguard_1.hashing import H
from e2evote.interop.electionguard_1.keys import Guardian, lagrange
from e2evote.interop.electionguard_1.reading import (
    Ciphertext,
    Context,
    by_id,
    ciphertext,
    element,
    listed,
    member,
    scalar,
    text,
    whole,
)
from e2evote.interop.family import check
from e2evote.verifier.report import Check, Ledger, Place, Step

Options = Mapping[tuple[str, str], Ciphertext]
"""Contest and option to what is decrypted."""


def checks_of(prefix: str, what: str, decryption: Step, result: Step) -> tuple[Check, ...]:
    """Return the checks of a decryption."""
    return (
        check(
            f"{prefix}-format", f"{what}: every option is decrypted once, with a share of every guardian", decryption
        ),
        check(f"{prefix}-message", f"{what}: what is decrypted is what was encrypted", decryption),
        check(f"{prefix}-recovery-key", f"{what}: recovered shares have the key of who recovers them", decryption),
        check(f"{prefix}-share-proof", f"{what}: every share is proved to be right", decryption),
        check(f"{prefix}-lagrange", f"{what}: recovered shares are put together rightly", decryption),
        check(f"{prefix}-value", f"{what}: the value is what the shares leave", result),
        check(f"{prefix}-number", f"{what}: the number is the exponent of the value", result),
    )


TALLY = checks_of("EG1.tally", "the tally", "decryption", "result")
SPOILED = checks_of("EG1.spoiled", "spoiled ballots", "opened", "opened")


@dataclass(frozen=True, slots=True)
class Proof:
    """(a, b), c and v."""

    a: Element
    b: Element
    c: Scalar
    v: Scalar


@dataclass(frozen=True, slots=True)
class Part:
    """What one guardian recovers of another's share."""

    recovery_key: Element
    share: Element
    proof: Proof


@dataclass(frozen=True, slots=True)
class Share:
    """A guardian's share: with its proof, or with the parts of those who recovered it."""

    share: Element
    proof: Proof | None
    parts: Mapping[str, Part]


@dataclass(frozen=True, slots=True)
class Decrypted:
    """One option, decrypted."""

    message: Ciphertext
    value: Element
    number: int
    shares: Mapping[str, Share]


@dataclass(frozen=True, slots=True)
class Decryption:
    """Who verifies what: a prefix for checks, and what is known."""

    prefix: str
    ledger: Ledger
    context: Context
    guardians: Mapping[str, Guardian]


def verify_decrypted(work: Decryption, content: Any, expected: Options, where: str, further: Options) -> None:  # noqa: ANN401
    """Verify what was decrypted.

    Args:
        work: who verifies what.
        content: as it is published.
        expected: what has to be decrypted.
        where: what to call it.
        further: what may be decrypted too.
    """
    running = []
    try:
        found = {
            (contest, option): inside
            for contest, one in by_id(content, "contests", where)
            for option, inside in by_id(one, "selections", f"{where} {contest}")
        }
    except ParseError as error:
        work.ledger.check(f"{work.prefix}-format", False, str(error), Place(ballot=where))
        return
    allowed = {**expected, **further}
    same = expected.keys() <= found.keys() <= allowed.keys()
    work.ledger.check(f"{work.prefix}-format", same, "options are missing, or there are others", Place(ballot=where))
    g = fixed(work.context.group.g)
    for (contest, option), inside in found.items():
        place = Place(ballot=where, contest=contest, option=option)
        if (contest, option) not in allowed:
            continue
        try:
            decrypted = _parse(inside, work, f"{where} {option}")
        except ParseError as error:
            work.ledger.check(f"{work.prefix}-format", False, str(error), place)
            continue
        work.ledger.check(f"{work.prefix}-format", True, "", place)
        running.append(_verifying(work, g, decrypted, allowed[contest, option], place))
    compute(together(running))


def _parse(content: Any, work: Decryption, where: str) -> Decrypted:  # noqa: ANN401
    group = work.context.group
    shares: dict[str, Share] = {}
    for one in listed(content, "shares", where):
        guardian = text(one, "guardian_id", where)
        if guardian not in work.guardians or guardian in shares:
            raise ParseError(where, "a share is of no guardian, or of one who has another", guardian[:100])
        shares[guardian] = _parse_share(one, work, f"{where} share of {guardian}")
    direct = {name for name, share in shares.items() if share.proof is not None}
    if shares.keys() != work.guardians.keys() or len(direct) < work.context.k:
        raise ParseError(where, "expected a share of every guardian, and a quorum of their own")
    if any(share.parts and share.parts.keys() != direct for share in shares.values()):
        raise ParseError(where, "a recovered share needs a part of every guardian who is there", "recovered_parts")
    message, value = ciphertext(content, "message", group, where), element(content, "value", group, where)
    return Decrypted(message, value, whole(content, "tally", where), shares)


def _parse_share(content: Any, work: Decryption, where: str) -> Share:  # noqa: ANN401
    group, proof, parts = work.context.group, member(content, "proof", where), content.get("recovered_parts")
    if (proof is None) == (parts is None):
        raise ParseError(where, "expected a proof or recovered parts", "proof")
    found: dict[str, Part] = {}
    for guardian, part in parts.items() if isinstance(parts, dict) else ():
        place = f"{where} by {guardian}"
        if guardian not in work.guardians or text(part, "guardian_id", place) != guardian:
            raise ParseError(place, "the part is of another guardian", "guardian_id")
        if text(part, "missing_guardian_id", place) != text(content, "guardian_id", where):
            raise ParseError(place, "the part is for another guardian", "missing_guardian_id")
        key, share = (element(part, name, group, place) for name in ("recovery_key", "share"))
        found[guardian] = Part(key, share, _parse_proof(member(part, "proof", place), work, place))
    share = element(content, "share", group, where)
    return Share(share, None if proof is None else _parse_proof(proof, work, where), found)


def _parse_proof(content: Any, work: Decryption, where: str) -> Proof:  # noqa: ANN401
    group = work.context.group
    a, b = (element(content, name, group, where) for name in ("pad", "data"))
    c, v = (scalar(content, name, group, where) for name in ("challenge", "response"))
    return Proof(a, b, c, v)


def _verifying(
    work: Decryption, g: FixedBase, decrypted: Decrypted, expected: Ciphertext, place: Place
) -> Computation[None]:
    ledger, prefix, group = work.ledger, work.prefix, work.context.group
    ledger.check(f"{prefix}-message", decrypted.message == expected, "another ciphertext was decrypted", place)
    alpha = NewBase(expected.alpha)
    shares = [
        _verifying_share(work, g, alpha, expected, (work.guardians[name], share), place)
        for name, share in decrypted.shares.items()
    ]
    yield from together(shares)
    value = expected.beta
    for share in decrypted.shares.values():
        value = value / share.share
    ledger.check(f"{prefix}-value", value == decrypted.value, "the value is another", place)
    power = g.element ** group.scalar(decrypted.number)
    ledger.check(f"{prefix}-number", power == decrypted.value, f"{decrypted.number} is not its exponent", place)


def _verifying_share(
    work: Decryption, g: FixedBase, alpha: NewBase, message: Ciphertext, of: tuple[Guardian, Share], place: Place
) -> Computation[None]:
    guardian, share = of
    ledger, prefix, q = work.ledger, work.prefix, int(work.context.group.q)
    if share.proof is not None:
        proved = _verifying_proof(work, g, alpha, message, (guardian.commitments[0], share.share, share.proof))
        holds = yield from proved
        ledger.check(f"{prefix}-share-proof", holds, f"guardian {guardian.id}: the proof does not hold", place)
        return
    orders = {name: work.guardians[name].order for name in share.parts}
    combined = share.share.group.one
    for name, part in share.parts.items():
        who = f"guardian {name} for {guardian.id}"
        key = _recovery_key(guardian, orders[name])
        ledger.check(f"{prefix}-recovery-key", key == part.recovery_key, f"{who}: another key", place)
        holds = yield from _verifying_proof(work, g, alpha, message, (key, part.share, part.proof))
        ledger.check(f"{prefix}-share-proof", holds, f"{who}: the proof does not hold", place)
        others = [order for other, order in orders.items() if other != name]
        combined = combined * part.share ** part.share.group.scalar(lagrange(q, orders[name], others))
    same = combined == share.share
    ledger.check(f"{prefix}-lagrange", same, f"guardian {guardian.id}: the parts make another share", place)


def _verifying_proof(
    work: Decryption, g: FixedBase, alpha: NewBase, message: Ciphertext, stated: tuple[Element, Element, Proof]
) -> Computation[bool]:
    """Tell whether M is in the group, a = g^v·K_i^−c, b = A^v·M^−c and c = H(Q̄, A, B, a, b, M)."""
    key, M, proof = stated
    group, share = work.context.group, NewBase(M)
    minus = group.scalar(-int(proof.c.value))
    answer = yield Request([g**proof.v * NewBase(key) ** minus, alpha**proof.v * share**minus], [share])
    expected = H(group, work.context.extended_hash, message.alpha, message.beta, proof.a, proof.b, M)
    return all(answer.members) and list(answer.values) == [proof.a, proof.b] and expected == proof.c


def _recovery_key(missing: Guardian, order: int) -> Element:
    """Return Π K_{i,j}^(l^j) for the guardian at place l."""
    result = missing.commitments[0].group.one
    for j, commitment in enumerate(missing.commitments):
        result = result * commitment ** commitment.group.scalar(order**j)
    return result
