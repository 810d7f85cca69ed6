"""A command that is killed anywhere, and given again: nothing is lost, and nothing is said twice in two ways.

Every change of the disk is a call of the operating system. A command is killed before the first of them, in another run
before the second, and so on until it comes to its end; what is there after one call is what is there before the next.
"""

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from e2evote.messages.complaints import COMPLAINT
from e2evote.messages.decrypting import DecryptionList, DecryptionPlan
from e2evote.messages.envelope import parse_envelope
from e2evote.messages.key_check import KEY_CHECK
from e2evote.record.codec import dump
from guardian_cli.keystore.backup import Backup
from guardian_cli.keystore.journal import Journal
from tests.guardian_cli.program import VOTES, Administrator, Guardians, Held, hold, lines_of, tree, write_lines
from tests.guardian_cli.test_program import restoring

CALLS = ("open", "fsync", "fchmod", "replace", "mkdir", "unlink", "rmdir")
KILLED = 9
LIMIT = 200
"""More calls than any command makes."""


def killed(command: Callable[[], object], number: int) -> bool:
    """Run a command in a process of its own that is killed before its call with this number; tell whether it was."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other tests may have left threads; the child needs none
        child = os.fork()
    if child == 0:
        try:
            _dying(number)
            command()
        except BaseException:
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, KILLED)
    return code == KILLED


def _dying(number: int) -> None:
    calls = count(1)

    def counted(original: Callable[..., object], name: str) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            writes = name != "open" or (len(arguments) > 1 and int(str(arguments[1])) & os.O_CREAT)
            if writes and next(calls) == number:
                os._exit(KILLED)
            return original(*arguments, **named)

        return call

    for name in CALLS:
        setattr(os, name, counted(getattr(os, name), name))
    assert tempfile._os is os  # its files are opened by the same call


def outbox(guardians: Guardians, i: int) -> dict[tuple[object, ...], bytes]:
    """Return what guardian i has handed over, by slot, in each of which there is one message only."""
    found: dict[tuple[object, ...], bytes] = {}
    for path in sorted(guardians.outbox(i).iterdir()) if guardians.outbox(i).is_dir() else []:
        for data in lines_of(path) if not path.name.startswith(".") else []:
            envelope = parse_envelope(data, str(path))
            if envelope.round not in (COMPLAINT.name, KEY_CHECK.name):  # of which there may be several
                assert found.setdefault(envelope.slot, data) == data
    return found


def points(
    case: Administrator, root: Path, verb: str, *options: object, i: int = 1
) -> Iterator[tuple[Administrator, bool]]:
    """Yield the folders after each way to kill a command and to give it again, with whether they are unlike any before.

    Two folders are alike if the kill left the same files changed; what is random in them does not matter.
    """
    known: set[object] = set()
    for number in range(1, LIMIT):
        here = case.guardians.copied(root / f"{verb}-{number}" / "guardians")
        before = tree(here.folder(i)) if here.folder(i).is_dir() else {}
        if not killed(lambda here=here: here.done(verb, i, *options), number):
            break
        left = tree(here.folder(i)) if here.folder(i).is_dir() else {}
        changed = frozenset(
            (name, name in left)
            for name in before.keys() | left.keys()
            if before.get(name) != left.get(name) and ".writing-" not in name  # which the next command removes
        )
        handed_over = outbox(here, i)
        here.done(verb, i, *options)
        assert handed_over.items() <= outbox(here, i).items()
        assert not list(here.folder(i).rglob(".writing-*"))
        yield case.beside(here), changed not in known
        known.add(changed)
        shutil.rmtree(here.root.parent)
    assert number > 3


def finish_ceremony(guardians: Guardians) -> None:
    """Go on from wherever the guardians are, as status tells them, to the same election for all."""
    before = None
    while before != (before := {i: tree(guardians.folder(i)) for i in guardians.everybody}):
        guardians.carry()
        for i in guardians.everybody:
            following = guardians.done("status", i).partition("; now 'guardian ")[2].split(" ")[0]
            options = ("--backup-passphrase-file", guardians.secret) if following == "backup" else ()
            if following:
                guardians.done(following, i, *options)
    h_e = guardians.ceremony.election.h_e
    for i in guardians.everybody:
        with guardians.vault(i)() as vault:
            assert vault.h_e == h_e


def finish(administrator: Administrator, plan: DecryptionPlan) -> None:
    """Go on from wherever the guardians of a plan are to a decryption that verifies."""
    for _ in range(3):
        administrator.guardians.carry(plan.available)
        administrator.guardians.each("decrypt", "--record", administrator.record, "--yes", of=plan.available)
    assert len(administrator.result(plan)) == len(administrator.statements())


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Held:
    """As few ballots as may be decrypted. Read-only."""
    return hold(tmp_path_factory.mktemp("small"), votes=VOTES[:4], challenged=0, spoiled=0)


@pytest.fixture
def administrator(small: Held, tmp_path: Path) -> Administrator:
    """The same, to be changed."""
    administrator = small.copied(tmp_path)
    assert administrator.approved.election.h_e == administrator.ceremony.election.h_e
    return administrator


STEPS = {"init": "init", "keygen": "keygen", "share": "share", "receive": "receive", "confirm": "confirm",
         "confirm again": "confirm"}  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_the_ceremony(tmp_path: Path, step: str) -> None:
    """Whatever was on the disk, the ceremony goes on, and all come to the same election."""
    guardians = Guardians(tmp_path / "guardians", n=2, k=2)
    guardians.invite()
    guardians.hold(step)
    if step == "init":
        guardians.each("init", of=(2,))
    case = Administrator(guardians, tmp_path / "no record yet")
    for after, is_new in points(case, tmp_path, STEPS[step]):
        if is_new:
            finish_ceremony(after.guardians)


def asked(administrator: Administrator, rounds: int) -> DecryptionPlan:
    """Return a plan that guardians 1 and 2 have been through so many rounds of."""
    plan = administrator.ask(administrator.plan((1, 2)))
    administrator.decrypt(plan, rounds)
    if rounds == 0:
        administrator.guardians.together("decrypt", "--record", administrator.record, "--yes", of=(2,))
    return plan


@pytest.mark.parametrize("rounds", [0, 1, 2, 3], ids=["commit", "reveal", "respond", "verify"])
def test_a_decryption(administrator: Administrator, tmp_path: Path, rounds: int) -> None:
    """No nonce answers twice, and the decryption comes to its end with the messages that have left."""
    plan = asked(administrator, rounds)
    left = outbox(administrator.guardians, 1)
    options = ("--record", administrator.record, "--yes") if rounds == 0 else ()
    for after, is_new in points(administrator, tmp_path, "decrypt", *options):
        g = after.guardians
        assert left.items() <= outbox(g, 1).items()
        with g.vault(1)() as vault:
            assert len(Journal(vault).sessions()) == 1
        if is_new:
            finish(after, plan)
            responses = [data for where, data in g.transcript if b'"round":"responses","sender":1' in data]
            assert len(responses) == 1


def test_a_new_plan_in_place_of_one_under_way(administrator: Administrator, tmp_path: Path) -> None:
    """The nonces of the one are gone before the other begins, wherever the change stops."""
    asked(administrator, 1)
    plan = administrator.ask(administrator.plan((1, 3), attempt=2))
    for after, is_new in points(administrator, tmp_path, "decrypt", "--record", administrator.record, "--yes"):
        with after.guardians.vault(1)() as vault:
            assert sorted(view.state for view in Journal(vault).sessions()) == ["abandoned", "committed"]
        if is_new:
            finish(after, plan)


def test_a_complaint(administrator: Administrator, tmp_path: Path) -> None:
    plan = asked(administrator, 1)
    (tmp_path / "kept").mkdir()
    for name in ("guardian-2-decryption-1-1-commitments.ndjson",):
        shutil.move(administrator.guardians.inbox(1) / name, tmp_path / "kept")
    for after, is_new in points(administrator, tmp_path, "complain"):
        (complaints,) = after.guardians.outbox(1).glob("*complaints*")
        assert len(lines_of(complaints)) == 1
        if is_new:
            finish(after, plan)


@pytest.mark.parametrize("verb", ["backup", "check-key"])
def test_what_is_done_with_the_key(administrator: Administrator, tmp_path: Path, verb: str) -> None:
    plan = asked(administrator, 0)
    options = ("--backup-passphrase-file", administrator.guardians.secret) if verb == "backup" else ()
    for after, is_new in points(administrator, tmp_path, verb, *options):
        if verb == "backup":
            folder = after.guardians.folder(1) / "backup"
            backup = Backup.of_text((folder / "guardian-1-backup.txt").read_text(), "backup")
            assert backup.guardian == 1
        if is_new:
            finish(after, plan)


def test_the_passphrase(administrator: Administrator, tmp_path: Path) -> None:
    """Afterwards it is the old one or the new one, never none."""
    g = administrator.guardians
    plan, new = asked(administrator, 1), g.passphrase(g.root / "new.txt", "six other words for the vault")
    for number in range(1, LIMIT):
        here = g.copied(tmp_path / str(number) / "guardians")
        was = killed(lambda here=here: here.done("passphrase", 1, "--new-passphrase-file", new), number)
        if here.run("passphrase", 1, "--new-passphrase-file", new).exit_code:
            here.done("check-key", 1, "--passphrase-file", new)
            here.done("passphrase", 1, "--passphrase-file", new, "--new-passphrase-file", here.secret)
        else:
            here.done("passphrase", 1, "--passphrase-file", new, "--new-passphrase-file", here.secret)
        if not was:
            break
        shutil.rmtree(tmp_path / str(number) / "guardians" / "guardian-3")
    finish(administrator.beside(here), plan)


def test_retire(administrator: Administrator, tmp_path: Path) -> None:
    """Given again, it takes away what is left; it can be given without the key that is gone."""
    administrator.decrypt(administrator.ask(administrator.plan((1, 2))))
    for after, _ in points(administrator, tmp_path, "retire", "--yes"):
        folder = after.guardians.folder(1)
        assert not (folder / "vault.sealed.json").exists()
        assert not (folder / "sessions").exists()
        assert "You have retired" in after.guardians.status(1)


@pytest.fixture
def lost(administrator: Administrator, tmp_path: Path) -> tuple[Administrator, tuple[object, ...]]:
    """Guardian 1 has a backup and no folder any more; also the options of ``restore``."""
    g, messages, backup = administrator.guardians, tmp_path / "messages.ndjson", tmp_path / "backup.txt"
    write_lines(messages, administrator.ceremony.messages)
    shutil.move(g.folder(1) / "backup" / "guardian-1-backup.txt", backup)
    shutil.rmtree(g.folder(1))
    return administrator, restoring(g, ("--backup", backup), messages)


def test_restore(lost: tuple[Administrator, tuple[object, ...]], tmp_path: Path) -> None:
    administrator, options = lost
    published = published_list(administrator, tmp_path)
    for after, is_new in points_of_restoring(administrator, tmp_path, options):
        with after.guardians.vault(1)() as vault:
            assert vault.restoration is not None
        if is_new:
            after.guardians.done("import-decryptions", 1, "--list", published, "--compared")
            finish(after, after.ask(after.plan((1, 2))))


def test_import_decryptions(lost: tuple[Administrator, tuple[object, ...]], tmp_path: Path) -> None:
    administrator, options = lost
    administrator.guardians.done("restore", 1, *options)
    published = published_list(administrator, tmp_path)
    for after, is_new in points(administrator, tmp_path, "import-decryptions", "--list", published, "--compared"):
        if is_new:
            finish(after, after.ask(after.plan((1, 2))))


def published_list(administrator: Administrator, path: Path) -> Path:
    published = path / "decryptions.json"
    published.write_bytes(dump(DecryptionList(h_e=administrator.approved.election.h_e, plans=())) + b"\n")
    return published


def points_of_restoring(
    administrator: Administrator, root: Path, options: tuple[object, ...]
) -> Iterator[tuple[Administrator, bool]]:
    """Yield as ``points``; once the vault is there, the folder is whole, and giving the command again is refused."""
    for number in range(1, LIMIT):
        here = administrator.guardians.copied(root / str(number) / "guardians")
        if not killed(lambda here=here: here.done("restore", 1, *options), number):
            break
        if (here.folder(1) / "vault.sealed.json").exists():
            assert "exists already" in here.refused("restore", 1, *options)
        else:
            here.done("restore", 1, *options)
        assert "import-decryptions" in here.status(1)
        yield administrator.beside(here), number % 8 == 0
