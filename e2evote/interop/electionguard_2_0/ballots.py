"""Ballots: boxes 5 to 7, 17 and 18 of ElectionGuard 2.0.0, in chunks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from e2evote.encoding import strict_json
from e2evote.engine import Workers
from e2evote.errors import ParseError
from e2evote.interop.electionguard_2_0.arithmetic import Arithmetic, Ciphertext, Equations, Proof
from e2evote.interop.electionguard_2_0.reading import Ballot, BallotContest, Data, read_ballot
from e2evote.interop.electionguard_2_0.setup import Election
from e2evote.interop.family import Progress
from e2evote.interop.foreign import Foreign
from e2evote.verifier.report import Ledger, Place

CHUNK = 8
FOLDER = "encrypted_ballots"
LARGEST_FILE = 64 << 20


@dataclass(frozen=True, slots=True)
class Opening:
    """What the opening of a challenged ballot is held against, contest by contest."""

    ciphertexts: tuple[tuple[Ciphertext, ...], ...]
    data: tuple[Data, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What later steps need of a ballot."""

    name: str
    device: str
    style: str
    state: str
    code: bytes
    auxiliary: bytes
    opening: Opening | None


@dataclass(slots=True)
class Outcome:
    """What a chunk came to: findings, ballots, and products of the ciphertexts that were cast."""

    ledger: Ledger = field(default_factory=Ledger)
    ballots: list[Known | None] = field(default_factory=list)
    totals: dict[tuple[str, str], Ciphertext] = field(default_factory=dict)
    pre_encrypted: bool = False
    numbered: bool = False


def ballot_files(record: Foreign) -> list[str]:
    """Return the names of all ballots, those of one device together."""
    return [name for name in record.under(FOLDER, ".json") if name.rsplit("/", 1)[1].startswith("eballot")]


def verify_ballots(
    outcome: Outcome, record: Foreign, election: Election, workers: Workers, progress: Progress | None
) -> list[str]:
    """Verify all ballots one by one, and return the names of their files in the order of the outcome."""
    names = ballot_files(record)
    for part in workers.map(partial(verify_chunk, election), _chunks(record, names)):
        outcome.ledger.add(part.ledger)
        outcome.ballots += part.ballots
        outcome.pre_encrypted |= part.pre_encrypted
        outcome.numbered |= part.numbered
        for key, total in part.totals.items():
            _multiply(outcome.totals, key, total)
        if progress is not None:
            progress(len(outcome.ballots), len(names))
    return names


def _chunks(record: Foreign, names: list[str]) -> Iterator[list[tuple[str, bytes | None]]]:
    for start in range(0, len(names), CHUNK):
        yield [(name, _data(record, name)) for name in names[start : start + CHUNK]]


def _data(record: Foreign, name: str) -> bytes | None:
    try:
        return record.read(name, LARGEST_FILE)
    except ParseError:
        return None


def verify_chunk(election: Election, chunk: Sequence[tuple[str, bytes | None]]) -> Outcome:
    """Verify some ballots in whatever process this is."""
    outcome = Outcome()
    equations = Equations(election.arithmetic)
    for name, data in chunk:
        try:
            if data is None:
                raise ParseError(name, "cannot be read, or is too large")
            ballot = read_ballot(election, strict_json(data, name, nulls=True))
        except ParseError as error:
            outcome.ledger.check("EG20.ballot-format", False, f"{name}: {error}", Place())
            outcome.ballots.append(None)
            continue
        place = Place(ballot=ballot.name)
        outcome.ledger.check("EG20.ballot-format", True, "")
        holds = ballot.election == election.base
        outcome.ledger.check("EG20.ballot-election", holds, "election_id is of another election", place)
        _pose_ballot(outcome.ledger, equations, election, ballot, place)
        _note(outcome, ballot)
    equations.solve(outcome.ledger)
    return outcome


def _note(outcome: Outcome, ballot: Ballot) -> None:
    opening = None
    if ballot.state == "CAST":
        for contest in ballot.contests:
            for option, ciphertext in zip(contest.contest.options, contest.ciphertexts, strict=True):
                _multiply(outcome.totals, (contest.contest.name, option), ciphertext)
    else:
        ciphertexts = tuple(contest.ciphertexts for contest in ballot.contests)
        opening = Opening(ciphertexts, tuple(contest.data for contest in ballot.contests))
    outcome.pre_encrypted |= ballot.pre_encrypted
    outcome.numbered |= ballot.serial is not None
    outcome.ballots.append(
        Known(ballot.name, ballot.device, ballot.style, ballot.state, ballot.code, ballot.auxiliary, opening)
    )


def _multiply(totals: dict[tuple[str, str], Ciphertext], key: tuple[str, str], factor: Ciphertext) -> None:
    total = totals.get(key)
    totals[key] = factor if total is None else Ciphertext(total.pad * factor.pad, total.data * factor.data)


def _pose_ballot(ledger: Ledger, equations: Equations, election: Election, ballot: Ballot, place: Place) -> None:
    arithmetic, base, key = election.arithmetic, election.base, election.key
    for contest in ballot.contests:
        where = place.within(contest.contest.name)
        _pose_contest(equations, election, contest, where)
        parts = [part for ciphertext in contest.ciphertexts for part in (ciphertext.pad, ciphertext.data)]
        expected = arithmetic.hash(base, 0x23, contest.contest.index, key, *parts)
        ledger.check("EG20.contest-hash", expected == contest.hash, "contest_hash is another", where)
        if contest.pre is not None:
            _verify_pre_encryption(ledger, equations, election, contest, where)
    if ballot.serial is not None:
        equations.member("EG20.membership", ballot.serial.pad, "α of the serial number", place)
        equations.member("EG20.membership", ballot.serial.data, "β of the serial number", place)
    hashes = [contest.hash if contest.pre is None else contest.pre.hash for contest in ballot.contests]
    code = arithmetic.hash(base, 0x42 if ballot.pre_encrypted else 0x24, *hashes, ballot.auxiliary)
    ledger.check("EG20.code", code == ballot.code, "confirmation_code is another", place)


def _pose_contest(equations: Equations, election: Election, contest: BallotContest, place: Place) -> None:
    arithmetic = election.arithmetic
    for option, ciphertext, proof in zip(
        contest.contest.options, contest.ciphertexts, contest.option_proofs, strict=True
    ):
        where = place.within(option=option)
        alpha = equations.member("EG20.membership", ciphertext.pad, "α", where)
        beta = equations.member("EG20.membership", ciphertext.data, "β", where)
        message = f"the proof that the vote is 0 to {contest.contest.option_limit} does not hold"
        pose_range(equations, election, ("EG20.option-proof", message, where), ciphertext, (alpha, beta), proof)
    equations.member("EG20.membership", contest.data.c0, "C0 of the contest data", place)
    total = Ciphertext(
        arithmetic.product([ciphertext.pad for ciphertext in contest.ciphertexts]),
        arithmetic.product([ciphertext.data for ciphertext in contest.ciphertexts]),
    )
    bases = arithmetic.new(total.pad), arithmetic.new(total.data)
    message = f"the proof that the votes are 0 to {contest.contest.limit} together does not hold"
    pose_range(equations, election, ("EG20.limit-proof", message, place), total, bases, contest.limit_proof)


def pose_range(
    equations: Equations,
    election: Election,
    check: tuple[str, str, Place],
    ciphertext: Ciphertext,
    bases: tuple[Any, Any],
    proofs: Sequence[Proof],
) -> None:
    """Pose Σ c_j = H(H_E; 21, K, α, β, a_0, b_0, …) with a_j = g^v·α^c and b_j = K^(v − j·c)·β^c."""
    arithmetic: Arithmetic = election.arithmetic
    g, key = arithmetic.fixed(arithmetic.group.g), arithmetic.fixed(election.key)
    values = []
    for j, proof in enumerate(proofs):
        c, v, power = proof.challenge, proof.response, arithmetic.power
        values += [power(g, v) * power(bases[0], c), power(key, v - j * c) * power(bases[1], c)]
    total = sum(proof.challenge for proof in proofs) % arithmetic.q

    def holds(found: Sequence[Any]) -> bool:
        parts = (election.key, ciphertext.pad, ciphertext.data, *found)
        return arithmetic.hash_q(election.base, 0x21, *parts) == total

    equations.pose(*check, values, holds)


def _verify_pre_encryption(
    ledger: Ledger, equations: Equations, election: Election, contest: BallotContest, place: Place
) -> None:
    """Boxes 17 and 18: ψ, χ, the order of the ψ, short codes, and the vector as the product of those selected."""
    pre = contest.pre
    if pre is None:
        return
    arithmetic, base, key = election.arithmetic, election.base, election.key
    for vector in pre.vectors:
        parts = [part for ciphertext in vector.ciphertexts for part in (ciphertext.pad, ciphertext.data)]
        for part in parts:
            equations.member("EG20.membership", part, "α or β of a selected vector", place)
        holds = arithmetic.hash(base, 0x40, key, *parts) == vector.hash and vector.hash in pre.hashes
        ledger.check("EG20.pre-encrypted", holds, "a selection hash is another, or not of this contest", place)
        holds = vector.short == vector.hash.hex().upper()[:5]
        ledger.check("EG20.pre-encrypted", holds, "a short code is not the first five digits of its hash", place)
    ordered = all(one < other for one, other in zip(pre.hashes, pre.hashes[1:], strict=False))
    ledger.check("EG20.pre-encrypted", ordered, "the selection hashes are not in ascending order", place)
    distinct = len({vector.hash for vector in pre.vectors}) == len(pre.vectors)
    ledger.check("EG20.pre-encrypted", distinct, "a vector is selected twice", place)
    holds = arithmetic.hash(base, 0x41, contest.contest.index, key, *pre.hashes) == pre.hash
    ledger.check("EG20.contest-hash", holds, "preencryption_hash is another", place)
    for index, ciphertext in enumerate(contest.ciphertexts if pre.vectors else ()):
        column = [vector.ciphertexts[index] for vector in pre.vectors]
        pads = arithmetic.product([entry.pad for entry in column])
        data = arithmetic.product([entry.data for entry in column])
        holds = (pads, data) == (ciphertext.pad, ciphertext.data)
        ledger.check("EG20.pre-encrypted", holds, "the vector is not the product of those selected", place)
