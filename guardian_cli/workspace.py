"""A guardian's folder: which election, what was said and heard, what to hand over.

```
DIR/guardian.json          whose folder it is
DIR/invitation.json        the invitation, as it came
DIR/ceremony.ndjson        every signed message of the key ceremony, the guardian's own among them
DIR/decryptions/<nnnn>/    a decryption: plan.json, statements.ndjson, messages.ndjson
DIR/notes.json             what the guardian did that no message tells; for 'guardian status' only
DIR/inbox/, DIR/outbox/    files that came, and files to hand over
DIR/vault.sealed.json, DIR/sessions/   secrets (guardian_cli.keystore)
```
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from e2evote.errors import CheckError, ParseError
from e2evote.group.elements import Group
from e2evote.group.parameters import STANDARD_NAME, group_named
from e2evote.key_ceremony import Ceremony, GuardianRecord, publish
from e2evote.messages.envelope import Exchange
from e2evote.messages.evidence import CeremonyCase
from e2evote.messages.invitation import IDENTITY, Invitation, parse_invitation
from e2evote.messages.rounds import PUBLIC_KEY, Collected, collect, collect_identities, exchange_of
from e2evote.messages.transcript import Transcript
from e2evote.record.codec import Index, RecordModel, dump, parse
from e2evote.record.manifest import Manifest, parse_manifest
from e2evote.record.setup import Election, GuardianPublicKey
from guardian_cli.keystore.folder import Write, make_private, write_private
from guardian_cli.keystore.passphrase import SecretPassphrase
from guardian_cli.keystore.sealed import Argon2
from guardian_cli.keystore.vault import FILE as VAULT
from guardian_cli.keystore.vault import PRODUCTION, Means, Owner, Vault, opened

CARD, INVITATION, TRANSCRIPT, NOTES = "guardian.json", "invitation.json", "ceremony.ndjson", "notes.json"
INBOX, OUTBOX, DECRYPTIONS = "inbox", "outbox", "decryptions"

_FREE = Means(argon2=Argon2(memory_log2=5, iterations=1, lanes=1))
"""Where the parameters prove nothing there is nothing to protect."""


class Card(RecordModel):
    """Whose folder it is, and the parameter set that its owner accepted."""

    format: Literal["e2evote-guardian"] = "e2evote-guardian"
    version: Literal[1] = 1
    i: Index
    parameters: str


class Notes(RecordModel):
    """What status cannot see in messages. Nothing relies on it."""

    received: bool = False
    confirmed: bool = False
    backed_up: bool = False
    restored: bool = False
    imported: bool = False
    retired: bool = False


@dataclass(frozen=True)
class Workspace:
    """An existing folder; commands that change anything hold its lock by opening the vault.

    ``write`` writes a file as a whole.
    """

    root: Path
    write: Write = write_private

    def __post_init__(self) -> None:
        """Refuse a folder that is no guardian's.

        Raises:
            CheckError: it is none.
        """
        if not (self.root / CARD).is_file():
            raise CheckError(f"{self.root} is not a guardian's folder; 'guardian init' makes one")

    def read_only(self) -> "Workspace":
        """Return the same folder, as one that takes everything in and writes nothing."""
        return Workspace(self.root, lambda _path, _data: None)

    @cached_property
    def card(self) -> Card:
        """Whose folder it is."""
        return parse(Card, _read(self.root / CARD), str(self.root / CARD))

    @property
    def i(self) -> int:
        """The guardian's index."""
        return self.card.i

    @cached_property
    def group(self) -> Group:
        """The parameter set."""
        return group_named(self.card.parameters)

    @cached_property
    def invitation(self) -> Invitation:
        """The invitation."""
        path = self.root / INVITATION
        return parse_invitation(_read(path), self.group, str(path))

    @property
    def name(self) -> str:
        """What the guardian is called."""
        return self.invitation.names[self.i - 1]

    @cached_property
    def manifest(self) -> Manifest:
        """The manifest."""
        return parse_manifest(self.invitation.manifest.encode())

    @cached_property
    def ceremony(self) -> Ceremony:
        """What all guardians agreed on."""
        return self.invitation.ceremony(self.group)

    @cached_property
    def transcript(self) -> Transcript:
        """Every message of the key ceremony."""
        return Transcript(self.root / TRANSCRIPT, self.write)

    @cached_property
    def exchange(self) -> Exchange:
        """The exchange of the ceremony, with the signing keys that were compared.

        Raises:
            CheckError: they have not been compared yet.
        """
        identities = collect_identities(self.invitation, self.group, self.transcript.of(IDENTITY.name))
        if not identities.is_complete:
            raise CheckError("the guardians' signing keys have not been compared yet; 'guardian keygen' is for that")
        return exchange_of(self.invitation, self.group, identities)

    @property
    def compared(self) -> bool:
        """Whether the signing keys have been compared."""
        return len(self.transcript.of(IDENTITY.name)) == len(self.invitation.names)

    @property
    def has_vault(self) -> bool:
        """Whether the folder has its secrets."""
        return (self.root / VAULT).exists()

    @property
    def retired(self) -> bool:
        """Whether the guardian has destroyed its secrets."""
        return self.notes.retired and not self.has_vault

    @property
    def case(self) -> CeremonyCase:
        """What everybody knows of the ceremony."""
        return CeremonyCase(self.exchange, self.ceremony)

    @property
    def public_keys(self) -> Collected[GuardianPublicKey]:
        """What has arrived of round 1."""
        return collect(self.exchange, PUBLIC_KEY, self.transcript.of(PUBLIC_KEY.name))

    @cached_property
    def guardian_record(self) -> GuardianRecord:
        """The guardian record as this guardian has received it.

        Raises:
            CheckError: a public key is missing.
            VerificationError: a public key does not hold.
        """
        return publish(self.ceremony, self.public_keys.payloads)

    @cached_property
    def election(self) -> Election:
        """The election that the ceremony made."""
        ceremony, record = self.ceremony, self.guardian_record
        return Election.of(ceremony.group, ceremony.n, ceremony.k, self.manifest, ceremony.hashes, record.keys, 4)

    @property
    def owner(self) -> Owner:
        """Whose vault it is."""
        return Owner(self.group, self.ceremony.hashes.h_b, self.i)

    @contextmanager
    def vault(self, passphrase: SecretPassphrase) -> Iterator[Vault]:
        """Open the vault and hold the folder's lock.

        Raises:
            E2EVoteError: as ``guardian_cli.keystore.vault.opened``.
        """
        with opened(self.root, self.owner, passphrase, means_for(self.card.parameters)) as vault:
            yield vault

    @property
    def notes(self) -> Notes:
        """What was noted for status."""
        path = self.root / NOTES
        return parse(Notes, _read(path), str(path)) if path.is_file() else Notes()

    def note(self, **changes: bool) -> None:
        """Note something for status."""
        self.write(self.root / NOTES, dump(self.notes.model_copy(update=changes)) + b"\n")

    def hand_over(self, name: str, messages: Iterable[bytes]) -> Path:
        """Write a file of the outbox, named for its author, and return it."""
        path = self.root / OUTBOX / f"guardian-{self.i}-{name}.ndjson"
        self.write(path, b"".join(message + b"\n" for message in messages))
        return path


def make_workspace(root: Path, invitation: Invitation, i: int, parameters: str) -> Workspace:
    """Make a folder with all but the vault, or return the one that an interrupted command made of the same.

    Raises:
        CheckError: the folder is in use for something else.
    """
    card, data = dump(Card(i=i, parameters=parameters)) + b"\n", dump(invitation) + b"\n"
    if (root / CARD).is_file():
        if (root / CARD).read_bytes() != card or (root / INVITATION).read_bytes() != data:
            raise CheckError(f"{root} is the folder of another guardian or invitation; a new folder is needed")
        return Workspace(root)
    if root.is_symlink() or (root.exists() and not root.is_dir()):
        raise CheckError(f"{root} exists already and is no folder; nothing was overwritten")
    expected = (INBOX, OUTBOX, INVITATION)
    if root.is_dir() and any(path.name not in expected and path.name[0] != "." for path in root.iterdir()):
        raise CheckError(f"{root} exists already and is not empty; a new folder is needed")
    root.parent.mkdir(parents=True, exist_ok=True)
    make_private(root)
    for name in (INBOX, OUTBOX):
        make_private(root / name)
    write_private(root / INVITATION, data)
    write_private(root / CARD, card)  # last: with it the folder is a guardian's
    return Workspace(root)


def means_for(parameters: str) -> Means:
    """Return what the vault works with under a parameter set."""
    return PRODUCTION if parameters == STANDARD_NAME else _FREE


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise ParseError(str(path), "the file is missing")
    return path.read_bytes().removesuffix(b"\n")
