"""What voters read: the state of their ballot, in their language, found however they type its code."""

import re
import time
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from e2evote.board import cosignature
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.log import Board
from e2evote.board.notes import KeyKind, Note, SigningKey
from e2evote.board.policy import Policy
from e2evote.board.witness import TEXT, Answer, Request
from e2evote.encoding import hex_of
from e2evote.record.entries import commitment
from e2evote.web.application import board_application
from e2evote.web.codes import grouped
from e2evote.web.security import HEADERS
from e2evote.web.views import official_time
from tests.web.elections import NAME, VotingBoard, request_of, voting_board

CAST, CHALLENGE = b"c" * 32, b"h" * 32
COMMITMENTS = commitment(CAST), commitment(CHALLENGE)


def submit(client: TestClient, voting: VotingBoard, bearer: dict[str, str], committed: bool = True) -> str:
    """Submit a ballot, with commitments or without, and return its code."""
    body = request_of(voting.ballots[0], COMMITMENTS if committed else None)
    assert client.post("/submit/ballot", content=body, headers=bearer).status_code == 200
    return voting.codes[0]


def decide(client: TestClient, bearer: dict[str, str], code: str, status: str, secret: bytes | None = None) -> None:
    fields = {"confirmation_code": code, "status": status} | ({"secret": hex_of(secret)} if secret else {})
    answer = client.post("/submit/status", json=fields, headers={"Authorization": bearer["Authorization"]})
    assert answer.status_code == 200, answer.text


def page(client: TestClient, path: str, language: str = "en", status: int = 200) -> str:
    """A page that is whole: well nested, in its language, without script and inline style, isolated codes."""
    answer = client.get(path, headers={"Accept-Language": language}, follow_redirects=False)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-language"] == language
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    for name, value in HEADERS:
        assert answer.headers[name] == value
    WholePage().feed(answer.text)
    assert f'<html lang="{language}" dir="{"rtl" if language == "fa" else "ltr"}">' in answer.text
    return answer.text


class WholePage(HTMLParser):
    """Refuses pages whose elements do not nest, and what the content policy would not run."""

    VOID = frozenset({"meta", "link", "input", "img", "br"})

    def feed(self, data: str) -> None:
        self.open: list[str] = []
        self.ids: set[str] = set()
        super().feed(data)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "style", "iframe", "object")
        found = dict(attrs)
        assert not [name for name in found if name == "style" or name.startswith("on")]
        assert tag != "img" or found["alt"]
        assert found.get("id") not in self.ids
        self.ids |= {found["id"]} if found.get("id") else set()
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(
    ("status", "secret", "english", "persian"),
    [
        (None, None, "Received", "رسیده"),
        ("cast", CAST, "Cast", "در صندوق"),
        ("challenged", CHALLENGE, "Opened for a check", "بازشده برای آزمون"),
        ("spoiled", None, "Abandoned", "رهاشده"),
    ],
)
def test_a_ballot_says_what_became_of_it(
    client: TestClient,
    voting: VotingBoard,
    bearer: dict[str, str],
    status: str | None,
    secret: bytes | None,
    english: str,
    persian: str,
) -> None:
    code = submit(client, voting, bearer, committed=status != "spoiled")
    if status:
        decide(client, bearer, code, status, secret)
    for language, word in (("en", english), ("fa", persian)):
        text = page(client, f"/ballot/{code}", language)
        assert f'<p class="word">{word}</p>' in text
        assert NAME[language] in text
        assert re.sub(r"\s+|</?span>", "", text).count(code) >= 1
        assert "data:image/svg+xml" in text


def test_positions_and_proofs(client: TestClient, voting: VotingBoard, bearer: dict[str, str]) -> None:
    code = submit(client, voting, bearer)
    decide(client, bearer, code, "cast", CAST)
    with Board.open(voting.folder) as board, board.reading() as view:
        first, second = view.stream(f"code/{code}")
    for _ in range(100):
        text = page(client, f"/ballot/{code}", "fa")
        if f"/proof/{second}.tlog-proof" in text:
            break
        time.sleep(0.02)
    assert f"/proof/{first}.tlog-proof" in text
    assert f"<dd>{str(first).translate(str.maketrans('0123456789', '۰۱۲۳۴۵۶۷۸۹'))}</dd>" in text
    assert client.get(f"/proof/{second}.tlog-proof").status_code == 200
    assert client.get(re.findall(r'href="(/object/[^"]+)"', text)[0]).status_code == 200


def test_what_is_not_published_yet_says_so(voting: VotingBoard, bearer: dict[str, str]) -> None:
    with TestClient(board_application(voting.settings(interval=3600))) as client:
        text = page(client, f"/ballot/{submit(client, voting, bearer)}")
        assert "not in a published checkpoint yet" in text
        assert "/proof/" not in text


@pytest.mark.parametrize(
    "write", [str, str.lower, grouped, lambda code: code[:8], lambda code: f" {code[:12].lower()}- "]
)
def test_a_search_leads_to_the_ballot(client: TestClient, voting: VotingBoard, bearer: dict[str, str], write) -> None:
    code = submit(client, voting, bearer)
    answer = client.get("/search", params={"q": write(code), "lang": "fa"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/ballot/{code}?lang=fa")


def test_persian_digits(client: TestClient, voting: VotingBoard, bearer: dict[str, str]) -> None:
    code = submit(client, voting, bearer)
    typed = code.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    assert client.get("/search", params={"q": typed}, follow_redirects=False).headers["location"] == f"/ballot/{code}"


def test_codes_that_begin_alike(client: TestClient, voting: VotingBoard) -> None:
    """Codes are hashes: that two begin alike is arranged by names in the log, below what accepts ballots."""
    codes = [f"ABCDEF12{number:056X}" for number in range(25)]
    with Board.open(voting.folder) as board, board.writing() as writing:
        for code in codes:
            writing.append(b"{}", [f"code/{code}"])
    text = page(client, "/search?q=abcd+ef12")
    assert [f"/ballot/{code}" for code in codes[:20]] == re.findall(r"/ballot/[0-9A-F]{64}", text)
    assert "There are more" in text
    assert page(client, f"/search?q={codes[7][:-1]}").count("/ballot/") == 16
    assert page(client, "/search?q=ABCDEF13", status=404)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_nothing_found_says_what_that_means(client: TestClient, voting: VotingBoard, language: str) -> None:
    absent = "0" * 64
    for path in (f"/ballot/{absent}", f"/search?q={absent[:8]}"):
        assert ("receipt" if language == "en" else "رسید") in page(client, path, language, 404)
    assert page(client, "/search?q=hello", language, 400)
    assert page(client, "/search", language)
    assert page(client, "/nothing", language, 404)
    assert page(client, "/ballot/12345678", language, 404)
    assert page(client, "/ballot/<script>", language, 404)


def test_what_is_typed_is_never_markup(client: TestClient) -> None:
    text = page(client, '/search?q="><script>alert(1)</script>', status=400)
    assert "&lt;script&gt;" in text


def test_another_spelling_of_a_code_leads_to_the_one(client: TestClient, voting: VotingBoard) -> None:
    answer = client.get(f"/ballot/{voting.codes[0].lower()}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, f"/ballot/{voting.codes[0]}")


def test_the_front_page(client: TestClient) -> None:
    text, persian = page(client, "/"), page(client, "/", "fa")
    checkpoint = Checkpoint.parse(Note.parse(client.get("/checkpoint").content).text)
    assert f"<dd>{checkpoint.size}</dd>" in text
    assert str(checkpoint).splitlines()[2] in text
    assert "This board has no witnesses" in text
    assert "این تابلو گواه ندارد" in persian
    style = client.get("/static/board.css")
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")


def test_links_keep_the_language_that_was_asked_for(client: TestClient) -> None:
    text = client.get("/search?q=hello&lang=fa").text
    assert 'href="/?lang=fa"' in text
    assert 'name="lang" value="fa"' in text
    assert 'href="?q=hello&amp;lang=en"' in text
    assert 'href="/"' in client.get("/").text


def test_the_picture_holds_the_page_where_its_address_is_known(voting: VotingBoard) -> None:
    from e2evote.web.site import Site

    for url, expected in (("", voting.codes[0]), ("https://b.example", f"https://b.example/ballot/{voting.codes[0]}")):
        with TestClient(board_application(voting.settings(url=url))) as client:
            site: Site = client.app.application.state.site
            assert site.qr_text(voting.codes[0]) == expected


# ------------------------------------------------------------------------------------------------------- witnesses


def witnessed(folder: Path, times: dict[str, int], quorum: str) -> tuple[VotingBoard, dict[str, SigningKey]]:
    keys = {name: SigningKey.generate(f"{name}.example", KeyKind.COSIGNATURE) for name in times}
    lines = "".join(f"witness {name} {key.verifier}\n" for name, key in keys.items())
    return voting_board(folder, 1, f"{lines}{quorum}"), keys


def test_official_times_are_those_of_the_quorum(tmp_path: Path) -> None:
    times = {"w1": 1_800_000_030, "w2": 1_800_000_010, "w3": 1_800_000_020}
    voting, keys = witnessed(tmp_path / "board", times, "group two 2 w1 w2 w3\nquorum two\n")
    with Board.open(voting.folder) as board:

        def ask(witness: object, body: bytes) -> Answer:
            name = witness.name  # type: ignore[attr-defined]
            line = cosignature.cosign(Request.parse(body).note, keys[name], times[name])
            return Answer(200, TEXT, f"{line}\n".encode())

        note = board.publish(ask)
        assert note is not None
        assert official_time(note, board.policy) == datetime.fromtimestamp(times["w3"], UTC)
        names = board.policy.witnesses.values()
        none = Policy(board.policy.logs, tuple(names), None)
        assert official_time(note, none) is None
    with TestClient(board_application(voting.settings())) as client:
        text = page(client, "/")
        assert all(f"{name}.example" in text for name in times)
        assert "2027-01-15T08:00:30Z" in text
