"""The key ceremony of the matrix, guardian by guardian, each acting on what the others sent."""

from dataclasses import dataclass, field

from e2evote.group.parameters import group_named
from e2evote.key_ceremony import (
    Ceremony,
    EncryptedShare,
    GuardianRecord,
    SecretGuardianKeys,
    confirm,
    encrypt_shares,
    generate_keys,
    publish,
    receive_shares,
)
from e2evote.record.setup import GuardianPublicKey
from e2evote.secret_sharing import SecretKeyShares
from tests.builders import TOY
from tests.matrix.plans import Plan


@dataclass(slots=True)
class Guardians:
    """Everybody's secrets, and what was sent."""

    ceremony: Ceremony
    secrets: dict[int, SecretGuardianKeys] = field(default_factory=dict)
    publics: dict[int, GuardianPublicKey] = field(default_factory=dict)
    sent: dict[int, tuple[EncryptedShare, ...]] = field(default_factory=dict)
    shares: dict[int, SecretKeyShares] = field(default_factory=dict)
    confirmed: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, plan: Plan) -> "Guardians":
        return cls(Ceremony.of(group_named(TOY), plan.n, plan.k, plan.manifest_bytes))

    @property
    def round(self) -> int:
        """The round under way, 1 to 5; 4, the administrator's, is over as soon as round 3 is."""
        done = (self.publics, self.sent, self.shares)
        return next((number for number, those in enumerate(done, 1) if len(those) < self.ceremony.n), 5)

    @property
    def waiting(self) -> list[int]:
        """Who has not acted in this round."""
        acted = (self.publics, self.sent, self.shares, (), self.confirmed)[self.round - 1]
        return [i for i in range(1, self.ceremony.n + 1) if i not in acted]

    @property
    def every_public(self) -> list[GuardianPublicKey]:
        return [self.publics[i] for i in sorted(self.publics)]

    @property
    def preliminary(self) -> GuardianRecord:
        """What the administrator publishes in round 4."""
        return publish(self.ceremony, self.every_public)

    def sent_to(self, i: int) -> list[EncryptedShare]:
        return [share for shares in self.sent.values() for share in shares if share.recipient == i]

    def act(self, i: int) -> None:
        """Let a guardian act in the round under way."""
        match self.round:
            case 1:
                self.secrets[i], self.publics[i] = generate_keys(self.ceremony, i)
            case 2:
                self.sent[i] = encrypt_shares(self.ceremony, self.secrets[i], self.every_public)
            case 3:
                self.shares[i] = receive_shares(self.ceremony, self.secrets[i], self.every_public, self.sent_to(i))
            case _:
                confirm(self.ceremony, self.secrets[i], self.shares[i], self.every_public, self.preliminary)
                self.confirmed.add(i)
