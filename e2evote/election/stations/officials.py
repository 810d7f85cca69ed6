"""Officials at a station: each has a PIN, which opens the Ed25519 key that signs for them there.

A PIN is eight digits that the program draws. What is kept (``private/officials.json``) is the key, sealed under the PIN
by Argon2id: whoever takes the machine away can try all PINs, with some 0.1 seconds and 64 MiB for each, so the keys are
worth something only together with the seals on the machine.
"""

import secrets
from pathlib import Path
from typing import Annotated

from annotated_types import MaxLen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from e2evote.election.stations.inventory import Name, Official, Role
from e2evote.encoding import Hex
from e2evote.errors import CheckError
from e2evote.files import write_atomically
from e2evote.messages.signing import SecretSigningKey
from e2evote.record.codec import Hash, RecordModel, dump, parse

FILE = "officials.json"
DIGITS = 8
_MEMORY, _ITERATIONS, _LANES = 2**16, 3, 4
_NONCE = bytes(12)


class SealedOfficial(RecordModel):
    """An official, with the key sealed under the PIN; a salt is used once."""

    name: Name
    role: Role
    key: Hash
    salt: Annotated[bytes, Hex(16)]
    sealed: Annotated[bytes, Hex(48)]

    @property
    def public(self) -> Official:
        """What everybody may know."""
        return Official(name=self.name, role=self.role, key=self.key)


class Officials(RecordModel):
    """The whole file."""

    officials: Annotated[tuple[SealedOfficial, ...], MaxLen(100)] = ()

    @classmethod
    def read(cls, private: Path) -> "Officials":
        """Read the file, none of which is nobody.

        Raises:
            ParseError: it is not in its form.
        """
        path = private / FILE
        return parse(cls, path.read_bytes().removesuffix(b"\n"), str(path)) if path.is_file() else cls()

    def with_new(self, name: str, role: Role) -> tuple["Officials", str]:
        """Return the officials with one more, and the PIN that only this return value has.

        Raises:
            CheckError: there is somebody of that name.
        """
        if any(official.name == name for official in self.officials):
            raise CheckError(f"there is an official {name!a} at this station already")
        pin = "".join(str(secrets.randbelow(10)) for _ in range(DIGITS))
        key, salt = SecretSigningKey.generate(), secrets.token_bytes(16)
        sealed = ChaCha20Poly1305(_stretched(pin, salt)).encrypt(_NONCE, key.seed, name.encode())
        made = SealedOfficial(name=name, role=role, key=key.public, salt=salt, sealed=sealed)
        return Officials(officials=(*self.officials, made)), pin

    def write(self, private: Path) -> None:
        """Write the file, for its owner alone."""
        write_atomically(private / FILE, dump(self) + b"\n", mode=0o600)

    def signing(self, name: str, pin: str) -> tuple[Official, SecretSigningKey]:
        """Return an official, and the key that a PIN opens.

        Raises:
            CheckError: there is nobody of that name, or the PIN is another; it does not say which.
        """
        found = next((official for official in self.officials if official.name == name), None)
        salt = found.salt if found is not None else bytes(16)
        stretched = _stretched(pin, salt)
        if found is not None:
            try:
                seed = ChaCha20Poly1305(stretched).decrypt(_NONCE, found.sealed, name.encode())
                return found.public, SecretSigningKey.of(seed)
            except InvalidTag:
                pass
        raise CheckError("there is no official with this name and PIN")


def _stretched(pin: str, salt: bytes) -> bytes:
    argon = Argon2id(salt=salt, length=32, iterations=_ITERATIONS, lanes=_LANES, memory_cost=_MEMORY)
    return argon.derive(pin.encode())
