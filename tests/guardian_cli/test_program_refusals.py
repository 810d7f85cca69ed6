"""What does not belong there is refused with a sentence that names it, and nothing has changed on the disk."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from e2evote.decryption.statements import TallyStatement
from e2evote.messages.decrypting import DecryptionPlan, StoredStatement, statements_hash
from e2evote.messages.envelope import write
from e2evote.messages.invitation import write_identity
from e2evote.messages.rounds import CONFIRMATION, Confirmation
from e2evote.messages.signing import SecretSigningKey
from e2evote.record import layout
from e2evote.record.codec import dump
from e2evote.record.exceptions import Override
from guardian_cli.keystore.sealed import from_bytes, sealed_of, to_bytes
from guardian_cli.workspace import Workspace
from tests.builders import reindex
from tests.guardian_cli.program import (
    VOTES,
    Administrator,
    Guardians,
    Held,
    hold,
    invoked,
    lines_of,
    tree,
    write_lines,
    written,
)
from tests.mistakes.helpers import plain

VERBS = ("keygen", "share", "receive", "confirm", "backup", "check-key", "complain", "decrypt", "open-challenged",
         "passphrase", "retire")  # fmt: skip
WITH_KEY = ("keygen", "share", "receive", "confirm", "backup", "check-key", "decrypt", "open-challenged", "passphrase",
            "retire")  # fmt: skip
SHARES, KEY = "guardian-2-3-shares.ndjson", "guardian-2-2-public-key.ndjson"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Guardians:
    """Guardians who have sent their shares, with what they sent in the inboxes. Read-only."""
    guardians = Guardians(tmp_path_factory.mktemp("shared") / "guardians")
    guardians.invite()
    return guardians.hold("receive")


@pytest.fixture
def sharing(shared: Guardians, tmp_path: Path) -> Guardians:
    return shared.copied(tmp_path / "guardians")


# ------------------------------------------------------------------------------------------------- folders


@pytest.mark.parametrize("verb", [*VERBS, "status"])
def test_no_guardians_folder(guardians: Guardians, verb: str) -> None:
    guardians.folder(1).mkdir()
    (guardians.folder(1) / "letter.txt").write_text("Dear friends")
    assert f"{guardians.folder(1)} is not a guardian's folder" in guardians.refused(verb, 1)


def test_init_into_a_strangers_folder(guardians: Guardians) -> None:
    guardians.folder(1).mkdir(mode=0o700)
    (guardians.folder(1) / "letter.txt").write_text("Dear friends")
    assert "is not empty; a new folder is needed" in guardians.refused("init", 1)
    guardians.done("init", 2)
    given = [3 if argument == 2 else argument for argument in guardians.arguments("init", 2)]
    assert "another guardian or invitation" in invoked(*given).output
    guardians.invite(attempt=2)
    assert "another guardian or invitation" in guardians.refused("init", 2)


def test_parameters_that_nobody_asked_for(guardians: Guardians) -> None:
    given = ("init", guardians.folder(1), "--invitation", guardians.invitation, "--guardian", 1)
    result = invoked(*given, "--passphrase-file", guardians.secret)
    assert result.exit_code == 2
    assert "Error: " in result.output
    assert not guardians.folder(1).exists()
    assert "there are 3 guardians" in invoked(*guardians.arguments("init", 4)).output


def test_an_invitation_that_is_none(guardians: Guardians) -> None:
    whole = guardians.invitation.read_bytes()
    for data in (
        b"",
        b"hello\n",
        whole[: len(whole) // 2],
        whole + whole,
        whole.replace(b'"version":1', b'"version":2'),
    ):
        guardians.invitation.write_bytes(data)
        result = guardians.run("init", 1)
        assert result.exit_code == 2
        assert f"Error: {guardians.invitation}" in result.output
        assert not guardians.folder(1).exists()


def test_another_guardians_vault(sharing: Guardians) -> None:
    shutil.copy(sharing.folder(2) / "vault.sealed.json", sharing.folder(1))
    assert "this is guardian 2's; expected guardian 1's" in sharing.refused("receive", 1)


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o770])
def test_a_folder_that_others_can_enter(sharing: Guardians, mode: int) -> None:
    sharing.folder(1).chmod(mode)
    assert "others can look into this folder" in sharing.refused("receive", 1)


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_files_that_others_can_read(sharing: Guardians, mode: int) -> None:
    (sharing.folder(1) / "vault.sealed.json").chmod(mode)
    assert "vault.sealed.json: others can read this file" in sharing.refused("receive", 1)
    (sharing.folder(1) / "vault.sealed.json").chmod(0o600)
    sharing.secret.chmod(mode)
    assert f"{sharing.secret}: others can read this file" in sharing.refused("receive", 1)


@pytest.mark.parametrize("verb", WITH_KEY)
def test_a_wrong_passphrase(administrator: Administrator, verb: str) -> None:
    g = administrator.guardians
    wrong = g.passphrase(g.root / "wrong.txt", "path bonus bread super when tragic")
    assert "vault.sealed.json: the passphrase is wrong" in g.refused(verb, 1, "--passphrase-file", wrong)


def test_a_damaged_vault_and_one_that_somebody_changed(sharing: Guardians) -> None:
    path = sharing.folder(1) / "vault.sealed.json"
    whole = path.read_bytes()
    for data in (b"", whole[:-1], whole[: len(whole) // 3]):
        path.write_bytes(data)
        said = sharing.refused("receive", 1)
        assert f"{path}" in said
        assert "passphrase" not in said
    place = whole.index(b'"ciphertext":"') + 20
    path.write_bytes(whole[:place] + (b"0" if whole[place : place + 1] != b"0" else b"1") + whole[place + 1 :])
    assert "the file is damaged" in sharing.refused("receive", 1)
    sealed = from_bytes(whole, "vault")
    flipped = bytes([sealed.ciphertext[0] ^ 1]) + sealed.ciphertext[1:]
    path.write_bytes(to_bytes(sealed_of(sealed.header, flipped)))
    assert "the passphrase is right, but the file was changed" in sharing.refused("receive", 1)
    path.write_bytes(whole)
    sharing.done("receive", 1)


def test_two_commands_at_once(sharing: Guardians) -> None:
    descriptor = os.open(sharing.folder(1) / ".lock", os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    for verb in ("receive", "confirm", "passphrase", "retire"):
        assert "another command is at work in this folder" in sharing.refused(verb, 1)
    assert "receive" in sharing.status(1)
    os.close(descriptor)
    sharing.done("receive", 1)


def test_steps_out_of_order(guardians: Guardians) -> None:
    guardians.done("init", 1)
    for verb in ("share", "receive", "confirm"):
        assert "have not been compared yet; 'guardian keygen'" in guardians.refused(verb, 1)
    assert "identity: nothing from guardian 2; identity: nothing from guardian 3" in guardians.refused("keygen", 1)
    guardians.each("init", of=(2, 3))
    guardians.carry()
    given = [argument for argument in guardians.arguments("keygen", 1) if argument != "--compared"]
    before = tree(guardians.folder(1))
    assert "--compared says yes" in invoked(*given).output
    assert tree(guardians.folder(1)) == before
    guardians.done("keygen", 1)
    assert "public key: nothing from guardian 2" in guardians.refused("share", 1)
    guardians.each("keygen", of=(2, 3))
    guardians.carry()
    guardians.done("share", 1)
    backup = ("--backup-passphrase-file", guardians.secret)
    for verb, missing, options in (
        ("receive", "share: nothing from guardian 2 for 1", ()),
        ("confirm", "no shares have been received", ()),
        ("backup", "before the guardian record is confirmed", backup),
        ("check-key", "the key ceremony is not over", ()),
        ("decrypt", "the key ceremony is not over", ()),
        ("open-challenged", "the key ceremony is not over", ()),
    ):
        assert missing in guardians.refused(verb, 1, *options)


# --------------------------------------------------------------------------------------------------- inbox


def json_twice(data: bytes) -> bytes:
    return data.replace(b'"version":1', b'"version":1,"version":1')


def one_byte(data: bytes) -> bytes:
    place = data.index(b"payload") + 60
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "text": lambda _: b"Dear friends,\nhere are the files.\n",
    "empty": lambda _: b"",
    "blank line": lambda data: data + b"\n",
    "one byte": one_byte,
    "twice a key": json_twice,
    "another version": lambda data: data.replace(b'"version":1', b'"version":2'),
    "another sender": lambda data: data.replace(b'"sender":2', b'"sender":3'),
    "nobody": lambda data: data.replace(b'"sender":2', b'"sender":4'),
    "another attempt": lambda data: data.replace(b'"attempt":1', b'"attempt":2'),
    "blanks": lambda data: data.replace(b",", b", "),
    "null": lambda _: b"null\n",
    "deep": lambda _: b"[" * 100_000 + b"\n",
    "binary": lambda _: bytes(range(256)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_files_that_do_not_belong_there(sharing: Guardians, change: Callable[[bytes], bytes]) -> None:
    path = sharing.inbox(1) / KEY
    path.write_bytes(change(path.read_bytes()))
    for verb in ("receive", "status"):
        assert str(path) in sharing.refused(verb, 1)


def test_a_truncated_message(sharing: Guardians) -> None:
    path = sharing.inbox(1) / SHARES
    whole = path.read_bytes()
    for size in [*range(0, len(whole) - 1, 397), len(whole) - 2]:
        path.write_bytes(whole[:size])
        assert f"{path}" in sharing.refused("status", 1)
    path.write_bytes(whole)
    sharing.done("receive", 1)


def test_every_cut_of_a_small_message(sharing: Guardians) -> None:
    """What is cut at a line end is whole, and less of it."""
    path = sharing.inbox(1) / "guardian-2-1-identity.ndjson"
    whole = path.read_bytes()
    for size in range(0, len(whole) - 1, 3):
        path.write_bytes(whole[:size])
        assert f"{path}" in sharing.refused("status", 1)


def test_links_and_folders(sharing: Guardians) -> None:
    path = sharing.inbox(1) / KEY
    shutil.move(path, sharing.root / KEY)
    path.symlink_to(sharing.root / KEY)
    assert f"{path}: not a plain file" in sharing.refused("receive", 1)
    path.unlink()
    (sharing.inbox(1) / "stick").mkdir()
    (sharing.inbox(1) / ".hidden").write_text("not looked at")
    shutil.move(sharing.root / KEY, sharing.inbox(1) / "stick" / KEY)
    sharing.done("receive", 1)


def test_a_message_of_another_election(sharing: Guardians, held: Held) -> None:
    other = held.guardians.outbox(2) / KEY
    path = shutil.copy(other, sharing.inbox(1) / "other.ndjson")
    assert f"{path}: a message of another election, ceremony or decryption" in sharing.refused("receive", 1)


def test_another_invitation(sharing: Guardians, tmp_path: Path) -> None:
    shutil.copy(sharing.invitation, sharing.inbox(1))
    sharing.status(1)
    other = Guardians(tmp_path / "other").invite(attempt=2)
    path = shutil.copy(other, sharing.inbox(1) / "second.json")
    assert f"{path}: another invitation" in sharing.refused("receive", 1)


def forged_identity(guardians: Guardians, i: int) -> bytes:
    workspace = guardians.workspace(1)
    return write_identity(workspace.invitation, workspace.group, i, SecretSigningKey.of(bytes(32)))


def test_an_identity_with_another_key(sharing: Guardians) -> None:
    sharing.give("late.ndjson", forged_identity(sharing, 2), to=[1])
    said = sharing.refused("receive", 1)
    assert "late.ndjson: another signing key of guardian 2 than the one that you compared" in said


def test_two_identities_of_one_guardian(guardians: Guardians) -> None:
    guardians.each("init")
    guardians.carry()
    guardians.give("another.ndjson", forged_identity(guardians, 2), to=[1])
    said = guardians.refused("keygen", 1)
    assert "there are two signing keys of guardian 2, Bahram" in said
    assert len([line for line in said.splitlines() if line.startswith("    ")]) == 2
    (guardians.inbox(1) / "another.ndjson").unlink()
    guardians.done("keygen", 1)


def test_an_identity_for_another_invitation(guardians: Guardians, held: Held) -> None:
    guardians.each("init")
    guardians.carry()
    path = guardians.inbox(1) / "guardian-2-1-identity.ndjson"
    other = Guardians(guardians.root / "other")
    other.invite(attempt=2)
    other.done("init", 2)
    shutil.copy(other.outbox(2) / "guardian-2-1-identity.ndjson", path)
    for verb in ("status", "keygen"):
        assert f"{path}" in guardians.refused(verb, 1)


def test_messages_of_later_rounds_wait(sharing: Guardians) -> None:
    """Who is faster than the others does not have to send anything twice."""
    sharing.together("receive", of=(2, 3))
    guardian_1 = sharing.copied(sharing.root / "copy")
    for verb in ("receive", "confirm"):
        sharing.done(verb, 1)
    sharing.carry()
    for path in guardian_1.inbox(1).iterdir():
        assert (sharing.inbox(1) / path.name).exists()
    sharing.together("confirm")
    sharing.each("confirm")


def test_commitments_before_the_plan(administrator: Administrator) -> None:
    """What belongs to a plan that nobody has sent yet is refused by name, and taken once the plan is there."""
    g = administrator.guardians
    plan = administrator.plan((1, 2))
    g.give("plan.json", dump(plan), to=[2])
    g.together("decrypt", "--record", administrator.record, "--yes", of=(2,))
    assert "guardian-2-decryption-1-1-commitments.ndjson: a message of another" in g.refused("status", 1)
    administrator.ask(plan)
    g.done("decrypt", 1, "--record", administrator.record, "--yes")
    assert "missing: reveals of guardian 2" in g.status(1)


# ------------------------------------------------------------------------------------------------ decryption


def first(administrator: Administrator) -> tuple[object, ...]:
    return "--record", administrator.record, "--yes"


PLANS: dict[str, tuple[dict[str, object], str]] = {
    "another election": ({"h_e": bytes(32)}, "of another election"),
    "other ballots": ({"pinned": bytes(32)}, "other ballots or statuses"),
    "other statements": ({"statements": bytes(32)}, "other statements"),
    "not for you": ({"available": (2, 3)}, "is for guardians 2, 3, not for you"),
    "too few": ({"available": (1,)}, "at least 2 different guardians"),
    "nobody": ({"available": (1, 4)}, "at least 2 different guardians"),
    "not ascending": ({"available": (2, 1)}, "at least 2 different guardians"),
    "twice": ({"available": (1, 1)}, "at least 2 different guardians"),
    "contest data": ({"subject": "contest data", "statements": bytes(32)}, "other statements"),
}


@pytest.mark.parametrize(("changes", "why"), PLANS.values(), ids=PLANS)
def test_plans_that_do_not_fit(administrator: Administrator, changes: dict[str, object], why: str) -> None:
    administrator.ask(administrator.plan(**({"available": (1, 2)} | changes)))
    assert why in administrator.guardians.refused("decrypt", 1, *first(administrator))


def test_a_plan_without_record_or_consent(administrator: Administrator, tmp_path: Path) -> None:
    g = administrator.guardians
    assert "no plan to decrypt tallies or contest data has come" in g.refused("decrypt", 1, *first(administrator))
    administrator.ask(administrator.plan((1, 2)))
    assert "'--record RECORD' says where the election record is" in g.refused("decrypt", 1, "--yes")
    assert "--yes says yes" in g.refused("decrypt", 1, "--record", administrator.record)
    assert "no such" in g.refused("decrypt", 1, "--record", tmp_path / "nowhere", "--yes").lower()


def test_two_plans_with_one_number(administrator: Administrator) -> None:
    g = administrator.guardians
    administrator.ask(administrator.plan((1, 2)))
    g.give("another-plan.json", dump(administrator.plan((1, 3))))
    said = g.refused("decrypt", 1, *first(administrator))
    assert "another plan of decryption 1 than the one that came before" in said
    (g.inbox(1) / "another-plan.json").unlink()
    g.done("decrypt", 1, *first(administrator))
    g.give("another-plan.json", dump(administrator.plan((1, 3))))
    assert "another plan of decryption 1" in g.refused("decrypt", 1)


def changed_file(record: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    (path,) = list(record.glob(name))[:1]
    path.write_bytes(change(path.read_bytes()))


def other_hex(data: bytes, key: bytes, last: bool = False) -> bytes:
    place = (data.rindex(key) if last else data.index(key)) + len(key) + 8
    return data[:place] + (b"0" if data[place : place + 1] != b"0" else b"1") + data[place + 1 :]


@pytest.mark.parametrize("indexed", [False, True], ids=["found by the index", "indexed anew"])
@pytest.mark.parametrize("name", ["devices/*/ballots-000001.ndjson", layout.ENCRYPTED_TALLIES, "guardians/*"])
def test_a_record_that_is_not_valid(administrator: Administrator, name: str, indexed: bool) -> None:
    administrator.ask(administrator.plan((1, 2)))
    found = sorted(str(path.relative_to(administrator.record)) for path in administrator.record.rglob("*"))
    (path,) = [administrator.record / one for one in found if Path(one).match(name)][:1] or pytest.fail(str(found))
    data = path.read_bytes()
    path.write_bytes(other_hex(data, b'":"', last=True))
    if indexed:
        reindex(administrator.record)
    administrator.guardians.refused("decrypt", 1, *first(administrator))


def test_a_ciphertext_that_is_no_sum_of_the_record(administrator: Administrator) -> None:
    """A plan and a record that name the ciphertext of a single ballot as a tally."""
    path = administrator.record / layout.ENCRYPTED_TALLIES
    ballot = lines_of(next(administrator.record.rglob("*ballots*1.ndjson")))[0]
    alpha = ballot.split(b'"alpha":"')[1].split(b'"')[0]
    old = path.read_bytes().split(b'"alpha":"')[1].split(b'"')[0]
    plan = administrator.plan((1, 2))
    path.write_bytes(path.read_bytes().replace(old, alpha))
    reindex(administrator.record)
    administrator.ask(plan)
    said = administrator.guardians.refused("decrypt", 1, *first(administrator))
    assert "box 9" in said or "9" in said


def test_a_cast_ballot_as_if_it_were_challenged(administrator: Administrator) -> None:
    cast = next(ballot for ballot, status in administrator.approved._ballots() if status == "cast")
    code = cast.confirmation_code
    plan = administrator.plan((1, 2), subject="challenged ballots", codes=(code,), statements=bytes(32))
    administrator.ask(plan)
    said = administrator.guardians.refused("open-challenged", 1, *first(administrator))
    assert f"ballot {code.hex().upper()} is cast; only challenged ballots are opened" in said


def test_cells_too_small(administrator: Administrator) -> None:
    """One ballot of partners: the sum is withheld; a plan that wants it anyway needs an override."""
    g = administrator.guardians
    votes = [*[vote for vote in VOTES if vote.ballot_style == 1], plain(2, c2=(3, 1), c3=(0, 1))]
    path = g.root / "small"
    written(g, path, votes, challenged=0, spoiled=0)
    small = Administrator(g, path)
    whole = [one for one in small.statements() if one.ind_c in (1, 3)]
    assert len(whole) == len(small.statements()) == 6
    cells = tuple(small.approved.encrypted)
    every = [
        TallyStatement(small.approved.election.h_e, contest.index, ind_o, total)
        for cell in cells
        for contest in cell.contests
        for ind_o, total in enumerate(contest.options, 1)
    ]
    assert len(every) > 6
    small.ask(small.plan((1, 2), statements=statements_hash(small.approved.election, every)))
    assert "other statements" in g.refused("decrypt", 1, *first(small))
    override = Override("partners", "scores", "minimum", "The bylaws want it")
    small.ask(small.plan((1, 2), attempt=2, overrides=(override,)))
    said = g.refused("decrypt", 1, *first(small))
    assert "the plan breaks rules that protect voters: partners, scores: minimum (The bylaws want it)" in said
    result = g.done("decrypt", 1, *first(small), "--accept-overrides")
    assert "against a rule" in result


def test_rare_weights(administrator: Administrator) -> None:
    g = administrator.guardians
    votes = [plain(1, 1 + (number == 0), c1=(1, 0, 0, 0), c3=(1, 0)) for number in range(6)]
    path = g.root / "weights"
    written(g, path, [*votes, *VOTES[1:4:2], *VOTES[1:4:2]], challenged=0, spoiled=0)
    rare = Administrator(g, path)
    assert {one.ind_c for one in rare.statements()} == {2, 3}
    rare.ask(rare.plan((1, 2)))
    said = g.done("decrypt", 1, *first(rare))
    assert "weights" in said
    assert "differ" in said


def test_contest_data_that_the_manifest_keeps(tmp_path: Path) -> None:
    closed = hold(tmp_path / "held", n=1, k=1, cast_contest_data_may_be_decrypted=False).copied(tmp_path)
    closed.ask(closed.plan((1,), subject="contest data", statements=bytes(32)))
    said = closed.guardians.refused("decrypt", 1, *first(closed))
    assert "the manifest does not allow contest data of cast ballots to be decrypted" in said


@pytest.mark.parametrize("other", ["a ballot less", "another status"])
def test_other_ballots_after_the_first_decryption(administrator: Administrator, other: str) -> None:
    g = administrator.guardians
    administrator.ask(administrator.plan((1, 2)))
    g.done("decrypt", 1, *first(administrator))
    path = g.root / "second"
    votes = VOTES[:11] if other == "a ballot less" else VOTES
    written(g, path, votes, challenged=2, spoiled=1 if other == "a ballot less" else 2)
    second = Administrator(g, path)
    second.ask(second.plan((1, 2), attempt=2))
    assert "other ballots of this election were decrypted before" in g.refused("decrypt", 1, *first(second))
    second.ask(second.plan((1, 3), attempt=3))
    g.done("decrypt", 3, *first(second))  # who has decrypted nothing cannot know


def test_later_rounds_are_about_what_was_pinned(administrator: Administrator) -> None:
    plan = administrator.ask(administrator.plan((1, 2)))
    administrator.case(plan)  # the administrator's own copy
    administrator.decrypt(plan, rounds=1)
    kept = administrator.guardians.root / "kept"
    shutil.move(administrator.record, kept)
    administrator.guardians.together("decrypt", of=(1, 2))
    administrator.record.mkdir()
    (administrator.record / "index.json").write_text("{}")
    administrator.guardians.together("decrypt", "--record", administrator.record, of=(1, 2))
    shutil.rmtree(administrator.record)
    shutil.move(kept, administrator.record)
    assert len(administrator.result(plan)) == 10


def swapped(path: Path) -> None:
    write_lines(path, lines_of(path)[::-1])


def shortened(path: Path) -> None:
    write_lines(path, lines_of(path)[1:])


def replaced(path: Path) -> None:
    """A single ballot's ciphertext in place of a sum."""
    lines = lines_of(path)
    write_lines(path, [lines[1].replace(b'"option":2', b'"option":1'), *lines[1:]])


def other_guardians(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"available":[1,2]', b'"available":[1,3]'))


def nobody(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"available":[1,2]', b'"available":[1,9]'))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


TAMPERED = {
    "statements swapped": ("statements.ndjson", swapped),
    "statements shortened": ("statements.ndjson", shortened),
    "a statement replaced": ("statements.ndjson", replaced),
    "statements gone": ("statements.ndjson", Path.unlink),
    "plan for others": ("plan.json", other_guardians),
    "plan for nobody": ("plan.json", nobody),
    "plan cut": ("plan.json", cut),
    "messages cut": ("messages.ndjson", cut),
}


@pytest.mark.parametrize("rounds", [1, 2])
@pytest.mark.parametrize(("name", "change"), TAMPERED.values(), ids=TAMPERED)
def test_a_decryption_that_somebody_changed_on_the_disk(
    administrator: Administrator, name: str, change: Callable[[Path], None], rounds: int
) -> None:
    """Nothing leaves; messages that came may be kept."""
    g = administrator.guardians
    administrator.decrypt(administrator.ask(administrator.plan((1, 2))), rounds)
    change(g.folder(1) / "decryptions" / "0001" / name)
    before = tree(g.outbox(1))
    result = g.run("decrypt", 1)
    assert result.exit_code == 2, result.output
    assert tree(g.outbox(1)) == before


def test_a_plan_that_was_accepted_by_nobody(administrator: Administrator) -> None:
    """Whoever can write into the folder cannot make the program answer about a ciphertext of its choice."""
    g, plan = administrator.guardians, administrator.plan((1, 2))
    folder = g.folder(1) / "decryptions" / "0001"
    folder.mkdir(parents=True)
    write_lines(folder / "statements.ndjson", [dump(StoredStatement.of(one)) for one in administrator.statements()])
    (folder / "plan.json").write_bytes(dump(plan) + b"\n")
    assert "the record has not been verified for this decryption" in g.refused("decrypt", 1)


def test_a_message_that_speaks_for_this_guardian(sharing: Guardians) -> None:
    """Nobody else's key signs what guardian 1 says."""
    workspace = Workspace(sharing.folder(2))
    with sharing.vault(2)() as vault:
        own = SecretSigningKey(vault.identity)
    data = write(workspace.exchange, CONFIRMATION, own, 2, Confirmation(h_g=bytes(32)), seen=workspace.public_keys.seen)
    sharing.give("forged.ndjson", data.replace(b'"sender":2', b'"sender":1'), to=[1])
    assert "forged.ndjson: guardian 1" in sharing.refused("receive", 1)


def test_a_plan_is_what_it_says(administrator: Administrator) -> None:
    plan = dump(administrator.plan((1, 2)))
    g = administrator.guardians
    for wrong in (plan.replace(b'"version":1', b'"version":2'), plan[:-1], plan.replace(b"2999-12-01", b"2999-02-30")):
        g.give("plan-1.json", wrong, to=[1])
        assert "plan-1.json" in g.refused("decrypt", 1, *first(administrator))
    assert DecryptionPlan.model_validate_json(plan).attempt == 1
