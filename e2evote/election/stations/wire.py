"""How a station's requests are authenticated: an Ed25519 signature by its key over what it asks, and when.

Headers: ``X-E2EVote-Station`` (the device's number), ``X-E2EVote-Time`` (seconds since 1970), ``X-E2EVote-Signature``
(128 hex digits). What is signed is seven lines: format, H_E, device, time, path, SHA-256 of the body, and nothing.
"""

import hashlib
from collections.abc import Mapping

from e2evote.ed25519 import verify_signature
from e2evote.encoding import hex_of, parse_hex
from e2evote.errors import ParseError, VerificationError
from e2evote.messages.signing import SecretSigningKey

FORMAT = "e2evote-station/v1"
DEVICE, TIME, SIGNATURE = "X-E2EVote-Station", "X-E2EVote-Time", "X-E2EVote-Signature"
SKEW = 600
"""Seconds by which the clocks of station and server may differ."""


def signed_headers(key: SecretSigningKey, h_e: bytes, device: int, now: int, path: str, body: bytes) -> dict[str, str]:
    """Return the headers of a request."""
    signature = key.sign(_text(h_e, device, now, path, body))
    return {DEVICE: str(device), TIME: str(now), SIGNATURE: hex_of(signature)}


def claimed_device(headers: Mapping[str, str]) -> int:
    """Return the device that a request says it is of.

    Raises:
        ParseError: it does not say.
    """
    return _number(headers, DEVICE)


def verify_request(
    headers: Mapping[str, str], key: bytes, h_e: bytes, device: int, now: int, path: str, body: bytes
) -> None:
    """Accept a request that the station's key has signed, lately.

    Raises:
        ParseError: a header is missing or not in its form.
        VerificationError: the signature does not hold, or the clocks differ too much.
    """
    told = _number(headers, TIME)
    try:
        signature = parse_hex(headers.get(SIGNATURE), 64)
    except ValueError as error:
        raise ParseError("request", str(error), SIGNATURE) from None
    verify_signature(key, signature, _text(h_e, device, told, path, body), f"station {device}")
    if abs(now - told) > SKEW:
        raise VerificationError(f"station {device}: its clock differs from the server's by {abs(now - told)} seconds")


def _number(headers: Mapping[str, str], name: str) -> int:
    text = headers.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) <= 12) or (text[0] == "0" and text != "0"):
        raise ParseError("request", "expected a number", name)
    return int(text)


def _text(h_e: bytes, device: int, now: int, path: str, body: bytes) -> bytes:
    digest = hashlib.sha256(body).hexdigest()
    return f"{FORMAT}\n{hex_of(h_e)}\n{device}\n{now}\n{path}\n{digest}\n".encode()
