"""A message, and what carries one."""

from dataclasses import dataclass, field
from typing import Protocol

from e2evote.election.signin.settings import Channel
from e2evote.errors import E2EVoteError


class GatewayError(E2EVoteError):
    """A message could not be handed over; the text names the gateway and the reason, never the person or the code.

    ``uncertain``: it may have been taken all the same.
    """

    def __init__(self, text: str, uncertain: bool = False) -> None:
        """Take the text."""
        super().__init__(text)
        self.uncertain = uncertain


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent to whom: a mobile number as E.164 or an e-mail address; ``code`` is in the text too."""

    channel: Channel
    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    code: str = field(repr=False)


class Gateway(Protocol):
    """Something that carries messages; ``send`` may be called by several threads at once."""

    def send(self, message: Message) -> None:
        """Hand a message over.

        Raises:
            GatewayError: it was not taken.
        """
