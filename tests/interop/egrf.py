"""Values and keys of a record in the JSON lines of EGRF v2 in this library's types, for tests of its own verifier."""

import base64
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from e2evote import key_ceremony
from e2evote.elgamal import Ciphertext
from e2evote.errors import E2EVoteError
from e2evote.group.elements import Element, Scalar
from e2evote.group.parameters import STANDARD
from e2evote.hashed_elgamal import HashedCiphertext
from e2evote.key_ceremony import Ceremony
from e2evote.record.manifest import parse_manifest
from e2evote.record.setup import Election, GuardianPublicKey, Hashes, JointKeys
from e2evote.zkp.range import RangeProof
from e2evote.zkp.schnorr import AggregatedSchnorrProof, SchnorrProof

GROUP, N, K = STANDARD, 3, 2
"""Parameters and n, k: the files setup/header and setup/parameters are not among those published."""

Message = dict[str, Any]

PLACEHOLDER = (
    b'{"label":"egrf","maximum_weight":2,"contests":[{"label":"contest-1","contest_data_blocks":2,'
    b'"options":[{"label":"choice-1"},{"label":"choice-2"}]}],"ballot_styles":[{"label":"s","contests":[1]}]}'
)
"""A manifest of our format of the same shape; hashes are taken from the foreign one."""


@dataclass(frozen=True)
class Egrf:
    """The messages of a record, by kind; a test may change them in a copy."""

    manifest: bytes
    h_b: bytes
    guardians: list[Message]
    keys: Message
    devices: list[list[Message]]
    encrypted_tally: list[Message]
    tally: list[Message]
    challenged: list[Message]
    contest_data: list[Message]


@dataclass
class Checks:
    """How often each check ran, and which failed."""

    ran: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    def check(self, name: str, holds: bool) -> None:
        self.ran[name] += 1
        if not holds:
            self.failed[name] += 1

    def verify(self, name: str, function: Callable[[], object]) -> None:
        try:
            function()
        except E2EVoteError:
            self.check(name, False)
        else:
            self.check(name, True)


def data(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def elements(text: str) -> tuple[Element, ...]:
    raw = data(text)
    return tuple(GROUP.element(int.from_bytes(raw[i : i + 512], "big")) for i in range(0, len(raw), 512))


def element(text: str) -> Element:
    (found,) = elements(text)
    return found


def scalars(text: str) -> tuple[Scalar, ...]:
    """Return the numbers as they are, in Z_q or not."""
    raw = data(text)
    values = (int.from_bytes(raw[i : i + 32], "big") for i in range(0, len(raw), 32))
    return tuple(Scalar(GROUP.scalar(0).value + value, GROUP) for value in values)


def ranges(text: str) -> RangeProof:
    numbers = scalars(text)
    return RangeProof(numbers[::2], numbers[1::2])


def sealed(message: Message) -> HashedCiphertext:
    return HashedCiphertext(element(message["c0"]), data(message["c1"]), SchnorrProof(*scalars(message["c2"])))


def ciphertext(message: Message) -> Ciphertext:
    return Ciphertext(element(message["alpha"]), element(message["beta"]))


def election_of(record: Egrf) -> Election:
    """Return the election as the record states it."""
    keys = JointKeys(vote_encryption_key=element(record.keys["k"]), data_encryption_key=element(record.keys["kHat"]))
    h_p = Hashes.of(GROUP, N, K, record.manifest).h_p
    return Election.of(GROUP, N, K, parse_manifest(PLACEHOLDER), Hashes(h_p=h_p, h_b=record.h_b), keys)


def setup(record: Egrf, checks: Checks) -> None:
    """Boxes 1 to 4: H_B, guardians and their proofs, K, K̂, H_E."""
    ceremony = Ceremony.of(GROUP, N, K, record.manifest)
    checks.check("1.F", ceremony.hashes.h_b == record.h_b)
    publics = []
    for message in (line["guardianPublicKey"] for line in record.guardians):
        (vote_challenge, *vote), (data_challenge, *other) = scalars(message["voteProof"]), scalars(message["dataProof"])
        public = GuardianPublicKey(
            i=message["index"],
            name="-",
            vote_commitments=elements(message["voteCommitments"]),
            data_commitments=elements(message["dataCommitments"]),
            communication_key=element(message["kappa"]),
            vote_proof=AggregatedSchnorrProof(vote_challenge, tuple(vote)),
            data_proof=AggregatedSchnorrProof(data_challenge, tuple(other)),
        )
        checks.verify("2", partial(key_ceremony.verify_public_key, ceremony, public))
        publics.append(public)
    checks.verify("guardians 1 to n", partial(key_ceremony.check_all_guardians, ceremony, publics))
    if not checks.failed:
        joint = key_ceremony.publish(ceremony, publics).keys
        checks.check("3.A", joint.vote_encryption_key == element(record.keys["k"]))
        checks.check("3.B", joint.data_encryption_key == element(record.keys["kHat"]))
    checks.check("4.A", election_of(record).h_e == data(record.keys["hE"]))
