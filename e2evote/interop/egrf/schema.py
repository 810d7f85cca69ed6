"""The messages of EGRF v2 as a table, and the protobuf classes made from it.

Line: message, then ``number name type [width]``. Types: u uint32, U uint64, s string, b bytes, t boolean,
T timestamp, another message's name; ``*`` before it: repeated. A width ``x`` is exact, ``x+`` a positive multiple,
``?`` may be absent.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2

_PACKAGE = "electionguard.egrf.v2"
_ENUMS = {
    "SectionType": "UNSPECIFIED 0 HEADER 1 PARAMETERS 2 MANIFEST 3 GUARDIANS 4 ELECTION_KEYS 5 DEVICE 257 "
    "DEVICE_ATTESTATIONS 258 ENCRYPTED_TALLY 513 CONTEST_DATA_REQUESTS 514 DECRYPTED_TALLY 769 "
    "CHALLENGED_BALLOT_DECRYPTIONS 770 CONTEST_DATA_DECRYPTIONS 771 UNCAST_NONCE_RELEASES 772 TOC 65534 "
    "SIGNATURES 65535",
    "DeviceKind": "UNSPECIFIED 0 REGULAR 1 PRE_ENCRYPTING 2",
    "BallotStatus": "UNSPECIFIED 0 CAST 1 CHALLENGED 2 SPOILED 3",
    "RecordPhase": "UNSPECIFIED 0 SETUP 1 SEALED 2 AGGREGATED 3 FINAL 4",
}
_BALLOT = "1 id_b b 32; 2 h_i b 32; 3 ballot_style s;"
_CODES = "8 confirmation_code b 32; 9 chaining_field b 36; 10 encrypted_ballot_nonce HashedCiphertext; 11 ballot_ref s"
_ADDRESS = "1 ballot BallotLocator; 2 h_i b 32;"
_MESSAGES = {
    "SegmentHeader": "1 magic s; 2 format_major u; 3 section_type SectionType; 4 key b; 5 first_ordinal U",
    "RecordItem": "1 record_header RecordHeader; 2 parameters Parameters; 3 manifest_file ManifestFile; "
    "4 guardian_public_key GuardianPublicKey; 5 election_keys ElectionKeys; 10 device_header DeviceHeader; "
    "11 encrypted_ballot EncryptedBallot; 12 pre_encrypted_cast_ballot PreEncryptedCastBallot; "
    "13 pre_encrypted_uncast_ballot PreEncryptedUncastBallot; 14 device_close DeviceClose; "
    "15 device_attestation SignedStatement; 16 pre_encrypted_compact_uncast_ballot PreEncryptedCompactUncastBallot; "
    "20 encrypted_tally_header EncryptedTallyHeader; 21 encrypted_tally_contest EncryptedTallyContest; "
    "22 contest_data_request ContestDataRequest; 30 decrypted_tally_contest DecryptedTallyContest; "
    "31 challenged_ballot_decryption ChallengedBallotDecryption; 32 contest_data_decryption ContestDataDecryption; "
    "33 uncast_nonce_release UncastNonceRelease; 40 chain_close_statement ChainCloseStatement; "
    "41 section_seal_statement SectionSealStatement; 42 prefix_checkpoint_statement PrefixCheckpointStatement; "
    "43 record_statement RecordStatement; 44 record_signature SignedStatement; 50 toc_entry TocEntry; "
    "51 confirmation_code_leaf ConfirmationCodeLeaf",
    "RecordHeader": "1 format_major u; 2 format_minor u",
    "Parameters": "1 version b 32; 2 p b 512; 3 q b 32; 4 r b 512; 5 g b 512; 6 n u; 7 k u; 8 h_p b 32",
    "ManifestFile": "1 media_type s; 2 content b; 3 h_b b 32",
    "GuardianPublicKey": "1 index u; 2 vote_commitments b 512+; 3 data_commitments b 512+; 4 kappa b 512; "
    "5 vote_proof b 32+; 6 data_proof b 32+",
    "ElectionKeys": "1 k b 512; 2 k_hat b 512; 3 h_e b 32",
    "DeviceHeader": "1 kind DeviceKind; 2 device_id s; 3 h_di b 32; 4 chaining_mode u; 5 initial_hash b 32?",
    "HashedCiphertext": "1 c0 b 512; 2 c1 b 32+; 3 c2 b 64",
    "EncryptedField": "1 alpha b 512; 2 beta b 512; 3 range_proof b 64+",
    "EncryptedContest": "1 index u; 2 fields *EncryptedField; 3 limit_proof b 64+; "
    "4 undervote_difference_proof b 64+?; 5 null_vote_proof b 64+?; 6 contest_data HashedCiphertext; "
    "7 contest_hash b 32",
    "EncryptedBallot": f"{_BALLOT} 4 status BallotStatus; 5 weight u; 6 encrypted_at T; "
    f"7 contests *EncryptedContest; {_CODES}",
    "SelectedVector": "1 vector b 1024+; 2 psi b 32; 3 short_code s",
    "PreEncryptedCastContest": "1 contest EncryptedContest; 2 selection_hashes b 32+; 3 selected *SelectedVector",
    "PreEncryptedCastBallot": f"{_BALLOT} 5 weight u; 6 encrypted_at T; 7 contests *PreEncryptedCastContest; {_CODES}",
    "UncastSelection": "1 selection_index u; 2 option_label s; 3 vector b 1024+; 4 psi b 32; 5 short_code s",
    "UncastContest": "1 index u; 2 label s; 3 selections *UncastSelection; 4 contest_hash b 32",
    "PreEncryptedUncastBallot": f"{_BALLOT} 7 contests *UncastContest; {_CODES}",
    "CompactUncastContest": "1 index u; 2 contest_hash b 32",
    "PreEncryptedCompactUncastBallot": f"{_BALLOT} 7 contests *CompactUncastContest; {_CODES}",
    "DeviceClose": "1 ballot_count U; 2 closing_chaining_field b 36?; 3 closing_hash b 32?; 4 closed_at T",
    "SignedStatement": "1 statement b; 2 algorithm s; 3 key_id b; 4 signer_key b; 5 signature b; 6 timestamp_token b",
    "EncryptedTallyHeader": "1 cast_ballot_count U; 2 total_cast_weight U",
    "EncryptedTallyContest": "1 index u; 2 fields b 1024+; 3 cast_weight U",
    "BallotLocator": "1 kind DeviceKind; 2 h_di b 32; 3 position U",
    "ContestDataRequest": f"{_ADDRESS} 3 contest_index u",
    "DecryptedTallyField": "1 index u; 2 label s; 3 tally U; 4 encoded_tally b 512; 5 proof b 64",
    "DecryptedTallyContest": "1 index u; 2 label s; 3 fields *DecryptedTallyField",
    "DecryptedField": "1 index u; 2 label s; 3 value u; 4 nonce b 32",
    "ReleasedContestData": "1 nonce b 32; 2 data b 32+",
    "DecryptedContest": "1 index u; 2 label s; 3 fields *DecryptedField; 4 contest_data ReleasedContestData",
    "ChallengedBallotDecryption": f"{_ADDRESS} 3 contests *DecryptedContest",
    "ContestDataDecryption": f"{_ADDRESS} 3 contest_index u; 4 beta b 512; 5 proof b 64; 6 data b 32+",
    "UncastContestNonces": "1 index u; 2 nonces b 32+",
    "UncastNonceRelease": f"{_ADDRESS} 3 contests *UncastContestNonces; 4 ballot_nonce b 32?",
    "ChainCloseStatement": "1 h_e b 32; 2 device_key b 33; 3 device_id s; 4 chaining_mode u; 5 ballot_count U; "
    "6 codes_root b 32; 7 closing_hash b 32?; 8 closed_at T",
    "SectionSealStatement": "1 h_e b 32; 2 device_key b 33; 3 item_count U; 4 section_root b 32",
    "PrefixCheckpointStatement": "1 h_e b 32; 2 device_key b 33; 3 ballot_count U; 4 codes_root b 32; 5 at T",
    "RecordStatement": "1 phase RecordPhase; 2 root b 32; 3 h_e b 32; 4 format_major u; 5 format_minor u; "
    "6 signed_at T; 7 signer_role s",
    "TocEntry": "1 section_type SectionType; 2 key b; 3 critical t; 4 item_count U; 5 root b 32",
    "ConfirmationCodeLeaf": "1 code b 32",
}
_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "u": _Field.TYPE_UINT32,
    "U": _Field.TYPE_UINT64,
    "s": _Field.TYPE_STRING,
    "b": _Field.TYPE_BYTES,
    "t": _Field.TYPE_BOOL,
}


class Width(NamedTuple):
    """How many bytes a field has."""

    size: int
    multiple: bool
    omittable: bool


WIDTHS: dict[tuple[str, str], Width] = {}
"""By message and field."""


def _build() -> Mapping[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="egrf.proto", package=_PACKAGE, syntax="proto3")
    file.dependency.append("google/protobuf/timestamp.proto")
    for name, text in _ENUMS.items():
        enum, words = file.enum_type.add(name=name), text.split()
        prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper()
        for label, number in zip(words[::2], words[1::2], strict=True):
            enum.value.add(name=f"{prefix}_{label}", number=int(number))
    for name, text in _MESSAGES.items():
        message = file.message_type.add(name=name)
        if name == "RecordItem":
            message.oneof_decl.add(name="item")
        for line in text.split(";"):
            _add(message, *line.split())
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(file.SerializeToString())
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in _MESSAGES
    }


def _add(message: Any, number: str, name: str, kind: str, width: str = "") -> None:  # noqa: ANN401  (protobuf's own)
    label = _Field.LABEL_REPEATED if kind.startswith("*") else _Field.LABEL_OPTIONAL
    field, kind = message.field.add(name=name, number=int(number), label=label), kind.removeprefix("*")
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type = _Field.TYPE_ENUM if kind in _ENUMS else _Field.TYPE_MESSAGE
        field.type_name = ".google.protobuf.Timestamp" if kind == "T" else f".{_PACKAGE}.{kind}"
    if message.name == "RecordItem":
        field.oneof_index = 0
    if width:
        WIDTHS[message.name, name] = Width(int(width.rstrip("+?")), "+" in width, "?" in width)


_CLASSES = _build()
RecordItem, SegmentHeader = _CLASSES["RecordItem"], _CLASSES["SegmentHeader"]
SECTIONS = {int(n): w for w, n in zip(*(lambda x: (x[::2], x[1::2]))(_ENUMS["SectionType"].split()), strict=True)}
"""Names of sections by number."""
