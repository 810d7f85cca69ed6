"""Eight powers at a time with Intel's ``libcrypto_mb``, where that is installed and the processor has AVX-512 IFMA.

The library comes with the packages ``ipp-crypto`` and ``intel-cmplr-lib-rt`` and is looked for when it is first needed.
It raises eight bases to eight exponents and shares nothing between them: several powers of one base cost as much as
powers of several bases. Everything else is done by GMP.
"""

from collections.abc import Iterator, Sequence
from ctypes import CDLL, POINTER, Array, addressof, c_char, c_char_p, c_int, c_uint32, c_uint64, c_void_p
from ctypes import create_string_buffer as memory
from dataclasses import dataclass
from functools import cache
from importlib import metadata

import gmpy2
from gmpy2 import mpz

from e2evote.errors import CheckError
from e2evote.group.backends.gmp import GmpBackend, GmpTable
from e2evote.group.backends.protocol import Answer, Job, Row

_LIBRARIES = {
    "intel-cmplr-lib-rt": ("libintlc.so.5", "libimf.so", "libirng.so", "libsvml.so"),
    "ipp-crypto": ("libcrypto_mb.so",),
}
"""From a package to what is loaded of it, in this order: the last needs the others and would not find them itself."""

_BITS, _EXPONENT_BITS, _LANES = 4096, 256, 8
_BYTES, _EXPONENT = _BITS // 8, _EXPONENT_BITS // 8


def supports(p: mpz, q: mpz) -> bool:
    """Tell whether the numbers have the sizes that the library is asked for."""
    return p.bit_length() == _BITS and p % 2 == 1 and q.bit_length() <= _EXPONENT_BITS


def available() -> bool:
    """Tell whether the library is installed, fits this processor and computes a few powers right."""
    return _library() is not None


@cache
def _library() -> CDLL | None:
    try:
        library = [CDLL(path) for path in _paths()][-1]
        numbers = POINTER(c_void_p)
        library.mbx_is_crypto_mb_applicable.argtypes = [c_uint64]
        library.mbx_exp_BufferSize.argtypes = [c_int]
        library.mbx_exp4096_mb8.argtypes = [numbers, numbers, numbers, c_int, numbers, c_int, c_char_p, c_int]
        library.mbx_exp4096_mb8.restype = c_uint32
        return library if library.mbx_is_crypto_mb_applicable(0) and _is_right(library) else None
    except (ImportError, OSError, AttributeError, RuntimeError):  # not installed, not loadable, another version
        return None


def _paths() -> list[str]:
    paths = []
    for package, names in _LIBRARIES.items():
        files = {file.name: str(file.locate()) for file in metadata.files(package) or ()}
        if missing := [name for name in names if name not in files]:
            raise ImportError(f"{package} has no {missing[0]}")
        paths += [files[name] for name in names]
    return paths


def _is_right(library: CDLL) -> bool:
    """Compute eight powers and compare: a processor may be applicable for other functions than this one."""
    p, e = (mpz(1) << _BITS) - 1, (mpz(1) << _EXPONENT_BITS) - 1
    pairs = [(p // (3 + lane), e // (1 + lane)) for lane in range(_LANES)]
    return _powers(library, p, pairs) == [gmpy2.powmod(x, c, p) for x, c in pairs]


def _powers(library: CDLL, p: mpz, pairs: list[tuple[mpz, mpz]]) -> list[mpz]:
    """Return x^e mod p for pairs of 0 ≤ x < p and 0 ≤ e < 2^256; lanes left over at the end repeat the last pair.

    Raises:
        RuntimeError: the library reports an error.
    """
    count = len(pairs)
    padded = pairs + pairs[-1:] * (-count % _LANES)
    bases = memory(b"".join([x.to_bytes(_BYTES, "little") for x, _ in padded]))
    exponents = memory(b"".join([e.to_bytes(_EXPONENT, "little") for _, e in padded]))
    results, modulus = memory(_BYTES * len(padded)), memory(p.to_bytes(_BYTES, "little"))
    size = library.mbx_exp_BufferSize(_BITS)
    scratch, moduli = memory(size), _lanes(modulus, 0, 0)
    for first in range(0, len(padded), _LANES):
        out, x, e = _lanes(results, first, _BYTES), _lanes(bases, first, _BYTES), _lanes(exponents, first, _EXPONENT)
        status = library.mbx_exp4096_mb8(out, x, e, _EXPONENT_BITS, moduli, _BITS, scratch, size)
        if status != 0:  # four bits a lane
            raise RuntimeError(f"libcrypto_mb computed no powers: status {status:08x}")
    data = results.raw
    return [mpz.from_bytes(data[i : i + _BYTES], "little") for i in range(0, _BYTES * count, _BYTES)]


def _lanes(numbers: Array[c_char], first: int, step: int) -> Array[c_void_p]:
    """Return where eight numbers are."""
    start = addressof(numbers)
    return (c_void_p * _LANES)(*[start + step * i for i in range(first, first + _LANES)])


@dataclass(frozen=True, slots=True)
class CryptoMbBackend:
    """Arithmetic modulo p, with exponents below q; where ``available()``, for numbers that ``supports``."""

    p: mpz
    q: mpz

    @property
    def name(self) -> str:
        """The name of the library."""
        return "crypto_mb"

    def table(self, base: mpz, window: int) -> GmpTable:
        """Build the table of a base."""
        return self._gmp.table(base, window)

    def load(self, base: mpz, window: int, buffer: memoryview) -> GmpTable:
        """Return a table over shared memory."""
        return self._gmp.load(base, window, buffer)

    def evaluate(self, jobs: Sequence[Job]) -> list[Answer]:
        """Return the answer of every job, in order.

        Raises:
            CheckError: the library is not here; the backend came from another machine.
            RuntimeError: the library reports an error.
        """
        pairs, rows = list[tuple[mpz, mpz]](), list[Row]()
        for job in jobs:
            rows += [Row(row.table, row.v) for row in job.rows if row.table is not None]
            if job.base is not None:
                x = job.base % self.p
                pairs += [(x, row.c) for row in job.rows if row.c is not None]
                pairs += [(x, self.q)] * job.member
        library = _library()
        if library is None:
            raise CheckError("libcrypto_mb is not installed here, or not for this processor")
        powers = iter(_powers(library, self.p, pairs))
        fixed = iter(self._gmp.evaluate([Job(None, tuple(rows))])[0].values)
        return [self._answer(job, powers, fixed) for job in jobs]

    def products(self, columns: Sequence[Sequence[mpz]]) -> list[mpz]:
        """Return the product of every column."""
        return self._gmp.products(columns)

    @property
    def _gmp(self) -> GmpBackend:
        return GmpBackend(self.p, self.q)

    def _answer(self, job: Job, powers: Iterator[mpz], fixed: Iterator[mpz]) -> Answer:
        """Put an answer together from the powers that come next."""
        values = []
        for row in job.rows:
            value = mpz(1) if row.c is None or job.base is None else next(powers)
            if row.table is not None:
                value = value * next(fixed) % self.p
            values.append(value)
        member = job.base is not None and job.member and next(powers) == 1 and job.base < self.p
        return Answer(tuple(values), member)
