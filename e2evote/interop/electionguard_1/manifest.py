"""The manifest: its hash, and what ballots may hold."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from e2evote.errors import ParseError
from e2evote.group.elements import Group, Scalar
from e2evote.interop.electionguard_1.hashing import H, Part
from e2evote.interop.electionguard_1.reading import listed, member, text, whole


@dataclass(frozen=True, slots=True)
class Selection:
    """An option: identifier, place, hash of its description."""

    id: str
    order: int
    hash: Scalar


@dataclass(frozen=True, slots=True)
class ContestDescription:
    """A contest; ``limit``: how many options are chosen, placeholders included."""

    id: str
    order: int
    district: str
    limit: int
    hash: Scalar
    selections: dict[str, Selection]

    def placeholder(self, group: Group, order: int) -> Selection:
        """Return the placeholder at a place behind the options."""
        name = f"{self.id}-{order}"
        return Selection(f"{name}-placeholder", order, H(group, f"{name}-placeholder", order, f"{name}-candidate"))


@dataclass(frozen=True, slots=True)
class ManifestDescription:
    """The manifest; ``styles``: the contests of every ballot style."""

    hash: Scalar
    name: str
    contests: dict[str, ContestDescription]
    styles: dict[str, tuple[str, ...]]


def parse_manifest(content: Any, group: Group, where: str) -> ManifestDescription:  # noqa: ANN401
    """Parse a manifest, and hash what the implementation hashes of it.

    Raises:
        ParseError: naming the field.
    """
    described = [
        _contest(one, group, f"{where} contest {i}") for i, one in enumerate(listed(content, "contests", where))
    ]
    contests = {contest.id: contest for contest in described}
    if len(contests) < len(described):
        raise ParseError(where, "an identifier of a contest is used twice", "contests")
    styles = {}
    for i, style in enumerate(listed(content, "ballot_styles", where)):
        units = _strings(style, "geopolitical_unit_ids", f"{where} style {i}")
        held = tuple(contest.id for contest in described if contest.district in units)
        styles[text(style, "object_id", f"{where} style {i}")] = held
    digest = H(
        group,
        text(content, "election_scope_id", where),
        text(content, "type", where),
        _date(text(content, "start_date", where), where),
        _date(text(content, "end_date", where), where),
        _words(group, content.get("name"), where),
        _contact(group, content.get("contact_information"), where),
        [_unit(group, one, where) for one in listed(content, "geopolitical_units", where)],
        [_party(group, one, where) for one in listed(content, "parties", where)],
        [contest.hash for contest in described],
        [_style(group, one, where) for one in listed(content, "ballot_styles", where)],
    )
    return ManifestDescription(digest, _name(content), contests, styles)


def _contest(content: Any, group: Group, where: str) -> ContestDescription:  # noqa: ANN401
    selections = {}
    for one in listed(content, "ballot_selections", where):
        found = _selection(one, group, where)
        if found.id in selections:
            raise ParseError(where, "an identifier of an option is used twice", found.id[:100])
        selections[found.id] = found
    order, limit = whole(content, "sequence_order", where), whole(content, "number_elected", where)
    votes = content.get("votes_allowed")
    if not selections or not 1 <= limit <= 1000 or not (votes is None or type(votes) is int):
        raise ParseError(where, "expected options, and from 1 to 1000 to be elected", "number_elected")
    identifier, district = text(content, "object_id", where), text(content, "electoral_district_id", where)
    digest = H(
        group,
        identifier,
        order,
        district,
        text(content, "vote_variation", where),
        _words(group, content.get("ballot_title"), where),
        _words(group, content.get("ballot_subtitle"), where),
        text(content, "name", where),
        limit,
        votes,
        [selection.hash for selection in selections.values()],
    )
    return ContestDescription(identifier, order, district, limit, digest, selections)


def _selection(content: Any, group: Group, where: str) -> Selection:  # noqa: ANN401
    identifier, order = text(content, "object_id", where), whole(content, "sequence_order", where)
    return Selection(identifier, order, H(group, identifier, order, text(content, "candidate_id", where)))


def _words(group: Group, content: Any, where: str) -> Part:  # noqa: ANN401
    if content is None:
        return None
    languages = [
        H(group, text(one, "value", where), text(one, "language", where)) for one in listed(content, "text", where)
    ]
    return H(group, languages)


def _contact(group: Group, content: Any, where: str) -> Part:  # noqa: ANN401
    if content is None:
        return None
    annotated = []
    for name in ("email", "phone"):
        found = content.get(name) if isinstance(content, dict) else None
        parts = [] if found is None else listed(content, name, where)
        annotated.append([H(group, text(one, "annotation", where), text(one, "value", where)) for one in parts])
    return H(group, _optional(content, "name", where), _strings(content, "address_line", where), *annotated)


def _unit(group: Group, content: Any, where: str) -> Scalar:  # noqa: ANN401
    fields = [text(content, name, where) for name in ("object_id", "name", "type")]
    return H(group, *fields, _contact(group, content.get("contact_information"), where))


def _party(group: Group, content: Any, where: str) -> Scalar:  # noqa: ANN401
    rest = [_optional(content, name, where) for name in ("abbreviation", "color", "logo_uri")]
    return H(group, text(content, "object_id", where), _words(group, content.get("name"), where), *rest)


def _style(group: Group, content: Any, where: str) -> Scalar:  # noqa: ANN401
    units, parties = (_strings(content, name, where) for name in ("geopolitical_unit_ids", "party_ids"))
    return H(group, text(content, "object_id", where), units, parties, _optional(content, "image_uri", where))


def _optional(content: Any, name: str, where: str) -> str | None:  # noqa: ANN401
    return None if content.get(name) is None else text(content, name, where)


def _strings(content: Any, name: str, where: str) -> list[str]:  # noqa: ANN401
    if not isinstance(content, dict) or content.get(name) is None:
        return []
    found = listed(content, name, where)
    if not all(isinstance(one, str) for one in found):
        raise ParseError(where, "expected strings", name)
    return found


def _date(value: str, where: str) -> str:
    """Return a time as it is hashed: in UTC, to the second."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ParseError(where, f"expected a time, found {value[:40]!a}", "start_date") from None
    moment = moment.astimezone(UTC) if moment.tzinfo is not None else moment
    return moment.replace(microsecond=0).strftime("%Y-%m-%dT%H:%M:%SZ")


def _name(content: Any) -> str:  # noqa: ANN401
    words = member(content, "name", "manifest") if isinstance(content, dict) and content.get("name") else {"text": []}
    found = words.get("text") if isinstance(words, dict) else []
    return str(found[0].get("value", "")) if isinstance(found, list) and found and isinstance(found[0], dict) else ""
