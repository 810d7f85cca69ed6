"""Pre-encrypted ballots, read strictly: as printed, as recorded, as opened.

Docs: docs/formats/record.md, "Pre-encrypted ballot", "Recorded ballot", "Uncast ballot"
"""

from typing import Any

from .forms import Forms
from .record import (
    OpenedVector,
    PrintedBallot,
    PrintedContest,
    RangeProof,
    RecordedBallot,
    RecordedContest,
    Selection,
    UncastBallot,
    UncastContest,
)
from .strict_json import check_time, count, hex_bytes, items, members, refuse, text

CODE_CHARACTERS = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")


class MailReader(Forms):
    """Reads the lines that ordinary elections do not have."""

    def printed_ballot(self, value: Any, where: str) -> PrintedBallot:
        line = members(
            value,
            "id_b h_i device position ballot_style weight encrypted_at contests ballot_nonce chaining_field"
            " confirmation_code",
            where,
        )
        check_time(line["encrypted_at"], f"{where} encrypted_at")
        return PrintedBallot(
            id_b=hex_bytes(line["id_b"], f"{where} id_b", 32),
            h_i=hex_bytes(line["h_i"], f"{where} h_i", 32),
            device=count(line["device"], f"{where} device"),
            position=count(line["position"], f"{where} position"),
            style=count(line["ballot_style"], f"{where} ballot_style"),
            weight=count(line["weight"], f"{where} weight"),
            contests=[self._printed_contest(*item) for item in items(line["contests"], f"{where} contests")],
            nonce=self.hashed_elgamal(line["ballot_nonce"], f"{where} ballot_nonce"),
            chaining_field=hex_bytes(line["chaining_field"], f"{where} chaining_field", 36),
            confirmation_code=hex_bytes(line["confirmation_code"], f"{where} confirmation_code", 32),
        )

    def _printed_contest(self, value: Any, where: str) -> PrintedContest:
        entry = members(value, "index selection_hashes contest_hash", where)
        hashes = items(entry["selection_hashes"], f"{where} selection_hashes")
        return PrintedContest(
            index=count(entry["index"], f"{where} index"),
            selection_hashes=[hex_bytes(psi, place, 32) for psi, place in hashes],
            contest_hash=hex_bytes(entry["contest_hash"], f"{where} contest_hash", 32),
        )

    def recorded_ballot(self, value: Any, where: str) -> RecordedBallot:
        line = members(value, "device position ballot_style weight contests confirmation_code", where)
        return RecordedBallot(
            device=count(line["device"], f"{where} device"),
            position=count(line["position"], f"{where} position"),
            style=count(line["ballot_style"], f"{where} ballot_style"),
            weight=count(line["weight"], f"{where} weight"),
            contests=[self._recorded_contest(*item) for item in items(line["contests"], f"{where} contests")],
            confirmation_code=hex_bytes(line["confirmation_code"], f"{where} confirmation_code", 32),
        )

    def _recorded_contest(self, value: Any, where: str) -> RecordedContest:
        entry = members(value, "index options proof selections", where)
        return RecordedContest(
            index=count(entry["index"], f"{where} index"),
            options=[self.encrypted_option(*item) for item in items(entry["options"], f"{where} options")],
            proof=self.range_proof(entry["proof"], f"{where} proof"),
            selections=[self._selection(*item) for item in items(entry["selections"], f"{where} selections")],
        )

    def _selection(self, value: Any, where: str) -> Selection:
        entry = members(value, "selection_hash short_code vector proofs?", where)
        proofs: list[RangeProof] = []
        if "proofs" in entry:
            proofs = [self.range_proof(*item) for item in items(entry["proofs"], f"{where} proofs")]
            if not proofs:
                refuse(f"{where} proofs", "an empty list; what is not there is left out")
        return Selection(
            selection_hash=hex_bytes(entry["selection_hash"], f"{where} selection_hash", 32),
            short_code=_code(entry["short_code"], f"{where} short_code"),
            vector=[self.ciphertext(*item) for item in items(entry["vector"], f"{where} vector")],
            proofs=proofs,
        )

    def uncast_ballot(self, value: Any, where: str) -> UncastBallot:
        line = members(value, "device position confirmation_code contests", where)
        return UncastBallot(
            device=count(line["device"], f"{where} device"),
            position=count(line["position"], f"{where} position"),
            confirmation_code=hex_bytes(line["confirmation_code"], f"{where} confirmation_code", 32),
            contests=[self._uncast_contest(*item) for item in items(line["contests"], f"{where} contests")],
        )

    def _uncast_contest(self, value: Any, where: str) -> UncastContest:
        entry = members(value, "index label options null_vectors", where)
        options = []
        for raw, place in items(entry["options"], f"{where} options"):
            option = members(raw, "index label short_code selection_hash nonces", place)
            label = text(option["label"], f"{place} label")
            options.append((count(option["index"], f"{place} index"), label, self._vector(option, place)))
        nulls = [
            self._vector(members(raw, "short_code selection_hash nonces", place), place)
            for raw, place in items(entry["null_vectors"], f"{where} null_vectors")
        ]
        label = text(entry["label"], f"{where} label")
        return UncastContest(count(entry["index"], f"{where} index"), label, options, nulls)

    def _vector(self, entry: dict[str, Any], where: str) -> OpenedVector:
        return OpenedVector(
            short_code=_code(entry["short_code"], f"{where} short_code"),
            selection_hash=hex_bytes(entry["selection_hash"], f"{where} selection_hash", 32),
            nonces=self.scalars(entry["nonces"], f"{where} nonces"),
        )


def _code(value: Any, where: str) -> str:
    code = text(value, where)
    if not 1 <= len(code) <= 4 or not set(code) <= CODE_CHARACTERS:
        refuse(where, "one to four capital letters and digits are expected")
    return code
