"""What the organiser configures: ``booth.json`` in the election's directory (docs/formats/booth.md)."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from annotated_types import MaxLen, MinLen
from pydantic import StringConstraints, field_validator, model_validator

from e2evote.election.showing import Condition
from e2evote.errors import CheckError, ParseError
from e2evote.record.codec import Index, RecordModel, parse
from e2evote.record.manifest import Manifest

FILE = "booth.json"

_LIMIT = 2**20
_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")

Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Words = Annotated[dict[str, Annotated[str, MinLen(1), MaxLen(2000)]], MinLen(1)]
"""Language tag to text."""


class Support(RecordModel):
    """Whom voters ask for help."""

    text: Words | None = None
    phone: Line | None = None
    email: Line | None = None


class BoothSettings(RecordModel):
    """The whole file."""

    device: Index
    url: str = ""
    zone: str = "UTC"
    kept_order: tuple[Index, ...] = ()
    conditions: tuple[Condition, ...] = ()
    support: Support = Support()
    inspectors: Words | None = None

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        if url and not _is_origin(url):
            raise ValueError("expected https:// and a host, and nothing behind it; http:// is for this machine only")
        return url

    @field_validator("zone")
    @classmethod
    def _check_zone(cls, zone: str) -> str:
        try:
            return ZoneInfo(zone).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("there is no such time zone; one is called Asia/Tehran, for example") from None

    @model_validator(mode="after")
    def _check(self) -> "BoothSettings":
        contests = [condition.contest for condition in self.conditions]
        if len(set(contests)) < len(contests):
            raise ValueError("conditions: a contest has one condition at most")
        if len(set(self.kept_order)) < len(self.kept_order):
            raise ValueError("kept_order: a contest is there twice")
        texts = [words for words in (self.support.text, self.inspectors) if words is not None]
        if not all(_TAG.fullmatch(tag) for words in texts for tag in words):
            raise ValueError("expected texts by language, such as en and fa")
        return self

    def check(self, manifest: Manifest) -> None:
        """Accept settings that fit the election.

        Raises:
            CheckError: naming every problem.
        """
        problems = list(self._problems(manifest))
        if problems:
            raise CheckError(f"{FILE}: " + "; ".join(problems))

    def _problems(self, manifest: Manifest) -> Iterator[str]:
        count = len(manifest.contests)
        for contest in self.kept_order:
            if contest > count:
                yield f"kept_order: there is no contest {contest}"
        for condition in self.conditions:
            where = f"conditions: contest {condition.contest}"
            if condition.contest > count:
                yield f"{where}: there is no such contest"
            elif condition.depends_on >= condition.contest:
                yield f"{where}: it depends on contest {condition.depends_on}, which does not come before it"
            else:
                yield from _condition_problems(where, condition, manifest)


def _condition_problems(where: str, condition: Condition, manifest: Manifest) -> Iterator[str]:
    options = len(manifest.contest(condition.depends_on).options)
    for option in condition.options:
        if option > options:
            yield f"{where}: contest {condition.depends_on} has no option {option}"
    for style in manifest.ballot_styles:
        if condition.contest in style.contests and condition.depends_on not in style.contests:
            yield f"{where}: ballot style {style.label!r} does not have contest {condition.depends_on}, so it is hidden"


def _is_origin(url: str) -> bool:
    try:
        parts = urlsplit(url)
        plain = parts.scheme == "http" and is_loopback(parts.hostname or "")
        known = parts.port is None or parts.port > 0
    except ValueError:
        return False
    host = re.fullmatch(r"[a-z0-9.-]+|\[[0-9a-f:.]+\]", parts.netloc.removesuffix(f":{parts.port}"))
    return (
        known and host is not None and (parts.scheme == "https" or plain) and url == f"{parts.scheme}://{parts.netloc}"
    )


def origin_of(url: str) -> str:
    """Return the origin that somebody named as a URL; empty if they named none.

    Raises:
        CheckError: it is none under which a booth can be served.
    """
    found = url.rstrip("/")
    if found and not _is_origin(found):
        raise CheckError(f"{url!a}: expected https:// and a host, with nothing behind it; http:// is for this machine")
    return found


def is_loopback(host: str) -> bool:
    """Tell whether an address is of this machine alone."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def read_booth(directory: Path) -> BoothSettings:
    """Read the settings of an election's directory.

    Raises:
        ParseError: they are missing or not in their form.
    """
    path = directory / FILE
    if not path.is_file():
        raise ParseError(str(path), f"the file is missing; 'e2evote booth init {directory}' makes one")
    if path.stat().st_size > _LIMIT:
        raise ParseError(str(path), f"larger than {_LIMIT} bytes")
    return parse(BoothSettings, path.read_bytes(), str(path), canonical=False)
