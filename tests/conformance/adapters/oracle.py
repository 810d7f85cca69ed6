"""Adapter of the conformance suite for the oracle: python -m tests.conformance.adapters.oracle RECORD [PARAMETERS]."""

import json
import sys

from tests import oracle

record, *accepted = sys.argv[1:]
try:
    verdict = oracle.verify(record, set(accepted))
except oracle.OracleParseError:
    sys.exit(2)
print(json.dumps({"failed": sorted(verdict.failed)}))
sys.exit(0 if verdict.passed else 1)
