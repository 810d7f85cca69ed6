"""What is hashed, written out byte by byte from the tables of §5.5 and the key derivations, without the library.

``LAYOUTS`` has the hashes of every case of ``freeze`` in their order, from the same inputs as integers and bytes. The
encodings are the oracle's, which shares no code with the library either; the library's calls must give the same bytes.
Letters are the specification's. Where a table and its equation differ, docs/adr/0012-readings.md says what holds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from tests.oracle.arithmetic import Group, b, mac, prefixed, scalars, small

VER = bytes.fromhex("76322E312E30") + bytes(26)
DEVICE = prefixed("صندوق ۱".encode())
U = small(2) + small(1) + small(3)
"""The guardians 1 and 3 with their number."""
SIMPLE_CHAIN = bytes.fromhex("00000001")


class Layout(NamedTuple):
    """One hash: the equation, B_0 and B_1."""

    equation: str
    b_0: bytes
    b_1: bytes

    @property
    def hash(self) -> bytes:
        """HMAC-SHA-256(B_0, B_1)."""
        return mac(self.b_0, self.b_1)


@dataclass(frozen=True)
class Values:
    """The inputs: hashes by name, group elements and elements of Z_q by number, and 96 bytes."""

    group: Group
    h: dict[str, bytes]
    id_b: bytes
    xi_b: bytes
    element: tuple[int, ...]
    number: tuple[int, ...]
    blocks: bytes

    def of(self, *numbers: int) -> bytes:
        """Return the elements of these numbers, b(x, l_p) each."""
        return self.group.elements(*(self.element[n] for n in numbers))

    @property
    def parameters(self) -> bytes:
        """b(p, l_p), b(q, 32), b(g, l_p)."""
        return self.group.elements(self.group.p) + scalars(self.group.q) + self.group.elements(self.group.g)

    @property
    def sealed(self) -> bytes:
        """C_0, C_1 of two blocks, and C_2 = (c, v)."""
        return self.of(0) + self.blocks[:64] + scalars(*self.number[:2])


def _share_key(x: Values) -> list[Layout]:
    k = Layout("16", x.h["p"], b"\x11" + small(1) + small(2) + x.of(2, 0, 1))
    fixed = b"share_enc_keys\0share_encrypt" + small(1) + small(2) + bytes.fromhex("0200")
    return [k, Layout("17", k.hash, b"\x01" + fixed), Layout("18", k.hash, b"\x02" + fixed)]


def _ballot_nonce_key(x: Values) -> list[Layout]:
    h = Layout("35", x.h["i"], b"\x22" + x.of(0, 1))
    return [h, Layout("36", h.hash, b"\x01ballot_nonce\0ballot_nonce_encrypt" + bytes.fromhex("0100"))]


def _contest_data_key(x: Values) -> list[Layout]:
    h = Layout("65", x.h["i"], b"\x26" + small(3) + x.of(0, 1))
    fixed = b"data_enc_keys\0contest_data" + small(3) + b(3 * 256, 4)
    return [h, *(Layout("66", h.hash, b(i, 4) + fixed) for i in (1, 2, 3))]


def _chain_close(x: Values) -> list[Layout]:
    field = Layout("78", x.h["e"], b"\x2b" + x.h["last"] + SIMPLE_CHAIN + x.h["di"])
    return [field, Layout("77", x.h["e"], b"\x29" + SIMPLE_CHAIN + field.hash)]


def _pre_encrypted_chain_close(x: Values) -> list[Layout]:
    field = Layout("120", x.h["e"], b"\x44" + x.h["last"] + SIMPLE_CHAIN + x.h["di"])
    return [field, Layout("118", x.h["e"], b"\x42" + SIMPLE_CHAIN + field.hash)]


LAYOUTS: dict[str, Callable[[Values], list[Layout]]] = {
    "H_P": lambda x: [Layout("4", VER, b"\x00" + x.parameters + small(3) + small(2))],
    "H_B": lambda x: [Layout("5", x.h["p"], b"\x01" + small(2) + b"{}")],
    "guardian proof": lambda x: [
        Layout("11", x.h["p"], b"\x10" + bytes.fromhex("706B5F766F7465") + small(2) + x.of(0, 1, 2, 3, 4, 5))
    ],
    "guardian proof, data": lambda x: [
        Layout("13", x.h["p"], b"\x10" + bytes.fromhex("706B5F64617461") + small(2) + x.of(0, 1, 2, 3, 4, 5))
    ],
    "share key": _share_key,
    "share proof": lambda x: [Layout("22", x.h["p"], b"\x12" + small(1) + small(2) + x.of(3, 0) + x.blocks[:64])],
    # K, K̂; K_{1,0}, K_{1,1}, K_{2,0}, K_{2,1}; the same of K̂; κ_1, κ_2
    "H_G": lambda x: [Layout("27", x.h["b"], b"\x13" + x.of(10, 11, 0, 1, 5, 6, 2, 3, 7, 8, 4, 9))],
    "H_E": lambda x: [Layout("30", x.h["b"], b"\x14" + x.of(10, 11))],
    "H_I": lambda x: [Layout("32", x.h["e"], b"\x20" + x.id_b)],
    "selection nonce": lambda x: [Layout("33", x.h["i"], b"\x21" + small(3) + small(2) + x.xi_b)],
    "ballot nonce key": _ballot_nonce_key,
    "ballot nonce proof": lambda x: [Layout("38", x.h["i"], b"\x23" + x.of(3, 0) + x.blocks[:32])],
    "option proof": lambda x: [Layout("41", x.h["i"], b"\x24" + small(3) + small(2) + x.of(0, 1, 4, 5, 6, 7))],
    "option proof, R = 3": lambda x: [
        Layout("59", x.h["i"], b"\x24" + small(3) + small(2) + x.of(0, 1, 4, 5, 6, 7, 8, 9, 10, 11))
    ],
    "limit proof": lambda x: [Layout("62", x.h["i"], b"\x24" + small(3) + x.of(0, 1, 4, 5, 6, 7, 8, 9))],
    "field relation": lambda x: [Layout("own", x.h["i"], b"\xe9" + small(3) + small(5) + x.of(0, 1, 4, 5, 6, 7, 8, 9))],
    "contest data nonce": lambda x: [Layout("64", x.h["i"], b"\x25" + small(3) + x.xi_b)],
    "contest data key": _contest_data_key,
    "contest data proof": lambda x: [Layout("69", x.h["i"], b"\x27" + small(3) + x.of(3, 0) + x.blocks)],
    "χ": lambda x: [Layout("70", x.h["i"], b"\x28" + small(3) + x.of(0, 1, 2, 3))],
    "χ with contest data": lambda x: [Layout("70", x.h["i"], b"\x28" + small(3) + x.of(0, 1, 2, 3) + x.sealed)],
    "H_C": lambda x: [Layout("71", x.h["i"], b"\x29" + x.h["chi 1"] + x.h["chi 2"] + bytes(4) + x.h["di"])],
    "H_C, chained": lambda x: [
        Layout("71", x.h["i"], b"\x29" + x.h["chi 1"] + x.h["chi 2"] + SIMPLE_CHAIN + x.h["last"])
    ],
    "H_DI": lambda x: [Layout("72", x.h["e"], b"\x2a" + DEVICE)],
    "H_0": lambda x: [Layout("74", x.h["e"], b"\x29" + SIMPLE_CHAIN + x.h["di"])],
    "H̄": _chain_close,
    "ψ": lambda x: [Layout("113", x.h["i"], b"\x40" + x.of(0, 1, 2, 3))],
    "χ, pre-encrypted": lambda x: [
        Layout("115", x.h["i"], b"\x41" + small(3) + min(x.id_b, x.xi_b) + max(x.id_b, x.xi_b))
    ],
    "H_C, pre-encrypted": lambda x: [
        Layout("116", x.h["i"], b"\x42" + x.h["chi 1"] + x.h["chi 2"] + SIMPLE_CHAIN + x.h["last"])
    ],
    "H_DI, pre-encrypted": lambda x: [Layout("119", x.h["e"], b"\x43" + DEVICE)],
    "H_0, pre-encrypted": lambda x: [Layout("117", x.h["e"], b"\x42" + SIMPLE_CHAIN + x.h["di"])],
    "H̄, pre-encrypted": _pre_encrypted_chain_close,
    "pre-encryption nonce": lambda x: [Layout("121", x.h["i"], b"\x45" + small(3) + small(2) + small(1) + x.xi_b)],
    "tally commitment": lambda x: [
        Layout("88", x.h["e"], b"\x30" + small(3) + small(2) + small(3) + x.of(0, 1, 4, 5, 6) + U)
    ],
    "tally proof": lambda x: [Layout("90", x.h["e"], b"\x31" + small(3) + small(2) + x.of(0, 1, 4, 5, 6))],
    "contest data commitment": lambda x: [
        Layout("99", x.h["i"], b"\x32" + small(3) + small(3) + x.sealed + x.of(4, 5, 6) + U)
    ],
    "contest data decryption": lambda x: [Layout("101", x.h["i"], b"\x33" + small(3) + x.sealed + x.of(4, 5, 6))],
}
"""Case of ``freeze``: the hashes in their order."""

LETTERS: dict[str, dict[str, int]] = {
    "H_B": {"manifest": 2},
    "guardian proof": {"k": 2},
    "guardian proof, data": {"k": 2},
    "H_G": {"n": 2, "k": 2},
    "option proof, R = 3": {"R": 3},
    "limit proof": {"L": 2},
    "contest data proof": {"b": 3},
    "χ with contest data": {"m": 2, "b": 2},
    "H_C": {"m_B": 2},
    "H_C, chained": {"m_B": 2},
    "H_DI": {"S_device": len(DEVICE) - 4},
    "ψ": {"m": 2},
    "χ, pre-encrypted": {"m": 1, "L": 1},
    "H_C, pre-encrypted": {"m_B": 2},
    "H_DI, pre-encrypted": {"S_device": len(DEVICE) - 4},
    "tally commitment": {"U": 2},
    "contest data commitment": {"b": 2, "U": 2},
    "contest data decryption": {"b": 2},
}
"""Case: what the letters in the tables' lengths are."""
