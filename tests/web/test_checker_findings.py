"""Every kind of dishonest board and ballot is found by the checker, reported, and judged again."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from starlette.responses import Response

from e2evote.board.checkpoint import Checkpoint
from e2evote.board.checkpoint import sign as sign_checkpoint
from e2evote.board.cosignature import cosign
from e2evote.board.log import Board
from e2evote.board.merkle import inclusion_proof
from e2evote.board.notes import Note
from e2evote.board.proof import Proof
from e2evote.elgamal import encrypt
from e2evote.encoding import hex_of
from e2evote.web.views import checkpoint_of
from tests.board.keys import key_of, witness_key
from tests.deterministic import DeterministicRandomness
from tests.web.browser import PHONE, violations, window
from tests.web.checking import (
    PATH,
    Made,
    Served,
    ballot_of,
    enter,
    heading,
)
from tests.web.elections import ORIGIN

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


def no_ballot(served: Served) -> Prepared:
    """What stands under the hash in the ballot's entry is no ballot."""
    return served.election.put_bytes(b'{"contests":1}', *served.election.encrypt(ballot_of())).text, None


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


def witnessed_policy(served: Served) -> str:
    """The board's policy, and a witness that has to cosign."""
    witness = f"witness w {witness_key('witness.example').verifier}\nquorum w\n"
    return served.election.policy.replace("quorum none\n", witness)


def no_quorum(served: Served) -> Prepared:
    return served.election.challenged().text, witnessed_policy(served)


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
        (no_ballot, "does not open with this code", "opening", "confirmed"),
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


@pytest.mark.parametrize(("language", "time"), [("en", "15 January 2027"), ("fa", "۲۵ دی ۱۴۰۵")])
def test_what_the_quorum_has_cosigned_is_believed(browser: Browser, served: Served, language: str, time: str) -> None:
    made = served.election.challenged()
    served.use(witnessed_policy(served))

    def cosigned(proof: Proof) -> Proof:
        cosignature = cosign(proof.note, witness_key("witness.example"), 1_800_000_000)
        return replace(proof, note=proof.note.adding(cosignature))

    for index in (made.index, made.index + 1):  # of the ballot and of its status
        answering(served, replace(made, index=index), cosigned)
    with window(browser, language) as watched:
        watched.page.goto(served.url + PATH)
        enter(watched.page, made)
        expect(watched.page.locator("main dl")).to_contain_text(time, timeout=30_000)
        assert watched.complaints == []


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
