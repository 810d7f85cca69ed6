import unicodedata
from collections import Counter
from itertools import islice

import pytest

from e2evote.election.roll.reading import read_roll
from e2evote.errors import CheckError
from e2evote.examples import NAMES, manifest_bytes, members_csv
from e2evote.examples.generator import plaintext_ballots
from e2evote.record.codec import dump, parse
from e2evote.record.contest_data import pack, unpack
from e2evote.record.manifest import Contest, Manifest, Option, parse_manifest
from e2evote.record.plaintext import PlaintextBallot, is_overvoted

COUNT = 1000


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def manifest(name: str) -> Manifest:
    return parse_manifest(manifest_bytes(name))


@pytest.fixture
def ballots(manifest: Manifest) -> list[PlaintextBallot]:
    return list(plaintext_ballots(manifest, COUNT, seed=1))


def named(manifest: Manifest) -> list[Manifest | Contest | Option]:
    return [manifest, *manifest.contests, *(option for contest in manifest.contests for option in contest.options)]


# ------------------------------------------------------------------------------------------------- manifests


def test_manifest_is_consistent(name: str, manifest: Manifest) -> None:
    manifest.check()
    assert len(manifest.cells) == 1
    assert manifest.chaining_modes == ((0,) if name == "online" else (1,))


def test_every_name_is_persian_and_english(manifest: Manifest) -> None:
    for thing in named(manifest):
        assert thing.name is not None
        assert set(thing.name) == {"fa", "en"}, thing.label
        assert thing.name["en"].isascii()
        assert thing.label.isascii()
    assert all(style.name is not None and set(style.name) == {"fa", "en"} for style in manifest.ballot_styles)


def test_persian_spelling(manifest: Manifest) -> None:
    for thing in named(manifest):
        text = (thing.name or {})["fa"]
        assert unicodedata.is_normalized("NFC", text), text
        assert not set(text) & set("\u064a\u0643\u0649\u0640"), f"Arabic letters or a stretch: {text!r}"
        parts = [part for word in text.split(" ") for part in word.split("\u200c")]
        assert all(parts), f"a blank or half-space too many: {text!r}"


def test_file_is_utf8_with_plain_line_ends(name: str) -> None:
    data = manifest_bytes(name)
    assert data.decode("utf-8").startswith("{\n")
    assert data.endswith(b"}\n")
    assert b"\r" not in data
    assert b"\\u" not in data


def test_association() -> None:
    manifest = parse_manifest(manifest_bytes("association"))
    shape = [(c.label, c.limit, len(c.options), c.contest_data_blocks) for c in manifest.contests]
    assert shape == [("board", 7, 24, 3), ("inspectors", 3, 9, 2), ("prosecutor", 1, 6, 2)]
    assert [style.contests for style in manifest.ballot_styles] == [(1, 2, 3)]


def test_stakeholders() -> None:
    manifest = parse_manifest(manifest_bytes("stakeholders"))
    assert [style.contests for style in manifest.ballot_styles] == [(1, 2, 3), (1, 3, 4)]
    assert manifest.maximum_weight == 1000
    assert [any(o.write_in for o in c.options) for c in manifest.contests] == [True, False, False, False]
    assert set(manifest.contest(2).option_limits) == {5}
    assert [c.limit for c in manifest.contests] == [3, 10, 1, 1]


def test_online() -> None:
    manifest = parse_manifest(manifest_bytes("online"))
    shape = [(c.label, c.limit, len(c.options), c.contest_data_blocks) for c in manifest.contests]
    assert shape[:3] == [("board", 7, 12, None), ("inspectors", 3, 6, None), ("prosecutor", 1, 4, 3)]
    assert [any(o.write_in for o in c.options) for c in manifest.contests] == [False, False, True, False, False]
    reading = read_roll(members_csv(), manifest, "members.csv")
    assert (len(reading.members), reading.problems) == (20, [])


def test_unknown_example() -> None:
    with pytest.raises(CheckError, match="association, stakeholders"):
        manifest_bytes("../generator")


# --------------------------------------------------------------------------------------------------- ballots


def test_same_seed_same_ballots(manifest: Manifest, ballots: list[PlaintextBallot]) -> None:
    assert list(plaintext_ballots(manifest, COUNT, seed=1)) == ballots
    assert list(plaintext_ballots(manifest, COUNT, seed=2)) != ballots
    assert list(plaintext_ballots(manifest, 10, seed=1)) == ballots[:10]
    assert len(ballots) == COUNT


def test_ballots_come_one_by_one(manifest: Manifest, ballots: list[PlaintextBallot]) -> None:
    assert list(islice(plaintext_ballots(manifest, 10**9, seed=1), 3)) == ballots[:3]


def test_ballots_fit_the_manifest(manifest: Manifest, ballots: list[PlaintextBallot]) -> None:
    for ballot in ballots:
        ballot.check(manifest)
        order = [marks.contest for marks in ballot.contests]
        assert order == sorted(order)
        for marks in ballot.contests:
            limits = manifest.contest(marks.contest).option_limits
            assert all(s <= r for s, r in zip(marks.selections, limits, strict=True))


def test_ballots_survive_their_format(ballots: list[PlaintextBallot]) -> None:
    for ballot in ballots:
        assert parse(PlaintextBallot, dump(ballot), "ballots.ndjson") == ballot


def test_every_style_occurs(manifest: Manifest, ballots: list[PlaintextBallot]) -> None:
    styles = Counter(ballot.ballot_style for ballot in ballots)
    assert set(styles) == set(range(1, len(manifest.ballot_styles) + 1))
    assert min(styles.values()) > COUNT // (2 * len(styles))


def test_overvotes_are_rare(manifest: Manifest, ballots: list[PlaintextBallot]) -> None:
    marks = [marks for ballot in ballots for marks in ballot.contests]
    overvotes = sum(is_overvoted(manifest.contest(m.contest), m.selections) for m in marks)
    assert 0.005 < overvotes / len(marks) < 0.04


def test_null_votes_of_both_kinds_occur(manifest: Manifest, ballots: list[PlaintextBallot]) -> None:
    assert any(len(b.contests) < len(manifest.ballot_style(b.ballot_style).contests) for b in ballots)
    assert any(not any(marks.selections) for b in ballots for marks in b.contests)


def test_undervotes_occur(manifest: Manifest, ballots: list[PlaintextBallot]) -> None:
    wide = [(manifest.contest(m.contest).limit, sum(m.selections)) for b in ballots for m in b.contests]
    assert any(0 < total < limit for limit, total in wide)
    assert any(1 < total == limit for limit, total in wide)


def test_write_ins_occur_where_the_option_is_marked(manifest: Manifest, ballots: list[PlaintextBallot]) -> None:
    texts = []
    for marks in (marks for ballot in ballots for marks in ballot.contests):
        options = enumerate(manifest.contest(marks.contest).options, 1)
        marked = {ind_o for ind_o, option in options if option.write_in and marks.selections[ind_o - 1]}
        assert set(marks.write_ins or {}) == marked
        texts += list((marks.write_ins or {}).values())
    assert bool(texts) == any(option.write_in for contest in manifest.contests for option in contest.options)


def test_write_in_and_overvote_fit_the_contest_data_together() -> None:
    manifest = parse_manifest(manifest_bytes("stakeholders"))
    for marks in (marks for b in plaintext_ballots(manifest, COUNT, seed=3) for marks in b.contests if marks.write_ins):
        blocks = manifest.contest(marks.contest).contest_data_blocks
        assert blocks is not None
        assert "cut" not in unpack(pack(blocks, marks.selections, marks.write_ins or {}))


def test_popularity_is_skewed(ballots: list[PlaintextBallot]) -> None:
    first = [marks.selections for ballot in ballots for marks in ballot.contests if marks.contest == 1]
    votes = [sum(column) for column in zip(*first, strict=True)]
    assert max(votes) > 2 * sorted(votes)[len(votes) // 2]


def test_scores_use_the_whole_scale() -> None:
    manifest = parse_manifest(manifest_bytes("stakeholders"))
    ballots = plaintext_ballots(manifest, COUNT, seed=1)
    assert {score for b in ballots for m in b.contests if m.contest == 2 for score in m.selections} == set(range(6))


def test_weights_are_skewed_up_to_the_maximum(manifest: Manifest, ballots: list[PlaintextBallot]) -> None:
    weights = sorted(ballot.weight for ballot in ballots)
    if manifest.maximum_weight == 1:
        assert set(weights) == {1}
    else:
        assert weights[COUNT // 2] < manifest.maximum_weight // 10
        assert weights[-1] > manifest.maximum_weight // 2


def test_no_overvote_where_marks_cannot_exceed_the_limit() -> None:
    options = tuple(Option(label=label) for label in ("yes", "perhaps"))
    manifest = parse_manifest(manifest_bytes("association")).model_copy(
        update={"contests": (Contest(label="approve", selection_limit="NO_LIMIT", options=options),) * 3}
    )
    for marks in (marks for ballot in plaintext_ballots(manifest, COUNT, seed=1) for marks in ballot.contests):
        assert not is_overvoted(manifest.contest(marks.contest), marks.selections)
