"""``e2evote station``: from a machine to its grant, lists, the inventory, bundles and minutes."""

import json
from pathlib import Path

import pytest

from e2evote.workspace.directory import Workspace
from tests.cli.running import run
from tests.election.stations.halls import machine, manifest, marks, typed
from tests.web.booth.booths import Clock, make_booth


def pin(said: str) -> str:
    return said.rpartition("PIN ")[2].strip()


@pytest.fixture
def club(tmp_path: Path) -> Path:
    return make_booth(tmp_path / "club", manifest=manifest())


def test_a_station_from_its_machine_to_its_minutes(club: Path, tmp_path: Path) -> None:
    hall, request, grant = tmp_path / "hall", tmp_path / "hall" / "request.json", tmp_path / "grant.json"
    run("station", "init", hall, "--name", "Main hall", "--serial", "SN-1")
    assert "not empty" in run("station", "init", hall, "--name", "x", "--serial", "y", code=2).output
    first = pin(run("station", "operator", "add", hall, "Maryam", "--role", "opener").output)
    assert run("station", "add", club, request, "--out", grant).output.splitlines()[0] == "2"
    second = pin(run("station", "operator", "add", hall, "Reza").output)
    assert "already" in run("station", "operator", "add", hall, "Reza", code=2).output
    assert run("station", "add", club, request, "--out", grant, "--force").output.splitlines()[0] == "2"
    run("booth", "publish", club)
    listed = json.loads(run("station", "list", club, "--json").output)
    assert [one["name"] for one in listed[0]["officials"]] == ["Maryam", "Reza"]
    assert "Main hall" in run("station", "list", club).output

    numbers, voters = tmp_path / "numbers.txt", tmp_path / "voters.list"
    numbers.write_text("".join(f"{typed(number)['member_number']}\n" for number in (1, 2)))
    assert "2 assigned" in run("station", "assign", club, "Main hall", numbers, "--out", voters).output
    assert "nobody in the roll" in run(
        "station", "assign", club, "2", request, code=2
    ).output.replace("\n", " ")  # fmt: skip
    run("station", "load", hall, grant, voters)

    found = machine(hall, Clock())
    officials = [("Maryam", first), ("Reza", second)]
    found.open(officials)
    inquiry = found.authorise(typed(1)).inquiry
    found.encrypt(marks(found))
    found.cast()
    found.shut()
    bundle = tmp_path / "bundle"
    run("station", "bundle", hall, bundle)
    assert "1 cast" in run("station", "merge", club, bundle).output
    found = machine(hall, Clock())
    found.close(officials)
    found.shut()
    run("station", "bundle", hall, bundle, "--force")
    assert "1 voters released" in run("station", "merge", club, bundle).output
    told = json.loads(run("station", "status", hall, "--json").output)
    assert (told["authorised"], told["cast"], told["closed"]) == (1, 1, True)
    run("station", "inquire", club, inquiry)
    run("station", "inquire", club, "000000000000", code=2)

    run("board", "fetch", club / "board", club)
    minutes = hall / "minutes.json"
    assert "Maryam and Reza" in run("station", "check", minutes, club / "record").output.replace("\n", " ")
    changed = tmp_path / "changed.json"
    changed.write_text(minutes.read_text().replace('"cast":1', '"cast":2'))
    assert "signature" in run("station", "check", changed, club / "record", code=2).output
    statuses = club / "record" / "devices" / "0002" / "statuses.ndjson"
    statuses.write_bytes(statuses.read_bytes().replace(b'"cast"', b'"spoiled"'))
    said = run("station", "check", minutes, club / "record", code=2).output
    assert "cast: the minutes say 1, the record 0" in said.replace("\n", " ")


def test_the_inventory(club: Path, tmp_path: Path) -> None:
    hall = tmp_path / "hall"
    run("station", "init", hall, "--name", "Main hall", "--serial", "SN-1")
    run("station", "add", club, hall / "request.json", "--out", tmp_path / "grant.json")
    run("station", "inventory", "event", club, "SN-1", "sealed", "--seal", "12", "--seal", "13")
    run("station", "inventory", "handover", club, "SN-1", "--from", "Store", "--to", "Maryam", "--seal", "12")
    run("station", "inventory", "event", club, "SN-2", "lost", code=2)
    (device,) = json.loads(run("station", "inventory", "list", club, "--json").output)
    assert (device["holder"], device["seals"], device["station"]) == ("Maryam", ["12"], "Main hall")
    assert "Maryam" in run("station", "inventory", "list", club).output
    assert "voters released" in run("station", "lost", club, "Main hall", "--note", "stolen").output
    events = [
        json.loads(line)["event"] for line in run("station", "inventory", "log", club, "--json").output.splitlines()
    ]
    assert events == ["registered", "sealed", "handed-over", "lost"]
    log = club / "inventory.ndjson"
    whole = log.read_bytes()
    log.write_bytes(whole.replace(b"Maryam", b"Nobody"))
    assert "was changed" in run("station", "inventory", "log", club, code=2).output
    other = tmp_path / "other"
    run("station", "init", other, "--name", "Main hall", "--serial", "SN-2")
    add = ("station", "add", club, other / "request.json", "--out", tmp_path / "g2")
    assert "was changed" in run(*add, code=2).output
    log.write_bytes(whole)
    assert run(*add).output.splitlines()[0] == "3"
    assert Workspace(club).election.h_e
