"""The hashes of our own, by hand: what a program of others would compute."""

import hmac
from dataclasses import replace
from types import SimpleNamespace

import pytest

from e2evote.decryption.statements import ballot_nonce_statement
from e2evote.errors import CheckError
from e2evote.hashing import OwnTag, Tag
from e2evote.messages.adjudication import Verdict
from e2evote.messages.complaints import ShareOpening, open_share
from e2evote.messages.decrypting import DecryptionList, DecryptionPlan, statements_hash
from e2evote.messages.envelope import Envelope, open_message, parse_envelope, seen_hash
from e2evote.messages.invitation import Invitation
from e2evote.messages.rounds import ROUNDS, SHARE
from e2evote.messages.schemas import MESSAGE_SCHEMAS
from e2evote.record.schemas import SCHEMAS
from tests.builders import BuiltRecord
from tests.messages.conftest import Decrypted
from tests.messages.guardians import NAMES, Held
from tests.strategies import TOY_GROUP


def H(key: bytes, *parts: bytes | int) -> bytes:  # noqa: N802
    message = b"".join(part if isinstance(part, bytes) else part.to_bytes(4, "big") for part in parts)
    return hmac.digest(key, message, "sha256")


def test_tags_are_not_those_of_the_specification() -> None:
    """The specification uses 00 to 44 (§5.5)."""
    assert len(set(OwnTag)) == len(OwnTag)
    assert all(0xE0 <= tag <= 0xFF and tag not in set(Tag) for tag in OwnTag)


def test_invitation_and_ceremony(held: Held) -> None:
    invitation = held.machines[1].invitation
    parts = [part for name in NAMES for part in (len(name.encode()), name.encode())]
    expected = H(invitation.ceremony(TOY_GROUP).hashes.h_b, b"\xe1", 1, 0, 3, *parts)
    assert invitation.hash(TOY_GROUP) == expected
    rehearsal = invitation.model_copy(update={"rehearsal": True})
    assert rehearsal.hash(TOY_GROUP) == H(rehearsal.ceremony(TOY_GROUP).hashes.h_b, b"\xe1", 1, 1, 3, *parts)
    keys = [held.machines[i].key.public for i in (1, 2, 3)]
    assert held.exchange.context == H(expected, b"\xe2", 3, *keys)


def test_seen(held: Held) -> None:
    envelopes = [parse_envelope(data, "x") for data in held.keys]
    context = held.exchange.context
    digests = [H(context, b"\xe5", envelope.signed_bytes()) for envelope in envelopes]
    assert seen_hash(held.exchange, envelopes[::-1]) == H(context, b"\xe6", 3, *digests)
    assert parse_envelope(held.shares[0], "x").seen == held.seen


def test_decryption(decrypted: Decrypted, held: Held) -> None:
    h_e, statements = decrypted.election.h_e, decrypted.statements
    hashes = [H(h_e, b"\xe4", 1, s.ind_c, s.ind_o, bytes(s.total.alpha), bytes(s.total.beta)) for s in statements]
    pinned = H(h_e, b"\xe4", 0, 3, *hashes)
    assert decrypted.plan.statements == pinned
    plan = (
        f'{{"format":"e2evote-decryption-plan","version":1,"h_e":"{h_e.hex().upper()}","attempt":1,'
        f'"begun":"2026-12-01T12:00:00Z","subject":"tallies","record":"{"0A" * 32}","pinned":"{"0B" * 32}",'
        f'"statements":"{pinned.hex().upper()}","codes":[],"overrides":[],"available":[1,3]}}'
    ).encode()
    assert decrypted.exchange.context == H(h_e, b"\xe3", held.exchange.context, len(plan), plan)


def test_statements_of_other_data(built: BuiltRecord) -> None:
    ballot = built.of_status("challenged")[0]
    nonce = ballot_nonce_statement(built.election, ballot, "challenged")
    data = replace(nonce, ind_c=1)
    hashes = []
    for ind_c, cipher in ((0, nonce.ciphertext), (1, nonce.ciphertext)):
        sealed = (bytes(cipher.c_0), len(cipher.c_1), cipher.c_1, bytes(cipher.c_2))
        hashes.append(H(ballot.h_i, b"\xe4", 2, ind_c, *sealed))
    h_e = built.election.h_e
    assert statements_hash(built.election, [nonce, data]) == H(h_e, b"\xe4", 0, 2, *hashes)
    with pytest.raises(CheckError, match="unknown kind"):
        statements_hash(built.election, [SimpleNamespace(name="x", base=TOY_GROUP.g)])


def test_every_payload_has_a_schema() -> None:
    kinds = set((SCHEMAS | MESSAGE_SCHEMAS).values())
    assert {round_.kind for round_ in ROUNDS.values()} | {
        Envelope,
        Invitation,
        DecryptionPlan,
        DecryptionList,
        Verdict,
    } <= kinds
    assert not SCHEMAS.keys() & MESSAGE_SCHEMAS.keys()


def test_share_opening(held: Held) -> None:
    machine = held.machines[2]
    share = open_message(held.exchange, SHARE, held.share(1, 2)).payload
    opening: ShareOpening = open_share(machine.ceremony, held.exchange, machine.secret, share, machine.rng)
    g, kappa, c, v = TOY_GROUP.g, TOY_GROUP.g**machine.secret.zeta, opening.proof.challenge, opening.proof.response
    cipher = share.ciphertext
    a, b = g**v * kappa**c, cipher.c_0**v * opening.beta**c
    elements = (bytes(kappa), bytes(cipher.c_0), cipher.c_1, bytes(cipher.c_2), bytes(opening.beta), bytes(a), bytes(b))
    head = (b"\xe0share_opening", held.exchange.context, 1, 2)
    hashed = H(machine.ceremony.hashes.h_p, *head, *elements)
    assert c == TOY_GROUP.scalar(int.from_bytes(hashed, "big"))
