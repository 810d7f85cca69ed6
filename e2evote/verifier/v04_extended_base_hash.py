"""Box 4: the extended base hash."""

from e2evote.hashing import extended_base_hash
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.record.setup import ExtendedHashes, JointKeys
from e2evote.verifier.context import Setup
from e2evote.verifier.report import Check, Ledger

CHECKS = (Check("4.A", "H_E is correct", "keys"),)


def verify(ledger: Ledger, record: Record, setup: Setup, keys: JointKeys) -> bytes:
    """Run the box and return H_E as recomputed.

    Raises:
        ParseError: the file cannot be parsed.

    Spec: EG-2.1 §3.2.3, box 4
    """
    published = record.object(ExtendedHashes, layout.EXTENDED_HASHES)
    h_e = extended_base_hash(setup.h_b, keys.vote_encryption_key, keys.data_encryption_key)
    ledger.check("4.A", published.h_e == h_e, "H_E is not H(H_B; 14, K, K̂)")
    ledger.complete(CHECKS)
    return h_e
