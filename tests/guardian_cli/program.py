"""The program as guardians use it, each with a folder of its own, and the administrator who carries their files."""

import hashlib
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from click.testing import CliRunner, Result

from e2evote.approval import ApprovedRecord
from e2evote.decryption.rounds import combine
from e2evote.decryption.statements import Statement
from e2evote.group.elements import Group
from e2evote.group.parameters import group_named
from e2evote.messages.decrypting import DecryptionPlan, Subject, plan_exchange, statements_hash
from e2evote.messages.evidence import DecryptionCase
from e2evote.messages.invitation import Invitation
from e2evote.messages.rounds import COMMITMENTS, RESPONSES, REVEALS, collect
from e2evote.messages.transcript import read_lines, sort_out
from e2evote.record.codec import dump
from e2evote.record.exceptions import Override
from e2evote.record.plaintext import PlaintextBallot
from e2evote.record.writer import RecordWriter
from guardian_cli.keystore.passphrase import SecretPassphrase
from guardian_cli.keystore.vault import Vault
from guardian_cli.main import main
from guardian_cli.restoring import HeldCeremony, held_ceremony
from guardian_cli.workspace import Workspace
from tests import builders
from tests.approvals import approved_of
from tests.builders import TOY, BuiltRecord, manifest_bytes
from tests.deterministic import DeterministicRandomness
from tests.messages.guardians import NAMES
from tests.mistakes.helpers import plain

PASSPHRASE = "path bonus bread super when magic"
BEGUN = "2999-12-01T12:00:00Z"
"""When decryptions begin: after any restoration."""

VOTES = (
    plain(1, c1=(1, 1, 0, 0), c3=(1, 0)),
    plain(2, c2=(3, 1), c3=(0, 1)),
    plain(1, write_ins={4: "A"}, c1=(0, 0, 0, 1)),
    plain(2, c2=(0, 2)),
) * 3
"""All weights are 1, so that nothing is forbidden."""


def invoked(*arguments: object) -> Result:
    """Run the program in this process; what it did not expect is never acceptable."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code in (0, 1, 2), result.output
    return result


def tree(folder: Path) -> dict[str, tuple[int, str]]:
    """Return mode and content of everything in a folder but the empty lock."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.name != ".lock":
            data = path.read_bytes() if path.is_file() else str(path.readlink()).encode() if path.is_symlink() else b""
            found[str(path.relative_to(folder))] = (path.lstat().st_mode, hashlib.sha256(data).hexdigest())
    return found


def lines_of(path: Path) -> list[bytes]:
    """Return the messages in a file."""
    return [data for _, data in read_lines(path)]


def write_lines(path: Path, messages: Iterable[bytes]) -> None:
    path.write_bytes(b"".join(message + b"\n" for message in messages))


@dataclass(frozen=True)
class Guardians:
    """Guardians 1 to n, any k of whom decrypt, below one directory."""

    root: Path
    n: int = 3
    k: int = 2

    @property
    def everybody(self) -> range:
        return range(1, self.n + 1)

    @property
    def group(self) -> Group:
        return group_named(TOY)

    @property
    def secret(self) -> Path:
        return self.root / "passphrase.txt"

    @property
    def invitation(self) -> Path:
        return self.root / "invitation.json"

    def folder(self, i: int) -> Path:
        return self.root / f"guardian-{i}"

    def inbox(self, i: int) -> Path:
        return self.folder(i) / "inbox"

    def outbox(self, i: int) -> Path:
        return self.folder(i) / "outbox"

    def workspace(self, i: int) -> Workspace:
        return Workspace(self.folder(i))

    def invite(self, attempt: int = 1, names: Sequence[str] = (), manifest: bytes | None = None) -> Path:
        """Write invitation and passphrase file, as the first thing there is."""
        self.root.mkdir(parents=True, exist_ok=True)
        named = tuple(names) or (*NAMES, "Parvin", "Kaveh")[: self.n]
        invitation = Invitation.of(self.group, self.k, named, manifest or manifest_bytes(), attempt)
        self.invitation.write_bytes(dump(invitation) + b"\n")
        self.passphrase(self.secret, PASSPHRASE)
        return self.invitation

    def passphrase(self, path: Path, text: str) -> Path:
        path.write_text(text + "\n")
        path.chmod(0o600)
        return path

    def arguments(self, verb: str, i: int, *more: object) -> list[object]:
        """Return a whole command line of guardian i."""
        given: list[object] = [verb, self.folder(i), *more]
        if verb == "init":
            given += ["--invitation", self.invitation, "--guardian", i, "--insecure-parameters", TOY]
        if verb == "keygen" and "--compared" not in more:
            given.append("--compared")
        return given if verb == "status" or "--passphrase-file" in more else [*given, "--passphrase-file", self.secret]

    def run(self, verb: str, i: int, *more: object) -> Result:
        return invoked(*self.arguments(verb, i, *more))

    def done(self, verb: str, i: int, *more: object) -> str:
        """Run a command that succeeds, and return what it says."""
        result = self.run(verb, i, *more)
        assert result.exit_code == 0, result.output
        return result.output

    def refused(self, verb: str, i: int, *more: object, code: int = 2) -> str:
        """Run a command that is refused and changes nothing, and return the sentence."""
        before = tree(self.folder(i))
        result = self.run(verb, i, *more)
        assert result.exit_code == code, result.output
        assert tree(self.folder(i)) == before
        return _error(result)

    def complains(self, verb: str, i: int, *more: object) -> tuple[str, list[bytes]]:
        """Run a command that ends with a complaint; return what it says, and the complaints in the outbox."""
        result = self.run(verb, i, *more)
        assert result.exit_code == 1, result.output
        files = list(self.outbox(i).glob("*complaints*"))
        return _error(result), [data for path in files for data in lines_of(path)]

    def status(self, i: int) -> str:
        """Return what status says, on one line; it changes nothing."""
        before = tree(self.folder(i))
        said = self.done("status", i)
        assert tree(self.folder(i)) == before
        return said

    def each(self, verb: str, *more: object, of: Iterable[int] | None = None) -> None:
        for i in of or self.everybody:
            self.done(verb, i, *more)

    def carry(self, of: Iterable[int] | None = None) -> None:
        """Copy every outbox into every other inbox."""
        senders = of or self.everybody
        for i in senders:
            for path in self.outbox(i).iterdir():
                for j in self.everybody:
                    if i != j and self.inbox(j).is_dir():
                        shutil.copy(path, self.inbox(j))

    def together(self, verb: str, *more: object, of: Iterable[int] | None = None) -> None:
        self.each(verb, *more, of=of)
        self.carry(of)

    def hold(self, until: str = "") -> "Guardians":
        """Go through the ceremony, up to a step (which is not done) or to its end."""
        for verb in ("init", "keygen", "share", "receive", "confirm", "confirm again"):
            if verb == until:
                break
            self.together(verb.removesuffix(" again"))
        return self

    def copied(self, root: Path) -> "Guardians":
        shutil.copytree(self.root, root, symlinks=True)
        return Guardians(root, self.n, self.k)

    def give(self, name: str, *messages: bytes, to: Iterable[int] | None = None) -> None:
        """Put a file into inboxes."""
        for i in to or self.everybody:
            write_lines(self.inbox(i) / name, messages)

    def vault(self, i: int) -> Callable[[], Vault]:
        """Return what opens the vault of a guardian that plays false."""
        return lambda: self.workspace(i).vault(SecretPassphrase.of(PASSPHRASE))

    @property
    def transcript(self) -> list[tuple[str, bytes]]:
        """Everything that was ever handed over, without copies."""
        every = (line for i in self.everybody for path in sorted(self.outbox(i).iterdir()) for line in read_lines(path))
        return [(where, data) for data, where in {data: where for where, data in every}.items()]

    @property
    def ceremony(self) -> HeldCeremony:
        """The ceremony, put together from what was handed over."""
        invitation = Invitation.model_validate_json(self.invitation.read_bytes())
        messages = (line for line in self.transcript if b'"round":"complaint"' not in line[1])
        return held_ceremony(self.group, invitation, [line for line in messages if _of_ceremony(line[1])])


def _of_ceremony(data: bytes) -> bool:
    rounds = ("identity", "public key", "share", "confirmation")
    return any(f'"round":"{round_}"'.encode() in data for round_ in rounds)


def _error(result: Result) -> str:
    assert "Error: " in result.output
    assert "Traceback" not in result.output
    assert "unexpected" not in result.output
    return result.output.partition("Error: ")[2]


@dataclass(frozen=True)
class Held:
    """A ceremony that is over, and a record with encrypted tallies of its election."""

    guardians: Guardians
    record: Path

    def copied(self, root: Path) -> "Administrator":
        """Return a copy of both that a test may change."""
        guardians = self.guardians.copied(root / "guardians")
        shutil.copytree(self.record, root / "record")
        return Administrator(guardians, root / "record")


def hold(
    root: Path,
    n: int = 3,
    k: int = 2,
    votes: Sequence[PlaintextBallot] = VOTES,
    challenged: int = 2,
    spoiled: int = 1,
    **changes: object,
) -> Held:
    """Hold a ceremony and an election, up to the encrypted tallies; changes are of the manifest."""
    guardians = Guardians(root / "guardians", n, k)
    guardians.invite(manifest=manifest_bytes(**changes))
    guardians.hold()
    for i in guardians.everybody:
        guardians.done("backup", i, "--backup-passphrase-file", guardians.secret)
    written(guardians, root / "record", votes, challenged, spoiled)
    return Held(guardians, root / "record")


def written(
    guardians: Guardians,
    path: Path,
    votes: Sequence[PlaintextBallot] = VOTES,
    challenged: int = 2,
    spoiled: int = 1,
    seed: int = 1,
) -> BuiltRecord:
    """Encrypt ballots under the guardians' key and write the record up to its encrypted tallies."""
    ceremony = guardians.ceremony
    manifest = ceremony.invitation.manifest.encode()
    record = guardians.workspace(1).guardian_record
    built = BuiltRecord(path, ceremony.election, manifest, record, ())
    writer, rng = RecordWriter(path), DeterministicRandomness(seed)
    builders._setup(writer, built, rng)
    builders._keys(writer, built, rng)
    statuses = builders._statuses(len(votes), challenged, spoiled, seed)
    devices = (("Booth A", 1), ("Booth B", 0))
    builders._ballots(writer, built, rng, plaintexts=votes, statuses=statuses, devices=devices)
    builders._tally(writer, built, rng)
    return built


@dataclass
class Administrator:
    """Who has the record, sends plans, and puts results together; it holds no secret."""

    guardians: Guardians
    record: Path

    def beside(self, guardians: Guardians) -> "Administrator":
        """Return the same with a copy of the guardians."""
        other = Administrator(guardians, self.record)
        other.__dict__.update({name: value for name, value in vars(self).items() if name in ("approved", "ceremony")})
        return other

    @cached_property
    def approved(self) -> ApprovedRecord:
        return approved_of(self.record)

    @cached_property
    def ceremony(self) -> HeldCeremony:
        return self.guardians.ceremony

    def statements(
        self, subject: Subject = "tallies", codes: Sequence[bytes] = (), approved: ApprovedRecord | None = None
    ) -> tuple[Statement, ...]:
        approved = approved or self.approved
        if subject == "tallies":
            return tuple(approved.tally_statements())
        if subject == "challenged ballots":
            return tuple(statement for _, statement in approved.ballot_nonce_statements(codes))
        return tuple(statement for _, statement in approved.contest_data_statements())

    def plan(
        self,
        available: Sequence[int] = (1, 2),
        attempt: int = 1,
        subject: Subject = "tallies",
        codes: Sequence[bytes] = (),
        overrides: Sequence[Override] = (),
        **changes: object,
    ) -> DecryptionPlan:
        """Return a plan for this record, with fields as they should not be."""
        approved = approved_of(self.record, overrides) if overrides else self.approved
        fields: dict[str, object] = {
            "h_e": approved.election.h_e,
            "attempt": attempt,
            "begun": BEGUN,
            "subject": subject,
            "record": approved.fingerprint,
            "pinned": approved.pinned,
            "codes": tuple(codes),
            "overrides": tuple(overrides),
            "available": tuple(available),
        }
        if "statements" not in changes:
            found = self.statements(subject, codes, approved)
            fields["statements"] = statements_hash(approved.election, found)
        return DecryptionPlan(**fields | changes)

    def ask(self, plan: DecryptionPlan) -> DecryptionPlan:
        """Send a plan to every guardian."""
        self.guardians.give(f"plan-{plan.attempt}.json", dump(plan))
        return plan

    def case(self, plan: DecryptionPlan) -> DecryptionCase:
        """Return what everybody knows of a decryption."""
        exchange = plan_exchange(self.ceremony.exchange, plan)
        statements = self.statements(plan.subject, plan.codes)
        return DecryptionCase(exchange, self.ceremony.election, self.ceremony.guardians, statements)

    def decrypt(self, plan: DecryptionPlan, rounds: int = 3) -> None:
        """Let the guardians of a plan do their rounds, with the record in the first."""
        verb = "open-challenged" if plan.subject == "challenged ballots" else "decrypt"
        for number in range(rounds):
            options = ("--record", self.record, "--yes") if number == 0 else ()
            self.guardians.together(verb, *options, of=plan.available)

    def result(self, plan: DecryptionPlan) -> tuple[object, ...]:
        """Put together what the guardians handed over, and verify it."""
        case = self.case(plan)
        found, _ = sort_out([case.exchange], self.guardians.transcript)
        messages = found[case.exchange.context]
        commitments = collect(case.exchange, COMMITMENTS, _of(messages, COMMITMENTS.name))
        reveals = collect(case.exchange, REVEALS, _of(messages, REVEALS.name), commitments.seen)
        responses = collect(case.exchange, RESPONSES, _of(messages, RESPONSES.name), reveals.seen)
        given = commitments.payloads, reveals.payloads, responses.payloads
        return combine(case.election, case.guardians, case.statements, *given)


def _of(messages: Iterable[bytes], round_: str) -> list[bytes]:
    return [data for data in messages if f'"round":"{round_}"'.encode() in data]
