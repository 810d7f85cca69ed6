"""The foreign manifest: contests, their fields and styles, and a manifest of this library of the same shape."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from e2evote.encoding import strict_json
from e2evote.errors import ParseError
from e2evote.record import manifest as own

Kind = Literal[
    "OvervoteIndicator", "NullVoteIndicator", "UndervoteIndicator", "UndervoteDifferenceCount", "WriteInCount"
]
_WHERE = "setup/manifest"
LARGEST = 1000
"""Of limits and counts: far above any ballot, and what keeps the work of a proof bounded."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Choice(_Model):
    """An option."""

    id: str
    name: str = ""
    index: int


class Supplemental(Choice):
    """A supplemental field."""

    kind: Kind


class Contest(_Model):
    """A contest: options 1 to m, then supplemental fields m+1 and on."""

    id: str
    name: str = ""
    index: int
    selection_limit: int = Field(alias="selectionLimit", ge=1, le=LARGEST)
    option_selection_limit: int = Field(alias="optionSelectionLimit", ge=1, le=LARGEST)
    choices: tuple[Choice, ...] = Field(min_length=1)
    supplemental_fields: tuple[Supplemental, ...] = Field(default=(), alias="supplementalFields")
    contest_data_blocks: int = Field(default=0, alias="contestDataBlocks", ge=0, le=LARGEST)
    write_in_fields: int = Field(default=0, alias="writeInFieldCount", ge=0, le=LARGEST)

    def place_of(self, kind: Kind) -> int | None:
        """Return where among all fields, from 0, the field of a kind stands."""
        kinds = [field.kind for field in self.supplemental_fields]
        return len(self.choices) + kinds.index(kind) if kind in kinds else None

    def labels(self) -> list[str]:
        """Return the labels of all fields, in order."""
        return [known.id for known in (*self.choices, *self.supplemental_fields)]

    def bound(self, place: int) -> int:
        """Return the largest value of a field."""
        if place < len(self.choices):
            return self.option_selection_limit
        counts = {"UndervoteDifferenceCount": self.selection_limit, "WriteInCount": self.write_in_fields}
        return counts.get(self.supplemental_fields[place - len(self.choices)].kind, 1)


class Style(_Model):
    """A ballot style."""

    id: str
    name: str = ""
    contest_ids: tuple[str, ...] = Field(alias="contestIds")


class Manifest(_Model):
    """A manifest; a member that is not named here could change a rule of the election, and is refused."""

    election_id: str = Field(default="", alias="electionId")
    contests: tuple[Contest, ...]
    ballot_styles: tuple[Style, ...] = Field(alias="ballotStyles")
    chaining_mode: int = Field(default=0, alias="chainingMode")
    hash_trimming_function: int | None = Field(default=None, alias="hashTrimmingFunction")


@dataclass(frozen=True, slots=True)
class Manifests:
    """The foreign manifest and ours of the same shape."""

    foreign: Manifest
    own: own.Manifest

    def style(self, label: str) -> list[Contest] | None:
        """Return the contests of a style, None if there is no such style."""
        for style in self.foreign.ballot_styles:
            if style.id == label:
                return [contest for contest in self.foreign.contests if contest.id in style.contest_ids]
        return None


def parse_manifest(content: bytes) -> Manifests:
    """Read a manifest.

    Raises:
        ParseError: not one that can be read, or indices that are not 1, 2, 3, …
    """
    try:
        foreign = Manifest.model_validate_json(json.dumps(strict_json(content, _WHERE, nulls=True)))
    except ValidationError as error:
        first = error.errors()[0]
        raise ParseError(_WHERE, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    for contest in foreign.contests:
        fields = (*contest.choices, *contest.supplemental_fields)
        kinds = [field.kind for field in contest.supplemental_fields]
        doubled = len(set(kinds)) < len(kinds) or len(set(contest.labels())) < len(fields)
        if [known.index for known in fields] != list(range(1, len(fields) + 1)) or doubled:
            raise ParseError(_WHERE, f"contest {contest.id}: fields are not numbered 1, 2, 3, …, or one is doubled")
        if bool(contest.write_in_fields) != ("WriteInCount" in kinds):
            raise ParseError(_WHERE, f"contest {contest.id}: write-in fields and their count do not go together")
    if [contest.index for contest in foreign.contests] != list(range(1, len(foreign.contests) + 1)):
        raise ParseError(_WHERE, "contests are not numbered 1, 2, 3, …")
    return Manifests(foreign, own.parse_manifest(json.dumps(_own(foreign)).encode()))


def _own(foreign: Manifest) -> dict[str, Any]:
    numbers = {contest.id: contest.index for contest in foreign.contests}
    trimming = foreign.hash_trimming_function
    contests = [
        {
            "label": contest.id,
            "selection_limit": contest.selection_limit,
            "options": [{"label": choice.id} for choice in contest.choices],
        }
        for contest in foreign.contests
    ]
    styles = [
        {"label": style.id, "contests": sorted(numbers.get(name, 0) for name in style.contest_ids)}
        for style in foreign.ballot_styles
    ]
    extra = {"hash_trimming": trimming, "minimum_cell_ballots": 2} if trimming is not None else {}
    return {"label": "egrf", "contests": contests, "ballot_styles": styles, **extra}
