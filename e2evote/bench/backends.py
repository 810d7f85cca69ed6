"""Where the benchmark meets the arithmetic: the backends there are, their tables, and verification."""

from collections.abc import Callable, Sequence

from e2evote.engine import Workers
from e2evote.group import backends
from e2evote.group.backends.protocol import Table
from e2evote.group.computation import compute, together
from e2evote.group.elements import Group
from e2evote.group.parameters import INSECURE_NAMES, STANDARD
from e2evote.record.ballot import EncryptedBallot
from e2evote.record.layout import Record
from e2evote.record.setup import FixedBases
from e2evote.verifier.chunk import verifying_ballot
from e2evote.verifier.context import Context
from e2evote.verifier.report import Ledger, Place, Report
from e2evote.verifier.run import verify_record


def groups() -> dict[str, Group]:
    """Return the standard group on every backend this machine has, by name, best first."""
    return {name: STANDARD.on(name) for name in backends.available(STANDARD.p, STANDARD.q)}


def build_tables(bases: FixedBases) -> list[Table]:
    """Build the tables of g, K and K̂ anew."""
    every = (bases.g, bases.K, bases.K_hat)
    return [base.element.group.backend.table(base.element.value, base.window) for base in every]


def verify_ballots(context: Context, ballots: Sequence[EncryptedBallot]) -> Ledger:
    """Run every check that looks at one ballot alone; places in the ledger are positions of the ballots."""
    ledger = Ledger()
    compute(together(verifying_ballot(ledger, context, each, Place(each.device, each.position)) for each in ballots))
    return ledger


def verify(record: Record, backend: str, hands: Workers, progress: Callable[[int, int], None]) -> Report:
    """Verify a record up to its ballots; it may be a test's, on a toy group."""
    return verify_record(record, "ballots", hands, INSECURE_NAMES, progress, backend=backend)
