"""A command that is killed at a point of the one atomic write it makes."""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from e2evote import files

# write_atomically makes a temporary file, syncs it, sets its mode, renames it, and syncs the folder (the second fsync).
POINTS = [
    (name, when) for name in ("mkstemp", "fsync 1", "fchmod", "replace", "fsync 2") for when in ("before", "after")
]


@contextmanager
def killed_at(point: tuple[str, str]) -> Iterator[None]:
    """Let this process die there."""
    name, when = point
    calls = {"fsync": -9}  # counted from the temporary file on: folders are synced before

    def dying(original: Callable[..., object], this: str) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            calls["fsync"] = 0 if this == "mkstemp" else calls["fsync"] + (this == "fsync")
            mine = name == (f"fsync {calls['fsync']}" if this == "fsync" else this)
            if mine and when == "before":
                os._exit(9)
            result = original(*arguments, **named)
            if mine:
                os._exit(9)
            return result

        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files.tempfile, "mkstemp", dying(files.tempfile.mkstemp, "mkstemp"))
        patch.setattr(files.Path, "replace", dying(Path.replace, "replace"))
        for this in ("fsync", "fchmod"):
            patch.setattr(files.os, this, dying(getattr(os, this), this))
        yield


WRITTEN = POINTS[POINTS.index(("replace", "after")) :]
"""From here on the new file is in its place."""


def dies_at(point: tuple[str, str], command: Callable[[], object]) -> None:
    """Run a command in a process of its own that is killed there."""

    def run() -> None:
        with killed_at(point):
            command()

    dies(run)


def dies(command: Callable[[], object]) -> None:
    """Run a command in a process of its own that ends itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other tests may have left threads; the child needs none
        child = os.fork()
    if child == 0:
        try:
            command()
        finally:
            os._exit(1)  # it should not have come to its end
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
