"""What gateways hand over, to servers on this machine; what they do when these refuse."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from e2evote.election.signin.courier import Courier
from e2evote.election.signin.gateways.http import Http
from e2evote.election.signin.gateways.message import GatewayError, Message
from e2evote.election.signin.gateways.outbox import Outbox
from e2evote.election.signin.gateways.smtp import Smtp
from e2evote.election.signin.settings import HttpSettings, SmtpSettings
from e2evote.record.codec import parse

SMS = Message("mobile", "+989121234567", "Vote", "رمز شما: 123456", "123456")
MAIL = Message("email", "z@example.org", "رأی‌گیری", "Your code: 123456\nThanks", "123456")


class Provider(BaseHTTPRequestHandler):
    """Keeps requests and answers as it was told."""

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        status, content = self.server.reply  # type: ignore[attr-defined]
        self.send_response(status)
        if status in (301, 302):
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def provider() -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Provider) as server:
        server.seen, server.reply = [], (200, b'{"return": {"status": 200}}')  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def http(server: Any, **changes: object) -> Http:
    base: dict[str, object] = {
        "kind": "http",
        "url": f"http://127.0.0.1:{server.server_address[1]}/v1/{{secret:key}}/send?to={{mobile}}&text={{text}}",
        "headers": {"Authorization": "Bearer {secret:key}"},
        "secrets": {"key": "file"},
        "success": {"field": "return.status", "value": 200},
    }
    return Http(parse(HttpSettings, json.dumps(base | changes).encode(), "", canonical=False), {"key": "s/3&c"})


def test_places_are_filled_in_and_quoted(provider: Any) -> None:
    http(provider, method="GET").send(SMS)
    ((command, path, headers, body),) = provider.seen
    assert (command, body) == ("GET", b"")
    assert headers["Authorization"] == "Bearer s/3&c"
    assert path.startswith("/v1/s%2F3%26c/send?to=%2B989121234567&text=%D8%B1%D9%85%D8%B2%20")


def test_a_json_body(provider: Any) -> None:
    fields = {"to": ["{national}"], "text": '"{text}"', "code": "{code}", "flash": False, "from": 1000}
    http(provider, body={"format": "json", "fields": fields}).send(SMS)
    ((_, _, headers, body),) = provider.seen
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    expected = {"to": ["09121234567"], "text": f'"{SMS.text}"', "code": "123456", "flash": False, "from": 1000}
    assert json.loads(body) == expected


def test_the_fields_of_a_form(provider: Any) -> None:
    http(provider, body={"format": "form", "fields": {"to": "{mobile}", "text": "{text}&{email}"}}).send(SMS)
    ((_, _, headers, body),) = provider.seen
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(body.decode()) == {"to": ["+989121234567"], "text": [f"{SMS.text}&"]}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ((500, b""), "answered 500"),
        ((302, b""), "answered 302"),
        ((200, b""), "the answer has no field return.status"),
        ((200, b'{"return": []}'), "the answer has no field return.status"),
        ((200, b'{"return": {"status": 411}}'), "the answer's field return.status is not the one of success"),
        ((200, b'{"return": {"status": "200"}}'), "the answer's field return.status is not the one of success"),
        ((200, b'{"return": {"status": true}}'), "the answer's field return.status is not the one of success"),
    ],
)
def test_what_is_not_success_is_an_error_without_the_message(provider: Any, reply: Any, expected: str) -> None:
    provider.reply = reply
    with pytest.raises(GatewayError) as caught:
        http(provider).send(SMS)
    assert expected in str(caught.value)
    assert len(provider.seen) == 1
    assert not any(part in str(caught.value) for part in ("123456", "9121234567", "s/3&c"))


def test_a_provider_that_is_away(provider: Any) -> None:
    gateway = http(provider)
    provider.shutdown()
    provider.server_close()
    with pytest.raises(GatewayError) as caught:
        gateway.send(SMS)
    assert str(caught.value) == "HTTP gateway: NewConnectionError"


def test_a_header_with_a_line_feed_is_not_sent(provider: Any) -> None:
    with pytest.raises(GatewayError, match="a line feed"):
        http(provider, headers={"X": "{text}"}).send(MAIL)
    assert not provider.seen


# --------------------------------------------------------------------------------------------------------------- SMTP


class MailServer(StreamRequestHandler):
    """As much of an SMTP server as takes one e-mail without TLS."""

    def handle(self) -> None:
        self.say("220 ready")
        while line := self.rfile.readline():
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"DATA":
                self.say("354 go on")
                data = b""
                while not data.endswith(b"\r\n.\r\n"):
                    data += self.rfile.readline()
                self.server.mails.append(data[:-5])  # type: ignore[attr-defined]
                self.say("250 taken")
            elif verb == b"RCPT" and self.server.refuses:  # type: ignore[attr-defined]
                self.say("550 z@example.org is nobody here")
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def mail_server(refuses: bool = False) -> Iterator[Any]:
    with ThreadingTCPServer(("127.0.0.1", 0), MailServer) as server:
        server.mails, server.refuses = [], refuses  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def smtp(server: Any, security: str = "none") -> Smtp:
    port = server.server_address[1]
    content = {"kind": "smtp", "host": "127.0.0.1", "port": port, "security": security, "sender": "vote@example.org"}
    settings = parse(SmtpSettings, json.dumps(content).encode(), "", canonical=False)
    return Smtp(settings, None)


def test_an_email_arrives_in_any_script() -> None:
    with mail_server() as server:
        smtp(server).send(MAIL)
    mail = message_from_bytes(server.mails[0], policy=policy.default)
    assert (mail["From"], mail["To"], mail["Subject"]) == ("vote@example.org", MAIL.to, MAIL.subject)
    assert mail.get_content().splitlines() == MAIL.text.splitlines()


def test_a_refused_email_is_an_error_without_the_person() -> None:
    with mail_server(refuses=True) as server, pytest.raises(GatewayError) as caught:
        smtp(server).send(MAIL)
    assert "z@" not in str(caught.value)
    assert not server.mails


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_without_tls_nothing_is_sent_where_it_is_wanted(security: str) -> None:
    with mail_server() as server, pytest.raises(GatewayError):
        smtp(server, security).send(MAIL)
    assert not server.mails


def test_an_address_cannot_add_headers() -> None:
    with mail_server() as server, pytest.raises(GatewayError):
        smtp(server).send(Message("email", "z@example.org\nBcc: x@example.org", "s", "t", "1"))
    assert not server.mails


# ------------------------------------------------------------------------------------------------- outbox and courier


def test_the_outbox_shows_the_newest_first(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    assert outbox.messages() == []
    outbox.send(SMS)
    outbox.send(MAIL)
    assert [found["to"] for found in outbox.messages()] == [MAIL.to, SMS.to]
    assert outbox.messages(1)[0] == {"channel": "email", "to": MAIL.to, "subject": MAIL.subject, "text": MAIL.text}
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "outbox").iterdir()} == {0o600}


def test_an_outbox_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("in the way")
    with pytest.raises(GatewayError, match="outbox: "):
        Outbox(tmp_path / "outbox").send(SMS)


def test_the_courier_drops_what_nobody_can_wait_for(caplog: pytest.LogCaptureFixture) -> None:
    blocked, sent = threading.Event(), []

    class Slow:
        def send(self, message: Message) -> None:
            blocked.wait(5)
            sent.append(message)

    with Courier({"mobile": Slow()}, threads=1) as courier:
        for _ in range(1001):
            courier.post(SMS)
        blocked.set()
    assert len(sent) == 1000
    assert [record.message for record in caplog.records] == ["too many messages are waiting; one was dropped"]


def test_whatever_a_gateway_raises_the_courier_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def send(self, message: Message) -> None:
            raise ValueError("unexpected")

    told: list[int] = []
    with Courier({"mobile": Broken()}, threads=1) as courier:
        courier.post(SMS, lambda: told.append(1))
        courier.post(SMS, lambda: told.append(2))
    assert told == [1, 2]
    assert "123456" not in caplog.text
