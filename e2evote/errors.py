"""Every error that leaves the library on purpose.

``ParseError``: bytes are not what the format says. ``CheckError``: a plain rule is broken (an index, a limit, an
order of steps). ``VerificationError``: an equation of the specification does not hold. ``StorageError``: what was to be
kept could not be.
"""


class E2EVoteError(Exception):
    """Root of all errors of this library; its text is meant for people."""


class ParseError(E2EVoteError):
    """Bytes that are not in the expected form; the text names file, field and what was expected."""

    def __init__(self, where: str, problem: str, field: str = "") -> None:
        """Say where (a file, a line), in which field, and what is wrong."""
        self.where, self.field, self.problem = where, field, problem
        super().__init__(f"{where}: {field}: {problem}" if field else f"{where}: {problem}")

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:
        """Pickle by the three parts, so that a worker process can raise it."""
        return type(self), (self.where, self.problem, self.field)


class CheckError(E2EVoteError):
    """A consistency rule that needs no cryptography is broken."""


class VerificationError(E2EVoteError):
    """An equation or a proof does not hold; the text names whose it is and which."""


class StorageError(E2EVoteError):
    """A database or a disk could not be read or written, or holds what it was not given; nothing was acknowledged."""
