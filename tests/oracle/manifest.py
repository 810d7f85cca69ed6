"""The manifest and its rules.

Docs: docs/formats/manifest.md. Wrong types and unknown fields make it unreadable; each broken rule is a finding of
X.manifest.

Spec: EG-2.1 §3.1.3
"""

import datetime
import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .board import Policy, read_policy
from .strict_json import decode, integer, items, members, refuse, text

NO_BREAK_SPACES = "\u00a0\u202f"
ZERO_WIDTH_JOINERS = "\u200c\u200d"
HIGHEST_EFFECTIVE_LIMIT = 1000
HIGHEST_NUMBER_OF_BLOCKS = 1024
SUPPLEMENTAL_FIELDS = (
    "overvote_indicator",
    "undervote_indicator",
    "undervote_difference",
    "null_vote_indicator",
    "write_in_count",
)


@dataclass
class Option:
    label: str
    limit: int = 1
    """R, the effective option selection limit."""


@dataclass
class Contest:
    label: str
    options: list[Option] = field(default_factory=list)
    limit: int = 1
    """L, the effective contest selection limit."""
    fields: list[str] = field(default_factory=list)
    """The supplemental fields."""
    write_ins: list[int] = field(default_factory=list)
    """ind_o of the write-in options."""
    blocks: int | None = None
    """b_Lambda; None where the contest has no contest data."""

    @property
    def columns(self) -> list[Option]:
        """What is encrypted: the options, then the supplemental fields with the largest value each may have."""
        return self.options + [Option(name, self.highest(name)) for name in self.fields]

    def highest(self, name: str) -> int:
        if name == "undervote_difference":
            return self.limit
        if name == "write_in_count":
            return min(self.limit, sum(self.options[ind_o - 1].limit for ind_o in self.write_ins))
        return 1


@dataclass
class Style:
    label: str
    contests: list[int]


@dataclass
class Cell:
    label: str
    styles: list[int]
    contests: list[int] = field(default_factory=list)
    merge_into: str | None = None


@dataclass
class Manifest:
    contests: list[Contest] = field(default_factory=list)
    styles: list[Style] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    chaining_modes: list[int] = field(default_factory=lambda: [1])
    maximum_weight: int = 1
    minimum_cell_ballots: int = 10
    cast_contest_data_may_be_decrypted: bool = False
    omega: int | None = None
    """The number of the hash-trimming function; None where nothing is pre-encrypted."""
    board: Policy | None = None
    board_is_broken: bool = False
    broken_rules: list[str] = field(default_factory=list)

    def rule(self, holds: bool, message: str) -> None:
        if not holds:
            self.broken_rules.append(message)

    def contest(self, ind_c: int) -> Contest | None:
        return self.contests[ind_c - 1] if 1 <= ind_c <= len(self.contests) else None

    def contests_of_style(self, ind_s: int) -> list[int]:
        return self.styles[ind_s - 1].contests if 1 <= ind_s <= len(self.styles) else []

    def cells_after(self, cell: Cell) -> list[Cell]:
        """The cells along merge_into, nearest first; at most as many as there are cells, should it go in a circle."""
        named = {other.label: other for other in self.cells}
        after: list[Cell] = []
        while cell.merge_into in named and len(after) < len(self.cells):
            cell = named[cell.merge_into]
            after.append(cell)
        return after

    def cell(self, number: int) -> Cell | None:
        return self.cells[number - 1] if 1 <= number <= len(self.cells) else None


def read_manifest(content: bytes) -> Manifest:
    """The manifest from its bytes; its layout is free, and so is the order of its fields."""
    where = "manifest.json"
    top = members(
        decode(content, where, compact=False),
        "label name? date? jurisdiction? rehearsal? device_info? chaining_modes? maximum_weight? minimum_cell_ballots?"
        " cast_contest_data_may_be_decrypted? hash_trimming? board? contests ballot_styles tally_cells?"
        " quorum? officials? approvals?",
        where,
        ordered=False,
    )
    manifest = Manifest()
    _label(manifest, top, where)
    if "date" in top:
        manifest.rule(_is_date(text(top["date"], f"{where} date")), "date is no day YYYY-MM-DD")
    _read_rehearsal(manifest, top, where)
    for name in ("jurisdiction", "device_info"):
        text(top.get(name, ""), f"{where} {name}")
    manifest.chaining_modes = _integers(top.get("chaining_modes", [1]), f"{where} chaining_modes")
    manifest.rule(manifest.chaining_modes in ([0], [1], [0, 1]), "chaining_modes is not [0], [1] or [0,1]")
    manifest.maximum_weight = integer(top.get("maximum_weight", 1), f"{where} maximum_weight")
    manifest.rule(1 <= manifest.maximum_weight < 2**31, "maximum_weight is not in 1..2^31-1")
    manifest.minimum_cell_ballots = integer(top.get("minimum_cell_ballots", 10), f"{where} minimum_cell_ballots")
    manifest.rule(manifest.minimum_cell_ballots >= 1, "minimum_cell_ballots is below 1")
    allowed = "cast_contest_data_may_be_decrypted"
    manifest.cast_contest_data_may_be_decrypted = _boolean(top.get(allowed, False), f"{where} {allowed}")
    if "hash_trimming" in top:
        manifest.omega = integer(top["hash_trimming"], f"{where} hash_trimming")
        manifest.rule(1 <= manifest.omega <= 8, f"there is no hash-trimming function {manifest.omega}")
    if "board" in top:
        manifest.board, broken = read_policy([text(*item) for item in items(top["board"], f"{where} board")])
        manifest.broken_rules += broken
        manifest.board_is_broken = bool(broken)
    _read_contests(manifest, top["contests"])
    _read_styles(manifest, top["ballot_styles"])
    _read_cells(manifest, top.get("tally_cells"))
    _read_results(manifest, top)
    return manifest


def _read_rehearsal(manifest: Manifest, top: dict[str, Any], where: str) -> None:
    """A rehearsal's label and names begin with a word for it, and nobody else's do."""
    marked = _boolean(top.get("rehearsal", False), f"{where} rehearsal")
    beginnings = [(top["label"], "REHEARSAL")]
    for tag, name in top.get("name", {}).items():
        beginnings.append((name, "مانور" if tag == "fa" or tag.startswith("fa-") else "REHEARSAL"))
    for words, mark in beginnings:
        manifest.rule((words[: len(mark)] == mark) is marked, f"{words!r} and the field rehearsal disagree")


def _read_results(manifest: Manifest, top: dict[str, Any]) -> None:
    """The quorum of participation, and the officials who approve results."""
    where = "manifest.json"
    if "quorum" in top:
        quorum = members(top["quorum"], "of? at_least? percent? entitled?", f"{where} quorum", ordered=False)
        _one_of(quorum.get("of", "ballots"), ("ballots", "weight"), f"{where} quorum of")
        for name in ("at_least", "percent", "entitled"):
            _count(quorum.get(name, 1), 1, f"{where} quorum {name}", 100 if name == "percent" else 2**31 - 1)
        manifest.rule(("at_least" in quorum) != ("percent" in quorum), "quorum: at_least or percent, not both")
        manifest.rule("entitled" not in quorum or "at_least" not in quorum, "quorum: entitled without percent")
    keys, labels, supervising = [], [], 0
    for raw, place in items(top.get("officials", []), f"{where} officials"):
        entry = members(raw, "label name? role key", place, ordered=False)
        labels.append(Option(_label(manifest, entry, place)))
        supervising += _one_of(entry["role"], ("presiding", "supervising", "inspecting"), place) == "supervising"
        keys.append(text(entry["key"], place))
        if not re.fullmatch("[0-9A-F]{64}", keys[-1]):
            refuse(place, "a key is 64 hexadecimal digits")
    approvals = _count(top.get("approvals", 1), 1, f"{where} approvals")
    manifest.rule("approvals" not in top or bool(keys), "approvals without officials")
    manifest.rule(not keys or approvals <= supervising, "fewer supervising officials than approvals")
    manifest.rule(len(set(keys)) == len(keys), "two officials have one key")
    _unique_labels(manifest, labels, "officials")


def _read_seats(manifest: Manifest, entry: dict[str, Any], where: str) -> None:
    _count(entry.get("seats", 1), 1, where)
    _count(entry.get("alternates", 0), 0, where)
    _one_of(entry.get("ties", "lots"), ("lots", "order", "unresolved"), where)
    if entry.get("threshold") != "majority":
        _count(entry.get("threshold", 1), 1, where, 100)
    alone = "seats" not in entry and any(name in entry for name in ("alternates", "ties", "threshold"))
    manifest.rule(not alone, f"{where}: a rule about seats without seats")


def _count(value: Any, least: int, where: str, most: int = 2**31 - 1) -> int:
    number = integer(value, where)
    if not least <= number <= most:
        refuse(where, f"{number} is not in {least}..{most}")
    return number


def _one_of(value: Any, known: Sequence[str], where: str) -> str:
    if text(value, where) not in known:
        refuse(where, f"none of {known}")
    return str(value)


def _read_contests(manifest: Manifest, value: Any) -> None:
    for raw, where in items(value, "manifest.json contests"):
        entry = members(
            raw,
            "label name? selection_limit? options contest_data_blocks? supplemental_fields?"
            " seats? alternates? ties? threshold?",
            where,
            ordered=False,
        )
        _read_seats(manifest, entry, where)
        contest = Contest(_label(manifest, entry, where))
        manifest.contests.append(contest)
        if "contest_data_blocks" in entry:
            contest.blocks = integer(entry["contest_data_blocks"], where)
            in_range = 1 <= contest.blocks <= HIGHEST_NUMBER_OF_BLOCKS
            manifest.rule(in_range, f"{where}: contest_data_blocks is not in 1..{HIGHEST_NUMBER_OF_BLOCKS}")
        contest_limit = _limit(manifest, entry.get("selection_limit", 1), "NO_LIMIT", where)
        for raw_option, place in items(entry["options"], f"{where} options"):
            _read_option(manifest, contest, contest_limit, raw_option, place)
        manifest.rule(bool(contest.options), f"{where}: no options")
        contest.fields = [_field(*item) for item in items(entry.get("supplemental_fields", []), where)]
        needs = "write_in_count" not in contest.fields or bool(contest.write_ins)
        manifest.rule(needs, f"{where}: write_in_count without write-in options")
        _unique_labels(manifest, contest.options + [Option(name) for name in contest.fields], f"{where} options")
        sum_of_limits = sum(option.limit for option in contest.options)
        contest.limit = sum_of_limits if contest_limit is None else min(contest_limit, sum_of_limits)
        for limit in [contest.limit, *(option.limit for option in contest.options)]:
            manifest.rule(limit <= HIGHEST_EFFECTIVE_LIMIT, f"{where}: the effective limit {limit} is too high")
    manifest.rule(bool(manifest.contests), "no contests")
    _unique_labels(manifest, manifest.contests, "contests")


def _read_option(manifest: Manifest, contest: Contest, contest_limit: int | None, raw: Any, where: str) -> None:
    entry = members(raw, "label name? selection_limit? write_in?", where, ordered=False)
    option = Option(_label(manifest, entry, where))
    contest.options.append(option)
    own_limit = _limit(manifest, entry.get("selection_limit", 1), "CONTEST_LIMIT", where)
    manifest.rule(own_limit is not None or contest_limit is not None, f"{where}: CONTEST_LIMIT under NO_LIMIT")
    stated = [limit for limit in (own_limit, contest_limit) if limit is not None]
    option.limit = min(stated, default=1)
    if _boolean(entry.get("write_in", False), where):
        contest.write_ins.append(len(contest.options))
        manifest.rule(contest.blocks is not None, f"{where}: write_in without contest_data_blocks")


def _field(value: Any, where: str) -> str:
    name = text(value, where)
    if name not in SUPPLEMENTAL_FIELDS:
        refuse(where, f"no supplemental field {name!r}")
    return name


def _read_styles(manifest: Manifest, value: Any) -> None:
    for raw, where in items(value, "manifest.json ballot_styles"):
        entry = members(raw, "label name? contests", where, ordered=False)
        style = Style(_label(manifest, entry, where), _integers(entry["contests"], where))
        manifest.styles.append(style)
        _indices(manifest, style.contests, len(manifest.contests), f"{where} contests")
    manifest.rule(bool(manifest.styles), "no ballot styles")
    on_a_style = {ind_c for style in manifest.styles for ind_c in style.contests}
    for ind_c in range(1, len(manifest.contests) + 1):
        manifest.rule(ind_c in on_a_style, f"contest {ind_c} is on no ballot style")
    _unique_labels(manifest, manifest.styles, "ballot_styles")


def _read_cells(manifest: Manifest, value: Any) -> None:
    every_style = list(range(1, len(manifest.styles) + 1))
    if value is None:
        manifest.cells.append(Cell("all", every_style))
    else:
        for raw, where in items(value, "manifest.json tally_cells"):
            entry = members(raw, "label ballot_styles merge_into?", where, ordered=False)
            cell = Cell(_label(manifest, entry, where), _integers(entry["ballot_styles"], where))
            if "merge_into" in entry:
                cell.merge_into = text(entry["merge_into"], f"{where} merge_into")
            manifest.cells.append(cell)
            _indices(manifest, cell.styles, len(manifest.styles), f"{where} ballot_styles")
        _unique_labels(manifest, manifest.cells, "tally_cells")
    for cell in manifest.cells:
        others = [other.label for other in manifest.cells if other is not cell]
        known = cell.merge_into is None or cell.merge_into in others
        manifest.rule(known, f"tally cell {cell.label!r}: merge_into {cell.merge_into!r} is no other cell")
        # Whoever is still on the way after as many steps as there are cells goes in a circle.
        arrives = len(manifest.cells_after(cell)) < len(manifest.cells)
        manifest.rule(arrives, f"tally cell {cell.label!r}: merge_into goes in a circle")
    in_cells = sorted(style for cell in manifest.cells for style in cell.styles)
    manifest.rule(in_cells == every_style, "not every ballot style lies in exactly one tally cell")
    for cell in manifest.cells:
        cell.contests = sorted({ind_c for ind_s in cell.styles for ind_c in manifest.contests_of_style(ind_s)})


def _label(manifest: Manifest, entry: dict[str, Any], where: str) -> str:
    """The label of an object, and its `name` where it may have one."""
    label = text(entry["label"], f"{where} label")
    manifest.rule(_is_label(label), f"{where}: {label!r} is no label")
    if "name" in entry:
        names = entry["name"]
        if not isinstance(names, dict):
            refuse(f"{where} name", "an object is expected")
        for content in names.values():
            text(content, f"{where} name")
        manifest.rule(bool(names), f"{where}: name has no entry")
    return label


def _is_label(label: str) -> bool:
    if not label or label != label.strip():
        return False
    blanks_together = any(left.isspace() and right.isspace() for left, right in itertools.pairwise(label))
    visible = [character for character in label if character not in ZERO_WIDTH_JOINERS]
    line_breaks_and_controls = any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in visible)
    no_break_spaces = any(character in NO_BREAK_SPACES for character in label)
    return not (blanks_together or line_breaks_and_controls or no_break_spaces)


def _is_date(value: str) -> bool:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return False
    try:
        datetime.date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _limit(manifest: Manifest, value: Any, word: str, where: str) -> int | None:
    """A selection limit; None where it is the word that stands for another limit or for none."""
    if value == word:
        return None
    limit = integer(value, f"{where} selection_limit")
    manifest.rule(1 <= limit < 2**31, f"{where}: selection_limit {limit}")
    return limit


def _boolean(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        refuse(where, "true or false is expected")
    return value


def _integers(value: Any, where: str) -> list[int]:
    return [integer(item, place) for item, place in items(value, where)]


def _indices(manifest: Manifest, indices: list[int], highest: int, where: str) -> None:
    ascending = all(left < right for left, right in itertools.pairwise(indices))
    in_range = all(1 <= index <= highest for index in indices)
    manifest.rule(bool(indices) and ascending and in_range, f"{where}: {indices} are no ascending indices")


def _unique_labels(
    manifest: Manifest, objects: Sequence[Option] | Sequence[Contest] | Sequence[Style] | Sequence[Cell], where: str
) -> None:
    labels = [unicodedata.normalize("NFC", each.label) for each in objects]
    manifest.rule(len(set(labels)) == len(labels), f"{where}: a label twice")
