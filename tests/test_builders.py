"""The elections that other tests are built on, and one with the standard parameters from end to end."""

from pathlib import Path
from typing import get_args

import pytest

from e2evote.errors import CheckError
from e2evote.examples import NAMES
from e2evote.examples import manifest_bytes as example_bytes
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.record.load import load_election, load_guardians
from tests.builders import TOY, BuiltRecord, Phase, build_record, manifest_bytes, patterned_ballots
from tests.mistakes.helpers import counted, expected_counts

SETUP = {layout.INDEX, layout.MANIFEST, layout.PARAMETERS, layout.HASHES}
KEYS = {layout.JOINT_KEYS, layout.EXTENDED_HASHES, *(layout.guardian_path(i) for i in (1, 2, 3))}
BALLOTS = {
    path(device)
    for device in (1, 2)
    for path in (layout.opening_path, layout.statuses_path, layout.closing_path)
} | {layout.ballots_path(device, shard) for device in (1, 2) for shard in (1, 2)}  # fmt: skip
FILES: dict[Phase, set[str]] = {
    "setup": SETUP,
    "keys": KEYS,
    "ballots": BALLOTS,
    "tally": {layout.ENCRYPTED_TALLIES},
    "decryption": {layout.TALLIES},
    "opened": {layout.CHALLENGED_BALLOTS, layout.CONTEST_DATA},
}


@pytest.mark.parametrize("until", get_args(Phase))
def test_phases(tmp_path: Path, until: Phase) -> None:
    built = build_record(tmp_path / "record", until=until)
    phases = get_args(Phase)
    expected = set().union(*(FILES[phase] for phase in phases[: phases.index(until) + 1]))
    assert Record.at(built.path).names == expected


def test_the_default_record_has_everything(built: BuiltRecord) -> None:
    """What tests of mutated records rely on."""
    ballots = list(built.ballots.values())
    assert {(b.device, b.ballot_style) for b in ballots} == {(1, 1), (1, 2), (2, 1), (2, 2)}
    assert {b.weight for b in built.of_status("cast")} > {1}
    assert {b.ballot_style for b in built.of_status("challenged")} == {1, 2}
    assert [len(built.of_status(status)) for status in ("cast", "challenged", "spoiled")] == [9, 2, 1]
    assert all(cell.ballots >= 2 for cell in built.encrypted_tallies)
    assert {len(o.proof.challenges) for b in ballots for c in b.contests for o in c.options} == {2, 4}
    assert {len(c.proof.challenges) for b in ballots for c in b.contests} == {2, 3, 5}
    assert len(list(Record.at(built.path).lines(layout.CONTEST_DATA))) == 5
    assert counted(built.tallies) == expected_counts(built)


def test_guardians_of_a_record(built: BuiltRecord, tmp_path: Path) -> None:
    record = Record.at(built.path)
    assert load_guardians(record, built.election) == built.guardian_record.guardians
    other = build_record(tmp_path / "other", until="keys", k=3)
    with pytest.raises(CheckError, match="not the key of guardian 1 with 3 commitments each"):
        load_guardians(record, other.election)


@pytest.mark.parametrize("name", NAMES)
def test_records_of_the_examples(tmp_path: Path, name: str) -> None:
    built = build_record(
        tmp_path / "record", manifest=example_bytes(name), ballots=40, challenged=3, devices=(("A", 1),), n=2, k=2
    )
    assert counted(built.tallies) == expected_counts(built)


def test_files_that_are_left_out(tmp_path: Path) -> None:
    """A manifest that keeps contest data closed has no such file; without challenged ballots there is none of them."""
    manifest = manifest_bytes(cast_contest_data_may_be_decrypted=False)
    patterns = patterned_ballots()
    ballots = [next(patterns) for _ in range(6)]
    built = build_record(tmp_path / "record", manifest=manifest, ballots=6, challenged=0, spoiled=0, plaintexts=ballots)
    assert not {layout.CONTEST_DATA, layout.CHALLENGED_BALLOTS} & Record.at(built.path).names


def test_a_whole_election_with_the_standard_parameters(tmp_path: Path) -> None:
    """What is said about the library is tested on 4096 bits.

    Spec: EG-2.1 §3.6.5, box 10
    """
    built = build_record(tmp_path / "record", group_name="standard-4096", ballots=8, challenged=1, spoiled=0)
    assert counted(built.tallies) == expected_counts(built)
    assert load_election(Record.at(built.path)) == built.election
    with pytest.raises(CheckError, match="asked for by name"):
        load_election(Record.at(build_record(tmp_path / "toy", group_name=TOY, until="keys").path))
