"""The citation check must itself refuse what it is there to refuse."""

from pathlib import Path

import pytest

from tests.checks import citations
from tests.checks.citations import INDEX, main, parse_spec_line

SMALL_INDEX = """
[required.equations]
59 = "3.3.7,5.5.3 challenge"
[required.boxes]
6 = "3.3.7,6.2.4 well-formedness"
[optional.equations]
41 = "3.3.7 special case"
[later.boxes]
15 = "4.5 accumulation"
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "e2evote").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / INDEX).write_text(SMALL_INDEX)
    return tmp_path


def run(repository: Path, docstring: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    (repository / "e2evote" / "a.py").write_text(f'def f():\n    """Do it.\n\n    {docstring}\n    """\n')
    code = main(["--root", str(repository)])
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Spec: EG-2.1 §3.3.7, eq. 59", ["3.3.7 eq. 59"]),
        ("    Spec: EG-2.1 §3.6.4, eqs. 85, 86.", ["3.6.4 eq. 85", "3.6.4 eq. 86"]),
        ("Spec: EG-2.1 §3.3.7, eqs. 60–61, box 6", ["3.3.7 eq. 60", "3.3.7 eq. 61", "3.3.7 box 6"]),
        ("Spec: EG-2.1 §3.5, eq. 79; §3.3.7, boxes 6, 7", ["3.5 eq. 79", "3.3.7 box 6", "3.3.7 box 7"]),
        ("Spec: EG-2.1 §3.6.5, eq. 94 (see there), note 3.7", ["3.6.5 eq. 94"]),
        ("Spec: EG-2.1 §5.1–5.4", []),
    ],
)
def test_spec_line(line: str, expected: list[str]) -> None:
    assert [f"{section} {item}" for section, item in parse_spec_line(line)] == expected


@pytest.mark.parametrize(
    "line",
    [
        "Spec: EG-2.0 §3.3.7, eq. 59",
        "Spec: §3.3.7, eq. 59",
        "Spec EG-2.1 §3.3.7",
        "Spec: EG-2.1 3.3.7, eq. 59",
        "Spec: EG-2.1 §3.3.7, 59",
        "Spec: EG-2.1 §3.3.7, equation 59",
        "Spec: EG-2.1 §3.3.7, eqs. 61–59",
        "Spec: EG-2.1 §3.3–3.4, eq. 59",
    ],
)
def test_unreadable_line(line: str) -> None:
    with pytest.raises(ValueError, match=r"expected|backwards"):
        parse_spec_line(line)


def test_complete_citations_pass(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(repository, "Spec: EG-2.1 §5.5.3, eq. 59; §3.3.7, box 6, eq. 41", capsys) == (0, "")


@pytest.mark.parametrize(
    ("docstring", "message"),
    [
        ("Spec: EG-2.1 §3.3.7, eq. 59", "docs/spec-index.toml:5: box 6 (§3.3.7, well-formedness) is cited nowhere"),
        ("Spec: EG-2.1 §3.3.7, eqs. 59, 999, box 6", "e2evote/a.py:4: e2evote.a.f cites eq. 999"),
        ("Spec: EG-2.1 §3.3.8, eq. 59; §3.3.7, box 6", "in §3.3.8; it stands in §3.3.7, §5.5.3"),
        ("Spec: EG-2.1 §3.3.7, eq. 59, box 6; §4.5, box 15", "keeps under 'later'"),
        ("Spec: somewhere", "e2evote/a.py:4: e2evote.a.f: expected"),
    ],
)
def test_each_defect_is_reported(
    repository: Path, docstring: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, errors = run(repository, docstring, capsys)
    assert code == 1
    assert message in errors


def test_map_shows_the_tests(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "tests" / "test_a.py").write_text("from e2evote import a\ndef test_f():\n    a.f()\n")
    run(repository, "Spec: EG-2.1 §3.3.7, eq. 59, box 6", capsys)
    assert main(["--root", str(repository), "--map"]) == 0
    shown = capsys.readouterr().out
    assert "eq. 59  §3.3.7  challenge\n    e2evote.a.f  e2evote/a.py:4\n        tests/test_a.py::test_f\n" in shown


def test_index_lists_everything_once() -> None:
    index = citations.read_index(citations.ROOT / INDEX)
    assert {item.number for item in index if item.kind == "eq"} == set(range(1, 133))
    assert {item.number for item in index if item.kind == "box"} == set(range(1, 20))
