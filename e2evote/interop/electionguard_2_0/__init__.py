"""ElectionGuard 2.0.0, as the Kotlin implementations publish it."""

from e2evote.interop.electionguard_2_0.verification import ElectionGuard20

ELECTIONGUARD_2_0 = ElectionGuard20()

__all__ = ["ELECTIONGUARD_2_0", "ElectionGuard20"]
