"""A voter at the page, in a real browser: each step, whatever the language; screens are found by their names."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Locator, expect

from e2evote.election.people.key import SecretPeopleKey
from e2evote.election.signin import robots
from tests.web.booth.booths import code_in, members, messages
from tests.web.browser import Watched, violations

PATIENCE = 30_000
"""Milliseconds for what computes or waits for the server."""


@dataclass
class PageVoter:
    """Member ``number``, from 1, with a window."""

    watched: Watched
    url: str
    directory: Path
    number: int = 1
    language: str = "en"
    accessible: bool = False
    seen: list[str] = field(default_factory=list)
    sent: int = 0

    def __post_init__(self) -> None:
        """Know the page, and who the voter is."""
        self.page = self.watched.page
        self.page.set_default_timeout(PATIENCE)
        self.member = members()[self.number - 1]

    # ------------------------------------------------------------------------------------------------------- screens

    def screen(self, name: str) -> Locator:
        """Wait for a screen, whose heading has the focus, and return it."""
        found = self.page.locator(f'[data-screen="{name}"]')
        found.wait_for()
        expect(found.locator("h1")).to_be_focused()
        self.look(name)
        return found

    def look(self, name: str) -> None:
        """Have axe look at a screen, the first time it is there."""
        if self.accessible and name not in self.seen:
            found = violations(self.page)
            assert found == [], (name, found)
        self.seen.append(name)

    def press(self, answer: str) -> None:
        """Press the button with an answer."""
        self.page.locator(f'#screen [data-answer="{answer}"]').click()

    def problem(self) -> str:
        """What the screen says is wrong, once it says something."""
        found = self.page.locator('[data-slot="problem"] p')
        found.wait_for()
        return found.inner_text()

    # --------------------------------------------------------------------------------------------------------- steps

    def open(self) -> None:
        """Load the page, and begin."""
        self.page.goto(f"{self.url}/vote/{self.language}")
        self.screen("landing")
        self.press("begin")

    def identify(self) -> None:
        """Say who one is, and answer the question."""
        with self.page.expect_response(re.compile("/vote/api/question")) as answer:
            self.open()
        self.screen("identity")
        for name in ("member_number", "national_id"):
            self.page.fill(f'input[name="{name}"]', self.member[name])
        self.page.fill('input[name="answer"]', self.right_answer(answer.value.json()["token"]))
        self.sent = len(self.outbox())
        self.press("continue")
        self.screen("code")

    def outbox(self) -> list[str]:
        """What was sent to the voter so far, the newest first."""
        return messages(self.directory, self.member)

    def right_answer(self, token: str) -> str:
        """The answer to a question, by knowing the key."""
        key = SecretPeopleKey.read(self.directory / "private" / "people.key")
        head = robots._head(key, token)
        assert head is not None
        return str(robots._result(*robots._drawn(key, head)))

    def newest_code(self) -> str:
        """The code that was sent last, once it is there."""
        for _ in range(300):
            texts = self.outbox()
            if len(texts) > self.sent:
                return code_in(texts[0])
            self.page.wait_for_timeout(20)
        raise AssertionError("no message came")

    def type_code(self, code: str | None = None) -> None:
        """Type a code, by default the newest, and go on."""
        self.page.fill("#one-time-code", code or self.newest_code())
        self.press("continue")

    def sign_in(self) -> None:
        """From the landing page to the first contest."""
        self.identify()
        self.type_code()

    def choose(self, *options: int) -> None:
        """Mark options of the contest that is shown, counted from 0 in the manifest's order, and go on."""
        self.screen("contest")
        for option in options:
            self.page.locator(f'input[data-option="{option}"]').check()
        self.press("continue")

    def fill_in(self, votes: list[tuple[int, ...]]) -> None:
        """Fill in contests until the review."""
        for options in votes:
            self.choose(*options)
        self.screen("review")

    def encrypt(self) -> str:
        """Encrypt, and return the code that is shown."""
        self.press("encrypt")
        shown = self.screen("code-shown")
        code = re.sub(r"\s", "", shown.locator(".code").inner_text())
        assert re.fullmatch("[0-9A-F]{64}", code)
        self.press("continue")
        self.screen("choice")
        return code

    def cast(self) -> None:
        """Cast, with a second code."""
        self.sent = len(self.outbox())
        self.press("cast")
        self.screen("code")
        self.type_code()
        self.screen("receipt")

    def challenge(self) -> None:
        """Challenge, after the warning."""
        self.press("challenge")
        self.screen("challenge")
        self.press("confirm")
        self.screen("opened")

    # --------------------------------------------------------------------------------------------------------- judged

    def check_traffic(self, *secrets: str, refusals: int = 0) -> None:
        """Find no complaint of the browser, no request to elsewhere, and nothing secret in what was sent.

        Browsers themselves write every answer into the console that is a refusal.
        """
        refused = [text for text in self.watched.complaints if "the server responded with a status of 4" in text]
        assert len(refused) == refusals
        assert self.watched.complaints == refused
        sent = self.watched.sent()
        for secret in secrets:
            assert secret not in sent
        for request in self.watched.requests:
            assert urlsplit(request.url).scheme in ("blob", "data") or request.url.startswith(self.url), request.url
