"""An administrator whose guardians are machines that know nothing but bytes."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from click.testing import Result

from e2evote.approval import approve
from e2evote.decryption.statements import Statement
from e2evote.messages.complaints import COMPLAINT, Absence, Complaint
from e2evote.messages.decrypting import DecryptionPlan
from e2evote.messages.envelope import Exchange, parse_envelope
from e2evote.messages.envelope import write as write_message
from e2evote.record.codec import dump
from e2evote.record.layout import Record
from e2evote.workspace.intake import read_plan
from tests.builders import TOY, manifest_bytes
from tests.cli.running import run
from tests.messages.guardians import NAMES, Held


def invite(root: Path, *options: object, names: Sequence[str] = NAMES, code: int = 0) -> Result:
    """Send the invitation that the machines of ``hold_by_mail`` answer."""
    manifest = root.parent / "manifest.json"
    if not manifest.exists():
        manifest.write_bytes(manifest_bytes())
    guardians = [word for name in names for word in ("--guardian", name)]
    invited = ("ceremony", "invite", root, "--manifest", manifest, *guardians, "--insecure-parameters", TOY)
    return run(*invited, *(options or ("--quorum", 2)), code=code)


def write(path: Path, messages: Iterable[bytes]) -> Path:
    """Write messages as a file that came."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(message + b"\n" for message in messages))
    return path


def hold(root: Path, held: Held) -> Path:
    """Run the ceremony to its end, every message in one go."""
    invite(root)
    every = [*held.identities, *held.keys, *held.shares, *held.confirmations]
    run("ceremony", "collect", root, write(root.parent / "every.ndjson", every))
    run("ceremony", "publish", root)
    return root


def came(root: Path, *messages: bytes, code: int = 0) -> str:
    """Collect messages of the ceremony and return what is printed."""
    return run("ceremony", "collect", root, write(root.parent / "came.ndjson", messages), code=code).output


def lines(path: Path) -> list[bytes]:
    """Return the messages in a file."""
    return path.read_bytes().splitlines()


def resigned(held: Held, data: bytes, **changes: object) -> bytes:
    """Return a message with other fields, signed by its sender."""
    envelope = parse_envelope(data, "message").model_copy(update=changes)
    signature = held.machines[envelope.sender].key.sign(envelope.signed_bytes())
    return dump(envelope.model_copy(update={"signature": signature}))


def unsigned(data: bytes) -> bytes:
    """Return a message with a signature that does not hold."""
    return dump(parse_envelope(data, "message").model_copy(update={"signature": bytes(64)}))


def absence(held: Held, exchange: Exchange | None = None) -> bytes:
    """Let guardian 3 complain that guardian 1 has sent nothing."""
    grounds = Absence(kind="absence", round="share", recipient=3)
    complaint = Complaint(accused=1, equation="nothing came", grounds=grounds)
    return write_message(exchange or held.exchange, COMPLAINT, held.machines[3].key, 3, complaint)


def plan(root: Path, *options: object, guardians: tuple[int, ...] = (3, 1), code: int = 0) -> str:
    """Ask guardians to decrypt, and return what is printed."""
    chosen = [word for i in guardians for word in ("--guardian", i)]
    return run("decryption", "plan", root, *chosen, "--jobs", 1, *options, code=code).output


def publish(root: Path, *number: int, code: int = 0) -> str:
    """Publish a decryption and return what is printed."""
    return run("decryption", "publish", root, *number, "--jobs", 1, code=code).output


def status(root: Path, code: int = 0) -> list[dict]:
    """Return what is known of every decryption."""
    return json.loads(run("decryption", "status", root, "--json", code=code).stdout)


def outbox(root: Path, name: str) -> Path:
    """Return a file for the guardians of a decryption."""
    return root / "decryption" / "outbox" / name


@dataclass
class Asked:
    """A plan as the guardians see it, who take their statements from the record."""

    root: Path
    held: Held
    number: int = 1

    @property
    def plan(self) -> DecryptionPlan:
        return read_plan(self.root / "decryption" / "outbox" / f"decryption-{self.number}-0-plan.json")

    @property
    def machines(self) -> list:
        return [self.held.machines[i] for i in self.plan.available]

    def rounds(self) -> tuple[list[bytes], list[bytes], list[bytes]]:
        """Return all messages of the three rounds."""
        approved = approve(Record.at(self.root / "record"), 1, [TOY], None, self.plan.overrides)
        election, statements = approved.election, self.statements(approved)
        commitments = [m.commitments(election, statements, dump(self.plan)) for m in self.machines]
        reveals = [m.reveals(commitments) for m in self.machines]
        return commitments, reveals, [m.responses(election, reveals) for m in self.machines]

    def statements(self, approved: object) -> tuple[Statement, ...]:
        return approved.statements(self.plan.subject, self.plan.codes)

    def collect(self, *messages: bytes, code: int = 0) -> Result:
        """Hand messages to the administrator."""
        return run("decryption", "collect", self.root, write(self.root.parent / "came.ndjson", messages), code=code)

    def answer(self) -> None:
        """Collect everything that the guardians have to say."""
        for messages in self.rounds():
            self.collect(*messages)
