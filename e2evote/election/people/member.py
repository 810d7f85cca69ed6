"""A member of the roll, and how a row holds one."""

from dataclasses import asdict, dataclass
from typing import Any

from e2evote.encoding import canonical_json, strict_json

IDENTIFIERS = ("member_number", "national_id")
"""The fields of which each is one member's alone."""

_PADDING = 128
"""Rows are filled up to multiples of this many bytes, so that lengths tell little."""


@dataclass(frozen=True, slots=True)
class Member:
    """One voter: identifiers in Latin digits, the mobile number as E.164, the ballot style's index."""

    member_number: str | None
    national_id: str | None
    nationality: str
    name: str
    mobile: str | None
    email: str | None
    ballot_style: int
    weight: int = 1

    def __repr__(self) -> str:
        return "Member(…)"

    @property
    def identifiers(self) -> dict[str, str]:
        """The identifiers that it has, by field."""
        found = {field: getattr(self, field) for field in IDENTIFIERS}
        return {field: value for field, value in found.items() if value is not None}

    def fields(self) -> dict[str, Any]:
        """Return everything that it has, by field."""
        return {field: value for field, value in asdict(self).items() if value is not None}

    def encode(self) -> bytes:
        """Return padded JSON."""
        data = canonical_json(self.fields())
        return data + b" " * (-len(data) % _PADDING)

    @classmethod
    def decode(cls, data: bytes) -> "Member":
        """Read what ``encode`` returned; it comes from an authenticated row."""
        found = strict_json(data, "people's database")
        missing = dict.fromkeys(("member_number", "national_id", "mobile", "email"))
        return cls(**(missing | found))
