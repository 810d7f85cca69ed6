"""How broken records of an election with a bulletin board are named and registered, and what several themes use.

Unless the defect is in the checkpoint, board and witnesses have signed what the record has: witnesses do not look into
entries. Where the record was changed afterwards, the board is that of the honest one.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from e2evote.record import layout
from e2evote.record.entries import Entry
from tests.board_forger import BoardForger, build_board
from tests.builders import TOY, BuiltRecord, reindex
from tests.mutations.registry import Mutation

BOARD_ONLY = frozenset(
    f"X.board-{name}"
    for name in (
        "presence", "signed", "witnessed", "root", "order", "files", "secrets", "ballots", "statuses", "recorded",
        "opened", "end",
    )
)  # fmt: skip
"""Checks with nothing to look at where there is no board."""

BOARD, ENTRIES = layout.BOARD_CHECKPOINT, layout.BOARD_ENTRIES
REGISTERED: list["BoardMutation"] = []

Entries = list[Entry]


class BoardMutation(Mutation):
    """A defect in an election with a board."""

    @classmethod
    def hold(cls, group_name: str = TOY) -> BuiltRecord:
        """Hold the valid election."""
        return build_board(group_name)

    def write(self, root: Path, built: BuiltRecord) -> Path:
        """Write the broken record into a new directory."""
        root.mkdir(parents=True)
        self.apply(BoardForger.of(root, built))
        reindex(root)
        return root


Apply = Callable[[BoardForger], None]


def defect(must: str, **more: Any) -> Callable[[Apply], Apply]:
    """Register a function as a mutation, as in ``registry``."""

    def register(function: Apply) -> Apply:
        name = function.__name__.removeprefix("_").replace("_", "-")
        fields = {key: frozenset(ids.split()) for key, ids in more.items()}
        text = (function.__doc__ or "").strip()
        REGISTERED.append(BoardMutation(f"board-{name}", text, function, frozenset(_ids(must)), **fields))
        return function

    return register


def _ids(must: str) -> list[str]:
    return [name if "." in name else f"X.board-{name}" for name in must.split()]


def entered(must: str, **more: Any) -> Callable[[Callable[[BoardForger, Entries], object]], object]:
    """Register a change of the list of entries, which board and witnesses then sign."""

    def register(change: Callable[[BoardForger, Entries], object]) -> object:
        def apply(f: BoardForger) -> None:
            f.write()
            entries = f.entries()
            change(f, entries)
            f.publish(entries)

        apply.__name__, apply.__doc__ = change.__name__, change.__doc__
        return defect(must, **more)(apply)

    return register


def which(entries: Sequence[Entry], kind: type[Entry], nth: int = 0, **wanted: object) -> int:
    """Return the place of the nth entry of a kind with these fields."""

    def fits(entry: Entry) -> bool:
        return isinstance(entry, kind) and all(getattr(entry, name) == value for name, value in wanted.items())

    return [place for place, entry in enumerate(entries) if fits(entry)][nth]


def change(entries: Entries, place: int, **fields: object) -> None:
    """Change fields of an entry."""
    entries[place] = entries[place].model_copy(update=fields)


def move(entries: Entries, place: int, to: int) -> None:
    """Move an entry behind the one at another place; times stay in order."""
    times = [entry.time for entry in entries]
    moved = entries.pop(place)
    entries.insert(to, moved)
    entries[:] = [entry.model_copy(update={"time": time}) for entry, time in zip(entries, times, strict=True)]


def last(entries: Sequence[Entry]) -> str:
    """Return the time of the last entry."""
    return entries[-1].time


def drop_the_last(f: BoardForger) -> None:
    """Drop the last ballot of device 1 and close it again."""
    del f.votes[1][-1]
    f.close(1)
