"""Mistakes with codes, chains and the record."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from e2evote.decryption.statements import tally_statements
from e2evote.encryption import encrypt_ballot, encrypt_ballots
from e2evote.errors import CheckError, ParseError
from e2evote.record import layout
from e2evote.record.codes import close_device, open_device
from e2evote.record.layout import Record
from e2evote.record.setup import Election
from e2evote.record.tally import EncryptedTally
from tests.builders import BuiltRecord
from tests.deterministic import DeterministicRandomness
from tests.mistakes.helpers import counted, expected_counts, plain


def test_every_ballot_tallied_whatever_its_status(built: BuiltRecord) -> None:
    """The tallies are those of the cast ballots' plaintexts, weighted; challenged and spoiled ones count nothing."""
    assert {built.statuses[code] for code in built.ballots} == {"cast", "challenged", "spoiled"}
    assert counted(built.tallies) == expected_counts(built)


def test_chain_checked_against_itself(election: Election) -> None:
    """B_C of each ballot holds the code of the one before; the close depends on the last code and on the device.

    Spec: EG-2.1 §3.4.4, eqs. 74–78
    """
    opening = open_device(election.h_e, 1, "Booth A", 1)
    ballots = [b for b, _ in encrypt_ballots(election, opening, [plain(1)] * 3, rng=DeterministicRandomness(1))]
    links = [opening.h_0, *(ballot.confirmation_code for ballot in ballots)]
    assert [ballot.chaining_field for ballot in ballots] == [bytes((0, 0, 0, 1)) + link for link in links[:-1]]
    assert [ballot.position for ballot in ballots] == [1, 2, 3]
    closings = {
        close_device(election.h_e, open_device(election.h_e, 1, device, 1), 3, link).closing_hash
        for device in ("Booth A", "Booth B")
        for link in links[1:]
    }
    assert len(closings) == 6


def test_chain_begun_anew_after_a_break(election: Election) -> None:
    """A device that goes on continues its chain and its numbers."""
    opening = open_device(election.h_e, 1, "Booth A", 1)
    whole = list(encrypt_ballots(election, opening, [plain(1)] * 3, rng=DeterministicRandomness(1)))
    last = whole[-1][0].confirmation_code
    ((following, _),) = encrypt_ballots(election, opening, [plain(1)], 3, last, DeterministicRandomness(2))
    assert (following.position, following.chaining_field) == (4, bytes((0, 0, 0, 1)) + last)


def test_chain_without_its_start(election: Election) -> None:
    """A device said to be chained but without H_0 encrypts nothing, rather than chain to zeros."""
    opening = open_device(election.h_e, 1, "Booth A", 1).model_copy(update={"h_0": None})
    with pytest.raises(CheckError, match="H_0"):
        encrypt_ballot(election, opening, plain(1))


@pytest.mark.parametrize(
    "change",
    [
        lambda cells: cells[:1],
        lambda cells: (*cells, cells[0]),
        lambda cells: cells[::-1],
        lambda cells: (cells[0], cells[1].model_copy(update={"cell": 3})),
        lambda cells: (cells[0], cells[1].model_copy(update={"label": "members"})),
        lambda cells: (cells[0].model_copy(update={"contests": cells[0].contests[:1]}), cells[1]),
        lambda cells: (cells[0].model_copy(update={"contests": (*cells[0].contests, cells[1].contests[0])}), cells[1]),
        lambda cells: (cells[0].model_copy(update={"contests": cells[0].contests[::-1]}), cells[1]),
        lambda cells: (one_option_more(cells[0]), cells[1]),
    ],
    ids=[
        "a cell missing",
        "a cell twice",
        "another order",
        "another number",
        "another label",
        "a contest missing",
        "a contest more",
        "contests swapped",
        "an option more",
    ],
)
def test_tally_walked_as_claimed(built: BuiltRecord, change: Callable[..., Sequence[EncryptedTally]]) -> None:
    """Guardians go by the manifest: exactly its cells, contests and options are decrypted.

    Spec: EG-2.1 §3.6.1
    """
    with pytest.raises(CheckError, match="manifest"):
        tally_statements(built.election, change(built.encrypted_tallies))


def one_option_more(cell: EncryptedTally) -> EncryptedTally:
    """Return the cell with somebody's ciphertext slipped in as one more option."""
    first, *rest = cell.contests
    longer = first.model_copy(update={"options": (*first.options, first.options[0])})
    return cell.model_copy(update={"contests": (longer, *rest)})


@pytest.mark.parametrize("version", [0, 2, 10**30])
def test_record_of_another_version_read_as_if_it_were_this_one(
    built: BuiltRecord, tmp_path: Path, version: int
) -> None:
    index = (built.path / layout.INDEX).read_bytes()
    (tmp_path / layout.INDEX).write_bytes(index.replace(b'"version":1', b'"version":%d' % version, 1))
    with pytest.raises(ParseError, match=f"version {version}; this program reads version 1"):
        Record.at(tmp_path).index()
