"""Complaints about a ceremony: who lied is named, whoever complains."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from e2evote import hashed_elgamal
from e2evote.errors import CheckError, ParseError, VerificationError
from e2evote.group.elements import Group, SecretScalar
from e2evote.hashed_elgamal import ShareSeal
from e2evote.key_ceremony import EncryptedShare, generate_keys
from e2evote.messages.adjudication import Verdict, adjudicate
from e2evote.messages.complaints import (
    COMPLAINT,
    Absence,
    Complaint,
    Grounds,
    InvalidMessage,
    ShareOpening,
    TwoFaces,
    WrongConfirmation,
    WrongDecryption,
    WrongShare,
    open_share,
)
from e2evote.messages.envelope import NOTHING, open_message, parse_envelope, seen_hash, write
from e2evote.messages.evidence import CeremonyCase
from e2evote.messages.rounds import CONFIRMATION, PUBLIC_KEY, SHARE, Confirmation, collect
from e2evote.record.codec import dump, parse
from tests.deterministic import DeterministicRandomness
from tests.messages.guardians import Held
from tests.strategies import TOY_GROUP


def judged(held: Held, complainer: int, accused: int, grounds: Grounds) -> Verdict:
    complaint = Complaint(accused=accused, equation="eq. 24", grounds=grounds)
    data = write(held.exchange, COMPLAINT, held.machines[complainer].key, complainer, complaint)
    assert parse(Complaint, dump(complaint), "x", held.exchange.group) == complaint
    verdict = adjudicate(CeremonyCase(held.exchange, held.machines[1].ceremony), data)
    assert parse(Verdict, dump(verdict), "x") == verdict
    assert verdict.guardian == {"accused": accused, "complainer": complainer, "nobody": 0}[verdict.guilty]
    return verdict


def share_of(held: Held, sender: int, recipient: int, plain: bytes | None = None) -> EncryptedShare:
    """Encrypt anything as a share, with a proof that holds."""
    group, machine = held.exchange.group, held.machines[sender]
    kappa = held.opened_key(recipient).payload.communication_key
    if plain is None:
        plain = bytes(machine.secret.vote.at(recipient)) + bytes(machine.secret.data.at(recipient))
    seal, rng = ShareSeal(machine.ceremony.hashes.h_p, sender, recipient, kappa), DeterministicRandomness(plain.hex())
    ciphertext = hashed_elgamal.encrypt(seal, group.g, kappa, plain, rng.scalar(group), rng)
    return EncryptedShare(sender=sender, recipient=recipient, ciphertext=ciphertext)


def complain(
    held: Held,
    share: EncryptedShare,
    seen: bytes | None = None,
    keys: Sequence[bytes] | None = None,
    opening: ShareOpening | None = None,
) -> Verdict:
    """Let guardian 2 complain about a share that guardian 1 signed."""
    machine = held.machines[2]
    data = write(held.exchange, SHARE, held.machines[1].key, 1, share, 2, seen or held.seen)
    opening = opening or open_share(machine.ceremony, held.exchange, machine.secret, share, machine.rng)
    texts = tuple(key.decode() for key in keys or held.keys)
    grounds = WrongShare(kind="wrong share", public_keys=texts, share=data.decode(), opening=opening)
    return judged(held, 2, 1, grounds)


def test_wrong_share(held: Held) -> None:
    secret = held.machines[1].secret
    vote, data = bytes(secret.vote.at(2)), bytes(secret.data.at(2))
    for plain, why in (
        (bytes(held.machines[1].secret.vote.at(3)) + data, "eq. 28"),
        (vote + bytes(32), "eq. 29"),
        (b"\xff" * 32 + data, "eq. 28"),
    ):
        verdict = complain(held, share_of(held, 1, 2, plain))
        assert (verdict.guilty, verdict.guardian) == ("accused", 1)
        assert why in verdict.why


def test_shares_on_the_standard_parameters(held_standard: Held) -> None:
    assert complain(held_standard, share_of(held_standard, 1, 2, bytes(64))).guilty == "accused"
    assert complain(held_standard, share_of(held_standard, 1, 2)).guilty == "complainer"


def test_good_share(held: Held) -> None:
    verdict = complain(held, share_of(held, 1, 2))
    assert (verdict.guilty, verdict.guardian, verdict.why) == (
        "complainer", 2, "wrong share: what guardian 1 sent holds",
    )  # fmt: skip


def test_opening_with_another_key(held: Held) -> None:
    """Whoever claims another β than its own makes the good share of another look wrong; the proof tells."""
    share, machine = share_of(held, 1, 2), held.machines[2]
    honest = open_share(machine.ceremony, held.exchange, machine.secret, share, machine.rng)
    other = replace(machine.secret, zeta=machine.rng.scalar(TOY_GROUP))
    one = TOY_GROUP.scalar(1)
    for opening in (
        open_share(machine.ceremony, held.exchange, other, share, machine.rng),
        honest.model_copy(update={"beta": honest.beta * TOY_GROUP.g}),
        honest.model_copy(update={"beta": TOY_GROUP.element(0)}),
        honest.model_copy(update={"beta": TOY_GROUP.element(TOY_GROUP.p - honest.beta.value)}),
        honest.model_copy(update={"proof": replace(honest.proof, challenge=honest.proof.challenge + one)}),
        honest.model_copy(update={"proof": replace(honest.proof, response=honest.proof.response + one)}),
        honest.model_copy(
            update={
                "proof": replace(honest.proof, response=replace(one, value=honest.proof.response.value + TOY_GROUP.q))
            }
        ),
        honest.model_copy(
            update={
                "proof": replace(honest.proof, challenge=replace(one, value=honest.proof.challenge.value + TOY_GROUP.q))
            }
        ),
    ):
        assert complain(held, share, opening=opening).guilty == "complainer"


def test_opening_of_another_ceremony_or_share(held: Held) -> None:
    machine, share = held.machines[2], share_of(held, 1, 2, bytes(64))
    elsewhere = replace(held.exchange, context=bytes(32))
    assert complain(held, share, opening=open_share(machine.ceremony, elsewhere, machine.secret, share)).guilty == (
        "complainer"
    )
    another = share_of(held, 1, 2, b"\1" * 64)
    opening = open_share(machine.ceremony, held.exchange, machine.secret, another)
    assert complain(held, share, opening=opening).guilty == "complainer"


def test_what_is_not_opened(held: Held) -> None:
    """Whoever cannot prove that it knows ξ gets no power with ζ of its number."""
    machine, share = held.machines[2], share_of(held, 1, 2)
    with pytest.raises(CheckError, match="for guardian 2"):
        open_share(machine.ceremony, held.exchange, held.machines[3].secret, share)
    raw = replace(share.ciphertext, c_0=TOY_GROUP.g)
    with pytest.raises(VerificationError, match=r"eq\. 22"):
        open_share(machine.ceremony, held.exchange, machine.secret, share.model_copy(update={"ciphertext": raw}))


def test_share_made_for_other_keys(held: Held) -> None:
    """Guardian 2 showed guardian 1 another key, and now blames it for a share that fits that one: nobody is guilty."""
    machine = held.machines[2]
    _, other = generate_keys(machine.ceremony, 2, machine.invitation.names[1], machine.rng)
    shown = write(held.exchange, PUBLIC_KEY, machine.key, 2, other)
    keys = [held.keys[0], shown, held.keys[2]]
    seen = seen_hash(held.exchange, [parse_envelope(key, "x") for key in keys])
    verdict = complain(held, share_of(held, 1, 2, bytes(64)), seen)
    assert (verdict.guilty, verdict.guardian) == ("nobody", 0)
    assert "signed two" in verdict.why
    faces = TwoFaces(kind="two faces", first=shown.decode(), second=held.keys[1].decode())
    assert judged(held, 1, 2, faces).guilty == "accused"


def test_evidence_that_is_none(held: Held) -> None:
    share, foreign = share_of(held, 1, 2, bytes(64)), held.keys[0].replace(b"public key", b"reveals")
    for keys in (held.keys[:2], [*held.keys, held.keys[0]], [foreign, *held.keys[1:]], [b"x", *held.keys[1:]]):
        verdict = complain(held, share, keys=keys)
        assert (verdict.guilty, "evidence" in verdict.why) == ("complainer", True)
    theirs = held.share(1, 3).decode()
    texts = tuple(key.decode() for key in held.keys)
    machine = held.machines[2]
    opening = open_share(machine.ceremony, held.exchange, machine.secret, share)
    for evidence in (theirs, held.share(3, 2).decode(), held.keys[0].decode()):
        grounds = WrongShare(kind="wrong share", public_keys=texts, share=evidence, opening=opening)
        assert judged(held, 2, 1, grounds).guilty == "complainer"


def invalid(held: Held, accused: int, data: bytes, complainer: int = 3) -> Verdict:
    return judged(held, complainer, accused, InvalidMessage(kind="invalid message", message=data.decode()))


def resigned(held: Held, sender: int, data: bytes, **changes: object) -> bytes:
    """Sign anything in the place of a message, as a hostile guardian can."""
    envelope = parse_envelope(data, "x").model_copy(update=changes)
    return dump(envelope.model_copy(update={"signature": held.machines[sender].key.sign(envelope.signed_bytes())}))


def test_invalid_messages(held: Held) -> None:
    public = held.opened_key(1).payload
    proof = replace(public.vote_proof, challenge=public.data_proof.challenge)
    bad_key = write(held.exchange, PUBLIC_KEY, held.machines[1].key, 1, public.model_copy(update={"vote_proof": proof}))
    share = share_of(held, 1, 2)
    unproved = share.model_copy(update={"ciphertext": replace(share.ciphertext, c_1=bytes(64))})
    short = share.model_copy(update={"ciphertext": replace(share.ciphertext, c_1=bytes(32))})
    writing = (held.exchange, SHARE, held.machines[1].key, 1)
    other_index = held.opened_key(2).envelope.payload
    for data, why in (
        (bad_key, "2.C"),
        (write(*writing, unproved, 2, held.seen), "eq. 22"),
        (write(*writing, short, 2, held.seen), "64 bytes"),
        (resigned(held, 1, held.keys[0], payload="{}"), "public key"),
        (resigned(held, 1, held.keys[0], payload=other_index), "field i is 2"),
        (resigned(held, 1, held.keys[0], recipient=2), "for all"),
        (resigned(held, 1, held.keys[0], seen=held.seen), "does not say"),
        (resigned(held, 1, held.share(1, 2), seen=NOTHING), "must say"),
        (resigned(held, 1, held.share(1, 2), recipient=3), "field recipient"),
        (resigned(held, 1, held.confirmations[0], payload='{"h_g":""}'), "confirmation"),
    ):
        verdict = invalid(held, 1, data)
        assert (verdict.guilty, why in verdict.why) == ("accused", True), verdict.why
    for data in (held.keys[0], held.share(1, 2), held.confirmations[0]):
        assert invalid(held, 1, data).guilty == "complainer"


def test_forged_evidence(held: Held) -> None:
    """Nobody can be blamed with a message that it did not sign."""
    forged = resigned(held, 3, held.keys[0], payload="{}")
    assert invalid(held, 1, forged).guilty == "complainer"
    assert invalid(held, 1, resigned(held, 1, held.keys[0], payload="{}"), 2).guilty == "accused"
    elsewhere = resigned(held, 1, held.keys[0], payload="{}", context=bytes(32))
    assert invalid(held, 1, elsewhere).guilty == "complainer"
    assert invalid(held, 1, resigned(held, 1, held.keys[0], attempt=2)).guilty == "complainer"
    assert invalid(held, 2, resigned(held, 1, held.keys[0], payload="{}")).guilty == "complainer"
    assert invalid(held, 7, held.keys[0]).why == "guardian 7 does not take part"


def test_two_faces(held: Held) -> None:
    first, key = held.confirmations[0].decode(), held.machines[1].key
    other = write(held.exchange, CONFIRMATION, key, 1, Confirmation(h_g=bytes(32)), seen=held.seen).decode()

    def faces(a: str, b: str, accused: int = 1) -> str:
        return judged(held, 2, accused, TwoFaces(kind="two faces", first=a, second=b)).guilty

    assert faces(first, other) == faces(other, first) == "accused"
    assert faces(first, first) == "complainer"
    assert faces(first, held.keys[0].decode()) == "complainer"
    assert faces(held.share(1, 2).decode(), held.share(1, 3).decode()) == "complainer"
    assert faces(first, other, accused=3) == "complainer"
    assert faces(first, resigned(held, 2, held.confirmations[0], payload="{}").decode()) == "complainer"
    complaints = [
        write(
            held.exchange,
            COMPLAINT,
            key,
            1,
            Complaint(accused=i, equation="none", grounds=Absence(kind="absence", round="share", recipient=1)),
        ).decode()
        for i in (2, 3)
    ]
    assert faces(*complaints) == "complainer"


def test_wrong_confirmation(held: Held) -> None:
    texts, key = tuple(k.decode() for k in held.keys), held.machines[1].key

    def judge(h_g: bytes, seen: bytes) -> Verdict:
        data = write(held.exchange, CONFIRMATION, key, 1, Confirmation(h_g=h_g), seen=seen)
        grounds = WrongConfirmation(kind="wrong confirmation", public_keys=texts, confirmation=data.decode())
        return judged(held, 2, 1, grounds)

    right = collect(held.exchange, CONFIRMATION, held.confirmations, held.seen).payloads[0].h_g
    assert judge(bytes(32), held.seen).guilty == "accused"
    assert judge(right, held.seen).guilty == "complainer"
    assert judge(bytes(32), bytes([1]) * 32).guilty == "nobody"


class FirstScalar(DeterministicRandomness):
    """Hands out one given number first."""

    def __init__(self, first: SecretScalar) -> None:
        super().__init__("first")
        self.first: list[SecretScalar] = [first]

    def scalar(self, group: Group) -> SecretScalar:
        return self.first.pop() if self.first else super().scalar(group)


def test_confirmation_of_what_cannot_be(held: Held) -> None:
    """All three work together for K = 1, and guardian 1 confirms it."""
    others = [held.machines[i].secret.vote.coefficients[0] for i in (1, 2)]
    machine = held.machines[3]
    secret, name = TOY_GROUP.secret(0) - others[0] - others[1], machine.invitation.names[2]
    _, public = generate_keys(machine.ceremony, 3, name, FirstScalar(secret))
    keys = [*held.keys[:2], write(held.exchange, PUBLIC_KEY, machine.key, 3, public)]
    seen, confirmation = collect(held.exchange, PUBLIC_KEY, keys).seen, Confirmation(h_g=bytes(32))
    data = write(held.exchange, CONFIRMATION, held.machines[1].key, 1, confirmation, seen=seen).decode()
    texts = tuple(key.decode() for key in keys)
    verdict = judged(held, 2, 1, WrongConfirmation(kind="wrong confirmation", public_keys=texts, confirmation=data))
    assert (verdict.guilty, "a joint key is 1" in verdict.why) == ("accused", True)


def test_absence_and_foreign_grounds(held: Held) -> None:
    assert judged(held, 1, 2, Absence(kind="absence", round="share", recipient=1)).guilty == "nobody"
    grounds = WrongDecryption(kind="wrong decryption", statement=1, commitments=(), reveals=("x",))
    assert judged(held, 1, 2, grounds).guilty == "complainer"


def test_complaints_that_nobody_signed(held: Held) -> None:
    case = CeremonyCase(held.exchange, held.machines[1].ceremony)
    complaint = Complaint(accused=2, equation="x", grounds=Absence(kind="absence", round="share", recipient=0))
    data = write(held.exchange, COMPLAINT, held.machines[1].key, 1, complaint)
    assert open_message(held.exchange, COMPLAINT, data).payload == complaint
    with pytest.raises(VerificationError, match="guardian 3: the signature"):
        adjudicate(case, data.replace(b'"sender":1', b'"sender":3'))
    with pytest.raises(CheckError, match="not of round 'complaint'"):
        adjudicate(case, held.keys[0])
    with pytest.raises(ParseError):
        adjudicate(case, data[:-1])
    with pytest.raises(ParseError, match="guardian 1: complaint"):
        adjudicate(case, resigned(held, 1, data, payload="{}"))
