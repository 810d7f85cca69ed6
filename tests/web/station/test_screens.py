"""One station online and one without a network, in a browser; then the election is counted and its record verified."""

import json
import re
import socket
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from e2evote.workspace.directory import Workspace
from tests.builders import TOY
from tests.cli.running import run
from tests.election.stations.halls import assign, make_stations
from tests.web.booth.booths import BoothServer, Voter, ballots
from tests.web.booth.counting import count, told
from tests.web.browser import DESKTOP, PHONE, window
from tests.web.station.serving import Screen, StationServer

MARKS: list[list[tuple[int, ...]]] = [
    [(0, 3, 5), (1,), (0,), (0,), (1,)],
    [(0, 1), (0, 2), (1,), (1,)],
    [(), (), (), ()],
]
"""The options that each voter marks; the last contest is asked of who says yes to the fourth."""


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


def test_stations_online_and_offline(browser: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    directory = make_stations(tmp_path / "club", url=f"http://127.0.0.1:{port}")
    (tmp_path / "list").write_bytes(assign(directory, "school", [4, 5, 6]))
    run("station", "load", tmp_path / "school", tmp_path / "list")
    with BoothServer(directory, port=port) as server:
        online(browser, tmp_path)
        offline(browser, tmp_path)
        voter = Voter(server.url, directory)
        voter.sign_in(1)
        assert voter.call("turn").json["voted"]
        other = Voter(server.url, directory)
        other.sign_in(7)
        (booth,) = ballots(directory, 1)
        other.vote(booth)
    bundle = tmp_path / "bundle"
    run("station", "bundle", tmp_path / "school", bundle)
    run("station", "merge", directory, bundle)
    run("station", "merge", directory, bundle)
    count(directory, capsys)
    contests = Workspace(directory).election.manifest.contests
    chosen = Counter(
        contest.options[option].label
        for marks in (MARKS[0], MARKS[1], MARKS[1], MARKS[0])
        for contest, options in zip(contests, marks, strict=False)
        for option in options
    )
    for marked in booth.plaintext.contests:
        known = contests[marked.contest - 1]
        if sum(marked.selections) <= known.limit:
            chosen.update({option.label: n for option, n in zip(known.options, marked.selections, strict=True) if n})
    assert told(directory) == chosen
    for root in ("hall", "school"):
        minutes_of = tmp_path / root / "minutes.json"
        listed = directory / "stations.json"
        said = run("station", "check", minutes_of, directory / "record", "--stations", listed).output
        assert "signed by Maryam and Reza" in re.sub(r"\s+", " ", said)
    minutes = json.loads((tmp_path / "school" / "minutes.json").read_bytes())["minutes"]
    assert (minutes["authorised"], minutes["cast"], minutes["unused"]) == (2, 2, 0)
    run("verify", directory / "record", "--insecure-parameters", TOY, "--jobs", 1)


def online(browser: Browser, tmp_path: Path) -> None:
    """In Persian, on a small screen: two voters, one of whom challenges; somebody comes twice."""
    with StationServer(tmp_path / "hall") as server, window(browser, "fa", PHONE) as watched:
        screen = Screen(watched, server.url, tmp_path / "hall", accessible=True)
        screen.sign_in()
        screen.two("/open")
        screen.release(1)
        screen.fill_in(MARKS[2])
        challenged = screen.encrypt()
        screen.press("/ballot/challenge", "challenged")
        expect(screen.page.locator("section.contest")).to_have_count(5)
        screen.press("/ballot/finish", "begin again")
        screen.fill_in(MARKS[0])
        assert screen.encrypt() != challenged
        screen.cast()
        screen.sign_in()
        screen.ask(1)
        expect(screen.page.locator("[role=alert]")).to_contain_text("پیش از این رأی داده است")
        screen.release(2)
        screen.fill_in(MARKS[1])
        screen.encrypt()
        screen.cast()
        screen.sign_in()
        for path in ("/log", "/opening"):
            screen.go(path)
        screen.two("/close")
        expect(screen.page.locator("h1")).to_have_text("صورت‌جلسهٔ شعبه")
        assert all(request.url.startswith((server.url, "data:")) for request in watched.requests)
        assert [line for line in watched.complaints if "409" not in line] == []


def offline(browser: Browser, tmp_path: Path) -> None:
    """Without a network: voters on the list, and somebody who is not on it."""
    with StationServer(tmp_path / "school", "--offline") as server, window(browser, "en", DESKTOP) as watched:
        screen = Screen(watched, server.url, tmp_path / "school", accessible=True)
        screen.sign_in()
        screen.two("/open")
        screen.ask(8)
        expect(screen.page.locator("[role=alert]")).to_contain_text("not on this station's list")
        for number, marks in ((4, MARKS[1]), (5, MARKS[0])):
            screen.release(number)
            screen.fill_in(marks)
            screen.encrypt()
            screen.cast()
            screen.sign_in()
        screen.two("/close")
        assert (tmp_path / "school" / "printed" / "log.txt").read_text().count("  cast ") == 2
