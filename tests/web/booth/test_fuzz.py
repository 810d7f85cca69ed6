"""No request to any route of an election's server is a server error; ``make fuzz-booth`` asks more of the interface."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from e2evote.web.booth import api
from tests.web.asgi import METHODS, Answer, ask, headers, odd_text
from tests.web.booth.booths import Clock, Encrypted, Voter, inside

OWN = [("content-type", "application/json"), ("x-e2evote", "1")]
NAMES = sorted(
    {name for call in api.CALLS.values() for name in call.body.model_fields}
    | {"text", "work", "cast", "challenge", "member_number", "national_id"}
)
VALUES = st.sampled_from(
    ["0" * 64, "A" * 64, "mobile", "email", "0", "' OR 1=1 --", "\0", "۱۲۳۴۵۶", "é" * 201, 10**30, -1]
)
KEYS = st.sampled_from(NAMES) | st.text(max_size=5)
JSON = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=6)


class Fuzzed:
    """A server, and somebody who is signed in and has begun a ballot."""

    def __init__(self, client: TestClient, directory: Path) -> None:
        self.app = client.app
        self.voter = Voter(client, directory)
        self.voter.sign_in(1)

    def call(self, name: str, body: bytes, more: list[tuple[str, str]] = []) -> Answer:  # noqa: B006
        """Call the interface with a body and further headers."""
        cookie = ("cookie", "; ".join(f"{key}={value}" for key, value in self.voter.cookies.items()))
        return ask(self.app, "POST", f"/vote/api/{name}", b"lang=fa", [*OWN, cookie, *more], body)


@pytest.fixture(scope="module")
def server(made_booth: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    directory = tmp_path_factory.mktemp("fuzzed") / "club"
    shutil.copytree(made_booth, directory)
    with inside(directory, Clock()) as client:
        fuzzed = Fuzzed(client, directory)
        fuzzed.voter.done("begin")
        yield fuzzed


def refused_or_done(answer: Answer) -> None:
    assert answer.status < 500, answer.body
    assert json.loads(answer.body)["now"] > 0
    if answer.status != 200:
        assert {"error", "message", "wait", "field"} <= json.loads(answer.body).keys()


@given(name=st.sampled_from([name for name in api.CALLS if name != "sign-out"]), body=OBJECTS)
def test_no_object_is_a_server_error(name: str, body: dict[str, Any], server: Fuzzed) -> None:
    refused_or_done(server.call(name, json.dumps(body).encode()))


@given(name=st.sampled_from(sorted(api.CALLS)), body=st.binary(max_size=300), more=headers)
def test_no_bytes_are_a_server_error(name: str, body: bytes, more: list[tuple[str, str]], server: Fuzzed) -> None:
    answer = server.call(name, body, more)
    assert 400 <= answer.status < 500
    refused_or_done(answer)


@given(data=st.data())
def test_no_changed_ballot_is_a_server_error(data: st.DataObject, server: Fuzzed, ready: list[Encrypted]) -> None:
    body = bytearray(json.dumps(ready[0].commit).encode())
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    answer = server.call("commit", bytes(body))
    assert answer.status == 200 or 400 <= answer.status < 500


@given(
    method=st.sampled_from(METHODS),
    path=st.data(),
    query=st.binary(max_size=30),
    more=headers,
    body=st.binary(max_size=50),
)
def test_no_request_is_a_server_error(
    method: str, path: st.DataObject, query: bytes, more: list[tuple[str, str]], body: bytes, server: Fuzzed
) -> None:
    known = [
        "/",
        "/board",
        "/vote",
        "/vote/en",
        "/vote/election.json",
        "/vote/checker.html",
        "/outbox",
        "/vote/api/turn",
    ]
    known += [f"/vote/api/{name}" for name in api.CALLS] + [
        "/ballot/",
        "/search",
        "/static/booth/crypto/bytes.js",
        "/proof/",
    ]
    where = path.draw(st.sampled_from(known)) + path.draw(st.just("") | odd_text)
    assert ask(server.app, method, where, query, more, body).status < 500
