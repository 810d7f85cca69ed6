"""Signed notes (C2SP signed-note): a text, and below it signature lines by named keys.

Signatures of type 0x01, Ed25519 over the text, are made and verified here; those of type 0x04 are cosignatures, see
``cosignature``. Lines by other keys and of other types are kept and ignored.

Narrower than the specification: names have at most 255 bytes, a signature line at most 8192, a note at most 64
signatures and 512 KiB; base64 has one spelling; keys of small order are refused, since under them anybody signs.
"""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from e2evote.board.lines import parse_base64, to_base64
from e2evote.ed25519 import check_signing_key, verify_signature
from e2evote.errors import CheckError, ParseError, VerificationError

MAX_NOTE = 512 * 1024
"""Bytes of a note; 64 signatures of the largest kind fit."""
MAX_SIGNATURES = 64
MAX_NAME = 255
"""Bytes of a key's name."""
MAX_LINE = 8192
"""Characters of a signature line; post-quantum signatures have up to 5 kB before base64."""

_DASH = "— "


class KeyKind(IntEnum):
    """What a key signs: the signature type of the specification."""

    ED25519 = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name; ``parse`` and ``str`` are the *vkey* text ``name+id+base64``.

    Raises:
        ParseError: the name is none, or the key none that Ed25519 signatures can be trusted under.
    """

    name: str
    kind: KeyKind
    public: bytes

    def __post_init__(self) -> None:
        _check_name(self.name, "verifier key")
        try:
            check_signing_key(self.public, self.name)
        except CheckError as error:
            raise ParseError("verifier key", str(error)) from None

    @property
    def id(self) -> bytes:
        """The key's identifier, 4 bytes."""
        # name, in UTF-8 ‖ 0A ‖ type, 1 byte ‖ public key, 32 bytes
        return hashlib.sha256(self.name.encode() + b"\n" + bytes((self.kind,)) + self.public).digest()[:4]

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read a vkey.

        Raises:
            ParseError: another form, a type other than 01 and 04, or an identifier that is not the key's.
        """
        where = "verifier key"
        name, identifier, material = _parts(text, where)
        key = cls(name, _kind(material, where), material[1:])
        if identifier != key.id.hex():
            raise ParseError(where, f"the identifier is {identifier}, but of this key it is {key.id.hex()}", name)
        return key

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{to_base64(bytes((self.kind,)) + self.public)}"


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A private key with its name; ``repr`` shows neither it nor its text."""

    name: str
    kind: KeyKind
    key: Ed25519PrivateKey

    def __post_init__(self) -> None:
        _check_name(self.name, "signing key")

    @classmethod
    def generate(cls, name: str, kind: KeyKind) -> "SigningKey":
        """Make a new key from the operating system's randomness.

        Raises:
            ParseError: the name is none.
        """
        return cls(name, kind, Ed25519PrivateKey.generate())

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, self.kind, self.key.public_key().public_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> "SigningKey":
        """Read ``PRIVATE+KEY+name+id+base64``, as Go's note package writes it.

        Raises:
            ParseError: another form, a type other than 01 and 04, or an identifier that is not the key's; the text
                of the error does not repeat the secret.
        """
        where = "signing key"
        prefix, rest = text[: len("PRIVATE+KEY+")], text[len("PRIVATE+KEY+") :]
        if prefix != "PRIVATE+KEY+":
            raise ParseError(where, "expected PRIVATE+KEY+name+id+base64")
        name, identifier, material = _parts(rest, where)
        kind = _kind(material, where)
        if len(material) != 33:
            raise ParseError(where, f"expected a seed of 32 bytes, found {len(material) - 1}", name)
        key = cls(name, kind, Ed25519PrivateKey.from_private_bytes(material[1:]))
        if identifier != key.verifier.id.hex():
            raise ParseError(where, f"the identifier is {identifier}, but of this key it is another", name)
        return key

    def reveal(self) -> str:
        """Return the text that ``parse`` reads: for the file in which the key is kept, and nothing else."""
        secret = bytes((self.kind,)) + self.key.private_bytes_raw()
        return f"PRIVATE+KEY+{self.name}+{self.verifier.id.hex()}+{to_base64(secret)}"

    def __repr__(self) -> str:
        """Show the public half."""
        return f"SigningKey({self.name}+{self.verifier.id.hex()}, …)"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: whose, and what stands behind the key's identifier."""

    name: str
    key_id: bytes
    value: bytes

    @classmethod
    def parse(cls, line: str, where: str = "signature") -> "Signature":
        """Read a line, without its newline.

        Raises:
            ParseError: another form.
        """
        if len(line) > MAX_LINE:
            raise ParseError(where, f"a signature line has more than {MAX_LINE} characters")
        name, space, encoded = line[len(_DASH) :].partition(" ")
        if not line.startswith(_DASH) or not space:
            raise ParseError(where, "expected a signature line: —, name, base64, with one space between them")
        _check_name(name, where)
        data = parse_base64(encoded, where, name)
        if len(data) < 5:
            raise ParseError(where, "expected 4 bytes of key identifier and a signature behind them", name)
        return cls(name, data[:4], data[4:])

    def __str__(self) -> str:
        """Return the line, without its newline."""
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.value)}"


Signatures: TypeAlias = tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends with a newline, and from 1 to 64 signatures.

    Raises:
        ParseError: the text has control characters or no newline at its end, or there are too few or many signatures.
    """

    text: str
    signatures: Signatures

    def __post_init__(self) -> None:
        _check_text(self.text)
        if not 1 <= len(self.signatures) <= MAX_SIGNATURES:
            raise ParseError("note", f"expected from 1 to {MAX_SIGNATURES} signatures, found {len(self.signatures)}")

    @classmethod
    def parse(cls, data: bytes) -> "Note":
        """Read a note; its signatures are not yet verified.

        Raises:
            ParseError: not a note in canonical form, or too large.
        """
        if len(data) > MAX_NOTE:
            raise ParseError("note", f"more than {MAX_NOTE} bytes")
        try:
            content = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ParseError("note", f"not UTF-8 at byte {error.start}") from None
        # The last empty line divides: a text may have some, signatures may not.
        text, divider, lines = content.rpartition("\n\n")
        if not divider or not lines.endswith("\n"):
            raise ParseError("note", "expected a text, an empty line, and signature lines that end with a newline")
        if lines.count("\n") > MAX_SIGNATURES:
            raise ParseError("note", f"more than {MAX_SIGNATURES} signatures")
        return cls(text + "\n", tuple(Signature.parse(line, "note") for line in lines[:-1].split("\n")))

    def encode(self) -> bytes:
        """Return the bytes of the note.

        Raises:
            ParseError: they would be too many.
        """
        data = "".join((self.text, "\n", *(f"{signature}\n" for signature in self.signatures))).encode()
        if len(data) > MAX_NOTE:
            raise ParseError("note", f"more than {MAX_NOTE} bytes")
        return data

    def adding(self, *signatures: Signature) -> "Note":
        """Return the note with these signatures behind its own; a line that is there already is not repeated.

        Raises:
            ParseError: they are more than a note may have.
        """
        return Note(self.text, tuple(dict.fromkeys((*self.signatures, *signatures))))

    def signatures_by(self, keys: Collection[VerifierKey]) -> Iterator[tuple[VerifierKey, Signature]]:
        """Yield the signatures that claim to be by one of the keys, which agree in name and identifier.

        Raises:
            CheckError: two of the keys have the same name and identifier.
        """
        known = {(key.name, key.id): key for key in keys}
        if len(known) < len(set(keys)):
            raise CheckError("two known keys have the same name and identifier: a signature does not say whose it is")
        for signature in self.signatures:
            if key := known.get((signature.name, signature.key_id)):
                yield key, signature


def sign(text: str, key: SigningKey) -> Note:
    """Return the text, which ends with a newline, signed by an Ed25519 key.

    Raises:
        ParseError: the text is none that a note may have.
        CheckError: the key is a witness's.
    """
    if key.kind is not KeyKind.ED25519:
        raise CheckError(f"{key.name}: a key for cosignatures signs nothing else")
    _check_text(text)
    return Note(text, (Signature(key.name, key.verifier.id, key.key.sign(text.encode())),))


def verify(note: Note, keys: Collection[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Return those of the keys that signed the note, at least one.

    Signatures by other keys are ignored; a bad one by a key that is known rejects the whole note.

    Raises:
        VerificationError: a known key's signature does not hold, or no known key has signed.
        CheckError: a key is a witness's, or two have the same name and identifier.
    """
    if any(key.kind is not KeyKind.ED25519 for key in keys):
        raise CheckError("a key for cosignatures verifies nothing else")
    signers: dict[VerifierKey, None] = {}
    for key, signature in note.signatures_by(keys):
        verify_signature(key.public, signature.value, note.text.encode(), f"note: {key.name}")
        signers[key] = None
    if not signers:
        raise VerificationError("note: no known key has signed it")
    return tuple(signers)


def _check_text(text: str) -> None:
    if not text.endswith("\n"):
        raise ParseError("note", "expected a newline at the end of the text")
    _check_characters(text.replace("\n", ""), "note")


def _check_name(name: str, where: str) -> None:
    _check_characters(name, where)
    if not name or "+" in name or any(character.isspace() for character in name):
        raise ParseError(where, "expected a name without spaces and plus signs")
    if len(name.encode()) > MAX_NAME:
        raise ParseError(where, f"a name has more than {MAX_NAME} bytes")


def _check_characters(text: str, where: str) -> None:
    if any(character < " " for character in text):
        raise ParseError(where, "a control character")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ParseError(where, "half of a surrogate pair")


def _parts(text: str, where: str) -> tuple[str, str, bytes]:
    """Return name, identifier in hex, and type with key of ``name+id+base64``."""
    parts = text.split("+", 2)
    if len(parts) != 3 or len(text) > MAX_LINE:
        raise ParseError(where, "expected name+id+base64")
    name, identifier, encoded = parts
    _check_name(name, where)
    if len(identifier) != 8 or set(identifier) - set("0123456789abcdef"):
        raise ParseError(where, "expected an identifier of 8 lower-case hex digits", name)
    return name, identifier, parse_base64(encoded, where, name)


def _kind(material: bytes, where: str) -> KeyKind:
    try:
        return KeyKind(material[0])
    except ValueError:
        raise ParseError(where, f"signature type {material[0]:02x} is not supported, only 01 and 04") from None
