"""H, H_q, the table of domain tags, key derivation, and the hashes and nonces that chain an election together.

The protocol's only caller of hmac and hashlib. Every hashed message is a concatenation of fixed-width parts, and its
length is asserted: a wrong length is a bug before it is a wrong hash.
"""

import hashlib
import hmac
from enum import IntEnum
from typing import NamedTuple, TypeAlias

from e2evote.encoding import b
from e2evote.group.elements import Element, Group, Scalar, SecretScalar

Part: TypeAlias = bytes | int | Element | Scalar
"""What is hashed: raw bytes, a small integer (4 bytes), an element (l_p bytes), a scalar (32 bytes)."""

VERSION = "v2.1.0"
VERSION_KEY = VERSION.encode() + bytes(26)
"""ver: the version, padded with zero bytes on the right to 32."""


class Tag(IntEnum):
    """The first byte of every hashed message, by use (EG-2.1 §5.5)."""

    PARAMETER_BASE = 0x00
    ELECTION_BASE = 0x01
    GUARDIAN_PROOF = 0x10
    SHARE_KEY = 0x11
    SHARE_PROOF = 0x12
    GUARDIAN_RECORD = 0x13
    EXTENDED_BASE = 0x14
    SELECTION_IDENTIFIER = 0x20
    SELECTION_NONCE = 0x21
    BALLOT_NONCE_KEY = 0x22
    BALLOT_NONCE_PROOF = 0x23
    RANGE_PROOF = 0x24
    CONTEST_DATA_NONCE = 0x25
    CONTEST_DATA_KEY = 0x26
    CONTEST_DATA_PROOF = 0x27
    CONTEST = 0x28
    CONFIRMATION_CODE = 0x29
    DEVICE = 0x2A
    CHAIN_CLOSE = 0x2B
    TALLY_COMMITMENT = 0x30
    TALLY_PROOF = 0x31
    CONTEST_DATA_COMMITMENT = 0x32
    CONTEST_DATA_DECRYPTION = 0x33
    SELECTION_VECTOR = 0x40
    PRE_ENCRYPTED_CONTEST = 0x41
    PRE_ENCRYPTED_CODE = 0x42
    PRE_ENCRYPTED_DEVICE = 0x43
    PRE_ENCRYPTED_CHAIN_CLOSE = 0x44
    PRE_ENCRYPTION_NONCE = 0x45


class CodeTags(NamedTuple):
    """First bytes of what is hashed for the codes and the chain of a device, by what the device makes."""

    code: Tag
    device: Tag
    chain_close: Tag


ORDINARY = CodeTags(Tag.CONFIRMATION_CODE, Tag.DEVICE, Tag.CHAIN_CLOSE)
PRE_ENCRYPTED = CodeTags(Tag.PRE_ENCRYPTED_CODE, Tag.PRE_ENCRYPTED_DEVICE, Tag.PRE_ENCRYPTED_CHAIN_CLOSE)


class OwnTag(IntEnum):
    """First bytes of messages that the specification does not have: from E0, where it uses none."""

    SHARE_OPENING = 0xE0
    INVITATION = 0xE1
    ROSTER = 0xE2
    DECRYPTION = 0xE3
    STATEMENT = 0xE4
    MESSAGE = 0xE5
    SEEN = 0xE6
    FINGERPRINT = 0xE7
    KEY_CHECK = 0xE8
    FIELD_RELATION = 0xE9


def H(key: bytes, tag: Tag | OwnTag, *parts: Part, length: int) -> bytes:  # noqa: N802  (the specification's name)
    """Return H(key; tag ‖ parts), HMAC-SHA-256 with a 32-byte key.

    Raises:
        AssertionError: the message is not ``length`` bytes long, or the key not 32.

    Spec: EG-2.1 §5.2, eq. 130
    """
    message = bytes((tag,)) + b"".join(map(_encoded, parts))
    if len(message) != length or len(key) != 32:
        raise AssertionError(f"{tag.name}: {len(message)} bytes hashed, {length} expected; key of {len(key)}")
    return hmac.digest(key, message, hashlib.sha256)


def H_q(group: Group, key: bytes, tag: Tag | OwnTag, *parts: Part, length: int) -> Scalar:  # noqa: N802
    """Return H(key; tag ‖ parts) as an integer mod q.

    Spec: EG-2.1 §5.4, eq. 132
    """
    return group.scalar(int.from_bytes(H(key, tag, *parts, length=length), "big"))


def _encoded(part: Part) -> bytes:
    if not isinstance(part, int):
        return bytes(part)
    if not 0 <= part < 1 << 31:
        raise AssertionError(f"small integer out of range: {part}")
    return b(part, 4)


def kdf(key: bytes, counter: bytes, label: bytes, context: bytes, length: bytes, *, message_length: int) -> bytes:
    """Return one 32-byte block: HMAC(key, counter ‖ label ‖ 00 ‖ context ‖ length).

    The three uses differ in the widths of counter and length; the callers give both as bytes.

    Raises:
        AssertionError: the message is not ``message_length`` bytes long, or the key not 32.

    Spec: EG-2.1 §3.2.2, eqs. 17, 18
    """
    message = counter + label + b"\0" + context + length
    if len(message) != message_length or len(key) != 32:
        raise AssertionError(f"KDF: {len(message)} bytes hashed, {message_length} expected; key of {len(key)}")
    return hmac.digest(key, message, hashlib.sha256)


def parameter_base_hash(group: Group, n: int, k: int) -> bytes:
    """Return H_P = H(ver; 00, p, q, g, n, k).

    Spec: EG-2.1 §3.1.2, eq. 4
    """
    l_p = group.l_p
    # 00 ‖ p(l_p) ‖ q(32) ‖ g(l_p) ‖ n(4) ‖ k(4): 1065 bytes with the standard parameters
    p, q = b(int(group.p), l_p), b(int(group.q), 32)
    return H(VERSION_KEY, Tag.PARAMETER_BASE, p, q, group.g, n, k, length=41 + 2 * l_p)


def base_hash(h_p: bytes, manifest: bytes) -> bytes:
    """Return H_B = H(H_P; 01, len(manifest), manifest), over the bytes of the manifest file.

    Spec: EG-2.1 §3.1.4, eq. 5
    """
    # 01 ‖ len(4) ‖ manifest
    return H(h_p, Tag.ELECTION_BASE, len(manifest), manifest, length=5 + len(manifest))


def extended_base_hash(h_b: bytes, K: Element, K_hat: Element) -> bytes:
    """Return H_E = H(H_B; 14, K, K̂).

    Spec: EG-2.1 §3.2.3, eq. 30
    """
    # 14 ‖ K(l_p) ‖ K̂(l_p): 1025 bytes
    return H(h_b, Tag.EXTENDED_BASE, K, K_hat, length=1 + 2 * K.group.l_p)


def selection_identifier_hash(h_e: bytes, id_b: bytes) -> bytes:
    """Return H_I = H(H_E; 20, id_B).

    Spec: EG-2.1 §3.3.2, eq. 32
    """
    # 20 ‖ id_B(32): 33 bytes
    return H(h_e, Tag.SELECTION_IDENTIFIER, id_b, length=33)


def selection_nonce(group: Group, h_i: bytes, ind_c: int, ind_o: int, xi_b: bytes) -> SecretScalar:
    """Return ξ_{i,j} = H_q(H_I; 21, ind_c, ind_o, ξ_B).

    Spec: EG-2.1 §3.3.3, eq. 33
    """
    # 21 ‖ ind_c(4) ‖ ind_o(4) ‖ ξ_B(32): 41 bytes
    return group.secret(H_q(group, h_i, Tag.SELECTION_NONCE, ind_c, ind_o, xi_b, length=41).value)


def contest_data_nonce(group: Group, h_i: bytes, ind_c: int, xi_b: bytes) -> SecretScalar:
    """Return ξ = H_q(H_I; 25, ind_c, ξ_B).

    Spec: EG-2.1 §3.3.10, eq. 64
    """
    # 25 ‖ ind_c(4) ‖ ξ_B(32): 37 bytes
    return group.secret(H_q(group, h_i, Tag.CONTEST_DATA_NONCE, ind_c, xi_b, length=37).value)


def pre_encryption_nonce(group: Group, h_i: bytes, ind_c: int, j: int, k: int, xi_b: bytes) -> SecretScalar:
    """Return ξ_{i,j,k} = H_q(H_I; 45, i, j, k, ξ_B), of the k-th encryption in the j-th vector of contest i.

    Spec: EG-2.1 §4.2.1, eq. 121
    """
    # 45 ‖ i(4) ‖ j(4) ‖ k(4) ‖ ξ_B(32): 45 bytes
    return group.secret(H_q(group, h_i, Tag.PRE_ENCRYPTION_NONCE, ind_c, j, k, xi_b, length=45).value)


def device_hash(h_e: bytes, device_info: str, tags: CodeTags = ORDINARY) -> bytes:
    """Return H_DI = H(H_E; 2A, len(S_device), S_device), S_device in UTF-8; with 43 if it pre-encrypts.

    Spec: EG-2.1 §3.4.3, eq. 72; §4.1.4, eq. 119
    """
    s_device = device_info.encode()
    # 2A or 43 ‖ len(4) ‖ S_device
    return H(h_e, tags.device, len(s_device), s_device, length=5 + len(s_device))
