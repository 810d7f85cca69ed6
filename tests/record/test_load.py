"""From the files of a record to the election: what can be recomputed must agree."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from e2evote.errors import CheckError, E2EVoteError
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.record.load import load_election, load_parameters
from tests.builders import TOY, BuiltRecord

ALLOWED = frozenset({TOY})


def test_an_insecure_set_is_asked_for_by_name(built: BuiltRecord) -> None:
    record = Record.at(built.path)
    assert load_parameters(record, ALLOWED) == (built.election.group, 3, 2)
    for allowed in (frozenset(), frozenset({"toy-32-128", "reduced-3072"})):
        with pytest.raises(CheckError, match="toy-64-256 proves nothing; it is accepted only if asked for by name"):
            load_parameters(record, allowed)


def flip(field: str) -> Callable[[bytes], bytes]:
    """Return an edit that changes the last digit of a field's hex."""

    def edit(data: bytes) -> bytes:
        start = data.index(b'"%s":"' % field.encode()) + len(field) + 4
        end = data.index(b'"', start) - 1
        return data[:end] + (b"0" if data[end : end + 1] != b"0" else b"1") + data[end + 1 :]

    return edit


@pytest.mark.parametrize(
    ("name", "edit", "message"),
    [
        (layout.PARAMETERS, flip("p"), "p is the prime of no known parameter set"),
        (layout.PARAMETERS, flip("q"), "differ from the set toy-64-256"),
        (layout.PARAMETERS, flip("r"), "differ from the set toy-64-256"),
        (layout.PARAMETERS, flip("g"), "differ from the set toy-64-256"),
        (layout.PARAMETERS, lambda d: d.replace(b"v2.1.0", b"v2.0.0"), "differ from the set toy-64-256"),
        (layout.PARAMETERS, lambda d: d.replace(b'"q":"', b'"q":"00'), "differ from the set toy-64-256"),
        (layout.PARAMETERS, lambda d: d.replace(b'"k":2', b'"k":0'), "a quorum of 0 of 3 guardians is impossible"),
        (layout.PARAMETERS, lambda d: d.replace(b'"k":2', b'"k":4'), "a quorum of 4 of 3 guardians is impossible"),
        (layout.PARAMETERS, lambda d: d.replace(b'"k":2', b'"k":3'), "hashes.json: H_P or H_B"),
        (layout.HASHES, flip("h_p"), "hashes.json: H_P or H_B"),
        (layout.HASHES, flip("h_b"), "hashes.json: H_P or H_B"),
        (layout.MANIFEST, lambda d: d + b"\n", "hashes.json: H_P or H_B"),
        (layout.MANIFEST, lambda d: d.replace(b'"member"', b'""'), "manifest: ballot style: label ''"),
        (layout.EXTENDED_HASHES, flip("h_e"), "hashes_ext.json: H_E"),
        (layout.JOINT_KEYS, flip("vote_encryption_key"), "hashes_ext.json: H_E"),
        (layout.JOINT_KEYS, flip("data_encryption_key"), "hashes_ext.json: H_E"),
    ],
)
def test_what_does_not_agree(
    built: BuiltRecord, tmp_path: Path, name: str, edit: Callable[[bytes], bytes], message: str
) -> None:
    """Spec: EG-2.1 §3.1.2, eq. 4; §3.1.4, eq. 5; §3.2.3, eq. 30"""
    root = Path(shutil.copytree(built.path, tmp_path / "copy"))
    data = (root / name).read_bytes()
    assert edit(data) != data
    (root / name).write_bytes(edit(data))
    with pytest.raises(E2EVoteError) as caught:
        load_election(Record.at(root), ALLOWED)
    assert message in str(caught.value)
