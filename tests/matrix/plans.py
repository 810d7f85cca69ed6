"""Elections that hypothesis draws: a value of every dimension, and a seed for what is left open.

plan = plan_of(levels, seed)     # the same arguments, the same plan
plans()                          # a strategy; it shrinks to the first value of every dimension
"""

import json
from dataclasses import dataclass
from random import Random
from typing import Any, get_args

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from e2evote.record.manifest import SupplementalField
from tests.matrix.dimensions import DIMENSIONS, Levels

Json = dict[str, Any]
FIELDS: tuple[str, ...] = get_args(SupplementalField)
OUT_OF_REACH = 50
"""More ballots than any election here has."""
TURNOUT = {"nobody": 2, "few": 3, "more": 8}
"""Ballots of an election by its turnout, besides those by mail."""


@dataclass(frozen=True, slots=True)
class PlannedDevice:
    """A device that will be opened, and how many ballots it makes if nobody makes others."""

    info: str
    mode: int
    mail: bool
    ballots: int


@dataclass(frozen=True, slots=True)
class Plan:
    """An election before it begins."""

    levels: Levels
    seed: int
    manifest: Json
    n: int
    k: int
    devices: tuple[PlannedDevice, ...]

    @property
    def manifest_bytes(self) -> bytes:
        return json.dumps(self.manifest, ensure_ascii=False).encode()

    @property
    def mail_style(self) -> int | None:
        """The ballot style that is sent by mail: the last one, where there is mail."""
        return len(self.manifest["ballot_styles"]) if self.levels["mail"] == "some" else None

    def contests(self, style: int) -> list[int]:
        """Return the contests of a ballot style."""
        return list(self.manifest["ballot_styles"][style - 1]["contests"])

    def contest(self, ind_c: int) -> Json:
        found: Json = self.manifest["contests"][ind_c - 1]
        return found


def levels() -> SearchStrategy[Levels]:
    """Draw a value of every dimension; all are equally likely, so that extremes come up."""
    return st.fixed_dictionaries({name: st.sampled_from(values) for name, values in DIMENSIONS.items()})


def plans() -> SearchStrategy[Plan]:
    """Draw an election."""
    return st.builds(plan_of, levels(), st.integers(0, 2**32 - 1))


def plan_of(levels: Levels, seed: int) -> Plan:
    """Return an election with these values; the seed decides what they leave open."""
    rng = Random(seed)
    n, k = _guardians(levels["guardians"], rng)
    return Plan(levels, seed, _manifest(levels, rng), n, k, _devices(levels, rng))


def _guardians(level: str, rng: Random) -> tuple[int, int]:
    if level == "one":
        return 1, 1
    n = rng.randint(3 if level == "most" else 2, 5)
    return n, {"one of many": 1, "most": rng.randint(2, max(n - 1, 2)), "all of many": n}[level]


# ------------------------------------------------------------------------------------------- the manifest


def _manifest(levels: Levels, rng: Random) -> Json:
    styles = _styles(levels, rng)
    contests = [
        _contest(f"contest-{ind_c}", levels if ind_c == 1 or rng.random() < 0.5 else _plain(levels), rng)
        for ind_c in range(1, max(ind_c for style in styles for ind_c in style) + 1)
    ]
    fields: Json = {
        "label": "Matrix",
        "chaining_modes": {"no": [0], "simple": [1], "both": [0, 1]}[levels["chaining"]],
        "minimum_cell_ballots": OUT_OF_REACH if levels["minimum"] == "out of reach" else int(levels["minimum"]),
        "maximum_weight": 1 if levels["weights"] == "none" else rng.choice((2, 5, 30)),
        "cast_contest_data_may_be_decrypted": levels["data"] == "open",
    }
    if levels["mail"] == "some":
        fields["hash_trimming"] = rng.randint(1, 8)
        contests.append(_mail_contest(rng))
        mailable = [ind_c for ind_c, contest in enumerate(contests, 1) if _is_mailable(contest)]
        if rng.random() < 0.5:  # ballots of both kinds have the contest
            styles[0] = [*styles[0], len(contests)]
        styles.append(sorted({len(contests), *rng.sample(mailable, rng.randint(0, len(mailable)))}))
    fields["contests"] = contests
    fields["ballot_styles"] = [{"label": f"style-{i}", "contests": style} for i, style in enumerate(styles, 1)]
    if levels["cells"] != "one":
        fields["tally_cells"] = _cells(levels["cells"], len(styles), rng)
    return fields


def _styles(levels: Levels, rng: Random) -> list[list[int]]:
    """Return the contests of the styles that are not for mail."""
    few = 1 if (levels["cells"], levels["styles"]) == ("one", "alike") else 2
    count = 3 if levels["cells"] == "chain" else rng.randint(few, 3)
    match levels["styles"]:
        case "alike":
            return [list(range(1, rng.randint(1, 2) + 1))] * count
        case "overlapping":
            return [[1, i + 1] for i in range(1, count + 1)]
        case _:
            return [[i] for i in range(1, count + 1)]


def _cells(level: str, styles: int, rng: Random) -> list[Json]:
    """Return a cell a style, in any order: each alone, or all into one, or each into the one before it."""
    order = rng.sample(range(1, styles + 1), styles)
    cells: list[Json] = [{"label": f"cell-{i}", "ballot_styles": [style]} for i, style in enumerate(order, 1)]
    last = rng.randint(0, styles - 1)
    for i, cell in enumerate(cells):
        if level == "merged" and i != last:
            cell["merge_into"] = cells[last]["label"]
        elif level == "chain" and i > 0:
            cell["merge_into"] = cells[i - 1]["label"]
    return cells


def _plain(levels: Levels) -> Levels:
    return {**levels, "limits": "one", "fields": "none", "data": "none"}


def _contest(label: str, levels: Levels, rng: Random) -> Json:
    contest, limits = {"label": label}, levels["limits"]
    options: list[Json] = [{"label": f"option-{j}"} for j in range(1, rng.randint(1 + (limits == "several"), 4) + 1)]
    match limits:
        case "several":
            contest["selection_limit"] = rng.randint(2, len(options))
        case "no limit":
            contest["selection_limit"] = "NO_LIMIT"
            _limit(options, rng.randint(1, 2))
        case "scores":
            R = rng.randint(2, 3)
            contest["selection_limit"] = rng.randint(R, R * len(options))
            _limit(options, R)
        case "contest limit":
            contest["selection_limit"] = rng.randint(2, 3)
            _limit(options, "CONTEST_LIMIT")
        case "capped":  # the option's limit by that of the contest, or the other way round
            contest["selection_limit"] = rng.choice((2, 9))
            _limit(options[:1], 9 if contest["selection_limit"] == 2 else 2)
    if levels["data"] != "none":
        contest["contest_data_blocks"] = rng.randint(1, 3)
        for option in options if rng.random() < 0.2 else options[-1:]:
            option["write_in"] = True
    contest["options"] = options
    possible = [name for name in FIELDS if name != "write_in_count" or levels["data"] != "none"]
    if levels["fields"] != "none":
        contest["supplemental_fields"] = rng.sample(possible, 1 if levels["fields"] == "one" else len(possible))
    return contest


def _limit(options: list[Json], R: int | str) -> None:
    for option in options:
        option["selection_limit"] = R


def _mail_contest(rng: Random) -> Json:
    options = [{"label": f"option-{j}"} for j in range(1, rng.randint(1, 3) + 1)]
    return {"label": "by mail", "selection_limit": rng.randint(1, len(options)), "options": options}


def _is_mailable(contest: Json) -> bool:
    ones = all(option.get("selection_limit", 1) == 1 for option in contest["options"])
    return ones and "supplemental_fields" not in contest


# ------------------------------------------------------------------------------------------- devices


def _devices(levels: Levels, rng: Random) -> tuple[PlannedDevice, ...]:
    modes = {"no": (0,), "simple": (1,), "both": (0, 1)}[levels["chaining"]]
    count = {"one": 1, "several": rng.randint(2, 3), "idle": 2}[levels["devices"]]
    busy = count - 1 if levels["devices"] == "idle" else count
    total = TURNOUT[levels["turnout"]]
    devices = [
        PlannedDevice(f"Booth {d}", modes[d % len(modes)], False, 0 if d > busy else -(-total // busy))
        for d in range(1, count + 1)
    ]
    if levels["mail"] == "some":
        posted = rng.randint(2, 3)
        devices.insert(rng.randint(0, count), PlannedDevice("Printer", rng.choice(modes), True, posted))
    return tuple(devices)
