"""Example elections: manifests as package data, and plausible plaintext ballots for them.

``association`` is an election of the organs of a professional association (one ballot style, board, inspectors,
prosecutor); ``stakeholders`` is the general assembly of a cooperative (two ballot styles, weighted votes, a write-in
option, scores, a resolution); ``rehearsal`` asks what there is for lunch, and says that it is none; ``online`` is for
voters' own devices, with a write-in and a question that depends on another one. All people, firms and bodies in them
are invented.

The manifests come as bytes, since H_B hashes bytes; parsing is left to ``e2evote.record.manifest``, ballots to
``e2evote.examples.generator``.
"""

from importlib.resources import files
from typing import Final

from e2evote.errors import CheckError

NAMES: Final = ("association", "stakeholders", "rehearsal", "online")


def manifest_bytes(name: str) -> bytes:
    """Return the manifest of the example ``name`` as it is to be hashed.

    Raises:
        CheckError: ``name`` is none of ``NAMES``.
    """
    if name not in NAMES:
        raise CheckError(f"no example named {name!r}; there are: {', '.join(NAMES)}")
    return files(__name__).joinpath(f"{name}.json").read_bytes()


def members_csv() -> bytes:
    """Return a roll of twenty invented members for the example ``online``, as a file to import."""
    return files(__name__).joinpath("online-members.csv").read_bytes()
