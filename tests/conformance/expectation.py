"""What a record of the suite is expected to show: the content of expect.json."""

from typing import Annotated, Literal

from pydantic import Field

from e2evote.record.codec import Hash, RecordModel

CheckId = Annotated[str, Field(pattern=r"^([1-9]|1[0-9])\.[A-H]$|^X\.[a-z]+(-[a-z]+)*$")]
"""A lettered sub-check of a box of the specification, or an additional check of this project."""
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Level = Literal["specification", "additional", "form"]
Feature = Literal["supplemental-fields", "merged-cells", "pre-encrypted-ballots", "bulletin-board"]


class Expectation(RecordModel):
    """expect.json: what a verifier should say of the record beside it."""

    name: Name
    description: str = Field(min_length=1, description="the defect in a sentence, or what is unusual in a valid record")
    valid: bool
    level: Level = Field(
        description="who must refuse a record that is not valid: every verifier of the specification; only verifiers "
        "with the additional checks; or, by its form, whoever reads it"
    )
    features: tuple[Feature, ...] = Field(description="parts of the format that a verifier may leave out")
    parameters: str = Field(description="the parameter set of the election")
    accept: str | None = Field(
        default=None, description="the parameter set to accept beside the standard one, if it is to be any"
    )
    must_fail: tuple[CheckId, ...] = Field(description="checks that must fail")
    may_fail: tuple[CheckId, ...] = Field(description="checks that may fail with them; no others may")
    may_be_unreadable: bool = Field(description="whether refusing to read the record is right too")
    sha256: Hash = Field(description="SHA-256 over a line '<sha256>  <path>' for each file of the record, by path")


CONFORMANCE_SCHEMAS: dict[str, type[RecordModel]] = {"expect": Expectation}
