"""People vote in their browsers, one of them checks a challenged ballot with another device, and the count is right."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from e2evote.web.booth.application import election_application
from e2evote.web.booth.booth import Plan
from e2evote.web.site import Settings
from e2evote.workspace.directory import Workspace
from tests.builders import TOY
from tests.web.booth.booths import BoothServer, Clock, Voter, ballots, make_booth
from tests.web.booth.counting import count, statuses, told
from tests.web.booth.driving import PageVoter
from tests.web.browser import DESKTOP, PHONE, window
from tests.web.checking import enter
from tests.web.servers import in_a_thread

Marks = list[tuple[int, ...]]
VOTES: list[tuple[str, dict[str, int], Marks]] = [
    ("fa", PHONE, [(0, 3, 5), (1,), (0,), (0,), (1,)]),
    ("fa", DESKTOP, [(0, 1, 2, 3, 4, 5, 6), (0, 1, 2), (1,), (0,), (0,)]),
    ("en", PHONE, [(11,), (), (1,), (1,)]),
    ("en", DESKTOP, [(), (5,), (), ()]),
]
"""Language, size, and the options that each voter marks; the last contest is asked of who says yes to the fourth."""


def test_the_count_is_what_people_chose_in_their_browsers(
    browser: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = make_booth(tmp_path / "club")
    with BoothServer(directory) as server:
        for number, (language, size, marks) in enumerate(VOTES, 1):
            with window(browser, language, size) as watched:
                one = PageVoter(watched, server.url, directory, number, language)
                one.sign_in()
                if number == 1:  # the ballot that is challenged is another than the one that is cast
                    one.fill_in(VOTES[1][2])
                    check_with_another_device(browser, one, server.url)
                    one.press("again")
                one.fill_in(marks)
                one.encrypt()
                one.cast()
                one.check_traffic()
    count(directory, capsys)
    contests = Workspace(directory).election.manifest.contests
    chosen = Counter(
        contest.options[option].label
        for _, _, marks in VOTES
        for contest, options in zip(contests, marks, strict=False)
        for option in options
    )
    assert told(directory) == chosen
    assert statuses(directory) == {"cast": len(VOTES), "challenged": 1}


def check_with_another_device(browser: Browser, one: PageVoter, url: str) -> None:
    """Challenge, and have the checker in a browser of its own show the choices in words."""
    code = one.encrypt()
    one.challenge()
    nonce = re.sub(r"\s", "", one.page.locator('[data-slot="nonce"]').inner_text())
    with window(browser, "en", PHONE) as other:
        other.page.goto(f"{url}/vote/checker.html")
        enter(other.page, text=f"E2E1:{code}:{nonce}")
        other.page.locator(".contest").first.wait_for()
        words = other.page.locator("main").inner_text().splitlines()
        contests = Workspace(one.directory).election.manifest.contests
        for contest, options in zip(contests, VOTES[1][2], strict=True):
            for i, option in enumerate(contest.options):
                assert ((option.name or {})["en"] in words) == (i in options), option.label
        assert nonce not in other.sent()
        assert other.complaints == []
    one.page.bring_to_front()


# ------------------------------------------------------------------------------------------- what the clock ends


@contextmanager
def served(directory: Path, clock: Clock) -> Iterator[str]:
    """The election in this process, with a clock that is moved by hand."""
    settings = Settings(directory / "board", processes=0, interval=0.05, allow_insecure=frozenset({TOY}))
    with in_a_thread(election_application(settings, Plan(directory, outbox=True), clock)) as url:
        yield url


@pytest.fixture(scope="module")
def open_booth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An election whose booth is open; every test has a member of its own."""
    return make_booth(tmp_path_factory.mktemp("clock") / "club")


def test_a_code_that_has_expired(browser: Browser, open_booth: Path) -> None:
    clock = Clock()
    with served(open_booth, clock) as url, window(browser) as watched:
        one = PageVoter(watched, url, open_booth, 1)
        one.identify()
        late = one.newest_code()
        clock.ahead += 121
        one.type_code(late)
        assert "expired" in one.problem()
        one.sent = len(one.outbox())
        one.press("resend")
        one.type_code()
        one.screen("contest")
        one.check_traffic(refusals=1)


def test_a_ballot_whose_time_is_over_on_the_server(browser: Browser, open_booth: Path) -> None:
    """The page's clock may be held; the server's decides."""
    clock = Clock()
    with served(open_booth, clock) as url, window(browser) as watched:
        one = PageVoter(watched, url, open_booth, 2)
        one.sign_in()
        one.fill_in(VOTES[0][2])
        clock.ahead += 1201
        one.press("encrypt")
        assert "time for this ballot is over" in one.screen("trouble").inner_text()
        one.press("again")
        one.fill_in(VOTES[0][2])
        one.encrypt()
        one.cast()


@pytest.mark.parametrize(("language", "size"), [("en", PHONE), ("fa", DESKTOP)])
def test_voting_ends_while_somebody_votes(
    browser: Browser, tmp_path: Path, language: str, size: dict[str, int]
) -> None:
    clock, directory = Clock(), make_booth(tmp_path / "club", hours=0.25)
    with served(directory, clock) as url, window(browser, language, size) as watched:
        one = PageVoter(watched, url, directory, 3, language, accessible=True)
        one.sign_in()
        one.fill_in(VOTES[0][2])
        clock.ahead += 1000
        one.press("encrypt")
        one.screen("trouble")
        one.page.wait_for_timeout(1500)  # the page's own clock, which the answer has set, ticks twice a second
        one.screen("trouble")
        assert re.search("Voting is over|پایان یافته", one.page.inner_text("#screen"))
        one.page.goto(f"{url}/vote/{language}")  # and nobody begins any more
        expect(one.page.locator("#screen h1")).to_have_text(re.compile("Voting is over|پایان یافت"), timeout=20_000)


def test_voting_ends_while_something_else_is_explained(browser: Browser, tmp_path: Path) -> None:
    clock, begun, directory = Clock(), time.monotonic(), make_booth(tmp_path / "club", hours=1)
    with served(directory, clock) as url, window(browser) as watched:
        one = PageVoter(watched, url, directory, 3)
        one.sign_in()
        one.fill_in(VOTES[0][2])
        clock.ahead += 3600 - 15 - (time.monotonic() - begun)
        one.press("encrypt")  # too late for this ballot, and a few seconds before voting ends
        heading = one.screen("trouble").locator("h1")
        assert heading.inner_text() == "Your time for this ballot is over"
        expect(heading).to_have_text("Voting is over", timeout=30_000)
        expect(one.page.locator("#failed")).to_be_hidden()


def test_voting_has_not_begun(browser: Browser, tmp_path: Path) -> None:
    directory = make_booth(tmp_path / "club", begun=-1)
    with served(directory, Clock()) as url, window(browser) as watched:
        one = PageVoter(watched, url, directory)
        one.page.goto(f"{url}/vote/en")
        one.screen("landing")
        expect(one.page.locator('#screen [data-answer="begin"]')).to_be_hidden()


# ------------------------------------------------------------------------------------------------- once, and no more


def test_casting_in_two_windows_counts_once(browser: Browser, open_booth: Path) -> None:
    """Both windows have the session; the second one's ballot is the one that can be cast, once."""
    with served(open_booth, Clock()) as url, window(browser) as watched:
        one = PageVoter(watched, url, open_booth, 4)
        one.sign_in()
        one.fill_in(VOTES[0][2])
        one.encrypt()
        watched.page = watched.context.new_page()
        two = PageVoter(watched, url, open_booth, 4, "fa", accessible=True)
        two.page.goto(f"{url}/vote/fa")
        two.screen("start")
        two.press("begin")
        two.fill_in(VOTES[0][2])
        two.encrypt()
        one.press("cast")
        assert "not the ballot" in one.screen("trouble").inner_text()
        two.cast()
        one.page.goto(f"{url}/vote/en")
        assert "You have voted" in one.screen("trouble").inner_text()


def test_no_more_than_five_challenges(browser: Browser, open_booth: Path) -> None:
    with served(open_booth, Clock()) as url, window(browser) as watched:
        before = Voter(url, open_booth)
        before.sign_in(5)
        for ballot in ballots(open_booth, 5, seed=7):
            before.commit(ballot)
            before.challenge(ballot)
        before.close()
        one = PageVoter(watched, url, open_booth, 5)
        one.sign_in()
        one.fill_in(VOTES[0][2])
        one.encrypt()
        expect(one.page.locator('#screen [data-answer="challenge"]')).to_be_hidden()
        one.cast()
