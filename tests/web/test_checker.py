"""The checker in Chromium: honest ballots in words, wherever the page comes from, scanned, pictured or typed."""

import json
import os
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Browser, expect
from starlette.responses import Response

from e2evote.encoding import hex_of
from e2evote.web.application import board_application
from e2evote.web.checker.bundle import bundle
from e2evote.web.checker.page import checker_page
from tests.web.booth.test_types import STATIC
from tests.web.browser import DESKTOP, PHONE, require_chromium, violations, window
from tests.web.checking import (
    MANIFEST,
    PATH,
    CheckedElection,
    Served,
    WithChecker,
    ballot_of,
    enter,
    heading,
    listening,
    plain_server,
)
from tests.web.elections import voting_board

CHOICES = {
    "en": ["Board of directors", "Zahra Kazemi", "Somebody else, with the text “شهرزاد نیک‌خواه”",
           "The garden: 3 votes", "The library", "No", "Weight", "2", "Member"],
    "fa": ["هیئت مدیره", "زهرا کاظمی", "کسی دیگر، با متن «شهرزاد نیک‌خواه»", "باغ: ۳ رأی", "کتابخانه", "نه", "وزن", "۲",
           "عضو"],
}  # fmt: skip


# ------------------------------------------------------------------------------------------------- honest ballots


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("language", ["en", "fa"])
def test_an_honest_ballot_is_shown_in_words(
    browser: Browser, served: Served, language: str, size: dict[str, int]
) -> None:
    made = served.election.challenged()
    with window(browser, language, size) as watched:
        page = watched.page
        page.goto(served.url + PATH)
        assert violations(page) == []
        page.locator("summary").click()
        expect(page.locator("footer dd").last).to_contain_text("e2evote")
        assert page.locator("html").get_attribute("dir") == {"en": "ltr", "fa": "rtl"}[language]
        enter(page, made)
        page.locator(".contest").first.wait_for()
        for words in CHOICES[language]:
            expect(page.get_by_text(words, exact=True).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("document.activeElement.tagName") == "H1"
        assert violations(page) == []
        page.locator(".answers button").first.click()
        assert violations(page) == []
        assert "not counted" in page.locator("main").inner_text() or language == "fa"
        assert {request.url.split("/")[2] for request in watched.requests} == {served.url.split("/")[2]}
        assert hex_of(made.nonce) not in watched.sent()
        assert watched.complaints == []


def test_a_challenge_with_the_secret_for_it(browser: Browser, served: Served) -> None:
    secret = b"s" * 32
    made = served.election.put(*served.election.encrypt(ballot_of()), "challenged", challenge=secret, shown=secret)
    with window(browser) as watched:
        watched.page.goto(served.url + PATH)
        enter(watched.page, made)
        assert heading(watched.page) == "This is what was encrypted"


def test_null_votes_overvotes_and_a_change_of_language(browser: Browser, served: Served) -> None:
    made = served.election.challenged(ballot_of(board=[1, 1, 1, 0], scores=[0, 0], motion=[0, 0], text=""))
    with window(browser) as watched:
        page = watched.page
        page.goto(served.url + PATH)
        enter(page, made)
        sections = page.locator(".contest")
        expect(sections.nth(0)).to_contain_text("More was marked than allowed")
        for name in ("Zahra Kazemi", "Ali Rezaei", "Maryam Ahmadi"):
            expect(sections.nth(0)).to_contain_text(name)
        expect(sections.nth(1)).to_contain_text("Nothing chosen")
        page.get_by_role("button", name="فارسی").click()
        expect(sections.nth(1)).to_contain_text("هیچ گزینه‌ای انتخاب نشده است")
        assert page.evaluate("document.activeElement.textContent") == "فارسی"
        assert page.locator("html").get_attribute("lang") == "fa"
        assert watched.complaints == []


def test_on_the_standard_group(browser: Browser, tmp_path: Path) -> None:
    election = CheckedElection(voting_board(tmp_path / "board", 0, group_name="standard-4096", **MANIFEST))
    made = election.challenged()
    page_file = checker_page(election.election_json())
    application = WithChecker(board_application(election.voting.settings()), page_file.html, page_file.policy)
    with listening(application) as url, window(browser) as watched:
        watched.page.goto(url + PATH)
        enter(watched.page, made)
        assert heading(watched.page) == "This is what was encrypted"
        expect(watched.page.locator(".contest").first).to_contain_text("Zahra Kazemi")
        assert watched.complaints == []


# ---------------------------------------------------------------------------------------- where the page comes from


def test_saved_to_disk_and_from_another_origin(browser: Browser, served: Served, tmp_path: Path) -> None:
    made = served.election.challenged()
    (tmp_path / "checker.html").write_bytes(checker_page(served.election.election_json(served.url)).html)
    with plain_server(tmp_path) as elsewhere:
        for address in (f"{elsewhere}/checker.html", (tmp_path / "checker.html").as_uri()):
            with window(browser) as watched:
                page = watched.page
                page.goto(address)
                assert page.get_by_label("Address of the board").input_value() == served.url
                enter(page, made)
                assert heading(page) == "This is what was encrypted"
                page.locator(".answers button").last.click()
                page.get_by_role("button", name="Report this").click()
                expect(page.locator("h1")).to_contain_text("Report number")
                assert {request.url.split("/")[2] for request in watched.requests[1:]} == {served.url.split("/")[2]}
                assert watched.complaints == []


def test_the_boards_address_is_typed_where_the_file_has_none(browser: Browser, served: Served, tmp_path: Path) -> None:
    made = served.election.challenged()
    (tmp_path / "checker.html").write_bytes(checker_page(served.election.election_json()).html)
    with window(browser) as watched:
        page = watched.page
        page.goto((tmp_path / "checker.html").as_uri())
        enter(page, made)
        expect(page.locator("#board-said")).to_contain_text("https://")
        assert page.evaluate("document.activeElement.id") == "board"
        page.get_by_label("Address of the board").fill(served.url + "/")
        page.get_by_role("button", name="Check this ballot").click()
        assert heading(page) == "This is what was encrypted"


# --------------------------------------------------------------------------------------------- typing and scanning


def test_typing(browser: Browser, served: Served) -> None:
    made = served.election.challenged()
    grouped = " ".join(made.code[i : i + 4] for i in range(0, 64, 4)).lower()
    persian = hex_of(made.nonce).translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    with window(browser) as watched:
        page = watched.page
        page.goto(served.url + PATH)
        code, nonce = page.locator("#code"), page.locator("#nonce")
        page.get_by_role("button", name="Check this ballot").click()
        expect(page.locator("#code-said")).to_contain_text("Enter all 64 digits")
        assert page.evaluate("document.activeElement.id") == "code"
        code.fill("12 G4")
        expect(page.locator("#code-said")).to_contain_text("“G” cannot stand in it")
        assert code.get_attribute("aria-invalid") == "true"
        code.fill(made.code + "AB")
        expect(page.locator("#code-said")).to_contain_text("2 digits are too many")
        code.fill("ab ۱۲")
        expect(page.locator("#code-said")).to_have_text("4 of 64 digits")
        assert violations(page) == []
        code.fill(grouped)
        expect(page.locator("#code-said")).to_contain_text("Complete")
        nonce.fill(f"\u200e{persian[:32]}\n{persian[32:]}")
        expect(page.locator("#nonce-said")).to_contain_text("Complete")
        nonce.press("Enter")
        assert heading(page) == "This is what was encrypted"
        assert watched.complaints == []


def test_a_picture(browser: Browser, served: Served, tmp_path: Path) -> None:
    made = served.election.challenged()
    segno.make(made.text, error="m").save(str(tmp_path / "right.png"), scale=6, border=4)
    segno.make(made.code, error="m").save(str(tmp_path / "other.png"), scale=6, border=4)
    (tmp_path / "none.png").write_bytes(b"no picture")
    with window(browser) as watched:
        page = watched.page
        page.goto(served.url + PATH)
        picture = page.get_by_label("Read the QR code from a picture")
        picture.set_input_files(tmp_path / "none.png")
        expect(page.locator("main > .said")).to_contain_text("No QR code was found")
        picture.set_input_files(tmp_path / "other.png")
        expect(page.locator("main > .said")).to_contain_text("none of a challenged ballot")
        picture.set_input_files(tmp_path / "right.png")
        assert heading(page) == "This is what was encrypted"


def test_the_voting_pages_qr_code_is_read(browser: Browser, served: Served, tmp_path: Path) -> None:
    """``qr.js`` draws it, under the policy of pages that allow no HTML from text; the checker reads it."""
    made = served.election.challenged()
    module = os.path.relpath(STATIC / "booth" / "qr.js", tmp_path)
    source = f'import {{ qrSvg }} from "{module}";\ndocument.body.append(qrSvg(document.body.dataset.text));\n'
    (tmp_path / "main.js").write_text(source)
    served.application.answers["/drawn.js"] = Response(bundle(tmp_path / "main.js"), media_type="text/javascript")
    strict = "script-src 'self'; img-src data:; require-trusted-types-for 'script'; trusted-types 'none'"
    policy = {"Content-Security-Policy": f"default-src 'none'; {strict}"}
    html = (
        f'<!DOCTYPE html><link rel="icon" href="data:,"><body data-text="{made.text}"><script src="/drawn.js"></script>'
    )
    served.application.answers["/drawn"] = Response(html, headers=policy, media_type="text/html")
    with window(browser, size={"width": 300, "height": 320}) as watched:
        watched.page.goto(served.url + "/drawn")
        assert watched.page.locator("svg").get_attribute("role") == "img"
        watched.page.locator("svg").screenshot(path=tmp_path / "drawn.png")
        assert watched.complaints == []
        watched.page.goto(served.url + PATH)
        watched.page.get_by_label("Read the QR code from a picture").set_input_files(tmp_path / "drawn.png")
        assert heading(watched.page) == "This is what was encrypted"


def video_of(text: str, path: Path) -> None:
    """Write what a camera sees that is held before a QR code."""
    width, height, scale = 640, 480, 7
    rows = [bytearray(row) for row in segno.make(text, error="m").matrix]
    left, top = (width - len(rows) * scale) // 2, (height - len(rows) * scale) // 2
    luma = bytearray(b"\xd2" * (width * height))
    for y, row in enumerate(rows):
        line = b"".join((b"\x20" if module else b"\xd2") * scale for module in row)
        for dy in range(scale):
            start = (top + y * scale + dy) * width + left
            luma[start : start + len(line)] = line
    frame = b"FRAME\n" + bytes(luma) + b"\x80" * (width * height // 2)
    path.write_bytes(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 5)


def test_the_camera(browser: Browser, served: Served, tmp_path: Path) -> None:
    made = served.election.challenged()
    video_of(made.text, tmp_path / "seen.y4m")
    arguments = [
        "--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={tmp_path / 'seen.y4m'}",
    ]  # fmt: skip
    started = browser.browser_type.launch(executable_path=require_chromium(), args=arguments)
    try:
        with window(started) as watched:
            watched.page.goto(served.url + PATH)
            watched.page.get_by_role("button", name="Scan the QR code with the camera").click()
            expect(watched.page.locator("h1")).to_have_text("This is what was encrypted", timeout=30_000)
            assert watched.complaints == []
    finally:
        started.close()


def test_no_camera(browser: Browser, served: Served) -> None:
    with window(browser, permissions=[]) as watched:
        watched.page.goto(served.url + PATH)
        watched.page.get_by_role("button", name="Scan the QR code with the camera").click()
        expect(watched.page.locator("main > .said")).to_contain_text("The camera could not be used")


def test_a_browser_that_cannot(browser: Browser, served: Served) -> None:
    with window(browser, java_script_enabled=False) as watched:
        watched.page.goto(served.url + PATH)
        expect(watched.page.locator("#old p").first).to_contain_text("newer browser")
        expect(watched.page.locator("#old p[lang=fa]")).to_be_visible()


def test_a_browser_of_long_ago(browser: Browser, served: Served) -> None:
    with window(browser) as watched:
        watched.page.add_init_script("delete window.BigInt")
        watched.page.goto(served.url + PATH)
        expect(watched.page.locator("#old p").first).to_be_visible()
        assert watched.page.locator("button").count() == 0


def test_the_file_is_the_same_every_time_and_lets_in_no_other_script(served: Served) -> None:
    data = served.election.election_json()
    page = checker_page(data)
    assert page == checker_page(data)
    assert page.html.count(b"<script") == 3
    assert b"src=" not in page.html
    assert "script-src 'sha256-" in page.policy
    assert "unsafe" not in page.policy
    assert page.policy.endswith("frame-ancestors 'none'")
    odd = json.loads(data) | {"names": {"en": "</script><script>alert(1)</script>"}}
    html = checker_page(json.dumps(odd).encode()).html
    assert b"</script><script>alert" not in html
    assert html.count(b"<script") == 3
