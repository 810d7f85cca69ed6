"""Challenged ballots, opened from the nonce; what is refused is in tests/mistakes."""

from e2evote.challenge import open_ballot
from e2evote.elgamal import encrypt
from e2evote.record import contest_data
from e2evote.record.codec import dump
from tests.builders import BuiltRecord
from tests.test_encryption import expected


def test_opened_ballots_show_what_was_marked(built: BuiltRecord) -> None:
    """Labels, values and nonces of every option; with these anybody makes the same ciphertexts.

    Spec: EG-2.1 §3.6.7, eq. 109, boxes 13, 14
    """
    election = built.election
    for ballot in built.of_status("challenged"):
        opened = open_ballot(election, ballot, built.nonces[ballot.confirmation_code])
        values = {c.index: tuple(o.selection for o in c.options) for c in opened.contests}
        assert values == expected(election, built.plaintexts[ballot.confirmation_code])
        assert (opened.device, opened.position) == (ballot.device, ballot.position)
        for contest, sealed in zip(opened.contests, ballot.contests, strict=True):
            known = election.manifest.contest(contest.index)
            assert contest.label == known.label
            assert [o.label for o in contest.options] == [o.label for o in known.options]
            assert [o.index for o in contest.options] == list(range(1, len(known.options) + 1))
            for option, encrypted in zip(contest.options, sealed.options, strict=True):
                again = encrypt(election.group.g, election.K, option.selection, option.nonce)
                assert again == encrypted.ciphertext


def test_contest_data_of_opened_ballots(built: BuiltRecord) -> None:
    """Spec: EG-2.1 §3.6.7, eqs. 110, 111"""
    texts = []
    for ballot in built.of_status("challenged"):
        opened = open_ballot(built.election, ballot, built.nonces[ballot.confirmation_code])
        for contest, sealed in zip(opened.contests, ballot.contests, strict=True):
            assert (contest.contest_data is None) == (sealed.contest_data is None)
            if contest.contest_data is not None:
                assert built.election.group.g**contest.contest_data.nonce == sealed.contest_data.c_0
                texts.append(contest_data.unpack(contest.contest_data.data))
    assert texts == [{"write_ins": {"4": "شاپور ارغوان‌زاده"}}]


def test_the_ballot_nonce_is_not_published(built: BuiltRecord) -> None:
    """ξ_B opens the whole ballot and whatever else is derived from it."""
    for ballot in built.of_status("challenged"):
        nonce = built.nonces[ballot.confirmation_code]
        written = b"".join(path.read_bytes() for path in built.path.rglob("*") if path.is_file())
        assert nonce.value.hex().upper().encode() not in written
        assert nonce.value.hex().upper().encode() not in dump(open_ballot(built.election, ballot, nonce))
