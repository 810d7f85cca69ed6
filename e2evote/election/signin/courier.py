"""Sending in the background, so that nobody waits for a provider, whether there is anything to send or not.

Messages wait in memory only: codes are never on a disk. What was not sent when a process ends is lost, and asked for
again.
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import Self

from e2evote.election.signin.gateways.message import Gateway, GatewayError, Message
from e2evote.election.signin.settings import Channel

WAITING = 1000
"""Messages that may wait; more are dropped, and asked for again."""

_LOG = logging.getLogger(__name__)


class Courier:
    """A few threads that send; ``with`` ends them after what was handed in."""

    def __init__(self, gateways: Mapping[Channel, Gateway], threads: int = 4) -> None:
        """Take the gateways by channel."""
        self._gateways = gateways
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="courier")
        self._room = BoundedSemaphore(WAITING)

    def post(self, message: Message | None, failed: Callable[[], None] = lambda: None) -> None:
        """Send a message soon, or None: nothing, in the same way.

        Args:
            message: the message.
            failed: called in another thread if it cannot be sent.
        """
        if not self._room.acquire(blocking=False):
            _LOG.error("too many messages are waiting; one was dropped")
            return
        try:
            self._threads.submit(self._send, message, failed)
        except RuntimeError:  # closed
            self._room.release()
            raise

    def close(self) -> None:
        """Send what was handed in, and end."""
        self._threads.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, message: Message | None, failed: Callable[[], None]) -> None:
        try:
            if message is not None:
                self._gateways[message.channel].send(message)
        except GatewayError as error:
            _LOG.warning("a message was not sent: %s", error)
            failed()
        except Exception:
            _LOG.exception("a message was not sent")
            failed()
        finally:
            self._room.release()
