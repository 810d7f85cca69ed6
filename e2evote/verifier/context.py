"""What the boxes look at: the published values, and hashes recomputed from them."""

from dataclasses import dataclass, field
from typing import Self

from e2evote.group.elements import Group
from e2evote.group.powers import WINDOW
from e2evote.record.manifest import Manifest
from e2evote.record.setup import FixedBases, JointKeys, Parameters


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
    """What checks of ballots and tallies need; n, k and keys as published, H_E as recomputed."""

    group: Group
    manifest: Manifest
    n: int
    k: int
    keys: JointKeys
    h_e: bytes
    bases: FixedBases = field(compare=False, repr=False)

    @classmethod
    def of(cls, setup: Setup, keys: JointKeys, h_e: bytes, window: int = WINDOW) -> Self:
        """Put the parts together; ``window`` is that of the tables of g and K."""
        n, k = setup.parameters.n, setup.parameters.k
        return cls(setup.group, setup.manifest, n, k, keys, h_e, FixedBases.of(keys, window))
