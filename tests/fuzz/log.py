"""The board's log: everything that its parsers read, the kind on the first line; its key signs whatever is asked."""

from e2evote.board import policy as policies
from e2evote.board import proof as proofs
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.cosignature import cosign
from e2evote.board.notes import Note, SigningKey, VerifierKey, sign
from e2evote.board.policy import Policy
from e2evote.board.proof import Proof
from e2evote.board.tiles import Bundle, bundle_bytes, parse_bundle, parse_path
from e2evote.board.witness import SIZE_TYPE, TEXT, Answer, Latest, Request, add_checkpoint, parse_answer
from e2evote.errors import CheckError, ParseError
from tests.board import freeze
from tests.board.keys import LOG, WITNESSES

NOTE = freeze.signed(freeze.SIZE)
COSIGNED = NOTE.adding(*(cosign(NOTE, key, freeze.NOW) for key in WITNESSES))
POLICY = freeze.policy()
KEYS = [key.verifier for key in WITNESSES]


class OneLog:
    """A witness's state that has seen 250 entries."""

    def latest(self, _origin: str) -> Latest:
        note = freeze.signed(250)
        return Latest(250, Checkpoint.parse(note.text).root, note.encode())

    def replace(self, _origin: str, _old: Latest | None, new: Latest) -> bool:
        assert new.size >= 250
        assert Checkpoint.parse(Note.parse(new.note).text).size == new.size
        return True


def log(data: bytes) -> None:
    """Something of the log: its kind on the first line."""
    kind, _, content = data.partition(b"\n")
    read = KINDS.get(kind)
    if read is None:
        raise ParseError("log", "no such kind")
    read(content)


def _note(data: bytes) -> None:
    note = Note.parse(data)
    assert note.encode() == data
    assert str(Checkpoint.parse(note.text)) == note.text
    policies.verify(sign(note.text, LOG).adding(*note.signatures[:8]).encode(), POLICY)


def _key(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    if text.startswith("PRIVATE"):
        assert SigningKey.parse(text).reveal() == text
    else:
        assert str(VerifierKey.parse(text)) == text


def _policy(data: bytes) -> None:
    found = Policy.parse(data)
    assert Policy.parse(found.encode()) == found
    policies.verify(COSIGNED.encode(), found)


def _proof(data: bytes) -> None:
    found = Proof.parse(data)
    assert found.encode() == data
    proofs.verify(found, f"entry {found.index}".encode(), POLICY)


def _request(data: bytes) -> None:
    """The checkpoint is signed anew, so that its contents are looked at."""
    try:
        found = Request.parse(data)
    except ParseError:
        assert _asked(data).status == 400
        raise
    assert found.encode() == data
    answer = _asked(Request(found.old_size, found.proof, sign(found.note.text, LOG)).encode())
    assert answer.status in (200, 400, 404, 409, 422)
    if answer.status != 200:
        raise CheckError("refused")


def _asked(body: bytes) -> Answer:
    return add_checkpoint(body, [LOG.verifier], WITNESSES[0], OneLog(), lambda: freeze.NOW)


def _answer(data: bytes) -> None:
    status, _, body = data.partition(b"\n")
    parse_answer(Answer(409 if status == b"409" else 200, SIZE_TYPE if status == b"409" else TEXT, body), NOTE, KEYS)


def _path(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    assert parse_path(text).path == text


def _bundle(data: bytes) -> None:
    assert bundle_bytes(parse_bundle(data, Bundle(0, 3))) == data


KINDS = {
    b"note": _note,
    b"key": _key,
    b"policy": _policy,
    b"proof": _proof,
    b"request": _request,
    b"answer": _answer,
    b"path": _path,
    b"bundle": _bundle,
}


def seeds() -> list[bytes]:
    """Return one good example of each kind, and of some two."""
    vectors = freeze.vectors()
    texts = [
        f"note\n{vectors['cosigned']}",
        f"key\n{LOG.verifier}",
        f"key\n{LOG.reveal()}",
        f"policy\n{vectors['policy']}",
        f"proof\n{vectors['proofs']['7']}",
        f"request\n{vectors['add_checkpoint']['request']}",
        f"answer\n200\n{vectors['add_checkpoint']['answer']}",
        "answer\n409\n250\n",
        "path\ntile/0/x001/234.p/112",
        "path\ntile/entries/x001/234",
    ]
    return [*(text.encode() for text in texts), b"bundle\n" + bundle_bytes([b"", b"a", b"bc"])]
