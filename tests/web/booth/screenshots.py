"""Pictures of every screen of the voting page, for docs/booth: Persian on a telephone, English on a desk.

    make screenshots

A real election of the toy group is made and served; a voter challenges one ballot and casts another. All names are
invented.
"""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from tests.web.booth.booths import BoothServer, make_booth
from tests.web.booth.driving import PageVoter
from tests.web.browser import chromium, window
from tests.web.pictures import smaller

FOLDER = Path(__file__).parents[3] / "docs" / "booth"
SIZES = {"fa": {"width": 360, "height": 740}, "en": {"width": 1024, "height": 720}}
LIMIT = 60 * 1024
"""Bytes of a picture."""
CHOSEN = [(0, 3, 5), (1,), (0,), (0,), (1,)]


class Photographer(PageVoter):
    """A voter who takes a picture of every screen, the first time it is there."""

    def look(self, name: str) -> None:
        """Take the picture; screens are numbered as a voter meets them."""
        if name not in self.seen:
            self.seen.append(name)
            self.picture(f"{len(self.seen):02}-{name}")

    def picture(self, name: str) -> None:
        """Take a picture of the page; of a contest what the window shows, whose count stays in sight."""
        path = FOLDER / f"{self.language}-{name}.png"
        self.page.mouse.wheel(0, -10_000)
        self.page.wait_for_timeout(100)
        path.write_bytes(smaller(self.page.screenshot(full_page="contest" not in name, animations="disabled")))
        assert path.stat().st_size <= LIMIT, f"{path}: {path.stat().st_size} bytes"


def photograph(browser: Browser, server: BoothServer, directory: Path, language: str, number: int) -> None:
    """Vote in a language, as a member."""
    with window(browser, language, SIZES[language]) as watched:
        voter = Photographer(watched, server.url, directory, number, language)
        voter.sign_in()
        voter.screen("contest")
        for option in CHOSEN[0]:
            voter.page.locator(f'input[data-option="{option}"]').check()
        voter.picture("04-contest")
        voter.press("continue")
        voter.fill_in(CHOSEN[1:])
        voter.encrypt()
        voter.challenge()
        voter.press("again")
        voter.fill_in(CHOSEN)
        voter.encrypt()
        voter.cast()
        voter.page.locator('[data-slot="proof"]').get_by_text({"en": "Verified", "fa": "آزموده"}[language]).wait_for()
        voter.picture("10-receipt")


def main() -> None:
    """Take all pictures anew."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as temporary:
        directory = make_booth(Path(temporary) / "club", hours=30)
        with BoothServer(directory) as server, chromium() as browser:
            for number, language in enumerate(SIZES, 1):
                photograph(browser, server, directory, language, number)
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER}")


if __name__ == "__main__":
    main()
