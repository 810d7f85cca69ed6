"""Broken records: contests, options and weights of ballots."""

from tests.forger import Forger
from tests.mutations.registry import BOX_14, SUMS, defect


@defect(
    "X.ballot-style",
    skips="9.A 9.B X.ballot-contests",
    oracle_adds="X.ballot-contests",
)
def _style_does_not_exist(f: Forger) -> None:
    """Style 9 of 2."""
    f.pick("cast", device=2, ballot_style=2).change(ballot_style=9)
    f.write()


@defect(
    "X.ballot-contests",
    may=SUMS,
    skips="9.A 9.B",
)
def _wrong_style(f: Forger) -> None:
    """A ballot says that it is of the other style, and is counted there; the style is not hashed."""
    f.pick("cast", device=2, ballot_style=2).change(ballot_style=1)
    f.write()


@defect(
    "X.ballot-style",
    skips=f"{BOX_14} X.ballot-contests",
    oracle_adds="14.A X.ballot-contests",
)
def _style_of_a_challenged_ballot_does_not_exist(f: Forger) -> None:
    """Style 9 of 2, on a ballot that is opened."""
    f.pick("challenged", device=2).change(ballot_style=9)
    f.write()


@defect("X.ballot-contests", may=SUMS, skips="9.A 9.B")
def _contest_twice(f: Forger) -> None:
    """A ballot lists one contest twice, hashes it twice, and is counted twice in it: every box is passed."""
    vote = f.pick("cast", device=1, ballot_style=1)
    vote.change(contests=(*vote.ballot.contests, vote.contest(3)))
    f.reseal(vote)
    f.write()


@defect("X.ballot-contests", may=SUMS, skips="9.A 9.B")
def _contest_missing(f: Forger) -> None:
    """A ballot lacks a contest of its style."""
    vote = f.pick("cast", device=1, ballot_style=1)
    vote.change(contests=vote.ballot.contests[:1])
    f.reseal(vote)
    f.write()


@defect("X.ballot-contests 14.B")
def _contest_missing_on_challenged_ballot(f: Forger) -> None:
    """A challenged ballot lacks a contest of its style, encrypted and opened."""
    vote = f.pick("challenged", device=1)
    vote.change(contests=vote.ballot.contests[:1])
    f.reseal(vote)
    f.write()


@defect("X.ballot-contests", may=SUMS, skips="9.A 9.B", oracle_adds="8.B")
def _contests_out_of_order(f: Forger) -> None:
    """Contests are listed, and hashed, in another order than the manifest's."""
    vote = f.pick("cast", device=1, ballot_style=1)
    vote.change(contests=vote.ballot.contests[::-1])
    f.reseal(vote)
    f.write()


@defect(
    "X.ballot-contests",
    may=SUMS,
    skips="6.A 6.B 6.C 6.D 7.A 7.B 7.C 7.D 9.A 9.B X.ballot-options X.proof-length X.contest-data-presence "
    "X.field-relations",
)
def _contest_that_does_not_exist(f: Forger) -> None:
    """A ballot has a contest 9 of 3."""
    vote = f.pick("cast", device=1, ballot_style=1)
    vote.change(contests=(*vote.ballot.contests, vote.contest(3).model_copy(update={"index": 9})))
    f.reseal(vote)
    f.write()


@defect("X.ballot-options", may=f"{SUMS} 7.D", skips="9.A 9.B")
def _option_missing(f: Forger) -> None:
    """A contest on a ballot lacks its last option."""
    vote = f.pick("cast", device=1, ballot_style=1)
    vote.change_contest(3, options=vote.contest(3).options[:1])
    f.reseal(vote)
    f.write()


@defect("X.ballot-options", may=f"{SUMS} 7.A 7.D", skips="6.A 6.B 6.C 6.D 9.A 9.B")
def _option_too_many(f: Forger) -> None:
    """A contest on a ballot has an option more than the manifest."""
    vote = f.pick("cast", device=1, ballot_style=1)
    vote.change_contest(3, options=(*vote.contest(3).options, vote.contest(3).options[0]))
    f.reseal(vote)
    f.write()


@defect("X.weight", may="X.tally-cells", skips="9.A 9.B")
def _weight_0(f: Forger) -> None:
    """A ballot of weight 0, counted as such."""
    f.pick("cast", device=2, ballot_style=2).change(weight=0)
    f.write()


@defect("X.weight", may=SUMS, skips="9.A 9.B")
def _weight_too_large(f: Forger) -> None:
    """A ballot of weight 6 where at most 5 is allowed, counted as such."""
    f.pick("cast", device=2, ballot_style=2).change(weight=6)
    f.write()


@defect("X.weight")
def _weight_of_a_spoiled_ballot(f: Forger) -> None:
    """A spoiled ballot of weight 6."""
    f.pick("spoiled").change(weight=6)
    f.write()


@defect(SUMS)
def _weight_changed_after_the_count(f: Forger) -> None:
    """An allowed weight is changed once all is counted; the weight is not hashed."""
    encrypted = f.aggregate()
    f.pick("cast", device=2, ballot_style=2, weight=1).change(weight=2)
    f.write(encrypted=encrypted)


@defect("9.A 9.B")
def _weights_ignored(f: Forger) -> None:
    """The sums count every ballot once, whatever its weight; the number of weights is stated rightly."""
    honest = f.aggregate()
    weights = {id(vote): vote.ballot.weight for vote in f.all_votes()}
    for vote in f.all_votes():
        vote.change(weight=1)
    encrypted = [
        cell.model_copy(update={"weight": right.weight}) for cell, right in zip(f.aggregate(), honest, strict=True)
    ]
    for vote in f.all_votes():
        vote.change(weight=weights[id(vote)])
    f.write(encrypted=encrypted)
