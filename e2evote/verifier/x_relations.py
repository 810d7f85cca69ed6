"""What §3.3.9 asks and no box has: supplemental fields say what the votes of their contest say.

With boxes 6 and 7 the proofs leave one value for each field; docs/adr/0023-supplemental-fields.md shows why.
"""

from functools import partial

from e2evote.errors import VerificationError
from e2evote.group.computation import Computation, together
from e2evote.group.powers import NewBase
from e2evote.record.ballot import EncryptedContest
from e2evote.record.supplemental import Relation, field_relations
from e2evote.verifier.context import Context
from e2evote.verifier.report import Check, Ledger, Place
from e2evote.zkp import range as range_proof
from e2evote.zkp.range import RangeProof, relation_challenge

CHECKS = (
    Check(
        "X.field-relations",
        "every supplemental field is proved to fit the votes of its contest",
        "ballots",
        "selection rule",
    ),
)


def verifying_contest(
    ledger: Ledger, context: Context, h_i: bytes, contest: EncryptedContest, members: bool, place: Place
) -> Computation[None]:
    """Check the proofs of all supplemental fields; ``members`` is what box 6 found of the contest's ciphertexts.

    Spec: EG-2.1 §3.3.9
    """
    known, proofs = context.manifest.contest(contest.index), contest.relations or ()
    relations = field_relations(known)
    message = f"{len(proofs)} proofs of supplemental fields instead of {len(relations)}"
    if not ledger.check("X.field-relations", len(proofs) == len(relations), message, place):
        return
    complete = members and len(contest.options) == len(known.verifiable_fields)
    if relations and not complete:
        ledger.skip("X.field-relations")
        return
    yield from together(
        _verifying_relation(
            ledger, context, h_i, contest, ind_o, relation, proof,
            place.within(option=known.verifiable_fields[ind_o - 1].label),
        )
        for (ind_o, relation), proof in zip(relations.items(), proofs, strict=True)
    )  # fmt: skip


def _verifying_relation(
    ledger: Ledger,
    context: Context,
    h_i: bytes,
    contest: EncryptedContest,
    ind_o: int,
    relation: Relation,
    proof: RangeProof,
    place: Place,
) -> Computation[None]:
    bases = context.bases
    try:
        total = relation.ciphertext(contest.ciphertexts, bases.K.element)
    except ZeroDivisionError:  # K is 0 mod p, of which box 3 tells
        ledger.skip("X.field-relations")
        return
    alpha, beta = NewBase(total.alpha), NewBase(total.beta)
    challenge = partial(relation_challenge, h_i, contest.index, ind_o, total)
    try:
        yield from range_proof.verifying(bases.g, bases.K, alpha, beta, proof, relation.limit, challenge)
    except VerificationError as error:
        ledger.check("X.field-relations", False, str(error), place)
    else:
        ledger.check("X.field-relations", True, "", place)
