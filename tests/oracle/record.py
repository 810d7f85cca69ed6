"""The files of an election record, read strictly.

Docs: docs/formats/record.md. Reading checks form only: which files must be there, fields, widths, alphabets. A file
that breaks the form raises OracleParseError; whatever has the right form is kept for the boxes.
"""

import datetime
import os
import re
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .arithmetic import Group
from .equations import Ciphertext, HashedElGamal
from .manifest import Manifest, read_manifest
from .strict_json import (
    TOTAL,
    OracleParseError,
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

FORMAT = "e2evote-record"
FORMAT_VERSION = 1

PATH = re.compile(r"[a-z0-9_.-]+(/[a-z0-9_.-]+)*")
LAYOUT = re.compile(
    r"index\.json|manifest\.json|parameters\.json|hashes\.json|hashes_ext\.json|joint_election_public_key\.json"
    r"|guardians/guardian_[1-9][0-9]{0,9}\.public_key\.json"
    r"|devices/([0-9]{4}|[1-9][0-9]{4,8})"
    r"/(open\.json|ballots-([0-9]{6}|[1-9][0-9]{6,8})\.ndjson|statuses\.ndjson|close\.json)"
    r"|encrypted_tallies\.ndjson|tallies\.ndjson|challenged_ballots\.ndjson|contest_data\.ndjson"
)
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
PHASES = ("setup", "keys", "ballots", "tally", "decryption", "opened")
STATUSES = ("cast", "challenged", "spoiled")


@dataclass
class IndexEntry:
    path: str
    size: int
    sha256: bytes


@dataclass
class Parameters:
    version: str
    group: Group
    r: int
    n: int
    k: int


@dataclass
class GuardianProof:
    """(c_i, v_i0, ..., v_ik).

    Spec: EG-2.1 §3.2.2, eqs. 11, 13
    """

    challenge: int
    responses: list[int]


@dataclass
class Guardian:
    i: int
    vote_commitments: list[int]
    data_commitments: list[int]
    communication_key: int
    vote_proof: GuardianProof
    data_proof: GuardianProof


@dataclass
class Keys:
    """K, K_hat and H_E.

    Spec: EG-2.1 §3.2.2, eqs. 25, 26; §3.2.3, eq. 30
    """

    vote: int
    data: int
    h_e: bytes


@dataclass
class RangeProof:
    """(c_0, ..., c_R) and (v_0, ..., v_R).

    Spec: EG-2.1 §3.3.7, eqs. 59–61; §3.3.8, eq. 62
    """

    challenges: list[int]
    responses: list[int]


@dataclass
class EncryptedOption:
    ciphertext: Ciphertext
    proof: RangeProof


@dataclass
class EncryptedContest:
    index: int
    options: list[EncryptedOption]
    proof: RangeProof
    data: HashedElGamal | None
    contest_hash: bytes

    @property
    def ciphertexts(self) -> list[Ciphertext]:
        return [option.ciphertext for option in self.options]


@dataclass
class EncryptedBallot:
    id_b: bytes
    h_i: bytes
    device: int
    position: int
    style: int
    weight: int
    contests: list[EncryptedContest]
    nonce: HashedElGamal
    chaining_field: bytes
    confirmation_code: bytes
    status: str | None = None

    def contest(self, ind_c: int) -> EncryptedContest | None:
        return next((contest for contest in self.contests if contest.index == ind_c), None)


@dataclass
class Status:
    confirmation_code: bytes
    status: str


@dataclass
class Close:
    ballots: int
    chaining_field: bytes | None
    closing_hash: bytes | None


@dataclass
class Device:
    folder: int
    number: int
    device_info: str
    h_di: bytes
    chaining_mode: int
    h_0: bytes | None
    shards: list[int]
    ballots: list[EncryptedBallot]
    statuses: list[Status]
    close: Close | None


@dataclass
class EncryptedTallyContest:
    index: int
    ballots: int
    options: list[Ciphertext]


@dataclass
class EncryptedTally:
    cell: int
    label: str
    ballots: int
    weight: int
    contests: list[EncryptedTallyContest]


@dataclass
class TallyOption:
    index: int
    label: str
    tally: int
    encoded_tally: int
    challenge: int
    response: int


@dataclass
class TallyContest:
    index: int
    label: str
    options: list[TallyOption]


@dataclass
class Tally:
    cell: int
    label: str
    contests: list[TallyContest]


@dataclass
class OpenedOption:
    index: int
    label: str
    selection: int
    nonce: int


@dataclass
class OpenedData:
    nonce: int
    data: bytes


@dataclass
class OpenedContest:
    index: int
    label: str
    options: list[OpenedOption]
    data: OpenedData | None


@dataclass
class OpenedBallot:
    device: int
    position: int
    confirmation_code: bytes
    contests: list[OpenedContest]


@dataclass
class DecryptedData:
    device: int
    position: int
    confirmation_code: bytes
    index: int
    factor: int
    challenge: int
    response: int
    data: bytes


@dataclass
class Record:
    """Everything that was read; a phase that the record has not reached is None or empty."""

    files: dict[str, bytes]
    index: list[IndexEntry]
    manifest_bytes: bytes
    manifest: Manifest
    parameters: Parameters
    h_p: bytes
    h_b: bytes
    guardians: dict[int, Guardian] = field(default_factory=dict)
    keys: Keys | None = None
    devices: list[Device] = field(default_factory=list)
    encrypted_tallies: list[EncryptedTally] | None = None
    tallies: list[Tally] | None = None
    challenged: list[OpenedBallot] | None = None
    contest_data: list[DecryptedData] | None = None

    @property
    def ballots(self) -> list[EncryptedBallot]:
        return [ballot for device in self.devices for ballot in device.ballots]


def read_record(path: str | Path, until: str) -> Record:
    """Read a record from a directory or from a zip archive, up to a phase; what belongs to later ones is left alone."""
    files = _files_of_directory(Path(path)) if Path(path).is_dir() else _files_of_archive(Path(path))
    for required in ("index.json", "manifest.json", "parameters.json", "hashes.json"):
        _need(files, required)
    parameters = _parameters(files["parameters.json"])
    hashes = members(json_file(files["hashes.json"], "hashes.json"), "h_p h_b", "hashes.json")
    record = Record(
        files=files,
        index=_index(files["index.json"]),
        manifest_bytes=files["manifest.json"],
        manifest=read_manifest(files["manifest.json"]),
        parameters=parameters,
        h_p=hex_bytes(hashes["h_p"], "hashes.json h_p", 32),
        h_b=hex_bytes(hashes["h_b"], "hashes.json h_b", 32),
    )
    _Phases(record).read(PHASES.index(until))
    return record


def _need(files: dict[str, bytes], path: str) -> None:
    if path not in files:
        refuse(path, "the file is missing")


def _files_of_directory(root: Path) -> dict[str, bytes]:
    files = {}
    for folder, folders, names in os.walk(root):
        for name in [*folders, *names]:
            found = Path(folder, name)
            mode = found.lstat().st_mode
            path = found.relative_to(root).as_posix()
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                refuse(path, "neither a file nor a directory")
            if stat.S_ISREG(mode):
                files[_checked_path(path)] = found.read_bytes()
    return files


def _files_of_archive(path: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if stat.S_ISLNK(entry.external_attr >> 16):
                    refuse(entry.filename, "a symbolic link")
                if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    refuse(entry.filename, "neither stored nor deflated")
                if entry.is_dir():
                    continue
                if entry.filename in files:
                    refuse(entry.filename, "twice in the archive")
                files[_checked_path(entry.filename)] = archive.read(entry)
    except OracleParseError:
        raise
    except (OSError, RuntimeError, ValueError, EOFError, struct.error, zlib.error, zipfile.BadZipFile) as error:
        refuse(str(path), f"neither a directory nor a zip archive: {error}")
    return files


def _checked_path(path: str) -> str:
    if not PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        refuse(path, "no path of a record")
    return path


def _index(content: bytes) -> list[IndexEntry]:
    where = "index.json"
    top = members(json_file(content, where), "format version files", where)
    if top["format"] != FORMAT or count(top["version"], f"{where} version") != FORMAT_VERSION:
        refuse(where, "another format or version")
    entries = []
    for raw, place in items(top["files"], f"{where} files"):
        entry = members(raw, "path size sha256", place)
        path, size = text(entry["path"], place), count(entry["size"], place, TOTAL)
        entries.append(IndexEntry(path, size, hex_bytes(entry["sha256"], place, 32)))
    return entries


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


class _Phases:
    """Reads the files of the phases after setup into the record."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.files = record.files
        self.length = record.parameters.group.element_length

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
        if until >= PHASES.index("opened"):
            record.challenged, record.contest_data = [], []
            if "challenged_ballots.ndjson" in self.files:
                record.challenged += [self._opened_ballot(*line) for line in self._lines("challenged_ballots.ndjson")]
            if "contest_data.ndjson" in self.files:
                record.contest_data += [self._decrypted_data(*line) for line in self._lines("contest_data.ndjson")]

    def _lines(self, path: str, *, may_be_empty: bool = False) -> list[tuple[Any, str]]:
        _need(self.files, path)
        return json_lines(self.files[path], path, may_be_empty=may_be_empty)

    def _element(self, value: Any, where: str) -> int:
        return hex_number(value, where, self.length)

    def _scalar(self, value: Any, where: str) -> int:
        return hex_number(value, where, 32)

    def _elements(self, value: Any, where: str) -> list[int]:
        return [self._element(item, place) for item, place in items(value, where)]

    def _scalars(self, value: Any, where: str) -> list[int]:
        return [self._scalar(item, place) for item, place in items(value, where)]

    # Phase "keys"

    def _keys(self) -> None:
        for path in self.files:
            match = re.fullmatch(r"guardians/guardian_([1-9][0-9]{0,9})\.public_key\.json", path)
            if match:
                self.record.guardians[int(match[1])] = self._guardian(path)
        path, extended = "joint_election_public_key.json", "hashes_ext.json"
        _need(self.files, path)
        _need(self.files, extended)
        joint = members(json_file(self.files[path], path), "vote_encryption_key data_encryption_key", path)
        hashes = members(json_file(self.files[extended], extended), "h_e", extended)
        self.record.keys = Keys(
            vote=self._element(joint["vote_encryption_key"], path),
            data=self._element(joint["data_encryption_key"], path),
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
            vote_commitments=self._elements(top["vote_commitments"], f"{path} vote_commitments"),
            data_commitments=self._elements(top["data_commitments"], f"{path} data_commitments"),
            communication_key=self._element(top["communication_key"], f"{path} communication_key"),
            vote_proof=self._guardian_proof(top["vote_proof"], f"{path} vote_proof"),
            data_proof=self._guardian_proof(top["data_proof"], f"{path} data_proof"),
        )

    def _guardian_proof(self, value: Any, where: str) -> GuardianProof:
        proof = members(value, "challenge responses", where)
        return GuardianProof(self._scalar(proof["challenge"], where), self._scalars(proof["responses"], where))

    # Phase "ballots"

    def _devices(self) -> None:
        of_devices = [path for path in self.files if path.startswith("devices/") and LAYOUT.fullmatch(path)]
        for folder in sorted({path.split("/")[1] for path in of_devices}, key=int):
            self.record.devices.append(self._device(f"devices/{folder}", int(folder)))

    def _device(self, folder: str, number: int) -> Device:
        path = f"{folder}/open.json"
        _need(self.files, path)
        value = json_file(self.files[path], path)
        top = members(value, "device device_info h_di chaining_mode h_0?", path)
        mode = count(top["chaining_mode"], f"{path} chaining_mode")
        shards = [name for name in self.files if name.startswith(f"{folder}/ballots-") and LAYOUT.fullmatch(name)]
        shards.sort(key=_shard_number)
        lines = [line for shard in shards for line in self._lines(shard)]
        statuses_path = f"{folder}/statuses.ndjson"
        statuses = self._lines(statuses_path, may_be_empty=True) if statuses_path in self.files else []
        device = Device(
            folder=number,
            number=count(top["device"], f"{path} device"),
            device_info=text(top["device_info"], f"{path} device_info"),
            h_di=hex_bytes(top["h_di"], f"{path} h_di", 32),
            chaining_mode=mode,
            h_0=hex_bytes(top["h_0"], f"{path} h_0", 32) if "h_0" in top else None,
            shards=[_shard_number(shard) for shard in shards],
            ballots=[self._ballot(*line) for line in lines],
            statuses=[self._status(*line) for line in statuses],
            close=self._close(f"{folder}/close.json"),
        )
        for ballot, status in zip(device.ballots, device.statuses, strict=False):
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
        _check_time(line["encrypted_at"], f"{where} encrypted_at")
        nonce = self._hashed_elgamal(line["ballot_nonce"], f"{where} ballot_nonce")
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
        entry = members(value, "index options proof contest_data? contest_hash", where)
        data = None
        if "contest_data" in entry:
            data = self._hashed_elgamal(entry["contest_data"], f"{where} contest_data")
        return EncryptedContest(
            index=count(entry["index"], f"{where} index"),
            options=[self._encrypted_option(*item) for item in items(entry["options"], f"{where} options")],
            proof=self._range_proof(entry["proof"], f"{where} proof"),
            data=data,
            contest_hash=hex_bytes(entry["contest_hash"], f"{where} contest_hash", 32),
        )

    def _encrypted_option(self, value: Any, where: str) -> EncryptedOption:
        entry = members(value, "ciphertext proof", where)
        ciphertext = self._ciphertext(entry["ciphertext"], f"{where} ciphertext")
        return EncryptedOption(ciphertext, self._range_proof(entry["proof"], f"{where} proof"))

    def _ciphertext(self, value: Any, where: str) -> Ciphertext:
        entry = members(value, "alpha beta", where)
        alpha, beta = (self._element(entry[name], f"{where} {name}") for name in ("alpha", "beta"))
        return Ciphertext(alpha, beta)

    def _range_proof(self, value: Any, where: str) -> RangeProof:
        entry = members(value, "challenges responses", where)
        challenges = self._scalars(entry["challenges"], f"{where} challenges")
        return RangeProof(challenges, self._scalars(entry["responses"], f"{where} responses"))

    def _hashed_elgamal(self, value: Any, where: str) -> HashedElGamal:
        entry = members(value, "c_0 c_1 c_2", where)
        c, v = self._challenge_and_response(entry["c_2"], f"{where} c_2")
        return HashedElGamal(self._element(entry["c_0"], f"{where} c_0"), hex_bytes(entry["c_1"], f"{where} c_1"), c, v)

    def _challenge_and_response(self, value: Any, where: str) -> tuple[int, int]:
        entry = members(value, "challenge response", where)
        return self._scalar(entry["challenge"], where), self._scalar(entry["response"], where)

    # Phases "tally" and "decryption"

    def _encrypted_tally(self, value: Any, where: str) -> EncryptedTally:
        line = members(value, "cell label ballots weight contests", where)
        contests = []
        for raw, place in items(line["contests"], f"{where} contests"):
            entry = members(raw, "index ballots options", place)
            options = [self._ciphertext(*item) for item in items(entry["options"], f"{place} options")]
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
            entry = members(raw, "index label options", place)
            options = [self._tally_option(*item) for item in items(entry["options"], f"{place} options")]
            contests.append(TallyContest(count(entry["index"], place), text(entry["label"], place), options))
        return Tally(count(line["cell"], f"{where} cell"), text(line["label"], f"{where} label"), contests)

    def _tally_option(self, value: Any, where: str) -> TallyOption:
        entry = members(value, "index label tally encoded_tally proof", where)
        challenge, response = self._challenge_and_response(entry["proof"], f"{where} proof")
        return TallyOption(
            index=count(entry["index"], f"{where} index"),
            label=text(entry["label"], f"{where} label"),
            tally=count(entry["tally"], f"{where} tally", TOTAL),
            encoded_tally=self._element(entry["encoded_tally"], f"{where} encoded_tally"),
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
            nonce = self._scalar(opened["nonce"], f"{where} contest_data nonce")
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
            nonce=self._scalar(entry["nonce"], f"{where} nonce"),
        )

    def _decrypted_data(self, value: Any, where: str) -> DecryptedData:
        line = members(value, "device position confirmation_code index factor proof data", where)
        challenge, response = self._challenge_and_response(line["proof"], f"{where} proof")
        return DecryptedData(
            device=count(line["device"], f"{where} device"),
            position=count(line["position"], f"{where} position"),
            confirmation_code=hex_bytes(line["confirmation_code"], f"{where} confirmation_code", 32),
            index=count(line["index"], f"{where} index"),
            factor=self._element(line["factor"], f"{where} factor"),
            challenge=challenge,
            response=response,
            data=hex_bytes(line["data"], f"{where} data"),
        )


def _shard_number(path: str) -> int:
    return int(path.rpartition("-")[2].removesuffix(".ndjson"))


def _check_time(value: Any, where: str) -> None:
    """RFC 3339 in UTC with whole seconds, written with T and Z."""
    moment = text(value, where)
    try:
        if not TIME.fullmatch(moment):
            raise ValueError
        datetime.datetime.fromisoformat(moment.removesuffix("Z"))
    except ValueError:
        refuse(where, "no time YYYY-MM-DDThh:mm:ssZ")
