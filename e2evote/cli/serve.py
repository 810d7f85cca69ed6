"""``e2evote serve``: an election's pages, its booth and its board from one server."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from e2evote.board.log import Board
from e2evote.cli.board_serving import host, port, require_web
from e2evote.cli.options import ANY_PATH, EXISTING_FILE, cores, directory
from e2evote.election.officials import FOLDER as APPROVALS
from e2evote.election.signin.settings import Settings as SignInSettings
from e2evote.errors import CheckError
from e2evote.terminal.screen import note, say
from e2evote.web.booth.opening import board_of, prepared_booth
from e2evote.workspace.directory import Workspace


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a server listens, what certificate it shows, and which proxies stand before it."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None
    proxies: tuple[str, ...] = ()


@click.command()
@directory
@click.option("--board", type=ANY_PATH, metavar="BOARD", help="The board's folder; by default DIR/board.")
@host
@port(8000)
@click.option("--url", default="", metavar="URL", help="Where the public finds the server, instead of booth.json's.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes that verify ballots before they are accepted; by default one a core.",
)
@click.option("--certificate", type=EXISTING_FILE, metavar="FILE", help="Speak HTTPS: certificate chain, PEM.")
@click.option("--key", type=EXISTING_FILE, metavar="FILE", help="The certificate's key, PEM.")
@click.option(
    "--development-certificate", "development", is_flag=True, help="Speak HTTPS with a certificate made for yourself."
)
@click.option(
    "--behind-proxy",
    "proxies",
    multiple=True,
    metavar="NETWORK",
    help="The proxy that gives TLS comes from here, such as 127.0.0.1 or 10.0.0.0/8, and says in X-Forwarded-For whom "
    "it speaks for; nobody votes from elsewhere. May be repeated.",
)
def serve(
    directory: Path,
    board: Path | None,
    host: str,
    port: int,
    url: str,
    jobs: int | None,
    certificate: Path | None,
    key: Path | None,
    development: bool,
    proxies: tuple[str, ...],
) -> None:
    """Serve the election in DIR: its pages, its booth, its board.

    One process serves: the board has one writer. Proofs are verified in others. Plain HTTP is spoken on this machine
    only, or to a proxy. Ctrl-C or SIGTERM stops the server when what it has begun is done; one that is killed loses
    nothing that it has acknowledged.

    For example:

        e2evote serve club

        e2evote serve club --behind-proxy 127.0.0.1 --url https://vote.example.org
    """
    require_web()
    if (certificate is None) != (key is None) or (certificate is not None and development):
        raise click.UsageError("--certificate and --key belong together, and without --development-certificate.")
    if development:
        from e2evote.cli.certificates import development_certificate

        certificate, key = development_certificate(directory / "private", host)
    serve_election(directory, board_of(directory, board), Listening(host, port, certificate, key, proxies), url, jobs)


def serve_election(directory: Path, board: Path, listening: Listening, url: str = "", jobs: int | None = None) -> None:
    """Check everything, print the address, and serve until told to stop.

    Raises:
        CheckError, ParseError, StorageError, VerificationError: something is not as it should be; nothing was served.
    """
    from e2evote.web.booth.application import election_application
    from e2evote.web.booth.booth import Plan
    from e2evote.web.booth.callers import proxy_networks
    from e2evote.web.booth.settings import is_loopback, origin_of
    from e2evote.web.serving import Tls, listen, serve
    from e2evote.web.site import Settings
    from e2evote.web.token import submission_token

    workspace = Workspace(directory)
    local, tls = is_loopback(listening.host), None
    if listening.certificate is not None and listening.key is not None:
        tls = Tls(listening.certificate, listening.key)
        tls.check()
    if not (local or tls or listening.proxies):
        raise CheckError(
            f"{listening.host} is not this machine alone: give --certificate and --key, or --behind-proxy for a proxy "
            "that speaks HTTPS"
        )
    secure = tls is not None or bool(listening.proxies)
    plan = Plan(directory, secure, proxy_networks(listening.proxies), origin_of(url))
    prepared = prepared_booth(workspace, board, plan)
    if local and not listening.proxies and _has_outbox(prepared.signin):
        plan = plan.with_outbox()
        note("an outbox is for development: whoever can read /outbox can sign in as anybody")
    with Board.open(board):
        submission_token(board)
    settings = Settings(
        folder=board,
        url=prepared.settings.url,
        zone=prepared.settings.zone,
        processes=jobs or cores(),
        allow_insecure=workspace.accepted,
        approvals=directory / APPROVALS,
    )
    with listen(listening.host, listening.port) as socket:
        shown = f"[{listening.host}]" if ":" in listening.host else listening.host
        say(f"{'https' if tls else 'http'}://{shown}:{socket.getsockname()[1]}")
        serve(partial(election_application, settings, plan), socket, tls=tls)


def _has_outbox(settings: SignInSettings) -> bool:
    return any(gateway.kind == "outbox" for gateway in settings.channels.values())
