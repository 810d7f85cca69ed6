"""Broken records: supplemental fields, in an election in which every contest has some.

Values are those of the options, then of the fields. Contest 1 (L = 2) has four options and all five fields in the order
of docs/formats/manifest.md; contest 3 (L = 1) has two options, null vote indicator and overvote indicator. Values that
break the rules are proved as well as anybody can.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from e2evote.elgamal import Ciphertext
from e2evote.group.elements import Scalar, SecretScalar
from e2evote.record import layout
from e2evote.record.supplemental import field_relations
from e2evote.zkp import range as range_proof
from e2evote.zkp.range import RangeProof
from tests.ballot_forger import Vote
from tests.builders import SUPPLEMENTAL, manifest_bytes
from tests.forger import Forger
from tests.mutations.registry import BOX_10, SUMS, defect, drop, put

RELATION = "X.field-relations"
INCONSISTENT: tuple[tuple[str, int, tuple[int, ...], str, str], ...] = (
    # name, contest, values, what must fail, what is wrong
    ("undervote-not-indicated", 1, (1, 0, 0, 0, 0, 0, 1, 0, 0), RELATION, "One vote of two and no undervote."),
    ("undervote-indicated-falsely", 1, (1, 1, 0, 0, 0, 1, 0, 0, 0), RELATION, "Two votes of two and an undervote."),
    ("null-vote-not-indicated", 1, (0, 0, 0, 0, 0, 1, 2, 0, 0), RELATION, "No vote and no null vote."),
    ("null-vote-indicated-falsely", 1, (1, 0, 0, 0, 0, 1, 1, 1, 0), RELATION, "One vote and a null vote."),
    ("difference-too-small", 1, (0, 0, 0, 0, 0, 1, 1, 1, 0), RELATION, "No vote of two and a difference of one."),
    ("difference-too-large", 1, (1, 0, 0, 0, 0, 1, 2, 0, 0), RELATION, "One vote of two and a difference of two."),
    ("write-in-not-counted", 1, (0, 0, 0, 1, 0, 1, 1, 0, 0), RELATION, "A vote for the write-in, not counted as such."),
    (
        "write-in-counted-falsely",
        1,
        (1, 0, 0, 0, 0, 1, 1, 0, 1),
        RELATION,
        "No vote for the write-in, and one counted.",
    ),
    ("overvote-counted-as-undervote", 1, (0, 0, 0, 0, 1, 1, 0, 0, 0), RELATION, "An overvote is an undervote too."),
    ("overvote-counted-as-difference", 1, (0, 0, 0, 0, 1, 0, 2, 0, 0), RELATION, "An overvote lacks two votes too."),
    ("overvote-counted-as-null-vote", 3, (0, 0, 1, 1), RELATION, "An overvote is a null vote too."),
    ("overvote-with-a-vote", 3, (1, 0, 0, 1), "7.D", "An overvote of which one vote counts all the same."),
    ("overvote-twice", 3, (0, 0, 0, 2), "6.D 7.D", "A ballot counts as two overvotes."),
    ("null-vote-twice", 3, (0, 0, 2, 0), f"6.D {RELATION}", "A ballot counts as two null votes."),
)


def _hold(f: Forger, status: str = "cast") -> Vote:
    """Hold the election anew with supplemental fields, and return a ballot with contests 1 and 3."""
    f.hold(manifest=manifest_bytes(contests=SUPPLEMENTAL))
    return f.pick(status, ballot_style=1)


def _encrypt(f: Forger, vote: Vote, ind_c: int, values: Sequence[int]) -> None:
    f.encrypt_contest(vote, ind_c, values)
    f.reseal(vote)
    f.write()


def _register(name: str, ind_c: int, values: tuple[int, ...], must: str, text: str) -> None:
    def apply(f: Forger) -> None:
        _encrypt(f, _hold(f), ind_c, values)

    apply.__name__, apply.__doc__ = name.replace("-", "_"), text
    defect(must)(apply)


for each in INCONSISTENT:
    _register(*each)


@defect("6.D")
def _indicator_that_is_a_fraction(f: Forger) -> None:
    """An undervote indicator of L/(L+1) mod q and no vote, spoiled: the relation holds, but it is neither 0 nor 1."""
    vote, q = _hold(f), int(f.group.q)
    vote.status = "spoiled"
    fraction = 2 * pow(3, -1, q) % q

    def prove(value: int, xi: SecretScalar, ciphertext: Ciphertext, limit: int, challenge: Any) -> RangeProof:
        return f.prove(min(value, limit), xi, ciphertext, limit, challenge)

    f.encrypt_contest(vote, 1, (0, 0, 0, 0, 0, fraction, 2, 1, 0), prove, f.prove)
    f.reseal(vote)
    f.write()


# ------------------------------------------------------------------------------------------------- proofs


def _change_relations(f: Forger, change: Callable[[tuple[RangeProof, ...]], tuple[RangeProof, ...] | None]) -> None:
    vote = _hold(f)
    vote.change_contest(1, relations=change(vote.contest(1).relations))
    f.write()


def _changed_response(f: Forger, change: Callable[[Scalar], Scalar]) -> None:
    def changed(proofs: tuple[RangeProof, ...]) -> tuple[RangeProof, ...]:
        first = replace(proofs[0], responses=(change(proofs[0].responses[0]), *proofs[0].responses[1:]))
        return (first, *proofs[1:])

    _change_relations(f, changed)


@defect(RELATION)
def _relation_response_plus_1(f: Forger) -> None:
    """A response of a field's relation is wrong."""
    _changed_response(f, f.plus_one)


@defect(RELATION)
def _relation_response_plus_q(f: Forger) -> None:
    """A response of a field's relation is not below q."""
    _changed_response(f, f.plus_q)


@defect(RELATION)
def _relation_missing(f: Forger) -> None:
    """The last field of a contest has no relation."""
    _change_relations(f, lambda proofs: proofs[:-1])


@defect(RELATION)
def _relations_missing(f: Forger) -> None:
    """No field of a contest has a relation."""
    _change_relations(f, lambda proofs: None)


@defect(RELATION)
def _relation_too_many(f: Forger) -> None:
    """A contest proves one relation twice."""
    _change_relations(f, lambda proofs: (*proofs, proofs[-1]))


@defect(RELATION)
def _relations_out_of_order(f: Forger) -> None:
    """The relations of two fields stand in each other's place."""
    _change_relations(f, lambda proofs: (proofs[2], proofs[1], proofs[0], proofs[3]))


@defect(RELATION)
def _relation_without_field(f: Forger) -> None:
    """A contest without supplemental fields proves a relation."""
    vote = f.pick("cast", ballot_style=1)
    vote.change_contest(3, relations=(vote.contest(3).proof,))
    f.write()


@defect(RELATION)
def _relation_with_extra_branch(f: Forger) -> None:
    """One vote and an undervote difference of two: S + difference − L = 1, honestly proved for 0…1 in place of 0…0."""
    vote = _hold(f)
    f.encrypt_contest(vote, 1, (1, 0, 0, 0, 0, 1, 2, 0, 0))
    _prove_otherwise(f, vote, 7, range_proof.relation_challenge, 1)


@defect(RELATION)
def _relation_hashed_as_a_range_proof(f: Forger) -> None:
    """A relation is proved with the challenge of box 6."""
    _prove_otherwise(f, _hold(f), 6, range_proof.selection_challenge, 2)


def _prove_otherwise(f: Forger, vote: Vote, ind_o: int, hashed: Callable[..., Scalar], limit: int) -> None:
    """Prove the relation of a field of contest 1 with another challenge, or over another range."""
    contest, values = vote.contest(1), [option.selection for option in f.open(vote).contests[0].options]
    relations = field_relations(f.election.manifest.contest(1))
    relation, place = relations[ind_o], list(relations).index(ind_o)
    total = relation.ciphertext(contest.ciphertexts, f.election.K)
    xi = relation.nonce([f.group.secret(option.nonce.value) for option in f.open(vote).contests[0].options])
    challenge = partial(hashed, vote.ballot.h_i, 1, ind_o, total)
    proof = range_proof.prove(f.g, f.election.K, relation.value(values), xi, limit, challenge, f.rng)
    proofs = contest.relations
    vote.change_contest(1, relations=(*proofs[:place], proof, *proofs[place + 1 :]))
    f.reseal(vote)
    f.write()


# ------------------------------------------------------------------------------------------------- shape


@defect("X.ballot-options", may=SUMS, skips=f"9.A 9.B {RELATION}")
def _field_missing(f: Forger) -> None:
    """A contest lacks its last supplemental field."""
    vote = _hold(f)
    vote.change_contest(1, options=vote.contest(1).options[:-1])
    f.reseal(vote)
    f.write()


@defect("X.ballot-options", may=f"{SUMS} 7.A", skips=f"6.A 6.B 6.C 6.D 9.A 9.B {RELATION}")
def _field_too_many(f: Forger) -> None:
    """A contest has a supplemental field more than the manifest."""
    vote = _hold(f)
    vote.change_contest(1, options=(*vote.contest(1).options, vote.contest(1).options[-1]))
    f.reseal(vote)
    f.write()


@defect(f"6.D {RELATION}")
def _fields_out_of_order(f: Forger) -> None:
    """Two fields stand, with their proofs, in each other's place; their values differ."""
    vote = _hold(f)
    f.encrypt_contest(vote, 1, (1, 0, 0, 0, 0, 1, 1, 0, 0))
    *options, null, count = vote.contest(1).options
    vote.change_contest(1, options=(*options[:5], null, options[6], options[5], count))
    f.reseal(vote)
    f.write()


# ------------------------------------------------------------------------------------------------- tallies, opened


@defect("9.A 9.B")
def _field_not_added_up(f: Forger) -> None:
    """A field is on every ballot, and its column of the encrypted tally is empty (a known mistake)."""
    _hold(f)
    encrypted = f.aggregate()
    contest = encrypted[0].contests[0]
    one = Ciphertext(f.group.one, f.group.one)
    changed = contest.model_copy(update={"options": (*contest.options[:-1], one)})
    contests = (changed, *encrypted[0].contests[1:])
    f.write(encrypted=[encrypted[0].model_copy(update={"contests": contests}), *encrypted[1:]])


@defect("X.tally-cells", skips=f"9.A 9.B {BOX_10}", oracle_adds="X.tally-complete")
def _encrypted_field_missing(f: Forger) -> None:
    """An encrypted tally lacks the last field of a contest."""
    _hold(f)
    f.write()
    f.edit_lines(layout.ENCRYPTED_TALLIES, drop(0, "contests", 0, "options", -1))


@defect("11.C X.tally-complete")
def _tally_field_missing(f: Forger) -> None:
    """A field is added up and not decrypted."""
    _hold(f)
    f.write()
    f.edit_lines(layout.TALLIES, drop(0, "contests", 0, "options", -1))


@defect("10.C")
def _tally_of_a_field_off_by_one(f: Forger) -> None:
    """One undervote more than there were."""
    _hold(f)
    f.write()
    f.edit_lines(layout.TALLIES, put(0, "contests", 0, "options", 5, "tally", value=lambda t: t + 1))


@defect("11.B 11.C")
def _tally_field_label_wrong(f: Forger) -> None:
    """A field's tally has another name."""
    _hold(f)
    f.write()
    f.edit_lines(layout.TALLIES, put(0, "contests", 0, "options", 5, "label", value="undervotes"))


@defect("13.B")
def _opened_field_changed(f: Forger) -> None:
    """A challenged ballot shows another indicator than it holds."""
    vote = _hold(f, "challenged")
    f.write()
    line = next(i for i, entry in enumerate(f.opened()) if entry.position == vote.ballot.position)
    change = put(line, "contests", 0, "options", 5, "selection", value=lambda x: 1 - x)
    f.edit_lines(layout.CHALLENGED_BALLOTS, change)


@defect("14.D 13.B X.challenged-complete")
def _opened_field_missing(f: Forger) -> None:
    """A challenged ballot does not show a field."""
    _hold(f, "challenged")
    f.write()
    f.edit_lines(layout.CHALLENGED_BALLOTS, drop(0, "contests", 0, "options", -1))


@defect("3.A X.keys-nontrivial 4.A 6.D 7.D 10.B 10.C 13.B", may=f"5.B 8.C 8.F 8.G {RELATION}", skips=RELATION)
def _joint_vote_key_0(f: Forger) -> None:
    """K is 0 mod p: the relations of fields divide by powers of it."""
    _hold(f)
    f.write()
    f.edit(layout.JOINT_KEYS, put("vote_encryption_key", value=lambda text: "0" * len(text)))
