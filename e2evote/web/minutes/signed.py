r"""A PDF with what was appended to it: its statement, then officials' signatures, each over all bytes before it.

What is appended are comments of the PDF, each followed by the end that a PDF must have, so every reader opens the file:

    %e2evote-statement <Base64 of the statement's canonical JSON>
    %e2evote-signature <index of the official> <time> <Base64 of 64 bytes>

An official signs ``"e2evote minutes v1\n" ‖ index, 4 bytes ‖ time ‖ SHA-256(all bytes before the comment)``.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from e2evote.ed25519 import verify_signature
from e2evote.election.minutes import Statement
from e2evote.election.officials import official_of
from e2evote.errors import CheckError, ParseError
from e2evote.record.codec import dump, parse
from e2evote.record.manifest import Manifest
from e2evote.record.rules import Official

LARGEST = 64 * 2**20
"""Bytes of the largest PDF that is read."""
_END = rb"startxref\n([0-9]{1,10})\n%%EOF\n?"
_MARK = b"\n%e2evote-statement "
_STATEMENT = re.compile(rb"([A-Za-z0-9+/=]+)\nstartxref\n([0-9]{1,10})\n%%EOF\n")
_SIGNATURE = re.compile(
    rb"%e2evote-signature ([1-9][0-9]{0,9}) ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z) "
    rb"([A-Za-z0-9+/]{86}==)\nstartxref\n([0-9]{1,10})\n%%EOF\n"
)


@dataclass(frozen=True, slots=True)
class Signature:
    """An official's signature over the first ``before`` bytes of a file."""

    official: int
    time: str
    value: bytes
    before: int


@dataclass(frozen=True, slots=True)
class Minutes:
    """A file taken apart: what was drawn, what it states, who signed."""

    drawn: bytes
    statement: Statement
    signatures: tuple[Signature, ...]
    data: bytes


def with_statement(drawn: bytes, statement: Statement) -> bytes:
    """Return a drawn PDF with its statement."""
    return drawn + _MARK + base64.b64encode(dump(statement)) + b"\n" + _end(drawn)


def sign(data: bytes, manifest: Manifest, key: Ed25519PrivateKey, now: datetime) -> bytes:
    """Return the minutes with one more signature.

    Raises:
        ParseError: the file is no minutes.
        CheckError: the key is no official's, or the official has signed.
    """
    found = take_apart(data)
    index, official = official_of(manifest, key)
    if any(signature.official == index for signature in found.signatures):
        raise CheckError(f"{official.label} has signed these minutes")
    time = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    value = base64.b64encode(key.sign(_message(data, index, time))).decode()
    return data + f"%e2evote-signature {index} {time} {value}\n".encode() + _end(found.drawn)


def take_apart(data: bytes, where: str = "minutes") -> Minutes:
    """Return the parts of a file, none of which is believed.

    Raises:
        ParseError: it is no minutes, or something else was added.
    """
    drawn, mark, rest = data.partition(_MARK)
    match = _STATEMENT.match(rest) if mark and len(data) <= LARGEST else None
    if match is None:
        raise ParseError(where, "not minutes that this program wrote: there is no statement behind the PDF")
    statement = parse(Statement, _base64(match[1], where), where)
    end, signatures = _end(drawn, where), list[Signature]()
    if not match[0].endswith(b"\n" + end):
        raise ParseError(where, "the end behind the statement is not that of the PDF")
    at = match.end()
    while at < len(rest):
        found = _SIGNATURE.match(rest, at)
        if found is None or not found[0].endswith(b"\n" + end):
            raise ParseError(where, "something else than officials' signatures follows the statement")
        before = len(drawn) + len(mark) + at
        signatures.append(Signature(int(found[1]), found[2].decode(), _base64(found[3], where), before))
        at = found.end()
    if len({each.official for each in signatures}) != len(signatures):
        raise ParseError(where, "an official signed twice")
    return Minutes(drawn, statement, tuple(signatures), data)


def verify_signatures(minutes: Minutes, manifest: Manifest) -> Sequence[tuple[Official, str]]:
    """Accept the signatures, and return who signed when.

    Raises:
        CheckError: the manifest has no such official.
        VerificationError: a signature does not hold.
    """
    officials, signed = manifest.officials or (), list[tuple[Official, str]]()
    for each in minutes.signatures:
        if each.official > len(officials):
            raise CheckError(f"signature: the manifest names no official {each.official}")
        official = officials[each.official - 1]
        message = _message(minutes.data[: each.before], each.official, each.time)
        verify_signature(official.key, each.value, message, f"signature of {official.label}")
        signed.append((official, each.time))
    return signed


def _message(before: bytes, index: int, time: str) -> bytes:
    return b"e2evote minutes v1\n" + index.to_bytes(4, "big") + time.encode() + hashlib.sha256(before).digest()


def _end(drawn: bytes, where: str = "minutes") -> bytes:
    found = re.search(_END + rb"\Z", drawn)
    if found is None:
        raise ParseError(where, "the PDF does not end as one does")
    return b"startxref\n" + found[1] + b"\n%%EOF\n"


def _base64(text: bytes, where: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ParseError(where, "not Base64") from None
    if base64.b64encode(data) != text:
        raise ParseError(where, "not in canonical Base64")
    return data
