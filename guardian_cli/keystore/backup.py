"""The backup: the long-term secret in 160 sealed bytes, small enough for paper.

It is sealed like the vault (``sealed``), under a passphrase of its own choice, and bound to the election by H_E. Nonces
of decryptions are never in it: a copy that could answer would answer twice. What is restored is a vault that says so
(``vault.restored``).

Format: docs/formats/guardian-secrets.md.
"""

import hashlib
from dataclasses import dataclass
from typing import Self

from e2evote.encoding import b, hex_of, parse_hex
from e2evote.errors import CheckError, ParseError
from e2evote.group.elements import L_Q, Group
from e2evote.group.randomness import SYSTEM, Randomness
from e2evote.secret_sharing import SecretKeyShares
from guardian_cli.keystore.content import SecretLongTerm
from guardian_cli.keystore.passphrase import SecretPassphrase
from guardian_cli.keystore.sealed import (
    CHECK_BYTES,
    SALT_BYTES,
    STANDARD,
    TAG_BYTES,
    Argon2,
    Binding,
    Header,
    Sealed,
    SecretKey,
    seal,
    sealed_of,
    unseal,
)

SIZE = 160
PREFIX = "E2EVOTE:GUARDIAN-BACKUP:"

_VERSION = 1
_PLAIN = 32 + 2 * L_Q
_ELECTION = 4
_SHA256 = 4


@dataclass(frozen=True, slots=True)
class Backup:
    """The 160 bytes, whose checksum and costs are in order; what they hold is known to the passphrase only."""

    data: bytes

    @classmethod
    def of(cls, data: bytes, where: str) -> Self:
        """Read a backup.

        Raises:
            ParseError: the length, the checksum, the version, a cost or the guardian is not that of a backup.
        """
        if len(data) != SIZE:
            raise ParseError(where, f"a backup has {SIZE} bytes, found {len(data)}")
        if hashlib.sha256(data[:-_SHA256]).digest()[:_SHA256] != data[-_SHA256:]:
            raise ParseError(where, "the checksum over everything does not fit; something was copied wrong")
        if data[0] != _VERSION:
            raise ParseError(where, f"version {data[0]} of the backup; expected {_VERSION}")
        try:
            Argon2(memory_log2=data[1], iterations=data[2], lanes=data[3])
        except ValueError:
            raise ParseError(where, "the costs of Argon2id are out of bounds") from None
        backup = cls(data)
        if not 1 <= backup.guardian < 2**31:
            raise ParseError(where, f"there can be no guardian {backup.guardian}")
        return backup

    @classmethod
    def of_text(cls, text: str, where: str) -> Self:
        """Read what a QR code holds; blanks and line ends that a scanner added do not matter.

        Raises:
            ParseError: it is no backup, or not in order.
        """
        joined = "".join(text.split())
        if not joined.startswith(PREFIX):
            raise ParseError(where, f"expected a text that begins with {PREFIX}")
        try:
            data = parse_hex(joined.removeprefix(PREFIX))
        except ValueError as error:
            raise ParseError(where, str(error)) from None
        return cls.of(data, where)

    def text(self) -> str:
        """Return what the QR code holds: upper-case letters, digits, ':' and '-' only, which makes the code small."""
        return PREFIX + hex_of(self.data)

    @property
    def guardian(self) -> int:
        """Whose it says it is."""
        return int.from_bytes(self.data[4:8], "big")

    @property
    def election(self) -> bytes:
        """The first four bytes of H_E."""
        return self.data[8 : 8 + _ELECTION]

    @property
    def argon2(self) -> Argon2:
        """What its passphrase costs."""
        return Argon2(memory_log2=self.data[1], iterations=self.data[2], lanes=self.data[3])


def make_backup(
    secret: SecretLongTerm,
    passphrase: SecretPassphrase,
    argon2: Argon2 = STANDARD,
    rng: Randomness = SYSTEM,
) -> Backup:
    """Seal the long-term secret."""
    i = secret.shares.i
    plain = secret.identity.data + bytes(secret.shares.z) + bytes(secret.shares.z_hat)
    sealed = seal(plain, passphrase, _binding(secret.h_e, i), argon2, rng)
    header = sealed.header
    # version(1) ‖ memory(1) ‖ iterations(1) ‖ lanes(1) ‖ i(4) ‖ H_E(4) ‖ salt(16) ‖ check(16) ‖ ciphertext(112):
    # 156 bytes, and 4 of their SHA-256
    costs = bytes([_VERSION, argon2.memory_log2, argon2.iterations, argon2.lanes])
    data = costs + b(i, 4) + secret.h_e[:_ELECTION] + header.salt + header.check + sealed.ciphertext
    return Backup(data + hashlib.sha256(data).digest()[:_SHA256])


def open_backup(
    backup: Backup, passphrase: SecretPassphrase, group: Group, h_e: bytes, i: int, where: str = "backup"
) -> SecretLongTerm:
    """Return the long-term secret of guardian i in the election with H_E.

    Raises:
        CheckError: the backup is another election's or another guardian's.
        WrongPassphraseError: the passphrase is another.
        VerificationError: somebody changed the backup, or it belongs to an election whose H_E begins alike.
    """
    if backup.election != h_e[:_ELECTION]:
        raise CheckError(f"{where}: this backup belongs to another election")
    if backup.guardian != i:
        raise CheckError(f"{where}: this is guardian {backup.guardian}'s; expected guardian {i}'s")
    sealed = _sealed(backup, _binding(h_e, i))
    plain = unseal(sealed, passphrase, sealed.header.binding, where)
    identity, z, z_hat = plain[:32], plain[32 : 32 + L_Q], plain[32 + L_Q :]
    numbers = [int.from_bytes(part, "big") for part in (z, z_hat)]
    if len(plain) != _PLAIN or max(numbers) >= group.q:
        raise ParseError(where, "what was sealed is not a guardian's secret")
    return SecretLongTerm(SecretKey(identity), SecretKeyShares(i, *map(group.secret, numbers)), h_e)


def _sealed(backup: Backup, binding: Binding) -> Sealed:
    start = 8 + _ELECTION
    salt, check = backup.data[start : start + SALT_BYTES], backup.data[start + SALT_BYTES :][:CHECK_BYTES]
    header = Header(format="e2evote-sealed", version=1, binding=binding, argon2=backup.argon2, salt=salt, check=check)
    return sealed_of(header, backup.data[-_SHA256 - _PLAIN - TAG_BYTES : -_SHA256])


def _binding(h_e: bytes, i: int) -> Binding:
    return Binding(purpose="guardian backup", election=h_e, guardian=i)
