"""What is decrypted, by whom: the plan that pins the statements and the available guardians U before anything is sent.

A guardian makes the statements from the record itself and compares the plan with them. Every message of the decryption
is bound to all of the plan: a commitment to other statements, or for another U, is no message of this exchange.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from annotated_types import MinLen

from e2evote.decryption.statements import DataStatement, Statement, TallyStatement
from e2evote.elgamal import Ciphertext
from e2evote.errors import CheckError, ParseError
from e2evote.hashed_elgamal import HashedCiphertext
from e2evote.hashing import H, OwnTag, Part
from e2evote.messages.envelope import Exchange
from e2evote.record.ballot import Timestamp
from e2evote.record.codec import Count, Hash, Index, RecordModel, dump
from e2evote.record.exceptions import Override
from e2evote.record.setup import Election

Subject = Literal["tallies", "challenged ballots", "contest data"]
"""What a plan may ask for."""


class StoredStatement(RecordModel):
    """A statement as a line of a file: of a tally, or of contest data or a ballot nonce (contest index 0)."""

    key: Hash
    contest: Count
    option: Index | None = None
    total: Ciphertext | None = None
    sealed: HashedCiphertext | None = None

    @classmethod
    def of(cls, statement: Statement) -> Self:
        """Take a statement apart."""
        match statement:
            case TallyStatement(h_e, ind_c, ind_o, total):
                return cls(key=h_e, contest=ind_c, option=ind_o, total=total)
            case DataStatement(h_i, ind_c, ciphertext):
                return cls(key=h_i, contest=ind_c, sealed=ciphertext)
        raise CheckError(f"{statement.name}: a statement of unknown kind")

    def statement(self, where: str) -> Statement:
        """Put the statement together.

        Raises:
            ParseError: it is neither of the two kinds.
        """
        match self.option, self.total, self.sealed:
            case int(ind_o), Ciphertext() as total, None:
                return TallyStatement(self.key, self.contest, ind_o, total)
            case None, None, HashedCiphertext() as ciphertext:
                return DataStatement(self.key, self.contest, ciphertext)
        raise ParseError(where, "expected option and total, or sealed")


class DecryptionPlan(RecordModel):
    """What is asked of the guardians U, ascending: every plan of an election has an attempt number of its own.

    ``record`` is the record's fingerprint, ``pinned`` stands for its ballots and statuses, ``statements`` for all that
    is decrypted; ``codes`` are those of the challenged ballots to open, ``overrides`` rules that the tallies break.
    """

    format: Literal["e2evote-decryption-plan"] = "e2evote-decryption-plan"
    version: Literal[1] = 1
    h_e: Hash
    attempt: Index
    begun: Timestamp
    subject: Subject
    record: Hash
    pinned: Hash
    statements: Hash
    codes: tuple[Hash, ...] = ()
    overrides: tuple[Override, ...] = ()
    available: Annotated[tuple[Index, ...], MinLen(1)]

    def check_available(self, n: int, k: int) -> None:
        """Accept a quorum of different guardians, ascending.

        Raises:
            CheckError: otherwise.
        """
        U = self.available
        if list(U) != sorted(set(U)) or len(U) < k or not set(U) <= set(range(1, n + 1)):
            raise CheckError(f"the decryption plan needs at least {k} different guardians, ascending; it has {U}")


class DecryptionList(RecordModel):
    """Every decryption that was asked for in an election, for guardians whose memory of them is lost."""

    format: Literal["e2evote-decryption-list"] = "e2evote-decryption-list"
    version: Literal[1] = 1
    h_e: Hash
    plans: tuple[DecryptionPlan, ...]


def decryption_exchange(
    ceremony: Exchange, election: Election, statements: Sequence[Statement], plan: DecryptionPlan
) -> Exchange:
    """Return the exchange of a decryption, with context H(H_E; E3, ceremony, plan).

    Args:
        ceremony: the exchange of the ceremony that made the keys.
        election: the election.
        statements: what this guardian, or whoever looks on, takes from the record.
        plan: what was sent around.

    Raises:
        CheckError: the plan is of another election or statements, or U is no quorum of different guardians.
    """
    if plan.h_e != election.h_e:
        raise CheckError("the decryption plan is of another election (H_E)")
    if plan.statements != statements_hash(election, statements):
        raise CheckError("the decryption plan is for other statements than those of the record at hand")
    plan.check_available(election.n, election.k)
    return plan_exchange(ceremony, plan)


def plan_exchange(ceremony: Exchange, plan: DecryptionPlan) -> Exchange:
    """Return the exchange of a plan that was accepted."""
    keys = {i: ceremony.signing_keys[i] for i in plan.available}
    return Exchange(ceremony.group, plan_context(ceremony, plan), plan.attempt, keys, ceremony.names)


def plan_context(ceremony: Exchange, plan: DecryptionPlan) -> bytes:
    """Return H(H_E; E3, ceremony, plan): what messages are bound to, and the id of the decryption."""
    data = dump(plan)
    # E3 ‖ ceremony(32) ‖ len(4) ‖ plan
    return H(plan.h_e, OwnTag.DECRYPTION, ceremony.context, len(data), data, length=37 + len(data))


def statements_hash(election: Election, statements: Sequence[Statement]) -> bytes:
    """Return H(H_E; E4, 0, count, hashes of the statements in order).

    Raises:
        CheckError: there are none.
    """
    if not statements:
        raise CheckError("there is nothing to decrypt")
    hashes = [_statement_hash(statement) for statement in statements]
    # E4 ‖ 0(4) ‖ count(4) ‖ hash(32) each
    return H(election.h_e, OwnTag.STATEMENT, 0, len(hashes), *hashes, length=9 + 32 * len(hashes))


def _statement_hash(statement: Statement) -> bytes:
    l_p = statement.base.group.l_p
    match statement:
        case TallyStatement(h_e, ind_c, ind_o, total):
            # E4 ‖ 1(4) ‖ ind_c(4) ‖ ind_o(4) ‖ A ‖ B, under H_E
            return H(h_e, OwnTag.STATEMENT, 1, ind_c, ind_o, total.alpha, total.beta, length=13 + 2 * l_p)
        case DataStatement(h_i, ind_c, ciphertext):
            c_1 = ciphertext.c_1
            # E4 ‖ 2(4) ‖ ind_c(4) ‖ C_0 ‖ len(4) ‖ C_1 ‖ C_2(64), under H_I
            sealed: tuple[Part, ...] = (ciphertext.c_0, len(c_1), c_1, bytes(ciphertext.c_2))
            return H(h_i, OwnTag.STATEMENT, 2, ind_c, *sealed, length=77 + l_p + len(c_1))
    raise CheckError(f"{statement.name}: a statement of unknown kind")
