"""Devices of pre-encrypted ballots in EGRF v2: those that were cast with what was selected, the others opened in full.

EGRF has the vectors of uncast ballots beside their nonces; they are the encryptions that the nonces give.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from e2evote.elgamal import encrypt
from e2evote.errors import CheckError
from e2evote.interop.egrf.writing import hashed, joined, range_proof, vector
from e2evote.record import layout
from e2evote.record.ballot import DeviceOpening
from e2evote.record.layout import Record
from e2evote.record.pre_encrypted import (
    PreEncryptedBallot,
    PreEncryptedContest,
    RecordedBallot,
    RecordedContest,
    UncastBallot,
    UncastContest,
)
from e2evote.record.setup import Election

Fields = dict[str, Any]


def printed_ballots(record: Record, election: Election, opening: DeviceOpening) -> Iterator[tuple[str, Fields]]:
    """Yield the ballots of a device in order, each with the kind of its item.

    Raises:
        ParseError: a file of the record is missing or not in its form.
        CheckError: a ballot is neither cast nor opened, or both.
    """
    cast = {
        ballot.confirmation_code: ballot
        for name in record.recorded_shards(opening.device)
        for ballot in record.objects(RecordedBallot, name, election.group)
    }
    opened = _opened(record, election)
    for name in record.ballot_shards(opening.device):
        for ballot in record.objects(PreEncryptedBallot, name, election.group):
            code = ballot.confirmation_code
            if (code in cast) == (code in opened):
                raise CheckError(f"ballot {code.hex().upper()} is neither cast nor opened, or it is both")
            if code in cast:
                stated = {"weight": ballot.weight, "encrypted_at": _time(ballot)}
                contests = [_cast(*pair) for pair in _together(ballot, cast[code])]
                yield "pre_encrypted_cast_ballot", _printed(election, ballot) | stated | {"contests": contests}
            else:
                contests = [_uncast(election, *pair) for pair in _together(ballot, opened[code])]
                yield "pre_encrypted_uncast_ballot", _printed(election, ballot) | {"contests": contests}


def releases(record: Record, election: Election, addresses: Mapping[bytes, Fields]) -> list[Fields]:
    """Return the nonces of all uncast ballots.

    Args:
        record: the record.
        election: its election.
        addresses: where every ballot is, by its confirmation code.

    Raises:
        ParseError: the file is not in its form.
        CheckError: a ballot is opened that is on no device.
    """
    found = []
    for code, ballot in _opened(record, election).items():
        if code not in addresses:
            raise CheckError(f"ballot {code.hex().upper()} is opened, and is on no device")
        contests = [
            {"index": contest.index, "nonces": joined(xi for one in contest.vectors() for xi in one.nonces)}
            for contest in ballot.contests
        ]
        found.append({**addresses[code], "contests": contests})
    return found


def _opened(record: Record, election: Election) -> dict[bytes, UncastBallot]:
    if layout.UNCAST_BALLOTS not in record:
        return {}
    found = record.objects(UncastBallot, layout.UNCAST_BALLOTS, election.group)
    return {ballot.confirmation_code: ballot for ballot in found}


def _together(ballot: PreEncryptedBallot, other: RecordedBallot | UncastBallot) -> Iterator[tuple[Any, Any]]:
    if [contest.index for contest in ballot.contests] != [contest.index for contest in other.contests]:
        raise CheckError(f"ballot {ballot.confirmation_code.hex().upper()} was printed with other contests")
    return zip(ballot.contests, other.contests, strict=True)


def _printed(election: Election, ballot: PreEncryptedBallot) -> Fields:
    return {
        "id_b": ballot.id_b,
        "h_i": ballot.h_i,
        "ballot_style": election.manifest.ballot_style(ballot.ballot_style).label,
        "encrypted_ballot_nonce": hashed(ballot.ballot_nonce),
        "chaining_field": ballot.chaining_field,
        "confirmation_code": ballot.confirmation_code,
    }


def _time(ballot: PreEncryptedBallot) -> Fields:
    return {"seconds": int(datetime.fromisoformat(ballot.encrypted_at).timestamp())}


def _cast(printed: PreEncryptedContest, recorded: RecordedContest) -> Fields:
    fields = [
        {
            "alpha": bytes(option.ciphertext.alpha),
            "beta": bytes(option.ciphertext.beta),
            "range_proof": range_proof(option.proof),
        }
        for option in recorded.options
    ]
    inner = {"index": printed.index, "fields": fields, "limit_proof": range_proof(recorded.proof)}
    selected = [
        {"vector": vector(one.vector), "psi": one.selection_hash, "short_code": one.short_code}
        for one in recorded.selections
    ]
    return {
        "contest": inner | {"contest_hash": printed.contest_hash},
        "selection_hashes": b"".join(printed.selection_hashes),
        "selected": selected,
    }


def _uncast(election: Election, printed: PreEncryptedContest, opened: UncastContest) -> Fields:
    labels = [option.label for option in opened.options] + [""] * len(opened.null_vectors)
    selections = []
    for j, (label, one) in enumerate(zip(labels, opened.vectors(), strict=True), 1):
        pairs = [encrypt(election.group.g, election.K, int(j == k), xi) for k, xi in enumerate(one.nonces, 1)]
        stated = {"selection_index": j, "option_label": label, "vector": vector(pairs)}
        selections.append(stated | {"psi": one.selection_hash, "short_code": one.short_code})
    named = {"index": printed.index, "label": opened.label, "contest_hash": printed.contest_hash}
    return named | {"selections": selections}
