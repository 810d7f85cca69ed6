"""The keys of the database about people, in a file outside of it.

One secret of 32 bytes; from it HKDF-SHA-256 makes a key for each use. Identifiers, tokens and codes are stored as
HMAC-SHA-256, what must be read again as ChaCha20-Poly1305, bound to its table and row, so that no row can be put in the
place of another.
"""

import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from e2evote.encoding import canonical_json, hex_of, parse_hex, strict_json
from e2evote.errors import CheckError, ParseError, StorageError
from e2evote.files import write_atomically

SIZE = 32
DIGEST = 32
"""Bytes of a stored hash."""

_FORMAT = "e2evote-people-key/v1"
_NONCE = 12


class SecretPeopleKey:
    """The secret and what is computed with it; it never shows itself."""

    def __init__(self, secret: bytes) -> None:
        """Take 32 bytes."""
        if len(secret) != SIZE:
            raise ValueError(f"expected {SIZE} bytes")
        self._secret = secret
        self._hashing = _derive(secret, "hash")
        self._cipher = ChaCha20Poly1305(_derive(secret, "seal"))

    def __repr__(self) -> str:
        return "SecretPeopleKey(…)"

    @classmethod
    def create(cls, path: Path) -> "SecretPeopleKey":
        """Draw a new key and write it, for the owner alone.

        Raises:
            CheckError: there is something of that name; a key is never overwritten.
        """
        if path.exists():
            raise CheckError(f"{path} exists already; without it the people's database cannot be read, so it stays")
        key = cls(secrets.token_bytes(SIZE))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = canonical_json({"format": _FORMAT, "secret": hex_of(key._secret)}) + b"\n"
        write_atomically(path, data, mode=0o600)
        return key

    @classmethod
    def read(cls, path: Path) -> "SecretPeopleKey":
        """Read a key's file.

        Raises:
            ParseError: it is missing or in another form.
            CheckError: others can read it.
        """
        if not path.is_file():
            raise ParseError(str(path), "the file is missing")
        if path.stat().st_mode & 0o077:
            raise CheckError(f"{path}: others can read this file; 'chmod 600' it, and think about who has read it")
        with path.open("rb") as file:
            found = strict_json(file.read(1024), str(path))
        if not isinstance(found, dict) or found.keys() != {"format", "secret"} or found["format"] != _FORMAT:
            raise ParseError(str(path), f"expected an object with format {_FORMAT!r} and secret")
        try:
            return cls(parse_hex(found["secret"], SIZE))
        except ValueError:
            raise ParseError(str(path), "expected 64 upper-case hex digits", "secret") from None

    def digest(self, use: str, *parts: bytes) -> bytes:
        """Return the 32 bytes under which something is stored or compared; different uses have nothing in common."""
        # HMAC input: for the use and each part, length(4) ‖ bytes.
        mac = HMAC(self._hashing, SHA256())
        for part in (use.encode(), *parts):
            mac.update(len(part).to_bytes(4, "big") + part)
        return mac.finalize()

    def seal(self, table: str, row: bytes, plain: bytes) -> bytes:
        """Return nonce(12) ‖ ciphertext ‖ tag(16), readable in this row of this table only."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, table.encode() + b"\0" + row)

    def open(self, table: str, row: bytes, sealed: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            StorageError: another key, another row, or it was changed.
        """
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], table.encode() + b"\0" + row)
        except (InvalidTag, ValueError):
            raise StorageError(
                f"people's database: a row of {table} is damaged or was written with another key"
            ) from None


def _derive(secret: bytes, use: str) -> bytes:
    return HKDF(SHA256(), SIZE, salt=None, info=f"e2evote/people/{use}".encode()).derive(secret)
