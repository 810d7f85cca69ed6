"""Contest hashes, confirmation codes, and the chains that tie the ballots of a device together."""

from collections.abc import Iterable, Sequence

from e2evote.elgamal import Ciphertext
from e2evote.encoding import b
from e2evote.errors import CheckError
from e2evote.hashed_elgamal import HashedCiphertext
from e2evote.hashing import ORDINARY, PRE_ENCRYPTED, CodeTags, H, Tag, device_hash
from e2evote.record.ballot import NO_CHAINING, SIMPLE_CHAINING, DeviceClosing, DeviceOpening


def contest_hash(h_i: bytes, ind_c: int, options: Sequence[Ciphertext], data: HashedCiphertext | None) -> bytes:
    """Return χ_l = H(H_I; 28, l, α_1, β_1, …, α_m, β_m[, C_0, C_1, C_2]) with l the contest's index in the manifest.

    Spec: EG-2.1 §3.4.1, eq. 70
    """
    l_p, m = options[0].alpha.group.l_p, len(options)
    pairs = [x for option in options for x in (option.alpha, option.beta)]
    # 28 ‖ l(4) ‖ α_1 ‖ β_1 ‖ …: 5 + 2m·l_p bytes; with data C_0 ‖ C_1(32·b) ‖ C_2(64) more
    if data is None:
        return H(h_i, Tag.CONTEST, ind_c, *pairs, length=5 + 2 * m * l_p)
    length = 69 + (2 * m + 1) * l_p + len(data.c_1)
    return H(h_i, Tag.CONTEST, ind_c, *pairs, data.c_0, data.c_1, bytes(data.c_2), length=length)


def selection_hash(h_i: bytes, vector: Sequence[Ciphertext]) -> bytes:
    """Return ψ = H(H_I; 40, α_1, β_1, …, α_m, β_m), of the vector of an option or of a null vector.

    Spec: EG-2.1 §4.1.1, eqs. 113, 114
    """
    pairs = [x for ciphertext in vector for x in (ciphertext.alpha, ciphertext.beta)]
    # 40 ‖ α_1 ‖ β_1 ‖ …: 1 + 2m·l_p bytes
    return H(h_i, Tag.SELECTION_VECTOR, *pairs, length=1 + 2 * len(vector) * vector[0].alpha.group.l_p)


def pre_encrypted_contest_hash(h_i: bytes, ind_c: int, selection_hashes: Iterable[bytes]) -> bytes:
    """Return χ_l = H(H_I; 41, l, ψ_π(1), …, ψ_π(m+L)), sorted, with l the contest's index in the manifest.

    Spec: EG-2.1 §4.1.2, eq. 115
    """
    psis = sorted(selection_hashes)
    # 41 ‖ l(4) ‖ ψ_π(1) ‖ …: 5 + 32·(m + L) bytes
    return H(h_i, Tag.PRE_ENCRYPTED_CONTEST, ind_c, *psis, length=5 + 32 * len(psis))


def confirmation_code(
    h_i: bytes, contest_hashes: Iterable[bytes], chaining_field: bytes, tags: CodeTags = ORDINARY
) -> bytes:
    """Return H_C = H(H_I; 29, χ_1, …, χ_m, B_C), contests in manifest order; with 42 if the ballot is pre-encrypted.

    Spec: EG-2.1 §3.4.2, eq. 71; §4.1.3, eq. 116
    """
    chis = tuple(contest_hashes)
    # 29 or 42 ‖ χ_1 ‖ … ‖ B_C(36): 37 + 32·m bytes
    return H(h_i, tags.code, *chis, chaining_field, length=37 + 32 * len(chis))


def chaining_field(mode: int, value: bytes) -> bytes:
    """Return B_C = mode(4) ‖ value(32).

    The value is H_DI without chaining and for B_{C,0}, the previous ballot's code H_{j−1} with simple chaining.

    Spec: EG-2.1 §3.4.4, eqs. 73, 75, 76
    """
    return b(mode, 4) + value


def tags_of(opening: DeviceOpening) -> CodeTags:
    """Return the bytes that codes and chain of the device are hashed with."""
    return PRE_ENCRYPTED if opening.pre_encrypted else ORDINARY


def chain_start(h_e: bytes, h_di: bytes, tags: CodeTags = ORDINARY) -> bytes:
    """Return H_0 = H(H_E; 29, B_{C,0}); with 42 for pre-encrypted ballots.

    Spec: EG-2.1 §3.4.4, eq. 74; §4.1.4, eq. 117
    """
    # 29 or 42 ‖ B_C(36): 37 bytes
    return H(h_e, tags.code, chaining_field(SIMPLE_CHAINING, h_di), length=37)


def chain_close(h_e: bytes, h_di: bytes, last_code: bytes, tags: CodeTags = ORDINARY) -> tuple[bytes, bytes]:
    """Return B̄_C = 00000001 ‖ H(H_E; 2B, H_ℓ, B_{C,0}) and H̄ = H(H_E; 29, B̄_C); with 44 and 42 for pre-encryption.

    The table in §5.5.5 puts LOCK behind 44, which eq. 120 and the length it states do not have.

    Spec: EG-2.1 §3.4.4, eqs. 77, 78; §4.1.4, eqs. 118, 120
    """
    # 2B or 44 ‖ H_ℓ(32) ‖ B_{C,0}(36): 69 bytes
    inner = H(h_e, tags.chain_close, last_code, chaining_field(SIMPLE_CHAINING, h_di), length=69)
    field = chaining_field(SIMPLE_CHAINING, inner)
    return field, H(h_e, tags.code, field, length=37)


def open_device(h_e: bytes, device: int, device_info: str, mode: int, pre_encrypted: bool = False) -> DeviceOpening:
    """Return the opening of a device from its S_device."""
    tags = PRE_ENCRYPTED if pre_encrypted else ORDINARY
    h_di = device_hash(h_e, device_info, tags)
    fields = {
        "device": device,
        "device_info": device_info,
        "h_di": h_di,
        "chaining_mode": mode,
        "h_0": chain_start(h_e, h_di, tags) if mode == SIMPLE_CHAINING else None,
        "pre_encrypted": pre_encrypted or None,
    }
    return DeviceOpening.model_validate(fields)


def next_chaining_field(opening: DeviceOpening, last_code: bytes | None) -> bytes:
    """Return B_C of the next ballot on the device; ``last_code`` is H_{j−1}, or None for the first ballot.

    Raises:
        CheckError: the device is chained and its opening lacks H_0.
    """
    if opening.chaining_mode == NO_CHAINING:
        return chaining_field(NO_CHAINING, opening.h_di)
    return chaining_field(SIMPLE_CHAINING, _last_link(opening, last_code))


def close_device(h_e: bytes, opening: DeviceOpening, ballots: int, last_code: bytes | None) -> DeviceClosing:
    """Return the closing of a device after its last ballot.

    Raises:
        CheckError: the device is chained and its opening lacks H_0.
    """
    if opening.chaining_mode == NO_CHAINING:
        return DeviceClosing(ballots=ballots)
    field, closing_hash = chain_close(h_e, opening.h_di, _last_link(opening, last_code), tags_of(opening))
    return DeviceClosing(ballots=ballots, chaining_field=field, closing_hash=closing_hash)


def _last_link(opening: DeviceOpening, last_code: bytes | None) -> bytes:
    link = opening.h_0 if last_code is None else last_code
    if link is None:
        raise CheckError(f"device {opening.device} is chained, but its opening lacks H_0")
    return link
