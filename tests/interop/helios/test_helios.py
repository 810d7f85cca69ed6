"""Helios elections: those of others, those made here, and one mutation at least for every check."""

import base64
import copy
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from e2evote.engine import Here, Processes
from e2evote.errors import E2EVoteError, ParseError
from e2evote.interop.foreign import Foreign
from e2evote.interop.helios import checks
from e2evote.interop.helios.verification import Helios
from e2evote.interop.registry import recognised
from e2evote.verifier.report import Report
from tests.interop.helios.maker import Documents, Maker, P, hashed, made

Mutation = Callable[[Documents], object]


@pytest.fixture(scope="module")
def whole() -> Documents:
    return made()


def bundle(folder: Path, documents: Documents) -> Path:
    path = folder / "election-bundle.json"
    path.write_text(json.dumps(documents))
    return path


def judged(path: Path) -> Report:
    family = recognised(path)
    assert family is not None
    assert family.name == "helios"
    return family.verify(Foreign.at(path), Here(), None)


def folder_of(root: Path, documents: Documents, ending: str = ".json") -> Path:
    root.mkdir(parents=True)
    for name, document in documents.items():
        if name == "ballots":
            (root / "ballots").mkdir()
            for voter in {ballot["voter_uuid"] for ballot in document}:
                of_voter = [ballot for ballot in document if ballot["voter_uuid"] == voter]
                (root / "ballots" / voter).mkdir()
                (root / "ballots" / voter / f"all{ending}").write_text(json.dumps(of_voter))
                (root / "ballots" / voter / f"last{ending}").write_text(json.dumps(of_voter[-1]))
        else:
            (root / f"{name}{ending}").write_text(json.dumps(document))
    return root


def test_a_made_election_is_valid(whole: Documents, tmp_path: Path):
    report = judged(bundle(tmp_path, whole))
    assert report.valid, [check for check in report.checks if check.findings]
    assert report.counts == {"trustees": 2, "voters": 3, "ballots": 2, "questions": 3}
    codes = {note.code for note in report.strength}
    assert {"sha-1", "weak-fiat-shamir", "n-of-n-trustees", "parameters-2048"} <= codes
    assert "unreduced-responses" not in codes


@pytest.mark.parametrize("ending", ["", ".json"])
def test_folders_and_archives(whole: Documents, tmp_path: Path, ending: str):
    root = folder_of(tmp_path / "export" / "club", whole, ending)
    assert judged(root).valid
    assert judged(root.parent).valid
    with zipfile.ZipFile(tmp_path / "record.zip", "w") as archive:
        for path in root.rglob("*"):
            if path.is_file():
                archive.write(path, path.relative_to(tmp_path))
    assert judged(tmp_path / "record.zip").valid


def test_a_bundle_in_base64(whole: Documents, tmp_path: Path):
    def text(document: object) -> str:
        return base64.b64encode(json.dumps(document, sort_keys=True).encode()).decode()

    path = tmp_path / "bundle.json"
    path.write_text(json.dumps({
        "election": text(whole["election"]), "voters": [text(whole["voters"][:2]), text(whole["voters"][2:])],
        "votes": [text(ballot) for ballot in whole["ballots"]], "results": text(whole["result"]),
        "trustees": text(whole["trustees"]),
    }))  # fmt: skip
    assert judged(path).valid


def test_aliases_one_trustee_and_several_processes(tmp_path: Path):
    path = bundle(tmp_path, made(aliases=True, trustees=1))
    report = Helios().verify(Foreign.at(path), Processes(2), None)
    assert report.valid
    assert {"aliases", "single-trustee"} <= {note.code for note in report.strength}


def test_the_fixture_of_2010(interop: Path):
    report = judged(interop / "helios-legacy")
    assert report.valid
    assert any("document is not the one" in remark for remark in report.remarks)
    assert {"unreduced-responses", "published-secrets", "single-trustee"} <= {note.code for note in report.strength}


def last(documents: Documents) -> dict[str, Any]:
    """The ballot of voter 1, which counts."""
    return documents["ballots"][2]


def rehash(documents: Documents) -> None:
    last(documents)["vote_hash"] = hashed(last(documents)["vote"])


def answer(documents: Documents, question: int = 0) -> dict[str, Any]:
    return last(documents)["vote"]["answers"][question]


def plus(holder: dict[str, Any], key: str, more: int = 1) -> None:
    holder[key] = str(int(holder[key]) + more)


def on_answer(change: Callable[[dict[str, Any]], object], question: int = 0) -> Mutation:
    def mutate(documents: Documents) -> None:
        change(answer(documents, question))
        rehash(documents)

    return mutate


def reused(documents: Documents) -> None:
    """Voter 1 casts what voter 0 cast."""
    last(documents)["vote"] = copy.deepcopy(documents["ballots"][1]["vote"])
    rehash(documents)


def minus_alpha(chosen: dict[str, Any]) -> None:
    chosen["choices"][0]["alpha"] = str(P - int(chosen["choices"][0]["alpha"]))


def key_of(i: int, name: str, more: int = 1) -> Mutation:
    return lambda d: plus(d["trustees"][i]["public_key"], name, more)


MUTATIONS: list[tuple[str, Mutation]] = [
    ("HEL.parameters", lambda d: plus(d["election"]["public_key"], "p", 2)),
    ("HEL.parameters", lambda d: plus(d["election"]["public_key"], "q", 2)),
    ("HEL.parameters", lambda d: plus(d["election"]["public_key"], "g")),
    ("HEL.voters", lambda d: d["voters"].append(d["voters"][0])),
    ("HEL.voters", lambda d: d["voters"][2].update(election_uuid="other")),
    ("HEL.voters-hash", lambda d: d["election"].update(voters_hash="A" * 43)),
    ("HEL.trustee-format", lambda d: d["trustees"][0].update(uuid="t1")),
    ("HEL.trustee-format", lambda d: d["trustees"][0]["public_key"].update(y="01")),
    ("HEL.trustee-key", key_of(0, "y")),
    ("HEL.trustee-key", key_of(0, "g")),
    ("HEL.trustee-proof", lambda d: plus(d["trustees"][1]["pok"], "response")),
    ("HEL.trustee-proof", lambda d: plus(d["trustees"][1]["pok"], "commitment")),
    ("HEL.trustee-hash", lambda d: d["trustees"][1].update(public_key_hash="A" * 43)),
    ("HEL.election-key", lambda d: d["trustees"].pop()),
    ("HEL.ballot-format", lambda d: last(d)["vote"].update(more=1)),
    ("HEL.ballot-format", lambda d: last(d).update(cast_at="soon")),
    ("HEL.ballot-format", on_answer(lambda a: a["choices"][0].update(alpha=7))),
    ("HEL.ballot-voter", lambda d: last(d).update(voter_uuid="v9")),
    ("HEL.ballot-voter", lambda d: last(d).update(voter_hash="A" * 43)),
    ("HEL.last-ballot", lambda d: d["ballots"][0].update(cast_at=d["ballots"][1]["cast_at"])),
    ("HEL.ballot-hash", lambda d: last(d).update(vote_hash="A" * 43)),
    ("HEL.election-hash", lambda d: d["election"].update(name="another")),
    ("HEL.election-hash", lambda d: last(d)["vote"].update(election_uuid="other")),
    ("HEL.membership", on_answer(minus_alpha)),
    ("HEL.unique-ciphertexts", reused),
    ("HEL.answers", on_answer(lambda a: a["choices"].pop())),
    ("HEL.answers", on_answer(lambda a: a["individual_proofs"][0].pop())),
    ("HEL.answers", on_answer(lambda a: a.update(overall_proof=None))),
    ("HEL.answers", on_answer(lambda a: a.update(overall_proof=a["individual_proofs"][0]), 2)),
    ("HEL.choice-proof", on_answer(lambda a: plus(a["individual_proofs"][0][0], "response"))),
    ("HEL.choice-proof", on_answer(lambda a: plus(a["individual_proofs"][0][0]["commitment"], "A", P))),
    ("HEL.choice-proof", on_answer(lambda a: plus(a["choices"][0], "beta", 0) or a["individual_proofs"][0].reverse())),
    ("HEL.overall-proof", on_answer(lambda a: plus(a["overall_proof"][0], "challenge"))),
    ("HEL.tally", lambda d: d["tally"]["tally"][0].reverse()),
    ("HEL.tally", lambda d: d["tally"].update(num_tallied=3)),
    ("HEL.factor-format", lambda d: d["trustees"][0]["decryption_factors"][0].pop()),
    ("HEL.factor-format", lambda d: d["trustees"][0].update(decryption_proofs=None)),
    ("HEL.factor-membership", lambda d: plus(d["trustees"][0]["decryption_factors"][0], 0)),
    ("HEL.factor-proof", lambda d: plus(d["trustees"][0]["decryption_proofs"][0][0], "response")),
    ("HEL.factor-proof", lambda d: d["trustees"][0]["decryption_factors"][0].reverse()),
    ("HEL.result", lambda d: d["result"][0].reverse()),
    ("HEL.result", lambda d: d["result"].pop()),
    ("HEL.result", lambda d: d["result"][0].__setitem__(0, True)),
    ("HEL.result", lambda d: d["ballots"].pop(1)),
]


@pytest.mark.parametrize(("identifier", "mutate"), MUTATIONS, ids=[f"{i}-{m[0]}" for i, m in enumerate(MUTATIONS)])
def test_a_mutation_fails_its_check(whole: Documents, tmp_path: Path, identifier: str, mutate: Mutation):
    documents = copy.deepcopy(whole)
    mutate(documents)
    report = judged(bundle(tmp_path, documents))
    (check,) = [check for check in report.checks if check.id == identifier]
    assert check.status == "failed"
    assert report.steps[check.step] == "failed"
    assert not report.valid


def test_every_check_has_a_mutation():
    assert {check.id for check in checks.ALL} == {identifier for identifier, _ in MUTATIONS}


def test_a_sum_above_the_maximum_cannot_be_proved(tmp_path: Path):
    maker = Maker(questions=((3, 0, 1),))
    maker.sums = ((3, 0, 2),)
    documents = maker.finish(1, [maker.cast(0, maker.vote([[1, 1, 0]]))], [[1, 1, 0]])
    report = judged(bundle(tmp_path, documents))
    assert report.steps["selection rule"] == "failed"


@pytest.mark.parametrize("key", ["election", "trustees"])
def test_what_all_depends_on_is_missing(whole: Documents, tmp_path: Path, key: str):
    with pytest.raises(ParseError, match=key):
        judged(bundle(tmp_path, {name: value for name, value in whole.items() if name != key}))


def test_votes_without_homomorphic_tally_are_named(whole: Documents, tmp_path: Path):
    documents = copy.deepcopy(whole)
    documents["election"]["questions"][0]["tally_type"] = "mixnet"
    with pytest.raises(ParseError, match="homomorphic"):
        judged(bundle(tmp_path, documents))


def test_no_list_of_voters_is_not_valid(whole: Documents, tmp_path: Path):
    report = judged(bundle(tmp_path, {name: value for name, value in whole.items() if name != "voters"}))
    assert not report.valid
    assert not any(check.findings for check in report.checks)


def test_junk_anywhere_gives_a_report_or_an_error(whole: Documents, tmp_path: Path):
    """Every key of the documents in turn becomes null, a list, or a number: never valid where it means something."""

    def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        return [found for key, inner in items for found in [(*path, key), *places(inner, (*path, key))]]

    every = places(whole)
    for number, place in enumerate(every[:: max(len(every) // 60, 1)]):
        documents = copy.deepcopy(whole)
        holder: Any = documents
        for key in place[:-1]:
            holder = holder[key]
        holder[place[-1]] = ([], -1, {"x": 1})[number % 3]
        try:
            report = Helios().verify(Foreign.at(bundle(tmp_path, documents)), Here(), None)
        except E2EVoteError:
            continue
        meaningless = {"email"} | ({"ballots"} if place[:2] == ("ballots", 0) else set())
        assert not report.valid or meaningless & {str(part) for part in place}, place
