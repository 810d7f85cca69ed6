"""The encrypted tally: last ballots, raised to their weights and multiplied. Belenios specification 3.3, §4.18."""

from typing import Any

from e2evote.errors import ParseError
from e2evote.interop.belenios.answers import Ciphertext, read_choices, read_ciphertext
from e2evote.interop.belenios.archive import Board
from e2evote.interop.belenios.checks import TALLY
from e2evote.interop.belenios.election import Election, Question
from e2evote.interop.belenios.weights import weight
from e2evote.interop.fields import integer, items
from e2evote.verifier.report import Ledger, Place

Row = tuple[Ciphertext, ...] | None
"""The ciphertexts of a question's answers; None for a question of another kind."""


def verify_tally(
    ledger: Ledger, board: Board, election: Election, weights: dict[str, int] | None, last: dict[str, str] | None
) -> tuple[Row, ...] | None:
    """Verify the tally and return its rows; None where they cannot be read.

    Args:
        ledger: where it is written down.
        board: the archive.
        election: what the tally is of.
        weights: of every credential, if they could be read.
        last: hash of the last ballot of every credential, if all could be read.
    """
    rows = _read(ledger, board, election)
    if weights is None or last is None or any(credential not in weights for credential in last):
        ledger.skip("BEL.tally-size", "BEL.tally")
    else:
        _verify_size(ledger, board, weights, last)
        if rows is None:
            ledger.skip("BEL.tally")
        else:
            _verify_products(ledger, rows, _products(board, election, weights, last))
    ledger.complete(TALLY)
    return rows


def _read(ledger: Ledger, board: Board, election: Election) -> tuple[Row, ...] | None:
    if not board.tally:
        return None  # the finding is there already
    try:
        found = items(board.json(board.tally["encrypted_tally"]), "encrypted tally", len(election.questions))
        rows = tuple(
            _row(election, question, row, f"encrypted tally, question {number}")
            for number, (question, row) in enumerate(zip(election.questions, found, strict=True), 1)
        )
    except ParseError as error:
        ledger.check("BEL.tally-format", False, str(error))
        return None
    ledger.check("BEL.tally-format", True, "")
    return rows


def _row(election: Election, question: Question, value: object, where: str) -> Row:
    if not question.homomorphic:
        return None
    found = items(value, where, question.choices)
    return tuple(read_ciphertext(election.arithmetic, item, where) for item in found)


def _verify_size(ledger: Ledger, board: Board, weights: dict[str, int], last: dict[str, str]) -> None:
    if not board.tally:
        ledger.skip("BEL.tally-size")
        return
    total = sum(weights[credential] for credential in last)
    try:
        stated = integer(board.tally["num_tallied"], "num_tallied"), weight(board.tally["total_weight"], "total_weight")
    except ParseError as error:
        ledger.check("BEL.tally-format", False, str(error))
        ledger.skip("BEL.tally-size")
        return
    message = f"{stated[0]} ballots of weight {stated[1]}; there are {len(last)} of weight {total}"
    ledger.check("BEL.tally-size", stated == (len(last), total), message)


def _products(
    board: Board, election: Election, weights: dict[str, int], last: dict[str, str]
) -> list[list[tuple[Any, Any]] | None]:
    """Return Π α^w and Π β^w over the last ballots, for every choice of every homomorphic question."""
    one = election.arithmetic.one
    empty = [[(one, one)] * question.choices if question.homomorphic else None for question in election.questions]
    by_weight: dict[int, list[list[tuple[Any, Any]] | None]] = {}
    for credential, digest in last.items():
        sums = by_weight.setdefault(weights[credential], list(empty))
        for index, choices in enumerate(read_choices(election, board.read(digest))):
            row = sums[index]
            if choices is not None and row is not None:
                sums[index] = [(a * x, b * y) for (a, b), (x, y) in zip(row, choices, strict=True)]
    total = list(empty)
    for times, sums in by_weight.items():
        power = election.arithmetic.scalar(times)
        for index, row in enumerate(sums):
            before = total[index]
            if row is not None and before is not None:
                pairs = zip(before, row, strict=True)
                total[index] = [(a * x**power, b * y**power) for (a, b), (x, y) in pairs]
    return total


def _verify_products(ledger: Ledger, rows: tuple[Row, ...], products: list[list[tuple[Any, Any]] | None]) -> None:
    for number, (row, product) in enumerate(zip(rows, products, strict=True), 1):
        if row is None or product is None:
            continue
        for option, (stated, (alpha, beta)) in enumerate(zip(row, product, strict=True), 1):
            holds = stated.alpha == alpha and stated.beta == beta
            message = "the ciphertext is not the product of the ballots'"
            ledger.check("BEL.tally", holds, message, Place(contest=f"{number}", option=f"{option}"))
