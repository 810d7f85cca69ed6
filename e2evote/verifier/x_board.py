"""The bulletin board: its checkpoint is signed and witnessed, and the record is exactly what it commits to.

What concerns the board alone, and whole files, is judged here in one pass over its entries. Ballots are compared as
they are cut into chunks (``board_ballots``), so that no file is read once more for it.
"""

from e2evote.board.checkpoint import Checkpoint
from e2evote.board.merkle import Frontier, leaf_hash
from e2evote.board.policy import Policy, verify_log, verify_witnesses
from e2evote.errors import VerificationError
from e2evote.record import layout
from e2evote.record.booth import BoothFiles
from e2evote.record.entries import parse_entry
from e2evote.record.layout import Record
from e2evote.record.load import load_checkpoint
from e2evote.record.manifest import Manifest, board_policy, parse_manifest
from e2evote.verifier import board_ballots
from e2evote.verifier.board_entries import Entered
from e2evote.verifier.report import PHASES, Check, Ledger

_ALONE = (
    Check("X.board-presence", "a checkpoint and entries are there where the manifest names a board, else not", "setup"),
    Check("X.board-signed", "the checkpoint is signed by the manifest's board", "setup"),
    Check("X.board-witnessed", "the checkpoint is cosigned by the manifest's quorum of witnesses", "setup"),
    Check("X.board-root", "the entries are exactly those that the checkpoint commits to", "setup"),
    Check("X.board-order", "every entry stands in its place", "setup"),
    Check("X.board-files", "the files of the record are exactly those that are entered, each once", "setup"),
    Check("X.board-secrets", "what becomes of a ballot is decided by a secret that it commits to", "setup"),
)
_END = (Check("X.board-end", "the board of a finished record has ended", "opened"),)
CHECKS = (*_ALONE, *board_ballots.CHECKS, *_END)


def verify(ledger: Ledger, record: Record, until: int) -> Entered | None:
    """Judge the board up to a phase, and return what it has, None where there is nothing to judge.

    Files must have been compared with the index before. Where the manifest's board breaks the rules for it, of which
    ``X.manifest`` tells, nothing is judged.

    Raises:
        ParseError: the checkpoint is no checkpoint, an entry none, or a list of a booth's files none.
    """
    if until >= PHASES.index("keys"):
        for path in record.booth_lists():
            record.object(BoothFiles, path)
    manifest = parse_manifest(record.read(layout.MANIFEST))
    if any(manifest.board_problems()):
        return None
    there = [name in record for name in (layout.BOARD_CHECKPOINT, layout.BOARD_ENTRIES)]
    if manifest.board is not None or any(there) or record.booth_lists():
        may_lack = until < PHASES.index("ballots") and not any(there)
        whole = manifest.board is not None and (all(there) or may_lack)
        ledger.check("X.board-presence", whole, _what_is_wrong(manifest, there))
    if manifest.board is None or not all(there):
        ledger.complete(CHECKS)
        return None
    policy = board_policy(manifest.board)
    if policy.quorum is None:
        ledger.remarks.append("the board has no witnesses, so whoever has its key could have made another one")
    found = _verify_checkpoint(ledger, record, policy)
    entered, tree = Entered(ledger), Frontier()
    for where, line in record.lines(layout.BOARD_ENTRIES):
        tree.append(leaf_hash(line))
        entered.take(where, parse_entry(line, where))
    ledger.check("X.board-root", tree.size == found.size, f"{tree.size} entries; the checkpoint has {found.size}")
    ledger.check("X.board-root", tree.root() == found.root, "the root over the entries is not the checkpoint's")
    _verify_files(ledger, record, entered)
    ledger.complete(_ALONE)
    if until >= PHASES.index("opened"):
        ledger.check("X.board-end", entered.last == "end", "the last entry is not the end")
        ledger.complete(_END)
    return entered


def _what_is_wrong(manifest: Manifest, there: list[bool]) -> str:
    if manifest.board is None:
        return "the record has files that only an election with a board has, and its manifest names none"
    names = (layout.BOARD_CHECKPOINT, layout.BOARD_ENTRIES)
    missing = [name for name, is_there in zip(names, there, strict=True) if not is_there]
    return f"the manifest names a board; the record lacks {' and '.join(missing)}"


def _verify_checkpoint(ledger: Ledger, record: Record, policy: Policy) -> Checkpoint:
    note, found = load_checkpoint(record)
    for check_id, judge in (("X.board-signed", verify_log), ("X.board-witnessed", verify_witnesses)):
        try:
            judge(note, policy)
            ledger.check(check_id, True, "")
        except VerificationError as error:
            ledger.check(check_id, False, str(error))
    return found


def _verify_files(ledger: Ledger, record: Record, entered: Entered) -> None:
    for path, sha256 in entered.files.items():
        if ledger.check("X.board-files", path in record, f"{path} is on the board, and not in the record"):
            digest = record.digests[path] if path in record.digests else record.sha256(path)[1]
            ledger.check("X.board-files", digest == sha256, f"{path} is another than on the board")
    for path in sorted(filter(layout.is_entered_whole, record.names - entered.files.keys())):
        ledger.check("X.board-files", False, f"{path} is not on the board")
