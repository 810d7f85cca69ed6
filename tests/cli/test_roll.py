"""``e2evote roll`` as an organiser uses it."""

import json
import shutil
from pathlib import Path

import pytest

from e2evote.election.people.database import FOLDER, KEY
from tests.builders import manifest_bytes
from tests.cli.running import run
from tests.election.members import national_id

STYLE = json.loads(manifest_bytes())["ballot_styles"][0]["label"]
HEADER = "کد ملی,نام,تلفن همراه,برگه رای,وزن"


@pytest.fixture
def club(created: Path, tmp_path: Path) -> Path:
    """An election's directory with its keys."""
    shutil.copytree(created, tmp_path / "club")
    return tmp_path / "club"


def roll(path: Path, *rows: str) -> Path:
    path.write_text("\ufeff" + "\r\n".join([HEADER, *rows, ""]), encoding="utf-8")
    return path


GOOD = (f"{national_id(1)},زهرا کریمی,۰۹۱۲۱۱۱۱۱۱۱,{STYLE},1", f"{national_id(2)},علی,09121111111,{STYLE},2")
BAD = f"1234567890,حسن,0912,{STYLE},9"


def test_an_organiser_imports_and_looks(club: Path, tmp_path: Path) -> None:
    file = roll(tmp_path / "members.csv", *GOOD)
    assert "2 rows are good, 0 refused; nothing was imported" in run("roll", "import", club, file, "--dry-run").stdout
    assert not (club / FOLDER).exists()
    assert "2 members imported" in run("roll", "import", club, file).stdout
    shown = run("roll", "show", club)
    assert "2 members, 2 with a mobile number, 0 with an e-mail address" in shown.stdout
    assert "1 mobile numbers or e-mail addresses belong to several members each" in shown.stderr
    assert "زهرا" not in shown.stdout
    assert "زهرا" in run("roll", "show", club, "--members").stdout
    told = json.loads(run("roll", "show", club, "--members", "--json").stdout)
    assert told["members"] == 2
    assert told["styles"] == {STYLE: 2}
    assert told["weights"] == {"1": 1, "2": 1}
    assert (told["voted"], {found["voted"] for found in told["list"]}) == (0, {False})
    assert {found["mobile"] for found in told["list"]} == {"+989121111111"}
    assert "2 members; every row can be read and fits the election" in run("roll", "check", club).stdout
    assert json.loads(run("roll", "check", club, "--json").stdout)["shared"] == 1


def test_refused_rows_are_explained_and_nothing_is_imported(club: Path, tmp_path: Path) -> None:
    file = roll(tmp_path / "members.csv", GOOD[0], BAD)
    result = run("roll", "import", club, file, code=2)
    assert f"{file}: line 3, کد ملی: the check digit of the national ID is wrong; a digit is mistyped" in result.stdout
    assert "line 3, تلفن همراه: not the number of a mobile telephone; a digit may be missing" in result.stdout
    assert "line 3, وزن: expected a whole number from 1 to 5" in result.stdout
    assert f"Error: {file}: 1 rows are refused, so nothing was imported" in result.stderr
    assert json.loads(run("roll", "show", club, "--json").stdout)["members"] == 0
    told = json.loads(run("roll", "import", club, file, "--json", code=2).stdout)
    assert (told["imported"], told["good"], told["refused"]) == (0, 1, 1)
    assert told["problems"][0]["line"] == 3
    assert "1 members imported" in run("roll", "import", club, file, "--partial").stdout
    again = run("roll", "import", club, file, "--partial", "--json")
    assert json.loads(again.stdout)["imported"] == 0
    assert "2 members imported" in run("roll", "import", club, roll(file, *GOOD), "--replace").stdout


def test_many_problems_are_counted_on_the_terminal(club: Path, tmp_path: Path) -> None:
    file = roll(tmp_path / "members.csv", *[BAD.replace("حسن", str(n)) for n in range(40)])
    assert "and 70 more; --json has them all" in run("roll", "import", club, file, "--dry-run", code=2).stdout


def test_mistakes_of_use_are_errors_in_words(club: Path, tmp_path: Path) -> None:
    file = roll(tmp_path / "members.csv", *GOOD)
    assert "'e2evote roll import' makes one" in run("roll", "show", club, code=2).stderr
    assert "is not an election's directory" in run("roll", "import", tmp_path, file, code=2).stderr
    assert "two letters of a country" in run("roll", "import", club, file, "--country", "Iran", code=2).stderr
    file.write_bytes(b"\xff\xfe")
    assert "UTF-16; save it as CSV in UTF-8" in run("roll", "import", club, file, code=2).stderr
    run("roll", "import", club, roll(file, *GOOD))
    assert "leave --database out" in run("roll", "import", club, file, "--database", "postgresql://h/d", code=2).stderr
    (club / KEY).unlink()
    assert "people.key: the file is missing" in run("roll", "check", club, code=2).stderr
