"""Sealed bytes: encrypted under a passphrase or a key, bound to what they are, whose, and of which election.

A salt is used for one sealing. From it and the passphrase (by Argon2id) or the key come, by HKDF, a key and a nonce
for ChaCha20-Poly1305 and a check value. Three things can be wrong with a file and are told apart: it is damaged (its
SHA-256 does not fit), the passphrase is another (the check value differs), somebody changed it (the cipher's tag
differs).

Format: docs/formats/guardian-secrets.md.
"""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple, Self

from annotated_types import Ge, Le, MinLen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from e2evote.encoding import Hex
from e2evote.errors import CheckError, ParseError, VerificationError
from e2evote.group.randomness import SYSTEM, Randomness
from e2evote.record.codec import Hash, Index, RecordModel, dump, parse
from guardian_cli.keystore.passphrase import SecretPassphrase

SALT_BYTES = 16
CHECK_BYTES = 16
TAG_BYTES = 16

Purpose = Literal["guardian vault", "decryption session", "guardian backup"]


class WrongPassphraseError(CheckError):
    """The passphrase is not the one that the file was sealed with."""


class Argon2(RecordModel):
    """Costs of Argon2id; the bounds keep a hostile file from taking the machine's memory or its day."""

    memory_log2: Annotated[int, Ge(5), Le(20)]
    """Memory is 2 to this power KiB: 20 is one GiB."""
    iterations: Annotated[int, Ge(1), Le(16)]
    lanes: Annotated[int, Ge(1), Le(4)]


STANDARD = Argon2(memory_log2=17, iterations=3, lanes=4)
"""128 MiB and three passes: between half a second and one on a laptop; twice the second choice of RFC 9106."""


class Binding(RecordModel):
    """What is sealed, of which election and whose: a file that is none of these does not open."""

    purpose: Purpose
    election: Hash
    guardian: Index


@dataclass(frozen=True, slots=True, repr=False)
class SecretKey:
    """32 random bytes that seal without a passphrase."""

    data: bytes

    def __post_init__(self) -> None:
        """Refuse another length."""
        if len(self.data) != 32:
            raise CheckError("a sealing key has 32 bytes")

    @classmethod
    def random(cls, rng: Randomness = SYSTEM) -> Self:
        """Choose one."""
        return cls(rng.bytes(32))

    def __repr__(self) -> str:
        """Show nothing."""
        return "SecretKey(…)"


class Header(RecordModel):
    """Everything but the ciphertext; its bytes are the cipher's associated data."""

    format: Literal["e2evote-sealed"]
    version: Literal[1]
    binding: Binding
    argon2: Argon2 | None = None
    """Left out where a key sealed the file."""
    salt: Annotated[bytes, Hex(SALT_BYTES)]
    check: Annotated[bytes, Hex(CHECK_BYTES)]


class Sealed(RecordModel):
    """A sealed file."""

    header: Header
    ciphertext: Annotated[bytes, Hex(), MinLen(TAG_BYTES)]
    sha256: Hash


class _Derived(NamedTuple):
    key: bytes
    nonce: bytes
    check: bytes


def seal(
    data: bytes, secret: SecretPassphrase | SecretKey, binding: Binding, argon2: Argon2, rng: Randomness = SYSTEM
) -> Sealed:
    """Encrypt bytes under a fresh salt; ``argon2`` is what a passphrase costs, a key costs nothing."""
    salt, cost = rng.bytes(SALT_BYTES), argon2 if isinstance(secret, SecretPassphrase) else None
    derived = _derive(secret, salt, cost)
    header = Header(format="e2evote-sealed", version=1, binding=binding, argon2=cost, salt=salt, check=derived.check)
    return sealed_of(header, ChaCha20Poly1305(derived.key).encrypt(derived.nonce, data, dump(header)))


def sealed_of(header: Header, ciphertext: bytes) -> Sealed:
    """Put header and ciphertext together with the checksum that finds damage."""
    return Sealed(header=header, ciphertext=ciphertext, sha256=_checksum(header, ciphertext))


def unseal(sealed: Sealed, secret: SecretPassphrase | SecretKey, binding: Binding, where: str) -> bytes:
    """Return the bytes that were sealed.

    Raises:
        ParseError: the file is damaged, or sealed by the other kind of secret.
        CheckError: it is something else than expected, another election's or another guardian's.
        WrongPassphraseError: the passphrase (or key) is another.
        VerificationError: the secret is right, but somebody changed the file.
    """
    header = sealed.header
    if sealed.sha256 != _checksum(header, sealed.ciphertext):
        raise ParseError(where, "the file is damaged: its SHA-256 is another; the backup has the key", "sha256")
    _check_binding(header.binding, binding, where)
    by_passphrase = isinstance(secret, SecretPassphrase)
    if by_passphrase != (header.argon2 is not None):
        raise ParseError(where, f"expected a file sealed by a {'passphrase' if by_passphrase else 'key'}", "argon2")
    derived = _derive(secret, header.salt, header.argon2)
    if not bytes_eq(derived.check, header.check):
        if by_passphrase:
            raise WrongPassphraseError(f"{where}: the passphrase is wrong; mind keyboard layout and capital letters")
        raise WrongPassphraseError(f"{where}: sealed with another key; it comes from another vault")
    try:
        return ChaCha20Poly1305(derived.key).decrypt(derived.nonce, sealed.ciphertext, dump(header))
    except InvalidTag:
        raise VerificationError(
            f"{where}: the passphrase is right, but the file was changed after it was sealed; do not use it"
        ) from None


def to_bytes(sealed: Sealed) -> bytes:
    """Return the file: one line of canonical JSON."""
    return dump(sealed) + b"\n"


def from_bytes(data: bytes, where: str) -> Sealed:
    """Read a sealed file.

    Raises:
        ParseError: naming file, field and what was expected.
    """
    if not data.endswith(b"\n"):
        raise ParseError(where, "expected one line of JSON with a line feed; the file is cut off")
    return parse(Sealed, data[:-1], where)


def _check_binding(found: Binding, expected: Binding, where: str) -> None:
    if found.purpose != expected.purpose:
        raise CheckError(f"{where}: this is a {found.purpose}; expected a {expected.purpose}")
    if found.election != expected.election:
        raise CheckError(f"{where}: this {found.purpose} belongs to another election")
    if found.guardian != expected.guardian:
        raise CheckError(f"{where}: this is guardian {found.guardian}'s; expected guardian {expected.guardian}'s")


def _checksum(header: Header, ciphertext: bytes) -> bytes:
    return hashlib.sha256(dump(header) + ciphertext).digest()


def _derive(secret: SecretPassphrase | SecretKey, salt: bytes, cost: Argon2 | None) -> _Derived:
    root = secret.data
    if cost is not None:
        memory = 2**cost.memory_log2
        argon2 = Argon2id(salt=salt, length=32, iterations=cost.iterations, lanes=cost.lanes, memory_cost=memory)
        root = argon2.derive(root)
    # key(32) ‖ nonce(12) ‖ check(16): 60 bytes
    data = HKDF(algorithm=SHA256(), length=60, salt=salt, info=b"e2evote-sealed 1").derive(root)
    return _Derived(data[:32], data[32:44], data[44:])
