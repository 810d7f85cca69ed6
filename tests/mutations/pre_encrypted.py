"""Broken records of a mail election: boxes 15 to 19, and box 6 on selected vectors."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from e2evote.elgamal import Ciphertext
from e2evote.group.elements import SecretScalar
from e2evote.hashing import PRE_ENCRYPTED, H, Tag, device_hash
from e2evote.record import layout
from e2evote.record.codes import chaining_field, confirmation_code, pre_encrypted_contest_hash, selection_hash
from e2evote.record.pre_encrypted import SelectedVector
from e2evote.record.short_codes import short_code
from e2evote.zkp.range import RangeProof
from tests.builders import TOY, BuiltRecord, reindex
from tests.mail_forger import MailForger, Posted, build_mail, mail_manifest
from tests.mutations.registry import PLUS_ONE, SUMS, WRONG_HASH, Change, InGroup, Mutation, drop, plus_q, put

MAIL_ONLY = frozenset(
    """15.A 16.A 16.B 16.C 16.D 16.E 16.F 16.G 16.H 17.A 18.A 19.A 19.B 19.C 19.D X.selection-hashes
    X.short-codes-unique X.recorded-complete X.recorded-vectors X.uncast-nonce X.uncast-complete""".split()  # noqa: SIM905
)
"""Checks with nothing to look at where no ballot is pre-encrypted."""

NOT_BY_MAIL = frozenset(
    """8.D 12.A 12.B 12.C 13.A X.contest-data-factor X.contest-data-allowed X.contest-data-target
    X.contest-data-complete X.challenged-data-nonce""".split()  # noqa: SIM905
)
"""Checks with nothing to look at in this mail election."""

REGISTERED: list["MailMutation"] = []


class MailMutation(Mutation):
    """A defect in a mail election."""

    @classmethod
    def hold(cls, group_name: str = TOY) -> BuiltRecord:
        """Hold the valid mail election."""
        return build_mail(group_name)

    def write(self, root: Path, built: BuiltRecord) -> Path:
        """Write the broken record into a new directory."""
        root.mkdir(parents=True)
        self.apply(MailForger.of(root, built))
        reindex(root)
        return root


def defect(must: str, **more: Any) -> Callable[[Callable[[MailForger], None]], Callable[[MailForger], None]]:
    """Register a function as a mutation, as in ``registry``."""

    def register(function: Callable[[MailForger], None]) -> Callable[[MailForger], None]:
        name = "mail-" + function.__name__.removeprefix("_").replace("_", "-")
        _register(name, (function.__doc__ or "").strip(), function, must, more)
        return function

    return register


def edits(name: str, must: str, file: str, change: Change | InGroup, **more: Any) -> None:
    """Register a mutation that changes the JSON of one file, or the list of lines of one."""

    def apply(f: MailForger) -> None:
        f.write()
        made = change.change(f.group) if isinstance(change, InGroup) else change
        (f.edit_lines if file.endswith(".ndjson") else f.edit)(file, made)

    _register(f"mail-{name}", name.replace("-", " "), apply, must, more)


def _register(name: str, text: str, apply: Any, must: str, more: dict[str, Any]) -> None:
    fields = {key: frozenset(ids.split()) for key, ids in more.items()}
    REGISTERED.append(MailMutation(name, text, apply, frozenset(must.split()), **fields))


def board(f: MailForger, status: str = "cast", nth: int = 0) -> Posted:
    """Return a pre-encrypted ballot with contest 1: four options, L = 2. The first voter chose options 2 and 4."""
    return f.post(status, nth, device=2, ballot_style=1)


# ------------------------------------------------------------------------------------------------- box 6


def _vector_proof(field: str, change: Callable[[MailForger], Callable[[Any], Any]]) -> Callable[[MailForger], None]:
    def apply(f: MailForger) -> None:
        post = board(f)
        f.select(post, 1, [f.vector(post, 1, 2), f.vector(post, 1, 4)], prover=_small_prover(f))
        first, *others = post.contest(1).selections
        proof, *rest = first.proofs or ()
        numbers = list(getattr(proof, field))
        numbers[-1] = change(f)(numbers[-1])
        broken = RangeProof(
            **({"challenges": proof.challenges, "responses": proof.responses} | {field: tuple(numbers)})
        )
        changed = first.model_copy(update={"proofs": (broken, *rest)})
        post.record_contest(1, selections=(changed, *others))
        f.write()

    return apply


def _small_prover(f: MailForger) -> Any:
    """Return a prover whose last challenge and response are 1 where it proves a zero, so that x + q has 32 bytes."""

    def prove(value: int, xi: SecretScalar, ct: Ciphertext, limit: int, challenge: Any) -> RangeProof:
        if value != 0:
            return f.prove(value, xi, ct, limit, challenge)
        u, one, K = f.rng.scalar(f.group), f.group.scalar(1), f.election.K
        c = challenge([f.g**u, K**u, f.g * ct.alpha, ct.beta])
        return RangeProof((c - one, one), ((u - (c - one) * xi).reveal(), one))

    return prove


_register(
    "mail-vector-challenge-plus-q", "A challenge of a selected vector's proof is not below q.",
    _vector_proof("challenges", lambda f: f.plus_q), "6.B", {},
)  # fmt: skip
_register(
    "mail-vector-response-plus-q", "A response of a selected vector's proof is not below q.",
    _vector_proof("responses", lambda f: f.plus_q), "6.C", {},
)  # fmt: skip
_register(
    "mail-vector-response-plus-1", "A response of a selected vector's proof is wrong.",
    _vector_proof("responses", lambda f: f.plus_one), "6.D", {},
)  # fmt: skip


@defect("6.A")
def _vectors_minus(f: MailForger) -> None:
    """−α in two selected vectors at one place, so that their product is in the group: each vector is tested."""
    post = board(f)
    minus = lambda k, ct: Ciphertext(f.minus(ct.alpha), ct.beta) if k == 1 else ct  # noqa: E731
    vectors = {j: f.vector(post, 1, j, forge=minus) for j in (2, 4)}
    f.print_vectors(post, 1, vectors)
    f.select(post, 1, list(vectors.values()), prover=f.prove_evenly)
    f.write()


@defect("6.D")
def _vectors_of_two_and_minus_one(f: MailForger) -> None:
    """One selected vector holds 2, another −1 at the same place: their product is an honest contest."""
    post = board(f)
    q = int(f.group.q)
    vectors = {2: f.vector(post, 1, 2, (0, 2, 0, 0)), 4: f.vector(post, 1, 4, (0, q - 1, 0, 1))}
    f.print_vectors(post, 1, vectors)

    def prove(value: int, xi: SecretScalar, ct: Ciphertext, limit: int, challenge: Any) -> RangeProof:
        return f.prove(min(value, 1), xi, ct, limit, challenge)

    def prove_sum(value: int, xi: SecretScalar, ct: Ciphertext, limit: int, challenge: Any) -> RangeProof:
        return f.prove(value % q, xi, ct, limit, challenge)

    f.select(post, 1, list(vectors.values()), prover=prove, total_prover=prove_sum)
    f.write()


# ------------------------------------------------------------------------------------------------- box 15


@defect("15.A")
def _another_vote_in_place_of_the_selected(f: MailForger) -> None:
    """The tallied contest holds options 1 and 3, well proved; the selected vectors are those of options 2 and 4."""
    post = board(f)
    selections = post.contest(1).selections
    f.select(post, 1, [f.vector(post, 1, 1), f.vector(post, 1, 3)])
    post.record_contest(1, selections=selections)
    f.write()


@defect("15.A")
def _another_vote_where_one_may_be_selected(f: MailForger) -> None:
    """The same in a contest with L = 1, where no box of the specification looks."""
    post = board(f)
    selections = post.contest(3).selections
    f.select(post, 3, [f.vector(post, 3, 2)])
    post.record_contest(3, selections=selections)
    f.write()


# ------------------------------------------------------------------------------------------------- box 16


@defect("16.A")
def _vector_under_the_hash_of_another(f: MailForger) -> None:
    """A selected vector is not on the ballot; it is recorded under the hash of the one that was selected."""
    post = board(f)
    psi = selection_hash(post.ballot.h_i, f.vector(post, 1, 2).ciphertexts)
    replaced, other = f.vector(post, 1, 2, (1, 0, 0, 0), offset=1), f.vector(post, 1, 4)
    f.select(post, 1, [replaced, other])
    selections = [f.selected(post, 1, replaced, stated=psi), f.selected(post, 1, other)]
    post.record_contest(1, selections=_ordered(selections))
    f.write()


@defect("16.A")
def _hash_of_an_opened_vector_wrong(f: MailForger) -> None:
    """An uncast ballot shows another selection hash, and the short code that follows from it."""
    f.write()
    changed = {"selection_hash": WRONG_HASH, "short_code": short_code(1, bytes.fromhex(WRONG_HASH))}
    f.edit_lines(UNCAST, lambda lines: lines[0]["contests"][0]["options"][1].update(changed))


@defect("16.B")
def _selection_hashes_not_sorted(f: MailForger) -> None:
    """Two selection hashes of a contest change places."""
    f.write()
    f.edit_lines(PRINTED, put(0, "contests", 0, "selection_hashes", value=lambda psis: [psis[1], psis[0], *psis[2:]]))


edits(
    "contest-hash-wrong", "16.B", layout.ballots_path(2, 1), put(0, "contests", 1, "contest_hash", value=WRONG_HASH),
    oracle_adds="16.C",
)  # fmt: skip


@defect("16.B 16.C", oracle_lacks="16.C")
def _contest_hashes_by_position(f: MailForger) -> None:
    """Contest 3 of a style is hashed as contest 2, by its place on the ballot."""
    post = board(f)
    _, motion = post.ballot.contests
    chi = pre_encrypted_contest_hash(post.ballot.h_i, 2, motion.selection_hashes)
    post.change_contest(3, contest_hash=chi)
    f.rechain_posted(post)
    f.write()


@defect("16.C")
def _code_wrong(f: MailForger) -> None:
    """A code that is not the ballot's; the chain goes on from it."""
    post = board(f)
    f.recode_posted(post, bytes.fromhex(WRONG_HASH))
    f.rechain_posted(post, behind=True)
    f.write()


@defect("16.C")
def _code_of_an_ordinary_ballot(f: MailForger) -> None:
    """The code is hashed as that of an ordinary ballot."""
    post = board(f)
    hashes = [contest.contest_hash for contest in post.ballot.contests]
    f.recode_posted(post, confirmation_code(post.ballot.h_i, hashes, post.ballot.chaining_field))
    f.rechain_posted(post, behind=True)
    f.write()


@defect("16.D")
def _device_hash_of_an_ordinary_device(f: MailForger) -> None:
    """H_DI is hashed as that of an ordinary device; the chain starts from it."""
    opening = f.openings[2]
    h_di = device_hash(f.election.h_e, opening.device_info)
    start = chaining_field(1, h_di)
    h_0 = H(f.election.h_e, PRE_ENCRYPTED.code, start, length=37)
    f.openings[2] = opening.model_copy(update={"h_di": h_di, "h_0": h_0})
    f.rechain_posted(f.posted[2][0])
    f.write()


@defect("16.E")
def _chaining_field_wrong_without_chaining(f: MailForger) -> None:
    """A ballot of a device without chaining names another device."""
    post = f.post("cast", device=3)
    post.change(chaining_field=chaining_field(0, bytes.fromhex(WRONG_HASH)))
    f.recode_posted(post)
    f.write()


@defect("16.F")
def _chaining_field_wrong(f: MailForger) -> None:
    """A ballot is chained to another code than the one before it."""
    post = board(f, nth=1)
    post.change(chaining_field=chaining_field(1, bytes.fromhex(WRONG_HASH)))
    f.recode_posted(post)
    f.rechain_posted(post, behind=True)
    f.write()


@defect("16.G")
def _chain_started_as_an_ordinary_one(f: MailForger) -> None:
    """H_0 is hashed as that of an ordinary device."""
    opening = f.openings[2]
    h_0 = H(f.election.h_e, Tag.CONFIRMATION_CODE, chaining_field(1, opening.h_di), length=37)
    f.openings[2] = opening.model_copy(update={"h_0": h_0})
    f.rechain_posted(f.posted[2][0])
    f.write()


edits("closing-hash-wrong", "16.H", layout.closing_path(2), put("closing_hash", value=WRONG_HASH))


@defect("16.H")
def _chain_closed_with_lock(f: MailForger) -> None:
    """The chain is closed as the table in §5.5.5 says, with LOCK in the hash, and not as eq. 120."""
    h_e, opening, last = f.election.h_e, f.openings[2], f.posted[2][-1].ballot.confirmation_code
    start = chaining_field(1, opening.h_di)
    field = chaining_field(1, H(h_e, PRE_ENCRYPTED.chain_close, b"LOCK", last, start, length=73))
    closing_hash = H(h_e, PRE_ENCRYPTED.code, field, length=37)
    changed = {"chaining_field": field, "closing_hash": closing_hash}
    f.closings[2] = f.closings[2].model_copy(update=changed)
    f.write()


# ------------------------------------------------------------------------------------------------- box 17

PRINTED, UNCAST = layout.ballots_path(2, 1), layout.UNCAST_BALLOTS
RECORDED = layout.recorded_path(2, 1)
SELECTED = (0, "contests", 0, "selections")
OPENED_BOARD = (0, "contests", 0)

edits("recorded-short-code-wrong", "17.A", RECORDED, put(*SELECTED, 0, "short_code", value="ZZ"))
edits("opened-short-code-wrong", "17.A", UNCAST, put(*OPENED_BOARD, "options", 0, "short_code", value="ZZ"))
edits("opened-null-code-wrong", "17.A", UNCAST, put(*OPENED_BOARD, "null_vectors", 0, "short_code", value="ZZ"))


@defect("17.A")
def _short_codes_by_another_function(f: MailForger) -> None:
    """Short codes of a recorded contest are cut by Ω_2 where the manifest says Ω_1."""
    post = board(f)
    changed = [one.model_copy(update={"short_code": short_code(2, one.selection_hash)}) for one in _selections(post)]
    post.record_contest(1, selections=tuple(changed))
    f.write()


# ------------------------------------------------------------------------------------------------- box 18


@defect("18.A")
def _printed_code_votes_for_another_option(f: MailForger) -> None:
    """The vector beside option 1 holds a vote for option 2; the ballot is opened as if it were honest."""
    _lie(f, 1, (0, 1, 0, 0))


@defect("18.A")
def _null_vector_holds_a_vote(f: MailForger) -> None:
    """A null vector, the sixth of the contest, holds a vote: whoever votes for less than allowed votes for option 3."""
    _lie(f, 6, (0, 0, 1, 0))


@defect("18.A", may="X.short-codes-unique")
def _another_ballot_opened(f: MailForger) -> None:
    """An uncast ballot is opened with the nonces of the ballot that it might have been."""
    post = board(f, "uncast")
    contests = []
    for contest in post.opened.contests if post.opened else ():
        options = []
        for j, option in enumerate(contest.options, 1):
            vector = f.vector(post, contest.index, j, offset=1)
            psi = selection_hash(post.ballot.h_i, vector.ciphertexts)
            nonces = tuple(xi.reveal() for xi in vector.nonces)
            changed = {"selection_hash": psi, "short_code": short_code(1, psi), "nonces": nonces}
            options.append(option.model_copy(update=changed))
        contests.append(contest.model_copy(update={"options": tuple(options)}))
    assert post.opened is not None
    post.opened = post.opened.model_copy(update={"contests": tuple(contests)})
    f.write()


edits("opened-nonce-changed", "16.A 18.A", UNCAST, put(*OPENED_BOARD, "options", 0, "nonces", 0, value=PLUS_ONE))
edits("opened-nonce-plus-q", "X.uncast-nonce", UNCAST, plus_q(*OPENED_BOARD, "options", 0, "nonces", 0),
      standard_adds="16.A 18.A")  # fmt: skip


# ------------------------------------------------------------------------------------------------- box 19

edits("opened-contest-label-wrong", "19.A 19.B", UNCAST, put(*OPENED_BOARD, "label", value="bored"))
edits("opened-contest-missing", "19.B", UNCAST, drop(0, "contests", 1))
edits(
    "opened-contest-of-another-style",
    "19.A",
    UNCAST,
    lambda lines: lines[0]["contests"].insert(1, lines[1]["contests"][0]),
)
edits("opened-option-label-wrong", "19.C 19.D", UNCAST, put(*OPENED_BOARD, "options", 0, "label", value="board-9"))
edits("opened-option-missing", "19.D 18.A X.uncast-complete", UNCAST, drop(*OPENED_BOARD, "options", 3),
      may="16.A")  # fmt: skip

# ------------------------------------------------------------------------------------------- as on ordinary ballots

edits("identifier-hash-wrong", "5.B", PRINTED, put(0, "h_i", value=WRONG_HASH),
      may="6.D 7.D 16.A 16.B 16.C X.nonce-proof")  # fmt: skip
edits("nonce-proof-wrong", "X.nonce-proof", PRINTED, put(0, "ballot_nonce", "c_2", "response", value=PLUS_ONE))
edits("limit-response-plus-1", "7.D", RECORDED, put(0, "contests", 0, "proof", "responses", 0, value=PLUS_ONE))
edits("style-does-not-exist", "X.ballot-style", PRINTED, put(0, "ballot_style", value=9),
      may=f"{SUMS} X.recorded-complete X.ballot-contests", skips="9.A 9.B X.ballot-contests")  # fmt: skip
edits("contest-does-not-exist", "X.ballot-contests", PRINTED, put(0, "contests", 0, "index", value=9),
      may=f"{SUMS} 16.B 16.C X.recorded-complete", skips="9.A 9.B X.selection-hashes X.short-codes-unique")  # fmt: skip


@defect("X.status-complete", may=f"{SUMS} X.cell-minimum X.tally-complete X.recorded-complete X.uncast-complete")
def _statuses_missing(f: MailForger) -> None:
    """A device with pre-encrypted ballots has no statuses: nobody knows which of them were cast."""
    f.write()
    (f.root / layout.statuses_path(2)).unlink()


# ------------------------------------------------------------------------------------------------- completeness

edits("opened-contest-does-not-exist", "19.A X.uncast-complete", UNCAST, put(*OPENED_BOARD, "index", value=9),
      may="19.B")  # fmt: skip
edits("recorded-contest-does-not-exist", "X.recorded-complete", RECORDED, put(0, "contests", 0, "index", value=9),
      may=SUMS, skips="9.A 9.B")  # fmt: skip
edits("recorded-contest-of-another-style", "X.recorded-complete", RECORDED, put(0, "contests", 0, "index", value=2),
      may=SUMS, skips="9.A 9.B")  # fmt: skip
edits("selected-vectors-too-many", "X.recorded-vectors", RECORDED, put(*SELECTED, value=lambda s: [*s, s[1]]),
      may="15.A")  # fmt: skip
edits("proofs-of-a-vector-too-many", "X.recorded-vectors", RECORDED,
      put(*SELECTED, 0, "proofs", value=lambda proofs: [*proofs, proofs[0]]))  # fmt: skip
edits("hashes-too-many", "X.selection-hashes", PRINTED,
      put(0, "contests", 0, "selection_hashes", value=lambda psis: [*psis, "F" * 64]), may="16.B 16.C")  # fmt: skip
for _name, _change in (("short", lambda x: x[:-1]), ("long", lambda x: [*x, x[0]])):
    edits(f"selected-vector-too-{_name}", "X.recorded-vectors", RECORDED,
          lambda lines, change=_change: [put(*SELECTED, 0, part, value=change)(lines) for part in ("vector", "proofs")],
          may="15.A 16.A", skips="15.A")  # fmt: skip
edits("opened-null-vector-missing", "18.A X.uncast-complete", UNCAST, drop(*OPENED_BOARD, "null_vectors", 0),
      may="16.A")  # fmt: skip
edits("opened-nonce-missing", "18.A X.uncast-complete", UNCAST, drop(*OPENED_BOARD, "options", 0, "nonces", 3),
      may="16.A")  # fmt: skip

edits("opened-code-changed", "X.uncast-complete", UNCAST, put(0, "confirmation_code", value=WRONG_HASH))
edits("uncast-ballot-not-opened", "X.uncast-complete", UNCAST, drop(0))
edits("opened-twice", "X.uncast-complete", UNCAST, lambda lines: lines.insert(0, lines[0]))
edits("opened-out-of-order", "X.uncast-complete", UNCAST, lambda lines: lines.reverse())
edits("opened-contests-out-of-order", "X.uncast-complete", UNCAST, put(0, "contests", value=lambda c: c[::-1]))
edits(
    "opened-contest-twice",
    "X.uncast-complete",
    UNCAST,
    lambda lines: lines[0]["contests"].insert(0, lines[0]["contests"][0]),
    may="19.B",
)
edits("recorded-of-another-code", "X.recorded-complete", RECORDED, put(0, "confirmation_code", value=WRONG_HASH),
      skips="9.A 9.B", may=SUMS)  # fmt: skip
edits("recorded-of-no-device", "X.recorded-complete", layout.recorded_path(3, 1), put(-1, "device", value=9),
      skips="9.A 9.B", may=SUMS)  # fmt: skip
edits("recorded-twice", "X.recorded-complete", RECORDED, lambda lines: lines.insert(0, lines[0]))


@defect("X.uncast-complete")
def _opened_options_under_each_others_names(f: MailForger) -> None:
    """Vectors stay in their places, index and label change places: codes seem to stand beside other options."""

    def swap(lines: list[Any]) -> None:
        first, second, *_ = lines[0]["contests"][0]["options"]
        for name in ("index", "label"):
            first[name], second[name] = second[name], first[name]

    f.write()
    f.edit_lines(UNCAST, swap)


@defect("X.uncast-complete")
def _cast_ballot_opened(f: MailForger) -> None:
    """A ballot is cast and opened: with its short codes the vote is known."""
    post = board(f)
    choices, post.choices = post.choices, None
    f.decide(post)
    post.choices = choices
    f.write()


@defect("X.uncast-complete X.recorded-complete")
def _uncast_ballot_recorded(f: MailForger) -> None:
    """A ballot that nobody cast is recorded instead of opened."""
    post = board(f, "uncast")
    post.choices, post.opened = {1: (1, 2)}, None
    f.decide(post)
    f.write()


@defect("X.recorded-complete", skips="9.A 9.B")
def _cast_ballot_not_recorded(f: MailForger) -> None:
    """What the voter selected is nowhere; the tally is that of the others."""
    post = board(f)
    post.recorded = None
    f.write()


@defect("X.recorded-complete", skips="9.A 9.B", may=SUMS)
def _recorded_contest_missing(f: MailForger) -> None:
    """A cast ballot is recorded without one of its contests, and counted so."""
    post = board(f)
    assert post.recorded is not None
    post.recorded = post.recorded.model_copy(update={"contests": post.recorded.contests[:-1]})
    f.write()


@defect("X.recorded-complete", skips="9.A 9.B", may=SUMS)
def _recorded_with_another_weight(f: MailForger) -> None:
    """A ballot of weight 1 is recorded and counted with weight 3."""
    post = board(f)
    assert post.recorded is not None
    post.recorded = post.recorded.model_copy(update={"weight": 3})
    f.write()


@defect("X.recorded-vectors")
def _null_vector_missing(f: MailForger) -> None:
    """Only one of two vectors is recorded, which shows that the voter chose less than allowed."""
    post = board(f)
    f.select(post, 1, [f.vector(post, 1, 2)])
    f.write()


@defect("X.recorded-vectors")
def _vector_selected_twice(f: MailForger) -> None:
    """A null vector is recorded twice, which shows that nothing was selected."""
    post = board(f)
    f.select(post, 1, [f.vector(post, 1, 5), f.vector(post, 1, 5)])
    f.write()


@defect("X.recorded-vectors")
def _selected_vectors_not_sorted(f: MailForger) -> None:
    """Selected vectors stand in another order, such as options before null vectors."""
    post = board(f)
    post.record_contest(1, selections=tuple(reversed(_selections(post))))
    f.write()


@defect("X.recorded-vectors")
def _vector_of_no_ballot(f: MailForger) -> None:
    """A selected vector, well made and well proved, is not one of the ballot's."""
    post = board(f)
    f.select(post, 1, [f.vector(post, 1, 1, offset=1), f.vector(post, 1, 4)])
    f.write()


@defect("X.recorded-vectors")
def _vectors_without_proofs(f: MailForger) -> None:
    """Selected vectors carry no proofs although L = 2."""
    post = board(f)
    post.record_contest(1, selections=tuple(one.model_copy(update={"proofs": None}) for one in _selections(post)))
    f.write()


@defect("X.selection-hashes")
def _null_vectors_left_out(f: MailForger) -> None:
    """The null vectors are not hashed, as box 18 may be read; what was selected is on the ballot."""
    post = board(f)
    f.print_hashes(post, 1, [selection_hash(post.ballot.h_i, f.vector(post, 1, j).ciphertexts) for j in range(1, 5)])
    f.write()


@defect("X.short-codes-unique")
def _short_code_twice(f: MailForger) -> None:
    """Two options carry one short code, so that nobody can tell which of them was selected."""
    post = board(f)
    codes = {}
    for offset in range(1, 10_000):
        vector = f.vector(post, 1, 1, offset=offset)
        codes[short_code(1, selection_hash(post.ballot.h_i, vector.ciphertexts))] = vector
        wanted = short_code(1, selection_hash(post.ballot.h_i, f.vector(post, 1, 3).ciphertexts))
        if wanted in codes:
            f.print_vectors(post, 1, {1: codes[wanted]})
            break
    f.write()


@defect("X.status-complete", may="X.uncast-complete")
def _uncast_ballot_spoiled(f: MailForger) -> None:
    """A pre-encrypted ballot is said to be spoiled, so that nobody has to open it."""
    post = board(f, "uncast")
    post.status, post.opened = "spoiled", None
    f.write()


@defect("X.status-complete")
def _ordinary_ballot_uncast(f: MailForger) -> None:
    """An ordinary ballot is said not to have been cast."""
    f.pick("cast").status = "uncast"
    f.write()


@defect("X.device-mode", skips="17.A X.short-codes-unique")
def _no_hash_trimming_function(f: MailForger) -> None:
    """Ballots are pre-encrypted although the manifest names no hash-trimming function."""
    f.printed_by = f.election.manifest
    f.hold(manifest=mail_manifest(hash_trimming=None))
    f.write()


@defect("X.ballot-style X.proof-length", skips="6.D")
def _option_with_more_than_one_vote(f: MailForger) -> None:
    """A style is pre-encrypted in which an option may have two votes, as if it had one."""
    contests = json.loads(mail_manifest())["contests"]
    contests[0]["options"] = [{**option, "selection_limit": 2} for option in contests[0]["options"]]
    f.printed_by = f.election.manifest
    f.hold(manifest=mail_manifest(contests=contests))
    f.write()


@defect("X.ballot-style X.ballot-options", skips="9.A 9.B", may=SUMS)
def _supplemental_fields_left_out(f: MailForger) -> None:
    """A style is pre-encrypted whose contest counts undervotes; what was recorded has no place for them."""
    contests = json.loads(mail_manifest())["contests"]
    contests[0]["supplemental_fields"] = ["undervote_difference"]
    f.printed_by = f.election.manifest
    f.hold(manifest=mail_manifest(contests=contests))
    f.write()


def _selections(post: Posted) -> tuple[SelectedVector, ...]:
    return post.contest(1).selections


def _ordered(selections: list[SelectedVector]) -> tuple[SelectedVector, ...]:
    return tuple(sorted(selections, key=lambda one: one.selection_hash))


def _lie(f: MailForger, j: int, values: tuple[int, ...]) -> None:
    """Print an uncast ballot with other values in a vector; what is opened of it is what should have been printed."""
    post = board(f, "uncast")
    f.print_vectors(post, 1, {j: f.vector(post, 1, j, values)})
    f.write()


MAIL_MUTATIONS: tuple[MailMutation, ...] = tuple(REGISTERED)
