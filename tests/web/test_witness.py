"""The witness over HTTP, through its application: what it cosigns, what it refuses, and that its record stays."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from e2evote.board import cosignature
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.notes import Note
from e2evote.errors import CheckError, ParseError
from e2evote.web.security import HEADERS
from e2evote.web.witness_folder import WitnessFolder
from e2evote.web.witness_server import witness_application
from tests.web.asgi import METHODS, ask, headers, odd_text
from tests.web.logs import MemoryLog

NAME = "witness.example/w1"


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog().grow(5)


@pytest.fixture
def folder(tmp_path: Path, log: MemoryLog) -> WitnessFolder:
    made = WitnessFolder.create(tmp_path / "witness", NAME)
    made.add_log(str(log.key.verifier))
    return made


@pytest.fixture
def client(folder: WitnessFolder) -> Iterator[TestClient]:
    with TestClient(witness_application(folder.root)) as client:
        yield client


def record_of(client: TestClient, log: MemoryLog) -> bytes | None:
    """What the witness shows of a log."""
    answer = client.get(f"/{hashlib.sha256(log.key.name.encode()).hexdigest()}/checkpoint")
    return answer.content if answer.status_code == 200 else None


def size_of(record: bytes | None) -> int:
    return 0 if record is None else Checkpoint.parse(Note.parse(record).text).size


def test_a_log_that_grows_is_cosigned(client: TestClient, log: MemoryLog, folder: WitnessFolder) -> None:
    for old, more in ((0, 0), (5, 3), (8, 0), (8, 300)):
        answer = client.post("/add-checkpoint", content=log.grow(more).request(old))
        assert answer.status_code == 200
        cosigned = Note.parse(log.checkpoint().encode() + answer.content)
        assert cosignature.verify(cosigned, [folder.key.verifier])
        assert record_of(client, log) == cosigned.encode()
        for name, value in HEADERS:
            assert answer.headers[name] == value


def test_another_old_size_is_answered_with_the_latest(client: TestClient, log: MemoryLog) -> None:
    client.post("/add-checkpoint", content=log.request(0))
    before = record_of(client, log)
    answer = client.post("/add-checkpoint", content=log.grow(2).request(3))
    assert (answer.status_code, answer.content) == (409, b"5\n")
    assert answer.headers["content-type"] == "text/x.tlog.size"
    assert record_of(client, log) == before


@pytest.mark.parametrize("size", [5, 9])
def test_two_faces_are_refused_and_the_record_stays(client: TestClient, log: MemoryLog, size: int) -> None:
    """The same log signs a second tree, of the same size or a larger one, with whatever proof it can make."""
    client.post("/add-checkpoint", content=log.request(0))
    before = record_of(client, log)
    assert size_of(before) == 5
    other = MemoryLog(key=log.key).grow(size, "another ")
    assert client.post("/add-checkpoint", content=other.request(5)).status_code == 422
    assert client.post("/add-checkpoint", content=other.request(0)).status_code == 409
    assert record_of(client, log) == before


def test_a_log_that_shrinks_is_refused(client: TestClient, log: MemoryLog) -> None:
    client.post("/add-checkpoint", content=log.request(0))
    before = record_of(client, log)
    smaller = MemoryLog(key=log.key).grow(4)
    assert client.post("/add-checkpoint", content=smaller.request(4)).status_code == 409
    assert record_of(client, log) == before


def test_what_the_protocol_refuses(client: TestClient, log: MemoryLog) -> None:
    stranger, forger = MemoryLog("other.example").grow(5), MemoryLog(log.key.name).grow(5)
    assert client.post("/add-checkpoint", content=stranger.request(0)).status_code == 404
    assert client.post("/add-checkpoint", content=forger.request(0)).status_code == 403
    for body in (b"", b"old 0\n", b"\xff", log.request(0)[:-10], b"old 00" + log.request(0)[5:]):
        assert client.post("/add-checkpoint", content=body).status_code == 400
    assert client.post("/add-checkpoint", content=b"x" * 2**20).status_code == 413
    assert client.get("/add-checkpoint").status_code == 405
    assert record_of(client, log) is None


def test_a_log_can_be_added_while_it_runs(client: TestClient, folder: WitnessFolder) -> None:
    other = MemoryLog("other.example").grow(1)
    folder.add_log(str(other.key.verifier))
    assert client.post("/add-checkpoint", content=other.request(0)).status_code == 200


def test_a_disk_that_keeps_nothing_gets_no_cosignature(
    client: TestClient, log: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post("/add-checkpoint", content=log.request(0))
    before = record_of(client, log)
    body = log.grow(1).request(5)
    with monkeypatch.context() as patch:

        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        patch.setattr("e2evote.board.witness_state.write_atomically", full)
        answer = client.post("/add-checkpoint", content=body)
        assert (answer.status_code, "—" in answer.text) == (503, False)
        assert record_of(client, log) == before
    assert client.post("/add-checkpoint", content=body).status_code == 200


def test_a_damaged_record_gets_no_cosignature(client: TestClient, log: MemoryLog, folder: WitnessFolder) -> None:
    client.post("/add-checkpoint", content=log.request(0))
    path = next(folder.state.glob("*/checkpoint"))
    data = path.read_bytes()
    path.write_bytes(data[:40])
    assert client.post("/add-checkpoint", content=log.grow(1).request(5)).status_code == 503
    path.write_bytes(data)
    assert client.post("/add-checkpoint", content=log.request(5)).status_code == 200


@given(method=st.sampled_from(METHODS), path=odd_text, headers=headers, body=st.binary(max_size=300))
def test_no_request_is_a_server_error(
    method: str, path: str, headers: list[tuple[str, str]], body: bytes, folder: WitnessFolder
) -> None:
    with TestClient(witness_application(folder.root)) as client:
        assert ask(client.app, method, f"/{path}", b"", headers, body).status < 500
        assert ask(client.app, "POST", "/add-checkpoint", b"", headers, body).status < 500


def test_folders(tmp_path: Path, folder: WitnessFolder, log: MemoryLog) -> None:
    with pytest.raises(CheckError, match="there already"):
        WitnessFolder.create(folder.root, NAME)
    with pytest.raises(CheckError, match="is not a witness's folder"):
        WitnessFolder.open(tmp_path)
    with pytest.raises(CheckError, match="watched already"):
        folder.add_log(str(log.key.verifier))
    with pytest.raises(ParseError, match="expected the key of a log"):
        folder.add_log(str(folder.key.verifier))
    with pytest.raises(ParseError):
        folder.add_log("nonsense")
    (folder.root / "witness.key").chmod(0o644)
    with pytest.raises(CheckError, match="others can read this file"):
        WitnessFolder.open(folder.root)


def test_two_processes_are_not_one_witness(folder: WitnessFolder) -> None:
    with TestClient(witness_application(folder.root)), pytest.raises(CheckError, match="another process"):
        witness_application(folder.root)
