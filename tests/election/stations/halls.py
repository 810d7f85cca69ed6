"""An election with a booth and polling stations, on the toy group, and stations' machines without pages.

directory = make_stations(tmp_path / "club")            # two stations beside it: tmp_path / "hall", tmp_path / "school"
with inside(directory, clock) as client:
    hall = machine(tmp_path / "hall", clock, Within(client, tmp_path / "hall", clock))
    hall.open(signing(hall.folder.root)); hall.authorise(typed(1)); hall.encrypt(marks(hall)); hall.cast()
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from e2evote.cli.stations import add_station, election_side, grant_of, sealed_list, wanted_rows
from e2evote.election.stations.folder import StationFolder
from e2evote.election.stations.link import PATH, Central, CutOffError, _judged
from e2evote.election.stations.machine import Machine
from e2evote.election.stations.officials import Officials
from e2evote.election.stations.wire import signed_headers
from e2evote.encoding import canonical_json
from e2evote.examples import manifest_bytes
from e2evote.files import write_atomically
from e2evote.messages.signing import SecretSigningKey
from e2evote.record.plaintext import PlaintextContest
from e2evote.web.booth.opening import publish_booth
from e2evote.workspace.directory import Workspace
from tests.web.booth.booths import Clock, make_booth, members

NAMES = ("Maryam", "Reza")


def manifest() -> bytes:
    """The example's manifest, with devices that chain."""
    return json.dumps(json.loads(manifest_bytes("online")) | {"chaining_modes": [0, 1]}).encode()


def make_folder(root: Path, name: str) -> StationFolder:
    """A station's folder with two officials; their PINs are in a file beside it."""
    folder = StationFolder.create(root, name, f"SN-{name}")
    officials, pins = Officials(), {}
    for each, role in zip(NAMES, ("opener", "operator"), strict=True):
        officials, pins[each] = officials.with_new(each, role)  # type: ignore[arg-type]
    officials.write(folder.private)
    folder.add_officials(tuple(official.public for official in officials.officials))
    (root / "pins.json").write_text(json.dumps(pins))
    return folder


def make_stations(
    directory: Path, names: Sequence[str] = ("hall", "school"), url: str = "http://127.0.0.1:8000", **booth: Any
) -> Path:
    """An election whose booth is open, and stations that have what they need, in folders beside it."""
    make_booth(directory, manifest=booth.pop("manifest", manifest()), **booth)
    workspace = Workspace(directory)
    with workspace.locked():
        with election_side(workspace, directory / "board") as side:
            for name in names:
                folder = make_folder(directory.parent / name, name)
                station = add_station(side, folder.request, None)
                folder.accept(grant_of(side, station, url))
        publish_booth(workspace, directory / "board")
    return directory


def assign(directory: Path, name: str, numbers: Sequence[int]) -> bytes:
    """Assign members to a station, and return its sealed list."""
    wanted = [members()[number - 1]["member_number"] for number in numbers]
    with election_side(Workspace(directory), directory / "board") as side:
        station = side.stations().named(name)
        assert side.office.permits.assign(station, wanted_rows(side, wanted, None)) == []
        return sealed_list(side, station)


class Within:
    """The election's server in this process.

    ``cut`` makes it unreachable, ``lose`` loses the next answer, ``refuse`` names a call that does not reach it.
    """

    def __init__(self, client: TestClient, root: Path, clock: Clock) -> None:
        folder = StationFolder(root)
        self._client, self._clock, self._grant = client, clock, folder.grant
        self._key = SecretSigningKey.of(folder.keys().signing)
        self.cut, self.lose, self.refuse = False, False, ""

    def ask(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        if self.cut or call == self.refuse:
            raise CutOffError("the cable is cut")
        path, data = PATH + call, canonical_json(body)
        now = int(self._clock().timestamp())
        headers = signed_headers(self._key, self._grant.h_e, self._grant.station.device, now, path, data)
        answer = self._client.post(path, content=data, headers=headers | {"Content-Type": "application/json"})
        if self.lose:
            self.lose = False
            raise CutOffError("the answer was lost")
        return _judged(answer.status_code, answer.content, "inside")


def machine(root: Path, clock: Callable[[], datetime], central: Central | None = None) -> Machine:
    """A station's machine."""
    return Machine(StationFolder(root), clock, central)


def signing(root: Path) -> list[tuple[str, str]]:
    """What two officials type."""
    return list(json.loads((root / "pins.json").read_text()).items())


def typed(number: int) -> dict[str, str]:
    """What an official types of member ``number``, from 1."""
    member = members()[number - 1]
    return {"member_number": member["member_number"], "national_id": member["national_id"]}


def marks(station: Machine, option: int = 1) -> list[PlaintextContest]:
    """One option in the first contest of the ballot that is released; the others are left out."""
    permit = station.permit
    assert permit is not None
    manifest = station.election.manifest
    contest = manifest.ballot_style(permit.ballot_style).contests[0]
    count = len(manifest.contest(contest).options)
    selections = tuple(int(i == option) for i in range(1, count + 1))
    return [PlaintextContest(contest=contest, selections=selections)]


def vote(station: Machine, number: int, option: int = 1) -> bytes:
    """Have a member vote, and return the confirmation code."""
    station.authorise(typed(number))
    code = station.encrypt(marks(station, option)).code
    station.cast()
    return code


def write(path: Path, data: bytes) -> Path:
    """Write a file and return its path."""
    write_atomically(path, data)
    return path
