"""Guardians and administrators who misbehave in the key ceremony."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from e2evote import hashed_elgamal
from e2evote.encoding import b
from e2evote.errors import CheckError, VerificationError
from e2evote.group.elements import Scalar
from e2evote.group.randomness import SYSTEM
from e2evote.hashed_elgamal import ShareSeal
from e2evote.key_ceremony import (
    Ceremony,
    EncryptedShare,
    confirm,
    encrypt_shares,
    generate_keys,
    publish,
    receive_shares,
)
from e2evote.record.setup import GuardianPublicKey, JointKeys
from tests.matrix.refusals import Call, any_of, need, refused
from tests.matrix.world import World

PUBLIC_KEYS, SHARES, CONFIRMATION = 2, 3, 5
"""The rounds in which others' public keys, shares, and the preliminary record are looked at."""


def _two(world: World) -> tuple[int, int]:
    """Return an honest guardian and one who is not."""
    need(world.plan.n > 1)
    honest, liar = world.rng.sample(range(1, world.plan.n + 1), 2)
    return honest, liar


@refused("ceremony", CheckError, "quorum must lie between 1 and")
def _quorum_that_is_impossible(w: World) -> Call:
    ceremony = w.guardians.ceremony
    return lambda: replace(ceremony, k=w.rng.choice((0, ceremony.n + 1)))


@refused("ceremony", CheckError, "is not between 1 and")
def _guardian_nobody_invited(w: World) -> Call:
    return lambda: generate_keys(w.guardians.ceremony, w.rng.choice((0, w.plan.n + 1)))


# ------------------------------------------------------------------------------------------- public keys


def _given(w: World, i: int, publics: Sequence[GuardianPublicKey]) -> Call:
    """Hand public keys to a guardian: in round 2 or, for who has missed it there, in round 3."""
    ceremony, secret = w.guardians.ceremony, w.guardians.secrets[i]
    if w.guardians.round == PUBLIC_KEYS:
        return lambda: encrypt_shares(ceremony, secret, publics)
    return lambda: receive_shares(ceremony, secret, publics, w.guardians.sent_to(i))


def _public_keys(w: World, change: Callable[[GuardianPublicKey], GuardianPublicKey]) -> Call:
    """Let somebody publish another key than an honest one."""
    need(w.guardians.round in (PUBLIC_KEYS, SHARES))
    honest, liar = _two(w)
    return _given(w, honest, [change(p) if p.i == liar else p for p in w.guardians.every_public])


@refused("ceremony", VerificationError, r"guardian \d: the challenge of pk_(vote|data) does not match \(2\.C\)")
def _response_that_is_wrong(w: World) -> Call:
    name = w.rng.choice(("vote_proof", "data_proof"))

    def change(public: GuardianPublicKey) -> GuardianPublicKey:
        proof = getattr(public, name)
        place = w.rng.randrange(len(proof.responses))
        responses = [v + Scalar(1, v.group) if j == place else v for j, v in enumerate(proof.responses)]
        return public.model_copy(update={name: replace(proof, responses=tuple(responses))})

    return _public_keys(w, change)


@refused("ceremony", VerificationError, r"the challenge of pk_(vote|data) does not match")
def _commitment_that_is_another(w: World) -> Call:
    return _commitments(w, lambda K, group: K * group.g)


@refused("ceremony", VerificationError, r"a commitment of pk_(vote|data) is not a member of the group \(2\.A\)")
def _commitment_outside_the_group(w: World) -> Call:
    return _commitments(w, lambda K, group: group.element(group.p - K.value))


def _commitments(w: World, forge: Callable[[Any, Any], Any]) -> Call:
    name = w.rng.choice(("vote_commitments", "data_commitments"))

    def change(public: GuardianPublicKey) -> GuardianPublicKey:
        published = list(getattr(public, name))
        place = w.rng.randrange(len(published))
        published[place] = forge(published[place], w.guardians.ceremony.group)
        return public.model_copy(update={name: tuple(published)})

    return _public_keys(w, change)


@refused("ceremony", VerificationError, r"needs exactly \d commitments")
def _threshold_that_is_raised(w: World) -> Call:
    ceremony = w.guardians.ceremony
    need(ceremony.k < ceremony.n)
    return _public_keys(w, lambda public: generate_keys(replace(ceremony, k=ceremony.k + 1), public.i)[1])


@refused("ceremony", VerificationError, "the challenge of pk_vote does not match")
def _key_of_another_under_an_own_index(w: World) -> Call:
    others = w.guardians.publics
    need(w.plan.n > 1)
    return _public_keys(w, lambda public: others[public.i % w.plan.n + 1].model_copy(update={"i": public.i}))


@refused("ceremony", VerificationError, "is not its own")
def _key_put_under_the_index_of_another(w: World) -> Call:
    need(w.guardians.round in (PUBLIC_KEYS, SHARES))
    i = any_of(w, range(1, w.plan.n + 1))
    _, other = generate_keys(w.guardians.ceremony, i)
    return _given(w, i, [other if public.i == i else public for public in w.guardians.every_public])


@refused("ceremony", CheckError, "exactly one public key of each guardian")
def _key_that_is_missing_or_doubled(w: World) -> Call:
    need(w.guardians.round in (PUBLIC_KEYS, SHARES))
    honest, _ = _two(w)
    publics = w.guardians.every_public
    return _given(w, honest, w.rng.choice((publics[1:], publics[:-1], [*publics, publics[0]])))


# ------------------------------------------------------------------------------------------- shares


def _sealed(w: World, sender: int, recipient: int, plain: bytes) -> EncryptedShare:
    """Encrypt anything as a share."""
    ceremony = w.guardians.ceremony
    kappa = w.guardians.publics[recipient].communication_key
    seal, xi = ShareSeal(ceremony.hashes.h_p, sender, recipient, kappa), SYSTEM.scalar(ceremony.group)
    sealed = hashed_elgamal.encrypt(seal, ceremony.group.g, kappa, plain, xi, SYSTEM)
    return EncryptedShare(sender=sender, recipient=recipient, ciphertext=sealed)


def _shares(w: World, change: Callable[[EncryptedShare], EncryptedShare]) -> Call:
    """Let somebody send another share than an honest one."""
    need(w.guardians.round == SHARES)
    honest, liar = _two(w)
    shares = [change(share) if share.sender == liar else share for share in w.guardians.sent_to(honest)]
    return _received(w, honest, shares)


def _received(w: World, i: int, shares: Sequence[EncryptedShare]) -> Call:
    guardians = w.guardians
    return lambda: receive_shares(guardians.ceremony, guardians.secrets[i], guardians.every_public, shares)


def _plain(w: World, share: EncryptedShare, vote: int, data: int) -> EncryptedShare:
    """Encrypt the sender's two shares with something added to each."""
    secret = w.guardians.secrets[share.sender]
    halves = ((secret.vote, vote), (secret.data, data))
    plain = (int(polynomial.at(share.recipient).reveal().value) + more for polynomial, more in halves)
    return _sealed(w, share.sender, share.recipient, b"".join(b(half, 32) for half in plain))


@refused(
    "ceremony", VerificationError, r"guardian \d: the share for guardian \d does not fit the commitments \(eq. 28\)"
)
def _share_of_the_vote_key_that_is_wrong(w: World) -> Call:
    return _shares(w, lambda share: _plain(w, share, 1, 0))


@refused("ceremony", VerificationError, r"does not fit the commitments \(eq. 29\)")
def _share_of_the_data_key_that_is_wrong(w: World) -> Call:
    return _shares(w, lambda share: _plain(w, share, 0, 1))


@refused("ceremony", VerificationError, r"does not fit the commitments \(eq. 2[89]\)")
def _share_plus_q(w: World) -> Call:
    q = int(w.guardians.ceremony.group.q)
    added = w.rng.choice(((q, 0), (0, q)))
    return _shares(w, lambda share: _plain(w, share, *added))


@refused("ceremony", VerificationError, "is not 64 bytes long")
def _share_that_is_too_long(w: World) -> Call:
    def change(share: EncryptedShare) -> EncryptedShare:
        return share.model_copy(update={"ciphertext": replace(share.ciphertext, c_1=share.ciphertext.c_1 + bytes(32))})

    return _shares(w, change)


@refused("ceremony", VerificationError, r"proof does not hold \(eq. 22\)")
def _share_with_a_wrong_proof(w: World) -> Call:
    def change(share: EncryptedShare) -> EncryptedShare:
        sealed = share.ciphertext
        proof = replace(sealed.c_2, response=sealed.c_2.response + Scalar(1, sealed.c_0.group))
        return share.model_copy(update={"ciphertext": replace(sealed, c_2=proof)})

    return _shares(w, change)


@refused("ceremony", VerificationError, r"proof does not hold \(eq. 22\)")
def _share_copied_from_another_sender(w: World) -> Call:
    need(w.plan.n > 2)
    honest, liar = _two(w)
    need(w.guardians.round == SHARES)
    shares = {share.sender: share for share in w.guardians.sent_to(honest)}
    other = any_of(w, shares.keys() - {liar})
    shares[liar] = shares[other].model_copy(update={"sender": liar})
    return _received(w, honest, list(shares.values()))


@refused("ceremony", CheckError, "a share for another guardian was handed in")
def _share_for_somebody_else(w: World) -> Call:
    need(w.guardians.round == SHARES)
    honest, other = _two(w)
    return _received(w, honest, [*w.guardians.sent_to(honest)[1:], w.guardians.sent_to(other)[0]])


@refused("ceremony", CheckError, "exactly one share from each other guardian is needed")
def _share_that_is_missing_or_doubled(w: World) -> Call:
    need(w.guardians.round == SHARES)
    honest, _ = _two(w)
    shares = w.guardians.sent_to(honest)
    return _received(w, honest, w.rng.choice((shares[1:], [*shares, shares[0]])))


# ------------------------------------------------------------------------------------------- the record


@refused("ceremony", VerificationError, r"differs from what this guardian received \(H_G")
def _record_with_another_joint_key(w: World) -> Call:
    need(w.guardians.round == CONFIRMATION)
    guardians, i = w.guardians, any_of(w, range(1, w.plan.n + 1))
    keys, g = guardians.preliminary.keys, guardians.ceremony.group.g
    other = JointKeys(vote_encryption_key=keys.vote_encryption_key * g, data_encryption_key=keys.data_encryption_key)
    preliminary = guardians.preliminary.model_copy(update={"keys": other})
    secret, shares = guardians.secrets[i], guardians.shares[i]
    return lambda: confirm(guardians.ceremony, secret, shares, guardians.every_public, preliminary)


@refused("ceremony", VerificationError, "do not belong to this guardian record")
def _key_exchanged_after_the_shares(w: World) -> Call:
    need(w.guardians.round == CONFIRMATION)
    guardians = w.guardians
    honest, liar = _two(w)
    _, other = generate_keys(guardians.ceremony, liar)
    seen = [other if public.i == liar else public for public in guardians.every_public]
    secret, shares, record = guardians.secrets[honest], guardians.shares[honest], publish(guardians.ceremony, seen)
    return lambda: confirm(guardians.ceremony, secret, shares, seen, record)


@refused("ceremony", VerificationError, "do not belong to this guardian record")
def _shares_of_another_guardian(w: World) -> Call:
    need(w.guardians.round == CONFIRMATION)
    guardians = w.guardians
    honest, other = _two(w)
    secret, shares = guardians.secrets[honest], guardians.shares[other]
    return lambda: confirm(guardians.ceremony, secret, shares, guardians.every_public, guardians.preliminary)


@refused("ceremony", VerificationError, "guardian|differs")
def _record_of_another_ceremony(w: World) -> Call:
    """The quorum is another: other hashes, so no proof holds."""
    need(w.guardians.round == CONFIRMATION)
    guardians, i = w.guardians, any_of(w, range(1, w.plan.n + 1))
    other = Ceremony.of(guardians.ceremony.group, w.plan.n, w.plan.k, w.plan.manifest_bytes + b" ")
    return lambda: confirm(
        other, guardians.secrets[i], guardians.shares[i], guardians.every_public, guardians.preliminary
    )
