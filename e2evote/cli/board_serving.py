"""``e2evote board serve`` and ``e2evote board witness``: the programs that answer others."""

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from e2evote.cli.options import ANY_PATH, accepted, cores, insecure_parameters
from e2evote.errors import CheckError
from e2evote.terminal.screen import note, say

Command = TypeVar("Command", bound=Callable[..., object])
LOOPBACK = "127.0.0.1"


def host(command: Command) -> Command:
    """Add --host."""
    text = "Address to listen on. Others than this machine reach the server through a proxy with TLS."
    return click.option("--host", default=LOOPBACK, show_default=True, metavar="ADDRESS", help=text)(command)


def port(default: int) -> Callable[[Command], Command]:
    """Add --port."""
    text = "Port to listen on; 0 takes a free one. The address is printed."
    kind = click.IntRange(0, 65535)
    return click.option("--port", type=kind, default=default, show_default=True, metavar="PORT", help=text)


@click.command()
@click.argument("folder", metavar="BOARD", type=ANY_PATH)
@host
@port(8000)
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, metavar="N", help="Processes.")
@click.option("--url", default="", metavar="URL", help="Where the public finds the board, for QR codes.")
@click.option("--time-zone", "zone", default="UTC", show_default=True, metavar="ZONE", help="Time zone of the pages.")
@click.option(
    "--interval",
    type=click.FloatRange(min=0.05, max=3600),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="Between two checkpoints, where there is something new.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=0),
    metavar="N",
    help="Processes that verify proofs before a ballot is accepted, for each worker. 0 accepts ballots unverified: a "
    "wrong one is found by everybody who verifies, but stays. By default the cores are shared out.",
)
@insecure_parameters
def serve(
    folder: Path,
    host: str,
    port: int,
    workers: int,
    url: str,
    zone: str,
    interval: float,
    jobs: int | None,
    insecure: str | None,
) -> None:
    """Serve a board: its pages, its log, and submission.

    Ballots and statuses are submitted with the token in BOARD/private/submission.token. Ctrl-C or SIGTERM stops the
    server when what it has begun is done; one that is killed loses nothing that it has acknowledged.

    For example:

        e2evote board serve board --url https://board.example --time-zone Asia/Tehran
    """
    require_web()
    from e2evote.board.log import Board
    from e2evote.web.application import board_application
    from e2evote.web.site import Settings
    from e2evote.web.token import submission_token

    with Board.open(folder):  # so that what is wrong is told before anything is served
        submission_token(folder)

    processes = max(1, cores() // workers) if jobs is None else jobs
    settings = Settings(
        folder=folder,
        url=public_url(url),
        zone=_existing_zone(zone),
        processes=processes,
        interval=interval,
        allow_insecure=accepted(insecure),
    )
    _serve(partial(board_application, settings), host, port, workers)


@click.group()
def witness() -> None:
    """Be a witness of boards that others run: cosign what has only grown.

    A witness belongs on a machine, and to somebody, that the board's operator has no power over.
    """


@witness.command("init")
@click.argument("folder", metavar="DIR", type=ANY_PATH)
@click.option("--name", required=True, metavar="NAME", help="Name of the key, best a URL without a scheme.")
@click.option("--log", "logs", multiple=True, metavar="VKEY", help="Key of a log to watch; may be repeated.")
def init(folder: Path, name: str, logs: tuple[str, ...]) -> None:
    """Make a witness's folder and print its key, for the policies of boards.

    For example:

        e2evote board witness init witness --name witness.example/w1 --log board.example/club+0a1b2c3d+AS…
    """
    require_web()
    from e2evote.web.witness_folder import WitnessFolder

    made = WitnessFolder.create(folder, name, logs)
    say(str(made.key.verifier))


@witness.command("add")
@click.argument("folder", metavar="DIR", type=ANY_PATH)
@click.argument("vkey")
def add(folder: Path, vkey: str) -> None:
    """Watch one more log, whose key is VKEY; a witness that is running takes notice.

    For example:

        e2evote board witness add witness board.example/club+0a1b2c3d+AS…
    """
    require_web()
    from e2evote.web.witness_folder import WitnessFolder

    note(f"watching {WitnessFolder.open(folder).add_log(vkey).name}")


@witness.command("serve")
@click.argument("folder", metavar="DIR", type=ANY_PATH)
@host
@port(8001)
def serve_witness(folder: Path, host: str, port: int) -> None:
    """Answer boards that ask for cosignatures (C2SP tlog-witness).

    For example:

        e2evote board witness serve witness --port 8100
    """
    require_web()
    from e2evote.web.witness_folder import WitnessFolder
    from e2evote.web.witness_server import witness_application

    WitnessFolder.open(folder).logs()

    _serve(partial(witness_application, folder), host, port)


def _serve(application: Callable[[], Any], host: str, port: int, workers: int = 1) -> None:
    """Print the address, then serve until told to stop."""
    from e2evote.web.serving import listen, serve

    with listen(host, port) as listening:
        shown = f"[{host}]" if ":" in host else host
        say(f"http://{shown}:{listening.getsockname()[1]}")
        serve(application, listening, workers)


def public_url(url: str) -> str:
    """Return where the public finds a server, without a slash at its end.

    Raises:
        CheckError: it is no URL.
    """
    if url and not url.startswith(("http://", "https://")):
        raise CheckError(f"{url!a}: expected a URL that begins with https:// or http://")
    return url.rstrip("/")


def _existing_zone(zone: str) -> str:
    try:
        return ZoneInfo(zone).key
    except (ZoneInfoNotFoundError, ValueError):
        raise CheckError(f"{zone!a}: there is no such time zone; one is called Asia/Tehran, for example") from None


def require_web() -> None:
    """Accept a machine on which a server can run.

    Raises:
        CheckError: naming what is not installed.
    """
    for name in ("starlette", "uvicorn", "jinja2", "babel", "persiantools", "urllib3"):
        if find_spec(name) is None:
            raise CheckError(f"a server needs {name}: install e2evote with the extra 'web'")
