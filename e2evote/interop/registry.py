"""All families, and which of them a record is of."""

from pathlib import Path

from e2evote.errors import ParseError
from e2evote.interop.belenios import BELENIOS
from e2evote.interop.egrf import family as egrf
from e2evote.interop.electionguard_1 import family as electionguard_1
from e2evote.interop.electionguard_2_0 import ELECTIONGUARD_2_0
from e2evote.interop.family import Family
from e2evote.interop.foreign import Foreign
from e2evote.interop.helios.verification import Helios
from e2evote.record.layout import INDEX
from e2evote.verifier.report import NATIVE

FAMILIES: tuple[Family, ...] = (BELENIOS, egrf.FAMILY, electionguard_1.FAMILY, ELECTIONGUARD_2_0, Helios())
"""Every family of other systems' records."""

NAMES = (NATIVE, *(family.name for family in FAMILIES))
"""What ``--family`` takes."""


def family_named(name: str) -> Family:
    """Return the family of that name, one of ``NAMES`` but the first."""
    return next(family for family in FAMILIES if family.name == name)


def recognised(path: Path) -> Family | None:
    """Return the family of a record of another system, or None for this library's own format.

    Raises:
        ParseError: nothing is there, or no family recognises it.
    """
    if path.is_dir() and (path / INDEX).is_file():
        return None
    record = Foreign.at(path)
    if INDEX in record:
        return None
    found = [family for family in FAMILIES if family.recognises(record)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(NAMES)
    if not found:
        raise ParseError(str(path), f"not a record of any family that is known ({known}): there is no {INDEX} either")
    names = " and ".join(family.name for family in found)
    raise ParseError(str(path), f"this may be a record of {names}; say which with --family")
