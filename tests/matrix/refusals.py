"""Misbehaviour that an honest party refuses at once: how it is registered, and how it is tried.

A refusal prepares what somebody would do wrong and returns the call that has to be refused; where the election has no
place for it, it raises ``DoesNotApplyError``. Nothing that was kept may differ afterwards.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from e2evote.errors import E2EVoteError
from tests.matrix.world import World

T = TypeVar("T")
Call = Callable[[], object]


class DoesNotApplyError(Exception):
    """There is no place for it in this election, or not yet."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is done wrong, in which phase of a world, and with which error it is refused."""

    name: str
    phase: str
    error: type[E2EVoteError]
    says: str
    prepare: Callable[[World], Call]

    def try_on(self, world: World) -> bool:
        """Misbehave, and tell whether there was a place for it."""
        if world.phase != self.phase:
            return False
        try:
            call = self.prepare(world)
        except DoesNotApplyError:
            return False
        before = kept(world.root)
        with pytest.raises(E2EVoteError, match=self.says) as caught:
            call()
        assert caught.type is self.error
        assert kept(world.root) == before
        return True


REFUSALS: list[Refusal] = []


def refused(phase: str, error: type[E2EVoteError], says: str) -> Callable[[Callable[[World], Call]], Any]:
    """Register a function as a refusal; ``says`` is a part of the error's text, as a pattern."""

    def register(function: Callable[[World], Call]) -> Callable[[World], Call]:
        name = function.__name__.removeprefix("_").replace("_", "-")
        REFUSALS.append(Refusal(name, phase, error, says, function))
        return function

    return register


def need(condition: object) -> None:
    """Go on where there is a place for it.

    Raises:
        DoesNotApplyError: otherwise.
    """
    if not condition:
        raise DoesNotApplyError


def any_of(world: World, found: Iterable[T]) -> T:
    """Choose one.

    Raises:
        DoesNotApplyError: there is none.
    """
    listed: Sequence[T] = list(found)
    need(listed)
    return world.rng.choice(listed)


def kept(root: Path) -> dict[str, bytes]:
    """Return the digest of every file of a world."""
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).digest() for path in files}
