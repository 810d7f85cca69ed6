"""The log's static resources: what readers and mirrors rely on, and what nobody gets."""

import gzip
import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from e2evote.board import merkle, policy, proof, tiles
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.log import Board
from e2evote.board.notes import Note
from e2evote.board.policy import Policy
from e2evote.board.tree import object_path
from e2evote.web.application import board_application
from e2evote.web.security import HEADERS
from tests.web.asgi import METHODS, ask, headers, odd_text
from tests.web.elections import VotingBoard, nobody, request_of

FOR_EVER = "public, max-age=31536000, immutable"
BYTES = "application/octet-stream"


def published(client: TestClient, size: int | None = None) -> Checkpoint:
    """The checkpoint that is served, once it has so many entries."""
    for _ in range(200):
        found = Checkpoint.parse(Note.parse(client.get("/checkpoint").content).text)
        if size is None or found.size == size:
            return found
        time.sleep(0.02)
    raise AssertionError(f"no checkpoint of {size} entries was published")


def test_a_reader_needs_nothing_else(client: TestClient, voting: VotingBoard, bearer: dict[str, str]) -> None:
    """From checkpoint, tiles, entries and objects alone, as anybody gets them, follows what is on the board."""
    for ballot in voting.ballots:
        assert client.post("/submit/ballot", content=request_of(ballot), headers=bearer).status_code == 200
    with Board.open(voting.folder) as board, board.reading() as view:
        size = view.size
    checkpoint = published(client, size)
    believed = Policy.parse(client.get("/policy").content)
    assert policy.verify(client.get("/checkpoint").content, believed).checkpoint == checkpoint
    hashes = tiles.TileHashes(size, checkpoint.root, lambda tile: client.get(f"/{tile.path}").content)
    bundle = tiles.Bundle(0, size)
    entries = tiles.parse_bundle(client.get(f"/{bundle.path}").content, bundle)
    tiles.verify_bundle(bundle, entries, hashes)
    for line in voting.ballots:
        # The board assigns positions: what it keeps is the same but for this.
        found = [client.get(f"/{object_path(sha)}") for sha in _hashes_of(entries, line)]
        assert [answer.status_code for answer in found] == [200]
    for index, entry in enumerate(entries):
        offline = proof.Proof.parse(client.get(f"/proof/{index}.tlog-proof").content)
        assert proof.verify(offline, entry, believed).checkpoint == checkpoint
        assert offline.extra == entry


def _hashes_of(entries: tuple[bytes, ...], ballot: bytes) -> list[bytes]:
    """The SHA-256 that the entry with the ballot's confirmation code names."""
    code = ballot[-66:-2]
    found = [entry for entry in entries if b'"kind":"ballot"' in entry and code in entry]
    return [bytes.fromhex(entry.split(b'"sha256":"')[1][:64].decode()) for entry in found]


def test_content_types_caching_and_who_may_read(client: TestClient, voting: VotingBoard) -> None:
    checkpoint = published(client)
    bundle = tiles.Bundle(0, checkpoint.size)
    with Board.open(voting.folder) as board, board.reading() as view:
        sha256 = bytes.fromhex(view.entry(0).split(b'"sha256":"')[1][:64].decode())
    for path, kind, caching in (
        ("checkpoint", "text/plain; charset=utf-8", "public, max-age=2"),
        ("policy", "text/plain; charset=utf-8", "public, max-age=2"),
        (bundle.path, BYTES, FOR_EVER),
        (bundle.tile.path, BYTES, FOR_EVER),
        (object_path(sha256), BYTES, FOR_EVER),
        ("proof/0.tlog-proof", "text/plain; charset=utf-8", "public, max-age=2"),
    ):
        answer = client.get(f"/{path}", headers={"Origin": "https://elsewhere.example"})
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        assert answer.headers["cache-control"] == caching
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "set-cookie" not in answer.headers
        for name, value in HEADERS:
            assert answer.headers[name] == value
        again = client.get(f"/{path}", headers={"If-None-Match": f'"other", W/{answer.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == answer.headers["etag"]
        assert client.head(f"/{path}").headers["etag"] == answer.headers["etag"]
        for method in ("POST", "PUT", "DELETE"):
            assert client.request(method, f"/{path}").status_code == 405


def test_bundles_and_objects_are_compressed_for_who_can_read_that(client: TestClient) -> None:
    bundle = tiles.Bundle(0, published(client).size)
    plain = client.get(f"/{bundle.path}", headers={"Accept-Encoding": "identity, gzip;q=0"})
    packed = client.get(f"/{bundle.path}", headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.content == packed.content  # the client unpacks
    assert plain.headers["etag"] != packed.headers["etag"]
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
    raw = ask(client.app, path=f"/{bundle.path}", headers=[("accept-encoding", "gzip")]).body
    assert gzip.decompress(raw) == plain.content
    assert "content-encoding" not in client.get(f"/{bundle.tile.path}", headers={"Accept-Encoding": "gzip"}).headers


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/000", "tile/0/001", "tile/1/000.p/1", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/250",
        "tile/00/000.p/1", "tile/0/0.p/1", "tile/0/x000/000.p/1", "tile/64/000.p/1", "tile/entries/000",
        "tile/entries/001.p/1", "tile/entries/000.p/1/", "tile/0/../0/000.p/1", "tile/", "tile", "object/", "object/00",
        "object/00/" + "0" * 64, "object/AB/" + "AB" * 32, "object/00/" + "f" * 64, "object/../policy",
        "proof/99.tlog-proof", "proof/-1.tlog-proof", "proof/01.tlog-proof", "proof/٣.tlog-proof",
        "proof/999999999999999999999999.tlog-proof", "private/log.key", "private/submission.token", "board.sqlite",
        "../private/log.key", "%2e%2e/private/log.key", "static/../../token.py", "static/board.css/",
    ],
)  # fmt: skip
def test_what_is_not_there(client: TestClient, path: str) -> None:
    answer = ask(client.app, path=f"/{path}")  # as it is: a client would take the points out
    assert answer.status == 404
    assert b"PRIVATE" not in answer.body


def test_nothing_is_served_beyond_the_published_checkpoint(voting: VotingBoard, bearer: dict[str, str]) -> None:
    with TestClient(board_application(voting.settings(interval=3600))) as client:
        size = published(client).size
        assert client.post("/submit/ballot", content=request_of(voting.ballots[0]), headers=bearer).status_code == 200
        assert client.get(f"/tile/0/000.p/{size}").status_code == 200
        assert client.get(f"/tile/0/000.p/{size + 1}").status_code == 404
        assert client.get(f"/tile/entries/000.p/{size + 1}").status_code == 404
        assert client.get(f"/proof/{size}.tlog-proof").status_code == 404
        assert client.get(f"/ballot/{voting.codes[0]}").status_code == 200


def test_tiles_of_a_larger_log(voting: VotingBoard) -> None:
    with Board.open(voting.folder) as board:
        with board.writing() as writing:
            for number in range(600 - writing.size):
                writing.append(b"%d" % number)
        board.publish(nobody)
    with TestClient(board_application(voting.settings())) as client:
        checkpoint = published(client, 600)
        assert len(client.get("/tile/0/001").content) == 8192
        assert len(client.get("/tile/1/000.p/2").content) == 64
        assert client.get("/tile/0/002.p/88").status_code == 200
        hashes = tiles.TileHashes(600, checkpoint.root, lambda tile: client.get(f"/{tile.path}").content)
        assert merkle.root(600, hashes) == checkpoint.root
        for bundle in tiles.bundles(600):
            entries = tiles.parse_bundle(client.get(f"/{bundle.path}").content, bundle)
            tiles.verify_bundle(bundle, entries, hashes)


@given(
    method=st.sampled_from(METHODS),
    path=st.sampled_from(
        ["/", "/tile/", "/tile/entries/", "/object/", "/proof/", "/ballot/", "/search", "/checkpoint"]
    ),
    rest=odd_text,
    query=st.binary(max_size=60) | st.builds(lambda text: b"q=" + text.encode("utf-8", "replace"), odd_text),
    headers=headers,
    body=st.binary(max_size=100),
)
def test_no_request_is_a_server_error(
    method: str,
    path: str,
    rest: str,
    query: bytes,
    headers: list[tuple[str, str]],
    body: bytes,
    fuzzed: TestClient,
) -> None:
    answer = ask(fuzzed.app, method, path + rest, query, headers, body)
    assert answer.status < 500
    assert {name.lower(): value for name, value in HEADERS}.items() <= answer.headers.items()
    assert ask(fuzzed.app, "GET", path, query, headers).status < 500


def test_what_is_stored_is_what_is_hashed(client: TestClient, voting: VotingBoard) -> None:
    with Board.open(voting.folder) as board, board.reading() as view:
        sha256 = bytes.fromhex(view.entry(0).split(b'"sha256":"')[1][:64].decode())
    assert hashlib.sha256(client.get(f"/{object_path(sha256)}").content).digest() == sha256


def test_where_the_entries_about_a_ballot_stand(
    client: TestClient, voting: VotingBoard, bearer: dict[str, str]
) -> None:
    code = voting.codes[0]
    absent = client.get(f"/lookup/{code}")
    nowhere = {"code": code, "ballot": None, "status": None, "opened": None}
    assert (absent.status_code, absent.json()) == (404, nowhere)
    assert client.post("/submit/ballot", content=request_of(voting.ballots[0]), headers=bearer).status_code == 200
    found = client.get(f"/lookup/{code}")
    index = found.json()["ballot"]
    assert (found.status_code, found.json()) == (200, nowhere | {"ballot": index})
    assert found.headers["access-control-allow-origin"] == "*"
    status = {"confirmation_code": code, "status": "challenged"}
    assert client.post("/submit/status", json=status, headers=bearer).status_code == 200
    assert client.get(f"/lookup/{code}").json() == nowhere | {"ballot": index, "status": index + 1}
    for odd in (code.lower(), code[:-1], code + "0", f"{code}/", "%00"):
        assert client.get(f"/lookup/{odd}").status_code == 404
