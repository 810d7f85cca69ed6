"""Mutation testing by hand; docs/mutation-testing.md says what came of it.

    python -m tests.mutation_testing run                           everything: about an hour on a core
    python -m tests.mutation_testing run e2evote/zkp/range.py      one file
    python -m tests.mutation_testing report                        the table and what is not explained, once more

Files must not be edited while mutants of them are judged. What was judged lies in build/mutants and is not judged
again, until the folder is removed.
"""

import argparse
import os
import pickle
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.mutation_testing.mutants import SCOPE, Mutant, files, mutants
from tests.mutation_testing.reporting import explained, report, survivors
from tests.mutation_testing.verdicts import REACHED

BUILD = REACHED.parent
EXPLAINED = Path(__file__).with_name("explained.toml")
QUICK, WHOLE, LONG = 2.0, 5.0, 40.0
"""Seconds of tests for every mutant, for those that survive them, and for what then is not explained."""
TESTS = (
    *("group", "zkp", "test_hashing.py", "test_elgamal.py", "test_hashed_elgamal.py", "test_secret_sharing.py"),
    *(
        "vectors",
        "messages/test_hashes.py",
        "mistakes",
        "test_merging.py",
        "test_overrides.py",
        "mutation_testing/records.py",
    ),
    *(f"verifier/test_{name}.py" for name in ("report", "secrecy", "v09_aggregation", "cutting", "references", "run")),
    *(f"verifier/test_{name}.py" for name in ("reduction", "resume", "mutations", "mail_mutations", "both_ways")),
    *(f"verifier/test_{name}.py" for name in ("board_entries", "board_mutations", "board_record")),
)
LEFT_OUT = (
    *("test_exactly_the_checks", "test_the_oracle_finds", "test_processes_and_archives", "test_the_death"),
    *("freeze_writes", "test_products_of_powers", "test_fast_powers", "smallest_group", "jobs_of_all_kinds"),
    *("crypto_mb", "archive_and_phases", "at_a_url", "what_is_shown"),
)
"""Tests that take long or start processes; the records of the first are judged without being written anew."""
IGNORED = ("group/test_sharing.py", "vectors/test_known_answers_mail.py")


def run(named: Sequence[str], children: int) -> None:
    """Make the mutants and judge them: quickly, then those that survive, then those that nobody has explained."""
    BUILD.mkdir(parents=True, exist_ok=True)
    excluded = Counter[str]()
    everything = [mutant for file in files(tuple(named)) for mutant in mutants(file, excluded)]
    print(f"{len(everything)} mutants; left out: {dict(excluded)}", flush=True)
    _judge(everything, "quick", QUICK, children)
    _judge(_left(everything, "quick", "survived"), "whole", WHOLE, children)
    _judge(_unexplained(_left(everything, "whole", "survived")), "long", LONG, children)
    _judge_apart(_left(everything, "quick", "apart"), "apart", QUICK)
    _judge_apart(_unexplained(_left(everything, "apart", "survived")), "apart-long", LONG)


def _left(everything: Sequence[Mutant], name: str, verdict: str) -> list[Mutant]:
    keys = survivors(BUILD / f"{name}.ndjson", verdict)
    return [mutant for mutant in everything if mutant.key in keys]


def _unexplained(mutants: Sequence[Mutant]) -> list[Mutant]:
    reasons = explained(EXPLAINED)
    return [mutant for mutant in mutants if (mutant.file, mutant.name) not in reasons]


def _store(chosen: Sequence[Mutant], name: str) -> list[str]:
    path = BUILD / f"{name}.pickle"
    path.write_bytes(pickle.dumps(list(chosen)))
    return [str(path), str(BUILD / f"{name}.ndjson")]


def _judge(chosen: Sequence[Mutant], name: str, seconds: float, children: int) -> None:
    given, verdicts = _store(chosen, name)
    options = ["-q", "--capture=sys", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov"]
    options += ["-p", "tests.mutation_testing.judging", "--mutants", given, "--verdicts", verdicts]
    options += ["--children", str(children), "--seconds", str(seconds), "-k", f"not ({' or '.join(LEFT_OUT)})"]
    options += [part for name in IGNORED for part in ("--ignore", f"tests/{name}")]
    subprocess.run([sys.executable, "-m", "pytest", *options, *(f"tests/{name}" for name in TESTS)], check=True)


def _judge_apart(chosen: Sequence[Mutant], name: str, seconds: float) -> None:
    command = [sys.executable, "-m", "tests.mutation_testing.apart", *_store(chosen, name), str(seconds)]
    subprocess.run(command, check=True)


def main() -> int:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation_testing")
    verbs = parser.add_subparsers(required=True, dest="verb")
    running = verbs.add_parser("run")
    running.add_argument("--children", type=int, default=max(1, (os.cpu_count() or 1) - 1))
    running.add_argument("files", nargs="*", default=list(SCOPE))
    verbs.add_parser("report")
    given = parser.parse_args()
    if given.verb == "run":
        run(given.files, given.children)
    return report(BUILD, EXPLAINED)


if __name__ == "__main__":
    sys.exit(main())
