"""The directory of an election under way: ``record/`` for everybody, ``private/`` for whoever runs it.

```
DIR/record/…                                 the election record, as it grows (docs/formats/record.md)
DIR/private/parameters.json                  name of the parameter set
DIR/private/lock                             held by the one command that is changing something
DIR/private/guardians/guardian_<i>.json      shares of the secret keys, if the ceremony ran in one process
DIR/private/devices/<dddd>/state.json        how far the input is encrypted, until the device closes
DIR/private/devices/<dddd>/nonces-<ssssss>.ndjson  nonces of undecided ballots, a file a shard
DIR/private/devices/<dddd>/decisions.ndjson  what became of ballots
DIR/private/devices/<dddd>/opened.ndjson     challenged and uncast ballots, opened
DIR/private/devices/<dddd>/recorded-<rrrrrr>.ndjson  cast pre-encrypted ballots of a run, until the device closes
```
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from e2evote import files
from e2evote.errors import CheckError
from e2evote.group.parameters import STANDARD_NAME, group_named
from e2evote.key_ceremony import Ceremony, GuardianRecord, hold
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.record.load import load_election, load_guardians
from e2evote.record.manifest import parse_manifest
from e2evote.record.setup import Election, ExtendedHashes, GuardianPublicKey, Parameters
from e2evote.record.writer import RecordWriter
from e2evote.secret_sharing import SecretKeyShares
from e2evote.terminal.screen import progress
from e2evote.verifier.report import Phase
from e2evote.verifier.run import verify_record
from e2evote.workspace import private
from e2evote.workspace.private import ParameterSet, SecretGuardianFile

CEREMONY = "ceremony"
"""Folder of the messages of guardians who hold the ceremony on their own machines (e2evote.workspace.ceremonies)."""


class Workspace:
    """One election's directory."""

    def __init__(self, root: Path) -> None:
        """Take the directory.

        Raises:
            CheckError: it is not an election's.
        """
        self.root, self.published, self.private = root, root / "record", root / "private"
        if not (self.published.is_dir() and self.private.is_dir()):
            if (root / CEREMONY).is_dir():
                raise CheckError(f"{root}: the key ceremony is not over; see 'e2evote ceremony status {root}'")
            raise CheckError(f"{root} is not an election's directory; 'e2evote election create {root} …' makes one")

    @property
    def record(self) -> Record:
        """The record as it now is."""
        return Record.at(self.published)

    def require_valid(self, until: Phase, jobs: int = 1) -> None:
        """Accept a record that is valid up to a phase.

        Raises:
            ParseError: it cannot be parsed.
            CheckError: naming the first findings.
        """
        with progress("Verifying") as report:
            result = verify_record(self.record, until, jobs, self.accepted, report)
        try:
            result.require_valid()
        except CheckError as error:
            raise CheckError(f"{error}; see 'e2evote verify --until {until} {self.published}'") from None

    @cached_property
    def writer(self) -> RecordWriter:
        """The one writer of the record in this command."""
        return RecordWriter(self.published)

    @cached_property
    def accepted(self) -> frozenset[str]:
        """The insecure parameter set the election was created with, if it was."""
        name = private.read_object(ParameterSet, self.private / "parameters.json").name
        return frozenset({name} - {STANDARD_NAME})

    @cached_property
    def election(self) -> Election:
        """The election, recomputed from its record."""
        return load_election(self.record, self.accepted)

    @cached_property
    def guardians(self) -> tuple[GuardianPublicKey, ...]:
        """The guardians' public keys."""
        return load_guardians(self.record, self.election)

    def shares(self, i: int) -> SecretKeyShares:
        """Return guardian i's shares of the secret keys.

        Raises:
            ParseError: there is no such file.
            CheckError: it belongs to another guardian or election, or the guardians keep their secrets themselves.
        """
        if (self.root / CEREMONY).is_dir():
            raise CheckError(
                f"{self.root}: the secrets are with the guardians, not here; they decrypt on their own machines: see "
                "'e2evote decryption plan'"
            )
        path = self.private / "guardians" / f"guardian_{i}.json"
        found = private.read_object(SecretGuardianFile, path, self.election.group)
        if (found.h_e, found.i) != (self.election.h_e, i) or not (found.z.in_range() and found.z_hat.in_range()):
            raise CheckError(f"{path}: not the shares of guardian {i} in this election")
        return SecretKeyShares(i, found.z, found.z_hat)

    @contextmanager
    def locked(self) -> Iterator["Workspace"]:
        """Keep every other command that changes the directory out, and mend what an interrupted one left.

        Raises:
            CheckError: another command is at work.
        """
        with held(self.private / "lock", self.root):
            self.__dict__.pop("writer", None)
            _ = self.writer
            yield self

    def check_voting(self) -> None:
        """Accept an election whose ballots have not been added up yet.

        Raises:
            CheckError: they have.
        """
        if layout.ENCRYPTED_TALLIES in self.record:
            raise CheckError(f"{self.root}: the ballots have been added up; voting is over")


@contextmanager
def held(lock: Path, root: Path) -> Iterator[None]:
    """Hold the lock of a directory, a file that is made if need be.

    Raises:
        CheckError: another command holds it.
    """
    with files.held(lock, f"another e2evote command is at work in {root}; wait until it has ended"):
        yield


@contextmanager
def drafted(root: Path) -> Iterator[Path]:
    """Make a directory, all of it or nothing: what the block fills is renamed at its end.

    Args:
        root: the directory to make; it may be there if it is empty.

    Raises:
        CheckError: it is in use.
    """
    if root.is_symlink() or (root.exists() and not (root.is_dir() and not any(root.iterdir()))):
        raise CheckError(f"{root} exists already and is not empty; nothing was overwritten")
    root.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{root.name}-", dir=root.parent))
    try:
        yield draft
        draft.chmod(0o755)
        draft.rename(root)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def create(root: Path, manifest: bytes, n: int, k: int, parameters: str = STANDARD_NAME) -> Workspace:
    """Hold a key ceremony in this process and make the directory, all of it or nothing.

    Args:
        root: the directory to make; it may be there if it is empty.
        manifest: the bytes of the manifest file.
        n: guardians.
        k: quorum.
        parameters: name of the parameter set.

    Raises:
        ParseError: the manifest is not in its form.
        CheckError: the directory is in use, the manifest breaks a rule, or the quorum is impossible.
    """
    parse_manifest(manifest, "manifest").check()
    with drafted(root) as draft:
        ceremony = Ceremony.of(group_named(parameters), n, k, manifest)
        guardians, shares = hold(ceremony)
        election = write_keys(draft / "record", manifest, ceremony, guardians)
        folder = private.make_directory(make_private(draft, parameters) / "guardians")
        for share in shares:
            content = SecretGuardianFile(h_e=election.h_e, i=share.i, z=share.z, z_hat=share.z_hat)
            private.write_object(folder / f"guardian_{share.i}.json", content)
    return Workspace(root)


def write_keys(record: Path, manifest: bytes, ceremony: Ceremony, guardians: GuardianRecord) -> Election:
    """Begin the record of an election whose keys have been made."""
    group, n, k = ceremony.group, ceremony.n, ceremony.k
    election = Election.of(group, n, k, parse_manifest(manifest), ceremony.hashes, guardians.keys)
    writer = RecordWriter(record)
    writer.write_bytes(layout.MANIFEST, manifest)
    writer.write(layout.PARAMETERS, Parameters.of(group, n, k))
    writer.write(layout.HASHES, ceremony.hashes)
    for public in guardians.guardians:
        writer.write(layout.guardian_path(public.i), public)
    writer.write(layout.JOINT_KEYS, guardians.keys)
    writer.write(layout.EXTENDED_HASHES, ExtendedHashes(h_e=election.h_e))
    return election


def make_private(root: Path, parameters: str) -> Path:
    """Make the part of an election's directory that is not for everybody, unless it is there, and return it."""
    secret = private.make_directory(root / "private")
    private.make_directory(secret / "devices")
    private.write_object(secret / "parameters.json", ParameterSet(name=parameters))
    return secret
