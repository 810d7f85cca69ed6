"""From items to files, JSON lines or protobuf, in the layout that ``reading`` reads; and from values to bytes."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from google.protobuf import json_format

from e2evote.elgamal import Ciphertext
from e2evote.errors import CheckError
from e2evote.hashed_elgamal import HashedCiphertext
from e2evote.interop.egrf.reading import FILES, FOLDERS, FRAME, Items, Section, canonical, check_item
from e2evote.interop.egrf.schema import SegmentHeader
from e2evote.zkp.equality import EqualityProof
from e2evote.zkp.range import RangeProof
from e2evote.zkp.schnorr import AggregatedSchnorrProof

Encoding = Literal["json", "protobuf"]
SEGMENT = 500
"""Items of a segment of a device."""

_EXTENSIONS = {"json": "jsonl", "protobuf": "binpb"}


def write(items: Items, out: Path, encoding: Encoding) -> None:
    """Write all sections into a new folder, whole or not at all.

    Raises:
        CheckError: the folder exists, or an item is larger than the format allows.
    """
    if out.exists():
        raise CheckError(f"{out} exists already")
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.absolute().parent))
    try:
        for section, found in items.sections.items():
            _write_section(folder, section, found, encoding)
        folder.chmod(0o755)
        folder.rename(out)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _write_section(folder: Path, section: Section, items: list[Any], encoding: Encoding) -> None:
    stem, size = _stem(section), SEGMENT if section[0] == 257 else max(len(items), 1)
    for number, first in enumerate(range(0, max(len(items), 1), size)):
        header = SegmentHeader(
            magic="EGRF", format_major=2, section_type=section[0], key=section[1], first_ordinal=first
        )
        path = folder / f"{stem.format(number)}.{_EXTENSIONS[encoding]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for message in (header, *items[first : first + size]):
                check_item(message, path.name)
                frame = canonical(message)
                if len(frame) > FRAME:
                    raise CheckError(f"{path.name}: an item of {len(frame)} bytes; EGRF allows {FRAME}")
                file.write(_line(message) if encoding == "json" else _varint(len(frame)) + frame)
            file.flush()
            os.fsync(file.fileno())


def _stem(section: Section) -> str:
    kind, key = section
    if kind == 257:
        return f"devices/{'regular' if key[0] == 1 else 'pre-encrypting'}-{key[1:].hex()}/{{:08}}"
    single = {number: name for name, number in FILES.items()}
    return single[kind] if kind in single else {n: f"{name}/{{:08}}" for name, n in FOLDERS.items()}[kind]


def _line(message: Any) -> bytes:  # noqa: ANN401  (protobuf's own)
    return json.dumps(json_format.MessageToDict(message), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _varint(number: int) -> bytes:
    digits = bytearray()
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    return bytes([*digits, number])


def joined(values: Iterable[Any]) -> bytes:
    """Return values of fixed width behind one another."""
    return b"".join(map(bytes, values))


def guardian_proof(proof: AggregatedSchnorrProof) -> bytes:
    """Return c ‖ v_0 ‖ … ‖ v_k."""
    return joined((proof.challenge, *proof.responses))


def range_proof(proof: RangeProof) -> bytes:
    """Return c_0 ‖ v_0 ‖ c_1 ‖ v_1, and so on."""
    return b"".join(bytes(c) + bytes(v) for c, v in zip(proof.challenges, proof.responses, strict=True))


def equality_proof(proof: EqualityProof) -> bytes:
    """Return c ‖ v."""
    return bytes(proof.challenge) + bytes(proof.response)


def vector(pairs: Iterable[Ciphertext]) -> bytes:
    """Return α ‖ β of each ciphertext."""
    return b"".join(bytes(pair.alpha) + bytes(pair.beta) for pair in pairs)


def hashed(box: HashedCiphertext) -> dict[str, bytes]:
    """Return C_0, C_1, C_2."""
    return {"c0": bytes(box.c_0), "c1": box.c_1, "c2": bytes(box.c_2)}
