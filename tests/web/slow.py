"""What takes time, for a process that is asked for more than it can do."""

import time
from collections.abc import Callable


def slowly() -> Callable[[float], None]:
    """Return what takes so many seconds."""
    return time.sleep
