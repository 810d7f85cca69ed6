"""Boxes 1 to 4: parameters, H_P, H_B, guardians, joint keys, H_E."""

from dataclasses import dataclass

from e2evote import key_ceremony
from e2evote.errors import E2EVoteError, ParseError
from e2evote.interop.egrf.manifest import Manifests, parse_manifest
from e2evote.interop.egrf.reading import Items
from e2evote.interop.egrf.values import GROUP, Message, element, elements, scalars
from e2evote.interop.family import Judgement
from e2evote.key_ceremony import Ceremony
from e2evote.record.setup import Election, GuardianPublicKey, Hashes, JointKeys, Parameters
from e2evote.verifier.context import Context
from e2evote.zkp.schnorr import AggregatedSchnorrProof


@dataclass(frozen=True, slots=True)
class Egrf:
    """What everything after the setup needs."""

    items: Items
    manifests: Manifests
    election: Election
    context: Context


def size_of(items: Items) -> tuple[int, int]:
    """Return n and k as the parameters state them; without these, as the guardians' keys show them."""
    if stated := items.of(2):
        return stated[0].n, stated[0].k
    guardians = items.of(4)
    return len(guardians), len(guardians[0].vote_commitments) // 512


def verify_setup(judgement: Judgement, items: Items) -> Egrf:
    """Run the boxes.

    Raises:
        ParseError: manifest, guardians or keys cannot be read.
    """
    ledger = judgement.ledger
    for section, name in ((3, "setup/manifest"), (5, "setup/election_keys")):
        if len(items.of(section)) != 1:
            raise ParseError(name, "the file is missing, or has not exactly one item")
    (file,), (keys,), guardians = items.of(3), items.of(5), items.of(4)
    if not guardians:
        raise ParseError("setup/guardians", "there are no guardians")
    n, k = size_of(items)
    if not 1 <= k <= n <= 1000:
        raise ParseError("setup/parameters", f"n = {n} and k = {k}; expected 1 ≤ k ≤ n ≤ 1000")
    manifests = parse_manifest(file.content)
    hashes = Hashes.of(GROUP, n, k, file.content)
    if items.of(2):
        (stated,), own = items.of(2), Parameters.of(GROUP, n, k)
        same = [getattr(stated, x) == getattr(own, x) for x in "pqrg"]
        version = own.version.encode().ljust(32, b"\0") == stated.version
        ledger.check("1.A", version and all(same), "parameters are not those of ElectionGuard 2.1.0")
        ledger.check("1.E", stated.h_p == hashes.h_p, "H_P is another")
    else:
        ledger.skip("1.A", "1.E")
    ledger.check("1.F", hashes.h_b == file.h_b, "H_B is not that of parameters and manifest")
    joint = _keys(keys)
    _guardians(judgement, Ceremony.of(GROUP, n, k, file.content), guardians, joint)
    election = Election.of(GROUP, n, k, manifests.own, hashes, joint)
    ledger.check("4.A", election.h_e == keys.h_e, "H_E is another")
    context = Context(GROUP, manifests.own, n, k, joint, election.h_e, election.bases)
    return Egrf(items, manifests, election, context)


def _keys(keys: Message) -> JointKeys:
    try:
        found = JointKeys(vote_encryption_key=element(keys.k), data_encryption_key=element(keys.k_hat))
    except E2EVoteError as error:
        raise ParseError("setup/election_keys", str(error)) from error
    for key in (found.vote_encryption_key, found.data_encryption_key):
        if not key.is_member():
            raise ParseError("setup/election_keys", "a key is not in the group")
    return found


def _guardians(judgement: Judgement, ceremony: Ceremony, guardians: list[Message], joint: JointKeys) -> None:
    ledger, publics = judgement.ledger, []
    for message in guardians:
        try:
            public = _guardian(message)
            key_ceremony.verify_public_key(ceremony, public)
        except (E2EVoteError, ValueError) as error:
            ledger.check("2.D", False, f"guardian {message.index}: {error}")
        else:
            ledger.check("2.D", True, "")
            publics.append(public)
    if len(publics) < len(guardians):
        ledger.skip("3.A", "3.B")
        return
    try:
        published = key_ceremony.publish(ceremony, publics).keys
    except E2EVoteError as error:
        ledger.check("2.D", False, str(error))
        ledger.skip("3.A", "3.B")
        return
    ledger.check("3.A", published.vote_encryption_key == joint.vote_encryption_key, "K is another")
    ledger.check("3.B", published.data_encryption_key == joint.data_encryption_key, "K̂ is another")


def _guardian(message: Message) -> GuardianPublicKey:
    return GuardianPublicKey(
        i=message.index,
        name="-",
        vote_commitments=elements(message.vote_commitments),
        data_commitments=elements(message.data_commitments),
        communication_key=element(message.kappa),
        vote_proof=_proof(message.vote_proof),
        data_proof=_proof(message.data_proof),
    )


def _proof(raw: bytes) -> AggregatedSchnorrProof:
    challenge, *responses = scalars(raw)
    return AggregatedSchnorrProof(challenge, tuple(responses))
