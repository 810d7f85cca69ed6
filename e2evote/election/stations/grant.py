"""What goes between the election's side and a station before it opens: a request, a grant, and lists of voters.

The station makes its keys itself and asks (``Request``); the election opens a device for it and answers with all that
it needs to encrypt without a network (``Grant``). A list of voters is sealed to the station's key (HPKE, RFC 9180:
DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305).
"""

from typing import Annotated, Literal

from annotated_types import MaxLen, MinLen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from pydantic import Field

from e2evote.election.people.member import Member
from e2evote.election.showing import Condition
from e2evote.election.signin.settings import SignInField
from e2evote.election.stations.inventory import Name, Official, Station
from e2evote.election.stations.permits import Granted
from e2evote.encoding import Hex
from e2evote.errors import CheckError
from e2evote.record.ballot import DeviceOpening
from e2evote.record.codec import Count, Hash, Index, RecordModel, dump, parse

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_INFO = b"e2evote-station-list/v1"


class Request(RecordModel):
    """What a station asks with: its name, its machine, its keys and officials."""

    format: Literal["e2evote-station-request/v1"] = "e2evote-station-request/v1"
    name: Name
    serial: Name
    key: Hash
    sealing: Hash
    officials: Annotated[tuple[Official, ...], MaxLen(100)] = ()


class Grant(RecordModel):
    """What a station gets: its entry in the list, its device, the election's public files, and how people vote.

    ``files``: those of the record up to the keys, as text by path; ``url``: the election's server, empty: none;
    ``insecure``: names of parameter sets that prove nothing and are accepted here.
    """

    format: Literal["e2evote-station-grant/v1"] = "e2evote-station-grant/v1"
    station: Station
    opening: DeviceOpening
    h_e: Hash
    files: dict[str, str]
    insecure: tuple[str, ...] = ()
    url: str = ""
    fields: Annotated[tuple[SignInField, ...], MinLen(1)]
    country: str
    opens: str
    closes: str
    zone: str = "UTC"
    kept_order: tuple[Index, ...] = ()
    conditions: tuple[Condition, ...] = ()


class Listed(RecordModel):
    """A voter of a station's list, with the ballot style that they have there."""

    member_number: str | None = None
    national_id: str | None = None
    nationality: str
    name: str
    ballot_style: Index
    weight: Index = 1
    token: Annotated[bytes, Hex(), Field(repr=False)]
    inquiry: str

    @classmethod
    def of(cls, member: Member, granted: Granted) -> "Listed":
        """Take a member with a permit."""
        return cls(
            member_number=member.member_number,
            national_id=member.national_id,
            nationality=member.nationality,
            name=member.name,
            ballot_style=granted.ballot_style,
            weight=granted.weight,
            token=granted.token,
            inquiry=granted.inquiry,
        )

    @property
    def member(self) -> Member:
        """The voter as a row of the station's own database, without anything to reach them by."""
        return Member(
            self.member_number, self.national_id, self.nationality, self.name, None, None, self.ballot_style,
            self.weight,
        )  # fmt: skip

    @property
    def granted(self) -> Granted:
        """The permit."""
        return Granted(self.token, self.inquiry, self.name, self.ballot_style, self.weight)


class VoterList(RecordModel):
    """Everybody who is assigned to a station."""

    h_e: Hash
    device: Index
    count: Count
    voters: tuple[Listed, ...]


def seal_list(voters: VoterList, sealing: bytes) -> bytes:
    """Return a list that only the station with this key can read."""
    return _SUITE.encrypt(dump(voters), X25519PublicKey.from_public_bytes(sealing), _INFO)


def open_list(sealed: bytes, secret: bytes) -> VoterList:
    """Return the list that was sealed.

    Raises:
        CheckError: it was sealed to another key, or changed.
        ParseError: it is none.
    """
    try:
        data = _SUITE.decrypt(sealed, X25519PrivateKey.from_private_bytes(secret), _INFO)
    except (InvalidTag, ValueError):
        raise CheckError("this list is for another station, or was changed") from None
    found = parse(VoterList, data, "list of voters")
    if found.count != len(found.voters):
        raise CheckError(f"the list says {found.count} voters and has {len(found.voters)}")
    return found
