"""The targets: one function for every kind of data that comes from outside.

A target takes bytes and returns what came of them, or raises an error of the library. Anything else that it raises is a
mistake, and so is an ``AssertionError``: what is accepted has to come back unchanged when it is written and read again.
"""

import hashlib
import io
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from e2evote.cli.chart import draw
from e2evote.cli.packing import pack_record
from e2evote.cli.summary import summarise
from e2evote.cli.views import show_manifest, show_opened, show_summary
from e2evote.encoding import strict_json
from e2evote.errors import CheckError, E2EVoteError, ParseError
from e2evote.group.elements import Group
from e2evote.group.parameters import INSECURE_NAMES, STANDARD
from e2evote.messages.accusing import complaints_about
from e2evote.messages.adjudication import Verdict, adjudicate
from e2evote.messages.complaints import COMPLAINT
from e2evote.messages.decrypting import DecryptionPlan, StoredStatement, decryption_exchange, plan_context
from e2evote.messages.envelope import open_message, parse_envelope
from e2evote.messages.evidence import verify_payload
from e2evote.messages.invitation import IDENTITY, open_identity, read_invitation
from e2evote.messages.key_check import KEY_CHECK, verify_possession
from e2evote.messages.rounds import ROUNDS, collect, collect_identities
from e2evote.messages.schemas import MESSAGE_SCHEMAS
from e2evote.messages.transcript import Transcript, read_lines, sort_out
from e2evote.record import layout
from e2evote.record.ballot import EncryptedBallot
from e2evote.record.codec import RecordModel, dump, parse
from e2evote.record.contest_data import unpack
from e2evote.record.entries import parse_entry
from e2evote.record.layout import Record, checked_index
from e2evote.record.manifest import Manifest, parse_manifest
from e2evote.record.opened import ChallengedBallot
from e2evote.record.schemas import SCHEMAS
from e2evote.verifier.resume import StateFile, header
from e2evote.verifier.run import CHECKS, verify_record
from e2evote.workspace import private
from e2evote.workspace.encrypting import Input
from e2evote.workspace.intake import read_messages
from guardian_cli.inbox import new_plans, read_identities, take_in
from guardian_cli.keystore.backup import Backup, open_backup
from guardian_cli.keystore.content import SecretVault
from guardian_cli.keystore.journal import SecretSession
from guardian_cli.keystore.passphrase import SecretPassphrase, normalised
from guardian_cli.keystore.sealed import Binding, SecretKey, from_bytes, to_bytes, unseal
from guardian_cli.keystore.words import from_words, to_rows
from guardian_cli.workspace import INBOX, TRANSCRIPT, Card, Notes, Workspace, make_workspace
from tests.builders import manifest_bytes
from tests.fuzz.disputes import dispute
from tests.fuzz.log import log
from tests.fuzz.people import roll, signin
from tests.fuzz.stations import station
from tests.fuzz.world import (
    InMemory,
    case_of,
    decrypted,
    held,
    indexed,
    rehashed,
    resigned,
    unbundled,
    with_end,
    witnessed,
)
from tests.strategies import TOY_GROUP

PASSPHRASE = SecretPassphrase.of("path bonus bread super when magic")
KEY = SecretKey(bytes(range(32)))
BINDING = Binding(purpose="guardian vault", election=bytes(32), guardian=1)

OWN_FILES: dict[str, type[RecordModel]] = {
    "vault": SecretVault,
    "session": SecretSession,
    "card": Card,
    "notes": Notes,
    "statement": StoredStatement,
    "encryption_state": private.EncryptionState,
    "nonce": private.SecretNonceEntry,
    "guardian_file": private.SecretGuardianFile,
    "parameter_set": private.ParameterSet,
}
KINDS = SCHEMAS | MESSAGE_SCHEMAS | OWN_FILES
"""Every type that is read from bytes, by name."""


@dataclass(frozen=True)
class Target:
    """A target: what is run, how its data are mutated, the longest data that make sense, and whose seeds it uses."""

    run: Callable[[bytes], object]
    mutation: Literal["json", "bytes"] = "json"
    longest: int = 2**14
    dictionary: str = ""
    seeds: str = ""

    def seeds_of(self, name: str) -> str:
        """Return the name of the folder with the seeds of this target."""
        return self.seeds or name

    def accepts(self, data: bytes) -> bool:
        """Tell whether the library accepts the data; what is a mistake is raised."""
        try:
            self.run(data)
        except E2EVoteError as error:
            str(error).encode(errors="surrogateescape")  # names of files, which terminals get by way of `printable`
            return False
        return True


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="e2evote-fuzz-")


def folder() -> Path:
    """Return a folder for files, which goes when the process ends."""
    return Path(_folder().name)


def written(name: str, data: bytes) -> Path:
    """Write a file and return it."""
    path = folder() / name
    path.write_bytes(data)
    return path


def same_again(value: RecordModel, group: Group | None = None) -> None:
    """Compare what was accepted with what is read of it when it is written."""
    data = dump(value)
    strict_json(data, "written")
    assert parse(type(value), data, "written", group) == value


# ------------------------------------------------------------------------------------------------ the record


def manifest(data: bytes) -> None:
    """A manifest, its rules, and what is shown of it."""
    found = parse_manifest(data)
    same_again(found)
    problems = list(found.problems())
    "\n".join(problems).encode()
    found.check()
    with redirect_stdout(io.StringIO()):
        show_manifest(found)
    assert all(0 < contest.limit <= sum(contest.option_limits) for contest in found.contests)


def votes(data: bytes) -> None:
    """A file of votes for 'ballot encrypt'."""
    source = Input(written("votes.ndjson", data), _manifest())
    source.check()
    for where, line in source.lines():
        same_again(source.ballot(where, line))


@cache
def _manifest() -> Manifest:
    return parse_manifest(manifest_bytes())


def objects(data: bytes) -> None:
    """An object of any type: its name on the first line, then the object."""
    name, _, line = data.partition(b"\n")
    kind = KINDS.get(name.decode(errors="replace"))
    if kind is None:
        raise ParseError("object", "no such type")
    value = parse(kind, line, name.decode(), TOY_GROUP)
    assert dump(value) == line
    same_again(value, TOY_GROUP)
    if isinstance(value, SecretSession):
        value.check("session")
    if isinstance(value, StoredStatement):
        assert StoredStatement.of(value.statement("statement")) == value


def ballot_standard(data: bytes) -> None:
    """An encrypted ballot with numbers of 4096 bits."""
    value = parse(EncryptedBallot, data, "ballot", STANDARD)
    assert dump(value) == data
    same_again(value, STANDARD)


def index(data: bytes) -> None:
    """index.json."""
    files = InMemory({layout.INDEX: data + b"\n"})
    same_again(Record(files).index())
    for name in checked_index(Record(files).index()).files:
        assert ".." not in name.path


def record(data: bytes) -> None:
    """The files of a record; hashes and a board's checkpoint are put right, and the index is, unless there is one."""
    files = InMemory(indexed(witnessed(rehashed(unbundled(data)))))
    report = verify_record(Record(files), allow_insecure=INSECURE_NAMES)
    str(report).encode()
    if not report.valid:
        raise CheckError("not valid")


def shown(data: bytes) -> None:
    """The files of a record, shown, drawn and packed without being verified."""
    found = Record(InMemory(indexed(rehashed(unbundled(data)))))
    summary = summarise(found, frozenset(INSECURE_NAMES))
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        show_summary(summary)
        if summary.results is not None and summary.results.contests:
            draw(summary, summary.results)
        manifest = parse_manifest(found.read(layout.MANIFEST))
        for ballot in found.objects(ChallengedBallot, layout.CHALLENGED_BALLOTS, TOY_GROUP):
            show_opened(manifest, ballot)


def entry(data: bytes) -> None:
    """An entry of a bulletin board."""
    found = parse_entry(data, "entry")
    assert dump(found) == data
    same_again(found)


def archive(data: bytes) -> None:
    """A zip archive."""
    found, packed = Record.at(written("record.zip", data)), folder() / "packed.zip"
    try:
        pack_record(found, packed, lambda _done, _total: None)
    except E2EVoteError:
        assert not packed.exists()
    packed.unlink(missing_ok=True)
    if not verify_record(found, allow_insecure=INSECURE_NAMES).valid:
        raise CheckError("not valid")


def contest_data(data: bytes) -> None:
    """What was decrypted of contest data."""
    unpack(len(data).to_bytes(4, "big") + data + bytes(32) if data.startswith(b"{") else data)


def state(data: bytes) -> None:
    """The state of a verification under way, with the checksum put right."""
    found = StateFile(written("state", with_end(data)), header(bytes(32), "opened", INSECURE_NAMES, CHECKS))
    saved = found.load(TOY_GROUP)
    found.save(saved)
    assert found.load(TOY_GROUP) == saved


# --------------------------------------------------------------------------------------------------- messages


def invitation(data: bytes) -> None:
    """An invitation."""
    group, found = read_invitation(data, "invitation", INSECURE_NAMES)
    same_again(found, group)
    found.hash(group)


def message(data: bytes) -> None:
    """A message of any round, signed by the guardian it names."""
    data, sent = resigned(data), held().machines[1].invitation
    envelope = parse_envelope(data, "message")
    assert dump(envelope) == data
    if envelope.round == IDENTITY.name:
        collect_identities(sent, TOY_GROUP, [data, *held().identities]).report()
        open_identity(sent, TOY_GROUP, data)
        return
    case, round_ = case_of(envelope.context), ROUNDS[envelope.round]
    received = [data, *held().keys, *held().shares, *decrypted().commitments, *decrypted().reveals]
    complaints_about(case, collect(case.exchange, round_, received, envelope.seen))
    payload = open_message(case.exchange, round_, data).payload
    verify_payload(case, payload)
    if round_ is KEY_CHECK:
        verify_possession(held().exchange, decrypted().election, decrypted().record.guardians, payload)


def complaint(data: bytes) -> None:
    """A complaint; it and the evidence in it are signed by the guardians they name."""
    data = resigned(data)
    case = case_of(parse_envelope(data, "complaint").context)
    verdict = adjudicate(case, data)
    same_again(verdict)
    assert isinstance(verdict, Verdict)
    assert open_message(case.exchange, COMPLAINT, data).data == data


def plan(data: bytes) -> None:
    """A decryption plan, held against the statements it should be for."""
    found = parse(DecryptionPlan, data, "plan")
    same_again(found)
    plan_context(held().exchange, found)
    decryption_exchange(held().exchange, decrypted().election, decrypted().statements, found)


def transcript(data: bytes) -> None:
    """A file of messages."""
    path = written("messages.ndjson", b"\n".join(map(resigned, data.split(b"\n"))))
    lines = list(read_lines(path))
    found = Transcript(path)
    assert all(data in found for _, data in lines)
    for name in ROUNDS:
        found.of(name)
    sort_out([held().exchange, decrypted().exchange], lines)


def inbox(data: bytes) -> None:
    """Files that somebody dropped into a guardian's inbox, or sent to the administrator."""
    workspace = _workspace()
    for path in sorted((workspace.root / INBOX).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    for name, content in unbundled(data).items():
        _drop(workspace.root / INBOX, name, b"\n".join(map(resigned, content.split(b"\n"))))
    problems = [problem for step in (_read_all, read_identities, new_plans, take_in) if (problem := _problem(step))]
    if problems:
        raise problems[0]


def _read_all(workspace: Workspace) -> None:
    read_messages([workspace.root / INBOX], lambda data: data == dump(workspace.invitation))


def _problem(step: Callable[[Workspace], object]) -> E2EVoteError | None:
    try:
        step(_workspace())
    except E2EVoteError as error:
        return error
    return None


def _workspace() -> Workspace:
    """Return guardian 1's folder as it is after the ceremony."""
    root = folder() / "guardian"
    workspace = make_workspace(root, held().machines[1].invitation, 1, TOY_GROUP.name)
    (root / TRANSCRIPT).write_bytes(b"".join(line + b"\n" for line in (*held().identities, *held().keys)))
    return workspace


def _drop(inbox: Path, name: str, content: bytes) -> None:
    """Write a file if the system takes its name; never outside the inbox."""
    path = inbox / name
    if name.startswith("/") or ".." in name.split("/"):
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except (OSError, ValueError):
        return


# ---------------------------------------------------------------------------------------------------- secrets


def sealed(data: bytes) -> None:
    """A sealed file, opened with a key or, where that is cheap, a passphrase; its checksum is put right."""
    found = from_bytes(data, "sealed")
    assert to_bytes(found) == data
    head = found.header
    found = found.model_copy(update={"sha256": hashlib.sha256(dump(head) + found.ciphertext).digest()})
    cost = head.argon2
    if cost is not None and (cost.memory_log2 > 6 or cost.iterations > 2):
        raise CheckError("expensive")
    unseal(found, KEY if cost is None else PASSPHRASE, BINDING, "sealed")


def backup(data: bytes) -> None:
    """What a QR code holds, its checksum put right, opened as whose it says it is."""
    text = data.decode(errors="replace")
    found = Backup.of_text(text, "backup") if _fits(text) else Backup.of(_with_checksum(text), "backup")
    assert Backup.of_text(found.text(), "backup") == found
    if found.argon2.memory_log2 > 6 or found.argon2.iterations > 2:
        raise CheckError("expensive")
    h_e = decrypted().election.h_e
    open_backup(found, PASSPHRASE, TOY_GROUP, h_e, found.guardian)


def _fits(text: str) -> bool:
    try:
        Backup.of_text(text, "backup")
    except ParseError:
        return False
    return True


def _with_checksum(text: str) -> bytes:
    try:
        data = bytes.fromhex("".join(text.split()).rpartition(":")[2])[:-4]
    except ValueError:
        raise ParseError("backup", "not hex") from None
    return data + hashlib.sha256(data).digest()[:4]


def words(data: bytes) -> None:
    """A backup as words."""
    found = from_words(data.decode(errors="replace"), "words")
    again = "\n".join(f"{row}. {' '.join(line)}" for row, line in enumerate(to_rows(found), 1))
    assert from_words(again, "again") == found


def passphrase(data: bytes) -> None:
    """A passphrase: its one spelling is a spelling of itself."""
    text = data.decode("utf-8", "surrogateescape")
    found = normalised(text)
    assert len(found) > 1000 or normalised(found) == found
    SecretPassphrase.chosen(text)


TARGETS = {
    "manifest": Target(manifest),
    "votes": Target(votes),
    "objects": Target(objects),
    "ballot_standard": Target(ballot_standard, longest=2**15),
    "index": Target(index),
    "record": Target(record, longest=2**16),
    "shown": Target(shown, longest=2**16, seeds="record"),
    "entry": Target(entry, longest=2**11),
    "archive": Target(archive, "bytes", 2**15, "zip"),
    "contest_data": Target(contest_data, longest=2**12),
    "state": Target(state),
    "invitation": Target(invitation),
    "message": Target(message),
    "complaint": Target(complaint, longest=2**15),
    "plan": Target(plan),
    "transcript": Target(transcript, longest=2**15),
    "inbox": Target(inbox, longest=2**15),
    "sealed": Target(sealed),
    "backup": Target(backup, "bytes", 2**10),
    "words": Target(words, "bytes", 2**12),
    "passphrase": Target(passphrase, "bytes", 2**12, "text"),
    "log": Target(log, "bytes", 2**13),
    "dispute": Target(dispute, "bytes", 2**12),
    "roll": Target(roll, "bytes", 2**12),
    "signin": Target(signin, longest=2**12),
    "station": Target(station, longest=2**12),
}
