"""Boxes 9 to 11: the aggregate of the cast ballots, its decryption, and its labels."""

from functools import reduce

from e2evote.elgamal import Ciphertext
from e2evote.errors import E2EVoteError
from e2evote.interop.egrf.ballots import Ballot
from e2evote.interop.egrf.manifest import Contest
from e2evote.interop.egrf.setup import Egrf
from e2evote.interop.egrf.values import GROUP, Message, ciphertext, element, scalars, vector
from e2evote.interop.family import Judgement
from e2evote.verifier.report import Ledger, Place
from e2evote.zkp import equality
from e2evote.zkp.equality import EqualityProof


def verify_tally(judgement: Judgement, record: Egrf, ballots: list[Ballot]) -> None:
    """Run the boxes."""
    ledger, cast = judgement.ledger, [ballot for ballot in ballots if ballot.cast]
    items, known = record.items.of(513), record.manifests.foreign.contests
    decrypted = record.items.of(769)
    weight = sum(ballot.message.weight for ballot in cast)
    header = items[0] if items and items[0].DESCRIPTOR.name == "EncryptedTallyHeader" else None
    fits = header is not None and (header.cast_ballot_count, header.total_cast_weight) == (len(cast), weight)
    ledger.check("9.0", fits, f"there are {len(cast)} cast ballots of weight {weight}")
    indices = [contest.index for contest in known]
    whole = [getattr(item, "index", 0) for item in items[1:]] == indices
    whole = whole and [contest.index for contest in decrypted] == indices
    if not ledger.check("11.A", whole, "the contests of the tally are not those of the manifest"):
        ledger.skip("9.A", "10.B", "10.C")
        return
    for contest, published, opened in zip(known, items[1:], decrypted, strict=True):
        try:
            _verify_contest(ledger, record, contest, cast, published, opened)
        except (E2EVoteError, ValueError) as error:
            ledger.check("9.A", False, str(error), Place(contest=contest.id))
            ledger.skip("10.B", "10.C")


def _verify_contest(
    ledger: Ledger, record: Egrf, contest: Contest, cast: list[Ballot], published: Message, opened: Message
) -> None:
    place, labels = Place(contest=contest.id), contest.labels()
    counted = [
        (ballot.message.weight, inner) for ballot in cast for inner in ballot.contests if inner.index == contest.index
    ]
    stated = vector(published.fields)
    named = opened.label == contest.id and [field.label for field in opened.fields] == labels
    named = named and [field.index for field in opened.fields] == list(range(1, len(labels) + 1))
    if not ledger.check("11.A", named and len(stated) == len(labels), "fields or labels are others", place):
        ledger.skip("9.A", "10.B", "10.C")
        return
    weight = sum(weight for weight, _ in counted)
    fits = published.cast_weight in (0, weight)
    ledger.check("9.0", fits, f"the ballots with this contest weigh {weight}", place)
    one = Ciphertext(GROUP.element(1), GROUP.element(1))
    for ind_o, (total, entry) in enumerate(zip(stated, opened.fields, strict=True), 1):
        there = place.within(option=entry.label)
        weighted = (ciphertext(inner.fields[ind_o - 1]) ** GROUP.scalar(weight) for weight, inner in counted)
        same = reduce(lambda x, y: x * y, weighted, one) == total
        ledger.check("9.A", same, "the aggregate is not the product of the cast ballots", there)
        T, proof = element(entry.encoded_tally), EqualityProof(*scalars(entry.proof))
        M, K = total.beta / T, record.election.K
        a, b = proof.commitments(GROUP.g, K, total.alpha, M)
        challenge = equality.tally_challenge(record.election.h_e, contest.index, ind_o, total, a, b, M)
        right = proof.response.in_range() and challenge == proof.challenge
        ledger.check("10.B", right, "the proof of decryption does not hold", there)
        limit = max(contest.bound(ind_o - 1), 1) * weight
        right = entry.tally <= limit and K ** GROUP.scalar(entry.tally) == T
        ledger.check("10.C", right, "the count is not what was decrypted", there)
