"""Pictures of the election's pages for the documentation, from elections that are held for them: ``public_pages``."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from e2evote.examples import manifest_bytes
from e2evote.web.application import board_application
from e2evote.web.election.booth import Booth, Support
from tests.web.browser import DESKTOP, PHONE, chromium, window
from tests.web.elections import HeldBoard, held_board, site_of
from tests.web.pictures import smaller
from tests.web.servers import in_a_thread

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

OPENS = datetime.now(UTC) - timedelta(hours=7)
SUPPORT = Support(
    {"en": "Ask us every day from 8 to 20.", "fa": "هر روز از ۸ تا ۲۰ پاسخ می‌دهیم."},
    "+98 28 3333 0000",
    "help@club.example",
)
BOOTH = Booth(OPENS, OPENS + timedelta(days=2), SUPPORT, members=412)


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
    application = board_application(election.settings(interval=3600, zone="Asia/Tehran"))
    with in_a_thread(application) as address, window(browser, language, size, color_scheme=colours) as seen:
        site_of(application).booth = BOOTH
        seen.page.goto(address + path)
        seen.page.evaluate("document.fonts.ready")
        yield seen.page


def picture(page: Page, path: Path) -> Path:
    """Save the upper part of a page, three screens of a phone at most."""
    path.parent.mkdir(parents=True, exist_ok=True)
    width = page.viewport_size["width"]  # type: ignore[index]
    height = min(page.evaluate("document.documentElement.scrollHeight"), 980 if width > 400 else 1400)
    page.set_viewport_size({"width": min(width, 900), "height": height})
    path.write_bytes(smaller(page.screenshot()))
    return path
