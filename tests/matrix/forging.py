"""The corrupt authority of the matrix: the forger of the tests, which takes over an election that was held here."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from operator import add
from pathlib import Path
from random import Random
from typing import Any

from e2evote.group.elements import SecretScalar
from e2evote.preencryption.encrypting import Blank, pre_encrypt_ballots
from e2evote.preencryption.recording import open_uncast
from e2evote.record import layout
from e2evote.record.ballot import DeviceOpening, EncryptedBallot
from e2evote.record.codec import parse
from e2evote.record.codes import open_device
from e2evote.record.exceptions import TallyException
from e2evote.record.layout import Record
from e2evote.record.opened import DecryptedContestData
from e2evote.record.plaintext import PlaintextBallot
from e2evote.record.pre_encrypted import PreEncryptedBallot, RecordedBallot
from e2evote.record.tally import EncryptedTally, Tally, TallyContest
from e2evote.secret_sharing import lagrange_coefficient
from tests.ballot_forger import Vote
from tests.forger import Merge
from tests.mail_forger import MailForger, Posted
from tests.matrix.plans import Plan
from tests.matrix.refusals import DoesNotApplyError
from tests.matrix.world import Paper, World


class MatrixForger(MailForger):
    """Everything that went into the record of a world, and every secret.

    Which sums are decrypted, with which cells merged, which contest data, and which exceptions were made stays as it
    was in the honest record.
    """

    plan: Plan
    random: Random
    sums: dict[tuple[int, int], tuple[int, ...]]
    exceptions: list[TallyException]
    data_of: frozenset[int]
    printers_openings: dict[int, DeviceOpening]

    @classmethod
    def take_over(cls, root: Path, world: World, seed: int) -> "MatrixForger":
        """Take over a finished election; the forged record goes to ``root``, ``seed`` chooses what is forged."""
        root.mkdir(parents=True)
        election, record = world.election, Record.at(world.workspace.published)
        s, s_hat = _secret_keys(world)
        openings = {number: record.opening(number) for number in record.device_indices()}
        closings = {number: closing for number in openings if (closing := record.closing(number)) is not None}
        forger = cls(
            root, election, world.plan.manifest_bytes, {public.i: public for public in world.guardians.every_public},
            s, s_hat, openings, closings,
            {device: [] for device, opening in openings.items() if not opening.pre_encrypted},
        )  # fmt: skip
        forger.posted = {device: [] for device, opening in openings.items() if opening.pre_encrypted}
        forger.printers_openings = {device: openings[device] for device in forger.posted}
        forger.plan, forger.random = world.plan, Random(f"{world.plan.seed} {seed}")
        recorded = _recorded(record, world)
        for paper in sorted(world.papers.values(), key=lambda paper: paper.ballot.position):
            forger._take(paper, recorded.get(paper.code))
        forger.sums = {
            (tally["cell"], contest["index"]): tuple(contest.get("merged", ()))
            for tally in world.lines(layout.TALLIES)
            for contest in tally["contests"]
        }
        path = world.workspace.published / layout.EXCEPTIONS
        lines = path.read_bytes().splitlines() if path.exists() else []
        forger.exceptions = [parse(TallyException, line, layout.EXCEPTIONS) for line in lines]
        forger.data_of = frozenset(entry["index"] for entry in world.lines(layout.CONTEST_DATA))
        return forger

    def _take(self, paper: Paper, recorded: RecordedBallot | None) -> None:
        status = paper.status or ""
        if isinstance(paper.ballot, PreEncryptedBallot):
            post = Posted(paper.ballot, paper.nonce, paper.choices, status, recorded)
            if recorded is None:
                post.opened = open_uncast(self.election, paper.ballot, paper.nonce)
            self.posted[paper.ballot.device].append(post)
        elif isinstance(paper.ballot, EncryptedBallot) and paper.marks is not None:
            plaintext = parse(PlaintextBallot, json.dumps(paper.marks.as_json()).encode(), "marks", canonical=False)
            self.votes[paper.ballot.device].append(Vote(paper.ballot, paper.nonce, plaintext, status))

    # ------------------------------------------------------------------------------------------- choosing a place

    def any_of(self, found: Iterable[Any]) -> Any:
        """Choose one.

        Raises:
            DoesNotApplyError: there is none.
        """
        listed = list(found)
        if not listed:
            raise DoesNotApplyError
        return self.random.choice(listed)

    def edit_if_there(self, name: str, change: Callable[[list[Any]], object]) -> None:
        """Change the list of a file's lines in place, of a file that is there."""
        if (self.root / name).exists():
            self.edit_lines(name, change)

    # ------------------------------------------------------------------------------------------- held anew

    def hold(self, *, manifest: bytes | None = None, **other: Any) -> None:
        """Hold the election anew, for the same manifest.

        Raises:
            DoesNotApplyError: the defect brings its own.
        """
        if manifest is not None:
            raise DoesNotApplyError
        super().hold(**other)

    def post_all(self, each: int | None = None) -> None:
        """Print all pre-encrypted ballots anew, and let their voters choose what they chose."""
        for device, sequence in self.posted.items():
            old = self.printers_openings[device]
            opening = open_device(self.election.h_e, device, old.device_info, old.chaining_mode, pre_encrypted=True)
            self.openings[device] = opening
            blanks = [Blank(post.ballot.ballot_style, post.ballot.weight) for post in sequence]
            made = pre_encrypt_ballots(self.election, opening, blanks, rng=self.rng)
            for post, (ballot, nonce) in zip(sequence, made, strict=True):
                post.ballot, post.nonce = ballot, nonce
                post.recorded = post.opened = None
                self.decide(post)
            self.close_posted(device)

    # ------------------------------------------------------------------------------------------- the record

    def decrypt(self, cells: Sequence[EncryptedTally], every: bool = False, merge: Merge | None = None) -> list[Tally]:
        """Decrypt what the honest record has, with the same cells merged."""
        merged = {key: cells for key, cells in self.sums.items() if cells}
        tallies = super().decrypt(cells, every=True, merge=merged if merge is None else merge)
        if every:
            return tallies
        kept = [tally.model_copy(update={"contests": tuple(self.decrypted_of(tally))}) for tally in tallies]
        return [tally for tally in kept if tally.contests]

    def decrypted_of(self, tally: Tally) -> Iterator[TallyContest]:
        """Yield the contests of a cell that the honest record has."""
        return (contest for contest in tally.contests if (tally.cell, contest.index) in self.sums)

    def contest_data(self) -> list[DecryptedContestData]:
        return [entry for entry in super().contest_data() if entry.index in self.data_of]

    def write(self, **given: Any) -> None:
        super().write(**given)
        if self.exceptions:
            self.put(layout.EXCEPTIONS, *self.exceptions)


def _secret_keys(world: World) -> tuple[SecretScalar, SecretScalar]:
    """Return s and ŝ, from the shares of a quorum."""
    group, shares = world.election.group, list(world.guardians.shares.values())[: world.plan.k]
    weights = [lagrange_coefficient(group, share.i, [other.i for other in shares]) for share in shares]
    pairs = list(zip(weights, shares, strict=True))
    return reduce(add, (w * share.z for w, share in pairs)), reduce(add, (w * share.z_hat for w, share in pairs))


def _recorded(record: Record, world: World) -> dict[bytes, RecordedBallot]:
    """Return what was recorded of cast pre-encrypted ballots, by code."""
    lines = (
        each
        for device in record.device_indices()
        for name in record.recorded_shards(device)
        for each in record.lines(name)
    )
    ballots = (parse(RecordedBallot, line, where, world.election.group) for where, line in lines)
    return {ballot.confirmation_code: ballot for ballot in ballots}
