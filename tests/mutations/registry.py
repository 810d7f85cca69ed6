"""How a broken record is named and registered, and what the definitions of several themes use."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2evote.group.elements import Element, Group
from e2evote.verifier.run import CHECKS
from tests.ballot_forger import Vote, outside_z_q
from tests.builders import TOY, BuiltRecord, build_record, reindex
from tests.forger import Forger

_WITHOUT_BOARD = [check for check in CHECKS if not check.id.startswith("X.board-")]
LATER = frozenset(check.id for check in _WITHOUT_BOARD if check.phase not in ("setup", "keys"))
KEYS_AND_LATER = frozenset(check.id for check in _WITHOUT_BOARD if check.phase != "setup")
BOX_10 = "10.A 10.B 10.C X.tally-membership X.tally-range"
BOX_12, BOX_14 = "12.A 12.B 12.C", "14.A 14.B 14.C 14.D 14.E 14.F"
SUMS = "9.A 9.B X.tally-cells"
"""What fails where other ballots are added up than were cast, or some cannot be."""
DATA_LEFT_OUT = "X.contest-data-complete"
"""What fails too where a ballot's contest data cannot be decrypted, or is that of no cast ballot."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One defect, in an election on the toy group or on any other (``on_any_group``).

    The oracle goes on from stated values where the verifier goes on from recomputed ones: it names ``oracle_adds`` too,
    and not ``oracle_lacks``. ``standard_adds`` fail too on the standard parameters. A record that is ``unreadable``
    breaks its form in a place where some readers look and others do not.
    """

    name: str
    defect: str
    apply: Callable[[Forger], None]
    must: frozenset[str]
    may: frozenset[str] = frozenset()
    skips: frozenset[str] = frozenset()
    allow: tuple[str, ...] = (TOY,)
    indexed: bool = True
    oracle_adds: frozenset[str] = frozenset()
    oracle_lacks: frozenset[str] = frozenset()
    standard_adds: frozenset[str] = frozenset()
    unreadable: bool = False

    @classmethod
    def hold(cls, group_name: str = TOY) -> BuiltRecord:
        """Hold the valid election into which defects of this kind are put."""
        with tempfile.TemporaryDirectory() as folder:
            return build_record(Path(folder) / "record", group_name=group_name)

    @property
    def on_any_group(self) -> bool:
        """Tell whether the defect is one on every group: it is not about the toy group itself."""
        return self.allow == (TOY,)

    def write(self, root: Path, built: BuiltRecord) -> Path:
        """Write the broken record into a new directory."""
        root.mkdir(parents=True)
        self.apply(Forger.of(root, built))
        if self.indexed:
            reindex(root)
        return root


REGISTERED: list[Mutation] = []

Change = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class InGroup:
    """A change that depends on the group of the record."""

    change: Callable[[Group], Change]


def defect(must: str, **more: Any) -> Callable[[Callable[[Forger], None]], Callable[[Forger], None]]:
    """Register a function as a mutation; its name and its docstring are the mutation's, ids are given as one string."""

    def register(function: Callable[[Forger], None]) -> Callable[[Forger], None]:
        name = function.__name__.removeprefix("_").replace("_", "-")
        _register(name, (function.__doc__ or "").strip(), function, must, more)
        return function

    return register


def edits(name: str, must: str, file: str, change: Change | InGroup, **more: Any) -> None:
    """Register a mutation that changes the JSON of one file, or the list of lines of one."""

    def apply(f: Forger) -> None:
        f.write()
        made = change.change(f.group) if isinstance(change, InGroup) else change
        (f.edit_lines if file.endswith(".ndjson") else f.edit)(file, made)

    _register(name, name.replace("-", " "), apply, must, more)


def _register(name: str, text: str, apply: Callable[[Forger], None], must: str, more: dict[str, Any]) -> None:
    fields = {key: frozenset(ids.split()) if isinstance(ids, str) else ids for key, ids in more.items()}
    REGISTERED.append(Mutation(name, text, apply, frozenset(must.split()), **fields))


def put(*path: str | int, value: object) -> Callable[[Any], None]:
    """Return a change that sets one place in a JSON value, to a value or to a function of the old one."""

    def change(top: Any) -> None:
        for step in path[:-1]:
            top = top[step]
        top[path[-1]] = value(top[path[-1]]) if callable(value) else value

    return change


def drop(*path: str | int) -> Callable[[Any], None]:
    """Return a change that leaves one place out."""

    def change(top: Any) -> None:
        for step in path[:-1]:
            top = top[step]
        del top[path[-1]]

    return change


def add(n: int) -> Callable[[str], str]:
    """Return a function from hex to the hex of a number that is n higher."""
    return lambda text: f"{int(text, 16) + n:0{len(text)}X}"


def plus_q(*path: str | int) -> InGroup:
    """Return a change that adds q to one number of a JSON value (see ``outside_z_q``)."""
    return InGroup(lambda group: put(*path, value=lambda text: f"{outside_z_q(int(text, 16), group):0{len(text)}X}"))


PLUS_ONE = add(1)
WRONG_HASH = "0123456789ABCDEF" * 4


def element(x: Element) -> str:
    """Return an element as the record writes it."""
    return bytes(x).hex().upper()


# ------------------------------------------------------------------------------------------------- boxes 6 and 7


def board(f: Forger, nth: int = 0, status: str = "cast", **wanted: object) -> Vote:
    """Return a ballot with contest 1: four options, R = 1, L = 2, contest data."""
    return f.pick(status, nth, ballot_style=1, **wanted)
