"""Map a pure function over chunks of work: in this process, in several, or on a Dask cluster; knows nothing of voting.

Where the work runs is a value that is handed in: ``Here()``, ``Processes(4)`` or ``Cluster("tcp://host:8786")``.
"""

from e2evote.engine.cluster import Cluster
from e2evote.engine.processes import Processes
from e2evote.engine.workers import Here, Workers

__all__ = ["Cluster", "Here", "Processes", "Workers", "workers"]


def workers(jobs: int | Workers) -> Workers:
    """Return so many processes, with 1 this one; workers are returned as they are."""
    if not isinstance(jobs, int):
        return jobs
    return Here() if jobs <= 1 else Processes(jobs)
