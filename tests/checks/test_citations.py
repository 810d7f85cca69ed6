"""The lines that cite must themselves be refused where they say something else than the form allows."""

import pytest

from tests.checks.citations import parse_spec_line


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
