"""The check of the coverage must itself find what it is there to find."""

import json
from pathlib import Path

import pytest

from tests.checks.spec_coverage import PAGE, ROOT, main
from tests.checks.spec_index import INDEX, read_index

SMALL_INDEX = """
[required.equations]
59 = "3.3.7,5.5.3 challenge"
[required.boxes]
6 = "3.3.7,6.2.4 well-formedness"
[required.checks]
"6.D" = "sum"
[required.steps]
"6.1" = "6.D a_j"
[required.rows]
41 = { section = "5.5.3", key = "H_I", tag = 0x24, length = "3081", what = "R = 1" }
[restated.equations]
41 = { section = "3.3.7", by = [59], what = "special case" }
"""
FILES = {
    INDEX: SMALL_INDEX,
    "e2evote/a.py": 'def f():\n    """Do it.\n\n    Spec: EG-2.1 §5.5.3, eq. 59; §3.3.7, box 6, eq. 41\n    """\n',
    "e2evote/verifier/v06.py": 'CHECKS = (Check("6.D", ""),)\ndef verify(ledger):\n    ledger.check("6.D", True)\n',
    "tests/test_a.py": 'def test_f():\n    """Spec: EG-2.1 §3.3.7, eq. 59"""\n',
    "vectors/hash-preimages.json": json.dumps({"vectors": [{"name": "option proof", "equation": "41"}]}),
    "vectors/records/toy.json": json.dumps(
        {"records": [{"name": "wrong-sum", "level": "specification", "must_fail": ["6.D"]}]}
    ),
}


@pytest.fixture
def repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A repository in which nothing is missing."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert main(["--root", str(tmp_path), "--write"]) == 0
    capsys.readouterr()
    return tmp_path


def test_nothing_is_missing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(repository)]) == 0
    assert capsys.readouterr() == ("specification: 5 of 5 items have a function and a test; 0 problems\n", "")


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("e2evote/a.py", "§5.5.3, eq. 59; ", "", "toml:3: eq. 59 (§3.3.7, challenge) is cited by no function"),
        ("e2evote/a.py", ", box 6", "", "box 6 (§3.3.7, well-formedness) is cited by no function"),
        ("e2evote/a.py", "eq. 59", "eqs. 59, 999", "e2evote/a.py:4: e2evote.a.f cites eq. 999, which docs/spec-index"),
        ("e2evote/a.py", "§5.5.3", "§3.3.8", "in §3.3.8; it stands in §3.3.7, §5.5.3"),
        ("e2evote/a.py", "Spec: EG-2.1", "Spec: somewhere", "e2evote/a.py:4: e2evote.a.f: expected"),
        ("tests/test_a.py", "test_f", "helper", "eq. 59 (§3.3.7, challenge) is cited by no test that runs everywhere"),
        ("tests/test_a.py", "eq. 59", "eq. 60", "tests/test_a.py:2: tests.test_a.test_f cites eq. 60"),
        ("e2evote/verifier/v06.py", 'Check("6.D"', 'Check("6.E"', "check 6.D (sum) is not among the verifier's checks"),
        ("e2evote/verifier/v06.py", 'Check("6.D"', 'Check("6.E"', "the verifier has a check 6.E, which is not listed"),
        ("vectors/records/toy.json", "6.D", "6.C", "check 6.D (sum) has no record in vectors/records/toy.json"),
        ("vectors/records/toy.json", "specification", "additional", "check 6.D (sum) has no record"),
        ("vectors/hash-preimages.json", "41", "59", "row 41 (§5.5.3, R = 1) has no message in vectors/hash-pre"),
        (PAGE, "challenge", "response", "docs/spec-coverage.md: out of date; run 'make spec-coverage'"),
        (INDEX, "challenge", "the challenge", "docs/spec-coverage.md: out of date"),
    ],
)  # fmt: skip
def test_each_gap_is_found(
    repository: Path, file: str, old: str, new: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (repository / file).read_text(encoding="utf-8")
    (repository / file).write_text(text.replace(old, new), encoding="utf-8")
    assert main(["--root", str(repository)]) == 1
    assert message in capsys.readouterr().err


def test_a_test_that_needs_foreign_files_is_not_enough(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "tests/interop").mkdir()
    (repository / "tests/test_a.py").rename(repository / "tests/interop/test_a.py")
    assert main(["--root", str(repository)]) == 1
    assert "eq. 59 (§3.3.7, challenge) is cited by no test that runs everywhere" in capsys.readouterr().err


@pytest.mark.parametrize("line", ['"6.2" = "6.X b_j"', '"6.1" = "6.D twice"\n[also.steps]\n"6.1" = "6.D twice"'])
def test_an_index_that_does_not_fit_together(repository: Path, line: str) -> None:
    text = SMALL_INDEX.replace('"6.1" = "6.D a_j"', line)
    (repository / INDEX).write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match=r"refers to check 6.X, which is not listed|step 6.1 stands in two tables"):
        main(["--root", str(repository)])


def test_map(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(repository), "--map"]) == 0
    shown = capsys.readouterr().out
    assert "eq. 59  §3.3.7  challenge\n    e2evote.a.f\n        tests/test_a.py::test_f\n" in shown
    assert "eq. 41  §3.3.7  special case\n    restates 59\n" in shown
    assert "check 6.D  sum\n    e2evote.verifier.v06.verify\n        wrong-sum\n" in shown
    assert "step 6.1  a_j\n    e2evote.a.f\n        check 6.D\n" in shown
    assert "row 41  §5.5.3  R = 1\n    e2evote.a.f\n        option proof\n" in shown


def test_the_index_lists_everything() -> None:
    """Counted in the specification: 132 equations, 19 boxes with 64 lettered sub-checks and 30 steps, 36 rows."""
    numbers: dict[str, list[str]] = {}
    for item in read_index(ROOT / INDEX):
        numbers.setdefault(item.kind, []).append(item.number)
    steps = {2: 4, 6: 3, 7: 5, 10: 3, 12: 4, 13: 7, 18: 4}
    assert sorted(map(int, numbers["eq"])) == list(range(1, 133))
    assert sorted(map(int, numbers["box"])) == list(range(1, 20))
    assert len(numbers["check"]) == 64  # which letters: tests/conformance/test_completeness.py
    assert set(numbers["step"]) == {f"{box}.{n}" for box, count in steps.items() for n in range(1, count + 1)}
    assert len(numbers["row"]) == 36
