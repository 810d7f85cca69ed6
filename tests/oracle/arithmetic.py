"""Groups, byte encodings and the hash function.

Spec: EG-2.1 §3.1.1; §5.1–5.4 (and appendix: other parameter sets)
"""

import functools
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

Q_256 = 2**256 - 189
DELTA_4096 = 287975203778583638958138611533602521491887169409704874643524560756486080635197037903
DELTA_3072 = 298707407953437995876300625370749906325322663598036756391867662926569213935809577593

STANDARD = "standard"


@dataclass(frozen=True)
class Group:
    """The subgroup of order q of the integers modulo p, written Z_p^r in the specification, with its generator g."""

    p: int
    q: int
    g: int

    @property
    def element_length(self) -> int:
        """l_p, the number of bytes of p.

        Spec: EG-2.1 §5.1.1
        """
        return (self.p.bit_length() + 7) // 8

    def elements(self, *values: int) -> bytes:
        """b(x, l_p) of each value, one behind the other.

        Spec: EG-2.1 §5.1.1, eq. 124
        """
        return b"".join(b(value, self.element_length) for value in values)

    def has_element(self, x: int) -> bool:
        """x is in Z_p^r iff 0 <= x < p and x^q mod p = 1.

        Spec: EG-2.1 §3.3.7, box 6 (6.A)
        """
        return 0 <= x < self.p and _power_is_one(x, self.q, self.p)

    def has_scalar(self, x: int) -> bool:
        """x is in Z_q iff 0 <= x < q.

        Spec: EG-2.1 §3.3.7, box 6 (6.B)
        """
        return 0 <= x < self.q

    def power(self, base: int, exponent: int) -> int:
        """base^exponent mod p."""
        return pow(base, exponent, self.p)

    def times(self, left: int, right: int) -> int:
        """left * right mod p."""
        return left * right % self.p

    def product(self, factors: Iterable[int]) -> int:
        """The product of all factors mod p; 1 where there are none."""
        result = 1 % self.p
        for factor in factors:
            result = result * factor % self.p
        return result

    def h_q(self, key: bytes, domain: int, *parts: bytes) -> int:
        """H_q = H mod q.

        Spec: EG-2.1 §5.4
        """
        return int.from_bytes(h(key, domain, *parts), "big") % self.q


@functools.lru_cache(maxsize=100_000)
def _power_is_one(x: int, q: int, p: int) -> bool:
    return pow(x, q, p) == 1


def b(value: int, length: int) -> bytes:
    """b(a, m): a in big-endian form, padded with zeros on the left to m bytes.

    Spec: EG-2.1 §5.1, eq. 123
    """
    return value.to_bytes(length, "big")


def small(value: int) -> bytes:
    """An index, a count or a length in 4 bytes.

    Spec: EG-2.1 §5.1.3
    """
    return b(value, 4)


def scalars(*values: int) -> bytes:
    """Integers modulo q, always 32 bytes each.

    Spec: EG-2.1 §5.1.2
    """
    return b"".join(b(value, 32) for value in values)


def prefixed(content: bytes) -> bytes:
    """A string of variable length or a file: 4 bytes of length, then the bytes.

    Spec: EG-2.1 §5.1.4; §5.1.5
    """
    return small(len(content)) + content


def h(key: bytes, domain: int, *parts: bytes) -> bytes:
    """H(B_0; B_1) = HMAC-SHA-256(B_0, B_1), where B_1 starts with a domain byte.

    Spec: EG-2.1 §5.2, eq. 130
    """
    if len(key) != 32:
        raise ValueError("the key of H has exactly 32 bytes")
    return mac(key, bytes([domain]) + b"".join(parts))


def mac(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256 as the key derivation uses it.

    Spec: EG-2.1 §3.3.10, eq. 66
    """
    return hmac.new(key, message, hashlib.sha256).digest()


def xor(left: bytes, right: bytes) -> bytes:
    """Bitwise XOR of two byte strings of one length."""
    if len(left) != len(right):
        raise ValueError("XOR needs byte strings of one length")
    return bytes(x ^ y for x, y in zip(left, right, strict=True))


def leading_bits_of_ln_2(count: int) -> int:
    """floor(2^count * ln 2), from ln 2 = sum over i >= 1 of 1 / (i * 2^i), with 128 bits to spare."""
    spare = 128
    bits = count + spare
    return sum((1 << (bits - i)) // i for i in range(1, bits + 1)) >> spare


def large_prime(bits: int, delta: int) -> int:
    """p = 2^bits - 2^(bits-256) + 2^256 (floor(2^(bits-512) ln 2) + delta) + 2^256 - 1.

    Spec: EG-2.1 §3.1.1
    """
    p: int = 2**bits - 2 ** (bits - 256) + 2**256 * (leading_bits_of_ln_2(bits - 512) + delta) + 2**256 - 1
    return p


def group_of(p: int, q: int) -> Group:
    """g = 2^r mod p, where r = (p - 1)/q; this holds for every set of the specification."""
    return Group(p, q, pow(2, (p - 1) // q, p))


@functools.cache
def parameter_sets() -> dict[str, Group]:
    """The standard set and, by name, those of the appendix.

    Spec: EG-2.1 §3.1.1 (and appendix)
    """
    return {
        STANDARD: group_of(large_prime(4096, DELTA_4096), Q_256),
        "reduced-3072": group_of(large_prime(3072, DELTA_3072), Q_256),
        "toy-7-16": group_of(59183, 127),
        "toy-16-32": group_of(4214179679, 65521),
        "toy-16-48": group_of(281010572049407, 65521),
        "toy-24-64": group_of(18444843247520538623, 16777213),
        "toy-32-96": group_of(79227651399410325621583970303, 4294967291),
        "toy-32-128": group_of(340282366887442052436576802921059975167, 4294967291),
        "toy-48-192": group_of(0xFFFFFFFFFFFFFFFF9ECB779649D9A82DFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFC5),
        "toy-64-256": group_of(
            0xFFFFFFFFFFFFFFFF93C467E37DB1212B89995855493FF059FFFFFFFFFFFFFFFF,
            0xFFFFFFFFFFFFFFC5,
        ),
    }
