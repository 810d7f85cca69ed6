"""Broken records: each a valid one with a single named defect, and the checks that must and may fail with it.

    mutation = BY_NAME["encryption-of-two"]
    mutation.write(tmp_path / "record", built)     # built: the fixture, an honest toy election

Behind the defect everything is consistent, and the index agrees, unless the defect is that it does not. ``must`` are
the ids of checks that fail, ``may`` those that fail with them because they look at the same thing; no other may fail.
``skips`` are exactly those that do not run for want of what they look at, unless they fail elsewhere in the record.
"""

from tests.mutations.registry import REGISTERED, Mutation

# Importing a theme registers its records; the order is that of the boxes.
# isort: off
from tests.mutations import setup, guardians, proofs, codes, shape, sealed, fields, tallies, contest_data, challenged  # noqa: F401
# isort: on

__all__ = ["BY_NAME", "MUTATIONS", "Mutation"]

MUTATIONS: tuple[Mutation, ...] = tuple(REGISTERED)
"""All broken records."""

BY_NAME: dict[str, Mutation] = {mutation.name: mutation for mutation in MUTATIONS}
