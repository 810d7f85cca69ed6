"""How often somebody has done something lately, counted in the database, so that it is right with several processes.

Time is cut into windows of a fixed length; so up to twice a limit can happen around the edge of one.
"""

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from e2evote.election.people.database import Access
from e2evote.election.people.schema import COUNTERS

_NEVER = 2**62


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``count`` times in each window of ``seconds``."""

    count: int
    seconds: int


def wait(access: Access, what: str, who: bytes, limit: Limit, now: int) -> int:
    """Return how many seconds somebody has to wait before doing something once more; 0: none."""
    counter, ends = _window(access, what, who, limit, now)
    return 0 if (_count(access, counter) or 0) < limit.count else ends - now


def add(access: Access, what: str, who: bytes, limit: Limit, now: int) -> None:
    """Count that somebody has done something."""
    counter, ends = _window(access, what, who, limit, now)
    more = update(COUNTERS).where(COUNTERS.c.counter == counter).values(count=COUNTERS.c.count + 1)
    if not access.connection.execute(more).rowcount:
        access.connection.execute(insert(COUNTERS).values(counter=counter, count=1, expires=ends))


def first_time(access: Access, what: str, who: bytes, expires: int) -> bool:
    """Tell whether something is done for the first time, and remember it until a time."""
    counter = access.key.digest("once", what.encode(), who)
    if _count(access, counter) is not None:
        return False
    access.connection.execute(insert(COUNTERS).values(counter=counter, count=1, expires=expires))
    return True


def total(access: Access, what: str, who: bytes) -> int:
    """Return a count that is never begun anew, 0 before the first."""
    return _count(access, access.key.digest("total", what.encode(), who)) or 0


def raise_total(access: Access, what: str, who: bytes, by: int) -> None:
    """Raise a count that is never begun anew."""
    counter = access.key.digest("total", what.encode(), who)
    more = update(COUNTERS).where(COUNTERS.c.counter == counter).values(count=COUNTERS.c.count + by)
    if not access.connection.execute(more).rowcount:
        access.connection.execute(insert(COUNTERS).values(counter=counter, count=by, expires=_NEVER))


def is_known(access: Access, what: str, who: bytes) -> bool:
    """Tell whether ``first_time`` has been asked, and its time is not over."""
    return _count(access, access.key.digest("once", what.encode(), who)) is not None


def forget(access: Access, now: int) -> None:
    """Delete windows that are over."""
    access.connection.execute(delete(COUNTERS).where(COUNTERS.c.expires <= now))


def _count(access: Access, counter: bytes) -> int | None:
    return access.connection.execute(select(COUNTERS.c.count).where(COUNTERS.c.counter == counter)).scalar()


def _window(access: Access, what: str, who: bytes, limit: Limit, now: int) -> tuple[bytes, int]:
    number = now // limit.seconds
    parts = (str(limit.seconds).encode(), str(number).encode())
    return access.key.digest("counter", what.encode(), who, *parts), (number + 1) * limit.seconds
