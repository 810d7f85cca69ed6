"""Style sheets and the font: served by the board itself, and used by its pages in both languages."""

import hashlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from e2evote.web import assets
from tests.web.browser import window
from tests.web.elections import VotingBoard
from tests.web.servers import Server

DEPENDENCIES = Path(__file__).parents[2] / "docs" / "dependencies.md"
FONT = "fonts/vazirmatn.woff2"


@pytest.mark.parametrize("name", assets.FILES)
def test_a_file_is_served_as_it_is_and_once(client: TestClient, name: str) -> None:
    answer = client.get(f"/static/{name}")
    assert (answer.status_code, answer.content) == (200, (assets.STATIC / name).read_bytes())
    assert answer.headers["content-type"] == assets.KINDS[Path(name).suffix]
    again = client.get(f"/static/{name}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["", "fonts", "fonts/", "../pages.py", "fonts%2F..%2Fboard.css", "FONTS.CSS"])
def test_nothing_else_is(client: TestClient, name: str) -> None:
    assert client.get(f"/static/{name}", follow_redirects=False).status_code == 404


def test_the_font_is_the_one_that_was_named() -> None:
    found = hashlib.sha256((assets.STATIC / FONT).read_bytes()).hexdigest()
    assert f"`{found}`" in DEPENDENCIES.read_text(encoding="utf-8")


def test_style_sheets_name_no_other_server() -> None:
    for name in assets.FILES:
        if name.endswith(".css"):
            text = (assets.STATIC / name).read_text(encoding="utf-8")
            assert all(f"fonts/{Path(found).name}" == found for found in re.findall(r'url\("([^"]*)"\)', text))
            assert not re.search(r"https?:|@import", text)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_pages_are_written_in_it(prepared: VotingBoard, browser: Browser, language: str) -> None:
    with Server.board(prepared.folder, interval=3600) as server, window(browser, language) as seen:
        seen.page.goto(f"http://127.0.0.1:{server.port}/")
        assert seen.page.evaluate("document.fonts.ready.then(fonts => [...fonts].map(one => one.status))") == ["loaded"]
        used = seen.context.new_cdp_session(seen.page)
        used.send("DOM.enable")
        used.send("CSS.enable")
        root = used.send("DOM.getDocument")["root"]["nodeId"]
        heading = used.send("DOM.querySelector", {"nodeId": root, "selector": "h1"})["nodeId"]
        fonts = used.send("CSS.getPlatformFontsForNode", {"nodeId": heading})["fonts"]
        assert [(font["familyName"], font["isCustomFont"]) for font in fonts] == [("Vazirmatn", True)]
        assert seen.complaints == []
