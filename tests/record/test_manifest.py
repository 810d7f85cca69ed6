"""Every rule of docs/formats/manifest.md, each broken once."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from e2evote.errors import CheckError, ParseError
from e2evote.record.manifest import parse_manifest
from tests.builders import DEFAULT_MANIFEST, manifest_bytes

Change = Callable[[dict[str, Any]], object]


def changed(change: Change) -> bytes:
    fields = copy.deepcopy(DEFAULT_MANIFEST)
    change(fields)
    return json.dumps(fields, ensure_ascii=False).encode()


def board(fields: dict[str, Any]) -> dict[str, Any]:
    return fields["contests"][0]


def test_the_default_is_consistent() -> None:
    """Spec: EG-2.1 §3.1.3"""
    assert not list(parse_manifest(manifest_bytes()).problems())


OFFICIAL = {"label": "observer", "role": "supervising", "key": "0B" * 32}

PROBLEMS: dict[str, tuple[Change, str]] = {
    "label empty": (lambda f: f.update(label=""), "election: label '' is empty"),
    "label with a blank before": (lambda f: f.update(label=" x"), "election: label ' x'"),
    "label with a blank after": (lambda f: f.update(label="x "), "election: label 'x '"),
    "label with two blanks": (lambda f: f.update(label="x  y"), "election: label 'x  y'"),
    "label with a line break": (lambda f: f.update(label="x\ny"), "election: label"),
    "label with a tab": (lambda f: f.update(label="x\ty"), "election: label"),
    "label with a no-break space": (lambda f: f.update(label="x\u00a0y"), "election: label"),
    "label with a narrow no-break space": (lambda f: f.update(label="x\u202fy"), "election: label"),
    "label with a line separator": (lambda f: f.update(label="x\u2028y"), "election: label"),
    "label with a byte order mark": (lambda f: f.update(label="x\ufeffy"), "election: label"),
    "label with a control character": (lambda f: f.update(label="x\u0007y"), "election: label"),
    "alternates without seats": (lambda f: board(f).update(alternates=1), "need seats"),
    "quorum of nothing": (lambda f: f.update(quorum={}), "exactly one of at_least and percent"),
    "quorum twice": (lambda f: f.update(quorum={"at_least": 1, "percent": 1}), "exactly one of at_least and percent"),
    "entitled without percent": (lambda f: f.update(quorum={"at_least": 1, "entitled": 2}), "entitled belongs"),
    "approvals without officials": (lambda f: f.update(approvals=1), "names no officials"),
    "too many approvals": (lambda f: f.update(officials=[OFFICIAL], approvals=2), "2 are needed, and 1 supervising"),
    "nobody to approve": (lambda f: f.update(officials=[OFFICIAL | {"role": "presiding"}]), "0 supervising officials"),
    "official's key twice": (
        lambda f: f.update(officials=[OFFICIAL, OFFICIAL | {"label": "other"}]),
        "officials: a key is used twice",
    ),
    "official's label twice": (
        lambda f: f.update(officials=[OFFICIAL] * 2),
        "official: label 'observer' is used twice",
    ),
    "official's key of small order": (
        lambda f: f.update(officials=[OFFICIAL | {"key": "00" * 32}]),
        "none that Ed25519 signatures can be trusted under",
    ),
    "threshold of weights where not all of a cell vote": (
        lambda f: (board(f).update(seats=1, threshold=50), f.update(tally_cells=None), f.pop("tally_cells")),
        "a threshold of weights needs it on all styles of a cell or none",
    ),
    "contest label twice": (
        lambda f: f["contests"][1].update(label="board"),
        "contest: label 'board' is used twice",
    ),
    "option label twice": (
        lambda f: board(f)["options"][1].update(label="board-1"),
        "option of contest 'board': label 'board-1' is used twice",
    ),
    "style label twice": (
        lambda f: f["ballot_styles"][1].update(label="member"),
        "ballot style: label 'member' is used twice",
    ),
    "cell label twice": (
        lambda f: f["tally_cells"][1].update(label="members"),
        "tally cell: label 'members' is used twice",
    ),
    "contest on no style": (
        lambda f: f["ballot_styles"][1].update(contests=[3]),
        "contest 'scores' is on no ballot style",
    ),
    "style with a contest that is not there": (
        lambda f: f["ballot_styles"][0].update(contests=[1, 4]),
        "ballot style 'member': contests must be existing indices, strictly ascending",
    ),
    "style with a contest twice": (lambda f: f["ballot_styles"][0].update(contests=[1, 1, 3]), "strictly ascending"),
    "style in another order": (lambda f: f["ballot_styles"][0].update(contests=[3, 1]), "strictly ascending"),
    "style in no cell": (
        lambda f: f.update(tally_cells=[{"label": "a", "ballot_styles": [1]}]),
        "every ballot style must lie in exactly one cell",
    ),
    "style in two cells": (
        lambda f: f["tally_cells"][0].update(ballot_styles=[1, 2]),
        "every ballot style must lie in exactly one cell",
    ),
    "cell with a style that is not there": (
        lambda f: f["tally_cells"][0].update(ballot_styles=[1, 3]),
        "every ballot style must lie in exactly one cell",
    ),
    "cell in another order": (
        lambda f: f.update(tally_cells=[{"label": "a", "ballot_styles": [2, 1]}]),
        "tally cell 'a': ballot styles must be strictly ascending",
    ),
    "cell merged into none that exists": (
        lambda f: f["tally_cells"][1].update(merge_into="Members"),
        "tally cell 'partners': merge_into 'Members' is not the label of another tally cell",
    ),
    "cell merged into itself": (
        lambda f: f["tally_cells"][1].update(merge_into="partners"),
        "tally cell 'partners': merge_into 'partners' is not the label of another tally cell",
    ),
    "cells merged in a circle": (
        lambda f: [f["tally_cells"][i].update(merge_into=label) for i, label in enumerate(("partners", "members"))],
        "tally cell 'members': merge_into leads back to it",
    ),
    "no chaining mode": (lambda f: f.update(chaining_modes=[]), "chaining_modes must be"),
    "chaining mode twice": (lambda f: f.update(chaining_modes=[1, 1]), "chaining_modes must be"),
    "chaining modes in another order": (lambda f: f.update(chaining_modes=[1, 0]), "chaining_modes must be"),
    "no such day": (lambda f: f.update(date="2026-02-30"), "is not a day"),
    "day as a week": (lambda f: f.update(date="2026-W01-1"), "is not a day"),
    "day without dashes": (lambda f: f.update(date="20261201"), "is not a day"),
    "write-in without contest data": (
        lambda f: board(f).pop("contest_data_blocks"),
        "a write-in option needs contest_data_blocks",
    ),
    "no limit at all": (
        lambda f: (
            board(f).update(selection_limit="NO_LIMIT"),
            board(f)["options"][0].update(selection_limit="CONTEST_LIMIT"),
        ),
        "option 'board-1' has CONTEST_LIMIT, the contest NO_LIMIT",
    ),
    "limits that make proofs grow": (
        lambda f: (
            board(f).update(selection_limit="NO_LIMIT"),
            board(f)["options"][0].update(selection_limit=1001),
        ),
        "a selection limit above 1000",
    ),
}


def test_a_long_chain_of_cells() -> None:
    """Following each cell to the end would take hours."""
    count = 20_000
    styles = [{"label": f"s{i}", "contests": [1, 2, 3]} for i in range(count)]
    cells = [{"label": f"c{i}", "ballot_styles": [i + 1], "merge_into": f"c{i + 1}"} for i in range(count)]
    cells[-1]["merge_into"] = f"c{count - 3}"
    found = list(parse_manifest(manifest_bytes(ballot_styles=styles, tally_cells=cells)).problems())
    assert found == [f"tally cell 'c{i}': merge_into leads back to it" for i in (count - 3, count - 2, count - 1)]


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_rule_is_checked(name: str) -> None:
    """Spec: EG-2.1 §3.1.3"""
    change, problem = PROBLEMS[name]
    manifest = parse_manifest(changed(change))
    assert any(problem in found for found in manifest.problems()), list(manifest.problems())
    with pytest.raises(CheckError, match=r"^manifest: "):
        manifest.check()


def test_all_problems_are_named_at_once() -> None:
    manifest = parse_manifest(changed(lambda f: f.update(label="", date="x", chaining_modes=[])))
    with pytest.raises(CheckError, match=r"election: .*; chaining_modes .*; date "):
        manifest.check()


FORM: dict[str, tuple[Change, str]] = {
    "no contest": (lambda f: f.update(contests=[]), "contests"),
    "no option": (lambda f: board(f).update(options=[]), "contests.0.options"),
    "no style": (lambda f: f.update(ballot_styles=[]), "ballot_styles"),
    "empty style": (lambda f: f["ballot_styles"][0].update(contests=[]), "ballot_styles.0.contests"),
    "no cell": (lambda f: f.update(tally_cells=[]), "tally_cells"),
    "empty cell": (lambda f: f["tally_cells"][0].update(ballot_styles=[]), "tally_cells.0.ballot_styles"),
    "contest index 0": (lambda f: f["ballot_styles"][0].update(contests=[0, 1]), "ballot_styles.0.contests.0"),
    "limit 0": (lambda f: board(f).update(selection_limit=0), "contests.0.selection_limit"),
    "limit as a string": (lambda f: board(f).update(selection_limit="2"), "contests.0.selection_limit"),
    "limit as a float": (lambda f: board(f).update(selection_limit=2.0), "contests.0.selection_limit"),
    "limit of another word": (lambda f: board(f).update(selection_limit="CONTEST_LIMIT"), "contests.0.selection_limit"),
    "option limit of another word": (
        lambda f: board(f)["options"][0].update(selection_limit="NO_LIMIT"),
        "contests.0.options.0.selection_limit",
    ),
    "weight 0": (lambda f: f.update(maximum_weight=0), "maximum_weight"),
    "minimum 0": (lambda f: f.update(minimum_cell_ballots=0), "minimum_cell_ballots"),
    "no blocks": (lambda f: board(f).update(contest_data_blocks=0), "contests.0.contest_data_blocks"),
    "too many blocks": (lambda f: board(f).update(contest_data_blocks=1025), "contests.0.contest_data_blocks"),
    "chaining mode 2": (lambda f: f.update(chaining_modes=[2]), "chaining_modes.0"),
    "truth as a number": (lambda f: f.update(cast_contest_data_may_be_decrypted=1), "cast_contest_data"),
    "unknown field": (lambda f: f.update(colour="green"), "colour"),
    "unknown field below": (lambda f: board(f).update(record_undervotes=True), "contests.0.record_undervotes"),
    "name as a string": (lambda f: f.update(name="Elections"), "name"),
    "name in no language": (lambda f: f.update(name={}), "name"),
    "label as a number": (lambda f: f.update(label=5), "label"),
    "no label": (lambda f: f.pop("label"), "label"),
    "null": (lambda f: f.update(date=None), "date"),
    "lone surrogate": (lambda f: f.update(label="\ud800"), ""),
}


@pytest.mark.parametrize("name", FORM)
def test_form(name: str) -> None:
    change, field = FORM[name]
    fields = copy.deepcopy(DEFAULT_MANIFEST)
    change(fields)
    with pytest.raises(ParseError) as caught:
        parse_manifest(json.dumps(fields).encode(), "m.json")
    assert str(caught.value).startswith("m.json: ")
    assert caught.value.field.startswith(field)


def test_layout_is_free() -> None:
    """Blanks, order of fields and escapes are the author's; what the bytes mean is the same."""
    fields = copy.deepcopy(DEFAULT_MANIFEST)
    plain = parse_manifest(json.dumps(fields).encode())
    turned = dict(reversed(list(fields.items())))
    for data in (
        json.dumps(fields, indent=4, ensure_ascii=False).encode() + b"\n\n",
        json.dumps(turned, separators=(",", ":")).encode(),
    ):
        assert parse_manifest(data) == plain


@pytest.mark.parametrize(
    ("limit", "options", "expected_options", "expected"),
    [
        (2, [1, 1, 1], (1, 1, 1), 2),
        (5, [1, 1, 1], (1, 1, 1), 3),
        (4, [3, 3], (3, 3), 4),
        (2, [5, 1], (2, 1), 2),
        (3, ["CONTEST_LIMIT", 1], (3, 1), 3),
        ("NO_LIMIT", [2, 3], (2, 3), 5),
        (1, [1], (1,), 1),
    ],
)
def test_effective_limits(
    limit: int | str, options: list[int | str], expected_options: tuple[int, ...], expected: int
) -> None:
    listed = [{"label": str(i), "selection_limit": r} for i, r in enumerate(options)]
    change = {"label": "x", "selection_limit": limit, "options": listed}
    data = changed(lambda f: f.update(contests=[change], ballot_styles=[{"label": "s", "contests": [1]}]))
    contest = parse_manifest(data).contest(1)
    assert contest.option_limits == expected_options
    assert [contest.option_limit(j) for j in range(1, len(options) + 1)] == list(expected_options)
    assert contest.limit == expected


def test_defaults() -> None:
    contests = b'[{"label":"c","options":[{"label":"o"}]}]'
    manifest = parse_manifest(b'{"label":"x","contests":%s,"ballot_styles":[{"label":"s","contests":[1]}]}' % contests)
    manifest.check()
    assert manifest.chaining_modes == (1,)
    assert (manifest.maximum_weight, manifest.minimum_cell_ballots) == (1, 10)
    assert manifest.cast_contest_data_may_be_decrypted is False
    assert [(cell.label, cell.ballot_styles) for cell in manifest.cells] == [("all", (1,))]
    assert (manifest.contest(1).limit, manifest.contest(1).option_limits) == (1, (1,))


@pytest.mark.parametrize("index", [0, -1, 4])
def test_indices_outside(index: int) -> None:
    manifest = parse_manifest(manifest_bytes())
    with pytest.raises(CheckError, match="is not between 1 and 3"):
        manifest.contest(index)
    with pytest.raises(CheckError, match="is not between 1 and 2"):
        manifest.ballot_style(index)
    with pytest.raises(CheckError, match="is not between 1 and 2"):
        manifest.cell_of(index)


def test_cells_have_the_contests_of_their_styles() -> None:
    manifest = parse_manifest(manifest_bytes())
    assert [manifest.cell_contests(cell) for cell in manifest.cells] == [(1, 3), (2, 3)]
    whole = parse_manifest(manifest_bytes(tally_cells=None))
    assert [whole.cell_contests(cell) for cell in whole.cells] == [(1, 2, 3)]
    assert [whole.cell_of(1), whole.cell_of(2)] == [1, 1]
