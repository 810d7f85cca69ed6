"""The encrypting and the recording tool: what they make fits together, and what they refuse."""

import json
import re
from collections.abc import Sequence
from functools import reduce

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from e2evote.elgamal import Ciphertext
from e2evote.encryption import SecretBallotNonce
from e2evote.errors import CheckError, VerificationError
from e2evote.group.computation import compute
from e2evote.preencryption.encrypting import Blank, NewBallot, expecting, pre_encrypt_ballots
from e2evote.preencryption.paper import Sheet, pages
from e2evote.preencryption.recording import choices_of_codes, open_uncast, printed_codes, record_ballot
from e2evote.record.ballot import BallotStatus
from e2evote.record.codes import open_device
from e2evote.record.pre_encrypted import RecordedBallot
from e2evote.record.setup import Election
from e2evote.tally import accumulate
from e2evote.verifier import pre_encrypted
from e2evote.verifier.context import Context
from e2evote.verifier.report import NOWHERE, Ledger
from tests.builders import build_election
from tests.deterministic import DeterministicRandomness
from tests.mail_forger import mail_manifest


@pytest.fixture(scope="module")
def mail_election() -> Election:
    election, _, _ = build_election(manifest=mail_manifest())
    return election


@pytest.fixture(scope="module")
def printed(mail_election: Election) -> list[NewBallot]:
    """Two ballots of the first style and one of the second."""
    return make(mail_election, [Blank(1), Blank(1), Blank(2, 3)])


def make(election: Election, blanks: Sequence[Blank], seed: str = "printed") -> list[NewBallot]:
    opening = open_device(election.h_e, 1, "Printer", 1, pre_encrypted=True)
    return list(pre_encrypt_ballots(election, opening, blanks, rng=DeterministicRandomness(seed)))


def judge(election: Election, ballot: NewBallot, recorded: RecordedBallot) -> set[str]:
    """Return the checks that a recorded ballot fails."""
    ledger = Ledger()
    context = Context(
        election.group, election.manifest, election.n, election.k, election.keys, election.h_e, election.bases
    )
    status = BallotStatus(confirmation_code=ballot[0].confirmation_code, status="cast")
    compute(pre_encrypted.verifying_ballot(ledger, context, ballot[0], status, recorded, NOWHERE))
    return set(ledger.findings)


@given(
    st.sets(st.integers(1, 4), max_size=2),
    st.sets(st.integers(1, 2), max_size=1),
)
def test_what_is_recorded_is_what_was_chosen(
    mail_election: Election, printed: list[NewBallot], board: set[int], motion: set[int]
) -> None:
    """Whatever is chosen, boxes 6, 7, 15 to 17 hold, and the sum of the nonces opens exactly the choice."""
    ballot, nonce = printed[0]
    choices = {1: sorted(board), 3: sorted(motion)}
    recorded = record_ballot(mail_election, ballot, nonce, choices, DeterministicRandomness("record"))
    assert judge(mail_election, printed[0], recorded) == set()
    for contest, limit in zip(recorded.contests, (2, 1), strict=True):
        assert len(contest.selections) == limit
        assert (contest.selections[0].proofs is None) == (limit == 1)
        columns = zip(*(selected.vector for selected in contest.selections), strict=True)
        products = [reduce(Ciphertext.__mul__, column) for column in columns]
        assert products == [option.ciphertext for option in contest.options]
        assert {s.selection_hash for s in contest.selections} <= set(
            next(c for c in ballot.contests if c.index == contest.index).selection_hashes
        )


@given(st.sets(st.integers(1, 4), max_size=2))
def test_codes_name_what_was_chosen(mail_election: Election, printed: list[NewBallot], board: set[int]) -> None:
    ballot, nonce = printed[1]
    contest, _ = printed_codes(mail_election, ballot, nonce)
    codes = [contest.options[j - 1] for j in board] + list(contest.null_codes[: 2 - len(board)])
    assert choices_of_codes(mail_election, ballot, nonce, {1: codes}) == {1: tuple(sorted(board))}


def test_the_shape_shows_nothing_of_the_choice(mail_election: Election, printed: list[NewBallot]) -> None:
    """Null votes, undervotes and full votes look alike, and selected vectors stand by hash."""
    ballot, nonce = printed[0]
    shapes = set()
    for board in ((), (1,), (2, 4)):
        recorded = record_ballot(mail_election, ballot, nonce, {1: board})
        contest = recorded.contests[0]
        psis = [selected.selection_hash for selected in contest.selections]
        assert psis == sorted(psis)
        shapes.add(len(recorded.model_dump_json()))
    assert len(shapes) == 1


def test_an_opened_ballot_is_all_there(mail_election: Election, printed: list[NewBallot]) -> None:
    """Spec: EG-2.1 §4.3; §4.2.1, eq. 121"""
    ballot, nonce = printed[2]
    opened, codes = open_uncast(mail_election, ballot, nonce), printed_codes(mail_election, ballot, nonce)
    for contest, printed_contest, shape in zip(opened.contests, codes, ((3, 1), (2, 1)), strict=True):
        assert (len(contest.options), len(contest.null_vectors)) == shape
        assert tuple(option.short_code for option in contest.options) == printed_contest.options
        assert tuple(vector.short_code for vector in contest.null_vectors) == printed_contest.null_codes
    assert nonce.value.hex().upper() not in opened.model_dump_json()


def test_both_kinds_are_tallied_alike(mail_election: Election, printed: list[NewBallot]) -> None:
    """Spec: EG-2.1 §3.5, eq. 80; §4.4"""
    ballots = [record_ballot(mail_election, *made, {3: (1,)}) for made in printed]
    (cell,) = accumulate(mail_election, ballots)
    assert (cell.ballots, cell.weight) == (3, 5)
    assert [contest.ballots for contest in cell.contests] == [2, 1, 3]


def test_contests_with_a_code_twice_are_drawn_again(mail_election: Election) -> None:
    """With two digits some draw in fifteen has a collision; none of the ballots has one."""
    for ballot, nonce in make(mail_election, [Blank(1)] * 30, "many"):
        for contest in printed_codes(mail_election, ballot, nonce):
            codes = contest.options + contest.null_codes
            assert len(set(codes)) == len(codes)


def test_identifiers_and_nonces_are_new_in_each_draw(mail_election: Election) -> None:
    made = make(mail_election, [Blank(2)] * 5, "new")
    assert len({ballot.id_b for ballot, _ in made}) == len({nonce.value for _, nonce in made}) == 5


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({1: (1, 2, 3)}, "3 selections, at most 2"),
        ({1: (2, 2)}, "chosen twice"),
        ({1: (5,)}, "not there"),
        ({1: (0,)}, "not there"),
        ({2: (1,)}, "not on the ballot"),
    ],
)
def test_choices_that_cannot_be(
    choices: dict[int, tuple[int, ...]], message: str, mail_election: Election, printed: list[NewBallot]
) -> None:
    with pytest.raises(CheckError, match=message):
        record_ballot(mail_election, *printed[0], choices)


def test_the_nonce_of_another_ballot(mail_election: Election, printed: list[NewBallot]) -> None:
    (ballot, _), (_, other), _ = printed
    for tool in (record_ballot, choices_of_codes):
        with pytest.raises(VerificationError, match="does not reproduce"):
            tool(mail_election, ballot, other, {})
    with pytest.raises(VerificationError, match="does not reproduce"):
        open_uncast(mail_election, ballot, other)


def changed(**changes: object) -> Election:
    election, _, _ = build_election(manifest=mail_manifest(**changes))
    return election


def test_styles_that_cannot_be_pre_encrypted() -> None:
    without = changed(hash_trimming=None)
    with pytest.raises(CheckError, match="names no hash-trimming function"):
        make(without, [Blank(1)])
    contests = json.loads(mail_manifest())["contests"]
    contests[0]["options"][0]["selection_limit"] = 2
    with pytest.raises(CheckError, match="an option may have more"):
        make(changed(contests=contests), [Blank(1)])
    make(changed(contests=contests), [Blank(2)])
    contests = json.loads(mail_manifest())["contests"]
    contests[0]["supplemental_fields"] = ["undervote_difference"]
    with pytest.raises(CheckError, match="no place for supplemental fields"):
        make(changed(contests=contests), [Blank(1)])
    make(changed(contests=contests), [Blank(2)])
    contests = json.loads(mail_manifest())["contests"]
    contests[0]["options"] = [{"label": f"{j}"} for j in range(60)]
    with pytest.raises(CheckError, match="one ballot in a hundred"):
        make(changed(contests=contests), [Blank(1)])
    Blank(1).check(changed(contests=contests, hash_trimming=2))
    with pytest.raises(CheckError, match="weight 4"):
        make(changed(), [Blank(1, 4)])
    with pytest.raises(CheckError, match="ballot style 3"):
        make(changed(), [Blank(3)])


def test_a_device_for_ordinary_ballots(mail_election: Election) -> None:
    opening = open_device(mail_election.h_e, 1, "Booth", 1)
    with pytest.raises(CheckError, match="no pre-encrypted ballots"):
        next(pre_encrypt_ballots(mail_election, opening, [Blank(1)]))


def test_several_processes_and_tables_make_no_difference(mail_election: Election) -> None:
    opening = open_device(mail_election.h_e, 1, "Printer", 1, pre_encrypted=True)
    made = list(pre_encrypt_ballots(expecting(mail_election, 1000), opening, [Blank(1)] * 20, jobs=2))
    assert [ballot.position for ballot, _ in made] == list(range(1, 21))
    for ballot, nonce in made[::7]:
        assert printed_codes(mail_election, ballot, nonce)


def test_secrets_are_not_shown(printed: list[NewBallot]) -> None:
    _, nonce = printed[0]
    assert nonce.value.hex() not in repr(nonce)
    assert repr(SecretBallotNonce(b"secret")) == "SecretBallotNonce()"


def test_the_code_on_the_stub(mail_election: Election, printed: list[NewBallot]) -> None:
    """The QR code is that of the confirmation code, in the mode for digits and capital letters."""
    ballot, nonce = printed[0]
    code, codes = ballot.confirmation_code, printed_codes(mail_election, ballot, nonce)
    sheet = Sheet(1, 1, ballot.ballot_style, code, codes)
    html = "".join(pages(mail_election.manifest, [sheet], "fa"))
    expected = segno.make(code.hex().upper(), error="m", micro=False)
    assert expected.mode == "alphanumeric"
    (drawn,) = re.findall(r'<path[^>]* d="([^"]+)"', html)
    assert drawn in expected.svg_inline(scale=4)
    assert html.count("<bdi>") == 2 + sum(len(contest.options) + len(contest.null_codes) for contest in codes)
