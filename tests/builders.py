"""Whole elections for tests: a small manifest with everything in it, and ``build_record``, which holds the election.

    built = build_record(tmp_path / "record")                       # toy group, 12 ballots, every file of the format
    built = build_record(path, until="ballots", ballots=4)          # stops after a phase
    built = build_record(path, group_name="standard-4096", ballots=6)
    built.path, built.election, built.shares, built.statuses[code], built.nonces[code], built.plaintexts[code]

Everything is a function of the arguments: the same call writes the same bytes. Who changes a file afterwards calls
``reindex(path)``, so that index.json fits again.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Literal, get_args

from e2evote.challenge import open_ballot
from e2evote.decryption.results import opened_contest_data, tallies
from e2evote.decryption.rounds import decrypt
from e2evote.decryption.statements import contest_data_statement, tally_statements
from e2evote.encryption import SecretBallotNonce, encrypt_ballot
from e2evote.errors import CheckError
from e2evote.examples.generator import plaintext_ballots
from e2evote.group.parameters import group_named
from e2evote.key_ceremony import Ceremony, GuardianRecord, hold
from e2evote.record import layout
from e2evote.record.ballot import BallotStatus, DeviceClosing, DeviceOpening, EncryptedBallot, Status
from e2evote.record.codec import dump
from e2evote.record.codes import close_device, open_device
from e2evote.record.layout import Directory, Index, IndexEntry, Record
from e2evote.record.manifest import Manifest, parse_manifest
from e2evote.record.plaintext import PlaintextBallot, PlaintextContest
from e2evote.record.setup import Election, ExtendedHashes, Parameters
from e2evote.record.tally import EncryptedTally, Tally
from e2evote.record.writer import RecordWriter
from e2evote.secret_sharing import SecretKeyShares
from e2evote.tally import accumulate
from tests.deterministic import DeterministicRandomness

TOY = "toy-64-256"
"""The smallest set in which a wrong proof does not pass by chance."""

Phase = Literal["setup", "keys", "ballots", "tally", "decryption", "opened"]
"""How far a record has come, in the words of docs/formats/record.md; each phase contains those before it."""

SHARD = 4
"""Ballots a shard, so that a record has several."""

DEFAULT_MANIFEST: dict[str, Any] = {
    "label": "Everything, once",
    "name": {"fa": "همه چیز، یک بار", "en": "Everything, once"},
    "date": "2026-12-01",
    "chaining_modes": [0, 1],
    "maximum_weight": 5,
    "minimum_cell_ballots": 2,
    "cast_contest_data_may_be_decrypted": True,
    "contests": [
        {
            "label": "board",
            "selection_limit": 2,
            "contest_data_blocks": 2,
            "options": [
                {"label": "board-1", "name": {"fa": "نامزد ۱"}},
                {"label": "board-2"},
                {"label": "board-3"},
                {"label": "board-write-in", "write_in": True},
            ],
        },
        {
            "label": "scores",
            "selection_limit": 4,
            "options": [{"label": "score-1", "selection_limit": 3}, {"label": "score-2", "selection_limit": 3}],
        },
        {"label": "motion", "options": [{"label": "yes"}, {"label": "no"}]},
    ],
    "ballot_styles": [{"label": "member", "contests": [1, 3]}, {"label": "partner", "contests": [2, 3]}],
    "tally_cells": [{"label": "members", "ballot_styles": [1]}, {"label": "partners", "ballot_styles": [2]}],
}
"""Two styles that each skip a contest, R = 1 and 3, L = 1, 2 and 4, a write-in, weights, two cells, both modes."""

MERGING = [DEFAULT_MANIFEST["tally_cells"][0], DEFAULT_MANIFEST["tally_cells"][1] | {"merge_into": "members"}]
"""The same cells; what the partners are too few for goes to the members, who have only contest 3 in common."""

ALL_FIELDS = (
    "overvote_indicator",
    "undervote_indicator",
    "undervote_difference",
    "null_vote_indicator",
    "write_in_count",
)
SUPPLEMENTAL = [
    DEFAULT_MANIFEST["contests"][0] | {"supplemental_fields": ALL_FIELDS},
    DEFAULT_MANIFEST["contests"][1] | {"supplemental_fields": ALL_FIELDS[3:0:-1]},
    DEFAULT_MANIFEST["contests"][2] | {"supplemental_fields": ["null_vote_indicator", "overvote_indicator"]},
]
"""The same contests with supplemental fields: all, the three of undervotes without the overvote's, and two of L = 1."""

_PATTERNS: tuple[tuple[int, int, dict[int, tuple[int, ...]], dict[int, str] | None], ...] = (
    # style, weight, marks by contest, write-in texts of contest 1
    (1, 1, {1: (1, 1, 0, 0), 3: (1, 0)}, None),
    (2, 3, {2: (3, 1), 3: (0, 1)}, None),
    (1, 2, {1: (1, 0, 0, 1), 3: (0, 1)}, {4: "شاپور ارغوان‌زاده"}),
    (2, 1, {2: (0, 2), 3: (1, 0)}, None),
    (1, 1, {1: (1, 1, 1, 0), 3: (1, 0)}, None),  # overvoted
    (2, 5, {3: (1, 1)}, None),  # contest 2 left out: a null vote; contest 3 overvoted
    (1, 1, {1: (0, 0, 0, 0)}, None),  # null votes
    (2, 1, {2: (2, 0), 3: (0, 0)}, None),  # undervoted
)


def manifest_bytes(**changes: object) -> bytes:
    """Return the default manifest with top-level fields replaced, or left out where the value is None."""
    fields = {name: value for name, value in (DEFAULT_MANIFEST | changes).items() if value is not None}
    return json.dumps(fields, ensure_ascii=False, indent=1).encode()


def patterned_ballots() -> Iterator[PlaintextBallot]:
    """Yield ballots for the default manifest, the same eight again and again, styles taking turns."""
    while True:
        for style, weight, marks, write_ins in _PATTERNS:
            contests = (
                PlaintextContest(contest=c, selections=s, write_ins=write_ins if c == 1 else None)
                for c, s in marks.items()
            )
            yield PlaintextBallot(ballot_style=style, weight=weight, contests=tuple(contests))


def generated_ballots(manifest: Manifest, seed: int) -> Iterator[PlaintextBallot]:
    """Yield plausible ballots for any manifest, styles taking turns."""
    while True:
        for style in range(1, len(manifest.ballot_styles) + 1):
            drawn = plaintext_ballots(manifest, 10_000, seed := seed + 1)
            yield next(ballot for ballot in drawn if ballot.ballot_style == style)


@dataclass(slots=True)
class BuiltRecord:
    """A record on disk and all that nobody may know of a real one. Ballots are found by confirmation code."""

    path: Path
    election: Election
    manifest_bytes: bytes
    guardian_record: GuardianRecord
    shares: tuple[SecretKeyShares, ...]
    openings: dict[int, DeviceOpening] = field(default_factory=dict)
    ballots: dict[bytes, EncryptedBallot] = field(default_factory=dict)
    plaintexts: dict[bytes, PlaintextBallot] = field(default_factory=dict)
    nonces: dict[bytes, SecretBallotNonce] = field(default_factory=dict)
    statuses: dict[bytes, Status] = field(default_factory=dict)
    closings: dict[int, DeviceClosing] = field(default_factory=dict)
    encrypted_tallies: tuple[EncryptedTally, ...] = ()
    tallies: tuple[Tally, ...] = ()

    def of_status(self, status: Status) -> list[EncryptedBallot]:
        """Return the ballots with this status, by device and position."""
        return [ballot for code, ballot in self.ballots.items() if self.statuses[code] == status]

    def of_device(self, device: int) -> list[EncryptedBallot]:
        """Return the ballots of a device in order."""
        return [ballot for ballot in self.ballots.values() if ballot.device == device]


def build_election(
    *, group_name: str = TOY, manifest: bytes | None = None, n: int = 3, k: int = 2, seed: int = 1
) -> tuple[Election, GuardianRecord, tuple[SecretKeyShares, ...]]:
    """Hold a key ceremony without writing anything."""
    group, data = group_named(group_name), manifest or manifest_bytes()
    parsed = parse_manifest(data)
    parsed.check()
    ceremony = Ceremony.of(group, n, k, data)
    record, shares = hold(ceremony, DeterministicRandomness(f"{seed} keys"))
    return Election.of(group, n, k, parsed, ceremony.hashes, record.keys), record, shares


def build_record(
    root: Path,
    *,
    group_name: str = TOY,
    manifest: bytes | None = None,
    ballots: int = 12,
    challenged: int = 2,
    spoiled: int = 1,
    devices: Sequence[tuple[str, int]] = (("Booth A", 1), ("Booth B", 0)),
    n: int = 3,
    k: int = 2,
    seed: int = 1,
    until: Phase = "opened",
    plaintexts: Sequence[PlaintextBallot] | None = None,
) -> BuiltRecord:
    """Hold a whole election and write its record.

    Args:
        root: directory of the record, made if missing.
        group_name: a parameter set.
        manifest: bytes of the manifest file; ``manifest_bytes()`` if None.
        ballots: how many ballots are encrypted in all, in equal parts by each device, the first ones by the first.
        challenged: how many of them are challenged (and opened).
        spoiled: how many of them are spoiled; the rest is cast.
        devices: (S_device, chaining mode) of each device.
        n: guardians.
        k: quorum; the last k guardians decrypt.
        seed: another seed gives other secrets and other ballots with status challenged or spoiled.
        until: the last phase to be written.
        plaintexts: the voters' marks in order; by default patterned for the default manifest, else generated.

    Raises:
        CheckError: a rule of the library is broken, such as a plaintext ballot that is not of its style.
    """
    data = manifest or manifest_bytes()
    election, guardian_record, shares = build_election(group_name=group_name, manifest=data, n=n, k=k, seed=seed)
    built = BuiltRecord(root, election, data, guardian_record, shares)
    writer = RecordWriter(root)
    if plaintexts is None:
        source = generated_ballots(election.manifest, seed) if manifest else patterned_ballots()
        plaintexts = list(islice(source, ballots))
    if len(plaintexts) != ballots:
        raise CheckError(f"{len(plaintexts)} plaintext ballots given, {ballots} asked for")
    statuses = _statuses(ballots, challenged, spoiled, seed)
    vote = partial(_ballots, plaintexts=plaintexts, statuses=statuses, devices=devices)
    for phase, step in zip(get_args(Phase), (_setup, _keys, vote, _tally, _decryption, _opened), strict=True):
        step(writer, built, DeterministicRandomness(f"{seed} {phase}"))
        if phase == until:
            break
    return built


def reindex(root: Path) -> None:
    """Write index.json anew for the files that are there now."""
    (root / layout.INDEX).unlink(missing_ok=True)
    record = Record(Directory(root))
    entries = []
    for name in sorted(record.names - {layout.INDEX}):
        size, sha256 = record.sha256(name)
        entries.append(IndexEntry(path=name, size=size, sha256=sha256))
    index = Index(format=layout.FORMAT, version=layout.FORMAT_VERSION, files=tuple(entries))
    (root / layout.INDEX).write_bytes(dump(index) + b"\n")


def _setup(writer: RecordWriter, built: BuiltRecord, rng: DeterministicRandomness) -> None:
    election = built.election
    writer.write_bytes(layout.MANIFEST, built.manifest_bytes)
    writer.write(layout.PARAMETERS, Parameters.of(election.group, election.n, election.k))
    writer.write(layout.HASHES, election.hashes)


def _keys(writer: RecordWriter, built: BuiltRecord, rng: DeterministicRandomness) -> None:
    for public in built.guardian_record.guardians:
        writer.write(layout.guardian_path(public.i), public)
    writer.write(layout.JOINT_KEYS, built.guardian_record.keys)
    writer.write(layout.EXTENDED_HASHES, ExtendedHashes(h_e=built.election.h_e))


def _statuses(ballots: int, challenged: int, spoiled: int, seed: int) -> list[Status]:
    statuses: list[Status] = ["cast"] * ballots
    chosen = random.Random(seed).sample(range(ballots), challenged + spoiled)
    for number, index in enumerate(chosen):
        statuses[index] = "challenged" if number < challenged else "spoiled"
    return statuses


def _ballots(
    writer: RecordWriter,
    built: BuiltRecord,
    rng: DeterministicRandomness,
    *,
    plaintexts: Sequence[PlaintextBallot],
    statuses: Sequence[Status],
    devices: Sequence[tuple[str, int]],
) -> None:
    election, start = built.election, datetime(2026, 12, 1, 9, tzinfo=UTC)
    for device, (information, mode) in enumerate(devices, 1):
        opening = open_device(election.h_e, device, information, mode)
        built.openings[device] = opening
        writer.write(layout.opening_path(device), opening)
        first, end = ((device - j) * len(plaintexts) // len(devices) for j in (1, 0))
        lines, last_code = [], None
        for position, (plaintext, status) in enumerate(zip(plaintexts[first:end], statuses[first:end], strict=True), 1):
            time = start + timedelta(minutes=position)
            ballot, nonce = encrypt_ballot(election, opening, plaintext, position, last_code, rng, lambda t=time: t)
            last_code = code = ballot.confirmation_code
            built.ballots[code], built.nonces[code] = ballot, nonce
            built.plaintexts[code], built.statuses[code] = plaintext, status
            lines.append(ballot)
        for shard in range(0, len(lines), SHARD):
            writer.write_lines(layout.ballots_path(device, shard // SHARD + 1), lines[shard : shard + SHARD])
        codes = [ballot.confirmation_code for ballot in lines]
        states = [BallotStatus(confirmation_code=code, status=built.statuses[code]) for code in codes]
        writer.write_lines(layout.statuses_path(device), states)
        built.closings[device] = close_device(election.h_e, opening, len(lines), last_code)
        writer.write(layout.closing_path(device), built.closings[device])


def _tally(writer: RecordWriter, built: BuiltRecord, rng: DeterministicRandomness) -> None:
    built.encrypted_tallies = accumulate(built.election, built.of_status("cast"))
    writer.write_lines(layout.ENCRYPTED_TALLIES, built.encrypted_tallies)


def _decryption(writer: RecordWriter, built: BuiltRecord, rng: DeterministicRandomness) -> None:
    election, guardians = built.election, built.guardian_record.guardians
    counts = [contest.ballots for cell in built.encrypted_tallies for contest in cell.contests]
    if max(counts) >= election.manifest.minimum_cell_ballots:
        statements = tally_statements(election, built.encrypted_tallies)
        results = decrypt(election, guardians, built.shares[-election.k :], statements, rng)
        built.tallies = tallies(election, built.encrypted_tallies, results)
    writer.write_lines(layout.TALLIES, built.tallies)


def _opened(writer: RecordWriter, built: BuiltRecord, rng: DeterministicRandomness) -> None:
    election, guardians = built.election, built.guardian_record.guardians
    challenged = built.of_status("challenged")
    if challenged:
        opened = [open_ballot(election, ballot, built.nonces[ballot.confirmation_code]) for ballot in challenged]
        writer.write_lines(layout.CHALLENGED_BALLOTS, opened)
    if not election.manifest.cast_contest_data_may_be_decrypted:
        return
    entries = []
    for ballot in built.of_status("cast"):
        for contest in ballot.contests:
            if contest.contest_data is not None:
                statement = contest_data_statement(election, ballot, "cast", contest.index)
                ((factor, proof),) = decrypt(election, guardians, built.shares[: election.k], [statement], rng)
                entries.append(opened_contest_data(ballot, statement, factor, proof))
    if entries:
        writer.write_lines(layout.CONTEST_DATA, entries)
