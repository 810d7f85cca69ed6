"""Results in one short message, for a gateway of SMS."""

from collections.abc import Sequence

from e2evote.election.minutes import statement_of
from e2evote.election.officials import Approval
from e2evote.errors import CheckError
from e2evote.record.layout import Record
from e2evote.record.load import load_election
from e2evote.web.languages import languages
from e2evote.web.names import named


def announcement(
    record: Record, approvals: Sequence[Approval], tag: str, insecure: frozenset[str] = frozenset()
) -> str:
    """Return what is announced of a record: who is elected, and the first digits of its fingerprint.

    Raises:
        ParseError, CheckError, VerificationError: as ``statement_of``; also where approvals are missing.
    """
    manifest, language = load_election(record, insecure).manifest, languages()[tag]
    if manifest.officials is not None and not approvals:
        raise CheckError("the results are not approved yet")
    said = statement_of(record, "en", "UTC", "", approvals, insecure)
    gettext = language.translations.gettext
    parts = [named(manifest.name, manifest.label, tag)]
    if said.outcome.quorum is not None and said.outcome.quorum.reached is False:
        parts.append(gettext("The quorum of participation was not reached."))
    for contest in said.outcome.contests:
        rules = manifest.contest(contest.index)
        chosen = [each for each in contest.candidates if each.result == "elected" or contest.seats is None]
        chosen.sort(key=lambda each: each.rank or each.index)
        options = [(rules.options[each.index - 1], each.votes) for each in chosen]
        names = [f"{named(option.name, option.label, tag)} {language.number(votes)}" for option, votes in options]
        parts.append(f"{named(rules.name, rules.label, tag)}: " + gettext(", ").join(names or ["–"]))
    parts.append(gettext("Record") + ": " + said.fingerprint.hex().upper()[:16])
    return "\n".join(parts)
