"""Ed25519 signatures, verified as RFC 8032 says (section 5.1): without cofactor, [S]B = R + [k]A."""

import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)

Point = tuple[int, int]
"""x and y of a point of -x^2 + y^2 = 1 + d x^2 y^2."""

NEUTRAL: Point = (0, 1)


def verifies(key: bytes, message: bytes, signature: bytes) -> bool:
    """Section 5.1.7."""
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r = decoded(key), decoded(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return multiplied(s, BASE) == added(r, multiplied(k, a))


def decoded(encoding: bytes) -> Point | None:
    """Section 5.1.3; None where the bytes are no point."""
    number = int.from_bytes(encoding, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P == -u % P:
        x = x * ROOT_OF_MINUS_1 % P
    if v * x * x % P != u or (x == 0 and sign == 1):
        return None
    return (x if x % 2 == sign else P - x), y


def has_small_order(key: bytes) -> bool:
    """Whether 8 times the point is the neutral one, so that signatures under it say nothing; or it is no point."""
    point = decoded(key)
    return point is None or multiplied(8, point) == NEUTRAL


def added(left: Point, right: Point) -> Point:
    """Section 5.1.4, in affine coordinates."""
    (x, y), (s, t) = left, right
    product = D * x * y * s * t % P
    return (
        (x * t + y * s) * pow(1 + product, -1, P) % P,
        (y * t + x * s) * pow(1 - product, -1, P) % P,
    )


def multiplied(n: int, point: Point) -> Point:
    """Doubling and adding."""
    result = NEUTRAL
    while n:
        if n & 1:
            result = added(result, point)
        point = added(point, point)
        n >>= 1
    return result


BASE = decoded((4 * pow(5, -1, P) % P).to_bytes(32, "little")) or NEUTRAL
"""B, whose y is 4/5 and whose x is even."""
