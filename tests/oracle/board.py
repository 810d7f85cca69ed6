"""The bulletin board: Merkle tree, checkpoint, policy and cosignatures.

RFC 6962 (section 2.1), and signed-note, tlog-checkpoint, tlog-cosignature and tlog-policy of C2SP.
"""

import base64
import hashlib
import re
from dataclasses import dataclass, field

from . import ed25519
from .strict_json import OracleParseError, refuse

LOG, WITNESS = 1, 4
"""Types of keys: Ed25519, and Ed25519 for cosignatures with a time."""
MOST = 64


@dataclass
class Key:
    """A verifier key."""

    name: str
    id: bytes
    public: bytes


@dataclass
class Policy:
    """Logs and witnesses by key, groups by name with their thresholds, and the name that makes the quorum."""

    logs: list[Key] = field(default_factory=list)
    witnesses: dict[str, Key] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    quorum: str = "none"

    def is_satisfied(self, name: str, cosigned: set[str]) -> bool:
        """Whether this witness, or enough of this group, cosigned."""
        if name in self.groups:
            threshold, names = self.groups[name]
            return sum(self.is_satisfied(member, cosigned) for member in names) >= threshold
        return name == "none" or name in cosigned


@dataclass
class Checkpoint:
    """A signed note that states size and root of a tree: (name, id, signature) of each signature."""

    text: bytes
    origin: str
    size: int
    root: bytes
    signatures: list[tuple[str, bytes, bytes]]

    def of(self, key: Key) -> list[bytes]:
        return [signature for name, number, signature in self.signatures if (name, number) == (key.name, key.id)]

    def signatures_by(self, key: Key) -> list[bool]:
        """For each signature that claims to be the log's whether it is."""
        return [ed25519.verifies(key.public, self.text, signature) for signature in self.of(key)]

    def cosignatures_by(self, key: Key) -> list[bool]:
        """For each cosignature that claims to be this witness's whether it is."""
        return [self._is_cosigned(key, signature) for signature in self.of(key)]

    def _is_cosigned(self, key: Key, signature: bytes) -> bool:
        time = int.from_bytes(signature[:8], "big")
        message = f"cosignature/v1\ntime {time}\n".encode() + self.text
        in_range = len(signature) == 72 and 0 < time < 2**63
        return in_range and ed25519.verifies(key.public, message, signature[8:])


def root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, by its definition."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k = 2 * k
    return hashlib.sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


def read_checkpoint(content: bytes, where: str) -> Checkpoint:
    try:
        note = content.decode("utf-8")
    except UnicodeDecodeError:
        refuse(where, "not UTF-8")
    if any(ord(character) < 0x20 and character != "\n" for character in note):
        refuse(where, "a control character")
    text, separator, lines = note.rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        refuse(where, "no signed note")
    text += "\n"
    body = text[:-1].split("\n")
    if len(body) != 3 or not body[0] or not re.fullmatch("0|[1-9][0-9]{0,18}", body[1]) or int(body[1]) >= 2**63:
        refuse(where, "no checkpoint without extension lines")
    return Checkpoint(
        text=text.encode(),
        origin=body[0],
        size=int(body[1]),
        root=_base64(body[2], where, 32),
        signatures=[_signature(line, where) for line in lines[:-1].split("\n")],
    )


def _signature(line: str, where: str) -> tuple[str, bytes, bytes]:
    match = re.fullmatch("— ([^ ]+) ([^ ]+)", line)
    if match is None or not _is_name(match[1]):
        refuse(where, "no signature line")
    content = _base64(match[2], where)
    if len(content) <= 4:
        refuse(where, "a signature is too short")
    return match[1], content[:4], content[4:]


def _is_name(text: str) -> bool:
    return bool(text) and not any(character.isspace() or character == "+" for character in text)


def _base64(text: str, where: str, length: int | None = None) -> bytes:
    try:
        content = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        refuse(where, "not base64")
    if base64.b64encode(content).decode() != text or length not in (None, len(content)):
        refuse(where, "not base64 in its one form, or not of its length")
    return content


def read_policy(lines: list[str]) -> tuple[Policy, list[str]]:
    """The policy in a manifest, and the rules that its lines break."""
    policy, broken, quorums = Policy(), list[str](), 0
    members: set[str] = set()
    for line in lines:
        words = re.split("[ \t]+", line.strip(" \t"))
        if re.search("[\x00-\x08\x0a-\x1f\x7f]", line):
            broken.append("board: a control character, or more than a line")
            continue
        if words[0].startswith("#") or words == [""]:
            continue
        try:
            if words[0] == "log" and len(words) in (2, 3):
                policy.logs.append(_key(words[1], LOG))
            elif words[0] == "witness" and len(words) in (3, 4):
                _define(policy, words[1])
                policy.witnesses[words[1]] = _key(words[2], WITNESS)
            elif words[0] == "group" and len(words) >= 4:
                _define(policy, words[1])
                policy.groups[words[1]] = _group(policy, words[2], words[3:], members)
            elif words[0] == "quorum" and len(words) == 2:
                quorums += 1
                policy.quorum = words[1]
                if words[1] != "none" and words[1] not in policy.witnesses and words[1] not in policy.groups:
                    refuse(words[1], "nobody of this name before")
            else:
                refuse(line, "no line of a policy")
        except OracleParseError as error:
            broken.append(f"board: {error}")
    keys = [key.public for key in (*policy.logs, *policy.witnesses.values())]
    if len(policy.logs) != 1 or quorums != 1 or len(set(keys)) != len(keys):
        broken.append("board: not exactly one log and one quorum, or a key twice")
    if max(len(policy.witnesses), len(policy.groups)) > MOST:
        broken.append(f"board: more than {MOST} witnesses or groups")
    return policy, broken


def _key(text: str, kind: int) -> Key:
    name, _, rest = text.partition("+")
    number, _, content = rest.partition("+")
    decoded = _base64(content, text)
    key_id = hashlib.sha256(name.encode() + b"\n" + decoded).digest()[:4]
    if not _is_name(name) or number != key_id.hex() or len(decoded) != 33 or decoded[0] != kind:
        refuse(text, "no key of this type")
    if ed25519.has_small_order(decoded[1:]):
        refuse(text, "a key under which anybody can sign")
    return Key(name, key_id, decoded[1:])


def _define(policy: Policy, name: str) -> None:
    if name == "none" or name in policy.witnesses or name in policy.groups:
        refuse(name, "a name twice")


def _group(policy: Policy, how_many: str, names: list[str], members: set[str]) -> tuple[int, list[str]]:
    for name in names:
        if (name not in policy.witnesses and name not in policy.groups) or name in members:
            refuse(name, "nobody of this name before, or a member already")
        members.add(name)
    word = {"any": 1, "all": len(names)}
    if how_many not in word and not re.fullmatch("[1-9][0-9]{0,5}", how_many):
        refuse(how_many, "no threshold")
    threshold = word[how_many] if how_many in word else int(how_many)
    if threshold > len(names):
        refuse(how_many, "more than there are members")
    return threshold, names
