"""Partial decryptions and the result. Belenios specification 3.3, §4.20 and §4.21."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from e2evote.errors import ParseError
from e2evote.interop.belenios.archive import Board
from e2evote.interop.belenios.arithmetic import Arithmetic, Proof
from e2evote.interop.belenios.checks import DECRYPTION, RESULT
from e2evote.interop.belenios.election import Election
from e2evote.interop.belenios.tally import Row
from e2evote.interop.belenios.trustees import Group, Key
from e2evote.interop.belenios.weights import weight
from e2evote.interop.family import Judgement
from e2evote.interop.fields import items, record
from e2evote.verifier.report import Ledger, Place


@dataclass(frozen=True, slots=True)
class Share:
    """A trustee's partial decryption: a factor and a proof for every ciphertext of the homomorphic questions."""

    factors: tuple[tuple[Any, ...] | None, ...]
    proofs: tuple[tuple[Proof, ...] | None, ...]


def verify_decryption(
    judgement: Judgement, board: Board, election: Election, groups: Sequence[Group], rows: tuple[Row, ...]
) -> list[list[Any] | None] | None:
    """Verify all partial decryptions and return the combined factors, rows like the tally's; None without a quorum."""
    ledger = judgement.ledger
    shares = _read_shares(ledger, board, election, groups, rows)
    combined: list[list[Any] | None] = [None if row is None else [election.arithmetic.one] * len(row) for row in rows]
    complete = True
    owner = 0
    for group in groups:
        good: list[tuple[int, Share]] = []
        bad: list[tuple[int, _Verdict]] = []
        for index, key in enumerate(group.keys, 1):
            owner += 1
            if owner in shares:
                verdict = _verify_share(election, key, rows, shares[owner], owner)
                if verdict.holds:
                    verdict.write(ledger)
                    good.append((index, shares[owner]))
                else:
                    bad.append((owner, verdict))
        enough = len(good) >= group.threshold
        for who, verdict in bad:
            if enough:
                # Belenios has counted without an invalid share since 3.3.0: nothing depends on it.
                judgement.remark(f"the partial decryption of trustee {who} is invalid; the others were enough")
            else:
                verdict.write(ledger)
        message = f"{len(good)} valid partial decryptions of trustees {owner - len(group.keys) + 1} to {owner}; "
        ledger.check("BEL.decryption-quorum", enough, message + f"{group.threshold} are needed")
        if enough:
            _combine(election.arithmetic, combined, good[: group.threshold])
        complete &= enough
    ledger.complete(DECRYPTION)
    return combined if complete else None


def _read_shares(
    ledger: Ledger, board: Board, election: Election, groups: Sequence[Group], rows: tuple[Row, ...]
) -> dict[int, Share]:
    trustees = sum(len(group.keys) for group in groups)
    shares: dict[int, Share] = {}
    for owner, payload in board.shares:
        if owner is None or payload is None:
            continue  # the finding is there already
        known = ledger.check("BEL.decryption-owner", 1 <= owner <= trustees, f"there is no trustee {owner}")
        fresh = ledger.check("BEL.decryption-owner", owner not in shares, f"trustee {owner} decrypted before")
        try:
            share = _read_share(election, board.json(payload), rows, f"partial decryption of trustee {owner}")
        except ParseError as error:
            ledger.check("BEL.decryption-format", False, str(error))
            continue
        ledger.check("BEL.decryption-format", True, "")
        if known and fresh:
            shares[owner] = share
    return shares


def _read_share(election: Election, value: object, rows: tuple[Row, ...], where: str) -> Share:
    fields = record(value, where, ("decryption_factors", "decryption_proofs"))
    arithmetic = election.arithmetic
    lists = [items(fields[name], where, len(rows)) for name in ("decryption_factors", "decryption_proofs")]
    factors, proofs = (
        [None if row is None else items(found, where, len(row)) for row, found in zip(rows, column, strict=True)]
        for column in lists
    )
    return Share(
        tuple(None if row is None else tuple(arithmetic.read(item, where) for item in row) for row in factors),
        tuple(None if row is None else tuple(arithmetic.proof(item, where) for item in row) for row in proofs),
    )


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What was found of a share, to be written down once it is known whether the share is needed."""

    found: tuple[tuple[str, bool, str, Place], ...]

    @property
    def holds(self) -> bool:
        return all(holds for _, holds, _, _ in self.found)

    def write(self, ledger: Ledger) -> None:
        for finding in self.found:
            ledger.check(*finding)


def _verify_share(election: Election, key: Key, rows: tuple[Row, ...], share: Share, owner: int) -> _Verdict:
    """Verify A = g^v · X^c, B = α^v · f^c and c = H(decrypt|φ|X|A,B) mod q for every factor f."""
    arithmetic = election.arithmetic
    prefix = f"decrypt|{election.fingerprint}|{arithmetic.write(key.public)}|"
    g, x = arithmetic.fixed(arithmetic.g), arithmetic.new(key.public)
    values: list[Any] = []
    members: list[Any] = []
    posed: list[tuple[Place, Proof]] = []
    for number, (row, factors, proofs) in enumerate(zip(rows, share.factors, share.proofs, strict=True), 1):
        if row is None or factors is None or proofs is None:
            continue
        for option, (ciphertext, factor, proof) in enumerate(zip(row, factors, proofs, strict=True), 1):
            c, v = arithmetic.scalar(proof.challenge), arithmetic.scalar(proof.response)
            alpha, f = arithmetic.new(ciphertext.alpha), arithmetic.new(factor)
            values += [g**v * x**c, alpha**v * f**c]
            members.append(f)
            posed.append((Place(contest=f"{number}", option=f"{option}"), proof))
    computed, are_members = arithmetic.evaluate(values, members)
    found = []
    for index, ((place, proof), member) in enumerate(zip(posed, are_members, strict=True)):
        holds = proof.challenge == arithmetic.challenge(prefix, computed[2 * index : 2 * index + 2])
        outside = f"trustee {owner}: the decryption factor is not in the group"
        found.append(("BEL.decryption-membership", member, outside, place))
        found.append(("BEL.decryption-proof", holds, f"trustee {owner}: the proof does not hold", place))
    return _Verdict(tuple(found))


def _combine(arithmetic: Arithmetic, combined: list[list[Any] | None], shares: list[tuple[int, Share]]) -> None:
    """Multiply Π f_j^λ_j into what is there, λ_j = Π_{k≠j} k/(k − j) mod q; of a single trustee λ is 1."""
    indices = [index for index, _ in shares]
    for j, share in shares:
        coefficient = arithmetic.scalar(_lagrange(indices, j, int(arithmetic.q)))
        for number, factors in enumerate(share.factors):
            row = combined[number]
            if row is not None and factors is not None:
                combined[number] = [a * f**coefficient for a, f in zip(row, factors, strict=True)]


def _lagrange(indices: Sequence[int], j: int, q: int) -> int:
    numerator = denominator = 1
    for k in indices:
        if k != j:
            numerator, denominator = numerator * k % q, denominator * (k - j) % q
    return numerator * pow(denominator, -1, q) % q


def verify_result(
    ledger: Ledger, board: Board, election: Election, rows: tuple[Row, ...], combined: list[list[Any] | None]
) -> None:
    """Verify β / F = g^n for every number n of the result."""
    try:
        found = _read_result(board, election)
    except ParseError as error:
        ledger.check("BEL.result-format", False, str(error))
        return
    ledger.check("BEL.result-format", True, "")
    arithmetic = election.arithmetic
    for number, (row, factors, counts) in enumerate(zip(rows, combined, found, strict=True), 1):
        if row is None or factors is None or counts is None:
            continue
        for option, (ciphertext, factor, count) in enumerate(zip(row, factors, counts, strict=True), 1):
            holds = ciphertext.beta == factor * arithmetic.g ** arithmetic.scalar(count)
            message = f"the tally does not decrypt to {count}"
            ledger.check("BEL.result", holds, message, Place(contest=f"{number}", option=f"{option}"))
    ledger.complete(RESULT)


def _read_result(board: Board, election: Election) -> list[list[int] | None]:
    payloads = board.payloads("Result")
    value = record(board.json(payloads[0]), "result", ("result",))
    rows = items(value["result"], "result", len(election.questions))
    return [
        [weight(item, "result") for item in items(row, "result", question.choices)] if question.homomorphic else None
        for question, row in zip(election.questions, rows, strict=True)
    ]
