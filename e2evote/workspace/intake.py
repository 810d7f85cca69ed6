"""Files that came by stick or mail: everything is looked at before anything is kept."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from e2evote.errors import CheckError, ParseError
from e2evote.messages.decrypting import DecryptionPlan
from e2evote.messages.envelope import Exchange, RoundName, parse_envelope
from e2evote.messages.transcript import Transcript, check_none_foreign, read_lines, sort_out
from e2evote.record.codec import parse
from e2evote.terminal.screen import note

Line = tuple[str, bytes]
"""Where it lies, for messages, and its bytes."""

_FORMAT = re.compile(rb'\{"format":"e2evote-([a-z-]{1,40})"')


def read_messages(paths: Iterable[Path], is_known: Callable[[bytes], bool]) -> list[Line]:
    """Return the messages in files and directories; what begins with a point is not looked at.

    Args:
        paths: what came.
        is_known: tells whether something that is no message is a copy of what the directory has itself.

    Raises:
        ParseError: naming the file that is neither.
        CheckError: naming a directory without files.
    """
    found = []
    for where, data in (line for path in paths for file in _files(path) for line in read_lines(file)):
        match = _FORMAT.match(data)
        if match and match[1] == b"guardian-message":
            found.append((where, data))
        elif match is None:
            raise ParseError(where, "no message of a guardian, and nothing else that this election has sent out")
        elif not is_known(data):
            raise ParseError(where, f"another {match[1].decode().replace('-', ' ')} than that of this election")
    return found


def take_in(
    transcripts: Sequence[tuple[Exchange, Transcript]],
    rounds: Collection[RoundName],
    lines: Iterable[Line],
    elsewhere: Mapping[bytes, Transcript] = MappingProxyType({}),
) -> dict[bytes, list[bytes]]:
    """Return authentic messages by the context of their exchange; what is known already is left out.

    Args:
        transcripts: exchanges under way, each with what has come of it.
        rounds: what may come.
        lines: what has come now.
        elsewhere: by context, what has come of exchanges that another command takes: guardians hand over all of their
            outbox. New messages of these are left where they are, with a note.

    Raises:
        ParseError, CheckError, VerificationError: naming the message that belongs to none of the exchanges, has no
            place in these rounds, or is not signed by whom it says.
    """
    known, new, left = [transcript for _, transcript in transcripts], [], []
    for where, data in lines:
        context = parse_envelope(data, where).context
        if context not in elsewhere and not any(data in transcript for transcript in known):
            new.append((where, data))
        elif context in elsewhere and data not in elsewhere[context]:
            left.append(where)
    if left:
        note(
            f"Not taken: {len(left)} messages, the first {left[0]}. 'e2evote ceremony collect' and 'e2evote decryption "
            "collect' take their own."
        )
    found, foreign = sort_out([exchange for exchange, _ in transcripts], new)
    check_none_foreign(foreign)
    for where, data in new:
        round_ = parse_envelope(data, where).round
        if round_ not in rounds:
            raise CheckError(f"{where}: a message of round {round_!r}; expected {', '.join(sorted(rounds))}")
    return found


def read_plan(path: Path) -> DecryptionPlan:
    """Return a plan in a file.

    Raises:
        ParseError: it is none.
    """
    ((where, data),) = read_lines(path)
    return parse(DecryptionPlan, data, where)


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    visible = [
        file
        for file in sorted(path.rglob("*"))
        if not any(part.startswith(".") for part in file.relative_to(path).parts)
        and (file.is_symlink() or not file.is_dir())
    ]
    if not visible:
        raise CheckError(f"{path}: there are no files in this directory")
    yield from visible
