"""A record at a URL: read like a directory, in parts, by name only."""

import contextlib
import http.server
import pickle
import re
import shutil
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from e2evote.engine import Processes
from e2evote.errors import E2EVoteError, ParseError
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.verifier import ballots
from e2evote.verifier.run import verify_record
from tests.builders import TOY, BuiltRecord
from tests.cli.conftest import run
from tests.mutations import BY_NAME

needs_fsspec = pytest.mark.skipif(find_spec("fsspec") is None, reason="fsspec is not installed (extra 'distributed')")
needs_http = pytest.mark.skipif(find_spec("aiohttp") is None, reason="aiohttp is not installed (extra 'distributed')")


class Whole(http.server.SimpleHTTPRequestHandler):
    """Knows no ranges: always sends the whole file."""

    def log_message(self, *arguments: object) -> None:
        pass


class Parts(Whole):
    """Sends the part that was asked for."""

    def do_GET(self) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        path = Path(self.translate_path(self.path))
        if wanted is None or not path.is_file():
            return super().do_GET()
        data = path.read_bytes()
        first, last = int(wanted[1]), min(int(wanted[2]), len(data) - 1)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        return self.wfile.write(data[first : last + 1])


@contextlib.contextmanager
def served(root: Path, handler: type[Whole]) -> Iterator[str]:
    """Serve a directory on the loopback."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(root))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def memory(built: BuiltRecord) -> Iterator[Any]:
    """The record in fsspec's memory, at memory://record."""
    import fsspec

    system = fsspec.filesystem("memory")
    system.put(str(built.path), "/record", recursive=True)
    yield system
    system.rm("/record", recursive=True)


@needs_fsspec
def test_a_url_gives_the_same_report(built: BuiltRecord, memory: Any) -> None:
    report = verify_record(Record.at(built.path), allow_insecure=(TOY,))
    for url in ("memory://record", "memory://record/", f"file://{built.path}"):
        assert verify_record(Record.at(url), allow_insecure=(TOY,)) == report
    assert run("verify", "memory://record", "--jobs", 1, "--insecure-parameters", TOY).stdout.endswith("VALID\n")


@needs_http
@pytest.mark.parametrize("handler", [Whole, Parts])
def test_processes_read_from_a_server(
    handler: type[Whole], built: BuiltRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = BY_NAME["encryption-of-two"].write(tmp_path / "record", built)
    report = verify_record(Record.at(path), allow_insecure=(TOY,))
    monkeypatch.setattr(ballots, "CHUNK_BALLOTS", 3)
    with served(tmp_path, handler) as url:
        assert verify_record(Record.at(f"{url}/record"), "opened", Processes(2), (TOY,)) == report


@needs_fsspec
def test_what_is_missing_or_broken_is_named(memory: Any) -> None:
    memory.rm("/record/" + layout.TALLIES)
    with pytest.raises(ParseError, match=r"^tallies.ndjson: cannot be read "):
        verify_record(Record.at("memory://record"), allow_insecure=(TOY,))
    memory.pipe_file("/record/index.json", b'{"format":"e2evote-record"}\n')
    with pytest.raises(ParseError, match=r"^index.json: version: "):
        Record.at("memory://record")
    memory.rm("/record/index.json")
    error = run("verify", "memory://record", "--jobs", 1, code=2).stderr
    assert error.startswith("Error: memory://record/index.json: cannot be read (FileNotFoundError")


@needs_fsspec
@pytest.mark.parametrize("name", ["../secret.json", "/etc/passwd", "notes.txt", "devices/0001/../open.json"])
def test_no_name_leaves_the_record(name: str, memory: Any) -> None:
    entry = f'{{"path":"{name}","size":1,"sha256":"{"00" * 32}"}}'
    memory.pipe_file("/record/index.json", f'{{"format":"e2evote-record","version":1,"files":[{entry}]}}\n'.encode())
    with pytest.raises(ParseError, match="the format has no file"):
        Record.at("memory://record")


@needs_fsspec
@pytest.mark.parametrize(
    "url", ["nonsense://x", "://x", "http://", "zip::memory://record", "https://host/record?x=1", "MEMORY://record"]
)
def test_urls_of_another_form(url: str) -> None:
    assert "Traceback" not in run("verify", url, "--jobs", 1, code=2).stderr


@needs_http
def test_a_server_that_is_not_there() -> None:
    with served(Path("/nonexistent"), Whole) as url:
        pass
    error = run("verify", f"{url}/record", "--jobs", 1, code=2).stderr
    assert error.startswith(f"Error: {url}/record/index.json: cannot be read (")
    assert error.count("\n") == 1


@needs_fsspec
def test_a_file_that_is_shorter_than_it_was_said_to_be(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    record = Record.at("memory://record")
    size = type(memory).size
    monkeypatch.setattr(type(memory), "size", lambda self, path: size(self, path) + 5)
    with pytest.raises(ParseError, match=r"hashes.json: cannot be read \(ends after \d+ bytes instead of \d+\)"):
        record.read(layout.HASHES)


def test_it_travels_as_a_url(memory: Any) -> None:
    files = Record.at("memory://record").files
    again = pickle.loads(pickle.dumps(files))
    assert again.url == "memory://record"
    assert again.names() == files.names()


def test_fsspec_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("e2evote.record.remote.find_spec", lambda name: None)
    with pytest.raises(E2EVoteError, match=r"pip install 'e2evote\[distributed\]'"):
        Record.at("https://127.0.0.1/record")


def test_a_file_url_is_a_directory_or_an_archive(built: BuiltRecord, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(built.path, tmp_path / "a record"))
    with zipfile.ZipFile(tmp_path / "record.zip", "w") as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(folder))
    assert Record.at(f"file://{tmp_path}/a%20record").names == Record.at(f"file://{tmp_path}/record.zip").names
    with pytest.raises(ParseError, match="no such directory or zip archive"):
        Record.at(f"file://{tmp_path}/other")
