"""A window in which the repository's modules can be imported, without a server: addresses lead to files."""

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Route

ROOT = Path(__file__).parents[3]
ORIGIN = "https://repository.test"
_SCRIPT = {".js": "text/javascript", ".mjs": "text/javascript"}


@contextmanager
def repository_page(browser: Browser) -> Iterator[Page]:
    """Open an empty page beside the repository's files; its address is a secure one, since others get no crypto."""

    def answer(route: Route) -> None:
        path = ROOT / urlsplit(route.request.url).path.lstrip("/")
        if path == ROOT:
            return route.fulfill(body="<!DOCTYPE html><title>modules</title>", content_type="text/html")
        kind = _SCRIPT.get(path.suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
        return route.fulfill(body=path.read_bytes(), content_type=kind)

    context = browser.new_context()
    try:
        context.route(f"{ORIGIN}/**", answer)
        page = context.new_page()
        page.goto(f"{ORIGIN}/")
        yield page
    finally:
        context.close()
