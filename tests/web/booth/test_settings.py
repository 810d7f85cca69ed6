"""booth.json: what it may say, and what fits the election."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from e2evote.cli.booth_demo import BOOTH, make, signin_settings
from e2evote.election.signin.settings import Language
from e2evote.election.signin.texts import LANGUAGES
from e2evote.encoding import canonical_json
from e2evote.errors import CheckError, ParseError
from e2evote.examples import manifest_bytes
from e2evote.record.manifest import parse_manifest
from e2evote.web.booth.settings import FILE, BoothSettings, origin_of, read_booth
from e2evote.web.languages import languages
from tests.builders import TOY
from tests.builders import manifest_bytes as everything
from tests.cli.running import run
from tests.web.booth.booths import BoothServer, Voter, make_booth


def settings(tmp_path: Path, **fields: Any) -> BoothSettings:
    (tmp_path / FILE).write_text(json.dumps({"device": 1, **fields}, indent=2))
    return read_booth(tmp_path)


def test_what_it_may_say(tmp_path: Path) -> None:
    assert settings(tmp_path) == BoothSettings(device=1)
    found = settings(tmp_path, url="https://vote.example.org:8443", **BOOTH)
    assert found.zone == "Asia/Tehran"
    assert found.conditions[0].options == (1,)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"device": 0}, "device: "),
        ({"device": "1"}, "device: "),
        ({"more": 1}, "more: "),
        ({"zone": "Mars/Olympus"}, "zone: there is no such time zone"),
        ({"zone": "../etc"}, "zone: there is no such time zone"),
        ({"zone": ""}, "zone: there is no such time zone"),
        ({"url": "http://vote.example.org"}, "url: expected https://"),
        ({"url": "https://vote.example.org/"}, "url: expected https://"),
        ({"url": "https://vote.example.org/x"}, "url: expected https://"),
        ({"url": "https://user@vote.example.org"}, "url: expected https://"),
        ({"url": "https://vote.example.org:port"}, "url: expected https://"),
        ({"url": "https://[::1"}, "url: expected https://"),
        ({"url": "https://"}, "url: expected https://"),
        ({"url": "ftp://vote.example.org"}, "url: expected https://"),
        ({"kept_order": [1, 1]}, "a contest is there twice"),
        ({"kept_order": [0]}, "kept_order.0"),
        ({"conditions": [{"contest": 2, "depends_on": 1, "options": []}]}, "conditions.0.options"),
        ({"conditions": [{"contest": 2, "depends_on": 1, "options": [1]}] * 2}, "one condition at most"),
        ({"support": {"text": {}}}, "support.text"),
        ({"support": {"text": {"English": "x"}}}, "texts by language"),
        ({"support": {"phone": "1\n2"}}, "support.phone"),
        ({"inspectors": {"en": ""}}, "inspectors.en"),
    ],
)
def test_what_it_may_not_say(tmp_path: Path, fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ParseError) as caught:
        settings(tmp_path, **fields)
    assert str(tmp_path / FILE) in str(caught.value)
    assert problem in str(caught.value)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="the file is missing; 'e2evote booth init"):
        read_booth(tmp_path)
    for data, problem in (
        (b'{"device":1,"device":2}', "twice"),
        (b'{"device":1,"url":null}', "null"),
        (b"[]", "object"),
    ):
        (tmp_path / FILE).write_bytes(data)
        with pytest.raises(ParseError, match=problem):
            read_booth(tmp_path)
    (tmp_path / FILE).write_bytes(b" " * (2**20 + 1))
    with pytest.raises(ParseError, match="larger than"):
        read_booth(tmp_path)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"kept_order": [6]}, "kept_order: there is no contest 6"),
        ({"conditions": [{"contest": 6, "depends_on": 1, "options": [1]}]}, "contest 6: there is no such contest"),
        ({"conditions": [{"contest": 4, "depends_on": 5, "options": [1]}]}, "contest 5, which does not come before it"),
        ({"conditions": [{"contest": 4, "depends_on": 4, "options": [1]}]}, "contest 4, which does not come before it"),
        ({"conditions": [{"contest": 5, "depends_on": 4, "options": [3]}]}, "contest 4 has no option 3"),
    ],
)
def test_what_does_not_fit_the_election(tmp_path: Path, fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(CheckError, match=problem):
        settings(tmp_path, **fields).check(parse_manifest(manifest_bytes("online")))


def test_a_condition_that_a_ballot_style_cannot_meet(tmp_path: Path) -> None:
    condition = {"contest": 3, "depends_on": 1, "options": [1]}
    with pytest.raises(CheckError, match="ballot style 'partner' does not have contest 1, so it is hidden"):
        settings(tmp_path, conditions=[condition]).check(parse_manifest(everything()))


@pytest.mark.parametrize(
    ("url", "expected"),
    [("", ""), ("https://a.example/", "https://a.example"), ("http://127.0.0.1:80", "http://127.0.0.1:80"),
     ("http://[::1]:8000", "http://[::1]:8000"), ("http://localhost", "http://localhost")],
)  # fmt: skip
def test_origins(url: str, expected: str) -> None:
    assert origin_of(url) == expected


def test_an_origin_that_is_none() -> None:
    with pytest.raises(CheckError, match="expected https://"):
        origin_of("vote.example.org")


def test_the_languages_of_pages_and_messages_are_the_same() -> None:
    assert tuple(languages()) == LANGUAGES == Language.__args__  # type: ignore[attr-defined]


# ------------------------------------------------------------------------------------------------------- commands


@pytest.fixture
def club(made_booth: Path, tmp_path: Path) -> Path:
    shutil.copytree(made_booth, tmp_path / "club")
    return tmp_path / "club"


def rewrite(path: Path, **fields: Any) -> None:
    path.write_bytes(canonical_json(json.loads(path.read_bytes()) | fields))


def test_check_says_that_all_is_ready(club: Path) -> None:
    output = run("booth", "check", club).output
    assert "device 1 of 'association-online-2026' is ready for voters' pages" in output
    assert "no name" not in output


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda club: (club / "booth.json").unlink(), "booth.json: the file is missing"),
        (lambda club: (club / "signin.json").unlink(), "signin.json: the file is missing"),
        (lambda club: rewrite(club / "booth.json", device=2), "there is no device 2"),
        (lambda club: rewrite(club / "booth.json", kept_order=[9]), "there is no contest 9"),
        (lambda club: shutil.rmtree(club / "people"), "there is no people's database"),
        (lambda club: (club / "private" / "people.key").unlink(), "people.key"),
        (lambda club: shutil.rmtree(club / "board"), "is not a board's folder"),
        (lambda club: rewrite(club / "booth.json", kept_order=[]), "/vote/election.json is another"),
    ],
)
def test_check_says_what_is_missing(club: Path, change: Any, problem: str) -> None:
    change(club)
    assert problem in run("booth", "check", club, code=2).output
    assert problem in run("serve", club, "--port", 0, code=2).output


def test_new_settings_are_a_new_list(club: Path) -> None:
    rewrite(club / "booth.json", kept_order=[])
    assert "published as booth/0002.json" in run("booth", "publish", club).output
    assert "is ready" in run("booth", "check", club).output


def test_a_closed_device_is_served_and_takes_no_votes(club: Path) -> None:
    """So that results are shown by the same server."""
    run("board", "close-device", club / "board", 1, "--insecure-parameters", TOY)
    assert "device 1 is closed" in run("booth", "check", club, code=2).output
    rewrite(club / "booth.json", kept_order=[])  # as after an update, which no list can follow any more
    with BoothServer(club) as server:
        voter = Voter(server.url, club)
        assert voter.refused("question") == "closed"
        assert voter.ask("GET", "/").status == 200
        voter.close()


def test_check_names_what_has_no_name(tmp_path: Path) -> None:
    fields = json.loads(everything(chaining_modes=[0]))
    roll = b"member_number,name,mobile,ballot_style\n1,A,09120000001,member\n"
    make(
        tmp_path / "club", TOY, signin_settings() | {"fields": ["member_number"]}, {}, json.dumps(fields).encode(), roll
    )
    output = run("booth", "check", tmp_path / "club").output
    assert "contest 'board' has no name in en and fa" in output
    assert "option 'board-1' has no name in en" in output
    rewrite(tmp_path / "club" / "signin.json", fields=["member_number", "national_id"])
    run("booth", "publish", tmp_path / "club")
    assert "1 members lack a field" in run("booth", "check", tmp_path / "club", code=2).output


def test_init_overwrites_nothing(club: Path) -> None:
    before = (club / "booth.json").read_bytes()
    assert "exists already" in run("booth", "init", club, code=2).output
    assert (club / "booth.json").read_bytes() == before


def test_init_by_an_organiser(tmp_path: Path) -> None:
    """Board, keys, booth, roll, settings: the commands of the guide, one after the other."""
    board, club = tmp_path / "club-board", tmp_path / "club"
    made = run("board", "create", board, "--origin", "club.example/2026").stdout
    fields = json.loads(manifest_bytes("online")) | json.loads("{" + made.strip().rstrip(",") + "}")
    (tmp_path / "manifest.json").write_bytes(canonical_json(fields))
    keys = ("--guardians", 3, "--quorum", 2, "--insecure-parameters", TOY)
    run("election", "create", club, "--manifest", tmp_path / "manifest.json", *keys)
    url = ("--url", "https://vote.example.org/", "--time-zone", "Asia/Tehran")
    assert "no such time zone" in run("booth", "init", club, "--board", board, "--time-zone", "X/Y", code=2).output
    assert not (club / "booth.json").exists()
    assert "device 1 is open" in run("booth", "init", club, "--board", board, *url).output
    assert json.loads((club / "booth.json").read_bytes()) == {
        "device": 1, "url": "https://vote.example.org", "zone": "Asia/Tehran", "kept_order": [], "conditions": [],
        "support": {},
    }  # fmt: skip
    assert "the file is missing" in run("booth", "check", club, "--board", board, code=2).output
    (club / "signin.json").write_bytes(canonical_json(signin_settings()))
    assert "no list of the booth's files yet" in run("booth", "check", club, "--board", board, code=2).output
    assert "published as booth/0001.json" in run("booth", "publish", club, "--board", board).output
    assert "has this list already" in run("booth", "publish", club, "--board", board).output
    assert "no people's database" in run("booth", "check", club, "--board", board, code=2).output
    make_booth(tmp_path / "other")
    run("roll", "import", club, tmp_path / "other" / "members.csv")
    assert "is ready" in run("booth", "check", club, "--board", board).output


def test_init_needs_a_device_without_chaining(tmp_path: Path) -> None:
    with pytest.raises(CheckError, match="chaining_modes needs a 0"):
        make(tmp_path / "club", TOY, signin_settings(), {}, everything(chaining_modes=[1]))


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--host", "0.0.0.0"), "0.0.0.0 is not this machine alone"),
        (("--certificate", "signin.json"), "belong together"),
        (("--certificate", "signin.json", "--key", "booth.json", "--development-certificate"), "without"),
        (("--certificate", "signin.json", "--key", "booth.json"), "signin.json and"),
        (("--behind-proxy", "somewhere"), "expected an address or a network"),
        (("--behind-proxy", "10.0.0.1/8"), "expected an address or a network"),
        (("--url", "vote.example.org"), "expected https://"),
        (("--board", "people"), "is not a board's folder"),
    ],
)
def test_serve_refuses(club: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], problem: str) -> None:
    monkeypatch.chdir(club)
    assert problem in run("serve", ".", "--port", 0, *options, code=2).output.replace("\n", " ")
