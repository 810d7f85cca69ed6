"""What is said of a mutant, when a process that judges one is ended, and where it is written down."""

import json
import resource
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from tests.mutation_testing.mutants import ROOT, Mutant

REACHED = ROOT / "build" / "mutants" / "reached.pickle"
"""What the tests reach and took; removed, it is found out again."""
PATIENCE = 5.0
"""A mutant is endless after this many times the processor's seconds that its tests took without it, and one more."""
WAITING = 180.0
"""So long a mutant may take, whatever it does: many times what it needs, on a busy machine too."""
MEMORY = 4 * 2**30
KILLED, SURVIVED, ENDLESS, APART = "killed", "survived", "timed out", "apart"


def limit(seconds: float) -> None:
    """Let the system end this process after so many seconds of processor time, and keep its memory small."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def write(out: TextIO, mutant: Mutant, said: dict[str, Any]) -> None:
    """Write a verdict."""
    entry = {"key": mutant.key, "line": mutant.first, "function": mutant.function, "change": mutant.change, **said}
    out.write(json.dumps(entry, ensure_ascii=False) + "\n")
    out.flush()


def entries(path: Path) -> Iterable[dict[str, object]]:
    """Return the verdicts of a file, a line each."""
    return map(json.loads, path.read_text(encoding="utf-8").splitlines() if path.is_file() else [])
