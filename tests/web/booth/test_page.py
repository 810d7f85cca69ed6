"""The voting page in a real browser, before a real server: the whole path, and what can go wrong on it."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from e2evote.board.log import Board
from e2evote.board.notes import VerifierKey
from e2evote.challenge import open_ballot
from e2evote.election.receipts import verify_receipt
from e2evote.encryption import SecretBallotNonce
from e2evote.examples import manifest_bytes, members_csv
from e2evote.hashing import selection_nonce
from e2evote.record.ballot import EncryptedBallot
from e2evote.record.codec import dump, parse
from e2evote.record.entries import StatusEntry
from e2evote.workspace.directory import Workspace
from tests.cli.running import run
from tests.web.booth.booths import BoothServer, Voter, make_booth
from tests.web.booth.driving import PageVoter
from tests.web.browser import DESKTOP, PHONE, window

VOTES: list[tuple[int, ...]] = [(0, 3, 5), (1,), (0,), (0,), (1,)]
"""A vote in all contests of the example; the last contest is asked because of the one before."""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An election's directory; every test has a member of its own."""
    return make_booth(tmp_path_factory.mktemp("booth") / "club")


@pytest.fixture(scope="module")
def server(directory: Path) -> Iterator[BoothServer]:
    """What serves it."""
    with BoothServer(directory) as server:
        yield server


Open = Any


@pytest.fixture
def voter(browser: Browser, server: BoothServer, directory: Path) -> Open:
    """Opens a window for a member."""

    @contextmanager
    def opened(
        number: int, language: str = "en", size: dict[str, int] = DESKTOP, **options: Any
    ) -> Iterator[PageVoter]:
        accessible = options.pop("accessible", False)
        with window(browser, language, size, **options) as watched:
            yield PageVoter(watched, server.url, directory, number, language, accessible)

    return opened


# ------------------------------------------------------------------------------------------------------ the whole path


@pytest.mark.parametrize(
    ("number", "language", "size"),
    [(1, "fa", PHONE), (2, "fa", DESKTOP), (3, "en", PHONE), (4, "en", DESKTOP)],
    ids=["fa-phone", "fa-desktop", "en-phone", "en-desktop"],
)
def test_from_the_landing_page_to_the_receipt(
    voter: Open, directory: Path, number: int, language: str, size: dict[str, int], tmp_path: Path
) -> None:
    accessible = (language == "fa") == (size is PHONE)  # axe looks at every screen once in each language and size
    with voter(number, language, size, accessible=accessible) as one:
        one.sign_in()
        one.fill_in(VOTES)
        challenged = one.encrypt()
        one.challenge()
        nonce = re.sub(r"\s", "", one.page.locator('[data-slot="nonce"]').inner_text())
        one.press("again")
        one.fill_in(VOTES)
        code = one.encrypt()
        one.cast()
        proof = one.page.locator('[data-slot="proof"]')
        expect(proof).to_have_text(re.compile("Verified|آزموده"), timeout=60_000)
        receipt = saved_receipt(one, tmp_path)
        narrow(one)
        one.press("sign-out")
        one.screen("trouble")
        check_receipt(directory, receipt, code)
        check_record_of(directory, challenged, nonce)
        assert one.watched.sent().count("/vote/api/cast") == 1
        one.check_traffic(nonce, "Simindokht", "سیمین‌دخت")
        check_no_secret_left(directory, one)


def narrow(one: PageVoter) -> None:
    """Nothing is wider than the window."""
    assert one.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def saved_receipt(one: PageVoter, folder: Path) -> dict[str, Any]:
    """What the button saves, which anybody can hold against the board."""
    with one.page.expect_download() as download:
        one.press("download")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    board = one.directory / "board"
    judge = ("board", "adjudicate", path, "--board", board, "--policy", board / "policy", "--json")
    assert json.loads(run(*judge).stdout)["verdict"] == "included"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    other = content | {"confirmation_code": "0" * 64}
    path.write_text(json.dumps(other), encoding="utf-8")
    run(*judge, code=2)
    path.write_text(json.dumps(content | {"more": 1}), encoding="utf-8")
    run(*judge, code=2)
    return content


def check_receipt(directory: Path, receipt: dict[str, Any], code: str) -> None:
    """The receipt is the board's word that this ballot is cast, with proofs, and nothing of what was chosen."""
    assert receipt["confirmation_code"] == code
    keys = board_keys(directory)
    entry = verify_receipt(receipt["cast"]["receipt"].encode(), keys).content
    assert isinstance(entry, StatusEntry)
    assert (entry.status, entry.confirmation_code.hex().upper()) == ("cast", code)
    assert verify_receipt(receipt["ballot"]["receipt"].encode(), keys)
    assert all(receipt[part]["proof"].startswith("c2sp.org/tlog-proof@v1\n") for part in ("ballot", "cast"))
    assert "selection" not in json.dumps(receipt)


def board_keys(directory: Path) -> list[VerifierKey]:
    """The keys that sign for the election's board."""
    with Board.open(directory / "board") as board:
        return [log.key for log in board.policy.logs]


def check_record_of(directory: Path, code: str, nonce: str) -> None:
    """The challenged ballot is on the board, opened; ξ_B opens it, and shows what was chosen."""
    election = Workspace(directory).election
    with Board.open(directory / "board") as board, board.reading() as view:
        entries = [json.loads(view.entry(index)) for index in view.stream(f"code/{code}")]
        ballot_line = view.object(bytes.fromhex(entries[0]["sha256"]))
        opened_line = view.object(bytes.fromhex(entries[2]["sha256"]))
    assert [entry["kind"] for entry in entries] == ["ballot", "status", "opened"]
    assert ballot_line is not None
    ballot = parse(EncryptedBallot, ballot_line, "ballot", election.group)
    opened = open_ballot(election, ballot, SecretBallotNonce(bytes.fromhex(nonce)))
    assert dump(opened) == opened_line
    chosen = [tuple(i for i, option in enumerate(contest.options) if option.selection) for contest in opened.contests]
    assert chosen == VOTES


def check_no_secret_left(directory: Path, one: PageVoter) -> None:
    """No 32 bytes that were sent open a ballot that was cast, or are a secret of a decision that was not made."""
    election = Workspace(directory).election
    bodies = [json.loads(request.post_data or "{}") for request in one.watched.requests if request.method == "POST"]
    commits = [body for body in bodies if "commitments" in body]
    shown = {body["secret"] for body in bodies if "secret" in body}
    found = set(re.findall(r"\b[0-9A-F]{64}\b", one.watched.sent()))
    made = {sha256(bytes.fromhex(text)).hexdigest().upper() for text in found - shown}
    assert len(commits) == 2
    for commit in commits:
        assert not made & set(commit["commitments"].values())
        h_i, first = bytes.fromhex(commit["ballot"]["h_i"]), commit["ballot"]["contests"][0]["options"][0]
        for text in found:
            xi = selection_nonce(election.group, h_i, 1, 1, bytes.fromhex(text)).reveal()
            alpha = pow(int(election.group.generator), int.from_bytes(bytes(xi)), int(election.group.p))
            assert alpha != int(first["ciphertext"]["alpha"], 16)


def test_the_ballot_has_one_shape_whatever_is_chosen(voter: Open) -> None:
    """A contest that is not asked is encrypted as one that nobody marks."""
    with voter(5) as one:
        one.sign_in()
        with one.page.expect_request(re.compile("/vote/api/commit")) as asked:
            one.fill_in([(), (), (), (1,)])  # the fifth contest is not asked
            one.encrypt()
        ballot = asked.value.post_data_json["ballot"]
        assert [len(contest["options"]) for contest in ballot["contests"]] == [12, 6, 4, 2, 2]
        assert "contest_data" in ballot["contests"][2]
        one.check_traffic("statute-no", "مخالفم")


def test_by_keyboard_alone(voter: Open) -> None:
    with voter(6) as one:
        keys = one.page.keyboard

        def tab_to(selector: str) -> None:
            for _ in range(60):
                keys.press("Tab")
                if one.page.evaluate("s => document.activeElement.matches(s)", selector):
                    return
            raise AssertionError(f"no way to {selector}")

        one.page.goto(f"{one.url}/vote/en")
        one.screen("landing")
        tab_to('[data-answer="begin"]')
        with one.page.expect_response(re.compile("/vote/api/question")) as answer:
            keys.press("Enter")
        one.screen("identity")
        one.sent = 0
        for name, text in (
            ("member_number", one.member["member_number"]),
            ("national_id", one.member["national_id"]),
            ("answer", one.right_answer(answer.value.json()["token"])),
        ):
            tab_to(f'[name="{name}"]')
            keys.type(text)
        keys.press("Enter")
        one.screen("code")
        tab_to("#one-time-code")
        keys.type(one.newest_code())
        keys.press("Enter")
        one.screen("contest")
        tab_to("input[type=checkbox]")
        keys.press("Space")
        expect(one.page.locator('[data-slot="count"]')).to_have_text("Chosen: 1 of at most 7")
        while not one.page.locator('[data-screen="review"]').count():
            heading = one.page.locator("#screen h1")
            before = heading.inner_text()
            tab_to('[data-answer="continue"]')
            keys.press("Enter")
            expect(heading).not_to_have_text(before)
        one.screen("review")
        tab_to('[data-answer="encrypt"]')
        keys.press("Enter")
        one.screen("code-shown")
        tab_to('[data-answer="continue"]')
        keys.press("Enter")
        one.screen("choice")
        tab_to('[data-answer="challenge"]')
        one.check_traffic()


# ------------------------------------------------------------------------------------------------------------- contests


def test_at_the_limit_the_page_says_so_and_disables_nothing(voter: Open) -> None:
    with voter(7) as one:
        one.sign_in()
        one.screen("contest")
        boxes = one.page.locator("input[type=checkbox]")
        for i in range(7):
            boxes.nth(i).check()
        boxes.nth(7).click()
        assert "all 7" in one.problem()
        assert not boxes.nth(7).is_checked()
        assert not boxes.nth(7).is_disabled()
        expect(one.page.locator('[data-slot="count"]')).to_have_text("Chosen: 7 of at most 7")
        boxes.nth(0).uncheck()
        boxes.nth(7).check()
        assert one.page.locator('[data-slot="problem"] p').count() == 0


def test_every_voter_has_an_order_of_their_own_which_stays(voter: Open) -> None:
    def order(one: PageVoter) -> list[str | None]:
        one.screen("contest")
        return [box.get_attribute("data-option") for box in one.page.locator("[data-option]").all()]

    found = []
    for number in (8, 9):
        with voter(number) as one:
            one.sign_in()
            first = order(one)
            one.choose()
            one.screen("contest")
            one.press("back")
            assert order(one) == first
            found.append(first)
    assert sorted(found[0], key=str) == sorted(map(str, range(12)))
    assert found[0] != found[1]  # but for one in 479,001,600


def test_what_is_chosen_can_be_changed_and_a_condition_follows(voter: Open) -> None:
    with voter(10) as one:
        one.sign_in()
        one.fill_in(VOTES)
        assert one.page.locator("section.summary").count() == 5
        one.press("change-4")
        one.choose(1)  # "no": the fifth contest is gone
        one.screen("review")
        assert one.page.locator("section.summary").count() == 4
        one.press("change-4")
        one.choose(0)
        one.screen("review")  # what was said in the fifth is still there
        assert one.page.locator("section.summary").count() == 5
        one.press("change-3")
        one.screen("contest")
        one.page.locator("[data-write-in]").fill("  شاپور ارغوان‌زاده ")
        one.press("continue")
        review = one.screen("review")
        assert "شاپور ارغوان‌زاده" in review.inner_text()
        one.encrypt()
        one.check_traffic("شاپور", "\\u0634\\u0627\\u067e\\u0648\\u0631")


def test_a_name_that_is_missing_or_too_long(voter: Open) -> None:
    with voter(11) as one:
        one.sign_in()
        one.choose()
        one.choose()
        one.screen("contest")
        one.page.locator('[data-option="3"]').check()
        one.press("continue")
        assert "write the name" in one.problem()
        expect(one.page.locator("[data-write-in]")).to_be_focused()
        one.page.locator("[data-write-in]").fill("ن" * 100)
        one.press("continue")
        expect(one.page.locator('[data-slot="problem"] p')).to_have_text(re.compile("too long"))


def test_numbers_where_an_option_may_have_several_votes(browser: Browser, tmp_path: Path) -> None:
    """Scores of the other example, whose contest keeps its order, and a weight."""
    fields = json.loads(manifest_bytes("stakeholders")) | {"chaining_modes": [0], "minimum_cell_ballots": 1}
    booth = {"kept_order": [2], "support": {"email": "help@club.example"}}
    rows = members_csv().decode().splitlines()
    roll = "\n".join([f"{rows[0]},ballot_style,weight", *(f"{row},member,3" for row in rows[1:])]).encode()
    data = json.dumps(fields, ensure_ascii=False).encode()
    directory = make_booth(tmp_path / "coop", manifest=data, booth=booth, members=roll)
    with BoothServer(directory) as server, window(browser, "fa", PHONE) as watched:
        one = PageVoter(watched, server.url, directory, 1, "fa", accessible=True)
        one.sign_in()
        one.choose(0)
        one.screen("contest")
        inputs = one.page.locator(".number input")
        assert [one.page.locator(".number label").nth(i).inner_text() for i in (0, 4)] == [
            "سردخانه مشترک",
            "آموزش باغ‌داران جوان",
        ]
        inputs.nth(0).fill("۵")
        inputs.nth(1).fill("6")
        inputs.nth(2).focus()
        assert one.problem()
        assert (inputs.nth(0).input_value(), inputs.nth(1).input_value()) == ("۵", "۰")
        for _ in range(6):
            one.page.locator(".number").nth(1).locator("button").nth(1).click()
        assert inputs.nth(1).input_value() == "۵"
        expect(one.page.locator('[data-slot="count"]')).to_have_text("رأی داده‌شده: ۱۰ از حداکثر ۱۰")
        narrow(one)
        one.press("continue")
        one.choose()
        review = one.screen("review")
        assert "× ۵" in review.inner_text()
        assert "برگهٔ شما ۳ رأی به شمار می‌آید." in review.inner_text()
        assert "help@club.example" in one.page.inner_text("footer")
        one.encrypt()
        one.challenge()


# ------------------------------------------------------------------------------------------------------ what goes wrong


def test_codes_that_are_wrong_and_another_one(voter: Open) -> None:
    with voter(12) as one:
        one.identify()
        first = one.newest_code()
        one.type_code("000000" if first != "000000" else "111111")
        assert "not right" in one.problem()
        one.press("resend")
        expect(one.page.locator('[data-slot="status"]')).to_have_text(re.compile("Another code"))
        one.type_code(first)  # the earlier one is still good
        one.screen("contest")
        one.check_traffic(refusals=1)


@pytest.mark.parametrize("missing", ["member_number", "national_id", "answer"])
def test_fields_that_are_empty_or_wrong_are_pointed_at(voter: Open, missing: str) -> None:
    with voter(12) as one:
        one.open()
        one.screen("identity")
        for name in {"member_number", "national_id", "answer"} - {missing}:
            one.page.fill(f'input[name="{name}"]', "1")
        one.press("continue")
        one.problem()
        expect(one.page.locator(f'input[name="{missing}"]')).to_be_focused()
        one.page.fill(f'input[name="{missing}"]', "1")
        one.press("continue")
        assert re.search("not right|not filled in", one.problem())


def test_reloading_at_each_step(voter: Open) -> None:
    """Before signing in nothing is lost; then choices are, and the page says why; an encrypted ballot is void."""
    with voter(13, accessible=True) as one:
        dialogs = []
        one.page.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.accept()))
        one.open()
        one.screen("identity")
        one.page.reload()
        one.screen("landing")
        one.identify()
        one.page.reload()
        one.screen("landing")
        one.sign_in()
        one.screen("contest")
        one.page.reload()
        assert "memory only" in one.screen("start").inner_text()
        one.press("begin")
        one.fill_in(VOTES)
        one.page.reload()
        one.screen("start")
        one.press("begin")
        one.screen("contest")
        assert one.page.locator("input:checked").count() == 0
        one.fill_in(VOTES)
        assert dialogs == []
        code = one.encrypt()
        one.page.reload()
        assert dialogs == ["beforeunload"]
        assert "is void" in one.screen("start").inner_text()
        one.press("begin")
        one.fill_in(VOTES)
        one.encrypt()
        one.cast()
        one.page.reload()
        assert "You have voted" in one.screen("trouble").inner_text()
        one.page.goto(f"{one.url}/ballot/{code}")
        assert "Abandoned" in one.page.inner_text("main")


@pytest.mark.parametrize("lost", ["request", "answer"])
def test_the_network_is_lost_between_encrypting_and_casting(voter: Open, lost: str) -> None:
    """The same request is sent again, whether the first one arrived or not."""
    with voter({"request": 14, "answer": 15}[lost]) as one:
        cut: list[str] = []

        def once(route: Route) -> None:
            call = route.request.url.rpartition("/")[2].partition("?")[0]
            if call in cut:
                return route.continue_()
            cut.append(call)
            if lost == "answer":
                route.fetch()
            return route.abort()

        for call in ("commit", "code", "cast"):
            one.page.route(re.compile(f"/vote/api/{call}"), once)
        one.sign_in()
        one.fill_in(VOTES)
        again = one.page.locator("#connection button")
        one.press("encrypt")
        expect(again).to_be_focused()
        again.click()
        one.screen("code-shown")
        one.press("continue")
        one.screen("choice")
        one.sent = len(one.outbox())
        one.press("cast")
        again.click()
        one.screen("code")
        one.type_code()
        expect(again).to_be_focused()
        assert "in the ballot box" not in one.page.locator("#screen h1").inner_text()
        again.click()
        one.screen("receipt")
        assert cut == ["commit", "code", "cast"]


def test_a_busy_server_is_asked_again_when_it_says(voter: Open) -> None:
    """As long as it says when to come back, nobody has to press anything; after five times they are asked."""
    with voter(20) as one:
        told: list[str] = []

        def busy(route: Route) -> None:
            call = route.request.url.rpartition("/")[2].partition("?")[0]
            told.append(call)
            if told.count(call) > {"commit": 2, "code": 5}[call]:
                return route.continue_()
            body = {"error": "busy", "message": "later", "wait": 1, "field": "", "now": int(time.time())}
            return route.fulfill(status=503, json=body)

        for call in ("commit", "code"):
            one.page.route(re.compile(f"/vote/api/{call}"), busy)
        one.sign_in()
        one.fill_in(VOTES)
        one.encrypt()
        one.press("cast")
        again = one.page.locator("#connection button")
        expect(again).to_be_focused()
        assert told == ["commit"] * 3 + ["code"] * 5
        one.accessible = True
        one.look("connection")
        again.click()
        one.screen("code")


def test_signing_in_elsewhere_ends_this_page_which_says_so(voter: Open, server: BoothServer, directory: Path) -> None:
    with voter(16) as one:
        one.sign_in()
        one.fill_in(VOTES)
        other = Voter(server.url, directory)
        other.sign_in(16)
        other.close()
        one.press("encrypt")
        screen = one.screen("trouble")
        assert "somewhere else" in screen.inner_text()
        assert "another device" in screen.inner_text()
        one.press("sign-in")
        one.screen("landing")


def test_the_time_for_a_ballot(voter: Open) -> None:
    with voter(17) as one:
        one.page.clock.install()
        one.sign_in()
        one.screen("contest")
        one.page.clock.fast_forward("18:30")
        expect(one.page.locator("#ballot-near")).to_have_text(re.compile("two minutes"))
        one.page.clock.fast_forward("01:31")
        assert "time for this ballot is over" in one.screen("trouble").inner_text()
        one.press("again")
        one.screen("contest")
        expect(one.page.locator("#ballot-near")).to_be_empty()


@pytest.mark.parametrize("call", ["commit", "cast"])
def test_what_the_board_has_not_signed_is_not_believed(voter: Open, call: str) -> None:
    """A receipt for something else: the page does not say that it is done."""
    with voter({"commit": 18, "cast": 19}[call]) as one:

        def forge(route: Route) -> None:
            answer = route.fetch()
            content = answer.json()
            content["receipt"] = content["receipt"].replace("cast", "uncast", 1)
            route.fulfill(response=answer, json=content)

        one.page.route(re.compile(f"/vote/api/{call}"), forge)
        one.sign_in()
        one.fill_in(VOTES)
        if call == "cast":
            one.encrypt()
            one.sent = len(one.outbox())
            one.press("cast")
            one.screen("code")
            one.type_code()
        else:
            one.press("encrypt")
        screen = one.screen("trouble")
        assert "has signed is not right" in screen.inner_text()
        assert "in the ballot box" not in one.page.inner_text("main")


def test_without_javascript_the_page_says_what_it_needs(browser: Browser, server: BoothServer) -> None:
    for language in ("en", "fa"):
        with window(browser, language, java_script_enabled=False) as watched:
            watched.page.goto(f"{server.url}/vote/{language}")
            text = watched.page.inner_text("main")
            assert "JavaScript is needed" in text
            assert "جاوااسکریپت لازم است" in text
            assert watched.page.locator("form, input, button:visible").count() == 0


@pytest.mark.parametrize("lacking", ["delete window.BigInt", "HTMLScriptElement.supports = () => false"])
def test_an_old_browser_is_told_so(browser: Browser, server: BoothServer, lacking: str) -> None:
    with window(browser, "fa") as watched:
        watched.page.add_init_script(lacking)
        watched.page.goto(f"{server.url}/vote/fa")
        watched.page.locator("#old-browser").wait_for()
        assert "This browser cannot encrypt your vote" in watched.page.inner_text("main")
        assert not watched.page.locator("#screen").is_visible()
        assert not [request for request in watched.requests if "/vote/api/" in request.url]


def test_a_module_that_was_changed_does_not_run(browser: Browser, server: BoothServer) -> None:
    with window(browser) as watched:

        def change(route: Route) -> None:
            answer = route.fetch()
            route.fulfill(response=answer, body=answer.body() + b"\n// changed")

        watched.page.route("**/static/booth/crypto/hashing.js", change)
        watched.page.goto(f"{server.url}/vote/en")
        watched.page.wait_for_timeout(500)
        assert watched.page.locator("[data-screen]").count() == 0
        assert any("integrity" in complaint for complaint in watched.complaints)
