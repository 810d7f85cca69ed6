"""The whole verification of a record, phase by phase."""

from collections.abc import Callable, Collection

from e2evote.errors import CheckError
from e2evote.group.parameters import INSECURE_NAMES
from e2evote.record.layout import INDEX, Record
from e2evote.verifier import (
    ballots,
    v01_parameters,
    v02_guardian_keys,
    v03_joint_keys,
    v04_extended_base_hash,
    v05_identifiers,
    v06_selections,
    v07_limits,
    v08_codes,
    v09_aggregation,
    v10_tally_decryption,
    v11_tally_contents,
    v12_contest_data,
    v13_challenged_ballots,
    v14_challenged_contents,
    x_ballots,
    x_index,
)
from e2evote.verifier.context import Context, Setup
from e2evote.verifier.report import PHASES, Ledger, Phase, Report

CHECKS = (
    *x_index.CHECKS,
    *v01_parameters.CHECKS,
    *v02_guardian_keys.CHECKS,
    *v03_joint_keys.CHECKS,
    *v04_extended_base_hash.CHECKS,
    *v05_identifiers.CHECKS,
    *v06_selections.CHECKS,
    *v07_limits.CHECKS,
    *v08_codes.CHECKS,
    *x_ballots.CHECKS,
    *v09_aggregation.CHECKS,
    *v10_tally_decryption.CHECKS,
    *v11_tally_contents.CHECKS,
    *v12_contest_data.CHECKS,
    *v13_challenged_ballots.CHECKS,
    *v14_challenged_contents.CHECKS,
)
"""Every check, in order."""

Progress = Callable[[int, int], None]
"""Called with the number of ballots verified and the number expected."""


def verify_record(
    record: Record,
    until: Phase = "opened",
    jobs: int = 1,
    allow_insecure: Collection[str] = (),
    progress: Progress | None = None,
) -> Report:
    """Verify a record up to a phase; with the default, a finished record whole.

    Args:
        record: the record.
        until: the last phase to look at.
        jobs: number of processes for the ballots.
        allow_insecure: names of parameter sets besides the standard one that are accepted.
        progress: called as ballots are verified.

    Raises:
        ParseError: a file is missing that must be there, or cannot be parsed.
        CheckError: no such phase or parameter set.
    """
    if until not in PHASES:
        raise CheckError(f"there is no phase {until!r}; there are {', '.join(PHASES)}")
    for name in set(allow_insecure) - set(INSECURE_NAMES):
        raise CheckError(f"no insecure parameter set is called {name!r}; there are {', '.join(INSECURE_NAMES)}")
    ledger, counts = Ledger(), {}
    x_index.verify(ledger, record)
    setup = v01_parameters.verify(ledger, record, allow_insecure)
    if setup is not None and until != "setup":
        counts = _verify_keys_and_votes(ledger, record, setup, PHASES.index(until), jobs, progress)
    _, fingerprint = record.sha256(INDEX)
    results = tuple(ledger.result(check) for check in CHECKS)
    parameters = setup.group.name if setup is not None else "unknown"
    return Report(results, until, parameters, fingerprint.hex().upper(), counts)


def _verify_keys_and_votes(
    ledger: Ledger, record: Record, setup: Setup, until: int, jobs: int, progress: Progress | None
) -> dict[str, int]:
    guardians = v02_guardian_keys.verify(ledger, record, setup)
    keys = v03_joint_keys.verify(ledger, record, setup, guardians)
    h_e = v04_extended_base_hash.verify(ledger, record, setup, keys)
    counts = {"guardians": len(guardians)}
    # Contests, styles and cells can be relied on only in a manifest that keeps its rules.
    if until < PHASES.index("ballots") or "X.manifest" in ledger.findings:
        return counts
    context = Context(setup.group, setup.manifest, guardians, keys, h_e)
    outcome = ballots.verify(record, context, until >= PHASES.index("opened"), jobs, progress)
    ledger.add(outcome.ledger)
    counts |= {"devices": len(record.device_indices()), "ballots": len(outcome.id_digests), **outcome.statuses}
    if until >= PHASES.index("tally"):
        counts["cells"] = len(setup.manifest.cells)
        _verify_tallies(ledger, record, context, outcome.sums, until >= PHASES.index("decryption"))
    return counts


def _verify_tallies(
    ledger: Ledger, record: Record, context: Context, sums: v09_aggregation.Sums, decrypted: bool
) -> None:
    encrypted = v09_aggregation.verify(ledger, record, context, sums)
    if decrypted:
        tallies = v11_tally_contents.read(record, context)
        v10_tally_decryption.verify(ledger, context, sums, encrypted, tallies)
        v11_tally_contents.verify(ledger, context, sums, tallies)
