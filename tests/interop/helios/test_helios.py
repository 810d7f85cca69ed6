"""Helios: honest elections are accepted, and for every check there is a record that fails it."""

import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from e2evote.engine import workers
from e2evote.errors import E2EVoteError, ParseError
from e2evote.interop.foreign import Foreign
from e2evote.interop.helios.family import CHECKS, HeliosFamily
from e2evote.verifier.report import Report
from tests.interop.helios import maker
from tests.interop.helios.maker import G, Helios, P, Q, hold

FAMILY = HeliosFamily()


@pytest.fixture(scope="module")
def held() -> Helios:
    return hold()


def verified(helios: Helios, folder: Path) -> Report:
    return at(helios.write(folder))


def at(path: Path, jobs: int = 1) -> Report:
    record = Foreign.at(path)
    assert FAMILY.recognises(record)
    return FAMILY.verify(record, workers(jobs), None)


def failed(report: Report) -> set[str]:
    return {check.id for check in report.checks if check.status == "failed"}


def test_an_honest_election(held: Helios, tmp_path: Path) -> None:
    report = verified(held, tmp_path)
    assert failed(report) == set()
    assert report.valid
    assert {check.status for check in report.checks} == {"passed"}
    assert report.counts == {"questions": 4, "trustees": 2, "cast": 4, "counted": 3}
    assert set(report.steps) == {"setup", "keys", "ballots", "selection rule", "aggregation", "decryption", "result"}
    assert any("replaced by later ones" in remark for remark in report.remarks)
    codes = {note.code for note in report.strength}
    assert {"sha-1", "weak-fiat-shamir", "n-of-n-trustees", "parameters-2048", "no-chain"} <= codes
    assert not codes & {"single-trustee", "aliases", "weak-parameters"}


def test_one_trustee_and_no_votes(tmp_path: Path) -> None:
    report = verified(hold(2, trustees=1, votes=[]), tmp_path)
    assert report.valid
    assert "single-trustee" in {note.code for note in report.strength}


def test_one_document_and_an_archive(held: Helios, tmp_path: Path) -> None:
    whole = {"election": held.election, "voters": held.voters, "trustees": held.trustees, "ballots": held.ballots,
             "result": held.result, "encrypted_tally": None}  # fmt: skip
    (tmp_path / "all.json").write_text(json.dumps(whole))
    report = at(tmp_path / "all.json")
    assert report.valid
    assert next(check for check in report.checks if check.id == "HEL.tally").status == "not applicable"
    held.write(tmp_path / "folder")
    with zipfile.ZipFile(tmp_path / "record.zip", "w") as archive:
        for path in sorted((tmp_path / "folder").rglob("*.json")):
            archive.write(path, f"saved/{path.relative_to(tmp_path / 'folder')}")
    assert at(tmp_path / "record.zip", jobs=2).valid


def test_an_election_without_a_result_is_not_valid_yet(held: Helios, tmp_path: Path) -> None:
    changed = held.copy()
    for one in changed.trustees:
        one["decryption_factors"] = one["decryption_proofs"] = None
    (changed.write(tmp_path) / "result.json").unlink()
    report = at(tmp_path)
    assert not report.valid
    assert report.steps["ballots"] == "passed"
    assert (report.steps["decryption"], report.steps["result"]) == ("not run", "not run")


def test_the_published_election(interop: Path) -> None:
    report = at(interop / "helios-legacy")
    assert report.valid
    assert report.counts == {"questions": 1, "trustees": 1, "cast": 1, "counted": 1}
    assert any("election's hash cannot be recomputed" in remark for remark in report.remarks)
    assert "single-trustee" in {note.code for note in report.strength}


Change = Callable[[Helios], None]


def answer(helios: Helios, ballot: int = 1, question: int = 0) -> Any:
    return helios.ballots[ballot]["vote"]["answers"][question]


def with_votes(helios: Helios, change: Callable[[], None]) -> None:
    """Change votes, and make every hash fit."""
    change()
    helios.rehash()


def not_a_generator(helios: Helios) -> None:
    helios.election["public_key"]["g"] = str(P - 1)


def other_name(helios: Helios) -> None:
    helios.election["name"] = "another"


def trustee_without_proof(helios: Helios) -> None:
    del helios.trustees[0]["pok"]


def trustee_outside(helios: Helios) -> None:
    helios.trustees[0]["public_key"]["y"] = str(P - 1)
    helios.trustees[0]["public_key_hash"] = maker.sha256(helios.trustees[0]["public_key"])


def trustee_hash(helios: Helios) -> None:
    helios.trustees[1]["public_key_hash"] = helios.trustees[0]["public_key_hash"]


def trustee_proof(helios: Helios) -> None:
    pok = helios.trustees[0]["pok"]
    pok["response"] = str((int(pok["response"]) + 1) % Q)


def trustee_missing(helios: Helios) -> None:
    del helios.trustees[1]


def cast_without_time(helios: Helios) -> None:
    del helios.ballots[1]["cast_at"]


def stranger(helios: Helios) -> None:
    helios.ballots[1]["voter_uuid"] = "v9"


def copied(helios: Helios) -> None:
    helios.ballots[1]["vote"] = helios.copy().ballots[2]["vote"]
    helios.rehash()


def fewer_choices(helios: Helios) -> None:
    for name in ("choices", "individual_proofs"):
        answer(helios)[name].pop()
    helios.rehash()


def other_election(helios: Helios) -> None:
    helios.ballots[1]["vote"]["election_uuid"] = "x"
    helios.rehash()


def vote_hash(helios: Helios) -> None:
    helios.ballots[1]["vote_hash"] = helios.ballots[0]["vote_hash"]


def outside(helios: Helios) -> None:
    choice = answer(helios)["choices"][0]
    choice["alpha"] = str(P - int(choice["alpha"]))
    helios.rehash()


def choice_of_two(helios: Helios) -> None:
    choice = answer(helios)["choices"][0]
    choice["beta"] = str(int(choice["beta"]) * G % P)
    helios.rehash()


def choice_challenge(helios: Helios) -> None:
    proofs = answer(helios)["individual_proofs"][0]
    proofs[0], proofs[1] = proofs[1], proofs[0]
    helios.rehash()


def limit_proof(helios: Helios) -> None:
    proof = answer(helios, question=2)["overall_proof"][1]
    proof["response"] = str((int(proof["response"]) + 1) % Q)
    helios.rehash()


def sums(helios: Helios) -> None:
    row = helios.tally["tally"][1]
    row[0], row[1] = row[1], row[0]


def number_tallied(helios: Helios) -> None:
    helios.tally["num_tallied"] += 1


def factor_missing(helios: Helios) -> None:
    helios.trustees[0]["decryption_factors"][2].pop()


def factor_outside(helios: Helios) -> None:
    row = helios.trustees[0]["decryption_factors"][0]
    row[0] = str(P - int(row[0]))


def factor(helios: Helios) -> None:
    row = helios.trustees[0]["decryption_factors"][0]
    row[0] = str(int(row[0]) * G % P)


def result(helios: Helios) -> None:
    helios.result[0][0] += 1


def result_moved(helios: Helios) -> None:
    helios.result[1].reverse()


MUTATIONS: list[tuple[Change, str]] = [
    (not_a_generator, "HEL.parameters"),
    (other_name, "HEL.election-hash"),
    (trustee_without_proof, "HEL.trustee-format"),
    (trustee_outside, "HEL.trustee-key"),
    (trustee_hash, "HEL.trustee-hash"),
    (trustee_proof, "HEL.trustee-proof"),
    (trustee_missing, "HEL.joint-key"),
    (cast_without_time, "HEL.cast-format"),
    (stranger, "HEL.voter"),
    (copied, "HEL.reuse"),
    (fewer_choices, "HEL.ballot-format"),
    (other_election, "HEL.ballot-election"),
    (vote_hash, "HEL.vote-hash"),
    (outside, "HEL.membership"),
    (choice_of_two, "HEL.choice-proof"),
    (choice_challenge, "HEL.choice-proof"),
    (limit_proof, "HEL.limit-proof"),
    (sums, "HEL.tally"),
    (number_tallied, "HEL.tally"),
    (factor_missing, "HEL.factor-format"),
    (factor_outside, "HEL.factor-membership"),
    (factor, "HEL.decryption-proof"),
    (result, "HEL.result"),
    (result_moved, "HEL.result"),
]


@pytest.mark.parametrize(("change", "check"), MUTATIONS, ids=[change.__name__ for change, _ in MUTATIONS])
def test_a_changed_record_fails_where_it_was_changed(change: Change, check: str, held: Helios, tmp_path: Path) -> None:
    changed = held.copy()
    change(changed)
    report = verified(changed, tmp_path)
    assert not report.valid
    assert check in failed(report)
    step = next(known.step for known in CHECKS if known.id == check)
    assert report.steps[step] == "failed"
    earlier = [known.step for known in CHECKS]
    for other in failed(report):  # nothing fails before the step that was changed
        found = next(known.step for known in CHECKS if known.id == other)
        assert earlier.index(found) >= earlier.index(step)


def test_every_check_has_a_record_that_fails_it() -> None:
    assert {check for _, check in MUTATIONS} == {check.id for check in CHECKS}


def test_a_vote_replaced_by_an_earlier_one_is_noticed(held: Helios, tmp_path: Path) -> None:
    changed = held.copy()
    first, second = changed.ballots[0], changed.ballots[3]
    first["cast_at"], second["cast_at"] = second["cast_at"], first["cast_at"]
    assert {"HEL.tally", "HEL.result"} <= failed(verified(changed, tmp_path))


def test_a_list_of_hashes_alone_is_no_proof(held: Helios, tmp_path: Path) -> None:
    changed = held.copy()
    changed.ballots = []
    changed.write(tmp_path)
    short = [{key: value for key, value in one.items() if key != "vote"} for one in held.ballots]
    (tmp_path / "ballots.json").write_text(json.dumps(short))
    report = at(tmp_path)
    assert "HEL.tally" in failed(report)
    assert any("by their hash only" in remark for remark in report.remarks)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("election.json", {"uuid": "x", "questions": [], "public_key": {}}, "there are no questions"),
        ("election.json", {"uuid": 1, "questions": [{"tally_type": "stv"}], "public_key": {}}, "homomorphic"),
        ("other.json", {"uuid": "x", "questions": [1], "public_key": {}}, "another document of this kind"),
    ],
)
def test_what_cannot_be_read(name: str, content: Any, problem: str, held: Helios, tmp_path: Path) -> None:
    held.write(tmp_path)
    (tmp_path / name).write_text(json.dumps(content))
    with pytest.raises(ParseError, match=problem):
        at(tmp_path)


def test_numbers_have_one_spelling(held: Helios, tmp_path: Path) -> None:
    for spelling in ("01", "+1", " 1", "1 ", "1e3", "٣", "-1", 1, 1.0, None, "9" * 3000):
        changed = held.copy()
        answer(changed)["choices"][0]["alpha"] = spelling
        changed.rehash()
        assert "HEL.ballot-format" in failed(verified(changed, tmp_path))


SMALL = hold(3, trustees=1, votes=[("v1", [[0], [0], [0], [0]])])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([None, 0, 1, -1, "", "1", [], {}, "x" * 10, True, 10**30, str(P)]))
def test_any_change_gives_a_report_or_an_error(tmp_path_factory: pytest.TempPathFactory, seed: int, value: Any) -> None:
    changed, rng = SMALL.copy(), random.Random(seed)
    parts: list[Any] = [changed.election, changed.trustees, changed.ballots, changed.result]
    target = rng.choice(parts)
    while True:
        keys = list(target) if isinstance(target, dict) else list(range(len(target)))
        chosen = rng.choice(keys)
        inner = target[chosen]
        if not (isinstance(inner, dict | list) and inner) or rng.random() < 0.15:
            break
        target = inner
    if target[chosen] == value and type(target[chosen]) is type(value):
        return
    free = chosen in ("email", "voter_hash", "uuid", "description", "cast_at", "name")
    target[chosen] = value
    try:
        report = verified(changed, tmp_path_factory.mktemp("helios"))
    except E2EVoteError:
        return
    assert free or not report.valid
