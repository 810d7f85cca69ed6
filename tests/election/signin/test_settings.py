"""The settings: what is accepted, and how what is not is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from e2evote.election.signin.gateways.configured import OUTBOX, gateways_of
from e2evote.election.signin.gateways.http import Http
from e2evote.election.signin.gateways.outbox import Outbox
from e2evote.election.signin.gateways.smtp import Smtp
from e2evote.election.signin.settings import FILE, read_settings
from e2evote.errors import CheckError, ParseError

GOOD: dict[str, Any] = {
    "fields": ["member_number", "national_id"],
    "opens": "2026-12-01T04:30:00Z",
    "closes": "2026-12-01T14:30:00Z",
    "channels": {
        "mobile": {
            "kind": "http",
            "url": "https://sms.example.org/v1/{secret:key}/send",
            "headers": {"Accept": "application/json"},
            "body": {"format": "json", "fields": {"receptor": "{national}", "parts": [{"message": "{text}"}, 1]}},
            "secrets": {"key": "private/sms.key"},
            "success": {"status": [200], "field": "return.status", "value": 200},
        },
        "email": {
            "kind": "smtp",
            "host": "mail.example.org",
            "sender": "vote@example.org",
            "username": "vote",
            "password_file": "private/smtp.password",
        },
    },
}


def written(directory: Path, content: object) -> Path:
    (directory / FILE).write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
    return directory


def secret(directory: Path, name: str, text: str = "s3cret\n", mode: int = 0o600) -> None:
    (directory / "private").mkdir(exist_ok=True)
    path = directory / "private" / name
    path.write_text(text)
    path.chmod(mode)


def changed(path: str, value: object) -> dict[str, Any]:
    """The good settings with one value replaced, or taken out where it is ``...``."""
    result = json.loads(json.dumps(GOOD))
    *parents, last = path.split("/")
    place = result
    for name in parents:
        place = place[name]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return result


def test_settings_are_read_with_their_defaults(tmp_path: Path) -> None:
    found = read_settings(written(tmp_path, GOOD))
    assert found.limits.code_seconds == 120
    assert found.open_until - found.open_from == 10 * 3600
    assert list(found.channels) == ["mobile", "email"]


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("shoe", 1, "shoe: Extra inputs are not permitted"),
        ("fields", [], "fields: "),
        ("fields", ["mobile"], "expected one of the fields member_number and national_id"),
        ("fields", ["member_number", "member_number"], "a field is there twice"),
        ("fields", ["name"], "fields.0: "),
        ("opens", "2026-12-01", "expected a time such as 2026-12-01T04:30:00Z"),
        ("opens", "2026-13-01T04:30:00Z", "expected a time such as 2026-12-01T04:30:00Z"),
        ("closes", "2026-12-01T04:30:00Z", "voting closes after it opens"),
        ("closes", ..., "closes: Field required"),
        ("country", "Iran", "country: "),
        ("channels", {}, "channels: "),
        ("channels/fax", {"kind": "outbox"}, "channels.fax"),
        ("channels/mobile/kind", "pigeon", "channels.mobile"),
        ("channels/mobile", {"kind": "smtp", "host": "h", "sender": "a@b"}, "an SMTP server sends to e-mail"),
        ("channels/email/security", "none", "without TLS a server is used on this machine only"),
        ("channels/email/password_file", ..., "username and password_file belong together"),
        ("channels/email/port", 0, "channels.email.smtp.port"),
        ("channels/mobile/url", "http://sms.example.org/", "expected https://"),
        ("channels/mobile/url", "https://{secret:key}/", "expected a URL with a host"),
        ("channels/mobile/url", "https://a:b@sms.example.org/", "expected a URL with a host"),
        ("channels/mobile/url", "file:///etc/passwd", "expected a URL with a host"),
        ("channels/mobile/method", "DELETE", "channels.mobile.http.method"),
        ("channels/mobile/body/fields/receptor", None, "null is not allowed"),
        ("channels/mobile/body", {"format": "form", "fields": {"to": 1}}, "the fields of a form are strings"),
        ("channels/mobile/secrets/KEY", "x", "channels.mobile.http.secrets.KEY"),
        ("limits", {"code_digits": 4}, "limits.code_digits"),
        ("limits", {"code_seconds": "120"}, "limits.code_seconds"),
        ("robots", {"work_bits": 23}, "robots.work_bits"),
    ],
)
def test_refused_settings_name_the_field(tmp_path: Path, path: str, value: object, expected: str) -> None:
    with pytest.raises(ParseError) as caught:
        read_settings(written(tmp_path, changed(path, value)))
    assert expected in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / FILE))


def test_settings_that_are_no_file_or_no_json(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"the file is missing; docs/formats/signin\.md describes it"):
        read_settings(tmp_path)
    with pytest.raises(ParseError, match="the key appears twice"):
        read_settings(written(tmp_path, '{"fields": [], "fields": []}'))
    with pytest.raises(ParseError, match="larger than"):
        read_settings(written(tmp_path, " " * (2**20 + 1)))


def test_gateways_are_made_as_configured(tmp_path: Path) -> None:
    secret(tmp_path, "sms.key")
    secret(tmp_path, "smtp.password")
    found = gateways_of(read_settings(written(tmp_path, GOOD)), tmp_path)
    assert isinstance(found["mobile"], Http)
    assert isinstance(found["email"], Smtp)
    assert "s3cret" not in repr(found)
    outbox = gateways_of(
        read_settings(written(tmp_path, changed("channels", {"mobile": {"kind": "outbox"}}))), tmp_path
    )
    assert isinstance(outbox["mobile"], Outbox)
    assert OUTBOX == "people/outbox"


@pytest.mark.parametrize(
    ("text", "mode", "expected"),
    [
        ("s", 0o644, "others can read this file"),
        ("", 0o600, "expected one line"),
        ("a\nb\n", 0o600, "expected one line"),
    ],
)
def test_secrets_are_files_of_one_line_for_the_owner(tmp_path: Path, text: str, mode: int, expected: str) -> None:
    settings = read_settings(written(tmp_path, GOOD))
    with pytest.raises(ParseError, match="the file with the secret is missing"):
        gateways_of(settings, tmp_path)
    secret(tmp_path, "sms.key", text, mode)
    with pytest.raises(ParseError, match=expected):
        gateways_of(settings, tmp_path)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("channels/mobile/headers/X", "{name}", r"there is no \{name\}; there are \{mobile\}"),
        ("channels/mobile/url", "https://x.example/{secret:other}", r"there is no \{secret:other\}"),
        ("channels/mobile/body/fields/parts", ["{text"], "a brace that is not part of a place"),
    ],
)
def test_templates_have_known_places_only(tmp_path: Path, path: str, value: object, expected: str) -> None:
    secret(tmp_path, "sms.key")
    with pytest.raises(CheckError, match=expected):
        gateways_of(read_settings(written(tmp_path, changed(path, value))), tmp_path)
