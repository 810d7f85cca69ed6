"""What goes to the station's printer: plain text, kept as files in ``printed`` and handed to a command if there is one.

``log.txt`` has one line a ballot and one a decision, with the hash of the chain behind it: whoever keeps the paper can
prove later that the chain was cut or changed. A receipt has a ballot's code. Neither says who voted.
"""

import logging
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from e2evote.election.stations.chain import Chained
from e2evote.election.stations.folder import PRINTED
from e2evote.election.stations.machine import Machine
from e2evote.encoding import hex_of
from e2evote.files import write_atomically
from e2evote.web.codes import rows

LOG = logging.getLogger("e2evote.web")
_SECONDS = 20


class Printer:
    """A station's printer."""

    def __init__(self, root: Path, command: Sequence[str] = ()) -> None:
        """Take the station's folder, and the command that prints what it reads, such as ``lp``."""
        self._folder, self._command = root / PRINTED, tuple(command)
        self._folder.mkdir(mode=0o700, exist_ok=True)

    def receipt(self, machine: Machine, ballot: Chained) -> None:
        """Print a ballot's code, and log the ballot."""
        station = machine.grant.station
        text = "\n".join(
            [
                f"{station.name}  #{ballot.position}",
                *rows(hex_of(ballot.code)),
                hex_of(machine.chain.journal.head)[:16],
                "",
            ]
        )
        write_atomically(self._folder / f"receipt-{ballot.position:06}.txt", text.encode())
        self.log(f"{ballot.position:6}  ballot      {hex_of(ballot.code)}", machine)
        self._print(text)

    def decision(self, machine: Machine, ballot: Chained) -> None:
        """Log what became of a ballot."""
        self.log(f"{ballot.position:6}  {ballot.status or '':10}  {hex_of(ballot.code)}", machine)

    def log(self, line: str, machine: Machine) -> None:
        """Add a line to the log, with the hash of the chain, and print it."""
        text = f"{line}  chain {hex_of(machine.chain.journal.head)}\n"
        descriptor = os.open(self._folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, text.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._print(text)

    def _print(self, text: str) -> None:
        if not self._command:
            return
        try:
            subprocess.run(self._command, input=text.encode(), check=True, timeout=_SECONDS, capture_output=True)  # noqa: S603
        except (OSError, subprocess.SubprocessError) as error:
            LOG.error("the printer's command failed: %s", error)
