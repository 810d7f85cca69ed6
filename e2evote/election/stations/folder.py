"""A station's folder on its own machine.

```
STATION/request.json            what it asks the election with
STATION/grant.json              what it got
STATION/record/…                the election's public files up to its keys
STATION/chain.ndjson            its chain
STATION/minutes.json            its minutes, once it is closed
STATION/printed/…               what goes to the printer
STATION/people/…                the voters who are assigned to it, sealed
STATION/private/keys.json       its secret keys
STATION/private/officials.json  its officials, their keys sealed under PINs
STATION/private/people.key      what opens the people and the files beside it
STATION/private/list.sealed     the permits of the voters who are assigned to it
STATION/private/permit.sealed   the permit that is being used
STATION/private/pending.sealed  the secrets of the ballot that is not decided
STATION/private/reports.sealed  permits of the server's that were used or returned, and not reported yet
```

``private`` can be another medium that is mounted there; without it nothing opens.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeVar

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import Field

from e2evote import files
from e2evote.election.people.key import SecretPeopleKey
from e2evote.election.stations.grant import Grant, Request
from e2evote.election.stations.inventory import Name, Official
from e2evote.encoding import Hex
from e2evote.errors import CheckError, ParseError
from e2evote.files import write_atomically
from e2evote.messages.signing import SecretSigningKey
from e2evote.record.codec import Count, Hash, Index, RecordModel, dump, parse
from e2evote.record.layout import Record
from e2evote.record.load import load_election
from e2evote.record.setup import Election

REQUEST, GRANT, RECORD, CHAIN, MINUTES, PRINTED = (
    "request.json", "grant.json", "record", "chain.ndjson", "minutes.json", "printed",
)  # fmt: skip
_KEYS = "keys.json"
_LIMIT = 2**26

T = TypeVar("T", bound=RecordModel)
Secret = Annotated[bytes, Hex(32), Field(repr=False)]


class SecretStationKeys(RecordModel):
    """The seeds of the keys that sign, and that lists are sealed to."""

    signing: Secret
    sealing: Secret


class HeldPermit(RecordModel):
    """The permit that is being used; ``since``: how many entries the chain had when it was given."""

    token: Annotated[bytes, Hex(), Field(repr=False)]
    inquiry: str
    name: str
    ballot_style: Index
    weight: Index
    local: bool
    since: Count


class Pending(RecordModel):
    """What opens the ballot that is not decided, and lets it be cast or challenged."""

    confirmation_code: Hash
    nonce: Secret
    cast: Secret
    challenge: Secret


class Reports(RecordModel):
    """Tokens of permits of the server's that it has to be told of, sorted: they say nothing of the order."""

    used: tuple[Annotated[bytes, Hex()], ...] = ()
    returned: tuple[Annotated[bytes, Hex()], ...] = ()


class StationFolder:
    """The files of one station."""

    def __init__(self, root: Path) -> None:
        """Take a folder that was made.

        Raises:
            CheckError: it is none.
        """
        self.root, self.private = root, root / "private"
        if not (root / REQUEST).is_file():
            raise CheckError(f"{root} is no station's folder; 'e2evote station init {root} …' makes one")

    @classmethod
    def create(cls, root: Path, name: Name, serial: Name) -> "StationFolder":
        """Make a folder with new keys.

        Raises:
            CheckError: there is something there.
        """
        if root.exists() and any(root.iterdir()):
            raise CheckError(f"{root} is not empty; nothing was overwritten")
        private = root / "private"
        private.mkdir(mode=0o700, parents=True)
        signing, sealing = SecretSigningKey.generate(), X25519PrivateKey.generate()
        keys = SecretStationKeys(signing=signing.seed, sealing=sealing.private_bytes_raw())
        write_atomically(private / _KEYS, dump(keys) + b"\n", mode=0o600)
        request = Request(name=name, serial=serial, key=signing.public, sealing=sealing.public_key().public_bytes_raw())
        write_atomically(root / REQUEST, dump(request) + b"\n")
        return cls(root)

    @property
    def request(self) -> Request:
        """What it asks with."""
        return self._read(Request, REQUEST)

    @property
    def grant(self) -> Grant:
        """What it got.

        Raises:
            ParseError: nothing yet.
        """
        return self._read(Grant, GRANT)

    def keys(self) -> SecretStationKeys:
        """Return its secret keys.

        Raises:
            CheckError: others can read the file.
            ParseError: it is missing.
        """
        path = self.private / _KEYS
        if path.is_file() and path.stat().st_mode & 0o077:
            raise CheckError(f"{path}: others can read this file; 'chmod 600' it, and think about who has read it")
        return self._read(SecretStationKeys, f"private/{_KEYS}")

    def add_officials(self, officials: tuple[Official, ...]) -> None:
        """Have the request name these officials."""
        request = self.request.model_copy(update={"officials": officials})
        write_atomically(self.root / REQUEST, dump(request) + b"\n")

    def accept(self, grant: Grant) -> None:
        """Keep what the election gave.

        Raises:
            CheckError: it is for another station, or names another device than before.
            ParseError, VerificationError: its files are not those of an election.
        """
        request = self.request
        if (grant.station.key, grant.station.sealing) != (request.key, request.sealing):
            raise CheckError("this grant is for another station")
        if (self.root / GRANT).is_file():
            before = self.grant
            if (before.opening, before.h_e, before.files) != (grant.opening, grant.h_e, grant.files):
                raise CheckError("this grant is of another device or election than the one that is here")
        if grant.opening.device_info != grant.station.info:
            raise CheckError("the device of this grant is not named by the station's key")
        for name, text in grant.files.items():
            if not _is_plain(name):
                raise ParseError("grant", f"{name[:50]!a} is no file of a record", "files")
            write_atomically(self.root / RECORD / name, text.encode())
        election = load_election(Record.at(self.root / RECORD), frozenset(grant.insecure))
        if election.h_e != grant.h_e:
            raise CheckError("the files of this grant are those of another election")
        write_atomically(self.root / GRANT, dump(grant) + b"\n")

    def election(self) -> Election:
        """Return the election, recomputed from its files."""
        return load_election(Record.at(self.root / RECORD), frozenset(self.grant.insecure))

    def minutes(self) -> bytes | None:
        """Return the minutes, None while there are none."""
        path = self.root / MINUTES
        return path.read_bytes() if path.is_file() else None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other process out.

        Raises:
            CheckError: another is at work.
        """
        with files.held(self.private / "lock", f"another program is at work in {self.root}"):
            yield

    def _read(self, kind: type[T], name: str) -> T:
        path = self.root / name
        if not path.is_file():
            raise ParseError(str(path), "the file is missing")
        if path.stat().st_size > _LIMIT:
            raise ParseError(str(path), f"larger than {_LIMIT} bytes")
        return parse(kind, path.read_bytes().removesuffix(b"\n"), str(path))


class Sealed:
    """Small secrets of a station that come and go, each a file, whole at every moment."""

    def __init__(self, private: Path, key: SecretPeopleKey) -> None:
        """Take where they are, and what seals them."""
        self._private, self._key = private, key

    def read(self, kind: type[T], name: str) -> T | None:
        """Return what is kept under a name, None where there is nothing.

        Raises:
            StorageError: it was changed.
        """
        path = self._path(name)
        if not path.is_file():
            return None
        return parse(kind, self._key.open("station", name.encode(), path.read_bytes()), str(path))

    def write(self, name: str, value: RecordModel | None) -> None:
        """Keep something under a name; None: nothing, durably."""
        path = self._path(name)
        if value is not None:
            write_atomically(path, self._key.seal("station", name.encode(), dump(value)), mode=0o600)
        elif path.is_file():
            path.unlink()
            descriptor = os.open(self._private, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _path(self, name: str) -> Path:
        return self._private / f"{name}.sealed"


def _is_plain(name: str) -> bool:
    parts = name.split("/")
    return len(name) <= 100 and all(part and part not in (".", "..") and "\\" not in part for part in parts)
