"""An election of the matrix under way: guardians, the administrator's directory, and a plain account of what was done.

Every step goes through what the commands call, in this process. Beside it ``World`` notes what the voters did and every
secret, which the library forgets: to compare with later, and to forge records of.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from e2evote.encoding import hex_of
from e2evote.encryption import SecretBallotNonce
from e2evote.group.randomness import SystemRandomness
from e2evote.preencryption.encrypting import Blank
from e2evote.preencryption.recording import PrintedContest, printed_codes
from e2evote.record.ballot import Status
from e2evote.record.pre_encrypted import PreEncryptedBallot, PublishedBallot, parse_published
from e2evote.record.setup import Election
from e2evote.workspace import devices, mailing, private
from e2evote.workspace.counting import accumulate_cast, check_devices_closed
from e2evote.workspace.devices import Device
from e2evote.workspace.directory import Workspace, drafted, make_private, write_keys
from e2evote.workspace.encrypting import encrypt_file
from e2evote.workspace.mailing import ReturnedBallot, SelectedCodes
from e2evote.workspace.private import SecretNonceEntry
from tests.builders import TOY
from tests.deterministic import DeterministicRandomness
from tests.matrix.guardians import Guardians
from tests.matrix.plans import Plan, PlannedDevice
from tests.matrix.voters import Marks, cell_of, chosen, sums, weight_of

Choices = Mapping[int, Sequence[int]]


@dataclass(slots=True)
class Paper:
    """A ballot and what nobody else knows of it: what the voter marked, or chose by mail, and its nonce."""

    ballot: PublishedBallot
    nonce: SecretBallotNonce
    marks: Marks | None
    status: Status | None = None
    choices: Choices | None = None

    @property
    def code(self) -> bytes:
        return self.ballot.confirmation_code

    @property
    def by_mail(self) -> bool:
        return isinstance(self.ballot, PreEncryptedBallot)

    def counted(self, plan: Plan) -> Marks:
        """Return what a cast ballot counts for; a choice by mail is a mark."""
        if self.marks is not None:
            return self.marks
        style = self.ballot.ballot_style
        options = {ind_c: len(plan.contest(ind_c)["options"]) for ind_c in plan.contests(style)}
        chose = self.choices or {}
        marks = {c: tuple(int(j in chose.get(c, ())) for j in range(1, m + 1)) for c, m in options.items()}
        return Marks(style, self.ballot.weight, marks)


@dataclass(slots=True)
class World:
    """One election."""

    plan: Plan
    root: Path
    guardians: Guardians
    rng: Random
    papers: dict[bytes, Paper] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    phase: str = "ceremony"
    """ceremony, voting, counted, decrypted"""
    quorum: tuple[int, ...] = ()
    _workspace: Workspace | None = None

    @classmethod
    def of(cls, plan: Plan, root: Path) -> "World":
        return cls(plan, root, Guardians.of(plan), Random(plan.seed))

    @property
    def workspace(self) -> Workspace:
        assert self._workspace is not None, "the ceremony is not over"
        return self._workspace

    @property
    def election(self) -> Election:
        return self.workspace.election

    # ------------------------------------------------------------------------------------------- ceremony

    def found(self) -> None:
        """Make the administrator's directory, once every guardian has confirmed the keys."""
        assert len(self.guardians.confirmed) == self.plan.n
        with drafted(self.root / "election") as draft:
            write_keys(draft / "record", self.plan.manifest_bytes, self.guardians.ceremony, self.guardians.preliminary)
            make_private(draft, TOY)
        self._workspace = Workspace(self.root / "election")
        self.phase = "voting"

    # ------------------------------------------------------------------------------------------- voting

    @property
    def devices(self) -> list[Device]:
        return devices.devices(self.workspace)

    def planned(self, device: Device) -> PlannedDevice:
        return next(planned for planned in self.plan.devices if planned.info == device.opening.device_info)

    def open(self, planned: PlannedDevice) -> Device:
        return devices.open_new(self.workspace, planned.info, planned.mode == 1, planned.mail)

    def vote(self, device: Device, marks: Sequence[Marks]) -> None:
        """Encrypt ballots."""
        path = self.input_of(device)
        with path.open("a") as file:
            file.writelines(json.dumps(each.as_json(), ensure_ascii=False) + "\n" for each in marks)
        self._take_up(device, lambda: encrypt_file(device, path, _quiet, 1), marks)

    def input_of(self, device: Device) -> Path:
        """Return the file of all that voters marked at a device."""
        return self.root / f"votes-{device.number}.ndjson"

    def post(self, device: Device, count: int) -> None:
        """Pre-encrypt ballots."""
        style = self.plan.mail_style
        assert style is not None
        blank = Blank(style, weight_of(self.plan, self.rng))
        self._take_up(device, lambda: mailing.make(device, blank, count, _quiet, 1), [None] * count)

    def _take_up(self, device: Device, make: Any, marks: Sequence[Marks | None]) -> None:
        """Make ballots and note them with their nonces, which the device keeps until they are decided about."""
        before = len(device.record.ballot_shards(device.number))
        make()
        shards = device.record.ballot_shards(device.number)[before:]
        lines = [line for name in shards for line in device.record.lines(name)]
        entries = [
            entry
            for shard in range(before + 1, before + len(shards) + 1)
            for entry in private.read_lines(SecretNonceEntry, device.nonces_path(shard))
        ]
        for (where, line), entry, each in zip(lines, entries, marks, strict=True):
            ballot = parse_published(line, where, self.election.group, device.opening)
            assert ballot.confirmation_code == entry.confirmation_code
            self.papers[ballot.confirmation_code] = Paper(ballot, SecretBallotNonce(entry.nonce), each)

    def of_device(self, device: Device) -> list[Paper]:
        return [paper for paper in self.papers.values() if paper.ballot.device == device.number]

    def undecided(self, mail: bool) -> list[Paper]:
        return [paper for paper in self.papers.values() if paper.status is None and paper.by_mail == mail]

    def decide(self, paper: Paper, status: Status) -> None:
        """Cast, challenge or spoil a ballot, or open one that nobody cast by mail."""
        if status in ("challenged", "uncast") and self.plan.levels["opening"] == "guardians":
            self.lose_nonce(paper)
        devices.decide(devices.find(self.workspace, [hex_of(paper.code)[: self.rng.randint(16, 64)]]), status)
        paper.status = status

    def lose_nonce(self, paper: Paper) -> None:
        """Let a device lose the nonce of a ballot, so that the guardians have to open it."""
        device = Device(self.workspace, paper.ballot.device)
        for shard in range(1, len(device.record.ballot_shards(device.number)) + 1):
            entries = private.read_lines(SecretNonceEntry, device.nonces_path(shard))
            private.write_lines(device.nonces_path(shard), [e for e in entries if e.confirmation_code != paper.code])

    def printed(self, paper: Paper) -> dict[int, PrintedContest]:
        """Return the short codes on a ballot."""
        assert isinstance(paper.ballot, PreEncryptedBallot)
        return {each.index: each for each in printed_codes(self.election, paper.ballot, paper.nonce)}

    def return_(self, paper: Paper, codes: Mapping[int, Sequence[str]]) -> None:
        """Hand in short codes as they came by mail."""
        device = Device(self.workspace, paper.ballot.device)
        contests = tuple(SelectedCodes(contest=c, short_codes=tuple(chose)) for c, chose in codes.items())
        entry = ReturnedBallot(confirmation_code=hex_of(paper.code), contests=contests)
        known = {hex_of(code): code for code in device.codes()}
        mailing.record(device, [mailing.found(device, known, "returned", entry)], _quiet, 1)

    def cast_by_mail(self, paper: Paper) -> None:
        """Let a voter choose and send back the codes, now and then with some of null votes."""
        choices, printed = chosen(self.plan, paper.ballot.ballot_style, self.rng), self.printed(paper)
        codes = {c: [printed[c].options[j - 1] for j in chose] for c, chose in choices.items()}
        for ind_c, given in codes.items():
            room = len(printed[ind_c].null_codes) - len(given)
            given += printed[ind_c].null_codes[: self.rng.randint(0, room)]
        self.return_(paper, codes)
        paper.status, paper.choices = "cast", choices

    def close(self, device: Device) -> None:
        device.close()
        self.closed.add(device.number)

    # ------------------------------------------------------------------------------------------- counting

    def add_up(self) -> None:
        check_devices_closed(self.workspace)
        self.workspace.require_valid("ballots")
        accumulate_cast(self.workspace, 1)
        self.phase = "counted"

    @property
    def cast(self) -> list[Paper]:
        return [paper for paper in self.papers.values() if paper.status == "cast"]

    def plain_sums(self) -> Mapping[tuple[int, int], Mapping[int, int]]:
        """Return what the cast ballots come to, by cell and contest; field 0 is the number of ballots."""
        return sums(self.plan, [paper.counted(self.plan) for paper in self.cast])

    def cast_of(self, cell: int) -> list[Paper]:
        return [paper for paper in self.cast if cell_of(self.plan, paper.ballot.ballot_style) == cell]

    def lines(self, name: str) -> Iterator[Any]:
        """Yield the objects in a file of the record, as plain JSON; none if it is not there."""
        path = self.workspace.published / name
        return (json.loads(line) for line in path.read_bytes().splitlines()) if path.exists() else iter(())


def _quiet(done: int, total: int) -> None:
    """Take progress and say nothing."""


@contextmanager
def repeatable(seed: int | str) -> Iterator[None]:
    """Make the operating system's randomness a function of a seed, so that what failed once fails again.

    What is written need not reach the disk meanwhile: nobody pulls a plug here.
    """
    rng = DeterministicRandomness(f"matrix {seed}")
    with (
        patch.object(SystemRandomness, "bytes", lambda self, n: rng.bytes(n)),
        patch.object(SystemRandomness, "scalar", lambda self, group: rng.scalar(group)),
        patch("os.fsync"),
    ):
        yield
