"""Flaws of ordinary ballots, devices and statuses: boxes 2 and 5 to 8."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from e2evote.elgamal import Ciphertext
from e2evote.record.codes import chaining_field
from e2evote.zkp.range import RangeProof
from tests.ballot_forger import Vote
from tests.matrix.flaws import Expected, fail, flaw
from tests.matrix.forging import MatrixForger
from tests.matrix.refusals import need
from tests.matrix.voters import limit_of, option_limits

WRONG = bytes.fromhex("0123456789ABCDEF" * 4)
SUMS = "9.A 9.B X.tally-cells"
SECRECY = "X.cell-minimum X.tally-merged X.tally-complete X.exceptions X.tally-range 11.D"
"""What may fail where other ballots are counted: other sums reach the minimum, and other weights are rare."""
OPENED_ABOVE = "14.E 14.F"
"""What fails too where the ballot was challenged: it is opened as what it is."""
DATA = "X.contest-data-complete X.contest-data-target X.contest-data-allowed"


def _place(f: MatrixForger, fits: Callable[[dict[str, Any]], bool] = lambda _: True) -> tuple[Vote, int]:
    """Choose a ballot of any status, and a contest on it."""
    return f.any_of(
        (vote, contest.index)
        for vote in f.all_votes()
        for contest in vote.ballot.contests
        if fits(f.plan.contest(contest.index))
    )


def _plain(contest: dict[str, Any]) -> bool:
    return not contest.get("supplemental_fields")


def _changed(f: MatrixForger, proof: RangeProof, name: str) -> RangeProof:
    """Return a proof with 1 added to one of its numbers."""
    numbers = list(getattr(proof, name))
    place = f.random.randrange(len(numbers))
    numbers[place] = f.plus_one(numbers[place])
    return replace(proof, **{name: tuple(numbers)})


def _option_proof(f: MatrixForger, name: str) -> Expected:
    vote, ind_c = _place(f)
    ind_o = f.random.randint(1, len(vote.contest(ind_c).options))
    vote.change_option(ind_c, ind_o, proof=_changed(f, vote.contest(ind_c).options[ind_o - 1].proof, name))
    f.write()
    return fail("6.D")


@flaw
def _response_of_an_option_or_field_plus_1(f: MatrixForger) -> Expected:
    return _option_proof(f, "responses")


@flaw
def _challenge_of_an_option_or_field_plus_1(f: MatrixForger) -> Expected:
    return _option_proof(f, "challenges")


@flaw
def _limit_proof_wrong(f: MatrixForger) -> Expected:
    vote, ind_c = _place(f)
    name = f.random.choice(("challenges", "responses"))
    vote.change_contest(ind_c, proof=_changed(f, vote.contest(ind_c).proof, name))
    f.write()
    return fail("7.D")


@flaw
def _relation_proof_wrong(f: MatrixForger) -> Expected:
    vote, ind_c = _place(f, lambda contest: bool(set(contest.get("supplemental_fields", ())) - {"overvote_indicator"}))
    relations = list(vote.contest(ind_c).relations or ())
    place = f.random.randrange(len(relations))
    relations[place] = _changed(f, relations[place], f.random.choice(("challenges", "responses")))
    vote.change_contest(ind_c, relations=tuple(relations))
    f.write()
    return fail("X.field-relations")


@flaw
def _option_above_its_limit(f: MatrixForger) -> Expected:
    """R + 1 votes for one option, with a proof for that many, cut to length."""
    vote, ind_c = _place(f, _plain)
    limits = option_limits(f.plan.contest(ind_c))
    place = f.random.randrange(len(limits))
    f.encrypt_contest(vote, ind_c, [R + 1 if j == place else 0 for j, R in enumerate(limits)])
    f.reseal(vote)
    f.write()
    above = limits[place] + 1 > limit_of(f.plan.contest(ind_c))
    return fail("6.D 7.D" if above else "6.D", f"X.tally-range {OPENED_ABOVE}")


@flaw
def _contest_above_its_limit(f: MatrixForger) -> Expected:
    """L + 1 votes in a contest, none of its options above its own limit."""
    vote, ind_c = _place(f, lambda contest: _plain(contest) and limit_of(contest) < sum(option_limits(contest)))
    contest, values = f.plan.contest(ind_c), list[int]()
    for R in option_limits(contest):
        values.append(min(R, limit_of(contest) + 1 - sum(values)))
    f.encrypt_contest(vote, ind_c, values)
    f.reseal(vote)
    f.write()
    return fail("7.D", OPENED_ABOVE)


@flaw
def _field_that_says_something_else(f: MatrixForger) -> Expected:
    """A supplemental field within its range that does not fit the votes, proved as well as anybody can."""
    fields = {"undervote_indicator", "undervote_difference", "null_vote_indicator", "write_in_count"}
    vote, ind_c = _place(f, lambda contest: bool(fields & set(contest.get("supplemental_fields", ()))))
    known, contest = f.election.manifest.contest(ind_c), f.plan.contest(ind_c)
    opened = next(opened for opened in f.open(vote).contests if opened.index == ind_c)
    values = [option.selection for option in opened.options]
    names = contest["supplemental_fields"]
    place = len(contest["options"]) + f.any_of(j for j, name in enumerate(names) if name in fields)
    values[place] = f.any_of(set(range(known.verifiable_fields[place].limit + 1)) - {values[place]})
    f.encrypt_contest(vote, ind_c, values)
    f.reseal(vote)
    f.write()
    return fail("X.field-relations")


@flaw
def _minus_alpha(f: MatrixForger) -> Expected:
    """−α of one option, with even challenges, on a ballot that is not counted."""
    vote, ind_c = f.any_of(
        (vote, contest.index)
        for vote in f.all_votes()
        for contest in vote.ballot.contests
        if vote.status == "spoiled" and _plain(f.plan.contest(contest.index)) and len(contest.proof.challenges) <= 4
    )
    options = len(f.plan.contest(ind_c)["options"])
    chosen = f.random.randint(1, options)
    minus: Callable[[int, Ciphertext], Ciphertext] = lambda j, ct: (  # noqa: E731
        Ciphertext(f.minus(ct.alpha), ct.beta) if j == chosen else ct
    )
    f.encrypt_contest(vote, ind_c, [0] * options, f.prove_evenly, forge=minus)
    f.reseal(vote)
    f.write()
    return fail("6.A 7.A")


@flaw
def _ballot_copied(f: MatrixForger) -> Expected:
    """A voter hands in another's ciphertexts and proofs under a new id_B."""
    vote = f.any_of(f.all_votes())
    copied = f.any_of(
        other for other in f.all_votes() if other is not vote and other.ballot.ballot_style == vote.ballot.ballot_style
    ).ballot
    f.encrypt_again(vote)
    vote.change(contests=copied.contests, ballot_nonce=copied.ballot_nonce)
    f.reseal(vote)
    f.keep_sealed.append(vote)
    need(vote.status != "challenged")  # it could not be opened
    f.write()
    contests = [f.plan.contest(contest.index) for contest in copied.contests]
    must = "6.D 7.D X.nonce-proof"
    if any("contest_data_blocks" in contest for contest in contests):
        must += " X.contest-data-proof"
    if any(set(contest.get("supplemental_fields", ())) - {"overvote_indicator"} for contest in contests):
        must += " X.field-relations"
    return fail(must, DATA)


@flaw
def _contest_hash_wrong(f: MatrixForger) -> Expected:
    vote, ind_c = _place(f)
    vote.change_contest(ind_c, contest_hash=WRONG)
    f.write()
    return fail("8.A", "8.B")


@flaw
def _code_wrong(f: MatrixForger) -> Expected:
    vote = f.any_of(f.all_votes())
    vote.change(confirmation_code=WRONG)
    f.rechain(vote.ballot.device, vote.ballot.position + 1)
    f.write()
    return fail("8.B", "13.B")


@flaw
def _chaining_field_wrong(f: MatrixForger) -> Expected:
    vote = f.any_of(f.all_votes())
    mode = f.openings[vote.ballot.device].chaining_mode
    vote.change(chaining_field=chaining_field(mode, WRONG))
    f.recode(vote)
    f.rechain(vote.ballot.device, vote.ballot.position + 1)
    f.write()
    return fail("8.E" if mode else "8.D")


@flaw
def _device_under_another_name(f: MatrixForger) -> Expected:
    device, opening = f.any_of(f.openings.items())
    f.openings[device] = opening.model_copy(update={"device_info": "Another"})
    f.write()
    return fail("16.D" if opening.pre_encrypted else "8.C")


@flaw
def _chain_closed_wrongly(f: MatrixForger) -> Expected:
    device, opening = f.any_of((d, opening) for d, opening in f.openings.items() if opening.chaining_mode)
    name = f.random.choice(("closing_hash", "chaining_field"))
    value = WRONG if name == "closing_hash" else chaining_field(1, WRONG)
    f.closings[device] = f.closings[device].model_copy(update={name: value})
    f.write()
    return fail("16.H" if opening.pre_encrypted else "8.G")


@flaw
def _device_closed_over_one_ballot_more(f: MatrixForger) -> Expected:
    device, closing = f.any_of(f.closings.items())
    f.closings[device] = closing.model_copy(update={"ballots": closing.ballots + 1})
    f.write()
    return fail("X.chain-closed")


# ------------------------------------------------------------------------------------------- what is counted


@flaw
def _cast_ballot_spoiled_after_the_count(f: MatrixForger) -> Expected:
    vote, encrypted = f.any_of(vote for vote in f.all_votes() if vote.status == "cast"), f.aggregate()
    vote.status = "spoiled"
    f.write(encrypted=encrypted)
    return fail(SUMS, f"{SECRECY} {DATA}")


@flaw
def _spoiled_ballot_cast_after_the_count(f: MatrixForger) -> Expected:
    vote, encrypted = f.any_of(vote for vote in f.all_votes() if vote.status == "spoiled"), f.aggregate()
    vote.status = "cast"
    f.write(encrypted=encrypted)
    return fail(SUMS, f"{SECRECY} {DATA}")


@flaw
def _opened_ballots_counted(f: MatrixForger) -> Expected:
    """The counts say so too; who verifies counts the cast ones."""
    f.any_of(vote for vote in f.all_votes() if vote.status == "challenged")
    f.write(encrypted=f.aggregate(counted=("cast", "challenged")))
    return fail(SUMS, "X.tally-range")


@flaw
def _weight_changed_after_the_count(f: MatrixForger) -> Expected:
    most = f.plan.manifest["maximum_weight"]
    vote, encrypted = f.any_of(vote for vote in f.all_votes() if vote.status == "cast"), f.aggregate()
    vote.change(weight=f.any_of({1, 2, most} & set(range(1, most + 1)) - {vote.ballot.weight}))
    f.write(encrypted=encrypted)
    return fail(SUMS, SECRECY)


@flaw
def _weight_above_the_maximum(f: MatrixForger) -> Expected:
    vote = f.any_of(f.all_votes())
    vote.change(weight=f.plan.manifest["maximum_weight"] + 1)
    f.write()
    return fail("X.weight", f"{SUMS} {SECRECY}" if vote.status == "cast" else "")


@flaw
def _ballot_without_a_contest(f: MatrixForger) -> Expected:
    vote, ind_c = f.any_of((v, c.index) for v in f.all_votes() for c in v.ballot.contests if v.status == "spoiled")
    need(len(vote.ballot.contests) > 1)
    vote.change(contests=tuple(contest for contest in vote.ballot.contests if contest.index != ind_c))
    f.reseal(vote)
    f.write()
    return fail("X.ballot-contests", "11.D")


@flaw
def _guardian_whose_proof_is_wrong(f: MatrixForger) -> Expected:
    i, public = f.any_of(f.guardians.items())
    name = f.random.choice(("vote_proof", "data_proof"))
    proof = getattr(public, name)
    place = f.random.randrange(len(proof.responses))
    responses = tuple(f.plus_one(v) if j == place else v for j, v in enumerate(proof.responses))
    f.guardians[i] = public.model_copy(update={name: replace(proof, responses=responses)})
    f.write()
    return fail("2.C")


@flaw
def _no_guardian_at_all(f: MatrixForger) -> Expected:
    f.guardians.clear()
    f.write()
    return fail("X.guardian-indices 3.A 3.B")
