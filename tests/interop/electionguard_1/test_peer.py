"""The real electionguard 1.4.0 holds an election; its record is accepted, and tampered copies are refused."""

import copy
import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.interop.electionguard_1.maker import Files, write
from tests.interop.electionguard_1.mutations import Change, drop, other, put, times_g, without
from tests.interop.electionguard_1.test_record import verified

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-peers" / "bin" / "python"
BALLOT, SPOILED = "submitted_ballots/submitted_ballot_ballot-0.json", "spoiled_ballots/spoiled_ballot_ballot-1.json"
SELECTION, TALLIED = ("contests", 0, "ballot_selections", 0), ("contests", "contest-0", "selections", "option-0-0")
PART = (*TALLIED, "shares", 2, "recovered_parts", "1")

TAMPERED: dict[str, tuple[str, Change]] = {
    "base hash": ("EG1.base-hash", other("context.json", "crypto_base_hash")),
    "a contest allows more": ("EG1.manifest-hash", put("manifest.json", "contests", 0, "number_elected", value=2)),
    "guardian's proof": ("EG1.guardian-proof", other("guardians/guardian_1.json", "election_proofs", 0, "response")),
    "a ballot is cast instead of spoiled": (
        "EG1.aggregation", put("submitted_ballots/submitted_ballot_ballot-1.json", "state", value=1)),
    "a ballot is taken out": ("EG1.chain", without(BALLOT)),
    "a vote is added": ("EG1.ballot-hash", times_g(BALLOT, *SELECTION, "ciphertext", "data")),
    "a proof of 0 or 1": ("EG1.selection-proof", other(BALLOT, *SELECTION, "proof", "proof_zero_response")),
    "the count": ("EG1.tally-count", put("tally.json", *TALLIED, "tally", value=2)),
    "a compensated share": ("EG1.tally-reconstruction", times_g("tally.json", *PART, "share")),
    "a spoiled ballot's share is missing": ("EG1.spoiled-guardians", drop(SPOILED, *TALLIED, "shares", 0)),
}  # fmt: skip


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The record that the package publishes."""
    if not PYTHON.is_file():
        if os.environ.get("CI") == "true":
            pytest.fail("no environment with electionguard 1.4.0: 'make .venv-peers/.installed' sets it up")
        pytest.skip("no environment with electionguard 1.4.0: 'make interop' sets it up")
    folder = tmp_path_factory.mktemp("peer")
    script = ROOT / "tests" / "peers" / "electionguard_1x_record.py"
    subprocess.run([PYTHON, script, folder / "election_record"], check=True, timeout=300)
    return folder


@pytest.fixture(scope="module")
def files(record: Path) -> Files:
    """Its files."""
    root = record / "election_record"
    return {str(path.relative_to(root)): json.loads(path.read_text()) for path in root.rglob("*.json")}


def test_the_record_is_valid(record: Path) -> None:
    report = verified(record)
    assert report.valid
    assert {check.id for check in report.checks if check.status != "passed"} == set()
    assert report.counts == {"guardians": 3, "quorum": 2, "devices": 2, "ballots": 5, "cast": 3, "spoiled": 2}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_tampered_copy_is_refused(files: Files, tmp_path: Path, what: str) -> None:
    identifier, change = TAMPERED[what]
    files = copy.deepcopy(files)
    change(files)
    report = verified(write(files, tmp_path))
    assert not report.valid
    assert identifier in {check.id for check in report.checks if check.status == "failed"}
