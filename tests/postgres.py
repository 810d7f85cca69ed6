"""A PostgreSQL server for the tests: ``python tests/postgres.py start``, ``stop``, ``database``.

It has its own data in build/postgres and its own port on the loopback address; the system's service is left alone.
build/postgres/url is where the tests find it; the password is in a file beside it.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "build" / "postgres"
DATA, LOG, URL, PASSWORD = (FOLDER / name for name in ("data", "log", "url", "pgpass"))
USER = "e2evote"


def program(name: str) -> str:
    """Return the path of one of the server's programs, of the newest version that is installed."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    found = str(versions[-1]) if versions else shutil.which(name)
    if found is None:
        sys.exit(f"{name} is missing: install Debian's package postgresql ('make system-packages')")
    return found


def run(*command: str) -> int:
    """Run a program of the server's, which refuses to be root; return its exit code."""
    other = ("runuser", "-u", "postgres", "--") if os.getuid() == 0 else ()
    return subprocess.run([*other, *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd="/").returncode


def running() -> bool:
    """Tell whether the server is there."""
    return DATA.is_dir() and run(program("pg_ctl"), "-D", str(DATA), "status") == 0


def start() -> None:
    """Make a new server, unless it is running."""
    if running() and URL.is_file():
        return
    stop()
    DATA.mkdir(parents=True, mode=0o700)
    secret = FOLDER / "initial"
    password = secrets.token_hex(16)
    for path in (LOG, secret, PASSWORD):
        path.touch(mode=0o600)
    secret.write_text(password)
    if os.getuid() == 0:
        for path in (DATA, LOG, secret):
            shutil.chown(path, "postgres", "postgres")
    # Only making the files is not synced; the server syncs what is committed.
    if run(
        program("initdb"), "-D", str(DATA), "-U", USER, "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8",
        "--no-locale", "--no-sync",
    ):  # fmt: skip
        sys.exit("initdb failed")
    secret.unlink()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    if run(program("pg_ctl"), "-D", str(DATA), "-l", str(LOG), "-w", "-o", f"-h 127.0.0.1 -p {port} -k ''", "start"):
        sys.exit(f"the server does not start; {LOG} says why")
    PASSWORD.write_text(f"127.0.0.1:{port}:*:{USER}:{password}\n")
    URL.write_text(f"postgresql://{USER}@127.0.0.1:{port}/postgres?passfile={PASSWORD}")


def database() -> None:
    """Make an empty database and print its URL."""
    name = f"made_{secrets.token_hex(4)}"
    url = URL.read_text()
    host, port = url.split("@")[1].split("/")[0].split(":")
    environment = {"PGPASSFILE": str(PASSWORD)}
    subprocess.run([program("createdb"), "-h", host, "-p", port, "-U", USER, name], env=environment, check=True)
    print(url.replace("/postgres?", f"/{name}?"))


def stop() -> None:
    """End the server, and delete what it had."""
    if running():
        run(program("pg_ctl"), "-D", str(DATA), "-m", "immediate", "stop")
    shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    {"start": start, "stop": stop, "database": database}[sys.argv[1]]()
