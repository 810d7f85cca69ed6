"""A monitor: follows one board, keeps every checkpoint it ever saw, and says what is wrong.

```
STATE/policy             the policy by which the board is judged, from the first run on
STATE/notes/<size>-<root>  every checkpoint seen, from the board or from anybody else, signed by the board
STATE/mirror/…           a mirror of the board, whose hashes were verified
STATE/evidence/…         what proves that the board signed two different trees; files that a booth served and should not
STATE/alarms.ndjson      every alarm, once
```

A run can be interrupted at any time. Whatever checkpoint of the board the monitor is shown, wherever it comes from, is
compared with all others: that is how a board is caught that shows different people different trees.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from e2evote.board import cosignature
from e2evote.board import policy as policies
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.faces import contradiction
from e2evote.board.mirror import Report, Source, mirror
from e2evote.board.notes import Note, Signature
from e2evote.board.places import Folder
from e2evote.board.policy import Policy
from e2evote.board.tree import Tree, object_path
from e2evote.election.alarms import Alarm, Rules, Seen, Watch, bursts, stale, times_apart
from e2evote.election.booth_watch import BoothWatch, Found, Listed, lists_of, replaced
from e2evote.election.objects import named
from e2evote.encoding import hex_of
from e2evote.errors import CheckError, ParseError, VerificationError
from e2evote.files import write_atomically
from e2evote.record import layout
from e2evote.record.codec import dump, parse
from e2evote.record.entries import Entry, parse_entry

MOST_VERSIONS = 8
"""Of so many versions of one file of a booth there is an alarm: who serves another each time fills no disk."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint that the board signed, and where its note is kept."""

    path: Path
    note: bytes
    checkpoint: Checkpoint
    times: tuple[int, ...]


class State:
    """A monitor's folder."""

    def __init__(self, root: Path, policy: Policy) -> None:
        """Open the folder, or make it.

        Raises:
            CheckError: it is a monitor's of another board or policy.
        """
        self.root, self.policy = root, policy
        keys = [log.key for log in policy.logs] + [witness.key for witness in policy.witnesses.values()]
        self._keys = {(key.name, key.id) for key in keys}
        kept = root / "policy"
        if kept.exists() and Policy.parse(kept.read_bytes()) != policy:
            raise CheckError(f"{root}: this folder watches a board by another policy; take a new one")
        if not kept.exists():
            write_atomically(kept, policy.encode())
        self._known = {(alarm.kind, alarm.about) for alarm in self.alarms()}

    @property
    def mirror(self) -> Path:
        """Where the mirror is."""
        return self.root / "mirror"

    def alarms(self) -> list[Alarm]:
        """Return every alarm so far.

        Raises:
            ParseError: the file is damaged.
        """
        path = self.root / "alarms.ndjson"
        lines = path.read_bytes().splitlines() if path.exists() else []
        return [parse(Alarm, line, f"{path}:{number}") for number, line in enumerate(lines, 1)]

    def add(self, alarms: Iterable[Alarm]) -> list[Alarm]:
        """Keep alarms and return those that are new; of the same kind about the same thing the first is kept."""
        found: dict[tuple[str, str], Alarm] = {}
        for alarm in alarms:
            if self.is_new(alarm):
                found.setdefault((alarm.kind, alarm.about), alarm)
        new = list(found.values())
        if new:
            path = self.root / "alarms.ndjson"
            before = path.read_bytes() if path.exists() else b""
            write_atomically(path, before + b"".join(dump(alarm) + b"\n" for alarm in new))
            self._known |= found.keys()
        return new

    def is_new(self, alarm: Alarm) -> bool:
        """Tell whether there was no such alarm yet."""
        return (alarm.kind, alarm.about) not in self._known

    def notes(self) -> Iterator[Kept]:
        """Yield every checkpoint seen.

        Raises:
            ParseError, VerificationError: a file is damaged.
        """
        for path in sorted((self.root / "notes").glob("[0-9]*")):
            yield self._kept(path, path.read_bytes())

    def keep(self, data: bytes) -> Kept:
        """Keep a checkpoint with the signatures that the policy knows; of one that is kept already, those that are new.

        Raises:
            ParseError, VerificationError: the board has not signed it, or it is no checkpoint.
        """
        note = Note.parse(data)
        checkpoint = policies.verify_log(note, self.policy)
        path = self.root / "notes" / f"{checkpoint.size:016}-{hex_of(checkpoint.root)[:16]}"
        before = path.read_bytes() if path.exists() else None
        first: dict[tuple[str, bytes], Signature] = {}
        for each in (*(Note.parse(before).signatures if before is not None else ()), *note.signatures):
            if (each.name, each.key_id) in self._keys:
                first.setdefault((each.name, each.key_id), each)
        kept = self._kept(path, Note(note.text, tuple(first.values())).encode())
        if kept.note != before:
            write_atomically(path, kept.note)
        return kept

    def _kept(self, path: Path, data: bytes) -> Kept:
        note = Note.parse(data)
        checkpoint = policies.verify_log(note, self.policy)
        times = cosignature.verify(note, [witness.key for witness in self.policy.witnesses.values()])
        return Kept(path, data, checkpoint, tuple(sorted(times.values())))


@dataclass(frozen=True, slots=True)
class Run:
    """What one run saw: how many entries there are now, how many were new, new alarms, and what could not be read."""

    size: int
    new: int
    alarms: tuple[Alarm, ...]
    unread: tuple[str, ...] = ()


class Monitor:
    """Follows one board; ``look`` once, or again and again."""

    def __init__(self, state: State, rules: Rules, booth: BoothWatch | None = None) -> None:
        """Take the folder, what is plausible, and what watches the booth."""
        self._state, self._rules, self._booth = state, rules, booth
        self._watch = Watch()

    def look(
        self, source: Source, now: int, also: Sequence[tuple[str, bytes]] = (), report: Report | None = None
    ) -> Run:
        """Look once.

        Args:
            source: the board.
            now: seconds since 1970.
            also: checkpoints that somebody else was shown, and who.
            report: takes how many entries were looked at, and how many there are.

        Raises:
            StorageError: the board cannot be reached, or the folder not be written.
        """
        alarms: list[Alarm] = []
        before = self._held()
        shown = self._shown(source, alarms)
        for name, data in also:
            try:
                self._state.keep(data)
            except (ParseError, VerificationError) as error:
                alarms.append(Alarm(kind="foreign", about=name, message=f"{name}: {error}"))
        if shown is not None:
            alarms += self._follow(source, shown, before, report)
        held = self._held()
        alarms += self._compared(held, now)
        alarms += self._entries(held)
        if not self._watch.standing.ended and (late := stale(self._seen(), now, self._rules)) is not None:
            alarms.append(late)
        lists = self._lists(held, alarms)
        found = self._state.add(alarms)  # before a booth can take its time
        at_booth, unread = self._look_at_booth(lists, now)
        size = 0 if held is None else held.checkpoint.size
        new = size - (0 if before is None else before.checkpoint.size)
        return Run(size, new, (*found, *at_booth), tuple(unread))

    def _held(self) -> Kept | None:
        """Return the checkpoint of the mirror."""
        path = self._state.mirror / "checkpoint"
        return self._state.keep(path.read_bytes()) if path.exists() else None

    def _shown(self, source: Source, alarms: list[Alarm]) -> Kept | None:
        """Return what the board shows now, None where the board has not signed it."""
        data = source.note()
        try:
            kept = self._state.keep(data)
        except (ParseError, VerificationError) as error:
            message = f"the checkpoint that is served: {error}"
            alarms.append(Alarm(kind="unsigned", about=hashlib.sha256(data).hexdigest()[:16], message=message))
            return None
        try:
            policies.verify_witnesses(Note.parse(data), self._state.policy)
        except VerificationError as error:
            alarms.append(Alarm(kind="unwitnessed", about=kept.path.name, message=str(error)))
            return None
        return kept

    def _follow(self, source: Source, shown: Kept, before: Kept | None, report: Report | None) -> list[Alarm]:
        """Bring the mirror to what the board shows, unless that is another tree."""
        tree = source.tree(shown.checkpoint)
        try:
            if before is not None and shown.checkpoint.size >= before.checkpoint.size:
                found = self._faced(before, shown, tree)
                if found is not None:
                    return [found]
            if before is not None and shown.checkpoint.size < before.checkpoint.size:
                sizes = f"the board shows {shown.checkpoint.size} entries after it showed {before.checkpoint.size}"
                return [Alarm(kind="older", about=shown.path.name, message=sizes)]
            mirrored = mirror(source, self._state.mirror, named, report)
        except VerificationError as error:
            return [Alarm(kind="unproved", about=shown.path.name, message=str(error))]
        except CheckError as error:
            return [Alarm(kind="older", about=shown.path.name, message=str(error))]
        what = "is missing, or is not what its name says"
        objects = map(hex_of, mirrored.missing)
        return [Alarm(kind="object", about=name, message=f"the object {name} {what}") for name in objects]

    def _compared(self, held: Kept | None, now: int) -> list[Alarm]:
        """Compare every checkpoint ever seen with the mirror."""
        if held is None:
            return []
        tree, alarms = Tree(Folder(self._state.mirror), held.checkpoint), []
        for kept in self._state.notes():
            if kept.checkpoint.size <= tree.size:
                found = self._faced(kept, held, tree)
                if found is not None:
                    alarms.append(found)
            elif kept.times and kept.times[0] < now - self._rules.skew:
                message = (
                    f"a witness has seen {kept.checkpoint.size} entries, and the board shows {tree.size} of them only"
                )
                name = self._name(kept.path)
                alarms.append(Alarm(kind="withheld", about=name, message=message, evidence=(name,)))
        return alarms

    def _faced(self, smaller: Kept, larger: Kept, tree: Tree) -> Alarm | None:
        found = contradiction(smaller.note, larger.note, tree)
        if found is None:
            return None
        data = found.encode()
        path = self._state.root / "evidence" / f"two-faces-{hashlib.sha256(data).hexdigest()[:16]}.json"
        sizes = f"{smaller.checkpoint.size} and {larger.checkpoint.size}"
        message = f"the board signed two trees, of {sizes} entries, of which neither continues the other"
        evidence = (self._name(smaller.path), self._name(larger.path), self._name(path))
        # of two trees of one size the names are in no order; a smaller one stays, while the board goes on growing
        same = smaller.checkpoint.size == larger.checkpoint.size
        about = min(smaller.path.name, larger.path.name) if same else smaller.path.name
        alarm = Alarm(kind="two-faces", about=about, message=message, evidence=evidence)
        if self._state.is_new(alarm):
            write_atomically(path, data)
        return alarm

    def _entries(self, held: Kept | None) -> list[Alarm]:
        """Read what is new in the mirror; a monitor that has just begun reads everything."""
        if held is None:
            return []
        tree, alarms = Tree(Folder(self._state.mirror), held.checkpoint), list[Alarm]()
        start = self._watch.standing.size
        for data in tree.entries(start, tree.size):
            alarms += self._watch.read(data)
        alarms += times_apart(self._parsed(tree, start), self._seen(), self._rules)
        return [*alarms, *bursts(self._watch.times, self._rules)]

    def _lists(self, held: Kept | None, alarms: list[Alarm]) -> list[Listed]:
        """Return the lists of the booth's files on the board, and judge them."""
        if held is None:
            return []
        tree = Tree(Folder(self._state.mirror), held.checkpoint)
        lists, wrong = lists_of(self._watch, tree.object)
        alarms += wrong
        alarms += replaced(lists, self._watch, lambda sha256: f"mirror/{object_path(sha256)}")
        return lists

    def _look_at_booth(self, lists: Sequence[Listed], now: int) -> tuple[list[Alarm], list[str]]:
        """Look at the booth while there is voting; return new alarms, each kept at once, and what could not be read."""
        if self._booth is None or self._watch.standing.has_file(layout.ENCRYPTED_TALLIES):
            return [], []
        if not lists:
            return [], ["the board has no list of the booth's files yet, with which they could be compared"]
        new, unread = list[Alarm](), list[str]()
        for found in self._booth.look(lists, now):
            if not isinstance(found, Found):
                unread.append(found.message)
            elif self._state.is_new(found.alarm) and self._versions(found) < MOST_VERSIONS:
                for name, data in found.evidence.items():
                    write_atomically(self._state.root / name, data)
                new += self._state.add([found.alarm])
        return new, unread

    def _versions(self, found: Found) -> int:
        """Return how many alarms there are of this kind about this file."""
        alarms = (alarm for alarm in self._state.alarms() if alarm.kind == found.alarm.kind)
        return sum(alarm.about.partition(" ")[0] == found.path for alarm in alarms)

    def _parsed(self, tree: Tree, start: int) -> Iterator[tuple[int, Entry]]:
        for index, data in enumerate(tree.entries(start, tree.size), start):
            try:
                yield index, parse_entry(data, f"entry {index}")
            except ParseError:
                continue  # an alarm of its own

    def _seen(self) -> list[Seen]:
        return [Seen(kept.checkpoint.size, kept.times[0]) for kept in self._state.notes() if kept.times]

    def _name(self, path: Path) -> str:
        return path.relative_to(self._state.root).as_posix()
