"""Encrypting takes no more memory for more ballots, but for what the record's index needs."""

import shutil
import tracemalloc
from itertools import repeat
from pathlib import Path

import pytest

from e2evote.bench.workload import grid_ballot
from e2evote.record import setup
from e2evote.workspace import encrypting
from tests.builders import TOY, manifest_bytes
from tests.cli.conftest import run, write_votes

FEW, MANY = 200, 1200
CONTEST = {"label": "motion", "options": [{"label": "yes"}]}
SMALL = manifest_bytes(
    contests=[CONTEST],
    ballot_styles=[{"label": "all", "contests": [1]}],
    tally_cells=[{"label": "all", "ballot_styles": [1]}],
)


def peak(root: Path, votes: Path, codes: Path) -> int:
    """Encrypt what is new in a file, write all codes, and return the most bytes that Python held for it."""
    tracemalloc.start()
    try:
        run("ballot", "encrypt", root, "--device", 1, "--input", votes, "--output", codes, "--jobs", 1)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_six_times_the_ballots_take_no_more_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(encrypting, "SHARD_BALLOTS", 100)
    monkeypatch.setattr(setup, "window_for_ballots", lambda *_: 8)  # tables of one size
    (tmp_path / "manifest.json").write_bytes(SMALL)
    create = ("election", "create", tmp_path / "empty", "--manifest", tmp_path / "manifest.json")
    run(*create, "--guardians", 1, "--quorum", 1, "--insecure-parameters", TOY)
    run("device", "open", tmp_path / "empty", "--info", "Booth A")
    peaks = []
    for count in (1, FEW, MANY):  # the first run fills caches
        root = tmp_path / str(count)
        shutil.copytree(tmp_path / "empty", root)
        votes = write_votes(tmp_path / "votes.ndjson", count, repeat(grid_ballot(1, 1, 0)))
        peaks.append([peak(root, votes, tmp_path / f"{count}-{codes}") for codes in ("first", "again")])
        assert len((tmp_path / f"{count}-again").read_text().splitlines()) == count
    _, few, many = peaks
    first, again = (more - less for less, more in zip(few, many, strict=True))
    assert first < 100 * (MANY - FEW) + 2**19  # the bar's last thousand samples, and garbage not yet collected
    assert again < 100 * (MANY - FEW)
