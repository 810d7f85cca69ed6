"""An election with two stations, to be copied."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from e2evote.election.stations.machine import Machine
from tests.election.stations.halls import Within, machine, make_stations, signing
from tests.web.booth.booths import Clock, inside


@pytest.fixture(scope="session")
def made_stations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the election ``club`` and the stations ``hall`` and ``school``. Read-only."""
    place = tmp_path_factory.mktemp("stations")
    make_stations(place / "club")
    return place


@pytest.fixture
def place(made_stations: Path, tmp_path: Path) -> Path:
    """A copy of it, to write to."""
    shutil.copytree(made_stations, tmp_path / "place")
    return tmp_path / "place"


@pytest.fixture
def clock() -> Clock:
    """The clock of everybody."""
    return Clock()


@pytest.fixture
def client(place: Path, clock: Clock) -> Iterator[TestClient]:
    """The election's server."""
    with inside(place / "club", clock) as client:
        yield client


@pytest.fixture
def link(client: TestClient, place: Path, clock: Clock) -> Within:
    """The way from the hall to the server."""
    return Within(client, place / "hall", clock)


@pytest.fixture
def hall(place: Path, clock: Clock, link: Within) -> Iterator[Machine]:
    """The station in the hall, open and online."""
    found = machine(place / "hall", clock, link)
    found.open(signing(place / "hall"))
    yield found
    found.shut()
