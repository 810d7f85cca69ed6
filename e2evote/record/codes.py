"""Contest hashes, confirmation codes, and the chains that tie the ballots of a device together."""

from collections.abc import Iterable, Sequence

from e2evote.elgamal import Ciphertext
from e2evote.encoding import b
from e2evote.errors import CheckError
from e2evote.hashed_elgamal import HashedCiphertext
from e2evote.hashing import H, Tag, device_hash
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


def confirmation_code(h_i: bytes, contest_hashes: Iterable[bytes], chaining_field: bytes) -> bytes:
    """Return H_C = H(H_I; 29, χ_1, …, χ_m, B_C), contests in manifest order.

    Spec: EG-2.1 §3.4.2, eq. 71
    """
    chis = tuple(contest_hashes)
    # 29 ‖ χ_1 ‖ … ‖ B_C(36): 37 + 32·m bytes
    return H(h_i, Tag.CONFIRMATION_CODE, *chis, chaining_field, length=37 + 32 * len(chis))


def chaining_field(mode: int, value: bytes) -> bytes:
    """Return B_C = mode(4) ‖ value(32).

    The value is H_DI without chaining and for B_{C,0}, the previous ballot's code H_{j−1} with simple chaining.

    Spec: EG-2.1 §3.4.4, eqs. 73, 75, 76
    """
    return b(mode, 4) + value


def chain_start(h_e: bytes, h_di: bytes) -> bytes:
    """Return H_0 = H(H_E; 29, B_{C,0}).

    Spec: EG-2.1 §3.4.4, eq. 74
    """
    # 29 ‖ B_C(36): 37 bytes
    return H(h_e, Tag.CONFIRMATION_CODE, chaining_field(SIMPLE_CHAINING, h_di), length=37)


def chain_close(h_e: bytes, h_di: bytes, last_code: bytes) -> tuple[bytes, bytes]:
    """Return B̄_C = 00000001 ‖ H(H_E; 2B, H_ℓ, B_{C,0}) and H̄ = H(H_E; 29, B̄_C).

    Spec: EG-2.1 §3.4.4, eqs. 77, 78
    """
    # 2B ‖ H_ℓ(32) ‖ B_{C,0}(36): 69 bytes
    inner = H(h_e, Tag.CHAIN_CLOSE, last_code, chaining_field(SIMPLE_CHAINING, h_di), length=69)
    field = chaining_field(SIMPLE_CHAINING, inner)
    return field, H(h_e, Tag.CONFIRMATION_CODE, field, length=37)


def open_device(h_e: bytes, device: int, device_info: str, mode: int) -> DeviceOpening:
    """Return the opening of a device from its S_device."""
    h_di = device_hash(h_e, device_info)
    h_0 = chain_start(h_e, h_di) if mode == SIMPLE_CHAINING else None
    return DeviceOpening.model_validate(
        {"device": device, "device_info": device_info, "h_di": h_di, "chaining_mode": mode, "h_0": h_0}
    )


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
    field, closing_hash = chain_close(h_e, opening.h_di, _last_link(opening, last_code))
    return DeviceClosing(ballots=ballots, chaining_field=field, closing_hash=closing_hash)


def _last_link(opening: DeviceOpening, last_code: bytes | None) -> bytes:
    link = opening.h_0 if last_code is None else last_code
    if link is None:
        raise CheckError(f"device {opening.device} is chained, but its opening lacks H_0")
    return link
