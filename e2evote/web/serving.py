"""An application on a port, by uvicorn: one process or several, which end together."""

import multiprocessing
import signal
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from e2evote.engine.processes import end_with_parent
from e2evote.errors import CheckError, StorageError

GRACE = 20
"""Seconds that requests have to end in when the server is stopped."""
CONNECTIONS = 500
"""Requests and connections at once, in a process; whoever comes then is told to come again."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one.

    Raises:
        CheckError: there is no such address here.
        StorageError: the port is taken, or not allowed.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    except socket.gaierror as error:
        raise CheckError(f"{host}: {error.strerror}") from None
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        raise StorageError(f"{host}, port {port}: {error.strerror}") from None
    return made


@dataclass(frozen=True, slots=True)
class Tls:
    """What a server needs to speak HTTPS: the files of its certificate chain and of its key, PEM."""

    certificate: Path
    key: Path

    def check(self) -> None:
        """Accept files that belong together.

        Raises:
            CheckError: they do not, or are none.
        """
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(self.certificate, self.key)
        except (ssl.SSLError, OSError) as error:
            raise CheckError(f"{self.certificate} and {self.key}: {error.strerror or error}") from None


def serve(
    application: Callable[[], ASGIApp], listening: socket.socket, workers: int = 1, tls: Tls | None = None
) -> None:
    """Serve until the process is told to stop (SIGTERM or Ctrl-C).

    Args:
        application: makes it; called in every process that serves, so it has to be picklable for more than one.
        listening: a socket that listens.
        workers: processes that serve.
        tls: speak HTTPS.
    """
    config = uvicorn.Config(
        _Factory(application),
        factory=True,
        workers=workers,
        http="h11",
        ws="none",
        lifespan="on",
        interface="asgi3",
        log_level="warning",
        access_log=False,  # it would say who looked for which code
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=GRACE,
        ssl_certfile=None if tls is None else tls.certificate,
        ssl_keyfile=None if tls is None else tls.key,
    )
    # uvicorn raises the signal that stopped it once more at its end: by then it has been heeded.
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: None)
    if workers > 1:
        Multiprocess(config, sockets=[listening]).run()
    else:
        uvicorn.Server(config).run(sockets=[listening])


class _Factory:
    """Makes the application in a process that ends with the one that started it."""

    def __init__(self, application: Callable[[], ASGIApp]) -> None:
        self._application = application

    def __call__(self) -> ASGIApp:
        if multiprocessing.parent_process() is not None:
            end_with_parent()
        return self._application()
