"""What the voting page computes without a browser: choices, conditions, orders, work, and what it is given."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from e2evote.election.signin.robots import work_done
from e2evote.record.codec import parse
from e2evote.record.plaintext import PlaintextBallot
from e2evote.web.booth.page import booth_page
from e2evote.workspace.directory import Workspace
from tests.web.booth.booths import Clock, ballots, inside, make_booth

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None and "CI" not in os.environ, reason="no node; 'make system-packages'")

MANIFEST: dict[str, Any] = {
    "contests": [
        {"label": "read", "options": [{"label": "yes"}, {"label": "no"}]},
        {"label": "agree", "selection_limit": 2, "options": [{"label": "a"}, {"label": "b"}, {"label": "c"}]},
        {
            "label": "why",
            "selection_limit": 3,
            "contest_data_blocks": 2,
            "options": [{"label": "x", "selection_limit": 2}, {"label": "words", "write_in": True}],
        },
    ],
    "ballot_styles": [{"label": "all", "contests": [1, 2, 3]}, {"label": "late", "contests": [2, 3]}],
}
CONDITIONS = [
    {"contest": 2, "depends_on": 1, "options": [1]},
    {"contest": 3, "depends_on": 2, "options": [2, 3]},
]


def in_javascript(*calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """What the page's modules return."""
    command = [NODE or "node", str(Path(__file__).with_name("model.mjs"))]
    done = subprocess.run(command, input=json.dumps(calls), capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


def filled(marks: list[tuple[int, int, int]], style: int = 1, **other: Any) -> Any:
    """A ballot of the small manifest: marks are contest, option and how often, from 1."""
    given = {"manifest": MANIFEST, "conditions": CONDITIONS, "style": style, "marks": marks}
    return in_javascript(("filled", given | other))[0]


@pytest.mark.parametrize(
    ("marks", "shown", "encrypted"),
    [
        ([], [1], []),
        ([(1, 2, 1)], [1], [1]),
        ([(1, 1, 1)], [1, 2], [1]),
        ([(1, 1, 1), (2, 1, 1)], [1, 2], [1, 2]),
        ([(1, 1, 1), (2, 3, 1), (3, 1, 2)], [1, 2, 3], [1, 2, 3]),
        ([(1, 2, 1), (2, 3, 1), (3, 1, 2)], [1], [1]),  # hidden with the one that it depends on
        ([(1, 1, 1), (2, 1, 1), (3, 1, 2)], [1, 2], [1, 2]),
    ],
)
def test_conditions(marks: list[tuple[int, int, int]], shown: list[int], encrypted: list[int]) -> None:
    found = filled(marks)
    assert found["shown"] == shown
    assert [contest["contest"] for contest in found["plaintext"]["contests"]] == encrypted
    parse(PlaintextBallot, json.dumps(found["plaintext"]).encode(), "ballot", canonical=False)


def test_a_condition_on_a_contest_that_the_style_does_not_have_never_holds() -> None:
    assert filled([(2, 1, 1), (3, 1, 1)], style=2)["plaintext"]["contests"] == []


def test_limits() -> None:
    marks = [(2, 1, 1), (2, 2, 1), (2, 3, 1), (2, 1, 0), (2, 3, 1), (3, 1, 3), (3, 1, 2), (3, 2, 2), (3, 2, 1)]
    found = filled(marks)
    assert found["held"] == [True, True, False, True, True, False, True, False, True]


def test_names_that_are_written_in() -> None:
    marks = [(1, 1, 1), (2, 3, 1), (3, 2, 1)]
    odd = "  زهرا\n\u0001کاظمی‌نژاد \ud800 "
    found = filled(marks, writeIns=[(3, 2, odd)])
    assert found["plaintext"]["contests"][2] == {
        "contest": 3,
        "selections": [0, 1],
        "write_ins": {"2": "زهرا کاظمی‌نژاد"},
    }
    assert found["fits"] == [True, True, True]
    assert filled(marks, writeIns=[(3, 2, "x" * 60)])["fits"] == [True, True, False]
    unchosen = filled([(1, 1, 1), (2, 3, 1), (3, 1, 1)], writeIns=[(3, 2, "x" * 60)])
    assert unchosen["fits"] == [True, True, True]
    assert "write_ins" not in unchosen["plaintext"]["contests"][2]


def test_every_order_is_drawn_in_exactly_one_way() -> None:
    found = in_javascript(("orders", {"count": 5}))[0]
    assert len(found) == 120
    assert sorted(map(tuple, found)) == sorted(permutations(range(5)))


def test_work() -> None:
    found = in_javascript(("work", {"token": "a", "bits": 0}), ("work", {"token": "b", "bits": 9}))
    assert found[0] == "0"
    assert work_done("b", found[1]) >= 9


# --------------------------------------------------------------------------------------------- what the page is given


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An election online."""
    return make_booth(tmp_path_factory.mktemp("model") / "club")


@pytest.fixture(scope="module")
def election_json(directory: Path) -> str:
    """What the server tells the page of it."""
    with inside(directory, Clock()) as client:
        return client.get("/vote/election.json").text


def test_a_challenged_ballot_is_opened_as_the_library_opens_it(directory: Path, election_json: str) -> None:
    made = ballots(directory, 6)
    calls = [
        {"text": election_json, "ballot": one.content, "code": one.code, "nonce": one.nonce, "position": 3}
        for one in made
    ]
    found = in_javascript(*(("opened", call) for call in calls))
    election = Workspace(directory).election
    for one, opened in zip(made, found, strict=True):
        assert opened == one.opened(3, election)


CHANGES: dict[str, Any] = {
    "no names": {"names": {}},
    "a name that is a number": {"names": {"en": 1}},
    "a time of no day": {"opens": "2026-02-30T00:00:00Z"},
    "a time elsewhere": {"closes": "2026-12-01T00:00:00+01:00"},
    "a field that is not known": {"fields": ["password"]},
    "no fields": {"fields": []},
    "limits that are none": {"limits": {"challenges": -1}},
    "a contest that there is not": {"kept_order": [9]},
    "a condition on a later contest": {"conditions": [{"contest": 2, "depends_on": 2, "options": [1]}]},
    "a condition on an option that there is not": {"conditions": [{"contest": 2, "depends_on": 1, "options": [99]}]},
    "no contest": {"manifest": {"contests": [], "ballot_styles": []}},
    "h_e that is short": {"h_e": "00"},
    "a device without its hash": {"device": {"device": 1, "h_di": ""}},
    "K that is not in the group": {"K": "0" * 15 + "2"},
    "K that is one": {"K": "0" * 15 + "1"},
    "a policy that is none": {"board": {"policy": "log\n", "url": ""}},
    "support that is a list": {"support": []},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_not_in_its_form_is_refused(election_json: str, change: dict[str, Any]) -> None:
    fields = json.loads(election_json)
    text = json.dumps(fields | change, ensure_ascii=False, separators=(",", ":"))
    assert "refused" in in_javascript(("election", {"text": text}))[0]


def test_what_is_canonical_is_read_and_nothing_else(election_json: str) -> None:
    twice = election_json.replace('"opens":', '"opens":"2020-01-01T00:00:00Z","opens":', 1)
    texts = [election_json, election_json + "\n", twice, election_json.replace(":", ": ", 1), "[]", "{}"]
    found = in_javascript(*(("election", {"text": text}) for text in texts))
    assert [("fields" in one) for one in found] == [True, True, False, False, False, False]


# ----------------------------------------------------------------------------------------------------- the page itself


def test_the_page_is_the_same_for_everybody_and_names_every_script() -> None:
    names = {"en": "Club </script> & co", "fa": "باشگاه"}
    first, again = booth_page("fa", names), booth_page("fa", names)
    assert first == again
    text = first.html.decode()
    assert '<html lang="fa" dir="rtl"' in text
    assert "onclick" not in text
    assert "style=" not in text
    assert "</script> & co" not in booth_page("en", names).html.decode()
    static = Path(booth_page.__code__.co_filename).parents[1] / "static"
    for module in (static / "booth").rglob("*.js"):
        assert f"/static/booth/{module.relative_to(static / 'booth').as_posix()}" in text
    import_map = text.split('<script type="importmap">')[1].split("</script>")[0]
    assert f"'{digest(import_map)}'" in first.policy
    assert "unsafe" not in first.policy


def digest(text: str) -> str:
    """As a content policy names a script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_nothing_is_kept_or_said_where_others_read_it() -> None:
    """No storage, no console, no markup from strings: choices and nonces are in memory only."""
    static = Path(booth_page.__code__.co_filename).parents[1] / "static" / "booth"
    forbidden = ("localStorage", "sessionStorage", "indexedDB", "console.", "innerHTML", "pushState", "location.hash")
    for module in [*(static / "page").glob("*.js"), *(static / "crypto").glob("*.js"), static / "support.js"]:
        text = module.read_text(encoding="utf-8")
        assert [word for word in forbidden if word in text] == [], module.name
