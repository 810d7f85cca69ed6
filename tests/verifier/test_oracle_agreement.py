"""The record verifier and the oracle, a second reading of the specification, come to the same verdict."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from e2evote.errors import ParseError
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.verifier.report import PHASES, Phase
from e2evote.verifier.run import CHECKS, verify_record
from tests import oracle
from tests.builders import TOY, BuiltRecord, build_record, reindex
from tests.builders import Phase as BuiltPhase
from tests.conformance.valid import RECORDS, VARIANTS, small_cell
from tests.forger import Forger
from tests.mail_forger import MailForger
from tests.mutations import MUTATIONS, Mutation
from tests.mutations.registry import drop
from tests.verifier.conftest import Mutants


def judged(path: Path, until: Phase = "opened", allow: tuple[str, ...] = (TOY,)) -> tuple[bool, bool]:
    """Return what the verifier and what the oracle say; a record that cannot be read is not valid."""
    try:
        mine = verify_record(Record.at(path), until, allow_insecure=allow).valid
    except ParseError:
        mine = False
    try:
        other = oracle.verify(path, set(allow), until).passed
    except oracle.OracleParseError:
        other = False
    return mine, other


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_broken_records(mutation: Mutation, mutants: Mutants) -> None:
    try:
        verdict = oracle.verify(mutants.path(mutation), set(mutation.allow))
    except oracle.OracleParseError:
        assert mutation.unreadable
        return
    assert not verdict.passed
    found, must = verdict.failed, mutation.must
    assert must - found == mutation.oracle_lacks
    assert found - must - mutation.may == mutation.oracle_adds
    assert must & found


def test_both_know_the_same_checks() -> None:
    assert set(oracle.CHECKS) == {check.id for check in CHECKS}
    assert oracle.PHASES == PHASES == get_args(Phase) == get_args(BuiltPhase)


# ------------------------------------------------------------------------------------------------- valid records


@pytest.mark.parametrize("name", RECORDS)
def test_valid_records(name: str, tmp_path: Path) -> None:
    built = build_record(tmp_path / "record", **RECORDS[name])
    assert judged(built.path, allow=(built.election.group.name,)) == (True, True)


def test_valid_record_as_archive(built: BuiltRecord, tmp_path: Path) -> None:
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        archive = zipped(built.path, tmp_path / f"{compression}.zip", compression)
        assert judged(archive) == (True, True)
        reports = [verify_record(Record.at(path), allow_insecure=(TOY,)) for path in (built.path, archive)]
        assert reports[0] == reports[1]


def zipped(folder: Path, archive: Path, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """Pack a record, directories too."""
    with zipfile.ZipFile(archive, "w", compression) as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, path.relative_to(folder).as_posix())
    return archive


@pytest.mark.parametrize("change", VARIANTS, ids=lambda change: change.__name__)
def test_unusual_records_that_are_valid(change: Callable[[Forger], None], built: BuiltRecord, tmp_path: Path) -> None:
    forger = Forger.of(tmp_path / "record", built)
    change(forger)
    forger.write()
    reindex(forger.root)
    assert judged(forger.root) == (True, True)


def test_small_cell_has_no_line(built: BuiltRecord, tmp_path: Path) -> None:
    forger = Forger.of(tmp_path / "record", built)
    small_cell(forger)
    forger.write()
    assert len((forger.root / layout.ENCRYPTED_TALLIES).read_bytes().splitlines()) == 2
    assert len((forger.root / layout.TALLIES).read_bytes().splitlines()) == 1


def test_contest_that_only_ballots_by_mail_have(mail: BuiltRecord, tmp_path: Path) -> None:
    """It is on submitted ballots all the same, and both miss it where its tally is left out."""
    (tmp_path / "record").mkdir()
    forger = MailForger.of(tmp_path / "record", mail)
    for vote in forger.all_votes():
        vote.status = "spoiled"
    forger.write()
    forger.edit_lines(layout.TALLIES, drop(0, "contests", 0))
    reindex(forger.root)
    failed = {
        check.id for check in verify_record(Record.at(forger.root), allow_insecure=(TOY,)).checks if check.findings
    }
    assert failed == oracle.verify(forger.root, {TOY}).failed == {"11.D", "X.tally-complete"}


# ------------------------------------------------------------------------------------------------- phases


@pytest.mark.parametrize("reached", PHASES)
def test_unfinished_records_are_valid_up_to_the_phase_they_reached(reached: BuiltPhase, tmp_path: Path) -> None:
    built = build_record(tmp_path / "record", until=reached, ballots=6)
    last = "ballots" if reached == "keys" else reached  # a record without devices has no ballot that could be wrong
    for until in PHASES:
        expected = PHASES.index(until) <= PHASES.index(last)
        assert judged(built.path, until) == (expected, expected), until


def test_open_device(tmp_path: Path) -> None:
    built = build_record(tmp_path / "record", until="ballots", ballots=4, challenged=0, spoiled=0)
    (built.path / layout.closing_path(2)).unlink()
    reindex(built.path)
    assert judged(built.path, "keys") == (True, True)
    assert judged(built.path, "ballots") == (False, False)


# ------------------------------------------------------------------------------------------------- 4096 bits


def test_standard_parameters(tmp_path: Path) -> None:
    built = build_record(tmp_path / "record", group_name="standard-4096", **RECORDS["three-ballots"])
    assert judged(built.path, allow=()) == (True, True)
    forger = Forger.of(tmp_path / "broken", built)
    vote = forger.pick("cast")
    forger.encrypt_contest(vote, 1, (2, 0), limit_prover=forger.prove)
    forger.reseal(vote)
    forger.write()
    reindex(forger.root)
    failed = {check.id for check in verify_record(Record.at(forger.root)).checks if check.status == "failed"}
    assert {"6.D", "7.D"} <= failed == oracle.verify(forger.root).failed
