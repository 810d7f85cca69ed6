"""From a file of members to a roll: every row that cannot be taken is explained, with line, column and reason.

The file is CSV in UTF-8, with or without a byte order mark, divided by commas, semicolons or tabs, as spreadsheets
write it. Its first line names the columns, in English or Persian. Nothing is decided here about rows that are refused;
the caller imports all rows or asks for the good ones alone.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from e2evote.election.people.member import IDENTIFIERS, Member
from e2evote.election.people.members import Report
from e2evote.election.roll.fields import (
    read_country,
    read_email,
    read_identifier,
    read_mobile,
    read_national_id,
    read_weight,
)
from e2evote.election.roll.text import normal_text
from e2evote.errors import CheckError, ParseError
from e2evote.record.manifest import Manifest

FILE_LIMIT = 2**26
"""Bytes of a file; some 500,000 members."""
FIELD_LIMIT = 200
"""Characters of a field."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "member_number": ("member number", "membership number", "licence number", "شماره عضویت", "شماره پروانه"),
    "national_id": ("national id", "کد ملی", "شماره ملی"),
    "nationality": ("nationality", "تابعیت"),
    "name": ("name", "full name", "نام", "نام و نام خانوادگی"),
    "mobile": ("mobile", "mobile phone", "تلفن همراه", "شماره همراه", "موبایل"),
    "email": ("email", "e-mail", "ایمیل", "رایانامه", "پست الکترونیک"),
    "ballot_style": ("ballot style", "برگه رای", "نوع برگه رای"),
    "weight": ("weight", "وزن", "وزن رای"),
}
"""The columns and what they may be called; blanks, half-spaces, hyphens and upper case do not matter."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row is refused: the line of the file where it begins, the column's name in the file, the reason."""

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        """One line for people."""
        return f"line {self.line}, {self.column}: {self.reason}" if self.column else f"line {self.line}: {self.reason}"


@dataclass(slots=True)
class Reading:
    """What a file holds: the members of its good rows by line, and what is wrong with the others.

    ``columns``: what each known column is called in the file.
    """

    columns: Mapping[str, str]
    members: dict[int, Member] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """How many rows have a problem."""
        return len({problem.line for problem in self.problems})

    def refuse(self, line: int, column: str, reason: str) -> None:
        """Take a row back, for a reason."""
        self.members.pop(line, None)
        self.problems.append(Problem(line, self.columns.get(column, column), reason))


def read_roll(
    data: bytes, manifest: Manifest, where: str, country: str = "IR", report: Report = lambda *_: None
) -> Reading:
    """Read a file of members.

    Args:
        data: the file.
        manifest: names the ballot styles and the largest weight.
        where: the file's name, for errors.
        country: two letters; whose national IDs the file has, and whose mobile numbers are written without a country
            code, where a row's ``nationality`` does not say otherwise.
        report: is told how far it is.

    Raises:
        ParseError: the file is not CSV in UTF-8, or its first line does not name the columns.
    """
    header, rows = _table(data, where, report)
    reading = Reading(_columns(header, where))
    lines: dict[tuple[str, str], list[int]] = defaultdict(list)
    for line, cells in rows:
        row = _Row(reading, line, cells, country)
        member = row.member(manifest)
        for identifier in member.identifiers.items():
            lines[identifier].append(line)
        if not row.refused:
            reading.members[line] = member
    _refuse_shared(reading, lines)
    reading.problems.sort(key=lambda problem: problem.line)
    return reading


def _refuse_shared(reading: Reading, lines: Mapping[tuple[str, str], Sequence[int]]) -> None:
    """Refuse all rows that have an identifier in common: which of them is right, the file does not say."""
    for (column, _), found in lines.items():
        for line in found if len(found) > 1 else ():
            other = found[0] if line != found[0] else found[1]
            reading.refuse(line, column, f"the same as in line {other}")


def _table(data: bytes, where: str, report: Report) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    if len(data) > FILE_LIMIT:
        raise ParseError(where, f"larger than {FILE_LIMIT} bytes")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ParseError(where, "UTF-16; save it as CSV in UTF-8")
    if b"\0" in data:
        raise ParseError(where, "a zero byte; this is no CSV file in UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ParseError(f"{where}:{line}", "not UTF-8; save it as CSV in UTF-8") from None
    file = io.StringIO(text, newline="")
    first = file.readline()
    file.seek(0)
    delimiter = max(",;\t", key=first.count)
    rows = _rows(file, delimiter, where, report)
    header = next(rows, None)
    if header is None:
        raise ParseError(where, "the file is empty; its first line names the columns")
    return header[1], rows


def _rows(file: io.StringIO, delimiter: str, where: str, report: Report) -> Iterator[tuple[int, list[str]]]:
    """Yield the line where a row begins, and its cells; blank rows are passed over."""
    size = len(file.getvalue())
    lines = csv.reader(iter(file.readline, ""), delimiter=delimiter, strict=True)
    while True:
        line = lines.line_num + 1
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            raise ParseError(f"{where}:{line}", f"not CSV: {error}") from None
        report(file.tell(), size)
        if any(cell.strip() for cell in cells):
            yield line, cells


def _columns(header: list[str], where: str) -> dict[str, str]:
    """Return what the file calls its columns, by the known name, in the file's order."""
    titles = {_plain(title): column for column, others in COLUMNS.items() for title in (column, *others)}
    names: dict[str, str] = {}
    for number, title in enumerate(header, 1):
        column = titles.get(_plain(title))
        shown = " ".join(title.split())[:50] or f"column {number}"
        if column is None:
            raise ParseError(f"{where}:1", f"there is no column of this name; there are: {', '.join(COLUMNS)}", shown)
        if column in names:
            raise ParseError(f"{where}:1", "the column is there twice", shown)
        names[column] = shown
    if not names.keys() & set(IDENTIFIERS):
        raise ParseError(f"{where}:1", f"a column with an identifier is missing: {' or '.join(IDENTIFIERS)}")
    if not names.keys() & {"mobile", "email"}:
        raise ParseError(f"{where}:1", "a column that a code can be sent to is missing: mobile or email")
    return names


def _plain(title: str) -> str:
    text = normal_text(title).replace("\u200c", "")
    return "".join(text.replace("_", "").replace("-", "").split()).casefold()


class _Row:
    """One row while it is read; what is wrong with it is noted in the reading."""

    def __init__(self, reading: Reading, line: int, cells: list[str], country: str) -> None:
        self.reading, self.line, self.country, self.refused = reading, line, country, False
        names = reading.columns
        self.cells = dict(zip(names, cells, strict=False))
        if len(cells) != len(names):
            self._refuse("", f"{len(cells)} fields where the first line names {len(names)}")
        for column, cell in self.cells.items():
            if len(cell) > FIELD_LIMIT:
                self._refuse(column, f"longer than {FIELD_LIMIT} characters")
                self.cells[column] = ""

    def member(self, manifest: Manifest) -> Member:
        """Return the member; worth something where the row is not refused."""
        nationality = self._read("nationality", read_country) or self.country
        member = Member(
            member_number=self._read("member_number", read_identifier),
            national_id=self._read("national_id", lambda text: read_national_id(text, nationality)),
            nationality=nationality,
            name=self._read("name", normal_text) or "",
            mobile=self._read("mobile", lambda text: read_mobile(text, self.country)),
            email=self._read("email", read_email),
            ballot_style=self._style(manifest),
            weight=self._read("weight", lambda text: read_weight(text, manifest.maximum_weight)) or 1,
        )
        if not self.refused and not member.identifiers:
            self._refuse("", "neither a member number nor a national ID")
        if not self.refused and member.mobile is None and member.email is None:
            self._refuse("", "neither a mobile number nor an e-mail address, so no code can be sent")
        return member

    def _read(self, column: str, reader: Callable[[str], T]) -> T | None:
        text = self.cells.get(column, "")
        if not text.strip():
            return None
        try:
            return reader(text)
        except CheckError as error:
            self._refuse(column, str(error))
            return None

    def _style(self, manifest: Manifest) -> int:
        labels = {normal_text(style.label): index for index, style in enumerate(manifest.ballot_styles, 1)}
        text = normal_text(self.cells.get("ballot_style", ""))
        if not text and len(labels) == 1:
            return 1
        if text not in labels:
            problem = "the election has no such ballot style" if text else "missing"
            self._refuse("ballot_style", f"{problem}; there are {', '.join(labels)}")
        return labels.get(text, 1)

    def _refuse(self, column: str, reason: str) -> None:
        self.refused = True
        self.reading.refuse(self.line, column, reason)
