"""What a monitor is alarmed by in the entries of a board: broken rules, strange times, a burst at the end.

An alarm is a reason to look, with what was seen; two signed trees that contradict each other are proof
(``e2evote.board.faces``). What is judged here is on the board for everybody, so two monitors find the same.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from e2evote.election.order import Standing, broken_rule
from e2evote.election.times import seconds_of, time_of
from e2evote.errors import ParseError
from e2evote.record.codec import Count, RecordModel
from e2evote.record.entries import BallotEntry, Entry, parse_entry


class Alarm(RecordModel):
    """What a monitor found: its kind, what it is about, a sentence, the entry, and files with evidence."""

    kind: str
    about: str
    message: str
    index: Count | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """How much is plausible; times in seconds.

    Args:
        skew: how far an entry's time may be from what witnesses' times say.
        window: the length of the end that is looked at for a burst.
        factor: how many times the ballots of the busiest earlier window of this length are too many.
        least: a window with fewer ballots is no burst.
        windows: how many windows must have gone by before there is an opinion.
        stale: how old the newest cosignature may be while the election goes on.
    """

    skew: int = 300
    window: int = 1800
    factor: float = 3.0
    least: int = 20
    windows: int = 4
    stale: int = 3600


@dataclass(frozen=True, slots=True)
class Seen:
    """A checkpoint's size and when a witness first cosigned it."""

    size: int
    time: int


class Watch:
    """Goes through the entries of a board in order, and keeps what stands on it."""

    def __init__(self) -> None:
        """Begin before the first entry."""
        self.standing = Standing()
        self.times: list[int] = []
        """Of the ballots, in seconds, as they came."""
        self.first_page: int | None = None
        """The index of the first ballot that came from a voter's page, which committed to secrets."""
        self._last = ""

    def read(self, data: bytes) -> list[Alarm]:
        """Take in the next entry and return what is wrong with it."""
        index = self.standing.size
        try:
            entry = parse_entry(data, f"entry {index}")
        except ParseError as error:
            self.standing.size += 1
            return [_about(index, "entry", str(error))]
        alarms = []
        if (broken := broken_rule(self.standing, entry)) is not None:
            alarms.append(_about(index, broken.rule, f"entry {index}: {broken.message}"))
        if entry.time < self._last:
            message = f"entry {index}: the board's clock went back from {self._last} to {entry.time}"
            alarms.append(_about(index, "clock-back", message))
        self._last = entry.time
        if isinstance(entry, BallotEntry):
            self.times.append(seconds_of(entry.time))
            if self.first_page is None and entry.cast_commitment is not None:
                self.first_page = index
                if not self.standing.booth:
                    what = "a voter's page handed in a ballot, and the board has no list of the booth's files"
                    alarms.append(_about(index, "booth-files-unknown", f"entry {index}: {what}"))
        self.standing.add(entry)
        return alarms


def times_apart(entries: Iterable[tuple[int, Entry]], seen: Iterable[Seen], rules: Rules) -> list[Alarm]:
    """Return where entries' times are not those of the witnesses.

    An entry is no older than the last cosigned tree without it, and no newer than the first with it, by more than the
    skew.

    Args:
        entries: with their indices.
        seen: cosigned checkpoints of this board, in any order.
        rules: with the skew.
    """
    ordered = sorted(seen, key=lambda each: (each.size, each.time))
    sizes = [each.size for each in ordered]
    # of trees at least as large the earliest time, of trees no larger the latest
    first_with = _running_minimum([each.time for each in ordered])
    last_without = _running_maximum([each.time for each in ordered])
    alarms = []
    for index, entry in entries:
        time, place = seconds_of(entry.time), bisect_right(sizes, index)
        if place < len(sizes) and time > first_with[place] + rules.skew:
            alarms.append(_apart(index, entry, f"a witness saw it at {time_of(first_with[place])} already"))
        elif place and time < last_without[place - 1] - rules.skew:
            alarms.append(_apart(index, entry, f"a witness did not see it at {time_of(last_without[place - 1])}"))
    return alarms


def bursts(times: Iterable[int], rules: Rules) -> list[Alarm]:
    """Return an alarm where ballots came faster than the run before makes plausible, at the end or before.

    Every ballot ends a window. It is a burst if it holds at least ``least`` ballots and more than ``factor`` times
    those of the busiest window of the same length that was over when it began, in a run of ``windows`` windows or more.
    Looked at later, the same ballots give the same alarms, and some more if there are more.

    Args:
        times: of all ballots, in seconds.
        rules: what is plausible.
    """
    ordered, found = sorted(times), dict[int, Alarm]()
    busiest: list[int] = []  # by the window's last ballot, up to it
    for last, time in enumerate(ordered):
        start = bisect_right(ordered, time - rules.window)
        count = last + 1 - start
        busiest.append(max(count, busiest[-1] if busiest else 0))
        before = busiest[start - 1] if start else 0
        long_enough = time - ordered[0] >= rules.windows * rules.window
        if long_enough and count >= rules.least and count > rules.factor * before:
            message = (
                f"{count} ballots came in the {rules.window // 60} minutes up to {time_of(time)}; the busiest "
                f"{rules.window // 60} minutes before had {before}"
            )
            number = time // rules.window
            found.setdefault(number, Alarm(kind="burst", about=f"window {number}", message=message))
    return list(found.values())


def stale(seen: Iterable[Seen], now: int, rules: Rules) -> Alarm | None:
    """Return an alarm where witnesses have not cosigned for too long."""
    newest = max((each.time for each in seen), default=None)
    if newest is None or now - newest <= rules.stale:
        return None
    message = f"the newest cosignature is of {time_of(newest)}, more than {rules.stale // 60} minutes ago"
    return Alarm(kind="stale", about=time_of(newest), message=message)


def _apart(index: int, entry: Entry, what: str) -> Alarm:
    return _about(index, "time", f"entry {index}: its time is {entry.time}, but {what}")


def _about(index: int, kind: str, message: str) -> Alarm:
    return Alarm(kind=kind, about=f"entry {index}", message=message, index=index)


def _running_minimum(values: Sequence[int]) -> list[int]:
    found = list(values)
    for place in range(len(found) - 2, -1, -1):
        found[place] = min(found[place], found[place + 1])
    return found


def _running_maximum(values: Sequence[int]) -> list[int]:
    found = list(values)
    for place in range(1, len(found)):
        found[place] = max(found[place], found[place - 1])
    return found
