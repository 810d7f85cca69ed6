"""Reports of checks that failed: what a checker sends, and how they are kept, each a file with a number and a time.

A report is a claim. Anybody can send one, and nothing in it is believed: ``report_check`` computes what can be.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import StringConstraints

from e2evote.election.times import shown_time
from e2evote.errors import CheckError, ParseError, StorageError
from e2evote.files import write_new
from e2evote.record.ballot import Timestamp
from e2evote.record.codec import Hash, Index, RecordModel, dump, parse

REPORT_LIMIT = 64 * 1024
"""Bytes of a report."""
MOST = 10_000
"""Reports that are kept in a folder."""
FOLDER = "reports"

Finding = Literal[
    "unreachable", "missing", "unpublished", "malformed", "signature", "quorum", "inclusion", "other-entry",
    "other-ballot", "secret", "not-challenged", "opening", "choices",
]  # fmt: skip
"""What a checker can find; ``docs/formats/report.md`` says what each means."""
WITH_NONCE = frozenset({"opening", "choices"})

_NAME = re.compile(r"([0-9]{6})\.json")


def _text(longest: int) -> StringConstraints:
    return StringConstraints(max_length=longest)


class Report(RecordModel):
    """A report as it is sent: canonical JSON with these fields in order; those that may be None are left out then."""

    format: Literal["e2evote-report/v1"]
    checker: Annotated[str, _text(100)]
    confirmation_code: Hash
    nonce: Hash | None = None
    finding: Finding
    detail: Annotated[str, _text(1000)]
    ballot_sha256: Hash | None = None
    proof: Annotated[str, _text(32768)] | None = None
    words: Annotated[str, _text(2000)] | None = None


class KeptReport(RecordModel):
    """A report as it is kept."""

    number: Index
    time: Timestamp
    report: Report


def parse_report(data: bytes) -> Report:
    """Return a report.

    Raises:
        ParseError: another form, or the nonce is there where it is of no use or missing where it is needed.
    """
    if len(data) > REPORT_LIMIT:
        raise ParseError("report", f"more than {REPORT_LIMIT} bytes")
    report = parse(Report, data, "report")
    if (report.nonce is not None) != (report.finding in WITH_NONCE):
        raise ParseError("report", f"expected with {' and '.join(sorted(WITH_NONCE))}, and with nothing else", "nonce")
    return report


class Reports:
    """The reports in a folder. Several processes may add to it at once."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, which need not be there."""
        self.folder = folder

    def add(self, report: Report, now: datetime) -> KeptReport:
        """Keep a report under the next number; it is on the disk when this returns.

        Raises:
            CheckError: there are too many.
            StorageError: it cannot be written.
        """
        number = max(self._numbers(), default=0) + 1
        while number <= MOST:
            kept = KeptReport(number=number, time=shown_time(now), report=report)
            try:
                write_new(self.folder / f"{number:06}.json", dump(kept) + b"\n", mode=0o600)
            except FileExistsError:
                number += 1
            except OSError as error:
                raise StorageError(f"{self.folder}: cannot be written ({error.strerror or error})") from None
            else:
                return kept
        raise CheckError(f"{MOST} reports have been taken in, and no more are")

    def all(self) -> Iterator[KeptReport]:
        """Yield the reports by number.

        Raises:
            ParseError: naming a file that is none.
            StorageError: one cannot be read.
        """
        for number in self._numbers():
            yield self.get(number)

    def get(self, number: int) -> KeptReport:
        """Return one report.

        Raises:
            CheckError: there is none with this number.
            ParseError: the file is none.
            StorageError: it cannot be read.
        """
        path = self.folder / f"{number:06}.json"
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise CheckError(f"{self.folder}: there is no report {number}") from None
        except OSError as error:
            raise StorageError(f"{path}: cannot be read ({error.strerror or error})") from None
        kept = parse(KeptReport, data.removesuffix(b"\n"), str(path))
        if kept.number != number:
            raise ParseError(str(path), f"expected {number}", "number")
        return kept

    def _numbers(self) -> list[int]:
        try:
            names = [_NAME.fullmatch(path.name) for path in self.folder.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StorageError(f"{self.folder}: cannot be read ({error.strerror or error})") from None
        return sorted(int(name[1]) for name in names if name)


def counts(folder: Path) -> Mapping[str, int]:
    """Return how many reports there are of each finding, for a public page; claims, not judgements.

    Raises:
        ParseError, StorageError: as ``Reports.all``.
    """
    return dict(sorted(Counter(kept.report.finding for kept in Reports(folder).all()).items()))
