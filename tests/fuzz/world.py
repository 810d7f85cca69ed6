"""What the targets judge against: a toy ceremony and a toy decryption, and how messages and checksums are put right.

Signatures and checksums keep a fuzzer out that does not know the keys, and a hostile guardian or author knows his own.
So the targets put both right before they hand bytes on; what is mutated is what such a person may choose.
"""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import IO, Any

from e2evote.board import checkpoint, cosignature
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.merkle import Frontier, leaf_hash
from e2evote.encoding import canonical_json, hex_of
from e2evote.errors import E2EVoteError, ParseError
from e2evote.group.parameters import INSECURE_NAMES
from e2evote.hashing import extended_base_hash
from e2evote.messages.envelope import parse_envelope
from e2evote.messages.evidence import Case, CeremonyCase, DecryptionCase
from e2evote.record import layout
from e2evote.record.codec import dump
from e2evote.record.layout import Index, IndexEntry, Record
from e2evote.record.load import accepted_group, load_checkpoint
from e2evote.record.setup import ExtendedHashes, Hashes, JointKeys, Parameters
from tests.board_forger import LOG, ORIGIN, WITNESSES
from tests.messages.conftest import Decrypted, decrypt_by_mail
from tests.messages.guardians import Held, hold_by_mail

MESSAGE = "e2evote-guardian-message"


@cache
def held() -> Held:
    """Return a ceremony of three guardians."""
    return hold_by_mail()


@cache
def decrypted() -> Decrypted:
    """Return a decryption by two of them."""
    return decrypt_by_mail(held())


def case_of(context: bytes) -> Case:
    """Return the decryption if the context is its, else the ceremony."""
    found = decrypted()
    if context == found.exchange.context:
        return DecryptionCase(found.exchange, found.election, found.record.guardians, found.statements)
    return CeremonyCase(held().exchange, held().machines[1].ceremony)


def resigned(data: bytes) -> bytes:
    """Return a message, and every message in it, with the signature of the guardian that it names as its sender."""
    try:
        return _signed(data.decode()).encode()
    except (ValueError, TypeError, RecursionError, ParseError):
        return data


def _signed(text: str) -> str:
    tree = _map_texts(json.loads(text), _signed_within)
    data = canonical_json(tree)
    machine = held().machines.get(tree.get("sender")) if isinstance(tree, dict) else None
    if machine is None:
        return data.decode()
    envelope = parse_envelope(data, "message")
    return dump(envelope.model_copy(update={"signature": machine.key.sign(envelope.signed_bytes())})).decode()


def _signed_within(text: str) -> str:
    """Sign evidence, and what lies in a payload; every other text, and what is no message, stays as it is."""
    if MESSAGE not in text:
        return text
    try:
        tree = json.loads(text)
        is_message = isinstance(tree, dict) and tree.get("format") == MESSAGE
        return _signed(text) if is_message else canonical_json(_map_texts(tree, _signed_within)).decode()
    except (ValueError, TypeError, RecursionError, ParseError):
        return text


def _map_texts(value: Any, change: Any) -> Any:
    match value:
        case str():
            return change(value)
        case list():
            return [_map_texts(part, change) for part in value]
        case dict():
            return {key: _map_texts(part, change) for key, part in value.items()}
    return value


@dataclass(frozen=True)
class InMemory:
    """The files of a record as bytes by name."""

    contents: Mapping[str, bytes]

    def names(self) -> list[str]:
        return sorted(self.contents)

    def open(self, name: str) -> IO[bytes]:
        return io.BytesIO(self.contents[name])


def unbundled(data: bytes) -> dict[str, bytes]:
    """Return files by name: a line that begins with '@' is a name, the lines after it are the file."""
    files: dict[str, bytes] = {}
    for part in (b"\n" + data).split(b"\n@")[1:]:
        name, _, content = part.partition(b"\n")
        files[name.decode(errors="surrogateescape")] = content + b"\n"
    return files


def bundled(files: Mapping[str, bytes]) -> bytes:
    """Return the one file that ``unbundled`` takes apart; every file in it ends with a line end."""
    return b"".join(b"@" + name.encode() + b"\n" + content for name, content in files.items())[:-1]


def rehashed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of a record with the hashes that go with parameters, manifest and joint keys."""
    record = Record(InMemory(files))
    try:
        found = record.object(Parameters, layout.PARAMETERS)
        group = accepted_group(found, INSECURE_NAMES, layout.PARAMETERS)
        keys = record.object(JointKeys, layout.JOINT_KEYS, group)
        hashes = Hashes.of(group, found.n, found.k, record.read(layout.MANIFEST))
    except E2EVoteError:
        return dict(files)
    extended = extended_base_hash(hashes.h_b, keys.vote_encryption_key, keys.data_encryption_key)
    right = {layout.HASHES: hashes, layout.EXTENDED_HASHES: ExtendedHashes(h_e=extended)}
    return dict(files) | {name: dump(value) + b"\n" for name, value in right.items() if name in files}


def witnessed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of a record with a board's checkpoint that goes with its entries, if there are both."""
    try:
        _, stated = load_checkpoint(Record(InMemory(files)))
        lines = files[layout.BOARD_ENTRIES].split(b"\n")[:-1]
    except (E2EVoteError, KeyError):
        return dict(files)
    tree = Frontier()
    for line in lines:
        tree.append(leaf_hash(line))
    note = checkpoint.sign(Checkpoint(ORIGIN, max(stated.size, tree.size), tree.root()), LOG)
    cosigned = note.adding(*(cosignature.cosign(note, key, 1) for key in WITNESSES.values()))
    return dict(files) | {layout.BOARD_CHECKPOINT: cosigned.encode()}


def indexed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files with the index that goes with them, unless one is there."""
    entries = [
        IndexEntry(path=name, size=len(files[name]), sha256=hashlib.sha256(files[name]).digest())
        for name in sorted(files)
        if name.isascii()
    ]
    index = Index(format=layout.FORMAT, version=layout.FORMAT_VERSION, files=tuple(entries))
    return {layout.INDEX: dump(index) + b"\n"} | dict(files)


def with_end(data: bytes) -> bytes:
    """Return the lines of a verification's state with the last line, their SHA-256, put right."""
    lines = [line for line in data.splitlines(keepends=True) if not line.startswith(b'{"sha256":')]
    content = b"".join(lines)
    return content + b'{"sha256":"' + hex_of(hashlib.sha256(content).digest()).encode() + b'"}\n'
