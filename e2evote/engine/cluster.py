"""A Dask cluster: processes on any computers, which somebody else has started.

The cluster is trusted like this computer: what its workers answer is taken for the result, and whoever can reach its
scheduler can run programs on it.
"""

import pickle
import re
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from e2evote.engine.workers import AHEAD, C, R, started
from e2evote.errors import E2EVoteError

_ADDRESS = re.compile(r"(tcp|tls)://[^\s/]+:[0-9]+/?")
_PATIENCE = 30.0
"""Seconds to wait for a first worker, and between two looks whether any is left."""


class Cluster:
    """The workers of one scheduler, as many as there are at the time."""

    apart = True

    def __init__(self, address: str) -> None:
        """Take the scheduler's address.

        Raises:
            E2EVoteError: no address, or Dask is not installed.
        """
        if not _ADDRESS.fullmatch(address):
            raise E2EVoteError(f"{address}: expected the address of a Dask scheduler, tcp://host:port")
        if find_spec("distributed") is None:
            raise E2EVoteError("a cluster needs Dask, which is not installed: pip install 'e2evote[distributed]'")
        self.address, self.count, self.busy = address, 0, 0.0

    def __str__(self) -> str:
        """Say where and how many."""
        return f"{self.count} {'thread' if self.count == 1 else 'threads'} of {self.address}"

    def map(self, function: Callable[[C], R], chunks: Iterable[C]) -> Generator[R, None, None]:
        """Yield function(chunk) for every chunk, in order.

        A chunk whose worker dies is done again, as often as the scheduler's setting ``allowed-failures`` says; what
        the function raises is not tried again. When something is raised and when the caller stops early, what is in
        flight is cancelled.
        """
        waiting: deque[Any] = deque()
        with _connected(self.address) as client:
            # A task of its own, so that workers hand the function on to each other, and one that dies takes nothing
            # along that cannot be made again.
            shared = client.submit(pickle.loads, pickle.dumps(function), pure=False)
            tasks = (client.submit(_work, shared, chunk, pure=False) for chunk in chunks)
            try:
                for task in started(tasks, waiting, lambda: AHEAD * self._counted(client)):
                    result, seconds = _result(client, task)
                    self.busy += seconds
                    yield result
            finally:
                client.cancel([shared, *waiting], force=True)

    def _counted(self, client: Any) -> int:  # noqa: ANN401
        now: int = max(1, sum(client.nthreads().values()))
        self.count = max(self.count, now)
        return now


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Yield a client of a scheduler that has workers; what goes wrong between here and there becomes a message."""
    distributed: Any = import_module("distributed")  # an extra: imported only when asked for
    lost = (import_module("distributed.client").FutureCancelledError, import_module("distributed.comm").CommClosedError)
    try:
        client = distributed.Client(address, timeout=_PATIENCE, set_as_default=False, name="e2evote")
    except (OSError, ValueError) as error:
        raise E2EVoteError(f"{address}: no Dask scheduler answers there") from error
    try:
        try:
            client.wait_for_workers(1, timeout=_PATIENCE)
        except TimeoutError:
            raise E2EVoteError(f"{address}: the cluster has no workers") from None
        yield client
    except distributed.KilledWorker as error:
        raise E2EVoteError(f"{address}: workers died again and again on the same chunk of the work") from error
    except ModuleNotFoundError as error:
        raise E2EVoteError(f"{address}: a worker lacks this program, or a part of it ({error})") from error
    except lost as error:
        raise E2EVoteError(f"{address}: the connection to the cluster was lost") from error
    finally:
        client.close()


def _result(client: Any, task: Any) -> tuple[Any, float]:  # noqa: ANN401
    """Wait for a task as long as there are workers."""
    deserted = False
    while True:
        try:
            return task.result(timeout=_PATIENCE)  # type: ignore[no-any-return]
        except TimeoutError:
            if task.done():  # just now, or the function raised it
                return task.result()  # type: ignore[no-any-return]
            if (empty := not client.nthreads()) and deserted:
                raise E2EVoteError("the cluster has no workers any more") from None
            deserted = empty


def _work(function: Callable[[C], R], chunk: C) -> tuple[R, float]:
    begun = time.thread_time()  # a worker may have several threads
    result = function(chunk)
    return result, time.thread_time() - begun
