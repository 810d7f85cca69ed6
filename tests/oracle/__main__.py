"""python -m tests.oracle RECORD [--allow-insecure NAME] prints a table.

It exits with 0 where every check that ran passed, 1 with findings, 2 where the record cannot be read.
"""

import argparse
import sys

from . import CHECKS, PHASES, OracleParseError, verify


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description="Verify an election record, slowly.")
    parser.add_argument("record", help="a directory or a zip archive")
    parser.add_argument("--allow-insecure", action="append", default=[], metavar="NAME", help="e.g. toy-64-256")
    parser.add_argument("--until", choices=PHASES, default=PHASES[-1], help="the last phase to look at")
    arguments = parser.parse_args()
    try:
        verdict = verify(arguments.record, frozenset(arguments.allow_insecure), arguments.until)
    except OracleParseError as error:
        print(f"unreadable: {error}", file=sys.stderr)
        return 2
    except ValueError as error:
        parser.error(str(error))
    for check, title in CHECKS.items():
        findings = verdict.findings[check]
        result = f"{len(findings)} FOUND" if findings else "passed" if verdict.ran[check] else "not run"
        print(f"{check:<26}{verdict.ran[check]:>8}  {result:<10}  {title}")
        for finding in findings:
            print(f"{'':<36}- {finding}")
    print(f"{sum(verdict.ran.values())} conditions, failed: {', '.join(sorted(verdict.failed)) or 'none'}")
    return 0 if verdict.passed else 1


if __name__ == "__main__":
    sys.exit(main())
