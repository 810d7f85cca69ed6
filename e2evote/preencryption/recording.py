"""The ballot recording tool: from a ballot's nonce to what is published of it, once it was cast or was not.

Everything is generated again from ξ_B, kept by the device or decrypted by the guardians, and compared with the ballot
as it was published. Decide first: whoever has recorded a ballot forgets its nonce.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce

from e2evote.elgamal import Ciphertext
from e2evote.encryption import SecretBallotNonce
from e2evote.errors import CheckError
from e2evote.group.computation import Computation, compute, together
from e2evote.group.elements import SecretScalar
from e2evote.group.randomness import SYSTEM, Randomness
from e2evote.preencryption.vectors import ContestVectors, SelectionVector, regenerate
from e2evote.record.ballot import EncryptedOption
from e2evote.record.pre_encrypted import (
    OpenedVector,
    PreEncryptedBallot,
    RecordedBallot,
    RecordedContest,
    SelectedVector,
    UncastBallot,
    UncastContest,
    UncastOption,
)
from e2evote.record.setup import Election
from e2evote.record.supplemental import limit_relation
from e2evote.zkp import range as range_proof
from e2evote.zkp.range import RangeProof

Choices = Mapping[int, Sequence[int]]
"""Contest index to the indices of the options chosen, each once; a contest left out is a null vote."""


@dataclass(frozen=True, slots=True)
class PrintedContest:
    """The short codes of a contest as they are printed: beside its options, and for votes not given."""

    index: int
    options: tuple[str, ...]
    null_codes: tuple[str, ...]


def printed_codes(
    election: Election, ballot: PreEncryptedBallot, nonce: SecretBallotNonce
) -> tuple[PrintedContest, ...]:
    """Return the short codes that are printed on a ballot.

    Raises:
        VerificationError: the nonce is not that of the ballot.

    Spec: EG-2.1 §4.1.5; §4.2.2
    """
    return tuple(
        PrintedContest(contest.index, _codes(contest.options), _codes(contest.null_vectors))
        for contest in regenerate(election, ballot, nonce)
    )


def choices_of_codes(
    election: Election, ballot: PreEncryptedBallot, nonce: SecretBallotNonce, codes: Mapping[int, Sequence[str]]
) -> Choices:
    """Return the options whose short codes a voter chose, by contest. Null codes may be given, and count for nothing.

    Raises:
        CheckError: a contest is not on the ballot, or a code is not in the contest or is given twice; more codes than
            the contest's limit.
        VerificationError: the nonce is not that of the ballot.

    Spec: EG-2.1 §4.3.1
    """
    contests = {contest.index: contest for contest in printed_codes(election, ballot, nonce)}
    for ind_c in codes:
        if ind_c not in contests:
            raise CheckError(f"contest {ind_c} is not on the ballot")
    return {ind_c: _chosen(election, contests[ind_c], given) for ind_c, given in codes.items()}


def record_ballot(
    election: Election,
    ballot: PreEncryptedBallot,
    nonce: SecretBallotNonce,
    choices: Choices,
    rng: Randomness = SYSTEM,
) -> RecordedBallot:
    """Return what is published of a ballot that was cast.

    Of every contest the vectors of the chosen options, filled up with null vectors to exactly L, and their product with
    the proofs of an ordinary ballot.

    Args:
        election: the election, from its checked record.
        ballot: the ballot as it was published.
        nonce: ξ_B.
        choices: the options chosen, by contest.
        rng: randomness of the proofs.

    Raises:
        CheckError: a contest is not on the ballot, an option is not in its contest or chosen twice; too many are.
        VerificationError: the nonce is not that of the ballot.

    Spec: EG-2.1 §4.3; §4.4
    """
    contests = regenerate(election, ballot, nonce)
    unknown = choices.keys() - {contest.index for contest in contests}
    if unknown:
        raise CheckError(f"contests {sorted(unknown)} are not on the ballot")
    recorded = compute(
        together(_recording(election, ballot.h_i, contest, choices.get(contest.index, ()), rng) for contest in contests)
    )
    return RecordedBallot(
        device=ballot.device,
        position=ballot.position,
        ballot_style=ballot.ballot_style,
        weight=ballot.weight,
        contests=tuple(recorded),
        confirmation_code=ballot.confirmation_code,
    )


def open_uncast(election: Election, ballot: PreEncryptedBallot, nonce: SecretBallotNonce) -> UncastBallot:
    """Return a ballot opened that was not cast: every vector by its nonces ξ_{i,j,k}. ξ_B stays out.

    The caller makes sure that the ballot was not cast.

    Raises:
        VerificationError: the nonce is not that of the ballot.

    Spec: EG-2.1 §4.3; §4.2.1, eq. 121
    """
    return UncastBallot(
        device=ballot.device,
        position=ballot.position,
        confirmation_code=ballot.confirmation_code,
        contests=tuple(_opened(contest) for contest in regenerate(election, ballot, nonce)),
    )


def _codes(vectors: Iterable[SelectionVector]) -> tuple[str, ...]:
    return tuple(vector.short_code for vector in vectors)


def _chosen(election: Election, printed: PrintedContest, given: Sequence[str]) -> tuple[int, ...]:
    contest = election.manifest.contest(printed.index)
    if len(set(given)) < len(given):
        raise CheckError(f"contest {contest.label!r}: a short code is given twice")
    for code in given:
        if code not in printed.options + printed.null_codes:
            raise CheckError(f"contest {contest.label!r}: the ballot has no short code {code!r} there")
    if len(given) > contest.limit:
        raise CheckError(f"contest {contest.label!r}: {len(given)} selections, at most {contest.limit} are allowed")
    return tuple(ind_o for ind_o, code in enumerate(printed.options, 1) if code in given)


def _selected(vectors: ContestVectors, chosen: Sequence[int]) -> list[tuple[int | None, SelectionVector]]:
    """Return exactly L vectors, each with its option or None, by ascending ψ, which hides the null vectors."""
    contest, limit = vectors.contest, vectors.contest.limit
    if len(set(chosen)) < len(chosen) or not all(1 <= ind_o <= len(vectors.options) for ind_o in chosen):
        raise CheckError(f"contest {contest.label!r}: options {list(chosen)} are not there, or one is chosen twice")
    if len(chosen) > limit:
        raise CheckError(f"contest {contest.label!r}: {len(chosen)} selections, at most {limit} are allowed")
    selected = [(ind_o, vectors.options[ind_o - 1]) for ind_o in chosen]
    nulls = [(None, vector) for vector in vectors.null_vectors[: limit - len(chosen)]]
    return sorted([*selected, *nulls], key=lambda pair: pair[1].selection_hash)


def _recording(
    election: Election, h_i: bytes, vectors: ContestVectors, chosen: Sequence[int], rng: Randomness
) -> Computation[RecordedContest]:
    selected = _selected(vectors, chosen)
    columns = zip(*(vector.ciphertexts for _, vector in selected), strict=True)
    ciphertexts = [reduce(Ciphertext.__mul__, column) for column in columns]
    nonces = [_sum(column) for column in zip(*(vector.nonces for _, vector in selected), strict=True)]
    values = [int(k in chosen) for k in range(1, len(ciphertexts) + 1)]
    relation = limit_relation(vectors.contest)
    limit_proof = yield from range_proof.proving(
        election.bases.g, election.bases.K, relation.value(values), relation.nonce(nonces), relation.limit,
        partial(range_proof.limit_challenge, h_i, vectors.index, relation.ciphertext(ciphertexts, election.K)), rng,
    )  # fmt: skip
    proofs = yield from _proving(election, h_i, vectors, values, ciphertexts, nonces, rng)
    selections = yield from together(
        _recording_vector(election, h_i, vectors, option, vector, rng) for option, vector in selected
    )
    pairs = zip(ciphertexts, proofs, strict=True)
    return RecordedContest.model_construct(
        index=vectors.index,
        options=tuple(EncryptedOption.model_construct(ciphertext=pair, proof=proof) for pair, proof in pairs),
        proof=limit_proof,
        selections=tuple(selections),
    )


def _recording_vector(
    election: Election, h_i: bytes, vectors: ContestVectors, option: int | None, vector: SelectionVector,
    rng: Randomness,
) -> Computation[SelectedVector]:  # fmt: skip
    """Return a selected vector; where L = 1 its encryptions are those of the contest, which are proved there.

    Spec: EG-2.1 §4.5
    """
    proofs = None
    if vectors.contest.limit > 1:
        values = [int(k == option) for k in range(1, len(vector.ciphertexts) + 1)]
        found = yield from _proving(election, h_i, vectors, values, vector.ciphertexts, vector.nonces, rng)
        proofs = tuple(found)
    return SelectedVector.model_construct(
        selection_hash=vector.selection_hash, short_code=vector.short_code, vector=vector.ciphertexts, proofs=proofs
    )


def _proving(
    election: Election, h_i: bytes, vectors: ContestVectors, values: Sequence[int],
    ciphertexts: Sequence[Ciphertext], nonces: Sequence[SecretScalar], rng: Randomness,
) -> Computation[list[RangeProof]]:  # fmt: skip
    """Prove every encryption of a vector to lie in 0…R, as on an ordinary ballot."""
    entries = enumerate(zip(values, ciphertexts, nonces, strict=True), 1)
    return together(
        range_proof.proving(
            election.bases.g, election.bases.K, value, xi, vectors.contest.option_limit(k),
            partial(range_proof.selection_challenge, h_i, vectors.index, k, ciphertext), rng,
        )
        for k, (value, ciphertext, xi) in entries
    )  # fmt: skip


def _sum(nonces: Iterable[SecretScalar]) -> SecretScalar:
    return reduce(lambda x, y: x + y, nonces)


def _opened(vectors: ContestVectors) -> UncastContest:
    labels = [option.label for option in vectors.contest.options]
    options = enumerate(zip(labels, vectors.options, strict=True), 1)
    return UncastContest(
        index=vectors.index,
        label=vectors.contest.label,
        options=tuple(
            UncastOption(
                index=j,
                label=label,
                short_code=vector.short_code,
                selection_hash=vector.selection_hash,
                nonces=tuple(xi.reveal() for xi in vector.nonces),
            )
            for j, (label, vector) in options
        ),
        null_vectors=tuple(
            OpenedVector(
                short_code=vector.short_code,
                selection_hash=vector.selection_hash,
                nonces=tuple(xi.reveal() for xi in vector.nonces),
            )
            for vector in vectors.null_vectors
        ),
    )
