"""Broken records: box 12, decrypted contest data."""

from typing import Any

from e2evote.record import layout
from tests.ballot_forger import OtherKeys, Vote
from tests.builders import manifest_bytes
from tests.forger import Forger
from tests.mutations.registry import (
    BOX_12,
    DATA_LEFT_OUT,
    PLUS_ONE,
    WRONG_HASH,
    add,
    board,
    defect,
    drop,
    edits,
    plus_q,
    put,
)

DATA = layout.CONTEST_DATA

edits("data-response-plus-q", "12.A", DATA, plus_q(0, "proof", "response"), standard_adds="12.B")
edits("data-response-plus-1", "12.B", DATA, put(0, "proof", "response", value=PLUS_ONE))
edits("data-changed", "12.C", DATA, put(0, "data", value=add(1)))
edits("data-cut", "12.C", DATA, put(0, "data", value=lambda data: data[:-64]))
edits(
    "data-of-another-code", "X.contest-data-target", DATA, put(0, "confirmation_code", value=WRONG_HASH), skips=BOX_12
)
edits("data-of-no-contest", "X.contest-data-target", DATA, put(0, "index", value=2), may=DATA_LEFT_OUT, skips=BOX_12)
edits("data-of-no-position", "X.contest-data-target", DATA, put(-1, "position", value=99), may=DATA_LEFT_OUT)
edits("data-of-no-device", "X.contest-data-target", DATA, put(-1, "device", value=9), may=DATA_LEFT_OUT)
edits("data-left-out", "X.contest-data-complete", DATA, drop(1))
edits("data-doubled", "X.contest-data-target", DATA, lambda lines: lines.insert(0, lines[0]), may=DATA_LEFT_OUT)
edits("data-out-of-order", "X.contest-data-target", DATA, lambda lines: lines.append(lines.pop(0)), may=DATA_LEFT_OUT)


@defect("12.B 12.C")
def _data_with_the_factor_of_another(f: Forger) -> None:
    """Two decrypted contest data exchange β and proof."""

    def swap(lines: list[Any]) -> None:
        for name in ("factor", "proof"):
            lines[0][name], lines[1][name] = lines[1][name], lines[0][name]

    f.write()
    f.edit_lines(DATA, swap)


@defect("X.contest-data-factor")
def _data_factor_minus(f: Forger) -> None:
    """−β with an even challenge, and the data that follows from −β: box 12 as written is passed."""
    vote, *_ = [vote for vote in f.all_votes() if vote.status == "cast" and vote.ballot.ballot_style == 1]
    entries = f.contest_data()
    f.write(contest_data=[f.decrypt_data(vote, 1, minus=True), *entries[1:]])


@defect("12.C")
def _data_encrypted_with_counter_from_0(f: Forger) -> None:
    """Contest data whose key blocks count from 0, decrypted likewise (a known mistake)."""
    vote = board(f)
    _with_other_keys(f, vote, OtherKeys(vote.ballot.h_i, 1))


@defect("12.C")
def _data_encrypted_with_its_length_in_bytes(f: Forger) -> None:
    """Contest data whose keys are derived for 64, its bytes, and not for 512, their bits (a known mistake)."""
    vote = board(f)
    _with_other_keys(f, vote, OtherKeys(vote.ballot.h_i, 1, first=1, bits=1))


def _with_other_keys(f: Forger, vote: Vote, seal: OtherKeys) -> None:
    plain = f.read_data(vote, 1)
    f.encrypt_data(vote, 1, plain, seal)
    f.reseal(vote)
    entries = [
        entry.model_copy(update={"data": plain}) if entry.confirmation_code == vote.ballot.confirmation_code else entry
        for entry in f.contest_data()
    ]
    f.write(contest_data=entries)


@defect("X.contest-data-allowed")
def _data_decrypted_without_leave(f: Forger) -> None:
    """Contest data of cast ballots is decrypted where the manifest does not allow it."""
    f.hold(manifest=manifest_bytes(cast_contest_data_may_be_decrypted=None))
    votes = [vote for vote in f.all_votes() if vote.status == "cast" and vote.ballot.ballot_style == 1]
    f.write(contest_data=[f.decrypt_data(vote, 1) for vote in votes])


@defect("X.contest-data-target", may=DATA_LEFT_OUT, skips=BOX_12)
def _data_of_a_challenged_ballot(f: Forger) -> None:
    """Contest data of a challenged ballot is decrypted as if it were cast."""
    votes = [vote for vote in f.all_votes() if vote.status != "spoiled" and vote.ballot.ballot_style == 1]
    f.write(contest_data=[f.decrypt_data(vote, 1) for vote in votes])
