"""Policies (C2SP tlog-policy): which logs are believed, and which witnesses must have cosigned a checkpoint.

A policy is what a reader trusts; everything else follows from it. As a file it is read by whoever uses the format.

Narrower than the specification: the file is UTF-8 and at most 64 KiB; at most 64 logs, 64 witnesses and 64 groups; keys
of logs have type 01 and those of witnesses 04; no key is in the file twice, not even once as a log's and once as a
witness's, and no two have the same name and identifier.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from e2evote.board import checkpoint as checkpoints
from e2evote.board import cosignature
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.lines import parse_decimal
from e2evote.board.notes import KeyKind, Note, VerifierKey
from e2evote.errors import ParseError, VerificationError

MAX_POLICY = 64 * 1024
MAX_EACH = 64
"""Logs, witnesses and groups of a policy, each."""

_NONE = "none"
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SPACE = re.compile(r"[ \t]+")


@dataclass(frozen=True, slots=True)
class Log:
    """A log that is believed; the key's name is its origin."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness, under the name that it has in the policy."""

    name: str
    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """So many of these members, which are witnesses and groups defined before."""

    name: str
    threshold: int
    members: tuple[str, ...]


Member: TypeAlias = Witness | Group


@dataclass(frozen=True, slots=True)
class Policy:
    """What is asked of a checkpoint; ``quorum`` names a witness or group, None asks for no cosignature.

    ``members`` has witnesses and groups in the order of their definition.

    Raises:
        ParseError: a rule of the format is broken.
    """

    logs: tuple[Log, ...]
    members: tuple[Member, ...]
    quorum: str | None

    def __post_init__(self) -> None:
        _check(self)

    @property
    def witnesses(self) -> dict[str, Witness]:
        """The witnesses by their names."""
        return {member.name: member for member in self.members if isinstance(member, Witness)}

    @classmethod
    def parse(cls, data: bytes) -> "Policy":
        """Read a policy file; ``encode`` does not bring back its comments and spaces.

        Raises:
            ParseError: with the number of the line.
        """
        reader = _Reader()
        for number, line in enumerate(_lines(data), 1):
            items = [item for item in _SPACE.split(line) if item]
            if items and not items[0].startswith("#"):
                reader.read(items, f"policy:{number}")
        if reader.quorum is None:
            raise ParseError("policy", "expected one quorum line")
        return cls(tuple(reader.logs), tuple(reader.members), None if reader.quorum == _NONE else reader.quorum)

    def encode(self) -> bytes:
        """Return the policy as a file, without comments."""
        lines = [_line("log", log.key, log.url) for log in self.logs]
        for member in self.members:
            if isinstance(member, Witness):
                lines.append(_line("witness", member.name, member.key, member.url))
            else:
                lines.append(_line("group", member.name, member.threshold, *member.members))
        return "".join((*lines, _line("quorum", self.quorum or _NONE))).encode()


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A checkpoint that satisfies a policy.

    ``times`` says when witnesses of the policy have cosigned it, by their names there; there may be more than the
    quorum asks for.
    """

    checkpoint: Checkpoint
    note: Note
    times: Mapping[str, int]


def at_least(threshold: int, witnesses: Sequence[Witness], logs: Sequence[Log]) -> Policy:
    """Return the policy that asks for so many of the witnesses; 0 asks for none.

    Raises:
        ParseError: there are not so many, or a name or key is there twice.
    """
    if threshold == 0:
        return Policy(tuple(logs), tuple(witnesses), None)
    group = Group(f"at-least-{threshold}", threshold, tuple(witness.name for witness in witnesses))
    return Policy(tuple(logs), (*witnesses, group), group.name)


def verify(data: bytes, policy: Policy) -> Witnessed:
    """Return the checkpoint of a note if the policy is satisfied.

    Raises:
        ParseError: the data are no note, or its text is no checkpoint.
        VerificationError: no log of the policy has signed it, a known key's signature does not hold, or the quorum has
            not cosigned.
    """
    note = Note.parse(data)
    return Witnessed(verify_log(note, policy), note, verify_witnesses(note, policy))


def verify_log(note: Note, policy: Policy) -> Checkpoint:
    """Return the checkpoint of a note that a log of the policy has signed, whoever has cosigned it.

    Raises:
        ParseError: the note's text is no checkpoint.
        VerificationError: no log of the policy has signed it, or a known key's signature does not hold.
    """
    return checkpoints.verify(note, [log.key for log in policy.logs])


def verify_witnesses(note: Note, policy: Policy) -> dict[str, int]:
    """Return when witnesses of the policy, enough for its quorum, have cosigned a note, whoever has signed it.

    Raises:
        ParseError: the note's text is no checkpoint.
        VerificationError: a known witness's cosignature does not hold, or the quorum has not cosigned.
    """
    times = cosignature.verify(note, [witness.key for witness in policy.witnesses.values()])
    seen = {name: times[witness.key] for name, witness in policy.witnesses.items() if witness.key in times}
    _verify_quorum(policy, seen)
    return seen


def _verify_quorum(policy: Policy, seen: Mapping[str, int]) -> None:
    satisfied: set[str] = set()
    for member in policy.members:  # members of a group are defined before it
        if isinstance(member, Witness):
            holds = member.name in seen
        else:
            holds = sum(name in satisfied for name in member.members) >= member.threshold
        if holds:
            satisfied.add(member.name)
    if policy.quorum is not None and policy.quorum not in satisfied:
        raise VerificationError(
            f"checkpoint: cosigned by {len(seen)} known witnesses ({', '.join(sorted(seen)) or 'none'}), "
            f"which do not make up the quorum {policy.quorum}"
        )


# --------------------------------------------------------------------------------------------------------- the file


def _lines(data: bytes) -> list[str]:
    if len(data) > MAX_POLICY:
        raise ParseError("policy", f"more than {MAX_POLICY} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParseError("policy", f"not UTF-8 at byte {error.start}") from None
    if not text.endswith("\n"):
        raise ParseError("policy", "expected a newline at the end")
    if _FORBIDDEN.search(text):
        raise ParseError("policy", "a control character other than tab and newline")
    return text[:-1].split("\n")


@dataclass(slots=True)
class _Reader:
    """What the lines so far have defined."""

    logs: list[Log] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    quorum: str | None = None

    def read(self, items: list[str], where: str) -> None:
        """Take one line's items."""
        match items:
            case ["log", key, *url] if len(url) < 2:
                self.logs.append(Log(_key(key, where), *url))
            case ["witness", name, key, *url] if len(url) < 2:
                self.members.append(Witness(name, _key(key, where), *url))
            case ["group", name, threshold, *members] if members:
                self._refer(members, where)
                self.members.append(Group(name, _threshold(threshold, len(members), where), tuple(members)))
            case ["quorum", name]:
                if self.quorum is not None:
                    raise ParseError(where, "a second quorum line")
                if name != _NONE:
                    self._refer([name], where)
                self.quorum = name
            case _:
                raise ParseError(where, "expected log, witness, group or quorum with what belongs to it")

    def _refer(self, names: list[str], where: str) -> None:
        defined = {member.name for member in self.members}
        for name in names:
            if name not in defined:
                raise ParseError(where, "no line before defines this name", name)


def _key(text: str, where: str) -> VerifierKey:
    try:
        return VerifierKey.parse(text)
    except ParseError as error:
        raise ParseError(where, error.problem, error.field or "key") from None


def _threshold(text: str, count: int, where: str) -> int:
    return {"any": 1, "all": count}[text] if text in ("any", "all") else parse_decimal(text, where, "threshold")


def _line(*items: object) -> str:
    return " ".join(str(item) for item in items if item is not None) + "\n"


def _check(policy: Policy) -> None:
    """Check the rules that concern the whole policy."""
    witnesses = [member for member in policy.members if isinstance(member, Witness)]
    if max(len(policy.logs), len(witnesses), len(policy.members) - len(witnesses)) > MAX_EACH:
        raise ParseError("policy", f"more than {MAX_EACH} logs, witnesses or groups")
    _check_keys([log.key for log in policy.logs], KeyKind.ED25519)
    _check_keys([witness.key for witness in witnesses], KeyKind.COSIGNATURE)
    holders: list[Log | Witness] = [*policy.logs, *witnesses]
    keys = [holder.key for holder in holders]
    if len({key.public for key in keys}) < len(keys):
        raise ParseError("policy", "one key is there twice")
    if len({(key.name, key.id) for key in keys}) < len(keys):
        raise ParseError("policy", "two keys have the same name and identifier")
    for holder in holders:
        if holder.url is not None:
            _check_item(holder.url)
    _check_names(policy)


def _check_keys(keys: list[VerifierKey], kind: KeyKind) -> None:
    for key in keys:
        if key.kind is not kind:
            raise ParseError("policy", f"expected a key of type {kind:02x}, found {key.kind:02x}", key.name)


def _check_names(policy: Policy) -> None:
    defined: set[str] = set()
    used: set[str] = set()
    for member in policy.members:
        _check_item(member.name)
        if member.name in defined or member.name == _NONE:
            raise ParseError("policy", "the name is there twice, or it is none", member.name)
        if isinstance(member, Group):
            if not 1 <= member.threshold <= len(member.members):
                raise ParseError("policy", f"expected a threshold from 1 to {len(member.members)}", member.name)
            for name in member.members:
                if name not in defined:
                    raise ParseError("policy", f"{name} is not defined before", member.name)
                if name in used:
                    raise ParseError("policy", f"{name} is a member already, of this group or another", member.name)
                used.add(name)
        defined.add(member.name)
    if policy.quorum is not None and policy.quorum not in defined:
        raise ParseError("policy", "it is not defined before", policy.quorum)


def _check_item(text: str) -> None:
    if not text or _SPACE.search(text) or "\n" in text or _FORBIDDEN.search(text):
        raise ParseError("policy", "expected a name or URL without spaces and control characters")
