"""``e2evote bench``: what an election costs, in powers of the same machine and minute.

The unit is pm, one plain GMP powmod with a 4096-bit modulus and a 256-bit exponent, measured before and after every
phase in the same process, and every ten ballots: ratios hold when the machine's speed drifts, seconds do not.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click
import gmpy2
from rich.console import Console
from rich.table import Table

from e2evote.cli.terminal import progress
from e2evote.decryption.results import tallies
from e2evote.decryption.rounds import decrypt
from e2evote.decryption.statements import tally_statements
from e2evote.encoding import canonical_json
from e2evote.encryption import encrypt_ballots
from e2evote.errors import E2EVoteError
from e2evote.group.parameters import STANDARD
from e2evote.group.powers import WINDOW, FixedBase, fixed
from e2evote.key_ceremony import Ceremony, GuardianRecord, hold
from e2evote.record import layout
from e2evote.record.ballot import BallotStatus, DeviceOpening, EncryptedBallot
from e2evote.record.codec import dump, parse
from e2evote.record.codes import close_device, open_device
from e2evote.record.manifest import parse_manifest
from e2evote.record.plaintext import PlaintextBallot, PlaintextContest
from e2evote.record.setup import Election, ExtendedHashes, Parameters
from e2evote.record.writer import RecordWriter
from e2evote.secret_sharing import SecretKeyShares
from e2evote.tally import accumulate
from e2evote.verifier.chunk import verify_ballot
from e2evote.verifier.context import Context
from e2evote.verifier.report import Ledger, Place

GUARDIANS, QUORUM, OPTIONS = 3, 2, 4

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Workload:
    """EG-CxO: C contests of four options with one vote each."""

    name: str
    contests: int
    warm_up: int
    measured: int


FULL = Workload("EG-12x4", 12, 11, 100)
QUICK = Workload("EG-5x4", 5, 3, 20)


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: what, how many, seconds for all, and pm for each."""

    what: str
    count: int
    seconds: float
    pm: float

    def row(self) -> dict[str, Any]:
        """Return the row for programs."""
        each_ms = 1000 * self.seconds / self.count
        return {"what": self.what, "count": self.count, "milliseconds": round(each_ms, 3), "pm": round(self.pm, 2)}


def unit(seconds: float = 0.15) -> float:
    """Return the seconds of one pm now: the median over a short while."""
    base, exponent = STANDARD.generator, STANDARD.q - 12345
    samples: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(samples) < 9:
        start = time.perf_counter()
        gmpy2.powmod(base, exponent, STANDARD.p)
        samples.append(time.perf_counter() - start)
    return sorted(samples)[len(samples) // 2]


def timed(what: str, count: int, work: Callable[[], Any]) -> tuple[Figure, Any]:
    """Run the work between two measurements of the unit."""
    before, start = unit(), time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    pm = (before + unit()) / 2
    return Figure(what, count, seconds, seconds / pm / count), result


def timed_slices(what: str, items: Sequence[T], work: Callable[[Sequence[T]], Sequence[R]]) -> tuple[Figure, list[R]]:
    """Run the work over slices of ten items, measuring the unit between them, so that drift does not enter."""
    results: list[R] = []
    ratios, total, before = [], 0.0, unit(0.03)
    for first in range(0, len(items), 10):
        part, start = items[first : first + 10], time.perf_counter()
        results.extend(work(part))
        seconds, after = time.perf_counter() - start, unit(0.03)
        ratios.append(seconds / len(part) / ((before + after) / 2))
        total, before = total + seconds, after
    return Figure(what, len(items), total, sorted(ratios)[len(ratios) // 2]), results


def manifest_bytes(contests: int) -> bytes:
    """Return the manifest of the workload."""
    options = [{"label": f"option-{j}"} for j in range(1, OPTIONS + 1)]
    body = [{"label": f"contest-{i}", "options": options} for i in range(1, contests + 1)]
    style = {"label": "all", "contests": list(range(1, contests + 1))}
    return canonical_json({"label": f"EG-{contests}x{OPTIONS}", "contests": body, "ballot_styles": [style]})


def plaintexts(contests: int, count: int) -> list[PlaintextBallot]:
    """Return ballots of which the i-th votes for option i mod 4 in every contest."""
    return [
        PlaintextBallot(
            ballot_style=1,
            contests=tuple(
                PlaintextContest(contest=c, selections=tuple(int(j == i % OPTIONS) for j in range(OPTIONS)))
                for c in range(1, contests + 1)
            ),
        )
        for i in range(count)
    ]


def prepare(contests: int) -> tuple[Election, GuardianRecord, tuple[SecretKeyShares, ...], DeviceOpening]:
    """Hold the ceremony and open a device."""
    manifest = manifest_bytes(contests)
    ceremony = Ceremony.of(STANDARD, GUARDIANS, QUORUM, manifest)
    record, shares = hold(ceremony)
    election = Election.of(STANDARD, GUARDIANS, QUORUM, parse_manifest(manifest), ceremony.hashes, record.keys)
    return election, record, shares, open_device(election.h_e, 1, "bench", 1)


def measure(workload: Workload) -> list[Figure]:
    """Return the figures of one workload, one thread."""
    figure, (election, record, shares, opening) = timed("ceremony, 2 of 3", 1, lambda: prepare(workload.contests))
    figures = [figure]
    tables, _ = timed(f"table of one base, window {WINDOW}", 1, lambda: FixedBase(election.K))
    figures.append(tables)
    for base in (STANDARD.g, election.K, election.K_hat):
        fixed(base)
    list(encrypt_ballots(election, opening, plaintexts(workload.contests, workload.warm_up)))
    marks, n = plaintexts(workload.contests, workload.measured), workload.measured
    figure, made = timed_slices(
        "encrypt a ballot", marks, lambda part: [ballot for ballot, _ in encrypt_ballots(election, opening, part)]
    )
    figures.append(figure)
    figure, lines = timed("write a ballot as JSON", n, lambda: [dump(ballot) for ballot in made])
    figures.append(replace(figure, what=f"{figure.what}, {len(lines[0]):,} bytes"))
    figure, ballots = timed(
        "parse a ballot from JSON", n, lambda: [parse(EncryptedBallot, line, "bench", STANDARD) for line in lines]
    )
    figures.append(figure)
    figure, _ = timed_slices("verify a ballot", ballots, lambda part: _verify_all(election, record, part))
    figures.append(figure)
    figure, encrypted = timed(
        "accumulate a selection", n * workload.contests * OPTIONS, lambda: accumulate(election, ballots)
    )
    figures.append(figure)
    statements = tally_statements(election, encrypted)
    figure, results = timed(
        "decrypt a tally, 2 of 3", len(statements), lambda: decrypt(election, record.guardians, shares[:2], statements)
    )
    figures.append(figure)
    figure, _ = timed("look up a tally", len(statements), lambda: tallies(election, encrypted, results))
    return [*figures, figure]


def _verify_all(
    election: Election, record: GuardianRecord, ballots: Sequence[EncryptedBallot]
) -> Sequence[EncryptedBallot]:
    context = Context(election.group, election.manifest, record.guardians, record.keys, election.h_e)
    ledger = Ledger()
    for ballot in ballots:
        verify_ballot(ledger, context, ballot, Place())
    if ledger.findings:
        raise E2EVoteError(f"the benchmark's own ballots do not verify: {sorted(ledger.findings)}")
    return ballots


def measure_memory(small: int = 100, large: int = 1000) -> tuple[float, dict[int, int]]:
    """Return bytes a ballot by which verification grows, and the peak memory after verifying either number of ballots.

    One process verifies the small record four times, then the large one, so that what any record needs is not counted.
    """
    with tempfile.TemporaryDirectory() as folder:
        writer, finish = _growing_record(Path(folder, "large"))
        finish(small)
        shutil.copytree(writer.root, Path(folder, "small"))
        finish(large)
        command = [sys.executable, "-c", _PEAKS, *[str(Path(folder, "small"))] * 4, str(writer.root)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    *_, small_peak, large_peak = (int(line) for line in done.stdout.split())
    return (large_peak - small_peak) / (large - small), {small: small_peak, large: large_peak}


def _growing_record(root: Path) -> tuple[RecordWriter, Callable[[int], None]]:
    """Write a record of one contest up to the ballots; the second result brings it to a number of ballots."""
    election, guardian_record, _, opening = prepare(1)
    writer = RecordWriter(root)
    writer.write_bytes(layout.MANIFEST, manifest_bytes(1))
    writer.write(layout.PARAMETERS, Parameters.of(STANDARD, GUARDIANS, QUORUM))
    writer.write(layout.HASHES, election.hashes)
    for guardian in guardian_record.guardians:
        writer.write(layout.guardian_path(guardian.i), guardian)
    writer.write(layout.JOINT_KEYS, guardian_record.keys)
    writer.write(layout.EXTENDED_HASHES, ExtendedHashes(h_e=election.h_e))
    writer.write(layout.opening_path(1), opening)
    codes: list[bytes] = []

    def finish(count: int) -> None:
        more = plaintexts(1, count - len(codes))
        last = codes[-1] if codes else None
        ballots = [ballot for ballot, _ in encrypt_ballots(election, opening, more, len(codes), last)]
        shard = len(writer.record.ballot_shards(1)) + 1
        writer.write_lines(layout.ballots_path(1, shard), ballots)
        codes.extend(ballot.confirmation_code for ballot in ballots)
        statuses = [BallotStatus(confirmation_code=code, status="cast") for code in codes]
        writer.write_lines(layout.statuses_path(1), statuses, replace=True)
        writer.write(layout.closing_path(1), close_device(election.h_e, opening, len(codes), codes[-1]), replace=True)

    return writer, finish


# ru_maxrss would not do: on Linux a new program inherits the peak of the process that started it.
_PEAKS = """
import re, sys
from pathlib import Path
from e2evote.record.layout import Record
from e2evote.verifier.run import verify_record
for path in sys.argv[1:]:
    report = verify_record(Record.at(Path(path)), until="ballots")
    peak = re.search("VmHWM:[^0-9]*([0-9]+) kB", Path("/proc/self/status").read_text())
    print(int(peak[1]) * 1024 if report.valid else "invalid")
"""


@click.command("bench")
@click.option("--quick", is_flag=True, help="EG-5x4 with 20 ballots instead of EG-12x4 with 100.")
@click.option("--memory", is_flag=True, help="Also measure how verification's memory grows (Linux; about a minute).")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def bench(quick: bool, memory: bool, as_json: bool) -> None:
    """Measure ceremony, encryption, verification and decryption at 4096 bits, in one thread.

    Figures are in pm, the time of one modular power (4096-bit modulus, 256-bit exponent) measured in the same run.

    For example:

        e2evote bench --quick
    """
    workload = QUICK if quick else FULL
    started = unit()
    with progress(f"{workload.name}"):
        figures = measure(workload)
    rows = [figure.row() for figure in figures]
    growth = measure_memory() if memory else None
    if as_json:
        report = {"workload": workload.name, "pm_ms": round(1000 * started, 4), "figures": rows}
        memory_report = {"memory_bytes_per_ballot": round(growth[0], 1)} if growth is not None else {}
        click.echo(canonical_json(report | memory_report))
        return
    title = f"{workload.name}, 4096 bits, one thread, {gmpy2.mp_version()}; 1 pm = {1000 * started:.2f} ms"
    table = Table(title=title)
    for heading, justify in (("what", "left"), ("count", "right"), ("ms each", "right"), ("pm each", "right")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for row in rows:
        table.add_row(row["what"], f"{row['count']:,}", f"{row['milliseconds']:,.2f}", f"{row['pm']:,.2f}")
    Console().print(table)
    if growth is not None:
        peaks = ", ".join(f"{count:,} ballots {peak / 2**20:.1f} MiB" for count, peak in growth[1].items())
        click.echo(f"memory of verification: {peaks}; {growth[0]:.0f} bytes a ballot")
