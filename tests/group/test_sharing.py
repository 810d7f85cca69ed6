"""Tables in shared memory: processes started here read them without building any, and nothing of them stays behind."""

import hashlib
import multiprocessing
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from e2evote.group.backends import available
from e2evote.group.computation import Request, evaluate
from e2evote.group.parameters import STANDARD
from e2evote.group.powers import FixedBase
from tests.builders import build_record
from tests.deterministic import DeterministicRandomness

SHARED = Path("/dev/shm")
BACKENDS = pytest.mark.parametrize("backend", available(STANDARD.p, STANDARD.q))
EXPONENT = DeterministicRandomness("sharing").scalar(STANDARD).reveal()
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="shared memory cannot be seen here")


def base_of(backend: str) -> FixedBase:
    group = STANDARD.on(backend)
    return FixedBase(group.g * group.g, 5)


def described(base: FixedBase) -> tuple[str | None, str, str]:
    """Return the name of the shared memory, a digest of the tables, and a power."""
    name = base._shared.name if base._shared is not None else None
    value = evaluate(Request([base**EXPONENT])).values[0].value
    return name, hashlib.sha256(base.table.buffer).hexdigest(), f"{value:x}"


def describe(base: FixedBase, queue: "multiprocessing.Queue[object]") -> None:
    """In another process: tell what came, and that tables were there before anybody asked for them."""
    queue.put((base._table is not None, type(base._table).__name__, *described(base)))


def script(code: str, *arguments: object) -> str:
    """Run Python code in a process of its own: no word on stderr, and what shared memory it names is gone.

    Warnings are shown and not raised: the resource tracker swallows those that are raised.
    """
    command = [sys.executable, "-W", "always", "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    assert not [path for path in SHARED.iterdir() if path.name in done.stdout.split()]
    return done.stdout


STARTED = """
import multiprocessing, os, sys
from tests.group.test_sharing import base_of, describe, described
context = multiprocessing.get_context("spawn")
queue, base = context.Queue(), base_of(sys.argv[1])
assert base._table is None and base._shared is None
processes = [context.Process(target=describe, args=(base, queue)) for _ in range(2)]
for process in processes:
    process.start()
own = described(base)
assert own[0] in os.listdir("/dev/shm")
for _ in processes:
    assert queue.get() == (True, type(base.table).__name__, *own)
for process in processes:
    process.join()
    assert process.exitcode == 0
print(own[0])
"""


@BACKENDS
def test_a_process_that_is_started_reads_the_tables(backend: str) -> None:
    assert script(STARTED, backend).strip()


LET_GO = """
import os, sys
from multiprocessing import context, get_context
from tests.group.test_sharing import base_of, describe
base, queue = base_of(sys.argv[1]), get_context("spawn").Queue()
process = get_context("spawn").Process(target=describe, args=(base, queue))
process.start()
queue.get()
process.join()
name = base._shared.name
assert name in os.listdir("/dev/shm")
del base, process
assert name not in os.listdir("/dev/shm")
print(name)
"""


@BACKENDS
def test_shared_memory_goes_with_its_base(backend: str) -> None:
    assert script(LET_GO, backend).strip()


@BACKENDS
def test_elsewhere_a_base_builds_its_own_tables(backend: str) -> None:
    base = base_of(backend)
    found = pickle.loads(pickle.dumps(base))
    assert (found._shared, found._table) == (None, None)
    assert base._shared is None
    assert (found.element, found.window) == (base.element, base.window)
    assert found.element.group.backend.name == backend
    assert described(found) == described(base)


@BACKENDS
def test_tables_that_were_built_before_are_shared_too(backend: str) -> None:
    code = STARTED.replace("assert base._table is None and base._shared is None", "base.table")
    assert script(code, backend).strip()


WHOLE = """
import os, sys, unittest.mock
from pathlib import Path
from e2evote.errors import ParseError
from e2evote.group import sharing
from e2evote.record.layout import Record
from e2evote.verifier.run import verify_record
shared = []
of = sharing.SharedBytes.of
with unittest.mock.patch.object(sharing.SharedBytes, "of", lambda data: shared.append(of(data)) or shared[-1]):
    try:
        print(verify_record(Record.at(Path(sys.argv[1])), jobs=2, backend=sys.argv[2]).valid)
    except ParseError as error:
        print(error)
assert len(shared) >= 2, shared
print(*(block.name for block in shared))
"""


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    options = {"ballots": 4, "challenged": 0, "spoiled": 0, "n": 1, "k": 1, "until": "opened"}
    return build_record(tmp_path_factory.mktemp("shared") / "record", group_name=STANDARD.name, **options).path


@BACKENDS
def test_nothing_stays_behind_a_verification(backend: str, record: Path) -> None:
    assert script(WHOLE, record, backend).startswith("True\n")


@BACKENDS
def test_nothing_stays_behind_one_that_stops_early(backend: str, record: Path) -> None:
    path = next((record / "devices" / "0001").glob("ballots*"))
    whole = path.read_bytes()
    path.write_bytes(b"{}" + whole)
    try:
        assert "ballot" in script(WHOLE, record, backend)
    finally:
        path.write_bytes(whole)
