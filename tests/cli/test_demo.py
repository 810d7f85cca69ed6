"""``e2evote demo``."""

import shlex
import subprocess
from pathlib import Path

import pytest

from tests.builders import TOY
from tests.cli.conftest import run, verify

SMALL = ("--ballots", 12, "--challenged", 2, "--guardians", 3, "--quorum", 2, "--missing", 1)


def test_a_small_one(tmp_path: Path):
    out = tmp_path / "a demo"
    shown = run("demo", "--out", out, "--insecure-parameters", TOY, *SMALL).stdout
    for part in ("Guardians 1 and 3 verify", "2 did not come", "\nVALID\n", "Nasrin Kuhpayehzadeh", "12 ballots"):
        assert part in shown
    assert (out / "results.svg").is_file()
    verify(out / "record")
    for line in [line for line in shown.splitlines() if line.startswith(("  cp ", "  sed "))]:
        subprocess.run(line, shell=True, check=True)
    last = shlex.split(shown.splitlines()[-1])
    assert last[1] == "verify"
    assert "10.C" in run(*last[1:], "--jobs", 1, code=1).stdout


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--ballots", 6), "4 ballots would be cast; fewer than 10"),
        (("--missing", 2), "1 of 3 guardians would be there; the quorum is 2"),
        (("--missing", 7), "0 of 3 guardians"),
        (("--quorum", 4), "the quorum is 4"),
    ],
)
def test_numbers_that_lead_nowhere(tmp_path: Path, options: tuple[object, ...], problem: str):
    assert problem in run("demo", "--out", tmp_path / "demo", *SMALL, *options, code=2).stderr
    assert not (tmp_path / "demo").exists()


def test_an_existing_directory_is_kept(tmp_path: Path):
    (tmp_path / "x").write_text("mine")
    assert "nothing was overwritten" in run("demo", "--out", tmp_path, "--insecure-parameters", TOY, code=2).stderr


@pytest.mark.slow
def test_the_whole_one(tmp_path: Path):
    shown = run("demo", "--out", tmp_path / "demo").stdout
    assert "\nVALID\n" in shown
    run("verify", tmp_path / "demo" / "record")
