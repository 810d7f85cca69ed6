"""The guardians' program from the invitation to the verified result, and back from a backup."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
import segno

from e2evote.challenge import nonce_from_factor, open_ballot
from e2evote.decryption.results import tallies_of
from e2evote.messages.decrypting import DecryptionList
from e2evote.messages.envelope import open_message
from e2evote.messages.key_check import KEY_CHECK, verify_possession
from e2evote.record import layout
from e2evote.record.codec import dump
from e2evote.record.writer import RecordWriter
from guardian_cli.keystore.backup import Backup
from guardian_cli.keystore.words import to_rows
from tests.approvals import verified
from tests.builders import TOY
from tests.guardian_cli.program import Administrator, Guardians, invoked, lines_of, tree, write_lines

CEREMONY = ("init", "keygen", "share", "receive", "confirm", "confirm")


def test_a_ceremony_step_by_step(guardians: Guardians) -> None:
    """Status says after each step what is done, what is missing from whom, and what comes next."""
    g = guardians
    said = g.done("init", 1)
    assert "you are guardian 1 of 3, نسرین; any 2 can decrypt" in said
    assert len(re.findall(r"^    (?:[a-z]+ +){5}[a-z]+$", said, re.MULTILINE)) == 4  # two fingerprints of two lines
    assert "identity of guardian 2 (Bahram), identity of guardian 3 (گلناز ۳); put their files" in said
    g.each("init", of=(2, 3))
    g.carry((2,))
    assert "missing: identity of guardian 3 (گلناز ۳); put" in g.status(1)
    g.carry()
    assert f"now 'guardian keygen {g.folder(1)}' (first compare all fingerprints" in g.status(1)
    waits = {
        "keygen": ("public key", "share"),
        "share": ("share", "receive"),
        "receive": (None, "confirm"),
        "confirm": ("confirmation", "confirm"),
    }
    for verb, (missing, following) in waits.items():
        said = g.done(verb, 1)
        if missing:
            assert f"; missing: {missing} of guardian 2 (Bahram), {missing} of guardian 3 (گلناز ۳); put" in said
        g.each(verb, of=(2, 3))
        g.carry()
        assert f"now 'guardian {following} {g.folder(1)}'." in g.status(1)
    assert f"now 'guardian backup {g.folder(1)}'." in g.done("confirm", 1)
    g.done("backup", 1, "--backup-passphrase-file", g.secret)
    assert "Your key is ready, and nothing is asked of you; there is nothing to do now." in g.status(1)
    g.each("confirm", of=(2, 3))
    shown = {g.done("confirm", i).partition("To hand over")[0] for i in g.everybody}
    assert len(shown) == 1  # the fingerprint of the guardian record, the same for all


def test_status_for_programs(guardians: Guardians) -> None:
    guardians.each("init")
    found = json.loads(guardians.done("status", 2, "--json"))
    assert found == {
        "guardian": 2,
        "name": "Bahram",
        "election": "Everything, once",
        "done": "Your name and signing key are in the outbox",
        "missing": ["identity of guardian 1 (نسرین)", "identity of guardian 3 (گلناز ۳)"],
        "next": "",
        "hint": "",
        "complaints": [],
    }
    guardians.carry()
    assert json.loads(guardians.done("status", 2, "--json"))["next"] == "guardian keygen"


def test_repeated_commands_hand_over_the_same(guardians: Guardians) -> None:
    """Whatever was done before, each command can be given again, at any later time."""
    for number, verb in enumerate(CEREMONY):
        guardians.each(verb)
        before = {i: tree(guardians.outbox(i)) for i in guardians.everybody}
        for earlier in CEREMONY[: number + 1]:
            guardians.each(earlier)
        assert {i: tree(guardians.outbox(i)) for i in guardians.everybody} == before
        guardians.carry()


@pytest.mark.parametrize(("n", "k"), [(1, 1), (2, 2), (5, 3)])
def test_other_numbers_of_guardians(tmp_path: Path, n: int, k: int) -> None:
    guardians = Guardians(tmp_path / "guardians", n, k)
    guardians.invite()
    guardians.hold()
    assert {guardians.workspace(i).election.h_e for i in guardians.everybody} == {guardians.ceremony.election.h_e}
    assert all("'guardian backup" in guardians.status(i) for i in guardians.everybody)


def test_a_tally_without_one_guardian(administrator: Administrator) -> None:
    """Two of three decrypt; status leads them through the rounds; the published record verifies."""
    g, plan = administrator.guardians, administrator.ask(administrator.plan((1, 3)))
    assert f"now 'guardian decrypt {g.folder(1)} --record RECORD'" in g.status(1)
    assert "nothing is asked of you" in g.status(2)
    first = ("--record", administrator.record, "--yes")
    said = g.done("decrypt", 1, *first)
    assert "The record is valid (boxes 1 to 9)" in said
    assert "Decryption 1, with guardians 1 (نسرین), 3 (گلناز ۳): tallies, 10 ciphertexts." in said
    assert re.search(r"members +board +\d+ +yes", said)
    assert "missing: commitments of guardian 3 (گلناز ۳); put" in said
    g.done("decrypt", 3, *first)
    for round_, last in (("commitments", False), ("reveals", False), ("responses", True)):
        g.carry((1, 3))
        if not last:
            assert f"Everybody's {round_} for decryption 1 (tallies) are here; now 'guardian decrypt" in g.status(1)
            g.each("decrypt", of=(1, 3))
    assert "All messages of decryption 1 (tallies) are here" in g.status(1)
    assert "All responses hold" in g.done("decrypt", 1)
    before = tree(g.outbox(1))
    assert "All responses hold" in g.done("decrypt", 1)
    assert tree(g.outbox(1)) == before
    results = administrator.result(plan)
    approved = administrator.approved
    RecordWriter(administrator.record).write_lines(
        layout.TALLIES, tallies_of(approved.election, approved.cells, results)
    )
    assert verified(administrator.record, "decryption").valid


def test_challenged_ballots(administrator: Administrator) -> None:
    g = administrator.guardians
    codes = sorted(ballot.confirmation_code for ballot, _ in administrator.approved.ballot_nonce_statements())
    assert len(codes) == 2
    plan = administrator.ask(administrator.plan((2, 3), subject="challenged ballots", codes=codes))
    assert f"now 'guardian open-challenged {g.folder(2)} --record RECORD'" in g.status(2)
    assert "no plan to decrypt tallies or contest data has come" in g.refused("decrypt", 2, "--yes")
    said = g.done("open-challenged", 2, "--record", administrator.record, "--yes")
    assert all(code.hex().upper() in said for code in codes)
    administrator.decrypt(plan)
    g.each("open-challenged", of=(2, 3))
    ballots = [ballot for ballot, _ in administrator.approved.ballot_nonce_statements(codes)]
    for ballot, (factor, _) in zip(ballots, administrator.result(plan), strict=True):
        opened = open_ballot(administrator.approved.election, ballot, nonce_from_factor(ballot, factor))
        assert opened.confirmation_code == ballot.confirmation_code


def test_tallies_and_contest_data_side_by_side(administrator: Administrator) -> None:
    """Plans for different things do not get into each other's way, in whatever order they come."""
    tallies = administrator.plan((1, 2), attempt=1)
    data = administrator.ask(administrator.plan((1, 2), attempt=2, subject="contest data"))
    g, first = administrator.guardians, ("--record", administrator.record, "--yes")
    g.together("decrypt", *first, of=(1, 2))
    administrator.ask(tallies)
    for _ in range(4):
        g.together("decrypt", *first, of=(1, 2))
    assert len(administrator.result(tallies)) == len(administrator.statements())
    assert len(administrator.result(data)) == len(administrator.statements("contest data"))


def test_a_plan_of_before_that_comes_late(administrator: Administrator) -> None:
    """Whoever has begun a newer decryption of the same does not go back."""
    g, first = administrator.guardians, ("--record", administrator.record, "--yes")
    old, new = administrator.plan((1, 2), attempt=1), administrator.plan((1, 3), attempt=2)
    administrator.ask(new)
    g.together("decrypt", *first, of=(1, 3))
    administrator.ask(old)
    for _ in range(3):
        g.together("decrypt", of=(1, 3))
    assert administrator.result(new)


@pytest.mark.parametrize("by", ["file", "words", "qr code"])
def test_back_from_a_backup(administrator: Administrator, tmp_path: Path, by: str) -> None:
    """A restored folder imports the list of decryptions, refuses those of before, and takes part in new ones."""
    g, first = administrator.guardians, ("--record", administrator.record, "--yes")
    earlier = administrator.ask(administrator.plan((1, 2), begun="2020-12-01T12:00:00Z"))
    g.together("decrypt", *first, of=(1, 2))
    g.together("decrypt", of=(1, 2))
    source = backup_as(g, 1, by, tmp_path)
    messages = tmp_path / "messages.ndjson"
    write_lines(messages, administrator.ceremony.messages)
    shutil.rmtree(g.folder(1))
    said = g.done("restore", 1, *restoring(g, source, messages))
    assert "the backup belongs to this election" in said
    assert f"now 'guardian import-decryptions {g.folder(1)} --list FILE'" in said

    g.carry((2,))
    administrator.ask(earlier)
    assert "import the published list of decryptions" in g.refused("decrypt", 1, *first)
    published = tmp_path / "decryptions.json"
    plans = DecryptionList(h_e=administrator.approved.election.h_e, plans=(earlier,))
    published.write_bytes(dump(plans) + b"\n")
    said = g.done("import-decryptions", 1, "--list", published, "--compared")
    assert "1: tallies, begun 2020-12-01T12:00:00Z, guardians 1, 2" in said
    assert "before the vault was restored" in g.refused("decrypt", 1, *first)

    plan = administrator.ask(administrator.plan((1, 2), attempt=2))
    administrator.decrypt(plan)
    assert len(administrator.result(plan)) == 10
    g.done("check-key", 1)


def backup_as(guardians: Guardians, i: int, by: str, path: Path) -> tuple[object, ...]:
    """Return the options that name the backup; the printed page is all there is but for the file."""
    file = guardians.folder(i) / "backup" / f"guardian-{i}-backup.txt"
    page = file.with_suffix(".html").read_text()
    text = file.read_text()
    target = path / "typed.txt"
    if by == "words":
        words = re.findall(r"<td><small>(\d+)</small> ([a-z]+)</td>", page)
        assert [word for _, word in words] == [w for row in to_rows(Backup.of_text(text, "file")) for w in row]
        target.write_text("\n".join(f"{number}. {word[:4]}" for number, word in words))
        return "--words", target
    target.write_text(text)
    if by == "qr code":
        shown = re.search(r"<svg.*</svg>", page, re.DOTALL)
        assert shown
        again = segno.make_qr(text.strip(), error="m", boost_error=False).svg_inline(border=4, omitsize=True)
        assert shown[0] == again
        target.write_text("\n".join(text[start : start + 40] for start in range(0, len(text), 40)))
    return "--backup", target


def restoring(guardians: Guardians, source: tuple[object, ...], messages: Path) -> tuple[object, ...]:
    given = ("--invitation", guardians.invitation, "--ceremony", messages, "--insecure-parameters", TOY)
    return *given, *source, "--backup-passphrase-file", guardians.secret


def test_a_backup_is_not_restored_over_anything(administrator: Administrator, tmp_path: Path) -> None:
    g = administrator.guardians
    messages = tmp_path / "messages.ndjson"
    write_lines(messages, administrator.ceremony.messages)
    source = backup_as(g, 1, "file", tmp_path)
    assert "exists already" in g.refused("restore", 1, *restoring(g, source, messages))
    write_lines(messages, administrator.ceremony.messages[1:])
    shutil.rmtree(g.folder(1))
    result = g.run("restore", 1, *restoring(g, source, messages))
    assert result.exit_code == 2
    assert "guardian 1" in result.output
    assert not g.folder(1).exists()


@pytest.mark.parametrize("i", [0, 4, 2**32 - 1])
def test_a_backup_of_a_guardian_who_is_none(administrator: Administrator, tmp_path: Path, i: int) -> None:
    """The checksum keeps nobody from making one."""
    g, messages = administrator.guardians, tmp_path / "messages.ndjson"
    write_lines(messages, administrator.ceremony.messages)
    _, file = backup_as(g, 1, "file", tmp_path)
    data = bytearray(Backup.of_text(file.read_text(), "file").data[:-4])
    data[4:8] = i.to_bytes(4, "big")
    file.write_text(Backup(bytes(data) + hashlib.sha256(data).digest()[:4]).text())
    shutil.rmtree(g.folder(1))
    assert f"guardian {i}" in g.refused("restore", 1, *restoring(g, ("--backup", file), messages))
    assert not g.folder(1).exists()


def test_check_key(administrator: Administrator) -> None:
    g, ceremony = administrator.guardians, administrator.ceremony
    assert "Your key is complete" in g.done("check-key", 2)
    (data,) = lines_of(g.outbox(2) / "guardian-2-key-check.ndjson")
    check = open_message(ceremony.exchange, KEY_CHECK, data).payload
    verify_possession(ceremony.exchange, ceremony.election, ceremony.guardians, check)


def test_another_passphrase(administrator: Administrator) -> None:
    g = administrator.guardians
    new = g.passphrase(g.root / "new.txt", "six other words for the vault")
    weak = g.passphrase(g.root / "weak.txt", "12345678")
    assert "too easy to guess" in g.refused("passphrase", 1, "--new-passphrase-file", weak)
    before = tree(g.outbox(1))
    assert "changed" in g.done("passphrase", 1, "--new-passphrase-file", new)
    assert "the passphrase is wrong" in g.refused("confirm", 1)
    g.done("confirm", 1, "--passphrase-file", new)
    assert tree(g.outbox(1)) == before


def test_retire(administrator: Administrator) -> None:
    g = administrator.guardians
    administrator.decrypt(administrator.ask(administrator.plan((1, 2))))
    said = g.refused("retire", 1)
    assert "Destroy your key for ever? There is nobody to ask here: --yes says yes" in said
    assert "Now destroy its backups" in g.done("retire", 1, "--yes")
    assert not (g.folder(1) / "vault.sealed.json").exists()
    assert not (g.folder(1) / "sessions").exists()
    assert "You have retired" in g.status(1)
    assert "Now destroy its backups" in g.done("retire", 1, "--yes")
    for verb in ("keygen", "confirm", "decrypt", "check-key", "backup"):
        assert "the file is missing" in g.refused(verb, 1)


def test_the_next_attempt_with_the_same_signing_key(guardians: Guardians, tmp_path: Path) -> None:
    guardians.hold("share")
    again = Guardians(tmp_path / "second")
    again.invite(attempt=2)
    for i in again.everybody:
        again.done("init", i, "--same-key-as", guardians.folder(i))
        again.done("init", i, "--same-key-as", guardians.folder(i))
    again.carry()
    for verb in CEREMONY[1:]:
        again.together(verb)
    old, new = guardians.workspace(1).exchange, again.workspace(1).exchange
    assert old.signing_keys == new.signing_keys
    assert old.context != new.context
    assert again.ceremony.election.h_e


def test_the_folder_one_is_in(guardians: Guardians, monkeypatch: pytest.MonkeyPatch) -> None:
    guardians.each("init")
    guardians.carry()
    monkeypatch.chdir(guardians.folder(1))
    assert "now 'guardian keygen' (" in invoked("status").output
