"""The bulletin board: the record is exactly what its checkpoint commits to.

Docs: docs/formats/board.md
"""

import hashlib
import re

from .board import Checkpoint, Policy, root
from .files import BOOTH, LAYOUT
from .record import PHASES, Entry
from .verdict import Checker

CHECKPOINT, ENTRIES = "board/checkpoint", "board/entries.ndjson"
OF_BALLOTS = re.compile(
    r"index\.json|board/.*|challenged_ballots\.ndjson|uncast_ballots\.ndjson"
    r"|devices/[0-9]+/((ballots|recorded)-[0-9]+|statuses)\.ndjson"
)
"""Files that have no entry of their own."""
SETUP = re.compile(
    r"manifest\.json|parameters\.json|hashes\.json|hashes_ext\.json|joint_election_public_key\.json|guardians/.*"
)
NEEDED = {"manifest.json", "parameters.json", "hashes.json", "hashes_ext.json", "joint_election_public_key.json"}
AFTER_THE_SUMS = {"tallies.ndjson", "exceptions.ndjson", "contest_data.ndjson"}
SUMS = "encrypted_tallies.ndjson"
ALLOWED = {"recorded": ("cast",), "opened": ("challenged", "uncast")}


class BoardBoxes(Checker):
    """The X checks of the board; of each kind of entry the first about something counts."""

    def board(self, until: str) -> None:
        files, policy = self.record.files, self.manifest.board
        phase = PHASES.index(until)
        there = [path in files for path in (CHECKPOINT, ENTRIES)]
        if policy is not None or any(there) or any(BOOTH.fullmatch(path) for path in files):
            may_lack = phase < PHASES.index("ballots") and not any(there)
            self.check("X.board-presence", policy is not None and (all(there) or may_lack), "the board is not whole")
        checkpoint, entries = self.record.checkpoint, self.record.entries
        if policy is None or checkpoint is None or entries is None:
            return
        self.x_checkpoint(policy, checkpoint)
        leaves = files[ENTRIES][:-1].split(b"\n")
        self.check("X.board-root", checkpoint.size == len(leaves), f"{len(leaves)} entries, not {checkpoint.size}")
        self.check("X.board-root", checkpoint.root == root(leaves), "the entries have another root")
        self.x_order(entries)
        self.x_files(entries)
        self.x_secrets(entries)
        if phase >= PHASES.index("ballots"):
            self.x_ballots(entries)
            self.x_statuses(entries)
            self.x_lines("recorded", entries, [path for path in files if re.search(r"/recorded-[0-9]+\.", path)])
        if phase >= PHASES.index("opened"):
            self.x_lines("opened", entries, ["challenged_ballots.ndjson", "uncast_ballots.ndjson"])
            self.check("X.board-end", entries[-1].kind == "end", "the last entry is not the end")

    def x_checkpoint(self, policy: Policy, checkpoint: Checkpoint) -> None:
        log = policy.logs[0]
        signed = checkpoint.signatures_by(log)
        holds = bool(signed) and all(signed) and checkpoint.origin == log.name
        self.check("X.board-signed", holds, "not signed by the board of the manifest, or with another origin")
        cosigned = {name: checkpoint.cosignatures_by(key) for name, key in policy.witnesses.items()}
        right = all(holds for found in cosigned.values() for holds in found)
        enough = policy.is_satisfied(policy.quorum, {name for name, found in cosigned.items() if found})
        self.check("X.board-witnessed", right and enough, "not cosigned by the quorum, or a cosignature is wrong")

    # The order of the entries

    def x_order(self, entries: list[Entry]) -> None:
        """Each entry is held against those before it."""
        for place, entry in enumerate(entries):
            before = entries[:place]
            later = not before or before[-1].time <= entry.time
            self.check("X.board-order", later, f"{entry.where}: the time goes back")
            ended = any(other.kind == "end" for other in before)
            self.check("X.board-order", not ended, f"{entry.where}: behind the end")
            self.check("X.board-order", self._in_place(entry, before), f"{entry.where}: not in its place")

    def _in_place(self, entry: Entry, before: list[Entry]) -> bool:
        paths = {other.path for other in before if other.kind == "file"}
        if entry.kind == "file":
            return self._file_in_place(entry.path, before, paths)
        if entry.kind == "end":
            return "tallies.ndjson" in paths
        of_code = [other for other in before if other.confirmation_code == entry.confirmation_code]
        ballot = next((other for other in of_code if other.kind == "ballot"), None)
        if entry.kind == "ballot":
            last = max((o.position for o in before if o.kind == "ballot" and o.device == entry.device), default=0)
            opened, closed = (f"devices/{entry.device:04}/{name}.json" in paths for name in ("open", "close"))
            return ballot is None and opened and not closed and entry.position == last + 1
        once = not any(other.kind == entry.kind for other in of_code)
        if ballot is None or not once:
            return False
        if entry.kind == "status":
            return SUMS not in paths
        status = _statuses(before).get(entry.confirmation_code)
        allowed = status is not None and status.status in ALLOWED[entry.kind]
        return allowed and (entry.kind == "opened" or SUMS not in paths)

    def _file_in_place(self, path: str, before: list[Entry], paths: set[str]) -> bool:
        device, _, name = path.removeprefix("devices/").partition("/")
        opened = {known.split("/")[1] for known in paths if known.endswith("/open.json")}
        closed = {known.split("/")[1] for known in paths if known.endswith("/close.json")}
        if path in paths:
            return True  # a finding of X.board-files
        if SETUP.fullmatch(path):
            return not opened
        number = BOOTH.fullmatch(path)
        if number:
            before_it = {int(known[1]) for known in map(BOOTH.fullmatch, paths) if known}
            return paths >= NEEDED and int(number[1]) > 0 and int(number[1]) - 1 in before_it | {0}
        if name == "open.json":
            return paths >= NEEDED and SUMS not in paths and device not in closed
        if name == "close.json":
            return device in opened
        if path == SUMS:
            codes = {other.confirmation_code for other in before if other.kind == "ballot"}
            return opened == closed and codes == _statuses(before).keys() & codes
        return path not in AFTER_THE_SUMS or SUMS in paths

    # The record

    def x_files(self, entries: list[Entry]) -> None:
        files = self.record.files
        entered = [entry for entry in entries if entry.kind == "file"]
        for place, entry in enumerate(entered):
            known = LAYOUT.fullmatch(entry.path) is not None and not OF_BALLOTS.fullmatch(entry.path)
            once = entry.path not in [other.path for other in entered[:place]]
            self.check("X.board-files", known and once, f"{entry.where}: no such file, or twice")
            content = files.get(entry.path)
            same = content is not None and hashlib.sha256(content).digest() == entry.sha256
            self.check("X.board-files", same, f"{entry.where}: {entry.path!r} is missing or another")
        for path in files:
            there = OF_BALLOTS.fullmatch(path) is not None or path in [entry.path for entry in entered]
            self.check("X.board-files", there, f"{path} is not on the board")

    def x_secrets(self, entries: list[Entry]) -> None:
        ballots = _first("ballot", entries)
        for ballot in ballots.values():
            pair = (ballot.cast_commitment, ballot.challenge_commitment)
            holds = pair == (None, None) or (None not in pair and pair[0] != pair[1])
            self.check("X.board-secrets", holds, f"{ballot.where}: not two different commitments, or none")
        for code, status in _statuses(entries).items():
            self.check("X.board-secrets", _is_allowed(ballots[code], status), f"{status.where}: not by its secret")

    def x_ballots(self, entries: list[Entry]) -> None:
        here = []
        for device in self.record.devices:
            lines = self._raw([f"devices/{device.folder:04}/ballots-{shard:06}.ndjson" for shard in device.shards])
            for position, (ballot, line) in enumerate(zip(device.in_order, lines, strict=True), 1):
                digest = hashlib.sha256(line).digest()
                here.append((device.folder, position, ballot.confirmation_code, digest))
        there = [(e.device, e.position, e.confirmation_code, e.sha256) for e in _first("ballot", entries).values()]
        self._same("X.board-ballots", there, here)

    def x_statuses(self, entries: list[Entry]) -> None:
        here = [
            (ballot.confirmation_code, status.status)
            for device in self.record.devices
            for ballot, status in zip(device.in_order, device.statuses, strict=False)
        ]
        there = [(code, entry.status) for code, entry in _statuses(entries).items()]
        self._same("X.board-statuses", there, here)

    def x_lines(self, kind: str, entries: list[Entry], paths: list[str]) -> None:
        """Whole lines, each of which has its confirmation code somewhere."""
        lines = self._raw(sorted(path for path in paths if path in self.record.files))
        here = [(_code(line), hashlib.sha256(line).digest()) for line in lines]
        there = dict[bytes, bytes]()
        for place, entry in enumerate(entries):
            status = _statuses(entries[:place]).get(entry.confirmation_code) if entry.kind == kind else None
            if status is not None and status.status in ALLOWED[kind]:
                there.setdefault(entry.confirmation_code, entry.sha256)
        self._same(f"X.board-{kind}", list(there.items()), here)

    def _raw(self, paths: list[str]) -> list[bytes]:
        return [line for path in paths for line in self.record.files[path][:-1].split(b"\n")]

    def _same(self, check: str, there: list[tuple], here: list[tuple]) -> None:
        for line in here:
            self.check(check, there.count(line) == here.count(line) == 1, f"not on the board, or twice: {line}")
        for entry in there:
            self.check(check, entry in here, f"on the board and not in the record: {entry}")


def _first(kind: str, entries: list[Entry]) -> dict[bytes, Entry]:
    found = dict[bytes, Entry]()
    for entry in entries:
        if entry.kind == kind:
            found.setdefault(entry.confirmation_code, entry)
    return found


def _statuses(entries: list[Entry]) -> dict[bytes, Entry]:
    """The status of each ballot that had been entered by then; of two the first."""
    entered, found = set[bytes](), dict[bytes, Entry]()
    for entry in entries:
        if entry.kind == "ballot":
            entered.add(entry.confirmation_code)
        if entry.kind == "status" and entry.confirmation_code in entered:
            found.setdefault(entry.confirmation_code, entry)
    return found


def _is_allowed(ballot: Entry, status: Entry) -> bool:
    secret, committed = status.secret, ballot.cast_commitment or ballot.challenge_commitment
    if committed is None or status.status == "spoiled":
        return secret is None
    wanted = {"cast": ballot.cast_commitment, "challenged": ballot.challenge_commitment}.get(status.status)
    return secret is not None and hashlib.sha256(secret).digest() == wanted


def _code(line: bytes) -> bytes:
    found = re.search(rb'"confirmation_code":"([0-9A-F]{64})"', line)
    return bytes.fromhex(found[1].decode()) if found else b""
