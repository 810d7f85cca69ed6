"""Every verdict about a receipt, and every way to come to a wrong one by false evidence."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from e2evote.board import checkpoint, cosignature, merkle, notes
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.notes import KeyKind, SigningKey
from e2evote.board.policy import Log, Witness, at_least
from e2evote.board.proof import Proof
from e2evote.board.proof import verify as verify_proof
from e2evote.election.acceptance import Accepted
from e2evote.election.adjudication import Evidence, Leaf, adjudicate
from e2evote.election.receipts import Receipt, receipt, verify_receipt
from e2evote.errors import ParseError, VerificationError
from e2evote.record.codec import dump
from e2evote.record.entries import BallotEntry, EndEntry
from tests.election.log_in_memory import MemoryBoard

START = int(datetime(2026, 12, 1, 9, tzinfo=UTC).timestamp())


def ballot(number: int) -> bytes:
    return dump(
        BallotEntry(
            time=f"2026-12-01T09:00:{number:02}Z",
            device=1,
            position=number + 1,
            confirmation_code=bytes([number]) * 32,
            sha256=bytes(32),
        )
    )


END = dump(EndEntry(time="2026-12-01T10:00:00Z"))


@pytest.fixture
def board() -> MemoryBoard:
    board = MemoryBoard()
    for number in range(6):
        board.view.append(ballot(number))
    return board


def policy(board: MemoryBoard, quorum: int = 1):
    witnesses = [Witness(name, key.verifier) for name, key in zip("ab", board.witnesses, strict=True)]
    return at_least(quorum, witnesses if quorum else (), [Log(board.key.verifier)])


def promise(board: MemoryBoard, index: int = 4) -> bytes:
    return receipt(board, Accepted(index, board.view.entry(index), False))


def shown(board: MemoryBoard, *indices: int, size: int | None = None, times: Sequence[int] = ()) -> Evidence:
    """Let the board show a checkpoint and some of its leaves."""
    size = board.view.size if size is None else size
    note = board.checkpoint(size, times).encode()
    leaves = (
        Leaf(index, board.view.entry(index), tuple(merkle.inclusion_proof(index, size, board.view.hash)))
        for index in indices
    )
    return Evidence(note, tuple(leaves))


def test_the_receipt_has_five_lines_and_a_deadline(board):
    found = verify_receipt(promise(board), [board.key.verifier])
    assert found == Receipt(board.origin, 4, "2026-12-01T09:01:04Z", ballot(4))
    assert Receipt.parse(str(found)) == found
    assert found.due == START + 64
    assert promise(board) == promise(board), "asked for again it is the same"
    with pytest.raises(ParseError):
        Checkpoint.parse(str(found))


@pytest.mark.parametrize("times", [(), (START + 30,), (START + 90_000, START + 30)])
def test_included(board, times):
    judgement = adjudicate(promise(board), policy(board), [shown(board, 4, times=times)])
    assert judgement.verdict == "included"
    assert judgement.proof is not None
    assert judgement.receipt is not None
    verify_proof(Proof.parse(judgement.proof.encode()), judgement.receipt.entry, policy(board, 1 if times else 0))
    assert ("09:00:30" in judgement.reason) == (START + 30 in times)


def test_broken_where_another_entry_stands_in_its_place(board):
    given = promise(board)
    board.view.log[4], board.view.log[5] = board.view.log[5], board.view.log[4]
    judgement = adjudicate(given, policy(board), [shown(board, 4)])
    assert judgement.verdict == "promise broken by the board"
    assert "another entry 4" in judgement.reason


def test_broken_even_if_another_face_of_the_board_includes_it(board):
    given, good = promise(board), shown(board, 4, times=(START,))
    board.view.log[4], board.view.log[5] = board.view.log[5], board.view.log[4]
    assert adjudicate(given, policy(board), [good, shown(board, 4)]).verdict == "promise broken by the board"


def test_broken_where_the_final_checkpoint_lacks_it(board):
    given = promise(board)
    del board.view.log[4:]
    board.view.append(END)
    del board.view.log[3]
    judgement = adjudicate(given, policy(board, 0), [shown(board, 3)])
    assert judgement.verdict == "promise broken by the board"
    assert "ended with 4 entries" in judgement.reason


def test_not_broken_by_an_end_that_is_not_the_last_entry(board):
    given = promise(board)
    board.view.log[2] = END
    assert adjudicate(given, policy(board), [shown(board, 2, size=4)]).verdict == "not yet decidable"


def test_broken_where_a_witness_saw_a_tree_without_it_after_the_deadline(board):
    judgement = adjudicate(promise(board), policy(board), [shown(board, size=4, times=(START + 65,))])
    assert judgement.verdict == "promise broken by the board"
    assert "2026-12-01T09:01:05Z" in judgement.reason


@pytest.mark.parametrize("after", [-1, 0])
def test_not_decidable_where_the_witness_saw_it_before_the_deadline(board, after):
    seen = shown(board, size=4, times=(START + 64 + after,))
    judgement = adjudicate(promise(board), policy(board), [seen])
    assert (judgement.verdict, judgement.checkpoint) == ("not yet decidable", None)


def test_a_witness_who_lags_behind_does_not_break_a_promise_that_was_kept(board):
    evidence = [shown(board, size=4, times=(START + 900,)), shown(board, 4, times=(START + 30,))]
    assert adjudicate(promise(board), policy(board), evidence).verdict == "included"


def test_a_witness_who_is_not_in_the_policy_decides_nothing(board):
    stranger = SigningKey.generate("witness.example/stranger", KeyKind.COSIGNATURE)
    note = board.checkpoint(4)
    late = note.adding(cosignature.cosign(note, stranger, START + 900)).encode()
    assert adjudicate(promise(board), policy(board), [Evidence(late)]).verdict == "not yet decidable"


def test_without_witnesses_only_the_end_decides(board):
    judgement = adjudicate(promise(board), policy(board, 0), [shown(board, size=4)])
    assert judgement.verdict == "not yet decidable"
    assert "only its end" in judgement.reason


def test_a_tree_that_does_not_fit_its_checkpoint_is_no_evidence(board):
    given, good = promise(board), shown(board, 4)
    false = Evidence(good.note, (Leaf(4, ballot(9), good.leaves[0].hashes),))
    judgement = adjudicate(given, policy(board), [false])
    assert judgement.verdict == "not yet decidable"
    assert judgement.unusable
    assert "not under the root" in judgement.unusable[0]


def test_a_board_that_shows_no_proof_leaves_it_open(board):
    judgement = adjudicate(promise(board), policy(board), [shown(board, times=(START + 900,))])
    assert judgement.verdict == "not yet decidable"
    assert "does not show" in judgement.reason


@pytest.mark.parametrize("forge", ["key", "name", "text", "checkpoint", "nothing"])
def test_a_receipt_that_the_board_did_not_sign_is_not_genuine(board, forge):
    genuine = promise(board)
    match forge:
        case "key":
            other = SigningKey.generate(board.origin, KeyKind.ED25519)
            data = notes.sign(str(Receipt(board.origin, 4, "2026-12-01T09:01:04Z", ballot(4))), other).encode()
        case "name":
            data = promise_of_another(board)
        case "text":
            data = genuine.replace(b"\n4\n", b"\n5\n")
        case "checkpoint":
            data = board.checkpoint().encode()
        case _:
            data = b""
    judgement = adjudicate(data, policy(board), [shown(board, 4)])
    assert judgement.verdict == "receipt not genuine"
    assert judgement.receipt is None


def promise_of_another(board: MemoryBoard) -> bytes:
    other = MemoryBoard("board.example/other", board.view)
    return promise(other)


@pytest.mark.parametrize("forge", ["key", "origin", "note"])
def test_checkpoints_that_the_board_did_not_sign_are_no_evidence(board, forge):
    head = Checkpoint(board.origin, 4, merkle.root(4, board.view.hash))
    other = SigningKey.generate(board.origin, KeyKind.ED25519)
    match forge:
        case "key":
            note = checkpoint.sign(head, other)
        case "origin":
            note = MemoryBoard("board.example/other", board.view).checkpoint(4)
        case _:
            note = board.checkpoint(4)
    late = note.adding(cosignature.cosign(note, board.witnesses[0], START + 900)).encode()
    late = late.replace(b"\n4\n", b"\n3\n") if forge == "note" else late
    judgement = adjudicate(promise(board), policy(board), [Evidence(late)])
    assert judgement.verdict == "not yet decidable"
    assert len(judgement.unusable) == 1


@pytest.mark.parametrize(
    "text",
    [
        "e2evote-receipt/v1\nboard\n4\n2026-12-01T09:01:04Z\n{}\n",
        "e2evote-receipt/v2\nboard\n4\n2026-12-01T09:01:04Z\nENTRY\n",
        "e2evote-receipt/v1\nboard\n04\n2026-12-01T09:01:04Z\nENTRY\n",
        "e2evote-receipt/v1\nboard\n-4\n2026-12-01T09:01:04Z\nENTRY\n",
        "e2evote-receipt/v1\n\n4\n2026-12-01T09:01:04Z\nENTRY\n",
        "e2evote-receipt/v1\nboard\n4\n2026-02-30T09:01:04Z\nENTRY\n",
        "e2evote-receipt/v1\nboard\n4\n2026-12-01T09:01:04\nENTRY\n",
        "e2evote-receipt/v1\nboard\n4\n2026-12-01T09:01:04Z\nENTRY\nmore\n",
        "e2evote-receipt/v1\nboard\n4\n2026-12-01T09:01:04Z\n",
    ],
)
def test_texts_that_are_no_receipts_are_refused(text):
    Receipt.parse(f"e2evote-receipt/v1\nboard\n4\n2026-12-01T09:01:04Z\n{ballot(4).decode()}\n")
    with pytest.raises(ParseError):
        Receipt.parse(text.replace("ENTRY", ballot(4).decode()))


def test_a_receipt_of_a_board_without_a_known_key_is_refused(board):
    with pytest.raises(VerificationError, match="not the one expected"):
        verify_receipt(promise(board), [SigningKey.generate("x", KeyKind.ED25519).verifier])
