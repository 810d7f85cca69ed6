"""Encrypted tally, decryption and result: of the election, and of each spoiled ballot."""

from dataclasses import dataclass

from gmpy2 import invert

from e2evote.group.computation import Computation, Request, compute, products, together
from e2evote.group.elements import Element, Scalar
from e2evote.group.powers import NewBase, Product
from e2evote.interop.electionguard_1.ballots import Ciphertext, Name, Summary, multiplied, read_pair
from e2evote.interop.electionguard_1.manifest import Manifest
from e2evote.interop.electionguard_1.setup import Context, Guardian
from e2evote.interop.electionguard_1.values import Node, hash_of
from e2evote.interop.family import check
from e2evote.verifier.report import Check, Ledger, Place, Step

AGGREGATION = (
    check("EG1.encrypted-format", "the encrypted tally can be read", "aggregation"),
    check(
        "EG1.tally-manifest", "the encrypted tally has every selection of the manifest, with its hashes", "aggregation"
    ),
    check("EG1.aggregation", "the encrypted tally is the product of the ciphertexts of cast ballots", "aggregation"),
)


def _checks(prefix: str, what: str, step: Step, last: Step) -> tuple[Check, ...]:
    return (
        check(f"EG1.{prefix}format", f"{what} can be read", step),
        check(f"EG1.{prefix}message", f"{what}: exactly the ciphertexts in question are decrypted", step),
        check(f"EG1.{prefix}guardians", f"{what}: each guardian has one share, direct ones are from a quorum", step),
        check(f"EG1.{prefix}members", f"{what}: all shares are in the group", step),
        check(f"EG1.{prefix}share-proof", f"{what}: proofs of direct shares hold", step),
        check(f"EG1.{prefix}recovery-key", f"{what}: recovery keys follow from the commitments", step),
        check(f"EG1.{prefix}recovery-proof", f"{what}: proofs of compensated shares hold", step),
        check(f"EG1.{prefix}reconstruction", f"{what}: missing shares are put together from compensated ones", step),
        check(f"EG1.{prefix}value", f"{what}: the value is the ciphertext over all shares", last),
        check(f"EG1.{prefix}count", f"{what}: the count is the value's logarithm and possible", last),
    )


DECRYPTION = (
    *_checks("tally-", "the tally", "decryption", "result"),
    check("EG1.lagrange", "the coefficients are those of the guardians that decrypted", "decryption"),
)
OPENED = (
    *_checks("spoiled-", "a spoiled ballot", "opened", "opened"),
    check("EG1.spoiled-complete", "every spoiled ballot is decrypted, and no other", "opened"),
)


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that a share was made with a key."""

    commitments: tuple[Element, Element]
    challenge: Scalar
    response: Scalar


@dataclass(frozen=True, slots=True)
class Part:
    """A guardian's part of a missing one's share."""

    guardian: str
    missing: str
    share: Element
    key: Element
    proof: Proof


@dataclass(frozen=True, slots=True)
class Share:
    """A guardian's share: with a proof, or put together from parts."""

    guardian: str
    share: Element
    proof: Proof | None
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Decrypted:
    """A selection's decryption."""

    count: int
    value: Element
    message: Ciphertext
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Decryption:
    """What decryptions are held against: ``prefix`` of the checks, ``most`` that a count can be."""

    context: Context
    guardians: dict[str, Guardian]
    prefix: str
    most: int
    place: Place


def read_encrypted(root: Node, context: Context) -> dict[Name, tuple[object, Ciphertext]]:
    """Return of each selection its contest's and own place and hash, and its ciphertext."""
    group = context.group
    found: dict[Name, tuple[object, Ciphertext]] = {}
    for name, contest in root.fields("object_id contests")["contests"].entries().items():
        fields = contest.fields("object_id sequence_order description_hash selections")
        where = (fields["sequence_order"].integer(0, 2**31), fields["description_hash"].scalar(group))
        for option, node in fields["selections"].entries().items():
            data = node.fields("object_id sequence_order description_hash ciphertext")
            own = (data["sequence_order"].integer(0, 2**31), data["description_hash"].scalar(group))
            if (fields["object_id"].text(), data["object_id"].text()) != (name, option):
                raise node.wrong("stands under another id")
            found[name, option] = ((where, own), read_pair(data["ciphertext"], context))
    return found


def verify_aggregation(
    ledger: Ledger,
    context: Context,
    manifest: Manifest,
    tally: dict[Name, tuple[object, Ciphertext]],
    cast: list[Summary],
) -> None:
    """Multiply the cast ballots and compare."""
    one = context.group.one
    for contest in manifest.contests:
        for option in contest.options:
            name, place = (contest.id, option.id), Place(contest=contest.id, option=option.id)
            expected = ((contest.order, contest.hash), (option.order, option.hash))
            described, ciphertext = tally.get(name, (None, (one, one)))
            message = "missing in the encrypted tally, or described otherwise"
            ledger.check("EG1.tally-manifest", described == expected, message, place)
            column = [ballot.ciphertexts[name] for ballot in cast if name in ballot.ciphertexts]
            same = ciphertext == (multiplied(column) if column else (one, one))
            ledger.check("EG1.aggregation", same, "the product of the cast ballots is another one", place)
    known = {(contest.id, option.id) for contest in manifest.contests for option in contest.options}
    message = "the encrypted tally has selections that the manifest does not have"
    ledger.check("EG1.tally-manifest", tally.keys() == known, message)
    ledger.complete(AGGREGATION)


def read_decrypted(root: Node, context: Context) -> tuple[str, dict[Name, Decrypted]]:
    """Read a decrypted tally or spoiled ballot: its id, and its selections."""
    found = {}
    data = root.fields("object_id contests")
    for name, contest in data["contests"].entries().items():
        fields = contest.fields("object_id selections")
        for option, node in fields["selections"].entries().items():
            each = node.fields("object_id tally value message shares")
            if (fields["object_id"].text(), each["object_id"].text()) != (name, option):
                raise node.wrong("stands under another id")
            found[name, option] = Decrypted(
                each["tally"].integer(0, 2**31),
                each["value"].element(context.group),
                read_pair(each["message"], context),
                tuple(_share(share, context, option) for share in each["shares"].items()),
            )
    return data["object_id"].text(), found


def _share(node: Node, context: Context, option: str) -> Share:
    data = node.fields("object_id guardian_id share", "proof recovered_parts")
    if data["object_id"].text() != option:
        raise node.wrong("a share of another selection")
    proof, recovered = data.get("proof"), data.get("recovered_parts")
    parts = [] if recovered is None or recovered.absent else list(recovered.entries().items())
    direct = proof is not None and not proof.absent
    if direct == bool(parts):
        raise node.wrong("a share needs either a proof or recovered parts")
    return Share(
        data["guardian_id"].text(),
        data["share"].element(context.group),
        _proof(proof, context) if proof is not None and direct else None,
        tuple(_part(key, part, context, option) for key, part in parts),
    )


def _part(key: str, node: Node, context: Context, option: str) -> Part:
    data = node.fields("object_id guardian_id missing_guardian_id share recovery_key proof")
    if (data["object_id"].text(), data["guardian_id"].text()) != (option, key):
        raise node.wrong("a part of another selection or guardian")
    group = context.group
    missing, proof = data["missing_guardian_id"].text(), _proof(data["proof"], context)
    return Part(key, missing, data["share"].element(group), data["recovery_key"].element(group), proof)


def _proof(node: Node, context: Context) -> Proof:
    data, group = node.fields("pad data challenge response", "usage name"), context.group
    commitments = data["pad"].element(group), data["data"].element(group)
    return Proof(commitments, data["challenge"].scalar(group), data["response"].scalar(group))


def verify_decryption(
    ledger: Ledger, about: Decryption, selections: dict[Name, Decrypted], expected: dict[Name, Ciphertext]
) -> set[str]:
    """Verify the decryption of ciphertexts; return the guardians that gave direct shares."""
    message = "other selections are decrypted than there are"
    ledger.check(f"EG1.{about.prefix}message", selections.keys() == expected.keys(), message, about.place)
    present = [frozenset(share.guardian for share in each.shares if share.proof) for each in selections.values()]
    first = present[0] if present else frozenset()
    message = "not the same quorum of guardians for every selection"
    enough = len(set(present)) <= 1 and (not present or len(first) >= about.context.quorum)
    ledger.check(f"EG1.{about.prefix}guardians", enough, message, about.place)
    work = []
    for name, each in selections.items():
        place = about.place.within(*name)
        same = each.message == expected.get(name)
        ledger.check(f"EG1.{about.prefix}message", same, "another ciphertext is decrypted", place)
        found = sorted(share.guardian for share in each.shares)
        parts_right = all(
            {part.guardian for part in share.parts} == first
            and all(part.missing == share.guardian for part in share.parts)
            for share in each.shares
            if share.parts
        )
        right = found == sorted(about.guardians) and first <= about.guardians.keys() and parts_right
        if ledger.check(f"EG1.{about.prefix}guardians", right, "shares or parts are missing or too many", place):
            work.append(_verifying(ledger, about, each, first, place))
        else:
            ledger.skip(
                *(f"EG1.{about.prefix}{check}" for check in ("share-proof", "reconstruction", "value", "count"))
            )
    compute(together(work))
    return set(first)


def lagrange(context: Context, order: int, orders: list[int]) -> Scalar:
    """Return w = Π j/(j − i) mod q over the other orders j.

    EG-1.0 §3.5.2
    """
    value, q = 1, int(context.group.q)
    for other in orders:
        if other != order:
            value = value * other * int(invert(other - order, q)) % q
    return context.group.scalar(value)


def _verifying(
    ledger: Ledger, about: Decryption, each: Decrypted, present: frozenset[str], place: Place
) -> Computation[None]:
    """Verify one selection's shares, value and count."""
    context, prefix = about.context, f"EG1.{about.prefix}"
    group, g = context.group, context.g
    alpha = NewBase(each.message[0])
    orders = [about.guardians[guardian].order for guardian in present]
    weights = {guardian: lagrange(context, about.guardians[guardian].order, orders) for guardian in present}
    tried: list[tuple[str, str, Element, Element, Proof]] = []
    for share in each.shares:
        if share.proof:
            key = about.guardians[share.guardian].key
            tried.append(("share-proof", f"the share of guardian {share.guardian}", share.share, key, share.proof))
        for part in share.parts:
            who = f"the part of guardian {part.guardian} for {share.guardian}"
            tried.append(("recovery-proof", who, part.share, part.key, part.proof))
            right = part.key == recovery_key(about.guardians[share.guardian], about.guardians[part.guardian])
            ledger.check(f"{prefix}recovery-key", right, f"{who} has another recovery key", place)
    values: list[Element | Product] = []
    bases = [NewBase(share) for _, _, share, _, _ in tried]
    for (_, _, _, key, proof), base in zip(tried, bases, strict=True):
        values += [g**proof.response, NewBase(key) ** proof.challenge, alpha**proof.response, base**proof.challenge]
    pieces = [(share, [NewBase(part.share) ** weights[part.guardian] for part in share.parts]) for share in each.shares]
    values += [piece for _, several in pieces for piece in several]
    possible = each.count <= about.most
    values.append(g ** group.scalar(each.count if possible else 0))
    response = yield Request(values, [*bases, *(NewBase(share.share) for share in each.shares)])
    for i, (kind, who, share_value, _, proof) in enumerate(tried):
        left_a, right_a, left_b, right_b = response.values[4 * i : 4 * i + 4]
        a, b = proof.commitments
        challenge = hash_of(group, context.extended, *each.message, a, b, share_value)
        holds = left_a == a * right_a and left_b == b * right_b and challenge == proof.challenge
        ledger.check(prefix + kind, holds, f"the proof of {who} does not hold", place)
    ledger.check(f"{prefix}members", all(response.members), "a share is not in the group", place)
    at = 4 * len(tried)
    for share, several in pieces:
        if several:
            whole = products([list(response.values[at : at + len(several)])])[0]
            message = f"the share of guardian {share.guardian} is not what its parts make"
            ledger.check(f"{prefix}reconstruction", whole == share.share, message, place)
            at += len(several)
    together_ = products([[share.share for share in each.shares]])[0]
    ledger.check(f"{prefix}value", each.value * together_ == each.message[1], "the value is another one", place)
    counted = possible and response.values[-1] == each.value
    ledger.check(f"{prefix}count", counted, f"{each.count} is not the value's logarithm, or more than can be", place)


def recovery_key(missing: Guardian, present: Guardian) -> Element:
    """Return Π K_ij^(l^j), the key of a part that guardian l makes for guardian i."""
    key = missing.commitments[0].group.one
    for power, commitment in enumerate(missing.commitments):
        key = key * commitment ** commitment.group.scalar(present.order**power)
    return key
