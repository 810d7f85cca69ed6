# Numbers are 512 bytes, exponents 32, indices and counts 4, all little-endian. A modulus is p and 2^8320 mod p; a table
# is its buffer and its window, 640 bytes for each digit of each position. Where the kernel cannot be `supported` is all
# there is. ValueError: a length, an index, a window or a modulus that cannot be.

from array import array
from collections.abc import Sequence
from typing import TypeAlias

_Bytes: TypeAlias = bytes | bytearray | memoryview
_Integers: TypeAlias = bytes | array[int]
_Tables: TypeAlias = Sequence[tuple[_Bytes, int]]

def supported() -> bool: ...

# Fill `out` with base^(d·2^(w·i)).
def table(modulus: _Bytes, base: _Bytes, window: int, out: bytearray | memoryview, /) -> None: ...

# Powers from tables: of each row the index of its table, or -1 for none, and its exponent.
def fixed(modulus: _Bytes, tables: _Tables, choice: _Integers, exponents: _Bytes, /) -> bytes: ...

# T^v · x^c for the m rows of every base x; for every base whether x^q mod p = 1 where q = 2^256 − excess, a byte each.
def chain(
    modulus: _Bytes,
    excess: int,
    tables: _Tables,
    bases: _Bytes,
    m: int,
    choice: _Integers,
    v: _Bytes,
    c: _Bytes,
    /,
) -> tuple[bytes, bytes]: ...

# The product of each column; the numbers of the columns follow one another.
def products(modulus: _Bytes, counts: _Integers, numbers: _Bytes, /) -> bytes: ...
