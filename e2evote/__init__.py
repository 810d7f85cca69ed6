"""e2evote: end-to-end verifiable elections after the ElectionGuard Design Specification 2.1.0.

Nothing is re-exported here: import from the room that does the work, for example
``from e2evote.encryption import encrypt_ballot``.
"""

__version__ = "0.1.0"
