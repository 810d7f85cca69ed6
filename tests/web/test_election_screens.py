"""The public pages and the board's in a browser: both languages, a desktop and a narrow phone, light and dark."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from e2evote.encoding import hex_of
from e2evote.web.application import board_application
from e2evote.web.election.booth import Booth, Support
from tests.builders import MERGING, SUPPLEMENTAL
from tests.web.browser import DESKTOP, PHONE, violations, window
from tests.web.elections import held_board, site_of
from tests.web.pictures import smaller
from tests.web.screens import PICTURES
from tests.web.servers import in_a_thread

GUIDE = Path(__file__).parents[2] / "docs" / "pages"
NOW = datetime.now(UTC)
BOOTH = Booth(NOW - timedelta(1), NOW + timedelta(1), Support({"en": "Ask us."}, "+98 28 33", "help@club.example"))
SCREENS = [("en", DESKTOP, "light"), ("fa", PHONE, "light"), ("fa", DESKTOP, "dark"), ("en", PHONE, "dark")]


@dataclass(frozen=True, slots=True)
class Served:
    """Addresses of an election while voting runs, and of one with everything that can be on a results page."""

    voting: str
    ended: str
    code: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("screens")
    voting = held_board(root / "voting", "voting")
    ended = held_board(root / "ended", contests=SUPPLEMENTAL, tally_cells=MERGING, minimum_cell_ballots=5)
    first = board_application(voting.settings(interval=3600))
    second = board_application(ended.settings(interval=3600))
    with in_a_thread(first) as one, in_a_thread(second) as two:
        site_of(first).booth = BOOTH
        yield Served(one, two, hex_of(next(iter(ended.built.ballots))))


@pytest.mark.parametrize(("language", "size", "colours"), SCREENS)
def test_pages_keep_nobody_out(
    browser: Browser, served: Served, language: str, size: dict[str, int], colours: str
) -> None:
    voting = [served.voting + path for path in ("/election", "/guardians", "/honesty")]
    ended = [served.ended + path for path in ("/election", "/results", "/record")]
    board = [
        served.ended + path for path in ("/", f"/ballot/{served.code}", "/search?q=x", "/search?q=00000000", "/no")
    ]
    with window(browser, language, size, color_scheme=colours) as seen:
        for address in (*voting, *ended, *board):
            seen.page.goto(address)
            seen.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            assert violations(seen.page) == [], address
            assert seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        origins = {request.url.split("/", 3)[2] for request in seen.requests if not request.url.startswith("data:")}
        assert origins == {served.voting.removeprefix("http://"), served.ended.removeprefix("http://")}
        assert {request.resource_type for request in seen.requests} <= {"document", "stylesheet", "font", "image"}
        assert [one for one in seen.complaints if "40" not in one] == []


def test_the_chart_begins_where_writing_does(browser: Browser, served: Served) -> None:
    for language in ("en", "fa"):
        with window(browser, language, PHONE) as seen:
            seen.page.goto(f"{served.ended}/results")
            picture = seen.page.locator("svg.chart").first
            frame, name = picture.bounding_box(), picture.locator("text:not(.count)").first.bounding_box()
            bar = picture.locator("rect.bar").first.bounding_box()
            ends = [(each["x"], each["x"] + each["width"]) for each in (frame, name, bar) if each is not None]
            assert len(ends) == 3
            side = 1 if language == "fa" else 0
            assert max(each[side] for each in ends) - min(each[side] for each in ends) < 2


def test_everything_is_reached_with_the_keyboard(browser: Browser, served: Served) -> None:
    with window(browser, "fa", PHONE) as seen:
        seen.page.goto(f"{served.voting}/election")
        names = []
        for _ in range(12):
            seen.page.keyboard.press("Tab")
            names.append(seen.page.evaluate("document.activeElement.textContent.trim()"))
        assert names[0] == "رفتن به متن"
        assert "رأی دادن" in names
        assert names.index("انتخابات") < names.index("رأی دادن")


def test_without_script_nothing_is_missing(browser: Browser, served: Served) -> None:
    with window(browser, "en", DESKTOP, java_script_enabled=False) as seen:
        seen.page.goto(f"{served.ended}/results")
        assert seen.page.locator("svg.chart").count() == 2
        seen.page.locator("summary").first.click()
        assert seen.page.locator("details table").first.is_visible()


def test_a_picture_with_few_colours_is_the_same_picture(browser: Browser) -> None:
    with window(browser, size={"width": 60, "height": 40}) as seen:
        seen.page.set_content(
            "<body style='margin:0;background:#ff0000'><p style='background:#0000ff;height:20px;margin:0'>"
        )
        made = smaller(seen.page.screenshot())
        seen.page.set_content("<img>")
        colours = seen.page.evaluate(
            """async bytes => {
                const image = await createImageBitmap(new Blob([new Uint8Array(bytes)], {type: "image/png"}));
                const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
                canvas.drawImage(image, 0, 0);
                return [[3, 3], [3, 30]].map(([x, y]) => [...canvas.getImageData(x, y, 1, 1).data]);
            }""",
            list(made),
        )
        assert colours == [[0, 0, 255, 255], [255, 0, 0, 255]]


def test_the_guides_pictures_are_small_and_there() -> None:
    for name, *_ in PICTURES:
        assert (GUIDE / name).stat().st_size <= 60 * 1024, name
