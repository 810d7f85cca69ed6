"""Tallies by cell: encrypted, and decrypted with proof."""

from typing import Annotated

from annotated_types import MinLen

from e2evote.elgamal import Ciphertext
from e2evote.group.elements import Element
from e2evote.record.codec import Index, RecordModel, Total
from e2evote.zkp.equality import EqualityProof


class EncryptedTallyContest(RecordModel):
    """How many cast ballots of the cell have the contest, and (A, B) of its options in order."""

    index: Index
    ballots: Total
    options: Annotated[tuple[Ciphertext, ...], MinLen(1)]


class EncryptedTally(RecordModel):
    """One cell: how many cast ballots and weights it adds up, and the aggregates."""

    cell: Index
    label: str
    ballots: Total
    weight: Total
    contests: Annotated[tuple[EncryptedTallyContest, ...], MinLen(1)]


class TallyOption(RecordModel):
    """t with T = K^t and the proof that T is what (A, B) decrypts to."""

    index: Index
    label: str
    tally: Total
    encoded_tally: Element
    proof: EqualityProof


class TallyContest(RecordModel):
    """One contest's decrypted options; ``merged`` are the cells whose ballots are counted here besides the cell's."""

    index: Index
    label: str
    merged: Annotated[tuple[Index, ...], MinLen(1)] | None = None
    options: Annotated[tuple[TallyOption, ...], MinLen(1)]


class Tally(RecordModel):
    """One cell, decrypted."""

    cell: Index
    label: str
    contests: Annotated[tuple[TallyContest, ...], MinLen(1)]
