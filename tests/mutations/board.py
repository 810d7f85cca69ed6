"""Broken records of an election with a bulletin board.

Unless the defect is in the checkpoint, board and witnesses have signed what the record has: witnesses do not look into
entries. Where the record was changed afterwards, the board is that of the honest one.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from e2evote.board import checkpoint, notes
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.notes import KeyKind, Note, SigningKey
from e2evote.record import layout
from e2evote.record.entries import (
    BallotEntry,
    EndEntry,
    Entry,
    FileEntry,
    OpenedEntry,
    RecordedEntry,
    StatusEntry,
    commitment,
)
from tests.board_forger import (
    LOG,
    ORIGIN,
    WITNESSES,
    BoardForger,
    board_manifest,
    build_board,
    cosigned,
    decided,
    policy_lines,
    secret,
    signing_key,
)
from tests.builders import TOY, BuiltRecord, reindex
from tests.mail_forger import mail_manifest
from tests.mutations.registry import LATER, WRONG_HASH, Mutation, put

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


# ------------------------------------------------------------------------------------------------- the files


@defect("presence")
def _missing(f: BoardForger) -> None:
    """The manifest names a board, and the record comes without checkpoint and entries."""
    f.write()
    shutil.rmtree((f.root / ENTRIES).parent)


@defect("presence")
def _checkpoint_missing(f: BoardForger) -> None:
    """The record has the board's entries and no checkpoint."""
    f.write()
    (f.root / BOARD).unlink()


@defect("presence")
def _entries_missing(f: BoardForger) -> None:
    """The record has a checkpoint and no entries."""
    f.write()
    (f.root / ENTRIES).unlink()


@defect("presence")
def _of_no_manifest(f: BoardForger) -> None:
    """The record has a board, and the manifest names none: anybody could have made it."""
    f.hold(manifest=mail_manifest())
    f.write()


@defect("X.manifest", skips=" ".join(LATER | BOARD_ONLY))
def _its_own_witness(f: BoardForger) -> None:
    """The manifest names the board's key a second time, as the witness that makes the quorum."""
    witness = SigningKey("w1.example", KeyKind.COSIGNATURE, LOG.key).verifier
    f.hold(manifest=board_manifest(board=[f"log {LOG.verifier}", f"witness w1 {witness}", "quorum w1"]))
    f.write()


@defect("X.manifest", skips=" ".join(LATER | BOARD_ONLY))
def _two_logs(f: BoardForger) -> None:
    """The manifest names two boards: a voter could be shown the other one."""
    other = signing_key("other.example/board").verifier
    f.hold(manifest=board_manifest(board=[f"log {other}", *policy_lines()]))
    f.write()


# ------------------------------------------------------------------------------------------------- the checkpoint


def _by(f: BoardForger, change: Callable[[Note, Entries], Note]) -> None:
    """Publish the honest entries under another note."""
    f.write()
    entries = f.entries()
    f.publish(entries, change(f.checkpoint(entries), entries))


@defect("signed")
def _signed_by_another_key(f: BoardForger) -> None:
    """The checkpoint is signed by a new key under the board's name; the witnesses follow it."""
    _by(f, lambda _, entries: f.checkpoint(entries, log=signing_key(ORIGIN, seed="another ")))


@defect("signed")
def _signature_of_another_checkpoint(f: BoardForger) -> None:
    """The board's signature is that of the checkpoint before the last entry."""

    def change(note: Note, entries: Entries) -> Note:
        return Note(note.text, (f.checkpoint(entries[:-1]).signatures[0], *note.signatures[1:]))

    _by(f, change)


@defect("signed")
def _not_signed(f: BoardForger) -> None:
    """Only witnesses have signed the checkpoint."""
    _by(f, lambda note, _: Note(note.text, note.signatures[1:]))


@defect("signed")
def _checkpoint_of_another_log(f: BoardForger) -> None:
    """The board's key signs a checkpoint of another origin with the same entries."""

    def change(note: Note, entries: Entries) -> Note:
        text = note.text.replace(ORIGIN, "other.example/board")
        other = notes.sign(text, LOG)
        return other.adding(*(cosigned(other, WITNESSES[name]) for name in ("w1", "w2")))

    _by(f, change)


@defect("witnessed")
def _cosignature_missing(f: BoardForger) -> None:
    """One witness has cosigned where it takes two."""
    _by(f, lambda _, entries: f.checkpoint(entries, ("w3",)))


@defect("witnessed")
def _without_cosignatures(f: BoardForger) -> None:
    """The board alone has signed."""
    _by(f, lambda _, entries: f.checkpoint(entries, ()))


@defect("witnessed")
def _cosignature_of_another_checkpoint(f: BoardForger) -> None:
    """A witness's cosignature is that of the checkpoint before the last entry."""
    _by(f, lambda note, entries: Note(note.text, (*note.signatures[:2], f.checkpoint(entries[:-1]).signatures[2])))


@defect("witnessed")
def _cosignature_at_another_time(f: BoardForger) -> None:
    """The time of a cosignature is set a second earlier."""

    def change(note: Note, entries: Entries) -> Note:
        good, earlier = note.signatures[2], cosigned(note, WITNESSES["w2"], -1)
        forged = notes.Signature(good.name, good.key_id, earlier.value[:8] + good.value[8:])
        return Note(note.text, (*note.signatures[:2], forged))

    _by(f, change)


@defect("witnessed")
def _cosignature_by_a_stranger(f: BoardForger) -> None:
    """The second cosignature is by a witness that the manifest does not name."""
    stranger = signing_key("w4.example", KeyKind.COSIGNATURE)
    _by(f, lambda _, entries: _and_by(f, entries, stranger))


@defect("witnessed")
def _cosignature_under_the_name_of_a_witness(f: BoardForger) -> None:
    """The second cosignature is by another key under a witness's name."""
    stranger = signing_key("w2.example", KeyKind.COSIGNATURE, seed="another ")
    _by(f, lambda _, entries: _and_by(f, entries, stranger))


@defect("witnessed")
def _one_witness_twice(f: BoardForger) -> None:
    """One witness has cosigned twice, at two times."""

    def change(_: Note, entries: Entries) -> Note:
        note = f.checkpoint(entries, ("w1",))
        return note.adding(cosigned(note, WITNESSES["w1"], 60))

    _by(f, change)


@defect("witnessed")
def _cosignature_that_does_not_hold_beside_enough(f: BoardForger) -> None:
    """Two witnesses have cosigned, and a third one's cosignature is that of another checkpoint."""
    _by(f, lambda note, entries: note.adding(f.checkpoint(entries[:-1], ("w3",)).signatures[1]))


def _and_by(f: BoardForger, entries: Entries, key: SigningKey) -> Note:
    note = f.checkpoint(entries, ("w1",))
    return note.adding(cosigned(note, key))


@defect("witnessed")
def _last_ballot_dropped_by_whoever_holds_its_key(f: BoardForger) -> None:
    """Whoever runs the board drops the last ballot of a chain, closes it again and signs; the witnesses do not."""
    f.write()
    honest = f.checkpoint(f.entries())
    _drop_the_last(f)
    f.write()
    mine = f.checkpoint(f.entries(), ())
    f.publish(f.entries(), mine.adding(*honest.signatures[1:]))


@defect("signed")
def _made_anew_by_whoever_holds_all_keys_but_its_own(f: BoardForger) -> None:
    """All is made again without the last ballot and cosigned by the witnesses, but not signed by the board."""
    f.write()
    honest = f.checkpoint(f.entries())
    _drop_the_last(f)
    f.write()
    again = f.checkpoint(f.entries())
    f.publish(f.entries(), Note(again.text, (honest.signatures[0], *again.signatures[1:])))


def _drop_the_last(f: BoardForger) -> None:
    del f.votes[1][-1]
    f.close(1)


# ------------------------------------------------------------------------------------------------- the tree


@defect("root")
def _checkpoint_of_a_smaller_tree(f: BoardForger) -> None:
    """The checkpoint is the one before the last entry."""
    _by(f, lambda _, entries: f.checkpoint(entries[:-1]))


@defect("root")
def _checkpoint_of_another_tree(f: BoardForger) -> None:
    """The checkpoint has the right size and another root."""
    _by(f, lambda _, entries: f.checkpoint(entries, root=bytes.fromhex(WRONG_HASH)))


@defect("root")
def _checkpoint_with_another_size(f: BoardForger) -> None:
    """The checkpoint has the right root and another size."""

    def change(_: Note, entries: Entries) -> Note:
        right = Checkpoint.parse(f.checkpoint(entries).text)
        note = checkpoint.sign(Checkpoint(right.origin, right.size + 1, right.root), LOG)
        return note.adding(*(cosigned(note, WITNESSES[name]) for name in ("w1", "w2")))

    _by(f, change)


def _after(f: BoardForger, change: Callable[[Entries], object]) -> None:
    """Change the entries after they were signed."""
    f.write()
    entries = f.entries()
    note = f.checkpoint(entries)
    change(entries)
    f.publish(entries, note)


@defect("root")
def _entry_changed(f: BoardForger) -> None:
    """The time of an entry is changed after it was signed."""
    _after(f, lambda entries: change(entries, 20, time=entries[19].time))


@defect("root statuses order")
def _entry_removed(f: BoardForger) -> None:
    """The status of a ballot is taken out after it was signed."""
    _after(f, lambda entries: entries.pop(which(entries, StatusEntry, 3)))


@defect("root end", may="X.board-order")
def _end_removed(f: BoardForger) -> None:
    """The end is taken out after it was signed."""
    _after(f, lambda entries: entries.pop())


@defect("root files")
def _entry_added(f: BoardForger) -> None:
    """A file that is not there is put in after all was signed."""
    exceptions = {"path": layout.EXCEPTIONS, "sha256": bytes.fromhex(WRONG_HASH)}
    _after(f, lambda entries: entries.insert(-1, FileEntry(time=last(entries), **exceptions)))


@defect("root")
def _entries_exchanged(f: BoardForger) -> None:
    """Two entries change places after they were signed."""
    _after(f, lambda entries: move(entries, which(entries, OpenedEntry), which(entries, OpenedEntry, 1)))


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
    _behind_the_board(f, lambda: _drop_the_last(f))


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


BOARD_MUTATIONS: tuple[BoardMutation, ...] = tuple(REGISTERED)
