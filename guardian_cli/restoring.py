"""From a backup to a folder: everything is compared before the first file is written."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from e2evote.approval import Answered, DecryptionMemory
from e2evote.errors import CheckError
from e2evote.group.elements import Group
from e2evote.key_ceremony import publish
from e2evote.messages.decrypting import DecryptionList, plan_context
from e2evote.messages.envelope import Exchange, parse_envelope
from e2evote.messages.invitation import IDENTITY, Invitation
from e2evote.messages.key_check import verify_own_shares
from e2evote.messages.rounds import CONFIRMATION, PUBLIC_KEY, collect, collect_identities, exchange_of
from e2evote.messages.signing import SecretSigningKey
from e2evote.messages.transcript import check_none_foreign, sort_out
from e2evote.record.manifest import parse_manifest
from e2evote.record.setup import Election, GuardianPublicKey
from guardian_cli.keystore.backup import Backup, open_backup
from guardian_cli.keystore.content import SecretLongTerm
from guardian_cli.keystore.passphrase import SecretPassphrase
from guardian_cli.keystore.vault import FILE as VAULT
from guardian_cli.keystore.vault import Owner, Vault, restored
from guardian_cli.workspace import Workspace, make_workspace, means_for

Line = tuple[str, bytes]


@dataclass(frozen=True)
class HeldCeremony:
    """A ceremony that is over, as its published messages tell it."""

    group: Group
    invitation: Invitation
    exchange: Exchange
    election: Election
    guardians: tuple[GuardianPublicKey, ...]
    messages: tuple[bytes, ...]


def held_ceremony(group: Group, invitation: Invitation, lines: Iterable[Line]) -> HeldCeremony:
    """Put a ceremony together from what the administrator published of it.

    Raises:
        ParseError, CheckError, VerificationError: a message is missing, foreign, or not signed by whom it says.
    """
    lines = list(lines)
    given = [data for where, data in lines if parse_envelope(data, where).round == IDENTITY.name]
    identities = collect_identities(invitation, group, given)
    exchange = exchange_of(invitation, group, identities)
    others = [(where, data) for where, data in lines if parse_envelope(data, where).round != IDENTITY.name]
    found, foreign = sort_out([exchange], others)
    check_none_foreign(foreign)
    public_keys = collect(exchange, PUBLIC_KEY, _of(found[exchange.context], PUBLIC_KEY.name))
    ceremony = invitation.ceremony(group)
    record = publish(ceremony, public_keys.payloads)
    confirmed = collect(exchange, CONFIRMATION, _of(found[exchange.context], CONFIRMATION.name), public_keys.seen)
    if any(confirmation.h_g != record.h_g for confirmation in confirmed.payloads):
        raise CheckError("a guardian has confirmed another guardian record (H_G)")
    manifest = parse_manifest(invitation.manifest.encode())
    election = Election.of(group, ceremony.n, ceremony.k, manifest, ceremony.hashes, record.keys, 4)
    messages = (*(message.data for message in identities.messages), *found[exchange.context])
    return HeldCeremony(group, invitation, exchange, election, record.guardians, messages)


def restore(
    root: Path,
    held: HeldCeremony,
    backup: Backup,
    backup_passphrase: SecretPassphrase,
    passphrase: Callable[[], SecretPassphrase],
) -> Workspace:
    """Make a folder of a backup, or complete what an interrupted command began.

    Its passphrase is asked for when everything else is in order.

    Raises:
        CheckError: the backup is another election's or nobody's who takes part, or the folder is in use.
        WrongPassphraseError: the backup's passphrase is another.
        VerificationError: the backup's secret does not belong to the ceremony.
    """
    i, h_e = backup.guardian, held.election.h_e
    if (root / VAULT).exists():
        raise CheckError(f"{root / VAULT} exists already; a backup is restored into a new folder")
    if i not in held.exchange.signing_keys:
        raise CheckError(f"the backup is guardian {i}'s, who is not one of this ceremony")
    secret = open_backup(backup, backup_passphrase, held.group, h_e, i)
    _check_own(held, secret)
    new = passphrase()
    workspace = make_workspace(root, held.invitation, i, held.group.name)
    owner, means = Owner(held.group, held.election.hashes.h_b, i), means_for(held.group.name)
    workspace.transcript.add(held.messages)
    workspace.note(received=True, confirmed=True, backed_up=True, restored=True)
    with restored(root, owner, new, secret, datetime.now(UTC), means):  # last: with it the folder is complete
        return workspace


def import_decryptions(workspace: Workspace, vault: Vault, published: DecryptionList) -> None:
    """Take in the list of decryptions, which people have compared.

    Raises:
        CheckError: it is another election's, has two plans of one number, or decryptions of different ballots.
    """
    plans = published.plans
    if published.h_e != workspace.election.h_e or any(plan.h_e != published.h_e for plan in plans):
        raise CheckError("the list of decryptions is of another election (H_E)")
    if len({plan.attempt for plan in plans}) != len(plans):
        raise CheckError("the list of decryptions has two plans of one number")
    if len({plan.pinned for plan in plans}) > 1:
        raise CheckError(
            "the list names decryptions of different ballots of this election: somebody was asked to show a single "
            "vote. Take part in nothing, and ask all guardians"
        )
    answered = tuple(Answered(h_e=plan.h_e, pinned=plan.pinned, fingerprint=plan.record) for plan in plans[:1])
    sessions = [plan_context(workspace.exchange, plan) for plan in plans]
    vault.import_decryptions(sessions, DecryptionMemory(answered=answered))
    workspace.note(imported=True)


def _check_own(held: HeldCeremony, secret: SecretLongTerm) -> None:
    """Accept a secret of the ceremony: the signing key is the one that took part, the shares those of the keys."""
    i = secret.shares.i
    if held.exchange.signing_keys[i] != SecretSigningKey.of(secret.identity.data).public:
        raise CheckError(f"guardian {i}: the backup has another signing key than the one of the ceremony")
    verify_own_shares(held.guardians, secret.shares)


def _of(messages: Iterable[bytes], round_: str) -> list[bytes]:
    return [data for data in messages if parse_envelope(data, "message").round == round_]
