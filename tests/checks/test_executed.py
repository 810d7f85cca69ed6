"""Tests run what they say that they show."""

import subprocess
import sys

import pytest

from e2evote.encoding import b
from tests.checks.executed import ROOT, Watch
from tests.checks.spec_index import Item


def test_what_is_called_is_noted() -> None:
    watch, before = Watch(), sys.getprofile()
    sys.setprofile(watch)
    try:
        b(258, 3)
    finally:
        sys.setprofile(before)
    assert Item("eq", "123") in watch.seen
    assert Item("eq", "130") not in watch.seen


@pytest.mark.slow
def test_tests_run_what_they_cite() -> None:
    """Half a minute: the tests that cite, a second time."""
    command = [sys.executable, "-m", "pytest", "-p", "tests.checks.executed", "-p", "no:cacheprovider", "-q", "-n0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
