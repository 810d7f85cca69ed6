"""What is decrypted, by whom: the plan that pins the statements and the available guardians U before anything is sent.

A guardian makes the statements from the record itself and compares the plan with them. Every message of the decryption
is bound to the plan: a commitment to other statements or for another U is no message of this exchange.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from annotated_types import MinLen

from e2evote.decryption.statements import DataStatement, Statement, TallyStatement
from e2evote.errors import CheckError
from e2evote.hashing import H, OwnTag, Part
from e2evote.messages.envelope import Exchange
from e2evote.record.codec import Hash, Index, RecordModel
from e2evote.record.setup import Election


class DecryptionPlan(RecordModel):
    """Attempt number ``attempt`` at decrypting the statements with this digest, by the guardians U, ascending."""

    format: Literal["e2evote-decryption-plan"]
    version: Literal[1]
    h_e: Hash
    statements: Hash
    available: Annotated[tuple[Index, ...], MinLen(1)]
    attempt: Index

    @classmethod
    def of(
        cls, election: Election, statements: Sequence[Statement], available: Sequence[int], attempt: int = 1
    ) -> Self:
        """Plan a decryption; every further attempt, with whatever U, needs a number of its own."""
        return cls(
            format="e2evote-decryption-plan",
            version=1,
            h_e=election.h_e,
            statements=statements_hash(election, statements),
            available=tuple(sorted(available)),
            attempt=attempt,
        )


def decryption_exchange(
    ceremony: Exchange, election: Election, statements: Sequence[Statement], plan: DecryptionPlan
) -> Exchange:
    """Return the exchange of a decryption, with context H(H_E; E3, ceremony, attempt, statements, U).

    Args:
        ceremony: the exchange of the ceremony that made the keys.
        election: the election.
        statements: what this guardian, or whoever looks on, takes from the record.
        plan: what was sent around.

    Raises:
        CheckError: the plan is of another election or statements, or U is no quorum of different guardians.
    """
    U = plan.available
    if plan.h_e != election.h_e:
        raise CheckError("the decryption plan is of another election (H_E)")
    if plan.statements != statements_hash(election, statements):
        raise CheckError("the decryption plan is for other statements than those of the record at hand")
    if list(U) != sorted(set(U)) or len(U) < election.k or not ceremony.signing_keys.keys() >= set(U):
        raise CheckError(f"the decryption plan needs at least {election.k} different guardians, ascending; it has {U}")
    parts: tuple[Part, ...] = (ceremony.context, plan.attempt, plan.statements, len(U), *U)
    # E3 ‖ ceremony(32) ‖ attempt(4) ‖ statements(32) ‖ #U(4) ‖ U(4 each)
    context = H(election.h_e, OwnTag.DECRYPTION, *parts, length=73 + 4 * len(U))
    keys = {i: ceremony.signing_keys[i] for i in U}
    return Exchange(ceremony.group, context, plan.attempt, keys, ceremony.names)


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
