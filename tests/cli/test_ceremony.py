"""The administrator's part of a key ceremony; the guardians are machines that know nothing but bytes."""

import fcntl
import json
import shutil
import stat
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from e2evote.messages.envelope import parse_envelope, write
from e2evote.messages.fingerprint import fingerprint
from e2evote.messages.invitation import write_identity
from e2evote.messages.key_check import KEY_CHECK, prove_possession
from e2evote.messages.rounds import COMMITMENTS, PUBLIC_KEY
from e2evote.messages.signing import SecretSigningKey
from e2evote.record.codec import dump
from e2evote.record.writer import RecordWriter
from e2evote.workspace.directory import Workspace
from tests.builders import TOY, manifest_bytes
from tests.cli import by_mail
from tests.cli.by_mail import absence, came, lines, unsigned
from tests.cli.conftest import contents, run, verify
from tests.deterministic import DeterministicRandomness
from tests.messages.guardians import NAMES, Held, Machine, invitation
from tests.strategies import TOY_GROUP

OTHER_KEY = SecretSigningKey.of(bytes(range(32)))


# ------------------------------------------------------------------------------------------------------- the way


def test_a_ceremony_round_by_round(tmp_path: Path, held: Held):
    root, stick = tmp_path / "club", tmp_path / "stick"
    shown = by_mail.invite(root).stdout
    known = fingerprint("invitation", invitation().hash(TOY_GROUP))
    assert " ".join(known.words) in shown
    assert " ".join(known.digits) in shown
    assert (root / "ceremony" / "invitation.json").read_bytes() == dump(invitation()) + b"\n"
    rounds = (("identities", held.identities), ("public-keys", held.keys), ("shares", held.shares),
              ("confirmations", held.confirmations))  # fmt: skip
    for number, (name, messages) in enumerate(rounds, 1):
        bundle = root / "ceremony" / "outbox" / f"{number}-{name}.ndjson"
        first, *others = (m for m in messages if parse_envelope(m, "x").sender != 2)
        partly = run("ceremony", "collect", root, by_mail.write(stick / "a.ndjson", [first, *others])).stdout
        assert f"{len(others) + 1} new messages" in partly
        assert "of guardian 2 (Bahram)" in partly
        assert not bundle.exists()
        by_mail.write(stick / "b.ndjson", messages)
        shutil.copytree(root / "ceremony" / "outbox", stick / "back", dirs_exist_ok=True)
        done = run("ceremony", "collect", root, stick).stdout
        assert f"new, for every guardian: {bundle}\n" in done
        assert sorted(lines(bundle)) == sorted(messages)
        shutil.rmtree(stick)
    assert "'e2evote ceremony publish" in done
    shown = run("ceremony", "publish", root).stdout
    assert "3 guardians, any 2 of them can decrypt" in shown
    assert "Guardian record" in shown
    assert not (root / "private" / "guardians").exists()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (root / "private", root / "record")}
    assert modes == {"private": 0o700, "record": 0o755}
    verify(root / "record", "--until", "keys")


def test_messages_in_one_go_in_any_order(invited: Path, held: Held):
    shown = came(invited, *held.confirmations, *held.shares[::-1], *held.keys[::-1], *held.identities[::-1])
    assert "15 new messages" in shown
    assert len(list((invited / "ceremony" / "outbox").iterdir())) == 5
    run("ceremony", "publish", invited)


def test_what_is_known_already_changes_nothing(confirmed: Path, held: Held):
    before = contents(confirmed)
    assert "0 new messages" in came(confirmed, *held.keys, *held.identities)
    assert "0 new messages" in run("ceremony", "collect", confirmed, confirmed / "ceremony" / "outbox").output
    assert contents(confirmed) == before


def test_an_interrupted_collect_is_repeated(keyed: Path, held: Held):
    bundle = keyed / "ceremony" / "outbox" / "2-public-keys.ndjson"
    bundle.unlink()
    assert f"new, for every guardian: {bundle}" in came(keyed, held.keys[0])
    assert sorted(lines(bundle)) == sorted(held.keys)


def test_status_for_programs(keyed: Path, held: Held):
    came(keyed, *(share for share in held.shares if parse_envelope(share, "x").sender != 3))
    found = json.loads(run("ceremony", "status", keyed, "--json").stdout)
    assert (found["attempt"], found["rehearsal"], found["quorum"], found["parameters"]) == (1, False, 2, TOY)
    assert [guardian["arrived"]["share"] for guardian in found["guardians"]] == [2, 2, 0]
    assert [guardian["name"] for guardian in found["guardians"]] == list(NAMES)
    assert found["missing"] == [{"round": "share", "sender": 3, "recipient": i} for i in (1, 2)]
    assert (found["wrong"], found["complete"], found["published"], found["key_checks"]) == ([], False, False, {})
    words = {what: value["words"] for what, value in found["fingerprints"].items()}
    assert words["Ceremony"] == " ".join(fingerprint("ceremony", held.exchange.context).words)
    signing = fingerprint("signing key", held.machines[2].key.public)
    assert words["Signing key of guardian 2 (Bahram)"] == " ".join(signing.words)
    assert "Guardian record" in words


def test_status_changes_nothing(confirmed: Path):
    before = contents(confirmed)
    shown = run("ceremony", "status", confirmed).stdout
    assert "Guardian record" in shown
    assert "2 of 2" in shown
    assert contents(confirmed) == before


def test_a_rehearsal_says_so(tmp_path: Path):
    by_mail.invite(tmp_path / "club", "--quorum", 2, "--rehearsal", "--attempt", 3)
    assert "REHEARSAL" in run("ceremony", "status", tmp_path / "club").stdout
    found = json.loads(run("ceremony", "status", tmp_path / "club", "--json").stdout)
    assert (found["rehearsal"], found["attempt"]) == (True, 3)
    assert "--attempt 4" in found["next"]


# -------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("options", "names", "problem"),
    [
        (("--quorum", 4), NAMES, "n = 3, k = 4"),
        (("--quorum", 1), ("Nasrin", "Nasrin"), "2 different names"),
        (("--quorum", 1), ("Nasrin", " Bahram"), "without blanks"),
        (("--quorum", 1), ("",), "1 to 200 characters"),
        (("--quorum", 1), ("N" * 201,), "1 to 200 characters"),
        (("--quorum", 1), ("N\u202e",), "1 to 200 characters"),
        (("--quorum", 1), ("N\nM",), "1 to 200 characters"),
        (("--quorum", 1, "--attempt", 0), NAMES, "--attempt"),
    ],
)
def test_an_invitation_that_cannot_be(tmp_path: Path, options: tuple, names: tuple, problem: str):
    assert problem in by_mail.invite(tmp_path / "club", *options, names=names, code=2).stderr
    assert not (tmp_path / "club").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_a_manifest_that_breaks_its_rules(tmp_path: Path):
    (tmp_path / "manifest.json").write_bytes(manifest_bytes(contests=[]))
    assert "contest" in by_mail.invite(tmp_path / "club", code=2).stderr
    assert not (tmp_path / "club").exists()


def test_a_directory_in_use(invited: Path):
    before = contents(invited)
    assert "not empty" in by_mail.invite(invited, code=2).stderr
    assert contents(invited) == before


@pytest.mark.parametrize("noun", ["collect", "status", "publish", "check-keys"])
def test_no_ceremony_here(tmp_path: Path, created: Path, noun: str):
    files = [created / "record" / "index.json"] if noun == "collect" else []
    for root in (tmp_path, created):
        assert "no ceremony" in run("ceremony", noun, root, *files, code=2).stderr or noun == "check-keys"


def truncated(held: Held) -> bytes:
    return held.keys[0][:-20]


def of_another_attempt(held: Held) -> bytes:
    other = replace(held.exchange, attempt=2)
    return write(other, PUBLIC_KEY, held.machines[1].key, 1, held.opened_key(1).payload)


def of_another_ceremony(held: Held) -> bytes:
    other = replace(held.exchange, context=bytes(32))
    return write(other, PUBLIC_KEY, held.machines[1].key, 1, held.opened_key(1).payload)


def of_a_decryption(held: Held) -> bytes:
    return write(held.exchange, COMMITMENTS, held.machines[1].key, 1, COMMITMENTS.kind(i=1, hashes=(bytes(32),)))


def other_invitation(held: Held) -> bytes:
    return dump(invitation(attempt=2))


def to_another_invitation(held: Held) -> bytes:
    return write_identity(invitation(attempt=2), TOY_GROUP, 1, held.machines[1].key)


def other_identity(held: Held) -> bytes:
    return write_identity(invitation(), TOY_GROUP, 2, OTHER_KEY)


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (lambda _: b"noise", "no message of a guardian"),
        (lambda _: b'{"a":1}', "no message of a guardian"),
        (lambda _: b"", "blank line"),
        (truncated, "not JSON"),
        (lambda held: unsigned(held.keys[0]), "signature does not hold"),
        (of_another_attempt, "attempt 2"),
        (of_another_ceremony, "another election, ceremony or decryption"),
        (of_a_decryption, "round 'commitments'"),
        (other_invitation, "another guardian invitation"),
        (to_another_invitation, "attempt 2"),
        (other_identity, "another signing key before"),
    ],
)
def test_a_file_that_does_not_belong_here(keyed: Path, held: Held, made: Callable[[Held], bytes], problem: str):
    before, stick = contents(keyed), keyed.parent / "stick"
    by_mail.write(stick / "1-good.ndjson", held.shares)
    by_mail.write(stick / "2-bad.ndjson", [held.shares[0], made(held)])
    error = run("ceremony", "collect", keyed, stick, code=2).stderr
    assert problem in error
    assert "2-bad.ndjson:2" in error
    assert contents(keyed) == before


def test_files_that_are_none(keyed: Path, tmp_path: Path, held: Held):
    before = contents(keyed)
    (tmp_path / "link").symlink_to(by_mail.write(tmp_path / "shares.ndjson", held.shares))
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".hidden").write_bytes(b"x")
    (tmp_path / "nothing").write_bytes(b"")
    for name, problem in (
        ("link", "not a plain file"),
        ("empty", "no files in this directory"),
        ("nothing", "blank line"),
        ("absent", "does not exist"),
    ):
        assert problem in run("ceremony", "collect", keyed, tmp_path / name, code=2).stderr
    assert contents(keyed) == before


def test_nothing_is_taken_before_all_identities(invited: Path, held: Held):
    before = contents(invited)
    error = came(invited, *held.identities[:2], *held.keys, code=2)
    assert "came.ndjson:3: nothing but identities can be taken before all of them are here" in error
    assert "nothing from guardian 3" in error
    assert contents(invited) == before


def test_two_keys_of_one_guardian_in_one_go(invited: Path, held: Held):
    before = contents(invited)
    error = came(invited, *held.identities, other_identity(held), code=2)
    assert "guardian 2 (Bahram) has sent another signing key before" in error
    assert "by voice" in error
    assert contents(invited) == before


def test_one_key_of_two_guardians(invited: Path, held: Held):
    came(invited, held.identities[1])
    before = contents(invited)
    same = write_identity(invitation(), TOY_GROUP, 3, held.machines[2].key)
    assert "another guardian has sent the same signing key" in came(invited, same, code=2)
    assert contents(invited) == before


def test_publish_needs_every_confirmation(keyed: Path, held: Held):
    came(keyed, *held.shares, *held.confirmations[:2])
    before = contents(keyed)
    assert "confirmation: nothing from guardian 3" in run("ceremony", "publish", keyed, code=2).stderr
    assert contents(keyed) == before


def test_the_election_does_not_begin_before_the_ceremony_is_over(confirmed: Path):
    for arguments in (("device", "open", confirmed, "--info", "A"), ("ceremony", "check-keys", confirmed)):
        assert "the key ceremony is not over" in run(*arguments, code=2).stderr


def test_publish_once(confirmed: Path):
    run("ceremony", "publish", confirmed)
    before = contents(confirmed)
    assert "exists already" in run("ceremony", "publish", confirmed, code=2).stderr
    assert "The ceremony is over" in run("ceremony", "status", confirmed).stdout
    assert contents(confirmed) == before


@pytest.mark.parametrize("moment", range(1, 9))
def test_an_interrupted_publication_is_repeated(confirmed: Path, monkeypatch: pytest.MonkeyPatch, moment: int):
    real, calls = RecordWriter.write_bytes, iter(range(1, 100))

    def killed(self: RecordWriter, name: str, data: bytes, replace: bool = False) -> None:
        real(self, name, data, replace)
        if next(calls) == moment:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RecordWriter, "write_bytes", killed)
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)  # a process that is killed cleans up nothing
        run("ceremony", "publish", confirmed, code=130)
    assert not (confirmed / "record").exists()
    assert "not over" in run("device", "open", confirmed, "--info", "A", code=2).stderr
    run("ceremony", "publish", confirmed)
    assert sorted(path.name for path in confirmed.iterdir()) == ["ceremony", "private", "record"]
    verify(confirmed / "record", "--until", "keys")


def test_one_command_at_a_time(confirmed: Path, held: Held):
    with (confirmed / "ceremony" / "invitation.json").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert "another e2evote command" in came(confirmed, held.keys[0], code=2)
        assert "another e2evote command" in run("ceremony", "publish", confirmed, code=2).stderr


def test_a_standard_invitation_is_not_mixed_up(tmp_path: Path):
    (tmp_path / "manifest.json").write_bytes(manifest_bytes())
    run(
        "ceremony",
        "invite",
        tmp_path / "club",
        "--manifest",
        tmp_path / "manifest.json",
        "--guardian",
        "N",
        "--quorum",
        1,
    )
    found = json.loads(run("ceremony", "status", tmp_path / "club", "--json").stdout)
    assert found["parameters"] == "standard-4096"


# ----------------------------------------------------------------------------------------------- key checks


@pytest.fixture
def published(confirmed: Path) -> Path:
    run("ceremony", "publish", confirmed)
    return confirmed


def key_check(root: Path, machine: Machine, when: str, **changes: object) -> bytes:
    workspace = Workspace(root)
    rng = DeterministicRandomness(when)
    check = prove_possession(machine.exchange, workspace.election, workspace.guardians, machine.shares, when, rng)
    return write(machine.exchange, KEY_CHECK, machine.key, machine.i, check.model_copy(update=changes))


def check_keys(root: Path, messages: Iterable[bytes], *options: object, code: int = 0) -> str:
    path = by_mail.write(root.parent / "checks.ndjson", messages)
    return run("ceremony", "check-keys", root, path, *options, code=code).output


def test_who_still_has_the_secret(published: Path, held: Held):
    old, new, other = "2027-01-01T12:00:00Z", "2028-01-01T12:00:00Z", "2027-05-05T12:00:00Z"
    first, third = held.machines[1], held.machines[3]
    assert "1 of 3 guardians" in check_keys(published, [key_check(published, first, new)], code=1)
    assert "2 of 3 guardians" in check_keys(
        published, [key_check(published, first, old), key_check(published, third, other)]
    )
    found = json.loads(run("ceremony", "check-keys", published, "--json").stdout)
    assert found == {"newest": {"1": new, "3": other}, "wrong": [], "quorum": 2, "enough": True}
    assert json.loads(run("ceremony", "status", published, "--json").stdout)["key_checks"] == found["newest"]
    assert new in run("ceremony", "status", published).stdout


def test_a_key_check_that_does_not_hold(published: Path, held: Held):
    good = key_check(published, held.machines[1], "2027-01-01T12:00:00Z")
    bad = key_check(published, held.machines[2], "2027-01-01T12:00:00Z", at="2027-01-02T12:00:00Z")
    shown = check_keys(published, [good, bad], code=1)
    assert "WRONG: guardian 2: key check: the challenge does not match" in shown
    assert "1 of 3 guardians" in shown


def test_only_key_checks_are_taken_there(published: Path, held: Held):
    before = contents(published)
    assert "expected key check" in check_keys(published, [absence(held)], code=2)
    assert contents(published) == before
