"""``e2evote signin``: how voters sign in."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from e2evote.cli.options import directory
from e2evote.election.people import members, trail
from e2evote.election.people.database import People
from e2evote.election.people.member import Member
from e2evote.election.roll.fields import read_email, read_mobile
from e2evote.election.roll.finding import row_of
from e2evote.election.signin.gateways.configured import gateways_of
from e2evote.election.signin.gateways.message import Message
from e2evote.election.signin.settings import Channel, Settings, read_settings
from e2evote.errors import CheckError
from e2evote.terminal.screen import note, row, say, screen, table


@click.group()
def signin() -> None:
    """Check how voters sign in, and look at what happened."""


@signin.command()
@directory
@click.option("--send-to", metavar="PLACE", help="Send a test message to this mobile number or e-mail address.")
def check(directory: Path, send_to: str | None) -> None:
    """Check signin.json, the files it names, and whether a code can reach every member of the roll.

    For example:

        e2evote signin check club --send-to 09121234567
    """
    settings = read_settings(directory)
    gateways = gateways_of(settings, directory)
    with People.open(directory) as people, people.reading() as access:
        everybody = [member for _, member in members.every(access)]
    left_out = [member for member in everybody if not _can_sign_in(settings, member)]
    say(f"voting opens {settings.opens} and closes {settings.closes}; {len(everybody)} members")
    for channel, gateway in settings.channels.items():
        reached = sum(getattr(member, channel) is not None for member in everybody)
        say(f"{channel}: {gateway.kind}, for {reached} members")
        if gateway.kind == "outbox":
            note(f"{channel}: an outbox is for development; nothing is sent, and who reads it can sign in as anybody")
    if send_to is not None:
        message = _test_message(send_to, settings)
        if message.channel not in gateways:
            raise CheckError(f"signin.json has no channel {message.channel}")
        gateways[message.channel].send(message)
        say("a test message was handed over; see whether it arrives")
    if left_out:
        raise CheckError(f"{len(left_out)} members lack a field to sign in with, or a place where a code can be sent")


@dataclass(frozen=True, slots=True)
class _Line:
    """An event as it is shown."""

    hour: str
    what: str
    who: str
    address: str


@signin.command("trail")
@directory
@click.option("--member", "identifier", metavar="ID", help="Of this member alone: member number or national ID.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def show_trail(directory: Path, identifier: str | None, as_json: bool) -> None:
    """Show which codes were asked for and entered, by the hour; codes themselves are nowhere.

    For example:

        e2evote signin trail club --member 12345
    """
    with People.open(directory) as people, people.reading() as access:
        names = {row: member.member_number or member.national_id or "" for row, member in members.every(access)}
        wanted = None if identifier is None else row_of(access, identifier)
        lines = [
            _Line(_shown(hour), event.what, names.get(event.subject, "a stranger"), event.address)
            for hour, event in trail.events(access, wanted)
        ]
    if as_json:
        click.echo(json.dumps([asdict(line) for line in lines], ensure_ascii=False))
        return
    result = table("hour", "what", "who", "address")
    for line in lines:
        row(result, line.hour, line.what, line.who, line.address)
    screen().print(result)


def _can_sign_in(settings: Settings, member: Member) -> bool:
    has_fields = all(getattr(member, field) is not None for field in settings.fields)
    return has_fields and any(getattr(member, channel) is not None for channel in settings.channels)


def _test_message(place: str, settings: Settings) -> Message:
    text = "This is a test of e2evote. این یک پیام آزمایشی است."
    channel: Channel = "email" if "@" in place else "mobile"
    to = read_email(place) if channel == "email" else read_mobile(place, settings.country)
    return Message(channel, to, "Test", text, "000000")


def _shown(hour: int) -> str:
    return datetime.fromtimestamp(hour, UTC).strftime("%Y-%m-%d %H:00 UTC")
