"""The verification boxes 1 to 19, and the checks that the project adds under X.

The X checks are those of docs/formats/record.md and manifest.md, and what soundness asks for beyond the boxes. Boxes 6
and 7 run on every ballot, cast, challenged or spoiled.

Spec: EG-2.1 §6.2
"""

from collections.abc import Collection
from pathlib import Path

from .arithmetic import STANDARD, parameter_sets
from .boxes_board import BoardBoxes
from .boxes_mail import MailBoxes
from .boxes_opened import OpenedBoxes
from .boxes_setup import SetupBoxes
from .boxes_tally import TallyBoxes
from .reading import read_record
from .record import PHASES
from .verdict import Verdict


def verify(path: str | Path, allow_insecure: Collection[str] = frozenset(), until: str = "opened") -> Verdict:
    """Verify the record at `path`, a directory or a zip archive, up to the phase `until`.

    `allow_insecure` names parameter sets other than the standard one that 1.B, 1.C and 1.D accept. A record that cannot
    be read, or that lacks a file of one of these phases, raises OracleParseError. Without a known p and q only the
    setup is verified; with a manifest that breaks its rules, only setup and keys.
    """
    if until not in PHASES:
        raise ValueError(f"no phase {until}; there are " + ", ".join(PHASES))
    unknown = set(allow_insecure) - (set(parameter_sets()) - {STANDARD})
    if unknown:
        raise ValueError("unknown parameter sets: " + ", ".join(sorted(unknown)))
    record = read_record(path, until)
    verdict = Verdict()
    _Boxes(record, verdict).run(allow_insecure, until)
    return verdict


class _Boxes(SetupBoxes, MailBoxes, TallyBoxes, OpenedBoxes, BoardBoxes):
    """One method a box or a group of X checks."""

    def run(self, allow_insecure: Collection[str], until: str) -> None:
        record = self.record
        self.x_index()
        self.x_manifest_and_parameters()
        self.box_1(allow_insecure)
        if not self.manifest.board_is_broken:
            self.board(until)
        if (self.group.p, self.group.q) not in {(known.p, known.q) for known in parameter_sets().values()}:
            return
        if record.keys is None:
            return
        self.x_guardian_indices()
        for number, guardian in record.guardians.items():
            self.box_2(number, guardian)
        self.box_3(record.keys)
        self.box_4(record.keys)
        self.x_keys(record.keys)
        if self.manifest.broken_rules:
            return
        self.ballots(record.keys)
        self.printed_ballots(record.keys)
        if record.encrypted_tallies is not None:
            self.x_tally_cells()
            self.box_9()
        if record.tallies is not None:
            self.tallies(record.keys)
        if record.contest_data is not None:
            self.decrypted_contest_data(record.keys)
        if record.challenged is not None:
            self.challenged_ballots(record.keys)
        if record.uncast is not None:
            self.uncast_ballots(record.keys)
