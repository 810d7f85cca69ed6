"""The vault: a guardian's long-term secret in one sealed file, opened once per command.

It holds the identity key from the beginning, polynomials and ζ until the key ceremony is confirmed, and from round 3 on
z_i and ẑ_i. Every step is written before it returns, and can be repeated after a crash.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from e2evote.approval import ApprovedRecord, DecryptionMemory
from e2evote.errors import CheckError
from e2evote.group.elements import Group
from e2evote.group.randomness import SYSTEM, Randomness
from e2evote.key_ceremony import SecretGuardianKeys
from e2evote.record.codec import RecordModel, dump, parse
from e2evote.record.setup import GuardianPublicKey
from e2evote.secret_sharing import SecretKeyShares, SecretPolynomial
from guardian_cli.keystore.content import Restored, SecretCeremony, SecretLongTerm, SecretShares, SecretVault
from guardian_cli.keystore.folder import Write, locked, make_private, read_private, write_private
from guardian_cli.keystore.passphrase import SecretPassphrase
from guardian_cli.keystore.sealed import STANDARD, Argon2, Binding, SecretKey, from_bytes, seal, to_bytes, unseal

FILE = "vault.sealed.json"
SESSIONS = "sessions"
_LIMIT = 2**24


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose vault it is: guardian i of the election with base hash H_B, which fixes the group too."""

    group: Group
    h_b: bytes
    i: int


@dataclass(frozen=True, slots=True)
class Means:
    """What the vault works with; tests hand in a cheap key derivation, repeatable randomness, writes that fail."""

    argon2: Argon2 = STANDARD
    rng: Randomness = SYSTEM
    write: Write = write_private


PRODUCTION = Means()


class Vault:
    """An open vault; it comes from ``created``, ``opened`` or ``restored``, which hold the folder's lock."""

    def __init__(
        self, folder: Path, owner: Owner, passphrase: SecretPassphrase, content: SecretVault, means: Means
    ) -> None:
        self.folder, self.owner, self.means = folder, owner, means
        self._passphrase, self._content = passphrase, content
        self._open = True

    def __repr__(self) -> str:
        """Say whose, and nothing of what is inside."""
        return f"Vault({str(self.folder)!r}, guardian {self.owner.i})"

    @property
    def identity(self) -> Ed25519PrivateKey:
        """The key that signs this guardian's messages."""
        return Ed25519PrivateKey.from_private_bytes(self._content.identity)

    @property
    def session_key(self) -> SecretKey:
        """The key that seals the files of the journal."""
        return SecretKey(self._content.session_key)

    @property
    def restoration(self) -> Restored | None:
        """The mark of a vault that came from a backup."""
        return self._content.restored

    @property
    def h_e(self) -> bytes | None:
        """H_E, once the guardian record is confirmed."""
        return self._content.shares.h_e if self._content.shares else None

    def begin_ceremony(self, keys: SecretGuardianKeys, public: GuardianPublicKey) -> None:
        """Keep what ``generate_keys`` chose; only then may the public key leave.

        Args:
            keys: the polynomials and ζ.
            public: the public key, so that a command that is repeated sends the same.

        Raises:
            CheckError: the keys are another guardian's, a ceremony is under way, or one has been confirmed.
        """
        self._check_own(keys.i)
        self._check_own(public.i)
        if self.h_e is not None:
            raise CheckError(
                f"{self.folder}: the key ceremony of this election has been confirmed; nothing begins anew"
            )
        if self._content.ceremony is not None:
            raise CheckError(f"{self.folder}: a key ceremony is under way; a new attempt has a folder of its own")
        ceremony = SecretCeremony(
            vote=keys.vote.coefficients, data=keys.data.coefficients, zeta=keys.zeta, public=public
        )
        self._save(ceremony=ceremony, shares=None)

    @property
    def in_ceremony(self) -> bool:
        """Whether a key ceremony is under way."""
        return self._content.ceremony is not None

    @property
    def ceremony_keys(self) -> SecretGuardianKeys:
        """P_i, P̂_i and ζ_i.

        Raises:
            CheckError: no ceremony is under way.
        """
        ceremony = self._ceremony()
        vote, data = SecretPolynomial(ceremony.vote), SecretPolynomial(ceremony.data)
        return SecretGuardianKeys(self.owner.i, vote, data, ceremony.zeta)

    @property
    def public_key(self) -> GuardianPublicKey:
        """The public key of the ceremony under way, the same at every call.

        Raises:
            CheckError: no ceremony is under way.
        """
        return self._ceremony().public

    def hold_shares(self, shares: SecretKeyShares) -> None:
        """Keep z_i and ẑ_i of round 3; the polynomials stay until the guardian record is confirmed.

        Raises:
            CheckError: no ceremony is under way, or the shares are another guardian's, or others than before.
        """
        self._ceremony()
        self._check_own(shares.i)
        held, given = self._content.shares, SecretShares(z=shares.z, z_hat=shares.z_hat)
        if held is not None and held != given:
            raise CheckError(f"{self.folder}: other shares were received before in this ceremony; it has to begin anew")
        if held is None:
            self._save(shares=given)

    def confirm(self, h_e: bytes) -> None:
        """Bind the shares to the election and drop polynomials and ζ, after ``key_ceremony.confirm`` has passed.

        Raises:
            CheckError: there are no shares, or they are bound to another election.
        """
        shares = self._content.shares
        if shares is None:
            raise CheckError(f"{self.folder}: no shares have been received yet (round 3)")
        if shares.h_e not in (None, h_e):
            raise CheckError(f"{self.folder}: the shares are confirmed for another election (H_E)")
        if shares.h_e is None:
            self._save(shares=shares.model_copy(update={"h_e": h_e}), ceremony=None)

    @property
    def shares(self) -> SecretKeyShares:
        """z_i and ẑ_i, confirmed or not.

        Raises:
            CheckError: they have not been received yet.
        """
        if self._content.shares is None:
            raise CheckError(f"{self.folder}: no shares have been received yet (round 3)")
        return SecretKeyShares(self.owner.i, self._content.shares.z, self._content.shares.z_hat)

    @property
    def long_term(self) -> SecretLongTerm:
        """What a backup holds.

        Raises:
            CheckError: the ceremony has not been confirmed yet.
        """
        if self.h_e is None:
            raise CheckError(f"{self.folder}: there is nothing to back up before the guardian record is confirmed")
        return SecretLongTerm(SecretKey(self._content.identity), self.shares, self.h_e)

    def accept(self, approved: ApprovedRecord, decryption: bytes) -> None:
        """Keep which ballots of the election are decrypted, and that this decryption of them is to be answered.

        Args:
            approved: the record that was verified for it.
            decryption: its id.

        Raises:
            CheckError: other ballots were decrypted before.
        """
        memory, accepted = self._content.memory.remembering(approved), self._content.accepted
        if memory != self._content.memory or decryption not in accepted:
            self._save(memory=memory, accepted=tuple(sorted({*accepted, decryption})))

    def check_memory(self, approved: ApprovedRecord) -> None:
        """Accept a record whose ballots are those that were decrypted before, if any were.

        Raises:
            CheckError: others were.
        """
        self._content.memory.check(approved)

    def check_accepted(self, decryption: bytes) -> None:
        """Accept a decryption for which this guardian has verified the record.

        Raises:
            CheckError: it has not, whatever the files beside the vault say.
        """
        if decryption not in self._content.accepted:
            raise CheckError(
                f"{self.folder}: the record has not been verified for this decryption; somebody changed the folder"
            )

    def import_decryptions(self, sessions: Sequence[bytes], memory: DecryptionMemory) -> None:
        """Take in the published list of decryptions, which the caller has compared with other guardians.

        Args:
            sessions: ids of all decryptions.
            memory: the ballots they were about.

        Raises:
            CheckError: the vault was not restored, a list that was imported before had sessions that this lacks, or it
                is about other ballots than this guardian has answered about.
        """
        mark = self.restoration
        if mark is None:
            raise CheckError(f"{self.folder}: it was not restored from a backup and keeps its own journal")
        missing = set(mark.decryptions or ()) - set(sessions)
        if missing:
            raise CheckError(f"{self.folder}: the list lacks {len(missing)} decryptions that an earlier one had")
        own = {entry.h_e: entry.pinned for entry in self._content.memory.answered}
        if any(own.get(entry.h_e, entry.pinned) != entry.pinned for entry in memory.answered):
            raise CheckError(f"{self.folder}: the list is about other ballots than this guardian has answered about")
        learned = (entry for entry in memory.answered if entry.h_e not in own)
        self._save(
            restored=mark.model_copy(update={"decryptions": tuple(sorted(set(sessions)))}),
            memory=memory.model_copy(update={"answered": (*self._content.memory.answered, *learned)}),
        )

    def change_passphrase(self, new: SecretPassphrase) -> None:
        """Seal with another passphrase; old copies of the file still open with the old one."""
        old, self._passphrase = self._passphrase, new
        try:
            self._save()
        except BaseException:
            self._passphrase = old
            raise

    def write(self, path: Path, data: bytes) -> None:
        """Write a file of the folder, while this command has the folder for itself.

        Raises:
            CheckError: the vault has been closed.
        """
        if not self._open:
            raise CheckError(f"{self.folder}: the vault has been closed")
        self.means.write(path, data)

    def close(self) -> None:
        """Write no more: the lock is about to be given back."""
        self._open = False

    def _ceremony(self) -> SecretCeremony:
        if self._content.ceremony is None:
            raise CheckError(f"{self.folder}: no key ceremony is under way")
        return self._content.ceremony

    def _check_own(self, i: int) -> None:
        if i != self.owner.i:
            raise CheckError(f"{self.folder}: these secrets are guardian {i}'s")

    def _save(self, **changes: RecordModel | tuple[bytes, ...] | None) -> None:
        """Write first, then believe it: a write that fails leaves the old content in memory and on the disk."""
        content = self._content.model_copy(update=changes)
        sealed = seal(dump(content), self._passphrase, _binding(self.owner), self.means.argon2, self.means.rng)
        self.write(self.folder / FILE, to_bytes(sealed))
        self._content = content


@contextmanager
def created(
    folder: Path,
    owner: Owner,
    passphrase: SecretPassphrase,
    means: Means = PRODUCTION,
    identity: Ed25519PrivateKey | None = None,
) -> Iterator[Vault]:
    """Make a vault with a new identity key, or with the one of an earlier attempt.

    Raises:
        CheckError: there is one in this folder, or another command is at work there.
    """
    known = identity.private_bytes_raw() if identity else means.rng.bytes(32)
    content = SecretVault(identity=known, session_key=means.rng.bytes(32))
    with _made(folder, owner, passphrase, content, means) as vault:
        yield vault


@contextmanager
def opened(folder: Path, owner: Owner, passphrase: SecretPassphrase, means: Means = PRODUCTION) -> Iterator[Vault]:
    """Open a guardian's vault and hold the folder's lock.

    Raises:
        ParseError: the file is missing, cut off or damaged.
        CheckError: the folder is in use or open to others, or the vault is another election's or guardian's.
        WrongPassphraseError: the passphrase is another.
        VerificationError: somebody changed the file.
    """
    path = folder / FILE
    if not folder.is_dir():
        raise CheckError(f"{folder}: there is no such folder")
    with locked(folder):
        sealed = from_bytes(read_private(path, _LIMIT), str(path))
        data = unseal(sealed, passphrase, _binding(owner), str(path))
        content = parse(SecretVault, data, f"{path} (decrypted)", owner.group)
        with closing(Vault(folder, owner, passphrase, content, means)) as vault:
            yield vault


@contextmanager
def restored(
    folder: Path,
    owner: Owner,
    passphrase: SecretPassphrase,
    secret: SecretLongTerm,
    at: datetime,
    means: Means = PRODUCTION,
) -> Iterator[Vault]:
    """Make a vault of a backup, with the mark that its memory of decryptions is lost.

    Raises:
        CheckError: there is a vault in this folder, another command at work, or the secret is another guardian's.
    """
    if secret.shares.i != owner.i:
        raise CheckError(f"{folder}: the backup is guardian {secret.shares.i}'s; expected guardian {owner.i}'s")
    content = SecretVault(
        identity=secret.identity.data,
        session_key=means.rng.bytes(32),  # so that session files of before do not open, whatever their dates
        shares=SecretShares(z=secret.shares.z, z_hat=secret.shares.z_hat, h_e=secret.h_e),
        restored=Restored(at=timestamp(at)),
    )
    with _made(folder, owner, passphrase, content, means) as vault:
        yield vault


@contextmanager
def _made(
    folder: Path, owner: Owner, passphrase: SecretPassphrase, content: SecretVault, means: Means
) -> Iterator[Vault]:
    make_private(folder)
    with locked(folder):
        for name in (FILE, SESSIONS):
            if (folder / name).exists():
                raise CheckError(f"{folder / name} exists already; a new vault needs a folder of its own")
        with closing(Vault(folder, owner, passphrase, content, means)) as vault:
            vault._save()  # noqa: SLF001
            yield vault


def timestamp(moment: datetime) -> str:
    """Write a moment as the record does, in UTC and whole seconds.

    Raises:
        CheckError: it does not say of which time zone it is.
    """
    if moment.tzinfo is None:
        raise CheckError("a moment needs its time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _binding(owner: Owner) -> Binding:
    return Binding(purpose="guardian vault", election=owner.h_b, guardian=owner.i)
