"""A station's chain: its ballots, what became of them, and what its officials did, one entry each in a ``Journal``.

```
{"kind":"opening","record":…,"signatures":…}                        two officials open the station
{"kind":"ballot","ballot":…,"commitments":{"cast":…,"challenge":…}}  a ballot, chained by its confirmation code
{"kind":"status","confirmation_code":…,"status":…,"secret":…}        cast, challenged, or spoiled without a secret
{"kind":"opened","opened":…}                                         a challenged ballot, opened
{"kind":"returned"}                                                  a permit that was not used
{"kind":"closing","minutes":…}                                       two officials close it; SHA-256 of the minutes
```

Nothing in it says who voted.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from e2evote.election.stations.journal import Entry, Journal
from e2evote.encoding import hex_of, parse_hex
from e2evote.errors import CheckError
from e2evote.record.ballot import Status

SENT = ("ballot", "status", "opened")
"""Kinds of entries that the election's board gets."""


@dataclass(slots=True)
class Chained:
    """A ballot of the chain and what became of it; ``index`` is that of its entry."""

    index: int
    position: int
    code: bytes
    status: Status | None = None
    opened: bool = False


class Counts(NamedTuple):
    """What a station has done; a permit is used by the ballot that is cast."""

    authorised: int
    cast: int
    challenged: int
    spoiled: int
    unused: int


@dataclass(slots=True)
class Chain:
    """The chain in a station's folder."""

    journal: Journal
    ballots: list[Chained] = field(default_factory=list)
    returned: int = 0
    opening: Entry | None = None
    closing: Entry | None = None

    @classmethod
    def at(cls, path: Path) -> "Chain":
        """Open a chain, a new one where there is none.

        Raises:
            ParseError, CheckError, StorageError: it was changed, or cannot be read.
        """
        chain = cls(Journal(path))
        for index, entry in enumerate(chain.journal.entries()):
            chain._follow(index, entry)
        return chain

    @property
    def last(self) -> Chained | None:
        """The last ballot."""
        return self.ballots[-1] if self.ballots else None

    @property
    def undecided(self) -> Chained | None:
        """The last ballot, while nobody has decided about it."""
        return self.last if self.last is not None and self.last.status is None else None

    @property
    def is_open(self) -> bool:
        """Tell whether the station is open."""
        return self.opening is not None and self.closing is None

    def counts(self) -> Counts:
        """Return what the station has done, its outstanding permit left out."""
        statuses = [ballot.status for ballot in self.ballots]
        cast = statuses.count("cast")
        return Counts(
            cast + self.returned, cast, statuses.count("challenged"), statuses.count("spoiled"), self.returned
        )

    def since(self, index: int) -> list[Chained]:
        """Return the ballots whose entries are at this index or behind it."""
        return [ballot for ballot in self.ballots if ballot.index >= index]

    def returned_since(self, index: int) -> bool:
        """Tell whether a permit was returned at this index or behind it."""
        return any(entry["kind"] == "returned" for entry in self.journal.entries(index))

    def append(self, entry: Entry) -> None:
        """Append an entry; it is durable when this returns.

        Raises:
            CheckError: it does not fit.
            StorageError: it cannot be written.
        """
        self._check(entry)
        self._follow(self.journal.append(entry), entry)

    def numbered(self) -> Iterator[tuple[int, Entry]]:
        """Yield all entries with their indices."""
        yield from enumerate(self.journal.entries())

    def _check(self, entry: Entry) -> None:
        kind = entry["kind"]
        if self.closing is not None:
            raise CheckError("the station is closed")
        if kind != "opening" and self.opening is None:
            raise CheckError("the station is not open")
        if kind in ("ballot", "returned", "closing") and self.undecided is not None:
            raise CheckError("a ballot has to be decided first")
        if kind == "opening" and self.opening is not None:
            raise CheckError("the station was opened before")
        if kind == "status" and (self.undecided is None or hex_of(self.undecided.code) != entry["confirmation_code"]):
            raise CheckError("this ballot cannot be decided about")

    def _follow(self, index: int, entry: Entry) -> None:
        match entry["kind"]:
            case "opening":
                self.opening = entry
            case "ballot":
                code = parse_hex(entry["ballot"]["confirmation_code"], 32)
                self.ballots.append(Chained(index, len(self.ballots) + 1, code))
            case "status":
                self.ballots[-1].status = entry["status"]
            case "opened":
                self.ballots[-1].opened = True
            case "returned":
                self.returned += 1
            case "closing":
                self.closing = entry
