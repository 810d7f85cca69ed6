"""A whole election through every command, and what it leaves behind."""

import json
import shutil
import stat
import zipfile
from pathlib import Path

from e2evote.record.ballot import BallotStatus
from e2evote.record.layout import Record
from tests.builders import TOY, manifest_bytes, reindex
from tests.cli.conftest import REASON, Finished, contents, run, verify
from tests.mutations.board import BOARD_ONLY
from tests.mutations.pre_encrypted import MAIL_ONLY

TOTALS = {
    # By hand: the eight patterns twice, without numbers 1 and 12 (challenged, patterns 1 and 4) and 2 (spoiled).
    "board": [3, 1, 0, 2],  # pattern 1 once, pattern 3 twice; pattern 5 is overvoted
    "scores": [13, 5],  # pattern 2 once with weight 3, pattern 4 once, pattern 8 twice
    "motion": [4, 5],  # yes: 1 and 4 once, 5 twice; no: 2 once with weight 3, 3 twice
}


def report(record: Path, *options: object, code: int = 0) -> dict:
    return json.loads(verify(record, "--json", "-", *options, code=code).stdout)


def test_the_record_is_valid(finished: Finished):
    found = report(finished.record)
    assert found["valid"]
    assert found["counts"] == {
        "guardians": 3, "devices": 2, "ballots": 16, "cast": 13, "challenged": 2, "spoiled": 1, "cells": 2
    }  # fmt: skip
    assert {check["id"] for check in found["checks"] if check["status"] != "passed"} == MAIL_ONLY | BOARD_ONLY


def test_an_override_is_seen_by_everybody(finished: Finished):
    remarks = report(finished.record)["remarks"]
    assert [remark.partition(" was ")[0] for remark in remarks] == [
        "contest 'scores' of tally cell 'partners'",
        "contest 'motion' of tally cell 'partners'",
    ]
    assert all(remark.endswith(REASON) and "by guardians 1, 3 (weights differ" in remark for remark in remarks)
    assert f"remark:      {remarks[0]}\n" in verify(finished.record).stdout


def test_two_processes_find_the_same(finished: Finished):
    assert json.loads(verify(finished.record, "--json", "-", "--jobs", 2).stdout) == report(finished.record)


def test_results_are_the_sums_of_the_cast_votes(finished: Finished):
    shown = json.loads(run("record", "show", finished.record, "--json", "--insecure-parameters", TOY).stdout)
    contests = shown["results"]["contests"]
    assert {contest["label"]: [option["votes"] for option in contest["options"]] for contest in contests} == TOTALS
    assert shown["ballots"] == {"total": 16, "cast": 13, "challenged": 2, "spoiled": 1}
    assert shown["fingerprint"] == report(finished.record)["fingerprint"]


def test_statuses_are_in_the_order_of_the_ballots(finished: Finished):
    record = Record.at(finished.record)
    found = [entry for device in (1, 2) for entry in record.statuses(device)]
    assert [entry.confirmation_code.hex().upper() for entry in found] == finished.codes
    expected = {0: "challenged", 1: "spoiled", 11: "challenged"}
    assert found == [
        BallotStatus(confirmation_code=bytes.fromhex(code), status=expected.get(number, "cast"))
        for number, code in enumerate(finished.codes)
    ]


def test_challenged_ballots_are_published_in_order(finished: Finished):
    lines = (finished.record / "challenged_ballots.ndjson").read_text().splitlines()
    assert [json.loads(line)["confirmation_code"] for line in lines] == [finished.codes[0], finished.codes[11]]


def test_contest_data_of_every_cast_ballot_is_published(finished: Finished):
    lines = [json.loads(line) for line in (finished.record / "contest_data.ndjson").read_text().splitlines()]
    texts = [bytes.fromhex(line["data"])[4:].rstrip(b"\0").decode() for line in lines]
    assert "{}" in texts
    assert any("write_ins" in text for text in texts)
    assert any("overvote" in text for text in texts)
    assert [(line["device"], line["position"], line["index"]) for line in lines] == sorted(
        (line["device"], line["position"], line["index"]) for line in lines
    )


def test_the_manifest_is_kept_byte_by_byte(finished: Finished):
    assert (finished.record / "manifest.json").read_bytes() == manifest_bytes()


def test_no_secret_leaves_the_private_directory(finished: Finished):
    # 3 guardians with two shares each, 16 ballot nonces
    assert len(finished.secrets) == 22
    published = [data.decode() for data in contents(finished.record).values()]
    for text in (*published, *finished.printed):
        assert not [secret for secret in finished.secrets if secret in text]


def test_nonces_are_forgotten_once_ballots_are_decided(finished: Finished):
    names = set(contents(finished.root / "private"))
    assert not [name for name in names if "nonces" in name or "state" in name]
    left = contents(finished.root / "private")
    devices = b"".join(data for name, data in left.items() if name.startswith("devices/")).decode()
    nonces = {secret for secret in finished.secrets if not any(secret in data.decode() for data in left.values())}
    assert len(nonces) == 16
    assert not [nonce for nonce in nonces if nonce in devices]


def test_private_files_are_for_their_owner_only(finished: Finished):
    private = finished.root / "private"
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (private, *private.rglob("*"))}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in finished.record.rglob("*json")} == {0o644}


def test_what_people_read(finished: Finished):
    shown = run("record", "show", finished.record, "--insecure-parameters", TOY).stdout
    for part in ("Everything, once", "همه چیز، یک بار", "proves nothing", "Booth B", "13 cast", "نامزد ۱"):
        assert part in shown
    challenged = next(text for text in finished.printed if "holds:" in text)
    assert "board: نامزد" not in challenged  # names in English, labels where there is none
    assert "  board: board-1; board-2\n" in challenged
    assert "  motion: yes\n" in challenged


def test_a_zip_archive_is_the_same_record(finished: Finished, tmp_path: Path):
    archives = [tmp_path / name for name in ("one.zip", "two.zip")]
    for archive in archives:
        run("record", "pack", finished.record, archive)
    assert archives[0].read_bytes() == archives[1].read_bytes()
    with zipfile.ZipFile(archives[0]) as packed:
        assert {name: packed.read(name) for name in packed.namelist()} == contents(finished.record)
    assert report(archives[0]) == report(finished.record)
    run("record", "pack", archives[0], archives[1], "--force")
    assert archives[0].read_bytes() == archives[1].read_bytes()


def test_the_chart_is_a_picture_with_both_languages(finished: Finished, tmp_path: Path):
    run("record", "chart", finished.record, "--out", tmp_path / "chart.svg", "--insecure-parameters", TOY)
    text = (tmp_path / "chart.svg").read_text()
    assert text.count('class="bar"') == sum(map(len, TOTALS.values()))
    for part in ("نامزد ۱", 'direction="rtl"', "board-write-in", ">5<"):
        assert part in text
    assert "script" not in text
    assert "href" not in text


def test_everything_is_done_once(finished: Finished):
    done = run("tally", "decrypt", finished.root, "--guardian", 1, "--guardian", 2, "--jobs", 1, code=2)
    assert "decrypted already" in done.stderr
    done = run("tally", "accumulate", finished.root, "--jobs", 1, code=2)
    assert "voting is over" in done.stderr
    assert "voting is over" in run("device", "open", finished.root, "--info", "C", code=2).stderr
    assert "closed" in run("device", "close", finished.root, 1, code=2).stderr
    assert "closed" in run("ballot", "cast", finished.root, finished.codes[3], code=2).stderr


def test_contest_data_can_be_decrypted_later(finished: Finished, tmp_path: Path):
    root = tmp_path / "election"
    shutil.copytree(finished.root, root)
    later = ("tally", "decrypt", root, "--guardian", 1, "--guardian", 2, "--contest-data", "--jobs", 1)
    assert "decrypted already" in run(*later, code=2).stderr
    before = (root / "record" / "tallies.ndjson").read_bytes()
    (root / "record" / "contest_data.ndjson").unlink()
    reindex(root / "record")
    run(*later)
    assert (root / "record" / "tallies.ndjson").read_bytes() == before
    assert len((root / "record" / "contest_data.ndjson").read_text().splitlines()) == 7
    verify(root / "record")


def test_contest_data_stays_closed_unless_the_manifest_opens_it(tmp_path: Path):
    root, manifest = tmp_path / "election", tmp_path / "manifest.json"
    manifest.write_bytes(manifest_bytes(cast_contest_data_may_be_decrypted=None))
    create = ("election", "create", root, "--manifest", manifest, "--guardians", 1, "--quorum", 1)
    run(*create, "--insecure-parameters", TOY)
    run("device", "open", root, "--info", "Booth A")
    run("device", "close", root, 1)
    run("tally", "accumulate", root, "--jobs", 1)
    error = run("tally", "decrypt", root, "--guardian", 1, "--contest-data", "--jobs", 1, code=2).stderr
    assert "the manifest does not allow contest data" in error
    assert not (root / "record" / "tallies.ndjson").exists()
