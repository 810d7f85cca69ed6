"""The seeds: good data for every target, and a little that is odd in a way that mutation hardly finds.

They are functions of nothing, so that they can be made again when a format changes:

    python -m tests.fuzz.seeds
"""

import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from unittest import mock

from e2evote.cli.packing import pack_record
from e2evote.encoding import canonical_json
from e2evote.examples import NAMES
from e2evote.examples import manifest_bytes as example
from e2evote.group.elements import L_Q
from e2evote.group.parameters import INSECURE_NAMES, STANDARD_NAME
from e2evote.key_ceremony import generate_keys
from e2evote.messages.complaints import (
    COMPLAINT,
    Absence,
    Complaint,
    Grounds,
    InvalidMessage,
    TwoFaces,
    WrongConfirmation,
    WrongDecryption,
    WrongShare,
    open_share,
)
from e2evote.messages.decrypting import DecryptionList, StoredStatement
from e2evote.messages.envelope import Exchange, open_message, write
from e2evote.messages.key_check import KEY_CHECK, prove_possession
from e2evote.messages.rounds import CONFIRMATION, SHARE, Confirmation
from e2evote.record import layout
from e2evote.record.codec import dump
from e2evote.record.contest_data import pack
from e2evote.record.layout import Directory, Record
from e2evote.secret_sharing import SecretKeyShares
from e2evote.verifier.resume import StateFile, header
from e2evote.verifier.run import CHECKS, verify_record
from guardian_cli.keystore.backup import make_backup
from guardian_cli.keystore.content import SecretCeremony, SecretLongTerm, SecretShares, SecretVault
from guardian_cli.keystore.sealed import Argon2, SecretKey, seal, to_bytes
from guardian_cli.keystore.words import to_rows
from tests.board_forger import BoardForger, board_manifest
from tests.builders import SUPPLEMENTAL, BuiltRecord, build_record, manifest_bytes, patterned_ballots
from tests.deterministic import DeterministicRandomness
from tests.fuzz import disputes, log, people, stations
from tests.fuzz.targets import BINDING, KEY, PASSPHRASE
from tests.fuzz.world import bundled, decrypted, held
from tests.mail_forger import build_mail
from tests.mistakes.helpers import plain
from tests.strategies import TOY_GROUP

FOLDER = Path(__file__).parent / "seeds"
WEAK = Argon2(memory_log2=5, iterations=1, lanes=1)
SMALL = {
    "label": "Small",
    "minimum_cell_ballots": 2,
    "maximum_weight": 2,
    "cast_contest_data_may_be_decrypted": True,
    "contests": [
        {
            "label": "chair",
            "contest_data_blocks": 1,
            "options": [{"label": "a"}, {"label": "other", "write_in": True}],
            "supplemental_fields": ["undervote_indicator"],
        }
    ],
    "ballot_styles": [{"label": "all", "contests": [1]}],
}


def small(folder: Path, **changes: object) -> BuiltRecord:
    """Build a record with every file of the format, few ballots and one contest."""
    votes = [plain(1, c1=(1, 0)), plain(1, write_ins={2: "B"}, c1=(0, 1)), plain(1, c1=(1, 0))]
    given = {
        "plaintexts": votes,
        "ballots": 3,
        "challenged": 1,
        "spoiled": 0,
        "devices": (("Booth", 1),),
        "n": 1,
        "k": 1,
    }
    return build_record(folder, manifest=canonical_json(SMALL) + b"\n", **given | changes)


def files_of(built: BuiltRecord) -> dict[str, bytes]:
    """Return the files of a record but for its index."""
    files = Directory(built.path)
    return {name: files.open(name).read() for name in files.names() if name != layout.INDEX}


def all_seeds() -> dict[str, list[bytes]]:
    """Return the seeds of every target."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        built = small(root / "small")
        merged = small(root / "many", ballots=6, plaintexts=[plain(1, c1=(1, 0))] * 6, challenged=0, n=3, k=2)
        board = _with_board(root / "board")
        standard = small(root / "standard", group_name=STANDARD_NAME, until="ballots")
        seeds = _of_record(built, merged, standard) | _of_board(board) | _of_messages() | _of_secrets()
        seeds["record"].append(bundled(board))
        return seeds | {
            "archive": _archives(built.path, root),
            "state": [_state(built.path, root)],
            "log": log.seeds(),
            "dispute": disputes.seeds(),
            "roll": people.roll_seeds(),
            "signin": people.signin_seeds(),
            "station": stations.station_seeds(),
        }


def _of_record(built: BuiltRecord, merged: BuiltRecord, standard: BuiltRecord) -> dict[str, list[bytes]]:
    bundles = [bundled(files_of(one)) for one in (built, merged)]
    line = (standard.path / layout.ballots_path(1, 1)).read_bytes().splitlines()[0]
    objects = {
        "parameters": layout.PARAMETERS,
        "guardian_public_key": layout.guardian_path(1),
        "encrypted_ballot": layout.ballots_path(1, 1),
        "encrypted_tally": layout.ENCRYPTED_TALLIES,
        "tally": layout.TALLIES,
        "challenged_ballot": layout.CHALLENGED_BALLOTS,
        "decrypted_contest_data": layout.CONTEST_DATA,
        "device_opening": layout.opening_path(1),
        "device_closing": layout.closing_path(1),
        "ballot_status": layout.statuses_path(1),
        "joint_election_public_key": layout.JOINT_KEYS,
        "hashes": layout.HASHES,
        "hashes_ext": layout.EXTENDED_HASHES,
    }
    lines = {name: (built.path / path).read_bytes().splitlines()[0] for name, path in objects.items()}
    lines["tally_exception"] = canonical_json(
        {"cell": 1, "contest": 1, "rule": "minimum", "action": "decrypted", "reason": "Agreed.", "guardians": [1]}
    )
    merging = [{"label": "A", "ballot_styles": [1], "merge_into": "B"}, {"label": "B", "ballot_styles": [2]}]
    plaintexts = [ballot for _, ballot in zip(range(8), patterned_ballots(), strict=False)]
    return {
        "manifest": [
            _one_line(data)
            for data in (
                manifest_bytes(),
                manifest_bytes(tally_cells=merging, contests=SUPPLEMENTAL),
                example(NAMES[0]),
                board_manifest(),
            )
        ],
        "votes": [b"\n".join(dump(ballot) for ballot in plaintexts) + b"\n"],
        "objects": [name.encode() + b"\n" + line for name, line in (lines | _own_files()).items()],
        "ballot_standard": [line],
        "index": [(built.path / layout.INDEX).read_bytes().removesuffix(b"\n")],
        "record": bundles,
        "contest_data": [pack(2, (1, 1), {2: "شاپور"})[4:].rstrip(b"\0"), b"{}"],
    }


def _with_board(root: Path) -> dict[str, bytes]:
    """Return the files of a small mail election with a bulletin board."""
    root.mkdir()
    built = build_mail(manifest=canonical_json(json.loads(board_manifest())) + b"\n", ballots=2)
    BoardForger.of(root, built, each=2).write()
    files = Directory(root)
    return {name: files.open(name).read() for name in files.names()}


def _of_board(files: Mapping[str, bytes]) -> dict[str, list[bytes]]:
    """Return an entry of each kind."""
    kinds = {json.loads(line)["kind"]: line for line in files[layout.BOARD_ENTRIES].splitlines()}
    return {"entry": list(kinds.values())}


def _one_line(data: bytes) -> bytes:
    return canonical_json(json.loads(data))


def _own_files() -> dict[str, bytes]:
    group, machine, found = TOY_GROUP, held().machines[1], decrypted()
    keys, public = generate_keys(machine.ceremony, 1, "1", DeterministicRandomness("seeds"))
    ceremony = SecretCeremony(
        vote=tuple(keys.vote.coefficients), data=tuple(keys.data.coefficients), zeta=keys.zeta, public=public
    )
    shares = SecretShares(z=machine.shares.z, z_hat=machine.shares.z_hat, h_e=found.election.h_e)
    one, half = group.secret(1), b"\x01" * 32
    statement = found.statements[0]
    values = {
        "vault": SecretVault(identity=half, session_key=half, ceremony=ceremony, shares=shares),
        "statement": StoredStatement.of(statement),
    }
    texts = {
        "card": {"format": "e2evote-guardian", "version": 1, "i": 1, "parameters": group.name},
        "notes": {"received": True, "confirmed": False, "backed_up": False, "restored": False, "imported": False,
                  "retired": False},
        "encryption_state": {"checkpoints": [{"ballots": 1, "sha256": half.hex()}]},
        "nonce": {"confirmation_code": half.hex(), "nonce": half.hex()},
        "parameter_set": {"name": group.name},
        "guardian_file": {"h_e": half.hex(), "i": 1, "z": bytes(one).hex(), "z_hat": bytes(one).hex()},
    }  # fmt: skip
    return {name: dump(value) for name, value in values.items()} | {
        name: canonical_json(value) for name, value in texts.items()
    }


# --------------------------------------------------------------------------------------------------- archives


def _archives(record: Path, root: Path) -> list[bytes]:
    """Return archives: as packed here, stored, with 64-bit sizes, and with what records may not hold."""
    pack_record(Record.at(record), root / "packed.zip", lambda _done, _total: None)
    index = (record / layout.INDEX).read_bytes()
    return [
        (root / "packed.zip").read_bytes(),
        _zipped({"index.json": index, "manifest.json": b"{}\n"}),
        _zipped({"index.json": index}, zip64=True),
        _zipped({"index.json": bytes(100_000)}, zipfile.ZIP_DEFLATED),
        _zipped({"index.json": b"{}\n"}, zipfile.ZIP_BZIP2),
        _zipped({"../index.json": b"{}\n", "a\\b": b"", "ü": b"", "devices/": b""}),
    ]


def _zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_STORED, zip64: bool = False) -> bytes:
    file = io.BytesIO()
    limit = -1 if zip64 else zipfile.ZIP64_LIMIT
    with mock.patch.object(zipfile, "ZIP64_LIMIT", limit), zipfile.ZipFile(file, "w", method) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = method
            with archive.open(info, "w", force_zip64=zip64) as member:
                member.write(content)
    return file.getvalue()


def _state(record: Path, root: Path) -> bytes:
    """Return the state of a verification that was interrupted, as if of a record with another fingerprint."""

    class _InterruptedError(Exception):
        pass

    def interrupt(done: int, total: int) -> None:
        if done == total:
            raise _InterruptedError

    path = root / "state"
    allowed = {"allow_insecure": INSECURE_NAMES, "state_seconds": 0}
    with suppress(_InterruptedError):
        verify_record(Record.at(record), progress=interrupt, state=path, **allowed)
    _, fingerprint = Record.at(record).sha256(layout.INDEX)
    saved = StateFile(path, header(fingerprint, "opened", tuple(sorted(INSECURE_NAMES)), CHECKS)).load(TOY_GROUP)
    path.unlink()
    StateFile(path, header(bytes(32), "opened", INSECURE_NAMES, CHECKS)).save(saved)
    return path.read_bytes()


# --------------------------------------------------------------------------------------------------- messages


def _of_messages() -> dict[str, list[bytes]]:
    found, sent = decrypted(), dump(held().machines[1].invitation)
    shares = {i: machine.shares for i, machine in held().machines.items()}
    check = prove_possession(
        held().exchange, found.election, found.record.guardians, shares[1], "2027-01-01T12:00:00Z",
        DeterministicRandomness("check"),
    )  # fmt: skip
    checks = [write(held().exchange, KEY_CHECK, held().machines[1].key, 1, check)]
    plan = dump(found.plan)
    published = dump(DecryptionList(h_e=found.election.h_e, plans=(found.plan,)))
    messages = [held().identities[0], held().keys[0], held().share(1, 2), held().confirmations[0], *checks,
                found.commitments[0], found.reveals[0], found.responses[0]]  # fmt: skip
    override = {"cell": "A", "contest": "B", "rule": "weight", "reason": "Agreed."}
    plans = [
        plan,
        dump(found.plan.model_copy(update={"codes": (bytes(32),), "subject": "challenged ballots"})),
        plan.replace(b'"overrides":[]', b'"overrides":[' + canonical_json(override) + b"]"),
    ]
    complaints = _complaints()
    inboxes = [
        {"one.json": held().confirmations[0] + b"\n", "folder/two.ndjson": b"\n".join(held().shares[:2]) + b"\n"},
        {"invitation.json": sent + b"\n", "plan.json": plan + b"\n", "list.json": published + b"\n"},
        {"identity.json": held().identities[1] + b"\n", ".hidden": b"\n", "note.txt": b"x\n"},
    ]
    return {
        "invitation": [sent],
        "message": [*messages, complaints[4]],
        "complaint": complaints,
        "plan": plans,
        "transcript": [b"\n".join(messages[:4]) + b"\n", b"\r\n".join(messages[5:]) + b"\r\n"],
        "inbox": [bundled(files) for files in inboxes],
    }


def _complaints() -> list[bytes]:
    """Return a complaint on every ground, some of them right."""
    found, one, two = decrypted(), held().machines[1], held().machines[2]
    keys = tuple(key.decode() for key in held().keys)
    sent = held().share(1, 2)
    share = open_message(held().exchange, SHARE, sent).payload
    opening = open_share(two.ceremony, held().exchange, two.secret, share, DeterministicRandomness("opening"))
    false = write(held().exchange, CONFIRMATION, one.key, 1, Confirmation(h_g=bytes(32)), seen=held().seen).decode()
    decryption = {
        "commitments": tuple(data.decode() for data in found.commitments),
        "reveals": tuple(data.decode() for data in found.reveals),
    }
    three = held().machines[3]
    return [
        *_by(held().exchange, 2, two.key, [
            WrongShare(kind="wrong share", public_keys=keys, share=sent.decode(), opening=opening),
            InvalidMessage(kind="invalid message", message=keys[0]),
            WrongConfirmation(kind="wrong confirmation", public_keys=keys, confirmation=false),
            TwoFaces(kind="two faces", first=held().confirmations[0].decode(), second=false),
            Absence(kind="absence", round="share", recipient=2),
        ]),
        *_by(found.exchange, 3, three.key, [
            WrongDecryption(kind="wrong decryption", statement=1, **decryption, response=found.responses[0].decode()),
            WrongDecryption(kind="wrong decryption", statement=3, **decryption),
            InvalidMessage(kind="invalid message", message=found.reveals[0].decode()),
        ]),
    ]  # fmt: skip


def _by(exchange: Exchange, sender: int, key: object, grounds: Iterable[Grounds]) -> list[bytes]:
    return [
        write(exchange, COMPLAINT, key, sender, Complaint(accused=1, equation="eq. 24", grounds=ground))
        for ground in grounds
    ]


# ---------------------------------------------------------------------------------------------------- secrets


def _of_secrets() -> dict[str, list[bytes]]:
    rng = DeterministicRandomness("secrets")
    files = [to_bytes(seal(b"secret", secret, BINDING, WEAK, rng)) for secret in (KEY, PASSPHRASE)]
    number = TOY_GROUP.secret(int.from_bytes(bytes(range(L_Q)), "big"))
    shares = SecretKeyShares(1, number, number)
    kept = make_backup(SecretLongTerm(SecretKey(bytes(32)), shares, decrypted().election.h_e), PASSPHRASE, WEAK, rng)
    rows = to_rows(kept)
    numbered = "\n".join(f"{n}. {word}" for n, word in enumerate((word for row in rows for word in row), 1))
    return {
        "sealed": files,
        "backup": [kept.text().encode(), kept.text()[:80].encode() + b"\n" + kept.text()[80:].lower().encode()],
        "words": ["\n".join(" ".join(row) for row in rows).encode(), numbered.upper().encode(),
                  " ".join(word[:4] for row in rows for word in row).encode()],
        "passphrase": [b"path bonus bread super when magic",
                       *(text.encode() for text in ("کتاب\u200cخانه ٣ ي ك ـ ۱۲", "ﷺ ½ ﬁ"))],
    }  # fmt: skip


def write_all() -> None:
    """Replace the folder of seeds."""
    every = all_seeds()
    shutil.rmtree(FOLDER, ignore_errors=True)
    for target, seeds in every.items():
        (FOLDER / target).mkdir(parents=True)
        for number, data in enumerate(seeds, 1):
            (FOLDER / target / f"{number:02}").write_bytes(data)


if __name__ == "__main__":
    write_all()
