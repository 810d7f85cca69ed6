"""What a manifest of this library demands of a record in EGRF, beyond what EGRF itself does."""

from collections import Counter

from e2evote.interop.egrf.ballots import Ballot
from e2evote.interop.egrf.own_manifest import MEDIA_TYPE
from e2evote.interop.egrf.setup import Egrf
from e2evote.interop.family import Judgement
from e2evote.verifier.report import Place

_RULES = "X.manifest-rules"


def verify_rules(judgement: Judgement, record: Egrf, ballots: list[Ballot]) -> None:
    """Check what this library's manifest demands and EGRF does not know; nothing for a manifest of EGRF."""
    (file,), manifest = record.items.of(3), record.manifests.own
    if file.media_type != MEDIA_TYPE:
        return
    for ballot in (ballot for ballot in ballots if ballot.cast):
        fits = ballot.message.weight <= manifest.maximum_weight
        judgement.ledger.check(_RULES, fits, f"the weight is above {manifest.maximum_weight}", ballot.place)
    counts = Counter(contest.index for ballot in ballots if ballot.cast for contest in ballot.contests)
    for index, contest in enumerate(manifest.contests, 1):
        enough = counts[index] >= manifest.minimum_cell_ballots
        message = f"decrypted with {counts[index]} ballots; the manifest asks for {manifest.minimum_cell_ballots}"
        judgement.ledger.check(_RULES, enough, message, Place(contest=contest.label))
    allowed = manifest.cast_contest_data_may_be_decrypted or not record.items.of(771)
    judgement.ledger.check(_RULES, allowed, "contest data is decrypted, which the manifest keeps closed")
