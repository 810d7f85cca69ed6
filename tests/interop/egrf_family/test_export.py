"""Export of our own records to EGRF v2: what is written is what the family reads, and verifies."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from e2evote.cli import main
from e2evote.engine import workers
from e2evote.errors import CheckError, ParseError
from e2evote.interop.egrf.export import export
from e2evote.interop.egrf.family import EgrfFamily
from e2evote.interop.egrf.writing import Encoding
from e2evote.interop.foreign import Foreign
from e2evote.record import layout
from e2evote.record import manifest as own
from e2evote.record.layout import Record
from e2evote.record.plaintext import PlaintextBallot, PlaintextContest
from e2evote.verifier.report import Report
from tests import mail_forger
from tests.builders import DEFAULT_MANIFEST, build_record, manifest_bytes, reindex

BOARD, _, MOTION = DEFAULT_MANIFEST["contests"]
STYLES = [{"label": "member", "contests": [1, 2]}]
CHAINED: dict[str, Any] = {
    "chaining_modes": [1],
    "tally_cells": None,
    "contests": [BOARD, MOTION],
    "ballot_styles": STYLES,
}
DEVICES = (("Booth A", 1), ("Booth B", 1))


def plaintexts() -> list[PlaintextBallot]:
    marks = [((1, 1, 0, 0), (1, 0), 2), ((1, 0, 0, 1), (0, 1), 3), ((1, 1, 1, 0), (0, 0), 1)] * 2
    return [
        PlaintextBallot(
            ballot_style=1,
            weight=weight,
            contests=(
                PlaintextContest(contest=1, selections=board, write_ins={4: "Ada"} if board[3] else None),
                PlaintextContest(contest=2, selections=motion),
            ),
        )
        for board, motion, weight in marks
    ]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record with two chained devices, weights, contest data, and a challenged and a spoiled ballot."""
    path = tmp_path_factory.mktemp("own") / "record"
    build_record(
        path,
        group_name="standard-4096",
        manifest=manifest_bytes(**CHAINED),
        ballots=6,
        challenged=1,
        devices=DEVICES,
        plaintexts=plaintexts(),
    )
    reindex(path)
    return path


def verified(folder: Path) -> Report:
    return EgrfFamily().verify(Foreign.at(folder), workers(1), None)


@pytest.mark.parametrize("encoding", ["json", "protobuf"])
def test_what_is_exported_is_valid(source: Path, tmp_path: Path, encoding: str) -> None:
    out = tmp_path / "out"
    command = ["record", "export", str(source), str(out), "--format", "egrf", "--encoding", encoding]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    report = verified(out)
    assert report.valid, [(c.id, list(map(str, c.findings))) for c in report.checks if c.status == "failed"]
    assert {path.suffix for path in out.rglob("*.*")} == {".jsonl" if encoding == "json" else ".binpb"}


def test_a_status_that_is_changed_is_found(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(Record.at(source), out, "json")
    changed = next(p for p in out.glob("devices/*/*.jsonl") if b"BALLOT_STATUS_SPOILED" in p.read_bytes())
    changed.write_bytes(changed.read_bytes().replace(b"BALLOT_STATUS_SPOILED", b"BALLOT_STATUS_CAST"))
    failed = {check.id for check in verified(out).checks if check.status == "failed"}
    assert {"R.root", "9.0", "9.A"} <= failed


REFUSED = {
    "tally cells": (
        {
            "ballot_styles": [*STYLES, {"label": "guest", "contests": [2]}],
            "tally_cells": DEFAULT_MANIFEST["tally_cells"],
        },
        "2 tally cells",
    ),
    "supplemental fields": (
        {"contests": [BOARD, MOTION | {"supplemental_fields": ["null_vote_indicator"]}]},
        "contest 'motion': supplemental fields",
    ),
    "limits": (
        {"contests": [BOARD, {"label": "s", "selection_limit": 3, "options": [
            {"label": "a"}, {"label": "b", "selection_limit": 2}]}]},
        "contest 's': EGRF has one selection limit",
    ),
    "chaining modes": ({"chaining_modes": [0, 1]}, "allows both"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "message"), REFUSED.values(), ids=REFUSED)
def test_what_egrf_cannot_express_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path, out = tmp_path / "record", tmp_path / "out"
    build_record(path, group_name="standard-4096", manifest=manifest_bytes(**CHAINED | changes), until="keys")
    (path / "encrypted_tallies.ndjson").write_bytes(b"")
    (path / "tallies.ndjson").write_bytes(b"")
    with pytest.raises(CheckError, match=message):
        export(Record.at(path), out, "json")
    assert {p.name for p in tmp_path.iterdir()} == {"record"}


@pytest.mark.parametrize(
    ("file", "message"),
    [("exceptions.ndjson", "exceptions"), ("board/checkpoint", "bulletin board"), ("booth/0001.json", "booth")],
)
def test_files_without_a_place_are_refused(tmp_path: Path, file: str, message: str) -> None:
    path, out = tmp_path / "record", tmp_path / "out"
    build_record(path, group_name="standard-4096", manifest=manifest_bytes(**CHAINED), until="keys")
    (path / file).parent.mkdir(exist_ok=True)
    (path / file).write_bytes(b"{}\n")
    with pytest.raises(CheckError, match=message):
        export(Record.at(path), out, "json")
    assert not out.exists()


def test_an_unfinished_record_and_other_parameters_are_refused(tmp_path: Path) -> None:
    build_record(tmp_path / "keys", group_name="standard-4096", manifest=manifest_bytes(**CHAINED), until="keys")
    with pytest.raises(CheckError, match="not finished"):
        export(Record.at(tmp_path / "keys"), tmp_path / "out", "json")
    build_record(tmp_path / "toy", manifest=manifest_bytes(**CHAINED), until="keys")
    with pytest.raises(CheckError, match="toy"):
        export(Record.at(tmp_path / "toy"), tmp_path / "out", "json")
    (tmp_path / "there").mkdir()
    with pytest.raises(CheckError, match="exists"):
        export(Record.at(tmp_path / "keys"), tmp_path / "there", "json")
    with pytest.raises(CheckError, match="is not a folder"):
        export(Record.at(tmp_path / "keys"), tmp_path / "nowhere/out", "json")


@pytest.mark.parametrize("mode", [0, 1])
def test_devices_without_ballots_are_left_out(tmp_path: Path, mode: int) -> None:
    path, out = tmp_path / "record", tmp_path / "out"
    manifest = manifest_bytes(**CHAINED | {"chaining_modes": [mode], "cast_contest_data_may_be_decrypted": None})
    devices = [("A", mode), ("B", mode), ("C", mode), ("D", mode)]
    build_record(path, group_name="standard-4096", manifest=manifest, ballots=3, challenged=0, spoiled=0,
                 devices=devices, plaintexts=plaintexts()[:3])  # fmt: skip
    export(Record.at(path), out, "protobuf")
    assert verified(out).valid
    assert len(list((out / "devices").iterdir())) == 3


def copy_of(source: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(source, tmp_path / "record"))


CHANGES = {
    "not closed": ("devices/0001/close.json", None, "device 1: the device is not closed"),
    "no status": ("devices/0001/statuses.ndjson", b"", "is not cast, challenged or spoiled"),
    "withheld": ("tallies.ndjson", b"", "withheld"),
}


@pytest.mark.parametrize(("file", "content", "message"), CHANGES.values(), ids=CHANGES)
def test_unfinished_parts_are_refused(
    source: Path, tmp_path: Path, file: str, content: bytes | None, message: str
) -> None:
    path = copy_of(source, tmp_path)
    (path / file).unlink()
    if content is not None:
        (path / file).write_bytes(content)
    with pytest.raises(CheckError, match=message):
        export(Record.at(path), tmp_path / "out", "json")
    assert {p.name for p in tmp_path.iterdir()} == {"record"}


def test_devices_of_the_same_information_are_refused(source: Path, tmp_path: Path) -> None:
    path = copy_of(source, tmp_path)
    opening = (path / "devices/0001/open.json").read_bytes()
    (path / "devices/0002/open.json").write_bytes(opening)
    with pytest.raises(CheckError, match="has the same information"):
        export(Record.at(path), tmp_path / "out", "json")


def test_nothing_half_written_stays(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("e2evote.interop.egrf.writing.FRAME", 5000)
    with pytest.raises(CheckError, match="EGRF allows 5000"):
        export(Record.at(source), tmp_path / "out", "json")
    assert not list(tmp_path.iterdir())


def test_the_rules_of_our_manifest_are_checked(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(Record.at(source), tmp_path / "out", "json")
    rules = {"maximum_weight": 1, "minimum_cell_ballots": 10, "cast_contest_data_may_be_decrypted": False}
    parsed = own.parse_manifest
    monkeypatch.setattr(own, "parse_manifest", lambda *given: parsed(*given).model_copy(update=rules))
    (failed,) = [check for check in verified(tmp_path / "out").checks if check.status == "failed"]
    assert failed.id == "X.manifest-rules"
    said = " ".join(map(str, failed.findings))
    assert all(text in said for text in ("weight is above 1", "manifest asks for 10", "keeps closed"))


def test_our_manifest_under_the_media_type_of_egrf_is_refused(source: Path, tmp_path: Path) -> None:
    export(Record.at(source), tmp_path / "out", "json")
    file = tmp_path / "out/setup/manifest.jsonl"
    file.write_bytes(file.read_bytes().replace(b"vnd.e2evote", b"vnd.electionguard"))
    with pytest.raises(ParseError, match="setup/manifest"):
        verified(tmp_path / "out")


@pytest.mark.parametrize("encoding", ["json", "protobuf"])
def test_pre_encrypted_ballots_are_exported(
    encoding: Encoding, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cast ones with what was selected, of L = 1 and 2, uncast ones with their vectors and nonces, weights."""
    monkeypatch.setattr(mail_forger, "POSTED", {2: mail_forger.POSTED[2]})  # chained like the booth
    built = mail_forger.build_mail("standard-4096", mail_forger.mail_manifest(chaining_modes=[1]))
    mail_forger.MailForger.of(tmp_path / "record", built).write()
    reindex(tmp_path / "record")
    export(Record.at(tmp_path / "record"), tmp_path / "out", encoding)
    report = verified(tmp_path / "out")
    assert report.valid, [(c.id, list(map(str, c.findings))) for c in report.checks if c.status == "failed"]
    assert (report.counts["devices"], report.counts["uncast"]) == (2, 2)
    passed = {check.id for check in report.checks if check.status == "passed"}
    assert {"15.A", "16.A", "16.B", "16.C", "17.A", "18.A", "19.C", "19.D"} <= passed


def test_a_pre_encrypted_ballot_that_is_neither_cast_nor_opened_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_forger, "POSTED", {2: mail_forger.POSTED[2]})
    built = mail_forger.build_mail("standard-4096", mail_forger.mail_manifest(chaining_modes=[1]))
    mail_forger.MailForger.of(tmp_path / "record", built).write()
    (tmp_path / "record" / layout.UNCAST_BALLOTS).unlink()
    reindex(tmp_path / "record")
    with pytest.raises(CheckError, match="neither cast nor opened"):
        export(Record.at(tmp_path / "record"), tmp_path / "out", "json")
    assert not (tmp_path / "out").exists()
