"""The witness protocol (C2SP tlog-witness, add-checkpoint): what a log sends, what a witness does, what it answers.

A witness cosigns a checkpoint if it is consistent with the last one that it cosigned of the same log.
``add_checkpoint`` has its rules, without a server; what the witness remembers is handed in as a ``State``, which keeps
the new checkpoint durably before the cosignature leaves, and only if nothing has changed meanwhile: so no other request
can turn it back.

The log's side is ``Request.encode`` and ``parse_answer``.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from e2evote.board import checkpoint as checkpoints
from e2evote.board import cosignature
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.lines import parse_decimal, parse_hash, to_base64
from e2evote.board.merkle import EMPTY_ROOT, verify_consistency
from e2evote.board.notes import MAX_NOTE, MAX_SIGNATURES, Note, Signature, Signatures, SigningKey, VerifierKey
from e2evote.errors import CheckError, ParseError, VerificationError

PATH = "add-checkpoint"
"""Below the witness's submission prefix; POST."""
TEXT = "text/plain; charset=utf-8"
SIZE_TYPE = "text/x.tlog.size"
"""The content type of a latest size."""
MAX_HASHES = 63
"""Lines of a consistency proof."""
MAX_REQUEST = MAX_NOTE + 4096
MAX_ANSWER = MAX_NOTE

_CONFLICT = 409


@dataclass(frozen=True, slots=True)
class Latest:
    """What a witness remembers of a log: the last checkpoint that it cosigned, and the note, with its cosignature."""

    size: int
    root: bytes
    note: bytes


class State(Protocol):
    """What a witness remembers, by the logs' origins."""

    def latest(self, origin: str) -> Latest | None:
        """Return what was last kept for the log, None if nothing ever was."""

    def replace(self, origin: str, old: Latest | None, new: Latest) -> bool:
        """Keep ``new`` if ``old`` is still what is kept, and tell whether it was.

        Both in one step. When this returns True, a crash does not lose ``new``.
        """


Clock = Callable[[], int]
"""Gives the time, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """The body of add-checkpoint: a log's new checkpoint, and a consistency proof from an old size.

    Raises:
        ParseError: the note's text is no checkpoint, or the proof has more than 63 hashes.
    """

    old_size: int
    proof: tuple[bytes, ...]
    note: Note

    def __post_init__(self) -> None:
        Checkpoint.parse(self.note.text)
        if len(self.proof) > MAX_HASHES:
            raise ParseError("request", f"more than {MAX_HASHES} hashes")

    @classmethod
    def parse(cls, data: bytes) -> "Request":
        """Read a body; nothing in it is verified yet.

        Raises:
            ParseError: another form.
        """
        where = "request"
        if len(data) > MAX_REQUEST:
            raise ParseError(where, f"more than {MAX_REQUEST} bytes")
        head, divider, note = data.partition(b"\n\n")
        if not divider or not head.isascii():
            raise ParseError(where, "expected ASCII lines, an empty line and a checkpoint")
        first, *lines = head.decode().split("\n")
        if not first.startswith("old "):
            raise ParseError(where, "expected the old size in the first line")
        if len(lines) > MAX_HASHES:
            raise ParseError(where, f"more than {MAX_HASHES} hashes")
        size = parse_decimal(first.removeprefix("old "), where, "old size")
        return cls(size, tuple(parse_hash(line, where, "hash") for line in lines), Note.parse(note))

    def encode(self) -> bytes:
        """Return the body."""
        head = "".join(f"{line}\n" for line in (f"old {self.old_size}", *map(to_base64, self.proof)))
        return head.encode() + b"\n" + self.note.encode()


# ------------------------------------------------------------------------------------------------------ the witness


def add_checkpoint(body: bytes, logs: Collection[VerifierKey], key: SigningKey, state: State, clock: Clock) -> Answer:
    """Answer a request as a witness that knows the logs with these keys, whose names are their origins.

    * 200 with the cosignature's line; the state has the checkpoint
    * 400 not in the form of a request, or its old size is larger than the checkpoint's
    * 403 no known key of the log has signed, or a signature by one does not hold
    * 404 the log is unknown
    * 409 with the latest size: the old size is another
    * 422 the checkpoint is not shown to be consistent with the latest

    The answer's body never repeats what was sent. Errors of the state, such as a full disk, are passed on; then nothing
    has been cosigned.

    Raises:
        CheckError: the witness's key is not for cosignatures, or the clock is out of range.
    """
    try:
        request = Request.parse(body)
        checkpoint = Checkpoint.parse(request.note.text)
    except ParseError as error:
        return _refusal(400, str(error))
    keys = [log for log in logs if log.name == checkpoint.origin]
    if not keys:
        return _refusal(404, "this log is not known here")
    try:
        checkpoints.verify(request.note, keys)
    except VerificationError:
        return _refusal(403, "no known key of the log has signed this, or a signature by one does not hold")
    if request.old_size > checkpoint.size:
        return _refusal(400, "the old size is larger than the checkpoint's")
    by_log = dict(request.note.signatures_by(keys))  # one for each key; lines by strangers are not kept
    signed = Note(request.note.text, tuple(by_log.values()))
    while True:  # until nobody else has changed the state between reading and replacing it
        latest = state.latest(checkpoint.origin)
        if refused := _inconsistent(request, checkpoint, latest):
            return refused
        line = cosignature.cosign(signed, key, clock())
        new = Latest(checkpoint.size, checkpoint.root, signed.adding(line).encode())
        if state.replace(checkpoint.origin, latest, new):
            return Answer(200, TEXT, f"{line}\n".encode())


def _inconsistent(request: Request, checkpoint: Checkpoint, latest: Latest | None) -> Answer | None:
    """Return the refusal of a checkpoint that is not shown to follow the latest."""
    size = latest.size if latest else 0
    if request.old_size != size:
        return Answer(_CONFLICT, SIZE_TYPE, f"{size}\n".encode())
    try:
        verify_consistency(size, latest.root if latest else EMPTY_ROOT, checkpoint.size, checkpoint.root, request.proof)
    except VerificationError as error:
        return _refusal(422, str(error))
    return None


def _refusal(status: int, problem: str) -> Answer:
    return Answer(status, TEXT, f"{problem}\n".encode())


# ---------------------------------------------------------------------------------------------------------- the log


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The witness has cosigned: its cosignatures that hold, at least one, to be added to the checkpoint's note."""

    signatures: Signatures


@dataclass(frozen=True, slots=True)
class Conflict:
    """The last checkpoint that the witness cosigned has this size, from which it wants the proof."""

    size: int


def parse_answer(answer: Answer, note: Note, witnesses: Collection[VerifierKey]) -> Cosigned | Conflict:
    """Return what a witness answered to the request for this note.

    Cosignatures by keys that are not among ``witnesses`` are ignored.

    Raises:
        ParseError: the answer is not in the form of one.
        VerificationError: a cosignature by a known key does not hold, or there is none.
        CheckError: the witness refuses.
    """
    if len(answer.body) > MAX_ANSWER:
        raise ParseError("answer", f"more than {MAX_ANSWER} bytes")
    if answer.status == 200:
        return Cosigned(_verified(_signature_lines(answer.body), note, witnesses))
    if answer.status == _CONFLICT and answer.content_type == SIZE_TYPE:
        return Conflict(_size_line(answer.body))
    raise CheckError(f"the witness refuses with status {answer.status}: {_shown(answer.body)}")


def _verified(lines: Signatures, note: Note, witnesses: Collection[VerifierKey]) -> Signatures:
    cosigned = Note(note.text, lines)
    if not cosignature.verify(cosigned, witnesses):
        raise VerificationError("answer: no cosignature by a known witness")
    return tuple(dict.fromkeys(signature for _, signature in cosigned.signatures_by(witnesses)))


def _signature_lines(body: bytes) -> Signatures:
    lines = _text(body).split("\n")
    if len(lines) < 2 or lines.pop() or len(lines) > MAX_SIGNATURES:
        raise ParseError("answer", f"expected from 1 to {MAX_SIGNATURES} signature lines")
    return tuple(Signature.parse(line, "answer") for line in lines)


def _size_line(body: bytes) -> int:
    text = _text(body)
    if not text.endswith("\n"):
        raise ParseError("answer", "expected a size and a newline")
    return parse_decimal(text[:-1], "answer", "size")


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParseError("answer", f"not UTF-8 at byte {error.start}") from None


def _shown(body: bytes) -> str:
    """Return the beginning of what a stranger wrote, harmless to print."""
    return "".join(c if c.isprintable() else "·" for c in body[:200].decode("utf-8", "replace").strip())
