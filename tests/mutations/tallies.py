"""Broken records: boxes 9 to 11, the tallies."""

from collections.abc import Callable
from typing import Any

from e2evote.elgamal import Ciphertext
from e2evote.group.elements import Scalar
from e2evote.group.parameters import group_named
from e2evote.record import layout
from e2evote.record.exceptions import TallyException
from e2evote.record.tally import EncryptedTally, EncryptedTallyContest, Tally
from tests.builders import MERGING, manifest_bytes
from tests.forger import Forger
from tests.mutations.registry import BOX_10, PLUS_ONE, SUMS, board, defect, drop, edits, element, plus_q, put

# ------------------------------------------------------------------------------------------------- box 9


def change_total(cells: list[EncryptedTally], change: Callable[[Ciphertext], Ciphertext]) -> list[EncryptedTally]:
    """Change (A, B) of the first option of the first cell."""
    contest, *contests = cells[0].contests
    first, *options = contest.options
    changed = contest.model_copy(update={"options": (change(first), *options)})
    return [cells[0].model_copy(update={"contests": (changed, *contests)}), *cells[1:]]


@defect("9.A")
def _aggregate_a_wrong(f: Forger) -> None:
    """A·g instead of A takes a vote away; the decryption of that is honest."""
    f.write(encrypted=change_total(f.aggregate(), lambda total: Ciphertext(total.alpha * f.g, total.beta)))


@defect("9.B")
def _aggregate_b_wrong(f: Forger) -> None:
    """B·K instead of B gives a vote more; the decryption of that is honest."""
    f.write(encrypted=change_total(f.aggregate(), lambda total: Ciphertext(total.alpha, total.beta * f.election.K)))


@defect(SUMS)
def _challenged_ballot_counted(f: Forger) -> None:
    """Challenged ballots are counted like cast ones."""
    f.write(encrypted=f.aggregate(counted=("cast", "challenged")))


@defect("9.A 9.B")
def _challenged_ballot_counted_silently(f: Forger) -> None:
    """Challenged ballots are counted, and the number of ballots stated without them."""
    counted = zip(f.aggregate(counted=("cast", "challenged")), f.aggregate(), strict=True)
    f.write(encrypted=[_with_counts_of(x, more) for more, x in counted])


def _with_counts_of(counts: EncryptedTally, sums: EncryptedTally) -> EncryptedTally:
    contests = tuple(
        EncryptedTallyContest(index=few.index, ballots=few.ballots, options=more.options)
        for few, more in zip(counts.contests, sums.contests, strict=True)
    )
    return sums.model_copy(update={"ballots": counts.ballots, "weight": counts.weight, "contests": contests})


@defect(SUMS)
def _spoiled_ballot_counted(f: Forger) -> None:
    """Spoiled ballots are counted like cast ones."""
    f.write(encrypted=f.aggregate(counted=("cast", "spoiled")))


@defect(SUMS)
def _cast_ballot_not_counted(f: Forger) -> None:
    """A cast ballot is left out of the sums."""
    vote = f.pick("cast", ballot_style=1)
    vote.status = "ignored"
    encrypted = f.aggregate()
    vote.status = "cast"
    f.write(encrypted=encrypted)


ENCRYPTED = layout.ENCRYPTED_TALLIES
edits("cell-label-wrong", "X.tally-cells", ENCRYPTED, put(0, "label", value="others"), skips="9.A 9.B")
edits("cell-ballots-wrong", "X.tally-cells", ENCRYPTED, put(0, "ballots", value=lambda n: n + 1))
edits("contest-ballots-too-many", "X.tally-cells", ENCRYPTED, put(0, "contests", 0, "ballots", value=lambda n: n + 1))
edits("contest-ballots-too-few", "X.tally-cells", ENCRYPTED, put(1, "contests", 0, "ballots", value=lambda n: n - 1))
edits("cell-weight-wrong", "X.tally-cells", ENCRYPTED, put(1, "weight", value=lambda n: n - 1))
edits(
    "encrypted-cell-that-does-not-exist",
    "X.tally-cells",
    ENCRYPTED,
    lambda lines: lines.append({**lines[1], "cell": 3, "label": "more"}),
    skips="9.A 9.B",
)
edits("encrypted-cell-doubled", "X.tally-cells", ENCRYPTED, lambda lines: lines.append(lines[1]), skips="9.A 9.B")
edits("encrypted-cells-out-of-order", "X.tally-cells", ENCRYPTED, lambda lines: lines.reverse(), skips="9.A 9.B")
edits(
    "encrypted-cell-missing",
    "X.tally-cells",
    ENCRYPTED,
    drop(1),
    skips=f"9.A 9.B {BOX_10}",
    oracle_adds="X.tally-complete",
)
edits(
    "encrypted-contest-missing",
    "X.tally-cells",
    ENCRYPTED,
    drop(0, "contests", 1),
    skips=BOX_10,
    oracle_adds="X.tally-complete",
)
edits(
    "encrypted-option-missing",
    "X.tally-cells",
    ENCRYPTED,
    drop(0, "contests", 1, "options", 1),
    skips=f"9.A 9.B {BOX_10}",
    oracle_adds="X.tally-complete",
)
edits(
    "encrypted-option-too-many",
    "X.tally-cells",
    ENCRYPTED,
    put(0, "contests", 1, "options", value=lambda options: [*options, options[0]]),
    skips="9.A 9.B",
    oracle_adds="9.A 9.B",
)

# ------------------------------------------------------------------------------------------------- boxes 10 and 11

TALLIES = layout.TALLIES
FIRST = (0, "contests", 0, "options", 0)

edits("tally-response-plus-q", "10.A", TALLIES, plus_q(*FIRST, "proof", "response"), standard_adds="10.B")
edits("tally-response-plus-1", "10.B", TALLIES, put(*FIRST, "proof", "response", value=PLUS_ONE))
edits("tally-challenge-plus-1", "10.B", TALLIES, put(*FIRST, "proof", "challenge", value=PLUS_ONE))
edits("tally-off-by-one-t-only", "10.C", TALLIES, put(*FIRST, "tally", value=lambda t: t - 1))
edits("tally-t-0", "10.B 10.C X.tally-membership", TALLIES, put(*FIRST, "encoded_tally", value=lambda T: "0" * len(T)))
edits("contest-label-wrong", "11.A", TALLIES, put(0, "contests", 1, "label", value="notion"), may="11.D")
edits("option-label-wrong", "11.B 11.C", TALLIES, put(0, "contests", 1, "options", 0, "label", value="Yes"))
edits(
    "option-labels-swapped",
    "11.B",
    TALLIES,
    lambda lines: [
        put(0, "contests", 1, "options", j, "label", value=label)(lines) for j, label in ((0, "no"), (1, "yes"))
    ],
)
edits("tally-option-missing", "11.C X.tally-complete", TALLIES, drop(0, "contests", 1, "options", 1))
edits(
    "tally-option-doubled",
    "X.tally-complete",
    TALLIES,
    put(0, "contests", 1, "options", value=lambda options: [*options, options[1]]),
)
edits(
    "tally-option-that-does-not-exist",
    "11.B X.tally-complete",
    TALLIES,
    put(0, "contests", 1, "options", value=lambda options: [*options, {**options[1], "index": 3, "label": "maybe"}]),
    skips=BOX_10,
)
edits("tally-contest-missing", "11.D X.tally-complete", TALLIES, drop(0, "contests", 1))
edits(
    "tally-contest-doubled",
    "X.tally-complete",
    TALLIES,
    put(0, "contests", value=lambda contests: [*contests, contests[1]]),
)
edits(
    "tally-contest-that-does-not-exist",
    "11.A X.tally-complete",
    TALLIES,
    put(0, "contests", value=lambda contests: [*contests, {**contests[1], "index": 9, "label": "more"}]),
    skips=f"{BOX_10} 11.B 11.C",
    oracle_adds="X.cell-minimum",
)
edits("tally-cell-missing", "X.tally-complete", TALLIES, drop(1), oracle_adds="11.D")
edits("tally-cell-doubled", "X.tally-complete", TALLIES, lambda lines: lines.append(lines[1]))
edits("tally-cells-out-of-order", "X.tally-complete", TALLIES, lambda lines: lines.reverse())
edits("tally-cell-label-wrong", "X.tally-complete", TALLIES, put(0, "label", value="others"))
edits(
    "tally-cell-that-does-not-exist",
    "X.tally-complete",
    TALLIES,
    lambda lines: lines.append({**lines[1], "cell": 3, "label": "more"}),
    skips=BOX_10,
)
edits("tally-empty", "X.tally-complete", TALLIES, lambda lines: lines.clear(), oracle_adds="11.D")


@defect("10.B")
def _tally_off_by_one(f: Forger) -> None:
    """t − 1 and T·K^−1, with the proof of the honest tally."""
    f.write()
    K = f.election.K
    f.edit_lines(TALLIES, put(*FIRST, "tally", value=lambda t: t - 1))
    less = lambda T: element(f.group.element(int(T, 16)) / K)  # noqa: E731
    f.edit_lines(TALLIES, put(*FIRST, "encoded_tally", value=less))


@defect("10.B")
def _tally_with_the_proof_of_another(f: Forger) -> None:
    """An option's tally with the proof of the option beside it."""
    f.write()
    f.edit_lines(
        TALLIES, lambda lines: put(*FIRST, "proof", value=lines[0]["contests"][0]["options"][1]["proof"])(lines)
    )


@defect("10.B")
def _tallies_of_two_options_swapped(f: Forger) -> None:
    """Two options exchange t, T and proof: another candidate wins."""

    def swap(lines: list[Any]) -> None:
        first, second = lines[0]["contests"][0]["options"][:2]
        for name in ("tally", "encoded_tally", "proof"):
            first[name], second[name] = second[name], first[name]

    f.write()
    f.edit_lines(TALLIES, swap)


@defect("10.B")
def _tally_decrypted_with_a_share_off_by_one(f: Forger) -> None:
    """A guardian's share is off by one, in its partial decryption and in its response; t and T are the right ones."""
    wrong = f.s + f.group.scalar(1)
    _prove_with(f, wrong, wrong)


@defect("10.B")
def _tally_with_a_response_off_by_one(f: Forger) -> None:
    """A guardian's share is off by one in its response only."""
    _prove_with(f, f.s, f.s + f.group.scalar(1))


@defect("10.B 10.C X.tally-membership", oracle_lacks="10.B")
def _tally_minus(f: Forger) -> None:
    """−T, with a proof that holds for −M because its challenge is even."""
    encrypted = f.aggregate()
    tallies, total = f.decrypt(encrypted), encrypted[0].contests[0].options[0]
    proof = f.prove_decryption(1, 1, total, f.minus(total.alpha**f.s), even=True)
    option = tallies[0].contests[0].options[0]
    changed = option.model_copy(update={"encoded_tally": f.minus(option.encoded_tally), "proof": proof})
    f.write(encrypted=encrypted, tallies=_with_first_option(tallies, changed))


@defect("X.tally-range 6.D 7.D")
def _tally_above_what_was_possible(f: Forger) -> None:
    """A ballot of 50 votes for one option: more than all weights together."""
    vote = board(f)
    f.encrypt_contest(vote, 1, (0, 0, 50, 0))
    f.reseal(vote)
    f.write()


@defect("X.tally-range", allow=("toy-48-192",))
def _tally_plus_q(f: Forger) -> None:
    """t + q, which K^t does not show; in a group whose q a total can exceed."""
    f.hold(group=group_named("toy-48-192"))
    f.write()
    f.edit_lines(TALLIES, put(*FIRST, "tally", value=lambda t: t + int(f.group.q)))


@defect("X.cell-minimum", oracle_adds="X.tally-complete")
def _cell_below_the_minimum(f: Forger) -> None:
    """A cell of fewer cast ballots than the manifest's minimum is decrypted."""
    _hold_with_minimum(f)
    f.write(tallies=f.decrypt(f.aggregate(), every=True))


@defect("X.cell-minimum", oracle_adds="X.tally-complete")
def _cell_of_one_ballot(f: Forger) -> None:
    """A cell of one cast ballot is decrypted: that voter's vote."""
    keep = f.pick("cast", ballot_style=2)
    for vote in f.all_votes():
        if vote.ballot.ballot_style == 2 and vote is not keep:
            vote.status = "spoiled"
    f.write(tallies=f.decrypt(f.aggregate(), every=True))


@defect("X.cell-minimum", oracle_adds="X.tally-complete")
def _contest_of_one_voter_in_a_large_cell(f: Forger) -> None:
    """A contest that one cast ballot has is decrypted; the many ballots of its cell do not hide that vote."""
    f.hold(manifest=manifest_bytes(tally_cells=None))
    keep = f.pick("cast", ballot_style=2)
    for vote in f.all_votes():
        if vote.ballot.ballot_style == 2 and vote is not keep:
            vote.status = "spoiled"
    f.write(tallies=f.decrypt(f.aggregate(), every=True))


def _except(f: Forger, *entries: dict[str, Any], every: bool = False) -> None:
    """Write the record with exceptions: guardians 1 and 2 and a reason, where nothing else is said."""
    f.write(tallies=f.decrypt(f.aggregate(), every=every))
    fixed = {"cell": 1, "contest": 1, "rule": "minimum", "action": "decrypted", "reason": "x", "guardians": (1, 2)}
    f.put(layout.EXCEPTIONS, *(TallyException(**(fixed | entry)) for entry in entries))


@defect("X.exceptions")
def _exception_from_a_rule_that_is_kept(f: Forger) -> None:
    """What needs no exception has one."""
    _except(f, {})


@defect("X.exceptions")
def _exception_without_a_quorum(f: Forger) -> None:
    """One guardian of two that are needed answers for a rare weight."""
    _except(f, {"rule": "weight", "guardians": (1,)})


@defect("X.exceptions")
def _exception_for_a_cell_that_does_not_exist(f: Forger) -> None:
    """An exception for a cell 9."""
    _except(f, {"cell": 9})


@defect("X.exceptions")
def _exceptions_doubled(f: Forger) -> None:
    """Two reasons for one exception."""
    _except(f, {"rule": "weight"}, {"rule": "weight", "reason": "y"})


@defect("X.tally-complete")
def _contest_withheld_and_decrypted(f: Forger) -> None:
    """A contest is there that its exception says is withheld."""
    _except(f, {"rule": "weight", "action": "withheld"})


@defect("X.exceptions X.cell-minimum", oracle_adds="X.tally-complete")
def _cell_below_the_minimum_by_no_quorum(f: Forger) -> None:
    """A cell of fewer cast ballots than the minimum is decrypted on the word of one guardian."""
    _hold_with_minimum(f)
    least = f.election.manifest.minimum_cell_ballots
    small = [
        (cell.cell, contest.index) for cell in f.aggregate() for contest in cell.contests if contest.ballots < least
    ]
    below = [{"cell": cell, "contest": ind_c, "guardians": (1,)} for cell, ind_c in small]
    _except(f, *below, every=True)


MERGED = {(1, 3): (2,)}
"""The motion of the partners, who are too few, is decrypted with that of the members."""


def _hold_merging(f: Forger, partners: int = 1) -> None:
    """Hold the election anew with partners who are merged into the members and have so many cast ballots."""
    f.hold(manifest=manifest_bytes(tally_cells=MERGING))
    cast = [vote for vote in f.all_votes() if vote.status == "cast" and vote.ballot.ballot_style == 2]
    for vote in cast[partners:]:
        vote.status = "spoiled"


def _say_merged(f: Forger, value: object) -> None:
    """Change what the motion of the members says of merged cells."""
    f.edit_lines(TALLIES, put(0, "contests", 1, "merged", value=value))


@defect("X.tally-merged 10.B", may="X.tally-range")
def _merged_cell_not_named(f: Forger) -> None:
    """The sum is that of members and partners; the tally says that it is that of the members."""
    _hold_merging(f)
    f.write(tallies=f.decrypt(f.aggregate(), merge=MERGED))
    f.edit_lines(TALLIES, drop(0, "contests", 1, "merged"))


@defect("X.tally-merged", skips=BOX_10, oracle_adds="X.tally-complete")
def _merged_cell_that_does_not_exist(f: Forger) -> None:
    """The tally says that a cell 3 is merged too."""
    _hold_merging(f)
    f.write(tallies=f.decrypt(f.aggregate(), merge=MERGED))
    _say_merged(f, [2, 3])


@defect("X.tally-merged")
def _merged_cell_named_twice(f: Forger) -> None:
    """The tally names the merged cell twice."""
    _hold_merging(f)
    f.write(tallies=f.decrypt(f.aggregate(), merge=MERGED))
    _say_merged(f, [2, 2])


@defect("10.B")
def _merged_sum_over_other_ballots(f: Forger) -> None:
    """The tally says that the partners are merged; the sum is that of the members alone."""
    _hold_merging(f)
    f.write(tallies=f.decrypt(f.aggregate()))
    f.edit_lines(TALLIES, lambda lines: _insert_merged(lines[0]["contests"][1], [2]))


def _insert_merged(contest: dict[str, Any], cells: list[int]) -> None:
    """Put ``merged`` where the format has it, before the options."""
    options = contest.pop("options")
    contest |= {"merged": cells, "options": options}


@defect("X.tally-merged")
def _small_cell_left_out(f: Forger) -> None:
    """The vote of the one partner is in no tally."""
    _hold_merging(f)
    f.write(tallies=f.decrypt(f.aggregate()))


@defect("X.cell-minimum", oracle_adds="X.tally-complete")
def _merged_cell_decrypted_alone_too(f: Forger) -> None:
    """The motion of the one partner is decrypted, merged and by itself."""
    _hold_merging(f)
    f.write(tallies=f.decrypt(f.aggregate(), every=True, merge=MERGED))


@defect("X.cell-minimum X.tally-merged", oracle_adds="X.tally-complete")
def _small_cell_decrypted_alone(f: Forger) -> None:
    """The motion of the one partner is decrypted by itself, though there is a cell to merge it into."""
    _hold_merging(f)
    f.write(tallies=f.decrypt(f.aggregate(), every=True))


@defect("X.tally-complete X.tally-merged")
def _cell_of_rare_weights_decrypted_alone(f: Forger) -> None:
    """The partners are enough but for their weights, which the manifest merges too."""
    _hold_merging(f, partners=9)
    f.write(tallies=f.decrypt(f.aggregate()))


@defect("X.tally-merged")
def _large_cell_merged(f: Forger) -> None:
    """A cell that is large enough by itself is decrypted, and merged all the same."""
    f.hold(manifest=manifest_bytes(tally_cells=MERGING, minimum_cell_ballots=1))
    f.write(tallies=f.decrypt(f.aggregate(), merge=MERGED))


@defect("X.exceptions")
def _exception_for_a_cell_that_was_merged(f: Forger) -> None:
    """What is merged is not decrypted by itself, whatever the reason."""
    _hold_merging(f)
    f.write(tallies=f.decrypt(f.aggregate(), merge=MERGED))
    f.put(layout.EXCEPTIONS, TallyException(cell=2, contest=3, rule="minimum", action="decrypted", reason="x",
                                            guardians=(1, 2)))  # fmt: skip


@defect(
    "X.tally-cells X.tally-complete 11.A",
    skips="11.B 11.C X.tally-range",
    may="10.B",
    oracle_adds="9.A 9.B X.cell-minimum",
)
def _contest_known_to_both_tallies_only(f: Forger) -> None:
    """Encrypted and decrypted tally both have a contest 9 that the manifest has not."""
    f.write()
    f.edit_lines(ENCRYPTED, put(0, "contests", value=lambda contests: [*contests, {**contests[1], "index": 9}]))
    f.edit_lines(
        TALLIES, put(0, "contests", value=lambda contests: [*contests, {**contests[1], "index": 9, "label": "more"}])
    )


@defect("X.tally-cells X.tally-complete 11.B", may="10.B", skips="9.A 9.B X.tally-range", oracle_adds="9.A 9.B")
def _option_known_to_both_tallies_only(f: Forger) -> None:
    """Encrypted and decrypted tally both have an option 3 that the manifest has not."""
    f.write()
    f.edit_lines(ENCRYPTED, put(0, "contests", 1, "options", value=lambda options: [*options, options[0]]))
    more = lambda options: [*options, {**options[0], "index": 3, "label": "maybe"}]  # noqa: E731
    f.edit_lines(TALLIES, put(0, "contests", 1, "options", value=more))


def _prove_with(f: Forger, s_for_m: Scalar, s_for_v: Scalar) -> None:
    """Prove the first tally with other secrets in M and in v."""
    encrypted = f.aggregate()
    tallies, total = f.decrypt(encrypted), encrypted[0].contests[0].options[0]
    proof = f.prove_decryption(1, 1, total, total.alpha**s_for_m, s=s_for_v)
    option = tallies[0].contests[0].options[0].model_copy(update={"proof": proof})
    f.write(encrypted=encrypted, tallies=_with_first_option(tallies, option))


def _with_first_option(tallies: list[Tally], option: object) -> list[Tally]:
    contest, *contests = tallies[0].contests
    changed = contest.model_copy(update={"options": (option, *contest.options[1:])})
    return [tallies[0].model_copy(update={"contests": (changed, *contests)}), *tallies[1:]]


def _hold_with_minimum(f: Forger) -> None:
    """Hold the election anew with a minimum that only one of the cells reaches."""
    ballots = sorted(cell.ballots for cell in f.aggregate())
    f.hold(manifest=manifest_bytes(minimum_cell_ballots=ballots[-1]))
