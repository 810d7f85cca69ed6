"""Measure electionguard 1.4.0 from PyPI, unmodified, on the workload of ``e2evote bench``.

``make bench-peers`` runs it in an environment of its own, and ``e2evote bench`` shows its figures beside ours.
Everything happens in one process and one thread: where the library would start a pool of processes, the work is done in
line. The unit is that of ``e2evote bench``: pm, one plain power with a 4096-bit modulus and a 256-bit exponent, here
measured around every ballot; times are processor time.
"""

import argparse
import importlib
import json
import logging
import statistics
import sys
import time
import types
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

import gmpy2

NAME = "electionguard 1.4.0"
GUARDIANS, QUORUM, OPTIONS = 3, 2, 4
ELECTION = 100


def import_library() -> None:
    """Import the library, which was written for older versions of Python and dacite than there are now.

    Dataclasses refuse unhashable defaults since Python 3.11, and one module has an ``ElGamalCiphertext`` as a default;
    so this class gets a hash before that module is loaded. The arithmetic is not touched.
    """
    spec = PathFinder.find_spec("electionguard")
    if spec is None:
        sys.exit("electionguard is not installed here; 'make bench-peers' sets up its environment")
    stand_in = types.ModuleType("electionguard")
    stand_in.__path__ = list(spec.submodule_search_locations or ())
    sys.modules["electionguard"] = stand_in
    ciphertext = importlib.import_module("electionguard.elgamal").ElGamalCiphertext
    ciphertext.__hash__ = lambda self: hash((self.pad, self.data))
    del sys.modules["electionguard"]
    importlib.import_module("electionguard")
    logging.disable(logging.CRITICAL)


class InLine:
    """Stands where the library expects its scheduler, and starts no processes."""

    def schedule(self, task: Callable[..., Any], arguments: Any, with_shared_resources: bool = False) -> list[Any]:
        return [task(*list(each)) for each in arguments]

    def close(self) -> None:
        pass


class Meter:
    """Measures work in seconds of processor time and in pm."""

    def __init__(self, name: str) -> None:
        from electionguard.constants import STANDARD_CONSTANTS

        self.p = gmpy2.mpz(int(STANDARD_CONSTANTS.large_prime.value))
        self.base = gmpy2.mpz(int(STANDARD_CONSTANTS.generator.value))
        self.exponent = gmpy2.mpz(int(STANDARD_CONSTANTS.small_prime.value)) - 12345
        self.name = name
        self.figures: list[dict[str, Any]] = []

    def unit(self) -> float:
        """Return the seconds of one pm now."""
        samples = []
        for _ in range(25):
            start = time.process_time()
            gmpy2.powmod(self.base, self.exponent, self.p)
            samples.append(time.process_time() - start)
        return statistics.median(samples)

    def run(self, what: str, count: int, works: Sequence[Callable[[], Any]], size: int | None = None) -> list[Any]:
        """Run works that together handle ``count`` things, with the unit measured between them."""
        results, seconds, pms, before = [], [], [], self.unit()
        for work in works:
            start = time.process_time()
            results.append(work())
            seconds.append(time.process_time() - start)
            after = self.unit()
            pms.append(seconds[-1] / ((before + after) / 2))
            before = after
        self.add(what, count, sum(seconds), statistics.median(pms) * len(works) / count, size)
        return results

    def add(self, what: str, count: int, seconds: float, pm: float, size: int | None = None) -> None:
        """Note a figure and show it."""
        figure = {"part": "workload", "case": self.name, "backend": NAME, "what": what, "count": count,
                  "milliseconds": round(1000 * seconds / count, 3), "pm": round(pm, 3)}  # fmt: skip
        self.figures.append(figure if size is None else figure | {"bytes": size})
        print(f"{self.name}: {what}: {figure['milliseconds']:,.2f} ms, {pm:,.2f} pm each", file=sys.stderr, flush=True)


def manifest_of(contests: int) -> Any:
    """Return the manifest of EG-Cx4: C contests of four options with one vote each."""
    from electionguard import manifest as m

    def text(value: str) -> Any:
        return m.InternationalizedText([m.Language(value, "en")])

    candidates, descriptions = [], []
    for c in range(contests):
        selections = []
        for j in range(OPTIONS):
            candidates.append(m.Candidate(f"candidate-{c}-{j}", text(f"candidate {j}")))
            selections.append(m.SelectionDescription(f"option-{c}-{j}", j, f"candidate-{c}-{j}"))
        descriptions.append(
            m.ContestDescription(
                object_id=f"contest-{c}", sequence_order=c, electoral_district_id="unit", number_elected=1,
                votes_allowed=1, vote_variation=m.VoteVariationType.one_of_m, name=f"contest {c}",
                ballot_selections=selections, ballot_title=text("title"), ballot_subtitle=text("subtitle"),
            )
        )  # fmt: skip
    day = datetime(2026, 1, 1, tzinfo=UTC)
    return m.Manifest(
        election_scope_id=f"EG-{contests}x{OPTIONS}", spec_version=list(m.SpecVersion)[-1], start_date=day,
        end_date=day, type=m.ElectionType.general,
        geopolitical_units=[m.GeopoliticalUnit("unit", "unit", m.ReportingUnitType.county)],
        parties=[], candidates=candidates, contests=descriptions, ballot_styles=[m.BallotStyle("all", ["unit"])],
        name=text("benchmark"),
    )  # fmt: skip


def ballots_of(internal: Any, count: int) -> Iterator[Any]:
    """Yield ballots of which the i-th votes for option i mod 4 in every contest."""
    from electionguard.ballot import PlaintextBallot, PlaintextBallotContest, PlaintextBallotSelection

    for i in range(count):
        contests = [
            PlaintextBallotContest(
                contest.object_id,
                [
                    PlaintextBallotSelection(selection.object_id, int(j == i % OPTIONS), False)
                    for j, selection in enumerate(contest.ballot_selections)
                ],
            )
            for contest in internal.get_contests_for("all")
        ]
        yield PlaintextBallot(f"ballot-{i}", "all", contests)


def ceremony() -> tuple[list[Any], Any]:
    """Hold the key ceremony."""
    from electionguard.guardian import Guardian
    from electionguard.key_ceremony_mediator import KeyCeremonyMediator

    guardians = [Guardian.from_nonce(str(i), i, GUARDIANS, QUORUM) for i in range(1, GUARDIANS + 1)]
    mediator = KeyCeremonyMediator("mediator", guardians[0].ceremony_details)
    for guardian in guardians:
        mediator.announce(guardian.share_key())
    for guardian in guardians:
        for key in mediator.share_announced(guardian.id):
            guardian.save_guardian_key(key)
    for guardian in guardians:
        guardian.generate_election_partial_key_backups()
        mediator.receive_backups(guardian.share_election_partial_key_backups())
    for guardian in guardians:
        for backup in mediator.share_backups(guardian.id):
            guardian.save_election_partial_key_backup(backup)
    for guardian in guardians:
        others = [other.id for other in guardians if other is not guardian]
        mediator.receive_backup_verifications([guardian.verify_election_partial_key_backup(i) for i in others])
    assert mediator.all_backups_verified()
    return guardians, mediator.publish_joint_key()


def decrypt(guardians: Sequence[Any], tally: Any, context: Any, manifest: Any) -> Any:
    """Decrypt with a quorum; the others' shares are compensated for."""
    from electionguard.decryption_mediator import DecryptionMediator

    present, missing = guardians[:QUORUM], guardians[QUORUM:]
    mediator = DecryptionMediator("mediator", context)
    for guardian in present:
        mediator.announce(guardian.share_key(), guardian.compute_tally_share(tally, context), {})
    for absent in missing:
        mediator.announce_missing(absent.share_key())
        for guardian in present:
            share = guardian.compute_compensated_tally_share(absent.id, tally, context)
            mediator.receive_tally_compensation_share(share)
    mediator.reconstruct_shares_for_tally(tally)
    return mediator.get_plaintext_tally(tally, manifest)


def measure(meter: Meter, contests: int, warm_up: int, measured: int) -> None:
    """Hold one election; its ballots must verify and its tallies be right."""
    from electionguard import decryption, tally
    from electionguard.ballot_box import cast_ballot
    from electionguard.ballot_validator import ballot_is_valid_for_election
    from electionguard.election import make_ciphertext_election_context
    from electionguard.encrypt import EncryptionDevice, encrypt_ballot
    from electionguard.group import rand_q
    from electionguard.manifest import InternalManifest
    from electionguard.serialize import to_raw

    decryption.Scheduler = tally.Scheduler = InLine
    manifest = manifest_of(contests)
    assert manifest.is_valid()
    ((guardians, joint),) = meter.run("ceremony", 1, [ceremony])
    internal = InternalManifest(manifest)
    commitment, key = joint.commitment_hash, joint.joint_public_key
    context = make_ciphertext_election_context(GUARDIANS, QUORUM, key, commitment, manifest.crypto_hash())
    seed = EncryptionDevice(1, 2, 3, "bench").get_hash()

    # Nonces are fresh, and a ballot is not verified by its own device: that is measured apart.
    def encrypt(plaintext: Any) -> Any:
        return encrypt_ballot(plaintext, internal, context, seed, rand_q(), False)

    for plaintext in ballots_of(internal, warm_up):
        encrypt(plaintext)
    works: list[Callable[[], Any]] = [partial(encrypt, plaintext) for plaintext in ballots_of(internal, measured)]
    cast = [cast_ballot(ballot) for ballot in meter.run("encrypt a ballot", measured, works)]
    works = [partial(to_raw, ballot) for ballot in cast]
    meter.run("write a ballot as JSON", measured, works, len(to_raw(cast[0])))
    works = [partial(ballot_is_valid_for_election, ballot, internal, context, True) for ballot in cast]
    assert all(meter.run("verify a ballot", measured, works))
    total = tally.CiphertextTally("tally", internal, context)
    named = [(ballot.object_id, ballot) for ballot in cast]
    count = measured * contests * OPTIONS
    (added,) = meter.run("accumulate a selection", count, [lambda: total.batch_append(named, False, InLine())])
    assert added
    work = [lambda: decrypt(guardians, total, context, manifest)]
    (plain,) = meter.run("decrypt a tally", contests * OPTIONS, work)
    found = {s.object_id: s.tally for contest in plain.contests.values() for s in contest.selections.values()}
    expected = [len(range(j, measured, OPTIONS)) for j in range(OPTIONS)]
    assert all(found[f"option-{c}-{j}"] == expected[j] for c in range(contests) for j in range(OPTIONS))


def end_to_end(meter: Meter) -> None:
    """Note the sum of the phases as an election of 100 ballots needs them; writing JSON is left out."""
    found = {figure["what"]: figure for figure in meter.figures}
    n, total = found["encrypt a ballot"]["count"], {}
    for key in ("milliseconds", "pm"):
        once = sum(found[what][key] * found[what]["count"] for what in ("ceremony", "decrypt a tally"))
        per_ballot = ("encrypt a ballot", "verify a ballot", "accumulate a selection")
        total[key] = once + sum(found[what][key] * found[what]["count"] for what in per_ballot) * ELECTION / n
    meter.add(f"end to end, {ELECTION} ballots", 1, total["milliseconds"] / 1000, total["pm"])


def main() -> None:
    """Measure, and keep the figures."""
    parser = argparse.ArgumentParser(description=f"Measure {NAME} on the workload of 'e2evote bench'.")
    parser.add_argument(
        "--quick", action="store_true", help="only EG-5x4 with 5 ballots instead of EG-12x4 and EG-5x4 with 20"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to a file")
    options = parser.parse_args()
    import_library()
    figures = []
    for contests in (5,) if options.quick else (12, 5):
        meter = Meter(f"EG-{contests}x{OPTIONS}")
        measure(meter, contests, warm_up=1, measured=5 if options.quick else 20)
        end_to_end(meter)
        figures += meter.figures
    if options.json:
        options.json.write_text(json.dumps({"figures": figures}, indent=1) + "\n")


if __name__ == "__main__":
    main()
