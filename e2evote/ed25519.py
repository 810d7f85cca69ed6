"""Ed25519 (RFC 8032) as everybody here verifies it: keys of small order refused."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from e2evote.errors import CheckError, VerificationError

_P = 2**255 - 19
_Y_OF_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER = frozenset({0, 1, _P - 1, _Y_OF_ORDER_8, _P - _Y_OF_ORDER_8})


def check_signing_key(key: bytes, who: str) -> None:
    """Accept a key under which a signature says who signed: canonical, and not of small order.

    Raises:
        CheckError: otherwise; under a key of small order anybody can make signatures.
    """
    y = int.from_bytes(key, "little") & (2**255 - 1)
    if len(key) != 32 or y >= _P or y in _SMALL_ORDER:
        raise CheckError(f"{who}: the signing key is none that Ed25519 signatures can be trusted under")


def verify_signature(key: bytes, signature: bytes, data: bytes, who: str) -> None:
    """Accept a signature.

    Raises:
        VerificationError: it is not the key's signature of these bytes.
    """
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
    except (InvalidSignature, ValueError):
        raise VerificationError(f"{who}: the signature does not hold") from None
