"""What the election's server is told of a station: its chain, then which permits were used, then its end.

Sent in this order, everything can be sent again at any time: the server finds what it has. A chain that the server
refuses stops the station; a line that is cut does not.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from e2evote.election.people.standings import State
from e2evote.election.stations.chain import SENT, Chain
from e2evote.election.stations.folder import Reports, Sealed
from e2evote.election.stations.link import Central, CutOffError
from e2evote.election.stations.local import LocalRoll
from e2evote.election.stations.permits import Granted
from e2evote.election.stations.refusals import Answer, NoPermitError
from e2evote.encoding import hex_of, parse_hex, strict_json
from e2evote.errors import CheckError, ParseError
from e2evote.record.ballot import DeviceClosing
from e2evote.record.codec import dump

BATCH = 500
"""Tokens that the server is told of at once."""
REST = 30.0
"""Seconds in which a server that did not answer is not asked for a voter's sake, who would have to wait for it."""


class Sender:
    """A station's side of the line; whoever uses it holds the machine's lock.

    ``problem``: why the last call failed, empty where it did not; ``refused``: why the server refuses the chain.
    """

    def __init__(
        self,
        central: Central | None,
        chain: Chain,
        roll: LocalRoll,
        sealed: Sealed,
        closing: Callable[[], DeviceClosing],
    ) -> None:
        """Take the server, or none; what there is to send; and what makes the closing of the device."""
        self._central, self._chain, self._roll, self._sealed = central, chain, roll, sealed
        self._device_closing = closing
        self._sent, self._told, self._closed_there = 0, set[bytes](), False
        self._rests_until = 0.0
        self.problem = ""
        self.refused = ""

    @property
    def has_server(self) -> bool:
        """Tell whether there is a server to reach."""
        return self._central is not None

    @property
    def connected(self) -> bool:
        """Tell whether the server was reached the last time."""
        return self.has_server and not self.problem

    @property
    def waiting(self) -> int:
        """How many entries of the chain the server does not have yet, as far as is known."""
        return sum(entry["kind"] in SENT for entry in self._chain.journal.entries(self._sent))

    def send(self) -> None:
        """Bring the server up to date.

        Raises:
            CutOffError: it does not answer.
            CheckError: it refuses the chain, or a report.
        """
        self._compare()
        for index, entry in list(enumerate(self._chain.journal.entries(self._sent), self._sent)):
            if entry["kind"] in SENT:
                self.ask(entry["kind"], entry)
            self._sent = index + 1
        self._report()

    def try_to_send(self, at_once: bool = False) -> None:
        """Send what there is; if that fails now, it is done later, and the officials see why.

        Args:
            at_once: ask the server even if it did not answer just now.
        """
        if self.has_server and (at_once or time.monotonic() >= self._rests_until):
            try:
                self.send()
            except CutOffError:
                self._rests_until = time.monotonic() + REST
            except CheckError as error:
                self.problem = str(error)

    def authorise(self, typed: Mapping[str, str]) -> Granted:
        """Ask the server whether somebody may vote, after telling it everything by which it has to answer.

        Raises:
            NoPermitError: the answer is no, or there is no server.
            CutOffError: it does not answer.
            CheckError: it refuses the station.
        """
        if not self.has_server:
            raise NoPermitError(Answer.NOT_IN_LIST)
        self.send()
        found = self.ask("authorise", {"fields": dict(typed)})
        try:
            return Granted(
                token=parse_hex(found["token"]),
                inquiry=str(found["inquiry"]),
                name=str(found["name"]),
                ballot_style=int(found["ballot_style"]),
                weight=int(found["weight"]),
            )
        except (KeyError, ValueError, TypeError) as error:
            raise ParseError("answer", f"the server's permit is not in its form ({error})") from None

    def bundle(self) -> dict[str, Any]:
        """Return everything that the server has to be told, for a station that is merged by file."""
        used, returned = self._reports()
        closing = self._closing()
        return {
            "codes": [hex_of(ballot.code) for ballot in self._chain.ballots],
            "entries": [entry for entry in self._chain.journal.entries() if entry["kind"] in SENT],
            "used": [hex_of(token) for token in used],
            "returned": [hex_of(token) for token in returned],
            **({} if closing is None else {"closing": closing}),
        }

    def ask(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask the server.

        Raises:
            CutOffError: it does not answer, or there is none.
            NoPermitError, CheckError: it refuses.
        """
        if self._central is None:
            raise CutOffError("this station has no server; it is merged by file")
        try:
            answer = self._central.ask(call, body)
        except CutOffError as error:
            self.problem = str(error)
            raise
        self.problem, self._rests_until = "", 0.0
        return answer

    def _compare(self) -> None:
        """Have the server compare the chain with what it has.

        Raises:
            CheckError: it was cut or forked, or the station is not one of the election's any more.
        """
        codes = [hex_of(ballot.code) for ballot in self._chain.ballots]
        try:
            self.ask("state", {"codes": codes})
        except CheckError as error:
            self.refused = str(error)
            raise
        self.refused = ""

    def _report(self) -> None:
        used, returned = self._reports()
        self._settle("used", used)
        self._settle("returned", returned)
        self._sealed.write("reports", None)
        closing = self._closing()
        if closing is not None and not self._closed_there:
            self.ask("close", {"closing": closing})
            self._closed_there = True

    def _settle(self, what: str, tokens: list[bytes]) -> None:
        new = [token for token in tokens if token not in self._told]
        for first in range(0, len(new), BATCH):
            part = new[first : first + BATCH]
            self.ask("settle", {"used": [], "returned": [], what: [hex_of(token) for token in part]})
            self._told |= set(part)

    def _reports(self) -> tuple[list[bytes], list[bytes]]:
        reports = self._sealed.read(Reports, "reports") or Reports()
        return sorted([*self._roll.tokens(State.VOTED), *reports.used]), list(reports.returned)

    def _closing(self) -> dict[str, Any] | None:
        if self._chain.closing is None:
            return None
        found: dict[str, Any] = strict_json(dump(self._device_closing()), "closing")
        return found
