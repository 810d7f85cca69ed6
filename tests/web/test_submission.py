"""Submission through HTTP: who may, what is answered, and that nothing is acknowledged that is not there."""

import json
import stat
from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from e2evote.board.log import Board
from e2evote.election.receipts import Receipt, verify_receipt
from e2evote.encoding import hex_of
from e2evote.errors import CheckError
from e2evote.record.entries import BallotEntry, StatusEntry, commitment
from e2evote.web import bodies
from e2evote.web.application import board_application
from e2evote.web.security import HEADERS
from e2evote.web.token import TOKEN, submission_token
from tests.web.asgi import ask, headers
from tests.web.elections import VotingBoard, request_of

CAST, CHALLENGE = b"c" * 32, b"h" * 32
COMMITMENTS = commitment(CAST), commitment(CHALLENGE)


def receipt_in(voting: VotingBoard, data: bytes) -> Receipt:
    """A receipt by the board, of what is on the board."""
    with Board.open(voting.folder) as board:
        found = verify_receipt(data, [log.key for log in board.policy.logs])
        with board.reading() as view:
            assert view.entry(found.index) == found.entry
    return found


def size(voting: VotingBoard) -> int:
    with Board.open(voting.folder) as board, board.reading() as view:
        return view.size


def test_a_ballot_and_its_status_get_receipts(client: TestClient, voting: VotingBoard, bearer: dict[str, str]) -> None:
    body = request_of(voting.ballots[0], COMMITMENTS)
    first = client.post("/submit/ballot", content=body, headers=bearer)
    assert first.status_code == 200
    assert first.headers["content-type"] == "text/plain; charset=utf-8"
    found = receipt_in(voting, first.content)
    assert isinstance(found.content, BallotEntry)
    assert found.content.cast_commitment == COMMITMENTS[0]
    waited = datetime.fromisoformat(found.deadline) - datetime.fromisoformat(found.content.time)
    assert waited.total_seconds() == 60
    before = size(voting)
    assert client.post("/submit/ballot", content=body, headers=bearer).content == first.content
    status = {"confirmation_code": voting.codes[0], "status": "cast", "secret": hex_of(CAST)}
    second = client.post("/submit/status", json=status, headers=bearer)
    assert isinstance(receipt_in(voting, second.content).content, StatusEntry)
    assert client.post("/submit/status", json=status, headers=bearer).content == second.content
    assert size(voting) == before + 1


@pytest.mark.parametrize("shown", [None, "", "Bearer", "Bearer x", "Basic {}", "Bearer {}x", "bearer  {}", "Bearer é"])
def test_whoever_submits_shows_the_token(client: TestClient, voting: VotingBoard, shown: str | None) -> None:
    token = submission_token(voting.folder)
    sent = {} if shown is None else {"Authorization": shown.format(token).encode("latin-1")}
    for path in ("/submit/ballot", "/submit/status"):
        answer = client.post(path, content=b"{}", headers={"Content-Type": "application/json", **sent})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert token not in answer.text
        assert client.get(path).status_code == 405


def test_the_token_is_for_its_owner_alone(voting: VotingBoard) -> None:
    path = voting.folder / TOKEN
    token = submission_token(voting.folder)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(token) >= 43
    assert submission_token(voting.folder) == token
    path.chmod(0o640)
    with pytest.raises(CheckError, match="others can read this file"):
        board_application(voting.settings())
    path.chmod(0o600)
    path.write_text("short\n")
    with pytest.raises(CheckError, match="no token in it"):
        board_application(voting.settings())


def changed(ballot: bytes, **fields: object) -> bytes:
    return json.dumps(json.loads(ballot) | fields, separators=(",", ":")).encode()


def test_what_is_refused_and_why(client: TestClient, voting: VotingBoard, bearer: dict[str, str]) -> None:
    first, second = voting.ballots[:2]
    assert client.post("/submit/ballot", content=request_of(first, COMMITMENTS), headers=bearer).status_code == 200
    before = size(voting)
    missing, code = "0" * 64, voting.codes[0]
    twice = b'{"ballot":{},"ballot":' + second + b"}"
    cases: list[tuple[str, bytes, int, str]] = [
        ("ballot", b"", 400, "not JSON"),
        ("ballot", b"[]", 400, "expected an object"),
        ("ballot", b"{}", 400, "ballot: the field is missing"),
        ("ballot", twice, 400, "appears twice"),
        ("ballot", request_of(second)[:-1] + b',"vote":1}', 400, "not known"),
        ("ballot", request_of(second)[:-1] + b',"commitments":null}', 400, "null"),
        ("ballot", request_of(second)[:-1] + b',"commitments":{"cast":"00"}}', 400, "cast and challenge"),
        ("ballot", request_of(second, (b"1" * 31, b"2" * 32)), 400, "cast: expected 64"),
        ("ballot", request_of(second, (b"1" * 32, b"1" * 32)), 409, "different commitments"),
        ("ballot", b'{"ballot":{}}', 400, "begins with id_b"),
        ("ballot", b'{"ballot":{"id_b":1e999}}', 400, "a number is too large"),
        ("ballot", b"\xff" * 10, 400, "UTF-8"),
        ("ballot", b"[" * 100_000, 400, "nested"),
        ("ballot", request_of(changed(second, position=0)), 400, "position"),
        ("ballot", request_of(changed(second, device=2)), 409, "no device 2"),
        ("ballot", request_of(changed(second, note="x")), 400, "note"),
        ("ballot", request_of(first), 409, "another ballot with the code"),
        ("ballot", request_of(changed(second, id_b=json.loads(first)["id_b"])), 409, "same id_b"),
        ("status", b"{}", 400, "confirmation_code: the field is missing"),
        ("status", json.dumps({"confirmation_code": code, "status": "won"}).encode(), 400, "one of cast"),
        ("status", json.dumps({"confirmation_code": code, "status": ["cast"]}).encode(), 400, "one of cast"),
        ("status", json.dumps({"confirmation_code": code.lower(), "status": "cast"}).encode(), 400, "upper-case"),
        ("status", json.dumps({"confirmation_code": missing, "status": "cast"}).encode(), 409, "no ballot"),
        ("status", json.dumps({"confirmation_code": code, "status": "cast"}).encode(), 409, "only with the secret"),
        ("status", status(code, "cast", CHALLENGE), 409, "only with the secret"),
        ("status", status(code, "spoiled", CAST), 409, "can be cast or challenged, not spoiled"),
    ]
    for what, body, expected, reason in cases:
        answer = client.post(f"/submit/{what}", content=body, headers=bearer)
        assert (answer.status_code, reason in answer.json()["error"]) == (expected, True), (reason, answer.text)
        for name, value in HEADERS:
            assert answer.headers[name] == value
    assert size(voting) == before


def status(code: str, word: str, secret: bytes) -> bytes:
    return json.dumps({"confirmation_code": code, "status": word, "secret": hex_of(secret)}).encode()


def test_bodies_have_a_limit_and_a_type(
    client: TestClient, voting: VotingBoard, bearer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    large = b" " * (5 * 2**20)
    assert client.post("/submit/ballot", content=large, headers=bearer).status_code == 413

    def pieces() -> Iterator[bytes]:  # without a length that is said before
        for _ in range(5):
            yield b" " * 2**20

    assert client.post("/submit/ballot", content=pieces(), headers=bearer).status_code == 413
    said = {**bearer, "Content-Length": "99999999999999999999999"}
    assert ask(client.app, "POST", "/submit/ballot", b"", [(k.lower(), v) for k, v in said.items()]).status == 413
    plain = {**bearer, "Content-Type": "text/plain"}
    assert client.post("/submit/ballot", content=b"{}", headers=plain).status_code == 415
    monkeypatch.setattr(bodies, "SECONDS", 0.05)
    own = [(name.lower(), value) for name, value in bearer.items()]
    assert ask(client.app, "POST", "/submit/ballot", b"", own, stalls=True).status == 408


@given(path=st.sampled_from(["/submit/ballot", "/submit/status"]), body=st.binary(max_size=200), more=headers)
def test_no_submission_is_a_server_error(
    path: str, body: bytes, more: list[tuple[str, str]], fuzzed: TestClient, prepared: VotingBoard
) -> None:
    token = fuzzed.app.application.state.site.token
    own = [("authorization", f"Bearer {token}"), ("content-type", "application/json")]
    assert 400 <= ask(fuzzed.app, "POST", path, b"", [*own, *more], body).status < 500


_json = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["cast", "0" * 64, "A" * 64]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@given(
    path=st.sampled_from(["/submit/ballot", "/submit/status"]),
    value=st.dictionaries(
        st.sampled_from(["ballot", "commitments", "confirmation_code", "status", "secret"]), _json, max_size=4
    ),
)
def test_no_json_is_a_server_error(path: str, value: object, fuzzed: TestClient) -> None:
    token = fuzzed.app.application.state.site.token
    own = [("authorization", f"Bearer {token}"), ("content-type", "application/json")]
    assert 400 <= ask(fuzzed.app, "POST", path, b"", own, json.dumps(value).encode()).status < 500


@given(at=st.integers(0, 4900), byte=st.integers(0, 255))
def test_no_changed_ballot_is_a_server_error(at: int, byte: int, fuzzed: TestClient, prepared: VotingBoard) -> None:
    token = fuzzed.app.application.state.site.token
    own = [("authorization", f"Bearer {token}"), ("content-type", "application/json")]
    body = bytearray(request_of(prepared.ballots[0]))
    body[at] = byte
    assert ask(fuzzed.app, "POST", "/submit/ballot", b"", own, bytes(body)).status < 500
