"""Where the manifest names officials, nobody sees results before they approved them, and everybody sees who did."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from e2evote.election.minutes import counted
from e2evote.election.officials import approval_file, approve, new_key, open_key
from e2evote.encoding import hex_of
from e2evote.record.codec import dump
from e2evote.record.layout import Record
from e2evote.record.outcome import Decision, Draw
from e2evote.web.application import board_application
from tests.builders import TOY
from tests.officials import PASSPHRASE, VOTES, rules
from tests.web.elections import HeldBoard, held_board

KEYS = [new_key(PASSPHRASE) for _ in range(2)]
OFFICIALS = [
    {"label": f"observer {number}", "role": "supervising", "key": hex_of(key.key)} for number, key in enumerate(KEYS, 1)
]
DECISION = Decision(draws=(Draw(contest=1, order=(2, 1), source="an urn"),))
OTHER = Decision(draws=(Draw(contest=1, order=(1, 2), source="an urn"),))


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> HeldBoard:
    folder = tmp_path_factory.mktemp("approved") / "board"
    options = {"plaintexts": VOTES, "ballots": len(VOTES), "challenged": 0, "spoiled": 0}
    return held_board(folder, options=options, officials=OFFICIALS, approvals=2, **rules())


@pytest.fixture
def approvals(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def client(board: HeldBoard, approvals: Path) -> Iterator[TestClient]:
    with TestClient(board_application(board.settings(interval=3600, approvals=approvals))) as client:
        yield client


def give(board: HeldBoard, folder: Path, number: int, decision: Decision = DECISION) -> None:
    manifest = board.built.election.manifest
    outcome = counted(Record.at(board.built.path), decision, frozenset({TOY}))
    key = open_key(dump(KEYS[number - 1]), PASSPHRASE, "key")
    approval = approve(manifest, key, bytes(32), outcome, decision, datetime(2026, 12, 2, 8, 30, tzinfo=UTC))
    approval_file(folder, approval).write_bytes(dump(approval) + b"\n")


def test_nothing_is_shown_before(board: HeldBoard, approvals: Path, client: TestClient) -> None:
    for number in (0, 1):
        if number:
            give(board, approvals, number)
        told = client.get("/results.json").json()
        assert (told["results"], told["outcome"], told["approvals"]["needed"]) == (None, None, 2)
        assert client.get("/results.csv").text.count("\n") == 1
        page = client.get("/results?lang=en").text
        assert f"have approved them ({number} of 2)" in page
        assert "<svg" not in page
        assert "هنوز تأیید نشده" in client.get("/results?lang=fa").text


def test_all_is_shown_after(board: HeldBoard, approvals: Path, client: TestClient) -> None:
    give(board, approvals, 1)
    give(board, approvals, 2)
    told = client.get("/results.json").json()
    assert [each["official"] for each in told["approvals"]["given"]] == ["observer 1", "observer 2"]
    assert [each.get("result") for each in told["outcome"]["contests"][0]["candidates"]] == [
        "elected", "alternate", None, None
    ]  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(client.get("/results.csv").text)))
    totals = [row for row in rows if row["contest"] == "1" and not row["station"]]
    assert [(row["option_label"], row["votes"], row["result"]) for row in totals][:2] == [
        ("board-2", "4", "elected"), ("board-1", "4", "alternate")
    ]  # fmt: skip
    for row in totals:
        parts = [r for r in rows if r["station"] and (r["contest"], r["option"]) == (row["contest"], row["option"])]
        assert sum(int(part["votes"]) for part in parts) == int(row["votes"])
    page = client.get("/results?lang=en").text
    assert "2 December 2026, 08:30:00" in page
    assert '<strong class="badge elected">Main member</strong>' in page
    assert "needed 8, counted 13" in page
    assert "عضو اصلی" in client.get("/results?lang=fa").text


@pytest.mark.parametrize("broken", ["differ", "forged", "no approval"])
def test_approvals_that_do_not_hold_show_nothing(
    broken: str, board: HeldBoard, approvals: Path, client: TestClient
) -> None:
    give(board, approvals, 1)
    give(board, approvals, 2, OTHER if broken == "differ" else DECISION)
    path = approvals / "approval-002.json"
    if broken == "forged":
        path.write_bytes(path.read_bytes().replace(b"T08:30:00Z", b"T08:30:01Z"))
    if broken == "no approval":
        path.write_text(json.dumps({}))
    told = client.get("/results.json").json()
    assert told["results"] is None
    assert told["approvals"]["problem"]
    assert "does not fit the board" in client.get("/results?lang=en").text
