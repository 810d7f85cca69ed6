"""The benchmark through its command, on a toy group and a handful of ballots; nothing is said about times."""

import json
from pathlib import Path
from typing import Any

import pytest

from e2evote.bench import calls, cores, figures, phases, refusals
from e2evote.bench.plan import PARTS, Plan
from e2evote.bench.workload import Tallies, Workload
from e2evote.cli import bench
from e2evote.engine import Here
from e2evote.group.elements import Group
from e2evote.verifier.report import Ledger
from tests.cli.conftest import run

TINY = Plan((2,), 6, 1, 10, (5, 10), 5, (1, 2), 1, (2, 3), 5, 12, (1, 3), 24, 3, 6)
KEYS = {"part", "case", "backend", "what", "count", "milliseconds", "pm"}


def make_small(patch: pytest.MonkeyPatch, toy: Group) -> None:
    """Measure little, on a toy group, and without what takes its seconds: other processes and the true unit."""
    patch.setattr(bench, "QUICK", TINY)
    patch.setattr(bench, "groups", lambda: {"gmpy2": toy})
    patch.setattr(figures, "unit", lambda: 0.002)
    patch.setattr(cores, "workers", lambda count: Here())
    patch.setattr(cores, "has_dask", lambda: False)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, toy: Group) -> None:
    make_small(monkeypatch, toy)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory, toy: Group) -> Path:
    """The figures of every part, in a file."""
    path = tmp_path_factory.mktemp("bench") / "saved.json"
    with pytest.MonkeyPatch.context() as patch:
        make_small(patch, toy)
        run("bench", "--quick", *PARTS, "--json", path)
    return path


def figures_of(text: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(text)["figures"]
    return rows


def test_the_unit_is_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert figures.unit(3) > 0


def test_a_figure_for_every_phase() -> None:
    rows = figures_of(run("bench", "--quick", "--json", "-").stdout)
    assert [row["what"] for row in rows] == [
        phases.CEREMONY, phases.TABLES, phases.ENCRYPT, phases.WRITE, phases.PARSE, phases.VERIFY, phases.ACCUMULATE,
        phases.DECRYPT, phases.END_TO_END,
    ]  # fmt: skip
    assert {(row["part"], row["case"], row["backend"]) for row in rows} == {("workload", "EG-2x4", "gmpy2")}
    assert all(row.keys() >= KEYS and row["pm"] >= 0 for row in rows)
    assert {row["what"] for row in rows if "bytes" in row} == {phases.TABLES, phases.WRITE}


def test_every_part_and_what_it_varies(saved: Path) -> None:
    rows = figures_of(saved.read_text())
    sizes = {part: {row.get("size") for row in rows if row["part"] == part} for part in PARTS}
    assert sizes == {
        "workload": {None},
        "example": {None},
        "ballots": {5, 10},
        "cores": {1, 2},
        "options": {2, 3},
        "log": {1, 3},
        "submission": {8},
        "booth": {3},
    }
    peaks = [row["bytes"] for row in rows if row["part"] == "ballots" and row["what"] == phases.VERIFY]
    assert len(peaks) == 2
    assert all(peak > 2**20 for peak in peaks)


def test_a_crowd_in_the_booth(saved: Path) -> None:
    of: dict[str, dict[str, Any]] = {}
    for row in figures_of(saved.read_text()):
        if row["part"] == "booth":
            of.setdefault(row["case"], {})[row["what"]] = row
    assert {case: rows[calls.VOTE]["count"] for case, rows in of.items()} == {
        "EG-2x4, verified, in a rush": 3,
        "EG-2x4, verified, at a rate": 6,
        "EG-2x4, unverified, in a rush": 3,
        "EG-2x4, unverified, at a rate": 3,
    }
    for case, rows in of.items():
        assert rows[calls.AT_ONCE]["count"] == 3
        assert (calls.COME in rows) == ("at a rate" in case)
        votes = rows[calls.VOTE]["count"]
        for call in calls.CALLS:
            times = {calls.EVERY: len(calls.STEPS), calls.MESSAGE: 2}.get(call, 1)
            waits = [rows[f"{call}, {what}"] for what, _ in calls.WAITS]
            assert [row["count"] for row in waits] == [votes * times] * 3
            assert waits == sorted(waits, key=lambda row: row["milliseconds"])
    shown = run("bench", "--saved", saved).stdout
    assert "cast a second" in shown
    assert "| EG-2x4, verified, at a rate   |           cast |       6 |" in shown


def test_saved_figures_stand_beside_others(saved: Path, tmp_path: Path) -> None:
    peer = json.loads(saved.read_text())
    peer["figures"] = [row | {"backend": "peer 1.0", "pm": 2 * row["pm"]} for row in peer["figures"]]
    (tmp_path / "peer.json").write_text(json.dumps(peer))
    both = tmp_path / "both.json"
    shown = run("bench", "--saved", saved, "--saved", tmp_path / "peer.json", "--json", both).stdout
    assert "peer / gmpy2" in shown
    assert "2.0 |" in shown
    assert len(figures_of(both.read_text())) == 2 * len(peer["figures"])


@pytest.mark.parametrize("content", [b"{}", b"[1]", b'{"figures":[{"part":"workload"}]}', b"nonsense"])
def test_other_files_are_no_figures(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "saved.json").write_bytes(content)
    assert "saved.json" in run("bench", "--saved", tmp_path / "saved.json", code=2).stderr


def test_the_picture_is_the_same_every_time(saved: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for name in ("first.svg", "second.svg"):
        run("bench", "--saved", saved, "--plot", tmp_path / name)
    picture = (tmp_path / "first.svg").read_bytes()
    assert b"<svg" in picture
    assert picture == (tmp_path / "second.svg").read_bytes()


def test_unknown_backend() -> None:
    assert "no backend 'abacus'" in run("bench", "--backend", "abacus", code=2).stderr


def test_a_verifier_that_accepts_everything_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "verify_ballots", lambda context, ballots: Ledger())
    assert "the verifier refused ballots set()" in run("bench", "--quick", code=2).stderr


def test_wrong_tallies_are_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Workload, "tallies", lambda workload: Tallies({(1, 1): 1}))
    assert "tallies are not those" in run("bench", "--quick", code=2).stderr
