"""Exceptions to what is decrypted: each has its reason, and each is told to whoever reads the report."""

from dataclasses import dataclass
from itertools import islice

from e2evote.record import layout
from e2evote.record.codec import parse
from e2evote.record.exceptions import TallyException
from e2evote.record.layout import Record
from e2evote.verifier.context import Context
from e2evote.verifier.report import Check, Ledger, Place
from e2evote.verifier.secrecy import Secrecy

CHECKS = (
    Check(
        "X.exceptions", "every exception names a rule that is broken, and at least a quorum of guardians", "decryption"
    ),
)

Contests = frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Exceptions:
    """Cell and contest of what is decrypted below the minimum, of what is withheld, of what may have rare weights."""

    below: Contests
    withheld: Contests
    weight: Contests


def verify(ledger: Ledger, record: Record, context: Context, secrecy: Secrecy) -> Exceptions:
    """Check the exceptions, remark on each, and return those that hold; rules are kept or broken after merging.

    Raises:
        ParseError: the file cannot be parsed.
    """
    entries = _read(record, context)
    keys = [(entry.cell, entry.contest, entry.rule) for entry in entries]
    in_order = keys == sorted(set(keys))
    ledger.check("X.exceptions", in_order, "exceptions are doubled or not in order of cell, contest and rule")
    valid = [entry for entry in entries if _verify_entry(ledger, context, secrecy, entry)]
    ledger.complete(CHECKS)
    below = frozenset((e.cell, e.contest) for e in valid if (e.rule, e.action) == ("minimum", "decrypted"))
    withheld = frozenset((e.cell, e.contest) for e in valid if e.action == "withheld")
    weight = frozenset((e.cell, e.contest) for e in valid if e.rule == "weight")
    return Exceptions(below, withheld, weight)


def _read(record: Record, context: Context) -> tuple[TallyException, ...]:
    """Return the exceptions; of too many lines only the first that is too many."""
    if layout.EXCEPTIONS not in record:
        return ()
    most = 2 * sum(len(context.manifest.cell_contests(cell)) for cell in context.manifest.cells)
    lines = islice(record.lines(layout.EXCEPTIONS), most + 1)
    return tuple(parse(TallyException, line, where) for where, line in lines)


def _verify_entry(ledger: Ledger, context: Context, secrecy: Secrecy, entry: TallyException) -> bool:
    manifest = context.manifest
    cells = secrecy.together.get((entry.cell, entry.contest), ())
    message = f"there is no contest {entry.contest} in a cell {entry.cell}, or it is merged into another cell"
    if not ledger.check("X.exceptions", bool(cells), message):
        return False
    cell, contest = manifest.cells[entry.cell - 1].label, manifest.contest(entry.contest).label
    place = Place(contest=f"{contest} (cell {cell})")
    broken = secrecy.broken_rules(cells, entry.contest)
    message = f"the rule {entry.rule!r} is not broken, so there is nothing to except"
    holds = ledger.check("X.exceptions", entry.rule in broken, message, place)
    if entry.action == "withheld":
        # What is below the minimum is withheld without words; a contest cannot be dropped for any other reason.
        only_weight = entry.rule == "weight" and "minimum" not in broken
        holds &= ledger.check("X.exceptions", only_weight, "only the rule 'weight' withholds a contest by name", place)
    some = secrecy.voters(cells, entry.contest) > 0
    holds &= ledger.check("X.exceptions", some, "no cast ballot has the contest", place)
    n, k = context.n, context.k
    quorum = list(entry.guardians) == sorted(set(entry.guardians)) and len(entry.guardians) >= k
    quorum = quorum and entry.guardians[-1] <= n
    message = f"guardians {list(entry.guardians)} are not at least {k} of 1 to {n}, ascending"
    holds &= ledger.check("X.exceptions", quorum, message, place)
    ledger.remarks.append(
        f"contest {contest!r} of tally cell {cell!r} was {entry.action} by guardians "
        f"{', '.join(map(str, entry.guardians))} ({broken.get(entry.rule, entry.rule)}): {entry.reason}"
    )
    return holds
