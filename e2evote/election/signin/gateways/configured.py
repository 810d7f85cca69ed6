"""The gateways that the settings name."""

from collections.abc import Mapping
from pathlib import Path

from e2evote.election.people.database import FOLDER
from e2evote.election.signin.gateways.http import Http
from e2evote.election.signin.gateways.message import Gateway
from e2evote.election.signin.gateways.outbox import Outbox
from e2evote.election.signin.gateways.smtp import Smtp
from e2evote.election.signin.settings import Channel, OutboxSettings, Settings, SmtpSettings, read_secrets

OUTBOX = f"{FOLDER}/outbox"


def gateways_of(settings: Settings, directory: Path) -> Mapping[Channel, Gateway]:
    """Return what carries messages, by channel; files with secrets are named from the election's directory.

    Raises:
        ParseError: a secret's file is not as it should be.
        CheckError: a template has a place that is not known.
    """
    found: dict[Channel, Gateway] = {}
    for channel, gateway in settings.channels.items():
        if isinstance(gateway, OutboxSettings):
            found[channel] = Outbox(directory / OUTBOX)
        elif isinstance(gateway, SmtpSettings):
            files = {} if gateway.password_file is None else {"password": gateway.password_file}
            found[channel] = Smtp(gateway, read_secrets(directory, files).get("password"))
        else:
            found[channel] = Http(gateway, read_secrets(directory, gateway.secrets))
    return found
