"""The oracle: a second, plain reading of the verification boxes 1 to 19 of ElectionGuard 2.1.0.

It reads an election record (docs/formats/record.md) and verifies it from the text of the specification alone. It shares
no code with the product, uses nothing outside the standard library, and is slow by design: its only purpose is to
disagree where one of the two readings is wrong.

    arithmetic.py   groups, byte encodings, H and H_q (3.1.1, 5, appendix)
    equations.py    the equations that a verifier recomputes (3.1 to 3.6, 4.1 to 4.3)
    strict_json.py  JSON without duplicate keys, null, unknown fields or other freedoms
    manifest.py     the manifest and its rules (docs/formats/manifest.md)
    record.py       what a record holds (docs/formats/record.md)
    files.py        the files of a directory or an archive, and index.json
    reading.py      from the files to what the record holds
    verdict.py      the ids of the checks, and what they found
    boxes.py        the boxes (6.2) and the project's own X checks, one after the other; they are in
                    boxes_setup.py (1 to 4), boxes_ballots.py (5 to 8), boxes_tally.py (9 to 11)
                    and boxes_opened.py (12 to 14)
    board.py        the bulletin board's tree, checkpoint and policy; ed25519.py their signatures, boxes_board.py
                    what is checked of it

Every check takes its inputs as the record states them (H_P, H_B, H_E, H_I, chi, H_DI, H_j, A and B, ...), and each of
these stated values has its own check. So one wrong value is found where it is stated and where it is used, not
everywhere behind it.

    >>> verdict = verify("record", allow_insecure={"toy-64-256"})  # doctest: +SKIP
    >>> verdict.passed, verdict.findings["9.A"], verdict.ran["9.A"]  # doctest: +SKIP
    (True, [], 12)
"""

from .boxes import verify
from .record import PHASES
from .strict_json import OracleParseError
from .verdict import CHECKS, Verdict

__all__ = ["CHECKS", "PHASES", "OracleParseError", "Verdict", "verify"]
