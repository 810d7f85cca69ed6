"""A station's server as a process, officials and voters in its pages."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.election.stations.halls import typed
from tests.web.browser import Watched, violations
from tests.web.servers import Server


class StationServer(Server):
    """``e2evote station serve`` of a folder."""

    GROUP = ("station", "serve")

    def __init__(self, root: Path, *arguments: object, port: int = 0) -> None:
        """Start it, and wait until it answers."""
        super().__init__(root, *arguments, port=port)

    @property
    def url(self) -> str:
        """Its origin."""
        return f"http://127.0.0.1:{self.port}"


@dataclass
class Screen:
    """The screen of a station, which officials and voters use in turn."""

    watched: Watched
    url: str
    root: Path
    accessible: bool = False
    seen: set[str] = field(default_factory=set)

    @property
    def page(self) -> Page:
        """The page."""
        return self.watched.page

    def look(self, name: str) -> None:
        """Have axe look at a page, the first time it is there, and see that nothing is wider than the screen."""
        if self.accessible and name not in self.seen:
            self.seen.add(name)
            found = violations(self.page)
            assert found == [], (name, found)
            wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, (name, wide)

    def pins(self) -> dict[str, str]:
        """The officials' PINs."""
        found: dict[str, str] = json.loads((self.root / "pins.json").read_text())
        return found

    def go(self, path: str) -> None:
        """Open a page."""
        self.page.goto(self.url + path)
        self.look(path)

    def press(self, action: str, name: str = "") -> None:
        """Send the form of an action."""
        self.click(f'form[action="{action}"] button')
        self.look(name or action)

    def click(self, button: str) -> None:
        """Press a button that leads to another page, and wait for that."""
        with self.page.expect_navigation():
            self.page.locator(button).first.click()

    def sign_in(self) -> None:
        """Sign in as the first official."""
        self.go("/")
        name, pin = next(iter(self.pins().items()))
        self.page.select_option("#name", name)
        self.page.fill("#pin", pin)
        self.press("/sign-in", "front")

    def two(self, action: str) -> None:
        """Have two officials open or close."""
        self.go(action)
        for i, (name, pin) in enumerate(self.pins().items(), 1):
            self.page.select_option(f"#name-{i}", name)
            self.page.fill(f"#pin-{i}", pin)
        self.press(action, f"after {action}")

    def ask(self, number: int) -> None:
        """Ask the system about a member."""
        for name, text in typed(number).items():
            self.page.fill(f"#{name}", text)
        self.click('form[action="/authorise"] button')

    def release(self, number: int) -> None:
        """Release a ballot to a member, and leave the screen to them."""
        self.ask(number)
        expect(self.page.locator('form[action="/take-back"]')).to_have_count(1)
        self.look("voter here")
        self.press("/sign-out", "begin")

    def fill_in(self, marks: list[tuple[int, ...]]) -> None:
        """Mark options, contest by contest, up to the review."""
        self.press("/ballot/begin", "contest")
        for options in marks:
            for option in options:
                self.page.check(f"#o{option + 1}")
            self.click("form.marks button")
        self.page.wait_for_url("**/ballot/review")
        self.look("review")

    def encrypt(self) -> str:
        """Encrypt, and return the code."""
        self.press("/ballot/encrypt", "decide")
        return re.sub(r"\s", "", self.page.locator("p.big .code").inner_text())

    def cast(self) -> None:
        """Cast."""
        self.press("/ballot/cast", "done")
        self.press("/ballot/finish", "idle")
