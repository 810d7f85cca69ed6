"""Broken records: boxes 13 and 14, challenged ballots."""

from typing import Any

from e2evote.record import layout
from tests.ballot_forger import OtherKeys, Vote
from tests.forger import Forger
from tests.mutations.registry import PLUS_ONE, WRONG_HASH, add, board, defect, drop, edits, plus_q, put

OPENED = layout.CHALLENGED_BALLOTS
BOARD, MOTION = (0, "contests", 0), (0, "contests", 1)

edits("opened-data-changed", "13.A", OPENED, put(*BOARD, "contest_data", "data", value=add(1)))
edits(
    "opened-data-nonce-plus-q",
    "X.challenged-data-nonce",
    OPENED,
    plus_q(*BOARD, "contest_data", "nonce"),
    standard_adds="13.A",
)
edits(
    "opened-selection-changed",
    "13.B",
    OPENED,
    put(*MOTION, "options", 0, "selection", value=lambda x: 1 - x),
    may="14.F",
)
edits("opened-nonce-changed", "13.B X.challenged-nonce", OPENED, put(*MOTION, "options", 0, "nonce", value=PLUS_ONE))
edits("opened-nonce-plus-q", "X.challenged-nonce", OPENED, plus_q(*MOTION, "options", 0, "nonce"), standard_adds="13.B")
edits("opened-code-changed", "X.challenged-complete", OPENED, put(0, "confirmation_code", value=WRONG_HASH))
edits("opened-data-missing", "X.challenged-complete", OPENED, drop(*BOARD, "contest_data"))
edits("opened-twice", "X.challenged-complete", OPENED, lambda lines: lines.insert(0, lines[0]))
edits("opened-out-of-order", "X.challenged-complete", OPENED, lambda lines: lines.reverse())
edits("opened-of-no-device", "X.challenged-complete", OPENED, put(-1, "device", value=9))
edits("challenged-ballot-not-opened", "X.challenged-complete", OPENED, drop(0))
edits("opened-contest-label-wrong", "14.A 14.B", OPENED, put(*MOTION, "label", value="notion"))
edits("opened-contest-missing", "14.B", OPENED, drop(*MOTION), oracle_adds="X.challenged-complete")
edits(
    "opened-contest-of-another-style",
    "14.A",
    OPENED,
    lambda lines: lines[0]["contests"].insert(1, {**lines[0]["contests"][1], "index": 2, "label": "scores"}),
    oracle_adds="14.C 14.D X.challenged-complete",
)
edits(
    "opened-contest-twice",
    "X.challenged-complete",
    OPENED,
    lambda lines: lines[0]["contests"].append(lines[0]["contests"][1]),
    may="14.B",
)
edits(
    "opened-first-contest-twice",
    "X.challenged-complete",
    OPENED,
    lambda lines: lines[0]["contests"].insert(0, lines[0]["contests"][0]),
    may="14.B",
)
edits("opened-contests-out-of-order", "X.challenged-complete", OPENED, put(0, "contests", value=lambda c: c[::-1]))
edits("opened-option-label-wrong", "14.C 14.D", OPENED, put(*MOTION, "options", 0, "label", value="Yes"))
edits("opened-option-missing", "14.D 13.B X.challenged-complete", OPENED, drop(*MOTION, "options", 1))
edits(
    "opened-option-twice",
    "13.B X.challenged-complete",
    OPENED,
    put(*MOTION, "options", value=lambda options: [*options, options[1]]),
    may="14.D 14.F",
)
edits("opened-selection-too-large", "14.E 14.F 13.B", OPENED, put(*MOTION, "options", 0, "selection", value=2))


@defect("X.challenged-complete")
def _opened_data_where_there_is_none(f: Forger) -> None:
    """Contest data is shown for a contest that has none."""

    def copy(lines: list[Any]) -> None:
        lines[0]["contests"][1]["contest_data"] = lines[0]["contests"][0]["contest_data"]

    f.write()
    f.edit_lines(OPENED, copy)


@defect("X.challenged-complete", oracle_adds="X.challenged-nonce")
def _opened_options_under_each_others_names(f: Forger) -> None:
    """Values stay in their places, index and label change places: the other candidate seems to have been chosen."""

    def swap(lines: list[Any]) -> None:
        first, second = lines[0]["contests"][1]["options"]
        for name in ("index", "label"):
            first[name], second[name] = second[name], first[name]

    f.write()
    f.edit_lines(OPENED, swap)


@defect("13.B X.challenged-nonce", may="X.challenged-complete", oracle_lacks="X.challenged-nonce")
def _opened_options_out_of_order(f: Forger) -> None:
    """Two options stand in each other's place."""
    f.write()
    f.edit_lines(OPENED, put(*MOTION, "options", value=lambda options: options[::-1]))


@defect("X.challenged-data-nonce")
def _opened_data_forged(f: Forger) -> None:
    """Contest data of a challenged ballot decrypted with a nonce that is not its own: box 13 as written is passed."""
    vote, xi = f.pick("challenged", ballot_style=1), f.rng.scalar(f.group)
    forged = {"nonce": bytes(xi.reveal()).hex().upper(), "data": f.read_data(vote, 1, xi).hex().upper()}
    f.write()
    f.edit_lines(OPENED, put(*BOARD, "contest_data", value=forged))


@defect("13.A")
def _opened_data_encrypted_with_counter_from_0(f: Forger) -> None:
    """Contest data of a challenged ballot whose key blocks count from 0 (a known mistake)."""
    vote = f.pick("challenged", ballot_style=1)
    plain = f.read_data(vote, 1)
    f.encrypt_data(vote, 1, plain, OtherKeys(vote.ballot.h_i, 1))
    f.reseal(vote)
    f.write()
    f.edit_lines(OPENED, put(*BOARD, "contest_data", "data", value=plain.hex().upper()))


@defect("6.D 14.E")
def _challenged_ballot_of_two(f: Forger) -> None:
    """A challenged ballot holds 2 under R = 1, dishonestly proved, and is opened honestly."""
    vote = board(f, status="challenged")
    f.encrypt_contest(vote, 1, (0, 2, 0, 0))
    f.reseal(vote)
    f.write()


@defect("7.D 14.F")
def _challenged_ballot_overvoted(f: Forger) -> None:
    """A challenged ballot holds 3 votes under L = 2, dishonestly proved, and is opened honestly."""
    vote = board(f, status="challenged")
    f.encrypt_contest(vote, 1, (1, 1, 1, 0))
    f.reseal(vote)
    f.write()


@defect("X.challenged-complete")
def _cast_ballot_opened(f: Forger) -> None:
    """A cast ballot is opened as if it had been challenged; it is counted too."""
    _open_also(f, f.pick("cast"))


@defect("X.challenged-complete")
def _spoiled_ballot_opened(f: Forger) -> None:
    """A spoiled ballot is opened."""
    _open_also(f, f.pick("spoiled"))


@defect("X.challenged-complete")
def _no_challenged_ballot_opened(f: Forger) -> None:
    """The file of opened ballots is not there."""
    f.write(opened=[])


@defect("X.challenged-complete 13.B X.challenged-nonce", may="13.A X.challenged-data-nonce")
def _another_ballot_opened(f: Forger) -> None:
    """A challenged ballot is opened as another one that holds other votes."""
    vote, other = f.pick("challenged", ballot_style=1), f.pick("cast", ballot_style=1)
    opened = f.open(other).model_copy(update={"device": vote.ballot.device, "position": vote.ballot.position})
    f.write(opened=[opened if entry.position == vote.ballot.position else entry for entry in f.opened()])


def _open_also(f: Forger, vote: Vote) -> None:
    opened = [*f.opened(), f.open(vote)]
    f.write(opened=sorted(opened, key=lambda entry: (entry.device, entry.position)))
