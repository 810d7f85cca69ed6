"""Lines are read again where they lie, those that follow each other together, and must be the same."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from e2evote.errors import ParseError
from e2evote.verifier.chunk import Chunk, Item, Line
from e2evote.verifier.references import read_back, refer

LINES = [b"one", b"two2", b"three", b"", b"five5"]


@dataclass
class Files:
    """One file, and what was read of it."""

    data: bytes = b"\n".join(LINES) + b"\n"
    reads: list[tuple[int, int]] = field(default_factory=list)

    def read_range(self, name: str, start: int, stop: int) -> bytes:
        assert name == "some/file"
        self.reads.append((start, stop))
        return self.data[start:stop]


def chunk(*numbers: int) -> Chunk[Line]:
    starts = [sum(len(line) + 1 for line in LINES[:number]) for number in range(len(LINES))]
    lines = [Line(f"some/file:{number + 1}", LINES[number], starts[number]) for number in numbers]
    opening: Any = SimpleNamespace(pre_encrypted=False)
    return Chunk(1, 1, 1, opening, None, tuple(Item(line, None, (), (), ()) for line in lines))


@pytest.mark.parametrize(
    ("numbers", "reads"),
    [
        ([0, 1, 2, 3, 4], [(0, 21)]),
        ([0, 1], [(0, 8)]),
        ([0, 2], [(0, 3), (9, 14)]),
        ([0, 1, 3, 4], [(0, 8), (15, 21)]),
        ([4, 0], [(0, 3), (16, 21)]),
        ([2, 2], [(9, 14)]),
    ],
)
def test_lines_that_follow_each_other_are_read_together(numbers: list[int], reads: list[tuple[int, int]]) -> None:
    files: Any = Files()
    assert read_back(files, refer(chunk(*numbers))) == chunk(*numbers)
    assert files.reads == reads


@pytest.mark.parametrize("at", [0, 5, 20])
def test_any_other_byte_is_another_file(at: int) -> None:
    files: Any = Files()
    files.data = files.data[:at] + b"X" + files.data[at + 1 :]
    with pytest.raises(ParseError, match="some/file: the file changed while the record was being verified"):
        read_back(files, refer(chunk(0, 1, 2, 3, 4)))
