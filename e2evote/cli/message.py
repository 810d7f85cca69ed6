"""``e2evote message``: write to many voters at once."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from e2evote.cli.options import EXISTING_FILE, directory
from e2evote.election.campaigns.postman import Postman
from e2evote.election.campaigns.texts import KINDS, LIMIT, SUBJECTS, TEXTS, written
from e2evote.election.campaigns.writing import SHARE, write
from e2evote.election.people import deliveries
from e2evote.election.people.database import Access, People
from e2evote.election.people.deliveries import Campaign, State
from e2evote.election.roll.finding import row_of
from e2evote.election.signin.gateways.configured import gateways_of
from e2evote.election.signin.settings import read_settings
from e2evote.encoding import hex_of
from e2evote.errors import CheckError
from e2evote.record.layout import MANIFEST
from e2evote.record.manifest import parse_manifest
from e2evote.terminal.screen import note, progress, row, say, screen, table
from e2evote.web.booth.settings import read_booth
from e2evote.web.languages import languages
from e2evote.web.names import named
from e2evote.workspace.directory import Workspace

_AGAIN = {"failed": State.FAILED, "uncertain": State.UNCERTAIN}


@click.group()
def message() -> None:
    """Invite voters, remind them, or tell all of them something."""


@message.command("write")
@directory
@click.argument("kind", type=click.Choice(KINDS), metavar="KIND")
@click.option("--lang", type=click.Choice(tuple(TEXTS)), default="en", show_default=True, help="Language of the text.")
@click.option("--text", "text_file", type=EXISTING_FILE, metavar="FILE", help="Another text: {election}, {opens}, "
              "{closes} and {link} are filled in.")  # fmt: skip
@click.option("--share", type=click.IntRange(1, 100), default=SHARE, show_default=True, metavar="N", help="Of 100 who "
              "have not voted, how many a reminder goes to.")  # fmt: skip
@click.option("--show", is_flag=True, help="Show the text, and write to nobody.")
def write_to(directory: Path, kind: str, lang: str, text_file: Path | None, share: int, show: bool) -> None:
    """Write to the members of the roll; KIND is invitation, reminder or notice.

    Everybody gets the same text. Messages wait until 'e2evote serve' or 'e2evote message send' carries them, each once.
    A reminder goes to members who have not voted, but not to all of them: so the provider, who sees who gets none, does
    not know who has voted. Those who are left out by chance may be reached by the next reminder.

    For example:

        e2evote message write club invitation --lang fa
    """
    settings = read_settings(directory)
    campaign = _campaign(directory, kind, lang, text_file)
    if show:
        say(campaign.text)
        return
    with People.open(directory) as people, people.writing() as access:
        row = write(access, settings, campaign, share)
        count = deliveries.counts(access, row)[State.WAITING]
    say(f"campaign {hex_of(row)[:8]}: {count} messages wait; a server of the election carries them")


@message.command()
@directory
def send(directory: Path) -> None:
    """Send what waits, now, where no server of the election does it.

    For example:

        e2evote message send club
    """
    gateways = gateways_of(read_settings(directory), directory)
    with People.open(directory) as people:
        postman = Postman(people, gateways)
        with postman.on_duty(directory), progress("Sending") as report:
            done = postman.send_all(report)
    say(f"{done} messages were looked at; 'e2evote message status {directory}' says what became of them")


@message.command()
@directory
@click.option("--member", "identifier", metavar="ID", help="To this member alone: member number or national ID.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def status(directory: Path, identifier: str | None, as_json: bool) -> None:
    """Show what was written, and what became of it.

    'uncertain' are messages that may have arrived: the provider's answer was lost, or the server was stopped.

    For example:

        e2evote message status club
    """
    with People.open(directory) as people, people.reading() as access:
        found = [(row, campaign, _counts(access, row, identifier)) for row, campaign in deliveries.campaigns(access)]
    if as_json:
        click.echo(json.dumps([_told(*one) for one in found], ensure_ascii=False))
        return
    shown = table("campaign", "kind", "made", "messages")
    for campaign_row, campaign, counts in found:
        became = ", ".join(f"{counts[state]} {_named(state)}" for state in State if counts[state])
        row(shown, hex_of(campaign_row)[:8], campaign.kind, _time(campaign.made), became)
    screen().print(shown)


@message.command()
@directory
@click.argument("campaign", metavar="CAMPAIGN")
@click.option("--of", "which", type=click.Choice(tuple(_AGAIN)), default="failed", show_default=True,
              help="Which messages; uncertain ones may arrive twice.")  # fmt: skip
def again(directory: Path, campaign: str, which: str) -> None:
    """Have the messages of CAMPAIGN that failed wait again.

    For example:

        e2evote message again club 1A2B3C4D
    """
    with People.open(directory) as people, people.writing() as access:
        rows = [row for row, _ in deliveries.campaigns(access) if hex_of(row).startswith(campaign.upper())]
        if len(rows) != 1:
            raise CheckError(f"{campaign}: {len(rows)} campaigns are called so; 'message status' lists them")
        count = deliveries.send_again(access, rows[0], [_AGAIN[which]])
    if which == "uncertain":
        note("what was uncertain may arrive twice")
    say(f"{count} messages wait again")


def _campaign(directory: Path, kind: str, lang: str, text_file: Path | None) -> Campaign:
    settings, booth = read_settings(directory), read_booth(directory)
    manifest = parse_manifest(Workspace(directory).record.read(MANIFEST))
    language, zone = languages()[lang], ZoneInfo(booth.zone)
    values = {
        "election": named(manifest.name, manifest.label, lang),
        "opens": language.time(datetime.fromtimestamp(settings.open_from, UTC), zone),
        "closes": language.time(datetime.fromtimestamp(settings.open_until, UTC), zone),
        "link": booth.url + "/",
    }
    if text_file is not None:
        if text_file.stat().st_size > 4 * LIMIT:
            raise CheckError(f"{text_file}: a text has at most {LIMIT} characters")
        text = text_file.read_text(encoding="utf-8").strip()
    elif kind in TEXTS[lang]:
        text = TEXTS[lang][kind]
    else:
        raise click.UsageError(f"a {kind} has no text of its own; --text gives it one.")
    if "{link}" in text and not booth.url:
        raise CheckError(f"{directory / 'booth.json'}: without a url there is no link to write")
    made = int(datetime.now(UTC).timestamp())
    return Campaign(kind, lang, made, written(SUBJECTS[lang][kind], values), written(text, values))


def _counts(access: Access, campaign: bytes, identifier: str | None) -> Mapping[State, int]:
    """Return how many messages of a campaign are in which state: all, or the one to a member."""
    if identifier is None:
        return deliveries.counts(access, campaign)
    member = row_of(access, identifier)
    return Counter(state for one, state in deliveries.of_member(access, member) if one.campaign == campaign)


def _named(state: State) -> str:
    return state.name.lower().replace("_", " ")


def _time(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _told(row: bytes, campaign: Campaign, counts: Mapping[State, int]) -> dict[str, object]:
    return {
        "campaign": hex_of(row),
        "kind": campaign.kind,
        "language": campaign.language,
        "made": datetime.fromtimestamp(campaign.made, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "text": campaign.text,
        "deliveries": {state.name.lower(): counts[state] for state in State},
    }
