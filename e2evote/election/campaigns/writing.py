"""Who is written to.

A reminder goes to members who have not voted, but to a share of them that is drawn anew each time: so whoever carries
the messages, and counts who gets none, does not know who has voted.
"""

import secrets
from collections.abc import Iterator

from e2evote.election.campaigns.texts import KINDS
from e2evote.election.people import deliveries, members, standings
from e2evote.election.people.database import Access
from e2evote.election.people.deliveries import Campaign
from e2evote.election.people.standings import State
from e2evote.election.signin.gateways.templates import strings_of
from e2evote.election.signin.settings import Gateway, HttpSettings, Settings
from e2evote.errors import CheckError

SHARE = 80
"""Of a hundred members who have not voted, how many a reminder goes to."""
PAUSE = 6 * 3600
"""Seconds between two campaigns of one kind."""


def write(access: Access, settings: Settings, campaign: Campaign, share: int = SHARE) -> bytes:
    """Write a campaign down, with a waiting message for each member that it goes to; return its row.

    Args:
        access: the writer's view.
        settings: which channels there are; a member is written to over the first of them that they have.
        campaign: what is written.
        share: of a hundred members who have not voted, how many a reminder goes to.

    Raises:
        CheckError: there is no such kind, one of the kind was made just now, nobody would get it, or a gateway carries
            nothing but codes.
    """
    if campaign.kind not in KINDS:
        raise CheckError(f"there is no kind {campaign.kind!r}; there are {', '.join(KINDS)}")
    for name, gateway in settings.channels.items():
        if not _carries_texts(gateway):
            raise CheckError(f"signin.json: the gateway of {name} has no place for {{text}}; it carries codes alone")
    if not 1 <= share <= 100:
        raise CheckError(f"a share is from 1 to 100, not {share}")
    for _, before in deliveries.campaigns(access):
        if before.kind == campaign.kind and campaign.made - before.made < PAUSE:
            raise CheckError(f"there was a campaign of the kind {campaign.kind} less than {PAUSE // 3600} hours ago")
    places = list(_places(access, settings, campaign.kind, share))
    if not places:
        raise CheckError("there is nobody to write to")
    return deliveries.add(access, campaign, places)


def has_voted(access: Access, member: bytes) -> bool:
    """Tell whether a member has voted, or is about to."""
    return standings.read(access, member).state in (State.CASTING, State.VOTED)


def _carries_texts(gateway: Gateway) -> bool:
    """Tell whether a gateway sends the text, and not a code that a provider's template surrounds."""
    if not isinstance(gateway, HttpSettings):
        return True
    fields = [] if gateway.body is None else strings_of(gateway.body.fields)
    return any("{text}" in template for template in (gateway.url, *gateway.headers.values(), *fields))


def _places(access: Access, settings: Settings, kind: str, share: int) -> Iterator[tuple[bytes, str]]:
    for row, member in members.every(access):
        channel = next((name for name in settings.channels if getattr(member, name) is not None), None)
        if channel is None:
            continue
        if kind == "reminder" and (secrets.randbelow(100) >= share or has_voted(access, row)):
            continue
        yield row, channel
