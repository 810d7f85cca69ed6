"""Keys, logs and witnesses for tests; the same in every run."""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from e2evote.board.notes import KeyKind, SigningKey

VECTORS = Path(__file__).parents[2] / "vectors"
ORIGIN = "log.example/election"


def examples() -> dict[str, Any]:
    """The examples in the C2SP specifications."""
    return json.loads((VECTORS / "c2sp-examples.json").read_text())


@cache
def key_of(name: str, kind: KeyKind = KeyKind.ED25519) -> SigningKey:
    """A key from the hash of its name and kind."""
    seed = sha256(f"{kind} {name}".encode()).digest()
    return SigningKey(name, kind, Ed25519PrivateKey.from_private_bytes(seed))


def witness_key(name: str) -> SigningKey:
    """A key for cosignatures."""
    return key_of(name, KeyKind.COSIGNATURE)


LOG = key_of(ORIGIN)
WITNESSES = tuple(witness_key(f"witness{number}.example") for number in range(1, 5))
