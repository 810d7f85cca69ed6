"""PNG files of text made smaller: rows without filters, and sixteen steps of each colour, enough for text."""

import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_STEPS = bytes(value // 16 * 17 for value in range(256))


def smaller(picture: bytes) -> bytes:
    """Return a PNG of 8-bit RGB, as Chromium makes it, packed better."""
    chunks = _chunks(picture)
    width, height, kind = *_size(chunks[b"IHDR"]), chunks[b"IHDR"][8:]
    assert kind == bytes((8, 2, 0, 0, 0))
    data, stride = zlib.decompress(chunks[b"IDAT"]), 3 * width + 1
    rows, above = [], bytes(stride - 1)
    for row in range(height):
        above = _unfiltered(data[row * stride], data[row * stride + 1 : (row + 1) * stride], above)
        rows.append(b"\0" + above.translate(_STEPS))
    packed = zlib.compress(b"".join(rows), 9)
    return _SIGNATURE + _chunk(b"IHDR", chunks[b"IHDR"]) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _size(header: bytes) -> tuple[int, int]:
    return int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")


def _chunks(picture: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    at = len(_SIGNATURE)
    while at < len(picture):
        length, kind = int.from_bytes(picture[at : at + 4], "big"), picture[at + 4 : at + 8]
        found[kind] = found.get(kind, b"") + picture[at + 8 : at + 8 + length]
        at += 12 + length
    return found


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def _unfiltered(kind: int, filtered: bytes, above: bytes) -> bytes:
    """Return a row of pixels (PNG, section 9.2: none, sub, up, average, Paeth)."""
    row = bytearray(filtered)
    for i, value in enumerate(filtered):
        left, up, corner = (row[i - 3], above[i], above[i - 3]) if i >= 3 else (0, above[i], 0)
        row[i] = (value + (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]) & 0xFF
    return bytes(row)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda near: abs(guess - near))
