"""Chunks by reference: the worker reads the ballots itself, and makes sure that they are those that were cut.

What travels to it is where each line lies, and for each file the SHA-256 of the chunk's lines in it, as the process
that cut them read them.
"""

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from e2evote.errors import ParseError
from e2evote.record.places import Ranged
from e2evote.verifier.chunk import Chunk, Line


class Span(NamedTuple):
    """Where a line lies: its name in messages, and its bytes without the line feed."""

    where: str
    start: int
    stop: int

    @property
    def path(self) -> str:
        """The file."""
        return self.where.rpartition(":")[0]


@dataclass(frozen=True, slots=True)
class Reference:
    """A chunk without its lines, and (path, SHA-256) of all its lines in each file, in the order of the chunk."""

    chunk: Chunk[Span]
    digests: tuple[tuple[str, bytes], ...]


def refer(chunk: Chunk[Line]) -> Reference:
    """Return a chunk by reference."""
    digests: dict[str, hashlib._Hash] = defaultdict(hashlib.sha256)

    def span(line: Line) -> Span:
        result = Span(line.where, line.start, line.start + len(line.data))
        digests[result.path].update(line.data)
        return result

    spans = chunk.map(span)
    return Reference(spans, tuple((path, digest.digest()) for path, digest in digests.items()))


def read_back(files: Ranged, reference: Reference) -> Chunk[Line]:
    """Return the chunk with its lines.

    Raises:
        ParseError: a file cannot be read from here, or holds something else than was cut.
    """
    contents = _read(files, reference.chunk)
    digests: dict[str, hashlib._Hash] = defaultdict(hashlib.sha256)

    def line(span: Span) -> Line:
        data = contents[span.path, span.start]
        digests[span.path].update(data)
        return Line(span.where, data, span.start)

    chunk = reference.chunk.map(line)
    for path, digest in reference.digests:
        if digests[path].digest() != digest:
            problem = "the file changed while the record was being verified, or a worker sees another file"
            raise ParseError(path, problem)
    return chunk


def _read(files: Ranged, chunk: Chunk[Span]) -> dict[tuple[str, int], bytes]:
    """Return every line by path and start, reading lines that follow each other together."""
    spans: dict[str, set[tuple[int, int]]] = defaultdict(set)

    def collect(span: Span) -> None:
        spans[span.path].add((span.start, span.stop))

    chunk.map(collect)
    contents: dict[tuple[str, int], bytes] = {}
    for path, found in spans.items():
        runs: list[list[tuple[int, int]]] = []
        for start, stop in sorted(found):
            if runs and start == runs[-1][-1][1] + 1:  # the line feed lies between them
                runs[-1].append((start, stop))
            else:
                runs.append([(start, stop)])
        for run in runs:
            base = run[0][0]
            try:
                data = files.read_range(path, base, run[-1][1])
            except OSError as error:
                raise ParseError(path, f"cannot be read by a worker ({error.strerror or error})") from error
            contents |= {(path, start): data[start - base : stop - base] for start, stop in run}
    return contents
