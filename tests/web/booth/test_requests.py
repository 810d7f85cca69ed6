"""Requests that are none of the booth's page: other sites, forms, too much, too deep, and what every answer carries."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.routing import Route
from starlette.testclient import TestClient

from e2evote.election.people import trail
from e2evote.encoding import hex_of
from e2evote.web.booth import api
from e2evote.web.booth.callers import proxy_networks
from e2evote.web.booth.page import booth_page
from e2evote.web.security import CONTENT_POLICY, HEADERS
from tests.web.asgi import ask
from tests.web.booth.booths import JSON, Clock, Encrypted, Voter, inside
from tests.web.booth.conftest import NewVoter
from tests.web.booth.test_voting import entries

OWN = "http://127.0.0.1:8000"
INJECTIONS = (
    "' OR 1=1 --",
    '"; DROP TABLE members; --',
    "%27",
    "\\",
    "x' UNION SELECT * FROM codes --",
    "\u0000",
)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-E2EVote": ""},
        {"X-E2EVote": "2"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"{OWN}.evil.example"},
        {"Origin": "https://127.0.0.1:8000"},
        {"Origin": "http://127.0.0.1:8001"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ],
)
def test_other_sites_are_turned_away(voter: NewVoter, directory: Path, headers: dict[str, str]) -> None:
    somebody = voter(1)
    for call in api.CALLS:
        assert somebody.refused(call, **headers) == "cross-site"
    assert somebody.done("turn")["session"]
    assert entries(directory) == []


def test_a_request_without_the_header_is_turned_away(voter: NewVoter) -> None:
    somebody = voter(1)
    for call in api.CALLS:
        answer = somebody.ask("POST", f"/vote/api/{call}", b"{}", {"Content-Type": "application/json"})
        assert (answer.status, answer.json["error"]) == (403, "cross-site")


def test_where_somebody_stands_is_not_for_other_sites(voter: NewVoter) -> None:
    somebody = voter(1)
    assert somebody.refused("turn", **{"Sec-Fetch-Site": "cross-site"}) == "cross-site"
    assert somebody.refused("turn", Origin="https://evil.example") == "cross-site"
    assert somebody.call("turn", **{"Sec-Fetch-Site": "none"}).json["session"]


def test_the_own_page_is_let_in(voter: NewVoter) -> None:
    somebody = voter(1)
    assert somebody.call("begin", **{"Origin": OWN, "Sec-Fetch-Site": "same-origin"}).status == 200


def test_a_url_that_is_configured_is_the_only_origin(directory: Path, clock: Clock) -> None:
    with inside(directory, clock, url="https://vote.example.org", secure=True) as client:
        somebody = Voter(client, directory)
        assert somebody.call("question", Origin="https://vote.example.org").status == 200
        assert somebody.refused("question", Origin="https://127.0.0.1:8000") == "cross-site"
        assert json.loads(somebody.ask("GET", "/vote/election.json").body)["board"]["url"] == "https://vote.example.org"


def test_no_other_origin_is_let_in_by_a_preflight(voter: NewVoter) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST",
             "Access-Control-Request-Headers": "x-e2evote"}  # fmt: skip
    for call in ("turn", *api.CALLS):
        answer = voter(0).ask("OPTIONS", f"/vote/api/{call}", None, asked)
        assert answer.status == 405
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"]
)
def test_other_types_are_refused(voter: NewVoter, kind: str) -> None:
    somebody = voter(1)
    for call in api.CALLS:
        answer = somebody.call(call, **{"Content-Type": kind})
        assert (answer.status, answer.json["error"]) == (415, "malformed-request")


def test_types_may_have_parameters(voter: NewVoter) -> None:
    assert voter(0).call("question", **{"Content-Type": "Application/JSON; charset=utf-8"}).status == 200


def test_bodies_have_a_limit(voter: NewVoter, client: TestClient) -> None:
    somebody = voter(1)
    for call, one in api.CALLS.items():
        limit = api.LARGE if one.large else api.SMALL
        answer = somebody.ask("POST", f"/vote/api/{call}", b" " * (limit + 1), JSON)
        assert (answer.status, answer.json["error"]) == (413, "malformed-request"), call

        def pieces(limit: int = limit) -> Iterator[bytes]:  # without a length that is said before
            yield b" " * limit
            yield b" "

        cookies = {"Cookie": f"session={somebody.cookies['session']}"}
        assert client.post(f"/vote/api/{call}", content=pieces(), headers=JSON | cookies).status_code == 413


def test_a_large_body_is_for_those_who_are_signed_in(voter: NewVoter) -> None:
    answer = voter(0).ask("POST", "/vote/api/commit", b" " * api.LARGE * 2, JSON)
    assert (answer.status, answer.json["error"]) == (401, "no-session")


ODD = [
    (b"", "not JSON"),
    (b"[]", "expected an object"),
    (b'"x"', "expected an object"),
    (b"\xff", "UTF-8"),
    (b'{"token":"\\ud800","code":"1"}', "surrogate"),
    (b"[" * 10_000, "nested"),
    (b'{"a":' * 900 + b"1" + b"}" * 900, ""),
    (b'{"token":"1","token":"2","code":"3"}', "appears twice"),
    (b'{"token":null,"code":"1"}', "null"),
    (b'{"token":NaN,"code":"1"}', "NaN"),
    (b'{"token":1e999,"code":"1"}', "too large"),
    (b'{"token":' + b"9" * 5000 + b',"code":"1"}', "too long"),
    (b'{"token":1,"code":"1"}', "token"),
    (b'{"token":"1"}', "code"),
    (b'{"token":"1","code":"1","more":1}', "more"),
    (b'{"token":"' + b"x" * 201 + b'","code":"1"}', "token"),
]


@pytest.mark.parametrize(("body", "detail"), ODD)
def test_other_json_is_refused(voter: NewVoter, body: bytes, detail: str) -> None:
    answer = voter(0).ask("POST", "/vote/api/enter", body, JSON)
    assert (answer.status, answer.json["error"]) == (400, "malformed-request")
    assert detail in answer.json["detail"]


@pytest.mark.parametrize("text", INJECTIONS)
def test_injections_are_only_text(voter: NewVoter, directory: Path, text: str) -> None:
    somebody = voter(1)
    hashes = {"confirmation_code": "0" * 64, "secret": "0" * 64}
    answer = somebody.robots_answer()
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("sign-in", {"fields": {"member_number": text, "national_id": text}, "answer": answer}),
        ("sign-in", {"fields": {}, "answer": {"token": text, "text": text, "work": text}}),
        ("sign-in", {"fields": {text: "1"}, "answer": answer}),
        ("sign-in", {"fields": {}, "answer": answer, "channel": text}),
        ("resend", {"token": text}),
        ("enter", {"token": text, "code": text}),
        ("code", {"confirmation_code": text}),
        ("code", {"confirmation_code": "0" * 64, "token": text}),
        ("cast", {**hashes, "token": text, "code": text}),
        ("challenge", {"confirmation_code": text, "secret": text}),
        ("commit", {"ballot": {text: text}, "commitments": {"cast": "0" * 64, "challenge": "1" * 64}}),
        ("open", {"opened": {text: text}}),
    ]
    for call, body in bodies:
        assert somebody.refused(call, body)
    other = Voter(somebody.where, directory, cookies={"session": text.encode("unicode_escape").decode()})
    assert other.done("turn")["error"] == "no-session"
    assert somebody.done("turn")["name"]
    assert entries(directory) == []


@pytest.mark.parametrize(
    "path",
    [
        "/static/booth/../../../booth/page.py", "/static/booth/%2e%2e/%2e%2e/booth.json", "/static/booth//etc/passwd",
        "/static/booth/crypto/../package.json", "/static/booth/crypto/%00.js", "/vote/../private/people.key",
        "/vote/api/../../signin.json", "/vote/api/turn/..", "/vote/xx", "/vote/en/", "/static/", "/static/booth/",
        "/static/booth/package.json", "/booth.json", "/outbox/..",
    ],
)  # fmt: skip
def test_no_other_file_is_served(client: TestClient, path: str) -> None:
    answer = ask(client.app, path=path)  # as it is, which clients do not send
    assert answer.status == 404


def paths(client: TestClient) -> list[str]:
    """An address of every route."""
    routes = client.app.application.routes  # type: ignore[attr-defined]
    found = {"{code}": "0" * 64, "{path:path}": "x", "{index}": "0"}
    result = []
    for path in [route.path for route in routes if isinstance(route, Route)]:
        for place, value in found.items():
            path = path.replace(place, value)
        result.append(path)
    return result


def test_headers_on_every_route(client: TestClient) -> None:
    known = paths(client)
    assert {"/", "/board", "/vote", "/vote/en", "/vote/api/turn", "/vote/api/cast", "/outbox", "/policy"} <= set(known)
    for path in [*known, "/none"]:
        for method in ("GET", "POST", "HEAD"):
            answer = client.request(method, path, follow_redirects=False)
            assert answer.status_code < 500, (method, path)
            for name, value in HEADERS[1:]:
                assert answer.headers[name] == value, (method, path, name)
            policy = answer.headers["content-security-policy"]
            assert len(answer.headers.get_list("content-security-policy")) == 1
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy.replace("'wasm-unsafe-eval'", "")
            assert "frame-ancestors 'none'" in policy
            if not path.startswith(("/vote/en", "/vote/fa", "/vote/checker.html")):
                assert policy == CONTENT_POLICY
            assert "set-cookie" not in answer.headers
            assert "server" not in answer.headers
            if path.startswith("/vote") or path == "/outbox":
                assert "access-control-allow-origin" not in answer.headers
                assert answer.headers["cross-origin-resource-policy"] == "same-origin"
            if path.startswith("/vote/api/") or path == "/outbox":
                assert answer.headers["cache-control"] == "no-store"


def test_the_page_has_its_own_policy(client: TestClient) -> None:
    for tag in ("en", "fa"):
        names = client.get("/vote/election.json").json()["names"]
        page, answer = booth_page(tag, names), client.get(f"/vote/{tag}")
        assert answer.content == page.html
        assert answer.headers["content-security-policy"] == page.policy
        assert client.get(f"/vote/{tag}", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_the_reader_is_led_to_a_language(client: TestClient) -> None:
    for header, query, to in (("fa", "", "fa"), ("en", "", "en"), ("en", "?lang=fa", "fa"), ("de", "", "en")):
        answer = client.get(f"/vote{query}", headers={"Accept-Language": header}, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/vote/{to}")


@pytest.mark.parametrize(("secure", "name"), [(False, "session"), (True, "__Host-session")])
def test_cookies(directory: Path, clock: Clock, secure: bool, name: str) -> None:
    with inside(directory, clock, secure=secure) as client:
        somebody = Voter(client, directory)
        sent = somebody.ask_for_code(1)
        answer = somebody.call("enter", {"token": sent["token"], "code": somebody.read_code(1, 1)})
        (line,) = answer.headers.get_all("Set-Cookie", [])
        pair, *flags = line.split("; ")
        assert pair.startswith(f"{name}=")
        expected = {"httponly", "path=/", "samesite=strict"} | ({"secure"} if secure else set())
        assert {flag.lower() for flag in flags} == expected
        assert somebody.cookies[name] not in answer.body.decode()
        (line,) = somebody.call("sign-out").headers.get_all("Set-Cookie", [])
        assert line.startswith(f'{name}=""; ')
        assert "Max-Age=0" in line
        assert ("Secure" in line) is secure


def test_a_cookie_of_another_name_is_no_session(directory: Path, clock: Clock) -> None:
    with inside(directory, clock, secure=True) as client:
        somebody = Voter(client, directory)
        somebody.sign_in(1)
        token = somebody.cookies["__Host-session"]
        other = Voter(client, directory, cookies={"session": token})
        assert other.done("turn")["session"] is False


def forwarded(directory: Path, client: TestClient, peer: str, header: str) -> int:
    made = TestClient(client.app, base_url=OWN, client=(peer, 1))
    return made.get("/vote/api/turn", headers={"X-Forwarded-For": header}).status_code


def test_addresses_behind_a_proxy(directory: Path, clock: Clock) -> None:
    networks = proxy_networks(["127.0.0.1", "10.0.0.0/8"])
    with inside(directory, clock, proxies=networks, outbox=False) as client:
        door = client.app.application.state.booth.door  # type: ignore[attr-defined]
        assert forwarded(directory, client, "192.0.2.1", "") == 403
        assert forwarded(directory, client, "10.1.2.3", "192.0.2.9") == 200

        for peer, header, address in (
            ("127.0.0.1", "192.0.2.9", "192.0.2.9"),
            ("127.0.0.1", "6.6.6.6, 192.0.2.9", "192.0.2.9"),  # what stands in front anybody can say
            ("127.0.0.1", "192.0.2.9, 10.0.0.7", "192.0.2.9"),
            ("127.0.0.1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("::ffff:127.0.0.1", "::ffff:192.0.2.9", "192.0.2.9"),
            ("127.0.0.1", "", "127.0.0.1"),
            ("127.0.0.1", "unknown" * 50, "unknown" * 14 + "un"),
        ):
            sent = [(b"x-forwarded-for", header.encode())] if header else []
            request = Request({"type": "http", "client": (peer, 1), "headers": sent})
            assert door.address(request) == address


def test_nobody_is_believed_without_a_proxy(directory: Path, clock: Clock) -> None:
    """Else whoever makes up addresses would get round the limits."""
    with inside(directory, clock) as client:
        people = client.app.application.state.booth.desk.people  # type: ignore[attr-defined]
        somebody = Voter(client, directory)
        sent = somebody.robots_answer()
        fields = {"member_number": "1405000001", "national_id": "0000000019"}
        somebody.call("sign-in", {"fields": fields, "answer": sent}, **{"X-Forwarded-For": "6.6.6.6"})
        with people.reading() as access:
            assert {event.address for _, event in trail.events(access, None)} == {"127.0.0.1"}


def test_nothing_secret_is_logged(
    voter: NewVoter, ready: list[Encrypted], caplog: pytest.LogCaptureFixture, directory: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    somebody, ballot = voter(1), ready[0]
    somebody.commit(ballot)
    body = somebody.casting_code(ballot)
    somebody.refused("cast", body | {"code": "000000"})
    somebody.done("cast", body)
    other = voter(2)
    other.commit(ready[1])
    other.challenge(ready[1])
    other.refused("open", {"opened": {"nonce": ready[1].nonce}})
    logged = caplog.text + "".join(str(record.args) for record in caplog.records)
    secrets = [body["code"], body["token"], *other.cookies.values(), ready[1].nonce]
    secrets += [hex_of(secret) for ballot in ready[:2] for secret in (ballot.cast, ballot.challenge)]
    for secret in secrets:
        assert secret not in logged
