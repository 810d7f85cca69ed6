"""Box 18: a pre-encrypted ballot that was not cast, opened, is exactly what its confirmation code stands for.

The box as written stops at the vectors of the options; eq. 115 hashes the null vectors too, so all are encrypted again.
"""

from collections.abc import Sequence

from e2evote.elgamal import Ciphertext, encrypting
from e2evote.group.computation import Computation, compute, together
from e2evote.group.elements import Scalar
from e2evote.hashing import PRE_ENCRYPTED
from e2evote.record.codes import confirmation_code, pre_encrypted_contest_hash
from e2evote.record.pre_encrypted import PreEncryptedBallot, UncastBallot, UncastContest, UncastOption
from e2evote.verifier.context import Context
from e2evote.verifier.report import Check, Ledger, Place
from e2evote.verifier.v16_pre_encrypted_codes import verify_vector
from e2evote.verifier.v17_short_codes import verify_code

CHECKS = (
    Check("18.A", "re-encrypting an uncast ballot gives its confirmation code", "opened"),
    Check("X.uncast-nonce", "every released nonce of an uncast ballot is in Z_q", "opened"),
    Check("X.uncast-complete", "exactly the uncast ballots are opened, once each, in full and in order", "opened"),
)


def verify_ballot(
    ledger: Ledger, context: Context, ballot: PreEncryptedBallot, opened: UncastBallot, place: Place
) -> None:
    """Encrypt all vectors of an opened ballot again and compare; also what is stated of each vector.

    Spec: EG-2.1 §4.5, boxes 16, 17, 18
    """
    same = opened.confirmation_code == ballot.confirmation_code
    ledger.check("X.uncast-complete", same, "the opened ballot carries another code", place)
    indices = [contest.index for contest in opened.contests]
    in_order = indices == sorted(set(indices))
    ledger.check("X.uncast-complete", in_order, "contests are doubled or out of order", place)
    contests = {contest.index: contest for contest in opened.contests}
    # The hash of a contest that was not opened enters as published; box 19 reports that it is missing.
    hashes = []
    for contest in ballot.contests:
        revealed = contests.get(contest.index)
        if revealed is None:
            hashes.append(contest.contest_hash)
        else:
            hashes.append(_reencrypted_hash(ledger, context, ballot, revealed, place.within(revealed.label)))
    code = confirmation_code(ballot.h_i, hashes, ballot.chaining_field, PRE_ENCRYPTED)
    ledger.check("18.A", code == ballot.confirmation_code, "re-encryption gives another confirmation code", place)


def _reencrypted_hash(
    ledger: Ledger, context: Context, ballot: PreEncryptedBallot, revealed: UncastContest, place: Place
) -> bytes:
    _verify_shape(ledger, context, revealed, place)
    psis, vectors = [], list(revealed.vectors())
    encrypted = compute(together(_encrypting(context, j, vector.nonces) for j, vector in enumerate(vectors, 1)))
    for vector, ciphertexts in zip(vectors, encrypted, strict=True):
        there = place.within(option=vector.label) if isinstance(vector, UncastOption) else place
        in_range = all(xi.in_range() for xi in vector.nonces)
        ledger.check("X.uncast-nonce", in_range, "a nonce is not in Z_q", there)
        psis.append(verify_vector(ledger, ballot.h_i, ciphertexts, vector.selection_hash, there))
        verify_code(ledger, context, vector.selection_hash, vector.short_code, there)
    return pre_encrypted_contest_hash(ballot.h_i, revealed.index, psis)


def _encrypting(context: Context, j: int, nonces: Sequence[Scalar]) -> Computation[list[Ciphertext]]:
    g, K = context.bases.g, context.bases.K
    return together([encrypting(g, K, int(j == k), xi) for k, xi in enumerate(nonces, 1)])


def _verify_shape(ledger: Ledger, context: Context, revealed: UncastContest, place: Place) -> None:
    # Vectors are encrypted by their place; an index that says another place would show another vote.
    if revealed.index > len(context.manifest.contests):
        ledger.skip("X.uncast-complete")
        return
    contest = context.manifest.contest(revealed.index)
    m, indices = len(contest.options), [option.index for option in revealed.options]
    message = f"options {indices} instead of 1 to {m}"
    ledger.check("X.uncast-complete", indices == list(range(1, m + 1)), message, place)
    nulls = len(revealed.null_vectors)
    message = f"{nulls} null vectors instead of {contest.limit}"
    ledger.check("X.uncast-complete", nulls == contest.limit, message, place)
    whole = all(len(vector.nonces) == m for vector in revealed.vectors())
    ledger.check("X.uncast-complete", whole, f"a vector has not {m} nonces", place)
