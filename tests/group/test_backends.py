"""Every backend gives what gmpy2 gives, through its own functions and through an equation; missing ones are named."""

import pickle
from functools import cache
from importlib import metadata
from random import Random

import gmpy2
import pytest
from gmpy2 import mpz

from e2evote.errors import CheckError
from e2evote.group import backends
from e2evote.group.backends import available, crypto_mb
from e2evote.group.backends.crypto_mb import CryptoMbBackend
from e2evote.group.backends.gmp import GmpBackend
from e2evote.group.backends.protocol import Answer, Backend, Job, Row, Table
from e2evote.group.computation import Request, evaluate
from e2evote.group.parameters import STANDARD, group_named
from e2evote.group.powers import FixedBase, NewBase

P, Q, G = STANDARD.p, STANDARD.q, STANDARD.g.value
HERE = backends.available(P, Q)

NON_MEMBER = next(x for x in map(mpz, range(3, 99)) if gmpy2.powmod(x, Q, P) != 1)
OTHER_ORDER = gmpy2.powmod(NON_MEMBER, Q, P)  # its order divides r = (p − 1)/q
BASES = [mpz(0), mpz(1), mpz(2), P - 1, P - G, mpz(1) << 52, mpz(1) << 64, mpz(1) << 4095, G, OTHER_ORDER]
EXPONENTS = [mpz(0), mpz(1), Q - 1, mpz(1) << 52, mpz(1) << 64, mpz(1) << 255]
SMALL_WINDOW = 3


@cache
def power(x: mpz, e: mpz) -> mpz:
    return gmpy2.powmod(x, e, P)


def expected(job: Job) -> Answer:
    values = []
    for row in job.rows:
        value = mpz(1) if row.table is None else power(row.table.base, row.v)
        values.append(value if job.base is None or row.c is None else value * power(job.base, row.c) % P)
    return Answer(tuple(values), job.base is not None and job.member and power(job.base, Q) == 1)


@pytest.fixture(scope="module", params=backends.NAMES)
def backend(request: pytest.FixtureRequest) -> Backend:
    if request.param not in HERE:
        pytest.skip(f"{request.param} is not installed or not for this processor")
    return backends.backend(P, Q, request.param)


@pytest.fixture(scope="module")
def tables(backend: Backend) -> list[Table]:
    return [backend.table(base, SMALL_WINDOW) for base in (G, NON_MEMBER)]


def some_exponents(source: Random, count: int) -> list[mpz]:
    return [mpz(source.randrange(int(Q))) for _ in range(count)]


def mixed_batch(seed: int, tables: list[Table]) -> list[Job]:
    """Jobs with none to four rows in all forms, members and others, and enough that are tested only."""
    source = Random(seed)
    bases = [*BASES, *(power(G, e) for e in some_exponents(source, 3)), mpz(source.randrange(int(P)))]

    def row() -> Row:
        v, c = some_exponents(source, 2)
        return Row(source.choice([None, *tables]), source.choice([v, *EXPONENTS]), source.choice([None, c, c]))

    jobs = [
        Job(source.choice([None, *bases]), tuple(row() for _ in range(count)), source.random() < 0.5)
        for count in (0, 1, 2, 3, 4, 1, 2)
    ]
    jobs += [Job(base, (), True) for base in bases]
    source.shuffle(jobs)
    return jobs


def test_what_there_is_comes_in_order() -> None:
    assert [name for name in backends.NAMES if name in HERE] == list(HERE)
    assert HERE[-1] == "gmpy2"
    assert STANDARD.backend.name == backends.backend(P, Q).name == HERE[0]


def test_edges(backend: Backend) -> None:
    jobs = [Job(x, tuple(Row(c=c) for c in EXPONENTS), True) for x in BASES]
    assert backend.evaluate(jobs) == [expected(job) for job in jobs]


def test_bases_that_are_not_reduced(backend: Backend) -> None:
    jobs = [Job(x, (Row(c=EXPONENTS[-1]),)) for x in (P, P + 1, (mpz(1) << 4096) - 1)]
    assert backend.evaluate(jobs) == [expected(job) for job in jobs]


@pytest.mark.parametrize("member", [False, True])
@pytest.mark.parametrize("rows", range(5))
def test_any_number_of_rows(backend: Backend, tables: list[Table], rows: int, member: bool) -> None:
    source = Random(rows)
    for x in (power(G, mpz(7)), NON_MEMBER):
        plain = Job(x, tuple(Row(c=c) for c in some_exponents(source, rows)), member)
        joint = Job(x, tuple(Row(tables[i % 2], *some_exponents(source, 2)) for i in range(rows)), member)
        known = Job(None, tuple(Row(tables[i % 2], *some_exponents(source, 1)) for i in range(rows)))
        assert backend.evaluate([plain, joint, known]) == [expected(job) for job in (plain, joint, known)]


@pytest.mark.parametrize("count", [1, 7, 8, 9, 17])
def test_any_number_of_bases(backend: Backend, count: int) -> None:
    bases = [power(G, mpz(i)) if i % 3 else NON_MEMBER + i for i in range(count)]
    jobs = [Job(x, (Row(c=c),)) for x, c in zip(bases, some_exponents(Random(0), count), strict=True)]
    assert backend.evaluate(jobs) == [expected(job) for job in jobs]
    tests = [Job(x, (), True) for x in bases]
    assert backend.evaluate(tests) == [expected(job) for job in tests]


def test_nothing_is_asked(backend: Backend) -> None:
    assert backend.evaluate([]) == []
    assert backend.products([]) == []
    assert backend.evaluate([Job(None, ()), Job(G, ())]) == [Answer((), False)] * 2


@pytest.mark.parametrize("seed", range(3))
def test_a_mixed_batch(backend: Backend, tables: list[Table], seed: int) -> None:
    jobs = mixed_batch(seed, tables)
    assert backend.evaluate(jobs) == [expected(job) for job in jobs]


@pytest.mark.skipif(len(HERE) == 1, reason="there is one backend here")
def test_backends_agree() -> None:
    answers = []
    for name in HERE:
        backend = backends.backend(P, Q, name)
        answers.append(backend.evaluate(mixed_batch(99, [backend.table(NON_MEMBER, SMALL_WINDOW)])))
    assert all(other == answers[0] for other in answers[1:])


def test_products(backend: Backend) -> None:
    source = Random(0)
    columns = [[mpz(source.getrandbits(4096)) for _ in range(count)] for count in (0, 2, 3, 17, 40)]
    columns += [[x] for x in BASES] + [BASES[1:], [P - 1] * 9]
    for some in (columns, columns[:1], columns[2:3]):
        results = []
        for column in some:
            result = mpz(1)
            for x in column:
                result = result * x % P
            results.append(result)
        assert backend.products(some) == results


def test_a_table_from_another_process(backend: Backend) -> None:
    rows = range(9)
    table = backend.load(G, 5, memoryview(bytes(backend.table(G, 5).buffer)))
    assert (table.base, table.window) == (G, 5)
    job = Job(None, tuple(Row(table, v) for v in [*EXPONENTS, *some_exponents(Random(0), len(rows))]))
    assert backend.evaluate([job]) == [expected(job)]


def test_a_backend_travels_to_another_process(backend: Backend) -> None:
    copy = pickle.loads(pickle.dumps(backend))
    assert copy == backend
    job = Job(G, (Row(c=Q - 2),), True)
    assert copy.evaluate([job]) == [expected(job)]


def test_equations(backend: Backend) -> None:
    group = STANDARD.on(backend.name)
    assert group == STANDARD
    assert group.backend == backend
    source = Random(1)
    v, c, d = map(group.scalar, some_exponents(source, 3))
    g, h = FixedBase(group.g, SMALL_WINDOW), FixedBase(group.element(NON_MEMBER), SMALL_WINDOW)
    x, y, z = (group.element(power(G, e)) for e in some_exponents(source, 3))
    low, high = group.element(NON_MEMBER), group.element(P + 1)
    bases = [NewBase(element) for element in (x, y, z, low, high, group.element(0))]
    a, b, *_ = bases
    values = [z, g**v, a**c, g**v * a**c, h**d * a**d, g**c * h**v * a**d * b**c, b ** group.scalar(0), bases[4] ** d]
    response = evaluate(Request(values, bases))
    plain = [z, group.g**v, x**c, group.g**v * x**c, low**d * x**d, group.g**c * low**v * x**d * y**c, group.one]
    assert list(response.values) == [*plain, group.one]
    assert list(response.members) == [True, True, True, False, False, False]


def test_an_unknown_name() -> None:
    with pytest.raises(CheckError, match="abacus") as caught:
        STANDARD.on("abacus")
    assert all(name in str(caught.value) for name in HERE)


@pytest.mark.parametrize("name", [name for name in backends.NAMES if name != "gmpy2"])
def test_a_backend_that_is_not_for_these_numbers(name: str) -> None:
    group = group_named("toy-32-128")
    assert group.backend.name == "gmpy2"
    with pytest.raises(CheckError, match=rf"{name}.* 128 bits.*gmpy2"):
        group.on(name)


def test_a_backend_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crypto_mb, "_library", lambda: None)
    assert backends.available(P, Q) == tuple(name for name in HERE if name != "crypto_mb")
    with pytest.raises(CheckError, match=r"crypto_mb.*gmpy2"):
        STANDARD.on("crypto_mb")
    with pytest.raises(CheckError, match="not installed"):
        CryptoMbBackend(P, Q).evaluate([Job(G, (Row(c=Q - 1),))])


FILES = [file.name for file in metadata.files("gmpy2") or ()]
OTHER_LIBRARY = next((name for name in FILES if name.startswith("gmpy2.") and name.endswith(".so")), "not-there.so")


@pytest.mark.parametrize("package", ["no-such-package", "gmpy2"])
@pytest.mark.parametrize("file", ["no-such-file.so", "METADATA", OTHER_LIBRARY])
def test_a_library_that_does_not_load_is_not_there(monkeypatch: pytest.MonkeyPatch, package: str, file: str) -> None:
    monkeypatch.setattr(crypto_mb, "_LIBRARIES", {package: (file,)})
    assert crypto_mb._library.__wrapped__() is None


class BrokenLibrary:
    """Writes nothing and says the status it was given."""

    def __init__(self, status: int) -> None:
        self.status = status

    def mbx_exp_BufferSize(self, bits: int) -> int:  # noqa: N802
        return 64

    def mbx_exp4096_mb8(self, *arguments: object) -> int:
        return self.status


def test_a_library_that_errs_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not crypto_mb._is_right(BrokenLibrary(0))
    monkeypatch.setattr(crypto_mb, "_library", lambda: BrokenLibrary(0x0010_0000))
    with pytest.raises(RuntimeError, match="00100000"):
        CryptoMbBackend(P, Q).evaluate([Job(G, (Row(c=Q - 1),))])


@pytest.mark.parametrize("installed", [False, True])
def test_a_library_is_used_where_it_is_and_for_numbers_that_it_takes(
    monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    toy = group_named("toy-64-256")
    monkeypatch.setattr(crypto_mb, "available", lambda: installed)
    assert ("crypto_mb" in backends.available(P, Q)) == installed
    assert "crypto_mb" not in backends.available(toy.p, toy.q)


@pytest.mark.parametrize("base", [mpz(0), P, P + 1, P + G], ids=["0", "p", "p + 1", "member + p"])
@pytest.mark.parametrize("rows", [(), (Row(c=mpz(3)),)], ids=["membership alone", "with a power"])
def test_a_number_out_of_range_is_no_member(base: mpz, rows: tuple[Row, ...]) -> None:
    assert not GmpBackend(P, Q).evaluate([Job(base, rows, True)])[0].member


def test_numbers_that_the_library_takes() -> None:
    assert crypto_mb.supports(P, Q)
    assert not crypto_mb.supports(group_named("reduced-3072").p, Q)
    assert not crypto_mb.supports(P + 1, Q)
    assert not crypto_mb.supports(P, mpz(1) << 256)


def test_a_group_arrives_where_its_backend_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Computers of a cluster need not be alike; results are."""
    for name in available(STANDARD.p, STANDARD.q):
        data = pickle.dumps(STANDARD.on(name))
        assert pickle.loads(data).backend.name == name
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(backends, "_KINDS", {"gmpy2": GmpBackend})
            arrived = pickle.loads(data)
        assert arrived == STANDARD
        assert arrived.backend.name == "gmpy2"
