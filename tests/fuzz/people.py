"""What organisers hand in about people: the file of members, and the settings of signing in."""

from e2evote.election.people.member import Member
from e2evote.election.roll.reading import read_roll
from e2evote.election.signin.gateways.http import Http
from e2evote.election.signin.settings import HttpSettings, Settings
from e2evote.encoding import canonical_json
from e2evote.record.codec import dump, parse
from e2evote.record.manifest import parse_manifest
from tests.builders import manifest_bytes

MANIFEST = parse_manifest(manifest_bytes(), "manifest")


def roll(data: bytes) -> None:
    """A file of members: each row is a member or explained; what is read, read again, is the same."""
    reading = read_roll(data, MANIFEST, "members.csv")
    assert not {problem.line for problem in reading.problems} & reading.members.keys()
    for problem in reading.problems:
        str(problem).encode()
    for member in reading.members.values():
        assert member.identifiers
        assert Member.decode(member.encode()) == member


def signin(data: bytes) -> None:
    """The settings of signing in, and the templates in them."""
    settings = parse(Settings, data, "signin.json", canonical=False)
    assert parse(Settings, dump(settings), "again") == settings
    for gateway in settings.channels.values():
        if isinstance(gateway, HttpSettings):
            Http(gateway, dict.fromkeys(gateway.secrets, "secret"))


def roll_seeds() -> list[bytes]:
    """Return files of members, as spreadsheets write them."""
    style = MANIFEST.ballot_styles[0].label
    rows = [
        "شماره عضویت;کد ملی;تابعیت;نام;تلفن همراه;ایمیل;برگه رای;وزن",
        f'م-۱۲;۰۰۰۰۰۰۰۰۱۹;ایران;"زهرا\nكريمي";۰۹۱۲ ۱۲۳ ۴۵۶۷;z@example.org;{style};2',
        f"13;AB123;DE;Jo;+4915123456789;;{style};",
    ]
    plain = f"member_number,mobile,ballot_style\nA1,09121234567,{style}\nA1,1,\n"
    return ["\r\n".join(("\ufeff" + rows[0], *rows[1:])).encode(), plain.encode()]


def signin_seeds() -> list[bytes]:
    """Return settings with every kind of gateway."""
    http = {
        "kind": "http",
        "url": "https://sms.example.org/{secret:key}?to={national}",
        "headers": {"Authorization": "{secret:key}"},
        "body": {"format": "json", "fields": {"to": ["{mobile}"], "text": "{text}", "flash": False}},
        "secrets": {"key": "private/sms.key"},
        "success": {"status": [200], "field": "return.status", "value": 200},
    }
    smtp = {"kind": "smtp", "host": "mail.example.org", "sender": "vote@example.org", "security": "tls"}
    times = {"opens": "2026-12-01T04:30:00Z", "closes": "2026-12-01T14:30:00Z"}
    settings = {"fields": ["member_number", "national_id"], **times, "channels": {"mobile": http, "email": smtp}}
    return [canonical_json(settings), canonical_json(settings | {"channels": {"mobile": {"kind": "outbox"}}})]
