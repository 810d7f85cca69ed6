"""Pictures of pages as small files: a page has few colours, so each is named by one byte."""

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
STEPS = (5, 9, 15, 17, 51)
"""Between two values of a channel that are told apart: the first that leaves no more colours than a palette has."""


def smaller(png: bytes) -> bytes:
    """Return a picture of 24 bits a pixel, as browsers take it, with a palette of at most 256 colours."""
    chunks = list(_chunks(png))
    width, height, depth, kind = struct.unpack(">IIBB", chunks[0][1][:10])
    assert (depth, kind) == (8, 2), "not a picture of 24 bits a pixel"
    pixels = zlib.decompress(b"".join(data for name, data in chunks if name == b"IDAT"))
    rows = list(_unfiltered(pixels, width, height))
    palette, indexed = next(found for step in STEPS if len((found := _indexed(rows, step))[0]) <= 256)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    lines = b"".join(b"\0" + line for line in indexed)
    parts = (b"IHDR", header), (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")
    return SIGNATURE + b"".join(_chunk(*part) for part in parts)


def _indexed(rows: list[bytes], step: int) -> tuple[list[bytes], list[bytes]]:
    """Return the colours, and the rows with a byte for each pixel; useless where there are more than 256."""
    rounded = bytes(min(255, (value + step // 2) // step * step) for value in range(256))
    colours: dict[bytes, int] = {}
    indexed = []
    for row in rows:
        line = row.translate(rounded)
        pixels = (line[at : at + 3] for at in range(0, len(line), 3))
        indexed.append(bytes(min(255, colours.setdefault(pixel, len(colours))) for pixel in pixels))
    return list(colours), indexed


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    assert png.startswith(SIGNATURE)
    at = len(SIGNATURE)
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        yield name, png[at + 8 : at + 8 + length]
        at += length + 12


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _unfiltered(data: bytes, width: int, height: int) -> Iterator[bytes]:
    """Yield the rows (PNG specification, filter types 0 to 4)."""
    length, above = 3 * width, bytes(3 * width)
    for number in range(height):
        start = number * (length + 1)
        row = bytearray(data[start + 1 : start + 1 + length])
        kind = data[start]
        for at in range(length if kind else 0):
            left, up = row[at - 3] if at >= 3 else 0, above[at]
            corner = above[at - 3] if at >= 3 else 0
            row[at] = row[at] + (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind] & 255
        above = bytes(row)
        yield above


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))
