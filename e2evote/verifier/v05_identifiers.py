"""Box 5: identifiers of ballots are unique and hashed correctly; and confirmation codes are unique.

Uniqueness needs memory for every ballot: 8 bytes an identifier, a hash under a key that is random for each run. What
looks double is then compared in full.
"""

import hashlib
from array import array
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from e2evote.hashing import selection_identifier_hash
from e2evote.record.layout import Record
from e2evote.record.pre_encrypted import PublishedBallot, parse_published
from e2evote.verifier.context import Context
from e2evote.verifier.report import Check, Ledger, Place

CHECKS = (
    Check("5.A", "no two ballots have the same id_B", "ballots"),
    Check("5.B", "H_I of every ballot is correct", "ballots"),
    Check("X.codes-unique", "no two ballots have the same confirmation code", "ballots"),
)


def verify_ballot(ledger: Ledger, context: Context, ballot: PublishedBallot, place: Place) -> None:
    """Check H_I.

    Spec: EG-2.1 §3.3.2, box 5
    """
    expected = selection_identifier_hash(context.h_e, ballot.id_b)
    ledger.check("5.B", ballot.h_i == expected, "H_I is not H(H_E; 20, id_B)", place)


def digest(key: bytes, value: bytes) -> int:
    """Return 8 bytes that stand for an identifier."""
    return int.from_bytes(hashlib.blake2b(value, digest_size=8, key=key).digest(), "big")


def verify_unique(
    ledger: Ledger, record: Record, context: Context, key: bytes, id_digests: "array[int]", code_digests: "array[int]"
) -> None:
    """Check that identifiers and codes are unique, from their digests; name the ballots that share one.

    Spec: EG-2.1 §3.3.2, box 5
    """
    for check_id, name, digests in (("5.A", "id_b", id_digests), ("X.codes-unique", "confirmation_code", code_digests)):
        ledger.counts[check_id] += len(digests)
        suspects = _doubles(digests)
        if not suspects:
            continue
        seen: dict[bytes, list[Place]] = defaultdict(list)
        for ballot in _ballots(record, context):
            value: bytes = getattr(ballot, name)
            if digest(key, value) in suspects:
                seen[value].append(Place(ballot.device, ballot.position, ballot.confirmation_code.hex().upper()))
        for places in seen.values():
            for place in places[1:]:
                first = f"ballot {places[0].position} of device {places[0].device}"
                ledger.check(check_id, False, f"the same {name} as {first}", place)


def _doubles(digests: "array[int]") -> set[int]:
    """Return the digests that occur twice, sorting a sixteenth at a time to need little memory."""
    doubles: set[int] = set()
    for part in range(16):
        ordered = sorted(x for x in digests if x & 15 == part)
        doubles.update(x for x, following in pairwise(ordered) if x == following)
        del ordered
    return doubles


def _ballots(record: Record, context: Context) -> Iterator[PublishedBallot]:
    for device in record.device_indices():
        opening = record.opening(device)
        for where, line in record.ballot_lines(device):
            yield parse_published(line, where, context.group, opening)
