"""The index: every file of the record is the one that was published, and no other file lies beside them."""

from e2evote.record.layout import INDEX, Index, Record
from e2evote.verifier.report import Check, Ledger

CHECKS = (Check("X.index", "every file has the size and SHA-256 of the index, none is missing or unlisted", "setup"),)


def verify(ledger: Ledger, record: Record, index: Index) -> None:
    """Compare all files with index.json.

    Raises:
        ParseError: a file cannot be read, or changed meanwhile.
    """
    entries = {entry.path: entry for entry in index.files}
    for path, entry in entries.items():
        if ledger.check("X.index", path in record, f"{path}: the file is missing"):
            same = record.sha256(path) == (entry.size, entry.sha256)
            ledger.check("X.index", same, f"{path}: the file differs from the index")
    for path in sorted(record.names - entries.keys() - {INDEX}):
        ledger.check("X.index", False, f"{path!a}: the file is not in the index")
    ledger.complete(CHECKS)
