"""Contest hashes, codes and chains; the values themselves are in tests/vectors."""

import pytest

from e2evote.errors import CheckError
from e2evote.record import codes
from e2evote.record.ballot import EncryptedBallot
from tests.builders import BuiltRecord

H_E = bytes(range(32))


def test_codes_of_a_record_are_recomputed(built: BuiltRecord) -> None:
    """Spec: EG-2.1 §3.4.1, eq. 70; §3.4.2, eq. 71; §3.4.4, box 8"""
    for ballot in built.ballots.values():
        chis = []
        for contest in ballot.contests:
            pairs = [option.ciphertext for option in contest.options]
            chis.append(codes.contest_hash(ballot.h_i, contest.index, pairs, contest.contest_data))
            assert chis[-1] == contest.contest_hash
        assert codes.confirmation_code(ballot.h_i, chis, ballot.chaining_field) == ballot.confirmation_code


def test_chains_of_a_record(built: BuiltRecord) -> None:
    """Spec: EG-2.1 §3.4.4, eqs. 73–78"""

    def fields(device: int) -> list[bytes]:
        return [ballot.chaining_field for ballot in built.of_device(device)]

    chained, single = built.openings[1], built.openings[2]
    links = [chained.h_0, *(ballot.confirmation_code for ballot in built.of_device(1))]
    assert fields(1) == [b"\0\0\0\1" + link for link in links[:-1]]
    assert fields(2) == [bytes(4) + single.h_di] * len(fields(2))
    assert built.closings[1] == codes.close_device(built.election.h_e, chained, 6, links[-1])
    assert built.closings[1].chaining_field[:4] == b"\0\0\0\1"
    assert (built.closings[2].ballots, built.closings[2].closing_hash) == (6, None)


def test_a_device_without_ballots_closes_on_its_start() -> None:
    opening = codes.open_device(H_E, 1, "Booth", 1)
    assert codes.close_device(H_E, opening, 0, None) == codes.close_device(H_E, opening, 0, opening.h_0)


@pytest.mark.parametrize("last_code", [None, bytes(32)])
def test_a_chained_device_without_its_start(last_code: bytes | None) -> None:
    opening = codes.open_device(H_E, 7, "Booth", 1).model_copy(update={"h_0": None})
    if last_code is None:
        with pytest.raises(CheckError, match="device 7 is chained, but its opening lacks H_0"):
            codes.next_chaining_field(opening, last_code)
        with pytest.raises(CheckError, match="device 7 is chained, but its opening lacks H_0"):
            codes.close_device(H_E, opening, 0, last_code)
    else:
        assert codes.next_chaining_field(opening, last_code) == b"\0\0\0\1" + last_code


def test_everything_in_a_contest_changes_its_hash(built: BuiltRecord) -> None:
    """Order of options, contest index, presence of data and each of its parts."""
    ballot: EncryptedBallot = next(b for b in built.ballots.values() if b.ballot_style == 1)
    contest = ballot.contests[0]
    pairs = [option.ciphertext for option in contest.options]
    data = contest.contest_data
    found = {
        codes.contest_hash(*given)
        for given in (
            (ballot.h_i, 1, pairs, data),
            (bytes(32), 1, pairs, data),
            (ballot.h_i, 2, pairs, data),
            (ballot.h_i, 1, pairs[::-1], data),
            (ballot.h_i, 1, pairs[:-1], data),
            (ballot.h_i, 1, pairs, None),
            (ballot.h_i, 1, pairs, type(data)(data.c_0, data.c_1[::-1], data.c_2)),
            (
                ballot.h_i,
                1,
                pairs,
                type(data)(data.c_0, data.c_1, type(data.c_2)(data.c_2.response, data.c_2.challenge)),
            ),
        )
    }
    assert len(found) == 8


def test_proofs_and_nonce_do_not_change_the_code(built: BuiltRecord) -> None:
    """docs/formats/record.md says so, and box 8 leaves them out."""
    first, second = built.of_device(1)[:2]
    other = first.model_copy(update={"ballot_nonce": second.ballot_nonce, "weight": 3, "position": 9})
    chis = [contest.contest_hash for contest in other.contests]
    assert codes.confirmation_code(other.h_i, chis, other.chaining_field) == first.confirmation_code
