"""Whether the paper says what the record proves: drawn again from the record, it must be the same to the byte.

Nothing of the file is believed but what officials signed (decisions, approvals) and how it was to be drawn (languages,
time zone). So no PDF is read: pages, fonts and attachments are those that this program draws, or the file is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from e2evote.election.minutes import Statement, statement_of
from e2evote.errors import CheckError, VerificationError
from e2evote.record.layout import Record
from e2evote.record.load import load_election
from e2evote.record.rules import Official
from e2evote.web.minutes.paper import draw, renderer
from e2evote.web.minutes.signed import Minutes, verify_signatures


@dataclass(frozen=True, slots=True)
class Checked:
    """What minutes state that hold, who signed them when, and whose signatures are missing."""

    statement: Statement
    signed: Sequence[tuple[Official, str]]
    unsigned: Sequence[Official]


class OtherRendererError(CheckError):
    """The minutes were drawn by other versions than are here; whether they are right cannot be said."""


def verify_minutes(minutes: Minutes, record: Record, insecure: frozenset[str] = frozenset()) -> Checked:
    """Accept minutes of a record, which has been verified.

    Raises:
        OtherRendererError: they were drawn by other versions.
        ParseError, CheckError, VerificationError: they do not say what the record does.
    """
    manifest, said = load_election(record, insecure).manifest, minutes.statement
    signed = verify_signatures(minutes, manifest)
    if manifest.officials is not None and not said.approvals:
        raise VerificationError("the results in these minutes were not approved by the officials of the manifest")
    found = statement_of(record, said.languages, said.zone, said.renderer, said.approvals, insecure)
    for name in Statement.model_fields:
        if getattr(found, name) != getattr(said, name):
            raise VerificationError(f"the statement's {name} is not what the record says")
    if said.renderer != renderer():
        raise OtherRendererError(f"drawn by {said.renderer}; here is {renderer()}: install the same to compare")
    if draw(found, manifest) != minutes.drawn:
        raise VerificationError("the pages or attachments are not those that the record gives")
    who = {official.label for official, _ in signed}
    return Checked(found, signed, [each for each in manifest.officials or () if each.label not in who])
