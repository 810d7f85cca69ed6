"""Reports of checks that failed: taken in from anywhere, strictly and not without end, and kept under numbers."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from e2evote.election import reports
from e2evote.election.reports import REPORT_LIMIT, Reports, counts, parse_report
from e2evote.errors import CheckError, ParseError, StorageError
from e2evote.web.bodies import TurnedAwayError, body_of
from e2evote.web.checker import reporting
from e2evote.web.checker.reporting import EACH, WINDOW, Rates, report_routes
from tests.web.elections import VotingBoard

CODE, NONCE = "AB" * 32, "CD" * 32
NOW = datetime(2026, 12, 1, 9, 30, 5, tzinfo=UTC)
OPENING = {
    "format": "e2evote-report/v1", "checker": "e2evote 0.1.0, 00112233", "confirmation_code": CODE, "nonce": NONCE,
    "finding": "opening", "detail": "contest 1: it is not encrypted with the nonce", "ballot_sha256": "EF" * 32,
    "proof": "c2sp.org/tlog-proof@v1\n", "words": "دیدم که چیز دیگری بود",
}  # fmt: skip
MISSING = {name: OPENING[name] for name in ("format", "checker", "confirmation_code")} | {
    "finding": "missing",
    "detail": "the board has no ballot with this code",
}


def encoded(report: dict[str, object], **changes: object) -> bytes:
    fields = {name: value for name, value in (report | changes).items() if value is not None}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "reports"


@pytest.fixture
def taking(folder: Path) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=report_routes(folder, lambda request: request.headers.get("x", "")))) as client:
        yield client


def send(client: TestClient, body: bytes, **headers: str) -> tuple[int, dict[str, object]]:
    answer = client.post("/report", content=body, headers={"Content-Type": "application/json"} | headers)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()


def test_reports_get_numbers_and_are_kept(taking: TestClient, folder: Path) -> None:
    for number, report in enumerate((OPENING, MISSING, OPENING), 1):
        status, answer = send(taking, encoded(report))
        assert (status, answer["number"]) == (201, number)
        kept = json.loads((folder / f"{number:06}.json").read_bytes())
        assert kept == {"number": number, "time": answer["time"], "report": report}
        assert (folder / f"{number:06}.json").stat().st_mode & 0o077 == 0
    assert [kept.number for kept in Reports(folder).all()] == [1, 2, 3]
    assert counts(folder) == {"missing": 1, "opening": 2}
    assert counts(folder / "nowhere") == {}


def test_a_page_of_any_origin_may_send_one(taking: TestClient) -> None:
    asked = {"Origin": "null", "Access-Control-Request-Method": "POST"}
    answer = taking.options("/report", headers=asked | {"Access-Control-Request-Headers": "content-type"})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "Content-Type"
    assert taking.get("/report").status_code == 405


def test_a_board_takes_reports_in(client: TestClient, voting: VotingBoard) -> None:
    assert send(client, encoded(MISSING))[0] == 201
    assert [kept.report.finding for kept in Reports(voting.folder / "reports").all()] == ["missing"]
    assert client.get("/reports/000001.json").status_code == 404


ODD = [
    b"", b"{}", b"[]", b"null", b"\xff", encoded(OPENING)[:-1], encoded(OPENING) + b"\n", b" " + encoded(OPENING),
    *(encoded(OPENING, **{name: None}) for name in ("format", "checker", "confirmation_code", "finding", "detail")),
    encoded(OPENING, nonce=None), encoded(MISSING, nonce=NONCE), encoded(OPENING, more=1),
    encoded(OPENING, format="e2evote-report/v2"), encoded(OPENING, finding="other"), encoded(OPENING, detail=1),
    encoded(OPENING, confirmation_code=CODE.lower()), encoded(OPENING, confirmation_code=CODE[2:]),
    encoded(OPENING, detail="x" * 1001), encoded(OPENING, checker="x" * 101), encoded(OPENING, words="x" * 2001),
    encoded(OPENING, proof="x" * 32769),
    encoded(OPENING).replace(b'"format"', b'"format":"e2evote-report/v1","format"'),
    json.dumps(OPENING).encode(), encoded(dict(reversed(OPENING.items()))),
    encoded(OPENING).replace(b'"words":"', b'"words":"\\ud800'),
]  # fmt: skip


@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
def test_what_is_no_report_is_refused(taking: TestClient, folder: Path, body: bytes) -> None:
    with pytest.raises(ParseError):
        parse_report(body)
    status, answer = send(taking, body)
    assert status == 400
    assert list(answer) == ["error"]
    assert not folder.exists()


def test_what_is_too_large_or_of_another_type_is_refused(taking: TestClient, folder: Path) -> None:
    assert send(taking, b" " * (REPORT_LIMIT + 1))[0] == 413
    with pytest.raises(ParseError, match="bytes"):
        parse_report(b" " * (REPORT_LIMIT + 1))
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        assert send(taking, encoded(OPENING), **{"Content-Type": kind})[0] == 415
    assert not folder.exists()


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_no_body_is_a_server_error(body: bytes) -> None:
    with pytest.raises(ParseError):
        parse_report(body)


def test_few_from_one_address_and_not_too_many_in_all(taking: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(EACH):
        assert send(taking, encoded(MISSING), x="a")[0] == 201
    answer = taking.post("/report", content=encoded(MISSING), headers={"Content-Type": "application/json", "x": "a"})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= WINDOW + 1
    assert send(taking, encoded(MISSING), x="b")[0] == 201
    assert send(taking, encoded(MISSING))[0] == 201  # of nobody's address: counted with all
    monkeypatch.setattr(reporting, "TOGETHER", EACH + 3)
    assert send(taking, encoded(MISSING), x="c")[0] == 201
    assert send(taking, encoded(MISSING), x="d")[0] == 429


def test_many_at_once_are_not_more_than_may_come(taking: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests whose bodies are still on their way are counted like those that came one after the other."""
    inside: list[Request] = []

    async def together(request: Request, limit: int) -> bytes:
        inside.append(request)
        while len(inside) < 3:
            await asyncio.sleep(0.001)
        return await body_of(request, limit)

    monkeypatch.setattr(reporting, "EACH", 1)
    monkeypatch.setattr(reporting, "body_of", together)
    headers = {"Content-Type": "application/json", "x": "a"}
    with ThreadPoolExecutor(3) as pool:
        sent = [pool.submit(taking.post, "/report", content=encoded(MISSING), headers=headers) for _ in range(3)]
        assert sorted(one.result().status_code for one in sent) == [201, 429, 429]


def test_rates_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "ADDRESSES", 3)
    now = [0.0]
    rates = Rates(lambda: now[0])
    for _ in range(EACH):
        rates.count("a")
    with pytest.raises(TurnedAwayError):
        rates.require("a")
    now[0] = WINDOW - 0.5
    with pytest.raises(TurnedAwayError):
        rates.require("a")
    now[0] = WINDOW + 0.0
    rates.require("a")
    for number in range(10):
        rates.count(f"address {number}")
    assert len(rates._by) == 3


def test_several_processes_give_each_report_a_number_of_its_own(folder: Path) -> None:
    report = parse_report(encoded(MISSING))
    with ThreadPoolExecutor(8) as threads:
        numbers = [kept.number for kept in threads.map(lambda _: Reports(folder).add(report, NOW), range(40))]
    assert sorted(numbers) == list(range(1, 41))
    assert [kept.number for kept in Reports(folder).all()] == list(range(1, 41))
    assert len(list(folder.iterdir())) == 40


def test_a_full_folder_takes_no_more(taking: TestClient, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MOST", 2)
    assert [send(taking, encoded(MISSING))[0] for _ in range(3)] == [201, 201, 507]
    assert len(list(folder.iterdir())) == 2


def test_a_folder_that_cannot_be_written(taking: TestClient, folder: Path) -> None:
    folder.write_text("a file")
    assert send(taking, encoded(MISSING))[0] == 503
    with pytest.raises(StorageError):
        Reports(folder).add(parse_report(encoded(MISSING)), NOW)


def test_files_that_are_no_reports(folder: Path) -> None:
    Reports(folder).add(parse_report(encoded(MISSING)), NOW)
    (folder / "note.txt").write_text("not a report")
    assert len(list(Reports(folder).all())) == 1
    (folder / "000003.json").write_bytes((folder / "000001.json").read_bytes())
    with pytest.raises(ParseError, match="expected 3"):
        list(Reports(folder).all())
    (folder / "000003.json").write_text("{}")
    with pytest.raises(ParseError, match="000003"):
        counts(folder)
    with pytest.raises(CheckError, match="no report 2"):
        Reports(folder).get(2)
