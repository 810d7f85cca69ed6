"""The groups of Belenios: elements as its JSON and its hashes write them, and equations over either kind of group.

Integers are written in base 10. A point of Ed25519 is 64 hex digits of one number, y with the lowest bit of x above it:
the bytes of RFC 8032, the other way round.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

from gmpy2 import mpz

from e2evote.encoding import strict_json
from e2evote.errors import ParseError
from e2evote.group.computation import Request, evaluate
from e2evote.group.elements import Element, Group
from e2evote.group.powers import NewBase, fixed
from e2evote.interop.curves import ED25519, Curve, Point
from e2evote.interop.groups import LARGEST, integer_group

_DECIMAL = re.compile(r"0|[1-9][0-9]*", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
DIGITS = LARGEST * 3 // 10
"""Digits that a number may have."""

_BELENIOS_2048 = (
    int(
        "20694785691422546401013643657505008064922989295751104097100884787057374219242717401922237254497684338129066633"
        "13807895840496005438963628979639303877390572280360597374942767137677761889858987273586504908116709931053586778"
        "09800307904916540637771737641986785272734744763418356000356983051931442845617019110007867373073335641239717328"
        "97913240474578834468260652327974647951137672658693582180046317922073668860052627186363386088796882120769432366"
        "14949100292344434637322214588410058642105024212036543356120132048111885240873107701415166620016231317716937218"
        "9248078507711827842317498073276598828825169183103125680162072880719"
    ),
    78571733251071885079927659812671450121821421258408794611510081919805623223441,
    int(
        "24023526775018522092276877035323999327122876573783649165100753187876632741463532193202856761552696787996946682"
        "98749389095083896573425601900601068477164491735474137283104610458681314511781646755400527402889846139864532661"
        "21505579709716201616827031288643245666383486363578210615491841998253431518974065818686865115135857641013888221"
        "53960160432288436039309893336627728484065931384060102316750957637779826651036068224066350766977640253462537730"
        "85133173495194248967754052573659049492477631475991575198775177711481490920456600205478127054728238140972518639"
        "858334115700568353695553423781475582491896050296680037745308460627"
    ),
)
_RFC_3526_2048 = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B"
    "302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6"
    "49286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D"
    "670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
    "3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF",
    16,
)
_NAMED = {"BELENIOS-2048": _BELENIOS_2048, "RFC-3526-2048": (_RFC_3526_2048, (_RFC_3526_2048 - 1) // 2, 2)}
"""p, q and g. Sources: Belenios specification 3.3, §5.1 (made as in FIPS 186-4), and RFC 3526 §3."""


class Member(Protocol):
    """An element of either kind of group, tested or not."""

    def __mul__(self, other: Self, /) -> Self:
        """Return the product."""

    def __truediv__(self, other: Self, /) -> Self:
        """Return the quotient."""

    def __pow__(self, exponent: Any, /) -> Self:  # noqa: ANN401  (Scalar or Number)
        """Return the power."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A challenge and a response, both in Z_q."""

    challenge: mpz
    response: mpz


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A group with its name in hashes."""

    name: str
    group: Group | Curve

    @property
    def q(self) -> mpz:
        """The order."""
        return self.group.q

    @property
    def g(self) -> Any:  # noqa: ANN401  (a Member)
        """The generator."""
        return self.group.g

    @property
    def one(self) -> Any:  # noqa: ANN401  (a Member)
        """The neutral element."""
        return self.group.one

    def read(self, value: object, where: str) -> Any:  # noqa: ANN401  (a Member)
        """Read an element from its one form; that it is a member is not tested.

        Raises:
            ParseError: another form, or a number that is not below p.
        """
        if not isinstance(value, str):
            raise ParseError(where, "not a string that holds an element of the group")
        if isinstance(self.group, Curve):
            if _HEX.fullmatch(value) is None:
                raise ParseError(where, "a point is 64 hex digits in small letters")
            return self.group.parse(bytes.fromhex(value)[::-1], where)
        number = decimal(value, where)
        if number >= self.group.p:
            raise ParseError(where, "the number is not below p")
        return self.group.element(number)

    def write(self, member: Any) -> str:  # noqa: ANN401  (a Member)
        """Write an element as it is hashed."""
        return bytes(member)[::-1].hex() if isinstance(member, Point) else str(member.value)

    def proof(self, value: object, where: str) -> Proof:
        """Read a proof.

        Raises:
            ParseError: other fields, or a number that is not below q.
        """
        if not isinstance(value, dict) or list(value) != ["challenge", "response"]:
            raise ParseError(where, "a proof has challenge and response")
        numbers = [decimal(value[name], f"{where}.{name}") for name in value]
        if max(numbers) >= self.q:
            raise ParseError(where, "a number of the proof is not below q")
        return Proof(*numbers)

    def scalar(self, value: int | mpz) -> Any:  # noqa: ANN401  (Scalar or Number)
        """Return value mod q."""
        return self.group.scalar(value)

    def fixed(self, member: Any) -> Any:  # noqa: ANN401  (a FixedBase or a Point)
        """Return a base that is used often."""
        return fixed(member, 10 if self.q.bit_length() <= 256 else 6) if isinstance(member, Element) else member

    def new(self, member: Any) -> Any:  # noqa: ANN401  (a NewBase or a Point)
        """Return a base that is used once or twice."""
        return NewBase(member) if isinstance(member, Element) else member

    def evaluate(self, values: Sequence[Any], members: Sequence[Any] = ()) -> tuple[Sequence[Any], Sequence[bool]]:
        """Return the values of products, and of every base from ``new`` whether it is in the group."""
        if isinstance(self.group, Curve):
            return values, [member.is_member() for member in members]
        response = evaluate(Request(values, members))
        return response.values, response.members

    def challenge(self, prefix: str, commitments: Sequence[Any]) -> mpz:
        """Return SHA-256(prefix ‖ commitments, comma-separated) mod q, read as a big-endian number."""
        text = prefix + ",".join(self.write(commitment) for commitment in commitments)
        return mpz(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")) % self.q

    def knows(self, key: Any, proof: Proof, prefix: str) -> bool:  # noqa: ANN401  (a Member)
        """Tell whether challenge = H(prefix ‖ A) with A = g^response · key^challenge."""
        c, v = self.scalar(proof.challenge), self.scalar(proof.response)
        return bool(proof.challenge == self.challenge(prefix, [self.g**v * key**c]))


def group_named(name: str) -> Arithmetic:
    """Return the group that an election names, or gives as JSON with p, q and g.

    Raises:
        ParseError: neither.
        CheckError: p, q and g do not make a group.
    """
    if name == ED25519.name:
        return Arithmetic(name, ED25519)
    if name in _NAMED:
        return Arithmetic(name, integer_group(*_NAMED[name]))
    if not name.startswith("{"):
        known = ", ".join((ED25519.name, *_NAMED))
        raise ParseError("the election", f"unknown group {name[:40]!r}; known are {known}", "group")
    value = strict_json(name.encode(), "the election's group")
    if not isinstance(value, dict) or set(value) - {"embedding"} != {"p", "q", "g"}:
        raise ParseError("the election", "a group given by its numbers has p, q and g", "group")
    p, q, g = (int(decimal(value[field], f"group.{field}")) for field in "pqg")
    return Arithmetic(name, integer_group(p, q, g))


def is_standard(arithmetic: Arithmetic) -> bool:
    """Tell whether the group is one that Belenios names."""
    return arithmetic.name in (ED25519.name, *_NAMED)


def decimal(value: object, where: str) -> mpz:
    """Read a natural number from its one decimal form in a string.

    Raises:
        ParseError: another form, or absurdly long.
    """
    if not isinstance(value, str) or len(value) > DIGITS or _DECIMAL.fullmatch(value) is None:
        raise ParseError(where, "expected a natural number in base 10, in a string")
    return mpz(value)


def compact(value: object) -> str:
    """Write JSON as Belenios does: without spaces, fields in their order."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
