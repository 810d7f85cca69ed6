"""Sending what waits, a few at a time, by one process alone."""

import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from e2evote.election.campaigns.writing import has_voted
from e2evote.election.people import deliveries, members
from e2evote.election.people.database import FOLDER, Access, People
from e2evote.election.people.deliveries import Campaign, Delivery, State
from e2evote.election.signin.gateways.message import Gateway, GatewayError, Message
from e2evote.election.signin.settings import Channel
from e2evote.errors import CheckError, E2EVoteError
from e2evote.files import held

TOGETHER = 8
"""Messages that are claimed and sent side by side."""
LOOK = 2.0
"""Seconds between two looks whether something waits."""

_LOG = logging.getLogger(__name__)


class Postman:
    """Sends the deliveries that wait in one election's database."""

    def __init__(self, people: People, gateways: Mapping[Channel, Gateway]) -> None:
        """Take the database and the gateways by channel."""
        self._people, self._gateways = people, gateways

    @contextmanager
    def on_duty(self, directory: Path) -> Iterator[None]:
        """Be the only one who sends in the block; what somebody was sending when they were killed is uncertain then.

        Raises:
            CheckError: another process is sending.
            StorageError: the database cannot be written.
        """
        with held(directory / FOLDER / "postman.lock", "another process is sending messages already"):
            with self._people.writing() as access:
                left = deliveries.give_up_claimed(access)
            if left:
                _LOG.warning("%d messages were being sent when the last server ended; they may have arrived", left)
            yield

    def send_some(self) -> int:
        """Send a few of the messages that wait, and return how many were looked at; 0: none waits.

        Raises:
            StorageError: the database cannot be used.
        """
        with self._people.reading() as access:
            if not deliveries.waiting(access):
                return 0
        with self._people.writing() as access:
            claimed = deliveries.claim(access, TOGETHER)
            written = dict(deliveries.campaigns(access))
            messages = [_message(access, delivery, written[delivery.campaign]) for delivery in claimed]
        with ThreadPoolExecutor(TOGETHER, thread_name_prefix="postman") as threads:
            states = list(threads.map(self._send, messages))
        with self._people.writing() as access:
            for delivery, state in zip(claimed, states, strict=True):
                deliveries.finish(access, delivery.row, state)
        return len(claimed)

    def send_all(self, report: Callable[[int, int], None]) -> int:
        """Send everything that waits, and return how many messages that were.

        Raises:
            StorageError: the database cannot be used.
        """
        with self._people.reading() as access:
            expected = deliveries.waiting(access)
        done = 0
        while sent := self.send_some():
            done += sent
            report(done, max(done, expected))
        return done

    def stay(self, directory: Path, closing: Event) -> None:
        """Send whatever comes to wait, until the server ends; another process may be on duty meanwhile."""
        while not closing.is_set():
            try:
                with self.on_duty(directory):
                    while not closing.is_set():
                        if not self.send_some():
                            closing.wait(LOOK)
            except CheckError:
                pass  # somebody else sends
            except E2EVoteError as error:
                _LOG.error("messages could not be sent: %s", error)
            closing.wait(LOOK * 5)

    def _send(self, message: Message | None) -> State:
        if message is None:
            return State.LEFT_OUT
        gateway = self._gateways.get(message.channel)
        if gateway is None:
            return State.FAILED
        try:
            gateway.send(message)
        except GatewayError as error:
            _LOG.warning("a message was not sent: %s", error)
            return State.UNCERTAIN if error.uncertain else State.FAILED
        except Exception:
            _LOG.exception("a message was not sent")
            return State.UNCERTAIN
        return State.SENT


def _message(access: Access, delivery: Delivery, campaign: Campaign) -> Message | None:
    """Return the message, None where there is nobody any more or a reminder is not needed any more."""
    member = members.get(access, delivery.member)
    to = None if member is None else getattr(member, delivery.channel)
    if to is None or (campaign.kind == "reminder" and has_voted(access, delivery.member)):
        return None
    channel: Channel = "email" if delivery.channel == "email" else "mobile"
    return Message(channel, to, campaign.subject, campaign.text, "")
