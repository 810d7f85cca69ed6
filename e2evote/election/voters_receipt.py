"""The file that a voter saves after casting: the board's receipts for ballot and decision, with proofs of inclusion.

What it proves, the board's notes in it prove; the file only keeps them together (docs/formats/booth.md).
"""

from typing import Literal

from e2evote.board.notes import Note
from e2evote.election.receipts import Receipt
from e2evote.encoding import hex_of
from e2evote.errors import CheckError
from e2evote.record.codec import Hash, RecordModel, parse

LIMIT = 2**20
"""Bytes of the largest file that is looked at."""


class Promise(RecordModel):
    """A receipt, the text of a signed note, and the proof of inclusion (C2SP tlog-proof) if there was one by then."""

    receipt: str
    proof: str | None = None


class VotersReceipt(RecordModel):
    """The whole file."""

    format: Literal["e2evote-voters-receipt/v1"]
    confirmation_code: Hash
    ballot: Promise
    cast: Promise


def receipt_of(data: bytes, name: str) -> bytes:
    """Return the board's receipt in a file: the file itself, or that for the decision to cast in a voter's.

    Nothing of it is verified.

    Args:
        data: the file's content.
        name: of the file, for errors.

    Raises:
        ParseError: it begins as a voter's file and is none.
        CheckError: one of its receipts is for another ballot.
    """
    if not data.lstrip().startswith(b"{"):
        return data
    found = parse(VotersReceipt, data, name, canonical=False)
    for field, promise in (("ballot", found.ballot), ("cast", found.cast)):
        entry = Receipt.parse(Note.parse(promise.receipt.encode()).text).content
        if getattr(entry, "confirmation_code", None) != found.confirmation_code:
            raise CheckError(f"{name}: the receipt in {field} is not for ballot {hex_of(found.confirmation_code)}")
    return found.cast.receipt.encode()
