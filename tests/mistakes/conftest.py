"""Mistakes that implementers of such systems made, each a test of ours through a public entry point.

They are known from public audits, changelogs and source: of electionguard-cs (its own audit, since fixed there),
electionguard-core2, electionguard-python, electionguard-kotlin-multiplatform, electionguard-rust, Belenios, Helios,
Zeus and VoteSecure. A name says what went wrong there; the test shows that it does not here. What only a whole record
shows is tested with the record verifier.
"""

import pytest

from e2evote.key_ceremony import Ceremony, encrypt_shares, generate_keys
from tests.builders import manifest_bytes
from tests.deterministic import DeterministicRandomness
from tests.mistakes.helpers import Guardians
from tests.strategies import TOY_GROUP


@pytest.fixture
def guardians() -> Guardians:
    ceremony, rng = Ceremony.of(TOY_GROUP, 3, 2, manifest_bytes()), DeterministicRandomness("ceremony")
    pairs = [generate_keys(ceremony, i, rng=rng) for i in (1, 2, 3)]
    secrets, publics = [secret for secret, _ in pairs], [public for _, public in pairs]
    shares = [share for secret in secrets for share in encrypt_shares(ceremony, secret, publics, rng)]
    return Guardians(ceremony, secrets, publics, shares)
