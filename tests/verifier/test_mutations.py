"""Every check of the record verifier fails on a record with exactly the defect that it is there for."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from e2evote.group.parameters import group_named
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.verifier import ballots, v10_tally_decryption, x_pre_encrypted
from e2evote.verifier import report as reports
from e2evote.verifier.report import Finding, Place, Report
from e2evote.verifier.run import CHECKS, verify_record
from tests.builders import DEFAULT_MANIFEST, TOY, BuiltRecord, build_record, manifest_bytes, reindex
from tests.forger import Forger
from tests.mutations import BY_NAME, MUTATIONS, Mutation
from tests.mutations.board import BOARD_MUTATIONS, BOARD_ONLY
from tests.mutations.pre_encrypted import MAIL_MUTATIONS, MAIL_ONLY
from tests.verifier.conftest import Mutants

IDS = [check.id for check in CHECKS]
NOT_HERE = MAIL_ONLY | BOARD_ONLY
HERE = set(IDS) - NOT_HERE
EVERY = (*MUTATIONS, *MAIL_MUTATIONS, *BOARD_MUTATIONS)
NOTHING_LEFT = {
    "tally-empty",
    "opened-data-missing",
    "opened-out-of-order",
    "challenged-ballot-not-opened",
    "no-challenged-ballot-opened",
}
"""Defects that leave some check without anything to look at: what should be there is missing."""


def verify(path: Path, allow: tuple[str, ...] = (TOY,), jobs: int = 1) -> Report:
    return verify_record(Record.at(path), jobs=jobs, allow_insecure=allow)


def of_status(report: Report, status: str) -> set[str]:
    return {check.id for check in report.checks if check.status == status}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_exactly_the_checks_for_a_defect_fail(mutation: Mutation, mutants: Mutants) -> None:
    report = verify(mutants.path(mutation), mutation.allow)
    failed = of_status(report, "failed")
    assert not report.valid
    assert mutation.must <= failed
    assert failed <= mutation.must | mutation.may
    assert of_status(report, "not run") == mutation.skips - failed
    assert of_status(report, "not applicable") <= NOT_HERE or mutation.skips or mutation.name in NOTHING_LEFT


@pytest.mark.parametrize("check", IDS)
def test_every_check_has_a_defect_of_its_own(check: str) -> None:
    assert any(check in mutation.must for mutation in EVERY)


def test_checks_that_can_stand_alone_do() -> None:
    alone = {check for mutation in EVERY if len(mutation.must) == 1 for check in mutation.must}
    together = {
        "7.A": "6.A looks at the same ciphertexts",
        "11.C": "a missing option is missing from the whole too",
        "11.D": "a missing contest is missing from the whole too",
        "14.C": "the label that is wrong is missing too",
        "14.D": "what is missing is not re-encrypted either",
        "14.E": "a value above its limit has no honest proof",
        "14.F": "a total above its limit has no honest proof",
        "19.C": "the label that is wrong is missing too",
        "19.D": "what is missing is not re-encrypted either",
        "X.codes-unique": "two ballots have one code only if one has a wrong one, or is the other",
        "X.commitment-count": "with another number of commitments there is another number of responses",
        "X.tally-membership": "K^t is a member",
    }
    assert set(IDS) - alone == set(together)


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(MUTATIONS)
    assert all(mutation.defect for mutation in MUTATIONS)
    assert all((m.must | m.may | m.skips) <= set(IDS) for m in MUTATIONS)


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("option-too-many", "7.A"),
        ("field-too-many", "7.A"),
        ("opened-contest-twice", "14.B"),
        ("opened-option-twice", "14.D"),
        ("data-doubled", "X.contest-data-complete"),
    ],
)
def test_what_the_suite_leaves_open(name: str, check: str, mutants: Mutants) -> None:
    """A ciphertext too many is tested by nobody, and what is there twice is not there once.

    Other verifiers may see these elsewhere alone.
    """
    assert check in of_status(verify(mutants.path(BY_NAME[name])), "failed")


def test_a_contest_of_cast_and_challenged_ballots_is_missing(built: BuiltRecord, tmp_path: Path) -> None:
    """Without spoiled ballots, which nobody submitted."""
    forger = Forger.of(tmp_path / "record", built)
    for vote in forger.all_votes():
        vote.status = "cast" if vote.status == "spoiled" else vote.status
    forger.write()
    forger.edit_lines(layout.TALLIES, lambda lines: lines[0]["contests"].pop(0))
    reindex(forger.root)
    assert "11.D" in of_status(verify(forger.root), "failed")


def test_contest_data_of_two_contests_on_a_ballot(tmp_path: Path) -> None:
    """Every entry speaks of one of them, and both in order; no other one stands in."""
    board, scores, motion = DEFAULT_MANIFEST["contests"]
    contests = [board, scores, motion | {"contest_data_blocks": 1}]
    built = build_record(tmp_path / "record", manifest=manifest_bytes(contests=contests), ballots=6, challenged=0)
    path = built.path / layout.CONTEST_DATA
    lines = path.read_bytes().splitlines(keepends=True)
    assert verify(built.path).valid
    at = next(i for i, line in enumerate(lines) if b'"index":1,' in line and b'"index":3,' in lines[i + 1])
    of_no_contest = lines[at + 1].replace(b'"index":3,', b'"index":2,')
    for entries in ([lines[at]] * 2 + [lines[at + 1]], [lines[at], of_no_contest]):
        path.write_bytes(b"".join([*lines[:at], *entries, *lines[at + 2 :]]))
        reindex(built.path)
        assert {"X.contest-data-target", "X.contest-data-complete"} <= of_status(verify(built.path), "failed")


@pytest.mark.parametrize(
    ("selected", "length", "message"),
    [
        (1, 2, None),
        (2, 2, "2 selected vectors instead of 1"),
        (0, 2, "0 selected vectors instead of 1"),
        (1, 1, "a selected vector has not 2 encryptions"),
        (1, 3, "a selected vector has not 2 encryptions"),
    ],
)
def test_selected_vectors_by_number_and_length(selected: int, length: int, message: str | None) -> None:
    """With nothing else to find: ascending, of the ballot, without proofs where L = 1."""
    ledger, psis = reports.Ledger(), [bytes([n]) for n in range(4)]
    context = SimpleNamespace(manifest=SimpleNamespace(contest=lambda _: SimpleNamespace(options=[0, 0], limit=1)))
    selections = [SimpleNamespace(selection_hash=psi, vector=[0] * length, proofs=None) for psi in psis[:selected]]
    contest, published = SimpleNamespace(index=1, selections=selections), SimpleNamespace(selection_hashes=psis)
    x_pre_encrypted.verify_vectors(ledger, context, published, contest, Place())  # type: ignore[arg-type]
    found = [finding.message for finding in ledger.findings.get("X.recorded-vectors", [])]
    assert found == ([] if message is None else [message])


@pytest.mark.parametrize(("tally", "possible"), [(126, True), (127, False), (200, False)])
def test_a_tally_of_q_is_none(tally: int, possible: bool) -> None:
    """K^t tells t mod q only; bounds are lower than q but on the smallest groups of all."""
    group, ledger = group_named("toy-7-16"), reports.Ledger()
    contest = SimpleNamespace(verifiable_fields=[0], option_limit=lambda _: 1)
    context = SimpleNamespace(manifest=SimpleNamespace(contests=[contest]), group=group)
    option = SimpleNamespace(index=1, tally=tally)
    v10_tally_decryption._verify_range(ledger, context, 199, 1, option, Place())  # type: ignore[arg-type]
    assert ("X.tally-range" not in ledger.findings) == possible


# ------------------------------------------------------------------------------------------- without a defect


def test_the_record_that_is_broken_is_valid(built: BuiltRecord, tmp_path: Path) -> None:
    Forger.of(tmp_path / "forged", built).write()
    reindex(tmp_path / "forged")
    report = verify(tmp_path / "forged")
    assert of_status(report, "passed") == HERE
    assert report.valid


def test_the_record_held_anew_is_valid(built: BuiltRecord, tmp_path: Path) -> None:
    forger = Forger.of(tmp_path / "forged", built)
    forger.hold(manifest=manifest_bytes(label="Another"), n=4, k=3)
    forger.write()
    reindex(forger.root)
    assert of_status(verify(forger.root), "passed") == HERE


def test_last_ballot_dropped_and_the_chain_closed_again(built: BuiltRecord, tmp_path: Path) -> None:
    """The close uses public values only: whoever has not witnessed it cannot see this (docs/threat-model.md)."""
    forger = Forger.of(tmp_path / "record", built)
    del forger.votes[1][-1]
    forger.close(1)
    forger.write()
    reindex(forger.root)
    assert verify(forger.root).valid


# ------------------------------------------------------------------------------------------- what a report says


def findings(report: Report, check_id: str) -> tuple[Finding, ...]:
    return next(check.findings for check in report.checks if check.id == check_id)


def test_a_finding_names_device_ballot_contest_and_option(mutants: Mutants) -> None:
    report = verify(mutants.path(BY_NAME["option-response-plus-1"]))
    (finding,) = findings(report, "6.D")
    assert (finding.device, finding.position, finding.contest, finding.option) == (1, 1, "board", "board-2")
    assert finding.ballot is not None
    assert str(finding).startswith(f"device 1, ballot 1, {finding.ballot[:16]}…, contest board, option board-2: ")


def test_a_repeated_ballot_is_named_with_the_first(mutants: Mutants) -> None:
    (finding,) = findings(verify(mutants.path(BY_NAME["repeated-ballot"])), "5.A")
    assert (finding.device, finding.position) == (2, 7)
    assert finding.message == "the same id_b as ballot 1 of device 2"


def test_every_defect_of_a_ballot_is_found_at_once(built: BuiltRecord, tmp_path: Path) -> None:
    """The verifier goes on after a failure."""
    forger = Forger.of(tmp_path / "record", built)
    forger.votes[1][0].change(weight=9)
    forger.votes[2][0].change(device=5)
    forger.openings[1] = forger.openings[1].model_copy(update={"device": 4})
    forger.write()
    forger.edit("parameters.json", lambda top: top.update(version="v2.0.0"))
    forger.edit_lines("tallies.ndjson", lambda lines: lines[1].update(label="others"))
    reindex(forger.root)
    failed = of_status(verify(forger.root), "failed")
    assert {"1.A", "X.weight", "X.device-order", "X.tally-complete", "X.tally-cells"} <= failed


@pytest.mark.parametrize("name", ["encryption-of-two", "missing-ballot", "repeated-ballot"])
def test_several_processes_find_the_same(name: str, mutants: Mutants) -> None:
    path = mutants.path(BY_NAME[name])
    assert verify(path, jobs=2) == verify(path, jobs=1)


@pytest.mark.parametrize(
    "name", ["missing-ballot", "ballot-moved-in-its-chain", "chaining-field-wrong", "status-extra"]
)
@pytest.mark.parametrize("size", [1, 2, 5])
def test_where_ballots_are_cut_into_chunks_makes_no_difference(
    name: str, size: int, mutants: Mutants, built: BuiltRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = mutants.path(BY_NAME[name])
    whole = verify(path)
    monkeypatch.setattr(ballots, "CHUNK_BALLOTS", size)
    assert verify(path) == whole
    assert verify(built.path).valid


def test_many_findings_are_counted(mutants: Mutants, monkeypatch: pytest.MonkeyPatch) -> None:
    path = mutants.path(BY_NAME["h-p-of-other-n"])
    (every,) = [check for check in verify(path).checks if check.id == "5.B"]
    monkeypatch.setattr(reports, "KEPT", 3)
    (few,) = [check for check in verify(path).checks if check.id == "5.B"]
    assert (len(every.findings), every.omitted) == (12, 0)
    assert (few.findings, few.omitted, few.count) == (every.findings[:3], 9, every.count)


@pytest.mark.parametrize("name", ["tally-off-by-one", "encryption-of-two", "h-e-wrong", "version-2-0-0"])
def test_a_phase_is_judged_without_later_ones(name: str, mutants: Mutants) -> None:
    phases = {"tally-off-by-one": "decryption", "encryption-of-two": "ballots", "h-e-wrong": "keys"}
    first = phases.get(name, "setup")
    order = ("setup", "keys", "ballots", "tally", "decryption", "opened")
    record = Record.at(mutants.path(BY_NAME[name]))
    for until in order:
        report = verify_record(record, until, allow_insecure=(TOY,))
        assert report.valid == (order.index(until) < order.index(first))
