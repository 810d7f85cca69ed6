"""The kernel for eight numbers gives what gmpy2 gives for every number and shape, refuses what it must not read."""

import importlib.util
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from random import Random

import gmpy2
import pytest
from gmpy2 import mpz
from hypothesis import given
from hypothesis import strategies as st

from e2evote.group import backends
from e2evote.group.backends import ifma
from e2evote.group.backends.ifma import IfmaBackend, IfmaTable
from e2evote.group.backends.protocol import Answer, Job, Row
from e2evote.group.parameters import STANDARD, group_named

P, Q, R = STANDARD.p, STANDARD.q, STANDARD.r
G = STANDARD.g.value
TOP = mpz(1) << 4096

needs_kernel = pytest.mark.skipif(not ifma.available(), reason="the extension is not built or the processor lacks IFMA")

NON_MEMBER = next(x for x in map(mpz, range(3, 99)) if gmpy2.powmod(x, Q, P) != 1)
OTHER_ORDER = gmpy2.powmod(NON_MEMBER, Q, P)  # order divides r = (p − 1)/q
BASES = [mpz(0), mpz(1), mpz(2), G, P - 1, P - G, P - 2, P, P + 1, TOP - 1, mpz(1) << 4095, mpz(1) << 52, NON_MEMBER]
BASES += [OTHER_ORDER, G * OTHER_ORDER % P, P - (mpz(1) << 208), (mpz(1) << 4096) - (mpz(1) << 208), mpz(1) << 208]
EXPONENTS = [mpz(0), mpz(1), mpz(2), mpz(3), Q - 1, mpz(1) << 255, mpz(1) << 52, (mpz(1) << 255) - 1, Q // 3, mpz(188)]


def numbers(bound: mpz, edges: list[mpz]) -> st.SearchStrategy[mpz]:
    return st.one_of(st.sampled_from(edges), st.integers(0, int(bound) - 1).map(mpz))


bases, exponents = numbers(TOP, BASES), numbers(Q, EXPONENTS)


def expected(job: Job) -> Answer:
    values = []
    for row in job.rows:
        value = mpz(1)
        if row.table is not None:
            value = gmpy2.powmod(row.table.base, row.v, P)
        if job.base is not None and row.c is not None:
            value = value * gmpy2.powmod(job.base, row.c, P) % P
        values.append(value)
    member = job.member and job.base is not None and 0 < job.base < P and gmpy2.powmod(job.base, Q, P) == 1
    return Answer(tuple(values), member)


@pytest.fixture(scope="module")
def backend() -> IfmaBackend:
    return IfmaBackend(P, Q)


@pytest.fixture(scope="module")
def tables(backend: IfmaBackend) -> list[IfmaTable]:
    shapes = ((G, 8), (mpz(NON_MEMBER), 4), (P - 1, 1), (G * G % P, 12), (mpz(1), 3), (OTHER_ORDER, 7))
    return [backend.table(base, window) for base, window in shapes]


def test_only_numbers_of_the_standard_form() -> None:
    assert ifma.supports(P, Q)
    assert not ifma.supports(group_named("reduced-3072").p, Q)
    assert not ifma.supports(P - (mpz(1) << 207), Q)
    assert not ifma.supports(P - (mpz(1) << 3848), Q)
    assert not ifma.supports(P, Q - (1 << 16))
    assert not ifma.supports(P, mpz(1) << 256)


@pytest.mark.parametrize(
    ("bits", "there"),
    [(0, False), (207, False), (208, True), (3847, True), (3848, False), (4095, False), (4096, False)],
)
def test_the_bits_that_the_kernel_relies_on(bits: int, there: bool) -> None:
    """The lowest 208 and the highest 248 of 4096 are ones; all between may be anything."""
    least = (mpz(1) << 208) - 1 + (((mpz(1) << 248) - 1) << 3848)
    assert ifma.supports(least, Q)
    assert ifma.supports(least ^ (mpz(1) << bits), Q) == there


@pytest.mark.parametrize(("excess", "there"), [(0, False), (1, True), (2**15, True), (2**16 - 1, True), (2**16, False)])
def test_how_far_q_may_lie_below_a_power_of_two(excess: int, there: bool) -> None:
    assert ifma.supports(P, (mpz(1) << 256) - excess) == there


def test_an_extension_that_was_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(backends, "_ifma", raising=False)
    monkeypatch.setitem(sys.modules, "e2evote.group.backends._ifma", None)
    spec = importlib.util.find_spec("e2evote.group.backends.ifma")
    assert spec is not None
    assert spec.loader is not None
    again = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(again)
    assert not again.available()


def test_a_kernel_that_the_processor_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ifma, "AVAILABLE", False)
    assert "ifma" not in backends.available(P, Q)


@needs_kernel
def test_every_edge_as_a_base_and_an_exponent(backend: IfmaBackend) -> None:
    jobs = [Job(x, tuple(Row(c=c) for c in EXPONENTS), True) for x in BASES]
    assert backend.evaluate(jobs) == [expected(job) for job in jobs]


@needs_kernel
@pytest.mark.parametrize("m", range(13))
def test_any_number_of_rows(backend: IfmaBackend, m: int) -> None:
    source = Random(m)
    jobs = [
        Job(mpz(source.getrandbits(4096)), tuple(Row(c=mpz(source.randrange(int(Q)))) for _ in range(m)), True)
        for _ in range(8)
    ]
    answers = [expected(job) for job in jobs]
    assert backend.evaluate(jobs) == answers
    assert backend.evaluate(jobs[:1]) == answers[:1]  # where the rows are spread over the lanes
    assert backend.evaluate(jobs[:3]) == answers[:3]


@needs_kernel
@pytest.mark.parametrize("n", range(1, 18))
def test_any_number_of_bases(backend: IfmaBackend, tables: list[IfmaTable], n: int) -> None:
    source = Random(n)
    jobs = []
    for i in range(n):
        x = gmpy2.powmod(source.getrandbits(4096), R, P) if i % 3 else mpz(source.getrandbits(4096))
        v, c = mpz(source.randrange(int(Q))), mpz(source.randrange(int(Q)))
        jobs.append(Job(x, (Row(source.choice(tables), v, c),), True))
    answers = backend.evaluate(jobs)
    assert answers == [expected(job) for job in jobs]
    assert [answer.member for answer in answers] == [i % 3 != 0 for i in range(n)]


@needs_kernel
@given(data=st.data())
def test_jobs_of_all_kinds(data: st.DataObject, backend: IfmaBackend, tables: list[IfmaTable]) -> None:
    row = st.builds(Row, st.none() | st.sampled_from(tables), exponents, st.none() | exponents)
    job = st.builds(Job, st.none() | bases, st.lists(row, max_size=5).map(tuple), st.booleans())
    jobs = data.draw(st.lists(job, max_size=10))
    assert backend.evaluate(jobs) == [expected(job) for job in jobs]


@needs_kernel
@pytest.mark.parametrize("window", [1, 4, 8, 12])
def test_powers_from_tables(backend: IfmaBackend, window: int) -> None:
    source = Random(window)
    base = mpz(source.randrange(1, int(P)))
    table = backend.load(base, window, memoryview(bytes(backend.table(base, window).buffer)))
    for n in (1, 7, 8, 9):
        rows = tuple(Row(table, mpz(source.randrange(int(Q)))) for _ in range(n))
        job = Job(None, rows + tuple(Row(table, v) for v in EXPONENTS))
        assert backend.evaluate([job]) == [expected(job)]


@needs_kernel
@given(columns=st.lists(st.lists(bases, max_size=9), max_size=12))
def test_products(columns: list[list[mpz]], backend: IfmaBackend) -> None:
    results = []
    for column in columns:
        result = mpz(1)
        for x in column:
            result = result * x % P
        results.append(result)
    assert backend.products(columns) == results


@needs_kernel
def test_many_factors(backend: IfmaBackend) -> None:
    source = Random(0)
    for length in (0, 1, 2, 3, 100, 1000):
        column = [mpz(source.getrandbits(4096)) for _ in range(length)]
        result = mpz(1)
        for x in column:
            result = result * x % P
        assert backend.products([column, [], column[:1]]) == [result, 1, column[0] % P if column else 1]


@needs_kernel
def test_threads_do_not_meet(backend: IfmaBackend, tables: list[IfmaTable]) -> None:
    source = Random(1)
    jobs = [[Job(mpz(source.getrandbits(4096)), (Row(tables[0], Q - 1, Q // 3),), True)] for _ in range(40)]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(backend.evaluate, jobs)) == [[expected(job)] for (job,) in jobs]


@needs_kernel
def test_nothing_is_asked(backend: IfmaBackend) -> None:
    assert backend.evaluate([]) == []
    assert backend.products([]) == []
    assert backend.evaluate([Job(None, ()), Job(G, ())]) == [Answer((), False)] * 2


def test_a_backend_travels_to_another_process() -> None:
    backend = IfmaBackend(P, Q)
    assert pickle.loads(pickle.dumps(backend)) == backend
    assert backend.name == "ifma"


MODULUS = bytes(int(P).to_bytes(512, "little") + int(pow(2, 8320, P)).to_bytes(512, "little"))
TABLE = (bytes(640 * 256 * 2), 1)
REFUSED = {
    "modulus too short": ("products", MODULUS[:-1], b"", b""),
    "modulus without low ones": ("products", b"\xfe" + MODULUS[1:], b"", b""),
    "modulus without high ones": ("products", MODULUS[:510] + b"\x7f\x7f" + MODULUS[512:], b"", b""),
    "window 0": ("table", MODULUS, bytes(512), 0, bytearray(640)),
    "window 17": ("table", MODULUS, bytes(512), 17, bytearray(640)),
    "window far out": ("table", MODULUS, bytes(512), -(2**31), bytearray(640)),
    "base too short": ("table", MODULUS, bytes(511), 1, bytearray(640 * 512)),
    "table too short": ("table", MODULUS, bytes(512), 1, bytearray(640 * 512 - 1)),
    "table too long": ("table", MODULUS, bytes(512), 1, bytearray(640 * 512 + 1)),
    "exponent too short": ("fixed", MODULUS, [TABLE], bytes(4), bytes(31)),
    "choice too short": ("fixed", MODULUS, [TABLE], bytes(3), bytes(32)),
    "choice too long": ("fixed", MODULUS, [TABLE], bytes(8), bytes(32)),
    "no such table": ("fixed", MODULUS, [TABLE], b"\1\0\0\0", bytes(32)),
    "negative table": ("fixed", MODULUS, [TABLE], b"\xfe\xff\xff\xff", bytes(32)),
    "table of another window": ("fixed", MODULUS, [(TABLE[0], 3)], bytes(4), bytes(32)),
    "table of window 0": ("fixed", MODULUS, [(TABLE[0], 0)], bytes(4), bytes(32)),
    "table of window 64": ("fixed", MODULUS, [(TABLE[0], 64)], bytes(4), bytes(32)),
    "excess 0": ("chain", MODULUS, 0, [], b"", 0, b"", b"", b""),
    "excess of 17 bits": ("chain", MODULUS, 65536, [], b"", 0, b"", b"", b""),
    "negative rows": ("chain", MODULUS, 189, [], b"", -1, b"", b"", b""),
    "rows without end": ("chain", MODULUS, 189, [], b"", 1025, b"", b"", b""),
    "bases cut": ("chain", MODULUS, 189, [], bytes(513), 1, bytes(4), bytes(32), bytes(32)),
    "no v": ("chain", MODULUS, 189, [], bytes(512), 1, bytes(4), b"", bytes(32)),
    "no c": ("chain", MODULUS, 189, [], bytes(512), 1, bytes(4), bytes(32), b""),
    "no choice": ("chain", MODULUS, 189, [], bytes(512), 1, b"", bytes(32), bytes(32)),
    "no tables": ("chain", MODULUS, 189, [], bytes(512), 1, bytes(4), bytes(32), bytes(32)),
    "counts cut": ("products", MODULUS, bytes(3), b""),
    "count negative": ("products", MODULUS, b"\xff\xff\xff\xff\1\0\0\0", b""),
    "numbers missing": ("products", MODULUS, b"\2\0\0\0", bytes(512)),
    "numbers left": ("products", MODULUS, b"\1\0\0\0", bytes(1024)),
    "number cut": ("products", MODULUS, b"\1\0\0\0", bytes(511)),
}


@needs_kernel
@pytest.mark.parametrize("case", REFUSED)
def test_wrong_lengths_are_refused(case: str) -> None:
    name, *arguments = REFUSED[case]
    with pytest.raises(ValueError, match=r"."):
        getattr(ifma._ifma, name)(*arguments)


@needs_kernel
def test_other_types_are_refused() -> None:
    for tables in (1, [1], [(b"",)], [(b"", 1, 2)], [("text", 1)], [(b"", "1")]):
        with pytest.raises(TypeError):
            ifma._ifma.fixed(MODULUS, tables, b"", b"")
    with pytest.raises(TypeError):
        ifma._ifma.table(MODULUS, bytes(512), 1, bytes(640 * 512))
    with pytest.raises(OverflowError):
        IfmaBackend(P, Q).evaluate([Job(TOP, (), True)])
    with pytest.raises(OverflowError):
        IfmaBackend(P, Q).evaluate([Job(G, (Row(c=mpz(-1)),))])
