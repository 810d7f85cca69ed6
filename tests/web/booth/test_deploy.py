"""The files of docs/deploy: the server behind nginx as it is configured there, and units that systemd reads."""

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from e2evote.cli.certificates import development_certificate
from tests.web.booth.booths import Answer, BoothServer, Encrypted, Voter, ballots, make_booth
from tests.web.servers import PATIENCE

DEPLOY = Path(__file__).resolve().parents[3] / "docs" / "deploy"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
ANALYZE = shutil.which("systemd-analyze")
URL = "https://vote.example.org"

MISSING = NGINX is None and "CI" not in os.environ
needs_nginx = pytest.mark.skipif(MISSING, reason="no nginx; 'make system-packages' installs it")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def configured(name: str, folder: Path, upstream: int, port: int) -> Path:
    """A configuration of docs/deploy, with other ports and places, and what is around it."""
    certificate, key = development_certificate(folder, "vote.example.org")
    text = (DEPLOY / name).read_text()
    text = re.sub(r"listen \[::\]:\d+( ssl)?;\n", "", text)
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl").replace(
        "listen 80;", f"listen 127.0.0.1:{free_port()};"
    )
    text = text.replace("server 127.0.0.1:8000", f"server 127.0.0.1:{upstream}")
    text = re.sub(r"/etc/letsencrypt/\S+/fullchain.pem", str(certificate), text)
    text = re.sub(r"/etc/letsencrypt/\S+/privkey.pem", str(key), text)
    text = re.sub(r"/var/(cache|log)/nginx/", f"{folder}/", text)
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path = folder / "nginx.conf"
    user = "user root; " if os.geteuid() == 0 else ""  # whose folder this is
    head = f"{user}daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;\n"
    path.write_text(f"{head}events {{}}\nhttp {{\n{places}{text}}}\n")
    return path


@contextmanager
def nginx(configuration: Path, port: int) -> Iterator[None]:
    """Run nginx until the block ends."""
    assert NGINX is not None
    process = subprocess.Popen([NGINX, "-c", str(configuration)], stderr=subprocess.PIPE)
    try:
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


class Proxied:
    """A connection through the proxy, as to vote.example.org."""

    def __init__(self, port: int, certificate: Path) -> None:
        context = ssl.create_default_context(cafile=str(certificate))
        self._connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=PATIENCE)

    def ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        self._connection.request(method, path, body, {"Host": "vote.example.org", **headers})
        answer = self._connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())

    def close(self) -> None:
        self._connection.close()


@needs_nginx
@pytest.mark.parametrize("name", ["nginx.conf", "nginx-booth.conf"])
def test_nginx_reads_its_configuration(tmp_path: Path, name: str) -> None:
    path = configured(name, tmp_path, 8000, free_port())
    done = subprocess.run([str(NGINX), "-t", "-c", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


@needs_nginx
def test_a_vote_through_the_proxy(tmp_path: Path) -> None:
    directory = make_booth(tmp_path / "club", booth={"url": URL})
    (ballot,) = ballots(directory, 1)
    port = free_port()
    with BoothServer(directory, "--behind-proxy", "127.0.0.1") as server:
        configuration = configured("nginx-booth.conf", tmp_path, server.port, port)
        with nginx(configuration, port):
            vote(directory, ballot, Proxied(port, tmp_path / "development.crt"))
        assert server.end() == ""
    assert (tmp_path / "booth.log").read_text() == ""


def vote(directory: Path, ballot: Encrypted, wire: Proxied) -> None:
    voter = Voter(URL, directory)
    voter.close()
    voter._wire = wire  # type: ignore[assignment]
    assert voter.refused("question", Origin="https://evil.example") == "cross-site"
    assert voter.call("question", Origin=URL).status == 200
    voter.sign_in(1)
    assert list(voter.cookies) == ["__Host-session"]
    voter.vote(ballot)
    for path, status in (("/vote/en", 200), ("/checkpoint", 200), ("/submit/ballot", 403), ("/outbox", 404)):
        answer = voter.ask("GET", path)
        assert (path, answer.status) == (path, status)
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        if status == 200:
            assert len(answer.headers.get_all("Content-Security-Policy") or []) == 1
    assert voter.ask("POST", "/vote/api/question", b" " * 20_000, {"Content-Type": "application/json"}).status == 413
    voter.close()


@pytest.mark.skipif(ANALYZE is None, reason="no systemd")
@pytest.mark.parametrize("name", sorted(path.name for path in DEPLOY.glob("*.service")))
def test_systemd_reads_its_units(tmp_path: Path, name: str) -> None:
    unit = tmp_path / name
    unit.write_text((DEPLOY / name).read_text().replace("/opt/e2evote/bin/e2evote", "/bin/true"))
    done = subprocess.run([str(ANALYZE), "verify", str(unit)], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if name in line] == []
