"""The named defects of tests/mutations, put into elections that they were not written for."""

from pathlib import Path

from e2evote.errors import CheckError, ParseError
from tests.builders import TOY, reindex
from tests.conformance.cases import registered
from tests.matrix.forging import MatrixForger
from tests.matrix.judging import failed, found_by_oracle, verified
from tests.matrix.refusals import DoesNotApplyError
from tests.matrix.world import World
from tests.mutations import Mutation
from tests.oracle import OracleParseError

NAMED = tuple(mutation for mutation in registered() if mutation.allow == (TOY,))
"""Those that are not about the parameter set."""

NOT_FOUND = (LookupError, StopIteration, ValueError, OSError, TypeError, AttributeError, CheckError, DoesNotApplyError)
"""What a defect meets that looks for a contest, device, file or number which this election has not."""

EXACT: frozenset[str] = frozenset(
    """
    file-changed-after-publication file-not-in-the-index file-of-the-format-not-in-the-index
    size-of-a-file-in-the-index version-2-0-0 q-plus-2 h-p-wrong h-b-wrong r-plus-1 q-too-wide p-of-no-known-set
    guardian-response-plus-1 guardian-data-response-plus-1 guardian-challenge-plus-1 guardian-response-plus-q
    guardian-data-response-plus-q guardian-response-too-many guardian-response-missing guardian-calls-itself-1
    joint-vote-key-of-somebody-else joint-data-key-of-somebody-else repeated-id h-i-of-another-election
    option-response-plus-1 option-challenge-plus-1 limit-response-plus-1 spoiled-ballot-with-wrong-proof
    empty-proof response-missing option-index-from-0 challenge-hashed-in-another-order alpha-minus beta-minus
    two-options-minus beta-0 beta-p alpha-with-another-part beta-with-two-other-parts
    parts-of-two-options-cancel closing-counts-one-less device-calls-itself-3 status-extra status-doubled
    status-of-another-code code-wrong device-hash-wrong device-hash-wrong-without-chaining device-open
    device-open-without-chain statuses-changed-after-the-count style-of-a-challenged-ballot-does-not-exist
    nonce-proof-wrong nonce-ciphertext-changed nonce-proof-challenge-plus-q nonce-ciphertext-too-long
    nonce-c-0-minus nonce-c-0-zero nonce-of-31-bytes data-proof-wrong data-of-half-a-block
    cast-ballot-not-counted cell-label-wrong cell-ballots-wrong encrypted-cell-doubled encrypted-cell-missing
    encrypted-contest-missing encrypted-option-too-many tally-response-plus-q tally-response-plus-1
    tally-challenge-plus-1 tally-t-0 contest-label-wrong option-label-wrong tally-option-missing
    tally-option-doubled tally-contest-doubled tally-contest-that-does-not-exist tally-cell-missing
    tally-cell-doubled tally-cell-label-wrong tally-with-the-proof-of-another tallies-of-two-options-swapped
    tally-decrypted-with-a-share-off-by-one tally-with-a-response-off-by-one tally-minus
    contest-known-to-both-tallies-only option-known-to-both-tallies-only data-response-plus-q
    data-response-plus-1 data-changed data-cut data-of-another-code data-of-no-position data-of-no-device
    data-doubled data-out-of-order data-with-the-factor-of-another opened-data-changed opened-data-nonce-plus-q
    opened-selection-changed opened-nonce-changed opened-nonce-plus-q opened-code-changed opened-data-missing
    opened-twice opened-of-no-device opened-contest-label-wrong opened-contest-missing opened-contest-twice
    opened-option-label-wrong opened-option-twice opened-options-under-each-others-names
    opened-data-encrypted-with-counter-from-0 cast-ballot-opened spoiled-ballot-opened another-ballot-opened
    mail-selection-hashes-not-sorted mail-chaining-field-wrong-without-chaining mail-recorded-short-code-wrong
    mail-opened-short-code-wrong mail-opened-null-code-wrong mail-opened-nonce-changed mail-opened-nonce-plus-q
    mail-opened-contest-label-wrong mail-opened-contest-missing mail-opened-option-label-wrong
    mail-opened-option-missing mail-opened-code-changed mail-opened-twice mail-recorded-of-no-device
    mail-recorded-twice mail-opened-options-under-each-others-names
    """.split()  # noqa: SIM905
)
"""Those that mean the same wherever they find a place; what the others do depends on the election."""


def check_named(world: World, mutation: Mutation, root: Path, exact: bool) -> bool:
    """Hold verifier and oracle to one verdict, and if asked to the expected checks; tell whether there was a place."""
    forger = MatrixForger.take_over(root, world, 1)
    try:
        mutation.apply(forger)
    except NOT_FOUND:
        return False
    if mutation.indexed:
        reindex(root)
    try:
        mine = failed(verified(root))
    except ParseError:
        mine = None
    try:
        other = found_by_oracle(root)
    except OracleParseError:
        other = None
    assert (mine == set()) == (other == set()), (mutation.name, mine, other)
    if exact:
        assert mine is not None
        assert mutation.must <= mine <= mutation.must | mutation.may
        if other is not None or not mutation.unreadable:
            assert other is not None
            assert mutation.must - mutation.oracle_lacks <= other
            assert other <= mutation.must | mutation.may | mutation.oracle_adds
    return True
