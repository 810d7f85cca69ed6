"""The backend that is always there: plain GMP, one number after another."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import gmpy2
from gmpy2 import mpz

from e2evote.group.backends.membership import members
from e2evote.group.backends.protocol import Answer, Job, Row

_JOINT = {(str(d), str(e)): 4 * d + e for d in range(4) for e in range(4)}


class _Shared(dict[int, mpz]):
    """One window position of a table in memory that another process filled; numbers are made of it when first used."""

    def __init__(self, buffer: memoryview, start: int, size: int) -> None:
        super().__init__()
        self._buffer, self._start, self._size = buffer, start, size

    def __missing__(self, digit: int) -> mpz:
        start = self._start + digit * self._size
        value = mpz(int.from_bytes(self._buffer[start : start + self._size], "little"))
        self[digit] = value
        return value


@dataclass(frozen=True, slots=True, eq=False)
class GmpTable:
    """``positions[i][d]`` is base^(d·2^(w·i)) mod p; ``size`` bytes a number in the buffer."""

    base: mpz
    window: int
    size: int
    positions: Sequence[Sequence[mpz] | _Shared]

    @property
    def buffer(self) -> memoryview:
        """All numbers, position by position, little-endian."""
        digits = range(1 << self.window)
        numbers = (int(row[digit]).to_bytes(self.size, "little") for row in self.positions for digit in digits)
        return memoryview(b"".join(numbers))


@dataclass(frozen=True, slots=True)
class GmpBackend:
    """Arithmetic modulo p, with exponents below q."""

    p: mpz
    q: mpz

    @property
    def name(self) -> str:
        """The name of the Python package that binds GMP."""
        return "gmpy2"

    def table(self, base: mpz, window: int) -> GmpTable:
        """Build the table of a base."""
        positions, step, p = [], base, self.p
        for _ in range(self._count(window)):
            row = [mpz(1), step]
            while len(row) < 1 << window:
                row.append(row[-1] * step % p)
            positions.append(row)
            step = row[-1] * step % p
        return GmpTable(base, window, self._size, positions)

    def load(self, base: mpz, window: int, buffer: memoryview) -> GmpTable:
        """Return a table over shared memory."""
        size, width = self._size, 1 << window
        positions = [_Shared(buffer, i * width * size, size) for i in range(self._count(window))]
        return GmpTable(base, window, size, positions)

    def evaluate(self, jobs: Sequence[Job]) -> list[Answer]:
        """Return the answer of every job, in order; where nothing but membership is asked, all are tested at once."""
        alone = [job.base for job in jobs if job.base is not None and job.member and not job.rows]
        tested = iter(members(self.p, self.q, alone))
        return [Answer((), next(tested)) if job.member and not job.rows else self._answer(job) for job in jobs]

    def products(self, columns: Sequence[Sequence[mpz]]) -> list[mpz]:
        """Return the product of every column."""
        p = self.p
        return [reduce(lambda x, y: x * y % p, column, mpz(1)) for column in columns]

    @property
    def _size(self) -> int:
        return (self.p.bit_length() + 7) // 8

    def _count(self, window: int) -> int:
        return -(-self.q.bit_length() // window)

    def _answer(self, job: Job) -> Answer:
        if job.base is None:
            return Answer(tuple(self._from_table(row, None) for row in job.rows), False)
        exponents = [row.c for row in job.rows if row.c is not None]
        powers, member = self._powers(job.base, exponents, job.member)
        rest = iter(powers)
        values = tuple(self._from_table(row, None if row.c is None else next(rest)) for row in job.rows)
        return Answer(values, member)

    def _from_table(self, row: Row, power: mpz | None) -> mpz:
        """Return T^v times a power that may be missing."""
        p, result = self.p, power
        if row.table is not None:
            rest, window = int(row.v), row.table.window
            mask = (1 << window) - 1
            for position in row.table.positions:  # type: ignore[attr-defined]  # a table of this backend
                digit = rest & mask
                if digit:
                    result = position[digit] if result is None else result * position[digit] % p
                rest >>= window
        return mpz(1) if result is None else result

    def _powers(self, x: mpz, exponents: Sequence[mpz], member: bool) -> tuple[list[mpz], bool]:
        if member or len(exponents) > 1:
            return self._chain(x, exponents, member)
        return [gmpy2.powmod(x, c, self.p) for c in exponents], False

    def _chain(self, x: mpz, exponents: Sequence[mpz], member: bool) -> tuple[list[mpz], bool]:
        """Return several powers of one base over one chain of squarings x^(4^i), and whether x^q = 1.

        Right to left (Yao): two exponents share 16 buckets, one for each pair of base-4 digits; so each link enters one
        product for the two of them. q lies just below 4^n, so that x^q = 1 exactly if x^(4^n) = x^(4^n − q).
        """
        p, n = self.p, -(-self.q.bit_length() // 2)
        padded = [*exponents, mpz(0)] if len(exponents) % 2 else exponents
        texts = [gmpy2.digits(c, 4).zfill(n)[::-1] for c in padded]
        pairs = [
            [_JOINT[d, e] for d, e in zip(first, second, strict=True)]
            for first, second in zip(texts[::2], texts[1::2], strict=True)
        ]
        buckets: list[list[mpz | None]] = [[None] * 16 for _ in pairs]
        link = x
        for i in range(n):
            for digits, bucket in zip(pairs, buckets, strict=True):
                d = digits[i]
                if d:
                    known = bucket[d]
                    bucket[d] = link if known is None else known * link % p
            link = link * link % p
            link = link * link % p
        powers = [power for bucket in buckets for power in self._collect(bucket)]
        is_member = member and 0 < x < p and link == gmpy2.powmod(x, (mpz(1) << 2 * n) - self.q, p)
        return powers[: len(exponents)], is_member

    def _collect(self, bucket: Sequence[mpz | None]) -> tuple[mpz, mpz]:
        """Return Π B_{d,e}^d and Π B_{d,e}^e over all pairs of digits (d, e)."""
        p = self.p

        def product(indices: Sequence[int]) -> mpz:
            present = (bucket[index] for index in indices)
            return reduce(lambda y, b: y if b is None else y * b % p, present, mpz(1))

        powers = []
        for step, along in ((4, (0, 1, 2, 3)), (1, (0, 4, 8, 12))):
            one, two, three = (product([d * step + other for other in along]) for d in (1, 2, 3))
            # P_1 · P_2² · P_3³ = (P_3 · P_2)² · P_3 · P_1
            high = three * two % p
            powers.append(high * high % p * three % p * one % p)
        return powers[0], powers[1]
