"""Put a mutant in place of the code that runs: functions get the code object of the changed source.

So a process that has everything loaded can be forked and judged at once, whoever holds a reference to the function.
What a module does while it is imported cannot be done again like that; such mutants need a process of their own.
"""

import functools
import gc
from collections import defaultdict
from collections.abc import Iterator
from types import CodeType, FunctionType

from tests.mutation_testing.mutants import ROOT, RUN_ON_IMPORT, Mutant, files

COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
Place = tuple[str, str, int]
"""File, qualified name and first line of a function."""


class Planter:
    """Knows all functions of the library that there are now."""

    def __init__(self) -> None:
        self._functions: dict[Place, list[FunctionType]] = defaultdict(list)
        self._caches = []
        self._sources = {file: (ROOT / file).read_text(encoding="utf-8") for file in files()}
        for thing in gc.get_objects():
            if isinstance(thing, FunctionType):
                code = thing.__code__
                self._functions[code.co_filename, code.co_qualname, code.co_firstlineno].append(thing)
            elif isinstance(thing, functools._lru_cache_wrapper) and thing.__module__.startswith("e2evote"):
                self._caches.append(thing)

    def plant(self, mutant: Mutant) -> bool:
        """Change this process; return whether that was possible."""
        path = str(ROOT / mutant.file)
        changed = changes(self._sources[mutant.file], mutant.source, path)
        if changed is None or mutant.file in RUN_ON_IMPORT:
            return False
        for before, after in changed:
            for function in self._functions.get((path, before.co_qualname, before.co_firstlineno), ()):
                if function.__code__ == before:
                    if len(before.co_freevars) != len(after.co_freevars):
                        return False
                    function.__code__ = after
        within = "e2evote.verifier" if mutant.file.startswith("e2evote/verifier/") else "e2evote"
        for cache in self._caches:
            if cache.__module__.startswith(within):
                cache.cache_clear()
        return True


def changes(before: str, after: str, path: str) -> list[tuple[CodeType, CodeType]] | None:
    """Return the pairs of code objects of functions that differ; None if anything outside functions does."""
    found: list[tuple[CodeType, CodeType]] = []
    pairs = [(compile(before, path, "exec"), compile(after, path, "exec"), False)]
    while pairs:
        old, new, within = pairs.pop()
        is_function = within or bool(old.co_flags & 2)  # CO_NEWLOCALS; a class body has it not
        inner_old, inner_new = list(_inner(old)), list(_inner(new))
        if old != new and is_function:
            if not within and old.co_name in COMPREHENSIONS:
                return None
            found.append((old, new))
        if not is_function and (_bare(old) != _bare(new) or len(inner_old) != len(inner_new)):
            return None
        if len(inner_old) == len(inner_new):
            pairs += [(x, y, is_function) for x, y in zip(inner_old, inner_new, strict=True)]
    return found


def _inner(code: CodeType) -> Iterator[CodeType]:
    return (const for const in code.co_consts if isinstance(const, CodeType))


def _bare(code: CodeType) -> tuple[object, ...]:
    consts = tuple((type(c), c) for c in code.co_consts if not isinstance(c, CodeType))
    return code.co_code, code.co_names, consts
