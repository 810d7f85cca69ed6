"""Broken records: box 8, codes, chains and statuses."""

import hashlib
import hmac

from e2evote.encoding import b
from e2evote.record import layout
from e2evote.record.codes import chaining_field, contest_hash, open_device
from tests.ballot_forger import Vote
from tests.builders import manifest_bytes
from tests.forger import Forger
from tests.mutations.registry import BOX_12, DATA_LEFT_OUT, SUMS, WRONG_HASH, defect, drop, edits, put

edits(
    "contest-hash-wrong",
    "8.A",
    layout.ballots_path(2, 1),
    put(0, "contests", 1, "contest_hash", value=WRONG_HASH),
    oracle_adds="8.B",
)
edits("closing-hash-wrong", "8.G", layout.closing_path(1), put("closing_hash", value=WRONG_HASH))
edits("closing-field-wrong", "8.G", layout.closing_path(1), put("chaining_field", value="00000001" + WRONG_HASH))
edits("closing-hash-missing", "8.G", layout.closing_path(1), drop("closing_hash"))
edits("h-0-missing", "8.F", layout.opening_path(1), drop("h_0"), may="8.E")
edits("h-0-without-chaining", "X.device-mode", layout.opening_path(2), lambda top: top.update(h_0=WRONG_HASH))
edits("closing-counts-one-less", "X.chain-closed", layout.closing_path(1), put("ballots", value=lambda n: n - 1))
edits(
    "closing-counts-one-less-without-chain",
    "X.chain-closed",
    layout.closing_path(2),
    put("ballots", value=lambda n: n - 1),
)
edits(
    "closing-hash-without-chaining",
    "X.chain-closed",
    layout.closing_path(2),
    lambda top: top.update(chaining_field="00000000" + WRONG_HASH, closing_hash=WRONG_HASH),
)
edits(
    "closing-field-alone-without-chaining",
    "X.chain-closed",
    layout.closing_path(2),
    lambda closing: closing.update(chaining_field="00" * 36),
)
edits(
    "closing-hash-alone-without-chaining",
    "X.chain-closed",
    layout.closing_path(2),
    lambda closing: closing.update(closing_hash=WRONG_HASH),
)
edits("device-calls-itself-3", "X.device-order", layout.opening_path(2), put("device", value=3))
edits("position-wrong", "X.device-order", layout.ballots_path(1, 1), put(0, "position", value=77))
edits("status-missing", "X.status-complete", layout.statuses_path(2), drop(-1), may=SUMS)
edits(
    "status-extra",
    "X.status-complete",
    layout.statuses_path(2),
    lambda lines: lines.append({"confirmation_code": WRONG_HASH, "status": "cast"}),
)
edits("status-doubled", "X.status-complete", layout.statuses_path(2), lambda lines: lines.append(dict(lines[-1])))
edits(
    "status-of-another-code",
    "X.status-complete",
    layout.statuses_path(2),
    put(0, "confirmation_code", value=WRONG_HASH),
)


@defect("8.A 8.B", oracle_lacks="8.B")
def _contest_hashes_by_position(f: Forger) -> None:
    """Contests 2 and 3 of the second style are hashed as 1 and 2, by their place on the ballot (a known mistake)."""
    vote = f.pick("cast", ballot_style=2, device=1)
    contests = []
    for place, contest in enumerate(vote.ballot.contests, 1):
        chi = contest_hash(vote.ballot.h_i, place, [o.ciphertext for o in contest.options], contest.contest_data)
        contests.append(contest.model_copy(update={"contest_hash": chi}))
    vote.change(contests=tuple(contests))
    f.recode(vote)
    f.rechain(1, vote.ballot.position + 1)
    f.write()


@defect("8.B")
def _code_wrong(f: Forger) -> None:
    """A code that is not the ballot's; the chain goes on from it."""
    vote = f.pick("cast", device=1)
    vote.change(confirmation_code=bytes.fromhex(WRONG_HASH))
    f.rechain(1, vote.ballot.position + 1)
    f.write()


@defect("8.C")
def _device_hash_wrong(f: Forger) -> None:
    """H_DI of other information; the chain starts from it."""
    _open_anew(f, 1, "Booth Z")


@defect("8.C")
def _device_hash_wrong_without_chaining(f: Forger) -> None:
    """H_DI of other information; every ballot of the device has it."""
    _open_anew(f, 2, "Booth Z")


@defect("8.C")
def _device_hash_without_domain_byte(f: Forger) -> None:
    """H_DI leaves out its first byte, 2A (a known mistake); every ballot of the device has it."""
    text = f.openings[2].device_info.encode()
    h_di = hmac.digest(f.election.h_e, b(len(text), 4) + text, hashlib.sha256)
    f.openings[2] = f.openings[2].model_copy(update={"h_di": h_di})
    f.rechain(2)
    f.write()


@defect("8.D")
def _chaining_field_wrong_without_chaining(f: Forger) -> None:
    """A ballot of a device without chaining holds another hash than H_DI."""
    _chain_to(f, f.pick("cast", device=2), chaining_field(0, bytes(32)))


@defect("8.D")
def _chaining_mode_of_a_ballot(f: Forger) -> None:
    """A ballot of a device without chaining says that it is chained."""
    _chain_to(f, f.pick("cast", device=2), chaining_field(1, f.openings[2].h_di))


@defect("8.E")
def _chaining_field_wrong(f: Forger) -> None:
    """A ballot is chained to a code that is none; the chain goes on from it."""
    _chain_to(f, f.pick("cast", 1, device=1), chaining_field(1, bytes.fromhex(WRONG_HASH)))


@defect("8.E")
def _chaining_mode_0_in_a_chain(f: Forger) -> None:
    """A ballot in a chain says that it is not chained."""
    vote = f.pick("cast", 1, device=1)
    _chain_to(f, vote, chaining_field(0, vote.ballot.chaining_field[4:]))


@defect("8.E")
def _chain_forked(f: Forger) -> None:
    """A ballot is chained to the ballot before the one before it."""
    vote = f.votes[1][3]
    _chain_to(f, vote, chaining_field(1, f.votes[1][1].ballot.confirmation_code))


@defect("8.F")
def _h_0_wrong(f: Forger) -> None:
    """Another H_0; the chain starts from it."""
    f.openings[1] = f.openings[1].model_copy(update={"h_0": bytes.fromhex(WRONG_HASH)})
    f.rechain(1)
    f.write()


@defect("8.E")
def _ballot_moved_in_its_chain(f: Forger) -> None:
    """Two neighbours change places, with their statuses; both are numbered anew."""
    sequence = f.votes[1]
    sequence[3], sequence[4] = sequence[4], sequence[3]
    f.rechain(1, 99)
    f.write()


@defect("8.E")
def _missing_ballot(f: Forger) -> None:
    """A ballot in the middle of a chain is left out, everywhere."""
    del f.votes[1][4]
    f.rechain(1, 99)
    f.write()


@defect("8.G X.chain-closed")
def _missing_last_ballot(f: Forger) -> None:
    """The last ballot of a chain is left out; the close remains."""
    del f.votes[1][-1]
    f.write()


@defect("8.G")
def _missing_last_ballot_with_count(f: Forger) -> None:
    """The last ballot of a chain is left out, and the number in the close changed."""
    del f.votes[1][-1]
    f.closings[1] = f.closings[1].model_copy(update={"ballots": len(f.votes[1])})
    f.write()


@defect("X.chain-closed")
def _missing_last_ballot_without_chain(f: Forger) -> None:
    """The last ballot of a device without chaining is left out; the close remains."""
    del f.votes[2][-1]
    f.write()


@defect("X.device-order")
def _positions_with_a_gap(f: Forger) -> None:
    """A ballot of a device without chaining is left out, and its number with it."""
    del f.votes[2][-2]
    f.close(2)
    f.write()


@defect("X.device-order")
def _device_missing(f: Forger) -> None:
    """Devices 1 and 3."""
    f.votes[3], f.openings[3] = f.votes.pop(2), f.openings.pop(2).model_copy(update={"device": 3})
    f.rechain(3)
    f.write()


@defect(
    "X.device-order",
    may=f"13.B X.challenged-complete X.challenged-nonce X.contest-data-target {DATA_LEFT_OUT} {BOX_12}",
    skips=BOX_12,
)
def _device_and_its_ballots_call_themselves_1(f: Forger) -> None:
    """Device 2 says that it is device 1, and so do its ballots."""
    f.openings[2] = f.openings[2].model_copy(update={"device": 1})
    for vote in f.votes[2]:
        vote.change(device=1)
    f.write()


@defect("8.F 8.G")
def _device_without_ballots_and_without_h_0(f: Forger) -> None:
    """A device that made no ballot starts its chain with nothing."""
    f.openings[3], f.votes[3] = f.openings[1].model_copy(update={"device": 3}), []
    f.close(3)
    f.write()
    f.edit(layout.opening_path(3), drop("h_0"))


@defect("X.chain-closed", skips="8.G")
def _device_open(f: Forger) -> None:
    """The chain is not closed."""
    f.write()
    (f.root / layout.closing_path(1)).unlink()


@defect("X.chain-closed", skips="8.G")
def _device_open_without_chain(f: Forger) -> None:
    """The device without chaining is not closed."""
    f.write()
    (f.root / layout.closing_path(2)).unlink()


@defect("X.device-mode")
def _chaining_mode_not_in_the_manifest(f: Forger) -> None:
    """A device without chaining where the manifest wants chains."""
    f.hold(manifest=manifest_bytes(chaining_modes=[1]))
    f.write()


@defect("X.status-complete", may=f"{SUMS} {DATA_LEFT_OUT} X.challenged-complete X.contest-data-target", skips=BOX_12)
def _statuses_missing(f: Forger) -> None:
    """A device without statuses: nobody knows what was cast."""
    f.write()
    (f.root / layout.statuses_path(1)).unlink()


@defect("X.status-complete")
def _swapped_statuses(f: Forger) -> None:
    """Two cast ballots' lines stand in each other's place."""
    f.write()
    f.edit_lines(layout.statuses_path(2), lambda lines: lines.insert(0, lines.pop(1)))


@defect("X.challenged-complete", may=f"{SUMS} {DATA_LEFT_OUT} X.contest-data-target", skips=BOX_12)
def _statuses_changed_after_the_count(f: Forger) -> None:
    """A cast and a challenged ballot exchange their status once all is counted and opened."""
    f.write()
    cast, challenged = f.pick("cast", device=2), f.pick("challenged", device=2)
    for vote, status in ((cast, "challenged"), (challenged, "cast")):
        f.edit_lines(layout.statuses_path(2), put(vote.ballot.position - 1, "status", value=status))


def _open_anew(f: Forger, device: int, information: str) -> None:
    """Open a device with the hashes of other information than it states."""
    old = f.openings[device]
    other = open_device(f.election.h_e, device, information, old.chaining_mode)
    f.openings[device] = other.model_copy(update={"device_info": old.device_info})
    f.rechain(device)
    # The close follows from the stated H_DI as well.
    f.write()


def _chain_to(f: Forger, vote: Vote, field: bytes) -> None:
    vote.change(chaining_field=field)
    f.recode(vote)
    f.rechain(vote.ballot.device, vote.ballot.position + 1)
    f.write()
