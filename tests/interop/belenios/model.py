"""An archive as the JSON that it holds: taken apart, changed, and put together with the whole chain hashed anew."""

import copy
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from e2evote.interop.belenios.arithmetic import compact


@dataclass
class Model:
    """What an archive's files hold; events follow from it."""

    election: dict[str, Any]
    trustees: list[Any]
    credentials: list[str]
    certificate: dict[str, Any] | None = None
    ballots: list[Any] = field(default_factory=list)
    tally: list[Any] = field(default_factory=list)
    size: dict[str, Any] = field(default_factory=dict)
    shares: list[tuple[Any, Any]] = field(default_factory=list)
    result: Any = None

    def copy(self) -> "Model":
        return copy.deepcopy(self)

    def files(self) -> dict[str, bytes]:
        """Return the files by name, in the order of an archive."""
        archive = Archive()
        setup = {"election": archive.data(self.election), "trustees": archive.data(self.trustees)}
        setup["credentials"] = archive.data(self.credentials)
        if self.certificate is not None:
            setup["credentials_certificate"] = archive.data(self.certificate)
        archive.event("Setup", setup)
        for ballot in self.ballots:
            archive.event("Ballot", ballot)
        archive.event("EndBallots")
        archive.event("EncryptedTally", {**self.size, "encrypted_tally": archive.data(self.tally)})
        for owner, share in self.shares:
            archive.event("PartialDecryption", {"owner": owner, "payload": archive.data(share)})
        archive.event("Result", self.result)
        return archive.files


class Archive:
    """Files named by their hash, and a chain of events."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {"BELENIOS": b'{"version":1,"timestamp":"1700000000"}'}
        self.parent: str | None = None
        self.height = 0

    def data(self, value: Any, kind: str = "data") -> str:
        data = value if isinstance(value, bytes) else compact(value).encode()
        digest = hashlib.sha256(data).hexdigest()
        self.files[f"{digest}.{kind}.json"] = data
        return digest

    def event(self, kind: str, payload: Any = None) -> None:
        event: dict[str, Any] = {} if self.parent is None else {"parent": self.parent}
        event |= {"height": self.height, "type": kind}
        if payload is not None:
            event["payload"] = self.data(payload)
        self.parent, self.height = self.data(event, "event"), self.height + 1


def take_apart(files: dict[str, bytes]) -> Model:
    """Return what a whole archive holds."""

    def of(digest: str) -> Any:
        return json.loads(files[f"{digest}.data.json"])

    events = sorted((json.loads(data) for name, data in files.items() if ".event." in name), key=lambda e: e["height"])
    payloads: dict[str, list[Any]] = {}
    for event in events:
        payloads.setdefault(event["type"], []).append(of(event["payload"]) if "payload" in event else None)
    setup = payloads["Setup"][0]
    model = Model(of(setup["election"]), of(setup["trustees"]), of(setup["credentials"]))
    if "credentials_certificate" in setup:
        model.certificate = of(setup["credentials_certificate"])
    model.ballots = payloads.get("Ballot", [])
    (model.size,) = payloads["EncryptedTally"]
    model.tally = of(model.size["encrypted_tally"])
    model.shares = [(owned["owner"], of(owned["payload"])) for owned in payloads["PartialDecryption"]]
    (model.result,) = payloads["Result"]
    return model


def read_tar(path: Path) -> dict[str, bytes]:
    """Return the files of an archive."""
    with tarfile.open(path) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]


def write_tar(path: Path, files: dict[str, bytes]) -> Path:
    """Write an archive as Belenios does, without zeros at its end."""
    out = io.BytesIO()
    for name, data in files.items():
        member = tarfile.TarInfo(name)
        member.size, member.mtime = len(data), 1700000000
        out.write(member.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % 512))
    path.write_bytes(out.getvalue())
    return path


def write_folder(path: Path, files: dict[str, bytes]) -> Path:
    """Write the members into a folder."""
    path.mkdir()
    for name, data in files.items():
        (path / name).write_bytes(data)
    return path
