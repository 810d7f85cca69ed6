"""Where the documents of a Helios election lie: a folder, what a downloader kept, or a fixture of the server.

* A folder or archive with ``election``, ``voters``, ``trustees``, ``result`` and the ballots, as the
  server's addresses are called, with ``.json`` or without:
  ``ballots.json``, ``ballots/<voter>.json``, ``ballots/<voter>/last`` or ``all``.
* One JSON object with these documents, as they are or in base64 (what the downloader pyrios writes).
* A fixture of the server's database, from which its public documents are put together.
"""

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from e2evote.encoding import strict_json
from e2evote.errors import ParseError
from e2evote.interop.foreign import Foreign

Json = Any

LARGEST = 100_000
"""Voters, and documents of ballots, that are read."""
_NAMES = {"election": "election", "voters": "voters", "trustees": "trustees", "result": "result", "results": "result",
          "ballots": "ballots", "votes": "ballots", "tally": "tally", "encrypted_tally": "tally"}  # fmt: skip
_ENDING = re.compile(r"(\.json|/index\.html|/index\.json|/)$")
_BEGINNING = 4096


@dataclass(frozen=True, slots=True)
class Documents:
    """What was found, not looked into yet; None for a document that is not there."""

    election: Json
    voters: list[Json] | None
    trustees: Json
    ballots: list[Json]
    result: Json = None
    tally: Json = None
    announced: list[Json] = field(default_factory=list)
    remarks: tuple[str, ...] = ()
    with_secrets: bool = False


def recognised(record: Foreign) -> bool:
    """Tell by names, and where there is one file by its beginning, whether this may be such an election."""
    if _fixture(record) is not None:
        return True
    found = _folder(record)
    if found is not None:
        return {"trustees"} < found.keys() and b'"cast_url"' in _begin(record, found["election"][0], 1 << 20)
    only = _only(record)
    if only is None:
        return False
    begin = _begin(record, only).lstrip()
    return (
        begin.startswith(b"{")
        and re.match(rb'\{\s*"(election|voters|votes|ballots|trustees|results?)"', begin) is not None
    )


def read(record: Foreign) -> Documents:
    """Gather the documents.

    Raises:
        ParseError: a file that is missing or no JSON, or that holds something else.
    """
    fixture = _fixture(record)
    if fixture is not None:
        return _of_fixture(record, fixture)
    found = _folder(record)
    if found is not None:
        return _of_folder(record, found)
    only = _only(record)
    if only is None:
        raise ParseError(record.where, "no election.json, no single JSON file, and no fixture of a Helios server")
    return _of_bundle(record.json(only), only)


def _begin(record: Foreign, name: str, size: int = _BEGINNING) -> bytes:
    try:
        with record.files.open(name) as file:
            return file.read(size)
    except Exception:  # recognition only looks; reading says what is wrong
        return b""


def _only(record: Foreign) -> str | None:
    return next(iter(record.names)) if len(record.names) == 1 else None


def _fixture(record: Foreign) -> str | None:
    """Return the name of the one JSON file that lists rows of the server's tables."""
    if len(record.names) > 64:
        return None
    rows = re.compile(rb'^\s*\[\s*\{[^{}]*("model"\s*:|"pk"\s*:)')
    names = [name for name in sorted(record.names) if name.endswith(".json")]
    for name in names:
        begin = _begin(record, name, 1 << 22)
        if rows.match(begin) and b'"helios.election"' in begin:
            return name
    return None


def _folder(record: Foreign) -> dict[str, list[str]] | None:
    """Return the names of files by document, for the folder that holds the election's; None without one."""
    homes = [name for name in record.names if _ENDING.sub("", name).rsplit("/", 1)[-1] == "election"]
    if len(homes) != 1:
        return None
    home = homes[0][: len(homes[0]) - len(homes[0].rsplit("/", 1)[-1])]
    if homes[0].endswith(("/index.html", "/index.json")):
        home = _ENDING.sub("", homes[0])[: -len("election")]
    found: dict[str, list[str]] = {}
    for name in sorted(record.names):
        if not name.startswith(home):
            continue
        first = _ENDING.sub("", name[len(home) :]).split("/")[0]
        if first in _NAMES:
            found.setdefault(_NAMES[first], []).append(name)
    return found


def _of_folder(record: Foreign, found: dict[str, list[str]]) -> Documents:
    def one(document: str) -> Json:
        names = found.get(document, [])
        if len(names) > 1:
            raise ParseError(names[1], f"a second document of the {document}, beside {names[0]}")
        return record.json(names[0]) if names else None

    election, trustees = one("election"), one("trustees")
    if trustees is None:
        raise ParseError("trustees.json", "the file is missing")
    voters = _pages(record, found["voters"]) if "voters" in found else None
    ballots, announced = _cast(record, found.get("ballots", []))
    used = {name for names in found.values() for name in names}
    others = sorted(record.names - used)
    remarks = (f"not read: {', '.join(map(ascii, others[:10]))}",) if others else ()
    return Documents(election, voters, trustees, ballots, one("result"), one("tally"), announced, remarks)


def _pages(record: Foreign, names: list[str]) -> list[Json]:
    """Return the entries of all pages of a list."""
    entries: list[Json] = []
    for name in names:
        page = record.json(name)
        if not isinstance(page, list):
            raise ParseError(name, "expected a list")
        entries += page
    return _few(entries, names[0])


def _cast(record: Foreign, names: list[str]) -> tuple[list[Json], list[Json]]:
    """Return ballots, and the entries of lists that only announce them."""
    whole: list[Json] = []
    short: list[Json] = []
    for name in names:
        document = record.json(name)
        entries = document if isinstance(document, list) else [document]
        for entry in entries:
            if not isinstance(entry, dict):
                raise ParseError(name, "expected cast ballots, which are objects")
            (whole if "vote" in entry else short).append(entry)
    return _few(whole, "ballots"), _few(short, "ballots")


def _of_bundle(bundle: Json, where: str) -> Documents:
    if not isinstance(bundle, dict):
        raise ParseError(where, "expected an object with election, voters, ballots, trustees and result")
    unknown = sorted(bundle.keys() - _NAMES.keys())
    if unknown:
        raise ParseError(where, "unknown", ascii(unknown[0]))
    parts: dict[str, Json] = {}
    for key, value in bundle.items():
        if _NAMES[key] in parts:
            raise ParseError(where, "the same document twice", key)
        several = isinstance(value, list) and value != [] and all(isinstance(page, str) for page in value)
        parts[_NAMES[key]] = [_decoded(page, where, key) for page in value] if several else _decoded(value, where, key)
    for key in ("election", "trustees"):
        if key not in parts:
            raise ParseError(where, "missing", key)
    voters = parts.get("voters")
    if isinstance(voters, list) and voters and all(isinstance(page, list) for page in voters):
        voters = [voter for page in voters for voter in page]
    ballots = parts.get("ballots") or []
    if not isinstance(ballots, list) or not all(isinstance(ballot, dict) and "vote" in ballot for ballot in ballots):
        raise ParseError(where, "expected a list of cast ballots, each with its vote", "ballots")
    if voters is not None and not isinstance(voters, list):
        raise ParseError(where, "expected a list", "voters")
    voters = None if voters is None else _few(voters, where)
    return Documents(
        parts["election"], voters, parts["trustees"], _few(ballots, where), parts.get("result"), parts.get("tally")
    )


def _decoded(value: Json, where: str, key: str) -> Json:
    if not isinstance(value, str):
        return value
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ParseError(where, "expected a document, or one in base64", key) from error
    return strict_json(data, f"{where}: {key}", nulls=True)


def _few(entries: list[Json], where: str) -> list[Json]:
    if len(entries) > LARGEST:
        raise ParseError(where, f"more than {LARGEST} entries")
    return entries


# What the server's tables hold and its public documents show.
_ELECTION = ("uuid", "name", "short_name", "description", "voters_hash", "openreg", "frozen_at", "cast_url",
             "use_voter_aliases", "voting_starts_at", "voting_ends_at")  # fmt: skip


def _of_fixture(record: Foreign, name: str) -> Documents:
    rows: dict[str, list[dict[str, Json]]] = {}
    document = record.json(name)
    for row in document if isinstance(document, list) else []:
        if (
            not isinstance(row, dict)
            or not isinstance(row.get("model"), str)
            or not isinstance(row.get("fields"), dict)
        ):
            raise ParseError(name, "expected rows with model, pk and fields")
        rows.setdefault(row["model"], []).append({"pk": row.get("pk"), **row["fields"]})
    elections = rows.get("helios.election", [])
    if len(elections) != 1:
        raise ParseError(name, f"{len(elections)} elections; expected one")
    row = elections[0]
    election = {key: row.get(key) for key in _ELECTION}
    election |= {key: _inner(row, key, name) for key in ("questions", "public_key")}
    voters = {voter["pk"]: voter for voter in rows.get("helios.voter", []) if isinstance(voter["pk"], int)}
    if len(voters) != len(rows.get("helios.voter", [])):
        raise ParseError(name, "a voter without a number, or two of one number")
    public = {pk: _voter(voter, row.get("uuid")) for pk, voter in voters.items()}
    counted = [_cast_vote(voter, voter, public[pk], name) for pk, voter in voters.items() if voter.get("vote")]
    announced = [
        {
            key: value
            for key, value in _cast_vote(vote, voters[vote["voter"]], public[vote["voter"]], name).items()
            if key != "vote"
        }
        for vote in rows.get("helios.castvote", [])
        if isinstance(vote.get("voter"), int)
        and vote["voter"] in voters
        and vote.get("verified_at")
        and not vote.get("invalidated_at")
    ]
    structured = ("public_key", "pok", "decryption_factors", "decryption_proofs")
    trustees = [
        {"uuid": trustee.get("uuid"), "email": trustee.get("email"), "public_key_hash": trustee.get("public_key_hash")}
        | {key: _inner(trustee, key, name) for key in structured}
        for trustee in rows.get("helios.trustee", [])
    ]
    with_secrets = any(trustee.get("secret_key") for trustee in rows.get("helios.trustee", []))
    others = sorted(record.names - {name})
    remarks = (f"not read: {', '.join(map(ascii, others[:10]))}",) if others else ()
    result, tally = _inner(row, "result", name), _inner(row, "encrypted_tally", name)
    return Documents(
        election, list(public.values()), trustees, counted, result, tally, announced, remarks, with_secrets
    )


def _inner(row: dict[str, Json], key: str, name: str) -> Json:
    """Return the JSON that a column holds as text."""
    value = row.get(key)
    return (
        strict_json(value.encode("utf-8", "surrogatepass"), f"{name}: {key}", nulls=True)
        if isinstance(value, str)
        else value
    )


def _voter(row: dict[str, Json], election: Json) -> dict[str, Json]:
    if row.get("alias") is not None:
        return {"alias": row["alias"], "election_uuid": election, "uuid": row.get("uuid")}
    login = row.get("voter_login_id")
    hashed = base64_sha256(login) if isinstance(login, str) else None
    return {"election_uuid": election, "name": row.get("voter_name"), "uuid": row.get("uuid"), "voter_id_hash": hashed,
            "voter_type": "password"}  # fmt: skip


def _cast_vote(row: dict[str, Json], voter: dict[str, Json], public: dict[str, Json], name: str) -> dict[str, Json]:
    return {"cast_at": row.get("cast_at"), "vote": _inner(row, "vote", name), "vote_hash": row.get("vote_hash"),
            "voter_hash": document_hash(public), "voter_uuid": voter.get("uuid")}  # fmt: skip


def base64_sha256(text: str) -> str:
    """Return the hash as Helios writes it: SHA-256 in base64 without its last sign."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()[:-1]


def document_hash(document: Json) -> str:
    """Return the hash of a document as the server writes it: keys sorted, a blank after commas and colons, ASCII."""
    return base64_sha256(json.dumps(document, sort_keys=True))
