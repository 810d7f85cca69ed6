"""The files of a set: vectors/records/<set>.tar.xz with all records, and <set>.json with what is expected of them.

In the archive, <set>/<name>/record is a record and <set>/<name>/expect.json what is expected of it. Everything is a
function of the code: dates, owners and order in the archive are fixed. Compression may differ between versions of
liblzma, so what is compared are the bytes inside.
"""

import hashlib
import io
import json
import lzma
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from e2evote.record.codec import dump
from tests.conformance.cases import Case, cases_of
from tests.conformance.expectation import Expectation

FOLDER = Path(__file__).resolve().parents[2] / "vectors" / "records"
SETS = ("toy-64-256", "standard-4096")

Files = dict[str, bytes]
"""The files of one case by path, below the folder of its set."""


def digest(record: Path) -> bytes:
    """Return the SHA-256 over what ``sha256sum`` prints for the files of a record, sorted by path."""
    paths = sorted(path.relative_to(record).as_posix() for path in record.rglob("*") if path.is_file())
    lines = (f"{hashlib.sha256((record / path).read_bytes()).hexdigest()}  {path}\n" for path in paths)
    return hashlib.sha256("".join(lines).encode()).digest()


def made(case: Case, folder: Path) -> Expectation:
    """Write the case into a new folder and return what is expected of it."""
    case.write(folder / "record")
    expected = case.expectation(folder / "record", digest(folder / "record"))
    (folder / "expect.json").write_bytes(dump(expected) + b"\n")
    return expected


def made_all(cases: Iterable[Case]) -> Iterator[tuple[Expectation, Files]]:
    """Make the cases one after the other, and keep none on the disk."""
    for case in cases:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            expected = made(case, root)
            paths = sorted(path for path in root.rglob("*") if path.is_file())
            yield expected, {f"{case.name}/{path.relative_to(root).as_posix()}": path.read_bytes() for path in paths}


def packed(name: str) -> tuple[bytes, list[Expectation]]:
    """Make the set anew; return it as an uncompressed archive, and what is expected."""
    data, expectations = io.BytesIO(), []
    with tarfile.open(fileobj=data, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for expected, files in made_all(cases_of(name)):
            expectations.append(expected)
            for path, content in files.items():
                entry = tarfile.TarInfo(f"{name}/{path}")
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return data.getvalue(), expectations


def listing(name: str, archive: bytes, expectations: Iterable[Expectation]) -> str:
    """Return <set>.json: one line a record, and the hash of the uncompressed archive."""
    head = {"set": name, "archive": f"{name}.tar.xz", "tar_sha256": hashlib.sha256(archive).hexdigest().upper()}
    lines = ",\n".join(f"  {dump(expected).decode()}" for expected in expectations)
    return f'{json.dumps(head, indent=1)[:-2]},\n "records": [\n{lines}\n ]\n}}\n'


def write(name: str) -> None:
    """Write both files of a set; an archive that holds the same already stays as it is."""
    data, expectations = packed(name)
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.tar.xz"
    if not path.is_file() or lzma.decompress(path.read_bytes()) != data:
        path.write_bytes(lzma.compress(data, preset=9))
    (FOLDER / f"{name}.json").write_text(listing(name, data, expectations), encoding="utf-8")


def stored(name: str) -> list[Expectation]:
    """Return what <set>.json expects."""
    records = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["records"]
    return [Expectation.model_validate_json(json.dumps(record)) for record in records]
