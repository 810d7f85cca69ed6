"""The equations that a verifier recomputes, each under its number.

Names are those of the specification: h_i is H_I, ind_c the contest index, ind_o the option index, aggregate (A, B),
big_m M. Elements are integers, hashes 32 bytes.

Spec: EG-2.1 §3.1–3.6
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .arithmetic import Group, b, h, mac, prefixed, scalars, small

VERSION = "v2.1.0"


class Ciphertext(NamedTuple):
    """(alpha, beta).

    Spec: EG-2.1 §3.3.1, eq. 31
    """

    alpha: int
    beta: int


class HashedElGamal(NamedTuple):
    """(C_0, C_1, C_2) with C_2 = (c, v), a Schnorr proof of the nonce.

    Spec: EG-2.1 §3.3.4; §3.3.10
    """

    c_0: int
    c_1: bytes
    c: int
    v: int


def parameter_base_hash(group: Group, n: int, k: int) -> bytes:
    """H_P = H(ver; 0x00, p, q, g, n, k).

    Spec: EG-2.1 §3.1.2, eq. 4
    """
    ver = VERSION.encode() + bytes(26)
    p, q, g = group.elements(group.p), scalars(group.q), group.elements(group.g)
    return h(ver, 0x00, p, q, g, small(n), small(k))


def election_base_hash(h_p: bytes, manifest: bytes) -> bytes:
    """H_B = H(H_P; 0x01, manifest), the manifest as a file.

    Spec: EG-2.1 §3.1.4, eq. 5
    """
    return h(h_p, 0x01, prefixed(manifest))


def schnorr_commitment(group: Group, base: int, image: int, c: int, v: int) -> int:
    """base^v * image^c mod p: what a prover of image = base^secret committed to.

    Spec: EG-2.1 §3.2.2, box 2 (2.1); §3.3.4, eq. 38; §3.3.10, eq. 69
    """
    return group.times(group.power(base, v), group.power(image, c))


def guardian_challenge(
    group: Group, h_p: bytes, purpose: str, i: int, commitments: Sequence[int], kappa: int, h_ij: Sequence[int]
) -> int:
    """c_i = H_q(H_P; 0x10, purpose, i, K_i0, ..., kappa_i, h_i0, ..., h_ik).

    Spec: EG-2.1 §3.2.2, eqs. 11, 13
    """
    keys = group.elements(*commitments, kappa)
    return group.h_q(h_p, 0x10, purpose.encode(), small(i), keys, group.elements(*h_ij))


def extended_base_hash(group: Group, h_b: bytes, k_vote: int, k_data: int) -> bytes:
    """H_E = H(H_B; 0x14, K, K_hat).

    Spec: EG-2.1 §3.2.3, eq. 30
    """
    return h(h_b, 0x14, group.elements(k_vote, k_data))


def identifier_hash(h_e: bytes, id_b: bytes) -> bytes:
    """H_I = H(H_E; 0x20, id_B).

    Spec: EG-2.1 §3.3.2, eq. 32
    """
    return h(h_e, 0x20, id_b)


def ballot_nonce_challenge(group: Group, h_i: bytes, a: int, c_0: int, c_1: bytes) -> int:
    """c_B = H_q(H_I; 0x23, a_B, C_0, C_1).

    Spec: EG-2.1 §3.3.4, eq. 38
    """
    return group.h_q(h_i, 0x23, group.elements(a, c_0), c_1)


def range_proof_commitments(
    group: Group, key: int, ciphertext: Ciphertext, challenges: Sequence[int], responses: Sequence[int]
) -> list[tuple[int, int]]:
    """(a_j, b_j) for j = 0, 1, ..., where w_j = (v_j - j c_j) mod q.

    Spec: EG-2.1 §3.3.7, box 6 (6.1, 6.2); §3.3.8, box 7 (7.3, 7.4)
    """
    commitments = []
    for j, (c_j, v_j) in enumerate(zip(challenges, responses, strict=True)):
        w_j = (v_j - j * c_j) % group.q
        a_j = group.times(group.power(group.g, v_j), group.power(ciphertext.alpha, c_j))
        b_j = group.times(group.power(key, w_j), group.power(ciphertext.beta, c_j))
        commitments.append((a_j, b_j))
    return commitments


def interleaved(pairs: Iterable[tuple[int, int]]) -> list[int]:
    """a_0, b_0, a_1, b_1, ..."""
    return [value for pair in pairs for value in pair]


def option_challenge(
    group: Group, h_i: bytes, ind_c: int, ind_o: int, ciphertext: Ciphertext, commitments: Sequence[tuple[int, int]]
) -> int:
    """c = H_q(H_I; 0x24, ind_c, ind_o, alpha, beta, a_0, b_0, ..., a_R, b_R).

    Spec: EG-2.1 §3.3.7, eq. 59
    """
    elements = group.elements(*ciphertext, *interleaved(commitments))
    return group.h_q(h_i, 0x24, small(ind_c), small(ind_o), elements)


def limit_challenge(
    group: Group, h_i: bytes, ind_c: int, total: Ciphertext, commitments: Sequence[tuple[int, int]]
) -> int:
    """c = H_q(H_I; 0x24, ind_c, alpha_bar, beta_bar, a_0, b_0, ..., a_L, b_L).

    Spec: EG-2.1 §3.3.8, eq. 62
    """
    return group.h_q(h_i, 0x24, small(ind_c), group.elements(*total, *interleaved(commitments)))


def relation_challenge(
    group: Group, h_i: bytes, ind_c: int, ind_o: int, total: Ciphertext, commitments: Sequence[tuple[int, int]]
) -> int:
    """c = H_q(H_I; 0xE9, ind_c, ind_o, alpha, beta, a_0, b_0, ...), the project's own.

    Spec: EG-2.1 §3.3.9
    """
    return group.h_q(h_i, 0xE9, small(ind_c), small(ind_o), group.elements(*total, *interleaved(commitments)))


def contest_data_secret(group: Group, h_i: bytes, ind_c: int, alpha: int, beta: int) -> bytes:
    """h = H(H_I; 0x26, ind_c, alpha, beta).

    Spec: EG-2.1 §3.3.10, eq. 65
    """
    return h(h_i, 0x26, small(ind_c), group.elements(alpha, beta))


def contest_data_keys(secret: bytes, ind_c: int, blocks: int) -> bytes:
    """k_1, ..., k_b, each of 32 bytes, one behind the other.

    Spec: EG-2.1 §3.3.10, eq. 66
    """
    label = b"data_enc_keys"
    context = b"contest_data" + small(ind_c)
    length = b(blocks * 256, 4)
    return b"".join(mac(secret, b(i, 4) + label + b"\x00" + context + length) for i in range(1, blocks + 1))


def contest_data_challenge(group: Group, h_i: bytes, ind_c: int, a: int, c_0: int, c_1: bytes) -> int:
    """c = H_q(H_I; 0x27, ind_c, a, C_0, C_1).

    Spec: EG-2.1 §3.3.10, eq. 69
    """
    return group.h_q(h_i, 0x27, small(ind_c), group.elements(a, c_0), c_1)


def contest_hash(
    group: Group, h_i: bytes, ind_c: int, ciphertexts: Sequence[Ciphertext], data: HashedElGamal | None
) -> bytes:
    """chi = H(H_I; 0x28, ind_c, alpha_1, beta_1, ... [, C_0, C_1, C_2]).

    Spec: EG-2.1 §3.4.1, eq. 70
    """
    encrypted_data = b""
    if data is not None:
        encrypted_data = group.elements(data.c_0) + data.c_1 + scalars(data.c, data.v)
    return h(h_i, 0x28, small(ind_c), group.elements(*interleaved(ciphertexts)), encrypted_data)


def confirmation_code(h_i: bytes, contest_hashes: Sequence[bytes], chaining_field: bytes) -> bytes:
    """H_C = H(H_I; 0x29, chi_1, ..., B_C).

    Spec: EG-2.1 §3.4.2, eq. 71
    """
    return h(h_i, 0x29, *contest_hashes, chaining_field)


def device_information_hash(h_e: bytes, device_info: str) -> bytes:
    """H_DI = H(H_E; 0x2A, S_device).

    Spec: EG-2.1 §3.4.3, eq. 72
    """
    return h(h_e, 0x2A, prefixed(device_info.encode()))


def unchained_field(h_di: bytes) -> bytes:
    """B_C = 0x00000000 || H_DI.

    Spec: EG-2.1 §3.4.4, eq. 73
    """
    return small(0) + h_di


def chained_field(previous: bytes) -> bytes:
    """B_C = 0x00000001 || H_DI at the start, H_{j-1} later.

    Spec: EG-2.1 §3.4.4, eqs. 75, 76
    """
    return small(1) + previous


def chain_hash(h_e: bytes, chaining_field: bytes) -> bytes:
    """H_0 = H(H_E; 0x29, B_C,0); the closing hash likewise.

    Spec: EG-2.1 §3.4.4, eqs. 74, 77
    """
    return h(h_e, 0x29, chaining_field)


def closing_field(h_e: bytes, last: bytes, initial_field: bytes) -> bytes:
    """B_C = 0x00000001 || H(H_E; 0x2B, H_l, B_C,0).

    Spec: EG-2.1 §3.4.4, eq. 78
    """
    return chained_field(h(h_e, 0x2B, last, initial_field))


def tally_challenge(
    group: Group, h_e: bytes, ind_c: int, ind_o: int, aggregate: Ciphertext, a: int, b_: int, big_m: int
) -> int:
    """c = H_q(H_E; 0x31, ind_c, ind_o, A, B, a, b, M).

    Spec: EG-2.1 §3.6.5, eq. 90
    """
    return group.h_q(h_e, 0x31, small(ind_c), small(ind_o), group.elements(*aggregate, a, b_, big_m))


def contest_data_decryption_challenge(
    group: Group, h_i: bytes, ind_c: int, data: HashedElGamal, a: int, b_: int, beta: int
) -> int:
    """c = H_q(H_I; 0x33, ind_c, C_0, C_1, C_2, a, b, beta).

    Spec: EG-2.1 §3.6.6, eq. 101
    """
    encrypted_data = group.elements(data.c_0) + data.c_1 + scalars(data.c, data.v)
    return group.h_q(h_i, 0x33, small(ind_c), encrypted_data, group.elements(a, b_, beta))


# Pre-encrypted ballots


def selection_hash(group: Group, h_i: bytes, vector: Sequence[Ciphertext]) -> bytes:
    """psi = H(H_I; 0x40, alpha_1, beta_1, ..., alpha_m, beta_m).

    Spec: EG-2.1 §4.1.1, eqs. 113, 114
    """
    return h(h_i, 0x40, group.elements(*interleaved(vector)))


def printed_contest_hash(h_i: bytes, ind_c: int, selection_hashes: Sequence[bytes]) -> bytes:
    """chi = H(H_I; 0x41, ind_c, psi_1, psi_2, ...), the hashes in the order given.

    Spec: EG-2.1 §4.1.2, eq. 115
    """
    return h(h_i, 0x41, small(ind_c), *selection_hashes)


def printed_code(h_i: bytes, contest_hashes: Sequence[bytes], chaining_field: bytes) -> bytes:
    """H_C = H(H_I; 0x42, chi_1, ..., B_C).

    Spec: EG-2.1 §4.1.3, eq. 116
    """
    return h(h_i, 0x42, *contest_hashes, chaining_field)


def printers_chain_hash(h_e: bytes, chaining_field: bytes) -> bytes:
    """H_0 = H(H_E; 0x42, B_C,0); the closing hash likewise.

    Spec: EG-2.1 §4.1.4, eqs. 117, 118
    """
    return h(h_e, 0x42, chaining_field)


def printer_hash(h_e: bytes, device_info: str) -> bytes:
    """H_DI = H(H_E; 0x43, S_device).

    Spec: EG-2.1 §4.1.4, eq. 119
    """
    return h(h_e, 0x43, prefixed(device_info.encode()))


def printers_closing_field(h_e: bytes, last: bytes, initial_field: bytes) -> bytes:
    """B_C = 0x00000001 || H(H_E; 0x44, H_l, B_C,0), 69 bytes as §5.5.5 says, so without the LOCK of its table.

    Spec: EG-2.1 §4.1.4, eq. 120
    """
    return chained_field(h(h_e, 0x44, last, initial_field))


def trimmed(omega: int, psi: bytes) -> str:
    """The short code of a selection hash.

    Spec: EG-2.1 §4.6
    """
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    tens, ones = divmod(psi[31], 10)
    twenty_sixes, rest = divmod(psi[31], 26)
    return (
        psi[31:].hex().upper(),
        psi[30:].hex().upper(),
        letters[tens] + str(ones),
        str(twenty_sixes) + letters[rest],
        str(psi[31]),
        str(psi[31] + 1),
        str(psi[31] + 100),
        str(psi[31] + 101),
    )[omega - 1]
