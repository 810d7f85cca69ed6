"""What the public sees of results: an outcome, once it is approved where officials have to, and who approved it."""

from collections.abc import Sequence
from dataclasses import dataclass

from e2evote.election.officials import Approval, approved, read_approvals
from e2evote.errors import CheckError, ParseError, VerificationError
from e2evote.record.manifest import Manifest
from e2evote.record.outcome import Decision, Outcome, outcome_of
from e2evote.web.election.known import Known
from e2evote.web.site import Site


@dataclass(frozen=True, slots=True)
class Publication:
    """An outcome, None before there is one to be shown; how many approvals there are and have to be; what is wrong."""

    outcome: Outcome | None
    approvals: Sequence[Approval] = ()
    needed: int = 0
    problem: str | None = None

    @property
    def waiting(self) -> bool:
        """Whether approvals are missing."""
        return self.outcome is None and self.needed > 0


def publication(site: Site, known: Known) -> Publication:
    """Return what may be shown of an election's results; approvals are read anew each time, there are few."""
    manifest, results, keys = known.manifest, known.results, known.keys
    if manifest is None or results is None or keys is None:
        return Publication(None)
    if manifest.officials is None:
        return Publication(outcome_of(keys.election.h_e, manifest, results, Decision()))
    needed, found = manifest.approvals or 1, list[Approval]()
    try:
        found = [] if site.settings.approvals is None else read_approvals(site.settings.approvals)
        given = approved(keys.election.h_e, manifest, results, found)
    except (CheckError, ParseError, VerificationError) as error:
        return Publication(None, (), needed, str(error))
    return Publication(None, found, needed) if given is None else Publication(given[0], given[1], needed)


def approvers(manifest: Manifest, approvals: Sequence[Approval]) -> Sequence[dict[str, object]]:
    """Return who approved and when, for programs."""
    officials = manifest.officials or ()
    return [
        {**each.model_dump(mode="json", exclude_none=True), "official": officials[each.official - 1].label}
        for each in approvals
    ]
