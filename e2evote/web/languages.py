"""The languages of the pages: words, digits, dates and the direction of writing.

English is in the templates; the others are catalogues under ``locale/<tag>``, compiled when they are loaded. Numbers
and dates are those of the language: Persian digits and the Persian calendar in Persian. Codes are never translated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Literal

from babel import Locale
from babel.dates import format_date, format_datetime, get_timezone_name
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from babel.units import format_unit
from persiantools.digits import en_to_fa
from persiantools.jdatetime import JalaliDate, JalaliDateTime

FOLDER = Path(__file__).parent / "locale"


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """How one language is written."""

    tag: str
    locale: Locale
    translations: NullTranslations

    @property
    def name(self) -> str:
        """What it calls itself."""
        return self.locale.get_display_name(self.tag) or self.tag

    @property
    def direction(self) -> str:
        """``ltr`` or ``rtl``."""
        return self.locale.text_direction

    def number(self, value: int) -> str:
        """Return a number in the language's digits."""
        if self.tag == "fa":  # Babel has the signs of Persian numbers, and Latin digits
            return en_to_fa(format_decimal(value, locale=self.locale, numbering_system="arabext"))
        return format_decimal(value, locale=self.locale)

    def day(self, day: date) -> str:
        """Return a day."""
        if self.tag == "fa":
            jalali = JalaliDate(day)  # type: ignore[no-untyped-call]
            return self.number(jalali.day) + jalali.strftime(" %B %Y", locale="fa")
        return format_date(day, "d MMMM yyyy", locale=self.locale)

    def duration(self, length: timedelta) -> str:
        """Return a length of time in words, in its two largest units; less than a minute is a minute."""
        minutes = max(1, int(length.total_seconds()) // 60)
        units = {"day": minutes // 1440, "hour": minutes // 60 % 24, "minute": minutes % 60}
        shown = [(name, value) for name, value in units.items() if value]
        largest = list(units).index(shown[0][0])
        near = [(name, value) for name, value in shown if list(units).index(name) <= largest + 1]
        parts = [format_unit(value, f"duration-{name}", "long", locale=self.locale) for name, value in near]
        text = format_list(parts, locale=self.locale)
        return en_to_fa(text) if self.tag == "fa" else text

    def time(self, moment: datetime, zone: tzinfo) -> str:
        """Return day and time of day, to the second, in a time zone that is named."""
        local = moment.astimezone(zone)
        if self.tag == "fa":
            jalali = JalaliDateTime(local)  # type: ignore[no-untyped-call]
            day = self.number(jalali.day) + jalali.strftime(" %B %Y، %H:%M:%S", locale="fa")
        else:
            day = format_datetime(local, "d MMMM yyyy, HH:mm:ss", locale=self.locale)
        width: Literal["long", "short"] = "long" if local.utcoffset() else "short"
        return f"{day} ({get_timezone_name(local, width, locale=self.locale)})"


@cache
def languages() -> Mapping[str, Language]:
    """Return every language by its tag; the first is the one of those who ask for none of them."""
    return {
        "en": Language("en", Locale("en"), NullTranslations()),
        "fa": Language("fa", Locale("fa"), _translations("fa")),
    }


def catalogues(tag: str) -> tuple[Path, ...]:
    """Return the files with the words of a language, one for each part of the pages."""
    return tuple(sorted((FOLDER / tag).glob("*.po")))


def _translations(tag: str) -> Translations:
    result = Translations()
    for path in catalogues(tag):
        compiled = BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=tag))
        compiled.seek(0)
        result.merge(Translations(compiled))
    return result


def choose(asked: str | None, accepted: str) -> Language:
    """Return the language that a reader asks for, by name or by the header Accept-Language."""
    known = languages()
    if asked is not None and asked in known:
        return known[asked]
    preferred = (tag.split("-")[0] for _, tag in sorted(_weighted(accepted), key=lambda pair: -pair[0]))
    return next((known[tag] for tag in preferred if tag in known), known["en"])


def _weighted(header: str) -> list[tuple[float, str]]:
    """Return the tags of an Accept-Language header with their weights; what is no such tag is left out."""
    result = []
    for part in header.split(","):
        tag, _, parameter = part.strip().lower().partition(";")
        _, _, weight = parameter.partition("=")
        try:
            result.append((float(weight) if weight else 1.0, tag.strip()))
        except ValueError:
            continue
    return [(weight, tag) for weight, tag in result if weight > 0]
