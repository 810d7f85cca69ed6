"""The rounds of threshold decryption, each a function of the guardian's own secret and the messages received.

1. ``commit``: partial decryption and proof commitment, hashed; every guardian waits for all hashes;
2. ``reveal``: what was hashed;
3. ``respond``: after every hash has been compared, the response. The nonces answer once and are gone;
4. ``combine``: anybody puts the proof together and verifies it; if it fails, ``combine`` names the guardian.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import islice

from e2evote.decryption.statements import Partial, Statement
from e2evote.errors import CheckError, VerificationError
from e2evote.group.computation import Computation, Request, are_members, compute, evaluate, together
from e2evote.group.elements import Element, Scalar, SecretScalar
from e2evote.group.powers import NewBase
from e2evote.group.randomness import SYSTEM, Randomness
from e2evote.record.codec import Hash, Index, RecordModel
from e2evote.record.setup import Election, GuardianPublicKey
from e2evote.secret_sharing import SecretKeyShares, committed_share, lagrange_coefficient, product
from e2evote.zkp.equality import EqualityProof


class DecryptionCommitments(RecordModel):
    """Round 1: d_i for every statement."""

    i: Index
    hashes: tuple[Hash, ...]


class DecryptionReveals(RecordModel):
    """Round 2: what was hashed."""

    i: Index
    partials: tuple[Partial, ...]


class DecryptionResponses(RecordModel):
    """Round 3: v_i for every statement."""

    i: Index
    responses: tuple[Scalar, ...]


@dataclass(slots=True)
class SecretDecryptionState:
    """A guardian's nonces u_i between the rounds; they answer one challenge and are gone."""

    i: int
    available: tuple[int, ...]
    statements: tuple[Statement, ...]
    commitments: DecryptionCommitments
    reveals: DecryptionReveals
    nonces: list[SecretScalar] | None = field(repr=False)
    accepted: dict[int, DecryptionCommitments] | None = None

    def accept(self, commitments: Sequence[DecryptionCommitments]) -> None:
        """Hold on to everybody's hashes, the first time they are seen.

        Raises:
            CheckError: the hashes of a guardian are missing, doubled, or not one a statement; or others than before.
            VerificationError: this guardian's own hashes were replaced.
        """
        counts = [(message.i, len(message.hashes)) for message in commitments]
        _check_messages(self.available, counts, len(self.statements))
        given = {message.i: message for message in commitments}
        if given[self.i] != self.commitments:
            raise VerificationError(f"guardian {self.i}: its own hashes were replaced")
        if self.accepted not in (None, given):
            raise CheckError(f"guardian {self.i}: other hashes were accepted before; start again with fresh nonces")
        self.accepted = given

    def take_nonces(self) -> list[SecretScalar]:
        """Hand out the nonces, once.

        Raises:
            CheckError: they have answered already.
        """
        if self.nonces is None:
            raise CheckError(f"guardian {self.i}: these nonces have answered already; start again with fresh ones")
        nonces, self.nonces = self.nonces, None
        return nonces


def commit(
    election: Election,
    shares: SecretKeyShares,
    statements: Sequence[Statement],
    available: Sequence[int],
    rng: Randomness = SYSTEM,
) -> tuple[SecretDecryptionState, DecryptionCommitments]:
    """Round 1: M_i = A^(z_i), (a_i, b_i) = (g^(u_i), A^(u_i)), d_i.

    Raises:
        CheckError: fewer than k available guardians, or the guardian is not among them.
        VerificationError: a base is not a member of the group.

    Spec: EG-2.1 §3.6.3, eq. 84; §3.6.5, eq. 87; §3.6.6, eqs. 96, 98; §3.6.7, eq. 107
    """
    U = _check_available(election, available)
    if shares.i not in U:
        raise CheckError(f"guardian {shares.i} is not among the available guardians {list(U)}")
    for statement, is_member in zip(statements, are_members([s.base for s in statements]), strict=True):
        if not is_member:
            raise VerificationError(f"{statement.name}: the ciphertext is not a member of the group")
    g, partials, nonces = election.group.g, [], []
    for statement in statements:
        u = rng.scalar(election.group)
        partials.append(Partial(a=g**u, b=statement.base**u, m=statement.base ** statement.secret(shares)))
        nonces.append(u)
    hashes = tuple(s.commitment_hash(shares.i, U, opened) for s, opened in zip(statements, partials, strict=True))
    commitments = DecryptionCommitments(i=shares.i, hashes=hashes)
    reveals = DecryptionReveals(i=shares.i, partials=tuple(partials))
    return SecretDecryptionState(shares.i, U, tuple(statements), commitments, reveals, nonces), commitments


def reveal(state: SecretDecryptionState, commitments: Sequence[DecryptionCommitments]) -> DecryptionReveals:
    """Round 2: publish what was hashed, once every available guardian's hashes are here.

    Raises:
        CheckError: the hashes of a guardian are missing, doubled, or not one a statement; or others than before.
        VerificationError: this guardian's own hashes were replaced.
    """
    state.accept(commitments)
    return state.reveals


def respond(
    election: Election,
    shares: SecretKeyShares,
    state: SecretDecryptionState,
    commitments: Sequence[DecryptionCommitments],
    reveals: Sequence[DecryptionReveals],
) -> DecryptionResponses:
    """Round 3: compare every d_j with what was revealed, then v_i = u_i − c_i·z_i with c_i = c·w_i.

    Raises:
        CheckError: a message is missing or doubled, the hashes are not those accepted before, the nonces have answered
            already, or the shares are another guardian's.
        VerificationError: naming the guardian whose hash does not match, or whose part is not in the group.

    Spec: EG-2.1 §3.6.5, eqs. 91, 92; §3.6.6, eq. 102
    """
    if shares.i != state.i:
        raise CheckError(f"guardian {state.i}: these are the shares of guardian {shares.i}")
    state.accept(commitments)
    joint = combined(election, state.statements, state.available, commitments, reveals)
    w_i = lagrange_coefficient(election.group, state.i, state.available)
    nonces = state.take_nonces()
    responses = tuple(
        (u - c * w_i * statement.secret(shares)).reveal()
        for u, statement, (_, c) in zip(nonces, state.statements, joint, strict=True)
    )
    return DecryptionResponses(i=state.i, responses=responses)


def combine(
    election: Election,
    guardians: Sequence[GuardianPublicKey],
    statements: Sequence[Statement],
    commitments: Sequence[DecryptionCommitments],
    reveals: Sequence[DecryptionReveals],
    responses: Sequence[DecryptionResponses],
) -> tuple[tuple[Element, EqualityProof], ...]:
    """Put together and verify M = base^s and its proof for every statement.

    Raises:
        CheckError: a message is missing or doubled.
        VerificationError: a proof fails; the text names the guardian at fault.

    Spec: EG-2.1 §3.6.5, eq. 93; §3.6.6, eq. 103
    """
    U = _check_available(election, [message.i for message in commitments])
    _check_messages(U, [(message.i, len(message.responses)) for message in responses], len(statements))
    joint = combined(election, statements, U, commitments, reveals)
    return tuple(
        compute(
            together(
                _proving_jointly(election, guardians, statement, index, M, c, reveals, responses)
                for index, (statement, (M, c)) in enumerate(zip(statements, joint, strict=True))
            )
        )
    )


def _proving_jointly(
    election: Election,
    guardians: Sequence[GuardianPublicKey],
    statement: Statement,
    index: int,
    M: Element,
    c: Scalar,
    reveals: Sequence[DecryptionReveals],
    responses: Sequence[DecryptionResponses],
) -> Computation[tuple[Element, EqualityProof]]:
    v = reduce(lambda x, y: x + y, (message.responses[index] for message in responses), election.group.scalar(0))
    proof, K = EqualityProof(c, v), statement.public_key(election)
    a, b = (yield Request(proof.commitments(election.bases.g, K, NewBase(statement.base), NewBase(M)))).values
    if statement.challenge(a, b, M) != c:
        U = [message.i for message in reveals]
        raise VerificationError(_blame(election, guardians, statement, U, c, index, reveals, responses))
    return M, proof


def decrypt(
    election: Election,
    guardians: Sequence[GuardianPublicKey],
    shares: Sequence[SecretKeyShares],
    statements: Sequence[Statement],
    rng: Randomness = SYSTEM,
) -> tuple[tuple[Element, EqualityProof], ...]:
    """Run all rounds for guardians whose secrets are in this process: tests and rehearsals."""
    available = [share.i for share in shares]
    states, commitments = zip(*(commit(election, share, statements, available, rng) for share in shares), strict=True)
    reveals = [reveal(state, commitments) for state in states]
    responses = [
        respond(election, share, state, commitments, reveals) for share, state in zip(shares, states, strict=True)
    ]
    return combine(election, guardians, statements, commitments, reveals, responses)


def combined(
    election: Election,
    statements: Sequence[Statement],
    available: Sequence[int],
    commitments: Sequence[DecryptionCommitments],
    reveals: Sequence[DecryptionReveals],
) -> list[tuple[Element, Scalar]]:
    """Verify the hashes and return (M, c) for every statement.

    Raises:
        CheckError: a message is missing or doubled.
        VerificationError: naming the guardian whose hash does not match, or whose part is not in the group.

    Spec: EG-2.1 §3.6.4, eqs. 85, 86; §3.6.5, eq. 89; §3.6.6, eqs. 97, 100; §3.6.7, eq. 108
    """
    _check_messages(available, [(message.i, len(message.hashes)) for message in commitments], len(statements))
    _check_messages(available, [(message.i, len(message.partials)) for message in reveals], len(statements))
    committed = {message.i: message.hashes for message in commitments}
    group = election.group
    weights = {i: lagrange_coefficient(group, i, available) for i in available}
    parts = [{message.i: message.partials[index] for message in reveals} for index in range(len(statements))]
    for index, (statement, opened) in enumerate(zip(statements, parts, strict=True)):
        for i, part in opened.items():
            if statement.commitment_hash(i, available, part) != committed[i][index]:
                raise VerificationError(
                    f"guardian {i}: {statement.name}: what was revealed is not what was committed to"
                )
    _check_members(statements, parts)
    joint = []
    powers = [NewBase(part.m) ** weights[i] for opened in parts for i, part in opened.items()]
    weighted = iter(evaluate(Request(powers)).values)
    for statement, opened in zip(statements, parts, strict=True):
        a = product(group, (part.a for part in opened.values()))
        b = product(group, (part.b for part in opened.values()))
        M = product(group, islice(weighted, len(opened)))
        joint.append((M, statement.challenge(a, b, M)))
    return joint


def _check_members(statements: Sequence[Statement], parts: Sequence[Mapping[int, Partial]]) -> None:
    elements = [x for opened in parts for part in opened.values() for x in (part.a, part.b, part.m)]
    members = iter(are_members(elements))
    for statement, opened in zip(statements, parts, strict=True):
        for i in opened:
            if not all(list(islice(members, 3))):
                raise VerificationError(f"guardian {i}: {statement.name}: a value is not a member of the group")


def _blame(
    election: Election,
    guardians: Sequence[GuardianPublicKey],
    statement: Statement,
    available: Sequence[int],
    c: Scalar,
    index: int,
    reveals: Sequence[DecryptionReveals],
    responses: Sequence[DecryptionResponses],
) -> str:
    """Name the guardians whose own equations fail."""
    parts = {message.i: message.partials[index] for message in reveals}
    answers = {message.i: message.responses[index] for message in responses}
    guilty = [
        i for i in available if not answers_hold(election, guardians, statement, i, available, c, parts[i], answers[i])
    ]
    return f"{statement.name}: guardian {', '.join(map(str, guilty))} sent a wrong partial decryption or response"


def answers_hold(
    election: Election,
    guardians: Sequence[GuardianPublicKey],
    statement: Statement,
    i: int,
    available: Sequence[int],
    c: Scalar,
    part: Partial,
    v_i: Scalar,
) -> bool:
    """Tell whether guardian i's response fits its own part and its share of the published keys.

    Spec: EG-2.1 §3.6.5, eqs. 94, 95
    """
    group, g = election.group, election.group.g
    published = product(group, (committed_share(statement.commitments(public), i) for public in guardians))
    c_i = c * lagrange_coefficient(group, i, available)
    fits = part.a == g**v_i * published**c_i and part.b == statement.base**v_i * part.m**c_i
    return fits and v_i.in_range()


def _check_available(election: Election, available: Sequence[int]) -> tuple[int, ...]:
    U = tuple(sorted(available))
    if len(set(U)) != len(U) or len(U) < election.k or not all(1 <= i <= election.n for i in U):
        raise CheckError(f"at least {election.k} different guardians of 1 to {election.n} are needed; got {list(U)}")
    return U


def _check_messages(available: Sequence[int], messages: Sequence[tuple[int, int]], count: int) -> None:
    if sorted(i for i, _ in messages) != sorted(available):
        raise CheckError(f"exactly one message from each of the guardians {sorted(available)} is needed")
    for i, size in messages:
        if size != count:
            raise CheckError(f"guardian {i}: {size} values for {count} statements")
