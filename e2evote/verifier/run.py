"""The whole verification of a record, phase by phase."""

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from pathlib import Path

from e2evote.engine import Workers, workers
from e2evote.errors import CheckError
from e2evote.group.parameters import INSECURE_NAMES
from e2evote.record.layout import INDEX, Record
from e2evote.record.setup import window_for_ballots
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
    v15_accumulation,
    v16_pre_encrypted_codes,
    v17_short_codes,
    v18_uncast_ballots,
    v19_uncast_contents,
    x_ballots,
    x_board,
    x_exceptions,
    x_index,
    x_pre_encrypted,
    x_relations,
)
from e2evote.verifier.chunk import Outcome
from e2evote.verifier.context import Context, Setup
from e2evote.verifier.report import PHASES, Ledger, Phase, Report
from e2evote.verifier.resume import SECONDS, StateFile, header
from e2evote.verifier.secrecy import Secrecy
from e2evote.verifier.strength import strength_notes
from e2evote.verifier.v09_aggregation import Sums

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
    *x_relations.CHECKS,
    *v09_aggregation.CHECKS,
    *v10_tally_decryption.CHECKS,
    *v11_tally_contents.CHECKS,
    *x_exceptions.CHECKS,
    *v12_contest_data.CHECKS,
    *v13_challenged_ballots.CHECKS,
    *v14_challenged_contents.CHECKS,
    *v15_accumulation.CHECKS,
    *v16_pre_encrypted_codes.CHECKS,
    *v17_short_codes.CHECKS,
    *x_pre_encrypted.CHECKS,
    *v18_uncast_ballots.CHECKS,
    *v19_uncast_contents.CHECKS,
    *x_board.CHECKS,
)
"""Every check, in order."""

Progress = Callable[[int, int], None]
"""Called with the number of ballots verified and the number expected."""


def verify_record(
    record: Record,
    until: Phase = "opened",
    jobs: int | Workers = 1,
    allow_insecure: Collection[str] = (),
    progress: Progress | None = None,
    state: Path | None = None,
    state_seconds: float = SECONDS,
    backend: str | None = None,
) -> Report:
    """Verify a record up to a phase; with the default, a finished record whole.

    Args:
        record: the record.
        until: the last phase to look at.
        jobs: number of processes for the ballots, or other workers.
        allow_insecure: names of parameter sets besides the standard one that are accepted.
        progress: called as ballots are verified.
        state: a file that keeps how far the verification has come. If it is there, the verification goes on from it;
            it is removed when the report is made. It is trusted like the verifier's own memory.
        state_seconds: how often the state is written.
        backend: what computes modulo p; by default the best that this machine has. It makes no difference to the
            report.

    Raises:
        ParseError: a file is missing that must be there, or cannot be parsed; or a file changed meanwhile.
        CheckError: no such phase, parameter set or backend, or the state is of another verification.
        E2EVoteError: workers failed.
    """
    return verify_and_sum(record, until, jobs, allow_insecure, progress, state, state_seconds, backend)[0]


def verify_and_sum(
    record: Record,
    until: Phase = "opened",
    jobs: int | Workers = 1,
    allow_insecure: Collection[str] = (),
    progress: Progress | None = None,
    state: Path | None = None,
    state_seconds: float = SECONDS,
    backend: str | None = None,
) -> tuple[Report, Sums]:
    """Verify as ``verify_record`` does, and also return what the cast ballots add up to.

    The sums are worth something where the report is valid and covers the ballots.

    Raises:
        ParseError, CheckError, E2EVoteError: as ``verify_record``.
    """
    if until not in PHASES:
        raise CheckError(f"there is no phase {until!r}; there are {', '.join(PHASES)}")
    for name in set(allow_insecure) - set(INSECURE_NAMES):
        raise CheckError(f"no insecure parameter set is called {name!r}; there are {', '.join(INSECURE_NAMES)}")
    ledger, counts, sums = Ledger(), dict[str, int](), Sums()
    _, fingerprint = record.sha256(INDEX)
    file = None
    if state is not None:
        file = StateFile(state, header(fingerprint, until, tuple(sorted(allow_insecure)), CHECKS), state_seconds)
    index = record.index()
    setup = v01_parameters.verify(ledger, record, allow_insecure)
    if setup is not None and backend is not None:
        setup = replace(setup, group=setup.group.on(backend))
    x_index.verify(ledger, record, index)  # hashes all files: a backend that is not there is refused before
    entered = x_board.verify(ledger, record, PHASES.index(until))
    if setup is not None and until != "setup":
        pass_over = partial(ballots.verify, workers=workers(jobs), progress=progress, state=file, entered=entered)
        counts, sums = _verify_keys_and_votes(ledger, record, setup, PHASES.index(until), pass_over)
    if entered is not None:
        counts["entries"] = entered.size
    results = tuple(ledger.result(check) for check in CHECKS)
    parameters = setup.group.name if setup is not None else "unknown"
    if file is not None:
        file.remove()
    report = Report(
        results,
        until,
        parameters,
        fingerprint.hex().upper(),
        counts,
        tuple(ledger.remarks),
        strength=() if setup is None else strength_notes(setup),
    )
    return report, sums


def _verify_keys_and_votes(
    ledger: Ledger,
    record: Record,
    setup: Setup,
    until: int,
    pass_over: Callable[[Record, Context, bool], Outcome],
) -> tuple[dict[str, int], Sums]:
    guardians = v02_guardian_keys.verify(ledger, record, setup)
    keys = v03_joint_keys.verify(ledger, record, setup, guardians)
    h_e = v04_extended_base_hash.verify(ledger, record, setup, keys)
    counts = {"guardians": len(guardians)}
    # Contests, styles and cells can be relied on only in a manifest that keeps its rules.
    if until < PHASES.index("ballots") or "X.manifest" in ledger.findings:
        return counts, Sums()
    context = Context.of(setup, keys, h_e, _window(record, setup))
    outcome = pass_over(record, context, until >= PHASES.index("opened"))
    ledger.add(outcome.ledger)
    counts |= {"devices": len(record.device_indices()), "ballots": len(outcome.id_digests), **outcome.statuses}
    if until >= PHASES.index("tally"):
        counts["cells"] = len(setup.manifest.cells)
        _verify_tallies(ledger, record, context, outcome.sums, until >= PHASES.index("decryption"))
    return counts, outcome.sums


def _window(record: Record, setup: Setup) -> int:
    """Return the window of the tables of g and K that pays for the ballots of the record.

    At most 10: three quarters of the work have new bases, and the memory should not depend on the number of ballots.
    """
    closings = [record.closing(device) for device in record.device_indices()]
    ballots = sum(closing.ballots for closing in closings if closing is not None)
    return window_for_ballots(setup.manifest, ballots, most=10)


def _verify_tallies(ledger: Ledger, record: Record, context: Context, sums: Sums, decrypted: bool) -> None:
    encrypted = v09_aggregation.verify(ledger, record, context, sums)
    if decrypted:
        secrecy = Secrecy(context.manifest, sums)
        exceptions = x_exceptions.verify(ledger, record, context, secrecy)
        tallies = v11_tally_contents.read(record, context)
        v10_tally_decryption.verify(ledger, context, sums, encrypted, tallies)
        v11_tally_contents.verify(ledger, context, secrecy, exceptions, tallies)
