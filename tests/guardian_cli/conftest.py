"""A guardian's vault on the toy election, with a key derivation that costs nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from e2evote.decryption.statements import Statement, tally_statements
from e2evote.key_ceremony import Ceremony, SecretGuardianKeys, generate_keys
from e2evote.record.setup import Election, GuardianPublicKey
from e2evote.secret_sharing import SecretKeyShares
from guardian_cli.keystore.journal import Session
from guardian_cli.keystore.passphrase import SecretPassphrase
from guardian_cli.keystore.sealed import Argon2
from guardian_cli.keystore.vault import Means, Owner, Vault, created
from tests.builders import BuiltRecord
from tests.deterministic import DeterministicRandomness
from tests.guardian_cli.program import Administrator, Guardians, Held, hold

WEAK = Argon2(memory_log2=5, iterations=1, lanes=1)
CHEAP = Means(argon2=WEAK)
PASSPHRASE = SecretPassphrase.of("path bonus bread super when magic")
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """The toy election as guardian 1 knows it, with the peers who decrypt beside it."""

    election: Election
    owner: Owner
    keys: SecretGuardianKeys
    public: GuardianPublicKey
    shares: dict[int, SecretKeyShares]
    statements: tuple[Statement, ...]
    available: tuple[int, ...]

    def session(self, id: bytes = bytes(32), begun: datetime = NOON, count: int | None = None) -> Session:
        return Session(id, begun, self.election, self.statements[:count], self.available)

    def confirmed(self, vault: Vault) -> Vault:
        """Take a vault through the ceremony."""
        vault.begin_ceremony(self.keys, self.public)
        vault.hold_shares(self.shares[1])
        vault.confirm(self.election.h_e)
        return vault


@pytest.fixture(scope="session")
def case(built: BuiltRecord) -> Case:
    election = built.election
    ceremony = Ceremony(election.group, election.n, election.k, election.hashes)
    keys, public = generate_keys(ceremony, 1, rng=DeterministicRandomness("guardian 1"))
    shares = {share.i: share for share in built.shares}
    return Case(
        election,
        Owner(election.group, election.hashes.h_b, 1),
        keys,
        public,
        shares,
        tuple(tally_statements(election, built.encrypted_tallies))[:3],
        tuple(range(1, election.k + 1)),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "guardian-1"


@pytest.fixture
def vault(case: Case, folder: Path) -> Iterator[Vault]:
    """An open vault whose ceremony has been confirmed."""
    with created(folder, case.owner, PASSPHRASE, CHEAP) as vault:
        yield case.confirmed(vault)


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    """Three guardians whose ceremony is over, any two decrypt, and a record up to its encrypted tallies. Read-only."""
    return hold(tmp_path_factory.mktemp("held"))


@pytest.fixture
def administrator(held: Held, tmp_path: Path) -> Administrator:
    """The same, to be changed."""
    return held.copied(tmp_path)


@pytest.fixture
def guardians(tmp_path: Path) -> Guardians:
    """Three guardians who have been invited."""
    guardians = Guardians(tmp_path / "guardians")
    guardians.invite()
    return guardians
