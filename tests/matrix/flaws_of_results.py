"""Flaws of tallies, exceptions, opened ballots, contest data, and ballots by mail: boxes 9 to 19."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

from e2evote.elgamal import Ciphertext
from e2evote.hashing import PRE_ENCRYPTED
from e2evote.record import layout
from e2evote.record.codes import chaining_field, confirmation_code
from e2evote.record.exceptions import TallyException
from e2evote.record.tally import EncryptedTally
from tests.mail_forger import Posted
from tests.matrix.flaws import Expected, fail, flaw, in_lines
from tests.matrix.flaws_of_ballots import SECRECY, SUMS, WRONG
from tests.matrix.forging import MatrixForger
from tests.matrix.refusals import need
from tests.matrix.voters import limit_of
from tests.mutations.registry import PLUS_ONE, element

TALLIES, OPENED, UNCAST = layout.TALLIES, layout.CHALLENGED_BALLOTS, layout.UNCAST_BALLOTS


def _at(lines: list[Any], *path: str | int) -> Any:
    value: Any = lines
    for step in path:
        value = value[step]
    return value


# ------------------------------------------------------------------------------------------- boxes 9 to 11


def _total(f: MatrixForger, change: Callable[[Ciphertext], Ciphertext]) -> None:
    """Change one encrypted total, and decrypt that."""
    cells = f.aggregate()
    places = [
        (c, i, j) for c, cell in enumerate(cells) for i, x in enumerate(cell.contests) for j in range(len(x.options))
    ]
    c, i, j = f.any_of(places)
    contests = list(cells[c].contests)
    options = list(contests[i].options)
    options[j] = change(options[j])
    contests[i] = contests[i].model_copy(update={"options": tuple(options)})
    changed: EncryptedTally = cells[c].model_copy(update={"contests": tuple(contests)})
    f.write(encrypted=[*cells[:c], changed, *cells[c + 1 :]])


@flaw
def _total_with_another_a(f: MatrixForger) -> Expected:
    """A vote less; where there was none, the decryption has no total."""
    _total(f, lambda total: Ciphertext(total.alpha * f.g, total.beta))
    return fail("9.A", "10.C")


@flaw
def _total_with_another_b(f: MatrixForger) -> Expected:
    """A vote more."""
    _total(f, lambda total: Ciphertext(total.alpha, total.beta * f.election.K))
    return fail("9.B", "X.tally-range")


def _option(f: MatrixForger, change: Callable[[dict[str, Any]], object]) -> None:
    """Change an option or field of a decrypted tally."""
    f.write()
    cell, contest, option = in_lines(f, TALLIES, "contests", "options")
    f.edit_lines(TALLIES, lambda lines: change(_at(lines, cell, "contests", contest, "options", option)))


@flaw
def _tally_one_higher(f: MatrixForger) -> Expected:
    _option(f, lambda option: option.update(tally=option["tally"] + 1))
    return fail("10.C", "X.tally-range")


@flaw
def _tally_one_higher_and_t(f: MatrixForger) -> Expected:
    def change(option: dict[str, Any]) -> None:
        T = f.group.element(int(option["encoded_tally"], 16)) * f.election.K
        option.update(tally=option["tally"] + 1, encoded_tally=element(T))

    _option(f, change)
    return fail("10.B", "X.tally-range")


@flaw
def _tally_proof_wrong(f: MatrixForger) -> Expected:
    name = f.random.choice(("challenge", "response"))
    _option(f, lambda option: option["proof"].update({name: PLUS_ONE(option["proof"][name])}))
    return fail("10.B")


@flaw
def _tally_label_wrong(f: MatrixForger) -> Expected:
    _option(f, lambda option: option.update(label="Another"))
    return fail("11.B 11.C")


@flaw
def _tally_of_a_contest_left_out(f: MatrixForger) -> Expected:
    """A tally lacks a contest; where it was the only one, the cell has no line at all."""
    f.write()
    cell, contest = in_lines(f, TALLIES, "contests")
    expected: list[Expected] = []

    def change(lines: list[Any]) -> None:
        del lines[cell]["contests"][contest]
        if lines[cell]["contests"]:
            expected.append(fail("X.tally-complete 11.D"))
        else:
            del lines[cell]
            expected.append(fail("X.tally-complete", "11.D"))

    f.edit_lines(TALLIES, change)
    return expected[0]


@flaw
def _cells_said_to_be_merged(f: MatrixForger) -> Expected:
    """A tally names other cells than were added to its own."""
    f.write()
    need(len(f.election.manifest.cells) > 1)
    cell, place = in_lines(f, TALLIES, "contests")

    def change(lines: list[Any]) -> None:
        contest, own = lines[cell]["contests"][place], lines[cell]["cell"]
        others = [i for i in range(1, len(f.election.manifest.cells) + 1) if i != own]
        every = [list(some) for r in range(len(others) + 1) for some in combinations(others, r)]
        stated = f.any_of(some for some in every if some != contest.get("merged", []))
        options = contest.pop("options")
        contest.pop("merged", None)
        contest.update(({"merged": stated} if stated else {}) | {"options": options})

    f.edit_lines(TALLIES, change)
    return fail("X.tally-merged", "10.A 10.B X.tally-range X.cell-minimum X.tally-complete")


@flaw
def _small_contest_decrypted(f: MatrixForger) -> Expected:
    """A contest is decrypted that too few cast ballots have, and that is merged into no other cell."""
    f.write()
    least = f.election.manifest.minimum_cell_ballots
    counted = {key for (cell, ind_c), cells in f.sums.items() for key in ((c, ind_c) for c in (cell, *cells))}
    encrypted = f.aggregate()
    key = f.any_of(
        (cell.cell, contest.index)
        for cell in encrypted
        for contest in cell.contests
        if contest.ballots < least and (cell.cell, contest.index) not in counted
    )
    f.sums[key] = ()
    f.put(TALLIES, *f.decrypt(encrypted))
    return fail("X.cell-minimum", "X.tally-complete X.tally-merged")


@flaw
def _exception_withdrawn(f: MatrixForger) -> Expected:
    """What was decrypted below the minimum, or withheld for its weights, is so without a word."""
    dropped = f.any_of(e for e in f.exceptions if (e.rule, e.action) != ("weight", "decrypted"))
    f.exceptions.remove(dropped)
    f.write()
    if dropped.action == "withheld":
        return fail("X.tally-complete", "11.D")
    return fail("X.cell-minimum", "X.tally-complete")


@flaw
def _exception_without_a_quorum(f: MatrixForger) -> Expected:
    need(f.election.k > 1)
    entry = f.any_of(f.exceptions)
    few: TallyException = entry.model_copy(update={"guardians": entry.guardians[:1]})
    f.exceptions[f.exceptions.index(entry)] = few
    f.write()
    return fail("X.exceptions", "X.cell-minimum X.tally-complete 11.D")


# ------------------------------------------------------------------------------------------- boxes 12 to 14


def _entry(f: MatrixForger, change: Callable[[dict[str, Any]], object]) -> None:
    """Change an entry of decrypted contest data."""
    f.write()
    (line,) = in_lines(f, layout.CONTEST_DATA)
    f.edit_lines(layout.CONTEST_DATA, lambda lines: change(lines[line]))


@flaw
def _contest_data_changed(f: MatrixForger) -> Expected:
    _entry(f, lambda entry: entry.update(data="FF" + entry["data"][2:]))
    return fail("12.C")


@flaw
def _contest_data_proof_wrong(f: MatrixForger) -> Expected:
    name = f.random.choice(("challenge", "response"))
    _entry(f, lambda entry: entry["proof"].update({name: PLUS_ONE(entry["proof"][name])}))
    return fail("12.B")


@flaw
def _contest_data_of_one_voter_left_out(f: MatrixForger) -> Expected:
    f.write()
    (line,) = in_lines(f, layout.CONTEST_DATA)

    def change(lines: list[Any]) -> None:
        need(sum(entry["index"] == lines[line]["index"] for entry in lines) > 1)
        del lines[line]

    f.edit_lines(layout.CONTEST_DATA, change)
    return fail("X.contest-data-complete")


def _opened(f: MatrixForger, change: Callable[[dict[str, Any]], object]) -> None:
    """Change an option or field of an opened ballot."""
    f.write()
    line, contest, option = in_lines(f, OPENED, "contests", "options")
    f.edit_lines(OPENED, lambda lines: change(_at(lines, line, "contests", contest, "options", option)))


@flaw
def _opened_selection_changed(f: MatrixForger) -> Expected:
    """The device shows another vote than it encrypted."""
    _opened(f, lambda option: option.update(selection=option["selection"] + f.random.choice((1, 2))))
    return fail("13.B", "14.E 14.F")


@flaw
def _opened_nonce_changed(f: MatrixForger) -> Expected:
    _opened(f, lambda option: option.update(nonce=PLUS_ONE(option["nonce"])))
    return fail("13.B X.challenged-nonce")


@flaw
def _opened_data_changed(f: MatrixForger) -> Expected:
    f.write()
    line, contest = in_lines(f, OPENED, "contests")

    def change(lines: list[Any]) -> None:
        opened = lines[line]["contests"][contest]
        need("contest_data" in opened)
        opened["contest_data"].update(data="FF" + opened["contest_data"]["data"][2:])

    f.edit_lines(OPENED, change)
    return fail("13.A")


@flaw
def _challenged_ballot_not_opened(f: MatrixForger) -> Expected:
    opened = f.opened()
    need(len(opened) > 1)
    opened.remove(f.any_of(opened))
    f.write(opened=opened)
    return fail("X.challenged-complete")


@flaw
def _cast_ballot_opened_too(f: MatrixForger) -> Expected:
    """A voter's vote is shown, with the proof that it is right."""
    vote = f.any_of(vote for vote in f.all_votes() if vote.status != "challenged")
    opened = [*f.opened(), f.open(vote)]
    f.write(opened=sorted(opened, key=lambda ballot: (ballot.device, ballot.position)))
    return fail("X.challenged-complete")


# ------------------------------------------------------------------------------------------- by mail, boxes 15 to 19


def _posted(f: MatrixForger, status: str) -> tuple[Posted, int]:
    """Choose a pre-encrypted ballot with this status, and a contest on it."""
    return f.any_of(
        (post, contest.index) for post in f.all_posted() if post.status == status for contest in post.ballot.contests
    )


@flaw
def _another_vote_recorded_by_mail(f: MatrixForger) -> Expected:
    """The tallied contest is another one than that of the selected vectors."""
    post, ind_c = _posted(f, "cast")
    m = len(f.plan.contest(ind_c)["options"])
    vectors, limit = range(1, m + limit_of(f.plan.contest(ind_c)) + 1), limit_of(f.plan.contest(ind_c))
    chosen = set((post.choices or {}).get(ind_c, ()))
    other = f.any_of(some for some in combinations(vectors, limit) if {j for j in some if j <= m} != chosen)
    selections = post.contest(ind_c).selections
    f.select(post, ind_c, [f.vector(post, ind_c, j) for j in other])
    post.record_contest(ind_c, selections=selections)
    f.write()
    return fail("15.A", "X.tally-range")


@flaw
def _short_code_recorded_wrongly(f: MatrixForger) -> Expected:
    post, ind_c = _posted(f, "cast")
    first, *others = post.contest(ind_c).selections
    post.record_contest(ind_c, selections=(first.model_copy(update={"short_code": "ZZZZ"}), *others))
    f.write()
    return fail("17.A")


@flaw
def _printed_contest_hash_wrong(f: MatrixForger) -> Expected:
    post, ind_c = _posted(f, f.random.choice(("cast", "uncast")))
    post.change_contest(ind_c, contest_hash=WRONG)
    f.write()
    return fail("16.B", "16.C")


@flaw
def _printed_code_wrong(f: MatrixForger) -> Expected:
    post = f.any_of(f.all_posted())
    hashes = [contest.contest_hash for contest in post.ballot.contests]
    wrong = confirmation_code(post.ballot.h_i, hashes, post.ballot.chaining_field)  # as an ordinary ballot
    f.recode_posted(post, f.random.choice((WRONG, wrong)))
    f.rechain_posted(post, behind=True)
    f.write()
    return fail("16.C", "18.A")


@flaw
def _printed_chaining_field_wrong(f: MatrixForger) -> Expected:
    post = f.any_of(f.all_posted())
    mode = f.openings[post.ballot.device].chaining_mode
    post.change(chaining_field=chaining_field(mode, WRONG))
    hashes = [contest.contest_hash for contest in post.ballot.contests]
    f.recode_posted(post, confirmation_code(post.ballot.h_i, hashes, post.ballot.chaining_field, PRE_ENCRYPTED))
    f.rechain_posted(post, behind=True)
    f.write()
    return fail("16.F" if mode else "16.E")


@flaw
def _cast_ballot_not_recorded(f: MatrixForger) -> Expected:
    """A ballot that came back is cast by its status only; the sums have it."""
    post, _ = _posted(f, "cast")
    encrypted, post.recorded = f.aggregate(), None
    f.write(encrypted=encrypted)
    return fail(f"X.recorded-complete {SUMS}", SECRECY)


@flaw
def _cast_ballot_opened_as_uncast(f: MatrixForger) -> Expected:
    post, _ = _posted(f, "cast")
    choices, post.choices = post.choices, None
    f.decide(post)
    post.choices = choices
    f.write()
    return fail("X.uncast-complete")


@flaw
def _uncast_ballot_counted(f: MatrixForger) -> Expected:
    """The second ballot of a voter, which should have been opened, is recorded as empty and counted."""
    post, _ = _posted(f, "uncast")
    post.choices = {}
    f.decide(post)
    post.opened = None
    encrypted = f.aggregate(counted=("cast", "uncast"))
    f.write(encrypted=encrypted)
    return fail("X.recorded-complete X.uncast-complete", f"{SUMS} {SECRECY}")


@flaw
def _uncast_ballot_not_opened(f: MatrixForger) -> Expected:
    post, _ = _posted(f, "uncast")
    post.opened = None
    f.write()
    return fail("X.uncast-complete")


@flaw
def _uncast_ballot_opened_wrongly(f: MatrixForger) -> Expected:
    """A nonce of an opened vector is another one."""
    f.write()
    line, contest, option = in_lines(f, UNCAST, "contests", "options")

    def change(lines: list[Any]) -> None:
        nonces = _at(lines, line, "contests", contest, "options", option, "nonces")
        place = f.random.randrange(len(nonces))
        nonces[place] = PLUS_ONE(nonces[place])

    f.edit_lines(UNCAST, change)
    return fail("16.A", "18.A")
