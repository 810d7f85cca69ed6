"""Signed notes: the specification's examples, round trips, and every refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.board.lines import parse_decimal, to_base64
from e2evote.board.notes import MAX_NOTE, KeyKind, Note, Signature, SigningKey, VerifierKey, sign, verify
from e2evote.errors import CheckError, ParseError, VerificationError
from tests.board.keys import LOG, examples, key_of, witness_key

EXAMPLES = examples()
SIGNED = EXAMPLES["verified"][0]
OTHER = key_of("other.example")
NOTE = sign("a text\n\nwith an empty line\n", LOG)
DATA = NOTE.encode()
LINE = str(NOTE.signatures[0])
# Ed25519 points of small order, under which a signature can be made without any secret.
IDENTITY = b"\1" + bytes(31)


def test_the_specifications_note_verifies() -> None:
    key, note = VerifierKey.parse(SIGNED["key"]), Note.parse(SIGNED["note"].encode())
    assert note.text == "This is an example message.\n"
    assert verify(note, [key]) == (key,)
    assert (str(key), note.encode()) == (SIGNED["key"], SIGNED["note"].encode())


@pytest.mark.parametrize("name", ["note", "checkpoint", "cosigned"])
def test_the_specifications_other_notes_parse(name: str) -> None:
    data = EXAMPLES["parsed"][name].encode()
    assert Note.parse(data).encode() == data


def test_a_signed_note() -> None:
    note = Note.parse(DATA)
    assert note == NOTE
    assert verify(note, [LOG.verifier]) == (LOG.verifier,)
    assert verify(note, [OTHER.verifier, LOG.verifier]) == (LOG.verifier,)


def test_several_signatures() -> None:
    both = NOTE.adding(sign(NOTE.text, OTHER).signatures[0])
    assert verify(Note.parse(both.encode()), [OTHER.verifier, LOG.verifier]) == (LOG.verifier, OTHER.verifier)
    assert both.adding(*both.signatures) == both


def test_unknown_signatures_are_ignored() -> None:
    unknown = Signature("post-quantum.example", b"\0\0\0\6", bytes(2428))
    same_name = Signature(LOG.name, b"\0\0\0\1", bytes(64))
    same_id = Signature("another.example", LOG.verifier.id, bytes(64))
    note = NOTE.adding(unknown, same_name, same_id)
    assert verify(Note.parse(note.encode()), [LOG.verifier]) == (LOG.verifier,)


def test_a_bad_signature_of_a_known_key_rejects_the_note() -> None:
    for bad in (bytes(64), NOTE.signatures[0].value[:-1], NOTE.signatures[0].value + b"\0"):
        note = sign(NOTE.text, OTHER).adding(Signature(LOG.name, LOG.verifier.id, bad))
        verify(note, [OTHER.verifier])
        with pytest.raises(VerificationError, match=r"log\.example/election: the signature does not hold"):
            verify(note, [OTHER.verifier, LOG.verifier])
    with pytest.raises(VerificationError, match="does not hold"):
        verify(Note("another text\n", NOTE.signatures), [LOG.verifier])


def test_a_note_without_known_signatures_is_rejected() -> None:
    for keys in ([], [OTHER.verifier], [key_of(LOG.name + "2").verifier]):
        with pytest.raises(VerificationError, match="no known key"):
            verify(NOTE, keys)


def test_keys_of_the_other_kind_are_refused() -> None:
    with pytest.raises(CheckError, match="cosignatures"):
        sign("text\n", witness_key("w.example"))
    with pytest.raises(CheckError, match="cosignatures"):
        verify(NOTE, [LOG.verifier, witness_key("w.example").verifier])


def test_keys_that_collide_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VerifierKey, "id", property(lambda _: b"same"))
    with pytest.raises(CheckError, match="same name and identifier"):
        verify(NOTE, [LOG.verifier, VerifierKey(LOG.name, KeyKind.ED25519, OTHER.verifier.public)])


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "an empty line"),
        (b"text\n", "an empty line"),
        (f"text\n{LINE}\n".encode(), "an empty line"),
        (b"text\n\n", "newline"),
        (DATA[:-1], "newline"),
        (DATA + b"\n", "newline"),
        (DATA + b"not a signature\n", "signature line"),
        (b"\xff" + DATA, "UTF-8 at byte 0"),
        (b"\xed\xa0\x80" + DATA, "UTF-8"),
        (b"tab\t" + DATA, "control character"),
        (b"\r" + DATA, "control character"),
        (b"\0" + DATA, "control character"),
        (DATA + DATA.rpartition(b"\n\n")[2] * 64, "more than 64"),
        (b"x" * (MAX_NOTE - len(DATA) + 1) + DATA, "bytes"),
        (f"text\n\n{LINE}\n{LINE.replace(' ', '  ')}\n".encode(), "name"),
        (f"text\n\n{LINE[1:]}\n".encode(), "signature line"),
        (f"text\n\n-{LINE[1:]}\n".encode(), "signature line"),
        ("text\n\n— name\n".encode(), "signature line"),
        ("text\n\n— name \n".encode(), "base64"),
        ("text\n\n—  QUFBQUE=\n".encode(), "name"),
        ("text\n\n— a+b QUFBQUE=\n".encode(), "name"),
        ("text\n\n— a\u00a0b QUFBQUE=\n".encode(), "name"),
        ("text\n\n— a\u2028b QUFBQUE=\n".encode(), "name"),
        (f"text\n\n— {'n' * 256} QUFBQUE=\n".encode(), "255 bytes"),
        ("text\n\n— name QUFBQQ==\n".encode(), "4 bytes"),
        ("text\n\n— name QUFBQUF=\n".encode(), "base64"),
        ("text\n\n— name QUFBQUE\n".encode(), "base64"),
        ("text\n\n— name QUFB*UE=\n".encode(), "base64"),
        ("text\n\n— name QUFBQUE= \n".encode(), "base64"),
        ("text\n\n— name QUFBQUE=x\n".encode(), "base64"),
        (f"text\n\n— name {to_base64(bytes(6200))}\n".encode(), "8192"),
    ],
)
def test_what_is_no_note_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(ParseError, match=problem):
        Note.parse(data)


def test_the_largest_note() -> None:
    signature = Signature("n" * 255, b"abcd", bytes(5000))
    signatures = tuple(Signature("n" * 255, bytes((0, 0, 0, number)), bytes(5000)) for number in range(64))
    note = Note("text\n", signatures)
    assert Note.parse(note.encode()) == note
    with pytest.raises(ParseError, match="64"):
        note.adding(signature)
    with pytest.raises(ParseError, match="bytes"):
        Note("x" * 100_000 + "\n", signatures).encode()


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "\ud800\n"])
def test_what_cannot_be_signed_is_refused(text: str) -> None:
    with pytest.raises(ParseError, match="note"):
        sign(text, LOG)


# ----------------------------------------------------------------------------------------------------------- keys


@pytest.mark.parametrize("kind", KeyKind)
def test_keys_are_written_and_read(kind: KeyKind) -> None:
    key = SigningKey.generate("a.example/log", kind)
    assert SigningKey.parse(key.reveal()).reveal() == key.reveal()
    assert VerifierKey.parse(str(key.verifier)) == key.verifier
    assert key.reveal().startswith("PRIVATE+KEY+a.example/log+")
    assert SigningKey.generate("a.example/log", kind).verifier != key.verifier
    assert (
        key_of("x", KeyKind.ED25519).verifier.id
        != VerifierKey("x", KeyKind.COSIGNATURE, key_of("x").verifier.public).id
    )


def test_private_keys_are_not_shown() -> None:
    secret = LOG.reveal().rpartition("+")[2]
    for shown in (repr(LOG), str(LOG), f"{LOG}", repr([LOG])):
        assert secret not in shown
        assert LOG.key.private_bytes_raw().hex() not in shown
        assert LOG.verifier.id.hex() in shown
    with pytest.raises(ParseError) as refusal:
        SigningKey.parse(LOG.reveal().replace(LOG.verifier.id.hex(), "00000000"))
    assert secret not in str(refusal.value)


VKEY = str(LOG.verifier)
NAME, ID, MATERIAL = VKEY.split("+", 2)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "name"),
        (NAME, "name"),
        (f"{NAME}+{ID}", "name"),
        (f"+{ID}+{MATERIAL}", "name"),
        (f"a b+{ID}+{MATERIAL}", "name"),
        (f"a\nb+{ID}+{MATERIAL}", "control"),
        (f"{NAME}2+{ID}+{MATERIAL}", "identifier is"),
        (f"{NAME}+{ID[:-1]}+{MATERIAL}", "8 lower-case"),
        (f"{NAME}+{ID.upper()}+{MATERIAL}", "8 lower-case"),
        (f"{NAME}+0x{ID[2:]}+{MATERIAL}", "8 lower-case"),
        (f"{NAME}+00000000+{MATERIAL}", "identifier is"),
        (f"{NAME}+{ID}+{MATERIAL[:-1]}", "base64"),
        (f"{NAME}+{ID}+", "base64"),
        (f"{NAME}+{ID}+{MATERIAL} ", "base64"),
        (f"{NAME}+{ID}+{to_base64(bytes((2,)) + LOG.verifier.public)}", "type 02"),
        (f"{NAME}+{ID}+{to_base64(bytes((6,)) + bytes(1312))}", "type 06"),
        (f"{NAME}+{ID}+{to_base64(bytes((1,)) + LOG.verifier.public[:-1])}", "trusted"),
        (f"{NAME}+{ID}+{to_base64(bytes((1,)) + LOG.verifier.public + bytes(1))}", "trusted"),
        (f"{NAME}+{ID}+{to_base64(bytes((1,)) + IDENTITY)}", "trusted"),
        (f"{NAME}+{ID}+{to_base64(bytes((1,)) + bytes((255,)) * 32)}", "trusted"),
        (f"{NAME}+{ID}+{to_base64(bytes(6200))}", "name"),
    ],
)
def test_what_is_no_verifier_key_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ParseError, match=problem):
        VerifierKey.parse(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (VKEY, "PRIVATE"),
        ("PRIVATE+KEY", "PRIVATE"),
        ("PRIVATE+KEY+name", "name"),
        (LOG.reveal().lower(), "PRIVATE"),
        (LOG.reveal().replace(LOG.verifier.id.hex(), "00000000"), "identifier"),
        (f"PRIVATE+KEY+{NAME}+{ID}+{to_base64(bytes((1,)) + bytes(31))}", "seed of 32"),
        (f"PRIVATE+KEY+{NAME}+{ID}+{to_base64(bytes((5,)) + bytes(32))}", "type 05"),
    ],
)
def test_what_is_no_signing_key_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ParseError, match=problem):
        SigningKey.parse(text)


# ----------------------------------------------------------------------------------------------------- properties


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=[chr(c) for c in range(32)]), max_size=40)
lines = st.lists(texts, min_size=1, max_size=5).map(lambda parts: "\n".join(parts) + "\n")
names = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="+"), min_size=1, max_size=20)
signatures = st.builds(Signature, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=100))


@given(lines, st.lists(signatures, min_size=1, max_size=4))
def test_parse_undoes_encode(text: str, signed: list[Signature]) -> None:
    note = Note(text, tuple(signed))
    assert Note.parse(note.encode()) == note


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_changed_note_is_refused(at: int, change: int) -> None:
    data = DATA[:at] + bytes((DATA[at] ^ change,)) + DATA[at + 1 :]
    with pytest.raises((ParseError, VerificationError)):
        verify(Note.parse(data), [LOG.verifier])


@given(st.binary(max_size=60))
def test_whatever_parses_is_written_the_same(tail: bytes) -> None:
    for data in (tail, DATA + tail, DATA[:-8] + tail):
        try:
            note = Note.parse(data)
        except ParseError:
            continue
        assert note.encode() == data


@pytest.mark.parametrize(
    "text", ["", "00", "01", "+1", "-1", " 1", "1 ", "1\n", "1_0", "٣", "0x1", str(1 << 63), "1" * 30]
)
def test_decimals_have_one_spelling(text: str) -> None:
    with pytest.raises(ParseError, match="decimal"):
        parse_decimal(text, "here", "size")
    assert parse_decimal(str((1 << 63) - 1), "here", "size") == (1 << 63) - 1
