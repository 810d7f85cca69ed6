"""Which file is which document: by its shape, since whoever saves the interface's answers names files in their own way.

Known are the answers of the interface, one document with several of them as fields, and a database fixture.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from e2evote.encoding import strict_json
from e2evote.errors import ParseError
from e2evote.interop.foreign import Foreign

BUNDLE = ("election", "voters", "trustees", "ballots", "result", "encrypted_tally")
"""Fields of one document that holds several."""


@dataclass(slots=True)
class Documents:
    """The documents of one election, as JSON; ``dump``: from a database, so the election is not as it was hashed."""

    election: Any = None
    voters: list[Any] | None = None
    trustees: list[Any] | None = None
    ballots: list[tuple[str, Any]] = field(default_factory=list)
    result: Any = None
    encrypted_tally: Any = None
    dump: bool = False
    unread: list[str] = field(default_factory=list)


def find(record: Foreign) -> Documents:
    """Return the documents of a record.

    Raises:
        ParseError: a file is not JSON, a document is there twice, or there is no election.
    """
    loaded = [(name, record.json(name)) for name in sorted(record.names) if _may_be_json(name)]
    unread = [name for name in sorted(record.names) if not _may_be_json(name)]
    dumps = [(name, content) for name, content in loaded if _is_dump(content)]
    if dumps:
        found = _from_dump(*dumps[0])
        found.unread = unread + [name for name, _ in loaded if name != dumps[0][0]]
        return found
    found = Documents(unread=unread)
    for name, content in loaded:
        _place(found, name, content)
    if found.election is None:
        raise ParseError(record.where, "there is no document of an election")
    return found


def looks_like_one(record: Foreign) -> bool:
    """Tell whether one of the files is a Helios election."""
    for name in sorted(record.names):
        if not _may_be_json(name):
            continue
        try:
            content = record.json(name)
        except ParseError:
            continue
        if _is_dump(content) or _kind(content) == "election":
            return True
        if isinstance(content, dict) and _kind(content.get("election")) == "election":
            return True
    return False


def _may_be_json(name: str) -> bool:
    last = name.rsplit("/", 1)[-1]
    return last.endswith(".json") or "." not in last


def _kind(content: Any) -> str | None:  # noqa: ANN401
    """Return what a document is, None where it is none that counts."""
    if isinstance(content, dict):
        if {"questions", "public_key", "uuid"} <= content.keys():
            return "election"
        if {"vote", "voter_uuid", "vote_hash"} <= content.keys():
            return "ballot"
        return "encrypted_tally" if {"tally", "num_tallied"} <= content.keys() else None
    if isinstance(content, list) and content:
        first = content[0]
        if isinstance(first, dict):
            if {"vote_hash", "voter_uuid"} <= first.keys():
                return "ballots"
            if "public_key" in first and first.keys() & {"pok", "public_key_hash", "decryption_factors"}:
                return "trustees"
            return "voters" if {"uuid", "election_uuid"} <= first.keys() else None
        return "result" if all(isinstance(item, list) for item in content) else None
    return None


def _place(found: Documents, name: str, content: Any) -> None:  # noqa: ANN401
    kind = _kind(content)
    if kind is None and isinstance(content, dict) and "election" in content:
        for part in content:
            if part not in BUNDLE:
                raise ParseError(name, "no document of an election is called so", part[:100])
        for part, inside in content.items():
            if inside is not None and inside != []:
                _put(found, "ballots" if part == "ballots" else part, f"{name} {part}", inside)
        return
    if kind is None:
        found.unread.append(name)
        return
    _put(found, kind, name, content)


def _put(found: Documents, kind: str, name: str, content: Any) -> None:  # noqa: ANN401
    if kind == "ballot":
        found.ballots.append((name, content))
    elif kind == "ballots":
        if not isinstance(content, list):
            raise ParseError(name, "expected an array")
        found.ballots += [(f"{name}[{index}]", one) for index, one in enumerate(content)]
    elif getattr(found, kind) is not None:
        raise ParseError(name, f"there is another document of this kind ({kind})")
    else:
        setattr(found, kind, content)


def _is_dump(content: Any) -> bool:  # noqa: ANN401
    rows = content if isinstance(content, list) else []
    return any(isinstance(row, dict) and row.get("model") == "helios.election" for row in rows)


def _from_dump(name: str, rows: Iterable[Any]) -> Documents:
    """Return the documents of a database fixture: rows with model, primary key, and fields that hold JSON as text."""
    table: dict[str, list[tuple[Any, dict[str, Any]]]] = {}
    for row in rows:
        fields, model = (row.get("fields"), row.get("model")) if isinstance(row, dict) else (None, None)
        if not isinstance(row, dict) or not isinstance(fields, dict) or not isinstance(model, str):
            raise ParseError(name, "expected rows with model, pk and fields")
        table.setdefault(model, []).append((row.get("pk"), fields))
    elections = table["helios.election"]
    if len(elections) != 1:
        raise ParseError(name, f"there are {len(elections)} elections in the dump; expected one")
    election = {key: _inner(name, value) for key, value in elections[0][1].items()}
    voters = dict(table.get("helios.voter", []))
    return Documents(
        election=election,
        voters=[{"uuid": one.get("uuid"), "election_uuid": election.get("uuid")} for one in voters.values()],
        trustees=[
            {key: _inner(name, value) for key, value in fields.items()} for _, fields in table.get("helios.trustee", [])
        ],
        ballots=list(_cast(name, table.get("helios.castvote", []), voters)),
        result=election.get("result"),
        encrypted_tally=election.get("encrypted_tally"),
        dump=True,
    )


def _cast(name: str, rows: Iterable[tuple[Any, dict[str, Any]]], voters: dict[Any, Any]) -> Iterator[tuple[str, Any]]:
    for key, fields in rows:
        if fields.get("invalidated_at") is not None or fields.get("verified_at") is None:
            continue  # the server itself did not count it
        voter = voters.get(fields.get("voter"), {})
        content = {
            "vote": _inner(name, fields.get("vote")),
            "cast_at": fields.get("cast_at"),
            "voter_uuid": voter.get("uuid"),
            "vote_hash": fields.get("vote_hash"),
        }
        yield f"{name} castvote {key}", content


def _inner(name: str, value: Any) -> Any:  # noqa: ANN401
    """Return the JSON that a field of a row holds as text, other values as they are."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        return strict_json(value.encode(), name, nulls=True)
    return value
