"""All misbehaviour there is: importing a theme registers it."""

from tests.matrix import (
    flaws_of_ballots,
    flaws_of_results,
    refusals_of_counting,
    refusals_of_guardians,
    refusals_of_voting,
)
from tests.matrix.flaws import FLAWS
from tests.matrix.refusals import REFUSALS

__all__ = [
    "FLAWS",
    "REFUSALS",
    "flaws_of_ballots",
    "flaws_of_results",
    "refusals_of_counting",
    "refusals_of_guardians",
    "refusals_of_voting",
]
