"""Mirrors: what is copied, what is refused, and that a mirror is judged from its files alone."""

import contextlib
import gzip
import http.server
import shutil
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from e2evote.board import tiles
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.mirror import Source, mirror, verify_mirror
from e2evote.board.places import Folder, Web, place_of
from e2evote.board.tree import object_path
from e2evote.election.objects import named
from e2evote.errors import CheckError, E2EVoteError, ParseError, StorageError, VerificationError
from e2evote.record.codec import dump
from e2evote.record.entries import BallotEntry
from tests.election.log_in_memory import MemoryBoard
from tests.election.serving import serve


def entry(board: MemoryBoard, number: int) -> None:
    sha256 = board.view.put(b"ballot %d" % number)
    code = number.to_bytes(32, "big")
    fields = {"device": 1, "position": number + 1, "confirmation_code": code, "sha256": sha256}
    board.view.append(dump(BallotEntry(time="2026-12-01T09:00:00Z", **fields)))


def grown(board: MemoryBoard, size: int) -> MemoryBoard:
    for number in range(board.view.size, size):
        entry(board, number)
    return board


@pytest.fixture(scope="module")
def board() -> MemoryBoard:
    return grown(MemoryBoard(), 600)


@pytest.fixture(scope="module")
def served(board, tmp_path_factory) -> Path:
    """The folder of a board of 600 entries: two full tiles, a partial one, and one above. Read-only."""
    return serve(board, tmp_path_factory.mktemp("served"))


def source(board: MemoryBoard, folder: Path) -> Source:
    return Source(Folder(folder), board.policy)


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_mirror_is_the_board(board, served, tmp_path):
    found = mirror(source(board, served), tmp_path / "mirror", named)
    assert (found.new, found.missing) == (600, ())
    assert files(tmp_path / "mirror") == files(served)
    assert verify_mirror(tmp_path / "mirror", board.policy, named).witnessed.checkpoint.size == 600


def test_a_mirror_grows_and_forgets_partial_tiles(tmp_path):
    board = grown(MemoryBoard(), 200)
    folder, copy = tmp_path / "served", tmp_path / "mirror"
    mirror(source(board, serve(board, folder)), copy, named)
    assert (copy / "tile/0/000.p/200").exists()
    grown(board, 300)
    assert mirror(source(board, serve(board, folder)), copy, named).new == 100
    assert not (copy / "tile/0/000.p").exists()
    assert not (copy / "tile/entries/000.p").exists()
    assert mirror(source(board, folder), copy, named).new == 0
    verify_mirror(copy, board.policy, named)
    mirror(source(board, copy), tmp_path / "of-a-mirror", named)
    assert files(tmp_path / "of-a-mirror") == files(copy)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("tile/0/000", VerificationError),
        ("tile/0/001", VerificationError),
        ("tile/0/002.p/88", VerificationError),
        ("tile/1/000.p/2", VerificationError),
        ("tile/entries/000", VerificationError),
        ("tile/entries/002.p/88", VerificationError),
        ("checkpoint", E2EVoteError),
    ],
)
@pytest.mark.parametrize("how", ["change", "cut", "remove"])
def test_what_does_not_fit_is_refused(board, served, tmp_path, path, error, how):
    folder = tmp_path / "served"
    shutil.copytree(served, folder)
    file = folder / path
    data = file.read_bytes()
    if how == "remove":
        file.unlink()
    else:
        file.write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:] if how == "change" else data[:-33])
    expected = StorageError if how == "remove" else error
    with pytest.raises(expected):
        verify_mirror(folder, board.policy, named)
    with pytest.raises(expected):
        mirror(source(board, folder), tmp_path / "mirror", named)
    assert not (tmp_path / "mirror" / "checkpoint").exists()


def test_missing_and_false_objects_are_named_and_asked_for_again(board, served, tmp_path):
    folder = tmp_path / "served"
    shutil.copytree(served, folder)
    gone, false = list(board.view.objects)[:2]
    (folder / object_path(gone)).unlink()
    (folder / object_path(false)).write_bytes(b"something else")
    assert mirror(source(board, folder), tmp_path / "mirror", named).missing == (gone, false)
    (folder / object_path(false)).write_bytes(board.view.objects[false])
    with pytest.raises(CheckError, match="1 objects are missing"):
        verify_mirror(folder, board.policy, named)
    (folder / object_path(false)).write_bytes(b"something else")
    with pytest.raises(VerificationError, match="not what its name says"):
        verify_mirror(folder, board.policy, named)
    assert mirror(source(board, served), tmp_path / "mirror", named).missing == ()
    verify_mirror(tmp_path / "mirror", board.policy, named)


def test_a_mirror_never_goes_back_and_never_changes_sides(board, served, tmp_path):
    copy = tmp_path / "mirror"
    mirror(source(board, served), copy, named)
    before = files(copy)
    with pytest.raises(CheckError, match="had 600 entries and shows 599"):
        mirror(source(board, serve(board, tmp_path / "older", board.checkpoint(599, [1]))), copy, named)
    other = MemoryBoard(board.origin)
    other.key, other.witnesses = board.key, board.witnesses
    other.view.log = [*board.view.log[:100], b"{}", *board.view.log[101:], b"{}"]
    with pytest.raises(VerificationError, match="two different trees"):
        mirror(source(board, serve(other, tmp_path / "other")), copy, named)
    assert files(copy) == before


def test_a_policy_decides_who_is_believed(board, served, tmp_path):
    with pytest.raises(VerificationError):
        mirror(Source(Folder(served), MemoryBoard(board.origin).policy), tmp_path / "mirror", named)
    lonely = serve(board, tmp_path / "lonely", board.checkpoint())
    with pytest.raises(VerificationError, match="quorum"):
        mirror(source(board, lonely), tmp_path / "mirror", named)
    assert Source.at(served).policy == board.policy
    (lonely / "policy").unlink()
    with pytest.raises(StorageError, match="no policy"):
        Source.at(lonely)
    with pytest.raises(StorageError, match="no such folder"):
        Source.at(tmp_path / "nothing")


def test_entries_are_read_one_by_one_and_in_pieces(board, served):
    found = source(board, served)
    tree = found.tree(found.witnessed().checkpoint)
    assert [tree.entry(index) for index in (0, 255, 256, 599)] == [board.view.log[i] for i in (0, 255, 256, 599)]
    for start, stop in ((0, 0), (0, 600), (255, 257), (300, 301), (512, 600)):
        assert list(tree.entries(start, stop)) == board.view.log[start:stop]
    with pytest.raises(CheckError):
        tree.entry(600)
    with pytest.raises(CheckError):
        list(tree.entries(0, 601))
    with pytest.raises(CheckError):
        tree.root_at(601)


def test_a_partial_tile_may_have_become_a_full_one(board, served, tmp_path):
    """A log that has grown since need not serve a partial tile of an older checkpoint where it has the full one."""
    older = board.checkpoint(500, [1])
    shutil.copytree(served, tmp_path / "served")
    (tmp_path / "served/tile/1/000.p/1").write_bytes((served / "tile/1/000.p/2").read_bytes()[:32])
    found = source(board, tmp_path / "served")
    tree = found.tree(Checkpoint.parse(older.text))
    assert tree.entry(499) == board.view.log[499]
    assert len(list(tree.entries(0, 500))) == 500
    assert tree.fetch(tiles.Tile(0, 1, 244)) == (served / "tile/0/001").read_bytes()[: 244 * 32]


# ---------------------------------------------------------------------------------------------------------- by HTTP


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/broken":
            self.send_error(500)
        elif self.path == "/later":
            self.send_response(503)
            self.send_header("Retry-After", "3600")
            self.end_headers()
        elif self.path == "/drip":
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                for _ in range(200):
                    self.wfile.write(b"x")
                    time.sleep(0.02)
        elif self.path == "/bomb":
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(gzip.compress(bytes(2**24)))
        else:
            super().do_GET()


@pytest.fixture
def url(served: Path) -> Iterator[str]:
    """A plain file server of the folder."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=served)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_board_behind_a_plain_file_server(board, served, url, tmp_path):
    mirror(Source.at(f"{url}/", board.policy), tmp_path / "mirror", named)
    assert files(tmp_path / "mirror") == files(served)


def test_what_a_server_may_do_wrong(url):
    place = Web(url)
    assert place.get("nothing", 10) is None
    assert place.get("policy", 10_000)
    with pytest.raises(StorageError, match="more than 10 bytes"):
        place.get("policy", 10)
    with pytest.raises(StorageError, match="more than 1000 bytes"):
        place.get("bomb", 1000)
    with pytest.raises(StorageError, match="500"):
        place.get("broken", 10)
    with pytest.raises(StorageError, match="503"):
        place.get("later", 10)
    with pytest.raises(StorageError, match="took longer"):
        Web(url, seconds=0.05).get("drip", 1000)
    assert isinstance(place_of(url), Web)


def test_a_server_that_is_not_there():
    with pytest.raises(StorageError, match="cannot be read"):
        Web("http://127.0.0.1:9", seconds=0.2).get("checkpoint", 10)


def test_a_folder_that_cannot_be_read(tmp_path):
    (tmp_path / "checkpoint").mkdir()
    with pytest.raises(StorageError, match="cannot be read"):
        Folder(tmp_path).get("checkpoint", 10)
    (tmp_path / "policy").write_bytes(b"log\n")
    with pytest.raises(ParseError):
        Source.at(tmp_path)
