"""The voting page's own modules make the ballots that the library makes, and open them."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.vectors import freeze_booth
from tests.web.booth.files_in_chromium import repository_page

HERE = Path(__file__).parent
NODE = shutil.which("node")


@pytest.fixture(scope="module", autouse=True)
def _node_in_ci() -> None:
    assert NODE or "CI" not in os.environ, "node is needed; 'make system-packages' installs it"


@pytest.mark.skipif(NODE is None, reason="node is not installed; 'make system-packages' installs it")
def test_in_node() -> None:
    done = subprocess.run([NODE or "node", HERE / "run.mjs"], capture_output=True, check=True, timeout=300)
    outcome = json.loads(done.stdout)
    assert outcome["failed"] == []
    assert outcome["count"] > 100


def test_in_chromium(browser: Browser) -> None:
    with repository_page(browser) as page:
        outcome = page.evaluate(
            """async () => {
              const { run } = await import("/tests/web/booth/vectors.mjs");
              return run(async (name) => (await fetch(`/vectors/${name}`)).json());
            }"""
        )
    assert outcome["failed"] == []
    assert outcome["count"] > 100


def test_the_vectors_are_what_the_library_makes() -> None:
    assert freeze_booth.FILE.read_text(encoding="utf-8") == freeze_booth.rendered()
