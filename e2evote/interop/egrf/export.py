"""A finished record of this library as a record of EGRF v2: the same values in other files, nothing made anew."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from e2evote.errors import CheckError
from e2evote.group.parameters import STANDARD_NAME
from e2evote.interop.egrf.export_printed import printed_ballots, releases
from e2evote.interop.egrf.own_manifest import MEDIA_TYPE, shape_of
from e2evote.interop.egrf.reading import Items
from e2evote.interop.egrf.roots import contents
from e2evote.interop.egrf.schema import RecordItem
from e2evote.interop.egrf.writing import (
    Encoding,
    equality_proof,
    guardian_proof,
    hashed,
    joined,
    range_proof,
    vector,
    write,
)
from e2evote.record import layout
from e2evote.record.ballot import DeviceOpening, EncryptedBallot, EncryptedContest
from e2evote.record.layout import Record
from e2evote.record.load import load_election, load_guardians
from e2evote.record.opened import ChallengedBallot, DecryptedContestData
from e2evote.record.setup import Election, Parameters
from e2evote.record.tally import EncryptedTally, Tally

_REGULAR, _PRINTED = 1, 2
_STATUSES = {"cast": 1, "challenged": 2, "spoiled": 3}
Fields = dict[str, Any]
Openings = dict[int, DeviceOpening]


def export(record: Record, out: Path, encoding: Encoding) -> None:
    """Write a record in EGRF v2; nothing is verified, and nothing is written if something cannot be expressed.

    Raises:
        ParseError: a file of the record is missing or not in its form.
        CheckError: the record is not finished, or holds what EGRF cannot express; ``out`` exists, or
            its parent does not.
    """
    if out.exists():
        raise CheckError(f"{out} exists already")
    if not out.absolute().parent.is_dir():
        raise CheckError(f"{out.parent} is not a folder")
    write(items_of(record), out, encoding)


def items_of(record: Record) -> Items:
    """Return all items of the record of EGRF, with its table of contents.

    Raises:
        ParseError: a file of the record is missing or not in its form.
        CheckError: the record is not finished, or holds what EGRF cannot express.
    """
    election = load_election(record)
    if election.group.name != STANDARD_NAME:
        raise CheckError(f"EGRF has the standard parameters alone, and this record {election.group.name}")
    _refuse(record, election)
    items, shape = Items(""), shape_of(election.manifest)
    openings: Openings = {}
    _setup(items, record, election)
    for device in record.device_indices():
        opening = record.opening(device)
        _device(items, record, election, opening)
        openings[device] = opening
    items.sections[258, b""] = []
    _tally(items, record, election, len(shape.foreign.contests))
    _opened(items, record, election, openings)
    items.sections[65534, b""] = contents(items)
    return items


def _refuse(record: Record, election: Election) -> None:
    if election.manifest.board is not None or layout.BOARD_CHECKPOINT in record:
        raise CheckError("EGRF has no place for a bulletin board, which this record has")
    if record.booth_lists():
        raise CheckError("EGRF has no place for lists of a booth's files, which this record has")
    if layout.EXCEPTIONS in record:
        raise CheckError("EGRF has no place for exceptions to the rules of the tally, which this record has")
    for name in (layout.ENCRYPTED_TALLIES, layout.TALLIES):
        if name not in record:
            raise CheckError(f"the record is not finished: {name} is missing")


def _add(items: Items, section: int, member: str, *messages: Fields, key: bytes = b"") -> None:
    found = items.sections.setdefault((section, key), [])
    found += [RecordItem(**{member: message}) for message in messages]


def _setup(items: Items, record: Record, election: Election) -> None:
    own = Parameters.of(election.group, election.n, election.k)
    numbers = {name: getattr(own, name) for name in ("p", "q", "r", "g", "n", "k")}
    version = own.version.encode().ljust(32, b"\0")
    _add(items, 1, "record_header", {"format_major": 2})
    _add(items, 2, "parameters", {**numbers, "version": version, "h_p": election.hashes.h_p})
    content = record.read(layout.MANIFEST)
    _add(items, 3, "manifest_file", {"media_type": MEDIA_TYPE, "content": content, "h_b": election.hashes.h_b})
    for guardian in load_guardians(record, election):
        keys = {
            "index": guardian.i,
            "vote_commitments": joined(guardian.vote_commitments),
            "data_commitments": joined(guardian.data_commitments),
            "kappa": bytes(guardian.communication_key),
            "vote_proof": guardian_proof(guardian.vote_proof),
            "data_proof": guardian_proof(guardian.data_proof),
        }
        _add(items, 4, "guardian_public_key", keys)
    _add(items, 5, "election_keys", {"k": bytes(election.K), "k_hat": bytes(election.K_hat), "h_e": election.h_e})


def _device(items: Items, record: Record, election: Election, opening: DeviceOpening) -> None:
    kind = _PRINTED if opening.pre_encrypted else _REGULAR
    where, key = f"device {opening.device}", bytes([kind]) + opening.h_di
    if opening.chaining_mode != election.manifest.chaining_modes[0]:
        raise CheckError(f"{where}: another chaining mode than the manifest's")
    if (257, key) in items.sections:
        raise CheckError(f"{where}: another device has the same information, and EGRF tells devices apart by it")
    closing = record.closing(opening.device)
    if closing is None:
        raise CheckError(f"{where}: the device is not closed")
    ballots = list((printed_ballots if opening.pre_encrypted else _regular)(record, election, opening))
    if not ballots:
        return
    header = {
        "kind": kind,
        "device_id": opening.device_info,
        "h_di": opening.h_di,
        "chaining_mode": opening.chaining_mode,
        "initial_hash": opening.h_0 or b"",
    }
    close = {
        "ballot_count": closing.ballots,
        "closing_chaining_field": closing.chaining_field or b"",
        "closing_hash": closing.closing_hash or b"",
    }
    _add(items, 257, "device_header", header, key=key)
    for member, ballot in ballots:
        _add(items, 257, member, ballot, key=key)
    _add(items, 257, "device_close", close, key=key)


def _regular(record: Record, election: Election, opening: DeviceOpening) -> Iterator[tuple[str, Fields]]:
    statuses = {entry.confirmation_code: entry.status for entry in record.statuses(opening.device)}
    for name in record.ballot_shards(opening.device):
        for ballot in record.objects(EncryptedBallot, name, election.group):
            yield "encrypted_ballot", _ballot(election, ballot, statuses)


def _ballot(election: Election, ballot: EncryptedBallot, statuses: dict[bytes, Any]) -> Fields:
    status = _STATUSES.get(statuses.get(ballot.confirmation_code, ""))
    if status is None:
        raise CheckError(f"ballot {ballot.confirmation_code.hex().upper()} is not cast, challenged or spoiled")
    return {
        "id_b": ballot.id_b,
        "h_i": ballot.h_i,
        "ballot_style": election.manifest.ballot_style(ballot.ballot_style).label,
        "status": status,
        "weight": ballot.weight,
        "encrypted_at": {"seconds": int(datetime.fromisoformat(ballot.encrypted_at).timestamp())},
        "contests": [_contest(contest) for contest in ballot.contests],
        "encrypted_ballot_nonce": hashed(ballot.ballot_nonce),
        "chaining_field": ballot.chaining_field,
        "confirmation_code": ballot.confirmation_code,
    }


def _contest(contest: EncryptedContest) -> Fields:
    fields = [
        {
            "alpha": bytes(option.ciphertext.alpha),
            "beta": bytes(option.ciphertext.beta),
            "range_proof": range_proof(option.proof),
        }
        for option in contest.options
    ]
    data = {} if contest.contest_data is None else {"contest_data": hashed(contest.contest_data)}
    stated = {"limit_proof": range_proof(contest.proof), "contest_hash": contest.contest_hash}
    return {"index": contest.index, "fields": fields, **stated, **data}


def _tally(items: Items, record: Record, election: Election, contests: int) -> None:
    encrypted = list(record.objects(EncryptedTally, layout.ENCRYPTED_TALLIES, election.group))
    tallies = list(record.objects(Tally, layout.TALLIES, election.group))
    indices = list(range(1, contests + 1))
    if len(encrypted) != 1 or [contest.index for contest in encrypted[0].contests] != indices:
        raise CheckError("EGRF has one encrypted tally with every contest of the manifest, which this record has not")
    if len(tallies) != 1 or [contest.index for contest in tallies[0].contests] != indices:
        raise CheckError("EGRF asks for the decryption of every contest, and this record has contests withheld")
    if any(contest.merged for contest in tallies[0].contests):
        raise CheckError("EGRF has no place for merged tally cells, which this record has")
    weights = _cast_weights(items)
    header = {"cast_ballot_count": encrypted[0].ballots, "total_cast_weight": encrypted[0].weight}
    _add(items, 513, "encrypted_tally_header", header)
    for contest in encrypted[0].contests:
        stated = {"index": contest.index, "cast_weight": weights[contest.index]}
        _add(items, 513, "encrypted_tally_contest", {**stated, "fields": vector(contest.options)})
    for opened in tallies[0].contests:
        fields = [
            {
                "index": option.index,
                "label": option.label,
                "tally": option.tally,
                "encoded_tally": bytes(option.encoded_tally),
                "proof": equality_proof(option.proof),
            }
            for option in opened.options
        ]
        _add(items, 769, "decrypted_tally_contest", {"index": opened.index, "label": opened.label, "fields": fields})


def _cast_weights(items: Items) -> Counter[int]:
    """Return what the cast ballots with a contest weigh, by contest."""
    weights = Counter[int]()
    for _, found in items.devices():
        for item in found[1:-1]:
            if item.HasField("pre_encrypted_cast_ballot"):
                printed = item.pre_encrypted_cast_ballot
                weights.update({entry.contest.index: printed.weight for entry in printed.contests})
            elif item.HasField("encrypted_ballot") and item.encrypted_ballot.status == _STATUSES["cast"]:
                ballot = item.encrypted_ballot
                weights.update({contest.index: ballot.weight for contest in ballot.contests})
    return weights


def _opened(items: Items, record: Record, election: Election, openings: Openings) -> None:
    addresses = dict(_addresses(items))

    def address(opened: ChallengedBallot | DecryptedContestData) -> Fields:
        opening, found = openings.get(opened.device), addresses.get(opened.confirmation_code)
        place = None if found is None else (found["ballot"]["h_di"], found["ballot"]["position"])
        if opening is None or found is None or place != (opening.h_di, opened.position):
            raise CheckError(f"a ballot is opened that is not on device {opened.device} at {opened.position}")
        return found

    for section in (514, 770, 771, 772):
        items.sections[section, b""] = []
    challenged = [
        {**address(ballot), "contests": _opened_contests(ballot)}
        for ballot in record.objects(ChallengedBallot, layout.CHALLENGED_BALLOTS, election.group)
    ]
    _add(items, 770, "challenged_ballot_decryption", *sorted(challenged, key=_place))
    _add(items, 772, "uncast_nonce_release", *sorted(releases(record, election, addresses), key=_place))
    data = [
        (
            {**address(opened), "contest_index": opened.index},
            {
                "beta": bytes(opened.factor),
                "proof": equality_proof(opened.proof),
                "data": opened.data,
            },
        )
        for opened in record.objects(DecryptedContestData, layout.CONTEST_DATA, election.group)
    ]
    for asked, answer in sorted(data, key=lambda pair: _place(pair[0])):
        _add(items, 514, "contest_data_request", asked)
        _add(items, 771, "contest_data_decryption", {**asked, **answer})


def _addresses(items: Items) -> Iterator[tuple[bytes, Fields]]:
    """Yield where every ballot is, by its confirmation code."""
    for key, found in items.devices():
        for position, item in enumerate(found[1:-1], 1):
            ballot = getattr(item, item.WhichOneof("item"))
            place = {"kind": key[0], "h_di": key[1:], "position": position}
            yield ballot.confirmation_code, {"ballot": place, "h_i": ballot.h_i}


def _place(message: Fields) -> tuple[bytes, int, int]:
    ballot = message["ballot"]
    return ballot["h_di"], ballot["position"], message.get("contest_index", 0)


def _opened_contests(ballot: ChallengedBallot) -> list[Fields]:
    found = []
    for contest in ballot.contests:
        fields = [
            {"index": o.index, "label": o.label, "value": o.selection, "nonce": bytes(o.nonce)} for o in contest.options
        ]
        data = contest.contest_data
        released = {} if data is None else {"contest_data": {"nonce": bytes(data.nonce), "data": data.data}}
        found.append({"index": contest.index, "label": contest.label, "fields": fields, **released})
    return found
