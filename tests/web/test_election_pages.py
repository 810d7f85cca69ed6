"""The election's public pages at every phase, in both languages, from real boards; and what programs are told."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from e2evote.board.proof import Proof
from e2evote.encoding import hex_of
from e2evote.messages.fingerprint import fingerprint
from e2evote.record import layout
from e2evote.record.setup import guardian_record_hash
from e2evote.web.application import board_application
from e2evote.web.election.booth import Booth, Support
from e2evote.web.rendering import Paths
from tests.builders import DEFAULT_MANIFEST
from tests.web.elections import NAME, HeldBoard, VotingBoard, held_board, request_of, site_of
from tests.web.test_pages import page

PHASES = ("nothing", "setup", "keys", "voting", "ballots", "tally", "decryption", "opened", "ended")
PATHS = ("/election", "/guardians", "/results", "/record", "/honesty")
LANGUAGES = ("en", "fa")


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> dict[str, HeldBoard]:
    """Boards of an election, one for each phase."""
    root = tmp_path_factory.mktemp("held")
    return {phase: held_board(root / phase, phase) for phase in PHASES}  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def served(held: dict[str, HeldBoard]) -> Iterator[dict[str, TestClient]]:
    """Who reads them."""
    clients = {phase: TestClient(board_application(board.settings(interval=3600))) for phase, board in held.items()}
    for client in clients.values():
        client.__enter__()
    yield clients
    for client in clients.values():
        client.__exit__()


def words(text: str) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text))


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_there_at_every_phase(served: dict[str, TestClient], phase: str, language: str) -> None:
    for path in PATHS:
        text = page(served[phase], path, language)
        assert (NAME[language] in text) == (phase != "nothing")
        for link in re.findall(r'href="(/[^"?#]*)', text):
            assert served[phase].get(link, follow_redirects=False).status_code == 200, link


@pytest.mark.parametrize(
    ("phase", "english", "persian"),
    [
        ("nothing", "The election is being prepared", "انتخابات در حال آماده شدن است"),
        ("setup", "The election is being prepared", "انتخابات در حال آماده شدن است"),
        ("keys", "Voting has not begun", "رأی‌گیری آغاز نشده است"),
        ("voting", "Voting is under way", "رأی‌گیری در جریان است"),
        ("ballots", "Voting is over", "رأی‌گیری پایان یافته است"),
        ("tally", "The sums are being decrypted", "حاصل‌جمع‌ها رمزگشایی می‌شوند"),
        ("decryption", "The results are here", "نتایج آماده است"),
        ("ended", "The results are here", "نتایج آماده است"),
    ],
)
def test_the_election_page_says_how_far_it_is(
    served: dict[str, TestClient], phase: str, english: str, persian: str
) -> None:
    assert english in words(page(served[phase], "/election"))
    assert persian in words(page(served[phase], "/election", "fa"))


def test_the_election_page_says_what_is_voted_on(served: dict[str, TestClient]) -> None:
    text = words(page(served["voting"], "/election"))
    assert "1 December 2026" in text
    assert "Choose up to 2, or none." in text
    assert "Give up to 4 votes, at most 3 to one option." in text
    assert "Choose one, or none." in text
    assert "from 1 to 5" in text
    assert "held in 3 parts" in text
    assert "Any 2 of them" in text
    for contest in DEFAULT_MANIFEST["contests"]:
        assert contest["label"] in text
        assert all(option["label"] in text or option.get("name") for option in contest["options"])
    persian = words(page(served["voting"], "/election", "fa"))
    assert "۱۰ آذر ۱۴۰۵" in persian
    assert "نامزد ۱" in persian


def test_what_is_still_missing(served: dict[str, TestClient]) -> None:
    def missing(phase: str) -> list[str]:
        found: list[str] = served[phase].get("/results.json").json()["missing"]
        assert words(page(served[phase], "/results")).count("There are no results yet") == bool(found)
        assert page(served[phase], "/results").count("<li>") >= len(found)
        return found

    steps = ["keys", "voting", "close", "decide", "add-up", "decrypt"]
    assert missing("nothing") == missing("setup") == steps
    assert missing("keys") == steps[1:]
    assert missing("voting") == steps[2:]
    assert missing("ballots") == steps[4:]
    assert missing("tally") == steps[5:]
    assert missing("decryption") == missing("ended") == []


# ------------------------------------------------------------------------------------------------------------ keys


def test_guardians_keys_and_fingerprints(held: dict[str, HeldBoard], served: dict[str, TestClient]) -> None:
    built, client = held["keys"].built, served["keys"]
    text = page(client, "/guardians")
    shown = re.sub(r"\s", "", words(text))
    record = built.guardian_record
    h_g = guardian_record_hash(built.election.hashes.h_b, record.keys, record.guardians)
    assert " ".join(fingerprint("guardian record", h_g).words) in text
    assert hex_of(built.election.h_e) in shown
    assert hex_of(built.election.hashes.h_b) in shown
    for path in (*(layout.guardian_path(i) for i in (1, 2, 3)), layout.JOINT_KEYS):
        (link,) = re.findall(f'href="([^"]+)" download="{path.rpartition("/")[2]}"', text)
        assert client.get(link).content == (built.path / path).read_bytes()
        assert link.rpartition("/")[2] in shown
    assert "have not made the keys yet" in page(served["setup"], "/guardians")


def test_files_and_their_proofs(held: dict[str, HeldBoard], served: dict[str, TestClient]) -> None:
    text = page(served["ended"], "/record")
    links = re.findall(r'href="(/object/[^"]+)" download="([^"]+)"', text)
    proofs = re.findall(r'href="(/proof/[^"]+)" download', text)
    assert len(links) == len(proofs) == len(set(proofs))
    whole = [path for path in held["ended"].built.path.rglob("*") if path.is_file()]
    assert {name for _, name in links} <= {path.name for path in whole}
    assert {"manifest.json", "tallies.ndjson", "open.json", "close.json"} <= {name for _, name in links}
    for (link, _), where in zip(links, proofs, strict=True):
        entry = Proof.parse(served["ended"].get(where).content).extra
        assert json.loads(entry)["sha256"].lower() == link.rpartition("/")[2]


# --------------------------------------------------------------------------------------------------------- turnout


def test_turnout_is_that_of_the_board(held: dict[str, HeldBoard], served: dict[str, TestClient]) -> None:
    built, told = held["ended"].built, served["ended"].get("/turnout.json").json()
    cast, challenged, spoiled = (len(built.of_status(status)) for status in ("cast", "challenged", "spoiled"))  # type: ignore[arg-type]
    expected = {"received": 12, "cast": cast, "challenged": challenged, "spoiled": spoiled, "uncast": 0, "undecided": 0}
    assert {key: told[key] for key in expected} == expected
    assert [(each["device"], each["received"], each["closed"]) for each in told["devices"]] == [
        (1, 6, True),
        (2, 6, True),
    ]
    for status in ("cast", "challenged", "spoiled"):
        assert sum(each[status] for each in told["devices"]) == told[status]
        for each in told["devices"]:
            of_device = [b for b in built.of_device(each["device"]) if built.statuses[b.confirmation_code] == status]
            assert each[status] == len(of_device)
    voting = served["voting"].get("/turnout.json").json()
    assert (voting["phase"], voting["received"], voting["undecided"]) == ("voting", 12, 2)
    assert served["nothing"].get("/turnout.json").json()["devices"] == []
    assert f"<b>{cast}</b> ballots cast" in page(served["ended"], "/election")


def test_turnout_grows_with_the_board(client: TestClient, voting: VotingBoard, bearer: dict[str, str]) -> None:
    assert client.get("/turnout.json").json()["received"] == 0
    for number, ballot in enumerate(voting.ballots[:3], 1):
        assert client.post("/submit/ballot", content=request_of(ballot), headers=bearer).status_code == 200
        assert client.get("/turnout.json").json()["received"] == number
    headers = {"Authorization": bearer["Authorization"]}
    for code, status in zip(voting.codes, ("cast", "spoiled"), strict=False):
        body = {"confirmation_code": code, "status": status}
        assert client.post("/submit/status", json=body, headers=headers).status_code == 200
    told = client.get("/turnout.json").json()
    assert (told["cast"], told["spoiled"], told["undecided"]) == (1, 1, 1)
    assert "<b>1</b> ballots cast" in page(client, "/election")


def test_programs_of_anybody_may_read(served: dict[str, TestClient]) -> None:
    for path in ("/turnout.json", "/results.json"):
        answer = served["ended"].get(path)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cache-control"] == "public, max-age=2"


# ----------------------------------------------------------------------------------------------------- with a booth


@pytest.fixture
def beside_a_booth(held: dict[str, HeldBoard]) -> Iterator[TestClient]:
    with TestClient(board_application(held["voting"].settings(interval=3600))) as client:
        yield client


def booth(opens: timedelta, closes: timedelta) -> Booth:
    now = datetime.now(UTC)
    support = Support({"en": "Ask us", "fa": "از ما بپرسید"}, "+98 28 0000 0000", "help@club.example")
    return Booth(now + opens, now + closes, support, "/vote", 1234)


def test_the_way_to_the_booth(beside_a_booth: TestClient) -> None:
    site = site_of(beside_a_booth.app)
    hour = timedelta(hours=1, seconds=30)
    site.booth = booth(-hour, 50 * hour)
    text, persian = page(beside_a_booth, "/election"), page(beside_a_booth, "/election", "fa")
    assert '<a class="button" href="/vote/en">Vote</a>' in text
    assert '<a class="button" href="/vote/fa">رأی دادن</a>' in persian
    assert "2 days and 2 hours" in text
    assert "۲ روز و ۲ ساعت" in persian
    assert "Ask us" in text
    assert "از ما بپرسید" in persian
    assert 'href="tel:+98 28 0000 0000"' in text
    assert 'href="mailto:help@club.example"' in text
    assert "1,234" in text
    assert beside_a_booth.get("/turnout.json").json()["members"] == 1234
    site.booth = booth(hour, 2 * hour)
    early = page(beside_a_booth, "/election")
    assert "Voting has not begun" in early
    assert "1 hour" in early
    assert "/vote/" not in early
    site.booth = booth(-2 * hour, -hour)
    late = page(beside_a_booth, "/election")
    assert "Voting is over" in late
    assert "/vote/" not in late


def test_links_lead_to_where_the_front_pages_are(beside_a_booth: TestClient) -> None:
    site_of(beside_a_booth.app).paths = Paths("/", "/board")
    text = page(beside_a_booth, "/results")
    assert re.findall('<a href="([^"]*)"[^>]*>(Election|Board)</a>', text) == [("/", "Election"), ("/board", "Board")]
    assert 'aria-current="page">Results</a>' in text


def test_honesty_with_and_without_a_booth(beside_a_booth: TestClient) -> None:
    assert "hashes of the page" not in page(beside_a_booth, "/honesty")
    site_of(beside_a_booth.app).booth = booth(-timedelta(1), timedelta(1))
    assert "hashes of the page" in page(beside_a_booth, "/honesty")
    assert "does not protect against coercion" in page(beside_a_booth, "/honesty")


# ------------------------------------------------------------------------------------------------- hostile manifests

HOSTILE = "<script>alert(1)</script>\"'&\u202egnp.exe\u2066\x07"


@pytest.mark.parametrize("path", PATHS)
def test_names_are_never_markup_and_never_turn_the_text(hostile: TestClient, path: str) -> None:
    for language in LANGUAGES:
        text = page(hostile, path, language)
        assert "<script" not in text
        assert not re.search("[\u202a-\u202e\u2066\x07]", text)
    assert "&lt;script&gt;alert(1)" in page(hostile, "/results")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    def named(contest: dict[str, Any]) -> dict[str, Any]:
        options = [{**option, "name": {"fa": HOSTILE}} for option in contest["options"]]
        return {**contest, "name": {"en": HOSTILE}, "options": options}

    contests = [named(contest) for contest in DEFAULT_MANIFEST["contests"]]
    styles = [{**style, "name": {"en": HOSTILE}} for style in DEFAULT_MANIFEST["ballot_styles"]]
    folder = tmp_path_factory.mktemp("hostile") / "board"
    changes = {"contests": contests, "ballot_styles": styles, "jurisdiction": HOSTILE}
    board = held_board(folder, name={"en": HOSTILE, "fa": HOSTILE}, **changes)
    with TestClient(board_application(board.settings(interval=3600))) as client:
        yield client


def test_a_large_manifest(tmp_path: Path) -> None:
    options = [{"label": f"option {number}", "name": {"fa": f"گزینهٔ {number}"}} for number in range(150)]
    contests = [{"label": f"contest {number}", "options": options} for number in range(40)]
    styles = [{"label": f"style {number}", "contests": list(range(1, 41))} for number in range(20)]
    board = held_board(tmp_path / "board", "setup", contests=contests, ballot_styles=styles, tally_cells=None)
    with TestClient(board_application(board.settings(interval=3600))) as client:
        for language in LANGUAGES:
            assert page(client, "/election", language).count("<li>") > 40 * 150
            page(client, "/results", language)


@pytest.mark.parametrize(
    "path", ["/election/", "/results/1", "/guardians.json", "/honesty.html", "/turnout", "/record/x"]
)
def test_what_there_is_not(served: dict[str, TestClient], path: str) -> None:
    for language in LANGUAGES:
        page(served["ended"], path, language, 404)


def test_only_reading(served: dict[str, TestClient]) -> None:
    for path in (*PATHS, "/turnout.json", "/results.json"):
        assert served["keys"].post(path).status_code == 405
        assert served["keys"].head(path).status_code == 200
