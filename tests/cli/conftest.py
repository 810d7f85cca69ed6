"""An election's directory through the commands, on the toy group."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import pytest
from click.testing import Result

from e2evote.record.codec import dump
from e2evote.record.plaintext import PlaintextBallot
from e2evote.workspace import encrypting
from tests.builders import TOY, manifest_bytes, patterned_ballots
from tests.cli import by_mail
from tests.cli.running import run as run
from tests.messages.guardians import Held, hold_by_mail

SHARD = 4
REASON = "The partner was asked and agrees."


def verify(record: Path, *options: object, code: int = 0) -> Result:
    """Verify a toy record in this process."""
    return run("verify", record, "--jobs", 1, "--insecure-parameters", TOY, *options, code=code)


def write_votes(path: Path, count: int, source: Iterator[PlaintextBallot] | None = None) -> Path:
    """Write plaintext ballots as the input of a device."""
    ballots = islice(source or patterned_ballots(), count)
    path.write_bytes(b"".join(dump(ballot) + b"\n" for ballot in ballots))
    return path


def contents(root: Path) -> dict[str, bytes]:
    """Return every file below a directory."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@dataclass
class Finished:
    """A whole election and everything its commands printed; nonces were noted before ballots were cast."""

    root: Path
    codes: list[str]
    secrets: set[str]
    printed: list[str] = field(default_factory=list)

    @property
    def record(self) -> Path:
        return self.root / "record"


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encrypting, "SHARD_BALLOTS", SHARD)


@pytest.fixture(scope="session")
def created(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An election's directory with its keys. Read-only; see ``fresh``."""
    folder = tmp_path_factory.mktemp("created")
    (folder / "manifest.json").write_bytes(manifest_bytes())
    create = ("election", "create", folder / "election", "--manifest", folder / "manifest.json")
    run(*create, "--guardians", 3, "--quorum", 2, "--insecure-parameters", TOY)
    return folder / "election"


@pytest.fixture
def fresh(created: Path, tmp_path: Path) -> Path:
    """A copy with one device opened, to change."""
    shutil.copytree(created, tmp_path / "election")
    run("device", "open", tmp_path / "election", "--info", "Booth A")
    return tmp_path / "election"


@pytest.fixture(scope="session")
def finished(created: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A whole election on two devices through every command. Read-only."""
    folder = tmp_path_factory.mktemp("finished")
    root = folder / "election"
    shutil.copytree(created, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encrypting, "SHARD_BALLOTS", SHARD)
        return hold(root, folder)


def hold(root: Path, folder: Path) -> Finished:
    """Run every command from the first device to the decryption."""
    done = Finished(root, [], set())

    def tell(*arguments: object) -> str:
        result = run(*arguments)
        done.printed.append(result.output)
        return result.stdout

    assert tell("device", "open", root, "--info", "Booth A") == "1\n"
    assert tell("device", "open", root, "--info", "Booth B", "--no-chaining") == "2\n"
    # Members weigh the same, or their contest data stays closed; of the partners one alone has weight 3.
    votes = (vote.model_copy(update={"weight": 1}) if vote.ballot_style == 1 else vote for vote in patterned_ballots())
    for device, count in ((1, 10), (2, 6)):
        source = write_votes(folder / f"votes-{device}.ndjson", count, votes)
        done.codes += tell("ballot", "encrypt", root, "--device", device, "--input", source).split()
    done.secrets = secrets_of(root)
    first, second, third, *_ = done.codes
    tell("ballot", "challenge", root, first[:8].lower(), done.codes[11])
    tell("ballot", "spoil", root, second[:12])
    tell("ballot", "cast", root, third)
    tell("ballot", "cast", root, "--rest")
    tell("device", "close", root, 1)
    tell("device", "close", root, 2)
    tell("tally", "accumulate", root, "--jobs", 1)
    overrides = [("--override", "partners", contest, "weight", REASON) for contest in ("scores", "motion")]
    guardians = ("--guardian", 3, "--guardian", 1)
    tell("tally", "decrypt", root, *guardians, *chain(*overrides), "--contest-data", "--jobs", 1)
    return done


def secrets_of(root: Path) -> set[str]:
    """Return every secret number under ``private``, as it is written."""
    words = " ".join(data.decode() for name, data in contents(root / "private").items() if "guardian" in name)
    words += " ".join(path.read_text() for path in (root / "private").rglob("nonces-*"))
    public = {value for path in (root / "record").rglob("*.*json") for value in path.read_text().split('"')}
    found = {word for word in words.split('"') if len(word) == 64}
    return found - public


@pytest.fixture(scope="session")
def held() -> Held:
    """A ceremony of guardians on their own machines."""
    return hold_by_mail()


@pytest.fixture
def invited(tmp_path: Path) -> Path:
    """An election's directory from which they were invited."""
    by_mail.invite(tmp_path / "club")
    return tmp_path / "club"


@pytest.fixture
def keyed(invited: Path, held: Held) -> Path:
    """Identities and public keys are there."""
    by_mail.came(invited, *held.identities, *held.keys)
    return invited


@pytest.fixture
def confirmed(keyed: Path, held: Held) -> Path:
    """All messages are there."""
    by_mail.came(keyed, *held.shares, *held.confirmations)
    return keyed


@pytest.fixture(scope="session")
def counted(tmp_path_factory: pytest.TempPathFactory, held: Held) -> Path:
    """An election whose ballots are added up; of two challenged ballots the device opened one. Read-only."""
    root = by_mail.hold(tmp_path_factory.mktemp("counted") / "club", held)
    run("device", "open", root, "--info", "Booth A")
    votes = (vote.model_copy(update={"weight": 1}) if vote.ballot_style == 1 else vote for vote in patterned_ballots())
    source = write_votes(root.parent / "votes.ndjson", 16, votes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encrypting, "SHARD_BALLOTS", SHARD)
        codes = run("ballot", "encrypt", root, "--device", 1, "--input", source).stdout.split()
    run("ballot", "challenge", root, codes[0])
    for path in (root / "private" / "devices" / "0001").glob("nonces-*"):
        path.unlink()
    run("ballot", "challenge", root, codes[11])
    run("ballot", "spoil", root, codes[1])
    run("ballot", "cast", root, "--rest")
    run("device", "close", root, 1)
    run("tally", "accumulate", root, "--jobs", 1)
    return root


@pytest.fixture
def root(counted: Path, tmp_path: Path) -> Path:
    """A copy of it, to change."""
    shutil.copytree(counted, tmp_path / "club")
    return tmp_path / "club"
