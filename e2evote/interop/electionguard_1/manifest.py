"""The manifest: its contests and styles, and its hash."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from e2evote.group.elements import Group, Scalar
from e2evote.interop.electionguard_1.values import Hashable, Node, hash_of

_FIELDS = (
    "election_scope_id type start_date end_date geopolitical_units parties candidates contests ballot_styles",
    "spec_version name contact_information",
)
_CONTEST = (
    "object_id sequence_order electoral_district_id vote_variation number_elected name ballot_selections",
    "votes_allowed ballot_title ballot_subtitle primary_party_ids",
)
_CANDIDATE = ("object_id", "name party_id image_uri is_write_in")
MOST = 10_000
"""Votes that a contest may allow."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Selection:
    """An option, or a placeholder, as every ballot must carry it."""

    id: str
    order: int
    hash: Scalar
    placeholder: bool


@dataclass(frozen=True, slots=True)
class Contest:
    """A contest: its options, then as many placeholders as votes."""

    id: str
    order: int
    district: str
    hash: Scalar
    limit: int
    selections: tuple[Selection, ...]

    @property
    def options(self) -> tuple[Selection, ...]:
        """The selections that are no placeholders."""
        return tuple(selection for selection in self.selections if not selection.placeholder)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What ballots are held against; ``faults`` contradict it, ``remarks`` do not."""

    contests: tuple[Contest, ...]
    styles: dict[str, tuple[str, ...]]
    hash: Scalar
    faults: tuple[str, ...]
    remarks: tuple[str, ...]

    def contests_of(self, style: str) -> tuple[Contest, ...]:
        """Return the contests of a ballot style, in their order."""
        return tuple(contest for contest in self.contests if contest.district in self.styles[style])


def read_manifest(root: Node, group: Group) -> Manifest:
    """Read the manifest and compute its hashes.

    Raises:
        ParseError: it is not one.
    """
    data = root.fields(*_FIELDS)
    contests = tuple(sorted((_contest(node, group) for node in data["contests"].items()), key=lambda c: c.order))
    styles, style_hashes = {}, []
    for node in data["ballot_styles"].items():
        fields = node.fields("object_id", "geopolitical_unit_ids party_ids image_uri")
        units = _list(fields.get("geopolitical_unit_ids"), Node.text)
        styles[fields["object_id"].text()] = tuple(units)
        parties = _list(fields.get("party_ids"), Node.text)
        image = _text(fields.get("image_uri"))
        style_hashes.append(hash_of(group, fields["object_id"].text(), units, parties, image))
    whole = hash_of(
        group,
        data["election_scope_id"].text(),
        data["type"].text(),
        _date(data["start_date"]),
        _date(data["end_date"]),
        _translated(data.get("name"), group),
        _contact(data.get("contact_information"), group),
        [_unit(node, group) for node in data["geopolitical_units"].items()],
        [_party(node, group) for node in data["parties"].items()],
        [_contest(node, group).hash for node in data["contests"].items()],
        style_hashes,
    )
    return Manifest(contests, styles, whole, tuple(_faults(data, contests, styles)), tuple(_remarks(data)))


def _contest(node: Node, group: Group) -> Contest:
    data = node.fields(*_CONTEST)
    name, order = data["object_id"].text(), data["sequence_order"].integer(0, 2**31)
    limit = data["number_elected"].integer(1, MOST)
    options = []
    for option in data["ballot_selections"].items():
        fields = option.fields("object_id sequence_order candidate_id")
        values = (fields["object_id"].text(), fields["sequence_order"].integer(0, 2**31), fields["candidate_id"].text())
        options.append(Selection(values[0], values[1], hash_of(group, *values), False))
    if not options:
        raise node.wrong("a contest has no selections")
    allowed = data.get("votes_allowed")
    votes = None if allowed is None or allowed.absent else allowed.integer(0, MOST)
    digest = hash_of(
        group,
        name,
        order,
        data["electoral_district_id"].text(),
        data["vote_variation"].text(),
        _translated(data.get("ballot_title"), group),
        _translated(data.get("ballot_subtitle"), group),
        data["name"].text(),
        limit,
        votes,
        [option.hash for option in options],
    )
    first = max(option.order for option in options) + 1
    selections = sorted(options, key=lambda option: option.order)
    for place in range(first, first + limit):
        identifier = f"{name}-{place}"
        values = (f"{identifier}-placeholder", place, f"{identifier}-candidate")
        selections.append(Selection(values[0], place, hash_of(group, *values), True))
    return Contest(name, order, data["electoral_district_id"].text(), digest, limit, tuple(selections))


def _faults(data: dict[str, Node], contests: tuple[Contest, ...], styles: dict[str, tuple[str, ...]]) -> list[str]:
    """Return what is named twice, or not at all."""
    faults = []

    def unique(what: str, values: list[str]) -> None:
        if len(set(values)) != len(values):
            faults.append(f"{what} is there twice")

    units = [node.entries()["object_id"].text() for node in data["geopolitical_units"].items()]
    unique("a geopolitical unit", units)
    unique("a ballot style", [node.entries()["object_id"].text() for node in data["ballot_styles"].items()])
    unique("a contest", [contest.id for contest in contests])
    unique("a contest's place", [str(contest.order) for contest in contests])
    for contest in contests:
        unique(f"a selection of {contest.id}", [selection.id for selection in contest.selections])
        unique(f"a selection's place in {contest.id}", [str(selection.order) for selection in contest.selections])
        if contest.district not in units:
            faults.append(f"{contest.id} is for a geopolitical unit that is not there")
    faults += [
        f"style {style} names a unit that is not there" for style, ids in styles.items() if set(ids) - set(units)
    ]
    return faults


def _remarks(data: dict[str, Node]) -> list[str]:
    """Name selections without a candidate, as published samples have them for write-ins."""
    candidates = {node.fields(*_CANDIDATE)["object_id"].text() for node in data["candidates"].items()}
    options = (option for node in data["contests"].items() for option in node.entries()["ballot_selections"].items())
    missing = [each.entries() for each in options if each.entries()["candidate_id"].text() not in candidates]
    if not missing:
        return []
    first = missing[0]["object_id"].text()
    return [f"manifest.json has no candidate for {len(missing)} selections, the first of them {first!r}"]


def _unit(node: Node, group: Group) -> Scalar:
    data = node.fields("object_id name type", "contact_information")
    contact = _contact(data.get("contact_information"), group)
    return hash_of(group, data["object_id"].text(), data["name"].text(), data["type"].text(), contact)


def _party(node: Node, group: Group) -> Scalar:
    data = node.fields("object_id", "name abbreviation color logo_uri")
    name = _translated(data.get("name"), group)
    rest = [_text(data.get(key)) for key in ("abbreviation", "color", "logo_uri")]
    return hash_of(group, data["object_id"].text(), name, *rest)


def _contact(node: Node | None, group: Group) -> Scalar | None:
    if node is None or node.absent:
        return None
    data = node.fields("", "address_line email phone name")

    def annotated(entry: Node) -> Scalar:
        fields = entry.fields("annotation value")
        return hash_of(group, fields["annotation"].text(), fields["value"].text())

    lines: Hashable = _list(data.get("address_line"), Node.text)
    email, phone = (_list(data.get(key), annotated) for key in ("email", "phone"))
    return hash_of(group, _text(data.get("name")), lines, email, phone)


def _translated(node: Node | None, group: Group) -> Scalar | None:
    if node is None or node.absent:
        return None
    texts = []
    for entry in node.fields("text")["text"].items():
        fields = entry.fields("value", "language")
        texts.append(hash_of(group, fields["value"].text(), _text(fields.get("language")) or "en"))
    return hash_of(group, texts)


def _list(node: Node | None, read: Callable[[Node], T]) -> list[T]:
    return [] if node is None or node.absent else [read(entry) for entry in node.items()]


def _text(node: Node | None) -> str | None:
    return None if node is None or node.absent else node.text()


def _date(node: Node) -> str:
    """Return a time as it is hashed: in UTC where the zone is known, without fractions."""
    try:
        time = datetime.fromisoformat(node.text())
    except ValueError:
        raise node.wrong("expected a date and time") from None
    time = time.astimezone(UTC) if time.tzinfo else time
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
