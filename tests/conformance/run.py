"""python tests/conformance/run.py SUITE [OPTION …] -- ADAPTER …

Scores a verifier on the records of a suite: an archive of vectors/records, or the folder that it was unpacked into. It
needs Python 3.11 and nothing else. For each record the adapter is run with the record's directory, and behind it the
parameter set to accept where it is not the standard one. It exits with 0 where the record is valid, 1 where it is not,
2 where it could not be read, and prints {"failed": ["6.D", …]}, the checks that failed. docs/conformance.md has one.

Exit code: 0 every record is judged as expected, 1 some are not.
"""

import argparse
import json
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VALID, INVALID, UNREADABLE = 0, 1, 2
OUTCOMES = {
    "right": "judged as expected",
    "allowed": "accepted, which a verifier without additional checks may do",
    "imprecise": "refused, but the failed checks are not those expected",
    "missed": "ACCEPTED although it is not valid",
    "rejected": "REFUSED although it is valid",
    "not read": "not read although its form is right",
    "no answer": "the adapter failed, answered in another form or took too long",
}
GOOD = ("right", "allowed")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a verifier says of a record: its exit code, and the failed checks if it names any."""

    code: int
    failed: frozenset[str] = frozenset()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """How strictly to judge: lettered checks only, or only whether a record is refused."""

    boxes_only: bool = False
    verdicts_only: bool = False

    def counted(self, checks: Collection[str]) -> set[str]:
        """Return the checks that count."""
        return {check for check in checks if not self.boxes_only or check[:1].isdigit()}


@dataclass(frozen=True, slots=True)
class Result:
    """A record's expect.json, the answer to it, and what that comes to."""

    expected: dict[str, Any]
    answer: Answer
    outcome: str


def outcome(expected: dict[str, Any], answer: Answer, rules: Rules) -> str:
    """Return which of ``OUTCOMES`` an answer is."""
    if answer.problem or answer.code not in (VALID, INVALID, UNREADABLE):
        return "no answer"
    if expected["valid"]:
        return {VALID: "right", INVALID: "rejected", UNREADABLE: "not read"}[answer.code]
    if answer.code == VALID:
        return "allowed" if rules.boxes_only and expected["level"] != "specification" else "missed"
    if answer.code == UNREADABLE:
        return "right" if expected["may_be_unreadable"] or expected["level"] == "form" else "not read"
    must, failed = rules.counted(expected["must_fail"]), rules.counted(answer.failed)
    exact = must <= failed <= must | set(expected["may_fail"])
    return "right" if exact or rules.verdicts_only else "imprecise"


def run(
    records: Iterable[Path], ask: Callable[[Path, str | None], Answer], rules: Rules = Rules(), jobs: int = 1
) -> list[Result]:
    """Ask a verifier about records, each a folder with ``record`` and ``expect.json``."""

    def judge(folder: Path) -> Result:
        expected = json.loads((folder / "expect.json").read_bytes())
        answer = ask(folder / "record", expected.get("accept"))
        return Result(expected, answer, outcome(expected, answer, rules))

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(judge, records))


def by_check(results: Iterable[Result], rules: Rules) -> dict[str, dict[str, int]]:
    """Return for each check in how many records it must fail and was named, and where it was named for nothing."""
    records, found, false = Counter[str](), Counter[str](), Counter[str]()
    for result in results:
        must, failed = rules.counted(result.expected["must_fail"]), rules.counted(result.answer.failed)
        records.update(must)
        found.update(must if result.outcome == "right" and result.answer.code == UNREADABLE else must & failed)
        false.update(failed - must - set(result.expected["may_fail"]))
    names = sorted(records | false, key=_order)
    return {name: {"records": records[name], "found": found[name], "false_alarms": false[name]} for name in names}


def as_json(results: list[Result], rules: Rules) -> dict[str, Any]:
    """Return the score as JSON objects."""
    totals = Counter(result.outcome for result in results)
    records = {
        result.expected["name"]: {
            "outcome": result.outcome,
            "exit_code": result.answer.code,
            "failed": sorted(result.answer.failed, key=_order),
        }
        for result in results
    }
    passed = all(result.outcome in GOOD for result in results)
    return {"passed": passed, "totals": dict(totals), "checks": by_check(results, rules), "records": records}


def table(results: list[Result], rules: Rules) -> str:
    """Return the score as text."""
    lines = [f"{'check':<28}{'records':>8}{'found':>8}{'false alarms':>14}"]
    for name, row in by_check(results, rules).items():
        mark = "" if row["found"] == row["records"] and not row["false_alarms"] else "  <"
        lines.append(f"{name:<28}{row['records']:>8}{row['found']:>8}{row['false_alarms']:>14}{mark}")
    for result in results:
        if result.outcome not in GOOD:
            lines += ["", f"{result.expected['name']}: {OUTCOMES[result.outcome]}", *_details(result)]
    totals = Counter(result.outcome for result in results)
    return "\n".join([*lines, "", *(f"{totals[name]:>6}  {text}" for name, text in OUTCOMES.items() if totals[name])])


def _details(result: Result) -> list[str]:
    expected, answer = result.expected, result.answer
    told = answer.problem or f"exit code {answer.code}, failed: {' '.join(sorted(answer.failed, key=_order)) or '-'}"
    wanted = f"    must fail: {' '.join(expected['must_fail']) or '-'}; may: {' '.join(expected['may_fail']) or '-'}"
    return [f"    {expected['description']}", wanted, f"    {told}"]


def _order(check: str) -> tuple[bool, int, str]:
    box, _, letter = check.partition(".")
    return (not box.isdigit(), int(box) if box.isdigit() else 0, letter)


# ------------------------------------------------------------------------------------------------- a command


def asking(command: list[str], seconds: float) -> Callable[[Path, str | None], Answer]:
    """Return a function that asks an adapter."""

    def ask(record: Path, accept: str | None) -> Answer:
        arguments = [*command, str(record), *([accept] if accept else [])]
        try:
            done = subprocess.run(arguments, capture_output=True, timeout=seconds, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return Answer(-1, problem=str(error))
        return _answer(done.returncode, done.stdout, done.stderr)

    return ask


def _answer(code: int, output: bytes, errors: bytes) -> Answer:
    try:
        failed = json.loads(output)["failed"] if output.strip() else []
        return Answer(code, frozenset(map(str, failed)))
    except (ValueError, KeyError, TypeError):
        return Answer(code, problem=f"no JSON with 'failed': {(output + errors).decode(errors='replace')[-300:]}")


def folders(suite: Path, names: Collection[str] = (), without: Collection[str] = ()) -> list[Path]:
    """Return the folders of a suite's records, on request only some, or none with certain features."""
    found = sorted(path.parent for path in suite.rglob("expect.json"))
    expected = {path: json.loads((path / "expect.json").read_bytes()) for path in found}
    if unknown := set(names) - {entry["name"] for entry in expected.values()}:
        raise SystemExit(f"no such records: {', '.join(sorted(unknown))}")
    return [
        path
        for path, entry in expected.items()
        if (not names or entry["name"] in names) and not set(without) & set(entry["features"])
    ]


def main(arguments: list[str] | None = None) -> int:
    """Run an adapter; return how the process should exit."""
    parser = argparse.ArgumentParser(prog="run.py", description="Score a verifier on the conformance suite.")
    parser.add_argument("suite", type=Path, help="vectors/records/<set>.tar.xz, or the folder it was unpacked into")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this record (may be repeated)")
    parser.add_argument("--without", action="append", default=[], metavar="FEATURE", help="leave out records with it")
    parser.add_argument("--boxes-only", action="store_true", help="the verifier has no additional checks")
    parser.add_argument("--verdicts-only", action="store_true", help="compare verdicts, not the checks that failed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the score there too")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="adapters at a time")
    parser.add_argument("--seconds", type=float, default=600, help="how long an adapter may take (default: 600)")
    parser.add_argument("adapter", nargs="+", help="the command, behind --")
    chosen = parser.parse_args(arguments)
    rules = Rules(chosen.boxes_only, chosen.verdicts_only)
    with tempfile.TemporaryDirectory() as unpacked:
        suite = chosen.suite
        if suite.is_file():
            with tarfile.open(suite) as archive:
                archive.extractall(unpacked, filter="data")
            suite = Path(unpacked)
        records = folders(suite, chosen.only, chosen.without)
        results = run(records, asking(chosen.adapter, chosen.seconds), rules, chosen.jobs)
    print(table(results, rules))
    score = as_json(results, rules)
    if chosen.json:
        chosen.json.write_text(json.dumps(score, indent=1) + "\n", encoding="utf-8")
    return 0 if results and score["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
