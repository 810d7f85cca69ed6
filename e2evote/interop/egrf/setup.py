"""Boxes 1 to 4: parameters, H_P, H_B, guardians, joint keys, H_E."""

from dataclasses import dataclass

from e2evote.errors import E2EVoteError, ParseError, VerificationError
from e2evote.group.elements import Element
from e2evote.interop.egrf.manifest import Manifests, parse_manifest
from e2evote.interop.egrf.own_manifest import MEDIA_TYPE, parse_own
from e2evote.interop.egrf.reading import Items
from e2evote.interop.egrf.values import GROUP, Message, element, elements, scalars
from e2evote.interop.family import Judgement
from e2evote.record.setup import Election, Hashes, JointKeys, Parameters
from e2evote.secret_sharing import product
from e2evote.verifier.context import Context
from e2evote.zkp.schnorr import AggregatedSchnorrProof, guardian_challenge

Size = tuple[int, int]
"""n and k."""


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
    if not guardians and not items.of(2):
        raise ParseError("setup/guardians", "there are no guardians")
    n, k = size_of(items)
    if not 1 <= k <= n <= 1000:
        raise ParseError("setup/parameters", f"n = {n} and k = {k}; expected 1 ≤ k ≤ n ≤ 1000")
    ours = file.media_type == MEDIA_TYPE
    manifests = parse_own(file.content) if ours else parse_manifest(file.content)
    if ours:
        judgement.remark("the manifest is one of this library, exported: other readers of EGRF do not know it")
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
    _guardians(judgement, (n, k), hashes.h_p, guardians, joint)
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


def _guardians(judgement: Judgement, size: Size, h_p: bytes, guardians: list[Message], joint: JointKeys) -> None:
    ledger, publics = judgement.ledger, []
    indices = [message.index for message in guardians]
    ledger.check("2.D", indices == list(range(1, size[0] + 1)), f"there are guardians {indices[:20]}")
    for message in guardians:
        try:
            keys = [
                _verify_key(h_p, size[1], label, message, commitments, proof)
                for label, commitments, proof in (
                    (b"pk_vote", message.vote_commitments, message.vote_proof),
                    (b"pk_data", message.data_commitments, message.data_proof),
                )
            ]
        except E2EVoteError as error:
            ledger.check("2.D", False, f"guardian {message.index}: {error}")
        else:
            ledger.check("2.D", True, "")
            publics.append(keys)
    if len(publics) != size[0]:
        ledger.skip("3.A", "3.B")
        return
    for check, key, place in (("3.A", joint.vote_encryption_key, 0), ("3.B", joint.data_encryption_key, 1)):
        found = product(GROUP, (keys[place] for keys in publics))
        ledger.check(check, found == key, "the joint key is not the product of the guardians' keys")


def _verify_key(h_p: bytes, k: int, label: bytes, message: Message, commitments: bytes, numbers: bytes) -> Element:
    """Verify the proof of one key and return its first commitment.

    Raises:
        VerificationError: not k commitments and k + 1 responses in their ranges, or another challenge.

    Spec: EG-2.1 §3.2.2, box 2
    """
    challenge, *responses = scalars(numbers)
    publics = (*elements(commitments), element(message.kappa))
    if len(publics) != k + 1 or len(responses) != k + 1:
        raise VerificationError(f"{len(publics) - 1} commitments and {len(responses)} responses; expected k and k + 1")
    if not all(key.is_member() for key in publics) or not all(v.in_range() for v in responses):
        raise VerificationError("a commitment or κ is not in the group, or a response is not in Z_q")
    proof = AggregatedSchnorrProof(challenge, tuple(responses))
    found = guardian_challenge(h_p, label, message.index, publics, proof.commitments(GROUP.g, publics))
    if found != challenge:
        raise VerificationError("the challenge does not match")
    return publics[0]
