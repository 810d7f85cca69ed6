"""What somebody types is found, however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.web.codes import grouped, rows, sought

CODE = "0123456789ABCDEF" * 4


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        CODE.lower(),
        grouped(CODE),
        "\n".join(rows(CODE)),
        "  " + grouped(CODE).replace(" ", "\u00a0") + "\t",
        "-".join(grouped(CODE).split()),
        "\u2066" + CODE + "\u2069",
        CODE.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")),
        CODE.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
        CODE.translate(str.maketrans("0123456789ABCDEF", "０１２３４５６７８９ＡＢＣＤＥＦ")),
    ],
)
def test_every_spelling_of_a_code(typed: str) -> None:
    assert sought(typed) == CODE


@pytest.mark.parametrize("typed", ["01234567", "0123 4567", "0123\u200c4567", "۰۱۲۳۴۵۶۷", "0123456789abcd"])
def test_a_beginning_of_eight_digits_is_enough(typed: str) -> None:
    assert CODE.startswith(sought(typed) or "no")


@pytest.mark.parametrize(
    "typed",
    ["", "0123456", "0123456G", CODE + "0", "' OR 1=1 --", "%", "01234567%", "01234567'", "../../etc", "٪", "½" * 8],
)
def test_anything_else_is_no_code(typed: str) -> None:
    assert sought(typed) is None


@given(st.text())
def test_what_is_found_is_always_canonical(typed: str) -> None:
    found = sought(typed)
    assert found is None or (8 <= len(found) <= 64 and set(found) <= set("0123456789ABCDEF"))
