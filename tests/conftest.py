"""What all tests share: hypothesis profiles, a toy election, a toy record.

Fixtures are session-wide and read-only: a test that changes a record copies it first.
"""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from e2evote.approval import ApprovedRecord
from e2evote.group.elements import Group
from e2evote.group.parameters import STANDARD, group_named
from e2evote.record.setup import Election
from tests.approvals import approved_of
from tests.board_forger import build_board
from tests.builders import TOY, BuiltRecord, build_record
from tests.deterministic import DeterministicRandomness
from tests.mail_forger import build_mail
from tests.mistakes.helpers import plain

# A shell that starts a job in the background lets it ignore Ctrl-C, which tests send to themselves and to others.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# ci (the default): the same examples every time. dev (--hypothesis-profile=dev): other ones each time, and more.
_quiet = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]}
settings.register_profile("ci", derandomize=True, max_examples=40, database=None, **_quiet)
settings.register_profile("dev", max_examples=300, **_quiet)
settings.load_profile("ci")


@pytest.fixture(scope="session")
def toy() -> Group:
    """The 64/256-bit parameter set."""
    return group_named(TOY)


@pytest.fixture(scope="session")
def standard() -> Group:
    """The standard parameters."""
    return STANDARD


@pytest.fixture
def rng() -> DeterministicRandomness:
    """Randomness that is the same in every run of the test."""
    return DeterministicRandomness(0)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltRecord:
    """A whole toy election with its record on disk and every secret. Read-only."""
    return build_record(tmp_path_factory.mktemp("built") / "record")


@pytest.fixture(scope="session")
def mail() -> BuiltRecord:
    """The part of a toy mail election that is in memory; see ``MailForger``."""
    return build_mail()


@pytest.fixture(scope="session")
def board() -> BuiltRecord:
    """The part of a toy election with a bulletin board that is in memory; see ``BoardForger``."""
    return build_board()


@pytest.fixture(scope="session")
def even(tmp_path_factory: pytest.TempPathFactory) -> BuiltRecord:
    """A record up to its encrypted tallies in which all weights are 1 and nothing is forbidden."""
    votes = [
        plain(1, c1=(1, 1, 0, 0), c3=(1, 0)),
        plain(2, c2=(3, 1), c3=(0, 1)),
        plain(1, write_ins={4: "A"}, c1=(0, 0, 0, 1)),
        plain(2, c2=(0, 2)),
    ] * 3
    path = tmp_path_factory.mktemp("even") / "record"
    return build_record(path, ballots=12, plaintexts=votes, until="tally")


@pytest.fixture(scope="session")
def approved(even: BuiltRecord) -> ApprovedRecord:
    return approved_of(even.path)


@pytest.fixture(scope="session")
def election(built: BuiltRecord) -> Election:
    """The toy election of ``built``."""
    return built.election


@pytest.fixture(scope="session")
def interop() -> Path:
    """The folder with what others published; the test is skipped where it is not at hand."""
    folder = os.environ.get("E2EVOTE_INTEROP")
    if not folder:
        pytest.skip("E2EVOTE_INTEROP is not set: no records of other implementations at hand")
    if not Path(folder).is_dir():
        pytest.skip(f"E2EVOTE_INTEROP: {folder} is not a directory")
    return Path(folder)
