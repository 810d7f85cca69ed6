"""Watching a booth that is served by a process of its own, honest, dishonest or broken."""

import hashlib
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from e2evote.election import booth_watch, monitor
from e2evote.election.alarms import Alarm
from e2evote.election.booth_site import Site
from e2evote.election.booth_watch import BROWSERS, BoothWatch
from e2evote.election.monitor import Run
from e2evote.encoding import hex_of
from e2evote.errors import ParseError, StorageError
from e2evote.record.entries import commitment
from tests.election.held import START
from tests.election.test_monitor import CAST, CHALLENGE, Clubs

FILES = {"/vote/en": b"<p>Vote", "/static/booth/page.js": b"encrypt(); " * 500, "/static/empty.css": b""}
PAGE, SCRIPT = "/vote/en", "/static/booth/page.js"


class Served:
    """The folder of a booth's server, and its address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.put(FILES)
        self.play({})
        command = [sys.executable, "-m", "tests.election.booth_server", str(folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def put(self, files: dict[str, bytes]) -> None:
        for path, data in files.items():
            file = self.folder / "files" / path[1:]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)

    def play(self, tricks: dict[str, dict[str, Any]]) -> None:
        (self.folder / "asked.ndjson").write_bytes(b"")
        (self.folder / "tricks.json").write_text(json.dumps(tricks))

    def asked(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in (self.folder / "asked.ndjson").read_text().splitlines()]

    def end(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=30)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("booth"))
    yield served
    served.end()


@pytest.fixture
def served(server: Served) -> Served:
    """An honest one, at first."""
    server.put(FILES)
    server.play({})
    return server


class Watched(Clubs):
    """A board with the list of a booth's files, and a monitor that looks at both."""

    def __init__(self, folder: Path, served: Served) -> None:
        super().__init__(folder)
        self.served_booth, self.agents, self.seconds, self.total = served, BROWSERS, 30.0, 300.0
        self.announce(1, FILES)

    def follow(self, now: int = 0, also=()) -> Run:
        self.booth = BoothWatch(Site(self.served_booth.url, self.seconds), self.agents, self.total)
        return super().follow(now, also)

    def alarms(self, **options: Any) -> list[Alarm]:
        run = self.look(**options)
        assert run.unread == ()
        return list(run.alarms)

    def evidence(self, alarm: Alarm) -> list[bytes]:
        return [(self.folder / "state" / name).read_bytes() for name in alarm.evidence]


@pytest.fixture
def watched(tmp_path: Path, served: Served) -> Watched:
    return Watched(tmp_path, served)


# -------------------------------------------------------------------------------------------------------- an honest one


def test_an_honest_booth_is_quiet(watched: Watched, served: Served) -> None:
    assert watched.look() == Run(7, 7, ())
    asked = served.asked()
    assert sorted(each["path"] for each in asked) == sorted(FILES)
    (agent,) = {each["User-Agent"] for each in asked}
    assert agent in BROWSERS
    by_path = {each["path"]: each for each in asked}
    assert by_path[PAGE]["Accept"].startswith("text/html,")
    assert by_path[SCRIPT]["Accept"] == "*/*"
    assert not any("e2evote" in value or "python" in value.lower() for each in asked for value in each.values())


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_what_travels_compressed_is_compared_unpacked(coding: str, watched: Watched, served: Served) -> None:
    served.play({SCRIPT: {"coding": coding}, PAGE: {"coding": coding}})
    assert watched.alarms() == []
    served.play({SCRIPT: {"coding": coding, "data": "steal()"}})
    (alarm,) = watched.alarms()
    assert (alarm.kind, watched.evidence(alarm)[0]) == ("booth-file-changed", b"steal()")


def test_each_time_another_browser_and_another_order(watched: Watched, served: Served) -> None:
    agents, orders = set(), set()
    for _ in range(80):
        watched.look()
        agents |= {each["User-Agent"] for each in served.asked()}
        orders.add(tuple(each["path"] for each in served.asked()))
        served.play({})
        if agents == set(BROWSERS) and len(orders) > 1:
            return
    raise AssertionError("this happens by chance once in 10^13 runs")


# ------------------------------------------------------------------------------------------------------ a dishonest one


def test_an_altered_file_is_an_alarm_with_the_file(watched: Watched, served: Served) -> None:
    served.put({SCRIPT: b"steal()"})
    (alarm,) = watched.alarms()
    found, expected = (hex_of(hashlib.sha256(data).digest()) for data in (b"steal()", FILES[SCRIPT]))
    assert (alarm.kind, alarm.about) == ("booth-file-changed", f"{SCRIPT} {found[:16]}")
    assert alarm.message.startswith(
        f"{served.url}{SCRIPT} has 7 bytes with the SHA-256 {found} instead of {expected}, which booth/0001.json on "
        "the board has; asked as 'Mozilla/5.0 ("
    )
    data, question = watched.evidence(alarm)
    assert data == b"steal()"
    asked = json.loads(question)
    assert (asked["url"], asked["status"], asked["sha256"]) == (f"{served.url}{SCRIPT}", 200, found)
    assert asked["sent"]["User-Agent"] in BROWSERS
    assert ["Content-Length", "7"] in asked["received"]
    assert watched.alarms() == [], "an alarm is given once"
    served.put({SCRIPT: b"steal(again)"})
    (another,) = watched.alarms()
    assert watched.evidence(another)[0] == b"steal(again)"
    served.put({SCRIPT: FILES[SCRIPT]})
    assert watched.alarms() == []
    assert [kept.kind for kept in watched.state().alarms()] == ["booth-file-changed"] * 2


def test_other_bytes_for_one_browser_only(watched: Watched, served: Served) -> None:
    served.play({PAGE: {"for": "iPhone", "data": "<p>Vote for me"}})
    watched.agents = BROWSERS[:2]
    assert watched.alarms() == []
    watched.agents = BROWSERS
    alarm = next(alarm for _ in range(80) for alarm in watched.alarms())
    assert alarm.kind == "booth-file-changed"
    assert "iPhone" in alarm.message
    served.play({PAGE: {"for": "OldPhone/1", "data": "<p>Vote for them"}})
    assert watched.alarms() == []
    watched.agents = ("OldPhone/1",)
    (alarm,) = watched.alarms()
    assert watched.evidence(alarm)[0] == b"<p>Vote for them"


def test_of_files_that_are_others_each_time_some_are_kept(watched: Watched, served: Served) -> None:
    kinds = []
    for number in range(monitor.MOST_VERSIONS + 3):
        served.put({SCRIPT: b"%d" % number})
        kinds += [alarm.kind for alarm in watched.alarms()]
    assert kinds == ["booth-file-changed"] * monitor.MOST_VERSIONS
    served.put({PAGE: b"another"})
    assert len(watched.alarms()) == 1, "of another file there is an alarm still"
    assert len(list((watched.folder / "state" / "evidence").iterdir())) == 2 * (monitor.MOST_VERSIONS + 1)


@pytest.mark.parametrize("status", [403, 404, 410, 206, 204])
def test_a_file_that_is_not_there(status: int, watched: Watched, served: Served) -> None:
    served.play({PAGE: {"status": status}})
    (alarm,) = watched.alarms()
    assert (alarm.kind, alarm.about, alarm.evidence) == ("booth-file-missing", PAGE, ())
    assert f"the server answers {status}; asked as" in alarm.message
    assert watched.alarms() == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirections_are_not_followed(status: int, watched: Watched, served: Served) -> None:
    target = f"{served.url}{SCRIPT}"
    served.play({PAGE: {"status": status, "headers": {"Location": target}}})
    (alarm,) = watched.alarms()
    assert alarm.kind == "booth-file-missing"
    assert f"the server answers {status} and sends on to '{target}'" in alarm.message
    assert len(served.asked()) == len(FILES)


def test_a_file_without_end(watched: Watched, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booth_watch, "FILE_LIMIT", 10_000)
    served.play({SCRIPT: {"data": "x" * 1000, "times": 50_000, "coding": "gzip"}})
    (alarm,) = watched.alarms()
    assert "has more than 10000 bytes" in alarm.message
    assert watched.evidence(alarm)[0] == b"x" * 10_001


# --------------------------------------------------------------------------------------------------------- a broken one


def unread(watched: Watched) -> str:
    run = watched.look()
    assert run.alarms == ()
    (message,) = run.unread
    return message


@pytest.mark.parametrize("drip", ["head", "content"])
@pytest.mark.parametrize("length", [False, True])
def test_slow_answers_are_cut(drip: str, length: bool, watched: Watched, served: Served) -> None:
    """Each byte comes in time, and all of them do not."""
    served.play({SCRIPT: {"drip": drip, "length": length}})
    watched.seconds = 0.7
    begun, threads = time.monotonic(), threading.active_count()
    assert unread(watched) == f"{served.url}{SCRIPT}: it took longer than 0.7 seconds"
    assert time.monotonic() - begun < 10
    until = time.monotonic() + 10
    while threading.active_count() > threads and time.monotonic() < until:
        time.sleep(0.05)
    assert threading.active_count() <= threads


def test_a_booth_that_takes_too_long_altogether(watched: Watched, served: Served) -> None:
    served.play({path: {"drip": "content"} for path in FILES})
    watched.seconds, watched.total = 0.4, 0.0
    assert unread(watched).endswith("not asked for, since 0 seconds were over; 2 more files of the booth likewise")
    assert served.asked() == []


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_a_server_that_is_busy_or_broken_is_no_alarm(status: int, watched: Watched, served: Served) -> None:
    served.play({PAGE: {"status": status}})
    assert unread(watched) == f"{served.url}{PAGE}: the server answers {status}"


@pytest.mark.parametrize("trick", [{"short": True}, {"coding": "gzip", "broken": True}], ids=["cut off", "not gzip"])
def test_answers_that_are_broken(trick: dict[str, Any], watched: Watched, served: Served) -> None:
    served.play({SCRIPT: trick})
    assert unread(watched).startswith(f"{served.url}{SCRIPT}: cannot be read (")


def test_a_booth_that_is_not_there(watched: Watched, served: Served, tmp_path: Path) -> None:
    gone = Served(tmp_path / "gone")
    gone.end()
    watched.served_booth = gone
    assert unread(watched).endswith("cannot be read (NewConnectionError); 2 more files of the booth likewise")
    watched.served_booth = served
    assert watched.look().unread == ()


def test_alarms_about_the_board_are_kept_before_the_booth_is_asked(watched: Watched, served: Served) -> None:
    watched.status(9)
    served.play({path: {"drip": "content"} for path in FILES})
    watched.seconds = 0.3
    run = watched.look()
    assert [alarm.kind for alarm in run.alarms] == ["unknown-ballot"]
    assert run.unread


# ---------------------------------------------------------------------------------------------------- lists and ballots


def page_ballot(watched: Clubs, number: int, time=START) -> None:
    pair = {"cast_commitment": commitment(CAST), "challenge_commitment": commitment(CHALLENGE)}
    watched.ballot(number, time, **pair)


def test_a_new_list_before_anybody_voted_is_no_alarm(watched: Watched, served: Served) -> None:
    updated = FILES | {SCRIPT: b"encrypt(better)"}
    watched.announce(2, updated)
    page_ballot(watched, 1)
    served.put(updated)
    assert watched.alarms() == []


def test_a_list_that_is_replaced_while_people_vote(watched: Watched, served: Served) -> None:
    watched.ballot(1)
    page_ballot(watched, 2)
    assert watched.alarms() == []
    updated = {PAGE: FILES[PAGE], SCRIPT: b"encrypt(better)", "/vote/fa": b""}
    watched.announce(2, updated)
    served.put(updated)
    (alarm,) = watched.alarms()
    assert (alarm.kind, alarm.about, alarm.index) == ("booth-files-replaced", "booth/0002.json", 9)
    assert alarm.message == (
        "entry 9: at 2026-12-01T09:00:00Z booth/0002.json took the place of booth/0001.json, after a ballot had come "
        "from a voter's page: /static/booth/page.js is another, /static/empty.css is missing, /vote/fa is new"
    )
    old, new = watched.evidence(alarm)
    assert SCRIPT.encode() in old
    assert b"/vote/fa" in new
    assert watched.alarms() == []


def test_while_a_server_is_brought_up_to_date_both_lists_hold(watched: Watched, served: Served) -> None:
    updated = {PAGE: FILES[PAGE], SCRIPT: b"encrypt(better)", "/vote/fa": b"<p>"}
    late = START + timedelta(hours=1)
    watched.announce(2, updated, late)
    now = int(late.timestamp())
    (served.folder / "files" / "vote" / "fa").unlink(missing_ok=True)
    shown = {"times": (now,), "now": now + booth_watch.UPDATE - 1}
    assert watched.alarms(**shown) == [], "it serves the files of before"
    served.put({SCRIPT: b"encrypt(better)"})
    assert watched.alarms(**shown) == [], "it serves some of either"
    served.put({SCRIPT: FILES[SCRIPT]})
    after = watched.alarms(times=(now,), now=now + booth_watch.UPDATE)
    assert sorted((alarm.kind, alarm.about.split()[0]) for alarm in after) == [
        ("booth-file-changed", SCRIPT), ("booth-file-missing", "/vote/fa"),
    ]  # fmt: skip
    served.put(updated)
    served.put({PAGE: b"neither"})
    assert [alarm.kind for alarm in watched.alarms(**shown)] == ["booth-file-changed"]


def test_ballots_from_pages_that_nobody_announced(tmp_path: Path) -> None:
    clubs = Clubs(tmp_path)
    clubs.ballot(1)
    assert clubs.kinds() == []
    page_ballot(clubs, 2)
    page_ballot(clubs, 3)
    (alarm,) = clubs.look().alarms
    assert (alarm.kind, alarm.index) == ("booth-files-unknown", 7)
    clubs.announce(1, FILES)
    page_ballot(clubs, 4)
    assert clubs.kinds() == []


def test_a_board_without_a_list_is_nothing_to_compare_with(tmp_path: Path, served: Served) -> None:
    clubs = Clubs(tmp_path)
    clubs.booth = BoothWatch(Site(served.url))
    run = clubs.look()
    assert run.unread == ("the board has no list of the booth's files yet, with which they could be compared",)
    assert served.asked() == []


def test_a_list_that_is_none(watched: Watched) -> None:
    watched.file("booth/0002.json", data=b'{"files":[]}\n')
    (alarm,) = watched.alarms()
    assert (alarm.kind, alarm.about, alarm.index) == ("file", "booth/0002.json", 7)
    assert "booth/0002.json" in alarm.message


def test_a_list_whose_object_is_missing(watched: Watched) -> None:
    sha256 = next(reversed(watched.board.view.objects))
    watched.board.view.objects[sha256] = b"something else"
    run = watched.look()
    assert [alarm.kind for alarm in run.alarms] == ["object"]
    assert "no list of the booth's files" in run.unread[0]


def test_when_voting_is_over_the_booth_may_be_gone(watched: Watched, served: Served) -> None:
    served.play({PAGE: {"status": 404}})
    for path in ("devices/0001/close.json", "encrypted_tallies.ndjson"):
        watched.file(path)
    assert watched.look() == Run(9, 9, ())
    assert served.asked() == []


# ------------------------------------------------------------------------------------------------------------ addresses


@pytest.mark.parametrize(
    "url",
    [
        "", "vote.example", "ftp://vote.example", "https://", "https://user@vote.example", "https://vote.example/?x=1",
        "https://vote.example/#x", "https://vote.example:port", "file:///etc",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_booth(url: str) -> None:
    with pytest.raises(ParseError, match=r"like https://vote\.example"):
        Site(url)


def test_paths_lie_below_the_address(served: Served) -> None:
    served.put({"/club/vote/en": b"a club's"})
    for url in (f"{served.url}/club", f"{served.url}/club/"):
        answer = Site(url).get("/vote/en", "agent", 100)
        assert (answer.url, answer.status, answer.data) == (f"{served.url}/club/vote/en", 200, b"a club's")


class Page(BaseHTTPRequestHandler):
    """Answers with a page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(100 if self.path == "/slow" else 1):
            time.sleep(0.05)
            self.wfile.write(b"page")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def over_tls(folder: Path, name: x509.GeneralName) -> Iterator[tuple[int, Path]]:
    """Serve a page with a certificate for a name, and yield port and certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "booth")]), datetime.now(UTC)
    made = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    made = made.add_extension(x509.SubjectAlternativeName([name]), False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_port, certificate
        finally:
            server.shutdown()
            thread.join()


def test_certificates_are_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with over_tls(tmp_path, x509.IPAddress(ip_address("127.0.0.1"))) as (port, certificate):
        site = Site(f"https://127.0.0.1:{port}")
        with pytest.raises(StorageError, match="SSL"):
            site.get("/vote/en", "agent", 100)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert site.get("/vote/en", "agent", 100).data == b"page"
        with pytest.raises(StorageError, match=r"longer than 0\.5 seconds"):
            Site(site.url, 0.5).get("/slow", "agent", 1000)
    with over_tls(tmp_path, x509.DNSName("other.example")) as (port, _), pytest.raises(StorageError, match="SSL"):
        Site(f"https://127.0.0.1:{port}").get("/vote/en", "agent", 100)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_says_nothing(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        site = Site(f"{scheme}://127.0.0.1:{server.getsockname()[1]}", 0.3)
        with pytest.raises(StorageError, match=r"it took longer than 0\.3 seconds"):
            site.get("/vote/en", "agent", 100)
