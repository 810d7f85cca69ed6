"""The checker in Chromium: honest ballots in words, every kind of dishonest one found, reported, and judged again."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Browser, Page, expect
from starlette.responses import Response

from e2evote.board.checkpoint import Checkpoint
from e2evote.board.checkpoint import sign as sign_checkpoint
from e2evote.board.log import Board
from e2evote.board.merkle import inclusion_proof
from e2evote.board.notes import Note
from e2evote.board.proof import Proof
from e2evote.election.report_check import Judgement, ReportCheck
from e2evote.election.reports import FOLDER, KeptReport, Reports
from e2evote.elgamal import encrypt
from e2evote.encoding import hex_of
from e2evote.web.application import board_application
from e2evote.web.checker.bundle import bundle
from e2evote.web.checker.page import checker_page
from e2evote.web.views import checkpoint_of
from tests.board.keys import key_of, witness_key
from tests.builders import TOY
from tests.deterministic import DeterministicRandomness
from tests.web.booth.test_types import STATIC
from tests.web.browser import DESKTOP, PHONE, require_chromium, violations, window
from tests.web.checking import MANIFEST, CheckedElection, Made, WithChecker, ballot_of, listening, plain_server
from tests.web.elections import ORIGIN, voting_board

PATH = "/vote/checker.html"
CHOICES = {
    "en": ["Board of directors", "Zahra Kazemi", "Somebody else, with the text “شهرزاد نیک‌خواه”",
           "The garden: 3 votes", "The library", "No", "Weight", "2", "Member"],
    "fa": ["هیئت مدیره", "زهرا کاظمی", "کسی دیگر، با متن «شهرزاد نیک‌خواه»", "باغ: ۳ رأی", "کتابخانه", "نه", "وزن", "۲",
           "عضو"],
}  # fmt: skip


@dataclass
class Served:
    """A board with the checker beside it, and where."""

    election: CheckedElection
    application: WithChecker
    url: str

    def use(self, policy: str | None = None) -> None:
        """Serve a checker that pins this policy, by default the board's own, and forget answers that were replaced."""
        page = checker_page(self.election.election_json(policy=policy))
        self.application.html, self.application.policy = page.html, page.policy
        self.application.answers.clear()

    @property
    def reports(self) -> Reports:
        return Reports(self.election.voting.folder / FOLDER)

    def judged(self, kept: KeptReport) -> Judgement:
        with Board.open(self.election.voting.folder) as board, board.reading() as view:
            return ReportCheck(view, board.policy, frozenset({TOY})).judge(kept.report)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("checked") / "board"
    election = CheckedElection(voting_board(folder, ballots=0, **MANIFEST))
    application = WithChecker(board_application(election.voting.settings()), b"", "")
    with listening(application) as url:
        yield Served(election, application, url)


@pytest.fixture
def served(everything: Served) -> Served:
    everything.use()
    return everything


def enter(page: Page, made: Made | None = None, text: str = "") -> None:
    """Paste what a QR code holds into the page's first field, and start the check."""
    page.locator("#code").fill(made.text if made else text)


def heading(page: Page) -> str:
    """The heading of the screen behind the check."""
    expect(page.locator("h1")).not_to_have_text("The ballot is being checked", timeout=30_000)
    return page.locator("h1").inner_text()


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
            assert heading(watched.page) in ("This is what was encrypted", "Check a challenged ballot")
            expect(watched.page.locator("h1")).to_have_text("This is what was encrypted", timeout=30_000)
            assert watched.complaints == []
    finally:
        started.close()


def test_no_camera(browser: Browser, served: Served) -> None:
    with window(browser, permissions=[]) as watched:
        watched.page.goto(served.url + PATH)
        watched.page.get_by_role("button", name="Scan the QR code with the camera").click()
        expect(watched.page.locator("main > .said")).to_contain_text("The camera could not be used")


# ---------------------------------------------------------------------------------------------- dishonest elections

Prepared = tuple[str, str | None]
"""What the QR code has, and the policy that the checker pins where that is not the board's."""


def other_nonce(served: Served) -> Prepared:
    made, other = served.election.challenged(), served.election.challenged()
    return replace(made, nonce=other.nonce).text, None


def other_ciphertext(served: Served) -> Prepared:
    """One option is encrypted with a nonce that does not follow from the ballot's."""
    election = served.election
    ballot, nonce = election.encrypt(ballot_of())
    g, K = election.election.bases.g, election.election.bases.K
    options = list(ballot.contests[0].options)
    changed = encrypt(g, K, 1, DeterministicRandomness("other").scalar(election.election.group))
    options[1] = options[1].model_copy(update={"ciphertext": changed})
    return election.put(election.changed(ballot, options=tuple(options)), nonce, "challenged").text, None


def other_contest_data(served: Served) -> Prepared:
    election = served.election
    ballot, nonce = election.encrypt(ballot_of())
    other, _ = election.encrypt(ballot_of(text="کس دیگری"))
    changed = election.changed(ballot, contest_data=other.contests[0].contest_data)
    return election.put(changed, nonce, "challenged").text, None


def wrong_code(served: Served) -> Prepared:
    """The board has another ballot under the code that the voter was given."""
    ballot, nonce = served.election.encrypt(ballot_of())
    return served.election.put(ballot, nonce, "challenged", code=bytes(range(1, 33))).text, None


def not_in_the_log(served: Served) -> Prepared:
    ballot, nonce = served.election.encrypt(ballot_of())
    return Made(ballot, nonce, 0).text, None


def answering(served: Served, made: Made, change: Callable[[Proof], Proof]) -> None:
    """Have the board's proof of a ballot changed."""
    with Board.open(served.election.voting.folder) as board, board.reading() as view:
        note = view.published()
        assert note is not None
        hashes = tuple(inclusion_proof(made.index, checkpoint_of(note).size, view.hash))
        proof = Proof(made.index, hashes, Note.parse(note), view.entry(made.index))
    path = f"/proof/{made.index}.tlog-proof"
    served.application.answers[path] = Response(change(proof).encode(), media_type="text/plain")


def tampered_proof(served: Served) -> Prepared:
    made = served.election.challenged()
    answering(served, made, lambda proof: replace(proof, hashes=(bytes(32), *proof.hashes[1:])))
    return made.text, None


def other_key(served: Served) -> Prepared:
    made = served.election.challenged()

    def signed_by_another(proof: Proof) -> Proof:
        return replace(proof, note=sign_checkpoint(Checkpoint.parse(proof.note.text), key_of(ORIGIN)))

    answering(served, made, signed_by_another)
    return made.text, None


def other_entry(served: Served) -> Prepared:
    other, made = served.election.challenged(), served.election.challenged()
    answering(served, other, lambda proof: proof)
    moved = served.application.answers.pop(f"/proof/{other.index}.tlog-proof")
    served.application.answers[f"/proof/{made.index}.tlog-proof"] = moved
    return made.text, None


def other_place(served: Served) -> Prepared:
    """The lookup leads to another ballot's entry, which is proved."""
    other, made = served.election.challenged(), served.election.challenged()
    found = {"code": made.code, "ballot": other.index, "status": other.index + 1, "opened": None}
    served.application.answers[f"/lookup/{made.code}"] = Response(json.dumps(found), media_type="application/json")
    return made.text, None


def no_quorum(served: Served) -> Prepared:
    witness = f"witness w {witness_key('witness.example').verifier}\nquorum w\n"
    return served.election.challenged().text, served.election.policy.replace("quorum none\n", witness)


def other_ballot(served: Served) -> Prepared:
    other, made = served.election.challenged(), served.election.challenged()
    with Board.open(served.election.voting.folder) as board, board.reading() as view:
        entries = [json.loads(view.entry(each.index)) for each in (other, made)]
        data = view.object(bytes.fromhex(entries[0]["sha256"]))
    digits = entries[1]["sha256"].lower()
    served.application.answers[f"/object/{digits[:2]}/{digits}"] = Response(data)
    return made.text, None


def without_the_secret(served: Served) -> Prepared:
    """The server had a ballot opened that its voter may have cast, or never decided about."""
    made = served.election.put(
        *served.election.encrypt(ballot_of()), "challenged", challenge=b"c" * 32, shown=b"x" * 32
    )
    return made.text, None


@pytest.mark.parametrize(
    ("prepare", "said", "finding", "verdict"),
    [
        (other_nonce, "does not open with this code", "opening", "undecided"),
        (other_ciphertext, "does not open with this code", "opening", "confirmed"),
        (other_contest_data, "does not open with this code", "opening", "confirmed"),
        (wrong_code, "has another code than yours", "opening", "confirmed"),
        (not_in_the_log, "has no ballot with this code", "missing", "confirmed"),
        (tampered_proof, "does not prove that this ballot is in its log", "inclusion", "undecided"),
        (other_key, "is not signed with the key", "signature", "undecided"),
        (other_entry, "proves another entry", "other-entry", "undecided"),
        (other_place, "proves another entry", "other-entry", "undecided"),
        (no_quorum, "witnesses of this election have not confirmed", "quorum", "refuted"),
        (without_the_secret, "a status that the voter's page did not allow", "secret", "confirmed"),
        (other_ballot, "another ballot than the one that stands in its log", "other-ballot", "refuted"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_ballot_that_is_not_right_is_found_and_reported(
    browser: Browser, served: Served, prepare: Callable[[Served], Prepared], said: str, finding: str, verdict: str
) -> None:
    text, policy = prepare(served)
    if policy is not None:
        served.use(policy)
    before = len(list(served.reports.all()))
    with window(browser) as watched:
        page = watched.page
        page.goto(served.url + PATH)
        enter(page, text=text)
        assert said in heading(page)
        assert violations(page) == []
        page.get_by_text("What the inspectors should know").click()
        page.get_by_label("What the inspectors should know").fill("I saw it \u202eat noon")
        page.get_by_role("button", name="Report this").click()
        expect(page.locator("h1")).to_contain_text(f"Report number {before + 1}")
        assert violations(page) == []
        with page.expect_download() as downloading:
            page.get_by_role("button", name="Keep the report as a file").click()
        kept = Path(downloading.value.path()).read_bytes()
    report = served.reports.get(before + 1)
    assert (report.report.finding, report.report.words) == (finding, "I saw it \u202eat noon")
    assert json.loads(kept) == json.loads(report.report.model_dump_json(exclude_none=True))
    assert (report.report.nonce is not None) == (finding == "opening")
    assert served.judged(report).verdict == verdict


def test_other_choices_than_the_voters_are_reported(browser: Browser, served: Served) -> None:
    """A page that encrypts something else with all the right nonces: only the voter can see it."""
    made = served.election.challenged(ballot_of(motion=[1, 0]))
    with window(browser, "fa", PHONE) as watched:
        page = watched.page
        page.goto(served.url + PATH)
        enter(page, made)
        expect(page.locator(".contest").nth(2)).to_contain_text("آری")
        page.locator(".answers button").last.click()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("button", name="گزارش کنید").click()
        expect(page.locator("h1")).to_contain_text("ثبت شد")
        assert violations(page) == []
    *_, report = served.reports.all()
    judgement = served.judged(report)
    assert (report.report.finding, judgement.verdict) == ("choices", "undecided")
    assert "motion: yes: 1" in judgement.contents
    assert judgement.contents[0].startswith("board: b1: 1, b4: 1; ")


def test_a_ballot_that_was_not_challenged_is_not_opened_unasked(browser: Browser, served: Served) -> None:
    made = served.election.put(*served.election.encrypt(ballot_of()), status=None)
    with window(browser) as watched:
        page = watched.page
        page.goto(served.url + PATH)
        enter(page, made)
        assert heading(page) == "The board does not say that this ballot was challenged"
        assert "sees your vote" in page.locator("main").inner_text()
        assert violations(page) == []
        page.get_by_role("button", name="I have challenged it: check it all the same").click()
        expect(page.locator("h1")).to_have_text("This is what was encrypted", timeout=30_000)
        served.election.set_status(made.ballot.confirmation_code, "cast")
        page.goto(served.url + PATH)
        enter(page, made)
        assert "has the status “cast”" in heading(page)
        assert page.get_by_role("button", name="all the same").count() == 0
        page.get_by_role("button", name="Report this").click()
        expect(page.locator("h1")).to_contain_text("Report number")
        assert hex_of(made.nonce) not in watched.sent()
    *_, report = served.reports.all()
    assert report.report.finding == "not-challenged"
    assert served.judged(report).verdict == "confirmed"


@pytest.mark.parametrize("answer", [Response("busy", 503), Response("<p>elsewhere", 404), Response("<p>welcome", 200)])
def test_a_board_that_does_not_answer(browser: Browser, served: Served, answer: Response) -> None:
    made = served.election.challenged()
    served.application.answers[f"/lookup/{made.code}"] = answer
    with window(browser) as watched:
        page = watched.page
        page.goto(served.url + PATH)
        enter(page, made)
        assert heading(page) == "The board does not answer."
        served.application.answers["/report"] = Response("no", 507)
        page.get_by_role("button", name="Report this").click()
        expect(page.locator("h1")).to_have_text("The report could not be sent")
        expect(page.locator("main")).to_contain_text("507")
        assert violations(page) == []
        with page.expect_download() as downloading:
            page.get_by_role("button", name="Keep the report as a file").click()
        assert json.loads(Path(downloading.value.path()).read_text())["finding"] == "unreachable"
        served.application.answers.clear()
        page.get_by_role("button", name="Try again").click()
        expect(page.locator("h1")).to_contain_text("Report number")
    *_, report = served.reports.all()
    assert served.judged(report).verdict == "undecided"


def test_a_browser_that_cannot(browser: Browser, served: Served) -> None:
    with window(browser, java_script_enabled=False) as watched:
        watched.page.goto(served.url + PATH)
        expect(watched.page.locator("#old p").first).to_contain_text("newer browser")
        expect(watched.page.locator("#old p[lang=fa]")).to_be_visible()


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
