"""A toy ceremony and a toy decryption held by bytes. Read-only."""

from dataclasses import dataclass

import pytest

from e2evote.decryption.rounds import combine
from e2evote.decryption.statements import Statement, tally_statements
from e2evote.encryption import encrypt_ballots
from e2evote.group.parameters import STANDARD
from e2evote.key_ceremony import GuardianRecord, publish
from e2evote.messages.decrypting import DecryptionPlan, decryption_exchange
from e2evote.messages.envelope import Exchange
from e2evote.messages.rounds import COMMITMENTS, PUBLIC_KEY, RESPONSES, REVEALS, collect
from e2evote.record.codec import dump
from e2evote.record.codes import open_device
from e2evote.record.manifest import parse_manifest
from e2evote.record.setup import Election
from e2evote.tally import accumulate
from tests.builders import patterned_ballots
from tests.deterministic import DeterministicRandomness
from tests.messages.guardians import Held, hold_by_mail, plan_for

U = (1, 3)


@dataclass
class Decrypted:
    """A decryption by guardians 1 and 3: every message of it."""

    election: Election
    record: GuardianRecord
    statements: tuple[Statement, ...]
    exchange: Exchange
    plan: DecryptionPlan
    commitments: list[bytes]
    reveals: list[bytes]
    responses: list[bytes]
    results: object


@pytest.fixture(scope="package")
def held() -> Held:
    return hold_by_mail()


@pytest.fixture(scope="package")
def held_standard() -> Held:
    """The same on the standard parameters."""
    return hold_by_mail(STANDARD)


@pytest.fixture(scope="package")
def decrypted(held: Held) -> Decrypted:
    return decrypt_by_mail(held)


def decrypt_by_mail(held: Held, attempt: int = 1) -> Decrypted:
    sent, group = held.machines[1].invitation, held.exchange.group
    manifest = parse_manifest(sent.manifest.encode())
    record = publish(sent.ceremony(group), collect(held.exchange, PUBLIC_KEY, held.keys).payloads)
    election = Election.of(group, 3, 2, manifest, sent.ceremony(group).hashes, record.keys, 4)
    votes = [ballot for ballot, _ in zip(patterned_ballots(), range(16), strict=False)]
    ballots = encrypt_ballots(election, open_device(election.h_e, 1, "Urn", 1), votes, rng=DeterministicRandomness(1))
    statements = tally_statements(election, accumulate(election, [ballot for ballot, _ in ballots]))[:3]
    plan = plan_for(election, statements, U, attempt=attempt)
    machines = [held.machines[i] for i in U]
    commitments = [m.commitments(election, statements, dump(plan)) for m in machines]
    reveals = [m.reveals(commitments) for m in machines]
    responses = [m.responses(election, reveals[::-1]) for m in machines]
    exchange = decryption_exchange(held.exchange, election, statements, plan)
    first = collect(exchange, COMMITMENTS, commitments)
    second = collect(exchange, REVEALS, reveals, first.seen)
    third = collect(exchange, RESPONSES, responses, second.seen)
    results = combine(election, record.guardians, statements, first.payloads, second.payloads, third.payloads)
    return Decrypted(election, record, statements, exchange, plan, commitments, reveals, responses, results)
