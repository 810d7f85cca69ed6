"""The files of an election record, read strictly.

Docs: docs/formats/record.md. Reading checks form only: which files must be there, fields, widths, alphabets. A file
that breaks the form raises OracleParseError; whatever has the right form is kept for the boxes.
"""

import re
from pathlib import Path
from typing import Any

from .arithmetic import Group
from .board import read_checkpoint
from .files import BOOTH, LAYOUT, files_of_archive, files_of_directory, read_index
from .forms import Forms
from .manifest import read_manifest
from .reading_board import read_booth_files, read_entries
from .reading_mail import MailReader
from .record import (
    PHASES,
    Close,
    DecryptedData,
    Device,
    EncryptedBallot,
    EncryptedContest,
    EncryptedTally,
    EncryptedTallyContest,
    Guardian,
    GuardianProof,
    Keys,
    OpenedBallot,
    OpenedContest,
    OpenedData,
    OpenedOption,
    Parameters,
    Record,
    Status,
    Tally,
    TallyContest,
    TallyException,
    TallyOption,
)
from .strict_json import (
    TOTAL,
    check_time,
    count,
    hex_bytes,
    hex_number,
    items,
    json_file,
    json_lines,
    members,
    refuse,
    text,
)

STATUSES = ("cast", "challenged", "spoiled", "uncast")


def read_record(path: str | Path, until: str) -> Record:
    """Read a record from a directory or from a zip archive, up to a phase; what belongs to later ones is left alone."""
    files = files_of_directory(Path(path)) if Path(path).is_dir() else files_of_archive(Path(path))
    for required in ("index.json", "manifest.json", "parameters.json", "hashes.json"):
        _need(files, required)
    parameters = _parameters(files["parameters.json"])
    hashes = members(json_file(files["hashes.json"], "hashes.json"), "h_p h_b", "hashes.json")
    record = Record(
        files=files,
        index=read_index(files["index.json"]),
        manifest_bytes=files["manifest.json"],
        manifest=read_manifest(files["manifest.json"]),
        parameters=parameters,
        h_p=hex_bytes(hashes["h_p"], "hashes.json h_p", 32),
        h_b=hex_bytes(hashes["h_b"], "hashes.json h_b", 32),
    )
    if "board/checkpoint" in files:
        record.checkpoint = read_checkpoint(files["board/checkpoint"], "board/checkpoint")
    if "board/entries.ndjson" in files:
        record.entries = read_entries(files["board/entries.ndjson"], "board/entries.ndjson")
    _Phases(record).read(PHASES.index(until))
    return record


def _need(files: dict[str, bytes], path: str) -> None:
    if path not in files:
        refuse(path, "the file is missing")


def _parameters(content: bytes) -> Parameters:
    where = "parameters.json"
    top = members(json_file(content, where), "version p q r g n k", where)
    p = hex_bytes(top["p"], f"{where} p")
    if not p or p[0] == 0:
        refuse(f"{where} p", "has leading zeros, or no digits at all")
    return Parameters(
        version=text(top["version"], f"{where} version"),
        group=Group(
            p=int.from_bytes(p, "big"),
            q=hex_number(top["q"], f"{where} q", 32),
            g=hex_number(top["g"], f"{where} g", len(p)),
        ),
        r=hex_number(top["r"], f"{where} r", len(p)),
        n=count(top["n"], f"{where} n"),
        k=count(top["k"], f"{where} k"),
    )


class _Phases(Forms):
    """Reads the files of the phases after setup into the record."""

    def __init__(self, record: Record) -> None:
        super().__init__(record.parameters.group.element_length)
        self.record = record
        self.files = record.files

    def read(self, until: int) -> None:
        record = self.record
        if until >= PHASES.index("keys"):
            self._keys()
        if until >= PHASES.index("ballots"):
            self._devices()
        if until >= PHASES.index("tally"):
            lines = self._lines("encrypted_tallies.ndjson")
            record.encrypted_tallies = [self._encrypted_tally(*line) for line in lines]
        if until >= PHASES.index("decryption"):
            lines = self._lines("tallies.ndjson", may_be_empty=True)
            record.tallies = [self._tally(*line) for line in lines]
            if "exceptions.ndjson" in self.files:
                record.exceptions += [self._exception(*line) for line in self._lines("exceptions.ndjson")]
        if until >= PHASES.index("opened"):
            record.challenged, record.contest_data, record.uncast = [], [], []
            if "uncast_ballots.ndjson" in self.files:
                mail = MailReader(self.length)
                record.uncast += [mail.uncast_ballot(*line) for line in self._lines("uncast_ballots.ndjson")]
            if "challenged_ballots.ndjson" in self.files:
                record.challenged += [self._opened_ballot(*line) for line in self._lines("challenged_ballots.ndjson")]
            if "contest_data.ndjson" in self.files:
                record.contest_data += [self._decrypted_data(*line) for line in self._lines("contest_data.ndjson")]

    def _lines(self, path: str, *, may_be_empty: bool = False) -> list[tuple[Any, str]]:
        _need(self.files, path)
        return json_lines(self.files[path], path, may_be_empty=may_be_empty)

    # Phase "keys"

    def _keys(self) -> None:
        for path in self.files:
            match = re.fullmatch(r"guardians/guardian_([1-9][0-9]{0,9})\.public_key\.json", path)
            if match:
                self.record.guardians[int(match[1])] = self._guardian(path)
            if BOOTH.fullmatch(path):
                read_booth_files(self.files[path], path)
        path, extended = "joint_election_public_key.json", "hashes_ext.json"
        _need(self.files, path)
        _need(self.files, extended)
        joint = members(json_file(self.files[path], path), "vote_encryption_key data_encryption_key", path)
        hashes = members(json_file(self.files[extended], extended), "h_e", extended)
        self.record.keys = Keys(
            vote=self.element(joint["vote_encryption_key"], path),
            data=self.element(joint["data_encryption_key"], path),
            h_e=hex_bytes(hashes["h_e"], extended, 32),
        )

    def _guardian(self, path: str) -> Guardian:
        top = members(
            json_file(self.files[path], path),
            "i name vote_commitments data_commitments communication_key vote_proof data_proof",
            path,
        )
        if not 1 <= len(text(top["name"], f"{path} name")) <= 200:
            refuse(f"{path} name", "1 to 200 characters are expected")
        return Guardian(
            i=count(top["i"], f"{path} i"),
            vote_commitments=self.elements(top["vote_commitments"], f"{path} vote_commitments"),
            data_commitments=self.elements(top["data_commitments"], f"{path} data_commitments"),
            communication_key=self.element(top["communication_key"], f"{path} communication_key"),
            vote_proof=self._guardian_proof(top["vote_proof"], f"{path} vote_proof"),
            data_proof=self._guardian_proof(top["data_proof"], f"{path} data_proof"),
        )

    def _guardian_proof(self, value: Any, where: str) -> GuardianProof:
        proof = members(value, "challenge responses", where)
        return GuardianProof(self.scalar(proof["challenge"], where), self.scalars(proof["responses"], where))

    # Phase "ballots"

    def _devices(self) -> None:
        of_devices = [path for path in self.files if path.startswith("devices/") and LAYOUT.fullmatch(path)]
        for folder in sorted({path.split("/")[1] for path in of_devices}, key=int):
            self.record.devices.append(self._device(f"devices/{folder}", int(folder)))

    def _device(self, folder: str, number: int) -> Device:
        path = f"{folder}/open.json"
        _need(self.files, path)
        value = json_file(self.files[path], path)
        top = members(value, "device device_info h_di chaining_mode h_0? pre_encrypted?", path)
        pre_encrypted = "pre_encrypted" in top
        if pre_encrypted and top["pre_encrypted"] is not True:
            refuse(f"{path} pre_encrypted", "true, or nothing, is expected")
        mail = MailReader(self.length)
        mode = count(top["chaining_mode"], f"{path} chaining_mode")
        shards = [name for name in self.files if name.startswith(f"{folder}/ballots-") and LAYOUT.fullmatch(name)]
        shards.sort(key=_shard_number)
        lines = [line for shard in shards for line in self._lines(shard)]
        recorded = [name for name in self.files if name.startswith(f"{folder}/recorded-") and LAYOUT.fullmatch(name)]
        recorded.sort(key=_shard_number)
        statuses_path = f"{folder}/statuses.ndjson"
        statuses = self._lines(statuses_path, may_be_empty=True) if statuses_path in self.files else []
        device = Device(
            folder=number,
            number=count(top["device"], f"{path} device"),
            device_info=text(top["device_info"], f"{path} device_info"),
            h_di=hex_bytes(top["h_di"], f"{path} h_di", 32),
            chaining_mode=mode,
            h_0=hex_bytes(top["h_0"], f"{path} h_0", 32) if "h_0" in top else None,
            pre_encrypted=pre_encrypted,
            shards=[_shard_number(shard) for shard in shards],
            ballots=[] if pre_encrypted else [self._ballot(*line) for line in lines],
            printed=[mail.printed_ballot(*line) for line in lines] if pre_encrypted else [],
            recorded=[mail.recorded_ballot(*line) for shard in recorded for line in self._lines(shard)],
            statuses=[self._status(*line) for line in statuses],
            close=self._close(f"{folder}/close.json"),
        )
        for ballot, status in zip(device.in_order, device.statuses, strict=False):
            ballot.status = status.status
        return device

    def _close(self, path: str) -> Close | None:
        if path not in self.files:
            return None
        top = members(json_file(self.files[path], path), "ballots chaining_field? closing_hash?", path)
        chain = [
            hex_bytes(top[name], f"{path} {name}", length) if name in top else None
            for name, length in (("chaining_field", 36), ("closing_hash", 32))
        ]
        return Close(count(top["ballots"], f"{path} ballots"), *chain)

    def _status(self, value: Any, where: str) -> Status:
        line = members(value, "confirmation_code status", where)
        if line["status"] not in STATUSES:
            refuse(f"{where} status", "none of " + ", ".join(STATUSES))
        return Status(hex_bytes(line["confirmation_code"], where, 32), line["status"])

    def _ballot(self, value: Any, where: str) -> EncryptedBallot:
        line = members(
            value,
            "id_b h_i device position ballot_style weight encrypted_at contests ballot_nonce chaining_field"
            " confirmation_code",
            where,
        )
        check_time(line["encrypted_at"], f"{where} encrypted_at")
        nonce = self.hashed_elgamal(line["ballot_nonce"], f"{where} ballot_nonce")
        return EncryptedBallot(
            id_b=hex_bytes(line["id_b"], f"{where} id_b", 32),
            h_i=hex_bytes(line["h_i"], f"{where} h_i", 32),
            device=count(line["device"], f"{where} device"),
            position=count(line["position"], f"{where} position"),
            style=count(line["ballot_style"], f"{where} ballot_style"),
            weight=count(line["weight"], f"{where} weight"),
            contests=[self._encrypted_contest(*item) for item in items(line["contests"], f"{where} contests")],
            nonce=nonce,
            chaining_field=hex_bytes(line["chaining_field"], f"{where} chaining_field", 36),
            confirmation_code=hex_bytes(line["confirmation_code"], f"{where} confirmation_code", 32),
        )

    def _encrypted_contest(self, value: Any, where: str) -> EncryptedContest:
        entry = members(value, "index options proof relations? contest_data? contest_hash", where)
        data = None
        if "contest_data" in entry:
            data = self.hashed_elgamal(entry["contest_data"], f"{where} contest_data")
        relations = [self.range_proof(*item) for item in items(entry.get("relations", []), f"{where} relations")]
        if "relations" in entry and not relations:
            refuse(f"{where} relations", "at least one is expected")
        return EncryptedContest(
            index=count(entry["index"], f"{where} index"),
            options=[self.encrypted_option(*item) for item in items(entry["options"], f"{where} options")],
            proof=self.range_proof(entry["proof"], f"{where} proof"),
            relations=relations,
            data=data,
            contest_hash=hex_bytes(entry["contest_hash"], f"{where} contest_hash", 32),
        )

    # Phases "tally" and "decryption"

    def _encrypted_tally(self, value: Any, where: str) -> EncryptedTally:
        line = members(value, "cell label ballots weight contests", where)
        contests = []
        for raw, place in items(line["contests"], f"{where} contests"):
            entry = members(raw, "index ballots options", place)
            options = [self.ciphertext(*item) for item in items(entry["options"], f"{place} options")]
            index = count(entry["index"], f"{place} index")
            ballots = count(entry["ballots"], f"{place} ballots", TOTAL)
            contests.append(EncryptedTallyContest(index, ballots, options))
        return EncryptedTally(
            cell=count(line["cell"], f"{where} cell"),
            label=text(line["label"], f"{where} label"),
            ballots=count(line["ballots"], f"{where} ballots", TOTAL),
            weight=count(line["weight"], f"{where} weight", TOTAL),
            contests=contests,
        )

    def _tally(self, value: Any, where: str) -> Tally:
        line = members(value, "cell label contests", where)
        contests = []
        for raw, place in items(line["contests"], f"{where} contests"):
            entry = members(raw, "index label merged? options", place)
            merged = [count(*item) for item in items(entry.get("merged", []), f"{place} merged")]
            if ("merged" in entry and not merged) or 0 in merged:
                refuse(f"{place} merged", "cells from 1 are expected, at least one")
            options = [self._tally_option(*item) for item in items(entry["options"], f"{place} options")]
            contests.append(TallyContest(count(entry["index"], place), text(entry["label"], place), merged, options))
        return Tally(count(line["cell"], f"{where} cell"), text(line["label"], f"{where} label"), contests)

    def _exception(self, value: Any, where: str) -> TallyException:
        line = members(value, "cell contest rule action reason guardians", where)
        reason = text(line["reason"], f"{where} reason")
        if not reason or reason[0].isspace() or len(reason) > 1000:
            refuse(f"{where} reason", "1 to 1000 characters, the first not a blank, are expected")
        rule, action = text(line["rule"], f"{where} rule"), text(line["action"], f"{where} action")
        if rule not in ("minimum", "weight") or action not in ("decrypted", "withheld"):
            refuse(where, f"no such rule or action: {rule!r}, {action!r}")
        guardians = [count(*item) for item in items(line["guardians"], f"{where} guardians")]
        cell, contest = (count(line[name], f"{where} {name}") for name in ("cell", "contest"))
        if not guardians or not all((cell, contest, *guardians)):
            refuse(where, "indices from 1 are expected")
        return TallyException(cell, contest, rule, action, guardians)

    def _tally_option(self, value: Any, where: str) -> TallyOption:
        entry = members(value, "index label tally encoded_tally proof", where)
        challenge, response = self.challenge_and_response(entry["proof"], f"{where} proof")
        return TallyOption(
            index=count(entry["index"], f"{where} index"),
            label=text(entry["label"], f"{where} label"),
            tally=count(entry["tally"], f"{where} tally", TOTAL),
            encoded_tally=self.element(entry["encoded_tally"], f"{where} encoded_tally"),
            challenge=challenge,
            response=response,
        )

    # Phase "opened"

    def _opened_ballot(self, value: Any, where: str) -> OpenedBallot:
        line = members(value, "device position confirmation_code contests", where)
        return OpenedBallot(
            device=count(line["device"], f"{where} device"),
            position=count(line["position"], f"{where} position"),
            confirmation_code=hex_bytes(line["confirmation_code"], f"{where} confirmation_code", 32),
            contests=[self._opened_contest(*item) for item in items(line["contests"], f"{where} contests")],
        )

    def _opened_contest(self, value: Any, where: str) -> OpenedContest:
        entry = members(value, "index label options contest_data?", where)
        data = None
        if "contest_data" in entry:
            opened = members(entry["contest_data"], "nonce data", f"{where} contest_data")
            nonce = self.scalar(opened["nonce"], f"{where} contest_data nonce")
            data = OpenedData(nonce, hex_bytes(opened["data"], f"{where} contest_data data"))
        return OpenedContest(
            index=count(entry["index"], f"{where} index"),
            label=text(entry["label"], f"{where} label"),
            options=[self._opened_option(*item) for item in items(entry["options"], f"{where} options")],
            data=data,
        )

    def _opened_option(self, value: Any, where: str) -> OpenedOption:
        entry = members(value, "index label selection nonce", where)
        return OpenedOption(
            index=count(entry["index"], f"{where} index"),
            label=text(entry["label"], f"{where} label"),
            selection=count(entry["selection"], f"{where} selection"),
            nonce=self.scalar(entry["nonce"], f"{where} nonce"),
        )

    def _decrypted_data(self, value: Any, where: str) -> DecryptedData:
        line = members(value, "device position confirmation_code index factor proof data", where)
        challenge, response = self.challenge_and_response(line["proof"], f"{where} proof")
        return DecryptedData(
            device=count(line["device"], f"{where} device"),
            position=count(line["position"], f"{where} position"),
            confirmation_code=hex_bytes(line["confirmation_code"], f"{where} confirmation_code", 32),
            index=count(line["index"], f"{where} index"),
            factor=self.element(line["factor"], f"{where} factor"),
            challenge=challenge,
            response=response,
            data=hex_bytes(line["data"], f"{where} data"),
        )


def _shard_number(path: str) -> int:
    return int(path.rpartition("-")[2].removesuffix(".ndjson"))
