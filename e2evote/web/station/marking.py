"""What a voter has marked so far: in memory only, contest by contest, in an order of the options of their own."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from e2evote.election.showing import Condition, shown_contests
from e2evote.errors import ParseError
from e2evote.record.contest_data import pack, unpack
from e2evote.record.manifest import Contest, Manifest
from e2evote.record.plaintext import PlaintextContest

Problem = Literal["too-many", "text-missing", "text-too-long", "malformed"]


class MarkingError(Exception):
    """Marks that cannot be taken; the page says why and shows them again."""

    def __init__(self, problem: Problem) -> None:
        """Take the problem."""
        super().__init__(problem)
        self.problem: Problem = problem


@dataclass(slots=True)
class Marks:
    """The marks in one contest: a number an option, and texts by option from 1."""

    selections: tuple[int, ...]
    texts: dict[int, str] = field(default_factory=dict)

    @property
    def chosen(self) -> list[int]:
        """The options with a mark, from 1."""
        return [ind_o for ind_o, value in enumerate(self.selections, 1) if value]


@dataclass(slots=True)
class Marking:
    """One ballot that is being filled in; ``since`` is the place of its permit in the chain."""

    manifest: Manifest
    style: int
    conditions: Collection[Condition]
    kept_order: Collection[int]
    since: int
    marks: dict[int, Marks] = field(default_factory=dict, repr=False)
    orders: dict[int, list[int]] = field(default_factory=dict, repr=False)

    @property
    def contests(self) -> list[int]:
        """The contests that are shown, given what is marked so far."""
        chosen = {contest: marks.chosen for contest, marks in self.marks.items()}
        return shown_contests(self.manifest.ballot_style(self.style).contests, self.conditions, chosen)

    def order(self, contest: int) -> list[int]:
        """Return the options in the order in which this voter sees them; write-ins stay behind the others."""
        if contest not in self.orders:
            options = self.manifest.contest(contest).options
            plain = [ind_o for ind_o, option in enumerate(options, 1) if not option.write_in]
            if contest in self.kept_order:
                self.orders[contest] = list(range(1, len(options) + 1))
            else:
                secrets.SystemRandom().shuffle(plain)
                self.orders[contest] = [*plain, *(i for i, option in enumerate(options, 1) if option.write_in)]
        return self.orders[contest]

    def mark(self, contest: int, form: Mapping[str, Sequence[str]]) -> None:
        """Take the marks of a contest's form: ``o`` are chosen options, ``n-<i>`` numbers, ``w-<i>`` texts.

        Raises:
            MarkingError: they cannot be taken; ``marks`` has them all the same where they have their form, to be shown.
        """
        known = self.manifest.contest(contest)
        values = [0] * len(known.options)
        texts: dict[int, str] = {}
        for name, given in form.items():
            kind, _, number = name.partition("-")
            if name == "o":
                for text in given:
                    if text != "0":
                        values[_index(text, len(values)) - 1] = 1
            elif kind == "n":
                ind_o = _index(number, len(values))
                values[ind_o - 1] = _index(given[0], known.option_limit(ind_o), least=0)
            elif kind == "w" and given[0].strip():
                texts[_index(number, len(values))] = " ".join(given[0].split())
        for ind_o in texts:
            if not known.options[ind_o - 1].write_in:
                raise MarkingError("malformed")
            values[ind_o - 1] = values[ind_o - 1] or 1
        self.marks[contest] = Marks(tuple(values), texts)
        _check(known, self.marks[contest])

    def plaintext(self) -> list[PlaintextContest]:
        """Return what is encrypted: the contests that are shown and marked; what is left out is a null vote."""
        return [
            PlaintextContest(
                contest=contest, selections=self.marks[contest].selections, write_ins=self.marks[contest].texts or None
            )
            for contest in self.contests
            if contest in self.marks
        ]


def _check(contest: Contest, marks: Marks) -> None:
    if sum(marks.selections) > contest.limit:
        raise MarkingError("too-many")
    for ind_o in marks.chosen:
        if contest.options[ind_o - 1].write_in and ind_o not in marks.texts:
            raise MarkingError("text-missing")
    if marks.texts:
        if contest.contest_data_blocks is None or not all(text.isprintable() for text in marks.texts.values()):
            raise MarkingError("malformed")
        try:
            held = unpack(pack(contest.contest_data_blocks, None, marks.texts))
        except (ParseError, UnicodeEncodeError):
            raise MarkingError("malformed") from None
        if held.get("cut"):
            raise MarkingError("text-too-long")


def _index(text: str, most: int, least: int = 1) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 6) or not least <= int(text) <= most:
        raise MarkingError("malformed")
    return int(text)
