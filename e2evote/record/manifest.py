"""The election manifest: contests, options, ballot styles, tally cells (docs/formats/manifest.md).

Parsing checks types only; ``Manifest.problems`` lists broken rules, so that a verifier can report them all.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Literal, NamedTuple

from annotated_types import Ge, Le, MinLen

from e2evote.board.policy import Policy
from e2evote.errors import CheckError, ParseError
from e2evote.record.codec import Count, Index, RecordModel, parse
from e2evote.record.rules import Official, Quorum, Threshold, TieRule, official_problems, quorum_problems

MAXIMUM_LIMIT = 1000
"""Largest effective selection limit: a range proof has two numbers for every value up to it."""

REHEARSAL = "REHEARSAL"
"""How the label of a rehearsal begins, and its name in a language that has no word of its own below."""
REHEARSAL_WORDS = {"fa": "مانور"}
"""How the name of a rehearsal begins, by language."""

Texts = Annotated[dict[str, str], MinLen(1)]
"""Language tag to text."""


SupplementalField = Literal[
    "overvote_indicator", "undervote_indicator", "undervote_difference", "null_vote_indicator", "write_in_count"
]


class VerifiableField(NamedTuple):
    """What a contest encrypts one value for: an option, or a supplemental field; its value lies in 0…limit."""

    label: str
    limit: int


class Option(RecordModel):
    """One option of a contest."""

    label: str
    name: Texts | None = None
    selection_limit: Index | Literal["CONTEST_LIMIT"] = 1
    write_in: bool = False


class Contest(RecordModel):
    """One contest with its options and then its supplemental fields, in order."""

    label: str
    name: Texts | None = None
    selection_limit: Index | Literal["NO_LIMIT"] = 1
    contest_data_blocks: Annotated[int, Ge(1), Le(1024)] | None = None
    options: Annotated[tuple[Option, ...], MinLen(1)]
    supplemental_fields: tuple[SupplementalField, ...] = ()
    seats: Index | None = None
    alternates: Count | None = None
    ties: TieRule | None = None
    threshold: Threshold | None = None

    @cached_property
    def verifiable_fields(self) -> tuple[VerifiableField, ...]:
        """The options and behind them the supplemental fields, each with its limit.

        Raises:
            CheckError: as ``option_limits``.

        Spec: EG-2.1 §3.1.3
        """
        options = zip((option.label for option in self.options), self.option_limits, strict=True)
        fields = ((name, self._field_limit(name)) for name in self.supplemental_fields)
        return tuple(VerifiableField(label, limit) for label, limit in (*options, *fields))

    @cached_property
    def option_limits(self) -> tuple[int, ...]:
        """Effective R of every option.

        Raises:
            CheckError: CONTEST_LIMIT in a contest without one.
        """
        return tuple(self._option_limit(option) for option in self.options)

    def option_limit(self, ind_o: int) -> int:
        """Return the effective R of the option with index ind_o, from 1, or the limit of a field behind the options."""
        return self.verifiable_fields[ind_o - 1].limit

    @cached_property
    def limit(self) -> int:
        """Effective L: the contest's limit, at most the sum of its options' limits."""
        total = sum(self.option_limits)
        return total if self.selection_limit == "NO_LIMIT" else min(self.selection_limit, total)

    def _field_limit(self, name: SupplementalField) -> int:
        if name == "undervote_difference":
            return self.limit
        if name == "write_in_count":
            limits = zip(self.options, self.option_limits, strict=True)
            return min(self.limit, sum(limit for option, limit in limits if option.write_in))
        return 1

    def _option_limit(self, option: Option) -> int:
        if self.selection_limit == "NO_LIMIT":
            if option.selection_limit == "CONTEST_LIMIT":
                raise CheckError(
                    f"contest {self.label!r}: option {option.label!r} has CONTEST_LIMIT, the contest NO_LIMIT"
                )
            return option.selection_limit
        return (
            self.selection_limit
            if option.selection_limit == "CONTEST_LIMIT"
            else min(option.selection_limit, self.selection_limit)
        )


class BallotStyle(RecordModel):
    """The contests that one kind of voter may vote in."""

    label: str
    name: Texts | None = None
    contests: Annotated[tuple[Index, ...], MinLen(1)]


class TallyCell(RecordModel):
    """Ballot styles counted together; only cells are ever decrypted, too small ones with the cell they name."""

    label: str
    ballot_styles: Annotated[tuple[Index, ...], MinLen(1)]
    merge_into: str | None = None


class Manifest(RecordModel):
    """The whole manifest; indices ind_c, ind_o, ind_s are positions from 1."""

    label: str
    name: Texts | None = None
    date: str | None = None
    jurisdiction: str | None = None
    rehearsal: bool = False
    device_info: str | None = None
    chaining_modes: tuple[Annotated[int, Ge(0), Le(1)], ...] = (1,)
    maximum_weight: Index = 1
    minimum_cell_ballots: Index = 10
    cast_contest_data_may_be_decrypted: bool = False
    hash_trimming: Annotated[int, Ge(1), Le(8)] | None = None
    board: Annotated[tuple[str, ...], MinLen(1)] | None = None
    contests: Annotated[tuple[Contest, ...], MinLen(1)]
    ballot_styles: Annotated[tuple[BallotStyle, ...], MinLen(1)]
    tally_cells: Annotated[tuple[TallyCell, ...], MinLen(1)] | None = None
    quorum: Quorum | None = None
    officials: Annotated[tuple[Official, ...], MinLen(1)] | None = None
    approvals: Index | None = None

    def contest(self, ind_c: int) -> Contest:
        """Return the contest with index ind_c.

        Raises:
            CheckError: no such contest.
        """
        if not 1 <= ind_c <= len(self.contests):
            raise CheckError(f"contest index {ind_c} is not between 1 and {len(self.contests)}")
        return self.contests[ind_c - 1]

    def ballot_style(self, ind_s: int) -> BallotStyle:
        """Return the ballot style with index ind_s.

        Raises:
            CheckError: no such style.
        """
        if not 1 <= ind_s <= len(self.ballot_styles):
            raise CheckError(f"ballot style {ind_s} is not between 1 and {len(self.ballot_styles)}")
        return self.ballot_styles[ind_s - 1]

    @cached_property
    def cells(self) -> tuple[TallyCell, ...]:
        """The tally cells; by default one, labelled "all", for every ballot style."""
        every = tuple(range(1, len(self.ballot_styles) + 1))
        return self.tally_cells or (TallyCell(label="all", ballot_styles=every),)

    def cell_of(self, ind_s: int) -> int:
        """Return the index, from 1, of the cell that counts ballots of this style."""
        self.ballot_style(ind_s)
        return next(i for i, cell in enumerate(self.cells, 1) if ind_s in cell.ballot_styles)

    def why_not_pre_encrypted(self, ind_s: int) -> str | None:
        """Return why ballots of this style cannot be pre-encrypted, None if they can.

        Spec: EG-2.1 §4.1; §4.1.5
        """
        if self.hash_trimming is None:
            return "the manifest names no hash-trimming function, so ballots are not pre-encrypted"
        for contest in (self.contest(ind_c) for ind_c in self.ballot_style(ind_s).contests):
            if contest.supplemental_fields:
                return f"contest {contest.label!r}: a pre-encrypted vector has no place for supplemental fields"
            if max(contest.option_limits) > 1:
                return f"contest {contest.label!r}: a pre-encrypted vector holds one vote, and an option may have more"
        return None

    def cell_contests(self, cell: TallyCell) -> tuple[int, ...]:
        """Return the indices of the contests on the cell's ballot styles, ascending."""
        return tuple(sorted({ind_c for ind_s in cell.ballot_styles for ind_c in self.ballot_style(ind_s).contests}))

    def problems(self) -> Iterator[str]:
        """Yield every broken rule of docs/formats/manifest.md.

        Spec: EG-2.1 §3.1.3
        """
        yield from _label_problems("election", [self.label])
        yield from _label_problems("contest", [contest.label for contest in self.contests])
        yield from _label_problems("ballot style", [style.label for style in self.ballot_styles])
        yield from _label_problems("tally cell", [cell.label for cell in self.cells])
        for contest in self.contests:
            yield from _contest_problems(contest)
        used = {ind_c for style in self.ballot_styles for ind_c in style.contests}
        for contest in (c for ind_c, c in enumerate(self.contests, 1) if ind_c not in used):
            yield f"contest {contest.label!r} is on no ballot style"
        for style in self.ballot_styles:
            if list(style.contests) != sorted(set(style.contests)) or style.contests[-1] > len(self.contests):
                yield f"ballot style {style.label!r}: contests must be existing indices, strictly ascending"
        if sorted(ind_s for cell in self.cells for ind_s in cell.ballot_styles) != list(
            range(1, len(self.ballot_styles) + 1)
        ):
            yield "tally cells: every ballot style must lie in exactly one cell"
        for cell in self.cells:
            if list(cell.ballot_styles) != sorted(set(cell.ballot_styles)):
                yield f"tally cell {cell.label!r}: ballot styles must be strictly ascending"
        yield from _merging_problems(self.cells)
        if list(self.chaining_modes) != sorted(set(self.chaining_modes)) or not self.chaining_modes:
            yield "chaining_modes must be [0], [1] or [0,1]"
        if self.date is not None and not _is_date(self.date):
            yield f"date {self.date!r} is not a day written YYYY-MM-DD"
        yield from self._rehearsal_problems()
        yield from self._result_problems()
        yield from self.board_problems()

    def _rehearsal_problems(self) -> Iterator[str]:
        """Yield where a rehearsal does not say so, or an election calls itself one: pages show label and names."""
        said = {"label": (self.label, REHEARSAL)}
        said |= {f"name in {tag}": (name, rehearsal_word(tag)) for tag, name in (self.name or {}).items()}
        for where, (text, word) in said.items():
            if text.startswith(word) != self.rehearsal:
                yield f"{where}: {'a rehearsal begins' if self.rehearsal else 'only a rehearsal begins'} with {word!r}"

    def _result_problems(self) -> Iterator[str]:
        yield from quorum_problems(self.quorum)
        yield from _label_problems("official", [official.label for official in self.officials or ()])
        yield from official_problems(self.officials, self.approvals)
        if self.maximum_weight > 1:
            for index, contest in enumerate(self.contests, 1):
                if contest.threshold is not None and any(map(self._has_it_on_some(index), self.cells)):
                    yield f"contest {contest.label!r}: a threshold of weights needs it on all styles of a cell or none"

    def _has_it_on_some(self, index: int) -> Callable[[TallyCell], bool]:
        """Return what tells whether some, but not all ballot styles of a cell have a contest."""
        has = {number: index in style.contests for number, style in enumerate(self.ballot_styles, 1)}
        return lambda cell: len({has[ind_s] for ind_s in cell.ballot_styles if ind_s in has}) > 1

    def board_problems(self) -> Iterator[str]:
        """Yield every rule that the policy of the bulletin board breaks, nothing where there is none."""
        if self.board is None:
            return
        if any("\n" in line for line in self.board):
            yield "board: each text is one line of the policy"
            return
        try:
            logs = len(board_policy(self.board).logs)
        except ParseError as error:
            yield f"board: {error}"
            return
        if logs != 1:
            yield f"board: {logs} lines name a log; exactly one must"

    def check(self) -> None:
        """Accept a consistent manifest.

        Raises:
            CheckError: naming every problem.
        """
        problems = list(self.problems())
        if problems:
            raise CheckError("manifest: " + "; ".join(problems))


def rehearsal_word(tag: str) -> str:
    """Return how the name of a rehearsal begins in a language."""
    return REHEARSAL_WORDS.get(tag.partition("-")[0], REHEARSAL)


def rehearsal_of(manifest: Manifest) -> Manifest:
    """Return the manifest of a rehearsal of an election, without its board: a rehearsal has one of its own.

    Raises:
        CheckError: it is one already.
    """
    if manifest.rehearsal:
        raise CheckError("this is the manifest of a rehearsal already")
    names = (
        None
        if manifest.name is None
        else {tag: f"{rehearsal_word(tag)}: {name}" for tag, name in manifest.name.items()}
    )
    changes = {"label": f"{REHEARSAL} {manifest.label}", "name": names, "rehearsal": True, "board": None}
    return manifest.model_copy(update=changes)


def board_policy(lines: tuple[str, ...]) -> Policy:
    """Return the policy that a manifest's field ``board`` holds.

    Raises:
        ParseError: it is none.
    """
    return Policy.parse("".join(f"{line}\n" for line in lines).encode())


def parse_manifest(data: bytes, where: str = "manifest.json") -> Manifest:
    """Parse a manifest file, which may be laid out freely; its rules are not checked yet.

    Raises:
        ParseError: naming the field.
    """
    return parse(Manifest, data, where, canonical=False)


def _contest_problems(contest: Contest) -> Iterator[str]:
    where = f"contest {contest.label!r}"
    labels = [*(option.label for option in contest.options), *contest.supplemental_fields]
    yield from _label_problems(f"option of {where}", labels)
    try:
        if max(contest.limit, *contest.option_limits) > MAXIMUM_LIMIT:
            yield f"{where}: a selection limit above {MAXIMUM_LIMIT}"
    except CheckError as error:
        yield str(error)
    if contest.contest_data_blocks is None and any(option.write_in for option in contest.options):
        yield f"{where}: a write-in option needs contest_data_blocks"
    rules = (contest.alternates, contest.ties, contest.threshold)
    if contest.seats is None and any(rule is not None for rule in rules):
        yield f"{where}: alternates, ties and threshold need seats"
    if "write_in_count" in contest.supplemental_fields and not any(option.write_in for option in contest.options):
        yield f"{where}: write_in_count needs a write-in option"


def _merging_problems(cells: tuple[TallyCell, ...]) -> Iterator[str]:
    """Yield what is wrong with ``merge_into``: no cell is ever merged into itself, by however many steps."""
    into = {cell.label: cell.merge_into for cell in cells}
    circular = _circular(into)
    for cell in cells:
        target = cell.merge_into
        if target is not None and (target not in into or target == cell.label):
            yield f"tally cell {cell.label!r}: merge_into {target!r} is not the label of another tally cell"
        elif cell.label in circular:
            yield f"tally cell {cell.label!r}: merge_into leads back to it"


def _circular(into: Mapping[str, str | None]) -> set[str]:
    """Return the labels from which ``into`` leads back to themselves, in one pass: a manifest may name many cells."""
    passed, circular = set[str](), set[str]()
    for start in into:
        label: str | None = start
        path = list[str]()
        while label is not None and label not in passed:
            passed.add(label)
            path.append(label)
            label = into.get(label)
        if label in path:
            circular.update(path[path.index(label) :])
    return circular


def _label_problems(what: str, labels: list[str]) -> Iterator[str]:
    for label in labels:
        if not label or label != label.strip() or re.search(r"\s\s", label) or any(map(_is_forbidden, label)):
            yield f"{what}: label {label!r} is empty or has blanks or characters that labels may not have"
    seen = Counter(unicodedata.normalize("NFC", label) for label in labels)
    for label in sorted(label for label, count in seen.items() if count > 1):
        yield f"{what}: label {label!r} is used twice"


def _is_forbidden(character: str) -> bool:
    """Tell whether labels may not hold it: no-break spaces, and what is invisible but for the joiners Persian needs."""
    if character in "\u00a0\u202f":
        return True
    return unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") and character not in "\u200c\u200d"


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
