"""An election on a board, ready to vote, with ballots that were encrypted before: what web tests begin with.

Ballots are of a device without chaining, so that they can be submitted in any order and by anybody at once.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from e2evote.board.log import Board
from e2evote.board.policy import Witness
from e2evote.board.witness import Answer
from e2evote.election.acceptance import Acceptance
from e2evote.election.publishing import Publisher
from e2evote.encoding import hex_of
from e2evote.encryption import encrypt_ballots
from e2evote.engine import workers
from e2evote.errors import StorageError
from e2evote.record import layout
from e2evote.record.ballot import NO_CHAINING, EncryptedBallot
from e2evote.record.codec import dump
from e2evote.record.codes import open_device
from e2evote.record.layout import Record
from e2evote.web.site import Settings, Site
from tests.builders import TOY, BuiltRecord, Phase, build_record, manifest_bytes, patterned_ballots, reindex
from tests.deterministic import DeterministicRandomness

ORIGIN = "board.example/club-2026"
NAME = {"en": "Board election of the club", "fa": "انتخابات هیئت مدیرهٔ باشگاه"}


@dataclass(frozen=True, slots=True)
class VotingBoard:
    """A board whose device is open, and ballots for it: canonical lines, with their codes."""

    folder: Path
    ballots: tuple[bytes, ...]
    codes: tuple[str, ...]

    def settings(self, **changes: object) -> Settings:
        """How tests serve it."""
        fixed = {"folder": self.folder, "allow_insecure": frozenset({TOY}), "processes": 0, "interval": 0.05}
        return Settings(**{**fixed, **changes})  # type: ignore[arg-type]


def nobody(witness: Witness, body: bytes) -> Answer:
    """A witness that does not answer."""
    raise StorageError(f"{witness.name} is not asked here")


def request_of(ballot: bytes, commitments: tuple[bytes, bytes] | None = None) -> bytes:
    """The body that submits a ballot."""
    if commitments is None:
        return b'{"ballot":' + ballot + b"}"
    cast, challenge = map(hex_of, commitments)
    return b'{"ballot":' + ballot + f',"commitments":{{"cast":"{cast}","challenge":"{challenge}"}}}}'.encode()


def voting_board(
    folder: Path,
    ballots: int = 8,
    witnesses: str = "quorum none\n",
    database: str | None = None,
    group_name: str = TOY,
    **manifest: object,
) -> VotingBoard:
    """Make a board, publish an election's files on it, open a device, and encrypt ballots."""
    allowed = frozenset({TOY})
    with Board.create(folder, ORIGIN, witnesses, database=database) as board:
        data = manifest_bytes(board=board.policy.encode().decode().splitlines(), name=NAME, **manifest)
        with tempfile.TemporaryDirectory() as temporary:
            built = build_record(Path(temporary) / "record", manifest=data, group_name=group_name, until="keys")
            election = built.election
            opening = open_device(election.h_e, 1, "Web", NO_CHAINING)
            guardians = [layout.guardian_path(i) for i in range(1, election.n + 1)]
            names = [
                layout.MANIFEST, layout.PARAMETERS, layout.HASHES, *guardians, layout.JOINT_KEYS, layout.EXTENDED_HASHES
            ]  # fmt: skip
            files = [(name, (built.path / name).read_bytes()) for name in names]
        files.append((layout.opening_path(1), dump(opening) + b"\n"))
        acceptance = Acceptance.of(board, allowed)
        for name, content in files:
            with board.writing() as writing:
                acceptance.publish_file(writing, name, content, datetime.now(UTC))
        board.publish(nobody)
    plaintexts = islice(patterned_ballots(), ballots)
    encrypted = encrypt_ballots(election, opening, plaintexts, rng=DeterministicRandomness("web"))
    made: list[EncryptedBallot] = [ballot for ballot, _ in encrypted]
    return VotingBoard(
        folder, tuple(dump(ballot) for ballot in made), tuple(hex_of(ballot.confirmation_code) for ballot in made)
    )


@dataclass(frozen=True, slots=True)
class HeldBoard:
    """A board of an election that was held with devices, and what nobody may know of a real one."""

    folder: Path
    built: BuiltRecord

    def settings(self, **changes: object) -> Settings:
        """How tests serve it."""
        return VotingBoard(self.folder, (), ()).settings(**changes)


def held_board(
    folder: Path,
    until: Phase | Literal["nothing", "voting", "ended"] = "ended",
    record: Path | None = None,
    options: Mapping[str, Any] | None = None,
    witnesses: str = "quorum none\n",
    **manifest: object,
) -> HeldBoard:
    """Hold an election, and bring what there is of it by some phase onto a board of its own.

    Args:
        folder: of the board, to be made.
        until: the last phase; ``nothing`` is before the manifest, ``voting`` while devices are open and the last ballot
            of each has no status, ``ended`` behind the last entry.
        record: where the record is written, beside the board by default.
        options: of ``build_record``.
        witnesses: of the board's policy.
        manifest: fields that differ from the default manifest's.
    """
    allowed = frozenset({TOY})
    with Board.create(folder, ORIGIN, witnesses) as board:
        data = manifest_bytes(board=board.policy.encode().decode().splitlines(), **{"name": NAME, **manifest})
        known: dict[str, Phase] = {"nothing": "setup", "voting": "ballots", "ended": "opened"}
        built_until = known.get(until, until)
        path = record or folder.with_name(f"{folder.name}-record")
        built = build_record(path, manifest=data, until=built_until, **(options or {}))
        if until == "nothing":
            return HeldBoard(folder, built)
        if until == "voting":
            _open_again(path)
        acceptance, clock = Acceptance.of(board, allowed), partial(datetime.now, UTC)
        Publisher(board, acceptance, Record.at(path), clock).publish(workers(1))
        if until == "ended":
            with board.writing() as writing:
                acceptance.end(writing, clock())
        board.publish(nobody)
    return HeldBoard(folder, built)


def _open_again(record: Path) -> None:
    """Take back how devices were closed, and what became of the last ballot of each."""
    for closing in record.glob("devices/*/close.json"):
        closing.unlink()
    for statuses in record.glob("devices/*/statuses.ndjson"):
        statuses.write_bytes(b"".join(statuses.read_bytes().splitlines(keepends=True)[:-1]))
    reindex(record)


def site_of(application: Any) -> Site:
    """What the requests to an application that has begun share."""
    site: Site = application.application.state.site
    return site
