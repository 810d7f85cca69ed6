"""Records that break their form (docs/formats/record.md): whoever reads them may refuse to; nobody may accept them."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2evote.record import layout
from tests.builders import BuiltRecord, reindex
from tests.forger import Forger
from tests.mutations.registry import drop, put

Change = Callable[[bytes], bytes]
BALLOTS = layout.ballots_path(1, 1)


@dataclass(frozen=True, slots=True)
class Damage:
    """One change of the bytes of one file; None deletes it."""

    name: str
    text: str
    file: str
    change: Change | None

    def writer(self, built: BuiltRecord) -> Callable[[Path], None]:
        """Return a function that writes the damaged record into a new directory, with an index that fits."""

        def write(root: Path) -> None:
            root.mkdir(parents=True)
            Forger.of(root, built).write()
            if self.file == layout.INDEX:
                reindex(root)
            path = root / self.file
            if self.change is None:
                path.unlink()
            else:
                path.write_bytes(self.change(path.read_bytes()))
            if self.file != layout.INDEX:
                reindex(root)

        return write


def _json(change: Callable[[Any], object]) -> Change:
    """Change the first object of a file."""

    def changed(data: bytes) -> bytes:
        first, _, rest = data.partition(b"\n")
        value = json.loads(first)
        change(value)
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" + rest

    return changed


def _lower(text: str) -> str:
    return re.sub("[A-F]", lambda match: match[0].lower(), text, count=1)


FIRST = ("contests", 0, "options", 0)
DAMAGES: tuple[Damage, ...] = (
    Damage(
        "key-twice",
        "A ballot has its weight twice, 5 and 1: readers that keep the first and those that keep the last differ.",
        BALLOTS,
        lambda data: data.replace(b'"weight":', b'"weight":5,"weight":', 1),
    ),
    Damage(
        "null",
        "A contest without supplemental fields says so with null instead of leaving the field out.",
        BALLOTS,
        lambda data: data.replace(b'},"contest_data":', b'},"relations":null,"contest_data":', 1),
    ),
    Damage("unknown-field", "A ballot has a field that the format has not.", BALLOTS,
           lambda data: data.replace(b"{", b'{"colour":1,', 1)),
    Damage("blank", "A blank stands between a key and its value.", layout.EXTENDED_HASHES,
           lambda data: data.replace(b":", b": ", 1)),
    Damage("element-too-short", "An α is written two digits shorter, without its first byte.", BALLOTS,
           _json(put(*FIRST, "ciphertext", "alpha", value=lambda text: text[2:]))),
    Damage("lower-case", "A challenge has a digit in lower case.", BALLOTS,
           _json(put(*FIRST, "proof", "challenges", 0, value=_lower))),
    Damage("number-as-text", "The weight of a ballot is a string.", BALLOTS, _json(put("weight", value=str))),
    Damage("number-with-exponent", "A ballot's position is written as 1e0.", BALLOTS,
           lambda data: data.replace(b'"position":1,', b'"position":1e0,', 1)),
    Damage("weight-negative", "A ballot of weight −1.", BALLOTS, _json(put("weight", value=-1))),
    Damage("byte-order-mark", "A file begins with a byte order mark.", layout.HASHES,
           lambda data: b"\xef\xbb\xbf" + data),
    Damage("not-utf-8", "A guardian's name is not UTF-8.", layout.guardian_path(1),
           lambda data: data.replace(b'"name":"', b'"name":"\xff', 1)),
    Damage("no-line-end", "The last line of the ballots does not end.", BALLOTS, lambda data: data.removesuffix(b"\n")),
    Damage("time-that-does-not-exist", "A ballot was encrypted on 30 February.", BALLOTS,
           _json(put("encrypted_at", value="2026-02-30T09:00:00Z"))),
    Damage("status-unknown", "A ballot is neither cast nor challenged nor spoiled.", layout.statuses_path(1),
           _json(put("status", value="counted"))),
    Damage("tally-without-proof", "A total is published without its proof (a known mistake).", layout.TALLIES,
           _json(drop(*FIRST, "proof"))),
    Damage("ballot-nonce-missing", "A ballot lacks the encrypted ballot nonce (a known mistake).", BALLOTS,
           _json(drop("ballot_nonce"))),
    Damage("tallies-missing", "The file of decrypted tallies is not there.", layout.TALLIES, None),
    Damage("version-of-the-format", "The index says that the record is of version 2 of the format.", layout.INDEX,
           _json(put("version", value=2))),
)  # fmt: skip
"""Damaged in one place each, of the files of an election that is valid otherwise."""
