"""Supplemental fields encrypted, proved, verified, counted and opened."""

import json
from collections import Counter
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.challenge import open_ballot
from e2evote.elgamal import Ciphertext, encrypt
from e2evote.encryption import encrypt_ballot
from e2evote.errors import ParseError, VerificationError
from e2evote.group.computation import compute
from e2evote.hashing import selection_nonce
from e2evote.record import layout
from e2evote.record.codes import open_device
from e2evote.record.layout import Record
from e2evote.record.manifest import Contest
from e2evote.record.plaintext import PlaintextBallot, PlaintextContest, encrypted_values
from e2evote.record.setup import Election, FixedBases
from e2evote.record.supplemental import field_relations, limit_relation
from e2evote.verifier.chunk import verifying_ballot
from e2evote.verifier.context import Context
from e2evote.verifier.report import NOWHERE, Ledger
from e2evote.verifier.run import CHECKS, verify_record
from e2evote.zkp import range as range_proof
from tests import oracle
from tests.builders import SUPPLEMENTAL, TOY, BuiltRecord, build_record, manifest_bytes, patterned_ballots, reindex
from tests.cli.conftest import run
from tests.deterministic import DeterministicRandomness
from tests.forger import Forger
from tests.mutations.registry import put
from tests.strategies import TOY_GROUP, exponents

MANIFEST = manifest_bytes(contests=SUPPLEMENTAL)


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> BuiltRecord:
    """An election with every field: the patterned ballots twice."""
    source = patterned_ballots()
    votes = [next(source) for _ in range(16)]
    path = tmp_path_factory.mktemp("counted") / "record"
    return build_record(path, manifest=MANIFEST, ballots=16, plaintexts=votes)


def judged(built: BuiltRecord) -> set[str]:
    """Return the checks that did not pass."""
    report = verify_record(Record.at(built.path), allow_insecure=(TOY,))
    return {check.id for check in report.checks if check.status not in ("passed", "not applicable")}


def test_the_record_is_valid(counted: BuiltRecord) -> None:
    assert judged(counted) == set()


def test_tallies_are_the_weighted_sums(counted: BuiltRecord) -> None:
    """Spec: EG-2.1 §3.5, eq. 80; §3.3.9"""
    manifest, expected = counted.election.manifest, Counter[tuple[int, str]]()
    for ballot in counted.of_status("cast"):
        plaintext = counted.plaintexts[ballot.confirmation_code]
        marks = {contest.contest: contest.selections for contest in plaintext.contests}
        for ind_c in manifest.ballot_style(plaintext.ballot_style).contests:
            contest = manifest.contest(ind_c)
            values = encrypted_values(contest, marks.get(ind_c, (0,) * len(contest.options)))
            for field, value in zip(contest.verifiable_fields, values, strict=True):
                expected[ind_c, field.label] += ballot.weight * value
    found = Counter[tuple[int, str]]()
    for cell in counted.tallies:
        for contest in cell.contests:
            found.update({(contest.index, option.label): option.tally for option in contest.options})
    assert found == expected
    assert found[1, "overvote_indicator"] > 0
    assert found[1, "write_in_count"] == found[1, "board-write-in"] > 0


def test_challenged_ballots_show_their_fields(counted: BuiltRecord) -> None:
    """Spec: EG-2.1 §3.6.7, box 14"""
    manifest = counted.election.manifest
    for ballot in counted.of_status("challenged"):
        nonce = counted.nonces[ballot.confirmation_code]
        marks = {c.contest: c.selections for c in counted.plaintexts[ballot.confirmation_code].contests}
        for contest in open_ballot(counted.election, ballot, nonce).contests:
            known = manifest.contest(contest.index)
            given_marks = marks.get(contest.index, (0,) * len(known.options))
            assert tuple(option.selection for option in contest.options) == encrypted_values(known, given_marks)


def test_no_two_fields_share_a_nonce(counted: BuiltRecord) -> None:
    """Ratios of ciphertexts with one nonce would show overvotes, null votes and counts.

    Spec: EG-2.1 §3.3.3, eq. 33
    """
    alphas = [option.ciphertext.alpha for b in counted.ballots.values() for c in b.contests for option in c.options]
    assert len(set(alphas)) == len(alphas)
    ballot = next(iter(counted.ballots.values()))
    contest, g = ballot.contests[0], counted.election.group.g
    xi_b = counted.nonces[ballot.confirmation_code].value
    for ind_o, option in enumerate(contest.options, 1):
        nonce = selection_nonce(counted.election.group, ballot.h_i, contest.index, ind_o, xi_b)
        assert option.ciphertext.alpha == g**nonce


@given(st.data())
def test_any_marks(counted: BuiltRecord, data: st.DataObject) -> None:
    """Within limits, above them, or left out: every check of the ballot passes.

    Spec: EG-2.1 §3.3.9
    """
    election, style = counted.election, data.draw(st.integers(1, 2))
    contests = []
    for ind_c in data.draw(st.sets(st.sampled_from(election.manifest.ballot_style(style).contests))):
        count = len(election.manifest.contest(ind_c).options)
        selections = data.draw(st.lists(st.integers(0, 4), min_size=count, max_size=count))
        contests.append(PlaintextContest(contest=ind_c, selections=tuple(selections)))
    plaintext = PlaintextBallot(ballot_style=style, weight=data.draw(st.integers(1, 5)), contests=tuple(contests))
    rng = DeterministicRandomness(data.draw(st.integers(0, 2**32)))
    ballot, _ = encrypt_ballot(election, open_device(election.h_e, 1, "B", 0), plaintext, rng=rng)
    ledger, record = Ledger(), counted.guardian_record
    bases = FixedBases.of(record.keys)
    context = Context(election.group, election.manifest, election.n, election.k, record.keys, election.h_e, bases)
    assert compute(verifying_ballot(ledger, context, ballot, NOWHERE))
    assert not ledger.findings
    assert not ledger.skipped


def relation_of(L: int, name: str) -> tuple[Contest, int]:
    """Return a contest of L options with one field, and the field's index."""
    options = tuple({"label": f"{j}"} for j in range(L))
    found = {"label": "x", "selection_limit": L, "options": options, "supplemental_fields": (name,)}
    return Contest.model_validate(found), L + 1


@given(st.integers(1, 4), exponents(TOY_GROUP))
@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("undervote_indicator", lambda total, L: int(total < L)),
        ("null_vote_indicator", lambda total, L: int(total == 0)),
        ("undervote_difference", lambda total, L: L - total),
    ],
)
def test_only_the_right_value_is_proved(name: str, right: object, L: int, xi: object) -> None:
    """For all Σ and all values of the field, whichever branch is treated as the true one.

    Spec: EG-2.1 §3.3.9
    """
    contest, ind_o = relation_of(L, name)
    relation, g = field_relations(contest)[ind_o], TOY_GROUP.g
    K, rng = g ** TOY_GROUP.scalar(2718281828), DeterministicRandomness(L)
    nonces = [TOY_GROUP.secret(int(xi.value) + j) for j in range(L + 1)]
    for total, value in product(range(L + 1), range(contest.option_limit(ind_o) + 1)):
        values = (*(int(j < total) for j in range(L)), value)
        pairs = [encrypt(g, K, sigma, nonce) for sigma, nonce in zip(values, nonces, strict=True)]
        made = relation.ciphertext(pairs, K)
        assert made == encrypt(g, K, relation.value(values), relation.nonce(nonces))
        ask = partial(range_proof.relation_challenge, bytes(32), 1, ind_o, made)
        accepted = 0
        for branch in range(relation.limit + 1):
            proof = range_proof.prove(g, K, branch, relation.nonce(nonces), relation.limit, ask, rng)
            accepted += passes(g, K, made, proof, relation.limit, ask)
        assert accepted == (value == right(total, L))


def passes(g: object, K: object, made: Ciphertext, proof: object, limit: int, ask: object) -> bool:
    try:
        range_proof.verify(g, K, made.alpha, made.beta, proof, limit, ask)
    except VerificationError:
        return False
    return True


@pytest.mark.parametrize("relations", [[], None, {}, "00"])
def test_relations_of_another_form(counted: BuiltRecord, tmp_path: Path, relations: object) -> None:
    forger = Forger.of(tmp_path / "record", counted)
    forger.write()
    change = put(0, "contests", 0, "relations", value=relations)
    forger.edit_lines(layout.ballots_path(1, 1), change)
    reindex(forger.root)
    with pytest.raises(ParseError, match="relations"):
        verify_record(Record.at(forger.root), allow_insecure=(TOY,))
    with pytest.raises(oracle.OracleParseError):
        oracle.verify(forger.root, {TOY})


def test_the_challenge_is_no_other_ones(election: Election) -> None:
    """A proof of box 6 or of another field does not stand for a relation."""
    one = Ciphertext(election.group.g, election.K)
    commitments = [election.group.g] * 4
    asked = [
        range_proof.relation_challenge(bytes(32), 1, 5, one, commitments),
        range_proof.relation_challenge(bytes(32), 1, 6, one, commitments),
        range_proof.relation_challenge(bytes(32), 2, 5, one, commitments),
        range_proof.relation_challenge(b"\1" * 32, 1, 5, one, commitments),
        range_proof.selection_challenge(bytes(32), 1, 5, one, commitments),
        range_proof.limit_challenge(bytes(32), 1, one, commitments),
    ]
    assert len({c.value for c in asked}) == len(asked)


def test_the_limit_without_fields_is_the_sum_of_the_options() -> None:
    """Spec: EG-2.1 §3.3.8"""
    options = ({"label": "a"}, {"label": "b"})
    contest = Contest.model_validate({"label": "x", "options": options})
    assert limit_relation(contest).coefficients == (1, 1)
    assert field_relations(contest) == {}


def test_standard_parameters(tmp_path: Path) -> None:
    """One contest with every field on 4096 bits, overvoted, undervoted and full."""
    board = SUPPLEMENTAL[0]
    style = [{"label": "all", "contests": [1]}]
    manifest = manifest_bytes(contests=[board], ballot_styles=style, tally_cells=None, chaining_modes=None)
    marks = ((1, 1, 1, 0), (0, 0, 0, 1), (1, 1, 0, 0))
    votes = [PlaintextBallot(ballot_style=1, contests=(PlaintextContest(contest=1, selections=m),)) for m in marks]
    built = build_record(
        tmp_path / "record", group_name="standard-4096", manifest=manifest, ballots=3, plaintexts=votes, challenged=0,
        spoiled=0, devices=(("Booth", 1),), n=1, k=1,
    )  # fmt: skip
    report = verify_record(Record.at(built.path))
    assert report.valid
    tallies = {option.label: option.tally for option in built.tallies[0].contests[0].options}
    assert [tallies[name] for name in board["supplemental_fields"]] == [1, 1, 1, 0, 1]
    assert {check.id for check in CHECKS} == {check.id for check in report.checks}


def test_through_the_commands(tmp_path: Path) -> None:
    """From 'manifest check' to 'verify', on the toy group."""
    manifest = tmp_path / "manifest.json"
    votes = tmp_path / "votes.ndjson"
    root = tmp_path / "election"
    manifest.write_bytes(manifest_bytes(contests=SUPPLEMENTAL, maximum_weight=1, tally_cells=None))
    assert "Contest 'motion' also counts null votes, overvotes." in run("manifest", "check", manifest).stdout
    lines = [
        '{"ballot_style":1,"contests":[{"contest":1,"selections":[1,1,1,0]},{"contest":3,"selections":[0,0]}]}',
        '{"ballot_style":1,"contests":[{"contest":1,"selections":[0,0,0,1],"write_ins":{"4":"A"}}]}',
        '{"ballot_style":1,"contests":[{"contest":1,"selections":[1,1,0,0]},{"contest":3,"selections":[1,1]}]}',
        '{"ballot_style":2,"contests":[{"contest":2,"selections":[3,1]},{"contest":3,"selections":[1,0]}]}',
        '{"ballot_style":2,"contests":[]}',
    ]
    votes.write_text("\n".join(lines) + "\n")
    create = ("election", "create", root, "--manifest", manifest, "--guardians", 2, "--quorum", 1)
    run(*create, "--insecure-parameters", TOY)
    run("device", "open", root, "--info", "Booth")
    codes = run("ballot", "encrypt", root, "--device", 1, "--input", votes).stdout.split()
    challenged = run("ballot", "challenge", root, codes[0]).stdout
    assert "counted as: 1 overvotes, 0 undervotes, 0 votes not given, 0 null votes, 0 votes for write-ins" in challenged
    run("ballot", "cast", root, "--rest")
    run("device", "close", root, 1)
    run("tally", "accumulate", root, "--jobs", 1)
    run("tally", "decrypt", root, "--guardian", 1, "--jobs", 1)
    shown = json.loads(run("record", "show", root / "record", "--json", "--insecure-parameters", TOY).stdout)
    assert [contest["supplemental_fields"] for contest in shown["results"]["contests"]] == [
        {
            "overvote_indicator": 0,
            "undervote_indicator": 1,
            "undervote_difference": 1,
            "null_vote_indicator": 0,
            "write_in_count": 1,
        },
        {"null_vote_indicator": 1, "undervote_difference": 4, "undervote_indicator": 1},
        {"null_vote_indicator": 2, "overvote_indicator": 1},
    ]
    printed = run("record", "show", root / "record", "--insecure-parameters", TOY).stdout
    assert "Also counted: 2 null votes, 1 overvotes." in printed
    assert "VALID" in run("verify", root / "record", "--jobs", 1, "--insecure-parameters", TOY).stdout
