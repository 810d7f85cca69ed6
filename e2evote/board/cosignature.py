"""Cosignatures by witnesses (C2SP tlog-cosignature, cosignature/v1 with Ed25519): a checkpoint, seen at a time.

Who cosigns states that, at this time, this was the largest tree that it had seen of the log, and that it was consistent
with all that it had seen before. Times are seconds since 1970 (POSIX), from 1 up to 2^63 − 1.
"""

from collections.abc import Collection

from e2evote.board.checkpoint import Checkpoint
from e2evote.board.lines import NUMBER_LIMIT
from e2evote.board.notes import KeyKind, Note, Signature, SigningKey, VerifierKey
from e2evote.ed25519 import verify_signature
from e2evote.errors import CheckError, VerificationError


def cosign(note: Note, key: SigningKey, time: int) -> Signature:
    """Return the cosignature of a checkpoint's note.

    Raises:
        CheckError: the key is not for cosignatures, or the time out of range.
        ParseError: the note's text is no checkpoint.
    """
    if key.kind is not KeyKind.COSIGNATURE:
        raise CheckError(f"{key.name}: this key is not for cosignatures")
    if not 0 < time < NUMBER_LIMIT:
        raise CheckError(f"a cosignature's time is from 1 to 2^63 − 1, not {time}")
    Checkpoint.parse(note.text)
    # time, 8 bytes ‖ signature, 64 bytes
    return Signature(key.name, key.verifier.id, time.to_bytes(8, "big") + key.key.sign(_message(note.text, time)))


def verify(note: Note, keys: Collection[VerifierKey]) -> dict[VerifierKey, int]:
    """Return which of the witnesses' keys have cosigned the checkpoint, and when: the latest, where one did twice.

    Cosignatures by other keys are ignored; a bad one by a key that is known rejects the whole note.

    Raises:
        ParseError: the note's text is no checkpoint.
        VerificationError: a known key's cosignature does not hold.
        CheckError: a key is not for cosignatures, or two have the same name and identifier.
    """
    if any(key.kind is not KeyKind.COSIGNATURE for key in keys):
        raise CheckError("only a key for cosignatures verifies them")
    Checkpoint.parse(note.text)
    times: dict[VerifierKey, int] = {}
    for key, signature in note.signatures_by(keys):
        times[key] = max(times.get(key, 0), _verified_time(note.text, key, signature))
    return times


def _verified_time(text: str, key: VerifierKey, signature: Signature) -> int:
    who = f"cosignature: {key.name}"
    if len(signature.value) != 72:
        raise VerificationError(f"{who}: it has {len(signature.value)} bytes instead of 72")
    time = int.from_bytes(signature.value[:8], "big")
    if not 0 < time < NUMBER_LIMIT:
        raise VerificationError(f"{who}: its time is out of range")
    verify_signature(key.public, signature.value[8:], _message(text, time), who)
    return time


def _message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
