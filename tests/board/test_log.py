"""Checkpoints: one tree, signed once, published when witnesses have seen it; none of a database that went back."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from e2evote.board import checkpoint as checkpoints
from e2evote.board import cosignature, notes, policy
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.log import Board
from e2evote.board.notes import Note
from e2evote.board.policy import Witness
from e2evote.board.storage.schema import CHECKPOINTS
from e2evote.board.witness import Answer, Latest, add_checkpoint
from e2evote.errors import CheckError, ParseError, StorageError
from tests.board.keys import ORIGIN, WITNESSES
from tests.board.trees import entries_of, mth

TWO_OF_THREE = "".join(f"witness w{n} {WITNESSES[n].verifier}\n" for n in range(3)) + "group g 2 w0 w1 w2\nquorum g\n"


def append(board: Board, *entries: bytes) -> None:
    with board.writing() as writing:
        for entry in entries:
            writing.append(entry)


def size_of(note: bytes | None) -> int:
    assert note is not None
    return Checkpoint.parse(Note.parse(note).text).size


def test_a_checkpoint_is_of_all_entries_and_stays_the_same(board: Board) -> None:
    assert board.checkpoint() is None
    for size in (1, 2, 7, 40):
        with board.reading() as snapshot:
            first = snapshot.size
        append(board, *entries_of(size)[first:])
        signed = board.checkpoint()
        assert signed is not None
        expected = Checkpoint(ORIGIN, size, mth(entries_of(size)))
        assert checkpoints.verify(Note.parse(signed), [log.key for log in board.policy.logs]) == expected
        assert board.checkpoint() == signed
    with board.reading() as snapshot:
        assert [stored.size for stored in snapshot.checkpoints()] == [1, 2, 7, 40]
        assert snapshot.checkpoint(7).root == mth(entries_of(7))
        with pytest.raises(CheckError, match="no checkpoint of 8 entries has been signed"):
            snapshot.checkpoint(8)
    board.audit()


def test_another_process_signs_the_same_bytes(board: Board, tmp_path: Path) -> None:
    append(board, *entries_of(5))
    with Board.open(tmp_path / "board") as other:
        assert other.checkpoint() == board.checkpoint() == other.checkpoint()


def test_two_that_sign_at_once_sign_one_tree(board: Board, tmp_path: Path) -> None:
    """They append and sign against each other, each with its own connections; all checkpoints are of one tree."""
    signed: list[bytes | None] = []

    def work(mine: Board, name: str) -> None:
        for number in range(8):
            append(mine, f"{name} {number}".encode())
            signed.append(mine.checkpoint())

    with Board.open(tmp_path / "board") as other:
        threads = [threading.Thread(target=work, args=(at, name)) for at, name in ((board, "a"), (other, "b"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(signed) == 16
    with board.reading() as snapshot:
        entries = list(snapshot.entries(0, 16))
    for note in signed:
        assert note is not None
        checkpoint = Checkpoint.parse(Note.parse(note).text)
        assert checkpoint.root == mth(entries[: checkpoint.size])


def test_receipts_are_signed_and_checkpoints_are_not(board: Board) -> None:
    text = f"e2evote-receipt/v1\n{ORIGIN}\n7\n"
    notes.verify(board.sign_note(text), [log.key for log in board.policy.logs])
    with pytest.raises(CheckError, match="this text is a checkpoint"):
        board.sign_note(str(Checkpoint(ORIGIN, 7, bytes(32))))
    with pytest.raises(ParseError):
        board.sign_note("no newline")


# ------------------------------------------------------------------------------------- a database from an old copy


def copy_of(folder: Path, to: Path) -> Path:
    """A backup, made while nobody writes."""
    to.mkdir()
    for name in ("board.sqlite", "board.sqlite-wal"):
        if (folder / name).exists():
            shutil.copy(folder / name, to / name)
    return to


def put_back(backup: Path, folder: Path) -> None:
    for path in folder.glob("board.sqlite*"):
        path.unlink()
    for path in backup.iterdir():
        shutil.copy(path, folder)


def test_an_old_copy_is_neither_appended_to_nor_signed(tmp_path: Path) -> None:
    folder = tmp_path / "board"
    with Board.create(folder, ORIGIN) as board:
        append(board, *entries_of(3))
        board.checkpoint()
    old = copy_of(folder, tmp_path / "old")
    with Board.open(folder) as board:
        append(board, b"was promised")
        board.checkpoint()
    new = copy_of(folder, tmp_path / "new")
    put_back(old, folder)
    with Board.open(folder) as board:
        for act in (lambda: append(board, b"fork"), board.checkpoint, board.audit):
            with pytest.raises(
                StorageError, match="there are 3 entries, but a checkpoint of 4 was signed; this is an old"
            ):
                act()
        with board.reading() as snapshot:
            assert (snapshot.size, list(snapshot.entries(0, 3))) == (3, entries_of(3))
    put_back(new, folder)
    with Board.open(folder) as board:
        append(board, b"goes on")
        assert size_of(board.checkpoint()) == 5


def test_an_old_copy_that_has_grown_elsewhere_is_refused(tmp_path: Path) -> None:
    """It has as many entries as were signed, but other ones."""
    folder = tmp_path / "board"
    with Board.create(folder, ORIGIN) as board:
        append(board, *entries_of(3))
    shutil.copytree(folder, tmp_path / "fork")
    with Board.open(folder) as board:
        append(board, b"true")
        board.checkpoint()
    with Board.open(tmp_path / "fork") as fork:
        append(fork, b"false", b"and more")
    put_back(copy_of(tmp_path / "fork", tmp_path / "backup"), folder)
    with Board.open(folder) as board:
        for act in (lambda: append(board, b"fork"), board.checkpoint, board.audit):
            with pytest.raises(StorageError, match="the tree of 4 entries does not have the root that was signed"):
                act()


def test_a_database_without_its_checkpoints_signs_the_same_again(file_board: Board) -> None:
    append(file_board, *entries_of(5))
    first = file_board.checkpoint()
    with file_board._database.transaction(writing=True) as connection:
        connection.execute(CHECKPOINTS.delete())
    assert file_board.checkpoint() == first
    append(file_board, b"more")
    assert size_of(file_board.checkpoint()) == 6


@pytest.mark.parametrize(
    "content", [None, b"", b"{}", b'{"size":-1,"root":"' + b"00" * 32 + b'"}', b'{"size":1,"root":"0"}']
)
def test_without_knowing_what_was_signed_nothing_is(file_board: Board, tmp_path: Path, content: bytes | None) -> None:
    append(file_board, b"first")
    file_board.checkpoint()
    path = tmp_path / "board/private/signed.json"
    good = path.read_bytes()
    path.unlink() if content is None else path.write_bytes(content)
    for act in (lambda: append(file_board, b"second"), file_board.checkpoint):
        with pytest.raises(StorageError, match=r"signed\.json: .*; without it nobody knows what was signed"):
            act()
    path.write_bytes(good)
    append(file_board, b"second")
    assert size_of(file_board.checkpoint()) == 2


def test_what_was_signed_never_goes_back(file_board: Board, tmp_path: Path) -> None:
    """A process whose lock was taken away while it signed must not put an older state over a newer one."""
    append(file_board, *entries_of(4))
    file_board.checkpoint()
    folder = file_board._folder
    newest = folder.signed()
    folder.note_signed(type(newest)(2, mth(entries_of(2))))
    assert folder.signed() == newest


# ----------------------------------------------------------------------------------------------------- witnesses


class Memory:
    """A witness's state, as ``State`` wants it."""

    def __init__(self) -> None:
        self.kept: dict[str, Latest] = {}

    def latest(self, origin: str) -> Latest | None:
        return self.kept.get(origin)

    def replace(self, origin: str, old: Latest | None, new: Latest) -> bool:
        assert self.kept.get(origin) == old
        self.kept[origin] = new
        return True


class Witnesses:
    """Three witnesses, some of them down; what the board takes as ``ask``."""

    def __init__(self, board: Board) -> None:
        self.logs = [log.key for log in board.policy.logs]
        self.states = {f"w{number}": Memory() for number in range(3)}
        self.down: set[str] = set()
        self.problems: list[tuple[str, str]] = []
        self.answers: dict[str, Callable[[bytes], Answer]] = {}

    def __call__(self, witness: Witness, body: bytes) -> Answer:
        if witness.name in self.down:
            raise OSError("connection refused")
        if witness.name in self.answers:
            return self.answers[witness.name](body)
        key = next(key for key in WITNESSES if key.verifier == witness.key)
        return add_checkpoint(body, self.logs, key, self.states[witness.name], lambda: 1_700_000_000)

    def publish(self, board: Board) -> bytes | None:
        self.problems.clear()
        return board.publish(self, lambda name, problem: self.problems.append((name, problem)))


@pytest.fixture
def witnessed(tmp_path: Path, database: str | None):
    with Board.create(tmp_path / "board", ORIGIN, TWO_OF_THREE, database=database) as board:
        yield board, Witnesses(board)


def test_published_is_what_enough_witnesses_have_cosigned(witnessed: tuple[Board, Witnesses]) -> None:
    board, witnesses = witnessed
    assert witnesses.publish(board) is None
    for size in (2, 3, 9):
        with board.reading() as snapshot:
            first = snapshot.size
        append(board, *entries_of(size)[first:])
        published = witnesses.publish(board)
        assert published is not None
        found = policy.verify(published, board.policy)
        assert (found.checkpoint.size, set(found.times), witnesses.problems) == (size, {"w0", "w1", "w2"}, [])
        with board.reading() as snapshot:
            assert snapshot.published() == published
    board.audit()


def test_a_witness_that_is_down_delays_nothing_while_enough_are_there(witnessed: tuple[Board, Witnesses]) -> None:
    board, witnesses = witnessed
    witnesses.down = {"w1"}
    append(board, *entries_of(2))
    published = witnesses.publish(board)
    assert published is not None
    assert set(policy.verify(published, board.policy).times) == {"w0", "w2"}
    assert witnesses.problems == [("w1", "connection refused")]
    witnesses.down = set()
    later = witnesses.publish(board)  # nothing new: only the missing one is asked
    assert later is not None
    assert set(policy.verify(later, board.policy).times) == {"w0", "w1", "w2"}


def test_too_few_witnesses_delay_publication_and_not_acceptance(witnessed: tuple[Board, Witnesses]) -> None:
    board, witnesses = witnessed
    append(board, *entries_of(2))
    first = witnesses.publish(board)
    witnesses.down = {"w0", "w1"}
    append(board, *entries_of(5)[2:])
    assert witnesses.publish(board) == first
    assert size_of(board.checkpoint()) == 5
    append(board, *entries_of(7)[5:])
    assert witnesses.publish(board) == first
    witnesses.down = set()
    assert size_of(witnesses.publish(board)) == 7
    with board.reading() as snapshot:
        assert [stored.size for stored in snapshot.checkpoints()] == [2, 5, 7]


def test_published_as_soon_as_enough_have_cosigned(witnessed: tuple[Board, Witnesses]) -> None:
    """A slow witness is not waited for: while it is asked, the others' cosignatures are out."""
    board, witnesses = witnessed
    append(board, b"first")
    seen: list[bytes | None] = []

    def slow(body: bytes) -> Answer:
        for _ in range(200):
            with board.reading() as snapshot:
                if snapshot.published():
                    break
            threading.Event().wait(0.02)
        with board.reading() as snapshot:
            seen.append(snapshot.published())
        raise OSError("too late")

    witnesses.answers["w0"] = slow
    published = witnesses.publish(board)
    assert seen == [published]
    assert size_of(published) == 1


def test_what_a_witness_answers_is_verified(witnessed: tuple[Board, Witnesses]) -> None:
    board, witnesses = witnessed
    append(board, *entries_of(3))
    stranger = cosignature.cosign(Note.parse(board.checkpoint() or b""), WITNESSES[3], 1_700_000_000)
    answers = {
        "w0": (Answer(200, "text/plain", f"{stranger}\n".encode()), "no cosignature by a known witness"),
        "w1": (Answer(409, "text/x.tlog.size", b"4\n"), "it has cosigned a checkpoint of 4 entries already"),
        "w2": (Answer(409, "text/x.tlog.size", b"1\n"), "it names another size each time"),
    }
    witnesses.answers = {name: lambda _body, answer=answer: answer for name, (answer, _) in answers.items()}
    assert witnesses.publish(board) is None
    problems = dict(witnesses.problems)
    assert problems.keys() == answers.keys()
    assert all(said in problems[name] for name, (_, said) in answers.items())


def test_without_witnesses_every_checkpoint_is_published(board: Board) -> None:
    append(board, *entries_of(3))
    published = board.publish(lambda _witness, _body: pytest.fail("nobody is to be asked"))
    assert published == board.checkpoint()
