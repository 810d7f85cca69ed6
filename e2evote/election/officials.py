"""Officials' keys and what they approve: Ed25519 keys sealed by a passphrase, approvals that anybody verifies.

An approval says: I have seen the record with this fingerprint, verified, and this is its outcome.
"""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from e2evote.ed25519 import verify_signature
from e2evote.encoding import Hex
from e2evote.errors import CheckError, ParseError, VerificationError
from e2evote.record.ballot import Timestamp
from e2evote.record.codec import Hash, Index, RecordModel, dump, parse
from e2evote.record.manifest import Manifest
from e2evote.record.outcome import Decision, Outcome, outcome_of
from e2evote.record.rules import Official
from e2evote.record.sums import Results

FOLDER = "results"
"""Where an election's directory keeps its approvals, beside the record."""
SHORTEST = 12
"""Characters of the shortest passphrase that is taken."""
LARGEST = 2**20
"""Bytes of the largest file that is read."""
_FOR_APPROVAL = b"e2evote approval v1\n"

Signature = Annotated[bytes, Hex(64)]


class KeyFile(RecordModel):
    """An official's key: the public one, and the private one sealed with Argon2id and ChaCha20-Poly1305."""

    format: Literal["e2evote-official"] = "e2evote-official"
    version: Literal[1] = 1
    key: Hash
    salt: Annotated[bytes, Hex(16)]
    nonce: Annotated[bytes, Hex(12)]
    sealed: Annotated[bytes, Hex(48)]


class Approval(RecordModel):
    """One official's approval, ``official`` being the index in the manifest; the signature is over all before it."""

    format: Literal["e2evote-approval"] = "e2evote-approval"
    version: Literal[1] = 1
    official: Index
    time: Timestamp
    fingerprint: Hash
    outcome: Hash
    decision: Decision
    signature: Signature


def new_key(passphrase: str) -> KeyFile:
    """Make a key.

    Raises:
        CheckError: the passphrase is too short.
    """
    if len(passphrase) < SHORTEST:
        raise CheckError(f"the passphrase has fewer than {SHORTEST} characters")
    private, salt, nonce = Ed25519PrivateKey.generate(), secrets.token_bytes(16), secrets.token_bytes(12)
    public = private.public_key().public_bytes_raw()
    sealed = ChaCha20Poly1305(_sealing_key(passphrase, salt)).encrypt(nonce, private.private_bytes_raw(), public)
    return KeyFile(key=public, salt=salt, nonce=nonce, sealed=sealed)


def open_key(data: bytes, passphrase: str, where: str) -> Ed25519PrivateKey:
    """Return the private key of a key file.

    Raises:
        ParseError: it is none.
        CheckError: the passphrase is another, or the file was changed.
    """
    file = parse(KeyFile, data.rstrip(b"\n"), where)
    try:
        raw = ChaCha20Poly1305(_sealing_key(passphrase, file.salt)).decrypt(file.nonce, file.sealed, file.key)
    except InvalidTag:
        raise CheckError(f"{where}: the passphrase is wrong, or the file was changed") from None
    return Ed25519PrivateKey.from_private_bytes(raw)


def official_of(manifest: Manifest, key: Ed25519PrivateKey) -> tuple[int, Official]:
    """Return the official whose key this is, with the index.

    Raises:
        CheckError: it is nobody's.
    """
    public = key.public_key().public_bytes_raw()
    for index, official in enumerate(manifest.officials or (), 1):
        if official.key == public:
            return index, official
    raise CheckError("the manifest names no official with this key")


def approve(
    manifest: Manifest, key: Ed25519PrivateKey, fingerprint: bytes, outcome: Outcome, decision: Decision, now: datetime
) -> Approval:
    """Sign an approval of an outcome, which ``decision`` and a record that was verified gave.

    Raises:
        CheckError: the key is not a supervising official's, or lots are still to be drawn.
    """
    index, official = official_of(manifest, key)
    if official.role != "supervising":
        raise CheckError(f"{official.label} is {official.role}; only supervising officials approve results")
    if outcome.undrawn:
        raise CheckError(f"lots are still to be drawn: {', '.join(outcome.undrawn)}")
    time = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    unsigned = Approval(official=index, time=time, fingerprint=fingerprint, outcome=outcome.digest, decision=decision,
                        signature=bytes(64))  # fmt: skip
    return unsigned.model_copy(update={"signature": key.sign(_signed(unsigned))})


def verify_approval(manifest: Manifest, approval: Approval) -> Official:
    """Accept the approval of a supervising official, who is returned.

    Raises:
        CheckError: there is no such official.
        VerificationError: the signature does not hold.
    """
    officials = manifest.officials or ()
    if approval.official > len(officials) or officials[approval.official - 1].role != "supervising":
        raise CheckError(f"approval: the manifest's official {approval.official} is not one who approves")
    official = officials[approval.official - 1]
    verify_signature(official.key, approval.signature, _signed(approval), f"approval of {official.label}")
    return official


def read_approvals(folder: Path) -> list[Approval]:
    """Return the approvals in a folder, by official; none where there is no folder.

    Raises:
        ParseError: a file is none.
    """
    found = []
    for path in sorted(folder.glob("approval-*.json")):
        if not path.is_file() or path.stat().st_size > LARGEST:
            raise ParseError(path.name, "not a plain file of a few kilobytes")
        found.append(parse(Approval, path.read_bytes().removesuffix(b"\n"), path.name))
    return sorted(found, key=lambda approval: approval.official)


def approval_file(folder: Path, approval: Approval) -> Path:
    """Return where an official's approval is kept."""
    return folder / f"approval-{approval.official:03}.json"


def approved(
    h_e: bytes, manifest: Manifest, results: Results, approvals: Iterable[Approval]
) -> tuple[Outcome, Sequence[Approval]] | None:
    """Return the outcome that enough supervising officials approved, with their approvals; None where too few did.

    Approvals that do not agree with each other are no approval of any outcome.

    Raises:
        CheckError, VerificationError: an approval is not an official's, is of another outcome, or two differ.
    """
    found = list(approvals)
    for approval in found:
        verify_approval(manifest, approval)
    if len({approval.official for approval in found}) != len(found):
        raise CheckError("approvals: two are of one official")
    if len({(dump(each.decision), each.outcome, each.fingerprint) for each in found}) > 1:
        raise CheckError("approvals: officials approved different outcomes or records")
    if len(found) < (manifest.approvals or 1):
        return None
    outcome = outcome_of(h_e, manifest, results, found[0].decision)
    if outcome.digest != found[0].outcome:
        raise VerificationError("approvals: they are of another outcome than the record has")
    return outcome, found


def _signed(approval: Approval) -> bytes:
    unsigned = approval.model_copy(update={"signature": bytes(64)})
    return _FOR_APPROVAL + hashlib.sha256(dump(unsigned)).digest()


def _sealing_key(passphrase: str, salt: bytes) -> bytes:
    return Argon2id(salt=salt, length=32, iterations=3, lanes=4, memory_cost=2**16).derive(passphrase.encode())
