"""The two published records of EGRF v2, and changed copies of them; protobuf is made here from the JSON lines."""

import base64
import shutil
from pathlib import Path

import pytest

from e2evote.engine import workers
from e2evote.interop.egrf.family import EgrfFamily
from e2evote.interop.egrf.reading import _messages, canonical
from e2evote.interop.foreign import Foreign
from e2evote.verifier.report import Report


def verified(folder: Path, rebuild: bool = True) -> Report:
    return EgrfFamily(rebuild).verify(Foreign.at(folder), workers(1), None)


@pytest.fixture(params=["regular-chained", "pre-encrypted"])
def folder(interop: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    source = interop / "electionguard-2.1-egrf" / request.param / "json"
    if not source.is_dir():
        pytest.skip(f"{source} is missing")
    return Path(shutil.copytree(source, tmp_path / "record", copy_function=shutil.copyfile))


def test_valid_with_the_setup_rebuilt(folder: Path) -> None:
    assert verified(folder).valid


def test_missing_files_are_named_and_nothing_else_fails(folder: Path) -> None:
    failed = [check for check in verified(folder, rebuild=False).checks if check.status == "failed"]
    assert [check.id for check in failed] == ["R.structure"]
    assert {str(f) for f in failed[0].findings} == {f"setup/{x}.jsonl is missing" for x in ("header", "parameters")}


def test_protobuf_of_the_same_items_verifies(folder: Path) -> None:
    for path in folder.rglob("*.jsonl"):
        frames = [canonical(message) for message in _messages(path.read_bytes(), path.name, "jsonl")]
        path.with_suffix(".binpb").write_bytes(b"".join(varint(len(frame)) + frame for frame in frames))
        path.unlink()
    assert verified(folder).valid


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


@pytest.mark.parametrize(
    ("file", "field", "expected"),
    [
        ("setup/manifest", "hB", "1.F"),
        ("setup/election_keys", "hE", "4.A"),
        ("setup/guardians", "voteProof", "2.D"),
        ("aggregated/encrypted_tally", "fields", "9.A"),
        ("final/decrypted_tally", "proof", "10.B"),
    ],
)
def test_one_changed_value_fails_its_check(folder: Path, file: str, field: str, expected: str) -> None:
    path = folder / f"{file}.jsonl"
    before, mark, rest = path.read_text().partition(f'"{field}":"')
    value, quote, rest = rest.partition('"')
    raw = bytearray(base64.b64decode(value))
    raw[-1] ^= 1
    path.write_text(before + mark + base64.b64encode(raw).decode() + quote + rest)
    failed = {check.id for check in verified(folder).checks if check.status == "failed"}
    assert {expected, "R.root"} <= failed
