"""Broken records: entries of a board that do not stand in their places, signed by everybody."""

from e2evote.record import layout
from e2evote.record.entries import BallotEntry, EndEntry, FileEntry, OpenedEntry, RecordedEntry, StatusEntry
from tests.board_forger import BoardForger, decided
from tests.mutations.board_registry import Entries, change, defect, entered, last, move, which
from tests.mutations.registry import WRONG_HASH

# ------------------------------------------------------------------------------------------------- order


@entered("order")
def _time_goes_back(f: BoardForger, entries: Entries) -> None:
    """An entry is a second older than the one before it."""
    change(entries, 20, time=entries[18].time)


@entered("order")
def _guardian_after_a_device(f: BoardForger, entries: Entries) -> None:
    """A guardian's key is entered after a device was opened."""
    key = layout.guardian_path(2)
    move(entries, which(entries, FileEntry, path=key), which(entries, FileEntry, path=layout.opening_path(1)))


@entered("order")
def _device_before_the_keys(f: BoardForger, entries: Entries) -> None:
    """A device is opened before H_E is there."""
    h_e = which(entries, FileEntry, path=layout.EXTENDED_HASHES)
    move(entries, which(entries, FileEntry, path=layout.opening_path(1)), h_e)


@entered("order")
def _device_opened_after_its_first_ballot(f: BoardForger, entries: Entries) -> None:
    """A device is opened when its first ballot is there already."""
    opening = which(entries, FileEntry, path=layout.opening_path(3))
    move(entries, opening, which(entries, BallotEntry, device=3))


@entered("order")
def _device_closed_before_its_last_ballot(f: BoardForger, entries: Entries) -> None:
    """A device is closed, and a ballot follows."""
    move(entries, which(entries, FileEntry, path=layout.closing_path(1)), which(entries, BallotEntry, -1, device=1))


@entered("order")
def _device_closed_before_it_is_opened(f: BoardForger, entries: Entries) -> None:
    """A device's end comes before its beginning."""
    opening = which(entries, FileEntry, path=layout.opening_path(3))
    move(entries, which(entries, FileEntry, path=layout.closing_path(3)), opening)


@entered("order")
def _ballots_out_of_order(f: BoardForger, entries: Entries) -> None:
    """The second ballot of a device is entered before its first."""
    first, second = (which(entries, BallotEntry, nth, device=3) for nth in (0, 1))
    move(entries, second, first)


@entered("order")
def _ballot_twice(f: BoardForger, entries: Entries) -> None:
    """A ballot is entered a second time, as the next of its device."""
    place = which(entries, BallotEntry, -1, device=3)
    again = entries[place]
    entries.insert(place + 1, again.model_copy(update={"position": again.position + 1}))


@entered("order statuses")
def _status_before_its_ballot(f: BoardForger, entries: Entries) -> None:
    """The status of a ballot is entered before the ballot."""
    ballot = which(entries, BallotEntry, 2, device=1)
    move(entries, ballot + 1, ballot)


@entered("order")
def _status_changed_after(f: BoardForger, entries: Entries) -> None:
    """A ballot that was cast is challenged afterwards, with the voter's secret; the record has it as cast."""
    place = which(entries, StatusEntry, 2, status="cast")
    entries.insert(place + 1, decided(entries[place], "challenged", by="challenged"))


@defect("order statuses")
def _status_changed_after_in_the_record_too(f: BoardForger) -> None:
    """A ballot that was spoiled is cast afterwards with the voter's secret, and counted."""
    vote = f.pick("spoiled")
    vote.status = "cast"
    f.write()
    entries = f.entries()
    place = which(entries, StatusEntry, confirmation_code=vote.ballot.confirmation_code)
    entries.insert(place, decided(entries[place], "spoiled"))
    f.publish(entries)


@entered("order")
def _status_after_the_sums(f: BoardForger, entries: Entries) -> None:
    """A ballot gets its status after the encrypted tallies are there."""
    place = which(entries, StatusEntry, status="spoiled")
    move(entries, place, which(entries, FileEntry, path=layout.ENCRYPTED_TALLIES))


@entered("order")
def _recorded_after_the_sums(f: BoardForger, entries: Entries) -> None:
    """A cast ballot is recorded after the encrypted tallies are there."""
    move(entries, which(entries, RecordedEntry), which(entries, FileEntry, path=layout.ENCRYPTED_TALLIES))


@entered("order recorded")
def _recorded_before_it_is_cast(f: BoardForger, entries: Entries) -> None:
    """What was recorded of a ballot is entered before its status."""
    place = which(entries, RecordedEntry)
    move(entries, place, place - 1)


@entered("order")
def _recorded_twice(f: BoardForger, entries: Entries) -> None:
    """What was recorded of a ballot is entered again, otherwise."""
    place = which(entries, RecordedEntry)
    entries.insert(place + 1, entries[place].model_copy(update={"sha256": bytes.fromhex(WRONG_HASH)}))


@entered("order")
def _uncast_ballot_recorded(f: BoardForger, entries: Entries) -> None:
    """Something is recorded of a ballot that nobody cast."""
    place = which(entries, StatusEntry, status="uncast")
    code, time = entries[place].confirmation_code, entries[place].time
    entries.insert(place + 1, RecordedEntry(time=time, confirmation_code=code, sha256=bytes(32)))


@entered("order")
def _cast_ballot_opened(f: BoardForger, entries: Entries) -> None:
    """A ballot that was cast is opened on the board."""
    code = entries[which(entries, StatusEntry, status="cast")].confirmation_code
    entries.insert(-1, OpenedEntry(time=last(entries), confirmation_code=code, sha256=bytes(32)))


@entered("order")
def _opened_twice(f: BoardForger, entries: Entries) -> None:
    """A challenged ballot is opened twice, the second time otherwise."""
    place = which(entries, OpenedEntry)
    entries.insert(place + 1, entries[place].model_copy(update={"sha256": bytes(32)}))


@entered("order")
def _counted_before_a_device_is_closed(f: BoardForger, entries: Entries) -> None:
    """The encrypted tallies are there, and a device is closed after them."""
    sums = which(entries, FileEntry, path=layout.ENCRYPTED_TALLIES)
    move(entries, which(entries, FileEntry, path=layout.closing_path(2)), sums)


@entered("order")
def _device_opened_after_the_sums(f: BoardForger, entries: Entries) -> None:
    """A device is opened, used and closed after the encrypted tallies are there."""
    files = [which(entries, FileEntry, path=path(3)) for path in (layout.opening_path, layout.closing_path)]
    places = [*files, *(which(entries, BallotEntry, nth, device=3) for nth in range(3))]
    late = [entries[place] for place in sorted(places)]
    codes = {entry.confirmation_code for entry in late if isinstance(entry, BallotEntry)}
    late += [entry for entry in entries if isinstance(entry, StatusEntry | RecordedEntry)
             and entry.confirmation_code in codes]  # fmt: skip
    rest = [entry for entry in entries if entry not in late]
    sums = which(rest, FileEntry, path=layout.ENCRYPTED_TALLIES) + 1
    times = [entry.time for entry in entries]
    moved = [*rest[:sums], *late, *rest[sums:]]
    entries[:] = [entry.model_copy(update={"time": time}) for entry, time in zip(moved, times, strict=True)]


@entered("order")
def _results_before_the_sums(f: BoardForger, entries: Entries) -> None:
    """The decrypted tallies are there before the encrypted ones."""
    results = which(entries, FileEntry, path=layout.TALLIES)
    move(entries, results, which(entries, FileEntry, path=layout.ENCRYPTED_TALLIES))


@entered("order")
def _end_twice(f: BoardForger, entries: Entries) -> None:
    """The election ends a second time."""
    entries.append(EndEntry(time=last(entries)))


@entered("order end")
def _end_before_ballots_are_opened(f: BoardForger, entries: Entries) -> None:
    """The election ends, and ballots are opened after that."""
    move(entries, len(entries) - 1, which(entries, OpenedEntry))


@entered("order end")
def _end_before_the_results(f: BoardForger, entries: Entries) -> None:
    """The election ends before its results are there."""
    move(entries, len(entries) - 1, which(entries, FileEntry, path=layout.TALLIES))


@entered("end")
def _end_missing(f: BoardForger, entries: Entries) -> None:
    """A finished record is that of a board on which the election has not ended."""
    entries.pop()
