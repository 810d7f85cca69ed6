"""Pictures of the election's pages for the documentation, from elections that are held for them: ``public_pages``."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from e2evote.examples import manifest_bytes
from tests.web.browser import DESKTOP, PHONE, chromium, window
from tests.web.elections import HeldBoard, held_board
from tests.web.pictures import smaller
from tests.web.servers import Server

PICTURES = (
    # file, election, path, language, screen, colours
    ("election-en.png", "voting", "/election", "en", DESKTOP, "light"),
    ("election-fa-phone.png", "voting", "/election", "fa", PHONE, "light"),
    ("results-en.png", "weighted", "/results", "en", DESKTOP, "light"),
    ("results-fa.png", "results", "/results", "fa", DESKTOP, "light"),
    ("results-fa-phone-dark.png", "results", "/results", "fa", PHONE, "dark"),
    ("guardians-fa.png", "voting", "/guardians", "fa", DESKTOP, "light"),
    ("record-en.png", "results", "/record", "en", DESKTOP, "light"),
    ("honesty-fa.png", "voting", "/honesty", "fa", DESKTOP, "light"),
)


def example_board(folder: Path, example: str, until: Any, **changes: object) -> HeldBoard:
    """Hold an example's election with invented ballots, on the toy group."""
    manifest: dict[str, object] = {"tally_cells": None, "maximum_weight": 1}
    manifest |= json.loads(manifest_bytes(example)) | {"chaining_modes": [0], **changes}
    devices = [("Voters' pages", 0), ("Booth in the hall", 0)]
    return held_board(folder, until, options={"ballots": 60, "challenged": 3, "devices": devices}, **manifest)


def public_pages(folder: Path) -> list[Path]:
    """Take the pictures of the public pages into a folder, and return their paths."""
    with tempfile.TemporaryDirectory() as temporary, chromium() as browser:
        root = Path(temporary)
        elections = {
            "voting": example_board(root / "voting", "association", "voting"),
            "results": example_board(root / "results", "association", "ended"),
            "weighted": example_board(root / "weighted", "stakeholders", "ended", maximum_weight=3),
        }
        return list(_pictures(browser, elections, folder))


def _pictures(browser: Browser, elections: dict[str, HeldBoard], folder: Path) -> Iterator[Path]:
    for name, election, path, language, size, colours in PICTURES:
        with shown(browser, elections[election], path, language, size, colours) as page:
            yield picture(page, folder / name)


@contextmanager
def shown(
    browser: Browser, election: HeldBoard, path: str, language: str, size: dict[str, int], colours: str
) -> Iterator[Page]:
    """Open a page of an election's server."""
    with (
        Server.board(election.folder, interval=3600) as server,
        window(browser, language, size, color_scheme=colours) as seen,
    ):
        seen.page.goto(f"http://127.0.0.1:{server.port}{path}")
        seen.page.evaluate("document.fonts.ready")
        yield seen.page


def picture(page: Page, path: Path) -> Path:
    """Save the upper part of a page, three screens of a phone at most."""
    path.parent.mkdir(parents=True, exist_ok=True)
    width = page.viewport_size["width"]  # type: ignore[index]
    height = min(page.evaluate("document.documentElement.scrollHeight"), 1100 if width > 400 else 1400)
    page.set_viewport_size({"width": min(width, 900), "height": height})
    path.write_bytes(smaller(page.screenshot()))
    return path
