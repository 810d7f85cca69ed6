"""Work on a Dask cluster of real processes on this computer."""

import os
import signal
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from e2evote.engine import Cluster
from e2evote.errors import E2EVoteError
from e2evote.record.layout import Record
from e2evote.verifier import ballots
from e2evote.verifier.run import verify_record
from tests.builders import TOY, BuiltRecord
from tests.cli.conftest import run
from tests.engine import work
from tests.mutations import BY_NAME

needs_dask = pytest.mark.skipif(find_spec("distributed") is None, reason="Dask is not installed (extra 'distributed')")


@pytest.fixture(scope="module")
def local() -> Iterator[Any]:
    """A scheduler here and two worker processes, which are begun anew when they die; on the loopback only."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster


@needs_dask
def test_results_come_in_order(local: Any) -> None:
    hands = Cluster(local.scheduler_address)
    local.wait_for_workers(2)
    assert list(hands.map(work.double, range(40))) == [2 * number for number in range(40)]
    assert list(hands.map(work.double, [])) == []
    assert (hands.apart, hands.count) == (True, 2)
    assert str(hands) == f"2 threads of {local.scheduler_address}"


@needs_dask
def test_what_the_function_raises_comes_out_and_is_not_tried_again(local: Any, tmp_path: Path) -> None:
    results = Cluster(local.scheduler_address).map(partial(work.fail, tmp_path, 5), range(30))
    assert [next(results) for _ in range(5)] == [0, 2, 4, 6, 8]
    with pytest.raises(ValueError, match="5 cannot be doubled"):
        next(results)
    assert work.attempts(tmp_path, 5) == 1


@needs_dask
def test_who_stops_early_leaves_nothing_in_flight(local: Any) -> None:
    taken: list[int] = []
    results = Cluster(local.scheduler_address).map(work.own_pid, work.counted(1000, taken))
    next(results)
    assert len(taken) == 5
    results.close()
    assert not [key for key in local.scheduler.tasks if "own_pid" in key or "_work" in key]


@needs_dask
def test_a_death_is_noticed_and_the_chunk_done_again(local: Any, tmp_path: Path) -> None:
    results = Cluster(local.scheduler_address).map(partial(work.die, tmp_path, 7, 1), range(20))
    assert list(results) == [2 * number for number in range(20)]
    assert work.attempts(tmp_path, 7) == 2


@needs_dask
def test_a_record_is_verified_although_a_worker_dies(
    local: Any, built: BuiltRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ballots, "CHUNK_BALLOTS", 1)
    pid = next(iter(local.workers.values())).pid
    seen: list[int] = []

    def progress(done: int, total: int) -> None:
        if not seen:
            os.kill(pid, signal.SIGKILL)
        seen.append(done)

    record = Record.at(built.path)
    report = verify_record(record, "opened", Cluster(local.scheduler_address), (TOY,), progress)
    assert report == verify_record(record, allow_insecure=(TOY,))
    assert seen == list(range(1, 13))
    assert next(iter(local.workers.values())).pid != pid


@needs_dask
@pytest.mark.parametrize("name", ["encryption-of-two", "missing-ballot", "status-extra"])
def test_broken_records_give_the_same_report(
    local: Any, name: str, built: BuiltRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = BY_NAME[name].write(tmp_path / "record", built)
    whole = verify_record(Record.at(path), allow_insecure=(TOY,))
    monkeypatch.setattr(ballots, "CHUNK_BALLOTS", 3)
    assert verify_record(Record.at(path), "opened", Cluster(local.scheduler_address), (TOY,)) == whole
    assert not whole.valid


@needs_dask
def test_a_worker_without_the_program_says_so(local: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "only_here.py").write_text("def double(number):\n    return 2 * number\n")
    monkeypatch.syspath_prepend(tmp_path)
    results = Cluster(local.scheduler_address).map(import_module("only_here").double, range(3))
    with pytest.raises(
        E2EVoteError, match=r"a worker lacks this program, or a part of it \(No module named 'only_here'"
    ):
        list(results)


@needs_dask
def test_the_command_verifies_on_a_cluster(local: Any, built: BuiltRecord) -> None:
    local.wait_for_workers(2)
    done = run("verify", built.path, "--insecure-parameters", TOY, "--scheduler", local.scheduler_address)
    assert done.stdout.endswith("VALID\n")
    assert f" s on 2 threads of {local.scheduler_address}; " in done.stderr


@needs_dask
def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("e2evote.engine.cluster._PATIENCE", 0.5)
    with pytest.raises(E2EVoteError, match=r"tcp://127.0.0.1:9: no Dask scheduler answers there"):
        list(Cluster("tcp://127.0.0.1:9").map(work.double, range(3)))


@pytest.mark.parametrize("address", ["", "localhost", "http://127.0.0.1:8786", "tcp://127.0.0.1", "tcp://:x"])
def test_addresses_of_another_form(address: str) -> None:
    with pytest.raises(E2EVoteError, match="expected the address of a Dask scheduler"):
        Cluster(address)


def test_dask_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("e2evote.engine.cluster.find_spec", lambda name: None)
    with pytest.raises(E2EVoteError, match=r"pip install 'e2evote\[distributed\]'"):
        Cluster("tcp://127.0.0.1:8786")
