"""What the public pages need to know of the voting booth, where one is served with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Support:
    """Whom voters ask: a text by language, a telephone number, an e-mail address; what is empty is left out."""

    text: Mapping[str, str] = field(default_factory=dict)
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Booth:
    """A voting booth.

    Args:
        opens, closes: when votes are taken in, with time zones.
        support: whom voters ask.
        path: the booth's address on this server, without a language.
        members: how many people may vote, None where that is not told.
    """

    opens: datetime
    closes: datetime
    support: Support = field(default_factory=Support)
    path: str = "/vote"
    members: int | None = None
