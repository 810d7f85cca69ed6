"""The guardian's steps of the key ceremony.

Each takes in what has come, does its part, keeps what it is about to say, and only then hands it over. A step that is
repeated hands over the same bytes.
"""

from pathlib import Path

from e2evote.errors import VerificationError
from e2evote.key_ceremony import confirm as confirm_record
from e2evote.key_ceremony import encrypt_shares, generate_keys, receive_shares
from e2evote.messages.accusing import complaints_about_confirmations, complaints_about_shares
from e2evote.messages.envelope import P, Round, write
from e2evote.messages.invitation import IDENTITY, Identity, write_identity
from e2evote.messages.rounds import CONFIRMATION, PUBLIC_KEY, SHARE, Collected, Confirmation, collect
from e2evote.messages.signing import SecretSigningKey
from e2evote.record.codec import RecordModel
from guardian_cli.complaining import accuse, require
from guardian_cli.inbox import take_in
from guardian_cli.keystore.vault import Vault
from guardian_cli.workspace import Workspace

FILES = {IDENTITY.name: "1-identity", PUBLIC_KEY.name: "2-public-key", SHARE.name: "3-shares",
         CONFIRMATION.name: "4-confirmation"}  # fmt: skip
"""What a round's file in the outbox is called."""


def introduce(workspace: Workspace, vault: Vault) -> Path:
    """Answer the invitation with the guardian's name and signing key."""
    message = write_identity(workspace.invitation, workspace.group, workspace.i, SecretSigningKey(vault.identity))
    workspace.transcript.add([message])
    return _hand_over(workspace, IDENTITY)


def pin_signing_keys(workspace: Workspace, identities: Collected[Identity]) -> None:
    """Hold on to everybody's signing key, which people have compared.

    Raises:
        ParseError, CheckError, VerificationError: the inbox has a file that does not belong there; nothing is kept.
    """
    compared, looking = [message.data for message in identities.messages], workspace.read_only()
    looking.transcript.add(compared)
    take_in(looking)
    workspace.transcript.add(compared)


def keygen(workspace: Workspace, vault: Vault) -> Path:
    """Round 1: choose the secret polynomials, publish their commitments.

    Raises:
        CheckError: the signing keys have not been compared yet.
    """
    take_in(workspace)
    if not workspace.transcript.of(PUBLIC_KEY.name, workspace.i):
        if not vault.in_ceremony:
            keys, public = generate_keys(workspace.ceremony, workspace.i, workspace.name, vault.means.rng)
            vault.begin_ceremony(keys, public)
        message = write(workspace.exchange, PUBLIC_KEY, _key(vault), workspace.i, vault.public_key)
        workspace.transcript.add([message])
    return _hand_over(workspace, PUBLIC_KEY)


def share(workspace: Workspace, vault: Vault) -> Path | None:
    """Round 2: verify everybody's public key, and encrypt a share to each other guardian, if there is any.

    Raises:
        CheckError: a public key is missing.
        MisconductError: a public key is wrong.
    """
    take_in(workspace)
    if not workspace.transcript.of(SHARE.name, workspace.i):
        keys = _require(workspace, vault, workspace.public_keys)
        shares = encrypt_shares(workspace.ceremony, vault.ceremony_keys, keys.payloads, vault.means.rng)
        signing, i = _key(vault), workspace.i
        messages = [write(workspace.exchange, SHARE, signing, i, s, s.recipient, keys.seen) for s in shares]
        workspace.transcript.add(messages)
    return _hand_over(workspace, SHARE) if workspace.ceremony.n > 1 else None


def receive(workspace: Workspace, vault: Vault) -> None:
    """Round 3: decrypt and verify what the others sent, and keep the sum.

    Raises:
        CheckError: a share is missing.
        MisconductError: a share is wrong.
    """
    take_in(workspace)
    if vault.h_e is not None:
        return  # received, confirmed, and the keys that decrypt shares are gone
    keys = _require(workspace, vault, workspace.public_keys)
    received = workspace.transcript.of(SHARE.name, recipient=workspace.i)
    shares = collect(workspace.exchange, SHARE, received, keys.seen, workspace.i)
    _require(workspace, vault, shares)
    try:
        held = receive_shares(workspace.ceremony, vault.ceremony_keys, keys.payloads, shares.payloads)
    except VerificationError:
        wrong = complaints_about_shares(workspace.case, vault.ceremony_keys, keys, shares, vault.means.rng)
        accuse(workspace, vault, workspace.exchange, workspace.transcript, wrong)
        raise
    vault.hold_shares(held)
    workspace.note(received=True)


def confirm(workspace: Workspace, vault: Vault) -> tuple[Path, bytes]:
    """Round 5: confirm the guardian record, and return the file with H_G.

    Raises:
        CheckError: the shares have not been received.
        VerificationError: the guardian record is not what this guardian has shares of.
    """
    take_in(workspace)
    keys = _require(workspace, vault, workspace.public_keys)
    record = workspace.guardian_record
    if not workspace.transcript.of(CONFIRMATION.name, workspace.i):
        confirm_record(workspace.ceremony, vault.ceremony_keys, vault.shares, keys.payloads, record)
        confirmation = Confirmation(h_g=record.h_g)
        message = write(workspace.exchange, CONFIRMATION, _key(vault), workspace.i, confirmation, seen=keys.seen)
        workspace.transcript.add([message])
    return _hand_over(workspace, CONFIRMATION), record.h_g


def complete(workspace: Workspace, vault: Vault) -> None:
    """Bind the shares to the election, when everybody has confirmed the same guardian record.

    Raises:
        CheckError: a confirmation is missing.
        MisconductError: one is wrong.
    """
    confirmations = confirmations_of(workspace)
    _require(workspace, vault, confirmations)
    wrong = complaints_about_confirmations(workspace.case, workspace.public_keys, confirmations)
    accuse(workspace, vault, workspace.exchange, workspace.transcript, wrong)
    vault.confirm(workspace.election.h_e)
    workspace.note(confirmed=True)


def confirmations_of(workspace: Workspace) -> Collected[Confirmation]:
    """Return what has arrived of the last round."""
    seen = workspace.public_keys.seen
    return collect(workspace.exchange, CONFIRMATION, workspace.transcript.of(CONFIRMATION.name), seen)


def _require(workspace: Workspace, vault: Vault, collected: Collected[P]) -> Collected[P]:
    return require(workspace, vault, workspace.case, workspace.transcript, collected)


def _hand_over(workspace: Workspace, round_: Round[RecordModel]) -> Path:
    return workspace.hand_over(FILES[round_.name], workspace.transcript.of(round_.name, workspace.i))


def _key(vault: Vault) -> SecretSigningKey:
    return SecretSigningKey(vault.identity)
