"""Broken records: files, ballots, statuses and opened ballots that are others than on the board."""

from collections.abc import Callable

from e2evote.record import layout
from e2evote.record.entries import BallotEntry, FileEntry, OpenedEntry, RecordedEntry, StatusEntry, commitment
from tests.board_forger import BoardForger, decided, secret
from tests.mutations.board_registry import Entries, change, defect, drop_the_last, entered, last, which
from tests.mutations.registry import WRONG_HASH, put

# ------------------------------------------------------------------------------------------------- files


@entered("files")
def _file_not_entered(f: BoardForger, entries: Entries) -> None:
    """A guardian's key is in the record and not on the board."""
    entries.pop(which(entries, FileEntry, path=layout.guardian_path(2)))


@entered("files")
def _file_entered_twice(f: BoardForger, entries: Entries) -> None:
    """There are two entries for a guardian's key, the second with another hash."""
    place = which(entries, FileEntry, path=layout.guardian_path(2))
    entries.insert(place + 1, entries[place].model_copy(update={"sha256": bytes(32)}))


@defect("files")
def _file_changed_after(f: BoardForger) -> None:
    """A guardian's name is changed in the record after it was published; no hash of the election covers it."""
    f.write()
    f.edit(layout.guardian_path(2), lambda top: top.update(name="Somebody else"))


@entered("files")
def _file_of_the_board_missing(f: BoardForger, entries: Entries) -> None:
    """The board has exceptions to what was decrypted, and the record leaves them out."""
    entries.insert(-1, FileEntry(time=last(entries), path=layout.EXCEPTIONS, sha256=bytes.fromhex(WRONG_HASH)))


@entered("files")
def _file_of_ballots_entered_whole(f: BoardForger, entries: Entries) -> None:
    """The file of a device's ballots is entered as a whole too."""
    entries.insert(-1, f.file(layout.ballots_path(1, 1)).model_copy(update={"time": last(entries)}))


@entered("files")
def _file_of_no_record(f: BoardForger, entries: Entries) -> None:
    """The board has a file that no record can have."""
    entries.insert(-1, FileEntry(time=last(entries), path="../minutes.pdf", sha256=bytes(32)))


@defect("files ballots statuses")
def _last_ballot_dropped_and_the_device_closed_again(f: BoardForger) -> None:
    """The last ballot of a chain is dropped and the chain closed again after board and witnesses had signed."""
    _behind_the_board(f, lambda: drop_the_last(f))


# ------------------------------------------------------------------------------------------------- ballots


def _behind_the_board(f: BoardForger, change: Callable[[], object]) -> None:
    """Make the record of another election than the one that is on the board."""
    f.write()
    entries = f.entries()
    change()
    f.write()
    f.publish(entries)


@defect("ballots")
def _ballot_changed_after(f: BoardForger) -> None:
    """The time of a ballot is changed after it was posted; no hash but the board's covers it."""
    f.write()
    f.edit_lines(layout.ballots_path(1, 1), put(0, "encrypted_at", value="2026-12-01T23:00:00Z"))


@defect("ballots files")
def _weight_changed_after(f: BoardForger) -> None:
    """A ballot gets another weight after it was posted; no hash but the board's covers it."""
    vote = f.pick("cast", device=1, weight=1)
    _behind_the_board(f, lambda: vote.change(weight=2))


@entered("ballots")
def _ballots_exchanged(f: BoardForger, entries: Entries) -> None:
    """Two devices have each other's ballot on the board."""
    one, other = (which(entries, BallotEntry, device=device) for device in (2, 3))
    codes = [(entries[place].confirmation_code, entries[place].sha256) for place in (other, one)]
    for place, (code, sha256) in zip((one, other), codes, strict=True):
        change(entries, place, confirmation_code=code, sha256=sha256)


@defect("ballots statuses files")
def _ballot_added_after(f: BoardForger) -> None:
    """The record has one more ballot, chained and counted, than the board."""
    f.write()
    more = f.entries()
    last_vote = f.votes[1].pop()
    f.close(1)
    f.write()
    entries = f.entries()
    assert len(entries) == len(more) - 2
    f.votes[1].append(last_vote)
    f.close(1)
    f.write()
    f.publish(entries)


@entered("ballots")
def _another_hash_of_a_ballot(f: BoardForger, entries: Entries) -> None:
    """The board has another ballot under the code of a ballot."""
    change(entries, which(entries, BallotEntry, device=2), sha256=bytes.fromhex(WRONG_HASH))


# ------------------------------------------------------------------------------------------------- statuses


@entered("statuses")
def _cast_ballot_spoiled(f: BoardForger, entries: Entries) -> None:
    """A ballot that the record counts is spoiled on the board."""
    place = which(entries, StatusEntry, 1, status="cast")
    entries[place] = decided(entries[place], "spoiled")


@defect("statuses files")
def _spoiled_ballot_counted(f: BoardForger) -> None:
    """A ballot that is spoiled on the board is counted in the record."""
    vote = f.pick("spoiled")
    _behind_the_board(f, lambda: setattr(vote, "status", "cast"))


@entered("secrets")
def _cast_with_the_secret_for_a_challenge(f: BoardForger, entries: Entries) -> None:
    """A ballot is cast with the secret that its voter showed to challenge it."""
    place = which(entries, StatusEntry, 1, status="cast")
    entries[place] = decided(entries[place], "cast", by="challenged")


@entered("secrets")
def _challenged_with_the_secret_for_casting(f: BoardForger, entries: Entries) -> None:
    """A ballot is challenged with the secret that its voter showed to cast it."""
    place = which(entries, StatusEntry, status="challenged")
    entries[place] = decided(entries[place], "challenged", by="cast")


@entered("secrets")
def _cast_with_a_wrong_secret(f: BoardForger, entries: Entries) -> None:
    """A ballot is cast with a secret that it does not commit to."""
    change(entries, which(entries, StatusEntry, 1, status="cast"), secret=bytes(32))


@entered("secrets")
def _cast_without_a_secret(f: BoardForger, entries: Entries) -> None:
    """A ballot that its voter committed is cast by somebody else."""
    change(entries, which(entries, StatusEntry, 1, status="cast"), secret=None)


@entered("secrets")
def _spoiled_with_a_secret(f: BoardForger, entries: Entries) -> None:
    """A ballot is spoiled, and the secret for casting it is shown."""
    place = which(entries, StatusEntry, status="spoiled")
    entries[place] = decided(entries[place], "spoiled", by="cast")


@entered("secrets")
def _secret_without_commitments(f: BoardForger, entries: Entries) -> None:
    """The status of a ballot without commitments carries a secret."""
    place = which(entries, StatusEntry, status="cast")
    entries[place] = decided(entries[place], "cast", by="cast")


@entered("secrets")
def _one_commitment(f: BoardForger, entries: Entries) -> None:
    """A ballot commits to the secret for casting alone: it could never be challenged."""
    change(entries, which(entries, BallotEntry, 1, device=1), challenge_commitment=None)
    place = which(entries, StatusEntry, status="challenged")
    change(entries, place, secret=None)


@entered("secrets")
def _one_commitment_of_a_cast_ballot(f: BoardForger, entries: Entries) -> None:
    """A ballot commits to the secret for casting alone, and is cast with it."""
    change(entries, which(entries, BallotEntry, 2, device=1), challenge_commitment=None)


@entered("secrets")
def _equal_commitments(f: BoardForger, entries: Entries) -> None:
    """A ballot commits to one secret for both: whoever may challenge it may cast it."""
    place = which(entries, BallotEntry, 2, device=1)
    change(entries, place, challenge_commitment=entries[place].cast_commitment)


@entered("secrets")
def _uncast_ballot_with_commitments(f: BoardForger, entries: Entries) -> None:
    """A ballot whose voter committed to secrets is opened as if nobody had sent it back."""
    status = which(entries, StatusEntry, status="uncast")
    code = entries[status].confirmation_code
    pair = {f"{name}_commitment": commitment(secret(code, name)) for name in ("cast", "challenge")}
    change(entries, which(entries, BallotEntry, confirmation_code=code), **pair)
    change(entries, status, secret=secret(code, "challenge"))


# ------------------------------------------------------------------------------------------- recorded, opened


@entered("recorded")
def _recorded_otherwise(f: BoardForger, entries: Entries) -> None:
    """Of a cast ballot the board has something else recorded than the record."""
    change(entries, which(entries, RecordedEntry, 1), sha256=bytes.fromhex(WRONG_HASH))


@entered("recorded")
def _recorded_and_not_entered(f: BoardForger, entries: Entries) -> None:
    """What was recorded of a cast ballot is not on the board."""
    entries.pop(which(entries, RecordedEntry, 1))


@entered("recorded")
def _recorded_on_the_board_alone(f: BoardForger, entries: Entries) -> None:
    """The board has something recorded of a ballot that a booth encrypted."""
    place = which(entries, StatusEntry, status="cast")
    code, time = entries[place].confirmation_code, entries[place].time
    entries.insert(place + 1, RecordedEntry(time=time, confirmation_code=code, sha256=bytes(32)))


@entered("opened")
def _opened_otherwise(f: BoardForger, entries: Entries) -> None:
    """A challenged ballot is opened on the board otherwise than in the record."""
    change(entries, which(entries, OpenedEntry), sha256=bytes.fromhex(WRONG_HASH))


@entered("opened")
def _uncast_ballot_opened_otherwise(f: BoardForger, entries: Entries) -> None:
    """An uncast ballot is opened on the board otherwise than in the record."""
    change(entries, which(entries, OpenedEntry, -1), sha256=bytes.fromhex(WRONG_HASH))


@entered("opened")
def _opened_and_not_entered(f: BoardForger, entries: Entries) -> None:
    """A challenged ballot is opened in the record and not on the board."""
    entries.pop(which(entries, OpenedEntry))


@entered("statuses opened")
def _opened_on_the_board_alone(f: BoardForger, entries: Entries) -> None:
    """The board has a ballot challenged and opened that is spoiled in the record."""
    place = which(entries, StatusEntry, status="spoiled")
    entries[place] = decided(entries[place], "challenged", by="challenged")
    code = entries[place].confirmation_code
    entries.insert(-1, OpenedEntry(time=last(entries), confirmation_code=code, sha256=bytes(32)))
