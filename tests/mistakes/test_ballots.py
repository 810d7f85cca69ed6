"""Mistakes on ballots: what is encrypted, proved and accepted."""

import dataclasses
import json
from functools import partial, reduce
from pathlib import Path

import pytest

from e2evote.challenge import nonce_from_factor, open_ballot
from e2evote.decryption.rounds import commit, decrypt
from e2evote.decryption.statements import ballot_nonce_statement, tally_statements
from e2evote.elgamal import encrypt
from e2evote.encryption import encrypt_ballot
from e2evote.errors import CheckError, ParseError, VerificationError
from e2evote.group.elements import Group
from e2evote.hashing import Tag
from e2evote.record import contest_data, layout
from e2evote.record.ballot import EncryptedBallot, EncryptedOption
from e2evote.record.codec import dump, parse
from e2evote.record.codes import open_device
from e2evote.record.layout import Record
from e2evote.record.plaintext import PlaintextBallot, PlaintextContest
from e2evote.record.setup import Election
from e2evote.tally import accumulate
from e2evote.zkp import equality, schnorr
from e2evote.zkp import range as range_proof
from tests.builders import BuiltRecord, build_record
from tests.deterministic import DeterministicRandomness
from tests.mistakes.helpers import H32, counted, encrypted, expected_counts, plain
from tests.vectors.recorder import recorded


@pytest.mark.parametrize("value", [2, 5])
def test_range_proof_one_branch_short(election: Election, value: int) -> None:
    """Encryptions of 2 and 5 with the best proof their maker can give do not pass as 0 or 1.

    Spec: EG-2.1 §3.3.7, box 6
    """
    g, K, xi = election.group.g, election.K, election.group.secret(31)
    pair = encrypt(g, K, value, xi)
    ask = partial(range_proof.selection_challenge, H32, 3, 1, pair)
    honest = range_proof.prove(g, K, value, xi, value, ask, DeterministicRandomness(1))
    attempts = [honest]
    attempts += [
        dataclasses.replace(honest, challenges=honest.challenges[j : j + 2], responses=honest.responses[j : j + 2])
        for j in range(value)
    ]
    attempts += [range_proof.prove(g, K, claimed, xi, 1, ask, DeterministicRandomness(2)) for claimed in (0, 1)]
    for proof in attempts:
        with pytest.raises(VerificationError, match="range proof"):
            range_proof.verify(g, K, pair.alpha, pair.beta, proof, 1, ask)


def test_commitments_hashed_all_a_before_all_b(election: Election) -> None:
    """Spec: EG-2.1 §3.3.7, eq. 59"""
    with recorded() as calls:
        ballot = encrypted(election, plain(2, c2=(3, 1)))
    contest = ballot.contests[0]
    option, (call, *_) = contest.options[0], [c for c in calls if c.message[0] == Tag.RANGE_PROOF]
    alpha, beta = option.ciphertext.alpha, option.ciphertext.beta
    commitments = option.proof.commitments(election.group.g, election.K, alpha, beta)
    assert len(commitments) == 8
    assert call.message[9 + 2 * 32 :] == b"".join(map(bytes, commitments))


def test_nonces_shared_between_fields(election: Election) -> None:
    """Ratios of ciphertexts with one nonce would show equal votes; no α occurs twice, on one ballot or on two."""
    ballots = [encrypted(election, plain(seed % 2 + 1), seed) for seed in range(8)]
    boxes = [box for b in ballots for box in (b.ballot_nonce, *(c.contest_data for c in b.contests if c.contest_data))]
    alphas = [option.ciphertext.alpha for b in ballots for contest in b.contests for option in contest.options]
    alphas += [box.c_0 for box in boxes]
    assert len(set(alphas)) == len(alphas)


@pytest.mark.parametrize(("marks", "kept"), [((3, 1), True), ((3, 2), False), ((3, 3), False), ((4, 0), False)])
def test_overvote_limit_taken_as_l_times_r(election: Election, marks: tuple[int, int], kept: bool) -> None:
    """Contest 2 has L = 4 and two options with R = 3; what exceeds either is encrypted as zeros.

    Spec: EG-2.1 §3.3.5; §3.3.8, eq. 62
    """
    opening = open_device(election.h_e, 1, "Booth A", 1)
    ballot, nonce = encrypt_ballot(election, opening, plain(2, c2=marks), rng=DeterministicRandomness(1))
    opened = open_ballot(election, ballot, nonce).contests[0]
    assert tuple(option.selection for option in opened.options) == (marks if kept else (0, 0))
    assert len(ballot.contests[0].proof.challenges) == 4 + 1


def test_overvoted_marks_are_lost(election: Election) -> None:
    """Spec: EG-2.1 §3.3.5"""
    opening = open_device(election.h_e, 1, "Booth A", 1)
    ballot, nonce = encrypt_ballot(election, opening, plain(1, c1=(1, 1, 1, 0)), rng=DeterministicRandomness(1))
    opened = open_ballot(election, ballot, nonce).contests[0]
    assert contest_data.unpack(opened.contest_data.data) == {"overvote": [1, 1, 1, 0]}


def test_challenge_or_response_of_0_refused(toy: Group) -> None:
    """0 is in Z_q; with a fixed challenge proofs with c = 0 or v = 0 can be made, and they hold."""
    g, zero = toy.g, toy.scalar(0)
    for c, u in ((zero, toy.secret(5)), (toy.scalar(7), toy.secret(7 * 11))):
        x = toy.secret(11)
        proof = schnorr.SchnorrProof(c, (u - c * x).reveal())
        assert zero in (proof.challenge, proof.response)
        schnorr.verify(g, g**x, proof, lambda a, c=c: c)
    equality.verify(zero, zero, zero)
    pair, K = encrypt(g, g, 0, toy.secret(0)), g
    nothing = range_proof.RangeProof((zero, zero), (zero, zero))
    range_proof.verify(g, K, pair.alpha, pair.beta, nothing, 1, lambda commitments: zero)
    text = b'{"ciphertext":{"alpha":"%s","beta":"%s"},"proof":{"challenges":["%s"],"responses":["%s"]}}'
    parsed = parse(EncryptedOption, text % ((b"0" * 64,) * 4), "x", toy)
    assert parsed.proof.challenges[0].in_range()


@pytest.mark.parametrize("case", ["twice", "missing", "foreign", "order", "option less", "option more"])
def test_ballot_with_a_contest_twice_counts_twice(built: BuiltRecord, case: str) -> None:
    """Every proof on such a ballot may hold; it is refused by its shape.

    Spec: EG-2.1 §3.5, eq. 79
    """
    ballot = built.of_status("cast")[0]
    stranger = next(b for b in built.of_status("cast") if b.ballot_style != ballot.ballot_style)
    first, second = ballot.contests
    contests = {
        "twice": (first, first, second),
        "missing": (first,),
        "foreign": (first, stranger.contests[0], second),
        "order": (second, first),
        "option less": (first.model_copy(update={"options": first.options[:-1]}), second),
        "option more": (first.model_copy(update={"options": (*first.options, first.options[0])}), second),
    }[case]
    with pytest.raises(CheckError, match=f"ballot {ballot.confirmation_code.hex().upper()}: "):
        accumulate(built.election, [ballot.model_copy(update={"contests": contests})])


@pytest.mark.parametrize("style", [2, 3])
def test_ballot_not_of_its_style(built: BuiltRecord, style: int) -> None:
    ballot = next(b for b in built.of_status("cast") if b.ballot_style == 1)
    with pytest.raises(CheckError, match="style"):
        accumulate(built.election, [ballot.model_copy(update={"ballot_style": style})])


@pytest.mark.parametrize("marks", [{"c2": (1, 1)}, {"c9": (1, 1)}], ids=["of another style", "unknown"])
def test_plaintext_not_of_its_style(election: Election, marks: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(CheckError, match="are not on style 'member'"):
        encrypted(election, plain(1, **marks))


def test_plaintext_with_a_contest_twice(election: Election) -> None:
    one = PlaintextContest(contest=3, selections=(1, 0))
    with pytest.raises(CheckError, match="a contest appears twice"):
        encrypted(election, PlaintextBallot(ballot_style=1, contests=(one, one)))


@pytest.mark.parametrize("selections", [(1,), (1, 0, 0)])
def test_plaintext_with_an_option_missing_or_twice(election: Election, selections: tuple[int, ...]) -> None:
    with pytest.raises(CheckError, match="has 2 options"):
        encrypted(election, plain(1, c3=selections))


@pytest.mark.parametrize("weight", [0, 6, 2**31 - 1])
def test_weight_0_taken_as_1(built: BuiltRecord, weight: int) -> None:
    """Spec: EG-2.1 §3.5, eq. 80"""
    ballot = built.of_status("cast")[0]
    with pytest.raises(CheckError, match=f"weight {weight} is not between 1 and 5"):
        accumulate(built.election, [ballot.model_copy(update={"weight": weight})])


@pytest.mark.parametrize("weight", ["0", "-1", "1.0", '"1"', "true", "null", "2147483648"])
def test_weight_of_another_kind(built: BuiltRecord, weight: str) -> None:
    data = f'{{"ballot_style":1,"weight":{weight},"contests":[]}}'.encode()
    with pytest.raises(ParseError, match="weight"):
        parse(PlaintextBallot, data, "x", canonical=False)


def test_weights_and_larger_limits_ignored_in_the_search_for_t(tmp_path: Path) -> None:
    """Every ballot with the largest weight and R = 3 marks: t is found, 3 · 5 · 4 of it.

    Spec: EG-2.1 §3.6.2, eq. 82
    """
    ballots = [plain(2, 5, c2=(3, 1)) for _ in range(4)] + [plain(1, 5, c3=(1, 0)) for _ in range(4)]
    built = build_record(tmp_path / "r", ballots=8, challenged=0, spoiled=0, plaintexts=ballots, until="decryption")
    assert [option.tally for option in built.tallies[1].contests[0].options] == [60, 20]
    assert counted(built.tallies) == expected_counts(built)


def test_replayed_ciphertexts_of_another_voter(built: BuiltRecord) -> None:
    """Under another ballot's H_I no proof of a copied contest holds.

    Spec: EG-2.1 §3.3.2, eq. 32; §3.3.7, eq. 59
    """
    election = built.election
    first, second, *_ = (b for b in built.of_status("cast") if b.ballot_style == 1)
    for contest in first.contests:
        total = reduce(lambda x, y: x * y, contest.ciphertexts)
        limit = election.manifest.contest(contest.index).limit
        ask = partial(range_proof.limit_challenge, second.h_i, contest.index, total)
        with pytest.raises(VerificationError):
            range_proof.verify(election.group.g, election.K, total.alpha, total.beta, contest.proof, limit, ask)
        for ind_o, option in enumerate(contest.options, 1):
            pair = option.ciphertext
            ask = partial(range_proof.selection_challenge, second.h_i, contest.index, ind_o, pair)
            with pytest.raises(VerificationError):
                range_proof.verify(election.group.g, election.K, pair.alpha, pair.beta, option.proof, 1, ask)
    copied = second.model_copy(update={"ballot_nonce": first.ballot_nonce})
    with pytest.raises(VerificationError, match="does not match"):
        ballot_nonce_statement(election, copied, "challenged")


def test_ballot_nonce_ciphertext_dropped(built: BuiltRecord) -> None:
    """It is on every ballot, and the guardians find the nonce in it that the device used.

    Spec: EG-2.1 §3.3.4, eq. 37; §3.6.7, eqs. 107, 108
    """
    ballot = built.of_status("challenged")[0]
    statement = ballot_nonce_statement(built.election, ballot, "challenged")
    ((beta, _),) = decrypt(built.election, built.guardian_record.guardians, built.shares[1:], [statement])
    nonce = nonce_from_factor(ballot, beta)
    assert nonce == built.nonces[ballot.confirmation_code]
    opened = open_ballot(built.election, ballot, nonce)
    stored = next(Record.at(built.path).lines(layout.CHALLENGED_BALLOTS))[1]
    assert dump(opened) == stored
    fields = json.loads(dump(ballot))
    del fields["ballot_nonce"]
    with pytest.raises(ParseError, match="ballot_nonce: Field required"):
        parse(EncryptedBallot, json.dumps(fields, separators=(",", ":")).encode(), "x", built.election.group)


@pytest.mark.parametrize("value", [0, -1], ids=["0", "−1"])
def test_c_0_outside_the_group_is_decrypted(built: BuiltRecord, value: int) -> None:
    """Neither 0 nor −g^ξ reaches a guardian's secret. (tests/test_hashed_elgamal.py has proofs that fit them.)"""
    election, group = built.election, built.election.group
    for ballot in built.of_status("cast"):
        box = ballot.ballot_nonce
        c_0 = group.element(0 if value == 0 else int(group.p - box.c_0.value))
        changed = ballot.model_copy(update={"ballot_nonce": dataclasses.replace(box, c_0=c_0)})
        with pytest.raises(VerificationError, match="C_0 is not a member"):
            ballot_nonce_statement(election, changed, "challenged")


def test_aggregate_outside_the_group_is_decrypted(built: BuiltRecord) -> None:
    """A guardian raises no A to its secret before A has passed the membership test."""
    group = built.election.group
    statement = tally_statements(built.election, built.encrypted_tallies)[0]
    negative = group.element(int(group.p - statement.total.alpha.value))
    changed = dataclasses.replace(statement, total=dataclasses.replace(statement.total, alpha=negative))
    with pytest.raises(VerificationError, match="not a member of the group"):
        commit(built.election, built.shares[0], [changed], (1, 2))
