"""Box 17: every short code that is shown is cut from its selection hash as the manifest says."""

from e2evote.record.short_codes import short_code
from e2evote.verifier.context import Context
from e2evote.verifier.report import Check, Ledger, Place

CHECKS = (Check("17.A", "every short code is that of its selection hash", "ballots"),)


def verify_code(ledger: Ledger, context: Context, selection_hash: bytes, code: str, place: Place) -> None:
    """Check one short code.

    Spec: EG-2.1 §4.5, box 17
    """
    omega = context.manifest.hash_trimming
    if omega is None:
        ledger.skip("17.A")
        return
    expected = short_code(omega, selection_hash)
    ledger.check("17.A", code == expected, f"the short code is {code!r}, and {expected!r} by its hash", place)
