"""What the boxes look at: the published values, and hashes recomputed from them."""

from dataclasses import dataclass

from e2evote.group.elements import Element, Group
from e2evote.record.manifest import Manifest
from e2evote.record.setup import GuardianPublicKey, JointKeys, Parameters


@dataclass(frozen=True, slots=True)
class Setup:
    """The record before any key: group, n, k, the manifest, and H_P, H_B as recomputed."""

    group: Group
    parameters: Parameters
    manifest: Manifest
    h_p: bytes
    h_b: bytes


@dataclass(frozen=True, slots=True)
class Context:
    """What checks of ballots and tallies need; H_E as recomputed, keys as published."""

    group: Group
    manifest: Manifest
    guardians: tuple[GuardianPublicKey, ...]
    keys: JointKeys
    h_e: bytes

    @property
    def K(self) -> Element:  # noqa: N802
        """The vote encryption key."""
        return self.keys.vote_encryption_key

    @property
    def K_hat(self) -> Element:  # noqa: N802
        """The ballot data encryption key."""
        return self.keys.data_encryption_key
