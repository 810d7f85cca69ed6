"""Real pages in Debian's Chromium, with everything they ask for written down."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

CHROMIUM = shutil.which("chromium")
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 320, "height": 640}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def require_chromium() -> str:
    """Return where Chromium is; without it a test is skipped, and fails where CI is set."""
    if CHROMIUM is None:
        assert "CI" not in os.environ, "Chromium is needed; 'make system-packages' installs it"
        pytest.skip("no Chromium; 'make system-packages' installs it")
    return CHROMIUM


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser without a screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=require_chromium(), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watched:
    """A browser's window with what it asked for and what it complained about."""

    context: BrowserContext
    page: Page
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def sent(self) -> str:
        """Everything that left the page: methods, addresses, headers and bodies."""
        parts = []
        for request in self.requests:
            parts += [request.method, request.url, repr(request.all_headers()), request.post_data or ""]
        return "\n".join(parts)


@contextmanager
def window(
    browser: Browser, language: str = "en", size: dict[str, int] | None = None, **options: object
) -> Iterator[Watched]:
    """Open a window of its own, with its own cookies; errors on the page are collected."""
    locale = {"en": "en-GB", "fa": "fa-IR"}[language]
    context = browser.new_context(locale=locale, viewport=size or DESKTOP, reduced_motion="reduce", **options)  # type: ignore[arg-type]
    watched = Watched(context, context.new_page())
    context.on("request", lambda request: watched.requests.append(request))
    context.on("console", lambda said: watched.complaints.append(said.text) if said.type == "error" else None)
    context.on("weberror", lambda error: watched.complaints.append(str(error.error)))
    try:
        yield watched
    finally:
        context.close()


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA on a page as it is now; a strict CSP lets it in through the debugger."""
    found = Axe().run(page, options={"runOnly": WCAG}).response["violations"]
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]
