"""Records of Belenios, version 1 of its protocol (1.17 to 3.3): homomorphic questions, verified whole.

Source: the specification that Belenios 3.3 publishes, of version 1 of the protocol. Challenges are SHA-256 over text,
read as a big-endian number mod q; responses are w − x·c, so that a commitment is g^v · X^c.
"""

from e2evote.interop.belenios.verification import Belenios

BELENIOS = Belenios()

__all__ = ["BELENIOS", "Belenios"]
