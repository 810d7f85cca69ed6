"""JSON Schemas of every object of the record, generated from the types (schemas/*.json)."""

from collections.abc import Mapping
from typing import Any

from e2evote.record.ballot import BallotStatus, DeviceClosing, DeviceOpening, EncryptedBallot
from e2evote.record.booth import BoothFiles
from e2evote.record.codec import RecordModel
from e2evote.record.entries import KINDS
from e2evote.record.exceptions import TallyException
from e2evote.record.layout import Index
from e2evote.record.manifest import Manifest
from e2evote.record.opened import ChallengedBallot, DecryptedContestData
from e2evote.record.plaintext import PlaintextBallot
from e2evote.record.pre_encrypted import PreEncryptedBallot, RecordedBallot, UncastBallot
from e2evote.record.setup import ExtendedHashes, GuardianPublicKey, Hashes, JointKeys, Parameters
from e2evote.record.tally import EncryptedTally, Tally

SCHEMAS: dict[str, type[RecordModel]] = {
    "index": Index,
    "manifest": Manifest,
    "parameters": Parameters,
    "hashes": Hashes,
    "hashes_ext": ExtendedHashes,
    "guardian_public_key": GuardianPublicKey,
    "joint_election_public_key": JointKeys,
    "booth_files": BoothFiles,
    "device_opening": DeviceOpening,
    "device_closing": DeviceClosing,
    "encrypted_ballot": EncryptedBallot,
    "ballot_status": BallotStatus,
    "encrypted_tally": EncryptedTally,
    "tally": Tally,
    "tally_exception": TallyException,
    "challenged_ballot": ChallengedBallot,
    "decrypted_contest_data": DecryptedContestData,
    "pre_encrypted_ballot": PreEncryptedBallot,
    "recorded_ballot": RecordedBallot,
    "uncast_ballot": UncastBallot,
    **{f"board_{kind}": entry for kind, entry in KINDS.items()},
    "plaintext_ballot": PlaintextBallot,
}


def generate(kinds: Mapping[str, type[RecordModel]] = SCHEMAS) -> dict[str, dict[str, Any]]:
    """Return file name → JSON Schema; widths are those of the standard parameters."""
    return {f"{name}.json": _schema(kind) for name, kind in kinds.items()}


def _schema(kind: type[RecordModel]) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_without_null(kind.model_json_schema())}


def _without_null(schema: Any) -> Any:  # noqa: ANN401  (JSON is any of its types)
    """Say of an optional field what it is when it is there: left out, never null."""
    if isinstance(schema, list):
        return [_without_null(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf" and (key, value) != ("default", None)}
    if len(kinds) == 1:
        rest |= kinds[0]
    elif kinds:
        rest["anyOf"] = kinds
    return {key: _without_null(value) for key, value in rest.items()}
