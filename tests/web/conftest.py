"""Boards that are being served, for tests of what is served."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from e2evote.web.application import board_application
from e2evote.web.token import submission_token
from tests.web.browser import chromium
from tests.web.checking import MANIFEST, CheckedElection, Served, WithChecker, listening
from tests.web.elections import VotingBoard, voting_board


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> VotingBoard:
    """A board that is ready to vote, without witnesses. Read-only."""
    return voting_board(tmp_path_factory.mktemp("prepared") / "board")


@pytest.fixture
def voting(prepared: VotingBoard, tmp_path: Path) -> VotingBoard:
    """A copy of it, to write to."""
    shutil.copytree(prepared.folder, tmp_path / "board")
    return replace(prepared, folder=tmp_path / "board")


@pytest.fixture
def client(voting: VotingBoard) -> Iterator[TestClient]:
    """Who reads and submits."""
    with TestClient(board_application(voting.settings())) as client:
        yield client


@pytest.fixture
def bearer(voting: VotingBoard) -> dict[str, str]:
    """The headers of who may submit."""
    return {"Authorization": f"Bearer {submission_token(voting.folder)}", "Content-Type": "application/json"}


@pytest.fixture(scope="session")
def fuzzed(prepared: VotingBoard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server for many requests that change nothing."""
    folder = tmp_path_factory.mktemp("fuzzed") / "board"
    shutil.copytree(prepared.folder, folder)
    with TestClient(board_application(replace(prepared, folder=folder).settings(interval=3600))) as client:
        yield client


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for tests that open windows of their own (``tests.web.browser.window``).

    It ends with its module: as long as it runs, its event loop does, and no other can be run in this thread.
    """
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A board that is served, with the checker beside it, for the tests of a file."""
    folder = tmp_path_factory.mktemp("checked") / "board"
    election = CheckedElection(voting_board(folder, ballots=0, **MANIFEST))
    application = WithChecker(board_application(election.voting.settings()), b"", "")
    with listening(application) as url:
        yield Served(election, application, url)


@pytest.fixture
def served(checked: Served) -> Served:
    """The same, with an honest server again."""
    checked.use()
    return checked
