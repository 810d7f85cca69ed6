"""What the organiser configures: ``signin.json`` in the election's directory (docs/formats/signin.md)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from annotated_types import Ge, Le, MaxLen, MinLen
from phonenumbers import SUPPORTED_REGIONS
from pydantic import Field, field_validator, model_validator

from e2evote.election.people.member import IDENTIFIERS
from e2evote.errors import ParseError
from e2evote.record.codec import RecordModel, parse

FILE = "signin.json"

SignInField = Literal["member_number", "national_id", "mobile", "email"]
Channel = Literal["mobile", "email"]
Language = Literal["en", "fa"]

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_LIMIT = 2**20


class OutboxSettings(RecordModel):
    """Messages are files that the page of a development server shows; nothing is sent."""

    kind: Literal["outbox"]


class SmtpSettings(RecordModel):
    """Messages are e-mails, handed to one server."""

    kind: Literal["smtp"]
    host: Annotated[str, MinLen(1)]
    port: Annotated[int, Ge(1), Le(65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Annotated[str, MinLen(3)]
    username: str | None = None
    password_file: str | None = None
    timeout: Annotated[int, Ge(1), Le(60)] = 20

    @model_validator(mode="after")
    def _check(self) -> "SmtpSettings":
        if self.security == "none" and self.host not in _LOOPBACK:
            raise ValueError("without TLS a server is used on this machine only")
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file belong together")
        return self


class Body(RecordModel):
    """What a request carries: one JSON object, or the fields of a form; strings in it are templates."""

    format: Literal["json", "form"]
    fields: dict[str, Any]

    @model_validator(mode="after")
    def _check(self) -> "Body":
        if self.format == "form" and not all(isinstance(value, str) for value in self.fields.values()):
            raise ValueError("the fields of a form are strings")
        return self


class Success(RecordModel):
    """When a request has succeeded: by its status, and where named by a field of the JSON object that comes back."""

    status: Annotated[tuple[Annotated[int, Ge(100), Le(599)], ...], MinLen(1)] = (200, 201, 202, 204)
    field: str | None = None
    value: str | int | bool = True


class HttpSettings(RecordModel):
    """Messages are requests to a provider; URL, headers and body are templates (``gateways.templates``)."""

    kind: Literal["http"]
    url: Annotated[str, MinLen(1)]
    method: Literal["GET", "POST", "PUT"] = "POST"
    headers: dict[str, str] = Field(default_factory=dict)
    body: Body | None = None
    secrets: dict[Annotated[str, Field(pattern="^[a-z_]+$")], str] = Field(default_factory=dict)
    success: Success = Success()
    timeout: Annotated[int, Ge(1), Le(60)] = 10

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if "{" in parts.netloc or "@" in parts.netloc or not parts.hostname:
            raise ValueError("expected a URL with a host, which is no template and has no password before it")
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise ValueError("expected https://; http:// is for this machine only")
        return url


Gateway = Annotated[OutboxSettings | SmtpSettings | HttpSettings, Field(discriminator="kind")]


class Limits(RecordModel):
    """How often things may happen, an hour; sizes and times of codes and sessions, in seconds."""

    code_digits: Annotated[int, Ge(5), Le(8)] = 6
    code_seconds: Annotated[int, Ge(30), Le(900)] = 120
    codes_an_attempt: Annotated[int, Ge(1), Le(20)] = 5
    wrong_an_attempt: Annotated[int, Ge(1), Le(10)] = 5
    attempt_seconds: Annotated[int, Ge(60), Le(3600)] = 900
    codes_a_person: Annotated[int, Ge(1), Le(1000)] = 10
    codes_an_address: Annotated[int, Ge(1), Le(10**6)] = 300
    wrong_an_address: Annotated[int, Ge(1), Le(10**6)] = 300
    ballots_a_person: Annotated[int, Ge(6), Le(1000)] = 30
    session_seconds: Annotated[int, Ge(300), Le(24 * 3600)] = 3600
    ballot_seconds: Annotated[int, Ge(60), Le(12 * 3600)] = 1200
    casting_seconds: Annotated[int, Ge(60), Le(3600)] = 600
    trail_days: Annotated[int, Ge(1), Le(3650)] = 90


class Robots(RecordModel):
    """How a person shows that they are none: a question in words, and work for the browser (bits, 0: none)."""

    question: bool = True
    work_bits: Annotated[int, Ge(0), Le(22)] = 14


class Settings(RecordModel):
    """The whole file."""

    fields: Annotated[tuple[SignInField, ...], MinLen(1), MaxLen(4)]
    country: str = "IR"
    opens: str
    closes: str
    channels: Annotated[dict[Channel, Gateway], MinLen(1)]
    limits: Limits = Limits()
    robots: Robots = Robots()

    @model_validator(mode="after")
    def _check(self) -> "Settings":
        if len(set(self.fields)) < len(self.fields):
            raise ValueError("a field is there twice")
        if self.country not in SUPPORTED_REGIONS:
            raise ValueError("country: expected the two letters of a country, such as IR")
        if not set(self.fields) & set(IDENTIFIERS):
            raise ValueError(f"expected one of the fields {' and '.join(IDENTIFIERS)}")
        if _seconds(self.opens) >= _seconds(self.closes):
            raise ValueError("voting closes after it opens")
        for channel, gateway in self.channels.items():
            if gateway.kind == "smtp" and channel != "email":
                raise ValueError("an SMTP server sends to e-mail addresses only")
        return self

    @property
    def open_from(self) -> int:
        """When voting begins, in seconds since 1970."""
        return _seconds(self.opens)

    @property
    def open_until(self) -> int:
        """When voting is over, in seconds since 1970."""
        return _seconds(self.closes)


def read_settings(directory: Path) -> Settings:
    """Read the settings of an election's directory.

    Raises:
        ParseError: they are missing or not in their form.
    """
    path = directory / FILE
    if not path.is_file():
        raise ParseError(str(path), "the file is missing; docs/formats/signin.md describes it")
    if path.stat().st_size > _LIMIT:
        raise ParseError(str(path), f"larger than {_LIMIT} bytes")
    return parse(Settings, path.read_bytes(), str(path), canonical=False)


def read_secrets(directory: Path, files: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets that are kept in files, by name; a file's last line feed does not belong to it.

    Raises:
        ParseError: a file is missing, others can read it, or it is not one line of text.
    """
    return {name: _read_secret(directory / file) for name, file in files.items()}


def _read_secret(path: Path) -> str:
    if not path.is_file():
        raise ParseError(str(path), "the file with the secret is missing")
    if path.stat().st_mode & 0o077:
        raise ParseError(str(path), "others can read this file; 'chmod 600' it")
    with path.open("rb") as file:
        data = file.read(4097)
    try:
        text = data.decode().removesuffix("\n")
    except UnicodeDecodeError:
        raise ParseError(str(path), "not UTF-8") from None
    if not text or len(data) > 4096 or not text.isprintable():
        raise ParseError(str(path), "expected one line of at most 4096 bytes")
    return text


def _seconds(text: str) -> int:
    try:
        if _TIME.fullmatch(text):
            return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
    except ValueError:
        pass
    raise ValueError(f"expected a time such as 2026-12-01T04:30:00Z, found {text[:30]!r}")
