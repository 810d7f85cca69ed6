"""The key check: whoever has the shares of the secret keys can show it, and nobody else."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.errors import CheckError, ParseError, VerificationError
from e2evote.group.elements import Scalar
from e2evote.messages.adjudication import adjudicate
from e2evote.messages.complaints import COMPLAINT, Complaint, TwoFaces
from e2evote.messages.envelope import Exchange, open_message, write
from e2evote.messages.evidence import CeremonyCase
from e2evote.messages.key_check import KEY_CHECK, KeyCheck, prove_possession, public_shares, verify_possession
from e2evote.messages.rounds import collect
from e2evote.messages.transcript import sort_out
from e2evote.record.setup import Election, GuardianPublicKey
from e2evote.secret_sharing import SecretKeyShares
from tests.deterministic import DeterministicRandomness
from tests.messages.conftest import Decrypted
from tests.messages.guardians import Held
from tests.strategies import TOY_GROUP

NOON = "2027-01-01T12:00:00Z"


@dataclass(frozen=True)
class Checked:
    """What everybody knows of an election, and every guardian's secret."""

    exchange: Exchange
    election: Election
    guardians: tuple[GuardianPublicKey, ...]
    shares: Mapping[int, SecretKeyShares]

    def prove(self, i: int, at: str = NOON, seed: object = 0) -> KeyCheck:
        rng = DeterministicRandomness(f"check {seed}")
        return prove_possession(self.exchange, self.election, self.guardians, self.shares[i], at, rng)

    def verify(self, check: KeyCheck) -> None:
        verify_possession(self.exchange, self.election, self.guardians, check)


@pytest.fixture(scope="module")
def known(held: Held, decrypted: Decrypted) -> Checked:
    shares = {i: machine.shares for i, machine in held.machines.items()}
    return Checked(held.exchange, decrypted.election, decrypted.record.guardians, shares)


@given(i=st.sampled_from([1, 2, 3]), seed=st.integers())
def test_it_holds(known: Checked, held: Held, i: int, seed: int) -> None:
    data = write(known.exchange, KEY_CHECK, held.machines[i].key, i, known.prove(i, seed=seed))
    opened = open_message(known.exchange, KEY_CHECK, data).payload
    assert (opened.i, opened.at) == (i, NOON)
    known.verify(opened)


def test_public_shares(known: Checked) -> None:
    """g^(z_i) and g^(ẑ_i) of the secrets, in whatever order guardians are given."""
    g = TOY_GROUP.g
    for i, shares in known.shares.items():
        expected = (g**shares.z, g**shares.z_hat)
        assert public_shares(known.guardians, i) == public_shares(known.guardians[::-1], i) == expected


def test_challenge_by_hand(known: Checked) -> None:
    """The message: E8 ‖ label ‖ ceremony ‖ i ‖ at ‖ g^(z_i) ‖ g^(ẑ_i) ‖ h_0 ‖ h_1, under H_E."""
    check, shares, g = known.prove(2), known.shares[2], TOY_GROUP.g
    c, (v_0, v_1) = check.proof.challenge, check.proof.responses
    publics = (g**shares.z, g**shares.z_hat)
    h = (g**v_0 * publics[0] ** c, g**v_1 * publics[1] ** c)
    head = b"\xe8" + b"key_check" + known.exchange.context + b"\0\0\0\2" + NOON.encode()
    assert len(head) == 66
    digest = hmac.digest(known.election.h_e, head + b"".join(map(bytes, publics + h)), "sha256")
    assert c == TOY_GROUP.scalar(int.from_bytes(digest, "big"))


def test_it_is_one_guardians_at_one_time_in_one_election(known: Checked) -> None:
    check = known.prove(1)
    others = [
        (known, check.model_copy(update={"i": 2})),
        (known, check.model_copy(update={"at": "2027-01-01T12:00:01Z"})),
        (known, check.model_copy(update={"proof": known.prove(2).proof})),
        (replace(known, exchange=replace(known.exchange, context=bytes(32))), check),
        (replace(known, election=replace(known.election, h_e=bytes(32))), check),
        (replace(known, guardians=known.guardians[:2]), check),
    ]
    for where, found in others:
        with pytest.raises(VerificationError, match="has not shown that it has its key"):
            where.verify(found)
    for i in (4, 2**31 - 1):
        with pytest.raises(CheckError, match=f"guardian {i}: there is no such guardian"):
            known.verify(check.model_copy(update={"i": i}))


def outside(value: Scalar) -> Scalar:
    """Return the same number mod q, written another way."""
    return replace(value, value=value.value + TOY_GROUP.q)


def test_values_outside_z_q(known: Checked) -> None:
    check = known.prove(1)
    c, (v_0, v_1) = check.proof.challenge, check.proof.responses
    for proof in (
        replace(check.proof, challenge=outside(c)),
        replace(check.proof, responses=(outside(v_0), v_1)),
        replace(check.proof, responses=(v_0, outside(v_1))),
    ):
        with pytest.raises(VerificationError, match="two responses in Z_q"):
            known.verify(check.model_copy(update={"proof": proof}))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_wrong_number_of_responses(known: Checked, count: int) -> None:
    check = known.prove(1)
    proof = replace(check.proof, responses=(check.proof.responses * 2)[:count])
    with pytest.raises(VerificationError, match="two responses"):
        known.verify(check.model_copy(update={"proof": proof}))


@given(which=st.sampled_from(["challenge", 0, 1]), change=st.integers(1, int(TOY_GROUP.q) - 1))
def test_every_changed_number_is_refused(known: Checked, which: str | int, change: int) -> None:
    check, delta = known.prove(3), TOY_GROUP.scalar(change)
    responses = [v + delta if which == number else v for number, v in enumerate(check.proof.responses)]
    challenge = check.proof.challenge + delta if which == "challenge" else check.proof.challenge
    proof = replace(check.proof, challenge=challenge, responses=tuple(responses))
    with pytest.raises(VerificationError, match="has not shown"):
        known.verify(check.model_copy(update={"proof": proof}))


def test_a_damaged_secret_is_found_before_anything_is_said(known: Checked) -> None:
    own, other, one = known.shares[1], known.shares[2], TOY_GROUP.secret(1)
    for wrong in (
        replace(own, z=own.z + one),
        replace(own, z_hat=own.z_hat + one),
        replace(own, z=own.z_hat, z_hat=own.z),
        replace(other, i=1),
    ):
        with pytest.raises(VerificationError, match="guardian 1: the secret does not belong to the published keys"):
            replace(known, shares={1: wrong}).prove(1)


def test_times_are_times(known: Checked, held: Held) -> None:
    for at in ("2027-13-01T12:00:00Z", "2027-01-01 12:00:00Z"):
        with pytest.raises(ValueError, match="at"):
            known.prove(1, at)
    data = write(known.exchange, KEY_CHECK, held.machines[1].key, 1, known.prove(1))
    with pytest.raises(ParseError):
        open_message(known.exchange, KEY_CHECK, data[:-1])


def test_for_another_guardian(known: Checked, held: Held) -> None:
    with pytest.raises(CheckError, match="field i is 2, not 1"):
        write(known.exchange, KEY_CHECK, held.machines[1].key, 1, known.prove(2))


def test_two_are_not_two_faces(known: Checked, held: Held) -> None:
    key = held.machines[1].key
    checks = [known.prove(1, at, at) for at in (NOON, "2027-06-01T12:00:00Z")]
    first, second = (write(known.exchange, KEY_CHECK, key, 1, check) for check in checks)
    for check in checks:
        known.verify(check)
    found, foreign = sort_out([known.exchange], [("1", first), ("2", second)])
    assert (found, foreign) == ({known.exchange.context: [first, second]}, [])
    grounds = TwoFaces(kind="two faces", first=first.decode(), second=second.decode())
    complaint = Complaint(accused=1, equation="two different messages", grounds=grounds)
    data = write(known.exchange, COMPLAINT, held.machines[2].key, 2, complaint)
    verdict = adjudicate(CeremonyCase(known.exchange, held.machines[1].ceremony), data)
    assert (verdict.guilty, verdict.guardian) == ("complainer", 2)
    assert "more than one message of round 'key check'" in verdict.why


def test_what_was_kept_of_another_round_is_not_taken_for_it(known: Checked, held: Held) -> None:
    found = collect(known.exchange, KEY_CHECK, held.confirmations)
    assert len(found.refused) == 3
    assert found.messages == ()
