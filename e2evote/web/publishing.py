"""Checkpoints at an interval: one thread a server process signs what is new, asks the witnesses, and publishes.

Several processes may do so for one board at once: the board's storage lets one of them sign, and what is published only
grows. A failure is logged when it begins, and when it is over; nothing else depends on the thread.
"""

import logging
import threading
from collections.abc import Callable

from e2evote.errors import E2EVoteError

LOG = logging.getLogger("e2evote.web")


class Publishing:
    """A thread that publishes until it is closed."""

    def __init__(self, publish: Callable[[], object], interval: float) -> None:
        """Take what publishes all that is new, and the seconds between two times."""
        self._publish, self._interval = publish, interval
        self._closing = threading.Event()
        self._problem = ""
        self._thread = threading.Thread(target=self._run, name="publishing", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Publish once more and end."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.wait(self._interval):
            self._try()
        self._try()

    def _try(self) -> None:
        problem = ""
        try:
            self._publish()
        except E2EVoteError as error:
            problem = str(error)
        except Exception as error:
            LOG.exception("publishing failed unexpectedly")
            problem = str(error)
        if problem and problem != self._problem:
            LOG.error("no checkpoint could be published: %s", problem)
        if self._problem and not problem:
            LOG.warning("checkpoints are published again")
        self._problem = problem
