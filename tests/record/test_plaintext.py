"""Plaintext ballots: what a voter may hand in."""

import pytest

from e2evote.errors import CheckError, ParseError
from e2evote.record.codec import parse
from e2evote.record.manifest import Manifest, parse_manifest
from e2evote.record.plaintext import PlaintextBallot, is_overvoted
from tests.builders import manifest_bytes


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return parse_manifest(manifest_bytes())


def ballot(text: str) -> PlaintextBallot:
    return parse(PlaintextBallot, text.encode(), "ballots.ndjson:1", canonical=False)


def test_the_documented_example(manifest: Manifest) -> None:
    text = '{"ballot_style":1,"weight":1,"contests":[{"contest":1,"selections":[0,1,0,1],"write_ins":{"4":"name"}}]}'
    found = ballot(text)
    found.check(manifest)
    assert found.contests[0].write_ins == {4: "name"}


@pytest.mark.parametrize("text", ['{"ballot_style":1,"contests":[]}', '{"ballot_style":2, "contests": []}'])
def test_contests_may_be_left_out(manifest: Manifest, text: str) -> None:
    ballot(text).check(manifest)
    assert ballot(text).weight == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"ballot_style":3,"contests":[]}', "ballot style 3"),
        ('{"ballot_style":1,"contests":[{"contest":2,"selections":[0,0]}]}', "are not on style 'member'"),
        ('{"ballot_style":1,"contests":[{"contest":7,"selections":[0,0]}]}', "are not on style 'member'"),
        (
            '{"ballot_style":1,"contests":[{"contest":3,"selections":[0,0]},{"contest":3,"selections":[0,0]}]}',
            "a contest appears twice",
        ),
        ('{"ballot_style":1,"contests":[{"contest":3,"selections":[0]}]}', "has 2 options, 1 given"),
        ('{"ballot_style":1,"contests":[{"contest":3,"selections":[0,0,0]}]}', "has 2 options, 3 given"),
        ('{"ballot_style":1,"weight":6,"contests":[]}', "weight 6 is above the manifest's maximum of 5"),
        (
            '{"ballot_style":1,"contests":[{"contest":1,"selections":[1,0,0,0],"write_ins":{"1":"x"}}]}',
            "takes no write-in text at option 1",
        ),
        (
            '{"ballot_style":1,"contests":[{"contest":1,"selections":[1,0,0,0],"write_ins":{"5":"x"}}]}',
            "takes no write-in text at option 5",
        ),
    ],
)
def test_what_does_not_fit_the_manifest(manifest: Manifest, text: str, message: str) -> None:
    with pytest.raises(CheckError, match=message):
        ballot(text).check(manifest)


@pytest.mark.parametrize(
    "text",
    [
        '{"ballot_style":0,"contests":[]}',
        '{"ballot_style":1,"weight":0,"contests":[]}',
        '{"ballot_style":1,"contests":[{"contest":3,"selections":[]}]}',
        '{"ballot_style":1,"contests":[{"contest":3,"selections":[-1,0]}]}',
        '{"ballot_style":1,"contests":[{"contest":3,"selections":[0.5,0]}]}',
        '{"ballot_style":1,"contests":[{"contest":1,"selections":[0,0,0,1],"write_ins":{"0":"x"}}]}',
        '{"ballot_style":1,"contests":[{"contest":1,"selections":[0,0,0,1],"write_ins":{"4":7}}]}',
        '{"ballot_style":1,"contests":[{"contest":1,"selections":[0,0,0,1],"write_ins":{"4":"\\ud800"}}]}',
        '{"ballot_style":1,"contests":[{"contest":1,"selections":[0,0,0,1],"write_ins":{"4":"a","4":"b"}}]}',
        '{"ballot_style":1,"contests":[{"contest":1,"selections":[0,0,0,1],"write_ins":{"04":"a"}}]}',
        '{"ballot_style":1,"contests":[{"contest":1,"selections":[0,0,0,1],"write_ins":{"+4":"a"}}]}',
        '{"ballot_style":1,"contests":[{"contest":1,"selections":[0,0,0,1],"write_ins":{"۴":"a"}}]}',
    ],
)
def test_form(text: str) -> None:
    with pytest.raises(ParseError, match=r"^ballots\.ndjson:1: "):
        ballot(text)


@pytest.mark.parametrize(
    ("contest", "selections", "overvoted"),
    [
        (1, (1, 1, 0, 0), False),
        (1, (1, 1, 1, 0), True),
        (1, (2, 0, 0, 0), True),
        (2, (3, 1), False),
        (2, (3, 2), True),
        (2, (4, 0), True),
        (3, (0, 0), False),
        (3, (1, 1), True),
    ],
)
def test_overvotes(manifest: Manifest, contest: int, selections: tuple[int, ...], overvoted: bool) -> None:
    """Spec: EG-2.1 §3.3.5"""
    assert is_overvoted(manifest.contest(contest), selections) == overvoted
