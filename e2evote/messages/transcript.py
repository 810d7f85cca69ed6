"""The transcript: every signed message of an exchange, in one file that only grows, a message a line.

It is the memory of what was said and heard. A guardian's own message is in it before it leaves, so that a command that
is repeated hands out the same bytes; two messages of one guardian in one slot stay in it, side by side, as evidence.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from e2evote.errors import CheckError, ParseError
from e2evote.files import write_atomically
from e2evote.messages.envelope import Exchange, RoundName, open_envelope, parse_envelope
from e2evote.record.layout import LINE_LIMIT

Write = Callable[[Path, bytes], None]
"""What writes a file as a whole."""

FILE_LIMIT = 2**30
"""Bytes of one file of messages."""


class Transcript:
    """A file of messages; its signatures are verified when it is used, not when it is read."""

    def __init__(self, path: Path, write: Write = write_atomically) -> None:
        """Read the file, if there is one.

        Raises:
            ParseError: it is not a file of messages.
        """
        self.path, self._write = path, write
        found = tuple(read_lines(path)) if path.is_symlink() or path.exists() else ()
        self._messages = {data: parse_envelope(data, where) for where, data in found}

    def __contains__(self, data: bytes) -> bool:
        """Tell whether this very message is in it."""
        return data in self._messages

    def of(self, round_: RoundName, sender: int | None = None, recipient: int | None = None) -> list[bytes]:
        """Return the messages of a round, in the order they came; of one sender, for one recipient."""
        return [
            data
            for data, envelope in self._messages.items()
            if envelope.round == round_
            and sender in (None, envelope.sender)
            and recipient in (None, envelope.recipient)
        ]

    def add(self, messages: Iterable[bytes]) -> int:
        """Write messages whose signature the caller has verified, all of them or none, and return how many were new.

        Raises:
            ParseError: something is no message.
            CheckError: they are so large that the file could not be read again.
        """
        new = {data: parse_envelope(data, "message") for data in messages if data not in self._messages}
        if new:
            content = self._messages | new
            lines = b"".join(data + b"\n" for data in content)
            if len(lines) > FILE_LIMIT or any(len(data) > LINE_LIMIT for data in new):
                raise CheckError(
                    f"{self.path}: a message may have {LINE_LIMIT} bytes, and all of them together {FILE_LIMIT}"
                )
            self._write(self.path, lines)
            self._messages = content
        return len(new)


def read_lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (file and line number, line) of a file that somebody sent; a single object needs no line end.

    Raises:
        ParseError: it is no plain file, empty, too large, or has a blank line.
    """
    if path.is_symlink() or not path.is_file():
        raise ParseError(str(path), "not a plain file")
    if path.stat().st_size > FILE_LIMIT:
        raise ParseError(str(path), f"larger than {FILE_LIMIT} bytes")
    lines = path.read_bytes().removesuffix(b"\n").split(b"\n")
    for number, line in enumerate(lines, 1):
        where = f"{path}:{number}" if len(lines) > 1 else str(path)
        if not line.strip() or len(line) > LINE_LIMIT:
            raise ParseError(where, "an empty file or a blank line; expected messages" if not line.strip() else
                             f"a line of more than {LINE_LIMIT} bytes")  # fmt: skip
        yield where, line.removesuffix(b"\r")


def sort_out(
    exchanges: Iterable[Exchange], lines: Iterable[tuple[str, bytes]]
) -> tuple[dict[bytes, list[bytes]], list[tuple[str, bytes]]]:
    """Return authentic messages by the context of their exchange, and the lines that belong to none of these.

    Raises:
        ParseError: a line is no message.
        CheckError: a message of one of the exchanges, but of another attempt or of nobody who takes part.
        VerificationError: a signature does not hold.
    """
    known = {exchange.context: exchange for exchange in exchanges}
    found: dict[bytes, list[bytes]] = {context: [] for context in known}
    foreign = []
    for where, data in lines:
        envelope = parse_envelope(data, where)
        if envelope.context in known:
            open_envelope(known[envelope.context], data, where)
            found[envelope.context].append(data)
        else:
            foreign.append((where, data))
    return found, foreign


def check_none_foreign(foreign: Iterable[tuple[str, bytes]]) -> None:
    """Refuse lines that belong to no exchange that is known here.

    Raises:
        CheckError: naming the first.
    """
    for where, data in foreign:
        envelope = parse_envelope(data, where)
        raise CheckError(
            f"{where}: a message of another election, ceremony or decryption (round {envelope.round!r} of guardian "
            f"{envelope.sender})"
        )
