"""Words, digits and dates of the pages; the catalogues have every text, and no other."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import e2evote.web
from e2evote.web.languages import catalogues, choose, languages

WEB = Path(e2evote.web.__file__).parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
MOMENT = datetime(2026, 12, 1, 21, 5, 3, tzinfo=UTC)


def texts() -> set[str]:
    """Every text of templates and code."""
    options = {"templates/**.html": {"trim_blocks": "true"}}
    found = extract_from_dir(WEB, METHODS, options, keywords={"gettext": None})
    return {message for _, _, message, _, _ in found}


@pytest.mark.parametrize("tag", [tag for tag in languages() if tag != "en"])
def test_a_catalogue_has_every_text_and_no_other(tag: str) -> None:
    found = [read_po(BytesIO(path.read_bytes()), locale=tag) for path in catalogues(tag)]
    messages = [message for catalogue in found for message in catalogue if message.id]
    assert Counter(message.id for message in messages) == Counter(texts())
    assert not [message.id for message in messages if not message.string or message.fuzzy]
    assert not any(catalogue.obsolete for catalogue in found)


@pytest.mark.parametrize("tag", [tag for tag in languages() if tag != "en"])
def test_the_places_of_values_are_those_of_the_english_text(tag: str) -> None:
    for path in catalogues(tag):
        catalogue = read_po(BytesIO(path.read_bytes()), locale=tag)
        assert [str(error) for message in catalogue for error in message.check()] == []


@pytest.mark.parametrize(
    ("asked", "header", "expected"),
    [
        (None, "", "en"),
        ("fa", "en", "fa"),
        ("xx", "fa-IR,fa;q=0.9,en;q=0.8", "fa"),
        (None, "de, fa;q=0.4, en;q=0.7", "en"),
        (None, "en;q=0, fa;q=0.1", "fa"),
        (None, "fa;q=nonsense, en", "en"),
        (None, ";;;,=,q", "en"),
        ("", "de", "en"),
    ],
)
def test_the_language_that_a_reader_asks_for(asked: str | None, header: str, expected: str) -> None:
    assert choose(asked, header).tag == expected


def test_directions_and_names() -> None:
    assert [(one.tag, one.direction, one.name) for one in languages().values()] == [
        ("en", "ltr", "English"),
        ("fa", "rtl", "فارسی"),
    ]


def test_numbers_and_times_are_those_of_the_language() -> None:
    english, persian = languages()["en"], languages()["fa"]
    assert (english.number(1234567), persian.number(1234567)) == ("1,234,567", "۱٬۲۳۴٬۵۶۷")
    assert english.time(MOMENT, ZoneInfo("UTC")) == "1 December 2026, 21:05:03 (UTC)"
    assert persian.time(MOMENT, ZoneInfo("Asia/Tehran")) == "۱۱ آذر ۱۴۰۵، ۰۰:۳۵:۰۳ (وقت عادی ایران)"


def test_days_and_lengths_of_time() -> None:
    english, persian = languages()["en"], languages()["fa"]
    assert (english.day(date(2026, 12, 1)), persian.day(date(2026, 12, 1))) == ("1 December 2026", "۱۰ آذر ۱۴۰۵")
    lengths = [timedelta(days=2, hours=3, minutes=4), timedelta(days=1, minutes=4), timedelta(minutes=61), timedelta(0)]
    assert [english.duration(length) for length in lengths] == [
        "2 days and 3 hours", "1 day", "1 hour and 1 minute", "1 minute",
    ]  # fmt: skip
    assert persian.duration(lengths[0]) == "۲ روز و ۳ ساعت"
