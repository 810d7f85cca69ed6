"""Mistakes in decryption, of tallies and of what is opened."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from e2evote import hashed_elgamal
from e2evote.challenge import open_ballot
from e2evote.decryption.rounds import DecryptionResponses, DecryptionReveals, commit, decrypt, reveal
from e2evote.decryption.statements import Statement, ballot_nonce_statement, contest_data_statement, tally_statements
from e2evote.errors import CheckError, ParseError, VerificationError
from e2evote.group.elements import Scalar
from e2evote.hashed_elgamal import ContestDataSeal
from e2evote.record import contest_data
from e2evote.record.codec import dump, parse
from e2evote.record.tally import EncryptedTally, Tally
from e2evote.secret_sharing import SecretKeyShares, lagrange_coefficient
from tests.builders import BuiltRecord, build_election, build_record, manifest_bytes
from tests.deterministic import DeterministicRandomness
from tests.mistakes.helpers import encrypted, plain, session, tally_of


def nonce_of(built: BuiltRecord) -> Sequence[Statement]:
    return [ballot_nonce_statement(built.election, built.of_status("challenged")[0], "challenged")]


def data_of(built: BuiltRecord) -> Sequence[Statement]:
    ballot = next(b for b in built.of_status("cast") if b.ballot_style == 1)
    return [contest_data_statement(built.election, ballot, "cast", 1)]


every_kind = pytest.mark.parametrize(
    "kind", [tally_of, nonce_of, data_of], ids=["tally", "ballot nonce", "contest data"]
)


def test_tally_published_without_proof(built: BuiltRecord) -> None:
    """Spec: EG-2.1 §3.6.5, eq. 90"""
    fields = json.loads(dump(built.tallies[0]))
    del fields["contests"][0]["options"][0]["proof"]
    with pytest.raises(ParseError, match=r"contests\.0\.options\.0\.proof: Field required"):
        parse(Tally, json.dumps(fields, separators=(",", ":")).encode(), "x", built.election.group)


@every_kind
def test_one_guardian_shifts_a_count(built: BuiltRecord, kind: Callable[..., Sequence[Statement]]) -> None:
    """Guardian 3 knows w_3 and shifts M by a chosen factor; the joint proof fails and names it.

    Spec: EG-2.1 §3.6.5, eqs. 94, 95
    """
    running = session(built, kind(built))
    group, last = built.election.group, len(running.statements) - 1
    w_3 = lagrange_coefficient(group, 3, (1, 3))
    inverse = Scalar(pow(int(w_3.value), -1, int(group.q)) + group.scalar(0).value, group)
    shifted = running.reveals[3].partials[last].m / built.election.K**inverse
    running.lie(3, last, m=shifted)
    responses = [running.respond(1), running.respond(3)]
    with pytest.raises(VerificationError, match=f"{running.statements[last].name}: guardian 3 sent a wrong"):
        running.combine(responses)


@every_kind
@pytest.mark.parametrize("guilty", [[1], [3], [1, 3]])
def test_wrong_share_detected_but_nobody_named(
    built: BuiltRecord, kind: Callable[..., Sequence[Statement]], guilty: list[int]
) -> None:
    """Spec: EG-2.1 §3.6.5, eqs. 94, 95"""
    running = session(built, kind(built))
    responses = [running.respond(i) for i in (1, 3)]
    one = built.election.group.scalar(1)
    changed = [
        DecryptionResponses(i=r.i, responses=(r.responses[0] + one, *r.responses[1:])) if r.i in guilty else r
        for r in responses
    ]
    names = ", ".join(map(str, guilty))
    with pytest.raises(VerificationError, match=f"guardian {names} sent a wrong partial decryption or response"):
        running.combine(changed)


@every_kind
def test_a_guardian_with_another_share(built: BuiltRecord, kind: Callable[..., Sequence[Statement]]) -> None:
    """Guardian 3 decrypts with secrets that are not those of the ceremony."""
    group = built.election.group
    wrong = SecretKeyShares(3, group.secret(5), group.secret(6))
    others = [built.shares[0], wrong]
    with pytest.raises(VerificationError, match="guardian 3 sent a wrong partial decryption"):
        decrypt(built.election, built.guardian_record.guardians, others, kind(built))


@every_kind
@pytest.mark.parametrize("field", ["a", "b", "m"])
def test_values_revealed_that_were_not_committed_to(
    built: BuiltRecord, kind: Callable[..., Sequence[Statement]], field: str
) -> None:
    """Whoever waits for the others' values cannot adapt its own.

    Spec: EG-2.1 §3.6.5, eq. 88; §3.6.6, eq. 99
    """
    running = session(built, kind(built))
    committed = running.commitments[3]
    running.lie(3, **{field: built.election.group.g})
    running.commitments[3] = committed
    with pytest.raises(VerificationError, match=r"guardian 3: .* not what was committed to"):
        running.respond(1)


def test_hashes_exchanged_after_others_have_revealed(built: BuiltRecord) -> None:
    """What a guardian has accepted it holds the others to; its own messages it knows.

    Spec: EG-2.1 §3.6.5, eq. 88
    """
    running = session(built, tally_of(built))
    honest = dict(running.commitments), dict(running.reveals)
    assert reveal(running.states[1], list(running.commitments.values())) == running.reveals[1]
    other = session(built, tally_of(built)[::-1])
    running.commitments[3] = other.commitments[3]
    with pytest.raises(CheckError, match="guardian 1: other hashes were accepted before"):
        running.respond(1)
    running.commitments = honest[0] | {1: other.commitments[1]}
    with pytest.raises(VerificationError, match="guardian 1: its own hashes were replaced"):
        reveal(running.states[1], list(running.commitments.values()))
    swapped = DecryptionReveals(i=1, partials=honest[1][1].partials[::-1])
    running.commitments, running.reveals = honest[0], honest[1] | {1: swapped}
    with pytest.raises(VerificationError, match="guardian 1"):
        running.respond(1)


@every_kind
@pytest.mark.parametrize("field", ["a", "b", "m"])
def test_minus_beta_as_decryption_factor(
    built: BuiltRecord, kind: Callable[..., Sequence[Statement]], field: str
) -> None:
    """Where the challenge is even −M passes box 10 or 12; guardians test every value of each other for membership.

    Spec: EG-2.1 §3.6.6, eq. 97
    """
    running = session(built, kind(built))
    group = built.election.group
    honest = getattr(running.reveals[3].partials[0], field)
    running.lie(3, **{field: group.element(int(group.p - honest.value))})
    with pytest.raises(VerificationError, match=r"guardian 3: .* not a member of the group"):
        running.respond(1)
    empty = [DecryptionResponses(i=i, responses=(group.scalar(0),) * len(running.statements)) for i in (1, 3)]
    with pytest.raises(VerificationError, match=r"guardian 3: .* not a member of the group"):
        running.combine(empty)


def test_a_guardian_answers_with_the_shares_of_another(built: BuiltRecord) -> None:
    """The mistake is noticed before the nonces are spent."""
    running = session(built, tally_of(built))
    own, running.shares[1] = running.shares[1], running.shares[3]
    with pytest.raises(CheckError, match="guardian 1: these are the shares of guardian 3"):
        running.respond(1)
    running.shares[1] = own
    assert len(running.respond(1).responses) == len(running.statements)


def test_nonces_answer_twice(built: BuiltRecord) -> None:
    """Two answers with one u give the secret share away."""
    running = session(built, tally_of(built))
    running.respond(1)
    with pytest.raises(CheckError, match="guardian 1: these nonces have answered already"):
        running.respond(1)


def test_values_revealed_before_all_have_committed(built: BuiltRecord) -> None:
    running = session(built, tally_of(built), (1, 2, 3))
    partly = [running.commitments[i] for i in (1, 2)]
    for given in (partly, [*partly, partly[0]], [*partly, running.commitments[3], partly[0]]):
        with pytest.raises(CheckError, match="exactly one message from each of the guardians"):
            reveal(running.states[1], given)


@pytest.mark.parametrize("available", [(1,), (), (1, 1), (0, 1), (1, 4)])
def test_fewer_than_k_or_unknown_guardians_decrypt(built: BuiltRecord, available: tuple[int, ...]) -> None:
    with pytest.raises(CheckError, match="at least 2 different guardians of 1 to 3"):
        commit(built.election, built.shares[0], tally_of(built), available)


def test_a_guardian_that_is_not_available_decrypts(built: BuiltRecord) -> None:
    with pytest.raises(CheckError, match="guardian 1 is not among the available guardians"):
        commit(built.election, built.shares[0], tally_of(built), (2, 3))


def test_guardians_with_different_views_of_who_is_available(built: BuiltRecord) -> None:
    """U is hashed: what guardian 3 committed to for {1, 2, 3} is worth nothing to {1, 3}.

    Spec: EG-2.1 §3.6.5, eq. 88
    """
    running, other = session(built, tally_of(built)), session(built, tally_of(built), (1, 2, 3))
    running.commitments[3], running.reveals[3] = other.commitments[3], other.reveals[3]
    running.forget()
    with pytest.raises(VerificationError, match=r"guardian 3: .* not what was committed to"):
        running.respond(1)


@pytest.mark.parametrize("count", [0, 1])
def test_tally_of_one_ballot_shows_the_vote(built: BuiltRecord, count: int) -> None:
    """The manifest's minimum is 2 cast ballots a cell.

    Spec: EG-2.1 §3.6.1
    """
    first, second = built.encrypted_tallies
    few = with_voters(second, count)
    statements = tally_statements(built.election, (first, few))
    kept = [total for contest in first.contests for total in contest.options]
    assert [statement.total for statement in statements] == kept
    with pytest.raises(CheckError, match="no contest has 2 cast ballots in a tally cell, the manifest's minimum"):
        tally_statements(built.election, (with_voters(first, count), few))


def with_voters(cell: EncryptedTally, count: int) -> EncryptedTally:
    """Return the cell with another number of cast ballots in every contest."""
    contests = tuple(contest.model_copy(update={"ballots": count}) for contest in cell.contests)
    return cell.model_copy(update={"ballots": count, "contests": contests})


def test_one_voter_of_a_contest_in_a_large_cell(built: BuiltRecord) -> None:
    """The minimum holds for every contest by itself: others in the cell do not hide a contest's only voter.

    Spec: EG-2.1 §3.6.1
    """
    first, second = built.encrypted_tallies
    rare, *others = first.contests
    lonely = first.model_copy(update={"contests": (rare.model_copy(update={"ballots": 1}), *others)})
    statements = tally_statements(built.election, (lonely, second))
    kept = [total for cell in (others, second.contests) for contest in cell for total in contest.options]
    assert [statement.total for statement in statements] == kept


def test_tally_of_few_ballots_in_the_record(tmp_path: Path) -> None:
    """A cell below the minimum has its encrypted tally and no other."""
    ballots = [plain(1), plain(1), plain(2)]
    built = build_record(tmp_path / "r", ballots=3, challenged=0, spoiled=0, plaintexts=ballots)
    assert [cell.ballots for cell in built.encrypted_tallies] == [2, 1]
    assert [tally.label for tally in built.tallies] == ["members"]


@pytest.mark.parametrize("status", ["cast", "spoiled"])
def test_cast_ballot_opened_as_if_challenged(built: BuiltRecord, status: str) -> None:
    """Spec: EG-2.1 §3.6.7, eq. 107"""
    ballot = built.of_status(status)[0]
    with pytest.raises(CheckError, match=f"is {status}; only challenged ballots are opened"):
        ballot_nonce_statement(built.election, ballot, status)


@pytest.mark.parametrize("status", ["challenged", "spoiled"])
def test_contest_data_of_ballots_that_were_not_cast(built: BuiltRecord, status: str) -> None:
    ballot = next(b for b in built.ballots.values() if b.ballot_style == 1)
    with pytest.raises(CheckError, match=f"is {status}; its contest data is not for the guardians"):
        contest_data_statement(built.election, ballot, status, 1)


def test_contest_data_that_the_manifest_keeps_closed() -> None:
    election, _, _ = build_election(manifest=manifest_bytes(cast_contest_data_may_be_decrypted=None))
    ballot = encrypted(election, plain(1, write_ins={4: "A"}, c1=(0, 0, 0, 1)))
    with pytest.raises(CheckError, match="the manifest does not allow"):
        contest_data_statement(election, ballot, "cast", 1)


@pytest.mark.parametrize("ind_c", [0, 2, 3, 9])
def test_contest_data_that_is_not_there(built: BuiltRecord, ind_c: int) -> None:
    ballot = next(b for b in built.of_status("cast") if b.ballot_style == 1)
    with pytest.raises(CheckError, match=f"has no contest data in contest {ind_c}"):
        contest_data_statement(built.election, ballot, "cast", ind_c)


def test_ballot_of_another_election_under_the_same_keys(built: BuiltRecord) -> None:
    """Guardians who serve two elections with one key decrypt only what belongs to the one at hand.

    Spec: EG-2.1 §3.3.2, eq. 32
    """
    election = built.election
    second = dataclasses.replace(election, h_e=bytes(32))
    ballot, data = built.of_status("challenged")[0], next(b for b in built.ballots.values() if b.ballot_style == 1)
    ballot_nonce_statement(election, ballot, "challenged")
    with pytest.raises(VerificationError, match="is not of this election"):
        ballot_nonce_statement(second, ballot, "challenged")
    with pytest.raises(VerificationError, match="is not of this election"):
        contest_data_statement(second, data, "cast", 1)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_ballot_nonce_of_another_size(built: BuiltRecord, size: int) -> None:
    """A refusal, not a crash."""
    ballot = built.of_status("challenged")[0]
    box = dataclasses.replace(ballot.ballot_nonce, c_1=bytes(size))
    with pytest.raises(VerificationError, match=f"{size} bytes where 32 are expected"):
        ballot_nonce_statement(built.election, ballot.model_copy(update={"ballot_nonce": box}), "challenged")


def test_contest_data_of_a_challenged_ballot_forged(built: BuiltRecord) -> None:
    """Data encrypted under another nonce than the ballot's, honestly proved, does not pass when the ballot is opened.

    Spec: EG-2.1 §3.6.7, eqs. 110, 111
    """
    election, rng = built.election, DeterministicRandomness(4)
    ballot = next(b for b in built.of_status("challenged") if b.ballot_style == 1)
    contest, xi = ballot.contests[0], rng.scalar(election.group)
    seal = ContestDataSeal(ballot.h_i, 1)
    data = contest_data.pack(2, None, {4: "somebody else"})
    forged = hashed_elgamal.encrypt(seal, election.group.g, election.K_hat, data, xi, rng)
    hashed_elgamal.verify(seal, election.group.g, forged)
    changed = ballot.model_copy(
        update={"contests": (contest.model_copy(update={"contest_data": forged}), *ballot.contests[1:])}
    )
    with pytest.raises(VerificationError, match="the ballot nonce does not open the contest data"):
        open_ballot(election, changed, built.nonces[ballot.confirmation_code])


def test_opening_that_blames_nobody(built: BuiltRecord) -> None:
    """A nonce that does not fit is refused, with contest and option."""
    first, second = built.of_status("challenged")
    with pytest.raises(VerificationError, match=r"contest 'board', option 'board-1': the ballot nonce does not open"):
        open_ballot(built.election, first, built.nonces[second.confirmation_code])


def test_selections_opened_from_a_ciphertext_of_another_nonce(built: BuiltRecord) -> None:
    """β fits and α does not: nothing is shown."""
    ballot = built.of_status("challenged")[0]
    contest = ballot.contests[0]
    option = contest.options[0]
    pair = dataclasses.replace(option.ciphertext, alpha=option.ciphertext.alpha * built.election.group.g)
    options = (option.model_copy(update={"ciphertext": pair}), *contest.options[1:])
    contests = (contest.model_copy(update={"options": options}), *ballot.contests[1:])
    with pytest.raises(VerificationError, match="does not reproduce the ciphertext"):
        open_ballot(
            built.election, ballot.model_copy(update={"contests": contests}), built.nonces[ballot.confirmation_code]
        )
