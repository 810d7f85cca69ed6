"""JSON Schemas of what guardians exchange, beside those of the record (schemas/*.json)."""

from e2evote.decryption.rounds import DecryptionCommitments, DecryptionResponses, DecryptionReveals
from e2evote.key_ceremony import EncryptedShare
from e2evote.messages.adjudication import Verdict
from e2evote.messages.complaints import Complaint
from e2evote.messages.decrypting import DecryptionList, DecryptionPlan
from e2evote.messages.envelope import Envelope
from e2evote.messages.invitation import Identity, Invitation
from e2evote.messages.key_check import KeyCheck
from e2evote.messages.rounds import Confirmation
from e2evote.record.codec import RecordModel

MESSAGE_SCHEMAS: dict[str, type[RecordModel]] = {
    "guardian_invitation": Invitation,
    "guardian_message": Envelope,
    "guardian_identity": Identity,
    "encrypted_share": EncryptedShare,
    "guardian_confirmation": Confirmation,
    "key_check": KeyCheck,
    "decryption_plan": DecryptionPlan,
    "decryption_list": DecryptionList,
    "decryption_commitments": DecryptionCommitments,
    "decryption_reveals": DecryptionReveals,
    "decryption_responses": DecryptionResponses,
    "complaint": Complaint,
    "verdict": Verdict,
}
"""File name without its end → type; ``guardian_public_key`` is one of the record's."""
