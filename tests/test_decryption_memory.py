"""A guardian answers about one set of ballots of an election."""

import dataclasses
import json
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from e2evote.approval import (
    ApprovedRecord,
    DecryptionMemory,
    pinned_digest,
)
from e2evote.errors import CheckError, ParseError
from e2evote.record.codec import dump, parse
from e2evote.record.layout import Record
from tests.approvals import approved_of, decrypted, made
from tests.builders import BuiltRecord, reindex
from tests.forger import Forger


def without_one(built: BuiltRecord, root: Path, status: str = "spoiled") -> ApprovedRecord:
    """Return the same election, in which one cast ballot became another status."""
    forger = Forger.of(root, built)
    forger.pick("cast").status = status
    forger.write(tallies=[])
    reindex(root)
    return approved_of(root)


def test_a_second_decryption_over_another_set(even: BuiltRecord, approved: ApprovedRecord, tmp_path: Path) -> None:
    """The two tallies would differ by one vote. Both records are valid."""
    memory = DecryptionMemory().remembering(approved)
    other = without_one(even, tmp_path / "other")
    assert other.tally_statements() != approved.tally_statements()
    with pytest.raises(CheckError, match="other ballots of this election were decrypted before"):
        memory.check(other)
    with pytest.raises(CheckError, match="other ballots of this election"):
        memory.remembering(other)


def test_the_same_set_again(even: BuiltRecord, approved: ApprovedRecord, tmp_path: Path) -> None:
    """Whatever else the record has by now, such as tallies."""
    DecryptionMemory().check(approved)
    memory = DecryptionMemory().remembering(approved)
    memory.check(approved)
    built = dataclasses.replace(even, path=tmp_path / "record")
    shutil.copytree(even.path, built.path)
    decrypted(built, approved_of(built.path))
    later = approved_of(built.path)
    assert later.fingerprint != approved.fingerprint
    assert later.pinned == approved.pinned
    assert memory.remembering(later) == memory


def test_a_memory_is_stored(approved: ApprovedRecord) -> None:
    memory = DecryptionMemory().remembering(approved)
    data = dump(memory)
    assert data.startswith(b'{"format":"e2evote-decryption-memory","version":1,"answered":[{"h_e":"')
    assert parse(DecryptionMemory, data, "memory.json") == memory
    with pytest.raises(ParseError, match="version"):
        parse(DecryptionMemory, data.replace(b'"version":1', b'"version":2'), "memory.json")


def test_a_memory_of_several_elections(approved: ApprovedRecord, tmp_path: Path) -> None:
    other = made(tmp_path / "r", (1, 1), (1, 1), label="Another")
    memory = DecryptionMemory().remembering(approved).remembering(approved_of(other.path))
    assert len({entry.h_e for entry in memory.answered}) == 2
    memory.check(approved)


def test_what_is_pinned(even: BuiltRecord, tmp_path: Path) -> None:
    """As docs/formats/record.md has it, computed by hand."""
    entries = json.loads((even.path / "index.json").read_bytes())["files"]
    chosen = [e for e in entries if "/ballots-" in e["path"] or e["path"].endswith("/statuses.ndjson")]
    assert len(chosen) == 6
    lines = (json.dumps(entry, separators=(",", ":")) + "\n" for entry in chosen)
    assert pinned_digest(Record.at(even.path)) == sha256("".join(lines).encode()).digest()
