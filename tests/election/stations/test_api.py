"""Who may ask what of the election's server, and what is refused."""

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from e2evote.cli.stations import election_side, wanted_rows
from e2evote.election.stations.folder import StationFolder
from e2evote.election.stations.inventory import (
    log_handover,
    read_log,
    read_stations,
    style_at,
    styles_at,
    write_stations,
)
from e2evote.election.stations.link import PATH, Link
from e2evote.election.stations.machine import Machine
from e2evote.election.stations.refusals import Answer, NoPermitError
from e2evote.election.stations.wire import SIGNATURE, TIME, signed_headers
from e2evote.encoding import hex_of
from e2evote.errors import CheckError, ParseError
from e2evote.messages.signing import SecretSigningKey
from e2evote.record.manifest import parse_manifest
from e2evote.workspace.directory import Workspace
from tests.builders import DEFAULT_MANIFEST
from tests.election.stations.halls import Within, assign, machine, manifest, marks, typed
from tests.web.booth.booths import Clock, members


def asked(client: TestClient, place: Path, clock: Clock, call: str, body: bytes, **changes: str) -> tuple[int, str]:
    """Ask as the hall does, with some headers changed; status and error."""
    folder = StationFolder(place / "hall")
    key, now = SecretSigningKey.of(folder.keys().signing), int(clock().timestamp())
    headers = signed_headers(key, folder.grant.h_e, 2, now, PATH + call, body)
    answer = client.post(PATH + call, content=body, headers=headers | changes)
    return answer.status_code, str(answer.json().get("error", ""))


def test_only_a_station_s_key_may_ask(client: TestClient, place: Path, clock: Clock) -> None:
    body = b'{"codes":[]}'
    assert asked(client, place, clock, "state", body)[0] == 200
    assert client.post(PATH + "state", content=body).status_code == 400
    other = {SIGNATURE: "00" * 64}
    assert asked(client, place, clock, "state", body, **other) == (401, "station 2: the signature does not hold")
    assert asked(client, place, clock, "state", body, **{"X-E2EVote-Station": "3"})[0] == 401  # another's number
    assert asked(client, place, clock, "state", body, **{"X-E2EVote-Station": "1"})[0] == 401  # the booth's device
    assert asked(client, place, clock, "state", body, **{TIME: "x"})[0] == 400
    late = Clock(ahead=-700)
    status, error = asked(client, place, late, "state", body)
    assert status == 401
    assert "clock differs" in error


@pytest.mark.parametrize(
    ("call", "body", "status"),
    [
        ("state", b"[]", 400),
        ("state", b'{"codes":["00"]}', 400),
        ("state", b'{"codes":1}', 400),
        ("authorise", b'{"fields":{"member_number":1}}', 400),
        ("authorise", b'{"fields":{}}', 403),
        ("ballot", b"{}", 400),
        ("ballot", b'{"kind":"ballot","ballot":{},"commitments":{"cast":"00","challenge":"00"}}', 400),
        ("status", b'{"kind":"status","confirmation_code":"00","status":"cast"}', 400),
        ("opened", b'{"kind":"opened","opened":{}}', 400),
        ("settle", b'{"used":[]}', 400),
        ("settle", b'{"used":["AB"],"returned":[]}', 409),
        ("close", b'{"closing":{"ballots":3}}', 409),
        ("close", b"{}", 400),
    ],
)
def test_what_is_not_in_its_form_is_refused(
    client: TestClient, place: Path, clock: Clock, call: str, body: bytes, status: int
) -> None:
    assert asked(client, place, clock, call, body)[0] == status


def test_a_station_decides_about_its_own_ballots_alone(
    client: TestClient, place: Path, clock: Clock, hall: Machine, link: Within
) -> None:
    school = Within(client, place / "school", clock)
    hall.authorise(typed(1))
    code = hex_of(hall.encrypt(marks(hall)).code)
    entry = {"kind": "status", "confirmation_code": code, "status": "spoiled"}
    with pytest.raises(CheckError, match="of device 3"):
        school.ask("status", entry)
    ballot = hall.chain.journal.entry(1)
    with pytest.raises(CheckError, match="is of device 2, not of 3"):
        school.ask("ballot", ballot)
    with pytest.raises(CheckError, match="secret"):
        link.ask("status", {**entry, "status": "cast", "secret": "00" * 32})
    token = hex_of(hall.permit.token) if hall.permit else ""
    with pytest.raises(CheckError, match="a token is of device 2"):
        school.ask("settle", {"used": [], "returned": [token]})


def test_a_list_is_for_its_station(place: Path, clock: Clock) -> None:
    sealed = assign(place / "club", "hall", [1, 2])
    school, hall = machine(place / "school", clock), machine(place / "hall", clock)
    with pytest.raises(CheckError, match="another station"):
        school.load_list(sealed)
    with pytest.raises(CheckError, match="another station, or was changed"):
        hall.load_list(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    assert (hall.load_list(sealed), hall.load_list(sealed), len(hall.roll)) == (2, 0, 2)
    more = assign(place / "club", "hall", [3])
    assert hall.load_list(more) == 1
    with pytest.raises(CheckError, match="an older one"):
        hall.load_list(sealed)
    files = [path.read_bytes() for path in (place / "hall").rglob("*") if path.is_file()]
    secrets = [members()[0][name].encode() for name in ("member_number", "name")]  # its ID is zeros, as padded keys are
    assert not any(secret in data for data in files for secret in secrets)
    for each in (hall, school):
        each.shut()


def test_who_is_assigned_once_stays_there(place: Path) -> None:
    assign(place / "club", "hall", [1])
    with election_side(Workspace(place / "club"), place / "club" / "board") as side:
        school = side.stations().named("school")
        rows = wanted_rows(side, [typed(1)["national_id"]], None)
        assert [why for _, why in side.office.permits.assign(school, rows)] == ["other-station"]
        with pytest.raises(CheckError, match="nobody in the roll"):
            wanted_rows(side, ["0"], None)
        everybody = wanted_rows(side, [], 1)
        assert len(everybody) > 1


def test_a_server_whose_people_were_put_back_lets_nobody_vote(place: Path, client: TestClient, hall: Machine) -> None:
    before = {path: path.read_bytes() for path in (place / "club" / "people").iterdir()}
    hall.authorise(typed(1))
    hall.encrypt(marks(hall))
    hall.cast()
    booth = client.app.application.state.booth  # type: ignore[attr-defined]
    booth.reconcile()
    assert booth.problem == ""
    booth.desk.people.close()
    for path in (place / "club" / "people").iterdir():
        path.unlink()
    for path, data in before.items():
        path.write_bytes(data)
    booth.reconcile()
    assert "cast ballots of station 2" in booth.problem


# -------------------------------------------------------------------------------------------------------- inventory


def test_the_list_of_stations(place: Path) -> None:
    found = read_stations(place / "club")
    assert found is not None
    hall = found.named("hall")
    assert found.named("2") == hall
    with pytest.raises(CheckError, match="no station 'barn'"):
        found.named("barn")
    with pytest.raises(CheckError, match="reported as lost"):
        found.with_station(hall.model_copy(update={"state": "lost"})).of(2)
    with pytest.raises(CheckError, match="the signing key"):
        write_stations(place / "club", found.with_station(hall.model_copy(update={"key": bytes(32)})))
    path = place / "club" / "stations.json"
    fields = json.loads(path.read_bytes())
    fields["stations"].reverse()
    path.write_text(json.dumps(fields, separators=(",", ":")) + "\n")
    with pytest.raises(ParseError, match="ascending"):
        read_stations(place / "club")


def test_the_hand_over_log_is_only_added_to(tmp_path: Path) -> None:
    clock = Clock()
    assert read_log(tmp_path) == []
    for seal in ("1", "2", "3"):
        log_handover(tmp_path, "SN", "handed-over", clock(), giver="A", taker="B", seals=(seal,))
    assert [entry["seals"] for entry in read_log(tmp_path)] == [["1"], ["2"], ["3"]]
    path = tmp_path / "inventory.ndjson"
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    for data in (whole.replace(b'"B"', b'"C"', 1), b"".join(lines[1:]), lines[1] + lines[0], whole + b"{}\n"):
        path.write_bytes(data)
        with pytest.raises((CheckError, ParseError)):
            read_log(tmp_path)
    path.write_bytes(whole + lines[0][:-1])  # a line without its end was never acknowledged
    assert len(read_log(tmp_path)) == 3
    assert path.read_bytes() == whole
    with pytest.raises(CheckError, match="printable"):
        log_handover(tmp_path, "SN", "lost", clock(), note="\n")


def test_a_station_of_a_cell_serves_its_styles() -> None:
    fields = DEFAULT_MANIFEST | {
        "ballot_styles": [
            {"label": "north", "contests": [1, 2]},
            {"label": "south", "contests": [1, 2]},
            {"label": "guests", "contests": [3]},
        ],
        "tally_cells": [
            {"label": "north hall", "ballot_styles": [1]},
            {"label": "south hall", "ballot_styles": [2, 3]},
        ],
    }
    found = parse_manifest(json.dumps(fields).encode())
    assert [styles_at(found, cell) for cell in (None, "north hall", "south hall")] == [(1, 2, 3), (1,), (2, 3)]
    assert [style_at(found, "north hall", style) for style in (1, 2, 3)] == [1, 1, None]
    assert [style_at(found, "south hall", style) for style in (1, 2, 3)] == [2, 2, 3]
    with pytest.raises(CheckError, match="no tally cell"):
        styles_at(found, "barn")
    assert len(parse_manifest(manifest()).cells) >= 1


def test_a_link_is_encrypted_or_of_this_machine(place: Path) -> None:
    key = SecretSigningKey.generate()
    for url in ("http://vote.example.org", "ftp://127.0.0.1", "vote.example.org"):
        with pytest.raises(CheckError, match="expected https"):
            Link(url, 2, bytes(32), key)
    link = Link("http://127.0.0.1:9", 2, bytes(32), key, seconds=1)
    with pytest.raises(Exception, match="does not answer"):
        link.ask("state", {"codes": []})


def test_identities_in_persian_digits(hall: Machine) -> None:
    digits = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
    granted = hall.authorise({name: text.translate(digits) for name, text in typed(1).items()})
    assert granted.weight >= 1
    hall.take_back()
    with pytest.raises(NoPermitError) as caught:
        hall.authorise(typed(1) | {"national_id": typed(2)["national_id"]})
    assert caught.value.answer is Answer.NOT_ON_ROLL
