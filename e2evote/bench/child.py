"""The process in which a record is verified, so that its memory is that of verification alone.

``python -m e2evote.bench.child RECORD BACKEND`` says how far it is and what it took, a line of JSON each.
"""

import json
import re
import resource
import sys
from pathlib import Path

from e2evote.bench.backends import verify
from e2evote.bench.figures import Stopwatch
from e2evote.engine import Here
from e2evote.record.layout import Record

LAP = 1.0
"""Seconds after which the unit is measured again."""


def peak_memory() -> int:
    """Return the most bytes of memory this program has held at once.

    On Linux from VmHWM, since ``ru_maxrss`` begins with the peak of the process that started this one.
    """
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text()) if status.exists() else None
    return 1024 * int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def say(**values: object) -> None:
    """Write one line."""
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


def main(root: Path, backend: str) -> int:
    """Verify and say what it took; return the exit code."""
    timer = Stopwatch()

    def progress(done: int, total: int) -> None:
        if timer.running > LAP:
            timer.lap()
        say(done=done, total=total)

    report = verify(Record.at(root), backend, Here(), progress)
    timer.lap()
    if not report.valid:
        return 1
    say(seconds=timer.processor.seconds, pm=timer.processor.pm, peak=peak_memory())
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
