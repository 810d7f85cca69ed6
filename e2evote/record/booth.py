"""The files that a voting booth serves, by path and hash: what a page in which voters encrypt is made of."""

import re
from typing import Annotated

from annotated_types import MaxLen, MinLen
from pydantic import AfterValidator, StringConstraints

from e2evote.record.codec import Hash, RecordModel

MOST_FILES = 1000
"""Files of a booth; whoever watches it asks for each."""

_SEGMENTS = r"(/[0-9A-Za-z_~@-][0-9A-Za-z_~@.-]*)+"
"""Letters, digits and a few marks; none is empty or begins with a dot, so that a path is written in one way only."""
LONGEST = 200
"""Characters of a path."""

Path = Annotated[str, StringConstraints(pattern=f"^{_SEGMENTS}$", max_length=LONGEST)]


def is_served_path(path: str) -> bool:
    """Tell whether a list can have a file of this path."""
    return len(path) <= LONGEST and re.fullmatch(_SEGMENTS, path) is not None


class BoothFile(RecordModel):
    """One file as a browser gets it: its path below the booth's address, and the SHA-256 of its content."""

    path: Path
    sha256: Hash


def _in_order(files: tuple[BoothFile, ...]) -> tuple[BoothFile, ...]:
    paths = [file.path for file in files]
    if paths != sorted(set(paths)):
        raise ValueError("paths must be sorted and each named once")
    return files


class BoothFiles(RecordModel):
    """All files of a booth; a later list takes the place of the one before."""

    files: Annotated[tuple[BoothFile, ...], MinLen(1), MaxLen(MOST_FILES), AfterValidator(_in_order)]
