"""Long-term signing keys of guardians: Ed25519 (RFC 8032)."""

from dataclasses import dataclass
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from e2evote.encoding import Hex

PublicSigningKey = Annotated[bytes, Hex(32)]
"""An Ed25519 public key as RFC 8032 encodes it."""
Signature = Annotated[bytes, Hex(64)]
"""An Ed25519 signature."""


@dataclass(frozen=True, slots=True, repr=False)
class SecretSigningKey:
    """The secret half; ``seed`` is what a key file stores."""

    key: Ed25519PrivateKey

    @classmethod
    def generate(cls) -> "SecretSigningKey":
        """Make a new key from the operating system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def of(cls, seed: bytes) -> "SecretSigningKey":
        """Take the key from its 32 bytes."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def seed(self) -> bytes:
        """The 32 bytes that are the secret."""
        return self.key.private_bytes_raw()

    @property
    def public(self) -> bytes:
        """The public half, 32 bytes."""
        return self.key.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """Return the signature, 64 bytes."""
        return self.key.sign(data)

    def __repr__(self) -> str:
        """Show nothing."""
        return "SecretSigningKey(…)"
