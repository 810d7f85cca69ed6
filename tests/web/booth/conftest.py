"""An election online, its booth in this process, and voters."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.web.booth.booths import Clock, Encrypted, Voter, ballots, inside, make_booth


@pytest.fixture(scope="session")
def made_booth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An election whose booth is open. Read-only."""
    return make_booth(tmp_path_factory.mktemp("booth") / "club")


@pytest.fixture
def directory(made_booth: Path, tmp_path: Path) -> Path:
    """A copy of it, to write to."""
    shutil.copytree(made_booth, tmp_path / "club")
    return tmp_path / "club"


@pytest.fixture(scope="session")
def ready(made_booth: Path) -> list[Encrypted]:
    """Ballots for its device."""
    return ballots(made_booth, 8)


@pytest.fixture
def clock() -> Clock:
    """The server's clock."""
    return Clock()


@pytest.fixture
def client(directory: Path, clock: Clock) -> Iterator[TestClient]:
    """The application."""
    with inside(directory, clock) as client:
        yield client


NewVoter = Callable[[int], Voter]


@pytest.fixture
def voter(client: TestClient, directory: Path) -> NewVoter:
    """Makes browsers in which a member has signed in; 0: nobody has."""

    def make(number: int) -> Voter:
        made = Voter(client, directory)
        if number:
            made.sign_in(number)
        return made

    return make
