"""What is checked of every ballot, in chunks that can go to any process."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from e2evote.errors import ParseError
from e2evote.group.computation import Computation, Request, compute, together
from e2evote.group.elements import Element, Scalar
from e2evote.group.powers import FixedBase, NewBase, fixed, window_for
from e2evote.interop.electionguard_1.hashing import H
from e2evote.interop.electionguard_1.manifest import ContestDescription, ManifestDescription, Selection
from e2evote.interop.electionguard_1.reading import (
    Ciphertext,
    Context,
    ciphertext,
    element,
    listed,
    member,
    scalar,
    text,
    whole,
)
from e2evote.interop.family import check
from e2evote.verifier.report import Ledger, Place

CHECKS = (
    check("EG1.ballot-format", "every ballot has the contests of its style, their options and placeholders", "ballots"),
    check("EG1.ballot-hashes", "the hashes of every ballot are those of its content", "ballots"),
    check("EG1.code", "the code of every ballot is that of its seed, time and content", "ballots"),
    check("EG1.secrets", "no nonce of a cast ballot is published", "ballots"),
    check("EG1.membership", "every α and β is in the group", "ballots"),
    check("EG1.selection-proof", "every option and placeholder is proved to be 0 or 1", "ballots"),
)
LIMITS = (
    check("EG1.accumulation", "the sum of every contest is that of its options and placeholders", "selection rule"),
    check("EG1.limit-proof", "every contest is proved to add up to its limit", "selection rule"),
)
CHUNK = 4
CAST, SPOILED = (1,), (2, 3)
"""States of the ballot box: later versions call 2 challenged and 3 spoiled."""


@dataclass(frozen=True, slots=True)
class SelectionProof:
    """(a0, b0), (a1, b1), c0, c1, c, v0, v1."""

    commitments: tuple[Element, Element, Element, Element]
    challenges: tuple[Scalar, Scalar, Scalar]
    responses: tuple[Scalar, Scalar]


@dataclass(frozen=True, slots=True)
class EncryptedSelection:
    """An option or placeholder on a ballot."""

    described: Selection
    ciphertext: Ciphertext
    hash: Scalar
    proof: SelectionProof


@dataclass(frozen=True, slots=True)
class BallotContest:
    """A contest on a ballot, its options first, in their order."""

    described: ContestDescription
    selections: tuple[EncryptedSelection, ...]
    total: Ciphertext
    hash: Scalar
    proof: tuple[Element, Element, Scalar, Scalar, int]


@dataclass(frozen=True, slots=True)
class Ballot:
    """A ballot; ``secret``: a nonce is published with it."""

    id: str
    state: int
    style: str
    seed: Scalar
    timestamp: int
    manifest_hash: Scalar
    hash: Scalar
    code: Scalar
    contests: tuple[BallotContest, ...]
    secret: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some ballots as JSON, and what is needed to judge them."""

    context: Context
    manifest: ManifestDescription
    ballots: tuple[tuple[str, Any], ...]
    total: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found of a chunk: of every ballot its content, None where it cannot be read."""

    ledger: Ledger
    ballots: tuple[Ballot | None, ...]


def judge(chunk: Chunk) -> Judged:
    """Verify every ballot of a chunk."""
    ledger, context = Ledger(), chunk.context
    window = window_for(chunk.total * 8 * sum(len(one.selections) for one in chunk.manifest.contests.values()), most=10)
    g, K = (fixed(base, window) for base in (context.group.g, context.K))
    found = [_parsed(ledger, chunk, name, content) for name, content in chunk.ballots]
    compute(together([_judging(ledger, context, g, K, ballot) for ballot in found if ballot is not None]))
    return Judged(ledger, tuple(found))


def _parsed(ledger: Ledger, chunk: Chunk, name: str, content: Any) -> Ballot | None:  # noqa: ANN401
    place = Place(ballot=name.rsplit("/", 1)[-1])
    try:
        ballot = parse_ballot(content, chunk.context, chunk.manifest, name)
    except ParseError as error:
        ledger.check("EG1.ballot-format", False, str(error), place)
        return None
    ledger.check("EG1.ballot-format", True, "", place)
    return ballot


def parse_ballot(content: Any, context: Context, manifest: ManifestDescription, where: str) -> Ballot:  # noqa: ANN401
    """Parse a ballot; it has every contest of its style, and nothing else.

    Raises:
        ParseError: naming the field.
    """
    group, style = context.group, text(content, "style_id", where)
    if style not in manifest.styles:
        raise ParseError(where, "there is no such ballot style in the manifest", "style_id")
    state = whole(content, "state", where)
    if state not in CAST + SPOILED:
        raise ParseError(where, "the ballot is neither cast nor spoiled", "state")
    contests = listed(content, "contests", where)
    ids = [text(one, "object_id", where) for one in contests]
    if sorted(ids) != sorted(manifest.styles[style]):
        raise ParseError(where, "the contests are not those of the style", "contests")
    hashes = (scalar(content, name, group, where) for name in ("code_seed", "manifest_hash", "crypto_hash", "code"))
    seed, manifest_hash, crypto_hash, code = hashes
    return Ballot(
        text(content, "object_id", where),
        state,
        style,
        seed,
        whole(content, "timestamp", where),
        manifest_hash,
        crypto_hash,
        code,
        tuple(_contest(one, context, manifest.contests[text(one, "object_id", where)], where) for one in contests),
        _has_nonce(content),
    )


def _has_nonce(content: Any) -> bool:  # noqa: ANN401
    pending = [content]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            if item.get("nonce") is not None:
                return True
            pending += [value for value in item.values() if isinstance(value, dict | list)]
        elif isinstance(item, list):
            pending += item
    return False


def _contest(content: Any, context: Context, described: ContestDescription, where: str) -> BallotContest:  # noqa: ANN401
    group, place = context.group, f"{where} {described.id}"
    if scalar(content, "description_hash", group, place) != described.hash:
        raise ParseError(place, "the contest is described otherwise in the manifest", "description_hash")
    selections = [_selection(one, context, described, place) for one in listed(content, "ballot_selections", place)]
    selections.sort(key=lambda one: one.described.order)
    options = [one for one in selections if one.described.id in described.selections]
    if {one.described.id for one in options} != described.selections.keys() or len(options) != len(
        described.selections
    ):
        raise ParseError(place, "the options are not those of the manifest", "ballot_selections")
    orders = {one.described.order for one in selections}
    if len(selections) != len(options) + described.limit or len(orders) < len(selections):
        raise ParseError(place, f"expected {described.limit} placeholders", "ballot_selections")
    proof = member(content, "proof", place)
    constant = whole(proof, "constant", f"{place} proof")
    a, b = (element(proof, name, group, f"{place} proof") for name in ("pad", "data"))
    c, v = (scalar(proof, name, group, f"{place} proof") for name in ("challenge", "response"))
    return BallotContest(
        described,
        tuple(selections),
        ciphertext(content, "ciphertext_accumulation", group, place),
        scalar(content, "crypto_hash", group, place),
        (a, b, c, v, constant),
    )


def _selection(content: Any, context: Context, contest: ContestDescription, where: str) -> EncryptedSelection:  # noqa: ANN401
    group, name = context.group, text(content, "object_id", where)
    known = contest.selections.get(name)
    stands_in = member(content, "is_placeholder_selection", where)
    if stands_in is not (known is None):
        raise ParseError(where, "an option is called a placeholder, or is none of the contest's", "object_id")
    described = known or contest.placeholder(group, whole(content, "sequence_order", where))
    if described.id != name or scalar(content, "description_hash", group, where) != described.hash:
        raise ParseError(where, "the option is described otherwise in the manifest", "description_hash")
    place = f"{where} {name} proof"
    proof = member(content, "proof", f"{where} {name}")
    commitments = ("proof_zero_pad", "proof_zero_data", "proof_one_pad", "proof_one_data")
    a0, b0, a1, b1 = (element(proof, part, group, place) for part in commitments)
    challenges = ("proof_zero_challenge", "proof_one_challenge", "challenge")
    c0, c1, c = (scalar(proof, part, group, place) for part in challenges)
    v0, v1 = (scalar(proof, part, group, place) for part in ("proof_zero_response", "proof_one_response"))
    return EncryptedSelection(
        described,
        ciphertext(content, "ciphertext", group, f"{where} {name}"),
        scalar(content, "crypto_hash", group, f"{where} {name}"),
        SelectionProof((a0, b0, a1, b1), (c0, c1, c), (v0, v1)),
    )


def _judging(ledger: Ledger, context: Context, g: FixedBase, K: FixedBase, ballot: Ballot) -> Computation[None]:
    place, group = Place(ballot=ballot.id), context.group
    ledger.check("EG1.ballot-hashes", _hashes_fit(context, ballot), "a hash is another", place)
    code = H(group, ballot.seed, ballot.timestamp, ballot.hash)
    ledger.check("EG1.code", code == ballot.code, "the code is another", place)
    if ballot.state in CAST:
        ledger.check("EG1.secrets", not ballot.secret, "a nonce is published: the vote is no secret", place)
    running = [
        _judging_contest(ledger, context, g, K, contest, place.within(contest.described.id))
        for contest in ballot.contests
    ]
    yield from together(running)


def _hashes_fit(context: Context, ballot: Ballot) -> bool:
    group = context.group
    for contest in ballot.contests:
        for selection in contest.selections:
            inner = H(group, selection.ciphertext.alpha, selection.ciphertext.beta)
            if selection.hash != H(group, selection.described.id, selection.described.hash, inner):
                return False
        hashes = [selection.hash for selection in contest.selections]
        if contest.hash != H(group, contest.described.id, contest.described.hash, *hashes):
            return False
    contests = [contest.hash for contest in ballot.contests]
    whole_ballot = H(group, ballot.id, ballot.manifest_hash, *contests)
    return ballot.hash == whole_ballot and ballot.manifest_hash == context.manifest_hash


def _judging_contest(
    ledger: Ledger, context: Context, g: FixedBase, K: FixedBase, contest: BallotContest, place: Place
) -> Computation[None]:
    yield from together([_judging_selection(ledger, context, g, K, one, place) for one in contest.selections])
    total = _product(contest.selections)
    ledger.check("EG1.accumulation", total == contest.total, "the sum is another", place)
    a, b, c, v, constant = contest.proof
    minus, level = context.group.scalar(-int(c.value)), context.group.scalar(constant)
    alpha, beta = NewBase(total.alpha), NewBase(total.beta)
    answer = yield Request([g**v * alpha**minus, K**v * g ** (c * level) * beta**minus])
    expected = H(context.group, context.extended_hash, total.alpha, total.beta, a, b)
    holds = constant == contest.described.limit and list(answer.values) == [a, b] and expected == c
    ledger.check("EG1.limit-proof", holds, f"the proof of {contest.described.limit} does not hold", place)


def _product(selections: tuple[EncryptedSelection, ...]) -> Ciphertext:
    result = selections[0].ciphertext
    for one in selections[1:]:
        result = result * one.ciphertext
    return result


def _judging_selection(
    ledger: Ledger, context: Context, g: FixedBase, K: FixedBase, selection: EncryptedSelection, place: Place
) -> Computation[None]:
    """Check a0 = g^v0·α^−c0, b0 = K^v0·β^−c0, a1 = g^v1·α^−c1, b1 = K^v1·g^c1·β^−c1, c0 + c1 = c = H(Q̄, α, β, …)."""
    within, group = place.within(option=selection.described.id), context.group
    alpha, beta = NewBase(selection.ciphertext.alpha), NewBase(selection.ciphertext.beta)
    (c0, c1, c), (v0, v1) = selection.proof.challenges, selection.proof.responses
    minus0, minus1 = (group.scalar(-int(one.value)) for one in (c0, c1))
    values = [g**v0 * alpha**minus0, K**v0 * beta**minus0, g**v1 * alpha**minus1, K**v1 * g**c1 * beta**minus1]
    answer = yield Request(values, [alpha, beta])
    ledger.check("EG1.membership", all(answer.members), "α or β is not in the group", within)
    stated = selection.proof.commitments
    expected = H(group, context.extended_hash, selection.ciphertext.alpha, selection.ciphertext.beta, *stated)
    holds = tuple(answer.values) == stated and c0 + c1 == c == expected
    ledger.check("EG1.selection-proof", holds, "the proof of 0 or 1 does not hold", within)


def each_option(ballot: Ballot, placeholders: bool = False) -> Iterator[tuple[str, str, Ciphertext]]:
    """Yield contest, option and ciphertext of every option, or of every placeholder."""
    for contest in ballot.contests:
        for selection in contest.selections:
            if (selection.described.id not in contest.described.selections) is placeholders:
                yield contest.described.id, selection.described.id, selection.ciphertext
