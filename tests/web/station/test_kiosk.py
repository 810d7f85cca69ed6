"""A station's pages in this process: who may do what, and what happens to marks."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from e2evote.election.showing import Condition, shown_contests
from e2evote.record.manifest import parse_manifest
from e2evote.web.station.application import station_application
from e2evote.web.station.kiosk import Kiosk
from e2evote.web.station.marking import Marking, MarkingError
from tests.election.stations.halls import assign, machine, make_stations, manifest, signing, typed
from tests.web.booth.booths import Clock

SAME = {"Sec-Fetch-Site": "same-origin"}
ORIGIN = "http://127.0.0.1:8100"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A station without a network, with three voters on its list. Read-only."""
    place = tmp_path_factory.mktemp("kiosk")
    make_stations(place / "club", ["hall"], url="")
    found = machine(place / "hall", Clock())
    found.load_list(assign(place / "club", "hall", [1, 2, 3]))
    found.shut()
    return place / "hall"


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to write to."""
    shutil.copytree(made, tmp_path / "hall")
    return tmp_path / "hall"


@pytest.fixture
def client(root: Path) -> Iterator[TestClient]:
    """A browser on its machine."""
    with TestClient(station_application(root, Clock()), base_url=ORIGIN, follow_redirects=False) as client:
        yield client


def kiosk(client: TestClient) -> Kiosk:
    found: Kiosk = client.app.application.application.state.kiosk  # type: ignore[attr-defined]
    return found


def post(client: TestClient, path: str, **form: str) -> int:
    return client.post(path, data=form, headers=SAME).status_code


def sign_in(client: TestClient, root: Path) -> None:
    name, pin = signing(root)[0]
    assert client.post("/sign-in", data={"name": name, "pin": pin}, headers=SAME).status_code == 303


def two(root: Path) -> dict[str, str]:
    (one, first), (other, second) = signing(root)
    return {"name-1": one, "pin-1": first, "name-2": other, "pin-2": second}


ACTIONS = ["/authorise", "/take-back", "/send", "/list", "/open", "/close"]


@pytest.mark.parametrize("path", ACTIONS)
def test_nobody_does_anything_without_signing_in(client: TestClient, root: Path, path: str) -> None:
    assert post(client, path, **typed(1)) == 303
    assert len(kiosk(client).machine.chain.journal) == 0
    assert kiosk(client).machine.permit is None


@pytest.mark.parametrize("path", ["/open", "/opening", "/close", "/minutes", "/minutes.json", "/log", "/log.txt"])
def test_pages_of_officials(client: TestClient, path: str) -> None:
    assert client.get(path).headers["location"] == "/"


@pytest.mark.parametrize("path", [*ACTIONS, "/sign-in", "/sign-out", "/ballot/encrypt", "/ballot/cast"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": ORIGIN},
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "same-origin", "Host": "evil.example"},
    ],
)
def test_forms_of_other_pages(client: TestClient, path: str, headers: dict[str, str]) -> None:
    assert client.post(path, data={}, headers=headers).status_code == 403


def test_wrong_pins(client: TestClient, root: Path) -> None:
    name, pin = signing(root)[0]
    for _ in range(5):
        assert post(client, "/sign-in", name=name, pin="00000000") == 403
    assert post(client, "/sign-in", name=name, pin=pin) == 403  # it has to wait now
    other, second = signing(root)[1]
    assert post(client, "/sign-in", name=other, pin=second) == 303


def test_a_vote_without_script(client: TestClient, root: Path) -> None:
    sign_in(client, root)
    assert post(client, "/authorise", **typed(1)) == 409  # not open yet
    assert client.post("/open", data=two(root) | {"pin-2": "1"}, headers=SAME).status_code == 409
    assert client.post("/open", data=two(root), headers=SAME).status_code == 303
    assert "no ballot is in the chain" in client.get("/log.txt").text
    assert post(client, "/authorise", **typed(9)) == 409
    assert post(client, "/authorise", **typed(1)) == 303
    assert post(client, "/authorise", **typed(2)) == 409
    assert post(client, "/sign-out", voter="1") == 303
    assert client.get("/log").headers["location"] == "/"
    assert client.get("/ballot/contest/1").headers["location"] == "/ballot"
    assert client.post("/ballot/begin", headers=SAME).headers["location"] == "/ballot/contest/1"
    many = client.post("/ballot/contest/1", data={"o": [str(i) for i in range(1, 9)]}, headers=SAME)
    assert many.status_code == 422
    assert many.text.count(" checked") == 8
    assert client.post("/ballot/contest/1", data={"o": ["99"]}, headers=SAME).status_code == 422
    assert client.post("/ballot/contest/1", data={"o": ["1", "2"]}, headers=SAME).status_code == 303
    assert client.post("/ballot/contest/5", data={"o": ["1"]}, headers=SAME).headers["location"] == "/ballot"
    assert "Left blank" in client.get("/ballot/review?lang=en").text
    assert post(client, "/ballot/encrypt") == 303
    assert post(client, "/ballot/encrypt") == 303  # twice is once
    assert len(kiosk(client).machine.chain.ballots) == 1
    assert "Cast my ballot" in client.get("/ballot").text
    assert post(client, "/ballot/cast") == 303
    assert post(client, "/ballot/cast") == 409
    assert "in the ballot box" in client.get("/ballot").text
    assert post(client, "/ballot/finish") == 303
    assert "Vote here" in client.get("/ballot").text
    assert (root / "printed" / "receipt-000001.txt").read_text().startswith("hall  #1\n")
    sign_in(client, root)
    assert client.post("/close", data=two(root), headers=SAME).headers["location"] == "/minutes"
    assert client.get("/minutes.json").json()["minutes"]["cast"] == 1
    assert client.get("/minutes?lang=fa").text.count("صورت‌جلسه") >= 2
    assert post(client, "/authorise", **typed(2)) == 409


def test_a_printer_that_fails_does_not_stop_anybody(root: Path) -> None:
    application = station_application(root, Clock(), printer=("false",))
    with TestClient(application, base_url=ORIGIN, follow_redirects=False) as client:
        sign_in(client, root)
        assert client.post("/open", data=two(root), headers=SAME).status_code == 303


# ------------------------------------------------------------------------------------------------------------ marks


def test_contests_are_shown_by_their_conditions() -> None:
    conditions = [Condition(contest=2, depends_on=1, options=(1,)), Condition(contest=3, depends_on=2, options=(2,))]
    assert shown_contests([1, 2, 3], conditions, {}) == [1]
    assert shown_contests([1, 2, 3], conditions, {1: [1], 2: [1]}) == [1, 2]
    assert shown_contests([1, 2, 3], conditions, {1: [1], 2: [2]}) == [1, 2, 3]
    assert shown_contests([1, 2, 3], conditions, {1: [2], 2: [2]}) == [1]


def marking(**changes: object) -> Marking:
    fields = {"conditions": (), "kept_order": (), "since": 0} | changes
    return Marking(parse_manifest(manifest()), 1, **fields)  # type: ignore[arg-type]


def test_what_is_hidden_is_not_encrypted() -> None:
    made = marking(conditions=[Condition(contest=5, depends_on=4, options=(1,))])
    made.mark(4, {"o": ["1"]})
    made.mark(5, {"o": ["1"]})
    assert [contest.contest for contest in made.plaintext()] == [4, 5]
    made.mark(4, {"o": ["2"]})
    assert [contest.contest for contest in made.plaintext()] == [4]


def test_options_come_in_an_order_of_the_voter_s_own() -> None:
    orders = {tuple(marking().order(1)) for _ in range(20)}
    assert len(orders) > 1
    assert all(sorted(order) == list(range(1, len(order) + 1)) for order in orders)
    kept = marking(kept_order=(1,))
    assert kept.order(1) == sorted(kept.order(1))
    one = marking()
    assert one.order(1) == one.order(1)


@pytest.mark.parametrize("form", [{"o": ["x"]}, {"o": ["0x1"]}, {"n-1": ["2"]}, {"w-1": ["text"]}, {"n-": ["1"]}])
def test_marks_that_no_page_sends(form: dict[str, list[str]]) -> None:
    with pytest.raises(MarkingError) as caught:
        marking().mark(1, form)
    assert caught.value.problem == "malformed"
