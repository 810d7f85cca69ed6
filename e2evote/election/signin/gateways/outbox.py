"""The outbox: messages as files, for development and rehearsals. Whoever can read the folder can sign in as anybody."""

import secrets
import time
from pathlib import Path

from e2evote.election.signin.gateways.message import GatewayError, Message
from e2evote.encoding import canonical_json, strict_json
from e2evote.files import write_atomically


class Outbox:
    """A folder of messages."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; it is made with the first message."""
        self._folder = folder

    def send(self, message: Message) -> None:
        """Write a message to a file.

        Raises:
            GatewayError: it could not be written.
        """
        name = f"{time.time_ns():020}-{secrets.token_hex(4)}.json"
        content = {"channel": message.channel, "to": message.to, "subject": message.subject, "text": message.text}
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(self._folder / name, canonical_json(content) + b"\n", mode=0o600)
        except OSError as error:
            raise GatewayError(f"outbox: {error.strerror}") from error

    def messages(self, newest: int = 100) -> list[dict[str, str]]:
        """Return the newest messages, the newest first: channel, to, subject, text."""
        files = sorted(self._folder.glob("[0-9]*.json"), reverse=True)[:newest]
        return [strict_json(file.read_bytes(), str(file)) for file in files]
