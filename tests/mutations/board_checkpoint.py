"""Broken records: which files of a board there are, who signed its checkpoint, and which entries are under it."""

import shutil
from collections.abc import Callable

from e2evote.board import checkpoint, notes
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.notes import KeyKind, Note, SigningKey
from e2evote.record import layout
from e2evote.record.entries import FileEntry, OpenedEntry, StatusEntry
from tests.board_forger import LOG, ORIGIN, WITNESSES, BoardForger, board_manifest, cosigned, policy_lines, signing_key
from tests.mail_forger import mail_manifest
from tests.mutations.board_registry import (
    BOARD,
    BOARD_ONLY,
    ENTRIES,
    Entries,
    change,
    defect,
    drop_the_last,
    last,
    move,
    which,
)
from tests.mutations.registry import LATER, WRONG_HASH

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
    drop_the_last(f)
    f.write()
    mine = f.checkpoint(f.entries(), ())
    f.publish(f.entries(), mine.adding(*honest.signatures[1:]))


@defect("signed")
def _made_anew_by_whoever_holds_all_keys_but_its_own(f: BoardForger) -> None:
    """All is made again without the last ballot and cosigned by the witnesses, but not signed by the board."""
    f.write()
    honest = f.checkpoint(f.entries())
    drop_the_last(f)
    f.write()
    again = f.checkpoint(f.entries())
    f.publish(f.entries(), Note(again.text, (honest.signatures[0], *again.signatures[1:])))


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
