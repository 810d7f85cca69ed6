"""Threshold decryption: any k of n agree; who is at fault is named (tests/mistakes has the rest)."""

from itertools import combinations

import pytest

from e2evote.decryption.cells import decryptable_cells
from e2evote.decryption.results import opened_contest_data, tallies
from e2evote.decryption.rounds import (
    DecryptionCommitments,
    DecryptionResponses,
    DecryptionReveals,
    combine,
    commit,
    decrypt,
    respond,
    reveal,
)
from e2evote.decryption.statements import (
    ballot_nonce_statement,
    contest_data_statement,
    tally_statements,
)
from e2evote.errors import CheckError
from e2evote.record import contest_data, layout
from e2evote.record.codec import dump, parse
from e2evote.record.layout import Record
from e2evote.record.opened import DecryptedContestData
from e2evote.secret_sharing import lagrange_coefficient
from e2evote.zkp import equality
from tests.builders import BuiltRecord, build_record
from tests.deterministic import DeterministicRandomness
from tests.strategies import TOY_GROUP


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> BuiltRecord:
    """Five guardians, quorum 3."""
    return build_record(tmp_path_factory.mktemp("five") / "record", n=5, k=3, until="tally")


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5])
def test_every_subset_of_k_or_more_guardians_agrees(five: BuiltRecord, size: int) -> None:
    """Spec: EG-2.1 §3.6.3, eq. 84; §3.6.4, eqs. 85, 86; §3.6.5, eqs. 87–93"""
    election, statements = five.election, tally_statements(five.election, five.encrypted_tallies)[:2]
    secret = sum_of_secrets(five)
    for subset in combinations(five.shares, size):
        if size < 3:
            with pytest.raises(CheckError, match="at least 3 different guardians"):
                decrypt_all(five, subset, statements)
            continue
        for statement, (M, proof) in zip(statements, decrypt_all(five, subset, statements), strict=True):
            assert statement.total.alpha**secret == M
            a, b = proof.commitments(TOY_GROUP.g, election.K, statement.base, M)
            equality.verify(proof.response, statement.challenge(a, b, M), proof.challenge)


def decrypt_all(built: BuiltRecord, shares: tuple, statements: object) -> object:
    guardians = built.guardian_record.guardians
    if not shares:
        return combine(built.election, guardians, statements, [], [], [])
    return decrypt(built.election, guardians, shares, statements, DeterministicRandomness("decrypt"))


def sum_of_secrets(built: BuiltRecord) -> object:
    """Return s, which nobody has in a real election, from k shares."""
    chosen = built.shares[: built.election.k]
    total = TOY_GROUP.secret(0)
    for share in chosen:
        total = total + share.z * lagrange_coefficient(TOY_GROUP, share.i, [s.i for s in chosen])
    assert TOY_GROUP.g**total == built.election.K
    return total


def test_messages_travel_as_bytes_and_in_any_order(built: BuiltRecord) -> None:
    election, guardians = built.election, built.guardian_record.guardians
    statements = tally_statements(election, built.encrypted_tallies)
    rounds = [commit(election, share, statements, (3, 1, 2)) for share in built.shares]
    sent = [dump(message) for _, message in reversed(rounds)]
    commitments = [parse(DecryptionCommitments, data, "1", TOY_GROUP) for data in sent]
    sent = [dump(reveal(state, commitments)) for state, _ in rounds[::-1]]
    reveals = [parse(DecryptionReveals, data, "2", TOY_GROUP) for data in sent]
    answers = [
        dump(respond(election, share, state, commitments, reveals))
        for share, (state, _) in zip(built.shares, rounds, strict=True)
    ]
    responses = [parse(DecryptionResponses, data, "3", TOY_GROUP) for data in answers]
    results = combine(election, guardians, statements, commitments, reveals, responses)
    assert [[o.tally for c in t.contests for o in c.options] for t in built.tallies] == [
        [o.tally for c in t.contests for o in c.options] for t in tallies(election, built.encrypted_tallies, results)
    ]


@pytest.mark.parametrize("count", [0, 2])
def test_one_value_a_statement(built: BuiltRecord, count: int) -> None:
    """Messages of another length are refused before anything is computed."""
    election = built.election
    statements = tally_statements(election, built.encrypted_tallies)[:1]
    rounds = [commit(election, share, statements, (1, 2)) for share in built.shares[:2]]
    commitments = [message for _, message in rounds]
    reveals = [reveal(state, commitments) for state, _ in rounds]
    longer = commitments[1].model_copy(update={"hashes": commitments[1].hashes * count})
    with pytest.raises(CheckError, match=f"guardian 2: {count} values for 1 statements"):
        reveal(rounds[0][0], [commitments[0], longer])
    partials = reveals[1].model_copy(update={"partials": reveals[1].partials * count})
    with pytest.raises(CheckError, match=f"guardian 2: {count} values for 1 statements"):
        respond(election, built.shares[0], rounds[0][0], commitments, [reveals[0], partials])
    answers = [respond(election, s, r[0], commitments, reveals) for s, r in zip(built.shares, rounds, strict=False)]
    short = answers[1].model_copy(update={"responses": answers[1].responses * count})
    with pytest.raises(CheckError, match=f"guardian 2: {count} values for 1 statements"):
        combine(election, [], statements, commitments, reveals, [answers[0], short])


@pytest.mark.parametrize("case", ["missing", "doubled", "of another"])
def test_one_message_a_guardian(built: BuiltRecord, case: str) -> None:
    election = built.election
    statements = tally_statements(election, built.encrypted_tallies)[:1]
    rounds = [commit(election, share, statements, (1, 2)) for share in built.shares[:2]]
    commitments = [message for _, message in rounds]
    reveals = [reveal(state, commitments) for state, _ in rounds]
    answers = [respond(election, s, r[0], commitments, reveals) for s, r in zip(built.shares, rounds, strict=False)]

    def wrong(messages: list) -> list:
        other = messages[1].model_copy(update={"i": 3})
        return {"missing": messages[:1], "doubled": [*messages, messages[0]], "of another": [messages[0], other]}[case]

    state = rounds[0][0]
    for refuse in (
        lambda: reveal(state, wrong(commitments)),
        lambda: respond(election, built.shares[0], state, wrong(commitments), reveals),
        lambda: respond(election, built.shares[0], state, commitments, wrong(reveals)),
        lambda: combine(election, [], statements, commitments, wrong(reveals), answers),
        lambda: combine(election, [], statements, commitments, reveals, wrong(answers)),
    ):
        with pytest.raises(CheckError, match=r"exactly one message from each of the guardians \[1, 2\]"):
            refuse()


def test_nonces_are_fresh_every_time(built: BuiltRecord) -> None:
    """Two runs over the same statements commit to different numbers, and no nonce serves two statements."""
    statements = tally_statements(built.election, built.encrypted_tallies)
    runs = [commit(built.election, built.shares[0], statements, (1, 2))[0].reveals for _ in range(2)]
    commitments = [part.a for run in runs for part in run.partials]
    assert len(set(commitments)) == len(commitments)


def test_tally_statements_are_all_options_of_all_cells(built: BuiltRecord) -> None:
    """Spec: EG-2.1 §3.6.1"""
    statements = tally_statements(built.election, built.encrypted_tallies)
    places = [(1, j) for j in (1, 2, 3, 4)] + [(3, 1), (3, 2), (2, 1), (2, 2), (3, 1), (3, 2)]
    assert [(statement.ind_c, statement.ind_o) for statement in statements] == places
    assert {statement.h_e for statement in statements} == {built.election.h_e}
    sums = decryptable_cells(built.election, built.encrypted_tallies)
    assert [cell.label for cell in sums] == [cell.label for cell in built.encrypted_tallies]
    assert [(c.options, c.ballots, c.merged) for cell in sums for c in cell.contests] == [
        (c.options, c.ballots, ()) for cell in built.encrypted_tallies for c in cell.contests
    ]


def test_contest_data_of_cast_ballots(built: BuiltRecord) -> None:
    """What the voter wrote comes out, with a proof that holds.

    Spec: EG-2.1 §3.6.6, eqs. 96–106
    """
    election, found = built.election, {}
    for ballot in built.of_status("cast"):
        if ballot.ballot_style != 1:
            continue
        statement = contest_data_statement(election, ballot, "cast", 1)
        ((beta, proof),) = decrypt(election, built.guardian_record.guardians, built.shares[:2], [statement])
        a, b = proof.commitments(TOY_GROUP.g, election.K_hat, statement.base, beta)
        equality.verify(proof.response, statement.challenge(a, b, beta), proof.challenge)
        entry = opened_contest_data(ballot, statement, beta, proof)
        found[ballot.confirmation_code] = contest_data.unpack(entry.data)
    stored = Record.at(built.path).objects(DecryptedContestData, layout.CONTEST_DATA, TOY_GROUP)
    assert {entry.confirmation_code: contest_data.unpack(entry.data) for entry in stored} == found
    assert {"write_ins": {"4": "شاپور ارغوان‌زاده"}} in found.values()
    assert {"overvote": [1, 1, 1, 0]} in found.values()
    assert {} in found.values()


def test_ballot_nonces_differ_from_contest_data_by_index_0(built: BuiltRecord) -> None:
    """The same ciphertext means something else under another index, so no proof serves twice."""
    ballot = built.of_status("challenged")[0]
    nonce = ballot_nonce_statement(built.election, ballot, "challenged")
    assert (nonce.ind_c, nonce.name, nonce.base) == (0, "ballot nonce", ballot.ballot_nonce.c_0)
    g = TOY_GROUP.g
    other = type(nonce)(nonce.h_i, 1, nonce.ciphertext)
    assert other.name == "contest data of contest 1"
    assert nonce.challenge(g, g, g) != other.challenge(g, g, g)
