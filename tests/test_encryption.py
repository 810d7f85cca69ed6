"""Encrypted ballots: every proof holds, and what was marked is what is opened."""

from datetime import UTC, datetime, timedelta, timezone
from functools import partial, reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote import hashed_elgamal
from e2evote.challenge import open_ballot
from e2evote.encryption import BATCH, encrypt_ballot, encrypt_ballots, encrypt_lines
from e2evote.examples import NAMES, manifest_bytes
from e2evote.examples.generator import plaintext_ballots
from e2evote.group.elements import Group
from e2evote.group.parameters import STANDARD
from e2evote.hashed_elgamal import BallotNonceSeal, ContestDataSeal
from e2evote.hashing import selection_identifier_hash
from e2evote.record import contest_data
from e2evote.record.ballot import EncryptedBallot
from e2evote.record.codec import dump, parse
from e2evote.record.codes import confirmation_code, next_chaining_field, open_device
from e2evote.record.plaintext import PlaintextBallot, PlaintextContest, is_overvoted
from e2evote.record.setup import Election
from e2evote.zkp import range as range_proof
from tests.builders import build_election
from tests.deterministic import DeterministicRandomness


def verify(election: Election, ballot: EncryptedBallot) -> None:
    """Verify all that box 5, 6 and 7 and the proofs of hashed ciphertexts say of one ballot."""
    group, manifest = election.group, election.manifest
    assert selection_identifier_hash(election.h_e, ballot.id_b) == ballot.h_i
    hashed_elgamal.verify(BallotNonceSeal(ballot.h_i), group.g, ballot.ballot_nonce)
    assert tuple(c.index for c in ballot.contests) == manifest.ballot_style(ballot.ballot_style).contests
    for contest in ballot.contests:
        known = manifest.contest(contest.index)
        for ind_o, (option, limit) in enumerate(zip(contest.options, known.option_limits, strict=True), 1):
            pair = option.ciphertext
            assert pair.alpha.is_member()
            assert pair.beta.is_member()
            ask = partial(range_proof.selection_challenge, ballot.h_i, contest.index, ind_o, pair)
            range_proof.verify(group.g, election.K, pair.alpha, pair.beta, option.proof, limit, ask)
        total = reduce(lambda x, y: x * y, contest.ciphertexts)
        ask = partial(range_proof.limit_challenge, ballot.h_i, contest.index, total)
        range_proof.verify(group.g, election.K, total.alpha, total.beta, contest.proof, known.limit, ask)
        if known.contest_data_blocks is None:
            assert contest.contest_data is None
        else:
            assert len(contest.contest_data.c_1) == 32 * known.contest_data_blocks
            hashed_elgamal.verify(ContestDataSeal(ballot.h_i, contest.index), group.g, contest.contest_data)


def expected(election: Election, plaintext: PlaintextBallot) -> dict[int, tuple[int, ...]]:
    """Return what a ballot must hold: the marks, zeros where overvoted or left out."""
    marks = {contest.contest: contest.selections for contest in plaintext.contests}
    found = {}
    for ind_c in election.manifest.ballot_style(plaintext.ballot_style).contests:
        contest = election.manifest.contest(ind_c)
        zeros = (0,) * len(contest.options)
        given_marks = marks.get(ind_c, zeros)
        found[ind_c] = zeros if is_overvoted(contest, given_marks) else given_marks
    return found


def opened(election: Election, ballot: EncryptedBallot, nonce: object) -> dict[int, tuple[int, ...]]:
    return {
        contest.index: tuple(option.selection for option in contest.options)
        for contest in open_ballot(election, ballot, nonce).contests
    }


@pytest.fixture(scope="module", params=NAMES)
def example(request: pytest.FixtureRequest) -> Election:
    """The elections of the demonstration, on the toy group."""
    return build_election(manifest=manifest_bytes(request.param))[0]


def test_generated_ballots(example: Election) -> None:
    """Spec: EG-2.1 §3.3.7, box 6; §3.3.8, box 7; §3.3.4, eq. 38; §3.3.10, eq. 69"""
    plaintexts = list(plaintext_ballots(example.manifest, 25, 4))
    opening = open_device(example.h_e, 1, "Booth", 1)
    for plaintext, (ballot, nonce) in zip(plaintexts, encrypt_ballots(example, opening, plaintexts), strict=True):
        verify(example, ballot)
        assert opened(example, ballot, nonce) == expected(example, plaintext)
        assert ballot.weight == plaintext.weight
        assert parse(EncryptedBallot, dump(ballot), "x", example.group) == ballot


@given(st.data())
def test_any_marks(election: Election, data: st.DataObject) -> None:
    """Within limits, above them, or left out: the ballot is well-formed and opens to what it must hold.

    Spec: EG-2.1 §3.3.5; §3.3.7, box 6; §3.3.8, box 7
    """
    manifest = election.manifest
    style = data.draw(st.integers(1, 2))
    contests = []
    for ind_c in data.draw(st.sets(st.sampled_from(manifest.ballot_style(style).contests))):
        count = len(manifest.contest(ind_c).options)
        selections = data.draw(st.lists(st.integers(0, 4), min_size=count, max_size=count))
        write_ins = {4: data.draw(st.text(st.characters(exclude_categories=["Cs"])))} if ind_c == 1 else None
        contests.append(PlaintextContest(contest=ind_c, selections=tuple(selections), write_ins=write_ins))
    plaintext = PlaintextBallot(ballot_style=style, contests=tuple(contests))
    rng = DeterministicRandomness(data.draw(st.integers(0, 2**32)))
    ballot, nonce = encrypt_ballot(election, open_device(election.h_e, 1, "B", 0), plaintext, rng=rng)
    verify(election, ballot)
    assert opened(election, ballot, nonce) == expected(election, plaintext)


@pytest.mark.parametrize("group", [STANDARD], ids=["standard-4096"])
def test_one_ballot_with_the_standard_parameters(group: Group) -> None:
    """Spec: EG-2.1 §3.3.7, box 6; §3.3.8, box 7"""
    election = build_election(group_name=group.name, n=1, k=1)[0]
    plaintext = PlaintextBallot(
        ballot_style=1, contests=(PlaintextContest(contest=1, selections=(0, 1, 0, 1), write_ins={4: "x"}),)
    )
    ballot, nonce = encrypt_ballot(election, open_device(election.h_e, 1, "B", 1), plaintext)
    verify(election, ballot)
    assert opened(election, ballot, nonce) == {1: (0, 1, 0, 1), 3: (0, 0)}
    data = open_ballot(election, ballot, nonce).contests[0].contest_data.data
    assert contest_data.unpack(data) == {"write_ins": {"4": "x"}}


def test_times_are_utc_in_whole_seconds(election: Election) -> None:
    tehran = timezone(timedelta(hours=3, minutes=30))
    plaintext = PlaintextBallot(ballot_style=1, contests=())
    opening = open_device(election.h_e, 1, "B", 1)
    for clock, written in (
        (lambda: datetime(2026, 12, 1, 9, 0, 0, 999_999, tzinfo=UTC), "2026-12-01T09:00:00Z"),
        (lambda: datetime(2026, 12, 1, 2, 0, tzinfo=tehran), "2026-11-30T22:30:00Z"),
    ):
        ballot, _ = encrypt_ballot(election, opening, plaintext, clock=clock)
        assert ballot.encrypted_at == written


def test_the_same_marks_never_give_the_same_ballot(election: Election) -> None:
    plaintext = PlaintextBallot(ballot_style=1, contests=())
    opening = open_device(election.h_e, 1, "B", 0)
    ballots = [encrypt_ballot(election, opening, plaintext)[0] for _ in range(3)]
    for field in ("id_b", "h_i", "confirmation_code"):
        assert len({getattr(ballot, field) for ballot in ballots}) == 3
    assert len({ballot.contests[0].options[0].ciphertext for ballot in ballots}) == 3


def test_ballots_of_one_style_have_one_size(election: Election) -> None:
    """Whatever was voted, written in or overvoted."""
    opening, sizes = open_device(election.h_e, 1, "B", 0), set()
    for selections, text in (((0, 0, 0, 0), None), ((1, 1, 1, 1), "long " * 30), ((0, 0, 0, 1), "نام")):
        contest = PlaintextContest(contest=1, selections=selections, write_ins={4: text} if text else None)
        ballot, _ = encrypt_ballot(election, opening, PlaintextBallot(ballot_style=1, contests=(contest,)))
        sizes.add(len(dump(ballot)))
    assert len(sizes) == 1


@pytest.mark.parametrize("mode", [0, 1])
@pytest.mark.parametrize("jobs", [1, 2])
def test_lines_are_ballots_of_one_chain(election: Election, mode: int, jobs: int) -> None:
    """Where ballots are encrypted makes no difference to their places, their chain and their nonces."""
    opening = open_device(election.h_e, 3, "L", mode)
    marks = [PlaintextBallot(ballot_style=1 + i % 2, contests=()) for i in range(2 * BATCH + 3)]
    before = encrypt_ballot(election, opening, marks[0])[0].confirmation_code
    lines = list(encrypt_lines(election, opening, marks, 1, before, jobs))
    assert len(lines) == len(marks)
    last_code = before
    for position, (line, plaintext) in enumerate(zip(lines, marks, strict=True), 2):
        ballot = parse(EncryptedBallot, line.line, "line", election.group)
        verify(election, ballot)
        assert (ballot.device, ballot.position, ballot.ballot_style) == (3, position, plaintext.ballot_style)
        assert ballot.chaining_field == next_chaining_field(opening, last_code)
        hashes = (contest.contest_hash for contest in ballot.contests)
        code = confirmation_code(ballot.h_i, hashes, ballot.chaining_field)
        assert ballot.confirmation_code == line.confirmation_code == code
        open_ballot(election, ballot, line.nonce)
        last_code = code
    assert len({line.nonce.value for line in lines}) == len(lines)
