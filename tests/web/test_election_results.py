"""Results on pages and for programs are those of the cast ballots: weighted, in cells, merged, with fields."""

import html
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from e2evote.board.log import Board
from e2evote.election.acceptance import Acceptance
from e2evote.errors import CheckError
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.record.plaintext import PlaintextBallot, PlaintextContest, encrypted_values
from e2evote.record.sums import results_of
from e2evote.record.tally import EncryptedTally, Tally, TallyContest, TallyOption
from e2evote.web.application import board_application
from e2evote.web.election.chart import Bar, chart
from tests.builders import MERGING, SUPPLEMENTAL, TOY
from tests.cli.running import run
from tests.web.elections import HeldBoard, held_board
from tests.web.servers import Server
from tests.web.test_pages import page

ROW = r'<tr><td class="n">([^<]*)</td><th scope="row"><bdi>([^<]*)</bdi></th><td class="n">([^<]*)</td></tr>'
PERSIAN = str.maketrans("۰۱۲۳۴۵۶۷۸۹", "0123456789", "٬")


def ballot(style: int, weight: int = 1, **marks: tuple[int, ...]) -> PlaintextBallot:
    """A ballot with marks by contest: ``c1=(1, 0, 0, 0)``."""
    contests = (PlaintextContest(contest=int(name[1:]), selections=each) for name, each in marks.items())
    return PlaintextBallot(ballot_style=style, weight=weight, contests=tuple(contests))


FEW_PARTNERS = [
    ballot(1, c1=(1, 1, 0, 0), c3=(1, 0)), ballot(1, 2, c1=(0, 1, 0, 0), c3=(1, 0)), ballot(1, 2, c3=(0, 1)),
    ballot(2, 2, c2=(3, 1), c3=(0, 1)),
]  # fmt: skip
NOBODY = [ballot(1, c1=(0, 1, 0, 0))]


def options(votes: Sequence[PlaintextBallot]) -> dict[str, Any]:
    return {"plaintexts": votes, "ballots": len(votes), "challenged": 0, "spoiled": 0}


CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    # name: options of build_record, changes of the manifest
    "cells and weights": ({"ballots": 24, "challenged": 3, "spoiled": 2}, {}),
    "one cell": ({}, {"tally_cells": None}),
    "merged": (options(FEW_PARTNERS), {"tally_cells": MERGING}),
    "supplemental": ({"ballots": 20}, {"contests": SUPPLEMENTAL}),
    "supplemental and merged": (options(FEW_PARTNERS), {"contests": SUPPLEMENTAL, "tally_cells": MERGING}),
    "withheld": (options(FEW_PARTNERS), {}),
    "nothing": (options(NOBODY), {}),
}


@pytest.fixture(scope="module", params=CASES)
def case(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[HeldBoard, TestClient]]:
    built, changes = CASES[request.param]
    board = held_board(tmp_path_factory.mktemp("case") / "board", "ended", options=built, **changes)
    with TestClient(board_application(board.settings(interval=3600))) as client:
        yield board, client


def counted(board: HeldBoard, cells: Sequence[int], contest: int) -> tuple[list[int], int]:
    """Weighted votes of the cast ballots of some cells in a contest, by option and field, and how many they are."""
    built, manifest = board.built, board.built.election.manifest
    of = manifest.contest(contest)
    values, ballots = Counter[int](), 0
    for code, status in built.statuses.items():
        cast = built.plaintexts[code]
        style = manifest.ballot_style(cast.ballot_style)
        if status == "cast" and contest in style.contests and manifest.cell_of(cast.ballot_style) in cells:
            marks = {each.contest: each.selections for each in cast.contests}
            found = encrypted_values(of, marks.get(contest, (0,) * len(of.options)))
            values.update({index: value * cast.weight for index, value in enumerate(found)})
            ballots += 1
    return [values[index] for index in range(len(of.verifiable_fields))], ballots


def test_results_are_those_of_the_cast_ballots(case: tuple[HeldBoard, TestClient]) -> None:
    board, client = case
    manifest, told = board.built.election.manifest, client.get("/results.json").json()["results"]
    assert told["ballots"] == len(board.built.of_status("cast"))
    seen = {(each["cell"], ind_c) for each in told["withheld"] for ind_c in each["contests"]}
    for contest in told["contests"]:
        total, ballots = [0] * len(contest["options"]), 0
        for part in contest["sums"]:
            cells = [part["cell"], *part["merged"]]
            values, count = counted(board, cells, contest["contest"])
            assert [*part["votes"], *part["supplemental_fields"].values()] == values
            assert part["ballots"] == count
            total = [left + right for left, right in zip(total, values, strict=False)]
            ballots += count
            assert not seen & {(cell, contest["contest"]) for cell in cells}
            seen |= {(cell, contest["contest"]) for cell in cells}
        votes = {each["option"]: each["votes"] for each in contest["options"]}
        assert [votes[index] for index in sorted(votes)] == total[: len(votes)]
        assert contest["ballots"] == ballots
    every = {(index, ind_c) for index, cell in enumerate(manifest.cells, 1) for ind_c in manifest.cell_contests(cell)}
    assert seen == every


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_page_has_the_same_figures(case: tuple[HeldBoard, TestClient], language: str) -> None:
    _, client = case
    told, text = client.get("/results.json").json()["results"], page(client, "/results", language)
    sections = re.findall(r'<section class="contest">\s*<h2 id="contest-(\d+)">(.*?)</section>', text, re.DOTALL)
    assert [int(index) for index, _ in sections] == [contest["contest"] for contest in told["contests"]]
    for (_, section), contest in zip(sections, told["contests"], strict=True):
        rows = re.findall(
            r'<tr><td class="n">([^<]*)</td><th scope="row"><bdi>([^<]*)</bdi></th><td class="n">([^<]*)</td></tr>',
            section,
        )
        shown = [(int(place.translate(PERSIAN)), int(votes.translate(PERSIAN))) for place, _, votes in rows]
        assert shown == [(each["place"], each["votes"]) for each in contest["options"]]
        for (_, name, _), each in zip(rows, contest["options"], strict=True):
            assert html.unescape(name) in {each["label"], *each["name"].values()}
        fields = re.findall(r'<tr><td></td><th scope="row">[^<]*</th><td class="n">([^<]*)</td></tr>', section)
        assert [int(value.translate(PERSIAN)) for value in fields] == list(contest["supplemental_fields"].values())
        (picture,) = re.findall(r"<svg.*?</svg>", section, re.DOTALL)
        bars = [found.text.translate(PERSIAN) for found in ET.fromstring(picture).findall("text[@class='count']")]
        assert bars == [
            f"{each['votes']:,}".replace(",", "" if language == "fa" else ",") for each in contest["options"]
        ]
        assert section.count("<caption>") == (
            len(contest["sums"]) if len(contest["sums"]) > 1 or contest["sums"][0]["merged"] else 0
        )
    assert ("Not counted out" in text or "شمرده‌نشده" in text) == bool(told["withheld"])


def test_merged_and_withheld_cells_are_explained(tmp_path: Path) -> None:
    board = held_board(tmp_path / "board", options=options(FEW_PARTNERS), tally_cells=MERGING)
    with TestClient(board_application(board.settings(interval=3600))) as client:
        text, persian = page(client, "/results"), page(client, "/results", "fa")
        assert "Counted with them, being too few by themselves:</span>" not in text
        assert re.search("Counted with them, being too few by themselves: <bdi>partners</bdi>", text)
        assert "همراه آن‌ها شمرده شده‌اند" in persian
        assert "<li><bdi>partners</bdi>: <bdi>scores</bdi></li>" in text
        assert "if these are too few: with members" in page(client, "/election")


def test_ties_share_a_place(tmp_path: Path) -> None:
    votes = [*[ballot(1, c1=(1, 0, 1, 0), c3=(1, 0))] * 2, *[ballot(1, c1=(0, 1, 0, 0), c3=(0, 1))] * 2]
    board = held_board(tmp_path / "board", options=options(votes))
    with TestClient(board_application(board.settings(interval=3600))) as client:
        first, second = client.get("/results.json").json()["results"]["contests"]
        assert [(each["place"], each["votes"]) for each in first["options"]] == [(1, 2), (1, 2), (1, 2), (4, 0)]
        assert [each["place"] for each in second["options"]] == [1, 1]
        assert page(client, "/results").count("share a place") == 2


# ---------------------------------------------------------------------------------------------------- how to verify


def test_the_commands_of_the_pages_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board = held_board(tmp_path / "board")
    monkeypatch.chdir(tmp_path)
    insecure = ("--insecure-parameters", TOY)
    with Server.board(board.folder, "--url", "https://board.example", interval=3600) as server:
        _, data = server.get("/results")
        _, record = server.get("/record")
        (link,) = re.findall(r'href="([^"]+)" download="manifest.json"', record.decode())
        (tmp_path / "manifest.json").write_bytes(server.get(link)[1])
        address = f"http://127.0.0.1:{server.port}"
        blocks = [*re.findall(r'<pre dir="ltr" class="commands"[^>]*>(.*?)</pre>', data.decode(), re.DOTALL)]
        blocks += re.findall(r"<pre[^>]*>(e2evote board monitor[^<]*)</pre>", record.decode())
        commands = "\n".join(blocks).replace("https://board.example", address).splitlines()
        assert len(commands) == 6
        for command in commands:
            program, *arguments = command.split()
            assert program == "e2evote"
            more = insecure if arguments[0] in ("verify", "record") else ()
            run(*arguments, *more)
    assert (tmp_path / "record" / layout.TALLIES).read_bytes() == (board.built.path / layout.TALLIES).read_bytes()


# ------------------------------------------------------------------------------------------------ files that do not fit


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> HeldBoard:
    return held_board(tmp_path_factory.mktemp("built") / "board")


def files(board: HeldBoard) -> tuple[list[EncryptedTally], list[Tally]]:
    record, group = Record.at(board.built.path), board.built.election.group
    return (
        list(record.objects(EncryptedTally, layout.ENCRYPTED_TALLIES, group)),
        list(record.objects(Tally, layout.TALLIES, group)),
    )


def changed(tally: Tally, **changes: object) -> Tally:
    return tally.model_copy(update={"contests": (tally.contests[0].model_copy(update=changes), *tally.contests[1:])})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cell", "cells are not those"),
        ("twice", "cells are not those"),
        ("contest", "not its own"),
        ("option", "does not have the manifest's options"),
        ("merged", "cells that there are not"),
        ("itself", "cells that there are not"),
    ],
)
def test_what_does_not_fit_is_said(built: HeldBoard, name: str, expected: str) -> None:
    encrypted, tallies = files(built)
    first = tallies[0]
    wrong = {
        "cell": [first.model_copy(update={"cell": 7})],
        "twice": [first, first],
        "contest": [changed(first, index=2)],
        "option": [changed(first, options=first.contests[0].options[:1])],
        "merged": [changed(first, merged=(9,))],
        "itself": [changed(first, merged=(1,))],
    }[name]
    with pytest.raises(CheckError, match=expected):
        results_of(built.built.election.manifest, encrypted, wrong, [])


def test_a_board_with_tallies_that_do_not_fit(tmp_path: Path) -> None:
    """Whoever runs a board can put on it what no verifier accepts: pages then show that, and no figures."""
    path = tmp_path / "board-record"
    held_board(tmp_path / "first", "decryption", record=path)
    text = (path / layout.TALLIES).read_bytes()
    held = held_board(tmp_path / "board", "tally", record=tmp_path / "again")

    with Board.open(held.folder) as board, board.writing() as writing:
        lines = text.replace(b'{"cell":1,', b'{"cell":9,')
        acceptance = Acceptance.of(board, frozenset({TOY}))
        acceptance.publish_file(writing, layout.TALLIES, lines, datetime.now(UTC))
    with TestClient(board_application(held.settings(interval=3600))) as client:
        told = client.get("/results.json").json()
        assert (told["results"], len(told["problems"])) == (None, 1)
        for path_of in ("/results", "/election", "/guardians"):
            assert "do not fit each other" in page(client, path_of)
        assert "<svg" not in page(client, "/results")


@given(st.lists(st.lists(st.integers(0, 10**12), min_size=4, max_size=4), min_size=1, max_size=2))
def test_sums_add_up_and_places_follow_votes(built: HeldBoard, votes: list[list[int]]) -> None:
    encrypted, tallies = files(built)
    proof = tallies[0].contests[0].options[0]
    manifest = built.built.election.manifest
    cells = [
        Tally.model_construct(cell=cell, label="", contests=(_contest(3, values[:2], proof),))
        for cell, values in enumerate(votes, 1)
    ]
    (found,) = results_of(manifest, encrypted, cells, []).contests
    assert [option.votes for option in found.result.options] == [
        sum(each) for each in zip(*(v[:2] for v in votes), strict=True)
    ]
    placed = [(place, option.votes) for place, option in found.placed]
    assert all(place == 1 + sum(other > mine for _, other in placed) for place, mine in placed)
    assert found.tied == (placed[0][1] == placed[1][1] > 0)


def _contest(index: int, votes: Sequence[int], like: TallyOption) -> TallyContest:
    options = (like.model_copy(update={"index": number, "tally": value}) for number, value in enumerate(votes, 1))
    return TallyContest.model_construct(index=index, label="", merged=None, options=tuple(options))


# ----------------------------------------------------------------------------------------------------------- charts

names = st.text(st.characters(exclude_categories=("Cc", "Cn", "Cs")), max_size=120)


@given(st.lists(st.tuples(names, st.integers(0, 10**9)), max_size=8), st.sampled_from(["ltr", "rtl"]))
def test_a_chart_is_a_picture_with_bars_to_scale(rows: list[tuple[str, int]], direction: str) -> None:
    bars = [Bar(name, value, str(value)) for name, value in rows]
    drawn = ET.fromstring(str(chart("c", "Title <b>", "About", bars, direction)))
    assert (drawn.find("title").text, drawn.get("direction")) == ("Title <b>", "ltr")  # type: ignore[union-attr]
    most = max((value for _, value in rows), default=0) or 1
    widths = [float(bar.get("width").rstrip("%")) for bar in drawn.findall("rect[@class='bar']")]  # type: ignore[union-attr]
    assert widths == pytest.approx([100 * value / most for _, value in rows], abs=0.001)
    for bar in drawn.findall("rect[@class='bar']"):
        left, width = (float(bar.get(name).rstrip("%")) for name in ("x", "width"))  # type: ignore[union-attr]
        assert (left == 0) if direction == "ltr" else (left + width == pytest.approx(100, abs=0.01))
    assert float(drawn.get("height")) >= 26 * len(rows)  # type: ignore[arg-type]
