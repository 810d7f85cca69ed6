"""Who is right when a receipt and a board disagree: from evidence alone, so that everybody comes to the same verdict.

Evidence are checkpoints that the board signed, and leaves that are proved under them. The promise of a receipt is
broken where the board signed something else at its index, where its final checkpoint lacks it, or where a witness of
the policy saw, after the deadline, a tree without it, and nobody can show the entry in any signed tree. Times are those
of witnesses; a checkpoint has none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from e2evote.board import checkpoint as checkpoints
from e2evote.board import cosignature, merkle
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.notes import Note
from e2evote.board.policy import Policy
from e2evote.board.proof import Proof
from e2evote.election.receipts import Receipt, verify_receipt
from e2evote.election.times import time_of
from e2evote.errors import E2EVoteError, ParseError
from e2evote.record.entries import EndEntry, parse_entry

Verdict = Literal["included", "promise broken by the board", "not yet decidable", "receipt not genuine"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """An entry that is said to stand at an index, with the hashes that prove it."""

    index: int
    entry: bytes
    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A checkpoint's note, and leaves under it. Nothing of it is believed before it is verified."""

    note: bytes
    leaves: tuple[Leaf, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, why, what decided it, and which evidence was none.

    ``checkpoint`` is the note that decided; ``proof`` is that of the entry, where it is included.
    """

    verdict: Verdict
    reason: str
    receipt: Receipt | None = None
    checkpoint: bytes | None = None
    proof: Proof | None = None
    unusable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Shown:
    """Evidence that was verified."""

    note: bytes
    checkpoint: Checkpoint
    times: dict[str, int]
    leaves: tuple[Leaf, ...]


def adjudicate(receipt: bytes, policy: Policy, evidence: Iterable[Evidence]) -> Judgement:
    """Judge a receipt by a policy.

    Args:
        receipt: its bytes.
        policy: the log's key and its witnesses, as the one who asks trusts them.
        evidence: all there is, in any order; what does not verify is set aside and named in ``unusable``.
    """
    try:
        promise = verify_receipt(receipt, [log.key for log in policy.logs])
    except E2EVoteError as error:
        return Judgement("receipt not genuine", str(error))
    shown: list[_Shown] = []
    unusable: list[str] = []
    for each in evidence:
        try:
            shown.append(_verified(each, policy, promise.origin))
        except E2EVoteError as error:
            unusable.append(str(error))
    found = _replaced(promise, shown) or _left_out(promise, shown) or _included(promise, shown)
    found = found or _late(promise, shown) or _open(promise, policy, shown, unusable)
    return Judgement(found.verdict, found.reason, promise, found.checkpoint, found.proof, tuple(unusable))


def _verified(evidence: Evidence, policy: Policy, origin: str) -> _Shown:
    note = Note.parse(evidence.note)
    checkpoint = checkpoints.verify(note, [log.key for log in policy.logs if log.key.name == origin])
    seen = cosignature.verify(note, [witness.key for witness in policy.witnesses.values()])
    times = {name: seen[witness.key] for name, witness in policy.witnesses.items() if witness.key in seen}
    for leaf in evidence.leaves:
        hashed = merkle.leaf_hash(leaf.entry)
        merkle.verify_inclusion(hashed, leaf.index, checkpoint.size, leaf.hashes, checkpoint.root)
    return _Shown(evidence.note, checkpoint, times, evidence.leaves)


def _replaced(promise: Receipt, shown: Iterable[_Shown]) -> Judgement | None:
    for each in shown:
        for leaf in each.leaves:
            if leaf.index == promise.index and leaf.entry != promise.entry:
                reason = f"the board signed a log of {each.checkpoint.size} entries with another entry {leaf.index}"
                return _broken(reason, each)
    return None


def _left_out(promise: Receipt, shown: Iterable[_Shown]) -> Judgement | None:
    for each in shown:
        size = each.checkpoint.size
        if size <= promise.index and any(leaf.index == size - 1 and _is_end(leaf.entry) for leaf in each.leaves):
            return _broken(f"the election ended with {size} entries, and entry {promise.index} is none of them", each)
    return None


def _included(promise: Receipt, shown: Iterable[_Shown]) -> Judgement | None:
    """Return the inclusion in the tree that a witness saw first; where none saw any, in the smallest."""
    found = [(each, leaf) for each in shown for leaf in each.leaves if leaf.index == promise.index]
    if not found:
        return None
    each, leaf = min(found, key=lambda pair: (min(pair[0].times.values(), default=1 << 63), pair[0].checkpoint.size))
    seen = min(each.times.values(), default=None)
    when = "no witness of the policy has cosigned it" if seen is None else f"seen by a witness at {time_of(seen)}"
    reason = f"entry {promise.index} of {each.checkpoint.size} is the promised one; {when}"
    return Judgement("included", reason, None, each.note, Proof(leaf.index, leaf.hashes, Note.parse(each.note)))


def _late(promise: Receipt, shown: Iterable[_Shown]) -> Judgement | None:
    for each in shown:
        for name, time in each.times.items():
            if each.checkpoint.size <= promise.index and time > promise.due:
                return _broken(
                    f"at {time_of(time)}, after the deadline {promise.deadline}, the witness {name} saw a log of "
                    f"{each.checkpoint.size} entries, without entry {promise.index}",
                    each,
                )
    return None


def _open(promise: Receipt, policy: Policy, shown: list[_Shown], unusable: list[str]) -> Judgement:
    """Say what is missing for a verdict."""
    if not shown:
        why = f" ({unusable[0]})" if unusable else ""
        return _undecided(f"there is no checkpoint of the board to judge by{why}")
    largest = max(shown, key=lambda each: each.checkpoint.size)
    size = largest.checkpoint.size
    if size > promise.index:
        why = f": {unusable[0]}" if unusable else ""
        return _undecided(f"the board signed {size} entries and does not show which is entry {promise.index}{why}")
    if not policy.witnesses:
        return _undecided(f"the board signed {size} entries, and no witness says when; only its end can decide")
    return _undecided(
        f"the newest checkpoint has {size} entries and no witness cosigned it after the deadline {promise.deadline}"
    )


def _undecided(reason: str) -> Judgement:
    return Judgement("not yet decidable", reason)


def _broken(reason: str, shown: _Shown) -> Judgement:
    return Judgement("promise broken by the board", reason, None, shown.note)


def _is_end(entry: bytes) -> bool:
    try:
        return isinstance(parse_entry(entry, "entry"), EndEntry)
    except ParseError:
        return False
