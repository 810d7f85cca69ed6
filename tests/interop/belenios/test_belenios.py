"""Belenios: an election of our own making on Ed25519 is accepted, and every kind of flaw in it found by its check."""

import dataclasses
import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from e2evote.cli import main
from e2evote.engine import Here, Processes
from e2evote.errors import E2EVoteError, ParseError
from e2evote.interop import curves
from e2evote.interop.belenios import BELENIOS
from e2evote.interop.belenios.arithmetic import compact
from e2evote.interop.belenios.checks import CHECKS
from e2evote.interop.foreign import Foreign
from e2evote.interop.registry import recognised
from e2evote.verifier.report import Report
from tests.interop.belenios.flaws import FLAWS, ORDER_2, Flaw
from tests.interop.belenios.maker import RESULT, Maker
from tests.interop.belenios.model import Model, read_tar, take_apart, write_folder, write_tar

MADE_ELSEWHERE = Path(__file__).with_name("ed25519-under-way.bel")


@pytest.fixture(scope="module")
def maker() -> Maker:
    return Maker("Ed25519")


@pytest.fixture(scope="module")
def model(maker: Maker) -> Model:
    return maker.make()


class Memory:
    """Files in memory."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def names(self) -> list[str]:
        return list(self.files)

    def open(self, name: str) -> Any:

        return io.BytesIO(self.files[name])


def verify(files: dict[str, bytes]) -> Report:
    return BELENIOS.verify(Foreign("memory", Memory(files)), Here(), None)


def failed(report: Report) -> set[str]:
    return {check.id for check in report.checks if check.status == "failed"}


def status(report: Report, check: str) -> str:
    return next(result.status for result in report.checks if result.id == check)


def codes(report: Report) -> set[str]:
    return {note.code for note in report.strength}


def test_an_election_is_valid(model: Model) -> None:
    report = verify(model.files())
    assert report.valid
    assert model.result == {"result": RESULT}
    assert report.parameters == "Ed25519"
    counts = {"questions": 2, "trustees": 4, "credentials": 5, "ballots": 6, "counted ballots": 5}
    assert report.counts == counts
    assert {check.id for check in report.checks if check.status != "passed"} == {"BEL.other-questions"}
    assert codes(report) == {"mandatory-trustees", "no-board", "public-weights", "weak-fiat-shamir"}


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.name)
def test_a_flaw_is_found_by_its_check(maker: Maker, model: Model, flaw: Flaw) -> None:
    report = verify(flaw.files(maker, model))
    assert failed(report) == {flaw.check} | flaw.also
    step = next(check.step for check in CHECKS if check.id == flaw.check)
    assert report.steps[step] == "failed"


def test_every_check_has_a_flaw() -> None:
    assert {check.id for check in CHECKS} - {flaw.check for flaw in FLAWS} == {"BEL.other-questions"}


def test_a_group_of_integers() -> None:
    report = verify(Maker("BELENIOS-2048").make().files())
    assert report.valid
    assert report.parameters == "BELENIOS-2048"
    assert "parameters-2048" in codes(report)


def test_a_group_given_by_its_numbers_is_verified_and_noted() -> None:
    group = compact({"g": "4", "p": "2039", "q": "1019"})
    report = verify(Maker(group, weights=(1, 3, 2, 0, 5)).make().files())
    assert report.valid
    assert {"weak-parameters", "parameters-not-standard"} <= codes(report)
    assert report.parameters.startswith("integers-11-10-")


def test_places_and_forms_of_an_archive(model: Model, tmp_path: Path) -> None:
    archive = write_tar(tmp_path / "x.bel", model.files())
    folder = write_folder(tmp_path / "members", model.files())
    around = tmp_path / "around"
    around.mkdir()
    write_tar(around / "x.bel", model.files())
    (around / "notes.txt").write_text("not of the record")
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as packed:
        packed.write(archive, "some/x.bel")
    padded = tmp_path / "padded.bel"
    padded.write_bytes(archive.read_bytes() + bytes(10240))
    prints = set()
    for place in (archive, folder, around, tmp_path / "archive.zip", padded):
        assert recognised(place) is BELENIOS
        report = BELENIOS.verify(Foreign.at(place), Here(), None)
        assert report.valid
        prints.add(report.fingerprint)
    assert len(prints) == 1


def test_files_of_older_versions_are_recognised_and_refused(tmp_path: Path) -> None:
    for name in ("election.json", "trustees.json", "ballots.jsons"):
        (tmp_path / name).write_text("{}")
    assert recognised(tmp_path) is BELENIOS
    with pytest.raises(ParseError, match=r"before 2\.0"):
        BELENIOS.verify(Foreign.at(tmp_path), Here(), None)
    with pytest.raises(ParseError, match="neither BELENIOS nor"):
        BELENIOS.verify(Foreign("memory", Memory({})), Here(), None)


def test_damaged_archives_cannot_be_read(model: Model, tmp_path: Path) -> None:
    whole = write_tar(tmp_path / "x.bel", model.files()).read_bytes()
    for number, data in enumerate((whole + b"more", whole[:-700], whole[: len(whole) // 2] + b"x" + bytes(511))):
        damaged = tmp_path / f"{number}.bel"
        damaged.write_bytes(data)
        with pytest.raises(ParseError):
            BELENIOS.verify(Foreign.at(damaged), Here(), None)


def test_the_command_line(model: Model, tmp_path: Path) -> None:
    archive = write_tar(tmp_path / "x.bel", model.files())
    result = CliRunner().invoke(main, ["verify", str(archive), "--json", "-", "--jobs", "1"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.output)
    assert report["family"] == "belenios"
    assert set(report["steps"].values()) == {"passed"}
    model = model.copy()
    model.result["result"][0][0] += 1
    wrong = write_tar(tmp_path / "wrong.bel", model.files())
    assert CliRunner().invoke(main, ["verify", str(wrong), "--jobs", "1"]).exit_code == 1


def test_several_processes_find_the_same(model: Model) -> None:
    model = model.copy()
    model.ballots[1]["signature"]["proof"]["response"] = "1"
    files = model.files()
    one = verify(files)
    two = BELENIOS.verify(Foreign("memory", Memory(files)), Processes(2), None)
    assert dataclasses.asdict(one) == dataclasses.asdict(two)


def test_progress_counts_ballots(model: Model) -> None:
    seen: list[tuple[int, int]] = []
    BELENIOS.verify(Foreign("memory", Memory(model.files())), Here(), lambda done, of: seen.append((done, of)))
    assert seen == [(6, 6)]


def test_an_election_under_way_is_not_valid_yet(model: Model) -> None:
    files = model.files()
    ends = [name for name, data in files.items() if name.endswith("event.json") and b'"Ballot"' in data]
    kept = {name: data for name, data in files.items() if list(files).index(name) <= list(files).index(ends[-1])}
    report = verify(kept)
    assert not report.valid
    assert not failed(report)
    assert report.steps["selection rule"] == "passed"
    assert report.steps["aggregation"] == "not run"
    assert "under way" in report.remarks[0]
    assert "weak-fiat-shamir" not in codes(report)


def test_ballots_of_another_implementation_on_ed25519() -> None:
    """An election under way, made with sirona 0.0.30: 3 trustees, weights to the limit, 5 ballots, some blank."""
    report = BELENIOS.verify(Foreign.at(MADE_ELSEWHERE), Here(), None)
    assert not failed(report)
    assert report.counts["ballots"] == 5
    steps = ("setup", "keys", "ballots", "selection rule")
    assert [report.steps[step] for step in steps] == ["passed"] * 4  # type: ignore[index]
    assert codes(report) == {"n-of-n-trustees", "no-board", "public-weights", "unsigned-credentials"}


def test_without_pycryptodome_the_error_says_what_to_install(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "Crypto.PublicKey", None)
    curves._library.cache_clear()
    try:
        with pytest.raises(E2EVoteError, match=r"e2evote\[interop\]"):
            verify(model.files())
    finally:
        curves._library.cache_clear()


def test_what_older_versions_leave_out_is_noted(maker: Maker, model: Model) -> None:
    model = model.copy()
    model.certificate = None
    parameters = model.trustees[1][1]
    del parameters["signatures"]
    for key in parameters["verification_keys"]:
        del key["signature"]
    report = verify(model.files())
    assert report.valid
    assert {"unbound-key-generation", "unsigned-credentials"} <= codes(report)


def test_keys_of_certificates_outside_the_group() -> None:
    """Everything is signed, so that membership alone is at fault."""
    maker = Maker("Ed25519", seed=3)
    maker.twist = maker.math.read(ORDER_2, "point")
    assert failed(verify(maker.make().files())) == {"BEL.key-membership"}


def test_an_invalid_share_is_left_out_where_others_are_enough(maker: Maker, model: Model) -> None:
    model = model.copy()
    third = maker.share(maker.shares[1], model.tally)
    third["decryption_proofs"][0][0]["response"] = "1"
    model.shares.append((3, third))
    report = verify(model.files())
    assert report.valid
    assert any("trustee 3 is invalid" in remark for remark in report.remarks)


@pytest.mark.parametrize("kind", ["NonHomomorphic", "Lists", "Unheard of"])
def test_other_kinds_of_questions_are_named_and_leave_the_record_open(maker: Maker, kind: str) -> None:
    other = Maker("Ed25519", seed=2)
    model = other.make()
    model.election["questions"] = [
        model.election["questions"][0],
        {"type": kind, "value": {"answers": [], "question": ""}},
    ]
    report = verify(model.files())
    assert not report.valid
    assert status(report, "BEL.other-questions") == "not run"
    assert any(kind in remark for remark in report.remarks)


def test_a_homomorphic_question_may_say_so(maker: Maker, model: Model) -> None:
    model = model.copy()
    model.election["questions"][0] = {"type": "Homomorphic", "value": model.election["questions"][0], "extra": {}}
    report = verify(model.files())  # of another fingerprint, for which nothing was made
    assert status(report, "BEL.ballot-format") == "passed"
    assert status(report, "BEL.other-questions") == "not applicable"


HEADER = "BELENIOS"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda model, files: files | {HEADER: b'{"version":2,"timestamp":1}'}, "BELENIOS: version: 2: only version 1"),
        (lambda model, files: files | {HEADER: b"{}"}, "missing fields: 'timestamp', 'version'"),
        (lambda model, files: files | {HEADER: b'{"version":true,"timestamp":1}'}, "True: only version 1"),
        (lambda model, files: files | {HEADER: b'{"version":1,"timestamp":[]}'}, "timestamp"),
        (lambda model, files: {HEADER: files[HEADER]}, "no Setup event"),
        (lambda model, files: election(model, version=2), "the election: version: 2: only version 1"),
        (lambda model, files: election(model, group="Ed448"), "unknown group 'Ed448'"),
        (lambda model, files: election(model, group='{"p":"7"}'), "has p, q and g"),
        (lambda model, files: election(model, group='{"p":7,"q":"3","g":"2"}'), "natural number in base 10"),
        (lambda model, files: election(model, public_key="00"), "64 hex digits"),
        (lambda model, files: election(model, public_key=5), "not a string"),
        (lambda model, files: election(model, questions=[]), "no questions"),
        (lambda model, files: election(model, questions=[question(min=2, max=1)]), "min is above max"),
        (lambda model, files: election(model, questions=[question(blank=1)]), "true or false"),
        (lambda model, files: election(model, more=1), "unknown fields: 'more'"),
    ],
)
def test_what_everything_depends_on(model: Model, change: Any, message: str) -> None:
    with pytest.raises(ParseError) as error:
        verify(change(model.copy(), model.files()))
    assert message in str(error.value)


def election(model: Model, **fields: Any) -> dict[str, bytes]:
    model.election |= fields
    return model.files()


def question(**fields: Any) -> dict[str, Any]:
    return {"answers": ["A"], "min": 0, "max": 1, "question": ""} | fields


def paths(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value inside."""
    found = [before] if before else []
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inside:
        found += paths(part, (*before, key))
    return found


JUNK = st.sampled_from(
    [None, True, -1, 0, 1, 1 << 70, 1.5, "", "0", "-1", "00", "9" * 5000, "f" * 64, [], {}, [[]], [1], {"a": 1}]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_change_is_valid_or_breaks_the_verifier(model: Model, data: st.DataObject) -> None:
    changed = vars(model.copy())
    changed["shares"] = [list(share) for share in changed["shares"]]
    path = data.draw(st.sampled_from(paths(changed)))
    *way, last = path
    where = changed
    for key in way:
        where = where[key]
    if path[-1] == "encrypted_tally" or len(path) < 2:
        return
    before = where[last]
    where[last] = data.draw(JUNK)
    if where[last] == before and type(where[last]) is type(before):
        return
    try:
        files = Model(**changed).files()
    except (TypeError, ValueError):
        return  # the model's own form is lost
    try:
        report = verify(files)
    except E2EVoteError:
        return
    assert not report.valid


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_changed_byte_of_an_archive_is_valid(model: Model, tmp_path: Path, data: st.DataObject) -> None:
    whole = bytearray(write_tar(tmp_path / "x.bel", model.files()).read_bytes())
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    changed = tmp_path / "changed.bel"
    changed.write_bytes(whole)
    try:
        report = BELENIOS.verify(Foreign.at(changed), Here(), None)
    except E2EVoteError:
        return
    assert not report.valid or read_tar(changed) == model.files()  # else it was padding, or a date


def test_the_model_takes_apart_what_it_put_together(model: Model, tmp_path: Path) -> None:
    path = write_tar(tmp_path / "x.bel", model.files())
    assert take_apart(read_tar(path)).files() == model.files()
