"""Submitted ballots: reading one, and the checks that need no other. Chunks of files may be verified anywhere."""

from dataclasses import dataclass, field
from typing import TypeAlias

from e2evote.encoding import strict_json
from e2evote.errors import ParseError
from e2evote.group.computation import Computation, Request, compute, products, together
from e2evote.group.elements import Element, Scalar
from e2evote.group.powers import NewBase
from e2evote.interop.electionguard_1.manifest import Contest, Manifest
from e2evote.interop.electionguard_1.setup import Context
from e2evote.interop.electionguard_1.values import Node, hash_of
from e2evote.interop.family import check
from e2evote.verifier.report import Ledger, Place

BALLOTS = (
    check("EG1.ballot-format", "every submitted ballot can be read", "ballots"),
    check(
        "EG1.ballot-manifest",
        "a ballot has the contests of its style and their selections, with their hashes",
        "ballots",
    ),
    check("EG1.ballot-members", "all ciphertexts of ballots are in the group", "ballots"),
    check("EG1.selection-proof", "each selection is an encryption of 0 or 1", "ballots"),
    check("EG1.ballot-hash", "selections, contests and ballot have the hashes of what they contain", "ballots"),
    check("EG1.code", "the ballot's code is the hash of the code before, the time and the ballot", "ballots"),
)
ACROSS = (
    check("EG1.device-format", "the descriptions of all devices can be read", "ballots"),
    check("EG1.unique", "no ballot, code or ciphertext is there twice", "ballots"),
    check("EG1.chain", "codes make one chain for each device, beginning with the device's hash", "ballots"),
)
SELECTION_RULE = (
    check("EG1.contest-sum", "a contest's accumulation is the product of its selections", "selection rule"),
    check(
        "EG1.contest-proof", "each contest's selections and placeholders sum to the number elected", "selection rule"
    ),
)
CAST, SPOILED = 1, 2
Ciphertext: TypeAlias = tuple[Element, Element]
Name: TypeAlias = tuple[str, str]
"""Of a selection: its contest's id and its own."""


@dataclass(frozen=True, slots=True)
class Disjunctive:
    """A proof of 0 or 1: commitments a0, b0, a1, b1; challenges c0, c1, c; responses v0, v1."""

    commitments: tuple[Element, ...]
    challenges: tuple[Scalar, Scalar, Scalar]
    responses: tuple[Scalar, Scalar]


@dataclass(frozen=True, slots=True)
class Constant:
    """A proof that a ciphertext holds a constant."""

    commitments: tuple[Element, Element]
    challenge: Scalar
    response: Scalar
    constant: int


@dataclass(frozen=True, slots=True)
class SelectionOf:
    """A selection as it stands on a ballot."""

    id: str
    order: int
    hash: Scalar
    ciphertext: Ciphertext
    crypto_hash: Scalar
    placeholder: bool
    proof: Disjunctive


@dataclass(frozen=True, slots=True)
class ContestOf:
    """A contest as it stands on a ballot."""

    id: str
    order: int
    hash: Scalar
    selections: tuple[SelectionOf, ...]
    accumulation: Ciphertext
    crypto_hash: Scalar
    proof: Constant


@dataclass(frozen=True, slots=True)
class Ballot:
    """A submitted ballot."""

    id: str
    style: str
    manifest_hash: Scalar
    seed: Scalar
    contests: tuple[ContestOf, ...]
    code: Scalar
    time: int
    crypto_hash: Scalar
    state: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What is needed of a ballot once it has been verified: ids, and its ciphertexts by name, placeholders apart."""

    id: str
    state: int
    seed: int
    code: int
    ciphertexts: dict[Name, Ciphertext]
    placeholders: dict[Name, Ciphertext]
    all: tuple[int, ...]


@dataclass(slots=True)
class Outcome:
    """What a chunk of ballots came to."""

    ledger: Ledger = field(default_factory=Ledger)
    ballots: list[Summary] = field(default_factory=list)


def read_pair(node: Node, context: Context) -> Ciphertext:
    """Read a ciphertext."""
    data = node.fields("pad data")
    return data["pad"].element(context.group), data["data"].element(context.group)


def read_ballot(root: Node, context: Context) -> Ballot:
    """Read a submitted ballot.

    Raises:
        ParseError: it is none, or it has the nonces that nobody may know.
    """
    group = context.group
    data = root.fields("object_id style_id manifest_hash code_seed contests code timestamp crypto_hash state", "nonce")
    _no_nonce(data)
    return Ballot(
        data["object_id"].text(),
        data["style_id"].text(),
        data["manifest_hash"].scalar(group),
        data["code_seed"].scalar(group),
        tuple(sorted((_contest(node, context) for node in data["contests"].items()), key=lambda c: c.order)),
        data["code"].scalar(group),
        data["timestamp"].integer(0, 1 << 63),
        data["crypto_hash"].scalar(group),
        data["state"].integer(CAST, SPOILED),
    )


def _no_nonce(data: dict[str, Node]) -> None:
    if "nonce" in data and not data["nonce"].absent:
        raise data["nonce"].wrong("the nonce is published, with which everybody can read the vote")


def _contest(node: Node, context: Context) -> ContestOf:
    group = context.group
    data = node.fields(
        "object_id sequence_order description_hash ballot_selections ciphertext_accumulation crypto_hash proof",
        "nonce extended_data",
    )
    _no_nonce(data)
    if (extended := data.get("extended_data")) is not None and not extended.absent:
        extended.fields("pad data mac")["pad"].element(group)
    proof = data["proof"].fields("pad data challenge response constant", "usage name")
    return ContestOf(
        data["object_id"].text(),
        data["sequence_order"].integer(0, 2**31),
        data["description_hash"].scalar(group),
        tuple(sorted((_selection(each, context) for each in data["ballot_selections"].items()), key=lambda s: s.order)),
        read_pair(data["ciphertext_accumulation"], context),
        data["crypto_hash"].scalar(group),
        Constant(
            (proof["pad"].element(group), proof["data"].element(group)),
            proof["challenge"].scalar(group),
            proof["response"].scalar(group),
            proof["constant"].integer(0, 2**31),
        ),
    )


def _selection(node: Node, context: Context) -> SelectionOf:
    group = context.group
    data = node.fields(
        "object_id sequence_order description_hash ciphertext crypto_hash is_placeholder_selection proof",
        "nonce extended_data",
    )
    _no_nonce(data)
    names = ("proof_zero_pad", "proof_zero_data", "proof_one_pad", "proof_one_data")
    challenges = ("proof_zero_challenge", "proof_one_challenge", "challenge")
    responses = ("proof_zero_response", "proof_one_response")
    proof = data["proof"].fields(" ".join(names + challenges + responses), "usage name")
    c0, c1, c = (proof[key].scalar(group) for key in challenges)
    v0, v1 = (proof[key].scalar(group) for key in responses)
    return SelectionOf(
        data["object_id"].text(),
        data["sequence_order"].integer(0, 2**31),
        data["description_hash"].scalar(group),
        read_pair(data["ciphertext"], context),
        data["crypto_hash"].scalar(group),
        data["is_placeholder_selection"].boolean(),
        Disjunctive(tuple(proof[key].element(group) for key in names), (c0, c1, c), (v0, v1)),
    )


def verify_chunk(context: Context, manifest: Manifest, chunk: list[tuple[str, bytes]]) -> Outcome:
    """Verify ballots, each the name and the content of its file."""
    outcome, ballots = Outcome(), []
    ledger = outcome.ledger
    for name, content in chunk:
        try:
            ballots.append(read_ballot(Node(strict_json(content, name, nulls=True), name), context))
            ledger.check("EG1.ballot-format", True, "")
        except ParseError as error:
            ledger.check("EG1.ballot-format", False, str(error))
    for ballot in ballots:
        _verify_shape(ledger, context, manifest, ballot)
        _verify_hashes(ledger, context, ballot)
    selections = [
        (Place(ballot=ballot.id).within(contest.id, selection.id), selection)
        for ballot in ballots for contest in ballot.contests for selection in contest.selections
    ]  # fmt: skip
    results = compute(together([_selecting(context, selection) for _, selection in selections]))
    for (place, _), (member, holds) in zip(selections, results, strict=True):
        ledger.check("EG1.ballot-members", member, "a part of the ciphertext is not in the group", place)
        ledger.check("EG1.selection-proof", holds, "the proof of 0 or 1 does not hold", place)
    contests = [
        (Place(ballot=ballot.id).within(contest.id), contest) for ballot in ballots for contest in ballot.contests
    ]
    limits = {contest.id: contest.limit for contest in manifest.contests}
    sums = compute(together([_summing(context, contest, limits.get(contest.id)) for _, contest in contests]))
    for (place, contest), holds in zip(contests, sums, strict=True):
        pairs = [selection.ciphertext for selection in contest.selections]
        same = bool(pairs) and contest.accumulation == multiplied(pairs)
        ledger.check("EG1.contest-sum", same, "the accumulation is another one", place)
        ledger.check("EG1.contest-proof", holds, "the proof of the sum does not hold", place)
    outcome.ballots = [_summary(ballot) for ballot in ballots]
    return outcome


def multiplied(pairs: list[Ciphertext]) -> Ciphertext:
    """Return the product of ciphertexts, at least one."""
    pad, data = products([[pair[0] for pair in pairs], [pair[1] for pair in pairs]])
    return pad, data


def _summary(ballot: Ballot) -> Summary:
    named: dict[bool, dict[Name, Ciphertext]] = {False: {}, True: {}}
    for contest in ballot.contests:
        for each in contest.selections:
            named[each.placeholder][contest.id, each.id] = each.ciphertext
    every = tuple(int(each.ciphertext[0].value) for contest in ballot.contests for each in contest.selections)
    seed, code = int(ballot.seed.value), int(ballot.code.value)
    return Summary(ballot.id, ballot.state, seed, code, named[False], named[True], every)


def _verify_shape(ledger: Ledger, context: Context, manifest: Manifest, ballot: Ballot) -> None:
    place = Place(ballot=ballot.id)
    same = ballot.manifest_hash == context.manifest_hash
    ledger.check("EG1.ballot-manifest", same, "the ballot is of another manifest", place)
    known = ballot.style in manifest.styles
    if not ledger.check("EG1.ballot-manifest", known, "the manifest has no such ballot style", place):
        return
    expected = manifest.contests_of(ballot.style)
    found = [_described(contest) for contest in ballot.contests]
    message = "contests or selections are not those of the manifest"
    ledger.check("EG1.ballot-manifest", found == [_expected(contest) for contest in expected], message, place)


def _described(contest: ContestOf) -> tuple[object, ...]:
    selections = [(each.id, each.order, each.hash, each.placeholder) for each in contest.selections]
    return contest.id, contest.order, contest.hash, selections


def _expected(contest: Contest) -> tuple[object, ...]:
    selections = [(each.id, each.order, each.hash, each.placeholder) for each in contest.selections]
    return contest.id, contest.order, contest.hash, selections


def _verify_hashes(ledger: Ledger, context: Context, ballot: Ballot) -> None:
    group, place = context.group, Place(ballot=ballot.id)
    for contest in ballot.contests:
        for each in contest.selections:
            digest = hash_of(group, each.id, each.hash, hash_of(group, *each.ciphertext))
            message = "the selection's hash is another one"
            ledger.check("EG1.ballot-hash", digest == each.crypto_hash, message, place.within(contest.id, each.id))
        digest = hash_of(group, contest.id, contest.hash, *(each.crypto_hash for each in contest.selections))
        message = "the contest's hash is another one"
        ledger.check("EG1.ballot-hash", digest == contest.crypto_hash, message, place.within(contest.id))
    digest = hash_of(group, ballot.id, ballot.manifest_hash, *(contest.crypto_hash for contest in ballot.contests))
    ledger.check("EG1.ballot-hash", digest == ballot.crypto_hash, "the ballot's hash is another one", place)
    code = hash_of(group, ballot.seed, ballot.time, ballot.crypto_hash)
    ledger.check("EG1.code", code == ballot.code, "the code is another one", place)


def _selecting(context: Context, selection: SelectionOf) -> Computation[tuple[bool, bool]]:
    """Return whether the ciphertext is in the group, and whether its proof of 0 or 1 holds.

    Commitments in 1…p − 1 that satisfy the equations are in the group if the ciphertext is.
    """
    group, g, k = context.group, context.g, context.k
    alpha, beta = map(NewBase, selection.ciphertext)
    (a0, b0, a1, b1), (c0, c1, c), (v0, v1) = (
        selection.proof.commitments, selection.proof.challenges, selection.proof.responses,
    )  # fmt: skip
    left = [g**v0, k**v0, g**v1, g**c1 * k**v1]
    right = [alpha**c0, beta**c0, alpha**c1, beta**c1]
    response = yield Request(left + right, [alpha, beta])
    commitments = (a0, b0, a1, b1)
    equal = all(response.values[i] == commitments[i] * response.values[4 + i] for i in range(4))
    challenge = hash_of(group, context.extended, *selection.ciphertext, *commitments)
    return all(response.members), equal and challenge == c == group.scalar(c0.value + c1.value)


def _summing(context: Context, contest: ContestOf, limit: int | None) -> Computation[bool]:
    """Return whether the contest's proof shows the limit."""
    group, g, k, proof = context.group, context.g, context.k, contest.proof
    alpha, beta = map(NewBase, contest.accumulation)
    c, v = proof.challenge, proof.response
    values = [g**v, alpha**c, g ** (c * group.scalar(proof.constant)) * k**v, beta**c]
    response = yield Request(values, [alpha, beta])
    first, second, third, fourth = response.values
    a, b = proof.commitments
    challenge = hash_of(group, context.extended, *contest.accumulation, a, b)
    equal = first == a * second and third == b * fourth
    return equal and challenge == c and proof.constant == limit and all(response.members)


def verify_across(ledger: Ledger, ballots: list[Summary], devices: set[int]) -> None:
    """Check what ties ballots together: all that could be read, and the hashes of the devices."""
    ids: set[str] = set()
    codes: dict[int, Summary] = {}
    seen: set[int] = set()
    for ballot in ballots:
        place = Place(ballot=ballot.id)
        fresh = ballot.id not in ids and ballot.code not in codes
        fresh = fresh and not seen.intersection(ballot.all) and len(set(ballot.all)) == len(ballot.all)
        ledger.check("EG1.unique", fresh, "its id, code or a ciphertext was there before", place)
        ids.add(ballot.id)
        codes[ballot.code] = ballot
        seen.update(ballot.all)
    following: dict[int, Summary] = {}
    for ballot in ballots:
        once = following.setdefault(ballot.seed, ballot) is ballot
        message = "another ballot follows the same code"
        ledger.check("EG1.chain", once, message, Place(ballot=ballot.id))
    reached = set()
    for start in devices:
        code = start
        while code in following and following[code].code not in reached:
            code = following[code].code
            reached.add(code)
    for ballot in ballots:
        message = "no chain from a device's hash comes to this ballot"
        ledger.check("EG1.chain", ballot.code in reached, message, Place(ballot=ballot.id))
    ledger.complete(ACROSS)
