"""The witness protocol: every status, the race that rolls back, a crash before the answer, and the log's side."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.board import checkpoint as checkpoints
from e2evote.board import cosignature
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.lines import to_base64
from e2evote.board.merkle import EMPTY_ROOT, consistency_proof, root
from e2evote.board.notes import Note, Signature, sign
from e2evote.board.witness import (
    SIZE_TYPE,
    TEXT,
    Answer,
    Conflict,
    Cosigned,
    Latest,
    Request,
    add_checkpoint,
    parse_answer,
)
from e2evote.board.witness_state import FileState
from e2evote.errors import CheckError, ParseError, VerificationError
from tests.board.keys import LOG, ORIGIN, WITNESSES, examples, key_of, witness_key
from tests.board.trees import Tree, entries_of

TREE = Tree(entries_of(40))
OTHER_TREE = Tree([b"x", *entries_of(40)[1:]])
ROTATED = replace(key_of("rotated"), name=ORIGIN)
"""A second key of the same log."""
LOGS = [LOG.verifier, ROTATED.verifier, key_of("other.example").verifier]
WITNESS = WITNESSES[0]
NOW = 1_800_000_000


class MemoryState:
    """A state that can be looked into, and disturbed before it changes."""

    def __init__(self) -> None:
        self.kept: dict[str, Latest] = {}
        self.before_replace: list = []

    def latest(self, origin: str) -> Latest | None:
        return self.kept.get(origin)

    def replace(self, origin: str, old: Latest | None, new: Latest) -> bool:
        if self.before_replace:
            self.before_replace.pop()()
        if self.kept.get(origin) != old:
            return False
        self.kept[origin] = new
        return True


@pytest.fixture
def state() -> MemoryState:
    return MemoryState()


def signed(size: int, tree: Tree = TREE, key=LOG) -> Note:
    return checkpoints.sign(Checkpoint(ORIGIN, size, root(size, tree.hashes)), key)


def request(old: int, new: int, tree: Tree = TREE) -> Request:
    return Request(old, tuple(consistency_proof(old, new, tree.hashes)), signed(new, tree))


def ask(state, sent: Request | bytes, now: int = NOW) -> Answer:
    body = sent if isinstance(sent, bytes) else sent.encode()
    return add_checkpoint(body, LOGS, WITNESS, state, lambda: now)


def test_a_log_grows_under_a_witness(state: MemoryState) -> None:
    size = 0
    for new in (0, 1, 1, 2, 7, 8, 30, 30, 40):
        sent = request(size, new)
        answer = ask(state, sent, NOW + new)
        assert (answer.status, answer.content_type) == (200, TEXT)
        cosigned = parse_answer(answer, sent.note, [WITNESS.verifier])
        assert isinstance(cosigned, Cosigned)
        note = sent.note.adding(*cosigned.signatures)
        assert cosignature.verify(note, [WITNESS.verifier]) == {WITNESS.verifier: NOW + new}
        kept = state.kept[ORIGIN]
        assert (kept.size, kept.root, kept.note) == (new, root(new, TREE.hashes), note.encode())
        size = new


def test_the_specifications_request() -> None:
    data = examples()["parsed"]["add_checkpoint"].encode()
    parsed = Request.parse(data)
    assert (parsed.old_size, len(parsed.proof), len(parsed.note.signatures)) == (20852014, 4, 2)
    assert parsed.encode() == data


def test_the_specifications_answer() -> None:
    sent = Request.parse(examples()["parsed"]["add_checkpoint"].encode())
    answer = Answer(200, TEXT, examples()["parsed"]["add_checkpoint_answer"].encode())
    with pytest.raises(VerificationError, match="no cosignature by a known witness"):
        parse_answer(answer, sent.note, [WITNESS.verifier])


# -------------------------------------------------------------------------------------------------------- refusals


H = to_base64(bytes(32))
FIRST = signed(5).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        FIRST,
        b"old 0\n" + FIRST,
        b"\n\n" + FIRST,
        b"new 0\n\n" + FIRST,
        b"old\n\n" + FIRST,
        b"old 00\n\n" + FIRST,
        b"old  0\n\n" + FIRST,
        b"old 0 \n\n" + FIRST,
        b"old -1\n\n" + FIRST,
        b"old 0\r\n\n" + FIRST,
        "old ٣\n\n".encode() + FIRST,
        b"old 0\nAAAA\n\n" + FIRST,
        f"old 0\n{H} \n\n".encode() + FIRST,
        f"old 0\n{H[:-1]}\n\n".encode() + FIRST,
        ("old 0\n" + f"{H}\n" * 64 + "\n").encode() + FIRST,
        b"old 0\n\n" + FIRST[:-1],
        b"old 0\n\n\n" + FIRST,
        b"old 0\n\n" + sign("no checkpoint\n", LOG).encode(),
        b"old 0\n\n" + sign(signed(5).text + "an extension\n", LOG).encode(),
        b"old 0\n\n" + b"\xff" + FIRST,
        b"old 0\n\n" + b"x" * 530_000,
    ],
    ids=range(23),
)
def test_400_what_is_no_request(state: MemoryState, body: bytes) -> None:
    answer = ask(state, body)
    assert (answer.status, answer.content_type) == (400, TEXT)
    assert not state.kept


def test_a_request_has_at_most_63_hashes() -> None:
    assert Request.parse(Request(1, (bytes(32),) * 63, signed(5)).encode()).old_size == 1
    with pytest.raises(ParseError, match="more than 63 hashes"):
        Request(1, (bytes(32),) * 64, signed(5))


def test_400_an_old_size_above_the_checkpoints(state: MemoryState) -> None:
    assert ask(state, Request(6, (), signed(5))).status == 400
    ask(state, request(0, 7))
    assert ask(state, Request(7, (), signed(5))).status == 400


def test_403_without_a_good_signature_of_the_log(state: MemoryState) -> None:
    note = signed(5)
    bad = Signature(ORIGIN, LOG.verifier.id, bytes(64))
    for wrong in (
        Note(note.text, sign(note.text, key_of("stranger.example")).signatures),
        Note(note.text, sign(note.text, key_of("other.example")).signatures),
        Note(note.text, sign(note.text, replace(key_of("third"), name=ORIGIN)).signatures),
        Note(note.text, (bad,)),
        note.adding(bad),
        signed(5, key=ROTATED).adding(bad),
        Note(note.text, (Signature(ORIGIN, LOG.verifier.id, b"x"),)),
        Note(signed(6).text, note.signatures),
    ):
        assert ask(state, Request(0, (), wrong)).status == 403
    assert not state.kept


def test_404_an_unknown_log(state: MemoryState) -> None:
    stranger = key_of("stranger.example")
    note = checkpoints.sign(Checkpoint(stranger.name, 5, root(5, TREE.hashes)), stranger)
    assert ask(state, Request(0, (), note)).status == 404


def test_409_another_old_size_with_the_latest(state: MemoryState) -> None:
    ask(state, request(0, 5))
    for old in (0, 4, 6, 9):
        sent = request(old, 9)
        answer = ask(state, sent)
        assert answer == Answer(409, SIZE_TYPE, b"5\n")
        assert parse_answer(answer, sent.note, []) == Conflict(5)
    assert ask(state, request(5, 9)).status == 200


def test_409_before_anything_was_cosigned(state: MemoryState) -> None:
    assert ask(state, request(3, 9)) == Answer(409, SIZE_TYPE, b"0\n")


def test_422_what_is_not_consistent(state: MemoryState) -> None:
    empty = checkpoints.sign(Checkpoint(ORIGIN, 0, bytes(32)), LOG)
    assert ask(state, Request(0, (), empty)).status == 422
    assert ask(state, Request(0, (bytes(32),), signed(5))).status == 422
    assert not state.kept
    ask(state, request(0, 5))
    before = dict(state.kept)
    proof = consistency_proof(5, 9, TREE.hashes)
    for wrong in (
        Request(5, (), signed(9)),
        Request(5, tuple(proof[:-1]), signed(9)),
        Request(5, (*proof, bytes(32)), signed(9)),
        Request(5, tuple(reversed(proof)), signed(9)),
        Request(5, tuple(proof), signed(9, OTHER_TREE)),
        request(5, 9, OTHER_TREE),
        Request(5, (), signed(5, OTHER_TREE)),
        Request(5, (bytes(32),), signed(5)),
    ):
        assert ask(state, wrong).status == 422
    assert state.kept == before


def test_the_order_of_refusals(state: MemoryState) -> None:
    ask(state, request(0, 5))
    bad = Note(signed(3).text, (Signature(ORIGIN, LOG.verifier.id, bytes(64)),))
    assert ask(state, Request(9, (), bad)).status == 403  # rather than 400 for the size
    assert ask(state, Request(9, (), signed(3))).status == 400  # rather than 409
    assert ask(state, Request(4, (bytes(32),), signed(9))).status == 409  # rather than 422


def test_refusals_do_not_repeat_what_was_sent(state: MemoryState) -> None:
    for body in (b"old <script>\n\n" + FIRST, b"<script>\n\n", "old 0\n\n— <script> x\n".encode()):
        assert b"<script>" not in ask(state, body).body


def test_only_the_logs_own_signatures_are_kept(state: MemoryState) -> None:
    note = signed(5).adding(
        sign(signed(5).text, key_of("stranger.example")).signatures[0],
        sign(signed(5).text, ROTATED).signatures[0],
        cosignature.cosign(signed(5), WITNESSES[1], NOW),
    )
    assert ask(state, Request(0, (), note)).status == 200
    kept = Note.parse(state.kept[ORIGIN].note)
    assert [(s.name, s.key_id) for s in kept.signatures] == [
        (ORIGIN, LOG.verifier.id),
        (ORIGIN, ROTATED.verifier.id),
        (WITNESS.name, WITNESS.verifier.id),
    ]


def test_a_note_full_of_signatures_has_room_for_the_cosignature(state: MemoryState) -> None:
    strangers = (Signature("s.example", bytes((0, 0, 0, number)), bytes(64)) for number in range(63))
    assert ask(state, Request(0, (), signed(5).adding(*strangers))).status == 200


def test_a_key_of_the_other_kind_never_cosigns(state: MemoryState) -> None:
    with pytest.raises(CheckError, match="cosignatures"):
        add_checkpoint(request(0, 5).encode(), LOGS, LOG, state, lambda: NOW)
    assert not state.kept


# ------------------------------------------------------------------------------------------------------------ races


def test_a_second_request_does_not_roll_back(state: MemoryState) -> None:
    """A with size 7 and B with size 9 are both checked against 5; B is kept first."""
    ask(state, request(0, 5))
    answers = []
    state.before_replace.append(lambda: answers.append(ask(state, request(5, 9))))
    late = ask(state, request(5, 7))
    assert answers[0].status == 200
    assert late == Answer(409, SIZE_TYPE, b"9\n")
    assert state.kept[ORIGIN].size == 9


def test_the_same_request_twice_at_once(state: MemoryState) -> None:
    ask(state, request(0, 5))
    state.before_replace.append(lambda: ask(state, request(5, 5), NOW + 1))
    assert ask(state, request(5, 5), NOW + 2).status == 200
    assert state.kept[ORIGIN].note.count(WITNESS.name.encode()) == 1


def test_nothing_is_cosigned_that_is_not_kept(state: MemoryState) -> None:
    def full() -> None:
        raise OSError("no space left")

    state.before_replace.append(full)
    with pytest.raises(OSError, match="no space"):
        ask(state, request(0, 5))
    assert not state.kept
    assert ask(state, request(0, 5)).status == 200


def test_a_crash_between_keeping_and_answering(tmp_path: Path) -> None:
    """The log, which got no answer, asks again as before, learns the size, and gets its cosignature."""

    class CrashError(Exception):
        pass

    class Dying(FileState):
        def replace(self, origin: str, old: Latest | None, new: Latest) -> bool:
            assert super().replace(origin, old, new)
            raise CrashError

    with FileState(tmp_path) as state:
        ask(state, request(0, 5))
    with Dying(tmp_path) as state, pytest.raises(CrashError):
        ask(state, request(5, 9))
    with FileState(tmp_path) as state:
        assert ask(state, request(5, 9)) == Answer(409, SIZE_TYPE, b"9\n")
        assert ask(state, request(5, 9, OTHER_TREE)).status == 409
        assert ask(state, request(9, 9, OTHER_TREE)).status == 422
        assert ask(state, request(9, 9)).status == 200


# ------------------------------------------------------------------------------------------------------------ files


def test_the_file_is_what_monitors_are_served(tmp_path: Path) -> None:
    with FileState(tmp_path / "deep" / "state") as state:
        assert state.latest(ORIGIN) is None
        assert ask(state, request(0, 5)).status == 200
        latest = state.latest(ORIGIN)
    assert latest is not None
    names = {str(path.relative_to(tmp_path / "deep/state")) for path in (tmp_path / "deep/state").rglob("*")}
    folder = next(name for name in names if len(name) == 64)
    assert names == {".lock", folder, f"{folder}/checkpoint"}
    note = Note.parse((tmp_path / "deep/state" / folder / "checkpoint").read_bytes())
    assert note.encode() == latest.note
    assert checkpoints.verify(note, [LOG.verifier]).size == 5
    assert WITNESS.verifier in cosignature.verify(note, [WITNESS.verifier])


def test_files_are_replaced_only_if_they_are_as_expected(tmp_path: Path) -> None:
    one, two = (Latest(n, root(n, TREE.hashes), signed(n).encode()) for n in (5, 7))
    with FileState(tmp_path) as state:
        assert not state.replace(ORIGIN, one, two)
        assert state.replace(ORIGIN, None, one)
        assert not state.replace(ORIGIN, None, two)
        assert not state.replace(ORIGIN, two, two)
        assert state.latest(ORIGIN) == one
        assert state.replace(ORIGIN, one, two)
        assert state.latest(ORIGIN) == two


def test_a_second_process_is_kept_out(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom e2evote.board.witness_state import FileState\n"
        "from e2evote.errors import CheckError\n"
        "try:\n    FileState(Path(sys.argv[1]))\nexcept CheckError as error:\n    sys.exit(str(error))\n"
    )

    def another() -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)

    with FileState(tmp_path):
        refused = another()
        assert (refused.returncode, "another process" in refused.stderr) == (1, True)
        with pytest.raises(CheckError, match="another process"):
            FileState(tmp_path)
    assert another().returncode == 0


def test_a_damaged_file_stops_the_witness(tmp_path: Path) -> None:
    with FileState(tmp_path) as state:
        ask(state, request(0, 5))
        file = next(tmp_path.glob("*/checkpoint"))
        stranger = checkpoints.sign(Checkpoint("x", 1, EMPTY_ROOT), key_of("x")).encode()
        for data in (b"", file.read_bytes()[:-1], stranger, sign("text\n", LOG).encode(), bytes(600_000)):
            file.write_bytes(data)
            with pytest.raises(ParseError, match="checkpoint"):
                ask(state, request(0, 9))
            assert file.read_bytes() == data


def test_what_a_crash_left_half_written_is_removed(tmp_path: Path) -> None:
    with FileState(tmp_path) as state:
        ask(state, request(0, 5))
    leftover = next(tmp_path.glob("*/checkpoint")).parent / ".writing-abc"
    leftover.write_bytes(b"half")
    with FileState(tmp_path) as state:
        latest = state.latest(ORIGIN)
        assert latest is not None
        assert latest.size == 5
    assert not leftover.exists()


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with FileState(tmp_path) as state:
        ask(state, request(0, 5))

        def failing(_: int) -> None:
            raise OSError("no space left")

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", failing)
            with pytest.raises(OSError, match="no space"):
                ask(state, request(5, 9))
        latest = state.latest(ORIGIN)
        assert latest is not None
        assert latest.size == 5
        assert [path.name for path in tmp_path.glob("*/*")] == ["checkpoint"]


# ------------------------------------------------------------------------------------------------------ the log's side


def test_strangers_cosignatures_are_ignored() -> None:
    note = signed(5)
    own = cosignature.cosign(note, WITNESS, NOW)
    other = cosignature.cosign(note, witness_key("stranger.example"), NOW)
    answer = Answer(200, TEXT, f"{other}\n{own}\n{own}\n".encode())
    assert parse_answer(answer, note, [key.verifier for key in WITNESSES]) == Cosigned((own,))
    for body, keys in ((f"{other}\n", [WITNESS.verifier]), (f"{own}\n", [])):
        with pytest.raises(VerificationError, match="no cosignature by a known"):
            parse_answer(Answer(200, TEXT, body.encode()), note, keys)


def test_a_witness_that_lies_is_found() -> None:
    old = cosignature.cosign(signed(4), WITNESS, NOW)
    with pytest.raises(VerificationError, match="does not hold"):
        parse_answer(Answer(200, TEXT, f"{old}\n".encode()), signed(5), [WITNESS.verifier])


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, TEXT, b""),
        Answer(200, TEXT, b"\n"),
        Answer(200, TEXT, b"not a line\n"),
        Answer(200, TEXT, str(cosignature.cosign(signed(5), WITNESS, NOW)).encode()),
        Answer(200, TEXT, f"{cosignature.cosign(signed(5), WITNESS, NOW)}\n\n".encode()),
        Answer(200, TEXT, f"{cosignature.cosign(signed(5), WITNESS, NOW)}\n".encode() * 65),
        Answer(200, TEXT, b"\xff\n"),
        Answer(200, TEXT, b"x" * 600_000),
        Answer(409, SIZE_TYPE, b""),
        Answer(409, SIZE_TYPE, b"5"),
        Answer(409, SIZE_TYPE, b"05\n"),
        Answer(409, SIZE_TYPE, b"5\n\n"),
        Answer(409, SIZE_TYPE, b"-5\n"),
        Answer(409, SIZE_TYPE, b"\xff\n"),
    ],
    ids=range(14),
)
def test_what_is_no_answer_is_refused(answer: Answer) -> None:
    with pytest.raises(ParseError, match="answer"):
        parse_answer(answer, signed(5), [WITNESS.verifier])


@pytest.mark.parametrize("status", [201, 204, 301, 400, 403, 404, 409, 422, 500])
def test_refusals_are_told(status: int) -> None:
    with pytest.raises(CheckError, match=rf"status {status}: why·\[31m not"):
        parse_answer(Answer(status, TEXT, b"why\x1b[31m not\n"), signed(5), [WITNESS.verifier])


DATA = request(5, 9).encode()


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_changed_request_is_refused(at: int, change: int) -> None:
    state = MemoryState()
    ask(state, request(0, 5))
    body = DATA[:at] + bytes((DATA[at] ^ change,)) + DATA[at + 1 :]
    assert ask(state, body).status in (400, 403, 404, 409, 422)
    assert state.kept[ORIGIN].size == 5


@given(st.integers(0, 40), st.integers(0, 40))
def test_parse_undoes_encode(one: int, two: int) -> None:
    sent = request(*sorted((one, two)))
    assert Request.parse(sent.encode()) == sent
